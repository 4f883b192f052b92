"""What somebody should know before a household joins, or who decides in it changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.households.bringing import Stay, Trouble, hard_to_bring
from app.people.guardians import Guardianship
from app.people.models import Apart, Membership, Person
from app.people.queries import people_of
from app.people.terms import STAFF, Role
from app.programme.beside import childcare_of
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import (
    activities_planned_by,
    bookings_of,
    is_planned_by,
    meetings_planned_by,
    meetings_to_come,
    ways_to,
)
from app.signups.models import Enrolment, Waiting
from app.signups.operations import clashes_of
from app.signups.queries import waitings_of
from app.signups.together import Coming, has_room


def deciders_for(child: Person, staff: Person) -> Select[Person]:
    """Who may come to decide for *child*: whoever takes part in something in a centre of *staff*
    and is nobody's child; not whoever is there only to help."""
    part = select(Membership.person_id).where(
        Membership.centre_id.in_(staff.centres_where(*STAFF)), Membership.role == Role.PARTICIPANT
    )
    children = select(Guardianship.child_id)
    return people_of(staff).where(
        Person.id.in_(part), Person.id.not_in(children), Person.id != child.id, Person.is_active
    )


def apart_but_deciding(
    deciding: Mapping[int, Sequence[Person]], staff: Person
) -> dict[int, list[tuple[Person, Person]]]:
    """Child (id) -> which two of those who decide for it never meet, of those *staff* may see: each
    learns from the child's sessions where the other may be."""
    ids = {one.id for people in deciding.values() for one in people}
    seen = set(db.session.scalars(people_of(staff).where(Person.id.in_(ids))))
    rows = select(Apart.person_id, Apart.other_id).where(Apart.person_id.in_(ids))
    apart = {(one, other) for one, other in db.session.execute(rows)}
    found = {}
    for child, people in deciding.items():
        two = combinations(sorted(seen & set(people), key=lambda one: one.id), 2)
        if pairs := [(one, other) for one, other in two if (one.id, other.id) in apart]:
            found[child] = pairs
    return found


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Where somebody is expected from now on, or waits, as far as a planner may know: all of an
    activity, single sessions of others, waiting lists."""

    places: Sequence[Activity]
    visits: Sequence[Meeting]
    turns: Sequence[Waiting]

    @property
    def anywhere(self) -> bool:
        return bool(self.places or self.visits or self.turns)


def expected_at(person: Person, planner: Person, *, now: datetime) -> Expected:
    """What *planner* can end for *person*."""
    return Expected(
        places=db.session.scalars(_places(person, planner, now)).all(),
        visits=db.session.scalars(_visits(person, planner, now)).all(),
        turns=db.session.scalars(
            waitings_of([person]).join(Waiting.activity).where(is_planned_by(planner))
        ).all(),
    )


def _enrolled(person: Person) -> Select[int]:
    return select(Enrolment.activity_id).where(
        Enrolment.person_id == person.id, Enrolment.left_at.is_(None)
    )


def _places(person: Person, planner: Person, now: datetime) -> Select[Activity]:
    to_come = select(Meeting.activity_id).where(Meeting.starts_at > now)
    places = activities_planned_by(planner).where(
        Activity.id.in_(_enrolled(person)), Activity.id.in_(to_come)
    )
    return places.order_by(Activity.id).options(selectinload(Activity.texts))


def _visits(person: Person, planner: Person, now: datetime) -> Select[Meeting]:
    booked = select(Booking.meeting_id).where(
        Booking.person_id == person.id, Booking.part == Part.LEARNER
    )
    return (
        meetings_planned_by(planner)
        .where(
            Meeting.id.in_(booked),
            Meeting.starts_at > now,
            Meeting.activity_id.not_in(_enrolled(person)),
        )
        .order_by(Meeting.starts_at)
    )


@dataclass
class Before:
    """What is said before anything is saved: that there are too few places here, or in the
    childcare, or could never be enough; who is expected elsewhere at which sessions; whom one can
    hardly bring where, and at which of the new sessions a planner reads of it (*occupied*)."""

    is_full: bool = False
    is_too_small: bool = False
    care_is_full: bool = False
    care_is_too_small: bool = False
    elsewhere: list[tuple[Person, list[Meeting]]] = field(default_factory=list)
    troubles: list[tuple[Person, Trouble]] = field(default_factory=list)
    occupied: list[tuple[Person, list[Stay]]] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        advice = self.troubles or self.occupied
        return bool(self.is_full or self.care_is_full or self.elsewhere or advice)


def care_beside(activity: Activity, *, now: datetime) -> Activity | None:
    """The childcare beside *activity*, where it is known to others and still takes place."""
    found = childcare_of(activity)
    if found is None or found.is_draft or not meetings_to_come(found, now=now):
        return None
    return found


def look_ahead(
    coming: Coming, care: Activity | None, *, now: datetime, by_staff: bool = False
) -> Before:
    """What *coming* would meet if it were saved *now*."""
    here = meetings_to_come(coming.activity, now=now)
    beside = meetings_to_come(care, now=now) if care and coming.minded else []
    wanted = [(one, here) for one in coming.people] + [(one, beside) for one in coming.minded]
    clashing = [(person, clashes_of(person, meetings)) for person, meetings in wanted]
    elsewhere = [(person, meetings) for person, meetings in clashing if meetings]
    troubles = _troubles(coming, wanted, now)
    named = [person for person, _meetings in elsewhere]
    return Before(
        is_full=not has_room(coming.activity, coming.people, now=now, by_staff=by_staff),
        is_too_small=_is_too_small(coming.activity, coming.people),
        care_is_full=care is not None
        and not has_room(care, coming.minded, now=now, by_staff=by_staff),
        care_is_too_small=care is not None and _is_too_small(care, coming.minded),
        elsewhere=elsewhere,
        troubles=[] if by_staff else troubles,
        occupied=_occupied(coming.guardian, troubles, but=named) if by_staff else [],
    )


def _is_too_small(activity: Activity, people: Sequence[Person]) -> bool:
    return activity.capacity is not None and len(people) > activity.capacity


def _troubles(
    coming: Coming, wanted: Sequence[tuple[Person, list[Meeting]]], now: datetime
) -> list[tuple[Person, Trouble]]:
    new: dict[Person, list[Stay]] = {coming.guardian: []}
    for person, meetings in wanted:
        new.setdefault(person, []).extend(_stay(one, is_new=True) for one in meetings)
    stays = {person: [*theirs, *_known(person, now)] for person, theirs in new.items()}
    own = stays.pop(coming.guardian)
    ways = ways_to({stay.centre for each in (own, *stays.values()) for stay in each if stay.centre})
    return [
        (child, one) for child, theirs in stays.items() for one in hard_to_bring(own, theirs, ways)
    ]


def _occupied(
    guardian: Person, troubles: Sequence[tuple[Person, Trouble]], *, but: Collection[Person]
) -> list[tuple[Person, list[Stay]]]:
    """Who, *but* for those who are named already, is expected elsewhere at the time of which new
    sessions: of the others a planner reads neither when they are nor how far."""
    found: dict[Person, dict[int, Stay]] = {}
    for child, one in troubles:
        if not one.same_time or one.own.is_new == one.childs.is_new:
            continue
        person, new = (child, one.own) if one.own.is_new else (guardian, one.childs)
        if person not in but:
            found.setdefault(person, {})[new.session] = new
    return [(person, list(stays.values())) for person, stays in found.items()]


def _known(person: Person, now: datetime) -> list[Stay]:
    found = bookings_of(person, since=now).where(Booking.held)
    return [_stay(one.meeting) for one in db.session.scalars(found)]


def _stay(meeting: Meeting, *, is_new: bool = False) -> Stay:
    return Stay(
        session=meeting.id,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        centre=None if meeting.is_online else meeting.activity.centre_id,
        beside=meeting.beside_id,
        is_new=is_new,
    )
