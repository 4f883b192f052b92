"""Proposals become offers: each is checked once more by the rules of now, under lock. Never
commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.people.models import Person
from app.refusal import Refusal
from app.rota.frame import unpacked, unpacked_plan
from app.rota.models import Act, Rota
from app.rota.operations import PlanChanged, StillSearching, record
from app.staffing.decisions import note
from app.staffing.eligibility import Reason
from app.staffing.holding import hold
from app.staffing.matching.instance import DIRECT
from app.staffing.models import Need, State
from app.staffing.operations import NotEligible, approve_request, offer_place
from app.staffing.queries import (
    assignment_of,
    needs_planned_by,
    places_left,
    with_profile,
)
from app.staffing.relaying import split_for_relay

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
    *seen* is the version of the plan that was on the page. Raises `PlanChanged` if it is another
    one by now and a choice is not in it.
    """
    if rota.stage.is_under_way:
        raise StillSearching
    plan = {(need, person): leg for need, person, leg in unpacked_plan(rota.plan)}
    if not chosen or any(one not in plan for one in chosen):
        raise PlanChanged
    asked = _whole_relays(plan, chosen)
    needs, people = _rows(rota, asked)
    there = [one for one in asked if one[0] in needs and one[1] in people]
    hold([needs[need] for need, _ in there], people=[people[who] for _, who in there])
    accepting = _Accepting(rota, plan, seen, now)
    return [
        accepting.one(needs[need], people[who])
        for need, who in sorted(
            there, key=lambda one: (needs[one[0]].meeting.starts_at, one[0], plan[one], one[1])
        )
    ]


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
        select(Person)
        .where(Person.id.in_({who for _, who in chosen}))
        .options(*with_profile(), selectinload(Person.memberships))
    )
    return {one.id: one for one in needs}, {one.id: one for one in people}


@dataclass
class _Accepting:
    """One acceptance: proposal after proposal, each by itself."""

    rota: Rota
    plan: Mapping[Chosen, int]
    seen: int | None
    now: datetime
    halves: dict[int, tuple[Need, Need]] = field(default_factory=dict)
    """Relay -> the needs of its two halves."""

    def one(self, need: Need, person: Person) -> Outcome:
        leg = self.plan[need.id, person.id]
        try:
            with db.session.begin_nested():
                there = need if leg == DIRECT else self._half(need, leg)
                self._offer(there, person)
        except Refusal as refusal:
            outcome = Outcome(need, person, refusal)
            rules = [reason.rule.value for reason in outcome.reasons]
            self._record(Act.REFUSED, need, person, rules=rules, said=type(refusal).__name__)
            return outcome
        self._record(Act.ACCEPTED, there, person)
        return Outcome(there, person)

    def _offer(self, need: Need, person: Person) -> None:
        rota, known = self.rota, assignment_of(need, person)
        if known is not None and known.state is State.REQUESTED:
            approve_request(known, by=rota.by, now=self.now)
            return
        self._make_room(need)
        offer_place(need, person, by=rota.by, now=self.now, facts={"rota": rota.ref})

    def _half(self, need: Need, leg: int) -> Need:
        """The need of one half of a relay, which is made where there is none yet."""
        if leg // 2 not in self.halves:
            assert self.rota.inputs is not None
            via = unpacked(self.rota.inputs).instance.relays[leg // 2].via
            self.halves[leg // 2] = split_for_relay(need, via, by=self.rota.by, now=self.now)
        return self.halves[leg // 2][leg % 2]

    def _make_room(self, need: Need) -> None:
        """Where the plan gives somebody's place to another, they stay expected until another
        comes."""
        if not self.rota.may_move or places_left(need) > 0:
            return
        for one in need.assignments:
            is_there = one.state is State.CONFIRMED and not one.trainee
            if is_there and (need.id, one.person_id) not in self.plan:
                one.stand_in_wanted_at = self.now
                note(one, by=self.rota.by, now=self.now, stand_in="wanted", rota=self.rota.ref)
                return

    def _record(self, act: Act, need: Need, person: Person, **why: Any) -> None:
        record(self.rota, act, need, person, now=self.now, version=self.seen, **why)
