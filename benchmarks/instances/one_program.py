"""The complete linear program of a made instance, handed to HiGHS in one piece: what "one LP" costs
where nothing of ours helps. Seconds by its own choice of method and by interior points."""

from __future__ import annotations

import json
import sys
from time import perf_counter

import highspy
import numpy as np

from app.staffing.matching.model import Model, model_of
from benchmarks.instances.made import SIZES, made

METHODS = {"choose": "one_lp", "ipm": "one_lp_interior"}


def main() -> None:
    size, seed = sys.argv[1:]
    model = model_of(made(SIZES[size], int(seed)).instance)
    print(json.dumps({name: seconds(model, method) for method, name in METHODS.items()}))


def seconds(model: Model, method: str) -> float:
    """How long HiGHS takes by that *method*, on one core."""
    began = perf_counter()
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("solver", method)):
        solver.setOptionValue(option, value)
    start, column, entry = model.rows_of
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(model.cost), len(model.row_lower)
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_, program.col_upper_ = model.cost, model.upper
    program.col_lower_ = np.zeros(len(model.cost))
    program.row_lower_, program.row_upper_ = model.row_lower, model.row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = start.astype(np.int32)
    program.a_matrix_.index_ = column.astype(np.int32)
    program.a_matrix_.value_ = entry
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SystemExit(f"HiGHS did not solve it by {method}.")
    return perf_counter() - began


if __name__ == "__main__":
    main()
