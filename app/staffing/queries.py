"""Reads about needs and the people for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.people.models import Person
from app.people.terms import HELPERS, Level
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import (
    busy_places,
    is_listed_meeting,
    is_meeting_planned_by,
    is_published,
    ways_to,
)
from app.staffing.coverage import Coverage, coverage_of
from app.staffing.eligibility import Busy, Candidate, Reason, Want, reasons_against
from app.staffing.models import Assignment, Need, State

LOOK_AHEAD = timedelta(weeks=6)


def want_of(need: Need) -> Want:
    """*need* at its meeting's present time, as `eligibility` reads it."""
    meeting = need.meeting
    return Want(
        role=need.role,
        language=need.language,
        level=need.level,
        women_only=need.women_only or meeting.activity.women_only,
        check_required=need.check_required,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        last_day=meeting.ends_at.astimezone(meeting.activity.centre.tz).date(),
        online=meeting.room is None and meeting.online_url is not None,
    )


def candidates(
    people: Sequence[Person],
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    but: Meeting | None = None,
) -> dict[tuple[int, int], Candidate]:
    """(person id, centre id) -> what `eligibility` must know of them there, in two queries."""
    ways = ways_to(centre_ids)
    farthest = max(ways.values(), default=timedelta(0))
    busy: dict[int, list[tuple[datetime, datetime, int | None]]] = {}
    ids = [person.id for person in people]
    found = busy_places(ids, start - farthest, end + farthest, but=but)
    for person_id, begins, ends, place in found:
        busy.setdefault(person_id, []).append((begins, ends, place))
    return {
        (person.id, centre_id): _candidate(
            person,
            centre_id,
            tuple(
                Busy(begins, ends, ways.get((place or centre_id, centre_id), timedelta(0)))
                for begins, ends, place in busy.get(person.id, ())
            ),
        )
        for person in people
        for centre_id in centre_ids
    }


def _candidate(person: Person, centre_id: int, busy: tuple[Busy, ...] = ()) -> Candidate:
    return Candidate(
        active=person.is_active,
        roles=person.roles_in(centre_id),
        speaks=spoken_by(person),
        gender=person.gender,
        check_valid_until=person.check_valid_until,
        busy=busy,
    )


def spoken_by(person: Person) -> dict[str, Level]:
    return {row.language: row.speaks for row in person.languages if row.speaks is not None}


def no_longer_fit(needs: Collection[Need]) -> dict[int, tuple[Reason, ...]]:
    """Assignment id -> what by now stands against somebody who was confirmed. Asks for nothing."""
    found = {
        assignment.id: _doubts_about(assignment)
        for need in needs
        for assignment in need.assignments
        if assignment.state is State.CONFIRMED
    }
    return {assignment_id: reasons for assignment_id, reasons in found.items() if reasons}


def _doubts_about(assignment: Assignment) -> tuple[Reason, ...]:
    """What stands against its person wherever they are expected: a language that was taken out of
    a profile, a check that was shortened, a role that ended."""
    need = assignment.need
    known = _candidate(assignment.person, need.meeting.activity.centre_id)
    return reasons_against(want_of(need), known)


def tells_what_it_is(assignment: Assignment, *, now: datetime) -> bool:
    """Whether its person may still read what meeting it is about. Of a protected one only whoever
    is asked or asks, while it lasts and they fit, or is expected; the others learned enough."""
    meeting = assignment.need.meeting
    if not meeting.is_secret or assignment.state is State.CONFIRMED:
        return True
    waits = assignment.state is State.REQUESTED and now < meeting.ends_at
    return (waits or assignment.is_open_offer(now)) and not _doubts_about(assignment)


def why_not(need: Need, person: Person) -> tuple[Reason, ...]:
    """Every reason against *person* on *need*, the meeting's own booking aside."""
    meeting = need.meeting
    here = meeting.activity.centre_id
    known = candidates([person], [here], meeting.starts_at, meeting.ends_at, but=meeting)
    return reasons_against(want_of(need), known[person.id, here])


def places_left(need: Need) -> int:
    confirmed = select(func.count()).where(
        Assignment.need_id == need.id, Assignment.state == State.CONFIRMED
    )
    return need.wanted - db.session.scalars(confirmed).one()


def assignment_of(need: Need, person: Person) -> Assignment | None:
    return db.session.scalars(
        select(Assignment).where(Assignment.need_id == need.id, Assignment.person_id == person.id)
    ).one_or_none()


