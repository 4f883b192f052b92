"""Reads behind what needs a coordinator: groups too small, childcare, participants elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased, lazyload

from app.attendance.models import StartOverride
from app.extensions import db
from app.people.guardians import Guardianship
from app.people.models import Centre, Person
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.queries import (
    is_listed_meeting,
    is_meeting_planned_by,
    is_planned_by,
    is_published,
)
from app.signups.models import Enrolment


def learners_elsewhere(person: Person, meetings: Sequence[Meeting]) -> dict[int, int]:
    """Meeting id -> how many have a place there and are expected, at that time, at another of which
    *person* may know. Of the others nothing is told."""
    other = aliased(Booking)
    rows = db.session.execute(
        select(Booking.meeting_id, func.count(Booking.id.distinct()))
        .join(other, other.person_id == Booking.person_id)
        .join(Meeting, Meeting.id == other.meeting_id)
        .join(Meeting.activity)
        .where(
            Booking.meeting_id.in_([meeting.id for meeting in meetings]),
            Booking.part == Part.LEARNER,
            ~Booking.held,
            other.held,
            other.starts_at < Booking.ends_at,
            other.ends_at > Booking.starts_at,
            or_(is_listed_meeting(), is_meeting_planned_by(person)),
        )
        .group_by(Booking.meeting_id)
    )
    return {meeting_id: number for meeting_id, number in rows}


def childcare_lacking(person: Person, hosts: Sequence[Meeting]) -> list[tuple[Meeting, str | None]]:
    """The *hosts* whose childcare is cancelled or was never planned, as far as *person* plans both:
    (host, ref of the cancelled childcare)."""
    beside = (
        select(Activity)
        .where(
            is_planned_by(person),
            is_published(),
            Activity.beside_id.in_({host.activity_id for host in hosts}),
        )
        .options(lazyload(Activity.texts))
        .order_by(Activity.id)
    )
    carers = db.session.scalars(beside).all()
    rows = db.session.execute(
        select(Meeting.activity_id, Meeting.beside_id, Meeting.ref, Meeting.status)
        .join(Meeting.activity)
        .where(
            is_meeting_planned_by(person),
            Meeting.activity_id.in_([one.id for one in carers]),
            Meeting.beside_id.in_([host.id for host in hosts]),
        )
    )
    there = {(row.activity_id, row.beside_id): (row.ref, row.status) for row in rows}
    found = []
    for host in hosts:
        for carer in carers:
            if carer.beside_id != host.activity_id:
                continue
            ref, status = there.get((carer.id, host.id), (None, None))
            if status is not Status.PLANNED:
                found.append((host, ref))
    return found


def counting_on_childcare(hosts: Sequence[Meeting]) -> dict[int, int]:
    """Meeting id -> how many are expected there whose children had a place in its childcare, which
    is cancelled: they may not be able to come."""
    if not hosts:
        return {}
    care, theirs = aliased(Meeting), aliased(Booking)
    rows = db.session.execute(
        select(care.beside_id, func.count(theirs.person_id.distinct()))
        .join(Booking, Booking.meeting_id == care.id)
        .join(Guardianship, Guardianship.child_id == Booking.person_id)
        .join(
            theirs,
            and_(theirs.meeting_id == care.beside_id, theirs.person_id == Guardianship.guardian_id),
        )
        .where(
            care.beside_id.in_([host.id for host in hosts]),
            care.status == Status.CANCELLED,
            Booking.part == Part.LEARNER,
            Guardianship.blocked_at.is_(None),
            theirs.part == Part.LEARNER,
            theirs.held,
        )
        .group_by(care.beside_id)
    )
    return {host_id: number for host_id, number in rows if host_id is not None}


def too_small_groups(
    person: Person, centre: Centre, *, now: datetime, until: datetime
) -> list[tuple[Activity, int, datetime]]:
    """The groups with fewer learners than their minimum that begin before *until* or go on, with
    how many they are and when they begin; but for those which somebody let begin with so few."""
    taken = (
        select(func.count(Enrolment.id))
        .where(Enrolment.activity_id == Activity.id, Enrolment.left_at.is_(None))
        .scalar_subquery()
    )
    decided = select(StartOverride.id).where(
        StartOverride.activity_id == Activity.id,
        StartOverride.minimum == Activity.minimum,
        StartOverride.number <= taken,
    )
    held = (
        Meeting.activity_id == Activity.id,
        Meeting.status == Status.PLANNED,
        is_meeting_planned_by(person),
    )
    first = select(func.min(Meeting.starts_at)).where(*held).correlate(Activity).scalar_subquery()
    last = select(func.max(Meeting.ends_at)).where(*held).correlate(Activity).scalar_subquery()
    rows = db.session.execute(
        select(Activity, taken, first)
        .where(
            is_planned_by(person),
            is_published(),
            Activity.centre_id == centre.id,
            Activity.minimum.is_not(None),
            taken < Activity.minimum,
            ~decided.exists(),
            first < until,
            last > now,
        )
        .order_by(first, Activity.id)
    )
    return [(activity, number, begins) for activity, number, begins in rows]
