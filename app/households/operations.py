"""Children, and who decides for them: made, ended, allowed again. Never commits."""

from __future__ import annotations

from datetime import datetime

from app.extensions import db, lock
from app.feeds.operations import end_all_ways
from app.i18n import _l
from app.notices.operations import take_back_of_child
from app.own_data.operations import erase, only_theirs
from app.people.guardians import GuardianKind, Guardianship, children_of, is_child
from app.people.models import Centre, Person
from app.people.namesakes import keep_name
from app.people.operations import add_person
from app.people.terms import Role
from app.refusal import Refusal
from app.signups.waiting import wait_apart, wait_as_before

MOST_CHILDREN = 12
"""More than that nobody adds by themselves: the centre does."""


class TooManyChildren(Refusal):
    message = _l("There are many children in your list. Ask the centre to add more.")


class NotAChild(Refusal):
    message = _l("Whoever signs in or has an address decides for themselves.")


class DecidesForNobody(Refusal):
    message = _l("A child decides for nobody else.")


class AskTheCentre(Refusal):
    message = _l("Tell the centre if this child does not come any more.")


class IsBlocked(Refusal):
    message = _l("This person may not decide for the child any more. Allow it again first.")


def add_child(
    name: str,
    *,
    guardian: Person,
    by: Person,
    now: datetime,
    kind: GuardianKind = GuardianKind.PARENT,
    language: str | None = None,
) -> Person:
    """A child of whom nothing is known but a name and a language, in the centre of *guardian*.
    Raises `TooManyChildren` and `DecidesForNobody`."""
    lock(guardian)
    if is_child(guardian):
        raise DecidesForNobody
    if by.id == guardian.id and len(children_of(guardian)) >= MOST_CHILDREN:
        raise TooManyChildren
    child = add_person(
        name,
        roles={one: frozenset({Role.PARTICIPANT}) for one in _centres(guardian)},
        spoken={},
        language=language or guardian.language,
        now=now,
    )
    _tie(child, guardian, kind, by=by, now=now)
    return child


def rename_child(child: Person, name: str) -> None:
    """It was misspelt."""
    child.name = name
    keep_name(child)


def take_out(child: Person, *, by: Person, now: datetime) -> None:
    """*child* comes no more and is erased. Raises `AskTheCentre` but where *by* added it
    themselves and nobody else decides: a mistake of the centre is never theirs to erase."""
    held(child, by)
    if not may_take_out(child, by=by):
        raise AskTheCentre
    erase(child, by=by, now=now)


def may_take_out(child: Person, *, by: Person) -> bool:
    """Whether it is for *by* alone to say that *child* comes no more."""
    tie = db.session.get(Guardianship, (child.id, by.id))
    added = tie is not None and tie.made_by_id == by.id
    return added and child in only_theirs(by)


def _centres(guardian: Person) -> list[Centre]:
    """Their own centre; else the first in which they have a part."""
    if guardian.home_centre is not None:
        return [guardian.home_centre]
    return [one.centre for one in guardian.memberships if one.stage.counts][:1]


def make_guardian(
    child: Person, guardian: Person, kind: GuardianKind, *, by: Person, now: datetime
) -> None:
    """*guardian* decides for *child* from now on; twice is harmless. Raises `NotAChild`,
    `DecidesForNobody` and `IsBlocked`."""
    known = held(child, guardian)
    if known is not None:
        if not known.is_active:
            raise IsBlocked
        return
    if decides_alone(child) or child.id == guardian.id:
        raise NotAChild
    if is_child(guardian) or children_of(child):
        raise DecidesForNobody
    _tie(child, guardian, kind, by=by, now=now)


def decides_alone(person: Person) -> bool:
    """Whoever signs in or has an address is nobody's child to us."""
    return person.email is not None or person.owns_address


def _tie(child: Person, guardian: Person, kind: GuardianKind, *, by: Person, now: datetime) -> None:
    made = Guardianship(
        child_id=child.id, guardian_id=guardian.id, kind=kind, made_at=now, made_by_id=by.id
    )
    db.session.add(made)
    db.session.flush()


def block(child: Person, guardian: Person, *, by: Person, now: datetime) -> None:
    """*guardian* is nobody to *child* from now on: no page, letter or calendar says anything more,
    nor does a card or calendar of the child, which they may have. They are not told. Twice is
    harmless."""
    known = held(child, guardian)
    if known is None or not known.is_active:
        return
    known.blocked_at, known.blocked_by_id = max(now, known.made_at), by.id
    db.session.flush()
    take_back_of_child(child.id, guardian.id)
    end_all_ways(child, now=now)
    wait_apart(child, guardian)


def allow_again(child: Person, guardian: Person, *, by: Person, now: datetime) -> bool:
    """*guardian* decides for *child* again, and they wait together again in the turns they had;
    whether they wait apart in one of these all the same. Twice is harmless."""
    known = held(child, guardian)
    if known is None or known.is_active:
        return False
    known.blocked_at = known.blocked_by_id = None
    known.made_at, known.made_by_id = now, by.id
    db.session.flush()
    return wait_as_before(child, guardian, now=now)


def held(child: Person, guardian: Person) -> Guardianship | None:
    """What ties the two, while both are held."""
    for person in sorted({child, guardian}, key=lambda one: one.id):
        lock(person)
    return db.session.get(Guardianship, (child.id, guardian.id), populate_existing=True)
