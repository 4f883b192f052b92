"""The only place that speaks to HiGHS: one thread, a given seed, and limits that count work, not
seconds, so that the same question always gets the same answer.

It is loaded by whoever solves: a page that solves nothing need not carry it, and no other program
with a HiGHS of its own (OR-tools) can live beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.staffing.matching.instance import Bools, Ints
from app.staffing.matching.model import Floats, Model

if TYPE_CHECKING:
    import highspy

Stop = Callable[[], bool]
"""Asked now and then; True ends the search at once."""

LATE = ("overlap", "face")
"""Rows that are many and mostly idle: they enter the linear program when something breaks them."""


class Stopped(Exception):
    """Somebody asked for the search to end."""


class Infeasible(Exception):
    """No plan keeps all of these rows."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best of a linear program: no plan is worth more than *bound*."""

    values: Floats
    bound: float
    row_prices: Floats
    reduced: Floats
    """Column -> what one more of it would add; at most 0 where it stands at 0."""
    complete: bool
    """Whether every row is kept, also those that were not asked for yet."""


class Relaxation:
    """The linear program of *model*, with its late rows added round by round.

    Every round is a proof: rows still missing could only lower the bound.
    """

    def __init__(self, model: Model, *, stop: Stop | None = None) -> None:
        self.model = model
        self.solver = _solver(0, stop)
        self.active = np.ones(len(model.row_lower), dtype=np.bool_)
        for name in LATE:
            if name in model.blocks:
                block = model.blocks[name]
                self.active[block.first : block.first + len(block.keys)] = False
        self.order = np.flatnonzero(self.active)
        _pass(self.solver, model, self.order, whole=False)

    def solved(self) -> Relaxed:
        """Solve as it stands, then take in the rows that the answer breaks."""
        self.solver.run()
        _raise_unless_solved(self.solver)
        solution = self.solver.getSolution()
        values = np.array(solution.col_value)
        prices = np.zeros(len(self.active))
        prices[self.order] = np.array(solution.row_dual)
        bound = float(self.solver.getInfo().objective_function_value)
        broken = self._broken(values)
        self._take_in(broken)
        return Relaxed(values, bound, prices, np.array(solution.col_dual), not len(broken))

    def _broken(self, values: Floats) -> Ints:
        over = self.model.activity(values) > self.model.row_upper + 1e-6
        broken = over & ~self.active
        block = self.model.blocks.get("face")
        if block is not None:
            run = slice(block.first, block.first + len(block.keys))
            broken[run] |= np.isin(block.keys, block.keys[broken[run]]) & ~self.active[run]
        return np.flatnonzero(broken)

    def _take_in(self, rows: Ints) -> None:
        if not len(rows):
            return
        start, column, entry = _picked(self.model, rows)
        self.solver.addRows(
            len(rows),
            self.model.row_lower[rows],
            self.model.row_upper[rows],
            len(column),
            start[:-1],
            column,
            entry,
        )
        self.active[rows] = True
        self.order = np.concatenate([self.order, rows])

    def with_all(self, name: str) -> None:
        """Take in every row of one sort that is still missing."""
        if name in self.model.blocks:
            block = self.model.blocks[name]
            rows = np.arange(block.first, block.first + len(block.keys))
            self._take_in(rows[~self.active[rows]])


@dataclass(frozen=True, slots=True)
class Whole:
    """The best whole-numbered answer found, if any, and what none can exceed; *stopped*: somebody
    asked for the end, and more might have been found."""

    values: Floats | None
    bound: float
    proved: bool
    stopped: bool = False


def best_whole(
    model: Model,
    *,
    start: Ints | None = None,
    nodes: int | None = None,
    seed: int = 0,
    stop: Stop | None = None,
) -> Whole:
    """Solve *model* with whole pairs; *start* are the pairs of a plan that is known already.

    All prices are whole, so an answer less than one point below the bound is the best.
    """
    import highspy

    solver = _solver(seed, stop)
    _pass(solver, model, np.arange(len(model.row_lower)), whole=True)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.99)
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    if start is not None:
        values = np.zeros(model.whole)
        values[start] = 1.0
        solver.setSolution(model.whole, np.arange(model.whole, dtype=np.int32), values)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise Infeasible
    info = solver.getInfo()
    found = info.primal_solution_status == 2
    values_found = np.array(solver.getSolution().col_value) if found else None
    proved = status == highspy.HighsModelStatus.kOptimal
    stopped = status == highspy.HighsModelStatus.kInterrupt
    return Whole(values_found, float(info.mip_dual_bound), proved, stopped)


