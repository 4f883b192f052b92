"""Whether somebody is free, from what they said of their week, their days and their limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.staffing.availability import Answer, Availability, Dated, Weekly

ZONE = ZoneInfo("Europe/Bucharest")
MONDAY = date(2027, 3, 1)
EVENING = Weekly(0, time(17), time(21), Answer.YES)


def at(clock: time, day: date = MONDAY) -> datetime:
    return datetime.combine(day, clock, ZONE).astimezone(UTC)


def answer(said: Availability, starts: time, ends: time, day: date = MONDAY) -> Answer | None:
    return said.answer(at(starts, day), at(ends, day))


def test_who_said_nothing_is_not_taken_at_their_word() -> None:
    assert answer(Availability(ZONE), time(10), time(12)) is None


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (time(17), time(21), Answer.YES),
        (time(18), time(20), Answer.YES),
        (time(16, 59), time(20), Answer.NO),
        (time(18), time(21, 1), Answer.NO),
        (time(8), time(9), Answer.NO),
    ],
)
def test_a_window_of_the_week_covers_what_lies_within_it(
    starts: time, ends: time, expected: Answer
) -> None:
    assert answer(Availability(ZONE, (EVENING,)), starts, ends) is expected


def test_two_windows_that_touch_are_one() -> None:
    later = Weekly(0, time(21), time(22), Answer.IF_NEED_BE)
    said = Availability(ZONE, (EVENING, later))

    assert answer(said, time(20), time(22)) is Answer.IF_NEED_BE


def test_the_better_of_two_windows_counts() -> None:
    said = Availability(ZONE, (EVENING, Weekly(0, time(16), time(22), Answer.IF_NEED_BE)))

    assert answer(said, time(18), time(20)) is Answer.YES


def test_another_day_of_the_week_is_another_day() -> None:
    said = Availability(ZONE, (EVENING,))

    assert answer(said, time(18), time(20), MONDAY + timedelta(days=1)) is Answer.NO


def test_who_is_away_is_away_and_who_is_there_beyond_the_week_is_there() -> None:
    away = Dated(at(time(19)), at(time(20)), Answer.NO)
    extra = Dated(at(time(8)), at(time(12)), Answer.YES)
    said = Availability(ZONE, (EVENING,), (away, extra))

    assert answer(said, time(18), time(20)) is Answer.NO
    assert answer(said, time(20), time(21)) is Answer.YES
    assert answer(said, time(9), time(12)) is Answer.YES


def test_of_two_dated_windows_no_wins() -> None:
    there = Dated(at(time(8)), at(time(12)), Answer.YES)
    away = Dated(at(time(8)), at(time(12)), Answer.NO)

    assert answer(Availability(ZONE, (), (away, there)), time(9), time(10)) is Answer.NO
    assert answer(Availability(ZONE, (), (there, away)), time(9), time(10)) is Answer.NO


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (time(9), time(11), None),
        (time(8, 59), time(11), Answer.NO),
        (time(18), time(20), None),
        (time(18), time(20, 1), Answer.NO),
    ],
)
def test_nobody_is_asked_before_their_earliest_or_after_their_latest_hour(
    starts: time, ends: time, expected: Answer | None
) -> None:
    said = Availability(ZONE, earliest=time(9), latest=time(20))

    assert answer(said, starts, ends) is expected


@pytest.mark.parametrize("day", [date(2027, 3, 22), date(2027, 3, 29), date(2027, 11, 1)])
def test_a_window_is_on_the_clock_on_the_wall_in_summer_and_winter(day: date) -> None:
    said = Availability(ZONE, (EVENING,))

    assert answer(said, time(17), time(21), day) is Answer.YES
    assert answer(said, time(16), time(21), day) is Answer.NO


hours = st.integers(0, 22)
windows = st.builds(
    lambda day, start, length, answer: Weekly(
        day, time(start), time(min(23, start + length)), answer
    ),
    st.integers(0, 6),
    hours,
    st.integers(1, 8),
    st.sampled_from(Answer),
)
dated = st.builds(
    lambda start, length, answer: Dated(
        at(time(0)) + timedelta(hours=start), at(time(0)) + timedelta(hours=start + length), answer
    ),
    st.integers(-24, 48),
    st.integers(1, 12),
    st.sampled_from(Answer),
)


@given(st.lists(windows, max_size=5), st.lists(dated, max_size=3), hours, st.integers(1, 30))
def test_it_is_the_worst_answer_of_any_minute(
    weekly: list[Weekly], others: list[Dated], start: int, length: int
) -> None:
    """Recounted minute by minute, the slow and plain way."""
    said = Availability(ZONE, tuple(weekly), tuple(others))
    begins = at(time(0)) + timedelta(hours=start)
    ends = begins + timedelta(hours=length)
    minutes = [begins + timedelta(minutes=m) for m in range(0, length * 60, 5)]
    seen = [said.answer(moment, moment + timedelta(minutes=1)) for moment in minutes]

    worst = next((one for one in (Answer.NO, Answer.IF_NEED_BE, None) if one in seen), Answer.YES)
    assert said.answer(begins, ends) is worst
