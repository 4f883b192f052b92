"""Joining and leaving an activity, all of it or one session. Operations never commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.extensions import db, lock
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Person
from app.programme.bookings import KeptApart, book_all, hold_meetings, release
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import coming_meetings
from app.programme.telling import expect_again
from app.signups.models import Enrolment
from app.signups.queries import enrolment_of, is_full, visits_of
from app.signups.rules import (
    ActivityFull,
    ByInvitation,
    ExpectedElsewhere,
    NothingToCome,
    WomenOnly,
    refuse_unfit,
)
from app.signups.waiting import no_longer_wait, offer_free_places

__all__ = [
    "ActivityFull",
    "ByInvitation",
    "ExpectedElsewhere",
    "NothingToCome",
    "WomenOnly",
    "clashes_of",
    "give_place",
    "join",
    "leave",
    "leave_once",
    "tell_of_place",
    "visit",
]


def join(
    activity: Activity, person: Person, *, by: Person, now: datetime, in_spite: bool = False
) -> Enrolment:
    """*person* has a place and is expected at every coming meeting; twice is harmless.

    *by* is whoever decided: oneself, or a coordinator who plans the activity. *in_spite*: they know
    that they are expected elsewhere at some of the times, and are not held to those meetings.
    Raises `ByInvitation`, `WomenOnly`, `ActivityFull`, `NothingToCome` and `ExpectedElsewhere`.
    """
    lock(person)
    lock(activity)
    held = enrolment_of(activity, person)
    if held is not None and held.left_at is None:
        return held
    meetings = coming_meetings(activity, now=now)
    refuse_unfit(activity, person, by=by)
    own = [person] if by.id == person.id else []  # a coordinator reads the true reason
    if is_full(activity, own, now=now, visitor=person):
        raise ActivityFull
    if not meetings:
        raise NothingToCome
    _refuse_clashes(person, meetings, by=by, in_spite=in_spite)
    enrolment = give_place(activity, person, meetings, by=by, now=now, in_spite=in_spite)
    no_longer_wait(activity, person, now=now)
    return enrolment


def give_place(
    activity: Activity,
    person: Person,
    meetings: Sequence[Meeting],
    *,
    by: Person,
    now: datetime,
    in_spite: bool,
) -> Enrolment:
    """The place itself, everywhere at once: the list, the bookings (hence sheets and calendars) and
    the letter. The caller holds person and activity and has seen that there is one."""
    enrolment = enrolment_of(activity, person) or Enrolment(activity=activity, person=person)
    enrolment.joined_at, enrolment.left_at = now, None
    db.session.add(enrolment)
    _expect(person, meetings, by=by, in_spite=in_spite)
    _tell(activity, person, now=now)
    return enrolment


def visit(meeting: Meeting, person: Person, *, by: Person, now: datetime) -> None:
    """*person* comes to this one meeting; twice is harmless. Raises what `join` raises."""
    activity = meeting.activity
    lock(person)
    lock(activity)
    held = enrolment_of(activity, person)
    there = held is not None and held.left_at is None
    if there or meeting in visits_of(person, activity, now=now):
        return
    db.session.refresh(meeting)
    refuse_unfit(activity, person, by=by)
    if not meeting.is_open(now):
        raise NothingToCome
    if is_full(activity, [person] if by.id == person.id else [], now=now, at=meeting):
        raise ActivityFull
    _refuse_clashes(person, [meeting], by=by, in_spite=False)
    _expect(person, [meeting], by=by, in_spite=False)
    tell_of_place(meeting, person, now=now)


def _refuse_clashes(
    person: Person, meetings: Sequence[Meeting], *, by: Person, in_spite: bool
) -> None:
    """Say at which sessions somebody is expected elsewhere; where, is nobody else's business.
    Whoever could come to none of them has no use for a place."""
    planned = [meeting for meeting in meetings if not meeting.is_cancelled]
    clashing = clashes_of(person, planned)
    if clashing and (not in_spite or len(clashing) == len(planned)):
        raise ExpectedElsewhere(clashing, own=by.id == person.id)


def clashes_of(person: Person, meetings: Sequence[Meeting]) -> list[Meeting]:
    """Those of *meetings* at whose time *person* is expected elsewhere; in one query."""
    if not meetings:
        return []
    start, end = min(m.starts_at for m in meetings), max(m.ends_at for m in meetings)
    found = select(Booking.meeting_id, Booking.starts_at, Booking.ends_at).where(
        Booking.person_id == person.id,
        Booking.held,
        Booking.starts_at < end,
        Booking.ends_at > start,
    )
    held = db.session.execute(found).all()
    return [
        meeting
        for meeting in meetings
        if any(
            there != meeting.id and begins < meeting.ends_at and meeting.starts_at < ends
            for there, begins, ends in held
        )
    ]


def _expect(person: Person, meetings: Sequence[Meeting], *, by: Person, in_spite: bool) -> None:
    hold_meetings(meetings)
    try:
        book_all(person, meetings, Part.LEARNER, in_spite=in_spite)
    except KeptApart:
        if by.id != person.id:
            raise
        raise ActivityFull from None  # who is there is not theirs to find out


def tell_of_place(meeting: Meeting, person: Person, *, now: datetime) -> None:
    """*person* has a place at *meeting* and at whatever follows it in its activity."""
    _post(Letter.ENROLLED, meeting, person, now=now)


def _tell(activity: Activity, person: Person, *, now: datetime) -> None:
    first = next((m for m in coming_meetings(activity, now=now) if not m.is_cancelled), None)
    if first is not None:
        _post(Letter.ENROLLED, first, person, now=now)


def _post(letter: Letter, meeting: Meeting, person: Person, *, now: datetime) -> None:
    activity = meeting.activity
    if activity.is_draft:
        return  # they are told when it is published
    post(
        person,
        letter,
        f"{activity.ref}:{now.isoformat()}",
        now=now,
        about={"meeting": meeting.id},
        responsible=activity.coordinator,
        confidential=meeting.is_secret,
        not_after=meeting.starts_at,
    )


def leave(activity: Activity, person: Person, *, by: Person, now: datetime) -> None:
    """The place is free again and *person* is no longer expected; twice is harmless.

    They are told if somebody else decided it. Whoever waits is offered the place.
    """
    lock(person)
    lock(activity)
    enrolment = enrolment_of(activity, person)
    if enrolment is None or enrolment.left_at is not None:
        return
    enrolment.left_at = now
    _release(person, coming_meetings(activity, now=now), by=by, now=now)
    offer_free_places(activity, now=now)


def leave_once(meeting: Meeting, person: Person, *, by: Person, now: datetime) -> None:
    """*person* no longer comes to this one meeting; twice is harmless."""
    lock(person)
    lock(meeting.activity)
    if meeting in visits_of(person, meeting.activity, now=now):
        _release(person, [meeting], by=by, now=now)
        offer_free_places(meeting.activity, now=now)


def _release(person: Person, meetings: Sequence[Meeting], *, by: Person, now: datetime) -> None:
    for meeting in meetings:
        release(person, meeting, Part.LEARNER)
    expect_again([person], now=now)
    if by.id != person.id and meetings:
        _post(Letter.REMOVED, meetings[0], person, now=now)
