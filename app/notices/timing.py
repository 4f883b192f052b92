"""When a notice may leave: quiet hours, the next try after a failure, the day before."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
)
JITTER = 0.2
DAY = timedelta(days=1)


def after_quiet_hours(at: datetime, *, zone: ZoneInfo, not_after: datetime | None) -> datetime:
    """*at*, or the next 08:00 in *zone* when *at* lies in the quiet hours 21:00-08:00 there.

    Aware in, UTC out. Stays *at* when waiting would end later than *not_after*: a reminder in the
    night is better than one that comes too late. Raises `ValueError` for a naive instant.
    """
    at = _utc(at)
    local = at.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return at
    morning = local.date() if local.time() < QUIET_UNTIL else local.date() + DAY
    shifted = _instant(datetime.combine(morning, QUIET_UNTIL), zone)
    return at if not_after is not None and shifted > _utc(not_after) else shifted


def next_try(at: datetime, *, attempts: int, seed: int) -> datetime:
    """When to try again after *attempts* (1 or more) tries, the last of which failed *at*.

    1, 5, 15, 30 min, 1 h, then every 2 h, each up to 20 % shorter or longer so that letters that
    failed together do not come back together; the same *seed* and *attempts* always give the same.
    Aware in, UTC out. Raises `ValueError` for a naive instant or for fewer than one attempt.
    """
    if attempts < 1:
        raise ValueError("a next try needs a first one")
    wait = WAITS[min(attempts, len(WAITS)) - 1]
    return _utc(at) + wait * Random(f"{seed}:{attempts}").uniform(1 - JITTER, 1 + JITTER)


def day_before(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """The same wall-clock time in *zone* one day before *starts_at*; aware in, UTC out.

    A time that the clocks skipped that day moves forward by the gap; of a time that they showed
    twice it is the first. Raises `ValueError` for a naive instant.
    """
    wall = _utc(starts_at).astimezone(zone).replace(tzinfo=None, fold=0)
    return _instant(wall - DAY, zone)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    # fold=0 is the first of two, and in a gap the offset from before it (PEP 495).
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("an instant must be aware")
    return at.astimezone(UTC)
