"""Whether a plan keeps every rule and what it is worth, told from the rules and not from the model.

Nothing here is shared with the model or the search: plain loops over the proposals.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from app.staffing.matching.instance import DIRECT, Instance, Meeting, Plan, Proposal


class Broken(StrEnum):
    """A rule that a plan breaks."""

    NOT_ELIGIBLE = "not_eligible"
    FORBIDDEN = "forbidden"
    PIN_LOST = "pin_lost"
    TOO_MANY = "too_many"
    IN_TWO_PLACES = "in_two_places"
    TOO_MANY_HOURS = "too_many_hours"
    TOO_LONG = "too_long"
    NEVER_TOGETHER = "never_together"
    HALF_A_RELAY = "half_a_relay"


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule broken, and by whom where."""

    rule: Broken
    helper: int | None = None
    need: int | None = None
    meeting: int | None = None


def breaches(instance: Instance, plan: Plan) -> tuple[Breach, ...]:
    """Every hard rule that *plan* breaks; empty for a plan that may be proposed."""
    return (
        *_pairs(instance, plan),
        *_places(instance, plan),
        *_times(instance, plan),
        *_hours(instance, plan),
        *_together(instance, plan),
    )


def value(instance: Instance, plan: Plan) -> int:
    """What *plan* is worth: the goals added up one by one."""
    return (
        _filled(instance, plan)
        + _covered(instance, plan)
        + _merits(instance, plan)
        + _new_faces(instance, plan)
        + _loads(instance, plan)
        + _wholes(instance, plan)
    )


def places_filled(instance: Instance, plan: Plan) -> list[int]:
    """Need -> how many of its places are filled; two people of a relay fill one."""
    filled = [0] * len(instance.needs)
    for one in plan.proposals:
        if one.leg == DIRECT or one.leg % 2 == 0:
            filled[one.need] += 1
    return filled


def fill(instance: Instance, plan: Plan) -> float:
    """The part of all places that is filled; a `cover` need counts by the enrolled it reaches."""
    filled = places_filled(instance, plan)
    asked = sum(need.wanted for need in instance.needs if not need.cover)
    reached = float(
        sum(n for n, need in zip(filled, instance.needs, strict=True) if not need.cover)
    )
    for number, need in enumerate(instance.needs):
        if not need.cover:
            continue
        worths = instance.worths(need)
        if not worths:
            continue
        asked += 1
        spoken = _spoken(instance, plan, number)
        reached += sum(w for tag, w in worths.items() if tag in spoken) / sum(worths.values())
    return reached / asked if asked else 1.0


def _pairs(instance: Instance, plan: Plan) -> Iterator[Breach]:
    proposed = {(one.need, one.helper) for one in plan.proposals}
    possible = _possible(instance, proposed)
    for one in plan.proposals:
        if one not in possible:
            yield Breach(Broken.NOT_ELIGIBLE, one.helper, one.need)
        if (one.need, one.helper) in instance.bans:
            yield Breach(Broken.FORBIDDEN, one.helper, one.need)
    for need, helper in sorted(instance.pins - proposed):
        yield Breach(Broken.PIN_LOST, helper, need)


def _possible(instance: Instance, proposed: set[tuple[int, int]]) -> set[Proposal]:
    pairs = instance.pairs
    rows = instance.are_in(frozenset(proposed), pairs).nonzero()[0]
    return {Proposal(int(pairs.need[i]), int(pairs.helper[i]), int(pairs.leg[i])) for i in rows}


def _places(instance: Instance, plan: Plan) -> Iterator[Breach]:
    filled = Counter(one.need for one in plan.proposals if one.leg == DIRECT)
    legs = Counter(one.leg for one in plan.proposals if one.leg != DIRECT)
    for number, relay in enumerate(instance.relays):
        if legs[2 * number] != legs[2 * number + 1]:
            yield Breach(Broken.HALF_A_RELAY, need=relay.need)
        filled[relay.need] += legs[2 * number]
    for number, need in enumerate(instance.needs):
        if filled[number] > need.wanted:
            yield Breach(Broken.TOO_MANY, need=number)


def _times(instance: Instance, plan: Plan) -> Iterator[Breach]:
    for helper, meetings in _diaries(instance, plan).items():
        for one, other in combinations(meetings, 2):
            if instance.conflict(instance.meetings[one], instance.meetings[other]):
                yield Breach(Broken.IN_TWO_PLACES, helper, meeting=other)


