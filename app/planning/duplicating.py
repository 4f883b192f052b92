"""Holding a session once more at another time. Never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import Owed, post_all
from app.people.models import Person
from app.programme.changing import ChangedMeanwhile
from app.programme.models import Activity, Booking, Meeting, MeetingText, Part, Status
from app.programme.operations import RoomClosed, RoomTaken
from app.programme.places import Room
from app.programme.queries import busy_times, meetings_in_room
from app.refusal import Refusal
from app.signups.queries import learners
from app.staffing.models import Need
from app.staffing.queries import needs_of


class AlreadyPast(Refusal):
    message = _l("Choose a time that is still to come.")


def duplicate_meeting(
    meeting: Meeting, *, starts_at: datetime, room: Room | None, by: Person, now: datetime
) -> Meeting:
    """One more meeting of the same activity: as long, with the same words and needs.

    Where the activity meets then already, that meeting: a second click is harmless. Its learners
    have a place at it and are told, but for those who are expected elsewhere then: they are not
    held to it. Nobody is asked to help yet. Raises `AlreadyPast`, `RoomTaken`, and
    `ChangedMeanwhile` if somebody joined or left while we waited.
    """
    if starts_at <= now:
        raise AlreadyPast
    ends_at = starts_at + (meeting.ends_at - meeting.starts_at)
    people = _hold_learners(meeting.activity)
    lock(meeting)
    there = _at_that_time(meeting.activity, starts_at, ends_at)
    if there is not None:
        return there
    if room is not None:
        lock(room)
        if not room.in_use:
            raise RoomClosed
        if meetings_in_room(room, starts_at, ends_at):
            raise RoomTaken
    copy = Meeting(
        activity=meeting.activity,
        room=room,
        online_url=meeting.online_url,
        starts_at=starts_at,
        ends_at=ends_at,
        privacy=meeting.privacy,
        by_hand=True,
        created_at=now,
        changed_at=now,
    )
    db.session.add(copy)
    db.session.flush()
    _copy_words(meeting, copy, now)
    _copy_needs(meeting, copy)
    _expect(people, copy, by=by, now=now)
    return copy


def _at_that_time(activity: Activity, starts_at: datetime, ends_at: datetime) -> Meeting | None:
    return db.session.scalars(
        select(Meeting).where(
            Meeting.activity_id == activity.id,
            Meeting.starts_at == starts_at,
            Meeting.ends_at == ends_at,
            Meeting.status == Status.PLANNED,
        )
    ).first()


def _hold_learners(activity: Activity) -> list[Person]:
    """The learners, each held, then the activity, which whoever joins or leaves holds too."""
    before = {person.id for person in learners(activity)}
    people = db.session.scalars(
        select(Person)
        .where(Person.id.in_(before))
        .order_by(Person.id)
        .with_for_update(of=Person, key_share=True)
    ).all()
    lock(activity)
    if {person.id for person in learners(activity)} != before:
        raise ChangedMeanwhile
    return list(people)


def _copy_words(meeting: Meeting, copy: Meeting, now: datetime) -> None:
    copy.texts = [
        MeetingText(language=one.language, title=one.title, folded=one.folded, changed_at=now)
        for one in meeting.texts
    ]
    db.session.flush()


ASKED = ("role", "language", "level", "wanted", "women_only", "check_required")


def _copy_needs(meeting: Meeting, copy: Meeting) -> None:
    for need in needs_of([meeting.id]):
        db.session.add(Need(meeting=copy, **{name: getattr(need, name) for name in ASKED}))
    db.session.flush()


def _expect(people: Sequence[Person], copy: Meeting, *, by: Person, now: datetime) -> None:
    elsewhere = {who for who, _start, _end in _busy(people, copy)}
    held = [one for one in people if one.id not in elsewhere and not copy.is_draft]
    for person in people:
        db.session.add(
            Booking(
                person=person,
                meeting=copy,
                part=Part.LEARNER,
                starts_at=copy.starts_at,
                ends_at=copy.ends_at,
                held=person in held,
            )
        )
    db.session.flush()
    post_all([_letter(person, copy) for person in held if person.id != by.id], now=now)


def _busy(people: Sequence[Person], copy: Meeting) -> Sequence[tuple[int, datetime, datetime]]:
    return busy_times([person.id for person in people], copy.starts_at, copy.ends_at)


def _letter(person: Person, copy: Meeting) -> Owed:
    return Owed(
        to=person,
        kind=Letter.ADDED,
        key=f"{copy.ref}:{copy.sequence}",
        about={"meeting": copy.id, "sequence": copy.sequence},
        responsible=copy.activity.coordinator,
        confidential=copy.is_secret,
        not_after=copy.starts_at,
    )
