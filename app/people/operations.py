"""Signing in and out, adding people, changing what we know of them. Operations never commit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from app.extensions import db, lock
from app.i18n import _l
from app.people.knocks import Knock
from app.people.models import (
    Centre,
    FailedSignIn,
    Membership,
    PasswordLink,
    Person,
    SignIn,
    SpokenLanguage,
)
from app.people.namesakes import keep_name
from app.people.passwords import hash_password, is_right
from app.people.queries import (
    LONGEST_WINDOW,
    MOST_PER_ACCOUNT,
    MOST_PER_NETWORK,
    failures,
    hashed,
    person_by_email,
    sign_in_of,
)
from app.people.terms import Gender, Level, Role, Stage
from app.refusal import Refusal

Spoken = Mapping[str, tuple[Level | None, ...]]
"""Tag -> how well it is spoken, read and, where a third is given, interpreted."""

"""Language tag -> (speaks, reads)."""


class TooManyTries(Refusal):
    message = _l("Too many tries. Please wait a quarter of an hour and try again.")


class EmailTaken(Refusal):
    message = _l("Somebody with this e-mail address is already known.")


class LinkUsed(Refusal):
    message = _l("This link was used or is too old. Ask for a new one.")


def sign_in(email: str, password: str, *, network: str, now: datetime) -> str | None:
    """A new token if the password is right, else None with the failure counted.

    Takes as long for an unknown address. Raises `TooManyTries` (ASVS 6.3.1); the caller commits in
    both other cases, so that a failure is remembered.
    """
    account = f"account:{email.strip().lower()}"
    if (
        failures(account, now=now) >= MOST_PER_ACCOUNT
        or failures(f"network:{network}", now=now) >= MOST_PER_NETWORK
    ):
        raise TooManyTries
    person = person_by_email(email)
    right = is_right(password, person.password_hash if person else None)
    if not right or person is None or not person.is_active:
        for subject in (account, f"network:{network}"):
            count_failure(subject, now=now)
        return None
    return begin_sign_in(person, now=now)


def count_failure(subject: str, *, now: datetime) -> None:
    """One more for *subject*; see `failures`."""
    db.session.add(FailedSignIn(subject_hash=hashed(subject), at=now))


def begin_sign_in(person: Person, *, now: datetime) -> str:
    """A new 256-bit token for one device; shown to it once and kept only as a hash."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        SignIn(token_hash=hashed(token), person=person, began_at=now, seen_at=now, confirmed_at=now)
    )
    return token


def confirm_password(signed_in: SignIn, password: str, *, now: datetime) -> bool:
    """Show protected details for a quarter of an hour more, if the password is right."""
    account = f"account:{signed_in.person.email}"
    if failures(account, now=now) >= MOST_PER_ACCOUNT:
        raise TooManyTries
    if not is_right(password, signed_in.person.password_hash):
        count_failure(account, now=now)
        return False
    signed_in.confirmed_at = now
    return True


def sign_out(token: str, *, now: datetime) -> None:
    """From now on the token opens nothing, wherever its cookie was copied to."""
    signed_in = sign_in_of(token)
    if signed_in is not None and signed_in.ended_at is None:
        signed_in.ended_at = now


def sign_out_everywhere(person: Person, *, now: datetime) -> None:
    db.session.execute(
        update(SignIn)
        .where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def forget_old_sign_ins(*, now: datetime) -> None:
    """Delete what no longer decides anything: dead sign-ins, old failures, lapsed links, and those
    who knocked a day ago and never came in."""
    db.session.execute(delete(SignIn).where(SignIn.began_at < now - timedelta(days=31)))
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - LONGEST_WINDOW))
    yesterday = now - timedelta(days=1)
    db.session.execute(delete(PasswordLink).where(PasswordLink.lapses_at < yesterday))
    db.session.execute(delete(Knock).where(Knock.lapses_at < yesterday))


def add_person(
    name: str,
    *,
    roles: Mapping[Centre, frozenset[Role]],
    spoken: Spoken,
    language: str,
    now: datetime,
    email: str | None = None,
    phone: str | None = None,
    gender: Gender | None = None,
    volunteers: Stage = Stage.ACTIVE,
) -> Person:
    """Someone new, with roles per centre, *volunteers* that far. Raises `EmailTaken`."""
    if email is not None and person_by_email(email) is not None:
        raise EmailTaken
    home = next(iter(roles), None)
    person = Person(
        name=name,
        email=email.strip().lower() if email else None,
        phone=phone,
        gender=gender,
        language=language,
        home_centre=home,
        zone=home.zone if home else "Europe/Bucharest",
        created_at=now,
    )
    db.session.add(person)
    for centre, given in roles.items():
        set_roles(person, centre, given, volunteers=volunteers)
    set_languages(person, spoken)
    keep_name(person)
    return person


def set_roles(
    person: Person,
    centre: Centre,
    roles: frozenset[Role],
    *,
    volunteers: Stage = Stage.ACTIVE,
) -> None:
    """Exactly *roles* in *centre*; roles elsewhere stay, as does what somebody applied for or left,
    which goes its own way. Who becomes a volunteer by it comes to the stage *volunteers*."""
    for membership in [m for m in person.memberships if m.centre == centre]:
        if membership.role not in roles and membership.stage.counts:
            person.memberships.remove(membership)
    have = {m.role for m in person.memberships if m.centre == centre}
    for role in sorted(roles - have):
        stage = volunteers if role is Role.VOLUNTEER else Stage.ACTIVE
        person.memberships.append(Membership(centre=centre, role=role, stage=stage))


def set_languages(person: Person, spoken: Spoken) -> None:
    """Exactly the languages of *spoken*; those without any level are left out."""
    kept = {known.language: known for known in person.languages}
    person.languages = []
    for tag, (speaks, reads, *more) in sorted(spoken.items()):
        row = kept.get(tag) or SpokenLanguage(language=tag)
        interprets = more[0] if more else row.interprets
        if any((speaks, reads, interprets)):
            row.speaks, row.reads, row.interprets = speaks, reads, interprets
            person.languages.append(row)


def make_password_link(person: Person, *, lasts: timedelta, now: datetime) -> str:
    """A one-use token with which *person* may choose a password; earlier links stay valid."""
    token = secrets.token_urlsafe(32)
    db.session.add(PasswordLink(token_hash=hashed(token), person=person, lapses_at=now + lasts))
    return token


def choose_password(link: PasswordLink, password: str, *, now: datetime) -> None:
    """Set the password, use up every link to one, end every sign-in (ASVS 7.4.3)."""
    lock(link.person)
    db.session.refresh(link)
    if link.used_at is not None or now >= link.lapses_at or not link.person.is_active:
        raise LinkUsed
    link.person.password_hash = hash_password(password)
    use_up_links(link.person, now=now)
    sign_out_everywhere(link.person, now=now)


def use_up_links(person: Person, *, now: datetime) -> None:
    """Letters sent until now open nothing any more. Lock the person first."""
    db.session.execute(
        update(PasswordLink)
        .where(PasswordLink.person_id == person.id, PasswordLink.used_at.is_(None))
        .values(used_at=now)
    )
