"""Reads about who was there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.extensions import db
from app.people.models import Centre, Person
from app.people.queries import with_role
from app.people.terms import HELPERS, STAFF
from app.presence.models import Presence, PresenceChange
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import (
    is_listed_meeting,
    is_meeting_planned_by,
    is_published,
    meetings_planned_by,
)
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import assignments_of, with_profile

FROM, UNTIL = timedelta(minutes=30), timedelta(hours=24)
LONGER = timedelta(hours=1)
"""So much longer than planned somebody may note by themselves."""
"""A person says "I am here" from half an hour before the start until a day after the end."""
CORRECTABLE = timedelta(days=30)
"""So long after a coordinator's word somebody may say that it was otherwise."""
LATELY = timedelta(days=14)


def presence_of(person: Person, meeting: Meeting) -> Presence | None:
    return db.session.scalars(
        select(Presence)
        .where(Presence.person_id == person.id, Presence.meeting_id == meeting.id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def place_at(meeting: Meeting, person: Person) -> Assignment | None:
    """The first place that *person* holds at *meeting*; one may be two things in one room."""
    return db.session.scalars(
        select(Assignment)
        .join(Assignment.need)
        .where(
            Need.meeting_id == meeting.id,
            Assignment.person_id == person.id,
            Assignment.state == State.CONFIRMED,
        )
        .order_by(Assignment.id)
        .limit(1)
    ).one_or_none()


def places_held(meeting: Meeting) -> list[Assignment]:
    """One place for each person who was to help at *meeting*, with their name."""
    found = db.session.scalars(
        select(Assignment)
        .join(Assignment.need)
        .where(Need.meeting_id == meeting.id, Assignment.state == State.CONFIRMED)
        .options(
            contains_eager(Assignment.need),
            joinedload(Assignment.person),
            selectinload(Assignment.overrides),
        )
        .order_by(Assignment.id)
    )
    first: dict[int, Assignment] = {}
    for one in found:
        first.setdefault(one.person_id, one)
    return sorted(first.values(), key=lambda one: (one.person.name, one.person_id))


def presences_at(meeting: Meeting) -> dict[int, Presence]:
    """Person id -> what is said of them at *meeting*."""
    found = db.session.scalars(
        select(Presence)
        .where(Presence.meeting_id == meeting.id)
        .options(joinedload(Presence.said_by), joinedload(Presence.instead_of))
    )
    return {one.person_id: one for one in found}


def history_of(meeting: Meeting) -> list[PresenceChange]:
    """Everything that was said of who was at *meeting*, the latest first."""
    return list(
        db.session.scalars(
            select(PresenceChange)
            .join(PresenceChange.presence)
            .where(Presence.meeting_id == meeting.id)
            .options(
                contains_eager(PresenceChange.presence).joinedload(Presence.person),
                joinedload(PresenceChange.by),
            )
            .order_by(PresenceChange.at.desc(), PresenceChange.id.desc())
        )
    )


def may_have_come(meeting: Meeting) -> list[Person]:
    """Those who help in the centre and hold no place at *meeting*: one of them came instead."""
    there = [place.person_id for place in places_held(meeting)]
    helpers = with_role(meeting.activity.centre_id, *HELPERS).where(Person.id.not_in(there))
    return list(db.session.scalars(helpers.options(*with_profile())))


def places_now(person: Person, *, now: datetime) -> Select[Assignment]:
    """The places of *person* at which they may say now that they are there, by time."""
    return (
        assignments_of(person)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            Assignment.state == State.CONFIRMED,
            Meeting.status == Status.PLANNED,
            Meeting.starts_at <= now + FROM,
            Meeting.ends_at >= now - UNTIL,
        )
        .order_by(Meeting.starts_at, Assignment.id)
    )


def own_presences(person: Person) -> Select[Presence]:
    """What is said of *person*, the latest first: the only way they get hold of one."""
    return (
        select(Presence)
        .join(Presence.meeting)
        .join(Meeting.activity)
        .where(Presence.person_id == person.id, is_published(), Meeting.status == Status.PLANNED)
        .order_by(Meeting.starts_at.desc(), Presence.id.desc())
        .options(
            contains_eager(Presence.meeting)
            .contains_eager(Meeting.activity)
            .options(selectinload(Activity.texts), joinedload(Activity.centre))
        )
    )


def attended(person: Person, *, now: datetime) -> Select[Presence]:
    """Where *person* was, once it is over: what a check-in says of the future does not count."""
    return own_presences(person).where(Presence.starts_at.is_not(None), Presence.ends_at <= now)


def attended_as_seen_by(staff: Person, person: Person, *, now: datetime) -> Select[Presence]:
    """Of that, what *staff* may know of in their centres: listed meetings and those they plan."""
    return attended(person, now=now).where(_is_seen_by(staff))


def attended_at(centre: Centre, *, seen_by: Person, now: datetime) -> dict[int, list[Presence]]:
    """Person id -> where they were in *centre*, as far as *seen_by* may know; in one query."""
    found = db.session.scalars(
        select(Presence)
        .join(Presence.meeting)
        .join(Meeting.activity)
        .where(
            Activity.centre_id == centre.id,
            is_published(),
            Meeting.status == Status.PLANNED,
            Presence.starts_at.is_not(None),
            Presence.ends_at <= now,
            _is_seen_by(seen_by),
        )
        .order_by(Presence.id)
    )
    stays: dict[int, list[Presence]] = {}
    for one in found:
        stays.setdefault(one.person_id, []).append(one)
    return stays


def _is_seen_by(staff: Person) -> ColumnElement[bool]:
    here = Activity.centre_id.in_(staff.centres_where(*STAFF))
    return here & or_(is_listed_meeting(), is_meeting_planned_by(staff))


def presences_planned_by(person: Person) -> Select[Presence]:
    return (
        select(Presence)
        .join(Presence.meeting)
        .join(Meeting.activity)
        .where(is_meeting_planned_by(person))
    )


def _over(person: Person, centre: Centre) -> Select[Meeting]:
    return meetings_planned_by(person).where(
        Activity.centre_id == centre.id, is_published(), Meeting.status == Status.PLANNED
    )


def unrecorded(person: Person, centre: Centre, *, now: datetime) -> Sequence[Meeting]:
    """The meetings of the last two weeks with somebody of whom nobody said whether they came."""
    said = select(Presence.id).where(
        Presence.meeting_id == Meeting.id, Presence.person_id == Assignment.person_id
    )
    silent = (
        select(Need.meeting_id)
        .join(Assignment, Assignment.need_id == Need.id)
        .where(Need.meeting_id == Meeting.id, Assignment.state == State.CONFIRMED, ~said.exists())
        .correlate(Meeting)
    )
    found = _over(person, centre).where(
        Meeting.ends_at <= now, Meeting.ends_at > now - LATELY, silent.exists()
    )
    return _with_texts(found)


def disputed(person: Person, centre: Centre, *, now: datetime) -> Sequence[Meeting]:
    """The meetings of which somebody says otherwise than the coordinator."""
    rows = select(Presence.meeting_id).where(Presence.disputed_at.is_not(None))
    return _with_texts(_over(person, centre).where(Meeting.id.in_(rows)))


def _with_texts(found: Select[Meeting]) -> Sequence[Meeting]:
    texts = contains_eager(Meeting.activity).options(
        selectinload(Activity.texts), joinedload(Activity.centre)
    )
    return db.session.scalars(found.order_by(Meeting.starts_at, Meeting.id).options(texts)).all()