def _hours(instance: Instance, plan: Plan) -> Iterator[Breach]:
    for helper, meetings in _diaries(instance, plan).items():
        weeks: Counter[int] = Counter()
        for number in meetings:
            weeks[instance.meetings[number].week] += instance.meetings[number].minutes
        for week, minutes in weeks.items():
            left = instance.helpers[helper].minutes_left(week)
            if minutes > left:
                yield Breach(Broken.TOO_MANY_HOURS, helper)
        for span in instance.spans:
            inside = [instance.meetings[one].minutes for one in meetings if one in span.meetings]
            if sum(inside) > span.minutes:
                yield Breach(Broken.TOO_LONG, helper)


def _together(instance: Instance, plan: Plan) -> Iterator[Breach]:
    there: dict[int, set[int]] = defaultdict(set)
    for one in plan.proposals:
        there[instance.needs[one.need].meeting].add(one.helper)
    for meeting, helpers in there.items():
        for first, second in sorted(instance.apart):
            if first in helpers and second in helpers:
                yield Breach(Broken.NEVER_TOGETHER, first, meeting=meeting)


def _diaries(instance: Instance, plan: Plan) -> dict[int, list[int]]:
    """Helper -> meetings in the order of their beginning."""
    diaries: dict[int, list[int]] = defaultdict(list)
    for one in plan.proposals:
        diaries[one.helper].append(instance.needs[one.need].meeting)
    for meetings in diaries.values():
        meetings.sort(key=lambda number: instance.meetings[number].starts)
    return diaries


def _filled(instance: Instance, plan: Plan) -> int:
    total = 0
    for one in plan.proposals:
        need = instance.needs[one.need]
        if one.leg == DIRECT:
            each = instance.weights.head if need.cover else instance.weights.place
            total += each * need.urgency
        elif one.leg != DIRECT and one.leg % 2 == 0:
            total += instance.weights.place * need.urgency + instance.weights.relay
    return total


def _covered(instance: Instance, plan: Plan) -> int:
    helpers = Counter(one.need for one in plan.proposals)
    total = 0
    for number, need in enumerate(instance.needs):
        if not need.cover:
            continue
        spoken = _spoken(instance, plan, number)
        total += sum(worth for tag, worth in instance.worths(need).items() if tag in spoken)
        total += instance.weights.extra * max(0, helpers[number] - 1)
    return total


def _spoken(instance: Instance, plan: Plan, need: int) -> set[str]:
    there = [instance.helpers[one.helper].speaks for one in plan.proposals if one.need == need]
    return set().union(*there)


def _merits(instance: Instance, plan: Plan) -> int:
    chosen = set(plan.proposals)
    pairs = instance.pairs
    rows = instance.are_in(frozenset((p.need, p.helper) for p in chosen), pairs).nonzero()[0]
    merit = sum(
        int(pairs.merit[i])
        for i in rows
        if Proposal(int(pairs.need[i]), int(pairs.helper[i]), int(pairs.leg[i])) in chosen
    )
    kept = sum((one.need, one.helper) in instance.confirmed for one in plan.proposals)
    return merit + instance.weights.keep * kept


def _new_faces(instance: Instance, plan: Plan) -> int:
    meetings = Counter(one.series for one in instance.meetings if one.series is not None)
    seen = {
        (one.helper, series)
        for one in plan.proposals
        if (series := _meeting(instance, one).series) is not None and meetings[series] > 1
    }
    return instance.weights.new_face * len(seen - instance.faces)


def _loads(instance: Instance, plan: Plan) -> int:
    total = 0
    for helper, meetings in _diaries(instance, plan).items():
        hours = instance.helpers[helper].half_hours
        if hours is None:
            continue
        load = sum(instance.meetings[number].half_hours for number in meetings)
        for quarter, charge in enumerate(instance.weights.load, start=1):
            total += charge * max(0, load - hours * quarter // 4)
    return total


def _wholes(instance: Instance, plan: Plan) -> int:
    filled = places_filled(instance, plan)
    return sum(
        whole.worth
        for whole in instance.wholes
        if all(filled[need] >= instance.needs[need].wanted for need in whole.needs)
    )


def _meeting(instance: Instance, proposal: Proposal) -> Meeting:
    return instance.meetings[instance.needs[proposal.need].meeting]
