"""A cancellation is mended near by; stand-ins are ranked by what they are really worth."""

from __future__ import annotations

from hypothesis import assume, given, settings

from app.staffing.matching.checker import breaches, value
from app.staffing.matching.instance import DIRECT, Helper, Instance, Need, Pair, Plan, Proposal
from app.staffing.matching.repair import repaired
from app.staffing.matching.solving import best_plan
from app.staffing.matching.stand_ins import stand_ins
from tests.staffing.matching.small import at, instance, instances

FEW = settings(max_examples=60, deadline=None)


@FEW
@given(instances())
def test_a_mended_plan_keeps_the_rules_and_leaves_out_who_cancelled(made: Instance) -> None:
    plan = best_plan(made).plan
    assume(plan.proposals)
    gone = (plan.proposals[0].need, plan.proposals[0].helper)
    mended = repaired(made, plan, [gone])
    assert breaches(made.but(bans=made.bans | {gone}), mended.plan) == ()
    assert gone not in {(one.need, one.helper) for one in mended.plan.proposals}


def test_whoever_is_free_takes_the_place_and_nobody_else_moves() -> None:
    made = instance(
        [at(9), at(33)], [Need(meeting=0), Need(meeting=1)], [Helper(), Helper(), Helper()]
    )
    plan = Plan.of([Proposal(0, 0), Proposal(1, 1)])
    mended = repaired(made, plan, [(0, 0)])
    assert len(mended.touched) == 1
    assert mended.lost == 0
    assert Proposal(1, 1) in mended.plan.proposals


def test_somebody_moves_where_nobody_is_free_for_the_place_itself() -> None:
    made = instance(
        [at(9), at(9)],
        [Need(meeting=0), Need(meeting=1)],
        [Helper(), Helper(), Helper()],
        [Pair(0, 0), Pair(0, 1), Pair(1, 1), Pair(1, 2)],
    )
    mended = repaired(made, Plan.of([Proposal(0, 0), Proposal(1, 1)]), [(0, 0)])
    assert mended.plan == Plan.of([Proposal(0, 1), Proposal(1, 2)])
    assert mended.touched == (1, 2)


@FEW
@given(instances())
def test_a_stand_in_brings_exactly_what_is_said(made: Instance) -> None:
    plan = best_plan(made).plan
    direct = [one for one in plan.proposals if one.leg == DIRECT]
    assume(direct)
    left = Plan.of(one for one in plan.proposals if one != direct[0])
    for one in stand_ins(made, left, direct[0].need):
        changed = set(left.proposals) - {one.moved} | {one.proposal}
        if one.taken_over:
            changed.add(one.taken_over)
        after = Plan.of(changed)
        assert breaches(made, after) == ()
        assert value(made, after) - value(made, left) == one.gain


def test_direct_stand_ins_come_first_then_chains() -> None:
    made = instance(
        [at(9), at(9)],
        [Need(meeting=0), Need(meeting=1)],
        [Helper(), Helper(), Helper()],
        [Pair(0, 0), Pair(0, 1, above=3), Pair(1, 1), Pair(1, 2)],
    )
    found = stand_ins(made, Plan.of([Proposal(1, 1)]), 0)
    assert [one.proposal.helper for one in found] == [0, 1]
    assert found[1].moved == Proposal(1, 1)
    assert found[1].taken_over == Proposal(1, 2)


def test_who_must_never_meet_does_not_by_a_mended_plan() -> None:
    """The one place is taken by somebody whom the only stand-in never meets, by another need."""
    made = instance(
        [at(9)],
        [Need(meeting=0), Need(meeting=0)],
        [Helper(), Helper(), Helper()],
        [Pair(0, 0), Pair(1, 1), Pair(1, 2)],
        apart=frozenset({(0, 1)}),
    )
    plan = Plan.of([Proposal(0, 0), Proposal(1, 2)])
    mended = repaired(made, plan, [(1, 2)])
    assert mended.plan == Plan.of([Proposal(0, 0)])
