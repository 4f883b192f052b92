"""Reads for calendars: which meetings stand in which feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.extensions import db
from app.feeds.models import FeedLink, FeedVersion
from app.people.languages import is_known
from app.people.models import Centre, Person
from app.people.queries import hashed
from app.programme.kinds import Kind
from app.programme.models import Activity, Booking, Meeting
from app.programme.queries import is_listed, is_listed_meeting, is_published, is_shown, speaks

T = TypeVar("T", Meeting, Booking)
PAST, AHEAD = timedelta(days=30), timedelta(days=366)


@dataclass(frozen=True)
class PublicFeed:
    """One public feed: everything, or what one centre, kind, language or activity puts on."""

    name: str
    centre: Centre | None = None
    kind: Kind | None = None
    language: str | None = None
    activity: Activity | None = None


def public_feed(name: str) -> PublicFeed | None:
    """The feed called *name*: ``all``, ``centre-brasov``, ``kind-course``, ``language-ar`` or
    ``activity-<ref>``. None where there is no such feed, or none that strangers may know of."""
    if name == "all":
        return PublicFeed(name)
    by, _dash, value = name.partition("-")
    return _BY[by](name, value) if by in _BY and value else None


def _by_centre(name: str, code: str) -> PublicFeed | None:
    centre = db.session.scalars(select(Centre).where(Centre.code == code)).one_or_none()
    return PublicFeed(name, centre=centre) if centre else None


def _by_kind(name: str, value: str) -> PublicFeed | None:
    kind = next((kind for kind in Kind if kind.value == value), None)
    return PublicFeed(name, kind=kind) if kind and kind.policy.privacy.is_listed else None


def _by_language(name: str, tag: str) -> PublicFeed | None:
    return PublicFeed(name, language=tag) if is_known(tag) else None


def _by_activity(name: str, ref: str) -> PublicFeed | None:
    found = select(Activity).where(Activity.ref == ref, is_listed())
    activity = db.session.scalars(found).one_or_none()
    return PublicFeed(name, activity=activity) if activity else None


_BY = {
    "centre": _by_centre,
    "kind": _by_kind,
    "language": _by_language,
    "activity": _by_activity,
}


def meetings_of(feed: PublicFeed, *, now: datetime) -> list[Meeting]:
    """The meetings of a public feed, by time; cancelled ones for 30 days after their start."""
    found = _in_window(select(Meeting).join(Meeting.activity).where(is_listed_meeting()), now)
    if feed.centre is not None:
        found = found.where(Activity.centre_id == feed.centre.id)
    if feed.kind is not None:
        found = found.where(Activity.kind == feed.kind)
    if feed.language is not None:
        found = found.where(speaks(feed.language))
    if feed.activity is not None:
        found = found.where(Activity.id == feed.activity.id)
    return list(db.session.scalars(found.options(*_WHOLE)))


def bookings_for(person: Person, *, now: datetime) -> list[Booking]:
    """Where *person* is expected within the window, by time, each with its whole meeting."""
    found = select(Booking).join(Booking.meeting).join(Meeting.activity)
    return list(
        db.session.scalars(
            _in_window(found, now)
            .where(Booking.person_id == person.id, is_shown(), is_published())
            .options(contains_eager(Booking.meeting).options(*_WHOLE))
        )
    )


_WHOLE = (
    contains_eager(Meeting.activity).options(
        selectinload(Activity.texts), joinedload(Activity.centre)
    ),
    joinedload(Meeting.room),
)


def _in_window(found: Select[T], now: datetime) -> Select[T]:
    return found.where(Meeting.starts_at > now - PAST, Meeting.starts_at < now + AHEAD).order_by(
        Meeting.starts_at, Meeting.id
    )


def feed_link(token: str) -> FeedLink | None:
    """The link behind a token, revoked ones included; one indexed read."""
    return db.session.scalars(
        select(FeedLink)
        .where(FeedLink.token_hash == hashed(token))
        .options(joinedload(FeedLink.person))
    ).one_or_none()


def links_of(person: Person) -> Select[FeedLink]:
    """The links of *person* that still open: the only way a page gets hold of one."""
    return (
        select(FeedLink)
        .where(FeedLink.person_id == person.id, FeedLink.revoked_at.is_(None))
        .order_by(FeedLink.created_at)
    )


def version_of(key: str) -> FeedVersion | None:
    return db.session.get(FeedVersion, key)
