"""The keys of everybody's name, and who is perhaps somebody whom we know. Never commits.

Whoever writes a name calls `keep_name`; whatever changed by another way, or was read by an older
version of `likeness`, the worker reads again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, case, delete, func, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.extensions import db
from app.people.likeness import ALIKE, VERSION, is_pair, keys, likeness, words_of
from app.people.models import Person
from app.people.phones import ABROAD, SIGNS, plain

MOST_READ = 500
MOST_COMPARED, MOST_SHOWN = 60, 5
NICKNAME = 0.45
"""A first name that is one word of a longer name, said so surely, is worth a look."""


class NameReading(Base):
    """Whose name was read, as it was then, by which version of `likeness`."""

    __tablename__ = "name_reading"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str]
    version: Mapped[int]


class NameKey(Base):
    """One key of somebody's name (`likeness.keys`)."""

    __tablename__ = "name_key"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who is perhaps meant: how like the name is, and whether the contact is the same."""

    person: Person
    likeness: float
    same_contact: bool


def keep_name(person: Person) -> None:
    """The keys of *person*'s name as it is now; twice is harmless."""
    db.session.flush()
    for table in (NameKey, NameReading):
        db.session.execute(delete(table).where(table.person_id == person.id))
    if person.erased_at is not None:
        return
    reading = {"person_id": person.id, "name": person.name, "version": VERSION}
    db.session.execute(insert(NameReading), [reading])
    if found := sorted(keys(person.name)):
        db.session.execute(insert(NameKey), [{"person_id": person.id, "key": one} for one in found])


def read_names(*, most: int = MOST_READ) -> int:
    """Read the names that were written by another way, or by an older version; how many."""
    unread = (
        select(Person)
        .outerjoin(NameReading, NameReading.person_id == Person.id)
        .where(
            Person.erased_at.is_(None),
            or_(
                NameReading.person_id.is_(None),
                NameReading.name != Person.name,
                NameReading.version != VERSION,
            ),
        )
        .order_by(Person.id)
        .limit(most)
        .with_for_update(of=Person, key_share=True, skip_locked=True)
    )
    people = db.session.scalars(unread).all()
    for person in people:
        keep_name(person)
    return len(people)


def perhaps(name: str, contact: str | None, *, among: Select[Person]) -> list[Known]:
    """Who of *among* may be the person called *name*, or has the same contact, the likest first."""
    candidates = db.session.scalars(
        among.where(or_(Person.id.in_(_sharing(name, among)), *_reached_by(contact)))
        .order_by(None)
        .limit(MOST_COMPARED)
    ).all()
    found = [_compared(name, contact, person) for person in candidates]
    worth = [one for one in found if one.same_contact or one.likeness >= _enough(name, one.person)]
    worth.sort(key=lambda one: (not one.same_contact, -one.likeness, one.person.id))
    return worth[:MOST_SHOWN]


def _sharing(name: str, among: Select[Person]) -> Select[int]:
    """Those of *among* who share most of its keys."""
    known = keys(name)
    pairs = {key for key in known if is_pair(key)}
    alone = {f"= {key}" for key in known - pairs}
    asked = known if len(words_of(name)) == 1 else pairs | alone
    return (
        select(NameKey.person_id)
        .where(
            NameKey.key.in_(asked),
            NameKey.person_id.in_(among.with_only_columns(Person.id).order_by(None)),
        )
        .group_by(NameKey.person_id)
        .order_by(func.count().desc(), NameKey.person_id)
        .limit(MOST_COMPARED)
    )


def _reached_by(contact: str | None) -> list[ColumnElement[bool]]:
    if not contact:
        return []
    email, phone = Person.email == contact.strip().lower(), plain(contact)
    phones = (plain_in_rows(one) for one in (Person.sign_in_phone, Person.phone))
    return [email, *(one == phone for one in phones if phone)]


def plain_in_rows(column: Any) -> ColumnElement[str]:
    """What `phones.plain` says, of a column."""
    digits = reduce(lambda found, sign: func.replace(found, sign, ""), SIGNS, column)
    ours = [
        (digits.startswith(prefix, autoescape=True), "0" + func.substr(digits, len(prefix) + 1))
        for prefix in ABROAD
    ]
    return case(*ours, else_=digits)


def _compared(name: str, contact: str | None, person: Person) -> Known:
    typed = {(contact or "").strip().lower(), plain(contact or "")} - {""}
    phones = {plain(one) for one in (person.phone, person.sign_in_phone) if one}
    return Known(person, likeness(name, person.name), bool(typed & {person.email, *phones}))


def _enough(name: str, person: Person) -> float:
    single = 1 in (len(words_of(name)), len(words_of(person.name)))
    return NICKNAME if single and words_of(name) != words_of(person.name) else ALIKE
