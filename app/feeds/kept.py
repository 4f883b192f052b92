"""What is kept of feeds, so that a poll that finds nothing new costs one read and no meeting.

Each change of a meeting, of somebody's places, of a centre or of the house is counted by the
database (`Touch`). A feed, or an event in it, is as good as new while what it is made from has the
count that it had then. The count is read before anything else: what is kept may be newer than its
count says, never older.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Executable,
    and_,
    bindparam,
    case,
    column,
    func,
    literal,
    or_,
    select,
    table,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.types import NullType

from app.database import Base
from app.extensions import db
from app.feeds.calendar import HOUSE_ZONE, Kept, pieces_of, restamped, stamps_of
from app.feeds.models import FeedLink, KeptEvent, KeptFeed, Look, Subject, Touch
from app.feeds.one_row import OneRow
from app.feeds.queries import Entries
from app.people.models import Centre, Person
from app.people.queries import hashed
from app.programme.models import Activity, Meeting
from app.programme.places import Room

SECOND = timedelta(seconds=1)
MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class Standing:
    """A feed as it was last written, where it ever was, beside the count that it has now; its text
    (*body*, gzipped) only where that was asked for."""

    version: str
    generation: str
    digest: str | None = None
    since: datetime | None = None
    written_at: str | None = None
    fresh_until: datetime | None = None
    body: bytes | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it still reads like this."""
        if self.written_at != self.version or self.fresh_until is None:
            return False
        return now < self.fresh_until


@dataclass(frozen=True)
class Opened:
    """A secret link that was asked for, and how its feed stands."""

    link_id: int
    is_active: bool
    is_revoked: bool
    fetched_at: datetime | None
    standing: Standing

    @property
    def opens(self) -> bool:
        return self.is_active and not self.is_revoked


# --- how a feed stands: one read


def public_standing(
    key: str, *, centre: str, activity: str, program: str, with_body: bool = False
) -> Standing:
    """How the public feed kept as *key* stands; *centre* (a code) or *activity* (a ref) where it is
    of one only, else empty. *program* names the words and settings in use."""
    one_centre = _OF_ONE if centre or activity else _OF_ALL
    asked = {"key": key, "centre": centre, "activity": activity, "with_body": with_body}
    return _standing(one_centre(db.engine, asked), program)


def opened(token: str, *, program: str, with_body: bool = False) -> Opened | None:
    """The link behind *token*, revoked or not; None for a token that was never given out."""
    row = _OF_LINK(db.engine, {"token_hash": hashed(token), "with_body": with_body})
    if row is None:
        return None
    return Opened(
        row.id, row.is_active, row.revoked_at is not None, row.fetched_at, _standing(row, program)
    )


def _standing(row: Any, program: str) -> Standing:
    generation = f"{program}:{row.house}"
    return Standing(
        version=f"{generation}:{row.count}",
        generation=generation,
        digest=row.digest,
        since=row.since,
        written_at=row.version,
        fresh_until=row.fresh_until,
        body=row.body,
    )


def _count(subject: Subject, *which: ColumnElement[bool]) -> ColumnElement[int]:
    """How often *subject* changed."""
    return (
        select(func.coalesce(func.sum(Touch.weight), 0))
        .where(Touch.subject == subject, *which)
        .scalar_subquery()
    )


_HOUSE = _count(Subject.HOUSE).label("house")
_WRITTEN = (
    KeptFeed.digest,
    KeptFeed.since,
    KeptFeed.version,
    KeptFeed.fresh_until,
    case((bindparam("with_body", type_=Boolean), KeptFeed.body)).label("body"),
)


def _of_public(*which: ColumnElement[bool]) -> OneRow:
    """One row, also for a feed that was never written."""
    one = select(literal(1).label("one")).subquery()
    return OneRow(
        select(_HOUSE, _count(Subject.CENTRE, *which).label("count"), *_WRITTEN)
        .select_from(one)
        .outerjoin(KeptFeed, KeptFeed.key == bindparam("key"))
    )


