"""The places of two people who are one: in activities, at meetings, in the queue. Never commits.

The caller holds both people, then the activities and meetings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from app.extensions import db
from app.people.models import Person
from app.programme.models import Booking
from app.signups.models import Enrolment, Waiting, WaitingMember, WaitingState
from app.signups.queries import waitings_of
from app.signups.waiting import no_longer_wait


def enrolments(gone: int, kept: int, *, now: datetime) -> int:
    """One place in one activity, from when either came; it lasts if either is still there."""
    theirs = {one.activity_id: one for one in _enrolments(kept)}
    mine = _enrolments(gone)
    for one in mine:
        other = theirs.get(one.activity_id)
        if other is None:
            one.person_id = kept
            continue
        other.joined_at = min(one.joined_at, other.joined_at)
        other.left_at = _later(one.left_at, other.left_at)
        db.session.delete(one)
    db.session.flush()
    return len(mine)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """When somebody left; None if they did not."""
    return None if one is None or other is None else max(one, other)


def _enrolments(person_id: int) -> Sequence[Enrolment]:
    return db.session.scalars(select(Enrolment).where(Enrolment.person_id == person_id)).all()


def bookings(gone: int, kept: int, *, now: datetime) -> int:
    """One at each meeting. Where two are at one time, who stays is held to what they were held to;
    the other place is kept, as always when somebody is expected elsewhere."""
    theirs = list(_bookings(kept))
    at = {one.meeting_id: one for one in theirs}
    mine = _bookings(gone)
    for one in mine:
        other = at.get(one.meeting_id)
        db.session.execute(delete(Booking).where(Booking.id == one.id))
        if other is None:
            other = _moved(one, kept)
            theirs.append(other)
        elif not one.held:
            continue
        elsewhere = any(_at_once(other, held) for held in theirs if held is not other)
        other.held = other.held or (one.held and not elsewhere)
        db.session.add(other)
        db.session.flush()
    return len(mine)


def _moved(one: Booking, kept: int) -> Booking:
    return Booking(
        person_id=kept,
        meeting_id=one.meeting_id,
        part=one.part,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        held=False,
    )


def _at_once(one: Booking, other: Booking) -> bool:
    return other.held and one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _bookings(person_id: int) -> Sequence[Booking]:
    """By time, then as they were made."""
    found = select(Booking).where(Booking.person_id == person_id)
    return db.session.scalars(found.order_by(Booking.starts_at, Booking.id)).all()


def turns(gone: int, kept: int, *, now: datetime) -> int:
    """One turn in one queue, the better of the two; none where there is a place by now."""
    person, other = db.session.get_one(Person, kept), db.session.get_one(Person, gone)
    theirs = {one.activity_id: one for one in db.session.scalars(waitings_of([person]))}
    mine = db.session.scalars(waitings_of([other])).all()
    for one in mine:
        known = theirs.get(one.activity_id)
        if known is not None and known is not one:
            worse = max((one, known), key=_turn)
            _go_out(worse, gone if worse is one else kept, now=now)
    db.session.flush()
    _rename(gone, kept)
    db.session.expire_all()
    for one in mine:
        if one.activity_id in {e.activity_id for e in _enrolments(kept) if e.left_at is None}:
            no_longer_wait(one.activity, person, now=now)
    return len(mine)


def _turn(waiting: Waiting) -> tuple[bool, datetime, int]:
    """The smallest is the best: an offer, then whoever asked first."""
    return waiting.state is not WaitingState.OFFERED, waiting.asked_at, waiting.id


def _go_out(waiting: Waiting, person_id: int, *, now: datetime) -> None:
    waiting.members = [one for one in waiting.members if one.person_id != person_id]
    if not waiting.members:
        waiting.state, waiting.ended_at = WaitingState.LEFT, now


def _rename(gone: int, kept: int) -> None:
    """Where both stand in one party, once is enough."""
    both = select(WaitingMember.waiting_id).where(WaitingMember.person_id == kept)
    mine = WaitingMember.person_id == gone
    db.session.execute(delete(WaitingMember).where(mine, WaitingMember.waiting_id.in_(both)))
    db.session.execute(
        update(WaitingMember)
        .where(mine)
        .values(person_id=kept)
        .execution_options(synchronize_session=False)
    )


RULES: dict[str, Callable[..., int]] = {
    "enrolment": enrolments,
    "booking": bookings,
    "waiting_member": turns,
}
