"""Telling people of what changed: each of them once, in one letter. Never commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.notices.models import Kind as Letter
from app.notices.operations import Owed, post_all, supersede
from app.people.models import Person
from app.programme.bookings import hold_again
from app.programme.conflicts import Conflicts
from app.programme.models import ChangeKind, Edit, Meeting, Scope

LETTERS = {
    ChangeKind.MOVED: Letter.MOVED,
    ChangeKind.CANCELLED: Letter.CANCELLED,
    ChangeKind.RESTORED: Letter.RESTORED,
}
ALSO_OLD = (Letter.RELEASED, Letter.EXPECTED_AGAIN, Letter.ADDED, Letter.REMINDER)
UNDO_FIRST = timedelta(minutes=5)
"""How long letters about a series wait, so that an undo comes before anybody was told."""
NO_WAIT_WITHIN = timedelta(hours=3)
"""Of what begins, or was to begin, so soon, nobody is told five minutes late."""


@dataclass(frozen=True)
class Held:
    """The people whose rows we hold, and their places: (person id, meeting id) -> booking id."""

    people: Sequence[Person]
    places: Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class Change:
    """What became of one meeting, and what it was before (`changing.facts_of`)."""

    meeting: Meeting
    kind: ChangeKind
    sequence: int
    before: Mapping[str, Any]

    @property
    def old_start(self) -> datetime:
        return datetime.fromisoformat(self.before["starts_at"])


def tell(
    changes: Sequence[Change],
    held: Held,
    found: Conflicts,
    *,
    edit: Edit,
    also: Mapping[int, Collection[Person]],
    but: Collection[int],
) -> None:
    """One letter to everyone with a place at what changed, and to whom *also* names for a meeting;
    not to those in *but*, such as whoever made the change. Of drafts nobody is told."""
    by_person: dict[Person, list[Change]] = {}
    for change in changes:
        if change.meeting.is_draft:
            continue
        there = [p for p in held.people if (p.id, change.meeting.id) in held.places]
        for person in dict.fromkeys([*there, *also.get(change.meeting.id, ())]):
            released = held.places.get((person.id, change.meeting.id)) in found.bookings
            if person.id not in but or released:  # who loses something hears of it in any case
                by_person.setdefault(person, []).append(change)
    to_call = [person.id for person in by_person if person.email is None]
    if to_call:
        supersede(to_call, [c.meeting.id for c in changes], (*LETTERS.values(), *ALSO_OLD))
    owed = (_letter(person, mine, held, found, edit) for person, mine in by_person.items())
    post_all(owed, now=edit.at)


def _letter(
    person: Person, changes: Sequence[Change], held: Held, found: Conflicts, edit: Edit
) -> Owed:
    """The letter about one meeting, or one letter about several."""
    bookings = {held.places.get((person.id, change.meeting.id)) for change in changes}
    secret = any(change.meeting.is_secret for change in changes) or bool(bookings & found.secret)
    first = min(changes, key=lambda change: change.meeting.starts_at)
    meeting = first.meeting
    matters_at = min(min(change.old_start, change.meeting.starts_at) for change in changes)
    in_time = matters_at - edit.at > NO_WAIT_WITHIN
    wait = UNDO_FIRST if edit.scope is not Scope.THIS and in_time else timedelta()
    if len(changes) > 1:
        return Owed(
            to=person,
            kind=Letter.SERIES_CHANGED,
            key=edit.ref,
            about={"edit": edit.id},
            responsible=meeting.activity.coordinator,
            confidential=secret,
            not_after=max(change.meeting.starts_at for change in changes),
            matters_at=matters_at,
            wait=wait,
        )
    return Owed(
        to=person,
        kind=Letter.RELEASED if bookings & found.bookings else LETTERS[first.kind],
        key=f"{meeting.ref}:{first.sequence}",
        about={"meeting": meeting.id, "sequence": first.sequence},
        responsible=meeting.activity.coordinator,
        confidential=secret,
        not_after=meeting.starts_at,
        matters_at=matters_at,
        wait=wait,
    )


def expect_again(people: Iterable[Person], *, now: datetime) -> None:
    """Tell those who have become free for a session at which they have a place that they are
    expected there after all. The caller holds their rows."""
    post_all(_expected_again(people, now), now=now)


def _expected_again(people: Iterable[Person], now: datetime) -> Iterator[Owed]:
    for person, meeting in hold_again(list(people), now=now):
        yield Owed(
            to=person,
            kind=Letter.EXPECTED_AGAIN,
            key=f"{meeting.ref}:{meeting.sequence}:{now.isoformat()}",
            about={"meeting": meeting.id, "sequence": meeting.sequence},
            responsible=meeting.activity.coordinator,
            confidential=meeting.is_secret,
            not_after=meeting.starts_at,
        )
