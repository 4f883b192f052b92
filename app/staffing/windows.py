"""When those who help are free: the weekly windows and the dated exceptions they told us."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, new_ref
from app.staffing.availability import Answer


class WeeklyWindow(Base):
    """On one weekday (0: Monday) from *starts* to *ends*, in the zone of its person."""

    __tablename__ = "weekly_window"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts < ends", name="ends_after_start"),
        Index("ix_weekly_window_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]
    answer: Mapped[Answer]


class DatedWindow(Base):
    """From one instant to another: away (the answer is no) or, beyond the usual week, there.

    *batch* names the calendar file it came from, of which nothing but the times is kept.
    """

    __tablename__ = "dated_window"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        Index("ix_dated_window_person_id_ends_at", "person_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    answer: Mapped[Answer]
    batch: Mapped[str | None]
