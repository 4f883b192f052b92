"""The parts of the day, by the hours that those who help are asked about; and probes of a week."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from app.listening.gaps import PartOfDay
from app.staffing.when_free import CELLS

SATURDAY = 5
LENGTH = timedelta(hours=2)
USUAL = {
    PartOfDay.MORNING: (time(10),),
    PartOfDay.AFTERNOON: (time(14),),
    PartOfDay.EVENING: (time(18),),
    PartOfDay.WEEKEND: (time(10), time(14)),
}
"""When a session usually begins there."""


def part_of(local: datetime) -> PartOfDay:
    """The part of the day in which something that begins at this local time is."""
    if local.weekday() >= SATURDAY:
        return PartOfDay.WEEKEND
    later = [cell.name for cell in CELLS if cell.starts <= local.time()]
    return PartOfDay(later[-1]) if later else PartOfDay.MORNING


def usual_hours(part: PartOfDay) -> tuple[time, time]:
    """From when to when a session there usually is."""
    starts = USUAL[part][0]
    return starts, (datetime.combine(date.min, starts) + LENGTH).time()


def usual_starts(part: PartOfDay, monday: date) -> list[tuple[date, time]]:
    """Local day and hour of every usual session of that part in the week of *monday*."""
    days = (5, 6) if part is PartOfDay.WEEKEND else range(5)
    return [(monday + timedelta(days=day), starts) for day in days for starts in USUAL[part]]
