"""The organisation's own calendar: closed days, school holidays, hints for planning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.extensions import db
from app.i18n import _l
from app.people.models import Centre, Person
from app.people.terms import Role
from app.programme.calendar_import import Found


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


def entries_planned_by(person: Person) -> Select[CalendarEntry]:
    """The entries *person* sees and may change, by time: those of the centres they plan, and those
    of all centres."""
    theirs = person.centres_where(Role.COORDINATOR)
    return (
        select(CalendarEntry)
        .where(or_(CalendarEntry.centre_id.in_(theirs), CalendarEntry.centre_id.is_(None)))
        .order_by(CalendarEntry.first_day, CalendarEntry.last_day, CalendarEntry.id)
    )


def known_days(centre: Centre | None) -> frozenset[Found]:
    """What stands in the calendar of *centre* already, or of all centres, as an import sees it."""
    known = select(CalendarEntry.first_day, CalendarEntry.last_day, CalendarEntry.name).where(
        CalendarEntry.centre_id.is_(None)
        if centre is None
        else or_(CalendarEntry.centre_id == centre.id, CalendarEntry.centre_id.is_(None))
    )
    return frozenset(Found(first, last, name) for first, last, name in db.session.execute(known))


def add_days(
    found: Sequence[Found],
    *,
    kind: DayKind,
    centre: Centre | None,
    batch: str | None = None,
    by: Person,
    now: datetime,
) -> list[CalendarEntry]:
    """Put days into the calendar of one centre or of all; *batch*: those of one file together."""
    entries = [
        CalendarEntry(
            centre=centre,
            kind=kind,
            name=one.name,
            first_day=one.first_day,
            last_day=one.last_day,
            batch=batch,
            made_by_id=by.id,
            made_at=now,
        )
        for one in found
    ]
    db.session.add_all(entries)
    return entries
