"""Reads about cards, and what stands on the page behind one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select

from app.extensions import db
from app.joining.models import Card
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


def cards_of(person: Person) -> Sequence[Card]:
    """Their card that still opens, and those that they had under another name; the last first."""
    found = select(Card).where(Card.person_id == person.id, Card.revoked_at.is_(None))
    own_first = found.order_by(Card.came_at.is_not(None), Card.made_at.desc(), Card.id)
    return db.session.scalars(own_first).all()


def sessions_on(card: Card, *, now: datetime) -> Select[Booking]:
    """What the card shows: as in its calendar, everything but appointments; a paper may be found by
    anybody. What a child comes to stands there too."""
    return bookings_for(card.person, since=now).where(Meeting.privacy != Privacy.INDIVIDUAL)
