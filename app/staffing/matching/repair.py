"""A plan mended after somebody cancelled: only what is near may move, and moving is dear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from app.staffing.matching.checker import places_filled
from app.staffing.matching.highs import best_whole, without
from app.staffing.matching.instance import DIRECT, Instance, Ints, Plan
from app.staffing.matching.model import columns_of, model_of
from app.staffing.matching.solving import plan_of

KEEP = 3
"""How many times dearer than usual it is to lose somebody who was told."""
BRANCHES = 200


@dataclass(frozen=True, slots=True)
class Repair:
    """The mended plan, and who has to be told something new (those who cancelled apart)."""

    plan: Plan
    touched: tuple[int, ...]
    lost: int
    """Places that are filled no longer."""


def repaired(instance: Instance, plan: Plan, cancelled: Iterable[tuple[int, int]]) -> Repair:
    """*plan* without the *cancelled* (need, helper), its places filled anew with few changes."""
    gone = frozenset(cancelled)
    kept = _without(plan, gone)
    told = frozenset((one.need, one.helper) for one in kept.proposals)
    changed = instance.but(
        bans=instance.bans | gone,
        pins=instance.pins - gone,
        confirmed=told,
        weights=replace(instance.weights, keep=instance.weights.keep * KEEP),
    )
    mended = solved_around(changed, kept, {need for need, _ in gone})
    moved = set(kept.proposals) ^ set(mended.proposals)
    before = sum(places_filled(instance, plan))
    return Repair(
        mended,
        tuple(sorted({one.helper for one in moved})),
        max(0, before - sum(places_filled(instance, mended))),
    )


def _without(plan: Plan, gone: frozenset[tuple[int, int]]) -> Plan:
    """The plan without these, and without the other half of a relay that they break."""
    broken = {
        one.leg // 2 for one in plan.proposals if (one.need, one.helper) in gone and one.leg >= 0
    }
    return Plan.of(
        one
        for one in plan.proposals
        if (one.need, one.helper) not in gone and (one.leg == DIRECT or one.leg // 2 not in broken)
    )


def solved_around(instance: Instance, plan: Plan, needs: Iterable[int]) -> Plan:
    """The best plan that differs from *plan* only near *needs*: whoever could come there may
    leave what they do, and whoever could do that instead may take it."""
    return solved_within(instance, plan, _near(instance, plan, sorted(needs)))


def solved_within(
    instance: Instance, plan: Plan, opened: Ints, *, nodes: int | None = BRANCHES
) -> Plan:
    """The best plan that differs from *plan* only in the pairs *opened*."""
    return reopened(instance, plan, opened, _beside(instance, plan, opened), nodes=nodes)


def reopened(
    instance: Instance, plan: Plan, opened: Ints, fixed: Ints, *, nodes: int | None = BRANCHES
) -> Plan:
    """The best plan that differs from *plan* only in the pairs *opened*; *fixed* is what else the
    helpers, needs and series concerned have in it."""
    rows = np.union1d(np.union1d(opened, fixed), _never_met(instance, plan, opened))
    model = model_of(instance, rows)
    free = np.ones(len(model.cost), dtype=np.bool_)
    free[: model.whole] = np.isin(rows, opened)
    mine = columns_of(model, plan)
    values = np.zeros(len(model.cost))
    values[mine] = 1.0
    part, kept = without(model, free, values)
    start = np.flatnonzero(np.isin(kept[: part.whole], mine))
    found = best_whole(part, start=start, nodes=nodes)
    if found.values is None:
        return plan
    full = np.where(free, 0.0, values)
    full[kept] = found.values
    outside = set(plan.proposals) - set(plan_of(model, values).proposals)
    return Plan.of([*plan_of(model, full).proposals, *outside])


def _never_met(instance: Instance, plan: Plan, opened: Ints) -> Ints:
    """What those have in the plan whom somebody in the pairs *opened* must never meet."""
    if not instance.apart:
        return np.zeros(0, dtype=np.int64)
    pairs, chosen = instance.allowed, rows_of(instance, plan)
    others = _must_not_meet(instance, pairs.helper[opened])
    return chosen[np.isin(pairs.helper[chosen], sorted(others))]


def _must_not_meet(instance: Instance, people: Ints) -> set[int]:
    """Who must never meet one of these people."""
    here = set(people.tolist())
    return {b for a, b in instance.apart if a in here} | {a for a, b in instance.apart if b in here}


def _near(instance: Instance, plan: Plan, asked: list[int]) -> Ints:
    """The pairs open to change."""
    pairs = instance.allowed
    chosen = rows_of(instance, plan)
    here = np.isin(pairs.need, asked)
    people = np.unique(pairs.helper[here])
    theirs = chosen[np.isin(pairs.helper[chosen], people)]
    theirs = theirs[_could_clash(instance, theirs, asked)]
    there = chosen[np.isin(instance.meeting_of[pairs.need[chosen]], instance.meeting_of[asked])]
    unmet = there[np.isin(pairs.helper[there], sorted(_must_not_meet(instance, people)))]
    needs = np.unique(np.concatenate([pairs.need[theirs], pairs.need[unmet], asked]))
    return np.flatnonzero(np.isin(pairs.need, needs))


def _beside(instance: Instance, plan: Plan, opened: Ints) -> Ints:
    """What else those in the pairs *opened* do, and what else is done for their needs."""
    pairs, chosen = instance.allowed, rows_of(instance, plan)
    fixed = chosen[
        np.isin(pairs.helper[chosen], np.unique(pairs.helper[opened]))
        | np.isin(pairs.need[chosen], np.unique(pairs.need[opened]))
    ]
    return fixed[~np.isin(fixed, opened)]


def rows_of(instance: Instance, plan: Plan) -> Ints:
    pairs = instance.allowed
    wanted = set(plan.proposals)
    near = np.flatnonzero(instance.are_in(frozenset((p.need, p.helper) for p in wanted), pairs))
    rows = zip(
        pairs.need[near].tolist(),
        pairs.helper[near].tolist(),
        pairs.leg[near].tolist(),
        strict=True,
    )
    return near[np.fromiter((row in wanted for row in rows), dtype=np.bool_, count=len(near))]


def _could_clash(
    instance: Instance, rows: Ints, asked: list[int]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of these assignments stand in the way of one of the needs: same time, or same week."""
    pairs = instance.allowed
    meetings = instance.meeting_of[pairs.need[rows]]
    weeks = np.unique(instance.week_of[instance.meeting_of[np.array(asked, dtype=np.int64)]])
    return np.isin(instance.week_of[meetings], weeks)
