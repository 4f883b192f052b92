"""Why a place stays empty: the smallest reasons, and changes that are solved before told."""

from __future__ import annotations

from app.staffing.eligibility import Rule
from app.staffing.matching.checker import breaches
from app.staffing.matching.instance import Helper, Need, Pair, Plan, Proposal
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
from tests.staffing.matching.small import HOUR, at, instance

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
