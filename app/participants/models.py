"""That two people became one, and that two of nearly one name are two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.people.models import Person


class Merge(Base):
    """Somebody was known twice. The one with *gone_ref* became *person*: when, by which colleague,
    and how many rows of which table *moved*. Of the other nothing else is kept."""

    __tablename__ = "merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    gone_ref: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    moved: Mapped[dict[str, Any]] = mapped_column(JSON)

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


class NotSame(Base):
    """Somebody on the staff said that these are two people: nobody is asked again."""

    __tablename__ = "not_same"
    __table_args__ = (CheckConstraint("person_id < other_id", name="one_row_a_pair"),)

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])
