"""When the events of a calendar file (.ics, RFC 5545) take place: pure.

What repeats is counted within bounds, whatever the file asks for: every day that is looked at is
paid from one budget for the whole file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from app.programme.calendar_file import parsed
from app.programme.calendar_rules import Budget, NotUnderstood, TooMuch, days_of
from app.programme.calendar_zones import named_zone

_DAY = timedelta(days=1)
Planned = datetime | date
"""Which time of a series is meant: an instant, or all of a day."""


class Why(StrEnum):
    """Why an event of a file is left out."""

    CANCELLED = "cancelled"
    FREE = "free"
    PRIVATE = "private"
    NO_NAME = "no_name"
    NO_TIME = "no_time"
    NO_END = "no_end"
    NO_ZONE = "no_zone"
    TOO_LONG = "too_long"
    PAST = "past"
    TOO_FAR = "too_far"
    BY_RULE = "by_rule"
    TWICE = "twice"


class LeftOut(Exception):
    """One event is left out."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Frame:
    """What is looked for: times between two instants, none longer than *longest*. Times without a
    zone are those of *zone*; *zones* are those that the file defines."""

    zone: ZoneInfo
    since: datetime
    until: datetime
    longest: timedelta
    zones: Mapping[str, tzinfo] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True, order=True)
class Time:
    """One time at which an event takes place; *planned*: the local day on which its rule has it."""

    starts_at: datetime
    ends_at: datetime
    planned: date


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """The events of a file that can be read, by their number in it; why others cannot; which times
    of a series stand in the file on their own."""

    events: Mapping[int, Any]
    unread: Mapping[int, Why]
    changed: frozenset[tuple[str, Planned]]


def read_each(events: Iterable[list[str]], frame: Frame) -> ReadEvents:
    """Each event for itself: whatever a strange one makes of the parser, the rest is still read.
    Of several versions of one only the newest counts."""
    read: dict[int, Any] = {}
    unread: dict[int, Why] = {}
    changed: set[tuple[str, Planned]] = set()
    newest: dict[Any, int] = {}
    for number, lines in enumerate(events, start=1):
        try:
            read[number] = event = parsed(lines)
            stood_for = stands_for(event, frame)
        except LeftOut as left_out:
            read.pop(number, None)
            unread[number] = left_out.why
        except Exception:
            read.pop(number, None)
            unread[number] = Why.NO_TIME
        else:
            changed |= {stood_for} if stood_for else set()
            key = stood_for or uid_of(event)
            newest[key] = max(newest.get(key, 0), _sequence(event))
    for number, event in list(read.items()):
        if _sequence(event) < newest.get(stands_for(event, frame) or uid_of(event), 0):
            del read[number]
            unread[number] = Why.TWICE
    return ReadEvents(read, unread, frozenset(changed))


def _sequence(event: Any) -> int:
    """Which version of itself it is (RFC 5545 §3.8.7.4)."""
    try:
        return int(event.get("SEQUENCE", 0))
    except Exception:  # it cannot be read, or stands there twice
        return 0


def uid_of(event: Any) -> str:
    return str(event.get("UID", "")).strip()


def repeats(event: Any) -> bool:
    return "RRULE" in event or "RDATE" in event or "RECURRENCE-ID" in event


def stands_for(event: Any, frame: Frame) -> tuple[str, Planned] | None:
    """(UID, which time) of a series that this event stands for; None where it stands for itself."""
    if "RECURRENCE-ID" not in event:
        return None
    return uid_of(event), _planned(_moment(event["RECURRENCE-ID"], frame), frame)


def times_of(
    event: Any, frame: Frame, *, changed: Collection[tuple[str, Planned]] = ()
) -> list[Time]:
    """The times of one event that touch the frame. *changed*: what stands in the file on its own.

    Raises `LeftOut` where there is none, and `TooMuch` once the budget is spent.
    """
    try:
        return _times_of(event, frame, changed)
    except (LeftOut, TooMuch):
        raise
    except Exception:  # whatever a strange file makes of a parser
        raise LeftOut(Why.NO_TIME) from None


def _times_of(event: Any, frame: Frame, changed: Collection[tuple[str, Planned]]) -> list[Time]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        raise LeftOut(Why.CANCELLED)
    start, lasts, whole_days = _start_and_length(event, frame)
    if str(getattr(event.get("RECURRENCE-ID"), "params", {}).get("RANGE", "")):
        raise LeftOut(Why.BY_RULE)  # it changes all later ones too
    begins = _begins(event, start, frame)
    if "RRULE" in event or "RDATE" in event:
        begins = _without(begins, _left_out(event, frame, changed), frame)
    stood_for = stands_for(event, frame)
    found = []
    for one in begins:
        span = _span(one, lasts, whole_days, frame.zone)
        planned = _day(stood_for[1], frame) if stood_for else _day(span[0], frame)
        found.append(Time(*span, planned))
    coming = [one for one in found if one.ends_at > frame.since and one.starts_at < frame.until]
    if not coming:
        over = not found or max(one.ends_at for one in found) <= frame.since
        raise LeftOut(Why.PAST if over else Why.TOO_FAR)
    return coming


