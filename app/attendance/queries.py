"""Reads about participants at meetings: who may mark them, who is on the list, what is said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select, union
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.attendance.models import Attendance, AttendanceTap
from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Role
from app.presence.queries import FROM, LATELY, UNTIL
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.queries import is_meeting_planned_by, is_published, meetings_planned_by
from app.signups.models import Enrolment
from app.staffing.models import Assignment, Need, State

_WITH_TEXTS = contains_eager(Meeting.activity).options(
    selectinload(Activity.texts), joinedload(Activity.centre)
)

KEEP_TAPS = timedelta(days=90)
"""So long after a meeting it is known who said what of its participants, word by word."""


def _is_held() -> ColumnElement[bool]:
    return and_(is_published(), Meeting.status == Status.PLANNED)


def _is_taught_by(person: Person) -> ColumnElement[bool]:
    """Meetings at which *person* has the place of a teacher; never individual ones."""
    taught = (
        select(Need.meeting_id)
        .join(Assignment, Assignment.need_id == Need.id)
        .where(
            Assignment.person_id == person.id,
            Assignment.state == State.CONFIRMED,
            ~Assignment.trainee,
            Need.role == Role.TEACHER,
        )
    )
    return and_(Meeting.privacy != Privacy.INDIVIDUAL, Meeting.id.in_(taught))


def meetings_marked_by(person: Person, *, now: datetime) -> Select[Meeting]:
    """Where *person* may see and mark the participants: what they plan; and what they teach, from
    half an hour before until a day after."""
    around = and_(Meeting.starts_at <= now + FROM, Meeting.ends_at >= now - UNTIL)
    return (
        select(Meeting)
        .join(Meeting.activity)
        .where(_is_held(), or_(is_meeting_planned_by(person), and_(_is_taught_by(person), around)))
        .options(_WITH_TEXTS)
    )


def meetings_of_taps(person: Person, refs: Collection[str]) -> Select[Meeting]:
    """Of those meetings, the ones *person* plans or taught: a telephone may send late what was
    tapped in time."""
    return (
        select(Meeting)
        .join(Meeting.activity)
        .where(
            _is_held(),
            Meeting.ref.in_(refs),
            or_(is_meeting_planned_by(person), _is_taught_by(person)),
        )
        .order_by(Meeting.id)
    )


def was_taught_then(meeting: Meeting, at: datetime) -> bool:
    """Whether its teacher might mark its participants at that time."""
    return may_be_there(meeting, at) and at <= meeting.ends_at + UNTIL


def may_be_there(meeting: Meeting, at: datetime) -> bool:
    """Whether somebody may be there at that time: people come before it begins."""
    return at >= marked_from(meeting)


def marked_from(meeting: Meeting) -> datetime:
    return meeting.starts_at - FROM


def plans_it(person: Person, meeting: Meeting) -> bool:
    mine = meetings_planned_by(person).where(Meeting.id == meeting.id)
    return db.session.scalars(mine).one_or_none() is not None


def people_at(meetings: Sequence[Meeting]) -> list[Person]:
    """Everybody on the list of one of those meetings of one activity, by name: whoever has a place
    there, was a member on that day, or was marked."""
    if not meetings:
        return []
    ids = [one.id for one in meetings]
    booked = select(Booking.person_id).where(
        Booking.meeting_id.in_(ids), Booking.part == Part.LEARNER
    )
    marked = select(Attendance.person_id).where(Attendance.meeting_id.in_(ids))
    member = (
        select(Enrolment.person_id)
        .join(Meeting, Meeting.activity_id == Enrolment.activity_id)
        .where(Meeting.id.in_(ids), was_member_then())
    )
    return list(
        db.session.scalars(
            select(Person)
            .where(Person.id.in_(union(booked, marked, member)))
            .order_by(Person.name, Person.id)
        )
    )


def was_member_then() -> ColumnElement[bool]:
    """Enrolments that hold the start of the meeting."""
    return and_(
        Enrolment.joined_at <= Meeting.starts_at,
        or_(Enrolment.left_at.is_(None), Enrolment.left_at > Meeting.starts_at),
    )


def marks_at(meetings: Sequence[Meeting]) -> dict[tuple[int, int], Attendance]:
    """(meeting id, person id) -> what counts there."""
    found = db.session.scalars(
        select(Attendance)
        .where(Attendance.meeting_id.in_([one.id for one in meetings]))
        .options(joinedload(Attendance.said_by))
        .execution_options(populate_existing=True)
    )
    return {(one.meeting_id, one.person_id): one for one in found}


def known_keys(keys: Collection[str]) -> set[str]:
    """Those taps that arrived already."""
    found = select(AttendanceTap.key).where(AttendanceTap.key.in_(keys))
    return set(db.session.scalars(found))


def meetings_between(activity: Activity, start: datetime, end: datetime) -> list[Meeting]:
    """The planned meetings of *activity* that begin in that time, in order."""
    return list(
        db.session.scalars(
            select(Meeting)
            .where(
                Meeting.activity_id == activity.id,
                Meeting.status == Status.PLANNED,
                Meeting.starts_at >= start,
                Meeting.starts_at < end,
            )
            .order_by(Meeting.starts_at, Meeting.id)
        )
    )


def planned_meetings(activity: Activity) -> list[Meeting]:
    """All that takes place, in order."""
    return list(
        db.session.scalars(
            select(Meeting)
            .where(Meeting.activity_id == activity.id, Meeting.status == Status.PLANNED)
            .order_by(Meeting.starts_at, Meeting.id)
        )
    )


def unmarked(person: Person, centre: Centre, *, now: datetime) -> Sequence[Meeting]:
    """The meetings of the last two weeks, planned by *person*, at which some participant with a
    place is not marked."""
    said = select(Attendance.id).where(
        Attendance.meeting_id == Booking.meeting_id,
        Attendance.person_id == Booking.person_id,
        Attendance.mark.is_not(None),
    )
    silent = select(Booking.id).where(
        Booking.meeting_id == Meeting.id, Booking.part == Part.LEARNER, ~said.exists()
    )
    found = (
        meetings_planned_by(person)
        .where(
            Activity.centre_id == centre.id,
            _is_held(),
            Meeting.ends_at <= now,
            Meeting.ends_at > now - LATELY,
            silent.exists(),
        )
        .order_by(Meeting.starts_at, Meeting.id)
        .options(_WITH_TEXTS)
    )
    return db.session.scalars(found).all()
