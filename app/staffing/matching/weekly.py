"""Plans too large to be seen at once: a linear program for each week, one plan for all of them.

The proof is Lagrange's. What runs through the weeks is shared out among them at fixed prices: a new
face costs its part in each week that the series meets, a half hour costs what the next one costs at
the load that somebody has anyway. Whatever the prices, the weeks' bounds add up to a true bound.
Each week sees its most promising pairs; all others are checked against the prices that come out,
those that would help are let in, and what the best of them could still add is added to the bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from app.staffing.matching.checker import value
from app.staffing.matching.ejections import Chains
from app.staffing.matching.highs import Relaxation, Relaxed, Stop, Stopped
from app.staffing.matching.instance import DIRECT, Bools, Instance, Ints, Plan, Proposal
from app.staffing.matching.model import Floats, Model, OneWeek, model_of
from app.staffing.matching.quick_bound import quick_bound
from app.staffing.matching.repair import reopened, rows_of
from app.staffing.matching.roster import Roster, fill_up
from app.staffing.matching.solving import NEAR, Progress, Stage, greedy, pinned

PROMISING = 10
"""Pairs of each place that a week sees at first; thrice as many are let in at once, at most."""
ROUNDS = 3
"""Rounds of each week's linear program, before others are let in."""
LET_IN = 2
"""Times that a week lets in pairs that it had not seen."""
CHAINS = 4
"""Places given by ejection chains, for each need, before the first week and after each stage."""
AT_ONCE = 5000
"""How many of them between two looks at the clock."""
NODES = 20
NEXT_TOWN = 60
"""Minutes of travel from which on a place is in another town."""


def plans_by_week(
    instance: Instance,
    *,
    start: Plan | None = None,
    seed: int = 0,
    steps: int = 40,
    promising: int = PROMISING,
    stop: Stop | None = None,
) -> Iterator[Progress]:
    """Like `plans`, for instances whose one linear program would be too large: of each place a
    week sees the *promising* pairs first.

    What counts only as a whole may lie in several weeks, so it is refused here.
    """
    if instance.wholes:
        raise ValueError("wholes cannot be planned week by week")
    search = _Weeks(instance, seed, stop, promising)
    with suppress(Stopped):
        yield from search.run(start, steps)
    if search.plan is not None:
        yield search.told(search.stage)


@dataclass(frozen=True, slots=True)
class _Week:
    """What the linear program of one week says of the pairs that it saw."""

    rows: Ints
    values: Floats
    reduced: Floats
    bound: float


