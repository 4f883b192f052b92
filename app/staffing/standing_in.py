"""When life happens: somebody would rather not come, and stays responsible until another does.
Never commits."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.programme.models import Meeting, Status
from app.staffing.asking import ask_in_turn, running_asking, stop_asking
from app.staffing.decisions import note
from app.staffing.finding import ranked_candidates
from app.staffing.holding import hold
from app.staffing.models import Asking, Assignment, Need, Progress, State
from app.staffing.operations import OfferClosed, TooLate, tell

ESCALATE = timedelta(hours=24)
STAND_INS_AT_ONCE = 3


def look_for_stand_in(assignment: Assignment, *, now: datetime) -> None:
    """Ask others for the place of somebody who stays expected until one of them is confirmed.

    Ranked eligible people are asked, several at once as time is short; but where a coordinator
    decides who comes, or nobody may learn of the session, they ask. Twice is harmless.
    """
    need, person = assignment.need, assignment.person
    hold([], places=[assignment])
    if assignment.state is not State.CONFIRMED or assignment.trainee:
        raise OfferClosed
    if not need.meeting.is_open(now):
        raise TooLate
    if assignment.stand_in_wanted_at is not None:
        return
    assignment.stand_in_wanted_at = now
    note(assignment, by=person, now=now, stand_in="wanted")
    if others_are_asked_for(assignment) and running_asking(need) is None:
        ask_in_turn(
            need,
            [one for one in ranked_candidates(need) if one.person.id != person.id],
            by=None,
            at_once=STAND_INS_AT_ONCE,
            lasts=_patience(need.meeting, now),
            now=now,
            stand_in_for=assignment,
        )
    tell(assignment, need.meeting.activity.coordinator, Letter.STAND_IN_WANTED, now=now)


def others_are_asked_for(assignment: Assignment) -> bool:
    """Whether others may be asked without a coordinator."""
    meeting = assignment.need.meeting
    return not (meeting.is_secret or meeting.activity.approval)


def come_after_all(assignment: Assignment, *, now: datetime) -> None:
    """No stand-in is wanted any more; nobody else is asked."""
    hold([], places=[assignment])
    if assignment.state is not State.CONFIRMED or assignment.stand_in_wanted_at is None:
        return
    assignment.stand_in_wanted_at = None
    note(assignment, by=assignment.person, now=now, stand_in="not wanted")
    running = db.session.scalars(
        select(Asking).where(
            Asking.stand_in_for_id == assignment.id, Asking.progress == Progress.RUNNING
        )
    )
    for asking in running:
        stop_asking(asking, by=assignment.person, now=now)


def escalate(*, now: datetime) -> int:
    """Tell each coordinator, once, of those whose stand-in is still missing a day before the
    session, or when nobody is left to ask. How many were looked at."""
    found = db.session.scalars(
        select(Assignment)
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            Assignment.state == State.CONFIRMED,
            Assignment.stand_in_wanted_at.is_not(None),
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            Meeting.starts_at <= now + ESCALATE,
        )
        .order_by(Assignment.id)
    ).all()
    for one in found:
        meeting = one.need.meeting
        wanted_at = one.stand_in_wanted_at or now
        post(
            meeting.activity.coordinator,
            Letter.STAND_IN_MISSING,
            f"{one.ref}:{wanted_at.isoformat()}",
            now=now,
            about={"meeting": meeting.id, "assignment": one.id, "state": one.state.value},
            responsible=meeting.activity.coordinator,
            confidential=meeting.is_secret,
            not_after=meeting.starts_at,
        )
    return len(found)


def _patience(meeting: Meeting, now: datetime) -> timedelta:
    """How long each has to answer: a tenth of the time that is left, from half an hour to a day."""
    left = (meeting.starts_at - now) / 10
    return max(timedelta(minutes=30), min(left, timedelta(days=1)))
