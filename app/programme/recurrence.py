"""The weekly pattern of a course: which meetings it holds, which it skips and why.

Single dates chosen by hand may stand beside the pattern, or be the whole series.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

MAX_MEETINGS = 400
MAX_YEARS = 3


class PatternTooLong(ValueError):
    """More than MAX_MEETINGS held meetings, or a day later than MAX_YEARS after the first day.

    Also a count of meetings, or a teaching time, that the open days of MAX_YEARS cannot hold.
    """


class EmptyPattern(ValueError):
    """Not one meeting would be held: no slot, a count below one, no day in reach, or all closed."""


class OverlappingMeetings(ValueError):
    """Two meetings of one series share a moment, or are the same: nobody can be at both."""

    def __init__(self, one: "Occurrence", other: "Occurrence") -> None:
        super().__init__(f"{other.starts_at} begins before {one.ends_at}")
        self.one, self.other = one, other


@dataclass(frozen=True, slots=True)
class Slot:
    """One weekday (0 = Monday) with its local wall-clock times, both on that day, and where: *room*
    is whatever the caller calls a room by.

    ValueError: no such weekday, a time that carries a zone, or an end that is not after the start.
    """

    weekday: int
    starts: time
    ends: time
    room: int | None = None

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError(f"weekday {self.weekday} is not 0 (Monday) to 6 (Sunday)")
        _check_wall_clock(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class Single:
    """One date chosen by hand, with its local wall-clock times and where; wrong times as in Slot.

    It is held even on a closed day.
    """

    day: date
    starts: time
    ends: time
    room: int | None = None

    def __post_init__(self) -> None:
        _check_wall_clock(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class WeeklyPattern:
    """Slots repeated every n-th week, `until` a last day (inclusive), for `count` held meetings, or
    until the held meetings last `minutes` together: the last one is shortened to fit.

    Weeks begin on Monday and are counted from the week of `first_day`, so with every=2 a slot
    earlier in that week than `first_day` has its first meeting two weeks later.
    EmptyPattern: no slot, or a count or minutes below one. ValueError: not exactly one of `until`,
    `count` and `minutes`, `every` below one, or one slot given twice.
    """

    zone: ZoneInfo
    first_day: date
    slots: tuple[Slot, ...]
    until: date | None = None
    count: int | None = None
    every: int = 1
    minutes: int | None = None

    def __post_init__(self) -> None:
        if not self.slots:
            raise EmptyPattern("a pattern needs at least one slot")
        if len(set(self.slots)) < len(self.slots):
            raise ValueError("the same slot is given twice")
        endings = (self.until, self.count, self.minutes)
        if sum(ending is not None for ending in endings) != 1:
            raise ValueError("a last day, a count or minutes end a pattern: exactly one of them")
        if any(least is not None and least < 1 for least in (self.count, self.minutes)):
            raise EmptyPattern("a pattern holds at least one meeting of at least a minute")
        if self.every < 1:
            raise ValueError("a pattern repeats every week or every n-th week, n from 1")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A meeting to hold: its local day, its start and end as aware UTC, and its room."""

    day: date
    starts_at: datetime
    ends_at: datetime
    room: int | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A meeting left out and why; when it would have been, as aware UTC."""

    day: date
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A meeting held on a day that is closed, as it was chosen by hand; and why it is closed."""

    day: date
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a series comes to, each part in time order; at least one meeting is held, and no two of
    those held share a moment. Each of `warned` is among `held`."""

    held: tuple[Occurrence, ...]
    skipped: tuple[Skipped, ...]
    warned: tuple[Warned, ...] = ()


class Timed(Protocol):
    """Whatever has a start and an end, such as a meeting or an occurrence."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


def plan(pattern: WeeklyPattern, closed: Callable[[date], str | None]) -> Plan:
    """Hold a meeting on each open day of the pattern; skip a day for which `closed` has a reason.

    Skipped meetings count neither as meetings nor as minutes, and nothing after the last held one
    is listed. A meeting ends when the local clock shows its end, except that one whose start falls
    in the spring gap moves as a whole and keeps its length; so every end is after its start.
    Raises PatternTooLong, EmptyPattern or OverlappingMeetings.
    """
    last_day = _last_day(pattern)
    left = None if pattern.minutes is None else timedelta(minutes=pattern.minutes)
    held: list[Occurrence] = []
    skipped: list[Skipped] = []
    for meeting in _meetings(pattern, last_day, closed):
        if isinstance(meeting, Skipped):
            skipped.append(meeting)
            continue
        held.append(meeting if left is None else _shortened(meeting, left))
        if left is not None:
            left -= _length(held[-1])
        if len(held) > MAX_MEETINGS:
            raise PatternTooLong(f"more than {MAX_MEETINGS} meetings by {last_day}")
        if len(held) == pattern.count or left == timedelta():
            break
    _check_held(pattern, len(held), left, last_day)
    _check_apart(held)
    return Plan(tuple(held), tuple(skipped))


def plan_dates(
    zone: ZoneInfo, dates: Sequence[Single], closed: Callable[[date], str | None]
) -> Plan:
    """Hold a meeting on each of the dates; those on a day for which `closed` has a reason are among
    `warned` as well. Raises PatternTooLong, EmptyPattern or OverlappingMeetings."""
    held = [Occurrence(one.day, *_span(one.day, one, zone), one.room) for one in dates]
    held.sort(key=_by_time)
    _check_series(held)
    reasons = [(one, closed(one.day)) for one in held]
    warned = [
        Warned(one.day, one.starts_at, one.ends_at, reason)
        for one, reason in reasons
        if reason is not None
    ]
    return Plan(tuple(held), (), tuple(warned))


