"""A household comes to an activity together or not at all, with the childcare beside it; and leaves
together. Never commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from app.extensions import Gone, db, lock
from app.people.guardians import children_of, decides_for, guardians_of
from app.people.models import Person
from app.programme.beside import childcare_of
from app.programme.bookings import KeptApart
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting
from app.signups.operations import join, leave, leave_once
from app.signups.queries import has_place, is_full, parties, visits_of
from app.signups.rules import ActivityFull, AlreadyWaits, ByInvitation, ChildcareFull
from app.signups.waiting import end_turns, offer_free_places, wait_for, waits_elsewhere

Row = TypeVar("Row", Person, Activity)


class Care(StrEnum):
    """What is wanted where the childcare has too few places."""

    NEEDED = "needed"  # then nobody comes, and they are asked
    WITHOUT = "without"
    WAIT = "wait"


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Which of a household come to *activity*, and which children are looked after meanwhile."""

    activity: Activity
    guardian: Person
    people: Sequence[Person] = ()
    minded: Sequence[Person] = ()


@dataclass(frozen=True)
class Came:
    """Whether they have their places, or wait for them; and the same of the childcare."""

    has_places: bool = True
    is_minded: bool = True


def come_together(
    coming: Coming, *, by: Person, now: datetime, waits: bool = False, care: Care = Care.NEEDED
) -> Came:
    """All of them have their places, or none; twice is harmless. *by*: the guardian, or a
    coordinator who plans the activity. *waits*: where there are too few places they wait together.

    Raises what `join` and `wait_for` raise, `ChildcareFull`, and `Gone` where the guardian does not
    decide for one of them any more.
    """
    childcare = childcare_of(coming.activity) if coming.minded else None
    _hold(coming.guardian, [*coming.people, *coming.minded], [coming.activity, childcare])
    if by.id == coming.guardian.id and not coming.activity.privacy.is_listed:
        _refuse_uninvited(coming)
    try:
        _join(coming.activity, coming.people, coming.guardian, by=by, now=now)
    except ActivityFull:
        if not waits:
            raise
        _wait(coming.activity, coming.people, by=by, now=now)
        return Came(has_places=False, is_minded=False)
    if childcare is None or not coming.minded or care is Care.WITHOUT:
        return Came(is_minded=not coming.minded)
    try:
        _join(childcare, coming.minded, coming.guardian, by=by, now=now)
    except ActivityFull:
        if care is Care.NEEDED:
            raise ChildcareFull from None
        _wait(childcare, coming.minded, by=by, now=now)
        return Came(is_minded=False)
    return Came()


def _hold(
    guardian: Person, people: Iterable[Person], activities: Iterable[Activity | None]
) -> None:
    """Hold them all, so that nobody is blocked meanwhile."""
    _lock([guardian, *people], *activities)
    _refuse_others(guardian, people)


def _refuse_others(guardian: Person, people: Iterable[Person]) -> None:
    for person in people:
        if person.id != guardian.id and not decides_for(guardian, person.id):
            raise Gone


def _lock(people: Iterable[Person], *activities: Activity | None) -> None:
    """People first, then activities, each by number: so that no two clicks wait in a ring."""
    for person in _by_number(people):
        lock(person)
    for activity in _by_number([one for one in activities if one is not None]):
        lock(activity)


def _by_number(rows: Iterable[Row]) -> list[Row]:
    return sorted(dict.fromkeys(rows), key=lambda one: one.id)


def _refuse_uninvited(coming: Coming) -> None:
    """Into something protected only a coordinator brings somebody; who has a place there brings
    their children to the childcare beside it."""
    new = [one for one in coming.people if not has_place(coming.activity, one)]
    if new or not has_place(coming.activity, coming.guardian):
        raise ByInvitation


def _join(
    activity: Activity, people: Sequence[Person], guardian: Person, *, by: Person, now: datetime
) -> None:
    """Places for all, or for none. Whom one of them never meets is not the guardian's to find
    out: to them it is full."""
    with db.session.begin_nested():
        for person in _by_number(people):
            try:
                join(activity, person, by=by, now=now)
            except KeptApart:
                if by.id == guardian.id:
                    raise ActivityFull from None
                raise


def _wait(activity: Activity, people: Sequence[Person], *, by: Person, now: datetime) -> None:
    if waits_elsewhere(activity, people):
        raise AlreadyWaits
    wait_for(activity, people, by=by, now=now)


def has_room(
    activity: Activity, people: Sequence[Person], *, now: datetime, by_staff: bool = False
) -> bool:
    """Whether all of *people* could have a place now; to be said before anything is saved.
    *by_staff*: whom they never meet is for the staff to read, when it is saved."""
    new = [one for one in people if not has_place(activity, one)]
    asking = [] if by_staff else new
    return not new or not is_full(activity, asking, now=now, wanted=len(new))


def leave_together(
    activity: Activity,
    people: Sequence[Person],
    *,
    by: Person,
    now: datetime,
    guardian: Person | None = None,
) -> None:
    """The places of *people* are free again, and those of their children in the childcare beside
    it, unless somebody else who decides for them stays; nor do these wait there any more. Twice is
    harmless.

    Raises `Gone` where the *guardian* who says so does not decide for one of them any more; None:
    somebody on the staff says so, or *people* themselves.
    """
    childcare = childcare_of(activity) if activity.kind is not Kind.CHILDCARE else None
    _lock([*people, *(child for one in people for child in children_of(one))], activity, childcare)
    if guardian is not None:
        _refuse_others(guardian, people)
    minded = _minded(activity, childcare, people) if childcare else []
    for person in _by_number(people):
        leave(activity, person, by=by, now=now)
    if childcare is not None:
        _leave_childcare(childcare, minded, by=by, now=now)


def leave_once_together(
    meeting: Meeting, guardian: Person, *, now: datetime, children: bool | None = None
) -> None:
    """*guardian* no longer comes to this one meeting; or, where *children*, none of the children
    for whom they decide does. None: the children where *guardian* does not come at this moment.
    Twice is harmless. Raises `Gone` where they do not decide for one of them any more."""
    theirs, activity = children_of(guardian), meeting.activity
    _hold(guardian, theirs, [activity])
    if children is None:
        children = meeting not in visits_of(guardian, activity, now=now)
    for person in _by_number(theirs) if children else [guardian]:
        leave_once(meeting, person, by=guardian, now=now)


def _leave_childcare(
    childcare: Activity, children: Sequence[Person], *, by: Person, now: datetime
) -> None:
    """First none of them waits any more, so that none is offered what another one leaves."""
    end_turns(childcare, children, now=now)
    for child in children:
        leave(childcare, child, by=by, now=now)
    offer_free_places(childcare, now=now)


def _minded(activity: Activity, childcare: Activity, people: Sequence[Person]) -> list[Person]:
    """The children in *childcare*, or waiting for it, beside whom nobody would be in *activity* any
    more."""
    leaving = {person.id for person in people}
    theirs = {child for person in people for child in children_of(person)}
    waiting = {person for party in parties(childcare) for person in party.people}
    children = [one for one in theirs if one in waiting or has_place(childcare, one)]
    deciding = guardians_of({child.id for child in children})
    return _by_number(
        child
        for child in children
        if not any(
            one.id not in leaving and has_place(activity, one) for one in deciding.get(child.id, ())
        )
    )
