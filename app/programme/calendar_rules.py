"""On which days something repeats (RFC 5545 §3.3.10), counted within bounds: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

MOST_STEPS = 150_000
"""So many days are looked at in one file; a file that needs more is refused."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNDERSTOOD = frozenset("FREQ INTERVAL COUNT UNTIL WKST BYDAY BYMONTHDAY BYMONTH BYSETPOS".split())
_OFTEN = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


class NotUnderstood(Exception):
    """The rule says something that is not counted here, such as every second."""


class TooMuch(Exception):
    """The file asks for more days than anybody looks at."""


@dataclass
class Budget:
    """How many days may still be looked at."""

    left: int = MOST_STEPS

    def spend(self, days: int = 1) -> None:
        self.left -= days
        if self.left < 0:
            raise TooMuch


def days_of(
    rule: Mapping[str, list[Any]], first: date, *, since: date, last: date, budget: Budget
) -> Iterator[date]:
    """The days from *first* to *last* on which a series begins; those before *since* may lack.

    The first day always counts, even where the rule does not have it. Raises `NotUnderstood`, and
    `TooMuch` once the budget is spent.
    """
    pattern = _Pattern.of(rule, first)
    count = int(rule["COUNT"][0]) if "COUNT" in rule else None
    if count is not None and count < 1:
        raise NotUnderstood
    number = 0 if count is not None and not pattern.is_every_day else pattern.periods_until(since)
    seen = max(1, number)
    if first <= last:
        yield first
    while (start := pattern.period(number)) is not None and start <= last:
        for day in pattern.days_in(start, budget):
            if day <= first or day > last:
                continue
            if count is not None and seen >= count:
                return
            seen += 1
            yield day
        if count is not None and seen >= count:
            return
        number += 1


