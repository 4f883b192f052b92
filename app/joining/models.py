"""Cards for those whom no letter reaches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.feeds.models import FeedLink
from app.people.models import Person


class Card(Base):
    """A paper, or a page kept on a telephone, that opens its holder's own page and calendar.

    Only the SHA-256 of its 256-bit token is kept. It signs nobody in. A person has one at a time;
    its calendar link ends with it. *made_by_id*: a coordinator; None where they came by themselves.
    *came_at*: since when it is also theirs, whom we knew under two names; it ends with their own.
    """

    __tablename__ = "card"
    __table_args__ = (
        Index(
            "ix_card_one_at_a_time",
            "person_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND came_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL AND came_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed_link.id", ondelete="SET NULL"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None]
    came_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    feed: Mapped[FeedLink | None] = relationship()
