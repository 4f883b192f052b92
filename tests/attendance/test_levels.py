"""A placement and the level of a course."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attendance.levels import STEPS, Fit, fit, steps_of
from app.programme.forms import COURSE_LEVELS


@pytest.mark.parametrize(
    ("placed", "course", "found"),
    [
        ("A1", "A1", Fit.FITS),
        ("A1", "A1–A2.1", Fit.FITS),
        ("A2.1", "A1–A2.1", Fit.FITS),
        ("A2.2", "A1–A2.1", Fit.ABOVE),
        ("pre-A1", "A1–A2.1", Fit.BELOW),
        ("pre-A1", "pre-A1", Fit.FITS),
        ("A2.1", "A2", Fit.FITS),
        (None, "A1", Fit.UNKNOWN),
        ("A1", None, Fit.UNKNOWN),
        ("A1", "for beginners", Fit.UNKNOWN),
    ],
)
def test_fits(placed: str | None, course: str | None, found: Fit) -> None:
    assert fit(placed, course) is found


def test_every_level_that_a_course_may_have_is_understood() -> None:
    assert None not in [steps_of(level) for level in COURSE_LEVELS]


@given(st.sampled_from(STEPS), st.sampled_from(COURSE_LEVELS))
def test_below_and_above_are_each_others_opposite(placed: str, course: str) -> None:
    turned = {Fit.BELOW: Fit.ABOVE, Fit.ABOVE: Fit.BELOW}
    there = fit(placed, course)

    assert fit(course, placed) is turned.get(there, there)
