"""Needs, and the people asked, asking or confirmed for them, with the trace of each decision."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.models import Meeting
from app.staffing.eligibility import Rule


class Need(Base):
    """So many people in a role at one meeting, in a language at a level or better.

    *interpreting*: the level is that of interpreting, not of speaking. *trainees*: so many may come
    along to learn; they do not fill the need. *relay*: two people may do it through a third
    language. *via* (BCP 47): whoever comes speaks this language too; it marks the half of a relay.
    """

    __tablename__ = "need"
    __table_args__ = (
        CheckConstraint("wanted > 0", name="wanted"),
        CheckConstraint("level IS NULL OR language IS NOT NULL", name="level_has_a_language"),
        CheckConstraint("trainees >= 0", name="trainees"),
        CheckConstraint("NOT relay OR language IS NOT NULL", name="relay_has_a_language"),
        CheckConstraint("via IS NULL OR language IS NOT NULL", name="via_has_a_language"),
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
    interpreting: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    trainees: Mapped[int] = mapped_column(default=0, server_default="0")
    relay: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    via: Mapped[str | None]

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
    LAPSED = "lapsed"  # they were asked and did not answer in time, or another was faster

    @property
    def label(self) -> Any:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.OFFERED: _l("asked, no answer yet"),
    State.REQUESTED: _l("would like to come"),
    State.CONFIRMED: _l("confirmed"),
    State.DECLINED: _l("declined"),
    State.WITHDRAWN: _l("gave the place up"),
    State.LAPSED: _l("asked, no longer open"),
}


ALIVE = (State.OFFERED, State.REQUESTED, State.CONFIRMED)
"""While somebody is asked, asks or is expected."""


class Assignment(Base):
    """One person and one need: an offer, a request, or a place.

    *stand_in_wanted_at*: since when they would rather not come; until somebody else is confirmed
    the place is theirs.
    """

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
    trainee: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    stand_in_wanted_at: Mapped[datetime | None]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    need: Mapped[Need] = relationship(back_populates="assignments")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])
    overrides: Mapped[list[Override]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Override.id"
    )

    def is_open_offer(self, now: datetime) -> bool:
        """Asked, not yet answered, and not yet lapsed."""
        if self.state is not State.OFFERED or not self.need.meeting.is_open(now):
            return False
        return self.lapses_at is None or now < self.lapses_at


class Override(Base):
    """One rule that a coordinator let somebody pass at one need, and why. Of a rule about time it
    holds while the meeting begins at *starts_at*."""

    __tablename__ = "override"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason_is_given"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), index=True
    )
    rule: Mapped[Rule]
    reason: Mapped[str]
    starts_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]

    by: Mapped[Person | None] = relationship()


class Decision(Base):
    """One step of one assignment: what it became, when, through whom, and why. Never changed."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[State]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    why: Mapped[dict[str, Any]] = mapped_column(JSON)

    assignment: Mapped[Assignment] = relationship()
    by: Mapped[Person | None] = relationship()


class Progress(StrEnum):
    """How far an asking has come."""

    RUNNING = "running"
    FILLED = "filled"
    NOBODY_LEFT = "nobody_left"
    STOPPED = "stopped"

    @property
    def label(self) -> Any:
        return {
            "running": _l("asking"),
            "filled": _l("filled"),
            "nobody_left": _l("nobody is left to ask"),
            "stopped": _l("stopped"),
        }[self.value]


class Asking(Base):
    """Asking ranked people for one need, *at_once* at a time, each for *lasts_minutes*; who says no
    or nothing is followed by the next in line. *stand_in_for*: whose place it is. *passed_over*: of
    those who could not be asked, how many each rule kept out (rule -> number)."""

    __tablename__ = "asking"
    __table_args__ = (
        CheckConstraint("at_once > 0", name="at_once"),
        CheckConstraint("lasts_minutes > 0", name="lasts_minutes"),
        Index(
            "uq_asking_running",
            "need_id",
            unique=True,
            sqlite_where=text("progress = 'running'"),
            postgresql_where=text("progress = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    stand_in_for_id: Mapped[int | None] = mapped_column(
        ForeignKey("assignment.id", ondelete="SET NULL")
    )
    made_at: Mapped[datetime]
    at_once: Mapped[int] = mapped_column(default=1)
    lasts_minutes: Mapped[int]
    passed_over: Mapped[dict[str, int]] = mapped_column(JSON)
    progress: Mapped[Progress] = mapped_column(default=Progress.RUNNING)
    ended_at: Mapped[datetime | None]

    need: Mapped[Need] = relationship()
    by: Mapped[Person | None] = relationship()
    stand_in_for: Mapped[Assignment | None] = relationship()
    line: Mapped[list[InLine]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="InLine.position"
    )


class InLine(Base):
    """One person in the line of an asking: their place in it, what spoke for them, and how it went.

    *outcome* is null while their turn has not come; ``asked``; or why they were passed over.
    """

    __tablename__ = "in_line"
    __table_args__ = (UniqueConstraint("asking_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    asking_id: Mapped[int] = mapped_column(ForeignKey("asking.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    position: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    asking: Mapped[Asking] = relationship(back_populates="line")
    person: Mapped[Person] = relationship()


class Swap(Base):
    """The holder of *mine* proposes to the holder of *theirs* that each takes the other's place."""

    __tablename__ = "swap"
    __table_args__ = (CheckConstraint("mine_id <> theirs_id", name="two_places"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    mine_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), index=True
    )
    theirs_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[State] = mapped_column(default=State.OFFERED)
    made_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    mine: Mapped[Assignment] = relationship(foreign_keys=[mine_id])
    theirs: Mapped[Assignment] = relationship(foreign_keys=[theirs_id])

    def is_open(self, now: datetime) -> bool:
        return self.state is State.OFFERED and now < self.lapses_at
