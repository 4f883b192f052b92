"""Secret links to personal calendars, and when each feed last read differently."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.models import Person


class FeedLink(Base):
    """One secret address of one person's calendar, for one device. It opens nothing else.

    Only the SHA-256 of its 256-bit token is kept. *alarm_minutes*: how long before a meeting the
    device rings; None for never.
    """

    __tablename__ = "feed_link"
    __table_args__ = (
        CheckConstraint("alarm_minutes IS NULL OR alarm_minutes > 0", name="alarm_minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    language: Mapped[str]
    alarm_minutes: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    fetched_by: Mapped[str | None]
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()

    @property
    def alarm(self) -> timedelta | None:
        return timedelta(minutes=self.alarm_minutes) if self.alarm_minutes else None


class FeedVersion(Base):
    """What a feed last read like (SHA-256 of its bytes) and since when: its ETag, Last-Modified."""

    __tablename__ = "feed_version"

    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    since: Mapped[datetime]
