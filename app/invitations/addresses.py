"""Another e-mail address of one's own. Nothing here commits.

It is theirs once they typed the code that was sent there. Who read the old one reads that it is no
longer used, and nothing of the new one. A device that somebody else may hold is signed out.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from app.extensions import Gone, db, lock
from app.i18n import _l
from app.invitations.codes import knock, knock_with
from app.notices.operations import post_code
from app.notices.wishes import is_silent
from app.people.knocks import Knock, Purpose
from app.people.models import Person, SignIn
from app.people.operations import sign_out_everywhere, use_up_links
from app.people.queries import hashed, person_by_contact
from app.refusal import Refusal

TOLD_WITHIN = timedelta(days=2)


class AddressTaken(Refusal):
    message = _l("Somebody here has this address already. Ask the people at your centre.")


def ask_for_address(
    person: Person, email: str, *, browser: str, network: str, now: datetime
) -> None:
    """Owe a code to *email*; whoever holds the secret *browser* may type it. Nothing leaves for
    somebody in silent contact, and nothing tells them so. Raises `TooManyTries`."""
    if is_silent(person.id):
        return
    knock(
        email,
        browser=browser,
        language=person.language,
        network=network,
        now=now,
        purpose=Purpose.NEW_ADDRESS,
    )


def take_address(
    signed_in: SignIn, code: str, *, browser: str, key: str, network: str, now: datetime
) -> bool:
    """Whether *code* is the one that was sent; then the address is that of the person who is signed
    in, here and nowhere else. Raises `TooManyTries`, `AddressTaken`, and `Gone` where this device
    was signed out a moment ago; the caller commits in both other cases."""
    made = knock_with(code, Purpose.NEW_ADDRESS, browser=browser, key=key, network=network, now=now)
    if made is None:
        return False
    person = signed_in.person
    lock(person)
    lock(signed_in)
    if signed_in.ended_at is not None:
        raise Gone
    if person_by_contact(made.contact) not in (None, person):
        raise AddressTaken
    made.ended_at = now
    old, person.email = person.email, made.contact
    person.confirmed_at = now
    use_up_links(person, now=now)
    sign_out_everywhere(person, now=now)
    signed_in.ended_at = None
    if old is not None and old != made.contact and not is_silent(person.id):
        _tell(old, person, now)
    db.session.flush()
    return True


def _tell(old: str, person: Person, now: datetime) -> None:
    """A letter to the address that is no longer theirs."""
    made = Knock(
        contact=old,
        browser_hash=hashed(secrets.token_urlsafe(32)),
        language=person.language,
        made_at=now,
        lapses_at=now + TOLD_WITHIN,
        purpose=Purpose.OLD_ADDRESS,
        person_id=person.id,
    )
    db.session.add(made)
    db.session.flush()
    post_code(made.id, lapses_at=made.lapses_at, now=now)
