"""A plan while it is being changed: what fits now, and exactly what one change is worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from app.staffing.matching.instance import DIRECT, Instance, Plan, Proposal


class Roster:
    """Diaries, hours and places of one plan. `fits` and `gain` look; `add` and `remove` do."""

    def __init__(self, instance: Instance, plan: Plan | None = None) -> None:
        self.instance = instance
        self.proposals: set[Proposal] = set()
        self.filled = [0] * len(instance.needs)
        self.meetings: dict[int, set[int]] = defaultdict(set)
        self.diary: dict[int, int] = defaultdict(int)
        self.minutes: dict[tuple[int, int], int] = defaultdict(int)
        self.load: dict[int, int] = defaultdict(int)
        self.faces: dict[tuple[int, int], int] = defaultdict(int)
        self.there: dict[int, set[int]] = defaultdict(set)
        self.at_need: dict[int, set[int]] = defaultdict(set)
        self._prepare()
        for one in plan.proposals if plan else ():
            self.add(one)

    def _prepare(self) -> None:
        instance = self.instance
        self._counted = set(instance.series_of[instance.counts_faces].tolist())
        self._apart: dict[int, set[int]] = defaultdict(set)
        for one, other in instance.apart:
            self._apart[one].add(other)
            self._apart[other].add(one)
        self._worths = {
            number: instance.worths(need)
            for number, need in enumerate(instance.needs)
            if need.cover
        }
        self._spans: dict[int, list[int]] = defaultdict(list)
        for number, span in enumerate(instance.spans):
            for meeting in span.meetings:
                self._spans[meeting].append(number)
        self._wholes: dict[int, list[int]] = defaultdict(list)
        for number, whole in enumerate(instance.wholes):
            for need in whole.needs:
                self._wholes[need].append(number)

    @property
    def plan(self) -> Plan:
        return Plan.of(self.proposals)

    def fits(self, proposal: Proposal) -> bool:
        """Whether every rule that links assignments allows *proposal* beside the others."""
        need, helper, leg = proposal
        if (leg == DIRECT or leg % 2 == 0) and self.filled[need] >= self.instance.needs[
            need
        ].wanted:
            return False
        return self.is_free(helper, self.instance.needs[need].meeting)

    def is_free(self, helper: int, meeting: int) -> bool:
        """Whether *helper* can be at *meeting* beside everything else that they do."""
        return not (
            self.diary[helper] & self.instance.clashing(meeting)
            or self.must_not_meet(helper, meeting)
            or self.minutes_over(helper, meeting) > 0
            or self.breaks_a_span(helper, meeting)
        )

    def clashes(self, helper: int, meeting: int) -> list[int]:
        """The meetings of *helper* that conflict with *meeting*."""
        return list(bits(self.diary[helper] & self.instance.clashing(meeting)))

    def must_not_meet(self, helper: int, meeting: int) -> bool:
        """Whether somebody is at *meeting* who must never be together with *helper*."""
        return bool(self._apart) and not self._apart[helper].isdisjoint(self.there[meeting])

    def minutes_over(self, helper: int, meeting: int) -> int:
        """How many minutes too many *helper* would have that week with *meeting*."""
        one = self.instance.meetings[meeting]
        left = self.instance.helpers[helper].minutes_left(one.week)
        return self.minutes[helper, one.week] + one.minutes - left

    def breaks_a_span(self, helper: int, meeting: int) -> bool:
        """Whether *helper* would do too much within a span with *meeting*."""
        for number in self._spans.get(meeting, ()):
            span = self.instance.spans[number]
            inside = self.meetings[helper].intersection(span.meetings)
            given = sum(self.instance.meetings[other].minutes for other in inside)
            if given + self.instance.meetings[meeting].minutes > span.minutes:
                return True
        return False

    def is_new_face(self, helper: int, series: int) -> bool:
        """Whether *helper* in that series costs what a new face costs, once they come."""
        return series in self._counted and (helper, series) not in self.instance.faces

    def gain(self, proposal: Proposal, own: int) -> int:
        """What adding *proposal* is worth; *own* is what its pair earns by itself."""
        need, helper, _ = proposal
        meeting = self.instance.needs[need].meeting
        total = own + self._face(helper, meeting) + self._load(helper, meeting)
        if need in self._worths:
            total += self._cover(need, helper)
        return total + self._finishing(proposal)

    def _face(self, helper: int, meeting: int) -> int:
        series = self.instance.meetings[meeting].series
        if series is None or self.faces[helper, series] or not self.is_new_face(helper, series):
            return 0
        return self.instance.weights.new_face

    def _load(self, helper: int, meeting: int) -> int:
        hours = self.instance.helpers[helper].half_hours
        if hours is None:
            return 0
        before = self.load[helper]
        after = before + self.instance.meetings[meeting].half_hours
        return _charge(self.instance, hours, after) - _charge(self.instance, hours, before)

    def _cover(self, need: int, helper: int) -> int:
        spoken: set[str] = set().union(
            *(self.instance.helpers[one].speaks for one in self.at_need[need])
        )
        news = self.instance.helpers[helper].speaks - spoken
        covered = sum(worth for tag, worth in self._worths[need].items() if tag in news)
        return covered + (self.instance.weights.extra if self.at_need[need] else 0)

    def _finishing(self, proposal: Proposal) -> int:
        need, _, leg = proposal
        if need not in self._wholes or (leg != DIRECT and leg % 2 == 1):
            return 0
        if self.filled[need] + 1 != self.instance.needs[need].wanted:
            return 0
        return sum(
            self.instance.wholes[number].worth
            for number in self._wholes[need]
            if all(
                self.filled[other] >= self.instance.needs[other].wanted
                for other in self.instance.wholes[number].needs
                if other != need
            )
        )

    def add(self, proposal: Proposal) -> None:
        self._change(proposal, 1)

    def remove(self, proposal: Proposal) -> None:
        self._change(proposal, -1)

    def _change(self, proposal: Proposal, by: int) -> None:
        need, helper, leg = proposal
        number = self.instance.needs[need].meeting
        meeting = self.instance.meetings[number]
        change = set.add if by > 0 else set.remove
        change(self.proposals, proposal)
        change(self.meetings[helper], number)
        if by > 0:
            self.diary[helper] |= 1 << number
        else:
            self.diary[helper] &= ~(1 << number)
        change(self.there[number], helper)
        change(self.at_need[need], helper)
        if leg == DIRECT or leg % 2 == 0:
            self.filled[need] += by
        self.minutes[helper, meeting.week] += by * meeting.minutes
        self.load[helper] += by * meeting.half_hours
        if meeting.series is not None:
            self.faces[helper, meeting.series] += by


def keep_what_fits(
    instance: Instance, proposals: Iterable[Proposal], beside: Plan | None = None
) -> Roster:
    """A roster of *proposals* as far as they still stand: eligible, not forbidden, fitting, also
    *beside* a plan that does.

    Relays are kept whole or not at all.
    """
    possible = instance.earned
    roster = Roster(instance, beside)
    legs: dict[int, list[Proposal]] = defaultdict(list)
    for one in proposals:
        if one not in possible or one in roster.proposals:
            continue
        if one.leg == DIRECT:
            if roster.fits(one):
                roster.add(one)
        else:
            legs[one.leg // 2].append(one)
    for _, both in sorted(legs.items()):
        add_relays(roster, both)
    return roster


def add_relays(roster: Roster, legs: list[Proposal]) -> None:
    """Add the halves of one relay two by two, as long as both fit."""
    firsts = sorted(one for one in legs if one.leg % 2 == 0)
    seconds = sorted(one for one in legs if one.leg % 2 == 1)
    for first, second in zip(firsts, seconds, strict=False):
        if not roster.fits(first):
            continue
        roster.add(first)
        if roster.fits(second):
            roster.add(second)
        else:
            roster.remove(first)


def fill_up(roster: Roster, order: Iterable[tuple[Proposal, int]]) -> None:
    """Add each pair in turn that fits and is worth it."""
    for proposal, own in order:
        if proposal.leg == DIRECT and roster.fits(proposal) and roster.gain(proposal, own) > 0:
            roster.add(proposal)


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _charge(instance: Instance, hours: int, load: int) -> int:
    return sum(
        charge * max(0, load - hours * quarter // 4)
        for quarter, charge in enumerate(instance.weights.load, start=1)
    )
