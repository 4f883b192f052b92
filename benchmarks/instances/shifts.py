"""Shift-minimisation instances (SMPTSP): jobs at fixed times, workers who know some of them.

All jobs are one series, every worker in it a new face: fewest faces with every job done is fewest
workers. A place is worth more than all faces together, so no job is left out to spare a worker.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.staffing.matching.instance import Helper, Instance, Meeting, Need, Pairs, Weights


def read(path: Path) -> Instance:
    """The instance as a plan to make."""
    jobs, workers = _told(path)
    weights = Weights(place=len(workers) + 1, keep=0, extra=0, relay=0, new_face=-1, load=(0, 0, 0))
    need = np.concatenate([np.array(known, dtype=np.int64) for known in workers])
    helper = np.repeat(np.arange(len(workers)), [len(known) for known in workers])
    order = np.lexsort((helper, need))
    return Instance(
        meetings=tuple(Meeting(starts=one, ends=other, series=0) for one, other in jobs),
        needs=tuple(Need(meeting=job) for job in range(len(jobs))),
        helpers=tuple(Helper() for _ in workers),
        pairs=Pairs(
            need[order],
            helper[order],
            np.zeros(len(need), dtype=np.int64),
            np.full(len(need), -1),
        ),
        weights=weights,
    )


def at_once(instance: Instance) -> int:
    """The most jobs at one time: no fewer workers can do them."""
    ends = sorted((one.ends, -1) for one in instance.meetings)
    starts = sorted((one.starts, 1) for one in instance.meetings)
    here = most = 0
    for _, change in sorted(ends + starts):
        here += change
        most = max(most, here)
    return most


def _told(path: Path) -> tuple[list[tuple[int, int]], list[list[int]]]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    jobs_at = next(place for place, line in enumerate(lines) if line.startswith("Jobs"))
    count = int(lines[jobs_at].split("=")[1])
    jobs = [tuple(map(int, line.split())) for line in lines[jobs_at + 1 : jobs_at + 1 + count]]
    told = lines[jobs_at + 1 + count :]
    workers_at = next(place for place, line in enumerate(told) if line.startswith("Qualif"))
    known = int(told[workers_at].split("=")[1])
    workers = [
        [int(job) for job in line.partition(":")[2].split()]
        for line in told[workers_at + 1 : workers_at + 1 + known]
    ]
    return [(job[0], job[1]) for job in jobs], workers
