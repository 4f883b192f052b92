"""The weekly pattern keeps its local hours, skips closed days with a reason, and always ends."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import combinations, pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.programme.public_holidays import romanian_holiday
from app.programme.recurrence import (
    MAX_MEETINGS,
    EmptyPattern,
    Occurrence,
    OverlappingMeetings,
    PatternTooLong,
    Plan,
    Single,
    Skipped,
    Slot,
    Warned,
    WeeklyPattern,
    both,
    instant,
    plan,
    plan_dates,
    teaching_hours,
)

Closed: TypeAlias = Callable[[date], str | None]

DAY = timedelta(days=1)
BUCHAREST = ZoneInfo("Europe/Bucharest")
# Clock changes at 03:00, at midnight, by half an hour, by two hours, around Ramadan, in the south.
ZONES = [
    BUCHAREST,
    ZoneInfo("Africa/Cairo"),
    ZoneInfo("Africa/Casablanca"),
    ZoneInfo("America/Havana"),
    ZoneInfo("Antarctica/Troll"),
    ZoneInfo("Asia/Beirut"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Europe/Dublin"),
]
unhurried = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def always_open(day: date) -> None:
    return None


def closed_on(*days: date) -> Closed:
    return lambda day: "exam day" if day in days else None


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def slot(weekday: int, starts: str = "18:00", ends: str = "20:00", room: int | None = None) -> Slot:
    return Slot(weekday, time.fromisoformat(starts), time.fromisoformat(ends), room)


def single(day: str, starts: str = "18:00", ends: str = "20:00", room: int | None = None) -> Single:
    return Single(
        date.fromisoformat(day), time.fromisoformat(starts), time.fromisoformat(ends), room
    )


def course(
    *slots: Slot,
    first_day: date,
    until: date | None = None,
    count: int | None = None,
    every: int = 1,
    minutes: int | None = None,
) -> WeeklyPattern:
    return WeeklyPattern(BUCHAREST, first_day, slots, until, count, every, minutes)


def times(pattern: WeeklyPattern) -> list[tuple[datetime, datetime]]:
    return [(one.starts_at, one.ends_at) for one in plan(pattern, always_open).held]


def days(parts: tuple[Occurrence, ...] | tuple[Skipped, ...]) -> list[date]:
    return [part.day for part in parts]


# The independent recount: it only ever asks a zone what its clock shows at an instant of UTC.


def clock_changes(zone: ZoneInfo, last_year: int = 2040) -> list[date]:
    """The local days, from 2024 on, within which the offset from UTC changes."""
    noons = [utc("2024-01-01 12:00") + n * DAY for n in range((last_year - 2023) * 366)]
    offsets = [(n, n.astimezone(zone).utcoffset()) for n in noons if n.year <= last_year]
    pairs = pairwise(offsets)
    return [local(later, zone).date() for (_, old), (later, new) in pairs if old != new]


CHANGES = [(zone, day) for zone in ZONES for day in clock_changes(zone)]
# A plan that begins in 2040 reaches into 2043.
CHANGES_IN_REACH = {(zone, day) for zone in ZONES for day in clock_changes(zone, 2044)}


def recounted_instant(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The first instant at which the clock shows this time; with the old offset if it never does.

    The flag says whether the clock ever shows it.
    """
    wall = utc(f"{day} {at.replace(fold=0)}")
    around = [(wall + days_off * DAY).astimezone(zone).utcoffset() for days_off in (-1, 1)]
    candidates = [wall - (offset or timedelta()) for offset in around]
    showing = [moment for moment in candidates if local(moment, zone) == wall.replace(tzinfo=None)]
    return (min(showing), True) if showing else (candidates[0], False)


