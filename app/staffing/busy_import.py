"""When somebody is busy, out of a calendar file (.ics, RFC 5545) of their own: pure.

Only times come out of it: what the events are called, where they are and who else comes is never
read. What repeats is counted day by day and within bounds, whatever the file asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.i18n import _l
from app.programme.calendar_file import Problem, open_file
from app.programme.calendar_rules import TooMuch
from app.programme.calendar_times import Frame, LeftOut, Why, read_each, starts_on, times_of

Interval = tuple[datetime, datetime]

AHEAD = timedelta(days=183)
MOST_TIMES = 800
LONGEST = timedelta(days=60)
_LOOKED_AT = (
    "UID SEQUENCE DTSTART DTEND DURATION RRULE RDATE EXDATE RECURRENCE-ID STATUS TRANSP".split()
)


_WHY = {
    Why.CANCELLED: _l("cancelled"),
    Why.FREE: _l("marked as free time"),
    Why.NO_TIME: _l("without a time that can be read"),
    Why.NO_END: _l("without an end"),
    Why.NO_ZONE: _l("in a time zone that is not known here"),
    Why.TOO_LONG: _l("longer than 60 days"),
    Why.PAST: _l("over already"),
    Why.TOO_FAR: _l("more than six months away"),
    Why.TWICE: _l("there is a newer version of it in the file"),
    Why.BY_RULE: _l("repeats by a rule that is not understood here"),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that says nothing of when somebody is busy, and why. It is known by its day or,
    without one, by its place in the file: what it is called is never read."""

    why: Why
    number: int
    day: date | None = None

    @property
    def label(self) -> Any:
        return _WHY[self.why]


@dataclass(frozen=True, slots=True)
class Busy:
    """What a file comes to: times by their start, none touching another; which events were left
    out and why; or the one problem with all of it."""

    times: tuple[Interval, ...] = ()
    refused: tuple[Refused, ...] = ()
    problem: Problem | None = None


def read_busy(data: bytes, *, zone: ZoneInfo, now: datetime) -> Busy:
    """When the owner of the calendar file *data* is busy in the next six months; times without a
    zone are those of *zone*. Never raises, whatever the bytes are."""
    opened = open_file(data, _LOOKED_AT)
    if isinstance(opened, Problem):
        return Busy(problem=opened)
    frame = Frame(zone, since=now, until=now + AHEAD, longest=LONGEST, zones=opened.zones)
    try:
        times, refused = _all_times(opened.events, frame)
    except TooMuch:
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
    events: Sequence[list[str]], frame: Frame
) -> tuple[list[Interval], tuple[Refused, ...]]:
    times: list[Interval] = []
    read = read_each(events, frame)
    refused = [Refused(why, number) for number, why in read.unread.items()]
    for number, event in read.events.items():
        try:
            if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
                raise LeftOut(Why.FREE)
            found = times_of(event, frame, changed=read.changed)
        except LeftOut as left_out:
            refused.append(Refused(left_out.why, number, starts_on(event, frame)))
            continue
        times += [(one.starts_at, one.ends_at) for one in found]
        if len(times) > MOST_TIMES * 4:
            raise TooMuch
    return times, tuple(sorted(refused, key=lambda one: one.number))
