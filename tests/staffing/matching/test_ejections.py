"""Chains make room without breaking a rule, and never leave a better plan for a worse one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.staffing.matching.checker import breaches, value
from app.staffing.matching.ejections import Chains
from app.staffing.matching.instance import Helper, Instance, Meeting, Need, Pair, Plan, Proposal
from app.staffing.matching.quick_bound import quick_bound
from app.staffing.matching.roster import keep_what_fits
from app.staffing.matching.solving import greedy
from tests.staffing.matching.small import at, best_value, every_plan, instance, instances

FEW = settings(max_examples=120, deadline=None)


@FEW
@given(instances(), st.integers(0, 3))
def test_chains_keep_every_rule_and_lose_nothing(made: Instance, seed: int) -> None:
    made = made.but(wholes=())
    before = greedy(made)
    chains = Chains(made, before, seed=seed)
    chains.go_on(200)
    assert breaches(made, chains.plan) == ()
    assert value(made, chains.plan) >= value(made, before)
    relayed = {one for one in before.proposals if one.leg >= 0}
    assert relayed <= set(chains.plan.proposals)


@FEW
@given(instances(), st.data())
def test_what_is_pinned_stays(made: Instance, data: st.DataObject) -> None:
    made = made.but(wholes=())
    plan = data.draw(st.sampled_from([one for one in every_plan(made)][-20:]))
    pinned = made.but(pins=frozenset((one.need, one.helper) for one in plan.proposals[:1]))
    chains = Chains(pinned, plan)
    chains.go_on(200)
    assert breaches(pinned, chains.plan) == ()


def test_one_leaves_and_another_takes_over() -> None:
    """Three places at one hour; only one way to fill them all, two steps from the plan."""
    made = instance(
        [at(9), at(9), at(9)],
        [Need(meeting=0), Need(meeting=1), Need(meeting=2)],
        [Helper(), Helper(), Helper()],
        [Pair(0, 0), Pair(0, 1), Pair(1, 1), Pair(1, 2), Pair(2, 0), Pair(2, 1)],
    )
    plan = Plan.of([Proposal(0, 0), Proposal(1, 1)])
    chains = Chains(made, plan)
    chains.go_on(50)
    assert {one.need for one in chains.plan.proposals} == {0, 1, 2}


def test_hours_are_made_by_leaving_something_else() -> None:
    """Two hours are left; the need that only she can fill is worth leaving the other for."""
    made = instance(
        [at(9), at(12)],
        [Need(meeting=0), Need(meeting=1, urgency=2)],
        [Helper(weekly_minutes=120), Helper()],
        [Pair(0, 0), Pair(1, 0), Pair(0, 1)],
    )
    chains = Chains(made, Plan.of([Proposal(0, 0)]))
    chains.go_on(50)
    assert chains.plan == Plan.of([Proposal(0, 1), Proposal(1, 0)])


def test_a_series_does_without_a_face_it_need_not_have() -> None:
    """Both can do all three meetings: one of them is enough."""
    meetings = [at(hour, series=0) for hour in (9, 12, 15)]
    made = instance(meetings, [Need(meeting=n) for n in range(3)], [Helper(), Helper()])
    chains = Chains(made, Plan.of([Proposal(0, 0), Proposal(1, 1), Proposal(2, 0)]))
    chains.go_on(50)
    assert len({one.helper for one in chains.plan.proposals}) == 1


@pytest.mark.parametrize("seed", [2, 5])
def test_full_rosters_are_filled(seed: int) -> None:
    """Fifteen people with little time left over: every place can be filled, and is."""
    dice = np.random.default_rng(seed)
    meetings: list[Meeting] = []
    pairs: list[Pair] = []
    for helper in range(15):
        ends = [*np.sort(dice.choice(np.arange(1, 60), 9, replace=False)).tolist(), 60]
        for begin, end in pairwise([0, *ends]):
            if dice.random() < 0.1:
                continue
            able = {helper, *np.flatnonzero(dice.random(15) < 0.3).tolist()}
            pairs.extend(Pair(len(meetings), one) for one in sorted(able))
            meetings.append(Meeting(starts=begin * 10, ends=end * 10))
    needs = [Need(meeting=number) for number in range(len(meetings))]
    made = instance(meetings, needs, [Helper() for _ in range(15)], pairs)
    before = greedy(made)
    assert len(before.proposals) < len(needs)
    chains = Chains(made, before)
    chains.go_on(20_000)
    assert breaches(made, chains.plan) == ()
    assert len(chains.plan.proposals) == len(needs)


@FEW
@given(instances())
def test_the_same_chains_each_time(made: Instance) -> None:
    made = made.but(wholes=())
    found = []
    for _ in range(2):
        chains = Chains(made, greedy(made), seed=5)
        chains.go_on(100)
        found.append(chains.plan)
    assert found[0] == found[1]


@settings(max_examples=200, deadline=None)
@given(instances())
def test_no_plan_is_worth_more_than_the_quick_bound(made: Instance) -> None:
    best = best_value(made)
    assert best is not None
    assert quick_bound(made) >= best


def test_the_quick_bound_counts_a_face_for_each_place_at_one_time() -> None:
    """Two at once and one later in a series: two faces at least, and two are enough."""
    meetings = [at(9, series=0), at(9, series=0), at(12, series=0)]
    made = instance(meetings, [Need(meeting=n) for n in range(3)], [Helper(), Helper()])
    assert quick_bound(made) == best_value(made) == 3 * 1000 - 2 * 40


@settings(max_examples=400, deadline=None)
@given(instances())
def test_a_roster_knows_who_is_busy_as_the_rules_do(made: Instance) -> None:
    roster = keep_what_fits(made, sorted(made.earned))
    for helper in range(len(made.helpers)):
        theirs = [
            made.needs[one.need].meeting for one in roster.plan.proposals if one.helper == helper
        ]
        for number, meeting in enumerate(made.meetings):
            clashing = [k for k in sorted(theirs) if made.conflict(meeting, made.meetings[k])]
            assert roster.clashes(helper, number) == clashing