_OF_ALL = _of_public()
_OF_ONE = _of_public(
    Touch.subject_id.in_(
        select(Centre.id)
        .where(Centre.code == bindparam("centre"))
        .union_all(select(Activity.centre_id).where(Activity.ref == bindparam("activity")))
    )
)
_ROOMS_CENTRE = (
    select(Room.centre_id).where(Room.id == FeedLink.room_id).correlate(FeedLink).scalar_subquery()
)
_THEIR_CENTRE = Touch.subject_id == func.coalesce(FeedLink.centre_id, _ROOMS_CENTRE)
_OF_LINK = OneRow(
    select(
        FeedLink.id,
        FeedLink.revoked_at,
        FeedLink.fetched_at,
        Person.is_active,
        _HOUSE,
        (
            _count(Subject.PERSON, Touch.subject_id == FeedLink.person_id)
            + _count(Subject.CENTRE, _THEIR_CENTRE)
        ).label("count"),
        *_WRITTEN,
    )
    .join(FeedLink.person)
    .outerjoin(KeptFeed, KeptFeed.link_id == FeedLink.id)
    .where(FeedLink.token_hash == bindparam("token_hash"))
)


def kept_body(key: str) -> bytes | None:
    """The gzipped feed kept as *key*."""
    row = _BODY(db.engine, {"key": key})
    return None if row is None else row.body


_BODY = OneRow(select(KeptFeed.body).where(KeptFeed.key == bindparam("key")))


# --- its events


Write = Callable[[Meeting, Look], Kept]
"""Writes one meeting down as one look, in the language of the feed."""
Note = tuple[Executable, list[dict[str, Any]]]
"""A statement and the rows it is for."""


Row = tuple[bytes, bytes, str | None, int, Look | None, datetime | None]
"""The `Kept` of an event in a feed (no zone where it is that of the house, which every feed
defines), its meeting's id, how it looks where it was not kept, and since when its reader has to do
with it."""


@dataclass(frozen=True)
class Events:
    """The events of a feed by time, and what is to be kept from now on."""

    rows: Sequence[Row]
    notes: list[Note]

    def texts(self, *, alarm: timedelta | None, changed: datetime | None) -> list[bytes]:
        """The VEVENTs in pieces, none last changed before *changed*, when the link itself was."""
        if changed is None:
            return pieces_of(self.rows, alarm=alarm)
        ours = stamps_of(changed)
        since_then = [
            (restamped(body, ours if since is None else max(ours, stamps_of(since))), ringing)
            for body, ringing, _zone, _id, _look, since in self.rows
        ]
        return pieces_of(since_then, alarm=alarm)

    @property
    def zones(self) -> set[str]:
        return {row[2] for row in self.rows if row[2]}


def events_of(
    entries: Sequence[Entries], *, language: str, generation: str, write: Write
) -> Events:
    """What stands in a feed. What is kept of it in this *generation* is taken as it is; the rest is
    written anew, once for each language, however many feeds they stand in."""
    rows = _rows(entries, language, generation)
    outdated = {row[3]: Look(row[4]) for row in rows if row[0] is None}
    if not outdated:
        return Events(rows, [])
    counts = _counts(outdated)
    fresh = _written(outdated, write)
    there = [row for row in rows if row[0] is not None or row[3] in fresh]  # not thrown away now
    values = [
        _values(one, outdated[one], language, generation, counts[one], fresh[one])
        for one in sorted(fresh)
    ]
    return Events(
        [row if row[0] is not None else (*fresh[row[3]], *row[3:]) for row in there],
        [(_keep_events(), values)] if values else [],
    )


def _rows(entries: Sequence[Entries], language: str, generation: str) -> Sequence[Any]:
    """Each meeting once, by time, as a `Row`, with nulls where nothing good is kept of it; where it
    stands in several of *entries*, as in the first."""
    ranked = [some.add_columns(literal(rank).label("rank")) for rank, some in enumerate(entries)]
    entry = union_all(*ranked) if len(ranked) > 1 else ranked[0]
    since = column("since", ranked[0].selected_columns.since.type)
    found = _FOUND.add_columns(since).add_cte(entry.cte("entry"))
    asked = {"language": language, "generation": generation}
    rows = db.session.connection().execute(found, asked).all()
    if len(ranked) == 1:
        return rows
    first: dict[int, Any] = {}
    for row in rows:
        first.setdefault(row[3], row)
    return list(first.values())


_ENTRY = table("entry", column("id"), column("starts_at"), column("look"), column("rank"))
_IS_GOOD = and_(
    KeptEvent.meeting_id == _ENTRY.c.id,
    KeptEvent.look == _ENTRY.c.look,
    KeptEvent.language == bindparam("language"),
    KeptEvent.generation == bindparam("generation"),
    KeptEvent.version == _count(Subject.MEETING, Touch.subject_id == _ENTRY.c.id),
)
_FOUND = (  # put together once, and no more columns than needed: each costs a thousand values
    select(
        type_coerce(KeptEvent.body, NullType()),
        type_coerce(KeptEvent.ringing, NullType()),
        func.nullif(KeptEvent.zone, HOUSE_ZONE),
        _ENTRY.c.id,
        case((KeptEvent.body.is_(None), _ENTRY.c.look)),
    )
    .select_from(_ENTRY)
    .outerjoin(KeptEvent, _IS_GOOD)
    .order_by(_ENTRY.c.starts_at, _ENTRY.c.id, _ENTRY.c.rank)
)


