"""Addresses that take no letters: noted when a server says so, left out by `reaching`.
Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.database import new_ref
from app.extensions import db
from app.notices.ledger import Stop, StoppedAddress
from app.notices.models import Silence
from app.people.models import Membership, Person
from app.people.terms import STAFF


def stop_address(
    person_id: int, address: str, why: Stop, code: str | None, *, now: datetime
) -> None:
    """No letters to that address of that person (an id) from now on. Twice is harmless."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    facts = {"ref": new_ref(), "person_id": person_id, "address": address, "since": now}
    db.session.execute(
        insert(StoppedAddress).values(**facts, why=why, code=code).on_conflict_do_nothing()
    )


def stopped_addresses(staff: Person) -> Select[StoppedAddress]:
    """The present addresses that take no letters, of the people of the centres of *staff*. Whoever
    is in silent contact is asked nothing, and not named."""
    theirs = select(Membership.person_id).where(
        Membership.centre_id.in_(staff.centres_where(*STAFF))
    )
    return (
        select(StoppedAddress)
        .join(StoppedAddress.person)
        .where(
            StoppedAddress.ended_at.is_(None),
            _is_present(),
            StoppedAddress.person_id.in_(theirs),
            ~exists().where(Silence.person_id == StoppedAddress.person_id),
        )
        .order_by(StoppedAddress.since, StoppedAddress.id)
    )


def _is_present() -> ColumnElement[bool]:
    """Whether they have that address, or number, still."""
    written = func.replace(Person.phone, " ", "")
    return StoppedAddress.address.in_((Person.email, Person.sign_in_phone, written))


def use_again(stopped: StoppedAddress, *, by: Person, now: datetime) -> None:
    """Somebody on the staff says that the address works. Twice is harmless."""
    if stopped.ended_at is None:
        stopped.ended_at, stopped.ended_by_id = now, by.id
