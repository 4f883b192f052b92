"""Published interpreter-scheduling instances: conference sessions in blocks, pairs of languages.

Each pair of a session's languages asks for one interpreter of its own who speaks both, one session
each per block: a need for each pair. The first objective counts pairs, the second whole sessions.
With bridges, two interpreters who share a third language may do what no one does: a relay.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from app.staffing.matching.instance import (
    Helper,
    Instance,
    Meeting,
    Need,
    Pairs,
    Relay,
    Span,
    Weights,
    Whole,
)

RESULTS = Path("isp/published_results.csv")
BLOCK = 60
MOST_SESSIONS = 15
IN_A_ROW = 3
COUNTS = Weights(place=1, keep=0, extra=0, relay=0, new_face=0, load=(0, 0, 0))
NOTHING = Weights(place=0, keep=0, extra=0, relay=0, new_face=0, load=(0, 0, 0))


@dataclass(frozen=True, slots=True)
class Published:
    """One published result: which question, and its proven best."""

    name: str
    bridges: bool
    whole_sessions: bool
    limits: bool
    best: int


def published(results: Path) -> list[Published]:
    """The proven results beside the instances."""
    with results.open() as lines:
        return [
            Published(
                row["Instance"],
                row["Model"] == "ISPBridge",
                row["Objective"] == "OF2",
                row["OperationalConstraints"] == "--oper-constr",
                round(float(row["ObjectiveValue"])),
            )
            for row in csv.DictReader(lines)
        ]


def read(
    path: Path, *, bridges: bool = False, whole_sessions: bool = False, limits: bool = False
) -> Instance:
    """The instance as a plan to make."""
    return _Read(json.loads(path.read_text()), bridges, whole_sessions, limits).instance()


class _Read:
    def __init__(
        self, told: dict[str, Any], bridges: bool, whole_sessions: bool, limits: bool
    ) -> None:
        self.bridges, self.whole_sessions, self.limits = bridges, whole_sessions, limits
        self.blocks = {name: place for place, name in enumerate(told["Blocks"])}
        self.sessions = [
            (self.blocks[block], session)
            for block in told["Blocks"]
            for session in told["Sessions_b"].get(block, ())
        ]
        self.asked: dict[str, list[str]] = told["Languages_s"]
        self.speaks = [frozenset(told["Languages_i"][one]) for one in told["Interpreters"]]
        self.languages: list[str] = told["Languages"]
        self.rows: list[tuple[int, int, int]] = []
        self.relays: list[Relay] = []

    def instance(self) -> Instance:
        needs: list[Need] = []
        wholes: list[Whole] = []
        for meeting, (_, session) in enumerate(self.sessions):
            first = len(needs)
            for one, other in combinations(self.asked[session], 2):
                self._pair(len(needs), one, other)
                needs.append(Need(meeting=meeting))
            wholes.append(Whole(tuple(range(first, len(needs))), 1))
        need, helper, leg = (
            np.array(column, dtype=np.int64)
            for column in (zip(*self.rows, strict=True) if self.rows else ((), (), ()))
        )
        weekly = MOST_SESSIONS * BLOCK if self.limits else None
        return Instance(
            meetings=tuple(
                Meeting(starts=block * BLOCK, ends=(block + 1) * BLOCK)
                for block, _ in self.sessions
            ),
            needs=tuple(needs),
            helpers=tuple(Helper(weekly_minutes=weekly, speaks=one) for one in self.speaks),
            pairs=Pairs(need, helper, np.zeros(len(need), dtype=np.int64), leg),
            relays=tuple(self.relays),
            spans=tuple(self._spans()) if self.limits else (),
            wholes=tuple(wholes) if self.whole_sessions else (),
            weights=NOTHING if self.whole_sessions else COUNTS,
        )

    def _pair(self, need: int, one: str, other: str) -> None:
        """Who bridges two languages alone, or together through a third."""
        direct = [who for who, speaks in enumerate(self.speaks) if {one, other} <= speaks]
        self.rows.extend((need, who, -1) for who in direct)
        if not self.bridges:
            return
        for via in self.languages:
            first = [who for who, speaks in enumerate(self.speaks) if {one, via} <= speaks]
            second = [who for who, speaks in enumerate(self.speaks) if {via, other} <= speaks]
            if via in (one, other) or not first or not second:
                continue
            leg = 2 * len(self.relays)
            self.relays.append(Relay(need, via))
            self.rows.extend((need, who, leg) for who in first)
            self.rows.extend((need, who, leg + 1) for who in second)

    def _spans(self) -> Iterator[Span]:
        """In no four blocks running more than three sessions."""
        for first in range(len(self.blocks) - IN_A_ROW):
            inside = range(first, first + IN_A_ROW + 1)
            meetings = [n for n, (block, _) in enumerate(self.sessions) if block in inside]
            yield Span(tuple(meetings), IN_A_ROW * BLOCK)
