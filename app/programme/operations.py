"""Planning an activity: its words, its meetings, and a room that is free. Never commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Centre, Person
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, ActivityText, Confidant, Meeting, fold, overlapping
from app.programme.places import Room
from app.programme.queries import meetings_in_room
from app.programme.recurrence import Occurrence
from app.refusal import Refusal


class RoomTaken(Refusal):
    message = _l("The room is taken at that time. Nothing was changed.")


class NotThisPrivate(Refusal):
    message = _l("A women's group is always protected.")


@dataclass(frozen=True, kw_only=True)
class ActivityFacts:
    """What a coordinator decides about an activity. *texts*: language -> (title, description)."""

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


def plan_activity(
    facts: ActivityFacts, held: Sequence[Occurrence], *, by: Person, now: datetime
) -> Activity:
    """The activity with one meeting per occurrence. Raises `RoomTaken`, `NotThisPrivate`."""
    policy = facts.kind.policy
    privacy = facts.privacy or policy.privacy
    if facts.kind is Kind.WOMENS_GROUP and privacy.is_listed:
        raise NotThisPrivate
    if facts.room is not None:
        lock(facts.room)
        if clashes(facts.room, held):
            raise RoomTaken
    activity = Activity(
        centre=facts.centre,
        coordinator=by,
        kind=facts.kind,
        privacy=privacy,
        language=facts.language,
        support_language=facts.support_language,
        level=facts.level,
        capacity=facts.capacity,
        women_only=policy.women_only,
        approval=policy.approval,
        published_at=now,
        changed_at=now,
    )
    db.session.add(activity)
    db.session.flush()
    set_texts(activity, facts.texts, now=now)
    activity.confidants = [Confidant(person_id=person.id) for person in facts.confidants]
    _add_meetings(activity, facts, held, now=now)
    return activity


def _add_meetings(
    activity: Activity, facts: ActivityFacts, held: Iterable[Occurrence], *, now: datetime
) -> None:
    for occurrence in held:
        db.session.add(
            Meeting(
                activity=activity,
                privacy=activity.privacy,
                room=facts.room,
                online_url=facts.online_url,
                starts_at=occurrence.starts_at,
                ends_at=occurrence.ends_at,
                created_at=now,
                changed_at=now,
            )
        )
    db.session.flush()


def clashes(room: Room, held: Sequence[Occurrence]) -> list[tuple[Occurrence, Meeting]]:
    """Each occurrence that would meet somebody else in *room*, with whom."""
    if not held:
        return []
    there = meetings_in_room(room, min(o.starts_at for o in held), max(o.ends_at for o in held))
    return [
        (occurrence, meeting)
        for occurrence in held
        for meeting in overlapping(there, occurrence.starts_at, occurrence.ends_at)
    ]


def set_texts(activity: Activity, texts: Mapping[str, tuple[str, str]], *, now: datetime) -> None:
    """Exactly these titles and descriptions; only what differs counts as changed."""
    kept = {text.language: text for text in activity.texts}
    rows = []
    for language, (title, description) in sorted(texts.items()):
        row = kept.get(language)
        if row is None or (row.title, row.description) != (title, description):
            row = row or ActivityText(language=language)
            row.title, row.folded = title, fold(title)
            row.description, row.changed_at = description, now
        rows.append(row)
    activity.texts = rows
    db.session.flush()
