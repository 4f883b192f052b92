"""The checker sees each rule broken; it knows nothing of the model."""

from __future__ import annotations

import numpy as np
import pytest

from app.staffing.matching.checker import Broken, breaches, fill, value
from app.staffing.matching.instance import Helper, Instance, Need, Pair, Plan, Proposal, Relay, Span
from tests.staffing.matching.small import at, instance

TWO = [Helper(), Helper()]
BOTH = Plan.of([Proposal(0, 0), Proposal(1, 0)])


def broken(made: Instance, plan: Plan) -> set[Broken]:
    return {one.rule for one in breaches(made, plan)}


def test_nothing_stands_against_a_plan_that_keeps_the_rules() -> None:
    made = instance([at(9), at(11)], [Need(meeting=0), Need(meeting=1)], TWO)
    assert broken(made, BOTH) == set()


def test_nobody_is_in_two_places() -> None:
    made = instance([at(9), at(10)], [Need(meeting=0), Need(meeting=1)], TWO)
    assert broken(made, BOTH) == {Broken.IN_TWO_PLACES}


@pytest.mark.parametrize(("minutes", "online", "found"), [
    (30, False, set()), (31, False, {Broken.IN_TWO_PLACES}), (31, True, set()),
])  # fmt: skip
def test_the_way_takes_its_time(minutes: int, online: bool, found: set[Broken]) -> None:
    later = at(11, place=1, online=online)
    made = instance(
        [at(9), later.__class__(starts=11 * 60 + 30, ends=780, place=1, online=online)],
        [Need(meeting=0), Need(meeting=1)],
        TWO,
        travel=np.array([[0, minutes], [minutes, 0]]),
    )
    assert broken(made, BOTH) == found


def test_hours_of_the_week_count_with_those_given_elsewhere() -> None:
    helper = Helper(weekly_minutes=300, taken={0: 90})
    made = instance([at(9), at(11)], [Need(meeting=0), Need(meeting=1)], [helper])
    assert broken(made, BOTH) == {Broken.TOO_MANY_HOURS}


def test_a_span_bounds_everybody() -> None:
    made = instance([at(9), at(11)], [Need(meeting=0), Need(meeting=1)], TWO)
    assert broken(made.but(spans=(Span((0, 1), 239),)), BOTH) == {Broken.TOO_LONG}


def test_some_are_never_together() -> None:
    made = instance([at(9)], [Need(meeting=0), Need(meeting=0)], TWO, apart=frozenset({(0, 1)}))
    plan = Plan.of([Proposal(0, 0), Proposal(1, 1)])
    assert broken(made, plan) == {Broken.NEVER_TOGETHER}


def test_no_more_than_wanted_and_nobody_who_may_not() -> None:
    made = instance([at(9)], [Need(meeting=0)], [*TWO, Helper()], [Pair(0, 0), Pair(0, 1)])
    assert broken(made, Plan.of([Proposal(0, 0), Proposal(0, 1)])) == {Broken.TOO_MANY}
    assert broken(made, Plan.of([Proposal(0, 2)])) == {Broken.NOT_ELIGIBLE}


def test_pins_and_bans() -> None:
    made = instance([at(9)], [Need(meeting=0)], TWO)
    pinned = made.but(pins=frozenset({(0, 1)}), bans=frozenset({(0, 0)}))
    assert broken(pinned, Plan.of([Proposal(0, 0)])) == {Broken.PIN_LOST, Broken.FORBIDDEN}


def test_half_a_relay_is_none() -> None:
    made = instance(
        [at(9)],
        [Need(meeting=0)],
        TWO,
        [Pair(0, 0, leg=0), Pair(0, 1, leg=1)],
        relays=(Relay(0, "ar"),),
    )
    assert broken(made, Plan.of([Proposal(0, 0, 0)])) == {Broken.HALF_A_RELAY}
    whole = Plan.of([Proposal(0, 0, 0), Proposal(0, 1, 1)])
    assert broken(made, whole) == set()
    assert value(made, whole) == 1000 - 100
    assert fill(made, whole) == 1.0


def test_a_value_is_the_goals_added_up() -> None:
    made = instance(
        [at(9, series=0), at(33, series=0)],
        [Need(meeting=0, urgency=2), Need(meeting=1)],
        [Helper(half_hours=8)],
        [Pair(0, 0, above=5, preferred=True), Pair(1, 0)],
        confirmed=frozenset({(1, 0)}),
    )
    place, level, liked, kept, face, load = 3000, 12, 6, 120, -40, -(6 + 4 + 2)
    assert value(made, BOTH) == place + level + liked + kept + face + load
