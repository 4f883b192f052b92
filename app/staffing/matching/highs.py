"""The only place that speaks to HiGHS: one thread, a given seed, and limits that count work, not
seconds, so that the same question always gets the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

from app.staffing.matching.instance import Bools, Ints
from app.staffing.matching.model import Floats, Model

Stop = Callable[[], bool]
"""Asked now and then; True ends the search at once."""


class Stopped(Exception):
    """Somebody asked for the search to end."""


class Infeasible(Exception):
    """No plan keeps all of these rows."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best of the linear program: no plan is worth more than *bound*."""

    values: Floats
    bound: float
    row_prices: Floats
    reduced: Floats
    """Column -> what it would add for each unit; at most 0 where it stands at 0."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The best whole-numbered answer found, if any, and what none can exceed."""

    values: Floats | None
    bound: float
    proved: bool


def relaxed(model: Model, *, stop: Stop | None = None, interior: bool = False) -> Relaxed:
    """Solve *model* with fractions allowed."""
    solver = _solver(0, stop)
    if interior:
        solver.setOptionValue("solver", "ipm")
    _pass(solver, model, whole=False)
    solver.run()
    _raise_unless_solved(solver)
    solution = solver.getSolution()
    return Relaxed(
        np.array(solution.col_value),
        float(solver.getInfo().objective_function_value),
        np.array(solution.row_dual),
        np.array(solution.col_dual),
    )


def best_whole(
    model: Model,
    *,
    start: Floats | None = None,
    nodes: int | None = None,
    seed: int = 0,
    slack: float = 0.99,
    stop: Stop | None = None,
    stalls: int | None = None,
) -> Whole:
    """Solve *model* with whole pairs, from *start* on; all prices being whole, less than one point
    of *slack* is none."""
    solver = _solver(seed, stop)
    _pass(solver, model, whole=True)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", slack)
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    if stalls is not None:
        solver.setOptionValue("mip_max_stall_nodes", stalls)
    if start is not None:
        solver.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise Infeasible
    info = solver.getInfo()
    found = info.primal_solution_status == 2
    values = np.array(solver.getSolution().col_value) if found else None
    return Whole(values, float(info.mip_dual_bound), status == highspy.HighsModelStatus.kOptimal)


def without(model: Model, free: Bools, values: Floats) -> tuple[Model, Ints]:
    """*model* with every column that is not *free* settled at its value, and the free columns."""
    kept = np.flatnonzero(free)
    place = np.full(len(free), -1)
    place[kept] = np.arange(len(kept))
    settled = np.where(free, 0.0, values)
    done = model.activity(settled)
    inside = free[model.row]
    used = np.zeros(len(model.row_lower), dtype=np.bool_)
    used[model.row[inside]] = True
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
        ),
        kept,
    )


def _solver(seed: int, stop: Stop | None) -> highspy.Highs:
    solver = highspy.Highs()
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


def _pass(solver: highspy.Highs, model: Model, *, whole: bool) -> None:
    start, column, entry = model.rows_of
    lp = highspy.HighsLp()
    lp.num_col_ = len(model.cost)
    lp.num_row_ = len(model.row_lower)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = model.cost
    lp.col_lower_ = np.zeros(len(model.cost))
    lp.col_upper_ = model.upper
    lp.row_lower_ = model.row_lower
    lp.row_upper_ = model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = start.astype(np.int32)
    lp.a_matrix_.index_ = column.astype(np.int32)
    lp.a_matrix_.value_ = entry
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * model.whole + [
            highspy.HighsVarType.kContinuous
        ] * (len(model.cost) - model.whole)
    solver.passModel(lp)


def _raise_unless_solved(solver: highspy.Highs) -> None:
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise Infeasible
    if status == highspy.HighsModelStatus.kInterrupt:
        raise Stopped
    if status != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(solver.modelStatusToString(status))
