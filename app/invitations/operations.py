"""Owing somebody the letter with which they choose a password. Operations never commit."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import UNSENT, Kind, Notice, State
from app.notices.operations import post, post_to_nobody
from app.people.models import Person
from app.people.operations import count_failure, use_up_links
from app.people.queries import failures
from app.refusal import Refusal

HOUR = timedelta(hours=1)
MOST_LETTERS, MOST_ASKED = 3, 20


class EmailIsTheirs(Refusal):
    message = _l("Only they themselves can change their e-mail address.")


def invite(person: Person, *, by: Person, now: datetime) -> None:
    """A letter with a link that lasts for a week. Without an e-mail address: nothing to send."""
    if person.email is not None:
        post(
            person,
            Kind.PASSWORD,
            f"invited:{now.isoformat()}",
            now=now,
            about={"invited": True},
            responsible=by,
            confidential=True,
        )


def change_email(person: Person, email: str | None, *, by: Person, now: datetime) -> None:
    """Another address for somebody who never signed in: it is invited, the old one is forgotten.

    Whoever reads the mail can choose the password, so that an address with a password, or one at
    which a code was read, is its owner's alone. Raises `EmailIsTheirs`.
    """
    lock(person)
    email = email.strip().lower() if email else None
    if email == person.email:
        return
    if person.owns_address:
        raise EmailIsTheirs
    person.email = email
    db.session.execute(
        update(Notice)
        .where(
            Notice.person_id == person.id,
            Notice.kind == Kind.PASSWORD,
            Notice.state.in_((State.PENDING, State.CLAIMED)),
        )
        .values(state=State.DROPPED, claim=None)
    )
    use_up_links(person, now=now)  # after the letters: one that left just now brought a link
    invite(person, by=by, now=now)


def forgotten(email: str, *, network: str, now: datetime) -> None:
    """A new link for whoever can read the mail, not too often for a person or from a network.

    An unknown address costs the same statements, so that waiting for the answer tells nothing.
    """
    asked = f"forgotten:{network}"
    if failures(asked, now=now, within=HOUR) >= MOST_ASKED:
        return
    count_failure(asked, now=now)
    wanted = select(Person).where(Person.email == email.strip().lower())
    person = db.session.scalars(wanted.with_for_update(key_share=True)).one_or_none()
    is_due = _is_due(person.id if person else 0, now)
    if person is not None and person.is_active and is_due:
        minute = now.replace(second=0, microsecond=0)
        post(
            person,
            Kind.PASSWORD,
            f"forgotten:{minute.isoformat()}",
            now=now,
            about={"invited": False},
            confidential=True,
        )
    else:
        post_to_nobody(now=now)


def rest_of(even: float, *, spent: float) -> float:
    """How many seconds are left until what took *spent* has taken a multiple of *even*."""
    return even - spent % even


def _is_due(person_id: int, now: datetime) -> bool:
    """Whether no letter waits to be sent and few were in the last hour."""
    letters = select(Notice.state).where(
        Notice.person_id == person_id,
        Notice.kind == Kind.PASSWORD,
        or_(Notice.posted_at > now - HOUR, Notice.state.in_(UNSENT)),
    )
    states = db.session.scalars(letters).all()
    return len(states) < MOST_LETTERS and not set(states).intersection(UNSENT)
