"""Whether somebody is free: the usual week, what differs from it, their own limits. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from app.i18n import _l

MIDNIGHT = time(0)


class Answer(StrEnum):
    """What somebody said of a time."""

    YES = "yes"
    IF_NEED_BE = "if_need_be"
    NO = "no"

    @property
    def label(self) -> Any:
        return {"yes": _l("available"), "if_need_be": _l("if need be"), "no": _l("no")}[self.value]


@dataclass(frozen=True, slots=True)
class Weekly:
    """A window of the usual week, on the clock on the wall; *weekday* 0 is Monday."""

    weekday: int
    starts: time
    ends: time
    answer: Answer


@dataclass(frozen=True, slots=True)
class Dated:
    """What holds from one instant (aware UTC) to another instead, half-open."""

    starts_at: datetime
    ends_at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class Availability:
    """All that somebody said of their time. No weekly windows: of the week they said nothing.

    *earliest* and *latest* bound every day, dated windows apart, in *zone*.
    """

    zone: ZoneInfo
    weekly: tuple[Weekly, ...] = ()
    dated: tuple[Dated, ...] = ()
    earliest: time | None = None
    latest: time | None = None

    def answer(self, starts_at: datetime, ends_at: datetime) -> Answer | None:
        """The worst answer for any moment of the interval; None: nothing was said of all of it.

        Of dated windows that overlap, "no" wins over "yes": who is away is away.
        """
        cuts = sorted({starts_at, ends_at, *self._cuts(starts_at, ends_at)})
        inside = [cut for cut in cuts if starts_at <= cut <= ends_at]
        found = [self._at(moment) for moment in inside[:-1]]
        if Answer.NO in found:
            return Answer.NO
        if Answer.IF_NEED_BE in found:
            return Answer.IF_NEED_BE
        return None if None in found else Answer.YES

    def _cuts(self, starts_at: datetime, ends_at: datetime) -> Iterable[datetime]:
        """Every instant near the interval at which the answer may change."""
        for one in self.dated:
            yield from (one.starts_at, one.ends_at)
        for day in _days(starts_at, ends_at, self.zone):
            yield _instant(day, MIDNIGHT, self.zone)
            for clock in (self.earliest, self.latest):
                if clock is not None:
                    yield _instant(day, clock, self.zone)
            for window in self.weekly:
                if window.weekday == day.weekday():
                    yield _instant(day, window.starts, self.zone)
                    yield _instant(day, window.ends, self.zone)

    def _at(self, moment: datetime) -> Answer | None:
        dated = [one.answer for one in self.dated if one.starts_at <= moment < one.ends_at]
        if dated:
            return max(dated, key=list(Answer).index)
        local = moment.astimezone(self.zone)
        clock = local.time()
        if self.earliest is not None and clock < self.earliest:
            return Answer.NO
        if self.latest is not None and clock >= self.latest:
            return Answer.NO
        if not self.weekly:
            return None
        usual = [
            one.answer
            for one in self.weekly
            if one.weekday == local.weekday() and one.starts <= clock < one.ends
        ]
        return min(usual, key=list(Answer).index, default=Answer.NO)


def _days(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Iterable[date]:
    day, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant at which a clock on the wall shows *clock* on *day*."""
    return datetime.combine(day, clock, zone).astimezone(ZoneInfo("UTC"))
