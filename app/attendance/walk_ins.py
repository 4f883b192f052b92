"""Whoever comes without a place: known to the centre already, or new. Operations never commit."""

from __future__ import annotations

from datetime import datetime

from app.attendance.operations import take_walk_in
from app.attendance.queries import known_keys, people_at
from app.extensions import db, lock
from app.folding import WRONG_LETTER_FROM, fold, is_nearly
from app.i18n import LANGUAGES, _l
from app.people.languages import answering
from app.people.models import Person
from app.people.namesakes import perhaps
from app.people.operations import add_person
from app.people.queries import with_role
from app.people.terms import Gender, Level, Role
from app.programme.models import Meeting
from app.refusal import Refusal

MOST_SHOWN = 8


class ForWomen(Refusal):
    message = _l("This activity is for women.")


def similar_people(meeting: Meeting, name: str) -> list[Person]:
    """Participants of the centre who are not on the list and whose names sound like *name*, in
    whatever alphabet; those whose names it begins too."""
    there = [person.id for person in people_at([meeting])]
    others = with_role(meeting.activity.centre_id, Role.PARTICIPANT).where(Person.id.not_in(there))
    typed = fold(name).split()
    begun = [one for one in db.session.scalars(others) if is_like(typed, fold(one.name).split())]
    alike = [one.person for one in perhaps(name, None, among=others)]
    return list(dict.fromkeys([*alike, *begun]))[:MOST_SHOWN]


def is_like(typed: list[str], meant: list[str]) -> bool:
    """Whether each word that was typed begins a word of the name, or is one but for a letter."""
    return bool(typed) and all(
        any(
            word.startswith(one) or (len(one) >= WRONG_LETTER_FROM and is_nearly(one, word))
            for word in meant
        )
        for one in typed
    )


def walk_in(meeting: Meeting, person: Person, *, once: str, by: Person, now: datetime) -> None:
    """Somebody known was there without a place. Raises `ForWomen`."""
    if meeting.activity.women_only and person.gender is not Gender.WOMAN:
        raise ForWomen
    take_walk_in(meeting, person, once, by=by, now=now)


def walk_in_new(
    meeting: Meeting, name: str, language: str, *, once: str, by: Person, now: datetime
) -> None:
    """Somebody whom nobody knows yet was there; twice with the same *once* is one person."""
    lock(meeting)
    if known_keys([once]):
        return
    activity = meeting.activity
    reads = next((tag for tag in LANGUAGES if language in answering(tag)), "ro")
    person = add_person(
        name,
        roles={activity.centre: frozenset({Role.PARTICIPANT})},
        spoken={language: (Level.NATIVE, None)},
        language=reads,
        now=now,
        gender=Gender.WOMAN if activity.women_only else None,
    )
    take_walk_in(meeting, person, once, by=by, now=now)
