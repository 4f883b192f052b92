"""Reads for calendars: which meetings stand in which feed, and how they look there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.feeds.models import Card, FeedLink, Look, Scope
from app.people.guardians import child_ids, children_of
from app.people.languages import is_known
from app.people.models import Centre, Person
from app.people.queries import hashed
from app.people.terms import Role
from app.programme.kinds import LISTED, Kind, Privacy
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.places import Room
from app.programme.queries import (
    is_by_itself,
    is_listed,
    is_listed_meeting,
    is_meeting_planned_by,
    is_published,
    is_shown,
    rooms_of,
    speaks,
)
from app.staffing.finding import where_needed
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import offers_waiting

PAST, AHEAD = timedelta(days=30), timedelta(days=366)
CODES_LAST = timedelta(days=14)
DAY = timedelta(days=1)

Entries = Select[int, datetime, Look, datetime | None]
"""What stands in a feed: meeting id, its start, how it looks, and since when its reader has to do
with it where that counts as a change."""


@dataclass(frozen=True)
class Window:
    """What a feed covers on one day (UTC): it reads the same until midnight."""

    today: datetime

    @classmethod
    def at(cls, now: datetime) -> Window:
        return cls(datetime.combine(now.astimezone(UTC).date(), time(), UTC))

    def holds(self) -> ColumnElement[bool]:
        return and_(Meeting.starts_at >= self.today - PAST, Meeting.starts_at < self.today + AHEAD)

    @property
    def ends_at(self) -> datetime:
        return self.today + DAY


# --- public feeds


@dataclass(frozen=True)
class PublicFeed:
    """One public feed: everything, or what one centre, kind or language puts on, or what is of
    several of these at once; or one activity."""

    centre: Centre | None = None
    kind: Kind | None = None
    language: str | None = None
    activity: Activity | None = None

    @property
    def name(self) -> str:
        """Its one name in addresses, in whichever order it was asked for."""
        if self.activity is not None:
            return f"activity-{self.activity.ref}"
        parts = (
            f"centre-{self.centre.code}" if self.centre else "",
            f"kind-{self.kind.value}" if self.kind else "",
            f"language-{self.language}" if self.language else "",
        )
        return "_".join(filter(None, parts)) or "all"


def public_feed(name: str) -> PublicFeed | None:
    """The feed called *name*: ``all``; ``centre-brasov``, ``kind-course``, ``language-ar`` or
    several of these with ``_`` between them; or ``activity-<ref>``. None where there is no such
    feed, or none that strangers may know of."""
    if name == "all":
        return PublicFeed()
    if name.startswith("activity-"):
        return _of_activity(name.removeprefix("activity-"))
    feed = PublicFeed()
    for part in parts_of(name):
        by, _dash, value = part.partition("-")
        narrower = _NARROWER[by](feed, value) if by in _NARROWER and value else None
        if narrower is None:
            return None
        feed = narrower
    return feed


def parts_of(name: str) -> list[str]:
    """What a public feed is narrowed by; a centre's code and a ref may hold a ``_`` themselves."""
    return [name] if name.startswith("activity-") else _BETWEEN.split(name)


_BETWEEN = re.compile("_(?=(?:centre|kind|language)-)")


def _of_activity(ref: str) -> PublicFeed | None:
    found = select(Activity).where(Activity.ref == ref, is_listed())
    activity = db.session.scalars(found).one_or_none()
    return PublicFeed(activity=activity) if activity else None


def _by_centre(feed: PublicFeed, code: str) -> PublicFeed | None:
    centre = db.session.scalars(select(Centre).where(Centre.code == code)).one_or_none()
    return replace(feed, centre=centre) if centre and feed.centre is None else None


def _by_kind(feed: PublicFeed, value: str) -> PublicFeed | None:
    kind = next((kind for kind in Kind if kind.value == value), None)
    is_open = kind is not None and kind.policy.privacy.is_listed and feed.kind is None
    return replace(feed, kind=kind) if is_open else None


def _by_language(feed: PublicFeed, tag: str) -> PublicFeed | None:
    return replace(feed, language=tag) if is_known(tag) and feed.language is None else None


_NARROWER = {"centre": _by_centre, "kind": _by_kind, "language": _by_language}


def public_entries(feed: PublicFeed, window: Window) -> list[Entries]:
    """The meetings of a public feed; cancelled ones for 30 days after their start."""
    found = _public_entries(window)
    if feed.activity is None:
        found = found.where(is_by_itself())
    if feed.centre is not None:
        found = found.where(Activity.centre_id == feed.centre.id)
    if feed.kind is not None:
        found = found.where(Activity.kind == feed.kind)
    if feed.language is not None:
        found = found.where(speaks(feed.language))
    if feed.activity is not None:
        found = found.where(Activity.id == feed.activity.id)
    return [found]


@lru_cache(maxsize=2)
def _public_entries(window: Window) -> Entries:
    """What strangers may see, put into words once a day."""
    return _entries(literal(Look.PUBLIC), window).where(is_listed_meeting())


def _entries(
    look: ColumnElement[Any], window: Window, since: SQLColumnExpression[datetime] | None = None
) -> Entries:
    columns = (Meeting.id, Meeting.starts_at, look.label("look"))
    moment = null() if since is None else since
    return select(*columns, moment.label("since")).join(Meeting.activity).where(window.holds())


# --- secret links


def link_entries(link: FeedLink, window: Window, *, now: datetime) -> list[Entries]:
    """What stands in the calendar behind *link*; of a meeting that stands there twice the first
    counts."""
    if link.scope is Scope.CENTRE:
        return [_planned_by(link.person, window).where(Activity.centre_id == link.centre_id)]
    if link.scope is Scope.ROOM:
        listed = is_listed_meeting()
        return [_entries(literal(Look.OWN), window).where(listed, Meeting.room_id == link.room_id)]
    found = [_expected(link.person, window)]
    if children_of(link.person):
        found.append(_of_children(link.person, window))
    if link.with_offers:
        found.append(_asked(link.person, window, now))
    if link.with_open:
        found.append(_open_to(link.person, window, now))
    return found


