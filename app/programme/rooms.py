"""Adding, changing and giving up rooms and venues, and how far centres lie apart. Never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.extensions import db, lock
from app.i18n import _, _l, ngettext
from app.people.models import Centre, Person
from app.programme.models import TOLD, Meeting, MeetingChange, Status
from app.programme.places import Room, TravelTime
from app.programme.queries import meetings_planned_by
from app.refusal import Refusal


class NameTaken(Refusal):
    message = _l("The centre has a room of this name already.")


class StillNeeded(Refusal):
    """Sessions are planned there; *known* of them are of those that the reader may know."""

    def __init__(self, known: int) -> None:
        self.known = known
        super().__init__()

    @property
    def message(self) -> str:
        """The number where there is one to tell, else that others need it."""
        if not self.known:
            return _("This room is still needed. Ask the other coordinators of the centre first.")
        return ngettext(
            "%(num)s session is planned there. Move it first.",
            "%(num)s sessions are planned there. Move them first.",
            self.known,
        )


class WasUsed(Refusal):
    message = _l("This room has been in use. Take it out of use instead of deleting it.")


@dataclass(frozen=True, kw_only=True)
class RoomFacts:
    """What a coordinator says of a room, or of a venue with an *address* of its own."""

    name: str
    capacity: int
    address: str | None = None
    step_free: bool = False
    note: str = ""


def add_room(centre: Centre, facts: RoomFacts, *, now: datetime) -> Room:
    """One more room or venue of *centre*. Raises `NameTaken`."""
    _refuse_name(centre, facts.name)
    room = Room(centre=centre, changed_at=now)
    _write(room, facts)
    db.session.add(room)
    db.session.flush()
    return room


def change_room(room: Room, facts: RoomFacts, *, now: datetime) -> None:
    """What is said of it from now on; another name or address changes calendars.

    Raises `NameTaken`.
    """
    lock(room)
    if facts.name != room.name:
        _refuse_name(room.centre, facts.name, but=room)
    if (room.name, room.address) != (facts.name, facts.address):
        room.changed_at = now
    _write(room, facts)
    db.session.flush()


def _write(room: Room, facts: RoomFacts) -> None:
    room.name, room.capacity, room.address = facts.name, facts.capacity, facts.address
    room.step_free, room.note = facts.step_free, facts.note


def _refuse_name(centre: Centre, name: str, *, but: Room | None = None) -> None:
    """Nobody can tell "Sala 1" from "sala 1" when it is said aloud."""
    lock(centre)  # so that two desks cannot take the same name at once
    others = select(Room.id, Room.name).where(Room.centre_id == centre.id)
    for room_id, taken in db.session.execute(others):
        if taken.casefold() == name.casefold() and (but is None or room_id != but.id):
            raise NameTaken


def close_room(room: Room, *, by: Person, now: datetime) -> None:
    """Nothing new is planned there. Raises `StillNeeded` while sessions are to come."""
    lock(room)
    coming = (Meeting.room_id == room.id, Meeting.status == Status.PLANNED, Meeting.ends_at > now)
    if db.session.scalars(select(func.count(Meeting.id)).where(*coming)).one():
        known = meetings_planned_by(by).where(*coming).with_only_columns(Meeting.id)
        raise StillNeeded(len(db.session.scalars(known).all()))
    room.in_use = False


def open_room(room: Room) -> None:
    """It is in use again; twice is harmless."""
    room.in_use = True


def remove_room(room: Room) -> None:
    """A room that was a mistake. Raises `WasUsed` where it ever held a session."""
    lock(room)
    if has_held(room):
        raise WasUsed
    db.session.delete(room)
    db.session.flush()


def has_held(room: Room) -> bool:
    """Whether a session ever was there, or was to be."""
    held = select(Meeting.id).where(Meeting.room_id == room.id).limit(1)
    moved_away = (
        select(MeetingChange.id)
        .where(MeetingChange.before["room"].as_integer() == room.id, MeetingChange.kind.in_(TOLD))
        .limit(1)
    )
    return any(db.session.scalars(found).first() is not None for found in (held, moved_away))


def set_ways(minutes: Mapping[tuple[int, int], int | None]) -> None:
    """How long the way is between each of those pairs of centres, the lower id first; None:
    nobody knows."""
    known = {(row.from_id, row.to_id): row for row in db.session.scalars(select(TravelTime))}
    for (one, other), long in sorted(minutes.items()):
        row = known.get((one, other))
        if long is None and row is not None:
            db.session.delete(row)
        elif long is not None and row is not None:
            row.minutes = long
        elif long is not None:
            db.session.add(TravelTime(from_id=one, to_id=other, minutes=long))
    db.session.flush()
