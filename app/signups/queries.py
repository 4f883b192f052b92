"""Reads about learners' places."""

from __future__ import annotations

from sqlalchemy import Select, and_, func, or_, select

from app.extensions import db
from app.people.models import Person
from app.programme.models import Activity
from app.programme.queries import is_listed, is_planned_by, is_published
from app.signups.models import Enrolment


def activities_open_to(person: Person | None) -> Select[Activity]:
    """The activities whose page *person* may open: listed, planned by them, or joined."""
    if person is None:
        return select(Activity).where(is_listed())
    joined = select(Enrolment.activity_id).where(
        Enrolment.person_id == person.id, Enrolment.left_at.is_(None)
    )
    member = and_(is_published(), Activity.id.in_(joined))
    return select(Activity).where(or_(is_listed(), is_planned_by(person), member))


def enrolment_of(activity: Activity, person: Person) -> Enrolment | None:
    """The place of *person*, also one that was left."""
    return db.session.scalars(
        select(Enrolment).where(
            Enrolment.activity_id == activity.id, Enrolment.person_id == person.id
        )
    ).one_or_none()


def learners(activity: Activity) -> list[Person]:
    return list(
        db.session.scalars(
            select(Person)
            .join(Enrolment, Enrolment.person_id == Person.id)
            .where(Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None))
            .order_by(Person.name, Person.id)
        )
    )


def places_left(activity: Activity) -> int | None:
    """How many more learners fit; None where there is no limit."""
    if activity.capacity is None:
        return None
    return max(0, activity.capacity - places_taken(activity))


def places_taken(activity: Activity) -> int:
    """How many learners have a place."""
    taken = select(func.count()).where(
        Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None)
    )
    return db.session.scalars(taken).one()