class _Weeks:
    def __init__(self, instance: Instance, seed: int, stop: Stop | None, promising: int) -> None:
        self.instance, self.seed, self.stop, self.promising = instance, seed, stop, promising
        self.pairs = instance.allowed
        self.meeting = instance.meeting_of[self.pairs.need]
        self.week_of = instance.week_of[self.meeting]
        self.half_hours = np.array([one.half_hours for one in instance.meetings])
        self.wanted = instance.wanted[self.pairs.need]
        self.seen = self._promising()
        self.plan: Plan | None = None
        self.worth = 0
        self.bound = quick_bound(instance)
        self.stage = Stage.GREEDY
        self.step = 0

    def run(self, start: Plan | None, steps: int) -> Iterator[Progress]:
        self.offer(greedy(self.small(), start), Stage.GREEDY)
        yield self.told(Stage.GREEDY)
        yield from self._chained(self.small())
        prices = self._prices()
        weeks = [self._solved(int(week), prices) for week in np.unique(self.week_of)]
        bound = math.floor(sum(one.bound for one in weeks) + self._constant(prices) + 1e-3)
        self.bound = min(self.bound, bound)
        if not weeks:
            return
        rows = np.concatenate([one.rows for one in weeks])
        values = np.concatenate([one.values for one in weeks])
        reduced = np.concatenate([one.reduced for one in weeks])
        small, order = self.small(), np.argsort(rows)
        rows, values, reduced = rows[order], values[order], reduced[order]
        self.offer(self._rounded(small, values, reduced), Stage.ROUNDED)
        yield self.told(Stage.ROUNDED)
        yield from self._chained(small)
        unsure = (values > 1e-6) | (reduced > -NEAR)
        meeting = small.meeting_of[small.allowed.need]
        day = np.array([one.starts // (24 * 60) for one in small.meetings])
        town = _towns(small)[np.array([one.place for one in small.meetings])]
        week_and_town = small.week_of * (int(town.max(initial=0)) + 1) + town
        yield from self._improved(small, unsure, day[meeting], steps)
        yield from self._improved(small, unsure, week_and_town[meeting], steps)
        yield from self._chained(small)

    def _chained(self, small: Instance) -> Iterator[Progress]:
        """Ejection chains from the best plan."""
        if self.plan is None or (self.stop is not None and self.stop()):
            return
        chains = Chains(small, self.plan, seed=self.seed)
        whole = CHAINS * len(self.instance.needs)
        for done in range(0, whole, AT_ONCE):
            more = chains.go_on(min(AT_ONCE, whole - done))
            if self.offer(chains.plan, Stage.IMPROVED):
                yield self.told(Stage.IMPROVED)
            if not more or (self.stop is not None and self.stop()):
                return

    def told(self, stage: Stage) -> Progress:
        assert self.plan is not None
        return Progress(self.plan, self.worth, self.bound, stage, self.step)

    def offer(self, plan: Plan, stage: Stage) -> bool:
        worth = value(self.instance, plan)
        if self.plan is not None and worth <= self.worth:
            return False
        self.plan, self.worth, self.stage = plan, worth, stage
        return True

    def small(self) -> Instance:
        """The instance of the pairs seen so far: all plans are made from these."""
        return self.instance.but(pairs=self.pairs.only(self.seen), bans=frozenset())

    def _promising(self) -> Bools:
        """The dearest pairs of each need, equals by lot, and everything promised or pinned."""
        dice = np.random.default_rng(self.seed)
        lot = dice.random(len(self.pairs))
        rank = self._rank(np.arange(len(self.pairs)), self.instance.gains + lot)
        chosen = (self.pairs.leg != DIRECT) | (rank < self.promising * self.wanted)
        for named in (self.instance.confirmed, self.instance.pins):
            chosen |= self.instance.are_in(named, self.pairs)
        return np.asarray(chosen)

    def _rank(self, rows: Ints, worth: Floats) -> Ints:
        """Which place each of *rows* takes among those of its need, the dearest first."""
        order = np.lexsort((rows, -worth, self.pairs.need[rows]))
        needs = self.pairs.need[rows][order]
        rank = np.zeros(len(rows), dtype=np.int64)
        rank[order] = np.arange(len(rows)) - np.searchsorted(needs, needs)
        return rank

    def _prices(self) -> OneWeek:
        """A face's price in equal parts; a half hour at what it costs at the present load."""
        series = self.instance.series_of
        meets = np.unique(np.stack([series, self.instance.week_of])[:, series >= 0], axis=1)
        weeks = np.bincount(meets[0], minlength=int(series.max(initial=0)) + 1)
        roster = Roster(self.instance, self.plan)
        price = np.zeros(len(self.instance.helpers), dtype=np.int64)
        for helper, one in enumerate(self.instance.helpers):
            if one.half_hours is not None:
                edges = [one.half_hours * quarter // 4 for quarter in (1, 2, 3)]
                passed = sum(roster.load[helper] >= edge for edge in edges)
                price[helper] = sum(self.instance.weights.load[:passed])
        return OneWeek(1.0 / np.maximum(1, weeks), price)

    def _constant(self, prices: OneWeek) -> int:
        """What the prices of load charge too much, for all weeks together."""
        total = 0
        for helper, one in enumerate(self.instance.helpers):
            if one.half_hours is None or not prices.load_price[helper]:
                continue
            charged = 0
            for quarter, charge in enumerate(self.instance.weights.load, start=1):
                charged += charge
                if charged < prices.load_price[helper]:
                    break
                total -= charge * (one.half_hours * quarter // 4)
        return total

    def _solved(self, week: int, prices: OneWeek) -> _Week:
        """The linear program of one week, with whoever was overlooked let in."""
        inside = np.flatnonzero(self.week_of == week)
        again = 0
        while True:
            rows = inside[self.seen[inside]]
            model = model_of(self.instance, rows, prices)
            relaxed = self._relaxed(model)
            others = inside[~self.seen[inside]]
            worth = self._worth_of(others, rows, model, relaxed, prices)
            rank = self._rank(others, worth)
            let_in = (worth > 1e-6) & (rank < 3 * self.promising * self.wanted[others])
            if again == LET_IN:
                break
            again = again + 1 if let_in.any() else LET_IN
            self.seen[others[let_in]] = True
        missed = self._missed(others, worth, rank, week)
        reduced = relaxed.reduced[: model.whole]
        return _Week(rows, relaxed.values[: model.whole], reduced, relaxed.bound + missed)

    def _missed(self, rows: Ints, worth: Floats, rank: Ints, week: int) -> float:
        """What the pairs that were not seen can add at most: to each need no more than it wants,
        to each helper no more than fits into the hours left."""
        extra = np.maximum(worth, 0.0)
        by_need = float(extra[rank < self.wanted[rows]].sum())
        helper = self.pairs.helper[rows]
        minutes = self.instance.minutes[self.meeting[rows]]
        order = np.lexsort((-extra / minutes, helper))
        spent = np.cumsum(minutes[order])
        begins = np.searchsorted(helper[order], helper[order])
        before = spent - minutes[order] - (spent[begins] - minutes[order][begins])
        room = np.array([one.minutes_left(week) for one in self.instance.helpers])
        by_helper = float(extra[order][before < room[helper[order]]].sum())
        return min(by_need, by_helper)

    def _relaxed(self, model: Model) -> Relaxed:
        relaxation = Relaxation(model, stop=self.stop)
        relaxed = relaxation.solved()
        for _ in range(ROUNDS):
            if relaxed.complete:
                break
            relaxed = relaxation.solved()
        return relaxed

    def _worth_of(
        self, rows: Ints, seen: Ints, model: Model, relaxed: Relaxed, prices: OneWeek
    ) -> Floats:
        """What each pair that the model does not have would add at its prices, at most."""
        pairs, meeting = self.pairs.only(rows), self.meeting[rows]
        helpers = len(self.instance.helpers)
        worth = self.instance.gains[rows].astype(np.float64)
        worth += prices.load_price[pairs.helper] * self.half_hours[meeting]
        worth -= _by_key(model, relaxed, "need", len(self.instance.needs))[pairs.need]
        several = int(self.instance.week_of.max(initial=0)) + 1
        paid = _by_key(model, relaxed, "hours", helpers * several)
        worth -= paid[pairs.helper * several + self.week_of[rows]] * self.instance.minutes[meeting]
        worth += self._cover_prices(model, relaxed, pairs.need, pairs.helper)
        earned, places = self._place_prices(seen, np.maximum(0.0, relaxed.reduced[: model.whole]))
        worth -= places[pairs.need]
        return worth - self._time_prices(rows, seen, model, relaxed, worth, earned)

    def _place_prices(self, seen: Ints, earned: Floats) -> tuple[Floats, Floats]:
        """Where as many pairs earn above their prices as a need wants, the least of that is the
        price of a place there: the bound stays, and who was not seen has to pay it. What the seen
        pairs earn beyond that, and the price at each need."""
        prices = np.zeros(len(self.instance.needs))
        last = self._rank(seen, earned) == self.wanted[seen] - 1
        prices[self.pairs.need[seen[last]]] = earned[last]
        return np.maximum(0.0, earned - prices[self.pairs.need[seen]]), prices

    def _time_prices(
        self,
        rows: Ints,
        seen: Ints,
        model: Model,
        relaxed: Relaxed,
        worth: Floats,
        earned: Floats,
    ) -> Floats:
        """What a helper's time costs at the meeting of each of *rows*.

        What a seen pair earns above its prices is the price of the time that it takes: paid once,
        for a group of meetings, it keeps the bound as it is and makes the others there dearer.
        """
        assert model.groups is not None
        count = max(1, model.groups.count)
        paid = _by_key(model, relaxed, "overlap", len(self.instance.helpers) * count)
        position, group = model.groups.of(self.meeting[rows])
        key = self.pairs.helper[rows][position] * count + group
        left = worth - np.bincount(position, weights=paid[key], minlength=len(rows))
        asked = np.bincount(key, weights=np.maximum(0.0, left)[position], minlength=len(paid))
        earning = np.flatnonzero(earned > 1e-6)
        taken, taken_group = model.groups.of(self.meeting[seen[earning]])
        taken_key = self.pairs.helper[seen[earning]][taken] * count + taken_group
        order = np.lexsort((-asked[taken_key], taken))
        _, first = np.unique(taken[order], return_index=True)
        best = taken_key[order][first]
        np.add.at(paid, best, earned[earning[taken[order][first]]])
        prices = np.bincount(position, weights=paid[key], minlength=len(rows))
        return prices.astype(np.float64)

    def _cover_prices(self, model: Model, relaxed: Relaxed, need: Ints, helper: Ints) -> Floats:
        """What a helper's languages bring in `cover` needs, less what another head costs."""
        brought = np.zeros(len(need))
        for number in np.flatnonzero(self.instance.is_cover):
            here = np.flatnonzero(need == number)
            if not len(here):
                continue
            brought[here] -= _price(model, relaxed, f"extra {number}", 0)
            for tag, worth in self.instance.worths(self.instance.needs[int(number)]).items():
                price = _price(model, relaxed, f"cover {number} {tag}", worth)
                if price:
                    speaks = [tag in self.instance.helpers[int(h)].speaks for h in helper[here]]
                    brought[here] += price * np.array(speaks)
        return brought

    def _rounded(self, small: Instance, values: Floats, reduced: Floats) -> Plan:
        """One plan for all weeks from the weeks' fractions: the surest pairs first."""
        roster = pinned(small) if small.pins else Roster(small)
        likely = np.flatnonzero(values > 1e-6)
        likely = likely[np.lexsort((-small.gains[likely], -np.round(values[likely], 6)))]
        near = np.flatnonzero((values <= 1e-6) & (reduced > -400.0))
        near = near[np.argsort(-small.gains[near], kind="stable")]
        for order in (likely, near):
            chosen = small.allowed.only(order)
            columns = (chosen.need, chosen.helper, chosen.leg, small.gains[order])
            rows = zip(*(column.tolist() for column in columns), strict=True)
            fill_up(roster, ((Proposal(n, h, leg), gain) for n, h, leg, gain in rows))
        return roster.plan

    def _improved(
        self, small: Instance, unsure: Bools, part_of: Ints, steps: int
    ) -> Iterator[Progress]:
        """Each part by itself, solved exactly where the linear program is not sure."""
        pairs = small.allowed
        for part in np.unique(part_of)[:steps]:
            if self.stop is not None and self.stop():
                return
            assert self.plan is not None
            self.step += 1
            opened = np.flatnonzero((part_of == part) & unsure)
            chosen = rows_of(small, self.plan)
            opened = np.union1d(opened, chosen[part_of[chosen] == part])
            concerned = np.isin(pairs.helper[chosen], np.unique(pairs.helper[opened]))
            fixed = chosen[concerned & (part_of[chosen] != part)]
            better = reopened(small, self.plan, opened, fixed, nodes=NODES)
            if self.offer(better, Stage.IMPROVED):
                yield self.told(Stage.IMPROVED)


def _towns(instance: Instance) -> Ints:
    """Place -> town: places that are near one another, by way of others or not, share one."""
    town = np.arange(len(instance.travel))
    for place, ways in enumerate(instance.travel):
        near = np.flatnonzero(ways < NEXT_TOWN)
        town[np.isin(town, town[np.append(near, place)])] = town[place]
    return np.unique(town, return_inverse=True)[1].astype(np.int64)


def _by_key(model: Model, relaxed: Relaxed, name: str, many: int) -> Floats:
    """Key -> the price of its row; rows that are missing cost nothing."""
    prices = np.zeros(many)
    if name in model.blocks:
        block = model.blocks[name]
        prices[block.keys] = relaxed.row_prices[block.first : block.first + len(block.keys)]
    return prices


def _price(model: Model, relaxed: Relaxed, name: str, otherwise: float) -> float:
    """The price of a row that stands alone, or what holds where the model has none."""
    block = model.blocks.get(name)
    return otherwise if block is None else float(relaxed.row_prices[block.first])
