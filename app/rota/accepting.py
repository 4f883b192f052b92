"""Proposals become offers: each is checked once more by the rules of now, under lock. Never
commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.people.models import Person
from app.refusal import Refusal
from app.rota.frame import unpacked_plan
from app.rota.models import Act, Rota
from app.rota.operations import PlanChanged, StillSearching, record
from app.staffing.decisions import note
from app.staffing.eligibility import Reason
from app.staffing.holding import hold
from app.staffing.matching.instance import DIRECT
from app.staffing.models import ALIVE, Assignment, Need, State
from app.staffing.operations import NotEligible, approve_request, offer_place
from app.staffing.queries import (
    assignment_of,
    needs_planned_by,
    places_left,
    with_profile,
)

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
    asked = sorted(set(chosen))
    if any(one not in plan for one in asked) or not asked:
        raise PlanChanged
    needs, people = _rows(rota, asked)
    there = [one for one in asked if one[0] in needs and one[1] in people]
    hold([needs[need] for need, _ in there], people=[people[who] for _, who in there])
    return [
        _accept_one(rota, needs[need], people[who], plan, version=seen, now=now)
        for need, who in sorted(there, key=lambda one: (needs[one[0]].meeting.starts_at, one))
    ]


def _rows(rota: Rota, chosen: Sequence[Chosen]) -> tuple[dict[int, Need], dict[int, Person]]:
    """Only what the coordinator plans today."""
    ids = {need for need, _ in chosen}
    needs = db.session.scalars(needs_planned_by(rota.by).where(Need.id.in_(ids)))
    people = db.session.scalars(
        select(Person)
        .where(Person.id.in_({who for _, who in chosen}))
        .options(*with_profile(), selectinload(Person.memberships))
    )
    return {one.id: one for one in needs}, {one.id: one for one in people}


def _accept_one(
    rota: Rota,
    need: Need,
    person: Person,
    plan: dict[Chosen, int],
    *,
    version: int | None,
    now: datetime,
) -> Outcome:
    leg = plan[need.id, person.id]
    try:
        with db.session.begin_nested():
            if leg != DIRECT:
                need = _half(rota, need, leg, now=now)
            assignment = assignment_of(need, person)
            if assignment is not None and assignment.state is State.REQUESTED:
                approve_request(assignment, by=rota.by, now=now)
            else:
                _make_room(rota, need, plan, now=now)
                facts = {"rota": rota.ref}
                assignment = offer_place(need, person, by=rota.by, now=now, facts=facts)
    except Refusal as refusal:
        outcome = Outcome(need, person, refusal)
        rules = [reason.rule.value for reason in outcome.reasons]
        said = type(refusal).__name__
        record(rota, Act.REFUSED, need, person, now=now, version=version, rules=rules, said=said)
        return outcome
    record(rota, Act.ACCEPTED, need, person, now=now, version=version)
    return Outcome(need, person)


def _half(rota: Rota, need: Need, leg: int, *, now: datetime) -> Need:
    """The need of one half of a relay."""
    raise PlanChanged


def _make_room(rota: Rota, need: Need, plan: dict[Chosen, int], *, now: datetime) -> None:
    """Where the plan gives somebody's place to another, they stay expected until another comes."""
    if not rota.may_move or places_left(need) > 0:
        return
    for one in need.assignments:
        is_there = one.state is State.CONFIRMED and not one.trainee
        if is_there and (need.id, one.person_id) not in plan:
            one.stand_in_wanted_at = now
            note(one, by=rota.by, now=now, stand_in="wanted", rota=rota.ref)
            return


def stands_with(needs: Collection[Need]) -> dict[Chosen, Assignment]:
    """Who is confirmed, asked or asking today."""
    return {
        (one.need_id, one.person_id): one
        for need in needs
        for one in need.assignments
        if one.state in ALIVE
    }
