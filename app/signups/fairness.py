"""Who of those who wait is offered a free place, until when, and what the others hear. Pure.

1. Whoever asked first is asked first. Nothing else counts.
2. A family is offered places for all of them or none. If there are too few for the family whose
   turn it is, those there are stay free for it, for three days at most (or half the time until the
   next session, if that is less) and only once; then smaller parties may pass, and the family
   keeps its turn: it is asked as soon as enough places are free at one moment.
3. An offer lasts a quarter of the time until the next session, at most a day and at least two
   hours; twice as long for somebody whom no letter reaches. Its time runs from when it can be read
   and never ends in the night, unless the session would be missed. Two hours before the last
   session nobody is asked any more: a free place is for whoever comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.notices.timing import after_quiet_hours

LONGEST, SHORTEST = timedelta(hours=24), timedelta(hours=2)
KEPT = timedelta(days=3)
TO_WAKE_UP = timedelta(hours=2)
NEAR = 3
"""With so few before them somebody is near the front."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """Those who wait together: how many, since when, and since when places were kept for them."""

    key: int
    size: int
    asked_at: datetime
    kept_from: datetime | None = None

    @property
    def turn(self) -> tuple[datetime, int]:
        return self.asked_at, self.key


@dataclass(frozen=True)
class Decision:
    """The parties (keys) that are offered places now, and the family for which some stay free."""

    offered: tuple[int, ...] = ()
    kept_for: int | None = None


def decide(waiting: Iterable[Party], free: int, *, starts_at: datetime, now: datetime) -> Decision:
    """Whom to offer the *free* places that nobody has and nobody was offered; *starts_at*: the next
    session they could come to."""
    offered: list[int] = []
    for party in sorted(waiting, key=lambda one: one.turn):
        if free < 1:
            break
        if party.size <= free:
            offered.append(party.key)
            free -= party.size
        elif now < kept_until(party.kept_from or now, starts_at=starts_at):
            return Decision(tuple(offered), kept_for=party.key)
    return Decision(tuple(offered))


def kept_until(kept_from: datetime, *, starts_at: datetime) -> datetime:
    """Until when places stay free for a family for which there are too few."""
    return kept_from + min(KEPT, max(starts_at - kept_from, timedelta()) / 2)


def next_useful(starts: Sequence[datetime], *, now: datetime) -> datetime | None:
    """The first session for which there is time to ask somebody; None when it is too late."""
    return min((start for start in starts if start - now >= SHORTEST), default=None)


def lapses_at(
    now: datetime, *, starts_at: datetime, zone: ZoneInfo, reachable: bool = True
) -> datetime:
    """Until when an offer made *now* can be accepted; see the third rule. *starts_at* is a session
    of `next_useful`. Aware in, UTC out."""
    readable_at = after_quiet_hours(now, zone=zone, not_after=starts_at - SHORTEST)
    left = starts_at - readable_at
    lasts = min(max(left / 4, SHORTEST), LONGEST)
    if not reachable:
        lasts = min(2 * lasts, max(left / 2, SHORTEST))
    return _by_day(readable_at + lasts, starts_at - SHORTEST / 2, zone)


def _by_day(end: datetime, latest: datetime, zone: ZoneInfo) -> datetime:
    """*end*, or two hours after the night in which it lies, where that is not too late."""
    morning = after_quiet_hours(end, zone=zone, not_after=None)
    if morning == end or morning + TO_WAKE_UP > latest:
        return end
    return morning + TO_WAKE_UP


class Standing(StrEnum):
    """What those who wait hear of their turn: never a number."""

    NEAR = "near"
    LATER = "later"


def standing(party: Party, waiting: Iterable[Party]) -> Standing:
    """Whether *party* is near the front of *waiting*."""
    before = sum(other.size for other in waiting if other.turn < party.turn)
    return Standing.NEAR if before <= NEAR else Standing.LATER
