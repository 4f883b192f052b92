"""Erasing somebody: their places are given up in the usual way, then what is held of them goes.

It has two steps. At once they are signed out and nothing is left by which they could be reached or
recognised but their name, where they helped and their contracts. The name stays until whoever is
responsible has read that a place is open, at most `LETTERS_LEAVE`, or as long as the register of
volunteers must be kept; then `forget_erased` takes the row and, by the foreign keys, all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, or_, select

from app.approval.operations import advance
from app.database import Base
from app.extensions import Gone, db, lock
from app.i18n import _l
from app.own_data.models import Erasure
from app.own_data.register import HELD, LETTERS_LEAVE, REGISTER_YEARS
from app.people.guardians import GuardianKind, Guardianship, children_of, guardians_of
from app.people.knocks import Knock
from app.people.models import Person
from app.people.papers import Contract
from app.people.terms import HELPERS, STAFF, Stage
from app.programme.models import Activity
from app.refusal import Refusal
from app.signups.models import Enrolment, Waiting
from app.signups.operations import leave
from app.signups.queries import waitings_of
from app.signups.waiting import no_longer_wait

NOTHING_KNOWN: dict[str, Any] = {
    "email": None,
    "phone": None,
    "sign_in_phone": None,
    "password_hash": None,
    "confirmed_at": None,
    "gender": None,
    "home_centre_id": None,
    "is_adult": None,
    "born_on": None,
    "consent_seen_on": None,
    "interests": "",
    "helps_online": True,
    "hours_a_week": None,
    "earliest": None,
    "latest": None,
    "quiet_from": None,
    "quiet_until": None,
    "is_active": False,
}
"""What goes at once of the person's own row."""


class StillResponsible(Refusal):
    message = _l(
        "Whoever works here hands over first: the sessions to a colleague, the role to an "
        "administrator."
    )


def erase(person: Person, *, by: Person, now: datetime) -> None:
    """Nothing can reach *person* any more; the rest follows in two days, or when the register of
    volunteers may forget it. Children of a parent for whom nobody else decides go with them.
    Raises `StillResponsible`. Twice is harmless."""
    try:
        for one in sorted((person, *children_of(person)), key=lambda one: one.id):
            lock(one)
    except Gone:
        return
    _refuse(person)
    for child in only_theirs(person):
        _erase_one(child, by=by, now=now)
    _erase_one(person, by=by, now=now)


def only_theirs(person: Person) -> list[Person]:
    """The children of a parent for whom nobody else decides. Who is a child's legal representative
    goes without it: the centre finds another."""
    as_parent = db.session.scalars(
        select(Guardianship.child_id).where(
            Guardianship.guardian_id == person.id, Guardianship.kind == GuardianKind.PARENT
        )
    ).all()
    children = [one for one in children_of(person) if one.id in as_parent and not one.owns_address]
    deciding = guardians_of({one.id for one in children})
    return [one for one in children if deciding.get(one.id) == [person]]


def _erase_one(person: Person, *, by: Person, now: datetime) -> None:
    _come_no_more(person, now)
    _end_contracts(person, now)
    _forget_contacts(person)
    for held in HELD:
        if not held.stays:
            _delete_rows(_table(held.table), held.whose, person.id)
    for column, nothing in NOTHING_KNOWN.items():
        setattr(person, column, nothing)
    person.erased_at = now
    db.session.add(Erasure(at=now, by_id=None if by.id == person.id else by.id))
    db.session.flush()
    db.session.expire_all()


def forget_erased(*, now: datetime) -> int:
    """Those who were erased and whom no letter or register needs any more are gone. How many."""
    gone = db.session.scalars(select(Person.id).where(_may_go(now)).order_by(Person.id)).all()
    for person_id in gone:
        certificates = _table("certificate")
        db.session.execute(delete(certificates).where(certificates.c.person_id == person_id))
        db.session.execute(delete(Person).where(Person.id == person_id))
    db.session.flush()
    db.session.expire_all()
    return len(gone)


def _refuse(person: Person) -> None:
    responsible = db.session.scalar(select(exists().where(Activity.coordinator_id == person.id)))
    if responsible or person.has_role(*STAFF):
        raise StillResponsible


def _come_no_more(person: Person, now: datetime) -> None:
    """Their places are free again, and whoever is responsible hears of it."""
    for enrolment in _enrolments(person):
        leave(enrolment.activity, person, by=person, now=now)
    for waiting in db.session.scalars(waitings_of([person]).order_by(Waiting.activity_id)).all():
        lock(waiting.activity)
        no_longer_wait(waiting.activity, person, now=now)
    for one in list(person.memberships):
        if one.role in HELPERS and one.stage is not Stage.LEFT:
            advance(person, one.centre, one.role, Stage.LEFT, by=person, now=now)


def _enrolments(person: Person) -> Sequence[Enrolment]:
    """By activity, the order in which everybody holds them."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.person_id == person.id, Enrolment.left_at.is_(None))
        .order_by(Enrolment.activity_id)
    ).all()


def _end_contracts(person: Person, now: datetime) -> None:
    today = now.astimezone(person.tz).date()
    for contract in person.contracts:
        if contract.valid_until is None or contract.valid_until > today:
            contract.valid_until = max(today, contract.valid_from)


def _forget_contacts(person: Person) -> None:
    """What was asked for with their addresses, by them or by somebody who typed those."""
    known = {person.email, person.phone, person.sign_in_phone} - {None}
    db.session.execute(delete(Knock).where(Knock.contact.in_(known)))


def _delete_rows(table: Table, whose: str, person_id: int) -> None:
    db.session.execute(delete(table).where(table.c[whose] == person_id))


def _may_go(now: datetime) -> ColumnElement[bool]:
    """Erased long enough ago, and no contract that the register still needs."""
    needed = exists().where(
        Contract.person_id == Person.id,
        or_(Contract.valid_until.is_(None), Contract.valid_until >= _years_ago(now.date())),
    )
    return and_(Person.erased_at < now - LETTERS_LEAVE, ~needed)


def _years_ago(day: date) -> date:
    month_end = min(day.day, 28)  # 29 February is no day of every year
    return day.replace(year=day.year - REGISTER_YEARS, day=month_end)


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
