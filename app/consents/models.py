"""That a mediator is asked to talk with somebody about what they might agree to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.consents import Purpose
from app.people.models import Person


class ConsentTalk(Base):
    """*mediator* tells a person in *language* what one agrees to and notes what they say, because
    *asked_by*, who wants to know, must not. Until then the mediator knows them by a *code* that is
    said at the desk. Gone when it is answered."""

    __tablename__ = "consent_talk"
    __table_args__ = (
        UniqueConstraint("person_id", "purpose"),
        CheckConstraint(
            "mediator_id <> asked_by_id AND mediator_id <> person_id", name="somebody_else_talks"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    code: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    mediator_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose]
    language: Mapped[str]
    made_at: Mapped[datetime]
    lapses_at: Mapped[datetime]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    mediator: Mapped[Person] = relationship(foreign_keys=[mediator_id])
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id])
