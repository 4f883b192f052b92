"""When somebody is busy, out of a calendar file (.ics, RFC 5545) of their own: pure.

Only times come out of it: what the events are called, where they are and who else comes is never
read. What repeats is counted day by day and within bounds, whatever the file asks for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.i18n import _l
from app.programme.calendar_import import (
    MOST_BYTES,
    MOST_COMPONENTS,
    Problem,
    components,
    events_in,
    parsed,
    unfolded,
)

Interval = tuple[datetime, datetime]
E = TypeVar("E")
T = TypeVar("T")

AHEAD = timedelta(days=183)
MOST_TIMES = 800
MOST_STEPS = 300_000
"""So many days are looked at in one file; a file that needs more is refused."""
LONGEST = timedelta(days=60)
_LOOKED_AT = "UID DTSTART DTEND DURATION RRULE RDATE EXDATE RECURRENCE-ID STATUS TRANSP".split()
_DAY = timedelta(days=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Why(StrEnum):
    """Why an event says nothing of when somebody is busy."""

    CANCELLED = "cancelled"
    FREE = "free"
    NO_TIME = "no_time"
    TOO_LONG = "too_long"
    PAST = "past"
    TOO_FAR = "too_far"
    BY_RULE = "by_rule"

    @property
    def label(self) -> Any:
        return _WHY[self]


_WHY = {
    Why.CANCELLED: _l("cancelled"),
    Why.FREE: _l("marked as free time"),
    Why.NO_TIME: _l("without a time that can be read"),
    Why.TOO_LONG: _l("longer than 60 days"),
    Why.PAST: _l("over already"),
    Why.TOO_FAR: _l("more than six months away"),
    Why.BY_RULE: _l("repeats by a rule that is not understood here"),
}


@dataclass(frozen=True, slots=True)
class Busy:
    """What a file comes to: times by their start, none touching another; how many events were left
    out for which reason; or the one problem with all of it."""

    times: tuple[Interval, ...] = ()
    refused: Mapping[Why, int] = field(default_factory=dict)
    problem: Problem | None = None


class _LeftOut(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class _TooMuch(Exception):
    pass


@dataclass
class _Budget:
    """How many days may still be looked at."""

    left: int = MOST_STEPS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooMuch


def read_busy(data: bytes, *, zone: ZoneInfo, now: datetime) -> Busy:
    """When the owner of the calendar file *data* is busy in the next six months; times without a
    zone are those of *zone*. Never raises, whatever the bytes are."""
    if len(data) > MOST_BYTES:
        return Busy(problem=Problem.TOO_LARGE)
    lines = unfolded(data)
    if components(lines) > MOST_COMPONENTS:
        return Busy(problem=Problem.TOO_MANY)
    events = events_in(lines, _LOOKED_AT)
    if not events:
        return Busy(problem=Problem.BROKEN if events is None else Problem.EMPTY)
    try:
        times, refused = _all_times(events, zone, now)
    except _TooMuch:
        return Busy(problem=Problem.TOO_MANY)
    together = merged(times)
    if len(together) > MOST_TIMES:
        return Busy(problem=Problem.TOO_MANY)
    return Busy(together, refused)


def merged(times: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same moments in as few intervals as it takes, by time."""
    found: list[Interval] = []
    for starts_at, ends_at in sorted(times):
        if found and starts_at <= found[-1][1]:
            found[-1] = found[-1][0], max(ends_at, found[-1][1])
        else:
            found.append((starts_at, ends_at))
    return tuple(found)


def written(times: Sequence[Interval]) -> str:
    """The times as a hidden field of the preview carries them; `read_again` is the way back."""
    return json.dumps([[int(one.timestamp()) for one in pair] for pair in times])


def read_again(text: str, *, now: datetime) -> tuple[Interval, ...] | None:
    """The times of a preview; None where the text is not what `written` makes."""
    try:
        found = [
            (datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))
            for begins, ends in json.loads(text)
        ]
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        return None
    if len(found) > MOST_TIMES or any(
        ends <= begins or ends > now + AHEAD + LONGEST for begins, ends in found
    ):
        return None
    return merged(pair for pair in found if pair[1] > now)


def _all_times(
    events: Sequence[list[str]], zone: ZoneInfo, now: datetime
) -> tuple[list[Interval], Mapping[Why, int]]:
    read, unread = _of_each(events, parsed)
    changed, _unknown = _of_each(read, lambda event: _changed_time(event, zone))
    elsewhere = {one for one in changed if one}
    times: list[Interval] = []
    budget = _Budget()

    def count(event: Any) -> None:
        times.extend(_times(event, elsewhere, zone, now, budget))
        if len(times) > MOST_TIMES * 4:
            raise _TooMuch

    _counted, refused = _of_each(read, count)
    return times, dict(unread + refused)


