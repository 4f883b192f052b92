"""Reads about cards, and what stands on the page behind one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select

from app.extensions import db
from app.feeds.models import Card
from app.feeds.queries import cards_of
from app.people.models import Person
from app.people.queries import hashed
from app.programme.kinds import Privacy
from app.programme.models import Booking, Meeting
from app.programme.queries import bookings_for


def card_behind(token: str) -> Card | None:
    """The card with this token, cancelled or not."""
    return db.session.scalars(select(Card).where(Card.token_hash == hashed(token))).one_or_none()


def card_of(person: Person) -> Card | None:
    """The card of *person* that still opens; of several the one made last."""
    return next(iter(cards_of(person)), None)


def sessions_on(card: Card, *, now: datetime) -> Select[Booking]:
    """What the card shows: as in its calendar, everything but appointments; a paper may be found by
    anybody. What a child comes to stands there too."""
    return bookings_for(card.person, since=now).where(Meeting.privacy != Privacy.INDIVIDUAL)
