"""Reminding: a question asked again and again, never a pile of appointments. Never commits.

Who is expected at a meeting that begins in two hours, by this time tomorrow or in a week, wants to
be reminded then, and was not yet? Move the meeting and the answer changes by itself: the key of a
reminder holds the meeting's sequence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased, contains_eager

from app.extensions import db
from app.notices.models import Kind, Notice, State
from app.notices.operations import Owed, post_all
from app.notices.queries import does_not_want
from app.notices.timing import Lead, call_from, due_before, lead_due
from app.people.guardians import Guardianship
from app.people.models import Person
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, Meeting, Status
from app.reminders.models import ALL, MEETING, ReminderWish
from app.reminders.told import Reading, Told, reminded_of_the_same, told_lately, where_and_when

HORIZONS = {
    Lead.WEEK: timedelta(days=7, hours=2),  # on the wall it may be an hour or two longer
    Lead.DAY: timedelta(hours=26),
    Lead.HOURS: timedelta(hours=2),
}
CALL_HORIZON = timedelta(hours=42)  # from the morning of the day before
LATEST = timedelta(minutes=30)  # before the start: afterwards a reminder is of no use
USUAL = {Lead.WEEK: False, Lead.DAY: True, Lead.HOURS: False}


@dataclass(frozen=True)
class Due:
    """One reminder that is due: whose place, who is reminded of it (a child has no letters of its
    own), and how long before."""

    booking: Booking
    lead: Lead
    reader: Person

    @property
    def whom(self) -> tuple[int, int]:
        return self.reader.id, self.booking.meeting_id


def post_reminders(*, now: datetime) -> int:
    """Owe the reminders that are due, each once. How many were new."""
    return _post(_due(now + LATEST, now), now, even_waiting=True)


def report_missed(*, now: datetime) -> int:
    """Whoever should have been reminded and was not, as after a long outage, is on the call list in
    the last half hour, even where another letter still waits to tell them. How many were new."""
    late = [one for one in _due(now, now) if one.booking.starts_at <= now + LATEST]
    return _post(late, now, even_waiting=False)


def _due(starts_after: datetime, now: datetime) -> list[Due]:
    return [
        due
        for lead in Lead
        for booking, reader, *wants in _all_not_reminded(lead, starts_after, now)
        if _is_due(due := Due(booking, lead, reader), wants, now)
    ]


def _all_not_reminded(
    lead: Lead, starts_after: datetime, now: datetime
) -> Iterator[Row[Booking, Person, bool, bool, bool]]:
    """Whoever reads of their own place, then who reads of a child's."""
    for of_children in (False, True):
        yield from not_reminded(lead, starts_after=starts_after, now=now, of_children=of_children)


def _is_due(due: Due, wants: Sequence[bool], now: datetime) -> bool:
    wanted = [each for each, is_wanted in zip(Lead, wants, strict=True) if is_wanted]
    booking, zone = due.booking, due.booking.meeting.activity.centre.tz
    found = lead_due(booking.starts_at, wanted, zone=zone, now=now)
    if due.lead is Lead.DAY and found is not Lead.HOURS:
        return _since(due) <= now
    return found is due.lead


def _post(due: Collection[Due], now: datetime, *, even_waiting: bool) -> int:
    if not due:
        return 0
    since = min(_since(one) for one in due)
    told = told_lately([_reading(one) for one in due], since=since, even_waiting=even_waiting)
    fresh = [one for one in due if not _was_told(one, told)]
    again = reminded_of_the_same([(_reading(one), one.lead) for one in fresh])
    owed = [_owed(one) for one in fresh if one.whom not in again]  # moved and moved back
    post_all(owed, now=now)
    return len(owed)


def _reading(due: Due) -> Reading:
    return due.reader.id, due.booking.meeting


def _owed(due: Due) -> Owed:
    meeting, of_child = due.booking.meeting, due.reader is not due.booking.person
    return Owed(
        to=due.reader,
        kind=Kind.REMINDER,
        key=key_of(meeting, due.lead),
        about={
            "meeting": meeting.id,
            "sequence": meeting.sequence,
            "lead": due.lead.value,
            **where_and_when(meeting),
            **({"child": due.booking.person_id} if of_child else {}),
        },
        responsible=meeting.activity.coordinator,
        confidential=meeting.is_secret,
        not_after=meeting.starts_at - LATEST,
    )


def _since(due: Due) -> datetime:
    """When it is due; whom nobody can write to is called from the morning on."""
    starts_at, zone = due.booking.starts_at, due.booking.meeting.activity.centre.tz
    if due.lead is Lead.DAY and due.reader.email is None:
        return call_from(starts_at, zone)
    return due_before(starts_at, due.lead, zone)


