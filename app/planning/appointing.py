"""Making an appointment: one meeting, one mediator, a code instead of a title. Never commits."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Centre, Person
from app.people.terms import Level, Role
from app.programme.codes import Choose, new_code
from app.programme.kinds import Kind, Service
from app.programme.models import Activity, ActivityText, Meeting
from app.programme.operations import ActivityFacts, plan_activity
from app.programme.places import Room
from app.programme.queries import coming_meetings
from app.programme.recurrence import Occurrence
from app.refusal import Refusal
from app.signups.operations import join
from app.staffing.models import Need
from app.staffing.operations import add_needs
from app.staffing.queries import needs_of


class NobodyNeeded(Refusal):
    message = _l("This appointment was made before, and nobody is needed for it any more.")


@dataclass(frozen=True, kw_only=True)
class AppointmentFacts:
    """What a coordinator decides about an appointment. Of the person nothing is said but who it is,
    and that only where it is already known. *ref* makes a second click of the same page harmless.
    """

    ref: str
    centre: Centre
    service: Service
    day: date
    starts_at: datetime
    ends_at: datetime
    language: str
    level: Level | None
    women_only: bool = False
    meeting_point: str | None = None
    room: Room | None = None
    participant: Person | None = None


def make_appointment(
    facts: AppointmentFacts, *, by: Person, now: datetime, choose: Choose = secrets.choice
) -> Need:
    """The appointment and who is needed at it; twice is harmless.

    Raises `RoomTaken`, `RoomOfAnotherCentre` and whatever `signups.join` refuses.
    """
    _lock_people([by, *([facts.participant] if facts.participant else [])])
    made = db.session.scalars(
        select(Activity).where(Activity.ref == facts.ref, Activity.coordinator_id == by.id)
    ).one_or_none()
    if made is not None:
        return _need_of(made)
    lock(facts.centre)  # so that two desks cannot draw the same code
    activity = _plan(facts, new_code(_open_codes(facts.centre, now), choose=choose), by, now)
    if facts.participant is not None:
        join(activity, facts.participant, by=by, now=now)
    [need] = add_needs(
        coming_meetings(activity, now=now),
        role=Role.MEDIATOR,
        language=facts.language,
        level=facts.level,
        wanted=1,
        women_only=facts.women_only,
        check_required=False,
    )
    return need


def _lock_people(people: Collection[Person]) -> None:
    for person in sorted(set(people), key=lambda one: one.id):
        lock(person)


def _plan(facts: AppointmentFacts, code: str, by: Person, now: datetime) -> Activity:
    activity = plan_activity(
        ActivityFacts(
            centre=facts.centre,
            kind=Kind.INDIVIDUAL,
            texts={"ro": (code, "")},
            room=facts.room,
            support_language=facts.language,
            service=facts.service,
            meeting_point=facts.meeting_point,
        ),
        [Occurrence(facts.day, facts.starts_at, facts.ends_at)],
        by=by,
        now=now,
    )
    activity.ref = facts.ref
    db.session.flush()
    return activity


def _open_codes(centre: Centre, now: datetime) -> set[str]:
    """The codes of the centre's appointments that are not over."""
    found = (
        select(ActivityText.title)
        .join(Activity, Activity.id == ActivityText.activity_id)
        .join(Meeting, Meeting.activity_id == Activity.id)
        .where(
            Activity.centre_id == centre.id,
            Activity.kind == Kind.INDIVIDUAL,
            Meeting.ends_at > now,
        )
    )
    return set(db.session.scalars(found))


def _need_of(appointment: Activity) -> Need:
    meetings = select(Meeting.id).where(Meeting.activity_id == appointment.id)
    needs = needs_of(list(db.session.scalars(meetings)))
    if not needs:
        raise NobodyNeeded
    return needs[0]
