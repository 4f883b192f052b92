"""How the members of a course stand: their hours, their placement, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.attendance.counting import Lesson, Membership, Standing, Tally, tally
from app.attendance.levels import Fit, fit
from app.attendance.marks import Mark
from app.attendance.models import (
    USUAL_THRESHOLD,
    Attendance,
    CoursePaper,
    CourseRule,
    LevelOverride,
    Placement,
    StartOverride,
)
from app.attendance.queries import planned_meetings
from app.certificates.models import Certificate
from app.extensions import db
from app.people.models import Centre, Person
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import is_planned_by, is_published
from app.signups.models import Enrolment

Marks = Mapping[tuple[int, int], Mark | None]
"""(meeting id, person id) -> what counts."""


@dataclass(frozen=True)
class Member:
    """One person in one course."""

    enrolment: Enrolment
    tally: Tally
    placement: Placement | None
    fit: Fit
    override: LevelOverride | None
    paper: Certificate | None

    @property
    def person(self) -> Person:
        return self.enrolment.person

    @property
    def has_left(self) -> bool:
        return self.enrolment.left_at is not None

    @property
    def is_misplaced(self) -> bool:
        """Whether the level is another one, and nobody decided that it shall be so."""
        return self.fit in (Fit.BELOW, Fit.ABOVE) and self.override is None and not self.has_left


@dataclass(frozen=True)
class Group:
    """How many belong to it, how many are wanted at least, and what was decided about that."""

    taken: int
    minimum: int | None
    override: StartOverride | None

    @property
    def lacking(self) -> int:
        return max(0, (self.minimum or 0) - self.taken)


def members_of(activity: Activity, *, now: datetime) -> list[Member]:
    """Everybody who belongs or belonged to *activity*, by name, in a fixed number of statements."""
    enrolments = db.session.scalars(
        select(Enrolment)
        .join(Enrolment.person)
        .where(Enrolment.activity_id == activity.id)
        .order_by(Person.name, Person.id)
        .options(joinedload(Enrolment.person))
    ).all()
    people = [one.person_id for one in enrolments]
    meetings, percent = planned_meetings(activity), threshold_of(activity)
    marks = marks_in(activity)
    placements, overrides = _placements(people), _overrides(activity)
    papers = papers_of(activity)
    found = []
    for one in enrolments:
        placement = placements.get(one.person_id)
        placed = placement.level if placement else None
        held = overrides.get(one.person_id)
        if held is not None and (held.placed, held.level) != (placed, activity.level):
            held = None  # it was about another level
        found.append(
            Member(
                one,
                tally_of(one, meetings, marks, percent=percent, now=now),
                placement,
                fit(placed, activity.level),
                held,
                papers.get(one.person_id),
            )
        )
    return found


def own_tally(activity: Activity, person: Person, *, now: datetime) -> Tally | None:
    """How *person* stands in a course in which they have a place."""
    found = select(Enrolment).where(
        Enrolment.activity_id == activity.id, Enrolment.person_id == person.id
    )
    held = db.session.scalars(found).one_or_none()
    if held is None:
        return None
    marks = marks_in(activity, person)
    percent = threshold_of(activity)
    return tally_of(held, planned_meetings(activity), marks, percent=percent, now=now)


def tally_of(
    enrolment: Enrolment, meetings: Sequence[Meeting], marks: Marks, *, percent: int, now: datetime
) -> Tally:
    lessons = [
        Lesson(
            one.starts_at,
            int((one.ends_at - one.starts_at).total_seconds() // 60),
            one.ends_at <= now,
            marks.get((one.id, enrolment.person_id)),
        )
        for one in meetings
    ]
    membership = Membership(enrolment.joined_at, enrolment.left_at)
    return tally(lessons, membership, percent=percent)


def marks_in(activity: Activity, person: Person | None = None) -> dict[tuple[int, int], Mark]:
    """What counts at all meetings of *activity*, of one person or of everybody."""
    found = (
        select(Attendance.meeting_id, Attendance.person_id, Attendance.mark)
        .join(Attendance.meeting)
        .where(Meeting.activity_id == activity.id, Attendance.mark.is_not(None))
    )
    if person is not None:
        found = found.where(Attendance.person_id == person.id)
    return {
        (meeting, who): mark for meeting, who, mark in db.session.execute(found) if mark is not None
    }


def guests_of(activity: Activity) -> list[tuple[Person, int]]:
    """Who came without belonging to *activity*, and to how many sessions."""
    members = select(Enrolment.person_id).where(Enrolment.activity_id == activity.id)
    rows = db.session.execute(
        select(Person, func.count())
        .join(Attendance, Attendance.person_id == Person.id)
        .join(Attendance.meeting)
        .where(
            Meeting.activity_id == activity.id,
            Meeting.status == Status.PLANNED,
            Attendance.mark == Mark.PRESENT,
            Person.id.not_in(members),
        )
        .group_by(Person.id)
        .order_by(Person.name, Person.id)
    )
    return [(person, number) for person, number in rows]


def threshold_of(activity: Activity) -> int:
    """Percent of the hours that its certificate wants."""
    rule = db.session.get(CourseRule, activity.id)
    return rule.threshold if rule else USUAL_THRESHOLD


def group_of(activity: Activity) -> Group:
    last = (
        select(StartOverride)
        .where(StartOverride.activity_id == activity.id)
        .order_by(StartOverride.id.desc())
        .limit(1)
    )
    override = db.session.scalars(last).one_or_none()
    taken = select(func.count(Enrolment.id)).where(
        Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None)
    )
    return Group(db.session.scalars(taken).one(), activity.minimum, override)


def _placements(people: Sequence[int]) -> dict[int, Placement]:
    """Person id -> the last one."""
    found = select(Placement).where(Placement.person_id.in_(people)).order_by(Placement.id)
    return {one.person_id: one for one in db.session.scalars(found)}


def placement_of(person: Person) -> Placement | None:
    return _placements([person.id]).get(person.id)


def placements_of(person: Person) -> Sequence[Placement]:
    """All of them, the latest first."""
    found = select(Placement).where(Placement.person_id == person.id).order_by(Placement.id.desc())
    return db.session.scalars(found.options(joinedload(Placement.by))).all()


def _overrides(activity: Activity) -> dict[int, LevelOverride]:
    found = select(LevelOverride).where(LevelOverride.activity_id == activity.id)
    rows = db.session.scalars(found.order_by(LevelOverride.id))
    return {one.person_id: one for one in rows}


def papers_of(activity: Activity) -> dict[int, Certificate]:
    """Person id -> the last paper about *activity* that is not withdrawn."""
    found = (
        select(Certificate)
        .join(CoursePaper, CoursePaper.certificate_id == Certificate.id)
        .where(CoursePaper.activity_id == activity.id, Certificate.withdrawn_at.is_(None))
        .order_by(Certificate.id)
    )
    return {one.person_id: one for one in db.session.scalars(found) if one.person_id is not None}


@dataclass(frozen=True)
class Worry:
    """One course, and how many of its members cannot or can hardly reach its certificate."""

    activity: Activity
    lost: int
    nearly: int


def worries(person: Person, centre: Centre, *, now: datetime) -> list[Worry]:
    """The courses of *centre* that go on and that *person* plans, where somebody falls behind; in a
    fixed number of statements."""
    going_on = select(Meeting.activity_id).where(
        Meeting.status == Status.PLANNED, Meeting.ends_at > now
    )
    marked = select(Meeting.activity_id).join(Attendance, Attendance.meeting_id == Meeting.id)
    courses = db.session.scalars(
        select(Activity).where(
            is_planned_by(person),
            is_published(),
            Activity.centre_id == centre.id,
            Activity.kind == Kind.COURSE,
            Activity.id.in_(going_on),
            Activity.id.in_(marked),
        )
    ).all()
    if not courses:
        return []
    found = _standings([one.id for one in courses], now)
    counted = [
        Worry(
            one,
            found.get(one.id, []).count(Standing.OUT_OF_REACH),
            found.get(one.id, []).count(Standing.LAST_CHANCE),
        )
        for one in courses
    ]
    return [one for one in counted if one.lost or one.nearly]


def _standings(activity_ids: Sequence[int], now: datetime) -> dict[int, list[Standing]]:
    """Activity id -> how each of its present members stands."""
    enrolments = db.session.scalars(
        select(Enrolment).where(
            Enrolment.activity_id.in_(activity_ids), Enrolment.left_at.is_(None)
        )
    ).all()
    held: dict[int, list[Meeting]] = {}
    for meeting in db.session.scalars(
        select(Meeting).where(
            Meeting.activity_id.in_(activity_ids), Meeting.status == Status.PLANNED
        )
    ):
        held.setdefault(meeting.activity_id, []).append(meeting)
    rules = {
        one.activity_id: one.threshold
        for one in db.session.scalars(
            select(CourseRule).where(CourseRule.activity_id.in_(activity_ids))
        )
    }
    rows = db.session.execute(
        select(Attendance.meeting_id, Attendance.person_id, Attendance.mark)
        .join(Attendance.meeting)
        .where(Meeting.activity_id.in_(activity_ids), Attendance.mark.is_not(None))
    )
    marks: Marks = {(meeting, person): mark for meeting, person, mark in rows}
    found: dict[int, list[Standing]] = {}
    for one in enrolments:
        percent = rules.get(one.activity_id, USUAL_THRESHOLD)
        mine = held.get(one.activity_id, [])
        standing = tally_of(one, mine, marks, percent=percent, now=now).standing
        found.setdefault(one.activity_id, []).append(standing)
    return found
