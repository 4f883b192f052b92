"""The plan at three sizes, beside greedy orders and CP-SAT; repair, reasons; published instances.

``python -m benchmarks.matching`` measures the made instances, each in a process of its own, and the
published ones if their folder is given (or found at ``../shared/data/matching``).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from app.staffing.eligibility import reasons_against
from app.staffing.matching.checker import breaches, fill, value
from app.staffing.matching.instance import Instance, Plan
from app.staffing.matching.repair import repaired
from app.staffing.matching.solving import Progress, plans
from app.staffing.matching.stand_ins import stand_ins
from app.staffing.matching.weekly import plans_by_week
from app.staffing.matching.why_nobody import price_of_filling
from benchmarks.instances import interpreters, shifts
from benchmarks.instances.greedy import greedy_plans
from benchmarks.instances.made import SIZES, Made, made

PREFIX = {
    "centre": "centre_week",
    "national": "national_month",
    "crowded": "crowded_month",
    "network": "network_month",
}
SECONDS = {"centre": 20.0, "national": 150.0, "crowded": 150.0, "network": 400.0}
NEARLY = 1.001
"""A bound so near to the last one is that of the linear program or better."""
CP_SAT_SECONDS = {"centre": 60.0, "national": 60.0}
GOOD = 0.002
"""So far from the best possible, at most, a plan is good."""
CANCELLED = 20
FOLDER = Path("../shared/data/matching")


@dataclass(frozen=True, slots=True)
class Seen:
    """One plan on the way."""

    seconds: float
    value: int
    bound: int
    gap: float
    peak_mb: float


def main() -> None:
    given = _arguments()
    if given.measure:
        print(json.dumps(measure(given.measure, given.seed)))
        return
    for size in given.sizes:
        for name, figure in figures(size, given.seed):
            print(f"{PREFIX[size]}_{name}: {figure}", flush=True)
    folder = given.data or (FOLDER if FOLDER.is_dir() else None)
    if folder is not None:
        for line in published(folder):
            print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching")
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=_folder, help="a folder with isp/*.json and smptsp/*.dat")
    parser.add_argument("--measure", choices=list(SIZES), help=argparse.SUPPRESS)
    return parser.parse_args()


def _folder(given: str) -> Path:
    """The published instances that were asked for are there; nothing is measured before."""
    if not (Path(given) / interpreters.RESULTS).is_file():
        raise argparse.ArgumentTypeError(f"{given} holds no {interpreters.RESULTS}.")
    return Path(given)


def figures(size: str, seed: int) -> Iterator[tuple[str, object]]:
    """What there is to say about one size."""
    ours = _in_its_own_process("benchmarks.matching", "--measure", size, "--seed", str(seed))
    yield from ours["figures"]
    if size not in CP_SAT_SECONDS:
        return
    yield from _beside_one_program(size, seed, ours["seen"])
    limit = CP_SAT_SECONDS[size]
    theirs = _in_its_own_process("benchmarks.instances.cp_sat", size, str(seed), str(limit))
    seconds, reached = theirs["found"][-1]
    yield "cpsat_value", reached
    yield "cpsat_seconds", f"{seconds:.2f}"
    if theirs["proved"]:
        yield "time_vs_cpsat", f"{theirs['seconds'] / ours['seen'][-1]['seconds']:.1f}"
        return
    sooner = [one["seconds"] for one in ours["seen"] if one["value"] >= reached]
    yield "time_vs_cpsat", f"{seconds / sooner[0]:.1f}" if sooner else 0


def _beside_one_program(
    size: str, seed: int, seen: list[dict[str, Any]]
) -> Iterator[tuple[str, object]]:
    """How soon a plan proven within `GOOD` stands, beside what one linear program costs."""
    good = [one["seconds"] for one in seen if one["gap"] <= GOOD]
    for name, seconds in _in_its_own_process(
        "benchmarks.instances.one_program", size, str(seed)
    ).items():
        yield f"{name}_seconds", f"{seconds:.2f}"
        yield f"{100 * GOOD}_percent_to_{name}", f"{good[0] / seconds:.2f}" if good else "none"


def _in_its_own_process(module: str, *arguments: str) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, "-m", module, *arguments], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def measure(size: str, seed: int) -> dict[str, object]:
    """Plan one made instance, as far as its seconds go."""
    one = made(SIZES[size], seed)
    began = perf_counter()
    seen: list[Seen] = []
    progress = None
    search = plans_by_week if size == "network" else plans
    for progress in search(
        one.instance, stop=lambda: perf_counter() - began > SECONDS[size], steps=200
    ):
        seen.append(
            Seen(perf_counter() - began, progress.value, progress.bound, progress.gap, _peak_mb())
        )
    assert progress is not None
    told = list(_told(one, progress, seen))
    if size == "national":
        told.extend(_life(one, progress.plan))
    return {"figures": told, "seen": [asdict(step) for step in seen]}


def _told(one: Made, last: Progress, seen: list[Seen]) -> Iterator[tuple[str, object]]:
    first = seen[0]
    yield "pairs", len(one.instance.pairs)
    yield "value", last.value
    yield "bound", last.bound
    yield "proven_gap", f"{last.gap:.6f}"
    yield "fill", f"{fill(one.instance, last.plan):.4f}"
    filled = fill(one.instance, last.plan)
    greedy = {name: fill(one.instance, plan) for name, plan in greedy_plans(one.instance).items()}
    yield "fill_vs_greedy", f"{filled / max(greedy.values()):.4f}"
    for name, reached in greedy.items():
        yield f"fill_vs_greedy_by_{name}", f"{filled / reached:.4f}"
    yield "first_plan_seconds", f"{first.seconds:.3f}"
    yield "first_plan_gap", f"{first.gap:.6f}"
    yield "first_plan_peak_mb", f"{first.peak_mb:.0f}"
    near = [step.seconds for step in seen if step.bound <= last.bound * NEARLY]
    yield "seconds_to_bound", f"{near[0]:.2f}"
    for percent in (1.0, 0.5, 0.2, 0.1):
        good = [step.seconds for step in seen if step.gap <= percent / 100]
        yield f"seconds_to_{percent}_percent", f"{good[0]:.2f}" if good else "none"
    yield "last_plan_seconds", f"{seen[-1].seconds:.2f}"
    yield "peak_mb", f"{max(step.peak_mb for step in seen):.0f}"
    yield "hard_violations", hard_violations(one, last.plan)


def hard_violations(one: Made, plan: Plan) -> int:
    """Rules broken: those that link assignments, and the plain check of each pair once more."""
    alone = sum(
        bool(reasons_against(one.wants[p.need], one.candidates[p.helper])) for p in plan.proposals
    )
    return alone + len(breaches(one.instance, plan))


def _life(one: Made, plan: Plan) -> Iterator[tuple[str, object]]:
    """What a cancellation and an empty place cost."""
    instance = one.instance
    step = max(1, len(plan.proposals) // CANCELLED)
    touched, repair, rank, broken = [], [], [], 0
    for gone in plan.proposals[::step][:CANCELLED]:
        began = perf_counter()
        mended = repaired(instance, plan, [(gone.need, gone.helper)])
        repair.append(perf_counter() - began)
        touched.append(len(mended.touched))
        broken += len(
            breaches(instance.but(bans=frozenset({(gone.need, gone.helper)})), mended.plan)
        )
        left = Plan.of(other for other in plan.proposals if other != gone)
        began = perf_counter()
        stand_ins(instance, left, gone.need)
        rank.append(perf_counter() - began)
    yield "repair_touched_median", median(touched)
    yield "repair_ms", f"{1000 * median(repair):.0f}"
    yield "repair_violations", broken
    yield "stand_ins_ms", f"{1000 * median(rank):.0f}"
    began = perf_counter()
    filled = {proposal.need for proposal in plan.proposals}
    empty = [need for need in range(len(instance.needs)) if need not in filled][:CANCELLED]
    for need in empty:
        for candidate in one.candidates:
            reasons_against(one.wants[need], candidate)
        price_of_filling(instance, plan, need)
    yield "why_nobody_ms", f"{1000 * (perf_counter() - began) / max(1, len(empty)):.0f}"
    yield "value_checked", value(instance, plan)


def published(folder: Path) -> Iterator[str]:
    """Each published instance, ours beside the best known."""
    for result in interpreters.published(folder / interpreters.RESULTS):
        instance = interpreters.read(
            folder / "isp" / result.name,
            bridges=result.bridges,
            whole_sessions=result.whole_sessions,
            limits=result.limits,
        )
        name = f"isp_{Path(result.name).stem}_{'of2' if result.whole_sessions else 'of1'}"
        found = _solved(instance, 30.0)
        limits = "_bridges" * result.bridges + "_limits" * result.limits
        yield f"{name}{limits}: {found.value} (bound {found.bound}, best known {result.best})"
    for path in sorted((folder / "smptsp").glob("*.dat")):
        yield _fewest(path)


def _fewest(path: Path) -> str:
    instance = shifts.read(path)
    found = _solved(instance, 20.0)
    jobs = len(instance.needs)
    workers = len({one.helper for one in found.plan.proposals})
    undone = jobs - len(found.plan.proposals)
    return (
        f"smptsp_{path.stem}: {workers} workers, {undone} of {jobs} jobs undone "
        f"(at least {shifts.at_once(instance)} workers)"
    )


def _solved(instance: Instance, seconds: float) -> Progress:
    began = perf_counter()
    *_, last = plans(instance, stop=lambda: perf_counter() - began > seconds)
    assert not breaches(instance, last.plan)
    return last


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