def both(one: Plan, other: Plan) -> Plan:
    """The meetings of two plans as one series, such as weekly slots and single dates beside them.

    Raises PatternTooLong or OverlappingMeetings where the two do not go together.
    """
    held = sorted(one.held + other.held, key=_by_time)
    _check_series(held)
    skipped = sorted(one.skipped + other.skipped, key=_by_time)
    warned = sorted(one.warned + other.warned, key=_by_time)
    return Plan(tuple(held), tuple(skipped), tuple(warned))


def teaching_hours(meetings: Iterable[Timed], hour_minutes: int) -> Fraction:
    """How many teaching hours of *hour_minutes* minutes the meetings come to, exactly."""
    total = sum(map(_length, meetings), timedelta())
    return Fraction(total // timedelta(microseconds=1), hour_minutes * 60_000_000)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the local clock shows `at` on `day`, as aware UTC.

    An hour that comes twice means its first time. An hour that the clock jumps over is shifted
    forward by the jump: 03:30 in Bucharest's spring gap is 04:30 summer time (fold=0, PEP 495).
    """
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


def _check_wall_clock(starts: time, ends: time) -> None:
    if starts.tzinfo or ends.tzinfo:
        raise ValueError("a slot or date is in local wall-clock time, without a zone")
    if ends <= starts:
        raise ValueError(f"a slot or date ends after it starts, not {starts} to {ends}")


def _last_day(pattern: WeeklyPattern) -> date:
    """The last day that may hold a meeting."""
    limit = _limit(pattern.first_day)
    if pattern.until is not None and pattern.until > limit:
        raise PatternTooLong(f"{pattern.until} is later than {limit}")
    return pattern.until or limit


def _limit(first: date) -> date:
    """MAX_YEARS after the first day; three years after 29 February is 28 February."""
    leap_day = (first.month, first.day) == (2, 29)
    return first.replace(year=first.year + MAX_YEARS, day=28 if leap_day else first.day)


def _check_held(pattern: WeeklyPattern, held: int, left: timedelta | None, last_day: date) -> None:
    if held == 0:
        raise EmptyPattern(f"no meeting from {pattern.first_day} to {last_day}")
    if pattern.count is not None and held < pattern.count:
        raise PatternTooLong(f"only {held} of {pattern.count} meetings fit in by {last_day}")
    if left:
        raise PatternTooLong(f"{left} of {pattern.minutes} minutes are left on {last_day}")


def _check_series(held: Sequence[Occurrence]) -> None:
    """Whether meetings in time order that no weekly pattern limits make a series."""
    if not held:
        raise EmptyPattern("not one date")
    if len(held) > MAX_MEETINGS:
        raise PatternTooLong(f"{len(held)} meetings are more than {MAX_MEETINGS}")
    if held[-1].day > _limit(held[0].day):
        raise PatternTooLong(f"{held[-1].day} is too long after {held[0].day}")
    _check_apart(held)


def _check_apart(held: Sequence[Occurrence]) -> None:
    for one, following in pairwise(held):
        if following.starts_at < one.ends_at:
            raise OverlappingMeetings(one, following)


def _by_time(meeting: Timed) -> tuple[datetime, datetime]:
    return meeting.starts_at, meeting.ends_at


def _length(meeting: Timed) -> timedelta:
    return meeting.ends_at - meeting.starts_at


def _shortened(meeting: Occurrence, most: timedelta) -> Occurrence:
    return replace(meeting, ends_at=min(meeting.ends_at, meeting.starts_at + most))


def _meetings(
    pattern: WeeklyPattern, last_day: date, closed: Callable[[date], str | None]
) -> Iterator[Occurrence | Skipped]:
    for day in _days(pattern, last_day):
        reason = closed(day)
        for starts_at, ends_at, room in _times(pattern, day):
            if reason is None:
                yield Occurrence(day, starts_at, ends_at, room)
            else:
                yield Skipped(day, starts_at, ends_at, reason)


def _days(pattern: WeeklyPattern, last_day: date) -> Iterator[date]:
    """The days with a slot, in the weeks that count."""
    weekdays = {slot.weekday for slot in pattern.slots}
    monday = pattern.first_day - timedelta(days=pattern.first_day.weekday())
    for ahead in range((last_day - pattern.first_day).days + 1):
        day = pattern.first_day + timedelta(days=ahead)
        week = (day - monday).days // 7
        if day.weekday() in weekdays and week % pattern.every == 0:
            yield day


def _times(pattern: WeeklyPattern, day: date) -> list[tuple[datetime, datetime, int | None]]:
    """Start, end, room of each meeting of the day; a clock change may reorder them: sorted."""
    slots = [slot for slot in pattern.slots if slot.weekday == day.weekday()]
    spans = [(*_span(day, slot, pattern.zone), slot.room) for slot in slots]
    return sorted(spans, key=lambda span: span[:2])


def _span(day: date, slot: Slot | Single, zone: ZoneInfo) -> tuple[datetime, datetime]:
    starts_at = instant(day, slot.starts, zone)
    wall_start = datetime.combine(day, slot.starts)
    in_gap = starts_at.astimezone(zone).replace(tzinfo=None) != wall_start
    if in_gap:
        return starts_at, starts_at + (datetime.combine(day, slot.ends) - wall_start)
    return starts_at, instant(day, slot.ends, zone)
