"""Weeks planned apart: the rules still hold for all together, and the proof is true."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.staffing.matching.checker import breaches, value
from app.staffing.matching.instance import (
    Helper,
    Instance,
    Need,
    Pair,
    PinsContradict,
    Proposal,
    Relay,
    Whole,
)
from app.staffing.matching.weekly import plans_by_week
from tests.staffing.matching.small import at, best_value, instance, instances


@settings(max_examples=150, deadline=None)
@given(instances(), st.integers(0, 1))
def test_no_plan_is_worth_more_than_the_weeks_prove(made: Instance, promising: int) -> None:
    made = made.but(wholes=())
    best = best_value(made)
    assert best is not None
    for progress in plans_by_week(made, promising=promising):
        assert breaches(made, progress.plan) == ()
        assert progress.value == value(made, progress.plan) <= best
        assert progress.bound >= best


@settings(max_examples=100, deadline=None)
@given(instances(most_pairs=7), st.integers(1, 3))
def test_pins_hold_or_are_refused(made: Instance, many: int) -> None:
    pairs = made.allowed
    pins = zip(pairs.need.tolist()[:many], pairs.helper.tolist()[:many], strict=True)
    pinned = made.but(pins=frozenset(pins), wholes=())
    best = best_value(pinned)
    if best is None:
        with pytest.raises(PinsContradict):
            list(plans_by_week(pinned, promising=1))
        return
    for progress in plans_by_week(pinned, promising=1):
        assert breaches(pinned, progress.plan) == ()
        assert progress.value <= best <= progress.bound


def test_half_of_a_relay_holds_though_the_other_half_could_come_alone() -> None:
    ways = [Pair(0, 0), Pair(0, 0, leg=0), Pair(0, 1, leg=1), Pair(0, 2, leg=1)]
    made = instance(
        [at(9)], [Need(meeting=0)], [Helper()] * 3, ways, relays=(Relay(need=0, via="en"),)
    )
    for progress in plans_by_week(made.but(pins=frozenset({(0, 0), (0, 1)}))):
        assert progress.plan.proposals == (Proposal(0, 0, 0), Proposal(0, 1, 1))


def test_the_same_question_gets_the_same_plans_week_by_week() -> None:
    made = instance(
        [at(9 + 24 * day, week=day // 7, series=day % 7) for day in range(10)],
        [Need(meeting=number) for number in range(10)],
        [Helper(half_hours=40), Helper(half_hours=20)],
    )
    assert list(plans_by_week(made, seed=2)) == list(plans_by_week(made, seed=2))


def test_what_counts_only_as_a_whole_is_refused() -> None:
    made = instance([at(9)], [Need(meeting=0)], [Helper()], wholes=(Whole((0,), 5),))
    with pytest.raises(ValueError, match="week by week"):
        list(plans_by_week(made))