def without(model: Model, free: Bools, values: Floats) -> tuple[Model, Ints]:
    """*model* with every column that is not *free* settled at its value, and the free columns."""
    kept = np.flatnonzero(free)
    place = np.full(len(free), -1)
    place[kept] = np.arange(len(kept))
    done = model.activity(np.where(free, 0.0, values))
    inside = free[model.column]
    used = np.zeros(len(model.row_lower), dtype=np.bool_)
    used[model.row[inside]] = True
    used &= _may_bind(model, free, done)
    inside &= used[model.row]
    row_place = np.cumsum(used) - 1
    return (
        Model(
            model.pairs.only(kept[kept < model.whole]),
            model.cost[kept],
            model.upper[kept],
            row_place[model.row[inside]],
            place[model.column[inside]],
            model.entry[inside],
            (model.row_lower - done)[used],
            (model.row_upper - done)[used],
            place[model.yes_or_no[free[model.yes_or_no]]],
        ),
        kept,
    )


def _may_bind(model: Model, free: Bools, done: Floats) -> Bools:
    """Rows that some choice of the free columns could still break."""
    inside = free[model.column]
    most = np.where(model.entry > 0, model.entry * model.upper[model.column], 0.0)
    weights = np.where(inside, most, 0.0)
    highest = done + np.bincount(model.row, weights=weights, minlength=len(done))
    return np.asarray((highest > model.row_upper + 1e-9) | np.isfinite(model.row_lower))


def _solver(seed: int, stop: Stop | None) -> highspy.Highs:
    import highspy

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", seed % (1 << 31)),
    ):
        solver.setOptionValue(option, value)
    if stop is not None:
        _listen(solver, stop)
    return solver


def _listen(solver: highspy.Highs, stop: Stop) -> None:
    def asked(event: highspy.HighsCallbackEvent) -> None:
        if stop():
            event.interrupt()

    for callback in (solver.cbMipInterrupt, solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
        callback.subscribe(asked)


def _pass(solver: highspy.Highs, model: Model, rows: Ints, *, whole: bool) -> None:
    import highspy

    start, column, entry = _picked(model, rows)
    lp = highspy.HighsLp()
    lp.num_col_ = len(model.cost)
    lp.num_row_ = len(rows)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = model.cost
    lp.col_lower_ = np.zeros(len(model.cost))
    lp.col_upper_ = model.upper
    lp.row_lower_ = model.row_lower[rows]
    lp.row_upper_ = model.row_upper[rows]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = start
    lp.a_matrix_.index_ = column
    lp.a_matrix_.value_ = entry
    if whole:
        kinds = [highspy.HighsVarType.kContinuous] * len(model.cost)
        kinds[: model.whole] = [highspy.HighsVarType.kInteger] * model.whole
        for place in model.yes_or_no.tolist():
            kinds[place] = highspy.HighsVarType.kInteger
        lp.integrality_ = kinds
    solver.passModel(lp)


def _picked(
    model: Model, rows: Ints
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], Ints, Floats]:
    """Where each of *rows* begins, its columns and its entries, as HiGHS takes them."""
    start, column, entry = model.rows_of
    sizes = start[rows + 1] - start[rows]
    begin = np.concatenate([[0], np.cumsum(sizes)])
    at = np.repeat(start[rows] - begin[:-1], sizes) + np.arange(begin[-1])
    return begin.astype(np.int32), column[at].astype(np.int32), entry[at]


def _raise_unless_solved(solver: highspy.Highs) -> None:
    import highspy

    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise Infeasible
    if status == highspy.HighsModelStatus.kInterrupt:
        raise Stopped
    if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        raise RuntimeError(solver.modelStatusToString(status))
