"""Days for the organisation calendar out of a calendar file (.ics, RFC 5545): pure.

The file may come from anywhere; each event is looked at for itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from app.i18n import _l
from app.programme.calendar_file import Problem, clean_name, open_file, parsed

MOST_DAYS = 500
LONGEST = 200
FARTHEST = timedelta(days=3 * 366)
_LOOKED_AT = "DTSTART DTEND DURATION SUMMARY RRULE RDATE EXDATE RECURRENCE-ID STATUS".split()
_DAY = timedelta(days=1)


class Reason(StrEnum):
    """Why one event of a file is left out."""

    NO_NAME = "no_name"
    NO_DAY = "no_day"
    CANCELLED = "cancelled"
    TOO_LONG = "too_long"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    BY_RULE = "by_rule"
    EXCEPTION = "exception"
    TOO_FAR = "too_far"
    PAST = "past"
    TWICE = "twice"
    KNOWN = "known"

    @property
    def label(self) -> Any:
        return _REASONS[self]


_REASONS = {
    Reason.NO_NAME: _l("It has no name."),
    Reason.NO_DAY: _l("Its days are missing or cannot be read."),
    Reason.CANCELLED: _l("It is cancelled."),
    Reason.TOO_LONG: _l("It is longer than 200 days."),
    Reason.DAILY: _l("It repeats every day: type the days by hand."),
    Reason.WEEKLY: _l("It repeats every week: type the days by hand."),
    Reason.MONTHLY: _l("It repeats every month: type the days by hand."),
    Reason.BY_RULE: _l("It repeats by a rule of its own: type the days by hand."),
    Reason.EXCEPTION: _l("It changes one time of something that repeats: type the days by hand."),
    Reason.TOO_FAR: _l("It is more than three years away."),
    Reason.PAST: _l("It is over."),
    Reason.TWICE: _l("It stands in the file twice."),
    Reason.KNOWN: _l("It is in the calendar already."),
}


@dataclass(frozen=True, order=True, slots=True)
class Found:
    """Days that may be added to the calendar, first and last included, and their name."""

    first_day: date
    last_day: date
    name: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that is left out, and why; its name is empty where it has none."""

    name: str
    reason: Reason
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file comes to: days by time, events left out; or the one problem with all of it."""

    found: tuple[Found, ...] = ()
    refused: tuple[Refused, ...] = ()
    problem: Problem | None = None


class _LeftOut(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def read(
    data: bytes, *, zone: ZoneInfo, today: date, known: Collection[Found] = frozenset()
) -> Reading:
    """What the calendar file *data* would add to a calendar that holds *known*.

    An event with hours stands for the days in *zone* that it touches; one that repeats once a year
    for each of its days of the next three years. Never raises, whatever the bytes are.
    """
    opened = open_file(data, _LOOKED_AT)
    if isinstance(opened, Problem):
        return Reading(problem=opened)
    found: list[Found] = []
    refused: list[Refused] = []
    for event in opened.events:
        _take(event, zone, today, known, found, refused)
        if len(found) > MOST_DAYS:
            return Reading(problem=Problem.TOO_MANY)
    return Reading(tuple(sorted(found)), tuple(refused))


def written(found: Sequence[Found]) -> str:
    """The days as a hidden field of the preview carries them; `read_again` is the way back."""
    rows = [[one.name, str(one.first_day), str(one.last_day)] for one in found]
    return json.dumps(rows, ensure_ascii=False)


def read_again(
    text: str, *, today: date, known: Collection[Found] = frozenset()
) -> tuple[Found, ...] | None:
    """The days of a preview that may be added now, judged as if they were new; None where the text
    is not what `written` makes."""
    try:
        rows = [
            Found(date.fromisoformat(first), date.fromisoformat(last), clean_name(name))
            for name, first, last in json.loads(text)
        ]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    if len(rows) > MOST_DAYS or any(one.last_day < one.first_day for one in rows):
        return None
    kept = dict.fromkeys(rows)
    return tuple(one for one in kept if _objection(one, today, known) is None)


def _take(
    lines: list[str],
    zone: ZoneInfo,
    today: date,
    known: Collection[Found],
    found: list[Found],
    refused: list[Refused],
) -> None:
    """Put one event among those found, or among those refused with its reason."""
    name, first = "", None
    try:
        event = parsed(lines)
        name = clean_name(event.get("SUMMARY") or "")
        first, last = _days(event, zone)
        every = _repeated(event, Found(first, last, name), today)
        reasons = [_objection(one, today, known, found) for one in every]
        found += [one for one, reason in zip(every, reasons, strict=True) if reason is None]
        if None not in reasons:
            raise _LeftOut(reasons[0] or Reason.PAST)
    except _LeftOut as left_out:
        refused.append(Refused(name, left_out.reason, first))
    except Exception:  # whatever a strange file makes of a parser, the others are still read
        refused.append(Refused(name, Reason.NO_DAY, first))


def _days(event: Any, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last day; the end is exclusive (RFC 5545 §3.6.1)."""
    if "DTSTART" not in event:
        raise _LeftOut(Reason.NO_DAY)
    start = event["DTSTART"].dt
    first = _local(start, zone)
    if "DTEND" in event:
        end = event["DTEND"].dt
    elif "DURATION" in event:
        end = start + event["DURATION"].dt
    else:
        return first, first
    before = timedelta(microseconds=1) if isinstance(end, datetime) else _DAY
    return first, max(first, _local(end - before, zone))


