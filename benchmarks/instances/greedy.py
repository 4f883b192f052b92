"""What most programs do: one need after the other, each taking the best who is still free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from app.staffing.matching.instance import Instance, Plan, Proposal
from app.staffing.matching.roster import Roster


def greedy_plans(instance: Instance) -> dict[str, Plan]:
    """Need by need, in order of time, urgency or scarcity; each takes the best who is free."""
    offers: dict[int, list[tuple[int, Proposal]]] = defaultdict(list)
    for proposal, own in instance.earned.items():
        offers[proposal.need].append((own, proposal))
    starts = [instance.meetings[need.meeting].starts for need in instance.needs]
    urgency = [need.urgency for need in instance.needs]
    keys: dict[str, Callable[[int], tuple[int, ...]]] = {
        "time": lambda need: (starts[need], need),
        "urgency": lambda need: (-urgency[need], starts[need], need),
        "scarcity": lambda need: (len(offers[need]), need),
    }
    return {
        name: _greedy(instance, sorted(range(len(instance.needs)), key=key), offers)
        for name, key in keys.items()
    }


def _greedy(
    instance: Instance, order: Iterable[int], offers: dict[int, list[tuple[int, Proposal]]]
) -> Plan:
    """Whoever suits the need best by itself and is free; of equals the one with fewest hours."""
    roster = Roster(instance)
    for need in order:
        ranked = sorted(offers[need], key=lambda one: (-one[0], roster.load[one[1].helper], one[1]))
        for own, proposal in ranked:
            if instance.needs[need].wanted <= roster.filled[need]:
                break
            if roster.fits(proposal) and roster.gain(proposal, own) > 0:
                roster.add(proposal)
    return roster.plan
