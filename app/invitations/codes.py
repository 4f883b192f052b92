"""Coming in by a code or a link that was sent to an e-mail address or a telephone, applying, and
becoming a participant.

Whoever asks is answered without anybody looking whether we know the contact: that is looked at when
the letter is written and when the code comes back. Nobody becomes a person before. Never commits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.extensions import db, lock
from app.notices.models import Kind
from app.notices.operations import Owed, post_all, post_code
from app.notices.wishes import is_silent
from app.people.knocks import CODE_LASTS, Knock, Purpose
from app.people.models import Centre, Membership, Person, StageChange
from app.people.namesakes import keep_name
from app.people.operations import LinkUsed, TooManyTries, begin_sign_in, count_failure
from app.people.phones import shown
from app.people.queries import (
    MOST_PER_NETWORK,
    failures,
    hashed,
    person_by_contact,
    with_role,
)
from app.people.terms import STAFF, Role, Stage

HOUR = timedelta(hours=1)
MOST_CODES = 5
"""Letters with a code to one contact within an hour, asked for from one network: a stranger
elsewhere cannot use up what its owner needs."""
MOST_ASKED = 50
"""Codes asked for from one network within an hour."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Who would like to help, or to take part, as what and where."""

    name: str
    role: Role
    centre: Centre


@dataclass(frozen=True, kw_only=True)
class FreshCode:
    """What the letter with a code says, and where it goes. Staff who would come in by it
    get neither code nor link."""

    contact: str
    language: str
    code: str | None
    token: str | None
    purpose: Purpose = Purpose.ENTER

    @property
    def by_phone(self) -> bool:
        return self.contact.startswith("+")


def knock(
    contact: str,
    *,
    browser: str,
    language: str,
    network: str,
    now: datetime,
    wish: Wish | None = None,
    purpose: Purpose = Purpose.ENTER,
) -> Knock | None:
    """Owe a letter with a code to *contact*; who holds the secret *browser* may type it.

    The same statements whether we know the contact or not. Beyond `MOST_CODES` nothing is sent, and
    the last letter stays good: None. Raises `TooManyTries` for a network that asks for very many.
    """
    asked, subject = f"codes:{network}", f"code:{contact}:{network}"
    if failures(asked, now=now, within=HOUR) >= MOST_ASKED:
        raise TooManyTries
    count_failure(asked, now=now)
    if failures(subject, now=now, within=HOUR) >= MOST_CODES:
        return None
    count_failure(subject, now=now)
    made = Knock(
        contact=contact,
        browser_hash=hashed(browser),
        language=language,
        name=wish.name if wish else None,
        role=wish.role if wish else None,
        centre_id=wish.centre.id if wish else None,
        made_at=now,
        lapses_at=now + CODE_LASTS,
        purpose=purpose,
    )
    db.session.add(made)
    db.session.flush()
    post_code(made.id, lapses_at=made.lapses_at, now=now)
    return made


def make_code(knock_id: int, *, key: str, now: datetime) -> FreshCode | None:
    """A fresh code and link for the letter that leaves now; they exist in it and nowhere else.

    None where nothing is to be sent: it is too late, nobody we know wants to sign in, or the person
    was paused or must not be written to. Older codes of the same contact and browser open nothing
    from now on.
    """
    made = db.session.get(Knock, knock_id, populate_existing=True)
    if made is None or not made.is_open(now):
        return None
    if made.purpose is not Purpose.ENTER:
        return _about_an_address(made, key, now)
    person = person_by_contact(made.contact)
    if person is None and made.role is None:
        return None
    if person is not None and (not person.is_active or is_silent(person.id)):
        return None
    language = person.language if person else made.language
    if person is not None and person.has_role(*STAFF):
        return FreshCode(contact=made.contact, language=language, code=None, token=None)
    code, token = _new_code(made, key, now), secrets.token_urlsafe(32)
    made.token_hash = hashed(token)
    return FreshCode(contact=made.contact, language=language, code=code, token=token)


def _about_an_address(made: Knock, key: str, now: datetime) -> FreshCode | None:
    """To a new address a code and no link: it is typed where somebody is signed in. None where it
    is that of somebody who must not be written to."""
    reader = person_by_contact(made.contact)
    if reader is not None and is_silent(reader.id):
        return None
    code = _new_code(made, key, now) if made.purpose is Purpose.NEW_ADDRESS else None
    return FreshCode(
        contact=made.contact, language=made.language, code=code, token=None, purpose=made.purpose
    )


def _new_code(made: Knock, key: str, now: datetime) -> str:
    _end_older(made, now)
    code = f"{secrets.randbelow(1_000_000):06}"
    made.code_hash = code_hash(made.browser_hash, code, key)
    return code


def code_hash(browser_hash: str, code: str, key: str) -> str:
    """How a code is kept: bound to its browser, and of no use to who has only the database."""
    return hmac.new(key.encode(), f"{browser_hash}:{code}".encode(), hashlib.sha256).hexdigest()


def _end_older(made: Knock, now: datetime) -> None:
    db.session.execute(
        update(Knock)
        .where(
            Knock.contact == made.contact,
            Knock.browser_hash == made.browser_hash,  # a stranger's knock ends nobody's code
            Knock.id < made.id,
            Knock.ended_at.is_(None),
        )
        .values(ended_at=now)
    )


