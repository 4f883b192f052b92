"""The weekly pattern of a course: which meetings it holds, which it skips and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_MEETINGS = 400
MAX_YEARS = 3


class PatternTooLong(ValueError):
    """More than MAX_MEETINGS held meetings, or a day later than MAX_YEARS after the first day.

    Also a count of meetings that the open days of MAX_YEARS cannot hold.
    """


class EmptyPattern(ValueError):
    """Not one meeting would be held: no slot, a count below one, no day in reach, or all closed."""


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
        if self.starts.tzinfo or self.ends.tzinfo:
            raise ValueError("a slot is in local wall-clock time, without a zone")
        if self.ends <= self.starts:
            raise ValueError(f"a slot ends after it starts, not {self.starts} to {self.ends}")


@dataclass(frozen=True, slots=True)
class WeeklyPattern:
    """Slots repeated every n-th week, `until` a last day (inclusive) or for `count` held meetings.

    Weeks begin on Monday and are counted from the week of `first_day`, so with every=2 a slot
    earlier in that week than `first_day` has its first meeting two weeks later.
    EmptyPattern: no slot, or a count below one. ValueError: not exactly one of `until` and
    `count`, `every` below one, or one slot given twice.
    """

    zone: ZoneInfo
    first_day: date
    slots: tuple[Slot, ...]
    until: date | None = None
    count: int | None = None
    every: int = 1

    def __post_init__(self) -> None:
        if not self.slots:
            raise EmptyPattern("a pattern needs at least one slot")
        if len(set(self.slots)) < len(self.slots):
            raise ValueError("the same slot is given twice")
        if (self.until is None) == (self.count is None):
            raise ValueError("a pattern ends by a last day or by a count: exactly one of the two")
        if self.count is not None and self.count < 1:
            raise EmptyPattern("a pattern holds at least one meeting")
        if self.every < 1:
            raise ValueError("a pattern repeats every week or every n-th week, n from 1")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A meeting to hold: its local day, its start and end as aware UTC, and its slot's room."""

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
class Plan:
    """What a pattern comes to, each part in time order; at least one meeting is held."""

    held: tuple[Occurrence, ...]
    skipped: tuple[Skipped, ...]


def plan(pattern: WeeklyPattern, closed: Callable[[date], str | None]) -> Plan:
    """Hold a meeting on each open day of the pattern; skip a day for which `closed` has a reason.

    Skipped meetings do not count: `count` meetings are held, and nothing after the last of them is
    listed. A meeting ends when the local clock shows its end, except that one whose start falls in
    the spring gap moves as a whole and keeps its length; so every end is after its start.
    Raises PatternTooLong or EmptyPattern.
    """
    last_day = _last_day(pattern)
    held: list[Occurrence] = []
    skipped: list[Skipped] = []
    for meeting in _meetings(pattern, last_day, closed):
        if isinstance(meeting, Skipped):
            skipped.append(meeting)
            continue
        held.append(meeting)
        if len(held) > MAX_MEETINGS:
            raise PatternTooLong(f"more than {MAX_MEETINGS} meetings by {last_day}")
        if len(held) == pattern.count:
            break
    _check_held(pattern, len(held), last_day)
    return Plan(tuple(held), tuple(skipped))


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the local clock shows `at` on `day`, as aware UTC.

    An hour that comes twice means its first time. An hour that the clock jumps over is shifted
    forward by the jump: 03:30 in Bucharest's spring gap is 04:30 summer time (fold=0, PEP 495).
    """
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


def _last_day(pattern: WeeklyPattern) -> date:
    """The last day that may hold a meeting; three years after 29 February is 28 February."""
    first = pattern.first_day
    leap_day = (first.month, first.day) == (2, 29)
    limit = first.replace(year=first.year + MAX_YEARS, day=28 if leap_day else first.day)
    if pattern.until is not None and pattern.until > limit:
        raise PatternTooLong(f"{pattern.until} is more than {MAX_YEARS} years after {first}")
    return pattern.until or limit


def _check_held(pattern: WeeklyPattern, held: int, last_day: date) -> None:
    if held == 0:
        raise EmptyPattern(f"no meeting from {pattern.first_day} to {last_day}")
    if pattern.count is not None and held < pattern.count:
        raise PatternTooLong(f"only {held} of {pattern.count} meetings fit in by {last_day}")


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


def _span(day: date, slot: Slot, zone: ZoneInfo) -> tuple[datetime, datetime]:
    starts_at = instant(day, slot.starts, zone)
    wall_start = datetime.combine(day, slot.starts)
    in_gap = starts_at.astimezone(zone).replace(tzinfo=None) != wall_start
    if in_gap:
        return starts_at, starts_at + (datetime.combine(day, slot.ends) - wall_start)
    return starts_at, instant(day, slot.ends, zone)
