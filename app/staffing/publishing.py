"""Publishing a term: offers made in its drafts go out with it. Never commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

    def asked(activities: Collection[int]) -> dict[Person, set[int]]:
        found: dict[Person, set[int]] = {}
        for offer, meeting in _offers(activities):
            offer.lapses_at = min(now + OFFER_LASTS, meeting.starts_at)
            found.setdefault(offer.person, set()).add(meeting.activity_id)
        db.session.flush()
        return found

    return publishing.publish(term, by=by, now=now, also_tell=asked)


def _offers(activities: Collection[int]) -> Sequence[tuple[Assignment, Meeting]]:
    rows = db.session.execute(
        select(Assignment, Meeting)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(Meeting.activity_id.in_(activities), Assignment.state == State.OFFERED)
        .order_by(Assignment.id)
    )
    return [(offer, meeting) for offer, meeting in rows]
