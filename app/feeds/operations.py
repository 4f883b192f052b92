"""Making and revoking secret calendar links, ending cards, keeping small what is counted. Never
commits."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from sqlalchemy import delete, func, insert, select, tuple_

from app.extensions import db
from app.feeds.models import FeedLink, KeptFeed, Scope, Subject, Touch
from app.feeds.queries import cards_of, links_of
from app.people.models import Person
from app.people.queries import hashed

UNUSED, UNREAD = timedelta(days=180), timedelta(days=30)


class Chosen(TypedDict, total=False):
    """What somebody chooses for a link; the columns of `FeedLink` say what each is."""

    alarm_minutes: int | None
    scope: Scope
    centre_id: int | None
    room_id: int | None
    with_offers: bool
    with_open: bool


def make_link(
    person: Person,
    *,
    label: str,
    language: str,
    now: datetime,
    token: str | None = None,
    **chosen: Unpack[Chosen],
) -> tuple[FeedLink, str]:
    """A new link and its 256-bit token (that of a card is made from the card's), which is shown
    once and kept nowhere."""
    token = token or secrets.token_urlsafe(32)
    feed = FeedLink(
        person=person,
        token_hash=hashed(token),
        label=label,
        language=language,
        created_at=now,
        changed_at=now,
        **chosen,
    )
    db.session.add(feed)
    db.session.flush()
    return feed, token


def revoke_link(feed: FeedLink, *, now: datetime) -> None:
    """The address opens nothing from now on, and nothing is kept of it; twice is harmless."""
    if feed.revoked_at is None:
        feed.revoked_at = now
        db.session.execute(delete(KeptFeed).where(KeptFeed.link_id == feed.id))


def end_card(person: Person, *, now: datetime) -> None:
    """No card of *person* opens anything any more, nor do their calendars; twice is harmless."""
    for card in cards_of(person):
        card.revoked_at = now
        if card.feed is not None:
            revoke_link(card.feed, now=now)
    db.session.flush()


def end_all_ways(person: Person, *, now: datetime) -> None:
    """Whatever was handed out for *person* opens nothing any more, neither a card nor a calendar;
    twice is harmless."""
    end_card(person, now=now)
    for feed in db.session.scalars(links_of(person)):
        revoke_link(feed, now=now)


def fold_touches() -> None:
    """One row for each subject instead of many. No count changes: what is counted meanwhile by
    others is not among the rows that go."""
    subject = (Touch.subject, Touch.subject_id)
    many = select(*subject).group_by(*subject).having(func.count() > 1)
    gone = db.session.execute(
        delete(Touch)
        .where(tuple_(*subject).in_(many))
        .returning(*subject, Touch.weight)
        .execution_options(synchronize_session=False)
    )
    counts: Counter[tuple[Subject, int]] = Counter()
    for kind, subject_id, weight in gone:
        counts[kind, subject_id] += weight
    rows = [
        {"subject": kind, "subject_id": subject_id, "weight": weight}
        for (kind, subject_id), weight in counts.items()
    ]
    if rows:
        db.session.execute(insert(Touch), rows)


def forget_unused(*, now: datetime) -> None:
    """A link that no program asked for in 180 days is revoked, and what no feed needs is not kept:
    feeds that nobody read for a month."""
    unused = FeedLink.revoked_at.is_(None) & (
        func.coalesce(FeedLink.fetched_at, FeedLink.created_at) < now - UNUSED
    )
    for feed in db.session.scalars(select(FeedLink).where(unused)):
        revoke_link(feed, now=now)
    db.session.execute(delete(KeptFeed).where(KeptFeed.fresh_until < now - UNREAD))
