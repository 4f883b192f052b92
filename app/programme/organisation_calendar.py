"""The organisation's own calendar: closed days, school holidays, hints for planning."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.people.models import Centre


class DayKind(StrEnum):
    """What a stretch of days in the organisation calendar means for planning."""

    CLOSED = "closed"  # weekly sessions are skipped
    SCHOOL_HOLIDAY = "school_holiday"  # skipped where the series wants it, else a warning
    NOTE = "note"  # a hint, no more

    @property
    def label(self) -> Any:
        return {
            "closed": _l("The centre is closed"),
            "school_holiday": _l("School holiday"),
            "note": _l("A hint for planning"),
        }[self.value]


class CalendarEntry(Base):
    """Days that matter for planning, of one centre or (no centre) of all of them. Public holidays
    are not among them: the code knows those. *batch*: what came with one imported file."""

    __tablename__ = "calendar_entry"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint("last_day >= first_day", name="ends_after_it_begins"),
        Index("ix_calendar_entry_last_day_centre_id", "last_day", "centre_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    kind: Mapped[DayKind]
    name: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    batch: Mapped[str | None] = mapped_column(index=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    made_at: Mapped[datetime]

    centre: Mapped[Centre | None] = relationship(lazy="joined")
