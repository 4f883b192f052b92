"""Making, changing and revoking secret calendar links. Operations never commit."""

from __future__ import annotations

import secrets
from datetime import datetime

from app.extensions import db
from app.feeds.models import FeedLink
from app.people.models import Person
from app.people.queries import hashed


def make_link(
    person: Person, *, label: str, language: str, alarm_minutes: int | None, now: datetime
) -> tuple[FeedLink, str]:
    """A new link and its 256-bit token, which is shown once and kept nowhere."""
    token = secrets.token_urlsafe(32)
    feed = FeedLink(
        person=person,
        token_hash=hashed(token),
        label=label,
        language=language,
        alarm_minutes=alarm_minutes,
        created_at=now,
        changed_at=now,
    )
    db.session.add(feed)
    db.session.flush()
    return feed, token


def revoke_link(feed: FeedLink, *, now: datetime) -> None:
    """The address opens nothing from now on; twice is harmless."""
    if feed.revoked_at is None:
        feed.revoked_at = now
