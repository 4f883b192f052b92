"""Who could step in: first whoever is free, then whoever is free once somebody else takes over."""

from __future__ import annotations

from dataclasses import dataclass

from app.staffing.matching.instance import DIRECT, Instance, Plan, Proposal
from app.staffing.matching.roster import Roster


@dataclass(frozen=True, slots=True)
class StandIn:
    """One answer to "who could come?", and exactly what the plan gains (or loses) by it.

    *moved* is what they give up for it, *taken_over* who takes that instead.
    """

    proposal: Proposal
    gain: int
    moved: Proposal | None = None
    taken_over: Proposal | None = None

    @property
    def order(self) -> tuple[bool, int, Proposal]:
        return self.moved is not None, -self.gain, self.proposal


def stand_ins(instance: Instance, plan: Plan, need: int) -> list[StandIn]:
    """All who could fill one more place of *need*, the best first; chains after direct ones."""
    roster = Roster(instance, plan)
    offers = _offers_of(instance)
    found = []
    for proposal, own in offers.get(need, ()):
        if proposal in roster.proposals:
            continue
        if roster.fits(proposal):
            found.append(StandIn(proposal, roster.gain(proposal, own)))
        elif roster.filled[need] < instance.needs[need].wanted:
            chain = _chain(roster, proposal, own, offers)
            if chain is not None:
                found.append(chain)
    return sorted(found, key=lambda one: one.order)


Offers = dict[int, list[tuple[Proposal, int]]]


def _offers_of(instance: Instance) -> Offers:
    """Need -> who may fill it directly, with what the pair earns by itself."""
    offers: Offers = {}
    for proposal, own in instance.earned.items():
        if proposal.leg == DIRECT:
            offers.setdefault(proposal.need, []).append((proposal, own))
    return offers


def _chain(roster: Roster, proposal: Proposal, own: int, offers: Offers) -> StandIn | None:
    """The best way in which *proposal* gives up one meeting that somebody free takes over."""
    instance = roster.instance
    best: StandIn | None = None
    for given in _in_the_way(roster, proposal):
        roster.remove(given)
        loss = roster.gain(given, instance.earned[given])
        if roster.fits(proposal):
            gain = roster.gain(proposal, own) - loss
            roster.add(proposal)
            heir = _heir(roster, given, offers)
            roster.remove(proposal)
            if heir is not None and (best is None or gain + heir[1] > best.gain):
                best = StandIn(proposal, gain + heir[1], given, heir[0])
        roster.add(given)
    return best


def _in_the_way(roster: Roster, proposal: Proposal) -> list[Proposal]:
    """What this helper does that may be what stands in the way: the same week, or clashing."""
    instance = roster.instance
    meeting = instance.needs[proposal.need].meeting
    clashes = set(roster.clashes(proposal.helper, meeting))
    week = instance.meetings[meeting].week
    return sorted(
        one
        for one in _of_helper(roster, proposal.helper)
        if one.leg == DIRECT
        and (one.need, one.helper) not in instance.pins
        and (
            instance.needs[one.need].meeting in clashes
            if clashes
            else instance.meetings[instance.needs[one.need].meeting].week == week
        )
    )


def _of_helper(roster: Roster, helper: int) -> list[Proposal]:
    return [one for one in roster.proposals if one.helper == helper]


def _heir(roster: Roster, given: Proposal, offers: Offers) -> tuple[Proposal, int] | None:
    """Who gains most by taking over what was given up."""
    gains = [
        (roster.gain(other, own), other)
        for other, own in offers[given.need]
        if other.helper != given.helper and roster.fits(other)
    ]
    if not gains:
        return None
    gain, other = min(gains, key=lambda one: (-one[0], one[1]))
    return other, gain
