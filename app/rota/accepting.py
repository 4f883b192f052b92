"""Proposals become offers: each is checked once more by the rules of now, under lock. Never
commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Person
from app.programme.models import Meeting, Status
from app.programme.queries import ways_to
from app.refusal import Refusal
from app.rota.frame import packed_plan, unpacked, unpacked_plan
from app.rota.inputs import GONE
from app.rota.models import Act, Rota
from app.rota.operations import AskedElsewhere, PlanChanged, SaidNo, StillSearching, record
from app.staffing.eligibility import Busy, Reason
from app.staffing.holding import hold
from app.staffing.matching.instance import DIRECT
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import NeedFilled, NotEligible, approve_request, offer_place
from app.staffing.queries import (
    assignment_of,
    is_offered,
    needs_planned_by,
    places_left,
    want_of,
    why_not,
    with_profile,
)
from app.staffing.relaying import split_for_relay


class AnotherIsAsked(Refusal):
    message = _l("Somebody is asked for this place already and has not answered.")


PORTION = 40
"""So many are asked in one transaction: about half a second of a large house."""

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


def in_portions(rota: Rota, chosen: Collection[Chosen]) -> list[set[Chosen]]:
    """The same choice in portions to be accepted one after the other, each in a transaction of its
    own, so that nobody else waits long; both halves of a relay in one. Raises `PlanChanged`."""
    plan = {(need, person): leg for need, person, leg in unpacked_plan(rota.plan)}
    if any(one not in plan for one in chosen):
        raise PlanChanged
    couples = _couples(plan)
    portions = [set[Chosen]()]
    for together in dict.fromkeys(couples.get(one, (one,)) for one in sorted(chosen)):
        if len(portions[-1]) >= PORTION:
            portions.append(set())
        portions[-1].update(together)
    return portions


def _whole_relays(plan: Mapping[Chosen, int], chosen: Iterable[Chosen]) -> set[Chosen]:
    """With whoever does the other half."""
    couples = _couples(plan)
    return {half for one in chosen for half in couples.get(one, (one,))}


def _couples(plan: Mapping[Chosen, int]) -> dict[Chosen, tuple[Chosen, Chosen]]:
    """Each half of a relay -> both halves; a relay that is there several times, two by two."""
    legs: dict[tuple[int, int], list[Chosen]] = defaultdict(list)
    for one, leg in sorted(plan.items()):
        if leg != DIRECT:
            legs[one[0], leg].append(one)
    couples = {}
    for (need, leg), firsts in legs.items():
        if leg % 2 == 0:
            for both in zip(firsts, legs.get((need, leg + 1), ()), strict=False):
                couples.update(dict.fromkeys(both, both))
    return couples


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
        self.couples = _couples(plan)
        self.needs, self.people = needs, people
        self.asked = _asked_already(people, now)
        self.ways = ways_to({need.meeting.activity.centre_id for need in needs.values()})
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
        halves = self.couples.get((need_id, person_id), ((need_id, person_id),))
        both = [(need, self.people[who]) for _, who in halves if who in self.people]
        self.done |= set(halves)
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
            self.asked[person.id].append(need)
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
        if not open_ and self._is_asked_elsewhere(need, person):
            raise AskedElsewhere
        offer_place(need, person, by=self.rota.by, now=self.now, facts={"rota": self.rota.ref})

    def _is_asked_elsewhere(self, need: Need, person: Person) -> bool:
        """Whether they could say yes to another place that leaves them no time for this one."""
        return any(
            self._clash(other, need) and places_left(other) > 0 and not why_not(other, person)
            for other in self.asked[person.id]
        )

    def _clash(self, other: Need, need: Need) -> bool:
        """Whether nobody can be at both: at the same time, or the way between them is too long."""
        there, here = other.meeting, need.meeting
        way = self.ways.get((there.activity.centre_id, here.activity.centre_id), timedelta(0))
        busy = Busy(there.starts_at, there.ends_at, timedelta(0) if there.is_online else way)
        want = want_of(need)
        return busy.overlaps(want) or busy.is_too_far_from(want)

    def _halves(self, need: Need, leg: int, *, whole: bool) -> Sequence[Need]:
        """The needs of both halves of a relay. Raises `PlanChanged` if one of the two is gone."""
        if not whole or self.rota.inputs is None:
            raise PlanChanged
        via = unpacked(self.rota.inputs).instance.relays[leg // 2].via
        return split_for_relay(need, via, by=self.rota.by, now=self.now)

    def _record(self, act: Act, need: Need, person: Person, **why: Any) -> None:
        record(self.rota, act, need, person, now=self.now, version=self.rota.version, **why)


def _asked_already(people: Collection[int], now: datetime) -> dict[int, list[Need]]:
    """Person id -> the needs for which they are asked and have not answered."""
    found = (
        select(Assignment.person_id, Need)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            Assignment.person_id.in_(people),
            is_offered(now),
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
        )
    )
    asked: dict[int, list[Need]] = defaultdict(list)
    for person_id, need in db.session.execute(found):
        asked[person_id].append(need)
    return asked


def asked_for(need: Need, *, now: datetime) -> int:
    """How many are asked for it who could say yes."""
    return sum(
        one.is_open_offer(now) and not one.trainee and not why_not(need, one.person)
        for one in need.assignments
    )
