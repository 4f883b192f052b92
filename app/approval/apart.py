"""Two people who never meet: kept without who asked or why. Never commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Apart, Person
from app.refusal import Refusal


class NotWithOneself(Refusal):
    message = _l("Choose somebody else.")


def keep_apart(person: Person, other: Person, *, by: Person | None, now: datetime) -> None:
    """From now on nobody plans the two for the same meeting; twice is harmless. *by* nobody where
    one of them asked for it: who did is not kept."""
    first, second = _in_order(person, other)
    if db.session.get(Apart, (first.id, second.id)) is None:
        db.session.add(Apart(person_id=first.id, other_id=second.id, made_at=now, by=by))
        db.session.flush()


def no_longer_apart(person: Person, other: Person) -> None:
    """They may meet again; twice is harmless."""
    first, second = _in_order(person, other)
    db.session.execute(
        delete(Apart).where(Apart.person_id == first.id, Apart.other_id == second.id)
    )


def _in_order(person: Person, other: Person) -> tuple[Person, Person]:
    """Both held, so that nobody books one of them meanwhile."""
    if person.id == other.id:
        raise NotWithOneself
    first, second = sorted((person, other), key=lambda one: one.id)
    lock(first)
    lock(second)
    return first, second
