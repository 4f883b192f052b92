"""Secret links to calendars, the cards that hold one, what is kept so that a poll costs next to
nothing, and who gets each session by mail instead.

`Touch` rows are written by the database itself (triggers, in the migrations): whatever changes a
meeting, by whichever way, no kept bytes can outlive it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.models import Centre, Person
from app.programme.models import Meeting
from app.programme.places import Room


class Scope(StrEnum):
    """Whose calendar a secret link opens."""

    OWN = "own"  # where its owner is expected
    CENTRE = "centre"  # what a centre puts on, for whoever plans it
    ROOM = "room"  # what takes place in one room, for whoever plans its centre


class FeedLink(Base):
    """One secret address of one person's calendar, for one device. It opens nothing else.

    Only the SHA-256 of its 256-bit token is kept. *alarm_minutes*: how long before a meeting the
    device rings; None for never. *with_offers*: what they are asked and have not answered stands in
    it too, as tentative; *with_open*: also the places that they could take.
    """

    __tablename__ = "feed_link"
    __table_args__ = (
        CheckConstraint("alarm_minutes IS NULL OR alarm_minutes > 0", name="alarm_minutes"),
        CheckConstraint("(scope = 'centre') = (centre_id IS NOT NULL)", name="scope_centre"),
        CheckConstraint("(scope = 'room') = (room_id IS NOT NULL)", name="scope_room"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    language: Mapped[str]
    scope: Mapped[Scope] = mapped_column(default=Scope.OWN, server_default=Scope.OWN.value)
    centre_id: Mapped[int | None] = mapped_column(
        ForeignKey("centre.id", ondelete="CASCADE"), index=True
    )
    room_id: Mapped[int | None] = mapped_column(
        ForeignKey("room.id", ondelete="CASCADE"), index=True
    )
    with_offers: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    with_open: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    alarm_minutes: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    fetched_by: Mapped[str | None]
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    centre: Mapped[Centre | None] = relationship()
    room: Mapped[Room | None] = relationship()

    @property
    def alarm(self) -> timedelta | None:
        return timedelta(minutes=self.alarm_minutes) if self.alarm_minutes else None


class Card(Base):
    """A paper, or a page kept on a telephone, that opens its holder's own page and calendar.

    Only the SHA-256 of its 256-bit token is kept. It signs nobody in. A person has one at a time;
    its calendar link ends with it. *made_by_id*: a coordinator; None where they came by themselves.
    *came_at*: since when it is also theirs, whom we knew under two names; it ends with their own.
    """

    __tablename__ = "card"
    __table_args__ = (
        Index(
            "ix_card_one_at_a_time",
            "person_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND came_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL AND came_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed_link.id", ondelete="SET NULL"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None]
    came_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    feed: Mapped[FeedLink | None] = relationship()


class Look(StrEnum):
    """What one reader sees of a meeting (``docs/privacy.md``)."""

    PUBLIC = "public"  # a stranger: the room only where the activity is public
    OWN = "own"  # who is expected there, or plans it: the place too
    ASKED = "asked"  # who is asked to come
    OPEN = "open"  # who could take a place
    HIDDEN = "hidden"  # a protected one: a time and a neutral word
    HIDDEN_ASKED = "hidden_asked"
    CODE = "code"  # the mediator of an appointment: its code and meeting point


class InviteWish(Base):
    """Somebody who wants each of their sessions as an invitation by e-mail."""

    __tablename__ = "invite_wish"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime]


class Invite(Base):
    """One letter to the calendar of one person about one session, owed with a notice.

    *shows* is the digest of what it shows; None where it takes the session out. It outlives its
    meeting: *ref*, the times and the zone are what a program needs to find the event then. Whether
    it left, the notice knows.
    """

    __tablename__ = "invite"
    __table_args__ = (
        UniqueConstraint("person_id", "ref", "sequence"),
        CheckConstraint("sequence >= 0", name="sequence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    meeting_id: Mapped[int | None] = mapped_column(
        ForeignKey("meeting.id", ondelete="SET NULL"), index=True
    )
    ref: Mapped[str]
    sequence: Mapped[int]
    shows: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    zone: Mapped[str]
    made_at: Mapped[datetime]

    meeting: Mapped[Meeting | None] = relationship()


class KeptEvent(Base):
    """One meeting as one look in one language, written down (`calendar.Kept`).

    Good while *version* is the number of `Touch`es of the meeting and *generation* that of the
    house's settings, words and places.
    """

    __tablename__ = "kept_event"

    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True
    )
    look: Mapped[Look] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    generation: Mapped[str]
    body: Mapped[bytes]
    ringing: Mapped[bytes]
    zone: Mapped[str]


class KeptFeed(Base):
    """A whole feed as it was last written: the gzipped *body*, its SHA-256 (hence its ETag) and
    since when it reads like this (its Last-Modified).

    Good while *version* is that of its subjects and until *fresh_until*, when the next meeting
    enters or leaves its window.
    """

    __tablename__ = "kept_feed"

    key: Mapped[str] = mapped_column(primary_key=True)
    link_id: Mapped[int | None] = mapped_column(
        ForeignKey("feed_link.id", ondelete="CASCADE"), unique=True
    )
    digest: Mapped[str]
    since: Mapped[datetime]
    version: Mapped[str]
    fresh_until: Mapped[datetime]
    body: Mapped[bytes]


class Subject(StrEnum):
    """Of what a change is counted."""

    MEETING = "meeting"
    PERSON = "person"  # where somebody is expected, asked, or has a role
    CENTRE = "centre"  # what it puts on
    HOUSE = "house"  # centres and rooms: nearly everything says where it is


class Touch(Base):
    """Something that a feed shows of a subject changed *weight* times (*subject_id* is 0 for the
    house). Rows are only added, so that nobody waits for anybody; their sum is the version of the
    subject. `operations.fold_touches` makes one row of many.
    """

    __tablename__ = "feed_touch"
    __table_args__ = (
        Index("ix_feed_touch_subject_subject_id_weight", "subject", "subject_id", "weight"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[Subject]
    subject_id: Mapped[int]
    weight: Mapped[int] = mapped_column(default=1, server_default="1")
