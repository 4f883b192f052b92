"""Where meetings take place: rooms, venues outside, and how far the centres lie apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _
from app.people.models import Centre


class Room(Base):
    """A room of a centre, or a venue outside it that has an *address* of its own. It never holds
    two meetings at once. *step_free*: whether a wheelchair or a pram gets in."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("centre_id", "name"),
        Index("uq_room_ref", "ref", unique=True),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(default=new_ref)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    name: Mapped[str]
    capacity: Mapped[int]
    address: Mapped[str | None]
    step_free: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    note: Mapped[str] = mapped_column(default="", server_default="")
    in_use: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    changed_at: Mapped[datetime]

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)

    @property
    def label(self) -> str:
        """As one chooses it: its name, how many it holds, and whether everybody gets in."""
        facts = {"room": self.name, "number": self.capacity}
        if self.step_free:
            return _("%(room)s (%(number)s, step-free)", **facts)
        return _("%(room)s (%(number)s)", **facts)

    @property
    def whole_address(self) -> str:
        """Where one goes: the venue's own address, else the centre's."""
        return self.address or self.centre.address


class TravelTime(Base):
    """How long it takes to get from one centre to another, either way, in minutes."""

    __tablename__ = "travel_time"
    __table_args__ = (
        CheckConstraint("from_id < to_id", name="one_row_a_pair"),
        CheckConstraint("minutes >= 0", name="minutes"),
    )

    from_id: Mapped[int] = mapped_column(
        ForeignKey("centre.id", ondelete="CASCADE"), primary_key=True
    )
    to_id: Mapped[int] = mapped_column(
        ForeignKey("centre.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    minutes: Mapped[int]
