"""Learners' places."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.people.models import Person
from app.programme.models import Activity


class Enrolment(Base):
    """One learner's place in one activity, from *joined_at* until *left_at*."""

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
