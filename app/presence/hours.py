"""Sums of attended time: pure. Whole minutes, never rounded, never planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Stay:
    """One session at which somebody was: its local day and whole minutes. Without a *title* it is
    protected or individual."""

    day: date
    title: str | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody did of one activity in one month."""

    title: str | None
    sessions: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Month:
    """One month, *first* its first day, with a line an activity; the unnamed ones last."""

    first: date
    lines: tuple[Line, ...]

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines)


def by_month(stays: Iterable[Stay]) -> list[Month]:
    """The months in which somebody was anywhere, the latest first."""
    found: dict[date, dict[str | None, list[int]]] = {}
    for stay in stays:
        month = found.setdefault(stay.day.replace(day=1), {})
        month.setdefault(stay.title, []).append(stay.minutes)
    return [Month(first, _lines(found[first])) for first in sorted(found, reverse=True)]


def _lines(month: dict[str | None, list[int]]) -> tuple[Line, ...]:
    titles = sorted(month, key=lambda title: (title is None, title or ""))
    return tuple(Line(title, len(month[title]), sum(month[title])) for title in titles)


def total(months: Iterable[Month]) -> int:
    return sum(month.minutes for month in months)
