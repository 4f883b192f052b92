"""The best plan really is the best, keeps every rule, and is the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from app.staffing.matching.checker import breaches, value
from app.staffing.matching.instance import (
    Helper,
    Instance,
    Need,
    Pair,
    PinsContradict,
    Plan,
    Proposal,
    Relay,
    Whole,
)
from app.staffing.matching.solving import best_plan, plans
from tests.staffing.matching.small import LANGUAGES_ALONE, at, best_value, instance, instances

FEW = settings(max_examples=60, deadline=None)


@FEW
@given(instances())
def test_no_plan_at_all_is_worth_more(made: Instance) -> None:
    found = best_plan(made)
    assert found.value == best_value(made)
    assert found.gap == 0.0


@FEW
@given(instances())
def test_every_plan_on_the_way_keeps_every_rule_and_is_worth_what_it_says(made: Instance) -> None:
    for progress in plans(made):
        assert breaches(made, progress.plan) == ()
        assert progress.value == value(made, progress.plan)
        assert progress.bound >= progress.value


@FEW
@given(instances())
def test_the_way_of_large_plans_keeps_the_rules_and_its_proofs_are_true(made: Instance) -> None:
    best = best_value(made)
    assert best is not None
    on_the_way = list(plans(made, small=0, large=0, steps=12))
    for progress in on_the_way:
        assert breaches(made, progress.plan) == ()
        assert progress.value == value(made, progress.plan) <= best
        assert progress.bound >= best
    assert on_the_way[-1].is_best


@FEW
@given(instances())
def test_the_same_question_gets_the_same_plans(made: Instance) -> None:
    assert list(plans(made, seed=3)) == list(plans(made, seed=3))


@FEW
@given(instances(most_pairs=7))
def test_pins_hold_or_are_refused(made: Instance) -> None:
    pairs = made.allowed
    if not len(pairs):
        return
    pinned = made.but(pins=frozenset({(int(pairs.need[0]), int(pairs.helper[0]))}))
    best = best_value(pinned)
    if best is None:
        with pytest.raises(PinsContradict):
            best_plan(pinned)
    else:
        assert best_plan(pinned).value == best


def test_a_pin_against_the_rules_is_refused() -> None:
    made = instance([at(9)], [Need(meeting=0)], [Helper(), Helper()], [Pair(0, 0)])
    with pytest.raises(PinsContradict):
        best_plan(made.but(pins=frozenset({(0, 1)})))


def test_whoever_is_forbidden_is_not_proposed() -> None:
    made = instance([at(9)], [Need(meeting=0)], [Helper(), Helper()])
    plan = best_plan(made.but(bans=frozenset({(0, 0)}))).plan
    assert [one.helper for one in plan.proposals] == [1]


def test_the_same_person_goes_through_a_series() -> None:
    made = instance(
        [at(9, series=0), at(33, series=0), at(57, series=0)],
        [Need(meeting=0), Need(meeting=1), Need(meeting=2)],
        [Helper(), Helper()],
    )
    assert len({one.helper for one in best_plan(made).plan.proposals}) == 1


def test_nobody_is_sent_where_they_cannot_be_in_time() -> None:
    made = instance(
        [at(9), at(11, place=1)],
        [Need(meeting=0), Need(meeting=1)],
        [Helper()],
        travel=np.array([[0, 30], [30, 0]]),
    )
    assert len(best_plan(made).plan.proposals) == 1
    assert len(best_plan(made.but(travel=np.zeros((2, 2), dtype=np.int64))).plan.proposals) == 2


def test_hours_are_shared() -> None:
    made = instance(
        [at(9), at(33), at(57), at(81)],
        [Need(meeting=number) for number in range(4)],
        [Helper(half_hours=8), Helper(half_hours=8)],
    )
    helpers = [one.helper for one in best_plan(made).plan.proposals]
    assert sorted(helpers) == [0, 0, 1, 1]


TWO_LANGUAGES = instance(
    [at(9, enrolled={"ar": 6, "ti": 2})],
    [Need(meeting=0, wanted=2, cover=True)],
    [
        Helper(speaks=frozenset({"ar"})),
        Helper(speaks=frozenset({"ar"})),
        Helper(speaks=frozenset({"ti"})),
    ],
)


def test_every_place_is_filled_and_languages_decide_by_whom() -> None:
    assert [one.helper for one in best_plan(TWO_LANGUAGES).plan.proposals] in ([0, 2], [1, 2])
    three = TWO_LANGUAGES.but(needs=(Need(meeting=0, wanted=3, cover=True),))
    assert len(best_plan(three).plan.proposals) == 3


def test_where_heads_count_nothing_a_second_one_comes_only_for_a_language_that_lacks() -> None:
    three = TWO_LANGUAGES.but(
        needs=(Need(meeting=0, wanted=3, cover=True),),
        weights=LANGUAGES_ALONE,
    )
    assert [one.helper for one in best_plan(three).plan.proposals] in ([0, 2], [1, 2])


def test_the_search_goes_on_from_a_plan() -> None:
    pairs = [Pair(0, 0, preferred=True), Pair(0, 1), Pair(1, 0), Pair(1, 1)]
    made = instance([at(9), at(14)], [Need(meeting=0), Need(meeting=1)], [Helper()] * 2, pairs)
    earlier = Plan.of([Proposal(0, 1)])
    assert Proposal(0, 1) in next(plans(made, start=earlier)).plan.proposals
    assert Proposal(0, 1) not in next(plans(made)).plan.proposals


def test_where_nothing_is_left_to_choose_the_plan_stays_what_it_is() -> None:
    """One person alone speaks both languages of a relay, which takes two."""
    made = instance(
        [at(13, 1), at(36, 1), at(85, 1)],
        [Need(meeting=2), Need(meeting=0), Need(meeting=2)],
        [Helper()],
        [Pair(1, 0), Pair(2, 0, leg=2), Pair(2, 0, leg=3)],
        relays=(Relay(0, "en"), Relay(2, "en")),
    )
    *_, last = plans(made, small=0, large=10**6)
    assert last.plan.proposals == (Proposal(1, 0),)


def test_a_stopped_search_keeps_the_best_plan_so_far() -> None:
    made = instance([at(9)], [Need(meeting=0)], [Helper()])
    *_, last = plans(made, stop=lambda: True)
    assert breaches(made, last.plan) == ()
    assert last.plan.proposals
    assert (last.value, last.bound) == (1000, 1000)


def test_half_a_whole_counts_nothing() -> None:
    made = instance([at(9)], [Need(meeting=0, wanted=2)], [Helper()], wholes=(Whole((0,), 700),))
    assert best_plan(made).bound == 1000