def recounted_span(day: date, one: Slot | Single, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, shown = recounted_instant(day, one.starts, zone)
    if shown:
        return start, recounted_instant(day, one.ends, zone)[0]
    minutes = (one.ends.hour - one.starts.hour) * 60 + one.ends.minute - one.starts.minute
    return start, start + timedelta(minutes=minutes)


def recounted_days(pattern: WeeklyPattern) -> list[date]:
    """Walk day by day, turning the page of the week on each Monday."""
    first, week, found = pattern.first_day, 0, []
    limit = (first.year + 3, first.month, first.day)
    day = first
    while (day.year, day.month, day.day) <= limit and (not pattern.until or day <= pattern.until):
        if day != first and calendar.weekday(day.year, day.month, day.day) == calendar.MONDAY:
            week += 1
        if week % pattern.every == 0:
            found.append(day)
        day += DAY
    return found


def seconds(one: Occurrence | Skipped) -> int:
    return round(one.ends_at.timestamp() - one.starts_at.timestamp())


def share_a_moment(held: list[Occurrence]) -> bool:
    """Each with each, however they are ordered."""
    return any(
        max(one.starts_at, other.starts_at) < min(one.ends_at, other.ends_at)
        for one, other in combinations(held, 2)
    )


def recounted_plan(pattern: WeeklyPattern, closed: Closed) -> Plan | type[ValueError]:
    rows = [
        (*recounted_span(day, one, pattern.zone), day, one.room)
        for day in recounted_days(pattern)
        for one in pattern.slots
        if one.weekday == calendar.weekday(day.year, day.month, day.day)
    ]
    held: list[Occurrence] = []
    skipped: list[Skipped] = []
    wanted = 60 * (pattern.minutes or 60 * 24 * 366 * 9)
    for start, end, day, room in sorted(rows, key=lambda row: (row[0], row[1])):
        reason, taught = closed(day), sum(map(seconds, held))
        if len(held) == (pattern.count or len(rows) + 1) or taught == wanted:
            break
        if reason is None:
            longest = datetime.fromtimestamp(start.timestamp() + wanted - taught, UTC)
            held.append(Occurrence(day, start, min(end, longest), room))
        else:
            skipped.append(Skipped(day, start, end, reason))
    if not held:
        return EmptyPattern
    if len(held) > MAX_MEETINGS or len(held) < (pattern.count or 0):
        return PatternTooLong
    if pattern.minutes and sum(map(seconds, held)) < wanted:
        return PatternTooLong
    if share_a_moment(held):
        return OverlappingMeetings
    return Plan(tuple(held), tuple(skipped))


def outcome(pattern: WeeklyPattern, closed: Closed) -> Plan | type[ValueError]:
    try:
        return plan(pattern, closed)
    except (EmptyPattern, PatternTooLong, OverlappingMeetings) as refused:
        return type(refused)


ROOMS = st.none() | st.integers(1, 3)


@st.composite
def slots_near(draw: st.DrawFn, weekday: int) -> Slot:
    """A slot, half the time on the weekday of the clock change, half the time at night."""
    on = draw(st.one_of(st.just(weekday), st.integers(0, 6)))
    start = draw(st.one_of(st.integers(0, 300), st.integers(0, 1438)))
    longest = 1439 - start
    length = draw(st.one_of(st.integers(1, min(240, longest)), st.integers(1, longest)))
    end = start + length
    return Slot(on, time(*divmod(start, 60)), time(*divmod(end, 60)), draw(ROOMS))


def apart(slots: list[Slot]) -> list[Slot]:
    """Those that share no moment with an earlier one of the list."""
    kept: list[Slot] = []
    for one in slots:
        beside = [each for each in kept if each.weekday == one.weekday]
        if all(one.ends <= each.starts or each.ends <= one.starts for each in beside):
            kept.append(one)
    return kept


@st.composite
def patterns(
    draw: st.DrawFn, by: str = "until or count or minutes", overlapping: bool = True
) -> WeeklyPattern:
    """A pattern that begins at or up to three months before a clock change of its zone."""
    zone, change = draw(st.one_of(st.sampled_from(CHANGES[:34]), st.sampled_from(CHANGES)))
    first_day = change - draw(st.integers(0, 90)) * DAY
    slots = draw(st.lists(slots_near(change.weekday()), min_size=1, max_size=4, unique=True))
    until = count = minutes = None
    match draw(st.sampled_from(by.split(" or "))):
        case "until":
            until = first_day + draw(st.integers(-1, 250) | st.integers(0, 1090)) * DAY
        case "count":
            count = draw(st.integers(1, 30) | st.integers(1, MAX_MEETINGS))
        case "minutes":
            minutes = draw(st.sampled_from([3150, 6000]) | st.integers(1, 9000))
    if not overlapping:
        slots = apart(slots)
    every = draw(st.integers(1, 4))
    return WeeklyPattern(zone, first_day, tuple(slots), until, count, every, minutes)


@st.composite
def closings(draw: st.DrawFn) -> Closed:
    """The public holidays, perhaps, and beside them a scattering of closed days (0 to all)."""
    with_holidays = draw(st.booleans())
    percent = draw(st.sampled_from([0, 5, 30, 90, 100]))
    seed = draw(st.integers(0, 10_000))

    def closed(day: date) -> str | None:
        if with_holidays and (name := romanian_holiday(day)):
            return name
        shuffled = (day.toordinal() + seed) * 2654435761 % 2**32 // 97 % 100
        return f"closed on {day}" if shuffled < percent else None

    return closed


@dataclass(frozen=True)
class Planned:
    """A pattern that can be planned, its closed days, and what the plan came to."""

    pattern: WeeklyPattern
    closed: Closed
    found: Plan

    @property
    def meetings(self) -> list[Occurrence | Skipped]:
        return [*self.found.held, *self.found.skipped]


@st.composite
def plans(draw: st.DrawFn, by: str = "until or count or minutes") -> Planned:
    pattern, closed = draw(patterns(by, overlapping=False)), draw(closings())
    found = outcome(pattern, closed)
    assume(isinstance(found, Plan))
    assert isinstance(found, Plan)
    return Planned(pattern, closed, found)


@settings(unhurried, max_examples=600)
@given(patterns(), closings())
def test_a_plan_is_what_a_walk_through_the_days_finds(
    pattern: WeeklyPattern, closed: Closed
) -> None:
    assert outcome(pattern, closed) == recounted_plan(pattern, closed)


@unhurried
@given(plans("until or count"))
def test_a_meeting_is_on_its_weekday_and_its_start_and_end_are_shown_on_the_local_clock(
    planned: Planned,
) -> None:
    pattern = planned.pattern
    for one in planned.meetings:
        start, end = local(one.starts_at, pattern.zone), local(one.ends_at, pattern.zone)
        shown = {(each.weekday, each.starts, each.ends) for each in pattern.slots}
        assert one.day.weekday() in {each.weekday for each in pattern.slots}
        assert start.date() == one.day
        if (pattern.zone, one.day) not in CHANGES_IN_REACH:
            assert (one.day.weekday(), start.time(), end.time()) in shown
        assert one.ends_at > one.starts_at
        assert one.starts_at.tzinfo is one.ends_at.tzinfo is UTC


@unhurried
@given(plans("count"))
def test_a_count_means_exactly_so_many_held_and_the_last_of_them_is_the_end(
    planned: Planned,
) -> None:
    assert len(planned.found.held) == planned.pattern.count
    assert max(one.starts_at for one in planned.meetings) == planned.found.held[-1].starts_at


@unhurried
@given(plans())
def test_each_day_of_the_pattern_is_either_held_or_skipped_with_its_reason(
    planned: Planned,
) -> None:
    pattern, closed = planned.pattern, planned.closed
    last = pattern.until or planned.found.held[-1].day
    weekdays = {each.weekday for each in pattern.slots}
    wanted = [d for d in recounted_days(pattern) if d.weekday() in weekdays and d <= last]
    held, skipped = planned.found.held, planned.found.skipped
    assert set(days(held)) == {day for day in wanted if closed(day) is None}
    reasons = {day: closed(day) for day in wanted if closed(day) is not None}
    assert {one.day: one.reason for one in skipped} == reasons


@unhurried
@given(plans())
def test_a_pattern_of_every_nth_week_leaves_the_weeks_between_alone(planned: Planned) -> None:
    first = planned.pattern.first_day
    first_monday = first.toordinal() - first.weekday()
    for one in planned.meetings:
        monday = one.day.toordinal() - one.day.weekday()
        assert (monday - first_monday) % (7 * planned.pattern.every) == 0


def test_the_changes_tried_are_the_two_of_each_year_in_bucharest_and_hundreds_elsewhere() -> None:
    ours = [day for zone, day in CHANGES if zone is BUCHAREST]
    known = [(2027, 3, 28), (2027, 10, 31), (2028, 3, 26), (2028, 10, 29)]
    assert len(ours) == 34
    assert {date(*day) for day in known} <= set(ours)
    assert len(CHANGES) > 200


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_every_quarter_of_an_hour_around_each_change_is_the_right_instant(zone: ZoneInfo) -> None:
    quarters = [time(*divmod(minute, 60)) for minute in range(0, 1440, 15)]
    wrong = [
        (day, at)
        for changing, change in CHANGES
        if changing is zone
        for day in (change - DAY, change)
        for at in quarters
        if instant(day, at, zone) != recounted_instant(day, at, zone)[0]
    ]
    assert wrong == []


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_every_short_meeting_of_each_change_day_ends_after_it_starts(zone: ZoneInfo) -> None:
    starts = range(0, 1440 - 45, 15)
    slots = [(time(*divmod(at, 60)), time(*divmod(at + 45, 60))) for at in starts]
    for changing, day in CHANGES:
        if changing is zone:
            held = [plan_dates(zone, [Single(day, *pair)], always_open).held for pair in slots]
            assert all(one.ends_at > one.starts_at for (one,) in held)
            begun = [one.starts_at for (one,) in held]
            assert len(set(begun)) >= len(slots) - 8  # two hours at most are shown for two more


@pytest.mark.parametrize("change", clock_changes(BUCHAREST), ids=str)
def test_an_evening_course_keeps_its_hour_through_a_clock_change(change: date) -> None:
    pattern = course(slot(5), slot(6), slot(0), first_day=change - DAY, until=change + DAY)
    assert [
        (local(start, BUCHAREST).time(), local(end, BUCHAREST).time())
        for start, end in times(pattern)
    ] == [(time(18), time(20))] * 3
    offsets = {start.astimezone(BUCHAREST).utcoffset() for start, _ in times(pattern)}
    assert offsets == {timedelta(hours=2), timedelta(hours=3)}


def test_six_in_the_evening_is_an_hour_earlier_in_utc_once_summer_time_begins() -> None:
    assert times(course(slot(6), first_day=date(2027, 3, 21), count=2)) == [
        (utc("2027-03-21 16:00"), utc("2027-03-21 18:00")),
        (utc("2027-03-28 15:00"), utc("2027-03-28 17:00")),
    ]


def test_six_in_the_evening_is_an_hour_later_in_utc_once_summer_time_ends() -> None:
    assert times(course(slot(6), first_day=date(2027, 10, 24), count=2)) == [
        (utc("2027-10-24 15:00"), utc("2027-10-24 17:00")),
        (utc("2027-10-31 16:00"), utc("2027-10-31 18:00")),
    ]


def test_an_hour_jumped_over_in_spring_is_shifted_to_summer_time() -> None:
    jumped = instant(date(2027, 3, 28), time(3, 30), BUCHAREST)
    assert jumped == utc("2027-03-28 01:30")
    assert local(jumped, BUCHAREST) == datetime.fromisoformat("2027-03-28 04:30")
    assert jumped.tzinfo is UTC


@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_that_comes_twice_in_autumn_is_its_first_time(fold: int) -> None:
    assert instant(date(2027, 10, 31), time(3, 30, fold=fold), BUCHAREST) == utc("2027-10-31 00:30")


@pytest.mark.parametrize(
    ("day", "wall", "expected"),
    [
        ("2027-03-28", ("02:30", "03:30"), ("00:30", "01:30")),  # ends in the gap: 04:30 summer
        ("2027-03-28", ("02:30", "05:00"), ("00:30", "02:00")),  # over the gap: the clock's end
        ("2027-03-28", ("03:30", "04:00"), ("01:30", "02:00")),  # starts in it: keeps 30 minutes
        ("2027-03-28", ("03:15", "03:45"), ("01:15", "01:45")),
        ("2027-03-28", ("03:00", "05:00"), ("01:00", "03:00")),  # keeps its two hours
        ("2027-03-28", ("04:00", "05:00"), ("01:00", "02:00")),
        ("2027-10-31", ("02:30", "03:30"), ("23:30", "00:30")),  # ends the first time round
        ("2027-10-31", ("03:30", "04:00"), ("00:30", "02:00")),  # the hour between comes twice
        ("2027-10-31", ("03:15", "03:45"), ("00:15", "00:45")),
    ],
)
def test_a_meeting_at_a_clock_change_ends_by_the_clock_or_keeps_its_length(
    day: str, wall: tuple[str, str], expected: tuple[str, str]
) -> None:
    night = date.fromisoformat(day)
    start, end = (utc(f"{day} {at}") for at in expected)
    start -= DAY if start > end else timedelta()
    assert times(course(slot(6, *wall), first_day=night, until=night)) == [(start, end)]


def test_a_closed_day_is_skipped_with_its_reason_and_made_up_for_at_the_end() -> None:
    pattern = course(slot(4), first_day=date(2027, 4, 23), count=3)
    found = plan(pattern, romanian_holiday)
    assert days(found.held) == [date(2027, 4, 23), date(2027, 5, 7), date(2027, 5, 14)]
    start, end = utc("2027-04-30 15:00"), utc("2027-04-30 17:00")
    assert found.skipped == (Skipped(date(2027, 4, 30), start, end, "Vinerea Mare"),)


def test_a_closed_day_skips_each_of_its_slots() -> None:
    pattern = course(
        slot(0, "16:00"), slot(0, "09:00", "11:00"), first_day=date(2027, 5, 3), count=3
    )
    found = plan(pattern, closed_on(date(2027, 5, 3)))
    assert [one.starts_at.hour for one in found.skipped] == [6, 13]
    assert days(found.held) == [date(2027, 5, 10), date(2027, 5, 10), date(2027, 5, 17)]


def test_a_reason_without_words_still_closes_the_day() -> None:
    pattern = course(slot(0), first_day=date(2027, 5, 3), until=date(2027, 5, 10))
    found = plan(pattern, lambda day: "" if day.day == 3 else None)
    assert days(found.held) == [date(2027, 5, 10)]
    assert [one.reason for one in found.skipped] == [""]


def test_nothing_after_the_last_of_a_count_is_listed() -> None:
    pattern = course(slot(0), slot(2), first_day=date(2027, 5, 3), count=1)
    found = plan(pattern, closed_on(date(2027, 5, 5), date(2027, 5, 10)))
    assert (days(found.held), found.skipped) == ([date(2027, 5, 3)], ())


def test_the_last_day_is_included() -> None:
    pattern = course(slot(0), first_day=date(2027, 5, 3), until=date(2027, 5, 17))
    expected = [date(2027, 5, 3), date(2027, 5, 10), date(2027, 5, 17)]
    assert days(plan(pattern, always_open).held) == expected


def test_every_second_week_counts_from_the_monday_of_the_first_day() -> None:
    wednesday = date(2027, 9, 1)
    pattern = course(slot(0), slot(3), first_day=wednesday, count=4, every=2)
    expected = [date(2027, 9, 2), date(2027, 9, 13), date(2027, 9, 16), date(2027, 9, 27)]
    assert days(plan(pattern, always_open).held) == expected


def test_every_second_week_stays_in_step_when_a_week_is_closed() -> None:
    pattern = course(slot(3), first_day=date(2027, 9, 2), count=3, every=2)
    found = plan(pattern, closed_on(date(2027, 9, 16)))
    assert days(found.held) == [date(2027, 9, 2), date(2027, 9, 30), date(2027, 10, 14)]


def test_meetings_of_a_day_are_in_time_order_however_the_slots_were_given() -> None:
    pattern = course(
        slot(1, "18:00"), slot(1, "08:00", "09:00"), slot(0), first_day=date(2027, 9, 6), count=3
    )
    starts = [start for start, _ in times(pattern)]
    expected = ["2027-09-06 15:00", "2027-09-07 05:00", "2027-09-07 15:00"]
    assert starts == [utc(at) for at in expected]


@pytest.mark.parametrize(
    ("until", "count"), [(None, 1), (None, MAX_MEETINGS), (date(2029, 1, 1), None)]
)
def test_a_pattern_whose_days_are_all_closed_is_empty_after_three_years_of_looking(
    until: date | None, count: int | None
) -> None:
    asked: list[date] = []

    def never_open(day: date) -> str:
        asked.append(day)
        return "renovation"

    pattern = course(slot(0), first_day=date(2027, 9, 1), until=until, count=count)
    with pytest.raises(EmptyPattern):
        plan(pattern, never_open)
    assert date(2028, 12, 1) < max(asked) <= date(2030, 9, 1)


def test_a_pattern_without_a_day_in_reach_is_empty() -> None:
    monday = date(2027, 9, 6)
    for until in (monday - DAY, monday + DAY):
        with pytest.raises(EmptyPattern):
            plan(course(slot(2), first_day=monday, until=until), always_open)


def test_a_count_that_three_years_cannot_hold_is_too_long() -> None:
    yearly = {date(2027, 9, 6), date(2028, 9, 4), date(2029, 9, 3)}
    pattern = course(slot(0), first_day=date(2027, 9, 6), count=4)
    with pytest.raises(PatternTooLong):
        plan(pattern, lambda day: None if day in yearly else "no teacher")
    three = course(slot(0), first_day=date(2027, 9, 6), count=3)
    found = plan(three, lambda day: None if day in yearly else "no teacher")
    assert set(days(found.held)) == yearly


def test_four_hundred_meetings_are_allowed_and_one_more_is_not() -> None:
    everyday, first = [slot(n) for n in range(7)], date(2027, 9, 1)
    by_count = course(*everyday, first_day=first, count=400)
    by_day = course(*everyday, first_day=first, until=first + 399 * DAY)
    assert plan(by_count, always_open) == plan(by_day, always_open)
    assert len(plan(by_count, always_open).held) == 400
    with pytest.raises(PatternTooLong):
        plan(course(*everyday, first_day=first, count=401), always_open)
    with pytest.raises(PatternTooLong):
        plan(course(*everyday, first_day=first, until=first + 400 * DAY), always_open)


def test_closed_days_do_not_use_up_the_four_hundred() -> None:
    everyday, first = [slot(n) for n in range(7)], date(2027, 9, 1)
    pattern = course(*everyday, first_day=first, until=first + 400 * DAY)
    found = plan(pattern, closed_on(first))
    assert (len(found.held), len(found.skipped)) == (400, 1)


@pytest.mark.parametrize(
    ("first", "limit"),
    [(date(2027, 9, 1), date(2030, 9, 1)), (date(2028, 2, 29), date(2031, 2, 28))],
)
def test_three_years_to_the_day_are_allowed_and_one_day_more_is_not(
    first: date, limit: date
) -> None:
    on_limit = slot(limit.weekday())
    found = plan(course(on_limit, first_day=first, until=limit), always_open)
    assert found.held[-1].day == limit
    with pytest.raises(PatternTooLong):
        plan(course(on_limit, first_day=first, until=limit + DAY), always_open)
    only_then = course(on_limit, first_day=first, count=1)
    assert days(plan(only_then, lambda day: None if day == limit else "shut").held) == [limit]
    with pytest.raises(EmptyPattern):
        plan(only_then, lambda day: None if day > limit else "shut")


@pytest.mark.parametrize(
    ("weekday", "starts", "ends"),
    [
        (-1, time(9), time(10)),
        (7, time(9), time(10)),
        (0, time(10), time(10)),
        (0, time(22), time(1)),
        (0, time(9, tzinfo=UTC), time(10, tzinfo=UTC)),
        (0, time(9), time(10, tzinfo=UTC)),
    ],
)
def test_a_slot_is_a_weekday_with_two_local_times_in_order(
    weekday: int, starts: time, ends: time
) -> None:
    with pytest.raises(ValueError, match=r"weekday|slot"):
        Slot(weekday, starts, ends)


def test_a_pattern_ends_by_a_last_day_or_by_a_count_and_not_by_both() -> None:
    first = date(2027, 9, 6)
    with pytest.raises(ValueError, match="exactly one"):
        course(slot(0), first_day=first)
    with pytest.raises(ValueError, match="exactly one"):
        course(slot(0), first_day=first, until=first, count=1)


def test_a_pattern_without_a_slot_or_with_a_count_below_one_is_empty() -> None:
    with pytest.raises(EmptyPattern):
        course(first_day=date(2027, 9, 6), count=1)
    for count in (0, -1):
        with pytest.raises(EmptyPattern):
            course(slot(0), first_day=date(2027, 9, 6), count=count)


def test_the_same_slot_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        course(slot(0), slot(2), slot(0), first_day=date(2027, 9, 6), count=1)


@pytest.mark.parametrize("every", [0, -2])
def test_a_pattern_repeats_at_least_every_week(every: int) -> None:
    with pytest.raises(ValueError, match="every"):
        course(slot(0), first_day=date(2027, 9, 6), count=1, every=every)


def test_a_slot_keeps_its_room_however_the_day_is_ordered() -> None:
    pattern = course(
        slot(0, "18:00", "20:00", 4),
        slot(0, "09:00", "11:00", 7),
        slot(2),
        first_day=date(2027, 9, 6),
        count=3,
    )
    assert [one.room for one in plan(pattern, always_open).held] == [7, 4, None]


# Ending by teaching time.


@unhurried
@given(plans("minutes"))
def test_the_meetings_last_exactly_the_minutes_wanted_and_only_the_last_is_shortened(
    planned: Planned,
) -> None:
    pattern, held = planned.pattern, planned.found.held
    assert sum(map(seconds, held)) == 60 * (pattern.minutes or 0)
    whole = [
        recounted_span(one.day, each, pattern.zone)
        for one in held
        for each in pattern.slots
        if each.weekday == one.day.weekday()
    ]
    assert all((one.starts_at, one.ends_at) in whole for one in held[:-1])
    last = held[-1]
    assert any(start == last.starts_at and last.ends_at <= end for start, end in whole)
    assert max(one.starts_at for one in planned.meetings) == last.starts_at


def test_a_course_of_seventy_hours_of_45_minutes_ends_with_a_shorter_session() -> None:
    pattern = course(
        slot(0, "17:00", "20:00"), slot(2), first_day=date(2027, 9, 6), minutes=70 * 45
    )
    held = plan(pattern, always_open).held
    assert len(held) == 21
    assert (held[-1].day, seconds(held[-1])) == (date(2027, 11, 15), 150 * 60)
    assert teaching_hours(held, 45) == 70


def test_a_course_that_comes_out_even_is_not_shortened() -> None:
    pattern = course(slot(0), first_day=date(2027, 9, 6), minutes=6 * 120)
    held = plan(pattern, always_open).held
    assert [seconds(one) for one in held] == [120 * 60] * 6


def test_a_skipped_session_teaches_nothing_and_is_made_up_for() -> None:
    pattern = course(slot(0), first_day=date(2027, 9, 6), minutes=240)
    found = plan(pattern, closed_on(date(2027, 9, 13)))
    assert days(found.held) == [date(2027, 9, 6), date(2027, 9, 20)]
    assert days(found.skipped) == [date(2027, 9, 13)]


@pytest.mark.parametrize(
    ("night", "lasts"), [(date(2027, 3, 28), 3 * 60), (date(2027, 10, 31), 5 * 60)]
)
def test_a_night_at_a_clock_change_counts_as_long_as_it_truly_is(night: date, lasts: int) -> None:
    pattern = course(slot(6, "01:00", "05:00"), first_day=night, minutes=lasts + 240)
    held = plan(pattern, always_open).held
    assert [seconds(one) // 60 for one in held] == [lasts, 240]


def test_more_minutes_than_three_years_hold_are_too_many() -> None:
    yearly = {date(2027, 9, 6), date(2028, 9, 4)}
    for minutes, expected in ((240, Plan), (241, PatternTooLong)):
        pattern = course(slot(0), first_day=date(2027, 9, 6), minutes=minutes)
        found = outcome(pattern, lambda day: None if day in yearly else "no teacher")
        assert found is expected or isinstance(found, expected)


def test_no_minutes_are_no_course_and_minutes_beside_another_ending_are_refused() -> None:
    first = date(2027, 9, 6)
    for minutes in (0, -1):
        with pytest.raises(EmptyPattern):
            course(slot(0), first_day=first, minutes=minutes)
    with pytest.raises(ValueError, match="exactly one"):
        course(slot(0), first_day=first, minutes=90, count=1)
    with pytest.raises(ValueError, match="exactly one"):
        course(slot(0), first_day=first, minutes=90, until=first)


def test_teaching_hours_are_exact_thirds_and_all() -> None:
    held = plan(course(slot(0), first_day=date(2027, 9, 6), count=2), always_open).held
    assert teaching_hours(held, 60) == 4
    assert teaching_hours(held, 45) == Fraction(16, 3)
    assert teaching_hours([], 45) == 0


# Slots that share a moment, single dates, and both together.


def test_slots_that_share_a_moment_are_refused_in_one_room_and_in_two() -> None:
    for room in (1, 2):
        pattern = course(
            slot(0, room=1),
            slot(0, "19:59", "21:00", room),
            first_day=date(2027, 9, 6),
            count=2,
        )
        with pytest.raises(OverlappingMeetings) as refused:
            plan(pattern, always_open)
        assert refused.value.one.starts_at == utc("2027-09-06 15:00")
        assert refused.value.other.starts_at == utc("2027-09-06 16:59")


def test_slots_that_touch_are_two_sessions() -> None:
    pattern = course(slot(0), slot(0, "20:00", "21:00"), first_day=date(2027, 9, 6), count=2)
    assert days(plan(pattern, always_open).held) == [date(2027, 9, 6)] * 2


def test_single_dates_are_held_in_time_order_even_on_a_closed_day_and_the_plan_says_so() -> None:
    dates = [single("2027-05-01", room=3), single("2027-04-24", "10:00", "12:00")]
    found = plan_dates(BUCHAREST, dates, romanian_holiday)
    assert found.held == (
        Occurrence(date(2027, 4, 24), utc("2027-04-24 07:00"), utc("2027-04-24 09:00")),
        Occurrence(date(2027, 5, 1), utc("2027-05-01 15:00"), utc("2027-05-01 17:00"), 3),
    )
    assert found.skipped == ()
    (warned,) = found.warned
    assert (warned.day, warned.starts_at) == (date(2027, 5, 1), utc("2027-05-01 15:00"))
    assert "Ziua Muncii" in warned.reason


def test_a_reason_without_words_still_warns() -> None:
    found = plan_dates(BUCHAREST, [single("2027-05-05")], lambda day: "")
    assert [one.reason for one in found.warned] == [""]


@pytest.mark.parametrize(
    "other",
    [
        single("2027-09-06"),
        single("2027-09-06", room=1),
        single("2027-09-06", "19:00", "19:30"),
        single("2027-09-06", "17:00", "18:01", room=2),
    ],
)
def test_single_dates_that_share_a_moment_are_refused(other: Single) -> None:
    with pytest.raises(OverlappingMeetings):
        plan_dates(BUCHAREST, [single("2027-09-06"), other], always_open)


def test_no_single_date_four_hundred_and_one_and_a_fourth_year_are_refused() -> None:
    with pytest.raises(EmptyPattern):
        plan_dates(BUCHAREST, [], always_open)
    first = date(2027, 9, 1)
    many = [Single(first + n * DAY, time(18), time(20)) for n in range(401)]
    assert len(plan_dates(BUCHAREST, many[:400], always_open).held) == 400
    with pytest.raises(PatternTooLong):
        plan_dates(BUCHAREST, many, always_open)
    assert plan_dates(BUCHAREST, [single("2027-09-01"), single("2030-09-01")], always_open)
    with pytest.raises(PatternTooLong):
        plan_dates(BUCHAREST, [single("2030-09-02"), single("2027-09-01")], always_open)


@pytest.mark.parametrize(("starts", "ends"), [("20:00", "18:00"), ("18:00", "18:00")])
def test_a_single_date_ends_after_it_starts(starts: str, ends: str) -> None:
    with pytest.raises(ValueError, match="ends after"):
        single("2027-09-06", starts, ends)


def test_single_dates_stand_beside_weekly_slots_in_time_order() -> None:
    weekly = plan(course(slot(0), first_day=date(2027, 4, 26), count=2), romanian_holiday)
    dates = [single("2027-05-03", "10:00", "12:00", 9), single("2027-04-01")]
    singles = plan_dates(BUCHAREST, dates, romanian_holiday)
    found = both(weekly, singles)
    assert found == both(singles, weekly)
    assert [(f"{one.day:%m-%d}", one.room) for one in found.held] == [
        ("04-01", None),
        ("04-26", None),
        ("05-03", 9),
        ("05-10", None),
    ]
    assert days(found.skipped) == [date(2027, 5, 3)]
    assert [one.day for one in found.warned] == [date(2027, 5, 3)]


def test_a_single_date_at_the_time_of_a_weekly_session_is_refused_whatever_the_room() -> None:
    weekly = plan(course(slot(0, room=1), first_day=date(2027, 9, 6), count=2), always_open)
    for clash in (single("2027-09-13", room=2), single("2027-09-13", "19:00", "21:00", room=1)):
        with pytest.raises(OverlappingMeetings):
            both(weekly, plan_dates(BUCHAREST, [clash], always_open))
    after = plan_dates(BUCHAREST, [single("2027-09-13", "20:00", "21:00")], always_open)
    assert len(both(weekly, after).held) == 3


def test_together_they_stay_within_four_hundred_and_three_years() -> None:
    everyday = [slot(n) for n in range(7)]
    weekly = plan(course(*everyday, first_day=date(2027, 9, 1), count=400), always_open)
    with pytest.raises(PatternTooLong):
        both(weekly, plan_dates(BUCHAREST, [single("2027-08-01")], always_open))
    few = plan(course(*everyday, first_day=date(2027, 9, 1), count=2), always_open)
    with pytest.raises(PatternTooLong):
        both(few, plan_dates(BUCHAREST, [single("2030-09-02")], always_open))


@st.composite
def chosen_dates(draw: st.DrawFn) -> tuple[ZoneInfo, list[Single]]:
    """Dates by hand around a clock change, many of them on the very day."""
    zone, change = draw(st.one_of(st.sampled_from(CHANGES[:34]), st.sampled_from(CHANGES)))
    slots = draw(st.lists(slots_near(change.weekday()), min_size=1, max_size=6))
    ahead = draw(st.lists(st.integers(-2, 2) | st.integers(0, 400), min_size=6, max_size=6))
    return zone, [
        Single(change + n * DAY, one.starts, one.ends, one.room)
        for one, n in zip(slots, ahead, strict=False)
    ]


@settings(unhurried, max_examples=400)
@given(chosen_dates(), closings())
def test_single_dates_are_what_the_clock_shows_and_are_refused_only_if_they_share_a_moment(
    chosen: tuple[ZoneInfo, list[Single]], closed: Closed
) -> None:
    zone, dates = chosen
    wanted = [Occurrence(one.day, *recounted_span(one.day, one, zone), one.room) for one in dates]
    if share_a_moment(wanted):
        with pytest.raises(OverlappingMeetings):
            plan_dates(zone, dates, closed)
        return
    found = plan_dates(zone, dates, closed)
    assert sorted(wanted, key=lambda one: one.starts_at) == list(found.held)
    assert [one.day for one in found.warned] == [d for d in days(found.held) if closed(d)]
    assert all(one.reason == closed(one.day) for one in found.warned)


@unhurried
@given(plans(), chosen_dates(), closings())
def test_both_together_lose_nothing_and_never_meet_twice_at_once(
    planned: Planned, chosen: tuple[ZoneInfo, list[Single]], closed: Closed
) -> None:
    try:
        singles = plan_dates(*chosen, closed)
        found = both(planned.found, singles)
    except OverlappingMeetings:
        every = [Occurrence(d.day, *recounted_span(d.day, d, chosen[0])) for d in chosen[1]]
        assert share_a_moment([*planned.found.held, *every])
        return
    except PatternTooLong:
        every_day = [*days(planned.found.held), *(one.day for one in chosen[1])]
        too_many = len(every_day) > MAX_MEETINGS
        assert too_many or max(every_day) - min(every_day) > timedelta(days=3 * 365)
        return
    assert set(found.held) == {*planned.found.held, *singles.held}
    assert len(found.held) == len(planned.found.held) + len(singles.held)
    assert (found.skipped, found.warned) == (planned.found.skipped, singles.warned)
    assert all(one.ends_at <= after.starts_at for one, after in pairwise(found.held))
    assert {(w.day, w.starts_at, w.ends_at) for w in found.warned} <= {
        (one.day, one.starts_at, one.ends_at) for one in found.held
    }
    assert all(isinstance(one, Warned) for one in found.warned)
