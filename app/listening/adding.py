"""How wishes add up, in which order coordinators read them, and what of the sums anybody else may
know. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.i18n import _l
from app.listening.gaps import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """That *who* (an id) says so since then, for themselves or for so many *people* they know; of
    those with *childcare* somebody must mind the children."""

    who: int
    gap: Gap
    for_others: bool = False
    people: int = 1
    childcare: bool = False
    since: datetime

    @property
    def once(self) -> tuple[int, Gap, bool]:
        """What counts once, however often it is said."""
        return self.who, self.gap, self.for_others


@dataclass(frozen=True, slots=True)
class Total:
    """For how many *people* a gap is one, for how many of them *childcare* too, and since when."""

    gap: Gap
    people: int
    childcare: int
    since: datetime


def add_up(said: Iterable[Said]) -> dict[Gap, Total]:
    """The same wishes together. Whoever says the same twice counts once, with the larger number."""
    once: dict[tuple[int, Gap, bool], Said] = {}
    for one in said:
        known = once.get(one.once)
        once[one.once] = one if known is None else _larger(known, one)
    by_gap: dict[Gap, list[Said]] = {}
    for one in once.values():
        by_gap.setdefault(one.gap, []).append(one)
    return {gap: _total(gap, theirs) for gap, theirs in by_gap.items()}


def _larger(one: Said, other: Said) -> Said:
    return Said(
        who=one.who,
        gap=one.gap,
        for_others=one.for_others,
        people=max(one.people, other.people),
        childcare=one.childcare or other.childcare,
        since=min(one.since, other.since),
    )


def _total(gap: Gap, said: Iterable[Said]) -> Total:
    theirs = list(said)
    return Total(
        gap,
        people=sum(one.people for one in theirs),
        childcare=sum(one.people for one in theirs if one.childcare),
        since=min(one.since for one in theirs),
    )


def ranked(totals: Iterable[Total], *, covered: Collection[Gap] = ()) -> list[Total]:
    """What nothing covers yet first; then for most people; then what waits longest."""
    return sorted(totals, key=lambda one: (one.gap in covered, -one.people, one.since, one.gap))


class Amount(StrEnum):
    """How many, as whoever is no coordinator of the centre reads it (PRIVACY: small cells)."""

    A_FEW = "a_few"
    FIVE = "five"
    TEN = "ten"
    TWENTY = "twenty"

    @property
    def label(self) -> Any:
        return _AMOUNTS[self]


_AMOUNTS = {
    Amount.A_FEW: _l("a few people"),
    Amount.FIVE: _l("five people or more"),
    Amount.TEN: _l("ten people or more"),
    Amount.TWENTY: _l("twenty people or more"),
}
_FROM = {Amount.TWENTY: 20, Amount.TEN: 10, Amount.FIVE: 5}


def amount(people: int) -> Amount:
    return next((one for one, least in _FROM.items() if people >= least), Amount.A_FEW)


def told_to_helpers(totals: Iterable[Total]) -> list[tuple[Gap, Amount]]:
    """What those who help may know: never what is protected, no number, nothing of the children or
    since when; in an order that tells no more than the words do."""
    rough = [(one.gap, amount(one.people)) for one in totals if not one.gap.matter.is_protected]
    order = list(Amount)
    return sorted(rough, key=lambda one: (-order.index(one[1]), one[0]))