def _was_told(due: Due, told: Told) -> bool:
    """Whether another letter said so since the reminder is due."""
    at = told.get(due.whom)
    return at is not None and at >= _since(due)


def key_of(meeting: Meeting, lead: Lead) -> str:
    """What makes a reminder of this state of a meeting the only one so long before."""
    return f"{meeting.ref}:{meeting.sequence}{_ENDS[lead]}"


_ENDS = {Lead.WEEK: ":week", Lead.DAY: "", Lead.HOURS: ":hours"}


def not_reminded(
    lead: Lead, *, starts_after: datetime, now: datetime, of_children: bool = False
) -> Sequence[Row[Booking, Person, bool, bool, bool]]:
    """Who is expected soon, wants this reminder and has none of the meeting as it now is; with who
    reads it and which reminders they want, in the order of `Lead`. *of_children*: the places of
    children, with each who decides for them; otherwise nobody's who has somebody for that."""
    special, usual = aliased(ReminderWish), aliased(ReminderWish)
    wants = {each: _wants(each, special, usual) for each in Lead}
    found = (
        select(Booking, Person, wants[Lead.WEEK], wants[Lead.DAY], wants[Lead.HOURS])
        .select_from(Booking)
        .join(Person, _reads(of_children))
        .join(Booking.meeting)
        .join(Meeting.activity)
        .outerjoin(Notice, _reminder(lead))
        .outerjoin(special, _wish(special, _sort_of_session()))
        .outerjoin(usual, _wish(usual, ALL))
        .where(
            Notice.id.is_(None),
            Booking.held,
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > starts_after,
            _is_near(lead, now),
            wants[lead],
            ~does_not_want(Person.id, Kind.REMINDER),
        )
        .options(contains_eager(Booking.meeting).contains_eager(Meeting.activity))
        .order_by(Meeting.starts_at, Booking.id)
    )
    if not of_children:
        found = found.where(~_is_looked_after()).options(contains_eager(Booking.person))
    if not USUAL[lead]:  # so that only the places of those few are looked at
        found = found.where(Person.id.in_(_wishing(lead)))
    return db.session.execute(found).all()


def _reads(of_children: bool) -> ColumnElement[bool]:
    if not of_children:
        return Person.id == Booking.person_id
    deciding = select(Guardianship.guardian_id).where(
        Guardianship.child_id == Booking.person_id, Guardianship.blocked_at.is_(None)
    )
    return and_(Person.id.in_(deciding), Person.is_active, _is_looked_after())


def _is_looked_after() -> ColumnElement[bool]:
    """Places of somebody without an address, for whom somebody else decides."""
    child, guardian = aliased(Person), aliased(Person)
    return exists(
        select(Guardianship.child_id)
        .join(child, child.id == Guardianship.child_id)
        .join(guardian, guardian.id == Guardianship.guardian_id)
        .where(
            Guardianship.child_id == Booking.person_id,
            Guardianship.blocked_at.is_(None),
            child.email.is_(None),
            guardian.is_active,
        )
        .correlate(Booking)
    )


def _is_near(lead: Lead, now: datetime) -> ColumnElement[bool]:
    near = Meeting.starts_at <= now + HORIZONS[lead]
    if lead is not Lead.DAY:
        return near
    called = and_(Person.email.is_(None), Meeting.starts_at <= now + CALL_HORIZON)
    return or_(near, called)


def _wishing(lead: Lead) -> Select[int]:
    return select(ReminderWish.person_id).where(getattr(ReminderWish, lead.value))


def _reminder(lead: Lead) -> ColumnElement[bool]:
    return and_(
        Notice.person_id == Person.id,
        Notice.kind == Kind.REMINDER,
        Notice.key == Meeting.ref + ":" + cast(Meeting.sequence, String) + _ENDS[lead],
        Notice.state != State.DROPPED,  # somebody who left and came back is reminded after all
    )


def _sort_of_session() -> ColumnElement[str]:
    """What a wish names: the kind, unless the session is protected."""
    listed = Meeting.privacy.in_((Privacy.PUBLIC, Privacy.MEMBERS))
    return case((listed, cast(Activity.kind, String)), else_=MEETING)


def _wish(wish: type[ReminderWish], about: ColumnElement[str] | str) -> ColumnElement[bool]:
    return and_(wish.person_id == Person.id, wish.about == about)


def _wants(
    lead: Lead, special: type[ReminderWish], usual: type[ReminderWish]
) -> ColumnElement[bool]:
    named = (getattr(wish, lead.value) for wish in (special, usual))
    return func.coalesce(*named, USUAL[lead])