def _of_each(events: Iterable[E], do: Callable[[E], T]) -> tuple[list[T], Counter[Why]]:
    """What comes of each event, and why nothing came of others: whatever a strange file makes of a
    parser, the rest is still read."""
    done, refused = [], Counter[Why]()
    for event in events:
        try:
            done.append(do(event))
        except _LeftOut as left_out:
            refused[left_out.why] += 1
        except _TooMuch:
            raise
        except Exception:
            refused[Why.NO_TIME] += 1
    return done, refused


def _changed_time(event: Any, zone: ZoneInfo) -> tuple[str, datetime] | None:
    """(UID, start) of an occurrence of a series that stands in the file on its own too."""
    if "RECURRENCE-ID" not in event:
        return None
    return str(event.get("UID", "")), _instant(event["RECURRENCE-ID"].dt, zone)


def _times(
    event: Any,
    changed: set[tuple[str, datetime]],
    zone: ZoneInfo,
    now: datetime,
    budget: _Budget,
) -> list[Interval]:
    """The times of one event, or of each of its occurrences, that are still to come."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        raise _LeftOut(Why.CANCELLED)
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        raise _LeftOut(Why.FREE)
    start, lasts, ends_on = _start_and_length(event, zone)
    if "RDATE" in event:
        raise _LeftOut(Why.BY_RULE)
    latest = now + AHEAD
    if "RRULE" not in event:
        found = [_interval(start, lasts, ends_on, zone)]
    else:
        left_out = _left_out(event, zone)
        uid = str(event.get("UID", ""))
        found = []
        for day in _days(event["RRULE"], start, zone, latest, budget):
            begins = _on(start, day)
            at = _instant(begins, zone)
            if at not in left_out and (uid, at) not in changed:
                moved = ends_on + (day - _day_of(start)) if ends_on is not None else None
                found.append(_interval(begins, lasts, moved, zone))
    coming = [one for one in found if one[1] > now and one[0] < latest]
    if not coming:
        over = not found or max(one[1] for one in found) <= now
        raise _LeftOut(Why.PAST if over else Why.TOO_FAR)
    return coming


def _start_and_length(event: Any, zone: ZoneInfo) -> tuple[Any, timedelta, date | None]:
    """When it begins, how long it lasts, and for whole days the day after the last."""
    if "DTSTART" not in event:
        raise _LeftOut(Why.NO_TIME)
    start = event["DTSTART"].dt
    if not isinstance(start, date):
        raise _LeftOut(Why.NO_TIME)
    whole_days = not isinstance(start, datetime)
    if "DTEND" in event:
        end = event["DTEND"].dt
        if isinstance(end, datetime) is whole_days:
            raise _LeftOut(Why.NO_TIME)
        lasts = end - start if whole_days else _instant(end, zone) - _instant(start, zone)
    elif "DURATION" in event:
        lasts = event["DURATION"].dt
    else:
        lasts = _DAY if whole_days else timedelta(0)
    if lasts > LONGEST:
        raise _LeftOut(Why.TOO_LONG)
    if lasts <= timedelta(0):
        raise _LeftOut(Why.NO_TIME)
    return start, lasts, start + lasts if whole_days else None


def _interval(start: Any, lasts: timedelta, ends_on: date | None, zone: ZoneInfo) -> Interval:
    """Whole days run from midnight to midnight; hours last as long as they last."""
    begins = _instant(start, zone)
    return begins, _instant(ends_on, zone) if ends_on is not None else begins + lasts


def _instant(moment: Any, zone: ZoneInfo) -> datetime:
    """A moment, or the midnight of a day, as an instant; without a zone it is in *zone*."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(0))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    found: datetime = moment.astimezone(UTC)
    return found


def _day_of(moment: Any) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _on(start: Any, day: date) -> Any:
    """The same time of the clock on another day."""
    return start.replace(year=day.year, month=day.month, day=day.day)


def _left_out(event: Any, zone: ZoneInfo) -> set[datetime]:
    """The occurrences that the owner took out."""
    given = event.get("EXDATE", [])
    lists = given if isinstance(given, list) else [given]
    return {_instant(one.dt, zone) for each in lists for one in each.dts}


