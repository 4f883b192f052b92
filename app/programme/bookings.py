"""Expecting somebody at a meeting, and no longer. Nobody is in two places at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, Update, delete, select, update
from sqlalchemy.orm import contains_eager

from app.extensions import db
from app.i18n import _l
from app.people.models import Person
from app.programme.models import Booking, Meeting, Part, Status
from app.programme.queries import busy_times, is_published, where_kept_from
from app.refusal import Refusal


class AlreadyExpected(Refusal):
    message = _l("You are already expected somewhere at that time.")


class KeptApart(Refusal):
    """Somebody is expected there whom this person never meets; it does not say who, or that."""

    message = _l("Somebody is expected there whom this person never meets.")


def book(person: Person, meeting: Meeting, part: Part, *, in_spite: bool = False) -> None:
    """`book_all` for one meeting."""
    book_all(person, [meeting], part, in_spite=in_spite)


def book_all(
    person: Person, meetings: Sequence[Meeting], part: Part, *, in_spite: bool = False
) -> None:
    """Expect *person* at *meetings*. The caller holds the person's row; twice is harmless.

    While one is a draft they keep a place and are not held to it; nor, *in_spite*, where they are
    expected elsewhere then. Raises `AlreadyExpected` in that case otherwise, and `KeptApart`. In a
    fixed number of queries.
    """
    if not meetings:
        return
    ids = [meeting.id for meeting in meetings]
    placed = select(Booking.meeting_id, Booking.part).where(
        Booking.person_id == person.id, Booking.meeting_id.in_(ids)
    )
    have = {meeting_id: known for meeting_id, known in db.session.execute(placed)}
    kept = where_kept_from(person, ids)
    start, end = min(m.starts_at for m in meetings), max(m.ends_at for m in meetings)
    taken = [(begins, ends) for _who, begins, ends in busy_times([person.id], start, end)]
    for meeting in meetings:
        if meeting.id in have:
            if have[meeting.id] is not part:
                raise AlreadyExpected
            continue
        if meeting.id in kept:
            raise KeptApart
        held = not meeting.is_cancelled and not meeting.is_draft
        if held and any(b < meeting.ends_at and meeting.starts_at < e for b, e in taken):
            if not in_spite:
                raise AlreadyExpected
            held = False
        if held:
            taken.append((meeting.starts_at, meeting.ends_at))
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


def hold_meetings(meetings: Sequence[Meeting]) -> None:
    """Hold those rows, by number, after the people: whoever helps there is booked before or after,
    not meanwhile."""
    db.session.execute(
        select(Meeting.id)
        .where(Meeting.id.in_([meeting.id for meeting in meetings]))
        .order_by(Meeting.id)
        .with_for_update(of=Meeting, key_share=True)
    )


def give_places(
    people: Sequence[Person], meetings: Sequence[Meeting]
) -> list[tuple[Person, Meeting]]:
    """Each of *people* has a place at each of these new *meetings*, and is held to those at whose
    time they are free; who is held to what. The caller holds the people's rows. A draft holds
    nobody."""
    start, end = min(m.starts_at for m in meetings), max(m.ends_at for m in meetings)
    busy: dict[int, list[tuple[datetime, datetime]]] = {}
    for person_id, begins, ends in busy_times([person.id for person in people], start, end):
        busy.setdefault(person_id, []).append((begins, ends))
    held = []
    for person in people:
        for meeting in meetings:
            free = not any(
                begins < meeting.ends_at and meeting.starts_at < ends
                for begins, ends in busy.get(person.id, ())
            )
            if free and not meeting.is_draft:
                held.append((person, meeting))
            db.session.add(
                Booking(
                    person=person,
                    meeting=meeting,
                    part=Part.LEARNER,
                    starts_at=meeting.starts_at,
                    ends_at=meeting.ends_at,
                    held=free and not meeting.is_draft,
                )
            )
    db.session.flush()
    return held


def release(person: Person, meeting: Meeting, part: Part) -> None:
    """No longer expect *person* at *meeting* as *part*."""
    db.session.execute(
        delete(Booking).where(
            Booking.person_id == person.id,
            Booking.meeting_id == meeting.id,
            Booking.part == part,
        )
    )


def retime(meetings: Sequence[Meeting], *, elsewhere: Collection[int] = ()) -> None:
    """Everyone expected at *meetings* is expected at their present times; nobody while they are
    cancelled or drafts.

    Those *elsewhere* then (ids of bookings) keep their place but are not held to it; when a later
    change suits them again, they are.
    """
    db.session.flush()
    there = Booking.meeting_id.in_([meeting.id for meeting in meetings])
    times = {
        name: select(getattr(Meeting, name)).where(Meeting.id == Booking.meeting_id)
        for name in ("starts_at", "ends_at")
    }
    # first free everybody, so that nobody is in two places meanwhile
    _update(
        update(Booking)
        .where(there)
        .values(held=False, **{name: query.scalar_subquery() for name, query in times.items()})
    )
    taking_place = [m.id for m in meetings if not m.is_cancelled and not m.is_draft]
    _update(
        update(Booking)
        .where(Booking.meeting_id.in_(taking_place), Booking.id.not_in(elsewhere))
        .values(held=True)
    )


def _update(statement: Update) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))


def hold_again(people: Sequence[Person], *, now: datetime) -> list[tuple[Person, Meeting]]:
    """Hold learners to what suits them by now, the earliest first; whom to which meetings.

    The caller holds the people's rows, as does whoever changes a meeting at which they have a
    place. In a fixed number of queries.
    """
    db.session.flush()
    by_id = {person.id: person for person in people}
    waiting = db.session.scalars(_waiting(by_id, now)).all()
    if not waiting:
        return []
    who = {booking.person_id for booking in waiting}
    start = min(booking.starts_at for booking in waiting)
    busy: dict[int, list[tuple[datetime, datetime]]] = {}
    for person_id, begins, ends in busy_times(
        who, start, max(booking.ends_at for booking in waiting)
    ):
        busy.setdefault(person_id, []).append((begins, ends))
    found = []
    for booking in waiting:
        taken = busy.setdefault(booking.person_id, [])
        if not any(b < booking.ends_at and booking.starts_at < e for b, e in taken):
            taken.append((booking.starts_at, booking.ends_at))
            booking.held = True
            found.append((by_id[booking.person_id], booking.meeting))
    db.session.flush()
    return found


def _waiting(people: Collection[int], now: datetime) -> Select[Booking]:
    """The places of those learners to which they are not held, by time."""
    return (
        select(Booking)
        .join(Booking.meeting)
        .join(Meeting.activity)
        .where(
            Booking.person_id.in_(people),
            Booking.part == Part.LEARNER,
            ~Booking.held,
            is_published(),
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
        )
        .order_by(Booking.starts_at, Booking.id)
        .options(contains_eager(Booking.meeting).contains_eager(Meeting.activity))
        .execution_options(populate_existing=True)
    )
