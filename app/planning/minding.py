"""Planning childcare beside an activity: a room of its own, and two adults. Never commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select

from app.extensions import db, lock
from app.people.models import Person
from app.programme.beside import beside_of, childcare_of
from app.programme.bookings import give_places
from app.programme.changing import ChangedMeanwhile
from app.programme.kinds import AgeBand, Kind, Privacy
from app.programme.models import Activity, Meeting
from app.programme.operations import (
    ActivityFacts,
    RoomClosed,
    RoomTaken,
    clashes,
    plan_activity,
)
from app.programme.places import Room
from app.programme.queries import meetings_to_come
from app.programme.recurrence import Occurrence
from app.signups.operations import tell_of_place
from app.signups.queries import learners
from app.staffing.operations import add_needs

TITLES = {"ro": "Îngrijirea copiilor", "en": "Childcare", "ar": "رعاية الأطفال"}


@dataclass(frozen=True, kw_only=True)
class ChildcareFacts:
    """What a coordinator decides about childcare: where, for how many children, of what age."""

    room: Room
    capacity: int | None = None
    age: AgeBand | None = None


def plan_childcare(host: Activity, facts: ChildcareFacts, *, by: Person, now: datetime) -> Activity:
    """Childcare beside every coming session of *host* that has none; twice is harmless.

    It is as private as its host, and the same people may know of it. Raises `RoomTaken`,
    `RoomClosed`, and `ChangedMeanwhile` if somebody planned it, or a child got or lost a place,
    while we waited.
    """
    there = childcare_of(host)
    children = _held(learners(there) if there else [])
    lock(host)
    if there is not None:
        lock(there)
    now_there = childcare_of(host)
    if now_there is not there or (there and {p.id for p in learners(there)} != _ids(children)):
        raise ChangedMeanwhile
    childcare = there or _begin(host, facts, by=by, now=now)
    hosts = uncovered(host, now=now)
    lock(facts.room)
    if not facts.room.in_use:
        raise RoomClosed
    if room_clashes(hosts, facts.room):
        raise RoomTaken
    meetings = _add_meetings(childcare, hosts, facts.room, now=now)
    _add_needs(childcare, meetings, women_only=host.women_only)
    _expect(children if meetings else [], meetings, now=now)
    return childcare


def _expect(children: Sequence[Person], meetings: Sequence[Meeting], *, now: datetime) -> None:
    """Whoever has a place comes to the new sessions too, and is told so once."""
    first: dict[Person, Meeting] = {}
    for child, meeting in give_places(children, meetings) if children else ():
        first.setdefault(child, meeting)
    for child, meeting in first.items():
        tell_of_place(meeting, child, now=now)


def _ids(people: Iterable[Person]) -> set[int]:
    return {person.id for person in people}


def may_have_childcare(host: Activity) -> bool:
    """Whether childcare can be beside *host*: not beside childcare, nor beside an appointment."""
    return host.kind is not Kind.CHILDCARE and host.privacy is not Privacy.INDIVIDUAL


def uncovered(host: Activity, *, now: datetime) -> list[Meeting]:
    """The coming sessions of *host* that take place and never had childcare beside them."""
    coming = meetings_to_come(host, now=now)
    have = beside_of(coming)
    return [one for one in coming if one.id not in have]


def room_clashes(hosts: Sequence[Meeting], room: Room) -> list[tuple[Meeting, Meeting]]:
    """Each session at whose time somebody else is in *room*, with whom."""
    by_time = {(one.starts_at, one.ends_at): one for one in hosts}
    held = [_occurrence(one) for one in hosts]
    found = [
        (by_time[slot.starts_at, slot.ends_at], other) for slot, other in clashes(held, room=room)
    ]
    own = [(later, one) for one, later in pairwise(hosts) if later.starts_at < one.ends_at]
    return found + own


def _occurrence(host: Meeting) -> Occurrence:
    day = host.starts_at.astimezone(host.activity.centre.tz).date()
    return Occurrence(day, host.starts_at, host.ends_at)


def _held(people: Iterable[Person]) -> list[Person]:
    found = sorted(people, key=lambda one: one.id)
    for person in found:
        lock(person)
    return found


def _begin(host: Activity, facts: ChildcareFacts, *, by: Person, now: datetime) -> Activity:
    """The childcare without its meetings; a draft as long as its host is one."""
    childcare = plan_activity(
        ActivityFacts(
            centre=host.centre,
            kind=Kind.CHILDCARE,
            texts={language: (title, "") for language, title in TITLES.items()},
            privacy=_as_strict(host.privacy),
            language=host.language,
            support_language=host.support_language,
            capacity=facts.capacity,
            age=facts.age,
            confidants=_who_knows(host, but=by),
            term=host.term,
            beside=host,
        ),
        [],
        by=by,
        now=now,
    )
    childcare.published_at = now if host.published_at else None
    return childcare


def _as_strict(host: Privacy) -> Privacy:
    """The mildest privacy of childcare that is as strict as its host's."""
    fitting = [one for one in Kind.CHILDCARE.policy.privacies if one.strictness >= host.strictness]
    return min(fitting, key=lambda one: one.strictness)


def _who_knows(host: Activity, *, but: Person) -> list[Person]:
    ids = {host.coordinator_id, *(one.person_id for one in host.confidants)} - {but.id}
    return list(db.session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)))


def _add_meetings(
    childcare: Activity, hosts: Iterable[Meeting], room: Room, *, now: datetime
) -> list[Meeting]:
    meetings = [
        Meeting(
            activity=childcare,
            privacy=max(childcare.privacy, host.privacy, key=lambda one: one.strictness),
            room=room,
            starts_at=host.starts_at,
            ends_at=host.ends_at,
            beside=host,
            created_at=now,
            changed_at=now,
        )
        for host in hosts
    ]
    db.session.add_all(meetings)
    db.session.flush()
    return meetings


def _add_needs(childcare: Activity, meetings: Sequence[Meeting], *, women_only: bool) -> None:
    for usual in childcare.kind.policy.needs:
        add_needs(
            meetings,
            role=usual.role,
            language=None,
            level=None,
            wanted=usual.wanted,
            women_only=women_only,
            check_required=usual.check_required,
        )
