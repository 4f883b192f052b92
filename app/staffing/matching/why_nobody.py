"""Why a place stays empty, and the smallest changes that would fill it, each really solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from app.staffing.matching.checker import places_filled, value
from app.staffing.matching.instance import Instance, Pair, Pairs, Plan
from app.staffing.matching.repair import solved_around

R = TypeVar("R", bound=Hashable)

DEAR = 1000
"""How much more urgent a need becomes when we ask whether it can be filled at all."""


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
    """A plan in which the need is filled, and what the other goals lose by it."""

    plan: Plan
    places_lost: int
    value_lost: int


def price_of_filling(instance: Instance, plan: Plan, need: int) -> Price | None:
    """What it takes to fill one more place of *need* with the people there are; None: it cannot
    be done even if everything near gives way."""
    urgent = replace(instance.needs[need], urgency=instance.needs[need].urgency * DEAR)
    needs = (*instance.needs[:need], urgent, *instance.needs[need + 1 :])
    forced = solved_around(instance.but(needs=needs), plan, [need])
    before, after = places_filled(instance, plan), places_filled(instance, forced)
    if after[need] <= before[need]:
        return None
    lost = sum(before) + 1 - sum(after)
    return Price(forced, max(0, lost), value(instance, plan) - value(instance, forced))


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
