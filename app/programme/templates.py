"""Plans kept to be used again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.models import Centre


class Template(Base):
    """A plan kept to be used again: *outline* is an `Outline` as JSON, without dates or people."""

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("centre_id", "name"),
        CheckConstraint("name <> ''", name="name_is_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    name: Mapped[str]
    outline: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)
