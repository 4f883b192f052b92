"""Expecting somebody at a meeting, and no longer. Nobody is in two places at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from app.extensions import db
from app.i18n import _l
from app.people.models import Person
from app.programme.models import Booking, Meeting, Part
from app.programme.queries import busy_times
from app.refusal import Refusal


class AlreadyExpected(Refusal):
    message = _l("You are already expected somewhere at that time.")


def book(person: Person, meeting: Meeting, part: Part) -> None:
    """Expect *person* at *meeting*. The caller holds the person's row; twice is harmless.

    Raises `AlreadyExpected` when they are expected elsewhere then.
    """
    have = db.session.scalars(
        select(Booking).where(Booking.person_id == person.id, Booking.meeting_id == meeting.id)
    ).one_or_none()
    if have is not None:
        if have.part is not part:
            raise AlreadyExpected
        return
    if busy_times([person.id], meeting.starts_at, meeting.ends_at):
        raise AlreadyExpected
    db.session.add(
        Booking(
            person=person,
            meeting=meeting,
            part=part,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            held=not meeting.is_cancelled,
        )
    )
    db.session.flush()


def release(person: Person, meeting: Meeting, part: Part) -> None:
    """No longer expect *person* at *meeting* as *part*."""
    db.session.execute(
        delete(Booking).where(
            Booking.person_id == person.id,
            Booking.meeting_id == meeting.id,
            Booking.part == part,
        )
    )


def retime(meeting: Meeting, starts_at: datetime, ends_at: datetime, *, held: bool) -> None:
    """Everyone expected at *meeting* is expected at its new time; not *held* while cancelled."""
    db.session.flush()
    db.session.execute(
        update(Booking)
        .where(Booking.meeting_id == meeting.id)
        .values(starts_at=starts_at, ends_at=ends_at, held=held)
    )
