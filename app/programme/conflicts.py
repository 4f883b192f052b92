"""What stands against meetings at other times or places: rooms in use, people elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select

from app.extensions import db
from app.programme.models import Activity, Booking, Meeting, Part, Status, overlapping
from app.programme.queries import is_listed_meeting, meetings_in_rooms
from app.programme.targets import Target


def others_in_their_rooms(targets: Sequence[Target]) -> list[Meeting]:
    """The planned meetings, not among *targets*, in their rooms around their times; one query."""
    rooms = {target.room.id for target in targets if target.room is not None}
    if not rooms:
        return []
    start, end = min(t.starts_at for t in targets), max(t.ends_at for t in targets)
    mine = {target.meeting.id for target in targets}
    return [one for one in meetings_in_rooms(rooms, start, end) if one.id not in mine]


def clashing(targets: Sequence[Target], others: Sequence[Meeting]) -> list[tuple[Target, Meeting]]:
    """Each target that would share its room with one of *others* or with another target."""
    planned = [t for t in targets if t.status is Status.PLANNED and t.room is not None]
    found = [
        (target, other)
        for target in planned
        for other in overlapping(others, target.starts_at, target.ends_at)
        if target.room is not None and other.room_id == target.room.id
    ]
    return [*found, *_among_themselves(planned)]


def _among_themselves(planned: Sequence[Target]) -> Iterator[tuple[Target, Meeting]]:
    in_order = sorted(planned, key=lambda t: (t.room.id if t.room else 0, t.starts_at))
    for before, after in pairwise(in_order):
        if before.room is after.room and after.starts_at < before.ends_at:
            yield after, before.meeting


@dataclass(frozen=True)
class Conflicts:
    """Who would be expected in two places. *helpers*: (person id, meeting); *bookings*: the ids of
    learners' bookings that cannot be held, *secret* those at whose time they are expected at
    something that strangers may not know of, *secretly_at* the ids of the meetings in question."""

    helpers: tuple[tuple[int, Meeting], ...] = ()
    bookings: frozenset[int] = frozenset()
    secret: frozenset[int] = frozenset()
    secretly_at: frozenset[int] = frozenset()


NONE = Conflicts()


@dataclass(frozen=True)
class _Busy:
    starts_at: datetime
    ends_at: datetime
    is_secret: bool
    meeting_id: int


def conflicts(targets: Sequence[Target]) -> Conflicts:
    """Who has a place at *targets* and would be elsewhere then; in two queries."""
    planned = {t.meeting.id: t for t in targets if t.status is Status.PLANNED}
    places = db.session.execute(
        select(Booking.id, Booking.person_id, Booking.meeting_id, Booking.part).where(
            Booking.meeting_id.in_(planned)
        )
    ).all()
    if not places:
        return NONE
    elsewhere = _elsewhere({place.person_id for place in places}, targets)
    helpers, bookings, secret, where = [], set(), set(), set()
    for place in sorted(places, key=lambda p: (planned[p.meeting_id].starts_at, p.id)):
        target, busy = planned[place.meeting_id], elsewhere.setdefault(place.person_id, [])
        met = [b for b in busy if b.starts_at < target.ends_at and target.starts_at < b.ends_at]
        if not met:
            is_secret = target.meeting.is_secret
            busy.append(_Busy(target.starts_at, target.ends_at, is_secret, place.meeting_id))
        elif place.part is Part.HELPER:
            helpers.append((place.person_id, target.meeting))
        else:
            bookings.add(place.id)
            if any(one.is_secret for one in met):
                secret.add(place.id)
                where |= {one.meeting_id for one in met if one.is_secret}
    return Conflicts(tuple(helpers), frozenset(bookings), frozenset(secret), frozenset(where))


def _elsewhere(people: Collection[int], targets: Sequence[Target]) -> dict[int, list[_Busy]]:
    """Person id -> what else they are held to around those times."""
    start, end = min(t.starts_at for t in targets), max(t.ends_at for t in targets)
    rows = db.session.execute(
        select(
            Booking.person_id,
            Booking.starts_at,
            Booking.ends_at,
            Booking.meeting_id,
            is_listed_meeting().label("is_listed"),
        )
        .join(Booking.meeting)
        .join(Activity, Activity.id == Meeting.activity_id)
        .where(
            Booking.person_id.in_(people),
            Booking.held,
            Booking.starts_at < end,
            Booking.ends_at > start,
            Booking.meeting_id.not_in([target.meeting.id for target in targets]),
        )
    )
    found: dict[int, list[_Busy]] = {}
    for person_id, starts_at, ends_at, meeting_id, is_listed in rows:
        busy = _Busy(starts_at, ends_at, not is_listed, meeting_id)
        found.setdefault(person_id, []).append(busy)
    return found
