"""How a series moves, seen from one of its meetings: pure.

A coordinator changes one meeting on the wall calendar and wants others to follow: so many days
later, starting and ending so much earlier or later by the clock on the wall, whatever that clock
does in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.programme.recurrence import instant


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much the start and the end move on the local wall calendar and clock."""

    zone: ZoneInfo
    start_by: timedelta
    end_by: timedelta

    def moved(self, starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
        """The new start and end, as aware UTC, of a meeting that was from *starts_at* to *ends_at*.

        A start in an hour that the clock jumps over moves forward with it, and the meeting keeps
        the length it has on the wall. ValueError where it would end before it starts.
        """
        start = self._wall(starts_at) + self.start_by
        end = self._wall(ends_at) + self.end_by
        if end <= start:
            raise ValueError("a meeting ends after it starts")
        new_start, new_end = self._instant(start), self._instant(end)
        in_gap = new_start.astimezone(self.zone).replace(tzinfo=None) != start
        return new_start, new_start + (end - start) if in_gap else new_end

    def _wall(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)

    def _instant(self, wall: datetime) -> datetime:
        return instant(wall.date(), wall.time(), self.zone)


def shift_from(
    starts_at: datetime, ends_at: datetime, zone: ZoneInfo, *, day: date, starts: time, ends: time
) -> Shift:
    """The shift that takes a meeting from its present times to *day*, from *starts* to *ends*."""
    old_start = starts_at.astimezone(zone).replace(tzinfo=None)
    old_end = ends_at.astimezone(zone).replace(tzinfo=None)
    return Shift(
        zone,
        datetime.combine(day, starts) - old_start,
        datetime.combine(day, ends) - old_end,
    )
