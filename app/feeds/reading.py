"""One feed as a program reads it: as it is kept where that is still good, else written anew."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app

from app.feeds.calendar import Calendar, Kept, assemble, written
from app.feeds.describing import title_of
from app.feeds.kept import (
    Events,
    Opened,
    Standing,
    digest_of,
    events_of,
    kept_body,
    public_standing,
    since_when,
    worth_keeping,
)
from app.feeds.looks import event_of
from app.feeds.models import FeedLink, Look, Scope
from app.feeds.queries import (
    Entries,
    PublicFeed,
    Window,
    link_entries,
    next_lapse,
    parts_of,
    public_entries,
    public_feed,
)
from app.feeds.ways import ALARMS
from app.i18n import _, in_language
from app.people.models import Centre
from app.programme.models import Meeting
from app.programme.places import Room
from app.web import link, note_aside, settings


@dataclass(frozen=True)
class Reading:
    """What a feed reads like: its digest, and since when, where that is known. *fresh* is the text
    where it was written just now, *body* (gzipped) where it was read already."""

    key: str
    digest: str
    since: datetime | None
    fresh: bytes | None = None
    body: bytes | None = None

    def zipped(self) -> bytes | None:
        """The text, gzipped; None where it was thrown away a moment ago."""
        if self.fresh is not None:
            return gzip.compress(self.fresh, mtime=0)
        return self.body or kept_body(self.key)


@dataclass(frozen=True)
class _Source:
    """From what a feed is written."""

    key: str
    language: str
    calendar: Calendar
    entries: Sequence[Entries]
    until: datetime
    link_id: int | None = None
    alarm: timedelta | None = None
    changed: datetime | None = None


def kept_public(
    name: str, language: str, asked_alarm: str, *, with_body: bool, now: datetime
) -> Reading | None:
    """The public feed *name* in *language* as it is kept; None where it is not, or not good."""
    key, standing = _kept_public(name, language, asked_alarm, with_body=with_body)
    return _as_kept(key, standing) if standing.is_good(now) else None


def read_public(name: str, language: str, asked_alarm: str, *, now: datetime) -> Reading | None:
    """The public feed *name* in *language*, written anew; None where there is no such feed."""
    key, standing = _kept_public(name, language, asked_alarm)
    feed = public_feed(name)
    if feed is None:
        return None
    window, minutes = Window.at(now), int(ALARMS.get(asked_alarm) or 0)
    with in_language(language):
        source = _Source(
            key=key,
            language=language,
            calendar=_public_calendar(feed, language, asked_alarm if minutes else ""),
            entries=public_entries(feed, window),
            until=window.ends_at,
            alarm=timedelta(minutes=minutes) if minutes else None,
        )
        return _write(source, standing, now)


def _kept_public(
    name: str, language: str, asked_alarm: str, *, with_body: bool = False
) -> tuple[str, Standing]:
    """As what a public feed is kept, whichever way its name is put, and how it stands."""
    parts = sorted(parts_of(name))
    key = f"{language}:{'_'.join(parts)}:{asked_alarm if asked_alarm in ALARMS else ''}"
    centre, activity = _value(parts, "centre"), _value(parts, "activity")
    return key, public_standing(
        key, centre=centre, activity=activity, program=program(), with_body=with_body
    )


def _value(parts: Sequence[str], by: str) -> str:
    """What a public feed is narrowed to, as its name says it."""
    return next((part.removeprefix(f"{by}-") for part in parts if part.startswith(f"{by}-")), "")


def read_link(feed: FeedLink, standing: Standing, *, now: datetime) -> Reading:
    """The calendar behind a secret link, written anew."""
    window = Window.at(now)
    until = window.ends_at
    if feed.scope is Scope.OWN and feed.with_offers:
        until = min(filter(None, (until, next_lapse(feed.person, now=now))))
    if feed.with_open:
        until = now  # what somebody could take depends on too much to be counted
    with in_language(feed.language):
        source = _Source(
            key=key_of(feed.id),
            language=feed.language,
            calendar=_calendar(link_title(feed), feed.language),
            entries=link_entries(feed, window, now=now),
            until=until,
            link_id=feed.id,
            alarm=feed.alarm,
            changed=feed.changed_at,
        )
        return _write(source, standing, now)


def kept_reading(found: Opened) -> Reading:
    """The calendar behind a secret link as it is kept."""
    return _as_kept(key_of(found.link_id), found.standing)


def _as_kept(key: str, standing: Standing) -> Reading:
    return Reading(key, standing.digest or "", standing.since, body=standing.body)


def key_of(link_id: int) -> str:
    return f"link:{link_id}"


def _write(source: _Source, standing: Standing, now: datetime) -> Reading:
    events = events_of(
        source.entries,
        language=source.language,
        generation=standing.generation,
        write=lambda meeting, look: _written(meeting, look, source.language),
    )
    body = _assembled(source, events)
    if not events.rows and standing.digest is None:  # made up, or nothing yet: not worth keeping
        return Reading(source.key, digest_of(body), None, body)
    digest = digest_of(body)
    if source.until <= now and digest == standing.digest:  # read anew each time, and no news
        note_aside(*events.notes)
        return Reading(source.key, digest, standing.since, body)
    feed = worth_keeping(
        standing, body, key=source.key, link_id=source.link_id, until=source.until, now=now
    )
    note_aside(*events.notes, feed)
    return Reading(source.key, digest, since_when(source.key, digest), body)


def _written(meeting: Meeting, look: Look, language: str) -> Kept:
    known = settings()
    event = event_of(meeting, look, language)
    return written(event, organizer=known.mail_from, organizer_name=known.mail_name)


def _assembled(source: _Source, events: Events) -> bytes:
    texts = events.texts(alarm=source.alarm, changed=source.changed)
    return assemble(source.calendar, texts, zones=events.zones)


# --- what feeds are called


def _public_calendar(feed: PublicFeed, language: str, alarm: str) -> Calendar:
    address = link(language, "feeds.public_calendar", name=feed.name)
    if alarm:
        address += f"?alarm={alarm}"
    return _calendar(_public_title(feed, language), language, address)


def _public_title(feed: PublicFeed, language: str) -> str:
    site = settings().mail_name
    if feed.activity is not None:
        return feed.activity.title_in(language)
    return site if feed == PublicFeed() else f"{site} – {title_of(feed, language)}"


def link_title(feed: FeedLink) -> str:
    """Neutral, for it stands on somebody's telephone."""
    place = feed.room or feed.centre
    return place_name(place) if place is not None else _("My calendar")


def place_name(place: Centre | Room) -> str:
    """A centre, or a room and whose it is."""
    return f"{place.name} – {place.centre.name}" if isinstance(place, Room) else place.name


def _calendar(name: str, language: str, source: str | None = None) -> Calendar:
    known = settings()
    return Calendar(
        name=name,
        source=source,
        organizer=known.mail_from,
        organizer_name=known.mail_name,
        language=language,
    )


# --- the program itself


def program() -> str:
    """A short name for the code, the words and the settings that feeds are written with: what
    another version wrote is written anew."""
    known = current_app.extensions.get(__name__)
    if known is None:
        known = current_app.extensions[__name__] = _program()
    return str(known)


def _program() -> str:
    digest, known = hashlib.sha256(), settings()
    here = Path(current_app.root_path)
    for file in sorted((*here.rglob("*.py"), *here.rglob("*.po"))):
        digest.update(file.read_bytes())
    for setting in (known.base_url, known.mail_from, known.mail_name, known.uid_domain):
        digest.update(f"{setting}\n".encode())
    return digest.hexdigest()[:16]
