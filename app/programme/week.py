"""Weeks and days as the wall calendar of a centre has them: pure."""

from __future__ import annotations

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
