"""The attendance list on paper: of one session, or of a course for a week or a month, to be signed.

Only who plans it prints it. Of a protected group it names neither the group nor the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import clock
from app.attendance.counting import Membership
from app.attendance.queries import meetings_between, people_at
from app.extensions import db
from app.people.access import confirm_first
from app.people.current import planner
from app.people.models import Person
from app.programme.kinds import Privacy
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import activities_planned_by, meetings_planned_by
from app.signups.models import Enrolment
from app.web import one_or_404

bp = Blueprint("lists", __name__)

COLUMNS, SPARE_ROWS = 7, 5
"""So many dates fit beside the names on one A4 sheet; so many rows are left for walk-ins."""


@dataclass(frozen=True)
class Paper:
    """One sheet: its dates as columns, its people as rows, and who did not belong yet, or any
    more, on which date: (person id, meeting id)."""

    meetings: Sequence[Meeting]
    people: Sequence[Person]
    outside: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Span:
    """The days that a list is about, and those before and after."""

    first: date
    last: date
    before: date
    after: date
    is_month: bool


def month_of(day: date) -> Span:
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    return Span(first, after - timedelta(days=1), before, after, True)


def week_around(day: date) -> Span:
    first = day - timedelta(days=day.weekday())
    week = timedelta(days=7)
    return Span(first, first + timedelta(days=6), first - week, first + week, False)


@bp.get("/meetings/<ref>/attendance/list")
def meeting(ref: str) -> ResponseReturnValue:
    """One session, one sheet."""
    found = meetings_planned_by(planner()).where(
        Meeting.ref == ref,
        Meeting.status == Status.PLANNED,
        Meeting.privacy != Privacy.INDIVIDUAL,
    )
    one = one_or_404(found)
    return _print(one.activity, [one], None)


@bp.get("/activities/<ref>/attendance/list")
def course(ref: str) -> ResponseReturnValue:
    """A month of a course, or a week, from the day in the address."""
    found = activities_planned_by(planner()).where(
        Activity.ref == ref, Activity.privacy != Privacy.INDIVIDUAL
    )
    activity = one_or_404(found)
    zone = activity.centre.tz
    day = _asked_day() or clock.now().astimezone(zone).date()
    span = week_around(day) if request.args.get("span") == "week" else month_of(day)
    start, end = (
        datetime.combine(one, time(), zone) for one in (span.first, span.last + timedelta(days=1))
    )
    held = [
        one
        for one in meetings_between(activity, start, end)
        if one.privacy is not Privacy.INDIVIDUAL
    ]
    return _print(activity, held, span)


def _asked_day() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _print(activity: Activity, held: Sequence[Meeting], span: Span | None) -> ResponseReturnValue:
    secret = not activity.privacy.is_listed or any(one.is_secret for one in held)
    if secret and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return render_template(
        "attendance/list.html",
        activity=activity,
        meeting=held[0] if span is None else None,
        papers=papers(activity, held),
        secret=secret,
        span=span,
        spare=SPARE_ROWS,
    )


def papers(activity: Activity, held: Sequence[Meeting]) -> list[Paper]:
    """So many sheets as the dates need, each with everybody who is on one of its dates."""
    members = {
        one.person_id: Membership(one.joined_at, one.left_at)
        for one in db.session.scalars(select(Enrolment).where(Enrolment.activity_id == activity.id))
    }
    found = []
    for at in range(0, len(held), COLUMNS):
        dates = held[at : at + COLUMNS]
        people = people_at(dates)
        outside = frozenset(
            (one.id, date.id)
            for one in people
            for date in dates
            if one.id in members and not members[one.id].holds(date.starts_at)
        )
        found.append(Paper(dates, people, outside))
    return found
