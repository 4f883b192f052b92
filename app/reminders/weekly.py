"""The plan of the week for those who help: on Sunday evening, in their zone, where they have places
or are asked. Once a week; whoever has nothing hears nothing. Never commits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from app.extensions import db
from app.notices.models import Kind, Notice
from app.notices.operations import Owed, post_all
from app.notices.queries import does_not_want
from app.notices.timing import instant_of
from app.people.models import Membership, Person
from app.people.terms import HELD, HELPERS
from app.programme.models import Booking, Meeting, Part, Status
from app.programme.queries import bookings_for
from app.staffing.models import Assignment, Need
from app.staffing.queries import is_offered, offers_waiting

SUNDAY, MONDAY = 6, 0
FROM, UNTIL = time(17), time(12)
"""On Sunday, and on Monday: afterwards an outage is not made up for."""
OF_USE_UNTIL = time(20)


def post_weekly_plans(*, now: datetime) -> int:
    """Owe the plans of the week that begins, where it is Sunday evening. How many were new."""
    zones = db.session.scalars(select(Person.zone).distinct()).all()
    owed = [one for zone in zones for one in _owed_in(ZoneInfo(zone), now)]
    post_all(owed, now=now)
    return len(owed)


def coming_week(now: datetime, zone: ZoneInfo) -> date | None:
    """The Monday whose plan is due *now*; None while it is too early or too late for one."""
    here = now.astimezone(zone)
    if here.weekday() == SUNDAY and here.time() >= FROM:
        return here.date() + timedelta(days=1)
    if here.weekday() == MONDAY and here.time() < UNTIL:
        return here.date()
    return None


def _owed_in(zone: ZoneInfo, now: datetime) -> list[Owed]:
    monday = coming_week(now, zone)
    if monday is None:
        return []
    return [
        Owed(
            to=person,
            kind=Kind.WEEKLY_PLAN,
            key=monday.isoformat(),
            about={"monday": monday.isoformat()},
            confidential=True,  # nobody else reads where somebody is expected
            not_after=instant_of(monday, OF_USE_UNTIL, zone),
        )
        for person in db.session.scalars(_with_a_plan(zone, monday, now))
    ]


def _with_a_plan(zone: ZoneInfo, monday: date, now: datetime) -> Select[Person]:
    """Who helps, has a place in that week or is asked, and was not told yet."""
    told = and_(
        Notice.person_id == Person.id,
        Notice.kind == Kind.WEEKLY_PLAN,
        Notice.key == monday.isoformat(),
    )
    helps = exists().where(
        Membership.person_id == Person.id,
        Membership.role.in_(HELPERS),
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
            helps,
            or_(_has_a_place(zone, monday), _is_asked(now)),
            ~does_not_want(Person.id, Kind.WEEKLY_PLAN),
        )
        .order_by(Person.id)
    )


def _has_a_place(zone: ZoneInfo, monday: date) -> ColumnElement[bool]:
    start, end = _week(monday, zone)
    return exists().where(
        Booking.person_id == Person.id,
        Booking.part == Part.HELPER,
        Booking.held,
        Booking.starts_at >= start,
        Booking.starts_at < end,
        Meeting.id == Booking.meeting_id,
        Meeting.status == Status.PLANNED,
    )


def _is_asked(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        Assignment.person_id == Person.id,
        is_offered(now),
        Need.id == Assignment.need_id,
        Meeting.id == Need.meeting_id,
        Meeting.status == Status.PLANNED,
        Meeting.starts_at > now,
    )


def _week(monday: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    next_monday = monday + timedelta(days=7)
    return instant_of(monday, time(), zone), instant_of(next_monday, time(), zone)


def plan_facts(notice: Notice, now: datetime) -> dict[str, Any] | None:
    """What the letter may use, as it is now; None where there is nothing any more."""
    reader, monday = notice.person, date.fromisoformat(notice.about["monday"])
    start, end = _week(monday, reader.tz)
    places = bookings_for(reader, since=max(start, now)).where(
        Booking.held, Booking.starts_at < end, Meeting.status == Status.PLANNED
    )
    meetings = list(dict.fromkeys(one.meeting for one in db.session.scalars(places)))
    asked = len(db.session.scalars(offers_waiting(reader, now=now)).all())
    if not meetings and not asked:
        return None
    return {"monday": monday, "meetings": meetings, "asked": asked}
