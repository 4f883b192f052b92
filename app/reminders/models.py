"""How long before a session somebody wishes to be reminded of it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class ReminderWish(Base):
    """The reminders that one person wants *about* one sort of sessions: a kind of activity,
    `MEETING` for whatever is protected, or `ALL`. Whoever wished nothing is reminded a day before.
    """

    __tablename__ = "reminder_wish"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    about: Mapped[str] = mapped_column(String(32), primary_key=True)
    week: Mapped[bool]
    day: Mapped[bool]
    hours: Mapped[bool]


ALL = "all"
MEETING = "meeting"
