"""Weeks and days as the wall calendar of a centre has them: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.programme.recurrence import instant


@dataclass(frozen=True)
class Week:
    """The seven days from a Monday, in one zone."""

    monday: date
    zone: ZoneInfo

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=n) for n in range(7)]

    @property
    def starts_at(self) -> datetime:
        return instant(self.monday, time(), self.zone)

    @property
    def ends_at(self) -> datetime:
        return instant(self.monday + timedelta(days=7), time(), self.zone)

    @property
    def before(self) -> date:
        return self.monday - timedelta(days=7)

    @property
    def after(self) -> date:
        return self.monday + timedelta(days=7)


def week_of(day: date, zone: ZoneInfo) -> Week:
    """The week, from Monday, that holds *day*."""
    return Week(day - timedelta(days=day.weekday()), zone)


def asked_day(text: str | None, today: date) -> date:
    """The day of an address such as ``?day=2026-11-30``; today where that makes no sense."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return today
    return day if 2000 <= day.year <= 2100 else today


@dataclass(frozen=True)
class Month:
    """The whole weeks, from Monday, in which a month lies, in one zone."""

    first: date
    zone: ZoneInfo

    @property
    def weeks(self) -> list[list[date]]:
        monday, found = week_of(self.first, self.zone).monday, []
        while monday < self.after:
            found.append([monday + timedelta(days=n) for n in range(7)])
            monday += timedelta(days=7)
        return found

    @property
    def starts_at(self) -> datetime:
        return instant(self.weeks[0][0], time(), self.zone)

    @property
    def ends_at(self) -> datetime:
        return instant(self.weeks[-1][-1] + timedelta(days=1), time(), self.zone)

    @property
    def before(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1)


def month_of(day: date, zone: ZoneInfo) -> Month:
    """The month that holds *day*."""
    return Month(day.replace(day=1), zone)


QUARTERS = 96
"""The quarters of an hour in a day as the wall clock counts them."""


def quarters_of(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """First and last quarter of an hour, the last excluded, of the local day on which it starts."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    first = (start.hour * 60 + start.minute) // 15
    last = -(-(end.hour * 60 + end.minute) // 15) if end.date() == start.date() else QUARTERS
    return first, max(last, first + 1)


def hours_shown(spans: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """First and last hour, the last excluded, of a day with those spans: at least 8 to 20."""
    known = [(8 * 4, 20 * 4), *spans]
    return min(first for first, _last in known) // 4, -(-max(last for _first, last in known) // 4)


def lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """For each span, in order of their starts, the first lane that is free by then, from 1."""
    free_at: list[int] = []
    found = []
    for first, last in spans:
        lane = next((n for n, free in enumerate(free_at) if free <= first), len(free_at))
        free_at[lane : lane + 1] = [last]
        found.append(lane + 1)
    return found
