"""When what the law asks or what protects somebody no longer holds: those places are freed at once,
and told. What people said of themselves, such as their hours, only shows up as a doubt. Never
commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.notices.models import Kind as Letter
from app.people.models import Person
from app.programme.models import Meeting, Status
from app.staffing.holding import hold
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import free_place, tell
from app.staffing.queries import no_longer_fit, with_profile


def recheck(people: Collection[Person], *, by: Person | None, now: datetime) -> list[Assignment]:
    """Free the coming places of *people* that they may not have any more: a contract or a check
    that ends before, a role that ended or pauses.

    Not where somebody is expected whom they never meet: a letter that ends the place of a mediator
    on the day after would tell who refused them. That is a doubt, for the coordinator to solve.
    The coordinator of each and the person are told. In a fixed number of queries where all is well.
    """
    db.session.flush()
    doubtful = _may_not_stay(_coming([person.id for person in people], now))
    if not doubtful:
        return []
    hold([], places=list(doubtful))
    freed = _may_not_stay(_coming([one.person_id for one in doubtful], now))
    for one, rules in freed.items():
        free_place(one, by=by, now=now, rules=rules)
        coordinator = one.need.meeting.activity.coordinator
        tell(one, coordinator, Letter.PLACE_GIVEN_UP, now=now)
        tell(one, one.person, Letter.PLACE_ENDED, now=now)
    return list(freed)


def recheck_everyone(*, now: datetime) -> list[Assignment]:
    """All who are confirmed somewhere: what changed a moment ago beside our own pages."""
    ids = select(Assignment.person_id).where(Assignment.state == State.CONFIRMED)
    coming = _coming(ids, now)
    people = {one.person_id: one.person for one in _may_not_stay(coming)}
    return recheck(list(people.values()), by=None, now=now) if people else []


def _coming(people: object, now: datetime) -> Sequence[Assignment]:
    """The confirmed places of those people (ids) at sessions that have not begun."""
    return db.session.scalars(
        select(Assignment)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            Assignment.person_id.in_(people),  # type: ignore[arg-type]
            Assignment.state == State.CONFIRMED,
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
        )
        .order_by(Assignment.id)
        .options(
            selectinload(Assignment.need).selectinload(Need.assignments),
            selectinload(Assignment.person).options(*with_profile()),
            selectinload(Assignment.overrides),
        )
        .execution_options(populate_existing=True)
    ).all()


def _may_not_stay(coming: Sequence[Assignment]) -> dict[Assignment, list[str]]:
    """Those of *coming* against whom a rule stands that frees them, and which."""
    doubts = no_longer_fit({one.need for one in coming})
    found = {}
    for one in coming:
        rules = [reason.rule for reason in doubts.get(one.id, ())]
        if hard := [rule.value for rule in rules if rule.frees]:
            found[one] = hard
    return found
