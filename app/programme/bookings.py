"""Expecting somebody at a meeting, and no longer. Nobody is in two places at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update

from app.extensions import db
from app.i18n import _l
from app.people.models import Person
from app.programme.models import Booking, Meeting, Part, Status
from app.programme.queries import busy_times, is_published
from app.refusal import Refusal


class AlreadyExpected(Refusal):
    message = _l("You are already expected somewhere at that time.")


def book(person: Person, meeting: Meeting, part: Part) -> None:
    """Expect *person* at *meeting*. The caller holds the person's row; twice is harmless.

    While it is a draft they keep a place and are not held to it. Raises `AlreadyExpected` when
    they are expected elsewhere then.
    """
    have = db.session.scalars(
        select(Booking).where(Booking.person_id == person.id, Booking.meeting_id == meeting.id)
    ).one_or_none()
    if have is not None:
        if have.part is not part:
            raise AlreadyExpected
        return
    held = not meeting.is_cancelled and not meeting.is_draft
    if held and busy_times([person.id], meeting.starts_at, meeting.ends_at):
        raise AlreadyExpected
    db.session.add(
        Booking(
            person=person,
            meeting=meeting,
            part=part,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            held=held,
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


def retime(meeting: Meeting, *, elsewhere: Collection[int] = ()) -> None:
    """Everyone expected at *meeting* is expected at its present time; nobody while it is cancelled.

    Those *elsewhere* then (ids of people) keep their place but are not held to it; when a later
    change suits them again, they are.
    """
    db.session.flush()
    times = {"starts_at": meeting.starts_at, "ends_at": meeting.ends_at}
    for held in (False, True):  # first free whoever cannot come, so that nobody is in two places
        who = Booking.person_id.in_(elsewhere)
        db.session.execute(
            update(Booking)
            .where(Booking.meeting_id == meeting.id, ~who if held else who)
            .values(**times, held=held and not meeting.is_cancelled and not meeting.is_draft)
        )


def hold_again(person: Person, *, now: datetime) -> list[Meeting]:
    """Hold a learner to what suits them by now, the earliest first; to which meetings.

    The caller holds the person's row, as does whoever changes a meeting at which they have a place.
    """
    db.session.flush()
    waiting = (
        select(Booking)
        .join(Booking.meeting)
        .join(Meeting.activity)
        .where(
            Booking.person_id == person.id,
            Booking.part == Part.LEARNER,
            ~Booking.held,
            is_published(),
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
        )
        .order_by(Booking.starts_at, Booking.id)
        .execution_options(populate_existing=True)
    )
    found = []
    for booking in db.session.scalars(waiting).all():
        if not busy_times([person.id], booking.starts_at, booking.ends_at):
            booking.held = True
            db.session.flush()
            found.append(booking.meeting)
    return found
