"""Who could come to a session if somebody else took over what they do then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.rota.frame import Frame
from app.rota.inputs import framed
from app.rota.models import Rota
from app.staffing.matching.instance import Proposal
from app.staffing.matching.roster import keep_what_fits
from app.staffing.matching.stand_ins import stand_ins
from app.staffing.models import Assignment, Need, State

MOST = 5


@dataclass(frozen=True, kw_only=True)
class Room:
    """*person* could come if *heir*, who is free, took *given* over from them."""

    person: Person
    given: Need
    heir: Person


def ways_to_make_room(need: Need, by: Person, *, now: datetime) -> list[Room]:
    """The best first, in the week of *need* and among what *by* plans in that centre; who is only
    asked stays where they are. Nothing is changed."""
    frame = framed(_week_of(need, by), now=now)
    if frame is None or need.id not in frame.need_at:
        return []
    plan = keep_what_fits(frame.instance, _as_things_are(frame, now)).plan
    found = stand_ins(frame.instance, plan, frame.need_at[need.id])
    return [
        Room(
            person=db.session.get_one(Person, frame.person_ids[one.proposal.helper]),
            given=db.session.get_one(Need, frame.need_ids[one.moved.need]),
            heir=db.session.get_one(Person, frame.person_ids[one.taken_over.helper]),
        )
        for one in found
        if one.moved is not None and one.taken_over is not None
    ][:MOST]


def _week_of(need: Need, by: Person) -> Rota:
    """A rota of that week in which the confirmed may move; it is never kept."""
    activity = need.meeting.activity
    day = need.meeting.starts_at.astimezone(activity.centre.tz).date()
    monday = day - timedelta(days=day.weekday())
    return Rota(
        by=by,
        centre=activity.centre,
        centre_id=activity.centre_id,
        term_id=activity.term_id if need.meeting.is_draft else None,
        first_day=monday,
        last_day=monday + timedelta(days=6),
        may_move=True,
    )


def _as_things_are(frame: Frame, now: datetime) -> Iterator[Proposal]:
    """Whoever is confirmed or asked."""
    there = select(Assignment).where(Assignment.need_id.in_(frame.need_ids)).order_by(Assignment.id)
    for one in db.session.scalars(there):
        if one.state is State.CONFIRMED or one.is_open_offer(now):
            yield Proposal(frame.need_at[one.need_id], frame.helper_at[one.person_id])
