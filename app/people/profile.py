"""What people say of themselves, a little at a time. Nothing here commits.

Their age and, for women's groups, their gender decide where they may help: once a centre took
somebody on, it is the centre that corrects them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time

from app.extensions import db, lock
from app.i18n import _l
from app.people.languages import is_known
from app.people.models import Centre, Membership, Person, SpokenLanguage, StageChange
from app.people.terms import ADULT, HELPERS, YOUNGEST, Gender, Interest, Level, Role, Stage, age_on
from app.refusal import Refusal

MOST_LANGUAGES = 40


class UnknownLanguage(Refusal):
    message = _l("This language is not known here. Look for it by another name.")


class TooManyLanguages(Refusal):
    message = _l("That is more languages than can be noted here. Remove one first.")


class TooYoung(Refusal):
    message = _l("By law one can volunteer from the age of 16, or of 15 with the parents' consent.")


class CentreCorrects(Refusal):
    message = _l("Your centre has noted this already. Ask the people there to correct it.")


class NothingWished(Refusal):
    message = _l("Choose at least one thing that you would like to do.")


def say_language(
    person: Person,
    tag: str,
    *,
    speaks: Level | None,
    reads: Level | None,
    interprets: Level | None,
) -> None:
    """*person* knows the language *tag* so well; without any level it is taken out."""
    lock(person)
    row = next((one for one in person.languages if one.language == tag), None)
    if not any((speaks, reads, interprets)):
        return remove_language(person, tag)
    if row is None:
        if not is_known(tag):
            raise UnknownLanguage
        if len(person.languages) >= MOST_LANGUAGES:
            raise TooManyLanguages
        row = SpokenLanguage(language=tag)
        person.languages.append(row)
    row.speaks, row.reads, row.interprets = speaks, reads, interprets
    db.session.flush()
    return None


def remove_language(person: Person, tag: str) -> None:
    """*person* no longer says anything of *tag*; twice is harmless."""
    lock(person)
    person.languages = [one for one in person.languages if one.language != tag]
    db.session.flush()


def wish(person: Person, wishes: Collection[tuple[Centre, Role]], *, now: datetime) -> None:
    """Exactly *wishes* are what they would like to be, beside what they are or talk of already.

    Raises `NothingWished` where nothing would be left.
    """
    lock(person)
    wanted = {(centre.id, role) for centre, role in wishes if role in HELPERS}
    have = {(m.centre_id, m.role): m for m in person.memberships if m.role in HELPERS}
    dropped = [m for key, m in have.items() if m.stage is Stage.APPLIED and key not in wanted]
    staying = [m for m in have.values() if m not in dropped and m.stage is not Stage.LEFT]
    if not wanted and not staying:
        raise NothingWished
    for one in dropped:
        _note(person, one.centre_id, one.role, Stage.LEFT, now)
        person.memberships.remove(one)
    for centre_id, role in sorted(wanted):
        known = have.get((centre_id, role))
        if known is None:
            known = Membership(centre_id=centre_id, role=role)
            person.memberships.append(known)
        elif known.stage is not Stage.LEFT:
            continue
        known.stage, known.since = Stage.APPLIED, now
        _note(person, centre_id, role, Stage.APPLIED, now)
    db.session.flush()


def _note(person: Person, centre_id: int, role: Role, stage: Stage, now: datetime) -> None:
    db.session.add(
        StageChange(
            person_id=person.id, centre_id=centre_id, role=role, stage=stage, at=now, by=person
        )
    )


def may_say_age(person: Person) -> bool:
    """Whether it is theirs to say how old they are: until a centre looked at it or relies on it."""
    unknown = person.is_adult is None and person.born_on is None
    return unknown or not _is_looked_at(person)


def may_say_gender(person: Person) -> bool:
    return not _is_looked_at(person)


def _is_looked_at(person: Person) -> bool:
    """From the talk on a centre has seen what they said of themselves, or wrote it down itself."""
    beyond = any(m.role in HELPERS and m.stage is not Stage.APPLIED for m in person.memberships)
    return beyond or person.consent_seen_on is not None


def say_age(person: Person, born_on: date | None, *, today: date) -> None:
    """They are an adult, or were born on that day, which is kept of the younger only.

    Raises `TooYoung`, and `CentreCorrects` where another age is known to a centre that relies on
    it.
    """
    lock(person)
    adult = born_on is None or age_on(today, born_on) >= ADULT
    if born_on is not None and age_on(today, born_on) < YOUNGEST:
        raise TooYoung
    said = (adult or None, None if adult else born_on)
    if said == (person.is_adult, person.born_on):
        return
    if not may_say_age(person):
        raise CentreCorrects
    person.is_adult, person.born_on = said
    db.session.flush()


def say_gender(person: Person, gender: Gender | None) -> None:
    """Raises `CentreCorrects` where a centre relies on another answer."""
    lock(person)
    if gender is person.gender:
        return
    if not may_say_gender(person):
        raise CentreCorrects
    person.gender = gender


def say_interests(person: Person, interests: Collection[Interest]) -> None:
    """Exactly *interests*, in the order of the list."""
    person.interests = " ".join(one.value for one in Interest if one in interests)


def interests_of(person: Person) -> list[Interest]:
    return [one for one in Interest if one.value in person.interests.split()]


def say_limits(
    person: Person,
    *,
    hours_a_week: int | None,
    earliest: time | None,
    latest: time | None,
) -> None:
    """How much and when at most; nothing is no limit."""
    lock(person)
    person.hours_a_week = hours_a_week
    person.earliest, person.latest = earliest, latest
    db.session.flush()