def _counts(meetings: Collection[int]) -> dict[int, int]:
    """Meeting id -> how often it changed."""
    counts = dict.fromkeys(meetings, 0)
    for some in _some(meetings):
        counts |= dict(
            db.session.execute(
                select(Touch.subject_id, func.sum(Touch.weight))
                .where(Touch.subject == Subject.MEETING, Touch.subject_id.in_(some))
                .group_by(Touch.subject_id)
            ).all()
        )
    return counts


def _some(ids: Collection[int]) -> Iterator[list[int]]:
    """As many at a time as a statement can name."""
    every = list(ids)
    for start in range(0, len(every), MOST_AT_ONCE):
        yield every[start : start + MOST_AT_ONCE]


def _written(looks: Mapping[int, Look], write: Write) -> dict[int, Kept]:
    """Meeting id -> how it reads now."""
    meetings: list[Meeting] = []
    for some in _some(looks):
        meetings += db.session.scalars(_WHOLE.where(Meeting.id.in_(some)))
    return {meeting.id: write(meeting, looks[meeting.id]) for meeting in meetings}


_WHOLE = (
    select(Meeting)
    .join(Meeting.activity)
    .options(
        contains_eager(Meeting.activity).options(
            selectinload(Activity.texts), joinedload(Activity.centre)
        ),
        joinedload(Meeting.room),
        selectinload(Meeting.texts),
    )
    .execution_options(populate_existing=True)
)


def _values(
    meeting_id: int, look: Look, language: str, generation: str, version: int, kept: Kept
) -> dict[str, Any]:
    key = {"meeting_id": meeting_id, "look": look, "language": language}
    return key | {"generation": generation, "version": version} | kept._asdict()


# --- keeping


def worth_keeping(
    standing: Standing,
    body: bytes,
    *,
    key: str,
    link_id: int | None,
    until: datetime,
    now: datetime,
) -> Note:
    """That the feed *key* reads *body* until *until*."""
    digest = digest_of(body)
    row = {
        "key": key,
        "link_id": link_id,
        "digest": digest,
        "since": _since(standing, digest, now),
        "version": standing.version,
        "fresh_until": until,
        "body": gzip.compress(body, mtime=0),
    }
    return _keep_feeds(), [row]


def _since(standing: Standing, digest: str, now: datetime) -> datetime:
    """A Last-Modified belongs to one body for ever: each is later than the one before, or somebody
    who asks by date alone would never hear of a change."""
    since = now.replace(microsecond=0)
    if standing.since is None:
        return since
    return standing.since if standing.digest == digest else max(since, standing.since + SECOND)


def since_when(key: str, digest: str) -> datetime | None:
    """Since when the feed kept as *key* reads like this; None where it reads otherwise by now, or
    could not be kept: a date that is not remembered must not be told."""
    kept = select(KeptFeed.since).where(KeptFeed.key == key, KeptFeed.digest == digest)
    return db.session.scalars(kept).one_or_none()


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _keep_feeds() -> Executable:
    """Unless somebody else kept something as late in the meantime."""
    insert = _insert(KeptFeed)
    newer = or_(KeptFeed.since < insert.excluded.since, KeptFeed.digest == insert.excluded.digest)
    columns = _all_but(insert, "key", "link_id")
    keep: Executable = insert.on_conflict_do_update(
        index_elements=["key"], set_=columns, where=newer
    )
    return keep


def _keep_events() -> Executable:
    insert = _insert(KeptEvent)
    key = ("meeting_id", "look", "language")
    columns = _all_but(insert, *key)
    keep: Executable = insert.on_conflict_do_update(index_elements=key, set_=columns)
    return keep


def _insert(table: type[Base]) -> Any:
    postgres = db.engine.dialect.name == "postgresql"
    return (postgresql.insert if postgres else sqlite.insert)(table)


def _all_but(insert: Any, *key: str) -> dict[str, Any]:
    return {column.name: column for column in insert.excluded if column.name not in key}
