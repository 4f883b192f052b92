"""Hours within a membership, the share that is wanted, and when it is out of reach."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attendance.counting import Lesson, Membership, Standing, Tally, tally, teaching_hours
from app.attendance.marks import Mark
from tests.make import MONDAY

DAY = timedelta(days=1)
SINCE = Membership(MONDAY - DAY)
P, A, E = Mark.PRESENT, Mark.ABSENT, Mark.EXCUSED


def course(*marks: Mark | None, held: int | None = None, minutes: int = 90) -> list[Lesson]:
    """One lesson a day, the first *held* of them over (all that are marked, unless told)."""
    over = sum(mark is not None for mark in marks) if held is None else held
    return [Lesson(MONDAY + n * DAY, minutes, n < over, mark) for n, mark in enumerate(marks)]


@st.composite
def lessons(draw: st.DrawFn) -> list[Lesson]:
    found = []
    for day in range(draw(st.integers(0, 10))):
        over = draw(st.booleans())
        mark = draw(st.sampled_from([None, *Mark])) if over else draw(st.sampled_from([None, E]))
        found.append(Lesson(MONDAY + day * DAY, draw(st.integers(1, 200)), over, mark))
    return found


memberships = st.builds(
    lambda joined, stays: Membership(
        MONDAY + joined * DAY, None if stays is None else MONDAY + (joined + stays) * DAY
    ),
    joined=st.integers(-1, 11),
    stays=st.none() | st.integers(0, 10),
)
percents = st.integers(1, 100)


@given(lessons(), memberships, percents)
def test_nothing_outside_a_membership_counts(
    held: list[Lesson], membership: Membership, percent: int
) -> None:
    inside = [one for one in held if membership.holds(one.starts_at)]
    whole = tally(held, membership, percent=percent)

    assert whole == tally(inside, SINCE, percent=percent)
    parts = whole.attended + whole.missed + whole.excused + whole.unsaid + whole.to_come
    assert parts == sum(one.minutes for one in inside)


@given(lessons(), percents)
def test_out_of_reach_exactly_when_all_that_is_left_would_not_do(
    held: list[Lesson], percent: int
) -> None:
    """Recounted by coming to everything that is open."""
    found = tally(held, SINCE, percent=percent)
    best = [Lesson(one.starts_at, one.minutes, True, one.mark or P) for one in held]
    attended = sum(one.minutes for one in best if one.mark is P)
    counted = sum(one.minutes for one in best if one.mark is not E)

    reachable = Fraction(attended) >= Fraction(counted * percent, 100)
    assert (found.standing is Standing.OUT_OF_REACH) == (counted > 0 and not reachable)


@given(lessons(), percents)
def test_the_softer_warning_comes_exactly_one_session_before(
    held: list[Lesson], percent: int
) -> None:
    found = tally(held, SINCE, percent=percent)
    first = next((n for n, one in enumerate(held) if not one.over and one.mark is None), None)
    if first is None:
        assert found.standing is not Standing.LAST_CHANCE
        return
    missed = list(held)
    missed[first] = Lesson(held[first].starts_at, held[first].minutes, True, A)
    after = tally(missed, SINCE, percent=percent)

    lost_by_it = found.is_reachable and not found.is_reached and not after.is_reachable
    assert (found.standing is Standing.LAST_CHANCE) == lost_by_it


@given(lessons(), percents)
def test_reached_is_never_lost_by_missing_what_comes(held: list[Lesson], percent: int) -> None:
    if not tally(held, SINCE, percent=percent).is_reached:
        return
    rest = [Lesson(one.starts_at, one.minutes, True, one.mark or A) for one in held]

    assert tally(rest, SINCE, percent=percent).standing is Standing.REACHED


def test_a_late_joiner_was_not_absent_before() -> None:
    held = course(A, A, P, P)
    late = Membership(MONDAY + 2 * DAY)

    assert tally(held, late, percent=100) == Tally(attended=180, percent=100)
    assert tally(held, late, percent=100).standing is Standing.REACHED


def test_whoever_left_is_asked_for_nothing_after() -> None:
    left = Membership(MONDAY - DAY, MONDAY + DAY)

    assert tally(course(P, A, A), left, percent=50) == Tally(attended=90, percent=50)


@pytest.mark.parametrize(
    ("marks", "standing"),
    [
        ((None, None, None, None), Standing.ON_THE_WAY),
        ((A, None, None, None), Standing.LAST_CHANCE),
        ((A, A, None, None), Standing.OUT_OF_REACH),
        ((E, A, None, None), Standing.OUT_OF_REACH),
        ((P, P, P, None), Standing.REACHED),
        ((P, P, None, None), Standing.ON_THE_WAY),
        ((P, A, P, None), Standing.LAST_CHANCE),
        ((E, E, E, E), Standing.ON_THE_WAY),
    ],
)
def test_three_quarters_of_four_sessions(
    marks: tuple[Mark | None, ...], standing: Standing
) -> None:
    assert tally(course(*marks), SINCE, percent=75).standing is standing


def test_a_session_of_which_nothing_was_said_is_not_lost_yet() -> None:
    found = tally(course(P, None, P, P, held=4), SINCE, percent=100)

    assert found.unsaid == 90
    assert found.standing is Standing.ON_THE_WAY


def test_teaching_hours_are_exact() -> None:
    assert teaching_hours(90, 45) == 2
    assert teaching_hours(100, 45) == Fraction(20, 9)
