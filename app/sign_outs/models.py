"""That somebody was signed out everywhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.people.models import Person


class SignOut(Base):
    """Every sign-in of one person was ended: when, by whom, and what else with them. Whether there
    were any is not kept."""

    __tablename__ = "sign_out"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    devices: Mapped[bool]
    calendars: Mapped[bool]

    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])
