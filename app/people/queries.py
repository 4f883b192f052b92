"""Reads about people."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, or_, select

from app.extensions import db
from app.people.models import Centre, FailedSignIn, Membership, PasswordLink, Person, SignIn
from app.people.terms import HELD, STAFF, Role, Stage

WINDOW = timedelta(minutes=15)
MOST_PER_ACCOUNT, MOST_PER_NETWORK = 10, 50
LONGEST_WINDOW = timedelta(hours=1)


def hashed(secret: str) -> str:
    """SHA-256 in hex: how tokens of 256 bits are kept (ASVS 6.5.2)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in_of(token: str) -> SignIn | None:
    return db.session.scalars(
        select(SignIn).where(SignIn.token_hash == hashed(token))
    ).one_or_none()


def person_by_email(email: str) -> Person | None:
    wanted = email.strip().lower()
    return db.session.scalars(select(Person).where(Person.email == wanted)).one_or_none()


def person_by_contact(contact: str) -> Person | None:
    """Who comes in by *contact*: an e-mail address, or an E.164 number."""
    column = Person.sign_in_phone if contact.startswith("+") else Person.email
    return db.session.scalars(select(Person).where(column == contact)).one_or_none()


def password_link(token: str) -> Select[PasswordLink]:
    return select(PasswordLink).where(PasswordLink.token_hash == hashed(token))


def failures(subject: str, *, now: datetime, within: timedelta = WINDOW) -> int:
    """Wrong or forgotten passwords of *subject* lately; nothing is kept past `LONGEST_WINDOW`."""
    recent = select(func.count()).where(
        FailedSignIn.subject_hash == hashed(subject), FailedSignIn.at > now - within
    )
    return db.session.scalars(recent).one()


def centres() -> list[Centre]:
    return list(db.session.scalars(select(Centre).order_by(Centre.name)))


def centres_of(person: Person, *roles: Role) -> list[Centre]:
    """The centres where *person* has one of *roles*, by name."""
    ids = person.centres_where(*roles)
    return [centre for centre in centres() if centre.id in ids]


def people_of(staff: Person) -> Select[Person]:
    """Everyone with a role in a centre of *staff*: the only way to get hold of a person."""
    theirs = select(Membership.person_id).where(
        Membership.centre_id.in_(staff.centres_where(*STAFF))
    )
    return (
        select(Person)
        .where(Person.id.in_(theirs), Person.erased_at.is_(None))
        .order_by(Person.name, Person.id)
    )


def looked_after_by(staff: Person) -> Select[Person]:
    """Those of them whose own life is the business of *staff*: their family, what they agree to,
    how they are reached. Who would only like to help in a centre of *staff*, or has left there, and
    is somebody elsewhere, shows there what they applied with and nothing else."""
    theirs = (Membership.person_id == Person.id, Membership.stage.in_(HELD))
    held = exists().where(*theirs)
    mine = Membership.centre_id.in_(staff.centres_where(*STAFF))
    return people_of(staff).where(or_(held.where(mine), ~held))


def with_role(centre_id: int, *roles: Role) -> Select[Person]:
    """The active people of one centre who have one of *roles* there and do not pause, by name."""
    ids = select(Membership.person_id).where(
        Membership.centre_id == centre_id,
        Membership.role.in_(roles),
        Membership.stage == Stage.ACTIVE,
    )
    return (
        select(Person).where(Person.id.in_(ids), Person.is_active).order_by(Person.name, Person.id)
    )
