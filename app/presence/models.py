"""Whether somebody who helps was there, from when to when, who says so, and every change of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.models import Person
from app.people.terms import Role
from app.programme.models import Meeting


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of somebody at one meeting: that they did not come, or from when to when."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def came(self) -> bool:
        return self.starts_at is not None

    def to_json(self) -> dict[str, Any]:
        """The instants as ISO 8601 in UTC; null where they did not come."""
        return {
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
        }


MISSED = Word()


class Presence(Base):
    """What counts of one person at one meeting, and as what they helped. Without times they did not
    come.

    *own_starts_at*, *own_ends_at*: the person's own word where it differs from what counts;
    *disputed_at*: since when a coordinator has to look at it. *instead_of*: whose place they took.
    """

    __tablename__ = "presence"
    __table_args__ = (
        UniqueConstraint("person_id", "meeting_id"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("own_ends_at > own_starts_at", name="own_ends_after_start"),
        CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)"
            " AND (own_starts_at IS NULL) = (own_ends_at IS NULL)",
            name="both_times_or_neither",
        ),
        Index(
            "ix_presence_disputed",
            "meeting_id",
            sqlite_where=text("disputed_at IS NOT NULL"),
            postgresql_where=text("disputed_at IS NOT NULL"),
        ),
        Index("ix_presence_meeting_id", "meeting_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    role: Mapped[Role]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    said_at: Mapped[datetime]
    own_starts_at: Mapped[datetime | None]
    own_ends_at: Mapped[datetime | None]
    disputed_at: Mapped[datetime | None]
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    meeting: Mapped[Meeting] = relationship(lazy="joined", innerjoin=True)
    said_by: Mapped[Person | None] = relationship(foreign_keys=[said_by_id])
    instead_of: Mapped[Person | None] = relationship(foreign_keys=[instead_of_id])
    changes: Mapped[list[PresenceChange]] = relationship(
        back_populates="presence",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="PresenceChange.id",
    )

    @property
    def word(self) -> Word:
        """What counts."""
        return Word(self.starts_at, self.ends_at)

    @property
    def own_word(self) -> Word:
        """What the person says instead; `MISSED` where they say nothing else."""
        return Word(self.own_starts_at, self.own_ends_at)

    @property
    def came(self) -> bool:
        return self.starts_at is not None

    @property
    def is_disputed(self) -> bool:
        return self.disputed_at is not None

    @property
    def is_own(self) -> bool:
        """Whether what counts is the person's own word."""
        return self.said_by_id == self.person_id

    @property
    def minutes(self) -> int:
        """Whole minutes of attendance; never planned ones."""
        if self.starts_at is None or self.ends_at is None:
            return 0
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


class PresenceChange(Base):
    """Who said what of a presence and when: what counted *before* and *after*. Never changed."""

    __tablename__ = "presence_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    presence_id: Mapped[int] = mapped_column(
        ForeignKey("presence.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    own: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    presence: Mapped[Presence] = relationship(back_populates="changes")
    by: Mapped[Person | None] = relationship()
