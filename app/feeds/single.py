"""One session, or all that are left of a course, as a file for the calendar: a copy that is taken
along. What each reader may see of it is what the feeds would tell them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, abort
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import contains_eager

from app import clock
from app.extensions import db
from app.feeds.calendar import Calendar, Event, serialise
from app.feeds.looks import event_of
from app.feeds.models import Look
from app.feeds.queries import PAST
from app.i18n import _
from app.people.access import public
from app.people.current import person_or_none
from app.people.locale import page_language
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import bookings_for, is_listed_meeting
from app.web import link, settings

bp = Blueprint("single", __name__)


@bp.get("/meetings/<ref>.ics")
@public
def meeting(ref: str) -> Response:
    """One session. 30 days after it there is no such file any more, as it is in no feed."""
    since, this = clock.now() - PAST, Meeting.ref == ref
    listed = _listed(this).where(Meeting.starts_at > since)
    source = link(page_language(), "single.meeting", ref=ref)
    return _file(listed, _expected(this, since=since), source=source)


@bp.get("/activities/<ref>.ics")
@public
def activity(ref: str) -> Response:
    """All sessions of an activity that are not over yet."""
    now, this = clock.now(), Activity.ref == ref
    listed = _listed(this).where(Meeting.ends_at > now)
    source = link(page_language(), "feeds.public_calendar", name=f"activity-{ref}")
    return _file(listed, _expected(this, since=now), source=source)


def _listed(this: ColumnElement[bool]) -> Select[Meeting]:
    """What strangers may see of it."""
    return select(Meeting).join(Meeting.activity).where(is_listed_meeting(), this)


def _expected(this: ColumnElement[bool], *, since: datetime) -> Sequence[Booking]:
    """Where the reader, or a child for whom they decide, is expected at it."""
    person = person_or_none()
    if person is None:
        return []
    mine = bookings_for(person, since=since).where(this)
    return db.session.scalars(mine.options(contains_eager(Booking.meeting))).all()


def _file(listed: Select[Meeting], expected: Sequence[Booking], *, source: str) -> Response:
    """The file of these sessions, by time; 404 where none of them may be told."""
    own = {booking.meeting_id: booking for booking in expected}
    found = {one.id: one for one in db.session.scalars(listed)}
    found |= {booking.meeting_id: booking.meeting for booking in expected}
    by_time = sorted(found.values(), key=lambda one: (one.starts_at, one.id))
    events = [event for one in by_time if (event := _event(one, own.get(one.id))) is not None]
    if not events:
        abort(404)
    name = _("My calendar") if own else by_time[0].activity.title_in(page_language())
    return _download(serialise(_calendar(name, None if own else source), events))


def _event(meeting: Meeting, booking: Booking | None) -> Event | None:
    language = page_language()
    if booking is None:
        return event_of(meeting, Look.PUBLIC, language)
    if meeting.privacy is Privacy.INDIVIDUAL and booking.part is Part.LEARNER:
        return None
    if not meeting.is_secret:
        return event_of(meeting, Look.OWN, language)
    shows_code = meeting.kind.policy.coded and booking.part is Part.HELPER
    return event_of(meeting, Look.CODE if shows_code else Look.HIDDEN, language)


def _calendar(name: str, source: str | None) -> Calendar:
    """*source*: where it can be asked for anew; nowhere for what is the reader's own."""
    known = settings()
    return Calendar(
        name=name,
        source=source,
        organizer=known.mail_from,
        organizer_name=known.mail_name,
        language=page_language(),
    )


def _download(body: bytes) -> Response:
    """What one gets depends on who asks: no cache keeps it."""
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'attachment; filename="calendar.ics"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
        "Referrer-Policy": "no-referrer",
    }
    return Response(body, headers=headers)
