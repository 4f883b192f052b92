"""Why a place stays empty: the smallest reasons, and changes that are solved before told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.staffing.eligibility import Rule
from app.staffing.matching.checker import breaches, places_filled
from app.staffing.matching.instance import Helper, Instance, Need, Pair, Plan, Proposal
from app.staffing.matching.solving import best_plan
from app.staffing.matching.why_nobody import (
    Blocked,
    Change,
    near_misses,
    price_of_filling,
    remedies,
    smallest_sets,
    with_hours,
    with_meeting_at,
    with_pair,
)
from tests.staffing.matching.small import HOUR, at, every_plan, instance, instances

LEVEL = frozenset({Rule.LEVEL_TOO_LOW})
FAR = frozenset({Rule.NO_TIME_TO_TRAVEL, Rule.CHECK_MISSING})
MORE = LEVEL | FAR
BLOCKING = {0: LEVEL, 1: FAR, 2: MORE, 3: LEVEL}


def test_only_the_smallest_sets_of_rules_are_told() -> None:
    assert smallest_sets(BLOCKING) == [Blocked(LEVEL, (0, 3)), Blocked(FAR, (1,))]


def test_a_near_miss_is_one_rule_short() -> None:
    assert near_misses(BLOCKING) == {Rule.LEVEL_TOO_LOW: (0, 3)}


def test_a_place_that_nobody_may_fill_has_no_price() -> None:
    made = instance([at(9)], [Need(meeting=0)], [Helper()], [])
    assert price_of_filling(made, Plan(), 0) is None


def test_the_price_of_a_place_is_the_place_that_it_empties() -> None:
    made = instance([at(9), at(9)], [Need(meeting=0), Need(meeting=1, urgency=2)], [Helper()])
    price = price_of_filling(made, Plan.of([Proposal(1, 0)]), 0)
    assert price is not None
    assert (price.places_lost, price.value_lost) == (1, 1000)


def test_who_must_not_be_met_may_give_way() -> None:
    """Only 2 can do the second; 0 has the first, and they never meet; 1 could have it."""
    made = instance(
        [at(9)],
        [Need(meeting=0), Need(meeting=0)],
        [Helper(), Helper(), Helper()],
        [Pair(0, 0), Pair(0, 1), Pair(1, 2)],
        apart=frozenset({(0, 2)}),
    )
    price = price_of_filling(made, Plan.of([Proposal(0, 0)]), 1)
    assert price is not None
    assert price.places_lost == 0
    assert breaches(made, price.plan) == ()


def test_a_chain_of_three_empties_nothing() -> None:
    """Each could do what they do or what the one before does; 0 is free and can do one."""
    pairs = [
        Pair(need, helper) for helper in range(4) for need in (helper - 1, helper) if need >= 0
    ]
    made = instance(
        [at(9), at(9), at(9), at(9)],
        [Need(meeting=number) for number in range(4)],
        [Helper() for _ in range(4)],
        pairs,
    )
    price = price_of_filling(made, Plan.of(Proposal(n, n + 1) for n in range(3)), 3)
    assert price is not None
    assert price.places_lost == 0


@settings(max_examples=150, deadline=None)
@given(instances(), st.data())
def test_what_cannot_be_filled_is_in_no_plan_and_no_price_is_too_low(
    made: Instance, data: st.DataObject
) -> None:
    made = made.but(pins=frozenset())
    possible = [places_filled(made, plan) for plan in every_plan(made)]
    plan = best_plan(made).plan
    need = data.draw(st.integers(0, len(made.needs) - 1))
    before = places_filled(made, plan)
    more = [filled for filled in possible if filled[need] > before[need]]
    price = price_of_filling(made, plan, need)
    assert (price is None) == (not more)
    if price is not None:
        assert breaches(made, price.plan) == ()
        assert price.places_lost >= sum(before) + 1 - max(map(sum, more))


def test_only_changes_that_really_fill_the_place_are_told_smallest_first() -> None:
    made = instance(
        [at(9), at(10)],
        [Need(meeting=0), Need(meeting=1)],
        [Helper(weekly_minutes=2 * HOUR), Helper(weekly_minutes=HOUR)],
        [Pair(0, 0), Pair(1, 0)],
    )
    plan = Plan.of([Proposal(0, 0)])
    helped = with_pair(made, Pair(1, 1))
    changes = [
        Change("somebody without hours", 1, helped),
        Change("somebody, an hour longer", 2, with_hours(helped, 1, HOUR)),
        Change("longer, but in two places", 1, with_hours(made, 0, 2 * HOUR)),
        Change("later, and longer", 3, with_hours(
            with_meeting_at(made, 1, 13 * HOUR, [Pair(1, 0)]), 0, 2 * HOUR)),
    ]  # fmt: skip
    found = remedies(plan, 1, changes)
    assert [one.what for one in found] == ["somebody, an hour longer", "later, and longer"]
    assert breaches(changes[1].instance, found[0].plan) == ()