def enter_code(code: str, *, browser: str, key: str, network: str, now: datetime) -> str | None:
    """A token for this device if that browser was sent *code*, else None with the try counted.

    Raises `TooManyTries`; the caller commits in both other cases.
    """
    made = knock_with(code, Purpose.ENTER, browser=browser, key=key, network=network, now=now)
    if made is None:
        return None
    if (person := _let_in(made, now)) is None:
        _count_try(made, network, now)
        return None
    return begin_sign_in(person, now=now)


def knock_with(
    code: str, purpose: Purpose, *, browser: str, key: str, network: str, now: datetime
) -> Knock | None:
    """The last letter to that browser, held, if *code* is the one in it and it still opens; else
    None with the try counted. Raises `TooManyTries`."""
    if failures(f"network:{network}", now=now) >= MOST_PER_NETWORK:
        raise TooManyTries
    made = latest_knock(browser)
    if made is not None:
        lock(made)
        right = hmac.compare_digest(made.code_hash or "", code_hash(made.browser_hash, code, key))
        if right and made.is_open(now) and made.purpose is purpose:
            return made
    _count_try(made, network, now)
    return None


def _count_try(made: Knock | None, network: str, now: datetime) -> None:
    if made is not None:
        made.tries += 1
    count_failure(f"network:{network}", now=now)


def latest_knock(browser: str) -> Knock | None:
    """The last wish to come in from the browser that holds this secret."""
    latest = select(Knock).where(Knock.browser_hash == hashed(browser))
    return db.session.scalars(latest.order_by(Knock.id.desc()).limit(1)).one_or_none()


def knock_of_link(token: str, *, now: datetime) -> Knock | None:
    """Who knocked and was sent this link, while it opens; looking uses nothing up."""
    found = select(Knock).where(Knock.token_hash == hashed(token))
    made = db.session.scalars(found).one_or_none()
    return made if made is not None and made.is_open(now) else None


def is_the_browser(made: Knock, browser: str | None) -> bool:
    """Whether the browser with that secret is the one that knocked."""
    return browser is not None and hmac.compare_digest(made.browser_hash, hashed(browser))


def enter_link(made: Knock, *, now: datetime) -> str:
    """A token for the browser that knocked; see `is_the_browser`. Raises `LinkUsed`."""
    lock(made)
    person = _let_in(made, now) if made.is_open(now) else None
    if person is None:
        raise LinkUsed
    return begin_sign_in(person, now=now)


def _let_in(made: Knock, now: datetime) -> Person | None:
    """Whose contact it is, as a person from now on if nobody yet; with what they would like to be.

    None for staff and whoever was paused: they may have become so since the letter left.
    """
    person = person_by_contact(made.contact) or _become_somebody(made, now)
    if person is None or not person.is_active or person.has_role(*STAFF):
        return None
    made.ended_at = now
    person.confirmed_at = person.confirmed_at or now
    if made.role is not None and made.centre_id is not None:
        lock(person)
        centre = db.session.get_one(Centre, made.centre_id)
        if made.role is Role.PARTICIPANT:
            become_participant(person, centre, now=now)
        else:
            apply(person, made.role, centre, now=now)
    return person


def _become_somebody(made: Knock, now: datetime) -> Person | None:
    """A new person; who they are by now where two came in at once."""
    if made.name is None or made.centre_id is None:
        return None
    centre = db.session.get_one(Centre, made.centre_id)
    phone = made.contact if made.by_phone else None
    person = Person(
        name=made.name,
        email=None if phone else made.contact,
        phone=shown(phone) if phone else None,
        sign_in_phone=phone,
        language=made.language,
        home_centre=centre,
        zone=centre.zone,
        created_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(person)
            keep_name(person)
    except IntegrityError:
        return person_by_contact(made.contact)
    return person


def become_participant(person: Person, centre: Centre, *, now: datetime) -> None:
    """*person* takes part in what *centre* puts on; nobody has to agree. Lock the person first."""
    db.session.refresh(person, ["memberships"])
    theirs = (m for m in person.memberships if m.centre_id == centre.id)
    if not any(m.role is Role.PARTICIPANT for m in theirs):
        person.memberships.append(Membership(centre=centre, role=Role.PARTICIPANT, since=now))


def apply(person: Person, role: Role, centre: Centre, *, now: datetime) -> None:
    """*person* would like to be *role* in *centre*, and its coordinators are told. Who is so
    already, or on the way, stays as they are; who left may ask again. Lock the person first."""
    db.session.refresh(person, ["memberships"])
    theirs = (m for m in person.memberships if (m.centre_id, m.role) == (centre.id, role))
    membership = next(theirs, None)
    if membership is not None and membership.stage is not Stage.LEFT:
        return
    if membership is None:
        membership = Membership(centre=centre, role=role)
        person.memberships.append(membership)
    membership.stage, membership.since = Stage.APPLIED, now
    db.session.add(
        StageChange(
            person_id=person.id,
            centre_id=centre.id,
            role=role,
            stage=Stage.APPLIED,
            at=now,
            by_id=person.id,
        )
    )
    _tell_coordinators(person, role, centre, now)


def _tell_coordinators(person: Person, role: Role, centre: Centre, now: datetime) -> None:
    about = {"person": person.id, "centre": centre.id, "role": role.value}
    key = f"{person.ref}:{centre.code}:{role.value}:{now.isoformat()}"
    coordinators = db.session.scalars(with_role(centre.id, Role.COORDINATOR)).all()
    post_all(
        (Owed(to=one, kind=Kind.APPLIED, key=key, about=about) for one in coordinators), now=now
    )
