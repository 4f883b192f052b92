"""Reminding: a question asked again and again, never a pile of appointments. Never commits.

Who is expected at a meeting that begins by this time tomorrow and was not yet reminded of it? Move
the meeting and the answer changes by itself: the key of a reminder holds the meeting's sequence.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, and_, cast, select
from sqlalchemy.orm import contains_eager

from app.extensions import db
from app.notices.models import Kind, Notice, State
from app.notices.operations import post
from app.notices.timing import day_before
from app.programme.models import Booking, Meeting, Status
from app.reminders.told import Told, reminded_of_the_same, told_lately, where_and_when

HORIZON = timedelta(hours=26)  # a day before by the clock on the wall is at most 25 hours
LATELY = timedelta(days=2)  # more than the day before, and any letter's longest wait
LATEST = timedelta(minutes=30)  # before the start: afterwards a reminder is of no use


def post_reminders(*, now: datetime) -> int:
    """Owe a reminder to everyone expected by this time tomorrow, once. How many were new."""
    due = [booking for booking in not_reminded(now=now) if _is_due(booking, now)]
    told = told_lately(due, since=now - LATELY)
    fresh = [booking for booking in due if not _was_told(booking, told)]
    again = reminded_of_the_same(fresh)
    posted = 0
    for booking in fresh:
        meeting = booking.meeting
        if (booking.person_id, meeting.id) in again:
            continue  # moved and moved back: what they read is true
        post(
            booking.person,
            Kind.REMINDER,
            key_of(meeting),
            now=now,
            about={"meeting": meeting.id, "sequence": meeting.sequence, **where_and_when(meeting)},
            responsible=meeting.activity.coordinator,
            confidential=meeting.is_secret,
            not_after=meeting.starts_at - LATEST,
        )
        posted += 1
    return posted


def _was_told(booking: Booking, told: Told) -> bool:
    """Whether another letter said so within the same day."""
    meeting = booking.meeting
    since = day_before(meeting.starts_at, meeting.activity.centre.tz)
    at = told.get((booking.person_id, meeting.id))
    return at is not None and at >= since


def key_of(meeting: Meeting) -> str:
    """What makes a letter about this state of a meeting the only one of its kind."""
    return f"{meeting.ref}:{meeting.sequence}"


def not_reminded(*, now: datetime) -> list[Booking]:
    """Who is expected within `HORIZON` and has no reminder of the meeting as it now is."""
    key = Meeting.ref + ":" + cast(Meeting.sequence, String)
    reminded = and_(
        Notice.person_id == Booking.person_id,
        Notice.kind == Kind.REMINDER,
        Notice.key == key,
        Notice.state != State.DROPPED,  # somebody who left and came back is reminded after all
    )
    return list(
        db.session.scalars(
            select(Booking)
            .join(Booking.meeting)
            .outerjoin(Notice, reminded)
            .where(
                Notice.id.is_(None),
                Booking.held,
                Meeting.status == Status.PLANNED,
                Meeting.starts_at > now + LATEST,
                Meeting.starts_at <= now + HORIZON,
            )
            .options(contains_eager(Booking.meeting))
            .order_by(Meeting.starts_at, Booking.id)
        )
    )


def _is_due(booking: Booking, now: datetime) -> bool:
    return now >= day_before(booking.starts_at, booking.meeting.activity.centre.tz)
