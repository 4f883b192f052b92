"""Making cards. Never commits."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256

from app.extensions import db, lock
from app.feeds.models import Card
from app.feeds.operations import end_card, make_link
from app.people.models import Person
from app.people.queries import hashed


def make_card(
    person: Person, *, label: str, by: Person | None, now: datetime, token: str | None = None
) -> str:
    """The 256-bit token of a new card, which is kept nowhere; the card before it opens nothing from
    now on. *label*: what its calendar is called on the page of one's calendars. *token*: one of
    `token_of_form`, which was never a card's before."""
    lock(person)
    end_card(person, now=now)
    token = token or secrets.token_urlsafe(32)
    feed, _same = make_link(
        person, label=label, language=person.language, now=now, token=calendar_token(token)
    )
    db.session.add(
        Card(
            person=person,
            feed=feed,
            token_hash=hashed(token),
            made_at=now,
            made_by_id=by.id if by else None,
        )
    )
    db.session.flush()
    return token


def token_of_form(key: str, *words: str, secret_key: str) -> str:
    """The token of the card that one form leads to, however often it is sent: *key* is what the
    form was shown with, and *words* what was typed, so that the same page with another name is
    somebody else."""
    said = "\0".join(("card", key, *words))
    made = hmac.new(secret_key.encode(), said.encode(), sha256).digest()
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def calendar_token(token: str) -> str:
    """The token of a card's calendar: it does not lead back to the card."""
    made = hmac.new(token.encode(), b"calendar", sha256).digest()
    return urlsafe_b64encode(made).rstrip(b"=").decode()