def is_confirmed_at(meeting: Meeting, person: Person) -> bool:
    """Whether *person* holds any place at *meeting*: one may be two things in one room."""
    held = (
        select(Assignment.id)
        .join(Assignment.need)
        .where(
            Need.meeting_id == meeting.id,
            Assignment.person_id == person.id,
            Assignment.state == State.CONFIRMED,
        )
    )
    return db.session.scalars(held.limit(1)).one_or_none() is not None


def assignments_of(person: Person) -> Select[Assignment]:
    """What *person* was offered, asked for or holds: the only way a page gets hold of one."""
    told = select(Need.id).join(Need.meeting).join(Meeting.activity).where(is_published())
    return select(Assignment).where(Assignment.person_id == person.id, Assignment.need_id.in_(told))


def assignments_planned_by(person: Person) -> Select[Assignment]:
    return (
        select(Assignment)
        .join(Assignment.need)
        .join(Need.meeting)
        .join(Meeting.activity)
        .where(is_meeting_planned_by(person))
    )


def needs_planned_by(person: Person) -> Select[Need]:
    found = select(Need).join(Need.meeting).join(Meeting.activity)
    return found.where(is_meeting_planned_by(person))


def needs_of(meetings: Collection[int]) -> list[Need]:
    """The needs of those meetings with their assignments and people, in three queries."""
    return list(
        db.session.scalars(
            select(Need)
            .where(Need.meeting_id.in_(meetings))
            .options(
                selectinload(Need.assignments)
                .selectinload(Assignment.person)
                .options(selectinload(Person.languages), selectinload(Person.memberships))
            )
            .order_by(Need.id)
        )
    )


def coverages_of(meetings: Collection[int]) -> dict[int, list[Coverage]]:
    """Meeting id -> how well each of its needs is covered; in a fixed number of queries."""
    found: dict[int, list[Coverage]] = {}
    needs = needs_of(meetings)
    doubts = no_longer_fit(needs)
    for need in needs:
        found.setdefault(need.meeting_id, []).append(coverage_of(need, doubts))
    return found


def asked_about(meetings: Collection[Meeting], *, now: datetime) -> dict[int, list[Person]]:
    """Meeting id -> those who can still answer an offer there, or asked for a place and wait."""
    waits = Assignment.state == State.REQUESTED
    rows = db.session.execute(
        select(Need.meeting_id, Person)
        .join(Assignment, Assignment.need_id == Need.id)
        .join(Person, Person.id == Assignment.person_id)
        .where(Need.meeting_id.in_([one.id for one in meetings]), or_(waits, _is_offered(now)))
        .order_by(Person.id)
        .distinct()
    )
    found: dict[int, list[Person]] = {meeting.id: [] for meeting in meetings}
    for meeting_id, person in rows:
        found[meeting_id].append(person)
    return found


def _is_offered(now: datetime) -> ColumnElement[bool]:
    """Asked, not answered, not lapsed; whether the meeting still takes place is another matter."""
    lasts = or_(Assignment.lapses_at.is_(None), Assignment.lapses_at > now)
    return and_(Assignment.state == State.OFFERED, lasts)


def needs_open_to(person: Person) -> Select[Need]:
    """The needs, filled or not, that *person* may ask for: those of listed activities in centres
    where they help. Protected activities are not among them: their places go by offer only."""
    return (
        select(Need)
        .join(Need.meeting)
        .join(Meeting.activity)
        .where(is_listed_meeting(), Activity.centre_id.in_(person.centres_where(*HELPERS)))
    )


def open_needs(person: Person, *, now: datetime) -> Select[Need]:
    """Of those, the ones with a place left in the next weeks, by time."""
    confirmed = (
        select(func.count())
        .where(Assignment.need_id == Need.id, Assignment.state == State.CONFIRMED)
        .scalar_subquery()
    )
    return (
        needs_open_to(person)
        .where(
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            Meeting.starts_at < now + LOOK_AHEAD,
            confirmed < Need.wanted,
        )
        .order_by(Meeting.starts_at, Need.id)
    )


def offers_waiting(person: Person, *, now: datetime) -> Select[Assignment]:
    """The offers *person* can still answer, by time of the meeting."""
    return (
        assignments_of(person)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            _is_offered(now),
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
        )
        .order_by(Meeting.starts_at)
    )
