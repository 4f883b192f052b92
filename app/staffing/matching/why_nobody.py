"""Why a place stays empty, and the smallest changes that would fill it, each really solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from app.staffing.matching.checker import places_filled, value
from app.staffing.matching.instance import Instance, Ints, Pair, Pairs, Plan
from app.staffing.matching.repair import solved_around, solved_within
from app.staffing.matching.roster import keep_what_fits

R = TypeVar("R", bound=Hashable)

DEAR = 1000
"""How much more urgent a need becomes when we ask whether it can be filled at all."""

WEEK = 1500
"""Up to so many pairs a whole week is opened where filling a place nearby costs another."""


@dataclass(frozen=True, slots=True)
class Blocked(Generic[R]):
    """Rules that together keep *people* away, and no smaller set of them keeps anyone."""

    rules: frozenset[R]
    people: tuple[int, ...]


def smallest_sets(blocking: Mapping[int, frozenset[R]]) -> list[Blocked[R]]:
    """Of everybody's blocking rules the sets within which there is no smaller one; fewest rules
    first, then most people."""
    sets = set(blocking.values())
    least = [one for one in sets if not any(other < one for other in sets)]
    found = [
        Blocked(one, tuple(sorted(who for who, rules in blocking.items() if rules == one)))
        for one in least
    ]
    return sorted(found, key=lambda b: (len(b.rules), -len(b.people), sorted(map(str, b.rules))))


def near_misses(blocking: Mapping[int, frozenset[R]]) -> dict[R, tuple[int, ...]]:
    """Rule -> who would fit but for it alone."""
    counted = Counter(next(iter(rules)) for rules in blocking.values() if len(rules) == 1)
    return {
        rule: tuple(sorted(who for who, rules in blocking.items() if rules == {rule}))
        for rule, _ in sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
    }


@dataclass(frozen=True, slots=True)
class Price:
    """A plan in which the need is filled, and what the other goals lose by it at most."""

    plan: Plan
    places_lost: int
    value_lost: int


def price_of_filling(instance: Instance, plan: Plan, need: int) -> Price | None:
    """What it takes at most to fill one more place of *need* with the people there are; None: it
    is proved that it cannot be done, whatever but the pins gives way."""
    one = instance.needs[need]
    urgent = replace(one, urgency=one.urgency * DEAR, cover=False)
    asked = instance.but(needs=(*instance.needs[:need], urgent, *instance.needs[need + 1 :]))
    first = _before_all_others(asked, plan, need)
    before = places_filled(instance, plan)
    if places_filled(instance, first)[need] <= before[need]:
        return None
    best = _with_fewest_lost(
        asked,
        need,
        solved_around(asked, plan, [need]),
        keep_what_fits(asked, plan.proposals, beside=first).plan,
    )
    if sum(places_filled(asked, best)) <= sum(before):
        week = _of_the_week(asked, need)
        if len(week) <= WEEK:
            best = _with_fewest_lost(asked, need, best, solved_within(asked, best, week))
    lost = sum(before) + 1 - sum(places_filled(instance, best))
    return Price(best, max(0, lost), value(instance, plan) - value(instance, best))


def _before_all_others(instance: Instance, plan: Plan, need: int) -> Plan:
    """The pins, and beside them as many places of *need* as can be filled."""
    pinned = Plan.of(one for one in plan.proposals if (one.need, one.helper) in instance.pins)
    here = np.flatnonzero(instance.allowed.need == need)
    return solved_within(instance, pinned, here, nodes=None)


def _with_fewest_lost(instance: Instance, need: int, *found: Plan) -> Plan:
    """Of plans the one that fills most of *need*, then most places, then is worth most."""

    def worth(plan: Plan) -> tuple[int, int, int]:
        filled = places_filled(instance, plan)
        return filled[need], sum(filled), value(instance, plan)

    return max(found, key=worth)


def _of_the_week(instance: Instance, need: int) -> Ints:
    """Everything that could be otherwise in the week of *need*."""
    weeks = instance.week_of[instance.meeting_of]
    return np.flatnonzero(weeks[instance.allowed.need] == weeks[need])


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """Something that could be otherwise: what it is, how large, and the instance it makes."""

    what: R
    size: int
    instance: Instance


@dataclass(frozen=True, slots=True)
class Remedy(Generic[R]):
    """A change with which the place is filled and no other is lost, and the plan that shows it."""

    what: R
    size: int
    plan: Plan


def remedies(plan: Plan, need: int, changes: Iterable[Change[R]]) -> list[Remedy[R]]:
    """Those of *changes* that fill one more place of *need* without emptying another, the smallest
    first. Each is solved, not guessed."""
    found = []
    for change in changes:
        filled = places_filled(change.instance, plan)
        mended = solved_around(change.instance, plan, [need])
        after = places_filled(change.instance, mended)
        if after[need] > filled[need] and sum(after) > sum(filled):
            found.append(Remedy(change.what, change.size, mended))
    return sorted(found, key=lambda one: (one.size, str(one.what)))


def with_pair(instance: Instance, pair: Pair) -> Instance:
    """As if nothing stood against this pair."""
    one = Pairs.of([pair], instance.weights)
    both = (instance.pairs, one)
    pairs = Pairs(
        np.concatenate([part.need for part in both]),
        np.concatenate([part.helper for part in both]),
        np.concatenate([part.merit for part in both]),
        np.concatenate([part.leg for part in both]),
    )
    return instance.but(pairs=pairs)


def with_hours(instance: Instance, helper: int, minutes: int) -> Instance:
    """As if this helper could give so many minutes more a week."""
    one = instance.helpers[helper]
    weekly = None if one.weekly_minutes is None else one.weekly_minutes + minutes
    changed = replace(one, weekly_minutes=weekly)
    before, after = instance.helpers[:helper], instance.helpers[helper + 1 :]
    return instance.but(helpers=(*before, changed, *after))


def with_meeting_at(
    instance: Instance, meeting: int, starts: int, pairs: Iterable[Pair]
) -> Instance:
    """As if the meeting began at *starts*; *pairs* are who is eligible for its needs then."""
    one = instance.meetings[meeting]
    moved = replace(one, starts=starts, ends=starts + one.minutes)
    keep = instance.meeting_of[instance.pairs.need] != meeting
    here = Pairs.of(pairs, instance.weights)
    old = instance.pairs.only(keep)
    return instance.but(
        meetings=(*instance.meetings[:meeting], moved, *instance.meetings[meeting + 1 :]),
        pairs=Pairs(
            np.concatenate([old.need, here.need]),
            np.concatenate([old.helper, here.helper]),
            np.concatenate([old.merit, here.merit]),
            np.concatenate([old.leg, here.leg]),
        ),
    )
