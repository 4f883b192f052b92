"""Planning an activity: its words, its meetings, and a room that is free. Never commits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.extensions import db, lock
from app.folding import fold
from app.i18n import _l, ngettext
from app.people.models import Centre, Person
from app.programme.kinds import AgeBand, Kind, Privacy, Service, Topic
from app.programme.models import Activity, ActivityText, Confidant, Meeting, overlapping
from app.programme.places import Room
from app.programme.queries import meetings_in_rooms
from app.programme.recurrence import Occurrence
from app.programme.terms import Term
from app.refusal import Refusal


class RoomTaken(Refusal):
    message = _l("The room is taken at that time. Nothing was changed.")


class NotThisPrivate(Refusal):
    message = _l("This kind of activity has another privacy.")


class RoomClosed(Refusal):
    message = _l("This room is no longer in use.")


class RoomOfAnotherCentre(Refusal):
    message = _l("This room is in another centre.")


class NoDraft(Refusal):
    message = _l("This is published: people know of it. Cancel its sessions instead.")


class FewerPlacesThanTaken(Refusal):
    """So many people have a place already."""

    def __init__(self, taken: int) -> None:
        self.taken = taken
        super().__init__()

    @property
    def message(self) -> str:
        """The number below which the places cannot go."""
        return ngettext(
            "%(num)s person has a place. There cannot be fewer places than that.",
            "%(num)s people have a place. There cannot be fewer places than that.",
            self.taken,
        )


class MinimumAboveCapacity(Refusal):
    message = _l("The smallest size is larger than the number of places.")


@dataclass(frozen=True, kw_only=True)
class ActivityFacts:
    """What a coordinator decides about an activity. *texts*: language -> (title, description).

    *room* is where meetings take place whose occurrence names none. Without a *term*, or in one
    that is published, the activity is open at once; else it is a draft until its term is published.
    """

    centre: Centre
    kind: Kind
    texts: Mapping[str, tuple[str, str]]
    room: Room | None = None
    online_url: str | None = None
    privacy: Privacy | None = None
    language: str = "ro"
    support_language: str | None = None
    level: str | None = None
    capacity: int | None = None
    confidants: Sequence[Person] = ()
    term: Term | None = None
    age: AgeBand | None = None
    target_hours: int | None = None
    hour_minutes: int = 60
    minimum: int | None = None
    placement: bool = False
    topic: Topic | None = None
    families: bool = False
    transport: str | None = None
    service: Service | None = None
    meeting_point: str | None = None
    beside: Activity | None = None


AS_GIVEN = (
    "centre",
    "kind",
    "language",
    "support_language",
    "level",
    "capacity",
    "term",
    "age",
    "target_hours",
    "hour_minutes",
    "minimum",
    "placement",
    "topic",
    "families",
    "transport",
    "service",
    "meeting_point",
    "beside",
)


def plan_activity(
    facts: ActivityFacts,
    held: Sequence[Occurrence],
    *,
    by: Person,
    now: datetime,
    by_hand: Collection[Occurrence] = (),
) -> Activity:
    """The activity with one meeting per occurrence; those *by_hand* are no part of its pattern.

    Raises `RoomTaken`, `RoomClosed`, `RoomOfAnotherCentre` and `NotThisPrivate`.
    """
    policy = facts.kind.policy
    privacy = facts.privacy or policy.privacy
    if privacy not in policy.privacies:
        raise NotThisPrivate
    if facts.term is not None:
        lock(facts.term)  # so that nobody removes it meanwhile
    rooms = _hold_rooms(facts, held)
    if clashes(held, room=facts.room):
        raise RoomTaken
    is_draft = facts.term is not None and facts.term.published_at is None
    activity = Activity(
        **{name: getattr(facts, name) for name in AS_GIVEN},
        coordinator=by,
        privacy=privacy,
        women_only=policy.women_only,
        approval=policy.approval,
        published_at=None if is_draft else now,
        changed_at=now,
    )
    db.session.add(activity)
    db.session.flush()
    set_texts(activity, facts.texts, now=now)
    activity.confidants = [Confidant(person_id=person.id) for person in facts.confidants]
    _add_meetings(activity, facts, held, rooms, by_hand, now=now)
    return activity


def change_facts(
    activity: Activity,
    facts: Mapping[str, Any],
    *,
    taken: Callable[[Activity], int],
    now: datetime,
) -> bool:
    """What is said of it from now on, each one of `AS_GIVEN`; calendars follow. Whether anything
    differs.

    *taken*: asked once it is held, how many have a place. The childcare beside a draft stays in its
    term. Raises `FewerPlacesThanTaken` and `MinimumAboveCapacity`.
    """
    lock(activity)
    changed = {name: value for name, value in facts.items() if getattr(activity, name) != value}
    if not changed:
        return False
    minimum, capacity = (facts.get(name, getattr(activity, name)) for name in _SIZES)
    if "capacity" in changed and capacity is not None and capacity < (count := taken(activity)):
        raise FewerPlacesThanTaken(count)
    if minimum is not None and capacity is not None and minimum > capacity:
        raise MinimumAboveCapacity
    if "term" in changed:
        _change_term(activity, changed.pop("term"))
    for name, value in changed.items():
        setattr(activity, name, value)
    activity.changed_at = now
    db.session.flush()
    return True


_SIZES = ("minimum", "capacity")


def _change_term(activity: Activity, term: Term) -> None:
    """Only of a draft: what is published was told with its term. Raises `NoDraft`."""
    if not activity.is_draft:
        raise NoDraft
    lock(term)
    activity.term = term
    for care in db.session.scalars(select(Activity).where(Activity.beside_id == activity.id)):
        if care.is_draft:
            care.term = term


def _hold_rooms(facts: ActivityFacts, held: Sequence[Occurrence]) -> dict[int, Room]:
    """The rooms of these occurrences by id, each locked, in a fixed order."""
    ids = {occurrence.room for occurrence in held if occurrence.room is not None}
    if facts.room is not None:
        ids.add(facts.room.id)
    rooms = {}
    for room_id in sorted(ids):
        room = db.session.get_one(Room, room_id)
        if room.centre_id != facts.centre.id:
            raise RoomOfAnotherCentre
        lock(room)
        if not room.in_use:
            raise RoomClosed
        rooms[room_id] = room
    return rooms


def _add_meetings(
    activity: Activity,
    facts: ActivityFacts,
    held: Iterable[Occurrence],
    rooms: Mapping[int, Room],
    by_hand: Collection[Occurrence],
    *,
    now: datetime,
) -> None:
    for occurrence in held:
        room = facts.room if occurrence.room is None else rooms[occurrence.room]
        db.session.add(
            Meeting(
                activity=activity,
                privacy=activity.privacy,
                room=room,
                online_url=facts.online_url,
                starts_at=occurrence.starts_at,
                ends_at=occurrence.ends_at,
                by_hand=occurrence in by_hand,
                created_at=now,
                changed_at=now,
            )
        )
    db.session.flush()


def clashes(
    held: Sequence[Occurrence], *, room: Room | None = None
) -> list[tuple[Occurrence, Meeting]]:
    """Each occurrence that would meet somebody else in its room (*room* where it names none), with
    whom."""
    usual = room.id if room is not None else None
    wanted = {occurrence.room or usual for occurrence in held} - {None}
    if not wanted:
        return []
    there = meetings_in_rooms(wanted, min(o.starts_at for o in held), max(o.ends_at for o in held))
    return [
        (occurrence, meeting)
        for occurrence in held
        for meeting in overlapping(there, occurrence.starts_at, occurrence.ends_at)
        if meeting.room_id == (occurrence.room or usual)
    ]


def set_texts(
    activity: Activity,
    texts: Mapping[str, tuple[str, str]],
    *,
    now: datetime,
    read_again: str | None = None,
) -> None:
    """Exactly these titles and descriptions; only what differs counts as changed, and what somebody
    has *read_again* and found still right."""
    kept = {text.language: text for text in activity.texts}
    rows = []
    for language, (title, description) in sorted(texts.items()):
        row = kept.get(language)
        differs = row is None or (row.title, row.description) != (title, description)
        row = row or ActivityText(language=language)
        if differs:
            row.title, row.folded, row.description = title, fold(title), description
        if differs or language == read_again:
            row.changed_at = now
        rows.append(row)
    activity.texts = rows
    db.session.flush()
