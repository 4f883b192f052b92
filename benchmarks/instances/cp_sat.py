"""OR-tools CP-SAT on the plain model, in a process of its own (it brings another HiGHS along).

``python -m benchmarks.instances.cp_sat national 1 60`` prints what it found, as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from itertools import combinations
from time import perf_counter

from ortools.sat.python import cp_model

from app.staffing.matching.checker import value
from app.staffing.matching.instance import NO_LIMIT, Instance, Plan, Proposal
from benchmarks.instances.made import SIZES, made


def main() -> None:
    size, seed, seconds = sys.argv[1:]
    peer = CpSat(made(SIZES[size], int(seed)).instance)
    found = peer.solve(float(seconds))
    told = {"found": found, "seconds": peer.seconds, "bound": peer.bound, "proved": peer.is_proved}
    print(json.dumps(told))


class CpSat:
    """The plain model as one writes it down: booleans, pairwise conflicts, sums of minutes."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.began = perf_counter()
        self.model = cp_model.CpModel()
        self.chosen = {one: self.model.new_bool_var("") for one in instance.earned}
        self.terms: list[tuple[int, cp_model.IntVar]] = [
            (own, self.chosen[one]) for one, own in instance.earned.items()
        ]
        self._needs()
        self._helpers()
        self._faces()
        self._covers()
        self._loads()
        self.model.maximize(sum(worth * variable for worth, variable in self.terms))

    def solve(self, seconds: float, workers: int = 2) -> list[tuple[float, int]]:
        """(seconds since the model was begun, value) of every better plan."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = workers
        seen = _Seen(self.began)
        self.status = solver.solve(self.model, seen)
        self.seconds = perf_counter() - self.began
        self.bound = solver.best_objective_bound
        if seen.values:
            self.plan = Plan.of(o for o, v in self.chosen.items() if solver.boolean_value(v))
            assert value(self.instance, self.plan) >= round(solver.objective_value)
        return seen.values

    @property
    def is_proved(self) -> bool:
        return self.status == cp_model.OPTIMAL

    def _needs(self) -> None:
        of_need: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for one, variable in self.chosen.items():
            of_need[one.need].append(variable)
        for need, variables in of_need.items():
            self.model.add(sum(variables) <= self.instance.needs[need].wanted)

    def _helpers(self) -> None:
        of_helper: dict[int, list[Proposal]] = defaultdict(list)
        for one in self.chosen:
            of_helper[one.helper].append(one)
        for helper, ones in of_helper.items():
            self._hours(helper, ones)
            for one, other in combinations(ones, 2):
                first, second = (self.instance.meetings[self._at(p)] for p in (one, other))
                if self.instance.conflict(first, second):
                    self.model.add_bool_or(~self.chosen[one], ~self.chosen[other])

    def _at(self, proposal: Proposal) -> int:
        return self.instance.needs[proposal.need].meeting

    def _hours(self, helper: int, ones: list[Proposal]) -> None:
        weeks: dict[int, list[Proposal]] = defaultdict(list)
        for one in ones:
            weeks[self.instance.meetings[self._at(one)].week].append(one)
        for week, inside in weeks.items():
            left = self.instance.helpers[helper].minutes_left(week)
            if left < NO_LIMIT:
                minutes = [self.instance.meetings[self._at(one)].minutes for one in inside]
                spent = zip(minutes, inside, strict=True)
                self.model.add(sum(m * self.chosen[one] for m, one in spent) <= left)

    def _faces(self) -> None:
        meetings: dict[int, int] = defaultdict(int)
        for meeting in self.instance.meetings:
            if meeting.series is not None:
                meetings[meeting.series] += 1
        faces: dict[tuple[int, int], cp_model.IntVar] = {}
        for one, variable in self.chosen.items():
            series = self.instance.meetings[self._at(one)].series
            if series is None or meetings[series] < 2:
                continue
            face = (one.helper, series)
            if face not in faces:
                faces[face] = self.model.new_bool_var("")
                self.terms.append((self.instance.weights.new_face, faces[face]))
            self.model.add_implication(variable, faces[face])

    def _covers(self) -> None:
        there: dict[int, list[Proposal]] = defaultdict(list)
        for one in self.chosen:
            if self.instance.needs[one.need].cover:
                there[one.need].append(one)
        for need, ones in there.items():
            for tag, worth in self.instance.worths(self.instance.needs[need]).items():
                covered = self.model.new_bool_var("")
                speakers = [o for o in ones if tag in self.instance.helpers[o.helper].speaks]
                self.model.add(covered <= sum(self.chosen[one] for one in speakers))
                self.terms.append((worth, covered))
            extra = self.model.new_int_var(0, len(ones), "")
            self.model.add(extra >= sum(self.chosen[one] for one in ones) - 1)
            self.terms.append((self.instance.weights.extra, extra))

    def _loads(self) -> None:
        loads: dict[int, list[tuple[int, cp_model.IntVar]]] = defaultdict(list)
        for one, variable in self.chosen.items():
            half_hours = self.instance.meetings[self._at(one)].half_hours
            loads[one.helper].append((half_hours, variable))
        for helper, parts in loads.items():
            hours = self.instance.helpers[helper].half_hours
            if hours is None:
                continue
            for quarter, charge in enumerate(self.instance.weights.load, start=1):
                over = self.model.new_int_var(0, sum(h for h, _ in parts), "")
                self.model.add(over >= sum(h * v for h, v in parts) - hours * quarter // 4)
                self.terms.append((charge, over))


class _Seen(cp_model.CpSolverSolutionCallback):
    def __init__(self, began: float) -> None:
        super().__init__()
        self.began = began
        self.values: list[tuple[float, int]] = []

    def on_solution_callback(self) -> None:
        self.values.append((perf_counter() - self.began, round(self.objective_value)))


if __name__ == "__main__":
    main()
