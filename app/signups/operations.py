"""Joining and leaving an activity. Operations never commit."""

from __future__ import annotations

from datetime import datetime

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import AlreadyExpected, KeptApart, book, hold_meetings, release
from app.programme.models import Activity, Meeting, Part
from app.programme.queries import busy_times, coming_meetings
from app.programme.telling import expect_again
from app.refusal import Refusal
from app.signups.models import Enrolment
from app.signups.queries import enrolment_of, places_left


class ActivityFull(Refusal):
    message = _l("All places are taken.")


class ByInvitation(Refusal):
    message = _l("A coordinator adds people to this activity.")


class WomenOnly(Refusal):
    message = _l("This activity is for women.")


class ExpectedElsewhere(AlreadyExpected):
    """Raised with the sessions at which the person is expected elsewhere; the page lists them."""

    def __init__(self, meetings: list[Meeting], *, own: bool) -> None:
        super().__init__(
            _l("You are expected elsewhere at the time of these sessions:")
            if own
            else _l("This person is expected elsewhere at the time of these sessions:")
        )
        self.meetings = meetings


class NothingToCome(Refusal):
    message = _l("This activity has no more sessions.")


def join(activity: Activity, person: Person, *, by: Person, now: datetime) -> Enrolment:
    """*person* has a place and is expected at every coming meeting; twice is harmless.

    *by* is whoever decided: oneself, or a coordinator who plans the activity. Raises
    `ByInvitation`, `WomenOnly`, `ActivityFull`, `NothingToCome` and `bookings.AlreadyExpected`.
    """
    lock(person)
    lock(activity)
    held = enrolment_of(activity, person)
    if held is not None and held.left_at is None:
        return held
    meetings = coming_meetings(activity, now=now)
    _refuse(activity, person, by=by)
    if not meetings:
        raise NothingToCome
    enrolment = held or Enrolment(activity=activity, person=person)
    enrolment.joined_at, enrolment.left_at = now, None
    db.session.add(enrolment)
    _refuse_clashes(person, meetings, by=by)
    hold_meetings(meetings)
    try:
        for meeting in meetings:
            book(person, meeting, Part.LEARNER)
    except KeptApart:
        if by.id != person.id:
            raise
        raise ActivityFull from None  # who is there is not theirs to find out
    _tell(activity, person, now=now)
    return enrolment


def _refuse_clashes(person: Person, meetings: list[Meeting], *, by: Person) -> None:
    """Say at which sessions somebody is expected elsewhere; where, is nobody else's business."""
    clashing = [
        meeting
        for meeting in meetings
        if not meeting.is_cancelled and busy_times([person.id], meeting.starts_at, meeting.ends_at)
    ]
    if clashing:
        raise ExpectedElsewhere(clashing, own=by.id == person.id)


def _refuse(activity: Activity, person: Person, *, by: Person) -> None:
    if by.id == person.id and not activity.privacy.is_listed:
        raise ByInvitation
    if activity.women_only and person.gender is not Gender.WOMAN:
        raise WomenOnly
    if places_left(activity) == 0:
        raise ActivityFull


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

    They are told if somebody else decided it.
    """
    lock(person)
    lock(activity)
    enrolment = enrolment_of(activity, person)
    if enrolment is None or enrolment.left_at is not None:
        return
    enrolment.left_at = now
    meetings = coming_meetings(activity, now=now)
    for meeting in meetings:
        release(person, meeting, Part.LEARNER)
    expect_again([person], now=now)
    if by.id != person.id and meetings:
        _post(Letter.REMOVED, meetings[0], person, now=now)
