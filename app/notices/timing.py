"""When a notice may leave: quiet hours, the next try after a failure, how long before a session."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

QUIET = (time(21), time(8))
"""From when until when nobody is woken who wished nothing else."""

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
TWO_HOURS = timedelta(hours=2)


class Lead(StrEnum):
    """How long before a session somebody is reminded, the longest first."""

    WEEK = "week"
    DAY = "day"
    HOURS = "hours"


def after_quiet_hours(
    at: datetime,
    *,
    zone: ZoneInfo,
    not_after: datetime | None,
    quiet: tuple[time, time] | None = None,
) -> datetime:
    """*at*, or the end of the *quiet* hours in *zone* (21:00-08:00 unless told) when it lies there.

    Aware in, UTC out. Stays *at* when waiting would end later than *not_after*: a reminder in the
    night is better than one that comes too late. Raises `ValueError` for a naive instant.
    """
    at = _utc(at)
    local = at.astimezone(zone)
    begins, ends = quiet or QUIET
    if not is_quiet(local.time(), (begins, ends)):
        return at
    morning = local.date() if local.time() < ends else local.date() + DAY
    shifted = max(at, _instant(datetime.combine(morning, ends), zone))
    return at if not_after is not None and shifted > _utc(not_after) else shifted


def is_quiet(moment: time, quiet: tuple[time, time]) -> bool:
    """Whether *moment* lies in those hours, over midnight too; equal ends are no quiet hours."""
    begins, ends = quiet
    if begins <= ends:
        return begins <= moment < ends
    return moment >= begins or moment < ends


def next_morning(at: datetime, *, zone: ZoneInfo, quiet: tuple[time, time] | None) -> datetime:
    """When the quiet hours end on the day in *zone* after that of *at*; aware in, UTC out."""
    tomorrow = day_in(at, zone) + DAY
    return _instant(datetime.combine(tomorrow, (quiet or QUIET)[1]), zone)


def instant_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When it is *wall* on that *day* in *zone*, the first time if twice; in UTC."""
    return _instant(datetime.combine(day, wall), zone)


def day_in(at: datetime, zone: ZoneInfo) -> date:
    """The day in *zone* to which *at* belongs."""
    return _utc(at).astimezone(zone).date()


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
    return _days_before(starts_at, 1, zone)


def due_before(starts_at: datetime, lead: Lead, zone: ZoneInfo) -> datetime:
    """When a reminder *lead* before *starts_at* is due: a day or a week before at the same time on
    the wall, as in `day_before`; two hours are two hours. Aware in, UTC out."""
    match lead:
        case Lead.WEEK:
            return _days_before(starts_at, 7, zone)
        case Lead.DAY:
            return _days_before(starts_at, 1, zone)
        case Lead.HOURS:
            return _utc(starts_at) - TWO_HOURS


def call_from(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """From when whom no letter reaches is called about the next day: the morning of the day before
    in *zone*, so that somebody can call in working hours. Never later than `day_before`."""
    before = day_before(starts_at, zone)
    return min(before, instant_of(day_in(before, zone), QUIET[1], zone))


def lead_due(
    starts_at: datetime, wanted: Collection[Lead], *, zone: ZoneInfo, now: datetime
) -> Lead | None:
    """Which of the *wanted* reminders is of use *now*: the shortest that is due. One for a week
    before is of none on the last day, when it would be no news."""
    for lead in (Lead.HOURS, Lead.DAY, Lead.WEEK):
        if lead in wanted and due_before(starts_at, lead, zone) <= now:
            late = lead is Lead.WEEK and due_before(starts_at, Lead.DAY, zone) <= now
            return None if late else lead
    return None


def _days_before(starts_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    wall = _utc(starts_at).astimezone(zone).replace(tzinfo=None, fold=0)
    return _instant(wall - days * DAY, zone)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    # fold=0 is the first of two, and in a gap the offset from before it (PEP 495).
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("an instant must be aware")
    return at.astimezone(UTC)
