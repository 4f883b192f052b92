"""What came from the calendars of partners, and what a newer file says of it: reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from app.database import Base, new_ref
from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Role
from app.programme.models import Meeting
from app.programme.partner_import import Held, Item, Programme
from app.programme.queries import meetings_planned_by
from app.programme.terms import Term


class PartnerCalendar(Base):
    """The programme of a partner, such as a museum, as its calendar files bring it to one centre.
    *term*: the one that was made for it."""

    __tablename__ = "partner_calendar"
    __table_args__ = (CheckConstraint("name <> ''", name="name_is_given"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id", ondelete="SET NULL"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime]

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)
    term: Mapped[Term | None] = relationship()


class PartnerEvent(Base):
    """One time of a partner's event, what the file said of it last, and the meeting that it became.

    *uid* and *which* name it in the file; *batch*: what came with one file. *gone_at*: when a file
    came that has it no more, and its meeting was cancelled for that."""

    __tablename__ = "partner_event"
    __table_args__ = (UniqueConstraint("calendar_id", "uid", "which"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("partner_calendar.id", ondelete="CASCADE"))
    uid: Mapped[str]
    which: Mapped[str]
    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), unique=True
    )
    batch: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    place: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]

    calendar: Mapped[PartnerCalendar] = relationship()
    meeting: Mapped[Meeting] = relationship()


@dataclass(frozen=True)
class Changed:
    """What stands in the programme already and is otherwise in the file."""

    event: PartnerEvent
    item: Item
    held: Held

    @property
    def moves(self) -> bool:
        now = self.event.meeting
        return (self.held.starts_at, self.held.ends_at) != (now.starts_at, now.ends_at)

    @property
    def returns(self) -> bool:
        return self.event.gone_at is not None

    @property
    def retitled(self) -> bool:
        return self.event.title != self.item.title

    @property
    def elsewhere(self) -> bool:
        return self.event.place != self.item.place


@dataclass(frozen=True)
class Line:
    """What one event of the file would bring: new times, changed ones, and how many are as before.
    *beside*: what the centre has at those new times."""

    item: Item
    new: tuple[Held, ...] = ()
    changed: tuple[Changed, ...] = ()
    same: int = 0
    beside: tuple[Meeting, ...] = ()

    @property
    def does_something(self) -> bool:
        return bool(self.new or self.changed)

    def titles_beside(self, language: str) -> list[str]:
        """What the centre has at those times, each title once."""
        return list(dict.fromkeys(one.title_in(language) for one in self.beside))


@dataclass(frozen=True)
class Comparison:
    """What a file would bring to the programme of a centre. *calendar*: the one it is a newer file
    of; *gone*: what that has no more."""

    calendar: PartnerCalendar | None
    lines: tuple[Line, ...]
    gone: tuple[PartnerEvent, ...]

    @property
    def touched(self) -> list[Meeting]:
        """The meetings that may become something else."""
        changed = [one.event.meeting for line in self.lines for one in line.changed]
        return [*changed, *(one.meeting for one in self.gone)]


def partner_calendars_planned_by(person: Person) -> Select[PartnerCalendar]:
    """Those of the centres that *person* plans, by name."""
    theirs = person.centres_where(Role.COORDINATOR)
    return (
        select(PartnerCalendar)
        .where(PartnerCalendar.centre_id.in_(theirs))
        .order_by(PartnerCalendar.name, PartnerCalendar.id)
    )


def compare(programme: Programme, centre: Centre, *, by: Person, now: datetime) -> Comparison:
    """The file beside what came from the same partner before. What *by* does not plan, or what has
    begun or was cancelled here, stays as it is."""
    uids = {item.uid for item in programme.items} | (programme.unread - {""})
    known = _known(centre, uids)
    calendar = _most_often(known)
    if calendar is None:
        return Comparison(None, tuple(Line(item, new=item.times) for item in programme.items), ())
    events = _events_of(calendar)
    mine = _open_to(by, events, now)
    by_name = {(one.uid, one.which): one for one in events}
    lines = tuple(_line(item, by_name, mine) for item in programme.items)
    live = {(item.uid, held.which) for item in programme.items for held in item.times}
    gone = [
        one
        for one in events
        if one.meeting_id in mine
        and one.gone_at is None
        and one.starts_at < programme.until
        and (one.uid, one.which) not in live
        and one.uid not in programme.unread
    ]
    return Comparison(calendar, lines, tuple(gone))


def _known(centre: Centre, uids: set[str]) -> Sequence[PartnerEvent]:
    return db.session.scalars(
        select(PartnerEvent)
        .join(PartnerEvent.calendar)
        .where(PartnerCalendar.centre_id == centre.id, PartnerEvent.uid.in_(sorted(uids)))
    ).all()


def _most_often(known: Sequence[PartnerEvent]) -> PartnerCalendar | None:
    """The calendar that holds most of them, the older one of two."""
    counts: dict[int, int] = {}
    for one in known:
        counts[one.calendar_id] = counts.get(one.calendar_id, 0) + 1
    if not counts:
        return None
    return db.session.get(PartnerCalendar, max(counts, key=lambda key: (counts[key], -key)))


def _events_of(calendar: PartnerCalendar) -> Sequence[PartnerEvent]:
    return db.session.scalars(
        select(PartnerEvent)
        .where(PartnerEvent.calendar_id == calendar.id)
        .order_by(PartnerEvent.starts_at, PartnerEvent.id)
        .options(selectinload(PartnerEvent.meeting))
    ).all()


def _open_to(by: Person, events: Sequence[PartnerEvent], now: datetime) -> dict[int, Meeting]:
    """The meetings, by id, that a file may still change."""
    ids = [one.meeting_id for one in events]
    found = meetings_planned_by(by).where(Meeting.id.in_(ids), Meeting.starts_at > now)
    ours = {one.meeting_id for one in events if one.gone_at is not None}
    coming = db.session.scalars(found.execution_options(populate_existing=True)).all()
    return {one.id: one for one in coming if not one.is_cancelled or one.id in ours}


def _line(
    item: Item, by_name: dict[tuple[str, str], PartnerEvent], mine: dict[int, Meeting]
) -> Line:
    new, changed, same = [], [], 0
    for held in item.times:
        event = by_name.get((item.uid, held.which))
        if event is None:
            new.append(held)
        elif event.meeting_id in mine and _differs(event, item, held):
            changed.append(Changed(event, item, held))
        else:
            same += 1
    return Line(item, tuple(new), tuple(changed), same)


def _differs(event: PartnerEvent, item: Item, held: Held) -> bool:
    before = (event.title, event.place, event.starts_at, event.ends_at)
    says = (item.title, item.place, held.starts_at, held.ends_at)
    return before != says or event.gone_at is not None
