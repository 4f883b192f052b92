"""What repeats in a calendar file, held to an independent reader of the same rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import vRecur

from app.programme.calendar_file import parsed
from app.programme.calendar_rules import MOST_STEPS, Budget, NotUnderstood, TooMuch, days_of
from app.programme.calendar_times import Frame, times_of

LAST = date(2029, 12, 31)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def days(rule: str, first: date, since: date = date.min, last: date = LAST) -> list[date]:
    return list(days_of(vRecur.from_ical(rule), first, since=since, last=last, budget=Budget()))


def theirs(rule: str, first: date, last: date = LAST) -> list[date]:
    """The same from dateutil; the first day counts there only where the rule has it."""
    start = datetime.combine(first, time())
    return [
        one.date()
        for one in rrulestr(rule, dtstart=start).between(
            start, datetime.combine(last, time()), inc=True
        )
    ]


@st.composite
def rules(draw: st.DrawFn) -> str:
    """A rule that is understood, without an end. The other reader looks for days that never come
    up to the year 9999, and counts positions in a part of the first week: such rules are not here.
    """
    often = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    steps = [1, 5] if often == "MONTHLY" else [1, 2, 3, 4]
    parts = [f"FREQ={often}", f"INTERVAL={draw(st.sampled_from(steps))}"]
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    months = draw(st.sets(st.integers(1, 12), max_size=3))
    if months:
        parts.append("BYMONTH=" + ",".join(map(str, sorted(months))))
    month_days = set()
    if often != "WEEKLY":
        numbers = st.integers(-28, 28).filter(bool)
        month_days = draw(st.sets(numbers, max_size=3))
    if month_days:
        parts.append("BYMONTHDAY=" + ",".join(map(str, sorted(month_days))))
    names = draw(st.lists(st.sampled_from(DAYS), max_size=4, unique=True))
    if often in {"MONTHLY", "YEARLY"} and not month_days and draw(st.booleans()):
        names = [f"{draw(st.sampled_from([1, 2, 4, -1, -2]))}{name}" for name in names]
    if names:
        parts.append("BYDAY=" + ",".join(names))
    if (names or month_days) and often != "WEEKLY":
        positions = draw(st.sets(st.sampled_from([1, -1]), max_size=2))
        if positions:
            parts.append("BYSETPOS=" + ",".join(map(str, sorted(positions))))
    return ";".join(parts)


first_days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@settings(deadline=None, max_examples=200)
@given(rules(), first_days)
def test_every_rule_comes_to_the_days_of_an_independent_reader(rule: str, first: date) -> None:
    assert set(days(rule, first)) == {first, *theirs(rule, first)}


@settings(deadline=None, max_examples=100)
@given(rules(), first_days, st.integers(1, 40))
def test_a_count_ends_it_where_the_other_reader_ends(rule: str, first: date, count: int) -> None:
    on_pattern = theirs(rule, first)[:1]
    if on_pattern:  # from a first day that the rule itself has
        expected = theirs(f"{rule};COUNT={count}", on_pattern[0])
        assert days(f"{rule};COUNT={count}", on_pattern[0]) == expected


@settings(deadline=None, max_examples=100)
@given(rules(), first_days, st.integers(0, 1500))
def test_what_is_long_over_is_skipped_and_nothing_else(rule: str, first: date, later: int) -> None:
    since = first + timedelta(days=later)
    whole = [day for day in days(rule, first) if day >= since]
    assert [day for day in days(rule, first, since) if day >= since] == whole


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 5), first_days, st.integers(1, 900), st.integers(0, 1500))
def test_days_that_are_counted_and_over_need_not_be_looked_at(
    step: int, first: date, count: int, later: int
) -> None:
    rule, since = f"FREQ=DAILY;INTERVAL={step};COUNT={count}", first + timedelta(days=later)
    whole = [first + timedelta(days=n * step) for n in range(count)]
    found = [day for day in days(rule, first, since) if day >= since]
    assert found == [day for day in whole if since <= day <= LAST]


@settings(deadline=None, max_examples=100)
@given(rules(), first_days, st.integers(0, 1439), st.sampled_from(["", "EXDATE", "UNTIL"]))
def test_instants_are_those_of_the_other_reader_through_every_change_of_the_clock(
    rule: str, first: date, minute: int, part: str
) -> None:
    zone = ZoneInfo("Europe/Bucharest")
    wall = datetime.combine(first, time(minute // 60, minute % 60))
    walls = {wall} | {datetime.combine(day, wall.time()) for day in theirs(rule, first)}
    lines = [f"DTSTART;TZID=Europe/Bucharest:{wall:%Y%m%dT%H%M%S}", "DURATION:PT1H"]
    third = sorted(walls)[min(2, len(walls) - 1)]
    if part == "EXDATE":
        walls -= {third} if third != wall else set()
        lines += [f"EXDATE;TZID=Europe/Bucharest:{third:%Y%m%dT%H%M%S}"] if third != wall else []
    if part == "UNTIL":
        end = third.replace(tzinfo=zone).astimezone(UTC)
        rule = f"{rule};UNTIL={end:%Y%m%dT%H%M%SZ}"
        walls = {one for one in walls if one.replace(tzinfo=zone).astimezone(UTC) <= end}
    frame = Frame(
        zone,
        since=datetime(2023, 1, 1, tzinfo=UTC),
        until=datetime.combine(LAST, time(), zone),
        longest=timedelta(days=1),
    )
    found = [one.starts_at for one in times_of(parsed([*lines, f"RRULE:{rule}"]), frame)]
    expected = {one.replace(tzinfo=zone).astimezone(UTC) for one in walls}
    assert {one for one in found if one < frame.until} == {
        one for one in expected if one < frame.until
    }


def test_the_fifth_friday_and_a_place_in_a_broken_week() -> None:
    fifth = days("FREQ=MONTHLY;BYDAY=5FR", date(2027, 1, 29), last=date(2027, 12, 31))
    assert fifth == [date(2027, m, d) for m, d in ((1, 29), (4, 30), (7, 30), (10, 29), (12, 31))]
    second = days("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2", date(2027, 3, 3))
    assert second == [date(2027, 3, 3), date(2027, 3, 10)]  # the Monday before it counts too


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=3",
        "FREQ=HOURLY",
        "INTERVAL=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYHOUR=3,4",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYYEARDAY=100",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=MONTHLY;RSCALE=CHINESE;SKIP=FORWARD",
    ],
)
def test_what_is_not_counted_here_is_said_to_be_so(rule: str) -> None:
    with pytest.raises(NotUnderstood):
        days(rule, date(2027, 3, 1))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=2147483647",
        "FREQ=WEEKLY;INTERVAL=2147483647;COUNT=2147483647",
        "FREQ=MONTHLY;INTERVAL=2147483647",
        "FREQ=YEARLY;INTERVAL=2147483647;COUNT=5",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31;COUNT=2147483647",
        "FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=99",
    ],
)
def test_a_gigantic_step_or_one_that_never_comes_ends_at_once(rule: str) -> None:
    assert days(rule, date(2027, 3, 1)) == [date(2027, 3, 1)]


@pytest.mark.parametrize("first", [date.min, date(1, 1, 2), date(1601, 1, 1)])
@pytest.mark.parametrize("often", ["DAILY", "WEEKLY;WKST=SU;BYDAY=SA", "MONTHLY", "YEARLY"])
def test_the_beginning_and_the_end_of_all_time_are_no_trouble(first: date, often: str) -> None:
    found = days(f"FREQ={often}", first, since=date(9999, 11, 1), last=date.max)
    assert found[-1] > date(9998, 12, 30)


def test_the_budget_is_for_the_whole_file() -> None:
    budget = Budget(1000)
    rule = vRecur.from_ical("FREQ=WEEKLY;BYDAY=MO,TU;COUNT=250")
    first = date(2027, 1, 1)
    list(days_of(rule, first, since=first, last=LAST, budget=budget))
    with pytest.raises(TooMuch):
        list(days_of(rule, first, since=first, last=LAST, budget=budget))
    assert MOST_STEPS > 100 * 366
