"""Rooms, activities, their meetings, every change to them, and who is expected.

The pages say "session" where the code says `Meeting`: Flask and SQLAlchemy own that word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.people.models import Centre, Person
from app.programme.kinds import Kind, Privacy

FALLBACKS = ("ro", "en")


class Room(Base):
    """A room of a centre. It never holds two meetings at once."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("centre_id", "name"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    name: Mapped[str]
    capacity: Mapped[int]
    changed_at: Mapped[datetime]

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)


class Activity(Base):
    """A series of meetings: a course, an orientation, a women's group, a cultural activity.

    *language* is the one it is held in, *support_language* the one it is mediated into (BCP 47).
    """

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"),
        CheckConstraint(
            "kind <> 'womens_group' OR privacy IN ('protected', 'individual')",
            name="womens_group_is_protected",
        ),
        Index("ix_activity_centre_id_privacy", "centre_id", "privacy"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    coordinator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[Kind]
    privacy: Mapped[Privacy]
    language: Mapped[str] = mapped_column(default="ro")
    support_language: Mapped[str | None]
    level: Mapped[str | None]
    capacity: Mapped[int | None]
    women_only: Mapped[bool] = mapped_column(default=False)
    approval: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)
    coordinator: Mapped[Person] = relationship()
    texts: Mapped[list[ActivityText]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )
    confidants: Mapped[list[Confidant]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    def text_in(self, language: str) -> ActivityText:
        """The words in *language*, else Romanian, else English, else whichever there is."""
        by_language = {text.language: text for text in self.texts}
        wanted = (language, *FALLBACKS, *sorted(by_language))
        return next(by_language[tag] for tag in wanted if tag in by_language)

    def title_in(self, language: str) -> str:
        return self.text_in(language).title


class ActivityText(Base):
    """The title and description of an activity in one language."""

    __tablename__ = "activity_text"
    __table_args__ = (CheckConstraint("title <> ''", name="title_is_given"),)

    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    folded: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]


def fold(words: str) -> str:
    """*words* as they are searched: no case, no marks; "intalnire" finds "Întâlnire"."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


class Confidant(Base):
    """A coordinator who may know of a protected activity besides the one responsible."""

    __tablename__ = "confidant"

    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Status(StrEnum):
    PLANNED = "planned"
    CANCELLED = "cancelled"


class Meeting(Base):
    """One dated occurrence of an activity. *sequence* counts its changes (RFC 5545 §3.8.7.4)."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_meeting_activity_id_starts_at", "activity_id", "starts_at"),
        Index("ix_meeting_room_id_starts_at", "room_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    online_url: Mapped[str | None]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    status: Mapped[Status] = mapped_column(default=Status.PLANNED)
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    activity: Mapped[Activity] = relationship(lazy="joined", innerjoin=True)
    room: Mapped[Room | None] = relationship(lazy="joined")

    @property
    def zone(self) -> str:
        return self.activity.centre.zone

    @property
    def is_cancelled(self) -> bool:
        return self.status is Status.CANCELLED

    @property
    def kind(self) -> Kind:
        return self.activity.kind

    @property
    def is_secret(self) -> bool:
        """Whether nobody may learn of it who is not part of it."""
        return not self.activity.privacy.is_listed

    def is_open(self, now: datetime) -> bool:
        """Planned and not yet begun: people may still come to it or leave it."""
        return self.status is Status.PLANNED and now < self.starts_at


class ChangeKind(StrEnum):
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"

    @property
    def label(self) -> Any:
        return {
            "moved": _l("moved"),
            "cancelled": _l("cancelled"),
            "restored": _l("restored"),
        }[self.value]


class MeetingChange(Base):
    """Who changed what about a meeting, and when: the trail, and the cause of what people read."""

    __tablename__ = "meeting_change"
    __table_args__ = (UniqueConstraint("meeting_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    kind: Mapped[ChangeKind]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)

    by: Mapped[Person | None] = relationship()


class Part(StrEnum):
    """As what somebody is expected."""

    HELPER = "helper"
    LEARNER = "learner"


class Booking(Base):
    """One person expected at one meeting. The times are the meeting's, kept here so that the
    database itself can refuse that somebody is in two places at once. A cancelled meeting keeps its
    bookings, not *held*, so that everyone can be told and restored.
    """

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("person_id", "meeting_id"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_booking_person_id_starts_at", "person_id", "starts_at"),
        Index("ix_booking_meeting_id_part", "meeting_id", "part"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    part: Mapped[Part]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held: Mapped[bool] = mapped_column(default=True, server_default=text("true"))

    person: Mapped[Person] = relationship()
    meeting: Mapped[Meeting] = relationship()


def overlapping(rows: Sequence[Meeting], starts_at: datetime, ends_at: datetime) -> list[Meeting]:
    """Those of *rows* that share a moment with the half-open interval."""
    return [row for row in rows if row.starts_at < ends_at and starts_at < row.ends_at]
