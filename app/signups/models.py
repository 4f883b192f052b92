"""Learners' places, and who would like to have one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.knocks import Knock
from app.people.models import Person
from app.programme.models import Activity, Meeting


class Enrolment(Base):
    """One learner's place in one activity, from *joined_at* until *left_at*.

    Whoever comes to single sessions only has a booking there, and no enrolment.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("activity_id", "person_id"),
        CheckConstraint("left_at IS NULL OR left_at >= joined_at", name="leaves_after_joining"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    person: Mapped[Person] = relationship()


class JoinWish(Base):
    """Which activity, or which single meeting of it, somebody who knocks would like to come to.

    It holds no place and goes with its knock. *waits*: they were told that all places are taken,
    and would like to wait for one.
    """

    __tablename__ = "join_wish"

    knock_id: Mapped[int] = mapped_column(
        ForeignKey("knock.id", ondelete="CASCADE"), primary_key=True
    )
    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), index=True
    )
    meeting_id: Mapped[int | None] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), index=True
    )
    waits: Mapped[bool]

    knock: Mapped[Knock] = relationship()
    activity: Mapped[Activity] = relationship()
    meeting: Mapped[Meeting | None] = relationship()


class WaitingState(StrEnum):
    """``waiting → offered → accepted``, or to the next person."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    LEFT = "left"  # no longer wanted, or the activity is over


STILL_WAITING = (WaitingState.WAITING, WaitingState.OFFERED)


class Waiting(Base):
    """People who wait together for places in one activity: one person, or a family that comes all
    together or not at all. `fairness` says who is offered a place, and until when.

    An offer keeps its places free until *lapses_at*. *kept_from*: since when places are kept free
    for a family for which there were too few; once only.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        CheckConstraint(
            "state <> 'offered' OR (offered_at IS NOT NULL AND lapses_at IS NOT NULL)",
            name="an_offer_has_its_time",
        ),
        CheckConstraint("offered_at < lapses_at", name="an_offer_lasts"),
        CheckConstraint(
            "(state IN ('waiting', 'offered')) = (ended_at IS NULL)", name="ends_with_its_state"
        ),
        Index("ix_waiting_activity_id_state", "activity_id", "state"),
        Index(
            "ix_waiting_open",
            "state",
            "lapses_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    state: Mapped[WaitingState] = mapped_column(default=WaitingState.WAITING)
    asked_at: Mapped[datetime]
    kept_from: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]
    lapses_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    members: Mapped[list[WaitingMember]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="WaitingMember.person_id"
    )

    @property
    def people(self) -> list[Person]:
        """Who waits, by number."""
        return [member.person for member in self.members]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def is_open_offer(self, now: datetime) -> bool:
        """Whether a yes still gives the places."""
        lapses_at = self.lapses_at
        return self.state is WaitingState.OFFERED and lapses_at is not None and now < lapses_at


class WaitingMember(Base):
    """One of those who wait together."""

    __tablename__ = "waiting_member"

    waiting_id: Mapped[int] = mapped_column(
        ForeignKey("waiting.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    person: Mapped[Person] = relationship()
