"""Activities, their meetings, every change to them, and who is expected.

The pages say "session" where the code says `Meeting`: Flask and SQLAlchemy own that word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.people.models import Centre, Person
from app.programme.codes import NO_CODE, is_code
from app.programme.kinds import MINORS, AgeBand, Kind, Privacy, Service, Topic
from app.programme.places import Room
from app.programme.terms import Term

FALLBACKS = ("ro", "en")


class Activity(Base):
    """A series of meetings: a course, an orientation, a women's group, a cultural activity.

    *language* is the one it is held in, *support_language* the one it is mediated into (BCP 47).
    A draft has no *published_at*: only those who plan it know of it, and nobody is told anything.
    *target_hours* counts teaching hours of *hour_minutes* each. *minimum* is the size below which a
    group should not start, *capacity* the largest. *beside*: the activity whose childcare it is.
    """

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"),
        CheckConstraint("minimum IS NULL OR minimum > 0", name="minimum"),
        CheckConstraint("minimum <= capacity", name="minimum_fits_in"),
        CheckConstraint("target_hours IS NULL OR target_hours > 0", name="target_hours"),
        CheckConstraint("hour_minutes BETWEEN 30 AND 60", name="hour_minutes"),
        CheckConstraint(
            "kind <> 'individual' OR privacy = 'individual'", name="appointment_is_individual"
        ),
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
    term_id: Mapped[int | None] = mapped_column(
        ForeignKey("term.id", ondelete="SET NULL"), index=True
    )
    published_at: Mapped[datetime | None]
    age: Mapped[AgeBand | None]
    target_hours: Mapped[int | None]
    hour_minutes: Mapped[int] = mapped_column(default=60, server_default="60")
    minimum: Mapped[int | None]
    placement: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    topic: Mapped[Topic | None]
    families: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    transport: Mapped[str | None]
    service: Mapped[Service | None]
    meeting_point: Mapped[str | None]
    beside_id: Mapped[int | None] = mapped_column(
        ForeignKey("activity.id", ondelete="SET NULL"), index=True
    )
    changed_at: Mapped[datetime]

    term: Mapped[Term | None] = relationship()
    beside: Mapped[Activity | None] = relationship(remote_side=[id])
    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)
    coordinator: Mapped[Person] = relationship()
    texts: Mapped[list[ActivityText]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )
    confidants: Mapped[list[Confidant]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def is_with_minors(self) -> bool:
        """Whether whoever helps is with people under 18, so that law 118/2019 asks for a check."""
        return self.kind is Kind.CHILDCARE or self.age in MINORS

    @property
    def is_childcare_beside(self) -> bool:
        """Whether it is there for the children of those who come to another activity."""
        return self.kind is Kind.CHILDCARE and self.beside_id is not None

    @property
    def is_forgotten(self) -> bool:
        """Whether it is an appointment of which only the time is left."""
        titles = {one.title for one in self.texts}
        return self.privacy is Privacy.INDIVIDUAL and titles == {NO_CODE}

    def text_in(self, language: str) -> ActivityText:
        """The words in *language*, else Romanian, else English, else whichever there is."""
        return _best(self.texts, language)

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


class MeetingText(Base):
    """The title that one meeting has instead of its activity's, in one language."""

    __tablename__ = "meeting_text"
    __table_args__ = (CheckConstraint("title <> ''", name="title_is_given"),)

    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    folded: Mapped[str]
    changed_at: Mapped[datetime]


Text = TypeVar("Text", "ActivityText", "MeetingText")