def instant(moment: Any, zone: tzinfo) -> datetime:
    """A moment, or the midnight of a day, as an instant; without a zone it is in *zone*."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(0))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    found: datetime = moment.astimezone(UTC)
    return found


def starts_on(event: Any, frame: Frame) -> date | None:
    """The local day on which an event says that it begins, for whoever looks for it."""
    try:
        return _day(event["DTSTART"].dt, frame)
    except Exception:  # it is left out for that very reason
        return None


def _moment(prop: Any, frame: Frame) -> date | datetime:
    """The day or moment of a property, in its zone where it has one."""
    moment: date | datetime = _in_its_zone(prop.dt, prop.params, frame)
    return moment


def _in_its_zone(moment: Any, params: Mapping[str, Any], frame: Frame) -> Any:
    if not isinstance(moment, date):
        raise LeftOut(Why.NO_TIME)
    name = str(params.get("TZID", ""))
    if not isinstance(moment, datetime) or moment.tzinfo is not None or not name:
        return moment
    zone = frame.zones.get(name) or named_zone(name)
    if zone is None:
        raise LeftOut(Why.NO_ZONE)
    return moment.replace(tzinfo=zone)


def _start_and_length(event: Any, frame: Frame) -> tuple[Any, timedelta, bool]:
    """When it begins, how long it lasts, and whether that is whole days."""
    if "DTSTART" not in event:
        raise LeftOut(Why.NO_TIME)
    start = _moment(event["DTSTART"], frame)
    whole_days = not isinstance(start, datetime)
    if "DTEND" in event:
        end = _moment(event["DTEND"], frame)
        if isinstance(end, datetime) is whole_days:
            raise LeftOut(Why.NO_TIME)
        apart = instant(end, frame.zone) - instant(start, frame.zone)
        lasts = end - start if whole_days else apart
    elif "DURATION" in event:
        lasts = event["DURATION"].dt
    else:
        lasts = _DAY if whole_days else timedelta(0)
    if lasts > frame.longest:
        raise LeftOut(Why.TOO_LONG)
    if lasts <= timedelta(0):
        raise LeftOut(Why.NO_TIME if lasts else Why.NO_END)
    return start, lasts, whole_days


def _begins(event: Any, start: Any, frame: Frame) -> Iterator[Any]:
    """When each of its times begins, by its rule and by its list of dates."""
    if "RRULE" not in event:
        yield start
    else:
        yield from _by_rule(event["RRULE"], start, frame)
    for each in _lists(event.get("RDATE", [])):
        for one in each.dts:
            frame.budget.spend()
            moment = one.dt[0] if isinstance(one.dt, tuple) else one.dt
            moment = _in_its_zone(moment, each.params, frame)
            if isinstance(start, datetime) and not isinstance(moment, datetime):
                moment = _on(start, moment)
            yield moment


def _by_rule(rule: Any, start: Any, frame: Frame) -> Iterator[Any]:
    if not isinstance(rule, Mapping):
        raise LeftOut(Why.BY_RULE)  # there are two, or it cannot be read at all
    since = frame.since.astimezone(frame.zone).date() - frame.longest - 2 * _DAY
    last = frame.until.astimezone(frame.zone).date() + 2 * _DAY
    first = start.date() if isinstance(start, datetime) else start
    try:
        until = _until(rule, frame.zone)
        for day in days_of(rule, first, since=since, last=last, budget=frame.budget):
            begins = _on(start, day)
            if until is not None and instant(begins, frame.zone) > until:
                return
            yield begins
    except (NotUnderstood, ValueError, TypeError, AttributeError, KeyError, OverflowError):
        raise LeftOut(Why.BY_RULE) from None


def _until(rule: Mapping[str, list[Any]], zone: ZoneInfo) -> datetime | None:
    """The last moment at which a time may begin (RFC 5545 §3.3.10)."""
    if "UNTIL" not in rule:
        return None
    until = rule["UNTIL"][0]
    if isinstance(until, datetime):
        return instant(until, zone)
    return instant(until + _DAY, zone) - timedelta(seconds=1)


def _on(start: Any, day: date) -> Any:
    """The same time of the clock on another day."""
    return start.replace(year=day.year, month=day.month, day=day.day)


def _without(begins: Iterable[Any], left_out: set[Planned], frame: Frame) -> Iterator[Any]:
    """Each time once, but those that were taken out or changed."""
    seen: set[datetime] = set()
    for one in begins:
        at = instant(one, frame.zone)
        if at not in left_out and _day(one, frame) not in left_out and at not in seen:
            seen.add(at)
            yield one


def _left_out(event: Any, frame: Frame, changed: Collection[tuple[str, Planned]]) -> set[Planned]:
    uid = uid_of(event)
    out: set[Planned] = {which for of, which in changed if of == uid}
    for each in _lists(event.get("EXDATE", [])):
        out |= {_planned(_in_its_zone(one.dt, each.params, frame), frame) for one in each.dts}
    return out


def _lists(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _planned(moment: date | datetime, frame: Frame) -> Planned:
    return instant(moment, frame.zone) if isinstance(moment, datetime) else moment


def _day(moment: Any, frame: Frame) -> date:
    """The local day of a moment; a day is its own."""
    if not isinstance(moment, datetime):
        day: date = moment
        return day
    return instant(moment, frame.zone).astimezone(frame.zone).date()


def _span(start: Any, lasts: timedelta, whole_days: bool, zone: ZoneInfo) -> tuple[Any, datetime]:
    """Whole days run from midnight to midnight; hours last as long as they last."""
    begins = instant(start, zone)
    return begins, instant(start + lasts, zone) if whole_days else begins + lasts
