"""What is left of an appointment that is long over: that there was one, when, and who helped.

The hours of a mediator are proved by their own place and presence, which stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from app.attendance.models import Attendance
from app.extensions import Gone, db, lock
from app.feeds.models import KeptEvent
from app.notices.models import Notice
from app.programme.codes import NO_CODE
from app.programme.kinds import Privacy
from app.programme.models import (
    Activity,
    ActivityText,
    Booking,
    Edit,
    Meeting,
    MeetingChange,
    MeetingText,
    Part,
)
from app.signups.models import Enrolment, Waiting

KEEP = timedelta(days=30)


def forget_past_appointments(*, now: datetime) -> int:
    """Of what is individual and ended `KEEP` ago, no learner, place, code, language or change is
    left, nor a message about it. How many activities. Twice is harmless."""
    known = or_(
        exists().where(ActivityText.activity_id == Activity.id, ActivityText.title != NO_CODE),
        exists().where(Enrolment.activity_id == Activity.id),
    )
    lately = exists().where(Meeting.activity_id == Activity.id, Meeting.ends_at > now - KEEP)
    over = select(Activity.id).where(
        Activity.privacy == Privacy.INDIVIDUAL,
        exists().where(Meeting.activity_id == Activity.id),
        known,
        ~lately,
    )
    for activity in db.session.scalars(
        select(Activity).where(Activity.id.in_(over)).order_by(Activity.id)
    ).all():
        with suppress(Gone):
            lock(activity)
    activities = db.session.scalars(over).all()  # another meeting may have been planned meanwhile
    if activities:
        _forget(activities)
        db.session.flush()
        db.session.expire_all()
    return len(activities)


def _forget(activities: Sequence[int]) -> None:
    meetings = select(Meeting.id).where(Meeting.activity_id.in_(activities))
    db.session.execute(delete(Notice).where(_about("meeting").in_(meetings)))
    db.session.execute(delete(Notice).where(_about("activity").in_(activities)))
    for of_activity in (Enrolment, Waiting, Edit):
        db.session.execute(delete(of_activity).where(of_activity.activity_id.in_(activities)))
    for of_meeting in (Attendance, MeetingChange, MeetingText, KeptEvent):
        db.session.execute(delete(of_meeting).where(of_meeting.meeting_id.in_(meetings)))
    db.session.execute(
        delete(Booking).where(Booking.meeting_id.in_(meetings), Booking.part == Part.LEARNER)
    )
    db.session.execute(
        update(Meeting).where(Meeting.id.in_(meetings)).values(room_id=None, online_url=None)
    )
    db.session.execute(
        update(Activity)
        .where(Activity.id.in_(activities))
        .values(meeting_point=None, transport=None, support_language=None, level=None)
    )
    db.session.execute(
        update(ActivityText)
        .where(ActivityText.activity_id.in_(activities))
        .values(title=NO_CODE, folded=NO_CODE, description="")
    )


def _about(what: str) -> ColumnElement[int]:
    number: ColumnElement[int] = Notice.about[what].as_integer()
    return number
