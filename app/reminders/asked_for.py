"""The letter to whoever said what is missing: an activity was made of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.listening.models import Reply, Voice
from app.notices.models import Notice
from app.programme.models import Meeting
from app.programme.queries import meetings_to_come
from app.signups.queries import enrolment_of


def answered_for(notice: Notice, now: datetime) -> tuple[Reply, Meeting, bool] | None:
    """What was made of it, its first session to come, and whether that is nobody's business. None
    where the reader took it back or has a place already, or nothing is to come."""
    reply = db.session.get(Reply, notice.about["reply"], populate_existing=True)
    if reply is None or reply.activity.is_draft or not _still_wants(notice, reply):
        return None
    place = enrolment_of(reply.activity, notice.person)
    if place is not None and place.left_at is None:
        return None
    coming = meetings_to_come(reply.activity, now=now)
    if not coming:
        return None
    shown = [one for one in coming if not one.is_secret]
    secret = reply.matter.is_protected or not shown
    return reply, coming[0] if secret else shown[0], secret


def _still_wants(notice: Notice, reply: Reply) -> bool:
    told = select(Voice.id).where(
        Voice.person_id == notice.person.id, Voice.reply_id == reply.id, Voice.tell
    )
    return db.session.scalars(told.limit(1)).first() is not None