@dataclass(frozen=True)
class _Pattern:
    """The parts of a rule. *weekdays*: (which of the month or of the year, or 0; weekday)."""

    often: str
    first: date
    interval: int
    weekdays: frozenset[tuple[int, int]]
    month_days: frozenset[int]
    months: frozenset[int]
    positions: frozenset[int]
    week_starts: int

    @classmethod
    def of(cls, rule: Mapping[str, list[Any]], first: date) -> _Pattern:
        often = str(rule.get("FREQ", [""])[0]).upper()
        if often not in _OFTEN or set(rule.keys()) - _UNDERSTOOD:
            raise NotUnderstood
        starts = str(rule["WKST"][0]).upper() if "WKST" in rule else "MO"
        found = cls(
            often=often,
            first=first,
            interval=int(rule.get("INTERVAL", [1])[0]),
            weekdays=frozenset(_weekday(str(one).upper()) for one in rule.get("BYDAY", ())),
            month_days=_numbers(rule, "BYMONTHDAY"),
            months=_numbers(rule, "BYMONTH"),
            positions=_numbers(rule, "BYSETPOS"),
            week_starts=_WEEKDAYS.index(starts),
        )
        return found._completed()

    def _completed(self) -> _Pattern:
        """What a rule does not say is as on its first day (RFC 5545 §3.3.10)."""
        numbered = any(nth for nth, _weekday in self.weekdays)
        if self.interval < 1 or (numbered and self.often in {"DAILY", "WEEKLY"}):
            raise NotUnderstood
        if numbered and self.often == "YEARLY" and self.month_days:
            raise NotUnderstood
        given: dict[str, Any] = {}
        if not self.weekdays and not self.month_days:
            if self.often == "WEEKLY":
                given["weekdays"] = frozenset({(0, self.first.weekday())})
            if self.often in {"MONTHLY", "YEARLY"}:
                given["month_days"] = frozenset({self.first.day})
            if self.often == "YEARLY" and not self.months:
                given["months"] = frozenset({self.first.month})
        return replace(self, **given)

    @property
    def is_every_day(self) -> bool:
        """Whether each of its days counts, so that those that are over need not be looked at."""
        narrower = self.months or self.month_days or self.weekdays or self.positions
        return self.often == "DAILY" and not narrower

    def period(self, number: int) -> date | None:
        """The first day of the day, week, month or year that counts next; None: after all time."""
        steps = number * self.interval
        if self.often in {"DAILY", "WEEKLY"}:
            days = steps if self.often == "DAILY" else steps * 7 - self._into_week(self.first)
            ordinal = self.first.toordinal() + days
            return date.fromordinal(max(1, ordinal)) if ordinal <= date.max.toordinal() else None
        months = steps if self.often == "MONTHLY" else steps * 12
        before = self.first.month - 1 if self.often == "MONTHLY" else 0
        year, month = divmod(self.first.year * 12 + before + months, 12)
        return date(year, month + 1, 1) if year <= date.max.year else None

    def periods_until(self, since: date) -> int:
        """How many of them are surely over before *since*."""
        days = (since - self.first).days
        longest = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[self.often]
        return max(0, days // (longest * self.interval) - 1)

    def days_in(self, start: date, budget: Budget) -> list[date]:
        """The days that the rule has in the period from *start* on."""
        found = [day for day in self._candidates(start, budget) if self._falls_on(day)]
        if not self.positions:
            return found
        size = len(found)
        return [d for n, d in enumerate(found) if {n + 1, n - size} & self.positions]

    def _candidates(self, start: date, budget: Budget) -> Iterator[date]:
        """The days of a period that are looked at."""
        if self.often in {"DAILY", "WEEKLY"}:
            length = 1 if self.often == "DAILY" else 7 - self._cut_off(start)
            last = min(start.toordinal() + length, date.max.toordinal() + 1)
            days = [date.fromordinal(n) for n in range(start.toordinal(), last)]
            budget.spend(length)
            yield from days
            return
        months = [start.month] if self.often == "MONTHLY" else range(1, 13)
        for month in months:
            budget.spend()
            if not self.months or month in self.months:
                yield from self._days_of_month(start.year, month, budget)

    def _cut_off(self, start: date) -> int:
        """How much of its week lies before the beginning of time."""
        return self._into_week(start) if start == date.min else 0

    def _into_week(self, day: date) -> int:
        return (day.weekday() - self.week_starts) % 7

    def _days_of_month(self, year: int, month: int, budget: Budget) -> Iterator[date]:
        length = _length_of(year, month)
        wanted: Any = range(1, length + 1)
        if self.month_days:
            numbers = {n if n > 0 else length + 1 + n for n in self.month_days}
            wanted = sorted(n for n in numbers if 1 <= n <= length)
        budget.spend(len(wanted))
        for number in wanted:
            yield date(year, month, number)

    def _falls_on(self, day: date) -> bool:
        """Whether the narrower parts of the rule let *day* pass; where it has none, all do."""
        if self.months and day.month not in self.months:
            return False
        if self.month_days:
            after = day.day - _length_of(day.year, day.month) - 1
            if not {day.day, after} & self.month_days:
                return False
        return not self.weekdays or any(self._is(*which, day) for which in self.weekdays)

    def _is(self, nth: int, weekday: int, day: date) -> bool:
        if day.weekday() != weekday:
            return False
        if not nth:
            return True
        number, length = day.day, _length_of(day.year, day.month)
        if self.often == "YEARLY" and not self.months:
            number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
        return nth in ((number - 1) // 7 + 1, -((length - number) // 7 + 1))


def _numbers(rule: Mapping[str, list[Any]], part: str) -> frozenset[int]:
    return frozenset(int(one) for one in rule.get(part, ()))


def _weekday(text: str) -> tuple[int, int]:
    nth, name = text[:-2], text[-2:]
    if name not in _WEEKDAYS:
        raise NotUnderstood
    return int(nth) if nth else 0, _WEEKDAYS.index(name)


def _length_of(year: int, month: int) -> int:
    """How many days a month has; computed without leaving the calendar at its end."""
    if month == 12:
        return 31
    return (date(year, month + 1, 1) - timedelta(days=1)).day
