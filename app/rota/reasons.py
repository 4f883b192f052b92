"""Why this person and who was next: each alternative, with what the plan would lose. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.rota.frame import Frame
from app.staffing.matching.instance import DIRECT, Plan, Proposal, Way
from app.staffing.matching.roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Somebody for a place, beside everything else in the plan.

    *above*: levels above the one asked for. *of_series*: at how many of the *series* meetings of
    the course the plan has them; *knows_it*: they helped there before. *week*: minutes that the
    plan gives them in that week, this place with them. *share*: of the hours that they offer, or
    that are usual, in the weeks of the plan, the part that it takes, this place with them; None: it
    is not measured. *gain*: what the plan gains by them there.
    """

    proposal: Proposal
    gain: int
    above: int
    preferred: bool
    way: Way
    of_series: int
    series: int
    knows_it: bool
    week: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who could have a place: the best first, and how many more could but are planned elsewhere at
    that time or have no hours left (*busy*)."""

    ranked: tuple[Weighed, ...]
    busy: tuple[Proposal, ...]

    def rank(self, proposal: Proposal) -> int | None:
        """1 for the best; ties are the same rank. None: not among them."""
        gains = {one.proposal: one.gain for one in self.ranked}
        if proposal not in gains:
            return None
        return 1 + sum(gain > gains[proposal] for gain in gains.values())


def choice_for(frame: Frame, plan: Plan, need: int, proposal: Proposal | None = None) -> Choice:
    """Everybody who may fill *need* directly, or do the same half of a relay as *proposal*, with
    the rest of the plan as it is and *proposal* (whose place it is) taken out."""
    roster = Roster(frame.instance, plan)
    if proposal is not None:
        roster.remove(proposal)
    ranked, busy = [], []
    for other in _offers(frame, need, DIRECT if proposal is None else proposal.leg):
        if other.helper in roster.at_need[need]:
            continue
        if roster.fits(other):
            ranked.append(_weighed(frame, roster, other))
        else:
            busy.append(other)
    ranked.sort(key=lambda one: (-one.gain, one.proposal))
    return Choice(tuple(ranked), tuple(busy))


def _offers(frame: Frame, need: int, leg: int) -> Sequence[Proposal]:
    """The pairs of *need* that nobody forbade: direct ones, or of one half of one relay."""
    pairs = frame.instance.allowed
    rows = (pairs.need == need) & (pairs.leg == leg)
    return [Proposal(need, helper, leg) for helper in sorted(pairs.helper[rows].tolist())]


def _weighed(frame: Frame, roster: Roster, proposal: Proposal) -> Weighed:
    instance = frame.instance
    pair = frame.pair(proposal)
    assert pair is not None
    number = instance.needs[proposal.need].meeting
    meeting, helper = instance.meetings[number], proposal.helper
    series = meeting.series
    of_series = 0 if series is None else roster.faces[helper, series]
    offered = instance.helpers[helper].half_hours
    return Weighed(
        proposal=proposal,
        gain=roster.gain(proposal, instance.earned[proposal]),
        above=pair.above,
        preferred=pair.preferred,
        way=pair.way,
        of_series=of_series + 1,
        series=0 if series is None else int((instance.series_of == series).sum()),
        knows_it=series is not None and (helper, series) in instance.faces,
        week=roster.minutes[helper, meeting.week] + meeting.minutes,
        share=(roster.load[helper] + meeting.half_hours) / offered if offered else None,
    )


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two people who could take each other's place, and what the plan gains (mostly loses)."""

    other: Proposal
    gain: int


def exchanges(frame: Frame, plan: Plan, one: Proposal) -> list[Exchange]:
    """With whom *one* could exchange places, every rule kept; what costs least first."""
    instance, found = frame.instance, []
    roster = Roster(instance, plan)
    could = set(instance.allowed.need[instance.allowed.helper == one.helper].tolist())
    fixed = {(need, helper) for need, helper in instance.pins}
    for other in plan.proposals:
        if other.helper == one.helper or other.need == one.need or other.leg != DIRECT:
            continue
        if other.need not in could or (other.need, other.helper) in fixed:
            continue
        gain = _gain_of_exchange(roster, one, other)
        if gain is not None:
            found.append(Exchange(other, gain))
    return sorted(found, key=lambda each: (-each.gain, each.other))


def _gain_of_exchange(roster: Roster, one: Proposal, other: Proposal) -> int | None:
    """None where a rule stands against it; the roster is left as it was."""
    earned = roster.instance.earned
    mine, theirs = Proposal(one.need, other.helper), Proposal(other.need, one.helper)
    if mine not in earned or theirs not in earned:
        return None
    if mine in roster.proposals or theirs in roster.proposals:
        return None
    gain, done = 0, []
    for given in (one, other):
        roster.remove(given)
        gain -= roster.gain(given, earned[given])
    for taken in (mine, theirs):
        if not roster.fits(taken):
            break
        gain += roster.gain(taken, earned[taken])
        roster.add(taken)
        done.append(taken)
    for taken in done:
        roster.remove(taken)
    for given in (other, one):
        roster.add(given)
    return gain if len(done) == 2 else None
