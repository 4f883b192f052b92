"""What somebody looks for in the programme, as the address says it: pure, and true for any address.

An answer that does not exist is no answer; nothing is remembered anywhere but in the address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from app.i18n import _l
from app.people.languages import is_known
from app.programme.kinds import AgeBand, Kind

LONGEST = 80
MOST_SLOTS = 4
WEEK = timedelta(days=7)
SIX_WEEKS = timedelta(weeks=6)


class When(StrEnum):
    """How far ahead one looks, from today."""

    WEEK = ""
    NEXT = "next"
    ALL = "all"

    def between(self, today: date) -> tuple[date, date]:
        """The first day, and the day after the last."""
        if self is When.NEXT:
            return today + WEEK, today + 2 * WEEK
        return today, today + (WEEK if self is When.WEEK else SIX_WEEKS)


Answer = TypeVar("Answer", bound=StrEnum)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEVELS = {
    "pre-A1": _l("learning to read and write"),
    "A1": _l("a few words and phrases"),
    "A2": _l("simple everyday talk"),
    "B1": _l("gets along in most situations"),
    "B2": _l("talks freely about most things"),
}
"""What one may look for, and what it means; groups are for parts and for spans of them."""


class Dated(Protocol):
    """What takes place at a time, somewhere."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def zone(self) -> str: ...


One = TypeVar("One", bound=Dated)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is looked for; whatever is None may be anything. *day* is a weekday, as in `DAYS`."""

    centre: str | None = None
    kind: Kind | None = None
    language: str | None = None
    level: str | None = None
    age: AgeBand | None = None
    day: str | None = None
    words: str | None = None
    when: When = When.WEEK

    @property
    def is_narrow(self) -> bool:
        """Whether more than where, what and when is asked for."""
        return not replace(self, centre=None, kind=None, when=When.WEEK).is_plain

    @property
    def is_plain(self) -> bool:
        return self == Choice()

    def in_address(self, **other: object) -> dict[str, str]:
        """The arguments of an address that asks for this, with some answers replaced."""
        asked = replace(self, **other)  # type: ignore[arg-type]
        pairs = ((field.name, getattr(asked, field.name)) for field in fields(asked))
        return {name: str(answer) for name, answer in pairs if answer}

    def days(self, today: date) -> list[tuple[date, date]]:
        """The days that are asked for, as spans from a first one to the day after the last."""
        first, end = self.when.between(today)
        if self.day is None:
            return [(first, end)]
        one = timedelta(days=1)
        days = (first + n * one for n in range((end - first).days))
        return [(day, day + one) for day in days if DAYS[day.weekday()] == self.day]


def read_choice(asked: Mapping[str, str]) -> Choice:
    """The choice that the arguments of an address spell."""
    kind = _one_of(Kind, asked.get("kind"))
    language = asked.get("language", "")
    return Choice(
        centre=_short(asked.get("centre")),
        kind=kind if kind is not None and kind.policy.privacy.is_listed else None,
        language=language if is_known(language) else None,
        level=asked["level"] if asked.get("level") in LEVELS else None,
        age=_one_of(AgeBand, asked.get("age")),
        day=asked["day"] if asked.get("day") in DAYS else None,
        words=_short(asked.get("words")),
        when=_one_of(When, asked.get("when")) or When.WEEK,
    )


def _short(said: str | None) -> str | None:
    return (said or "").strip()[:LONGEST].strip() or None


def _one_of(answers: type[Answer], said: str | None) -> Answer | None:
    return next((one for one in answers if one.value and one.value == said), None)


def levels_in(level: str | None) -> list[str]:
    """The `LEVELS` that a group is for: "A1–A2.1" is for A1 and for A2."""
    parts = (level or "").split("–")
    return [one for one in LEVELS if any(part.startswith(one) for part in parts)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def local_day(meeting: Dated) -> date:
    """The day it begins on, on the wall calendar of its centre."""
    return meeting.starts_at.astimezone(ZoneInfo(meeting.zone)).date()


def by_day(meetings: Iterable[One]) -> list[tuple[date, list[One]]]:
    """Meetings in time order, grouped by their local day."""
    return [(day, list(group)) for day, group in groupby(meetings, key=local_day)]


def rhythm(meetings: Iterable[One]) -> list[tuple[int, One]]:
    """The weekdays on which they usually are, each with one meeting that has the usual hours; none
    where the hours differ too much to be a rhythm."""
    usual: dict[tuple[int, str, timedelta], list[One]] = {}
    for one in meetings:
        begins = one.starts_at.astimezone(ZoneInfo(one.zone))
        key = (begins.weekday(), begins.strftime("%H:%M"), one.ends_at - one.starts_at)
        usual.setdefault(key, []).append(one)
    often = {key: found for key, found in usual.items() if len(found) > 1}
    return [(key[0], often[key][0]) for key in sorted(often)] if len(often) <= MOST_SLOTS else []
