"""Who says what is missing, and which activities were made of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.listening.adding import Said
from app.listening.gaps import Gap, Matter, PartOfDay
from app.people.models import Centre, Person
from app.programme.models import Activity


class Voice(Base):
    """One person says what is missing: for themselves or, *for_others*, for so many *people* whom
    they know and do not name. The same counts once until it is answered.

    *tell*: they want to hear when there is something. *note* is read by the coordinators of the
    centre only, and forgotten soon. *reply*: the activity that answered it.
    """

    __tablename__ = "voice"
    __table_args__ = (
        CheckConstraint("people BETWEEN 1 AND 20", name="people"),
        CheckConstraint("for_others OR people = 1", name="one_speaks_for_oneself"),
        CheckConstraint("lapses_at > said_at", name="lapses_after_it_was_said"),
        CheckConstraint("(note = '') = (noted_at IS NULL)", name="a_note_has_its_date"),
        Index(
            "uq_voice_once",
            "person_id",
            "centre_id",
            "matter",
            "level",
            "language",
            "part",
            "for_others",
            unique=True,
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index("ix_voice_centre_id_lapses_at", "centre_id", "lapses_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    matter: Mapped[Matter]
    level: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    part: Mapped[PartOfDay]
    for_others: Mapped[bool] = mapped_column(default=False)
    people: Mapped[int] = mapped_column(default=1)
    childcare: Mapped[bool] = mapped_column(default=False)
    tell: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(default="", server_default="")
    noted_at: Mapped[datetime | None]
    said_at: Mapped[datetime]
    lapses_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    reply_id: Mapped[int | None] = mapped_column(
        ForeignKey("reply.id", ondelete="SET NULL"), index=True
    )

    person: Mapped[Person] = relationship()
    centre: Mapped[Centre] = relationship()
    reply: Mapped[Reply | None] = relationship()

    @property
    def gap(self) -> Gap:
        return Gap(self.centre_id, self.matter, self.level, self.language, self.part)

    @property
    def said(self) -> Said:
        """As it adds up."""
        return Said(
            who=self.person_id,
            gap=self.gap,
            for_others=self.for_others,
            people=self.people,
            childcare=self.childcare,
            since=self.said_at,
        )


class Reply(Base):
    """An activity that was made of what is missing. Whoever asked for it is told once, when it is
    published; from then on *people* is for how many they had asked."""

    __tablename__ = "reply"
    __table_args__ = (
        UniqueConstraint("activity_id", "matter", "level", "language", "part"),
        CheckConstraint("(told_at IS NULL) = (people IS NULL)", name="counted_when_told"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    matter: Mapped[Matter]
    level: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    part: Mapped[PartOfDay]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    made_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    people: Mapped[int | None]

    activity: Mapped[Activity] = relationship()
    by: Mapped[Person | None] = relationship()

    @property
    def gap(self) -> Gap:
        centre = self.activity.centre_id
        return Gap(centre, self.matter, self.level, self.language, self.part)
