"""What today and tomorrow need, for coordinators, each morning: numbers and a link, of what each of
them may plan. A morning that needs nothing is no letter. Never commits."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, exists, func, select

from app.extensions import db
from app.notices.models import Kind, Notice
from app.notices.operations import Owed, post_all
from app.notices.queries import call_list, does_not_want
from app.notices.timing import instant_of
from app.people.models import Membership, Person
from app.people.terms import HELD, Role
from app.programme.models import Meeting, Status
from app.programme.queries import meetings_planned_by
from app.staffing.coverage import worst
from app.staffing.models import Assignment, Decision, State
from app.staffing.queries import assignments_planned_by, coverages_of

FROM, UNTIL = time(5), time(11)
OF_USE_UNTIL = time(20)
SINCE = timedelta(days=1)


def post_morning_summaries(*, now: datetime) -> int:
    """Owe the summary of this day to every coordinator where it is morning. How many were new."""
    zones = db.session.scalars(select(Person.zone).distinct()).all()
    owed = [one for zone in zones for one in _owed_in(ZoneInfo(zone), now)]
    post_all(owed, now=now)
    return len(owed)


def _owed_in(zone: ZoneInfo, now: datetime) -> list[Owed]:
    here = now.astimezone(zone)
    if not FROM <= here.time() < UNTIL:
        return []
    day = here.date()
    return [
        Owed(
            to=person,
            kind=Kind.MORNING_SUMMARY,
            key=day.isoformat(),
            about={"day": day.isoformat()},
            confidential=True,
            not_after=instant_of(day, OF_USE_UNTIL, zone),
        )
        for person in db.session.scalars(_not_told(zone, day.isoformat()))
    ]


def _not_told(zone: ZoneInfo, key: str) -> Select[Person]:
    told = and_(
        Notice.person_id == Person.id, Notice.kind == Kind.MORNING_SUMMARY, Notice.key == key
    )
    plans = exists().where(
        Membership.person_id == Person.id,
        Membership.role == Role.COORDINATOR,
        Membership.stage.in_(HELD),
    )
    return (
        select(Person)
        .outerjoin(Notice, told)
        .where(
            Notice.id.is_(None),
            Person.zone == zone.key,
            Person.is_active,
            Person.email.is_not(None),
            plans,
            ~does_not_want(Person.id, Kind.MORNING_SUMMARY),
        )
        .order_by(Person.id)
    )


def morning_facts(notice: Notice, now: datetime) -> dict[str, Any] | None:
    """The numbers as they are now, of what the reader may know; None on a day without any."""
    reader = notice.person
    today = now.astimezone(reader.tz).date()
    tomorrow, after = (instant_of(today + timedelta(days=n), time(), reader.tz) for n in (1, 2))
    facts = {
        "today": _not_covered(reader, now, tomorrow),
        "tomorrow": _not_covered(reader, tomorrow, after),
        "given_up": _given_up(reader, now),
        "leaving": _leaving(reader, now),
        "calls": _count(call_list(reader, now=now).with_only_columns(Notice.id)),
    }
    return facts if any(facts.values()) else None


def _not_covered(reader: Person, start: datetime, end: datetime) -> int:
    """How many sessions between the two still lack somebody, asked or not."""
    found = meetings_planned_by(reader).where(
        Meeting.status == Status.PLANNED, Meeting.starts_at >= start, Meeting.starts_at < end
    )
    meetings = [meeting.id for meeting in db.session.scalars(found)]
    states = [worst(coverages) for coverages in coverages_of(meetings).values()]
    return sum(state in ("open", "offered") for state in states)


def _given_up(reader: Person, now: datetime) -> int:
    """How many places at coming sessions were given up since yesterday."""
    lately = select(Decision.assignment_id).where(
        Decision.state == State.WITHDRAWN, Decision.at > now - SINCE
    )
    gone = assignments_planned_by(reader).where(
        Assignment.id.in_(lately),
        Assignment.state == State.WITHDRAWN,
        Meeting.status == Status.PLANNED,
        Meeting.starts_at > now,
    )
    return _count(gone.with_only_columns(Assignment.id))


def _leaving(reader: Person, now: datetime) -> int:
    """How many come only if no stand-in is found."""
    looking = assignments_planned_by(reader).where(
        Assignment.state == State.CONFIRMED,
        Assignment.stand_in_wanted_at.is_not(None),
        Meeting.status == Status.PLANNED,
        Meeting.starts_at > now,
    )
    return _count(looking.with_only_columns(Assignment.id))


def _count(found: Select[int]) -> int:
    number = select(func.count()).select_from(found.order_by(None).subquery())
    return db.session.scalars(number).one()
