"""From the first good plan to the best: plan after plan, each with the proof of how far it can be
from the best possible. Stop whenever you like; go on from any plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from app.staffing.matching.checker import value
from app.staffing.matching.ejections import Chains
from app.staffing.matching.highs import (
    Infeasible,
    Relaxation,
    Relaxed,
    Stop,
    Stopped,
    best_whole,
    without,
)
from app.staffing.matching.instance import (
    DIRECT,
    Bools,
    Instance,
    Ints,
    PinsContradict,
    Plan,
    Proposal,
)
from app.staffing.matching.model import Floats, Model, columns_of, model_of
from app.staffing.matching.neighbourhoods import neighbourhoods, slice_count, slices
from app.staffing.matching.quick_bound import quick_bound
from app.staffing.matching.roster import Roster, add_relays, fill_up, keep_what_fits

LARGE = 1000
"""Up to so many pairs no chains are tried before the exact model."""
EARLY_CHAINS = 5000
"""Places given by ejection chains before the linear program."""
FULL = 5.0
"""Places of a helper and week from which on rosters count as full: there chains go on first."""
PATIENCE = 20
"""How often they go on without finding anything."""
MORE_CHAINS = 1000
"""Places given by chains between two neighbourhoods."""
EARLY_ROUNDS = 3
"""Rounds of the linear program before every row of a face is taken in."""
ROUNDS = 60
"""Rounds of the linear program at most."""
NEAR = 60.0
"""Pairs that the linear program leaves out for less than this stay in the small exact model."""
ROUNDED_CHAINS = 2000
"""Places given by chains from the plan nearest to the linear program."""
UNSURE = 8.0
"""Pairs that it leaves out for less than this are open when its plan is searched week by week."""
SMALL = 4000
"""Up to so many pairs the whole model is solved exactly at once."""
MOST_NODES = 5000
"""Branches at most in the last one, of everything that could still be in a better plan."""
BEFORE_CLOSING = 3
"""Times as many neighbourhoods as there are weeks and weekdays, before that: the better the plan,
the fewer pairs are left to look at."""
DEMAND = 10
"""What it costs the first plan to take somebody, for each place that only they could fill."""
NODES = 50
"""Branches at most in one small exact model."""


class Stage(StrEnum):
    """How a plan was found."""

    GREEDY = "greedy"
    ROUNDED = "rounded"
    RELAXED = "relaxed"
    IMPROVED = "improved"
    PROVED = "proved"


@dataclass(frozen=True, slots=True)
class Progress:
    """The best plan so far; no plan is worth more than *bound*."""

    plan: Plan
    value: int
    bound: int
    stage: Stage
    step: int = 0
    """How many neighbourhoods have been searched: with the plan, enough to go on from here."""

    @property
    def gap(self) -> float:
        """How far from the best possible this plan is at most, as a fraction."""
        if self.bound <= self.value:
            return 0.0
        return (self.bound - self.value) / max(1, abs(self.bound))

    @property
    def is_best(self) -> bool:
        return self.bound <= self.value


def plans(
    instance: Instance,
    *,
    start: Plan | None = None,
    seed: int = 0,
    step: int = 0,
    steps: int = 40,
    small: int = SMALL,
    large: int = LARGE,
    stop: Stop | None = None,
) -> Iterator[Progress]:
    """Better and better plans; the last one is the best found, or proved to be the best.

    *start* and *step* resume an earlier search; *steps* is how many neighbourhoods to search in
    all; up to *small* pairs are solved at once, beyond *large* chains come first. The same
    arguments give the same plans, as far as nobody stops.
    """
    if unknown := instance.pins - _named(instance):
        raise PinsContradict(sorted(unknown))
    search = _Search(instance, seed, stop, small, large)
    try:
        yield from search.run(start, step, steps)
    except Infeasible as error:
        raise PinsContradict(sorted(instance.pins)) from error
    except Stopped:
        if search.best is not None:
            yield search.told(search.stage, search.step)


def best_plan(instance: Instance, *, seed: int = 0, steps: int = 40) -> Progress:
    """The last and best of `plans`."""
    *_, last = plans(instance, seed=seed, steps=steps)
    return last


@dataclass
class _Search:
    """What is known while the search goes on."""

    instance: Instance
    seed: int
    stop: Stop | None
    small: int
    large: int
    best: Plan | None = None
    worth: int = 0
    bound: int = field(init=False)
    stage: Stage = Stage.GREEDY
    step: int = 0
    model: Model = field(init=False)
    chains: Chains | None = None
    chained_worth: int = 0
    """What the best plan was worth when the chains left it; others may have found a better one."""

    def __post_init__(self) -> None:
        self.bound = quick_bound(self.instance)

    def run(self, start: Plan | None, step: int, steps: int) -> Iterator[Progress]:
        self.step = step
        if self.offer(greedy(self.instance, start), Stage.GREEDY):
            yield self.told(Stage.GREEDY)
        self.stop_if_asked()
        if len(self.instance.allowed) > self.large and not self.instance.wholes:
            yield from self.early_chains()
            if self.is_done:
                return
        self.model = model_of(self.instance)
        if self.model.whole <= self.small:
            yield from self.exactly(NODES)
            if self.is_done:
                return
        relaxation = Relaxation(self.model, stop=self.stop)
        relaxed = relaxation.solved()
        for number in range(1, ROUNDS):
            if self.tighten(relaxed.bound) and self.best is not None:
                yield self.told(self.stage)
            if relaxed.complete or self.is_done:
                break
            if number == EARLY_ROUNDS:
                relaxation.with_all("face")
            relaxed = relaxation.solved()
        self.tighten(relaxed.bound)
        yield from self.rounded(relaxed)
        yield from self.improve(relaxed, min(steps, BEFORE_CLOSING * slice_count(self.instance)))
        if not self.is_done and steps:
            yield from self.close(relaxed)
        yield from self.improve(relaxed, steps)

    def stop_if_asked(self) -> None:
        if self.stop is not None and self.stop():
            raise Stopped

    @property
    def is_done(self) -> bool:
        return self.best is not None and self.worth >= self.bound

    def told(self, stage: Stage, step: int | None = None) -> Progress:
        assert self.best is not None
        self.stage = Stage.PROVED if self.is_done else stage
        return Progress(
            self.best, self.worth, self.bound, self.stage, self.step if step is None else step
        )

    def offer(self, plan: Plan, stage: Stage) -> bool:
        """Take *plan* if it is the best so far and keeps the pins."""
        named = {(one.need, one.helper) for one in plan.proposals}
        if self.instance.pins - named:
            return False
        worth = value(self.instance, plan)
        if self.best is not None and worth <= self.worth:
            return False
        self.best, self.worth, self.stage = plan, worth, stage
        return True

    def tighten(self, bound: float) -> bool:
        """Take a lower *bound*; every plan is worth a whole number. (Of a search that was stopped
        early it is infinite.)"""
        whole = math.floor(min(bound, self.bound) + 1e-4)
        if whole >= self.bound:
            return False
        self.bound = whole
        return True

    def early_chains(self) -> Iterator[Progress]:
        """Ejection chains, for longer where rosters are full and a linear program sees little."""
        yield from self.chained(EARLY_CHAINS)
        barren = 0
        while self.has_full_rosters and barren < PATIENCE and not self.is_done:
            before = self.worth
            yield from self.chained(EARLY_CHAINS)
            barren = 0 if self.worth > before else barren + 1

    @property
    def has_full_rosters(self) -> bool:
        if self.best is None:
            return False
        instance = self.instance
        meetings = [instance.needs[one.need].meeting for one in self.best.proposals]
        weeks = {
            (one.helper, int(instance.week_of[meeting]))
            for one, meeting in zip(self.best.proposals, meetings, strict=True)
        }
        return len(meetings) >= FULL * max(1, len(weeks))

    def chained(self, steps: int) -> Iterator[Progress]:
        """Follow ejection chains for a while, from the best plan."""
        self.stop_if_asked()
        if self.best is None or self.instance.wholes:
            return
        if self.chains is None or self.chained_worth != self.worth:
            self.chains = Chains(self.instance, self.best, seed=self.seed)
        self.chains.go_on(steps)
        if self.offer(with_relays(self.instance, self.chains.plan), Stage.IMPROVED):
            yield self.told(Stage.IMPROVED)
        self.chained_worth = self.worth

    def exactly(self, nodes: int) -> Iterator[Progress]:
        """The whole model at once."""
        start = None if self.best is None else columns_of(self.model, self.best)
        found = best_whole(self.model, start=start, nodes=nodes, seed=self.seed, stop=self.stop)
        self.tighten(found.bound)
        if found.values is not None:
            self.offer(plan_of(self.model, found.values), Stage.RELAXED)
        if self.best is not None:
            yield self.told(Stage.RELAXED)
        self.stop_if_asked()

    def rounded(self, relaxed: Relaxed) -> Iterator[Progress]:
        """The plan nearest to the linear program, then searched week by week."""
        if self.offer(self.completed(relaxed).plan, Stage.ROUNDED):
            yield self.told(Stage.ROUNDED)
        yield from self.chained(ROUNDED_CHAINS)
        if not self.is_done:
            yield from self.by_weeks(relaxed)

    def by_weeks(self, relaxed: Relaxed) -> Iterator[Progress]:
        """Relax and fix: week by week, what the linear program is not sure of is solved exactly;
        the other weeks stay as they are."""
        if self.best is None:
            yield from self.fixed(relaxed)
        unsure = relaxed.reduced[: self.model.whole] > -UNSURE
        unsure |= relaxed.values[: self.model.whole] > 1e-6
        weeks = self.instance.week_of[self.instance.meeting_of[self.model.pairs.need]]
        for week in slices(self.model, weeks):
            if self.best is not None:
                mine = columns_of(self.model, self.best)
                yield from self.around(week(mine) & unsure, relaxed)

    def completed(self, relaxed: Relaxed) -> Roster:
        """The plan nearest to the fractions: the surest pairs first, then whatever still fits."""
        roster = pinned(self.instance)
        values = relaxed.values[: self.model.whole]
        likely = np.flatnonzero(values > 1e-6)
        order = likely[np.lexsort((likely, -self.model.cost[likely], -np.round(values[likely], 6)))]
        fill_up(roster, self.offers(order))
        add_whole_relays(roster)
        near = np.flatnonzero((values <= 1e-6) & (relaxed.reduced[: self.model.whole] > -400.0))
        fill_up(roster, self.offers(near[np.argsort(-self.model.cost[near], kind="stable")]))
        return roster

    def offers(self, columns: Ints) -> Iterator[tuple[Proposal, int]]:
        """The pairs of *columns* as proposals, each with what it earns by itself."""
        pairs = self.model.pairs.only(columns)
        gains = self.instance.gains[columns]
        rows = zip(
            pairs.need.tolist(),
            pairs.helper.tolist(),
            pairs.leg.tolist(),
            gains.tolist(),
            strict=True,
        )
        for need, helper, leg, gain in rows:
            yield Proposal(need, helper, leg), gain

    def fixed(self, relaxed: Relaxed) -> Iterator[Progress]:
        """Relax and fix: what the linear program is sure of stays, the rest is solved exactly."""
        values = relaxed.values[: self.model.whole]
        sure = pinned(self.instance)
        certain = np.flatnonzero(values > 1 - 1e-6)
        fill_up(sure, self.offers(certain[np.argsort(-self.model.cost[certain], kind="stable")]))
        settled = columns_of(self.model, sure.plan)
        free = relaxed.reduced > -NEAR
        free[self.model.whole :] = True
        free[: self.model.whole] |= values > 1e-6
        free[: self.model.whole] |= self.model.pairs.leg != DIRECT
        free[settled] = False
        yield from self.solved_within(free, settled, Stage.RELAXED)

    def solved_within(self, free: Bools, ones: Ints, stage: Stage) -> Iterator[Progress]:
        """The best plan that has the pairs *ones*, and besides only *free* ones."""
        settled = np.zeros(len(self.model.cost))
        settled[ones] = 1.0
        part, kept = without(self.model, free, settled)
        if part.whole == 0:  # nothing is left to choose
            if self.offer(plan_of(self.model, settled), stage):
                yield self.told(stage)
            return
        start = None
        if self.best is not None:
            mine = columns_of(self.model, self.best)
            place = np.searchsorted(kept, mine)
            inside = (place < part.whole) & (kept[np.minimum(place, len(kept) - 1)] == mine)
            if len(np.setdiff1d(mine[~inside], ones)) == 0 and np.isin(ones, mine).all():
                start = place[inside]
        found = best_whole(part, start=start, nodes=NODES, seed=self.seed, stop=self.stop)
        if found.values is None:
            self.stop_if_asked()
            return
        full = settled.copy()
        full[kept] = found.values
        if self.offer(plan_of(self.model, full), stage):
            yield self.told(stage)

    def improve(self, relaxed: Relaxed, steps: int) -> Iterator[Progress]:
        """Search one neighbourhood after the other, each exactly."""
        places = neighbourhoods(self.instance, self.model, relaxed.values, self.seed)
        for number, place in enumerate(places):
            if number >= steps or self.is_done or self.best is None:
                break
            if number < self.step:
                continue
            self.stop_if_asked()
            self.step = number + 1
            yield from self.around(place(columns_of(self.model, self.best)), relaxed)
            yield from self.chained(MORE_CHAINS)
        if self.best is not None:
            yield self.told(self.stage)

    def close(self, relaxed: Relaxed) -> Iterator[Progress]:
        """Whatever could still be in a better plan, all at once: a better plan comes of it, or a
        better proof that there is none."""
        assert self.best is not None
        mine = columns_of(self.model, self.best)
        free = np.ones(len(self.model.cost), dtype=np.bool_)
        hopeless = relaxed.reduced[: self.model.whole] < -(relaxed.bound - self.worth)
        free[: self.model.whole] = ~hopeless
        free[mine] = True
        part, kept = without(self.model, free, np.zeros(len(free)))
        start = np.searchsorted(kept, mine)
        found = best_whole(part, start=start, nodes=MOST_NODES, seed=self.seed, stop=self.stop)
        before = self.worth
        if found.values is not None:
            full = np.zeros(len(free))
            full[kept] = found.values
            self.offer(plan_of(self.model, full), Stage.IMPROVED)
        self.tighten(max(found.bound, before))
        yield self.told(self.stage)

    def around(self, open_: Bools, relaxed: Relaxed) -> Iterator[Progress]:
        """Solve exactly over the *open* pairs, without those that cannot be in a better plan."""
        assert self.best is not None
        mine = columns_of(self.model, self.best)
        free = np.ones(len(self.model.cost), dtype=np.bool_)
        hopeless = relaxed.reduced[: self.model.whole] < -(relaxed.bound - self.worth)
        free[: self.model.whole] = open_ & ~hopeless
        free[mine] = open_[mine]
        yield from self.solved_within(free, mine[~open_[mine]], Stage.IMPROVED)


def pinned(instance: Instance) -> Roster:
    """A roster with the pins, each in the first way that fits beside the others; where that loses
    one, as with half of a relay whose other half could also come alone, exactly. Raises
    `PinsContradict`."""
    if not instance.pins:
        return Roster(instance)
    ways = (one for one in sorted(instance.earned) if (one.need, one.helper) in instance.pins)
    roster = keep_what_fits(instance, ways)
    if instance.pins == {(one.need, one.helper) for one in roster.proposals}:
        return roster
    pairs = instance.allowed
    concerned = instance.are_in(instance.pins, pairs)
    relays = pairs.leg[concerned & (pairs.leg != DIRECT)] // 2
    concerned |= (pairs.leg != DIRECT) & np.isin(pairs.leg // 2, relays)
    model = model_of(instance, np.flatnonzero(concerned))
    try:
        found = best_whole(model)
    except Infeasible as error:
        raise PinsContradict(sorted(instance.pins)) from error
    if found.values is None or instance.pins - _named(instance):
        raise PinsContradict(sorted(instance.pins))
    return Roster(instance, plan_of(model, found.values))


def greedy(instance: Instance, start: Plan | None = None) -> Plan:
    """The pins, what still stands of *start*, then need by need, those for whom fewest are there
    first; each takes whoever is least wanted elsewhere."""
    roster = pinned(instance)
    if start is not None:
        kept = [one for one in start.proposals if one in instance.earned]
        for one in kept:
            if one.leg == DIRECT and one not in roster.proposals and roster.fits(one):
                roster.add(one)
        _add_relays_of(roster, kept)
    fill_up(roster, _scarcest_first(instance))
    add_whole_relays(roster)
    return roster.plan


def _scarcest_first(instance: Instance) -> Iterator[tuple[Proposal, int]]:
    """The pairs need by need, each with what it earns by itself."""
    pairs = instance.allowed
    direct = pairs.leg == DIRECT
    offers = np.bincount(pairs.need[direct], minlength=len(instance.needs))
    asked = instance.wanted * instance.urgency / np.maximum(1, offers)
    wanted = np.bincount(
        pairs.helper[direct], weights=asked[pairs.need[direct]], minlength=len(instance.helpers)
    )
    worth = instance.gains - DEMAND * wanted[pairs.helper]
    order = np.lexsort((pairs.helper, -worth, pairs.need, -asked[pairs.need]))
    order = order[direct[order]]
    columns = (pairs.need[order], pairs.helper[order], instance.gains[order])
    for need, helper, own in zip(*(column.tolist() for column in columns), strict=True):
        yield Proposal(need, helper), own


def with_relays(instance: Instance, plan: Plan) -> Plan:
    """*plan*, and two people together where they can fill a place that it leaves empty."""
    if not instance.relays:
        return plan
    roster = Roster(instance, plan)
    add_whole_relays(roster)
    return roster.plan


def add_whole_relays(roster: Roster) -> None:
    """Where a place is still empty, the first two people who can fill it together."""
    _add_relays_of(roster, [one for one in sorted(roster.instance.earned) if one.leg != DIRECT])


def _add_relays_of(roster: Roster, proposals: list[Proposal]) -> None:
    relays: dict[int, list[Proposal]] = {}
    for one in proposals:
        if one.leg != DIRECT and one not in roster.proposals:
            relays.setdefault(one.leg // 2, []).append(one)
    for _, legs in sorted(relays.items()):
        add_relays(roster, legs)


def plan_of(model: Model, values: Floats) -> Plan:
    """The plan that *values* stand for."""
    chosen = model.pairs.only(np.flatnonzero(values[: model.whole] > 0.5))
    rows = zip(chosen.need.tolist(), chosen.helper.tolist(), chosen.leg.tolist(), strict=True)
    return Plan.of(Proposal(*row) for row in rows)


def _named(instance: Instance) -> set[tuple[int, int]]:
    pairs = instance.allowed
    return set(zip(pairs.need.tolist(), pairs.helper.tolist(), strict=True))
