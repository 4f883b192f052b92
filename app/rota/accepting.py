"""Proposals become offers: each is checked once more by the rules of now, under lock. Never
commits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Person
from app.refusal import Refusal
from app.rota.frame import packed_plan, unpacked, unpacked_plan
from app.rota.inputs import GONE
from app.rota.models import Act, Rota
from app.rota.operations import PlanChanged, StillSearching, record
from app.staffing.eligibility import Reason
from app.staffing.holding import hold
from app.staffing.matching.instance import DIRECT
from app.staffing.models import Need, State
from app.staffing.operations import NeedFilled, NotEligible, approve_request, offer_place
from app.staffing.queries import (
    assignment_of,
    needs_planned_by,
    places_left,
    why_not,
    with_profile,
)
from app.staffing.relaying import split_for_relay


class SaidNo(Refusal):
    message = _l("They said no to this place, or gave it up.")


class AnotherIsAsked(Refusal):
    message = _l("Somebody is asked for this place already and has not answered.")


Chosen = tuple[int, int]
"""(need id, person id)."""


@dataclass(frozen=True)
class Outcome:
    """What became of one proposal: *refused* none where the person is asked now, or confirmed."""

    need: Need
    person: Person
    refused: Refusal | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.refused.reasons if isinstance(self.refused, NotEligible) else ()


def accept(
    rota: Rota, chosen: Collection[Chosen], *, seen: int | None, now: datetime
) -> list[Outcome]:
    """Ask everybody *chosen* for their place in the plan; whoever asked for it is confirmed.

    What does not hold any more is refused by itself, with its reasons; the rest is not lost by it.
    *seen* is the version of the plan that was on the page. Raises `PlanChanged` if it is another by
    now, or a choice is not in it.
    """
    lock(rota)  # before anybody else: who accepts a relay changes the plan
    if rota.stage.is_under_way:
        raise StillSearching
    plan = {(need, person): leg for need, person, leg in unpacked_plan(rota.plan)}
    changed = seen is not None and seen != rota.version
    if changed or not chosen or any(one not in plan for one in chosen):
        raise PlanChanged
    asked = _whole_relays(plan, chosen)
    needs, people = _rows(rota, asked)
    there = {one for one in asked if one[0] in needs and one[1] in people}
    hold([needs[need] for need, _ in there], people=[people[who] for _, who in there])
    accepting = _Accepting(rota, plan, needs, people, now)
    for need, who in sorted(there, key=lambda one: (needs[one[0]].meeting.starts_at, one)):
        accepting.take_up(need, who)
    rota.plan = packed_plan([(need, who, leg) for (need, who), leg in accepting.plan.items()])
    db.session.flush()
    return accepting.outcomes


def _whole_relays(plan: Mapping[Chosen, int], chosen: Iterable[Chosen]) -> set[Chosen]:
    """With whoever does the other half."""
    asked = set(chosen)
    relays = {(need, plan[need, who] // 2) for need, who in asked if plan[need, who] != DIRECT}
    halves = {one for one, leg in plan.items() if leg != DIRECT and (one[0], leg // 2) in relays}
    return asked | halves


def _rows(rota: Rota, chosen: Collection[Chosen]) -> tuple[dict[int, Need], dict[int, Person]]:
    """Only what the coordinator plans today."""
    ids = {need for need, _ in chosen}
    needs = db.session.scalars(needs_planned_by(rota.by).where(Need.id.in_(ids)))
    people = db.session.scalars(
        select(Person).where(Person.id.in_({who for _, who in chosen})).options(*with_profile())
    )
    return {one.id: one for one in needs}, {one.id: one for one in people}


class _Accepting:
    """One acceptance: proposal after proposal, each by itself; the halves of a relay together."""

    def __init__(
        self,
        rota: Rota,
        plan: Mapping[Chosen, int],
        needs: Mapping[int, Need],
        people: Mapping[int, Person],
        now: datetime,
    ) -> None:
        self.rota, self.plan, self.now = rota, dict(plan), now
        self.needs, self.people = needs, people
        self.outcomes: list[Outcome] = []
        self.done: set[Chosen] = set()

    def take_up(self, need_id: int, person_id: int) -> None:
        """Ask one person, or the two of a relay; a second time nothing is left to do."""
        if (need_id, person_id) in self.done:  # together with the other half
            return
        leg, need = self.plan[need_id, person_id], self.needs[need_id]
        if leg == DIRECT:
            self._each([(need, self.people[person_id])], lambda: [need])
            return
        halves = sorted(
            (other_leg % 2, who)
            for (other_need, who), other_leg in self.plan.items()
            if other_need == need_id and other_leg != DIRECT and other_leg // 2 == leg // 2
        )
        both = [(need, self.people[who]) for _, who in halves if who in self.people]
        self.done |= {(need_id, who) for _, who in halves}
        done = self._each(both, lambda: self._halves(need, leg, whole=len(both) == 2))
        if done:
            for (_, who), half in zip(halves, done, strict=True):
                del self.plan[need_id, who]
                self.plan[half.id, who] = DIRECT

    def _each(
        self, asked: Sequence[tuple[Need, Person]], places: Callable[[], Sequence[Need]]
    ) -> Sequence[Need]:
        """Ask all of them for *places*, or none."""
        try:
            with db.session.begin_nested():
                found = places()
                for need, (_, person) in zip(found, asked, strict=True):
                    self._offer(need, person)
        except Refusal as refusal:
            for need, person in asked:
                outcome = Outcome(need, person, refusal)
                rules = [reason.rule.value for reason in outcome.reasons]
                said = type(refusal).__name__
                self._record(Act.REFUSED, need, person, rules=rules, said=said)
                self.outcomes.append(outcome)
            return ()
        for need, (_, person) in zip(found, asked, strict=True):
            self._record(Act.ACCEPTED, need, person)
            self.outcomes.append(Outcome(need, person))
        return found

    def _offer(self, need: Need, person: Person) -> None:
        known = assignment_of(need, person)
        state = known.state if known is not None else None
        if known is not None and state is State.REQUESTED:
            approve_request(known, by=self.rota.by, now=self.now)
            return
        if state in GONE:
            raise SaidNo
        open_ = known is not None and (state is State.CONFIRMED or known.is_open_offer(self.now))
        if not open_ and places_left(need) <= asked_for(need, now=self.now):
            raise NeedFilled if places_left(need) < 1 else AnotherIsAsked
        offer_place(need, person, by=self.rota.by, now=self.now, facts={"rota": self.rota.ref})

    def _halves(self, need: Need, leg: int, *, whole: bool) -> Sequence[Need]:
        """The needs of both halves of a relay. Raises `PlanChanged` if one of the two is gone."""
        if not whole or self.rota.inputs is None:
            raise PlanChanged
        via = unpacked(self.rota.inputs).instance.relays[leg // 2].via
        return split_for_relay(need, via, by=self.rota.by, now=self.now)

    def _record(self, act: Act, need: Need, person: Person, **why: Any) -> None:
        record(self.rota, act, need, person, now=self.now, version=self.rota.version, **why)


def asked_for(need: Need, *, now: datetime) -> int:
    """How many are asked for it who could say yes."""
    return sum(
        one.is_open_offer(now) and not one.trainee and not why_not(need, one.person)
        for one in need.assignments
    )
