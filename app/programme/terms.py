"""Terms: stretches of a centre's programme that are drafted, checked and published at once."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.models import Centre


class Term(Base):
    """A stretch of the programme of one centre that is drafted, checked and published at once.

    Until *published_at* nobody is told of its activities; those planned later are open at once.
    """

    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("centre_id", "name"),
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint("last_day >= first_day", name="ends_after_it_begins"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    name: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    published_at: Mapped[datetime | None]

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)
