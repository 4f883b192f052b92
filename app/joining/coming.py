"""Coming to an activity: with a place, or a turn on the waiting list. Never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.i18n import _l
from app.people.models import Person
from app.people.operations import TooManyTries, add_person, count_failure
from app.people.queries import failures
from app.people.terms import Role
from app.programme.models import Activity, Meeting
from app.signups.operations import join, visit
from app.signups.rules import ActivityFull
from app.signups.waiting import wait_for

HOUR = timedelta(hours=1)
MOST_WITHOUT_CONTACT = 10
"""People who may come without a contact from one network within an hour: nobody confirms them."""


class TooManyFromHere(TooManyTries):
    message = _l(
        "Many people came from this network. Wait an hour, type an e-mail address, "
        "or ask the centre."
    )


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """To what somebody would like to come: all of an activity, or one meeting of it; and whether
    they would wait for a place."""

    activity: Activity
    meeting: Meeting | None = None
    waits: bool = False


def come(person: Person, wanted: Wanted, *, by: Person, now: datetime) -> bool:
    """Whether *person* has a place by now; False: they wait for one. Raises `ActivityFull` where
    they would not wait, and whatever else `join` refuses."""
    if wanted.meeting is not None:
        visit(wanted.meeting, person, by=by, now=now)
        return True
    try:
        join(wanted.activity, person, by=by, now=now)
    except ActivityFull:
        if not wanted.waits:
            raise
        return wait_for(wanted.activity, [person], by=by, now=now) is None
    return True


def come_without_contact(
    name: str, language: str, wanted: Wanted, *, network: str, now: datetime
) -> tuple[Person, bool]:
    """Somebody new whom no letter reaches, and whether they have a place. Raises `TooManyFromHere`
    for a network from which many came so, and what `come` raises."""
    subject = f"without contact:{network}"
    if failures(subject, now=now, within=HOUR) >= MOST_WITHOUT_CONTACT:
        raise TooManyFromHere
    count_failure(subject, now=now)
    person = new_participant(name, language, wanted.activity, now=now)
    return person, come(person, wanted, by=person, now=now)


def new_participant(
    name: str, language: str, activity: Activity, *, now: datetime, **more: Any
) -> Person:
    """A participant of the centre that puts *activity* on."""
    roles = {activity.centre: frozenset({Role.PARTICIPANT})}
    return add_person(name, roles=roles, spoken={}, language=language, now=now, **more)
