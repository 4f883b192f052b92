"""Reads about needs and the people for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, selectinload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from app.extensions import db
from app.people.models import Person
from app.people.terms import HELPERS, Level
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.queries import (
    busy_places,
    is_listed_meeting,
    is_meeting_planned_by,
    is_published,
    kept_from,
    ways_to,
)
from app.staffing.availability import Availability, Dated, Weekly
from app.staffing.coverage import Coverage, coverage_of
from app.staffing.eligibility import (
    Busy,
    Candidate,
    Covered,
    Helps,
    Reason,
    Want,
    reasons_against,
)
from app.staffing.models import ALIVE, Asking, Assignment, InLine, Need, Progress, State
from app.staffing.windows import DatedWindow, WeeklyWindow

LOOK_AHEAD = timedelta(weeks=6)
A_WEEK = timedelta(weeks=1)


def with_profile() -> Sequence[_AbstractLoad]:
    """What `candidates` reads of each person, in one statement each."""
    return (
        selectinload(Person.languages),
        selectinload(Person.memberships),
        selectinload(Person.contracts),
        selectinload(Person.checks),
    )


def want_of(need: Need, *, trainee: bool = False) -> Want:
    """*need* at its meeting's present time, as `eligibility` reads it."""
    meeting = need.meeting
    return want_at(need, meeting.starts_at, meeting.ends_at, trainee=trainee)


def want_at(need: Need, starts_at: datetime, ends_at: datetime, *, trainee: bool = False) -> Want:
    """*need*, if its meeting were from *starts_at* to *ends_at*."""
    meeting, zone = need.meeting, need.meeting.activity.centre.tz
    return Want(
        role=need.role,
        language=need.language,
        level=need.level,
        women_only=need.women_only or meeting.activity.women_only,
        check_required=need.check_required or meeting.activity.is_with_minors,
        starts_at=starts_at,
        ends_at=ends_at,
        last_day=ends_at.astimezone(zone).date(),
        week=week_of(starts_at, zone),
        meeting=meeting.id,
        online=meeting.is_online,
        interpreting=need.interpreting,
        via=need.via,
        trainee=trainee,
    )