def _local(moment: Any, zone: ZoneInfo) -> date:
    if not isinstance(moment, date):
        raise _LeftOut(Reason.NO_DAY)
    if not isinstance(moment, datetime):
        return moment
    return (moment.astimezone(zone) if moment.tzinfo else moment).date()


def _repeated(event: Any, one: Found, today: date) -> list[Found]:
    """The event itself, or each of its years that is not over, to three years from now."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        raise _LeftOut(Reason.CANCELLED)
    if "RECURRENCE-ID" in event:
        raise _LeftOut(Reason.EXCEPTION)
    if "RDATE" in event:
        raise _LeftOut(Reason.BY_RULE)
    if "RRULE" not in event:
        return [one]
    years = list(_years(event["RRULE"], one, today))
    if not years:
        raise _LeftOut(Reason.PAST)
    return years


def _years(rule: dict[str, list[Any]], one: Found, today: date) -> Iterator[Found]:
    """The event of each year around now; only a rule of "the same day each year" is understood."""
    interval, count, until = _yearly(rule, one.first_day)
    for year in range(today.year - 1, (today + FARTHEST).year + 1):
        times, apart = divmod(year - one.first_day.year, interval)
        if apart or times < 0 or (count is not None and times >= count):
            continue
        if (one.first_day.month, one.first_day.day) == (2, 29) and not _is_leap(year):
            continue
        first = one.first_day.replace(year=year)
        again = Found(first, first + (one.last_day - one.first_day), one.name)
        still = until is None or first <= until
        if still and today <= again.last_day and first <= today + FARTHEST:
            yield again


def _is_leap(year: int) -> bool:
    return (date(year, 3, 1) - _DAY).day == 29


def _yearly(rule: dict[str, list[Any]], first: date) -> tuple[int, int | None, date | None]:
    """Every how many years, how often, and until when; what else a rule may say is refused."""
    often = str(rule["FREQ"][0]).upper()
    if often != "YEARLY":
        plain = {"DAILY": Reason.DAILY, "WEEKLY": Reason.WEEKLY, "MONTHLY": Reason.MONTHLY}
        raise _LeftOut(plain.get(often, Reason.BY_RULE))
    same = {"BYMONTH": [str(first.month)], "BYMONTHDAY": [str(first.day)]}
    for part in rule.keys() - {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}:
        if [str(value) for value in rule[part]] != same.get(part):
            raise _LeftOut(Reason.BY_RULE)
    interval = int(rule.get("INTERVAL", [1])[0])
    count = int(rule["COUNT"][0]) if "COUNT" in rule else None
    until = rule["UNTIL"][0] if "UNTIL" in rule else None
    if interval < 1:
        raise _LeftOut(Reason.BY_RULE)
    return interval, count, until.date() if isinstance(until, datetime) else until


def _objection(
    one: Found, today: date, known: Collection[Found], earlier: Collection[Found] = ()
) -> Reason | None:
    """Why those days may not be added."""
    if not one.name:
        return Reason.NO_NAME
    if (one.last_day - one.first_day).days >= LONGEST:
        return Reason.TOO_LONG
    if one.last_day < today:
        return Reason.PAST
    if one.first_day > today + FARTHEST:
        return Reason.TOO_FAR
    if one in earlier:
        return Reason.TWICE
    return Reason.KNOWN if one in known else None
