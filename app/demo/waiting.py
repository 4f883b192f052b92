"""Somebody whom no letter reaches, with a card; and a full course for which people wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.extensions import db
from app.households.operations import add_child
from app.joining.cards import make_card
from app.people.models import Centre, Person
from app.people.operations import add_person
from app.people.terms import Role
from app.programme.kinds import Kind
from app.programme.models import Activity
from app.signups.operations import join
from app.signups.queries import learners
from app.signups.waiting import wait_for

MOTHER, CHILD = "Selam Haile", "Dawit Haile"


def add_waiting(centre: Centre, *, now: datetime) -> None:
    """The course of *centre* is full: Almaz waits, and behind her a mother with her child."""
    course, cooking = (_one(centre, kind) for kind in (Kind.COURSE, Kind.CULTURAL))
    course.capacity = len(learners(course))
    by = course.coordinator
    almaz, selam = (_somebody(name, centre, now) for name in ("Almaz Tekle", MOTHER))
    family = [selam, add_child(CHILD, guardian=selam, by=by, now=now)]
    join(cooking, almaz, by=by, now=now)
    wait_for(course, [almaz], by=by, now=now - timedelta(days=2))
    wait_for(course, family, by=by, now=now - timedelta(days=1))
    make_card(almaz, label="Card", by=by, now=now)


def _one(centre: Centre, kind: Kind) -> Activity:
    found = select(Activity).where(Activity.centre_id == centre.id, Activity.kind == kind)
    return db.session.scalars(found.order_by(Activity.id).limit(1)).one()


def _somebody(name: str, centre: Centre, now: datetime) -> Person:
    roles = {centre: frozenset({Role.PARTICIPANT})}
    return add_person(name, roles=roles, spoken={}, language="en", now=now)
