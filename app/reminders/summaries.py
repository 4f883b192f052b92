"""Letters about several meetings at once: a series that changed, a term that was published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.extensions import db
from app.people.models import Person
from app.programme.models import (
    TOLD,
    Booking,
    ChangeKind,
    Edit,
    Meeting,
    MeetingChange,
    Status,
)
from app.programme.queries import is_published
from app.reminders.told import last_heard
from app.staffing.models import Assignment
from app.staffing.queries import asked_about, offers_waiting


@dataclass(frozen=True)
class Changed:
    """One meeting in a letter about several: what became of it, and when it was to be before.

    *elsewhere*: the reader has a place and is expected at something else then.
    """

    meeting: Meeting
    is_off: bool
    was: datetime | None
    elsewhere: bool


def changed_for(reader: Person, edit: Edit, now: datetime) -> list[Changed]:
    """What the reader must hear of *edit*, by time: nothing of what changed again since."""
    if edit.undone_at is not None:
        return []
    changes = [
        change
        for change in db.session.scalars(
            select(MeetingChange)
            .join(MeetingChange.meeting)
            .where(MeetingChange.edit_id == edit.id, MeetingChange.kind.in_(TOLD))
            .order_by(Meeting.starts_at, Meeting.id)
            .options(contains_eager(MeetingChange.meeting))
        )
        if change.meeting.sequence == change.sequence and change.meeting.ends_at > now
    ]
    places = _places(reader, [change.meeting for change in changes], now)
    return [
        Changed(
            change.meeting,
            change.kind is ChangeKind.CANCELLED,
            _was(reader, change),
            elsewhere=not places[change.meeting_id] and not change.meeting.is_cancelled,
        )
        for change in changes
        if change.meeting_id in places
    ]


def _places(reader: Person, meetings: Sequence[Meeting], now: datetime) -> dict[int, bool]:
    """Meeting id -> whether the reader is held to it; also where they are only asked to come."""
    rows = db.session.execute(
        select(Booking.meeting_id, Booking.held).where(
            Booking.person_id == reader.id,
            Booking.meeting_id.in_([meeting.id for meeting in meetings]),
        )
    )
    asked = asked_about(meetings, now=now)
    held = {meeting_id: True for meeting_id, people in asked.items() if reader in people}
    return held | {meeting_id: is_held for meeting_id, is_held in rows}


def _was(reader: Person, change: MeetingChange) -> datetime | None:
    if change.kind is not ChangeKind.MOVED:
        return None
    before = last_heard(reader.id, change)
    return before if before != change.meeting.starts_at else None


@dataclass(frozen=True)
class Published:
    """One activity in the letter about a new term: the first session at which the reader is
    expected and how many there are; *elsewhere*: at how many they have a place and are expected at
    something else; *offer*: what they are asked."""

    meeting: Meeting
    count: int
    elsewhere: int = 0
    offer: Assignment | None = None


def published_for(reader: Person, activities: Sequence[int], now: datetime) -> list[Published]:
    """Where the reader has a place in those activities, then what they are asked, by time."""
    found: dict[int, list[tuple[Meeting, bool]]] = {}
    rows = db.session.execute(
        select(Meeting, Booking.held)
        .join(Booking, Booking.meeting_id == Meeting.id)
        .join(Meeting.activity)
        .where(
            Booking.person_id == reader.id,
            Meeting.activity_id.in_(activities),
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            is_published(),
        )
        .order_by(Meeting.starts_at)
    )
    for meeting, held in rows:
        found.setdefault(meeting.activity_id, []).append((meeting, held))
    offers = db.session.scalars(
        offers_waiting(reader, now=now).where(Meeting.activity_id.in_(activities))
    )
    asked = [Published(offer.need.meeting, 1, offer=offer) for offer in offers]
    return [_published(places) for places in found.values()] + asked


def _published(places: Sequence[tuple[Meeting, bool]]) -> Published:
    held = [meeting for meeting, is_held in places if is_held]
    return Published(held[0] if held else places[0][0], len(held), len(places) - len(held))


def edit_of(edit_id: int) -> Edit | None:
    return db.session.get(Edit, edit_id, populate_existing=True)
