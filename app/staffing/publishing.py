"""Publishing a term: offers made in its drafts go out with it. Never commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.programme import publishing
from app.programme.models import Activity, Meeting
from app.programme.terms import Term
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import OFFER_LASTS


def publish(term: Term, *, by: Person, now: datetime) -> list[Activity]:
    """`publishing.publish`; whoever is asked in a draft reads so, and has three days to answer."""
    ids = [activity.id for activity in publishing.drafts_in(term, by)]
    offers = db.session.execute(
        select(Assignment, Meeting)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(Meeting.activity_id.in_(ids), Assignment.state == State.OFFERED)
        .order_by(Assignment.id)
    ).all()
    asked: dict[Person, set[int]] = {}
    for offer, meeting in offers:
        asked.setdefault(offer.person, set()).add(meeting.activity_id)
    opened = publishing.publish(term, by=by, now=now, also_tell=asked)
    for offer, meeting in offers:
        offer.lapses_at = min(now + OFFER_LASTS, meeting.starts_at)
    db.session.flush()
    return opened
