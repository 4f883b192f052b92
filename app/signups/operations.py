"""Joining and leaving an activity. Operations never commit."""

from __future__ import annotations

from datetime import datetime

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import book, release
from app.programme.models import Activity, Part
from app.programme.queries import coming_meetings
from app.refusal import Refusal
from app.signups.models import Enrolment
from app.signups.queries import enrolment_of, places_left


class ActivityFull(Refusal):
    message = _l("All places are taken.")


class ByInvitation(Refusal):
    message = _l("A coordinator adds people to this activity.")


class WomenOnly(Refusal):
    message = _l("This activity is for women.")


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
    for meeting in meetings:
        book(person, meeting, Part.LEARNER)
    _tell(activity, person, now=now)
    return enrolment


def _refuse(activity: Activity, person: Person, *, by: Person) -> None:
    if by.id == person.id and not activity.privacy.is_listed:
        raise ByInvitation
    if activity.women_only and person.gender is not Gender.WOMAN:
        raise WomenOnly
    if places_left(activity) == 0:
        raise ActivityFull


def _tell(activity: Activity, person: Person, *, now: datetime) -> None:
    first = next((m for m in coming_meetings(activity, now=now) if not m.is_cancelled), None)
    if first is None:
        return
    post(
        person,
        Letter.ENROLLED,
        f"{activity.ref}:{now.isoformat()}",
        now=now,
        about={"meeting": first.id},
        responsible=activity.coordinator,
        confidential=first.is_secret,
        not_after=first.starts_at,
    )


def leave(activity: Activity, person: Person, *, now: datetime) -> None:
    """The place is free again and *person* is no longer expected; twice is harmless."""
    lock(person)
    lock(activity)
    enrolment = enrolment_of(activity, person)
    if enrolment is None or enrolment.left_at is not None:
        return
    enrolment.left_at = now
    for meeting in coming_meetings(activity, now=now):
        release(person, meeting, Part.LEARNER)