def _days(
    rule: Mapping[str, list[Any]], start: Any, zone: ZoneInfo, latest: datetime, budget: _Budget
) -> Iterator[date]:
    """The days on which a series begins, from its first to *latest*."""
    often = str(rule["FREQ"][0]).upper()
    understood = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH"}
    if often not in _MATCHES or set(rule.keys()) - understood:
        raise _LeftOut(Why.BY_RULE)
    pattern = _Pattern.of(rule, _day_of(start))
    until = _until(rule, start, zone)
    count = int(rule["COUNT"][0]) if "COUNT" in rule else None
    day, last = pattern.first, latest.astimezone(zone).date() + _DAY
    if count is None:  # nothing has to be counted, so what is long over is skipped
        day = max(day, last - AHEAD - LONGEST)
    seen = 0
    while day <= last and (count is None or seen < count):
        budget.spend()
        if day == pattern.first or _MATCHES[often](pattern, day):
            if until is not None and _instant(_on(start, day), zone) > until:
                return
            seen += 1
            yield day
        day += _DAY


def _until(rule: Mapping[str, list[Any]], start: Any, zone: ZoneInfo) -> datetime | None:
    """The last moment at which an occurrence may begin (RFC 5545 §3.3.10)."""
    if "UNTIL" not in rule:
        return None
    until = rule["UNTIL"][0]
    if isinstance(until, datetime):
        return _instant(until, zone)
    return _instant(until + _DAY, zone) - timedelta(seconds=1)


@dataclass(frozen=True)
class _Pattern:
    """The parts of a rule that are understood. *weekdays*: (which of the month or 0, weekday)."""

    first: date
    interval: int
    weekdays: frozenset[tuple[int, int]]
    month_days: frozenset[int]
    months: frozenset[int]
    week_starts: int

    @classmethod
    def of(cls, rule: Mapping[str, list[Any]], first: date) -> _Pattern:
        interval = int(rule.get("INTERVAL", [1])[0])
        if interval < 1:
            raise _LeftOut(Why.BY_RULE)
        starts = str(rule["WKST"][0]).upper() if "WKST" in rule else "MO"
        return cls(
            first=first,
            interval=interval,
            weekdays=frozenset(_weekday(str(one).upper()) for one in rule.get("BYDAY", ())),
            month_days=frozenset(int(one) for one in rule.get("BYMONTHDAY", ())),
            months=frozenset(int(one) for one in rule.get("BYMONTH", ())),
            week_starts=_WEEKDAYS.index(starts),
        )

    def falls_on(self, day: date) -> bool:
        """Whether the narrower parts of the rule let *day* pass; where it has none, all do."""
        if self.months and day.month not in self.months:
            return False
        if self.month_days:
            after = (_next_month(day) - day).days
            if day.day not in self.month_days and -after not in self.month_days:
                return False
        return not self.weekdays or any(self._is(which, day) for which in self.weekdays)

    def _is(self, which: tuple[int, int], day: date) -> bool:
        nth, weekday = which
        if day.weekday() != weekday:
            return False
        after = (_next_month(day) - day).days
        return nth in (0, (day.day - 1) // 7 + 1, -((after - 1) // 7 + 1))


def _weekday(text: str) -> tuple[int, int]:
    nth, name = text[:-2], text[-2:]
    if name not in _WEEKDAYS:
        raise _LeftOut(Why.BY_RULE)
    return int(nth) if nth else 0, _WEEKDAYS.index(name)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _daily(rule: _Pattern, day: date) -> bool:
    return (day - rule.first).days % rule.interval == 0 and rule.falls_on(day)


def _weekly(rule: _Pattern, day: date) -> bool:
    def week(one: date) -> int:
        return (one.toordinal() - 1 - rule.week_starts) // 7

    if (week(day) - week(rule.first)) % rule.interval:
        return False
    same = bool(rule.weekdays) or day.weekday() == rule.first.weekday()
    return same and rule.falls_on(day)


def _monthly(rule: _Pattern, day: date) -> bool:
    months = (day.year - rule.first.year) * 12 + day.month - rule.first.month
    if months % rule.interval:
        return False
    same = bool(rule.weekdays or rule.month_days) or day.day == rule.first.day
    return same and rule.falls_on(day)


def _yearly(rule: _Pattern, day: date) -> bool:
    if (day.year - rule.first.year) % rule.interval:
        return False
    if any(nth for nth, _weekday in rule.weekdays) and not rule.months:
        raise _LeftOut(Why.BY_RULE)  # the nth weekday of the year
    same_day = bool(rule.weekdays or rule.month_days) or day.day == rule.first.day
    same_month = bool(rule.months or rule.weekdays) or day.month == rule.first.month
    return same_day and same_month and rule.falls_on(day)


_MATCHES = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}
