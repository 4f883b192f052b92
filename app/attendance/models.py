"""Which participants were there, who said so, and what is known of a course and its members."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.attendance.marks import Mark, Tap
from app.certificates.models import Certificate
from app.database import Base
from app.people.models import Person
from app.programme.models import Activity, Meeting

USUAL_THRESHOLD = 75
"""Percent of the hours that a certificate of attendance wants where nothing else was said."""


class Attendance(Base):
    """What counts of one participant at one meeting: the last word of all (`marks`). Without a
    *mark* it was taken back. Whoever has a row and no place came without one."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("meeting_id", "person_id"),
        Index("ix_attendance_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    mark: Mapped[Mark | None]
    key: Mapped[str]
    said_at: Mapped[datetime]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    meeting: Mapped[Meeting] = relationship()
    said_by: Mapped[Person | None] = relationship(foreign_keys=[said_by_id])

    @property
    def tap(self) -> Tap:
        """The word that counts."""
        return Tap(self.key, self.said_at, self.mark)


class AttendanceTap(Base):
    """Each word that was ever said of it, also those that came too late to count. *key* is unique:
    what a telephone sends twice is one."""

    __tablename__ = "attendance_tap"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    attendance_id: Mapped[int] = mapped_column(
        ForeignKey("attendance.id", ondelete="CASCADE"), index=True
    )
    mark: Mapped[Mark | None]
    said_at: Mapped[datetime]
    received_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    attendance: Mapped[Attendance] = relationship()
    by: Mapped[Person | None] = relationship()


class CourseRule(Base):
    """Percent of the hours that one course wants for its certificate, where not the usual."""

    __tablename__ = "course_rule"
    __table_args__ = (CheckConstraint("threshold BETWEEN 1 AND 100", name="threshold"),)

    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True
    )
    threshold: Mapped[int]

    activity: Mapped[Activity] = relationship()


class Placement(Base):
    """What a placement test or a talk found; without a *level* it is not known yet. The last one
    counts, the others stay as the trace."""

    __tablename__ = "placement"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    level: Mapped[str | None]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


class LevelOverride(Base):
    """Somebody stays in a group of another *level* than the one they were *placed* in, and why."""

    __tablename__ = "level_override"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason_is_given"),
        Index("ix_level_override_activity_id_person_id", "activity_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    placed: Mapped[str]
    level: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


class StartOverride(Base):
    """A group begins with fewer than its minimum: with how many, who decided so, and why."""

    __tablename__ = "start_override"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason_is_given"),
        CheckConstraint("number < minimum", name="fewer_than_the_minimum"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    minimum: Mapped[int]
    reason: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    activity: Mapped[Activity] = relationship()
    by: Mapped[Person | None] = relationship()


class CoursePaper(Base):
    """Which course a certificate of attendance, or a confirmation of hours, is about."""

    __tablename__ = "course_paper"

    certificate_id: Mapped[int] = mapped_column(
        ForeignKey("certificate.id", ondelete="CASCADE"), primary_key=True
    )
    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), index=True
    )

    certificate: Mapped[Certificate] = relationship()
    activity: Mapped[Activity] = relationship()