def week_of(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local week around *moment*: midnight of its Monday and of the next."""
    local = moment.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    return midnight(monday, zone), midnight(monday + timedelta(days=7), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def candidates(
    people: Sequence[Person],
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    but: Collection[Meeting] = (),
    but_bookings: Select[int] | None = None,
) -> dict[tuple[int, int], Candidate]:
    """(person id, centre id) -> what `eligibility` must know of them there, if they were not
    expected at *but*, nor by *but_bookings* (ids); in a fixed number of queries beyond those of
    `with_profile`."""
    ways = ways_to(centre_ids)
    farthest = max(ways.values(), default=timedelta(0))
    busy: dict[int, list[tuple[datetime, datetime, int | None]]] = {}
    ids = [person.id for person in people]
    found = busy_places(ids, start - farthest, end + farthest, but=but, but_bookings=but_bookings)
    for person_id, begins, ends, place in found:
        busy.setdefault(person_id, []).append((begins, ends, place))
    told = Told(
        availability=availability_of(people, start, end),
        helps=_helps(people, start, end, but, but_bookings),
        kept_from=kept_from(ids, start, end),
    )
    return {
        (person.id, centre_id): _candidate(
            person,
            centre_id,
            told,
            tuple(
                Busy(begins, ends, ways.get((place or centre_id, centre_id), timedelta(0)))
                for begins, ends, place in busy.get(person.id, ())
            ),
        )
        for person in people
        for centre_id in centre_ids
    }


@dataclass(frozen=True, kw_only=True)
class Told:
    """What stands in other tables, by person id."""

    availability: Mapping[int, Availability]
    helps: Mapping[int, Sequence[Helps]]
    kept_from: Mapping[int, Collection[int]]


NOTHING = Told(availability={}, helps={}, kept_from={})


def _candidate(
    person: Person, centre_id: int, told: Told, busy: tuple[Busy, ...] = ()
) -> Candidate:
    return Candidate(
        active=person.is_active,
        roles=person.roles_in(centre_id),
        pausing=person.pauses_in(centre_id),
        speaks=spoken_by(person),
        interprets=interpreted_by(person),
        gender=person.gender,
        born_on=person.born_on,
        has_consent=person.consent_seen_on is not None,
        contracts=tuple(
            Covered(max(one.valid_from, one.signed_on), one.valid_until)
            for one in person.contracts
            if one.centre_id == centre_id and one.is_complete
        ),
        check_valid_until=person.check_valid_until,
        helps_online=person.helps_online,
        availability=told.availability.get(person.id),
        hours_a_week=person.hours_a_week,
        helps=tuple(told.helps.get(person.id, ())),
        kept_from=frozenset(told.kept_from.get(person.id, ())),
        busy=busy,
    )


def availability_of(
    people: Collection[Person], start: datetime, end: datetime
) -> dict[int, Availability]:
    """Person id -> all that they said of their time around the interval; in two queries."""
    ids = [person.id for person in people]
    weekly: dict[int, list[Weekly]] = {}
    for one in db.session.scalars(select(WeeklyWindow).where(WeeklyWindow.person_id.in_(ids))):
        weekly.setdefault(one.person_id, []).append(
            Weekly(one.weekday, one.starts, one.ends, one.answer)
        )
    dated: dict[int, list[Dated]] = {}
    for row in db.session.scalars(
        select(DatedWindow).where(
            DatedWindow.person_id.in_(ids), DatedWindow.ends_at > start, DatedWindow.starts_at < end
        )
    ):
        dated.setdefault(row.person_id, []).append(Dated(row.starts_at, row.ends_at, row.answer))
    return {
        person.id: Availability(
            person.tz,
            tuple(weekly.get(person.id, ())),
            tuple(dated.get(person.id, ())),
            person.earliest,
            person.latest,
        )
        for person in people
    }


def _helps(
    people: Collection[Person],
    start: datetime,
    end: datetime,
    but: Collection[Meeting],
    but_bookings: Select[int] | None,
) -> dict[int, list[Helps]]:
    """Person id -> where they help in the weeks of the interval, of those who set a limit."""
    limited = [person.id for person in people if person.hours_a_week is not None]
    found: dict[int, list[Helps]] = {}
    if not limited:
        return found
    rows = db.session.execute(
        select(Booking.person_id, Booking.meeting_id, Booking.starts_at, Booking.ends_at).where(
            Booking.person_id.in_(limited),
            Booking.part == Part.HELPER,
            Booking.held,
            Booking.meeting_id.not_in([meeting.id for meeting in but]),
            Booking.starts_at > start - A_WEEK,
            Booking.starts_at < end + A_WEEK,
            *([] if but_bookings is None else [Booking.id.not_in(but_bookings)]),
        )
    )
    for person_id, meeting_id, begins, ends in rows:
        found.setdefault(person_id, []).append(Helps(meeting_id, begins, ends))
    return found


def interpreted_by(person: Person) -> dict[str, Level]:
    return {row.language: row.interprets for row in person.languages if row.interprets is not None}


def spoken_by(person: Person) -> dict[str, Level]:
    return {row.language: row.speaks for row in person.languages if row.speaks is not None}


def no_longer_fit(needs: Collection[Need]) -> dict[int, tuple[Reason, ...]]:
    """Assignment id -> what by now stands against somebody who was confirmed. In one query: who is
    kept from whom."""
    confirmed = [one for need in needs for one in need.assignments if one.state is State.CONFIRMED]
    if not confirmed:
        return {}
    times = [one.need.meeting for one in confirmed]
    apart = kept_from(
        {one.person_id for one in confirmed},
        min(meeting.starts_at for meeting in times),
        max(meeting.ends_at for meeting in times),
    )
    told = replace(NOTHING, kept_from=apart)
    found = {one.id: _doubts_about(one, told) for one in confirmed}
    return {assignment_id: reasons for assignment_id, reasons in found.items() if reasons}


def asked_in_vain(needs: Collection[Need]) -> dict[int, tuple[Reason, ...]]:
    """Assignment id -> what stands against somebody who is asked, or asks, to come. Whoever has
    another place at that session is there. In a fixed number of queries."""
    every = [one for need in needs for one in need.assignments]
    there = {(one.need.meeting_id, one.person_id) for one in every if one.state is State.CONFIRMED}
    asked = [
        one
        for one in every
        if one.state in (State.OFFERED, State.REQUESTED)
        and (one.need.meeting_id, one.person_id) not in there
    ]
    if not asked:
        return {}
    people = {one.person_id: one.person for one in asked}
    centres = {one.id: one.need.meeting.activity.centre_id for one in asked}
    times = [one.need.meeting for one in asked]
    known = candidates(
        list(people.values()),
        set(centres.values()),
        min(meeting.starts_at for meeting in times),
        max(meeting.ends_at for meeting in times),
    )
    found = {}
    for one in asked:
        want = want_of(one.need, trainee=one.trainee)
        reasons = reasons_against(want, known[one.person_id, centres[one.id]])
        if against := not_overridden(one, reasons):
            found[one.id] = against
    return found


def _doubts_about(assignment: Assignment, told: Told = NOTHING) -> tuple[Reason, ...]:
    """What stands against its person wherever they are expected: a language that was taken out of
    a profile, a check that was shortened, a contract or a role that ended."""
    need = assignment.need
    known = _candidate(assignment.person, need.meeting.activity.centre_id, told)
    want = want_of(need, trainee=assignment.trainee)
    return not_overridden(assignment, reasons_against(want, known))


def not_overridden(
    assignment: Assignment | None,
    reasons: tuple[Reason, ...],
    starts_at: datetime | None = None,
) -> tuple[Reason, ...]:
    """Those *reasons* that no coordinator let this person pass at this need. What is about time
    holds for the time it was said of: *starts_at*, the meeting's own by default."""
    if not reasons or assignment is None or assignment.state not in ALIVE:
        return reasons
    when = starts_at or assignment.need.meeting.starts_at
    passed = {
        one.rule
        for one in assignment.overrides
        if one.rule.may_be_overridden and (not one.rule.is_about_time or one.starts_at == when)
    }
    return tuple(reason for reason in reasons if reason.rule not in passed)


def tells_what_it_is(assignment: Assignment, *, now: datetime) -> bool:
    """Whether its person may still read what meeting it is about. Of a protected one only whoever
    is asked or asks, while it lasts and they fit, or is expected; the others learned enough."""
    meeting = assignment.need.meeting
    if not meeting.is_secret or assignment.state is State.CONFIRMED:
        return True
    waits = assignment.state is State.REQUESTED and now < meeting.ends_at
    return (waits or assignment.is_open_offer(now)) and not _doubts_about(assignment)


def why_not(
    need: Need, person: Person, *, trainee: bool = False, leaving: Meeting | None = None
) -> tuple[Reason, ...]:
    """Every reason against *person* on *need*, the meeting's own booking aside, and that of the one
    they would be *leaving* for it; without what a coordinator let them pass there."""
    meeting = need.meeting
    here = meeting.activity.centre_id
    but = [meeting] if leaving is None else [meeting, leaving]
    known = candidates([person], [here], meeting.starts_at, meeting.ends_at, but=but)
    reasons = reasons_against(want_of(need, trainee=trainee), known[person.id, here])
    return not_overridden(assignment_of(need, person), reasons)


def places_left(need: Need) -> int:
    """How many more may be confirmed; whose stand-in is wanted holds no place against them."""
    confirmed = select(func.count()).where(
        Assignment.need_id == need.id,
        Assignment.state == State.CONFIRMED,
        ~Assignment.trainee,
        Assignment.stand_in_wanted_at.is_(None),
    )
    return need.wanted - db.session.scalars(confirmed).one()


def confirmed_at(need: Need) -> int:
    """How many are confirmed, whoever looks for a stand-in too; trainees apart."""
    confirmed = select(func.count()).where(
        Assignment.need_id == need.id, Assignment.state == State.CONFIRMED, ~Assignment.trainee
    )
    return db.session.scalars(confirmed).one()


def confirmed_for(needs: Collection[Need]) -> dict[int, int]:
    """Need id -> how many hold a place that counts, as in `places_left`; in one query."""
    rows = db.session.execute(
        select(Assignment.need_id, func.count())
        .where(
            Assignment.need_id.in_([need.id for need in needs]),
            Assignment.state == State.CONFIRMED,
            ~Assignment.trainee,
            Assignment.stand_in_wanted_at.is_(None),
        )
        .group_by(Assignment.need_id)
    )
    return {need_id: count for need_id, count in rows}


def learning_at(needs: Collection[Need]) -> dict[int, int]:
    """Need id -> how many come along to learn; in one query."""
    rows = db.session.execute(
        select(Assignment.need_id, func.count())
        .where(
            Assignment.need_id.in_([need.id for need in needs]),
            Assignment.state == State.CONFIRMED,
            Assignment.trainee,
        )
        .group_by(Assignment.need_id)
    )
    return {need_id: count for need_id, count in rows}


def trainee_places_left(need: Need) -> int:
    confirmed = select(func.count()).where(
        Assignment.need_id == need.id, Assignment.state == State.CONFIRMED, Assignment.trainee
    )
    return need.trainees - db.session.scalars(confirmed).one()


def leaving(need: Need) -> Sequence[Assignment]:
    """The confirmed of *need* who come only if no stand-in is found, the longest waiting first."""
    return db.session.scalars(
        select(Assignment)
        .where(
            Assignment.need_id == need.id,
            Assignment.state == State.CONFIRMED,
            Assignment.stand_in_wanted_at.is_not(None),
        )
        .order_by(Assignment.stand_in_wanted_at, Assignment.id)
    ).all()


def is_in_a_line(assignment: Assignment) -> bool:
    """Whether its person was asked by an asking that goes on without them."""
    found = (
        select(InLine.id)
        .join(InLine.asking)
        .where(
            Asking.need_id == assignment.need_id,
            Asking.progress == Progress.RUNNING,
            InLine.person_id == assignment.person_id,
        )
    )
    return db.session.scalars(found.limit(1)).one_or_none() is not None


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


def is_need_planned_by(person: Person) -> ColumnElement[bool]:
    """The same of needs that are known by number: each is looked up, not found among all that
    *person* plans (1,343 of them in 4 ms instead of 1.4 s)."""
    its_meeting = select(Meeting.id).join(Meeting.activity).where(Meeting.id == Need.meeting_id)
    return its_meeting.where(is_meeting_planned_by(person)).correlate(Need).exists()


def needs_of(meetings: Collection[int]) -> list[Need]:
    """The needs of those meetings with their assignments and people, in three queries."""
    return list(
        db.session.scalars(
            select(Need)
            .where(Need.meeting_id.in_(meetings))
            .options(
                selectinload(Need.assignments).options(
                    selectinload(Assignment.person).options(*with_profile()),
                    selectinload(Assignment.overrides),
                )
            )
            .order_by(Need.id)
        )
    )


def coverages_of(meetings: Collection[int]) -> dict[int, list[Coverage]]:
    """Meeting id -> how well each of its needs is covered; in a fixed number of queries."""
    found: dict[int, list[Coverage]] = {}
    needs = needs_of(meetings)
    doubts, in_vain = no_longer_fit(needs), asked_in_vain(needs)
    for need in needs:
        found.setdefault(need.meeting_id, []).append(coverage_of(need, doubts, in_vain))
    return found


def asked_about(meetings: Collection[Meeting], *, now: datetime) -> dict[int, list[Person]]:
    """Meeting id -> those who can still answer an offer there, or asked for a place and wait."""
    waits = Assignment.state == State.REQUESTED
    rows = db.session.execute(
        select(Need.meeting_id, Person)
        .join(Assignment, Assignment.need_id == Need.id)
        .join(Person, Person.id == Assignment.person_id)
        .where(Need.meeting_id.in_([one.id for one in meetings]), or_(waits, is_offered(now)))
        .order_by(Person.id)
        .distinct()
    )
    found: dict[int, list[Person]] = {meeting.id: [] for meeting in meetings}
    for meeting_id, person in rows:
        found[meeting_id].append(person)
    return found


def is_offered(now: datetime) -> ColumnElement[bool]:
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


SAME = ("role", "language", "level", "interpreting", "via", "women_only", "check_required")
"""What makes a need at another session the same need, for whoever might fill it: that two people
could do it instead makes no other need of it."""


def same_needs(need: Need, person: Person, *, now: datetime) -> Select[Need]:
    """The same need as *need* at every coming session of its activity, of those open to *person*;
    by time."""
    alike = (getattr(Need, name).is_not_distinct_from(getattr(need, name)) for name in SAME)
    return (
        needs_open_to(person)
        .where(
            Meeting.activity_id == need.meeting.activity_id,
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            *alike,
        )
        .order_by(Meeting.starts_at, Need.id)
    )


def needs_to_look_at(person: Person, *, now: datetime) -> Select[Need]:
    """What somebody who only applied may see, and not take: open needs of public sessions in the
    centres where they would like to help, by time."""
    asked = {m.centre_id for m in person.applications}
    public = Activity.privacy == Privacy.PUBLIC, Meeting.privacy == Privacy.PUBLIC
    found = select(Need).join(Need.meeting).join(Meeting.activity)
    listed = found.where(is_listed_meeting(), *public, Activity.centre_id.in_(asked))
    return _with_a_place_left(listed, now)


def open_needs(person: Person, *, now: datetime) -> Select[Need]:
    """Of those, the ones with a place left in the next weeks, be it to learn, by time."""
    return _with_a_place_left(needs_open_to(person), now)


def _with_a_place_left(needs: Select[Need], now: datetime) -> Select[Need]:
    helping = _helping_at()
    return needs.where(
        Meeting.status == Status.PLANNED,
        Meeting.starts_at > now,
        Meeting.starts_at < now + LOOK_AHEAD,
        or_(helping < Need.wanted, _confirmed_at(Assignment.trainee.is_(True)) < Need.trainees),
    ).order_by(Meeting.starts_at, Need.id)


def _helping_at() -> ScalarSelect[int]:
    """How many places are taken, as in `places_left`."""
    other = aliased(Assignment)
    return (
        select(func.count())
        .where(
            other.need_id == Need.id,
            other.state == State.CONFIRMED,
            ~other.trainee,
            other.stand_in_wanted_at.is_(None),
        )
        .correlate(Need)
        .scalar_subquery()
    )


def _confirmed_at(*that: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many are confirmed for the need of the row at hand."""
    return (
        select(func.count())
        .where(Assignment.need_id == Need.id, Assignment.state == State.CONFIRMED, *that)
        .scalar_subquery()
    )


def offers_waiting(person: Person, *, now: datetime) -> Select[Assignment]:
    """The offers *person* can still answer, by time of the meeting."""
    return (
        assignments_of(person)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            is_offered(now),
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            or_(Assignment.trainee, _helping_at() < Need.wanted),
        )
        .order_by(Meeting.starts_at)
    )
