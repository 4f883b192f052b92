"""Ejection chains: somebody leaves what they do for an empty place, others take that over, and so
on for as long as it leads. What is hard to place grows dear to take away (guided ejection search).

Fast where rosters are full, where a linear program sees only fractions. Two sorts of chain: from an
empty place, and from a new face that a series could do without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from app.staffing.matching.instance import DIRECT, Instance, Need, Plan, Proposal
from app.staffing.matching.roster import Roster, bits

FIRST_LENGTH = 8
"""Places given in the first chains; when none of them leads anywhere, `LONGER` times as many."""
LONGER = 4
LONGEST = 8192
"""Places given in one chain at most: nobody can stop it on the way."""
FACES, FEWEST_FACES = 4000, 8
"""New faces tried in one round: so many for chains of one place, fewer the longer they are."""
STIRRED = 12
"""Places offered to somebody else at random after each ejection."""


class Face(NamedTuple):
    """A helper in a series where they were not before."""

    helper: int
    series: int


class Chains:
    """A search that goes on from *plan*, which keeps the rules, and never leaves a better one.

    Pins stay, relays are not touched, what counts only as a whole is not seen.
    """

    def __init__(self, instance: Instance, plan: Plan, *, seed: int = 0) -> None:
        self.instance = instance
        self.roster = Roster(instance, plan)
        self.chances = _chances(seed)
        self.own = {one: own for one, own in instance.earned.items() if one.leg == DIRECT}
        self.who: dict[int, list[Proposal]] = defaultdict(list)
        for one in self.own:
            self.who[one.need].append(one)
        self.weight = [1] * len(instance.needs)
        self.held: dict[tuple[int, int], Proposal] = {}
        for one in plan.proposals:
            if one in self.own and (one.need, one.helper) not in instance.pins:
                self.held[one.helper, instance.needs[one.need].meeting] = one
        self.worth = 0
        self.done: list[tuple[Proposal, bool]] = []
        self.steps = 0
        self.rounds = self._rounds()

    @property
    def plan(self) -> Plan:
        return self.roster.plan

    def go_on(self, steps: int) -> bool:
        """Follow chains until about so many more places were given; whether there are more."""
        until = self.steps + steps
        while self.steps < until:
            if next(self.rounds, None) is None:
                return False
        return True

    def _rounds(self) -> Iterator[bool]:
        """One chain after the other: from all empty places, then from new faces."""
        length = FIRST_LENGTH
        while starts := self._starts(length):
            found = False
            for start in starts:
                better = self._chain(start, length)
                found |= better
                yield better
            if not found:
                length = min(LONGEST, length * LONGER)

    def _starts(self, length: int) -> list[int | Face]:
        return [*self._empty_needs(), *self._new_faces(length)]

    def _empty_needs(self) -> list[int]:
        needs = [
            number
            for number, need in enumerate(self.instance.needs)
            if self._asks_for_heads(need)
            and self.roster.filled[number] < need.wanted
            and self.who[number]
        ]
        return sorted(needs, key=lambda need: (-len(self.who[need]), next(self.chances)))

    def _asks_for_heads(self, need: Need) -> bool:
        return not need.cover or self.instance.weights.head > 0

    def _new_faces(self, length: int) -> list[Face]:
        """Those that cost something, by chance, but rather those with little to do."""
        if not self.instance.weights.new_face:
            return []
        faces = [
            (count * next(self.chances), Face(helper, series))
            for (helper, series), count in self.roster.faces.items()
            if count and self.roster.is_new_face(helper, series)
        ]
        return [face for _, face in sorted(faces)[: max(FEWEST_FACES, FACES // length)]]

    def _chain(self, start: int | Face, length: int) -> bool:
        """Follow one chain, and go back to where it was worth most; whether it was worth more."""
        self.done, self.worth = [], 0
        self.steps += 1
        closed = start.series if isinstance(start, Face) else None
        stack = self._left(start) if isinstance(start, Face) else [start]
        best = best_at = 0
        for _ in range(length):
            if not stack:
                break
            self.steps += 1
            stack.extend(self._place(stack.pop(), closed))
            if self.worth >= best:
                best, best_at = self.worth, len(self.done)
        self._back_to(best_at)
        return best > 0

    def _left(self, face: Face) -> list[int]:
        """Take *face* out of its series; the needs that are empty then, none if one must stay."""
        series = self.instance.series_of
        leaving = []
        for meeting in sorted(self.roster.meetings[face.helper]):
            if series[meeting] == face.series:
                held = self.held.get((face.helper, meeting))
                if held is None:
                    return []
                leaving.append(held)
        for one in leaving:
            self._remove(one)
        return [one.need for one in leaving]

    def _place(self, need: int, closed: int | None) -> list[int]:
        """Give the place to whoever is free and gains most, or to whoever has least to leave for
        it; the needs that are empty instead. No new face in a *closed* series."""
        if self.roster.filled[need] >= self.instance.needs[need].wanted:
            return []
        meeting = self.instance.needs[need].meeting
        who = [one for one in self.who[need] if self._may_come(one.helper, meeting, closed)]
        free = self._best_of_the_free(who, meeting)
        if free is not None:
            self._add(free)
            return []
        proposal, leaving = self._least_to_leave(who, meeting)
        if proposal is None:
            return []
        self.weight[need] += 1
        for other in leaving:
            self._remove(other)
        if self.roster.is_free(proposal.helper, meeting):
            self._add(proposal)
        self._stir()
        return [other.need for other in leaving]

    def _may_come(self, helper: int, meeting: int, closed: int | None) -> bool:
        if self.roster.must_not_meet(helper, meeting):
            return False
        if closed is None or self.instance.meetings[meeting].series != closed:
            return True
        there = self.roster.faces[helper, closed]
        return bool(there) or not self.roster.is_new_face(helper, closed)

    def _best_of_the_free(self, who: list[Proposal], meeting: int) -> Proposal | None:
        roster, clashing = self.roster, self.instance.clashing(meeting)
        best, most = None, 0.0
        for one in who:
            if roster.diary[one.helper] & clashing or roster.minutes_over(one.helper, meeting) > 0:
                continue
            if roster.breaks_a_span(one.helper, meeting):
                continue
            gain = roster.gain(one, self.own[one]) + next(self.chances)
            if gain > most:
                best, most = one, gain
        return best

    def _least_to_leave(
        self, who: list[Proposal], meeting: int
    ) -> tuple[Proposal | None, list[Proposal]]:
        """Who of *who* would come, and what they would leave for it."""
        clashing = self.instance.clashing(meeting)
        best: Proposal | None = None
        left: list[Proposal] = []
        least = np.inf
        for one in who:
            paid = next(self.chances) - self.own[one]
            leaving = []
            for number in bits(self.roster.diary[one.helper] & clashing):
                other = self.held.get((one.helper, number))
                if other is None or paid >= least:
                    paid = np.inf
                    break
                leaving.append(other)
                paid += self.weight[other.need] * self.own[other]
            if paid < least:
                paid += self._hours_made(one.helper, meeting, leaving)
            if paid < least:
                best, left, least = one, leaving, paid
        return best, left

    def _hours_made(self, helper: int, meeting: int, leaving: list[Proposal]) -> float:
        """Add to *leaving* what else *helper* leaves until the week has hours enough; its price."""
        over = self.roster.minutes_over(helper, meeting)
        if over <= 0:
            return 0.0
        meetings = self.instance.meetings
        week = meetings[meeting].week
        for other in leaving:
            one = meetings[self.instance.needs[other.need].meeting]
            over -= one.minutes if one.week == week else 0
        paid = 0.0
        for price, minutes, other in self._others_of_the_week(helper, week, leaving):
            if over <= 0:
                break
            leaving.append(other)
            paid += price
            over -= minutes
        return paid if over <= 0 else np.inf

    def _others_of_the_week(
        self, helper: int, week: int, leaving: list[Proposal]
    ) -> list[tuple[float, int, Proposal]]:
        """(price, minutes, place) of what *helper* could leave, the cheapest minutes first."""
        found = []
        for number in self.roster.meetings[helper]:
            other = self.held.get((helper, number))
            one = self.instance.meetings[number]
            if other is not None and one.week == week and other not in leaving:
                price = self.weight[other.need] * self.own[other]
                found.append((price / one.minutes, price, one.minutes, other))
        return [(price, minutes, other) for _, price, minutes, other in sorted(found)]

    def _stir(self) -> None:
        """Offer some places to somebody else, who may give theirs in exchange, where nothing is
        lost by it."""
        for _ in range(STIRRED):
            need = int(next(self.chances) * len(self.instance.needs))
            there = self.who[need]
            if not there:
                continue
            meeting = self.instance.needs[need].meeting
            old, new = self._moving_from(need, meeting), there[int(next(self.chances) * len(there))]
            if old is None or old == new:
                continue
            clashing = self.roster.diary[new.helper] & self.instance.clashing(meeting)
            if not clashing:
                self._exchange([old], [new])
            elif not clashing & (clashing - 1):
                back = self.held.get((new.helper, clashing.bit_length() - 1))
                if back is not None and (other := Proposal(back.need, old.helper)) in self.own:
                    self._exchange([old, back], [new, other])

    def _moving_from(self, need: int, meeting: int) -> Proposal | None:
        for helper in self.roster.at_need[need]:
            held = self.held.get((helper, meeting))
            if held is not None and held.need == need:
                return held
        return None

    def _exchange(self, leaving: list[Proposal], coming: list[Proposal]) -> None:
        """These for those, unless a rule forbids it or anything is lost by it."""
        before, at, fits = self.worth, len(self.done), True
        for one in leaving:
            self._remove(one)
        for one in coming:
            fits = self.roster.is_free(one.helper, self.instance.needs[one.need].meeting)
            if not fits:
                break
            self._add(one)
        if not fits or self.worth < before:
            self._back_to(at)

    def _add(self, one: Proposal) -> None:
        self.worth += self.roster.gain(one, self.own[one])
        self.roster.add(one)
        self.held[one.helper, self.instance.needs[one.need].meeting] = one
        self.done.append((one, True))

    def _remove(self, one: Proposal) -> None:
        self.roster.remove(one)
        del self.held[one.helper, self.instance.needs[one.need].meeting]
        self.worth -= self.roster.gain(one, self.own[one])
        self.done.append((one, False))

    def _back_to(self, at: int) -> None:
        """Undo all that was done after the first *at* changes."""
        while len(self.done) > at:
            one, was_added = self.done.pop()
            if was_added:
                self._remove(one)
            else:
                self._add(one)
            self.done.pop()


def _chances(seed: int) -> Iterator[float]:
    """Numbers from 0 to 1 by chance, without end."""
    dice = np.random.default_rng(seed)
    while True:
        yield from dice.random(4096).tolist()
