"""Ending every sign-in of somebody at once. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, delete, select, update

from app.extensions import db, lock
from app.feeds.operations import revoke_link
from app.feeds.queries import links_of
from app.notices.devices import PushSubscription
from app.notices.models import Kind
from app.notices.operations import post
from app.notices.wishes import is_silent
from app.people.knocks import Knock
from app.people.models import Person
from app.people.operations import sign_out_everywhere, use_up_links
from app.sign_outs.models import SignOut

MOST_SHOWN = 5


def end_everywhere(
    person: Person, *, by: Person, devices: bool, calendars: bool, now: datetime
) -> None:
    """At the next click every device of *person* is a stranger's, and what was asked for to come in
    opens nothing. With them, where wished, go the devices that show messages and the secret
    calendars. A colleague's deed is told to *person*, but for silent contact."""
    lock(person)
    sign_out_everywhere(person, now=now)
    use_up_links(person, now=now)
    _end_knocks(person, now)
    if devices:
        db.session.execute(delete(PushSubscription).where(PushSubscription.person_id == person.id))
    if calendars:
        for feed in db.session.scalars(links_of(person)).all():
            revoke_link(feed, now=now)
    db.session.add(
        SignOut(person_id=person.id, at=now, by_id=by.id, devices=devices, calendars=calendars)
    )
    if by.id != person.id and not is_silent(person.id):
        post(person, Kind.SIGNED_OUT, now.isoformat(), now=now, about={}, confidential=True)


def sign_outs_of(person: Person) -> Select[SignOut]:
    """The last ones, the latest first."""
    theirs = select(SignOut).where(SignOut.person_id == person.id)
    return theirs.order_by(SignOut.at.desc(), SignOut.id.desc()).limit(MOST_SHOWN)


def _end_knocks(person: Person, now: datetime) -> None:
    """Codes that were asked for until now."""
    known = {person.email, person.sign_in_phone} - {None}
    db.session.execute(
        update(Knock).where(Knock.contact.in_(known), Knock.ended_at.is_(None)).values(ended_at=now)
    )
