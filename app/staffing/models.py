"""Needs, and the people asked, asking or confirmed for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.models import Meeting


class Need(Base):
    """So many people in a role at one meeting, in a language at a level or better."""

    __tablename__ = "need"
    __table_args__ = (
        CheckConstraint("wanted > 0", name="wanted"),
        CheckConstraint("level IS NULL OR language IS NOT NULL", name="level_has_a_language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[Role]
    language: Mapped[str | None]
    level: Mapped[Level | None]
    wanted: Mapped[int] = mapped_column(default=1)
    women_only: Mapped[bool] = mapped_column(default=False)
    check_required: Mapped[bool] = mapped_column(default=False)

    meeting: Mapped[Meeting] = relationship(lazy="joined", innerjoin=True)
    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="need", passive_deletes=True, order_by="Assignment.id"
    )


class State(StrEnum):
    """Where one person stands with one need."""

    OFFERED = "offered"  # we asked them
    REQUESTED = "requested"  # they asked us
    CONFIRMED = "confirmed"  # they are expected
    DECLINED = "declined"  # they said no, or we did
    WITHDRAWN = "withdrawn"  # they were expected and gave the place up

    @property
    def label(self) -> Any:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.OFFERED: _l("asked, no answer yet"),
    State.REQUESTED: _l("would like to come"),
    State.CONFIRMED: _l("confirmed"),
    State.DECLINED: _l("declined"),
    State.WITHDRAWN: _l("gave the place up"),
}


class Assignment(Base):
    """One person and one need: an offer, a request, or a place."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("need_id", "person_id"),
        Index(
            "ix_assignment_confirmed",
            "need_id",
            sqlite_where=text("state = 'confirmed'"),
            postgresql_where=text("state = 'confirmed'"),
        ),
        Index("ix_assignment_person_id_state", "person_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    state: Mapped[State]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    lapses_at: Mapped[datetime | None]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    need: Mapped[Need] = relationship(back_populates="assignments")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])

    def is_open_offer(self, now: datetime) -> bool:
        """Asked, not yet answered, and not yet lapsed."""
        if self.state is not State.OFFERED or not self.need.meeting.is_open(now):
            return False
        return self.lapses_at is None or now < self.lapses_at
