"""Holding a session once more at another time. Never commits."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import Owed, post_all
from app.people.models import Person
from app.programme.bookings import give_places
from app.programme.changing import ChangedMeanwhile
from app.programme.models import Activity, Meeting, MeetingText, Status
from app.programme.operations import RoomClosed, RoomTaken
from app.programme.places import Room
from app.programme.queries import meetings_in_room
from app.refusal import Refusal
from app.signups.queries import learners
from app.staffing.needs import facts_of
from app.staffing.operations import add_needs
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
    `ChangedMeanwhile` if somebody joined or left while we waited, or if it is forgotten by now.
    """
    if starts_at <= now:
        raise AlreadyPast
    ends_at = starts_at + (meeting.ends_at - meeting.starts_at)
    people = _hold_learners(meeting.activity)
    lock(meeting)
    there = _at_that_time(meeting.activity, starts_at, ends_at)
    if there is not None:
        return there
    _refuse_room(room, starts_at, ends_at)
    copy = _copy_of(meeting, starts_at, ends_at, room, now)
    db.session.add(copy)
    db.session.flush()
    _copy_words(meeting, copy, now)
    _copy_needs(meeting, copy)
    held = [person for person, _meeting in give_places(people, [copy])]
    post_all([_letter(person, copy) for person in held if person.id != by.id], now=now)
    return copy


def _refuse_room(room: Room | None, starts_at: datetime, ends_at: datetime) -> None:
    if room is None:
        return
    lock(room)
    if not room.in_use:
        raise RoomClosed
    if meetings_in_room(room, starts_at, ends_at):
        raise RoomTaken


def _copy_of(
    meeting: Meeting, starts_at: datetime, ends_at: datetime, room: Room | None, now: datetime
) -> Meeting:
    return Meeting(
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
    if activity.is_forgotten or {person.id for person in learners(activity)} != before:
        raise ChangedMeanwhile
    return list(people)


def _copy_words(meeting: Meeting, copy: Meeting, now: datetime) -> None:
    copy.texts = [
        MeetingText(language=one.language, title=one.title, folded=one.folded, changed_at=now)
        for one in meeting.texts
    ]
    db.session.flush()


def _copy_needs(meeting: Meeting, copy: Meeting) -> None:
    for need in needs_of([meeting.id]):
        add_needs([copy], **asdict(facts_of(need)))


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
