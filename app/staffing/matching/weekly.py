"""Plans too large to be seen at once: a linear program for each week, one plan for all of them.

The proof is Lagrange's. What runs through the weeks is shared out among them at fixed prices: a new
face costs its part in each week that the series meets, a half hour costs what the next one costs at
the load that somebody has anyway. Whatever the prices, the weeks' bounds add up to a true bound.
Each week sees its most promising pairs; all others are checked against the prices that come out,
those that would help are let in, and what they could still add is added to the bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from app.staffing.matching.checker import value
from app.staffing.matching.highs import Relaxation, Relaxed, Stop, Stopped
from app.staffing.matching.instance import Bools, Instance, Ints, Plan, Proposal
from app.staffing.matching.model import Floats, Model, OneWeek, model_of
from app.staffing.matching.repair import reopened, rows_of
from app.staffing.matching.roster import Roster, fill_up
from app.staffing.matching.solving import NEAR, Progress, Stage, greedy, pinned

PROMISING = 10
"""Pairs of each place that a week sees at first."""
ROUNDS = 5
"""Rounds of each week's linear program."""
LET_IN = 2
"""Times that a week lets in pairs that it had not seen."""
NODES = 20


def plans_by_week(
    instance: Instance,
    *,
    start: Plan | None = None,
    seed: int = 0,
    steps: int = 40,
    stop: Stop | None = None,
) -> Iterator[Progress]:
    """Like `plans`, for instances whose linear program does not fit: relays and wholes apart."""
    search = _Weeks(instance, seed, stop)
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
    def __init__(self, instance: Instance, seed: int, stop: Stop | None) -> None:
        self.instance, self.seed, self.stop = instance, seed, stop
        self.pairs = instance.allowed
        self.meeting = instance.meeting_of[self.pairs.need]
        self.week_of = instance.week_of[self.meeting]
        self.half_hours = np.array([one.half_hours for one in instance.meetings])
        self.seen = self._promising()
        self.plan: Plan | None = None
        self.worth = 0
        self.bound: int | None = None
        self.stage = Stage.GREEDY

    def run(self, start: Plan | None, steps: int) -> Iterator[Progress]:
        self.offer(greedy(self.small(), start), Stage.GREEDY)
        yield self.told(Stage.GREEDY)
        prices = self._prices()
        weeks = [self._solved(int(week), prices) for week in np.unique(self.week_of)]
        self.bound = math.floor(sum(one.bound for one in weeks) + self._constant(prices) + 1e-3)
        rows = np.concatenate([one.rows for one in weeks])
        values = np.concatenate([one.values for one in weeks])
        reduced = np.concatenate([one.reduced for one in weeks])
        small, order = self.small(), np.argsort(rows)
        rows, values, reduced = rows[order], values[order], reduced[order]
        self.offer(self._rounded(small, values, reduced), Stage.ROUNDED)
        yield self.told(Stage.ROUNDED)
        yield from self._improved(small, (values > 1e-6) | (reduced > -NEAR), steps)

    def told(self, stage: Stage, step: int = 0) -> Progress:
        assert self.plan is not None
        return Progress(self.plan, self.worth, self.bound, stage, step)

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
        order = np.lexsort((lot, -self.instance.gains, self.pairs.need))
        needs = self.pairs.need[order]
        first = np.searchsorted(needs, needs)
        rank = np.arange(len(needs)) - first
        chosen = np.zeros(len(self.pairs), dtype=np.bool_)
        chosen[order[rank < PROMISING * self.instance.wanted[needs]]] = True
        for named in (self.instance.confirmed, self.instance.pins):
            chosen |= self.instance.are_in(named, self.pairs)
        return chosen

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
        for again in range(LET_IN + 1):
            rows = inside[self.seen[inside]]
            model = model_of(self.instance, rows, prices)
            relaxed = self._relaxed(model)
            others = inside[~self.seen[inside]]
            worth = self._worth_of(others, model, relaxed, prices)
            if again == LET_IN or not (worth > 1e-6).any():
                break
            self.seen[others[worth > 1e-6]] = True
        missed = float(np.maximum(worth, 0.0).sum())
        reduced = relaxed.reduced[: model.whole]
        return _Week(rows, relaxed.values[: model.whole], reduced, relaxed.bound + missed)

    def _relaxed(self, model: Model) -> Relaxed:
        relaxation = Relaxation(model, stop=self.stop)
        relaxed = relaxation.solved()
        for _ in range(ROUNDS):
            if relaxed.complete:
                break
            relaxed = relaxation.solved()
        return relaxed

    def _worth_of(self, rows: Ints, model: Model, relaxed: Relaxed, prices: OneWeek) -> Floats:
        """What each pair that the model does not have would add at its prices, at most."""
        pairs, meeting = self.pairs.only(rows), self.meeting[rows]
        helpers = len(self.instance.helpers)
        worth = self.instance.gains[rows].astype(np.float64)
        worth += prices.load_price[pairs.helper] * self.half_hours[meeting]
        worth -= _by_key(model, relaxed, "need", len(self.instance.needs))[pairs.need]
        several = int(self.instance.week_of.max(initial=0)) + 1
        paid = _by_key(model, relaxed, "hours", helpers * several)
        worth -= paid[pairs.helper * several + self.week_of[rows]] * self.instance.minutes[meeting]
        worth -= self._overlap_prices(model, relaxed, pairs.helper, meeting)
        return worth + self._cover_prices(model, relaxed, pairs.need, pairs.helper)

    def _overlap_prices(
        self, model: Model, relaxed: Relaxed, helper: Ints, meeting: Ints
    ) -> Floats:
        """What a helper's time at each meeting costs."""
        assert model.groups is not None
        count = max(1, model.groups.count)
        paid = _by_key(model, relaxed, "overlap", len(self.instance.helpers) * count)
        position, group = model.groups.of(meeting)
        return np.bincount(
            position, weights=paid[helper[position] * count + group], minlength=len(meeting)
        ).astype(np.float64)

    def _cover_prices(self, model: Model, relaxed: Relaxed, need: Ints, helper: Ints) -> Floats:
        """What a helper's languages bring in `cover` needs, less what another head costs."""
        brought = np.zeros(len(need))
        for number in np.flatnonzero(self.instance.is_cover):
            here = np.flatnonzero(need == number)
            if not len(here):
                continue
            brought[here] -= _price(model, relaxed, f"extra {number}")
            for tag in self.instance.worths(self.instance.needs[int(number)]):
                price = _price(model, relaxed, f"cover {number} {tag}")
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

    def _improved(self, small: Instance, unsure: Bools, steps: int) -> Iterator[Progress]:
        """Each day by itself, solved exactly where the linear program is not sure."""
        pairs = small.allowed
        day_of = np.array([one.starts // (24 * 60) for one in small.meetings])
        days = day_of[small.meeting_of[pairs.need]]
        for step, day in enumerate(np.unique(days)[:steps]):
            if self.stop is not None and self.stop():
                return
            assert self.plan is not None
            opened = np.flatnonzero((days == day) & unsure)
            chosen = rows_of(small, self.plan)
            opened = np.union1d(opened, chosen[days[chosen] == day])
            concerned = np.isin(pairs.helper[chosen], np.unique(pairs.helper[opened]))
            fixed = chosen[concerned & (days[chosen] != day)]
            better = reopened(small, self.plan, opened, fixed, nodes=NODES)
            if self.offer(better, Stage.IMPROVED):
                yield self.told(Stage.IMPROVED, step + 1)


def _by_key(model: Model, relaxed: Relaxed, name: str, many: int) -> Floats:
    """Key -> the price of its row; rows that are missing cost nothing."""
    prices = np.zeros(many)
    if name in model.blocks:
        block = model.blocks[name]
        prices[block.keys] = relaxed.row_prices[block.first : block.first + len(block.keys)]
    return prices


def _price(model: Model, relaxed: Relaxed, name: str) -> float:
    block = model.blocks.get(name)
    return 0.0 if block is None else float(relaxed.row_prices[block.first])
