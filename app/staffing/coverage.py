"""How well a meeting is covered: filled, asked or open, and what is missing. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.staffing.eligibility import Reason
from app.staffing.models import Need, State

NONE: Mapping[int, tuple[Reason, ...]] = MappingProxyType({})


@dataclass(frozen=True)
class Coverage:
    """Of one need: how many are wanted, confirmed, and asked without an answer yet; *leaving*: of
    the confirmed, how many come only if no stand-in is found. Trainees are none of them.

    *doubts*: assignment id -> what by now stands against somebody who was confirmed; *in_vain*: of
    the asked, against whoever cannot come.
    """

    need: Need
    confirmed: int
    asked: int
    leaving: int
    doubts: Mapping[int, tuple[Reason, ...]]
    in_vain: Mapping[int, tuple[Reason, ...]]

    @property
    def waits_in_vain(self) -> bool:
        """Whether enough people are asked, but not enough who can come."""
        return self.state == "offered" and self.asked - len(self.in_vain) < self.missing

    @property
    def missing(self) -> int:
        return max(0, self.need.wanted - self.confirmed)

    @property
    def state(self) -> str:
        """``filled``; ``offered``: enough people are asked; ``open``: somebody must be found."""
        if not self.missing:
            return "filled"
        return "offered" if self.asked >= self.missing else "open"


def coverage_of(
    need: Need,
    doubts: Mapping[int, tuple[Reason, ...]] = NONE,
    in_vain: Mapping[int, tuple[Reason, ...]] = NONE,
) -> Coverage:
    """How well *need* is covered; *doubts* and *in_vain* may be about other needs too."""
    mine = {one.id: doubts[one.id] for one in need.assignments if one.id in doubts}
    counting = [assignment for assignment in need.assignments if not assignment.trainee]
    states = [assignment.state for assignment in counting]
    leaving = sum(
        one.state is State.CONFIRMED and one.stand_in_wanted_at is not None for one in counting
    )
    asked = sum(state in (State.OFFERED, State.REQUESTED) for state in states)
    cannot = {one.id: in_vain[one.id] for one in counting if one.id in in_vain}
    return Coverage(need, states.count(State.CONFIRMED), asked, leaving, mine, cannot)


def worst(coverages: Iterable[Coverage]) -> str | None:
    """The state of a whole meeting: that of its worst need; None where it needs nobody."""
    states = {coverage.state for coverage in coverages}
    return next((state for state in ("open", "offered", "filled") if state in states), None)