def _best(texts: Iterable[Text], language: str) -> Text:
    by_language: dict[str, Text] = {text.language: text for text in texts}
    wanted = (language, *FALLBACKS, *sorted(by_language))
    return next(by_language[tag] for tag in wanted if tag in by_language)


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
    """One dated occurrence of an activity. *sequence* counts its changes (RFC 5545 §3.8.7.4).

    *privacy* is the activity's, or stricter. *by_hand*: its time or room was changed for itself, so
    that a change of the series leaves it as it is. *beside*: the meeting whose childcare it is.
    """

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
    privacy: Mapped[Privacy] = mapped_column(server_default=Privacy.PROTECTED.value)
    by_hand: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    beside_id: Mapped[int | None] = mapped_column(
        ForeignKey("meeting.id", ondelete="SET NULL"), index=True
    )
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    activity: Mapped[Activity] = relationship(lazy="joined", innerjoin=True)
    room: Mapped[Room | None] = relationship(lazy="joined")
    beside: Mapped[Meeting | None] = relationship(remote_side=[id])
    texts: Mapped[list[MeetingText]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )

    def text_in(self, language: str) -> ActivityText | MeetingText:
        """Its own title where it has one, else the activity's words."""
        return _best(self.texts, language) if self.texts else self.activity.text_in(language)

    def title_in(self, language: str) -> str:
        return self.text_in(language).title

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
        return not self.privacy.is_listed

    @property
    def is_draft(self) -> bool:
        return self.activity.is_draft

    @property
    def is_online(self) -> bool:
        """Whether nobody has to get anywhere for it."""
        return self.room_id is None and self.online_url is not None

    @property
    def code(self) -> str | None:
        """What stands for an appointment instead of a title; None for everything else."""
        title = self.activity.title_in("ro")
        return title if self.kind.policy.coded and is_code(title) else None

    @property
    def place(self) -> str:
        """The meeting point; else the room, where there is one, and the address."""
        centre = self.activity.centre
        if self.activity.meeting_point:
            return self.activity.meeting_point
        if self.room is None:
            return f"{centre.name}, {centre.address}"
        return f"{self.room.name}, {centre.name}, {self.room.whole_address}"

    def is_open(self, now: datetime) -> bool:
        """Planned and not yet begun: people may still come to it or leave it."""
        return self.status is Status.PLANNED and now < self.starts_at


class ChangeKind(StrEnum):
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    TITLE = "title"
    PRIVACY = "privacy"
    NEEDS = "needs"
    LINK = "link"

    @property
    def label(self) -> Any:
        return {
            "moved": _l("moved"),
            "cancelled": _l("cancelled"),
            "restored": _l("restored"),
            "title": _l("another title"),
            "privacy": _l("another visibility"),
            "needs": _l("other helpers needed"),
            "link": _l("another link"),
        }[self.value]

    @property
    def is_told(self) -> bool:
        """Whether those who are expected must hear of it; each counts in the sequence."""
        return self in TOLD


TOLD = (ChangeKind.MOVED, ChangeKind.CANCELLED, ChangeKind.RESTORED)


class Scope(StrEnum):
    """Which meetings of a series a change is about, seen from one of them."""

    THIS = "this"
    WEEK = "week"
    LATER = "later"
    ALL = "all"

    @property
    def label(self) -> Any:
        return {
            "this": _l("Only this session"),
            "week": _l("The sessions of this week"),
            "later": _l("This one and all later ones"),
            "all": _l("All coming sessions"),
        }[self.value]


class Edit(Base):
    """One deed of a coordinator on one or several meetings of an activity: what one undo undoes."""

    __tablename__ = "edit"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), index=True
    )
    scope: Mapped[Scope]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("edit.id", ondelete="SET NULL"))

    activity: Mapped[Activity] = relationship()
    by: Mapped[Person | None] = relationship()


class MeetingChange(Base):
    """Who changed what about a meeting, and when: the trail, and the cause of what people read.

    *before* and *after* hold what differs or, for what is told, all of `changing.facts_of`."""

    __tablename__ = "meeting_change"
    __table_args__ = (
        Index(
            "uq_meeting_change_told",
            "meeting_id",
            "sequence",
            unique=True,
            sqlite_where=text("kind IN ('moved', 'cancelled', 'restored')"),
            postgresql_where=text("kind IN ('moved', 'cancelled', 'restored')"),
        ),
        Index("ix_meeting_change_meeting_id", "meeting_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    edit_id: Mapped[int | None] = mapped_column(
        ForeignKey("edit.id", ondelete="SET NULL"), index=True
    )
    sequence: Mapped[int]
    kind: Mapped[ChangeKind]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)

    meeting: Mapped[Meeting] = relationship()
    by: Mapped[Person | None] = relationship()
    edit: Mapped[Edit | None] = relationship()


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