def openable(person: Person) -> list[Centre | Room]:
    """The centres that *person* plans, each followed by its rooms: whose calendar they may have."""
    theirs = person.centres_where(Role.COORDINATOR)
    found: list[Centre | Room] = []
    rooms = rooms_of(theirs)
    for centre in db.session.scalars(
        select(Centre).where(Centre.id.in_(theirs)).order_by(Centre.name)
    ):
        found += [centre, *(room for room in rooms if room.centre_id == centre.id)]
    return found


def may_open(link: FeedLink) -> bool:
    """Whether its owner may still see what the link shows: a centre or a room only who plans it."""
    if link.scope is Scope.OWN:
        return True
    centre_id = link.room.centre_id if link.room else link.centre_id
    return centre_id in link.person.centres_where(Role.COORDINATOR)


def _expected(person: Person, window: Window) -> Entries:
    """Where *person* is expected. A protected meeting is a time and no more; for a mediator an
    appointment is its code and meeting point too, for two weeks after it; for whom it is about it
    stands in no calendar."""
    about_them = and_(Meeting.privacy == Privacy.INDIVIDUAL, Booking.part == Part.LEARNER)
    coded = [kind for kind in Kind if kind.policy.coded]
    shows_code = and_(
        Booking.part == Part.HELPER,
        Activity.kind.in_(coded),
        Meeting.starts_at >= window.today - CODES_LAST,
    )
    look = case(
        (Meeting.privacy.in_(LISTED), literal(Look.OWN)),
        (shows_code, literal(Look.CODE)),
        else_=literal(Look.HIDDEN),
    )
    agreed_at = (
        select(func.max(Assignment.changed_at))
        .join(Assignment.need)
        .where(Need.meeting_id == Meeting.id, Assignment.person_id == person.id)
        .correlate(Meeting)
        .scalar_subquery()
    )
    return (
        _entries(look, window, agreed_at)
        .join(Booking, Booking.meeting_id == Meeting.id)
        .where(Booking.person_id == person.id, is_shown(), is_published(), ~about_them)
    )


def _of_children(person: Person, window: Window) -> Entries:
    """Where the children are expected for whom *person* decides, as their own calendar would show
    it: a forwarded calendar names no child."""
    theirs = (
        select(Booking.id)
        .where(
            Booking.meeting_id == Meeting.id,
            Booking.person_id.in_(child_ids(person)),
            is_shown(),
        )
        .correlate(Meeting)
        .exists()
    )
    look = case((Meeting.privacy.in_(LISTED), literal(Look.OWN)), else_=literal(Look.HIDDEN))
    not_about_them = Meeting.privacy != Privacy.INDIVIDUAL
    return _entries(look, window).where(theirs, is_published(), not_about_them)


def _asked(person: Person, window: Window, now: datetime) -> Entries:
    """What *person* was asked and can still answer, and what they asked for themselves."""
    look = case(
        (Meeting.privacy.in_(LISTED), literal(Look.ASKED)), else_=literal(Look.HIDDEN_ASKED)
    )
    offers = offers_waiting(person, now=now).with_only_columns(Assignment.id).order_by(None)
    requested = and_(
        Assignment.state == State.REQUESTED,
        Meeting.status == Status.PLANNED,
        Meeting.starts_at > now,
    )
    return (
        _entries(look, window, func.max(Assignment.changed_at))
        .join(Need, Need.meeting_id == Meeting.id)
        .join(Assignment, Assignment.need_id == Need.id)
        .where(
            Assignment.person_id == person.id,
            is_published(),
            or_(Assignment.id.in_(offers), requested),
        )
        .group_by(Meeting.id)
    )


def _open_to(person: Person, window: Window, now: datetime) -> Entries:
    """Where *person* could help and nothing speaks against it: listed meetings only."""
    could = {one.need.meeting_id for one in where_needed(person, now=now) if one.may_be_taken}
    return _entries(literal(Look.OPEN), window).where(is_listed_meeting(), Meeting.id.in_(could))


def _planned_by(person: Person, window: Window) -> Entries:
    look = case((Meeting.privacy.in_(LISTED), literal(Look.OWN)), else_=literal(Look.HIDDEN))
    return _entries(look, window).where(is_meeting_planned_by(person), is_published())


def next_lapse(person: Person, *, now: datetime) -> datetime | None:
    """When the first of what *person* is asked or asked for lapses, or begins."""
    waiting = select(func.min(Assignment.lapses_at), func.min(Meeting.starts_at)).select_from(
        Assignment
    )
    lapses_at, starts_at = db.session.execute(
        waiting.join(Assignment.need)
        .join(Need.meeting)
        .where(
            Assignment.person_id == person.id,
            Assignment.state.in_((State.OFFERED, State.REQUESTED)),
            Meeting.starts_at > now,
            or_(Assignment.lapses_at.is_(None), Assignment.lapses_at > now),
        )
    ).one()
    return min(filter(None, (lapses_at, starts_at)), default=None)


def feed_link(token: str) -> FeedLink | None:
    """The link behind a token, revoked ones included."""
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


def cards_of(person: Person) -> Sequence[Card]:
    """Their card that still opens, and those that they had under another name; the last first."""
    found = select(Card).where(Card.person_id == person.id, Card.revoked_at.is_(None))
    own_first = found.order_by(Card.came_at.is_not(None), Card.made_at.desc(), Card.id)
    return db.session.scalars(own_first).all()
