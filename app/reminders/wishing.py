"""Choosing when to be reminded and when not to be woken. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import delete, select, update

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind, Notice, State
from app.notices.timing import QUIET, Lead
from app.notices.wishes import ON_THE_WAY
from app.people.models import Person
from app.programme.kinds import Kind as Sort
from app.refusal import Refusal
from app.reminders.models import ALL, MEETING, ReminderWish

SORTS = (Sort.COURSE.value, Sort.ORIENTATION.value, Sort.CULTURAL.value, MEETING)
"""What may be wished apart from `ALL`; what is protected is nowhere named."""
MOST_QUIET = timedelta(hours=16)


class TooQuiet(Refusal):
    message = _l("Leave at least eight hours a day in which a message may reach you.")


def wishes_of(person: Person) -> dict[str, frozenset[Lead]]:
    """About what -> when *person* is reminded; always with `ALL`, a day before unless wished."""
    rows = db.session.scalars(select(ReminderWish).where(ReminderWish.person_id == person.id))
    known = {row.about: frozenset(lead for lead in Lead if getattr(row, lead)) for row in rows}
    return {ALL: frozenset({Lead.DAY})} | known


def wish(person: Person, wishes: Mapping[str, frozenset[Lead]]) -> None:
    """Exactly *wishes* count from now on. Reminders that wait are asked for anew."""
    lock(person)
    db.session.execute(delete(ReminderWish).where(ReminderWish.person_id == person.id))
    for about, leads in wishes.items():
        if about == ALL or about in SORTS:
            wanted = {lead.value: lead in leads for lead in Lead}
            db.session.add(ReminderWish(person_id=person.id, about=about, **wanted))
    _ask_anew(person)
    db.session.flush()


def keep_quiet(person: Person, hours: tuple[time, time] | None) -> None:
    """Nothing wakes *person* between those hours; None: the usual ones. Raises `TooQuiet`."""
    lock(person)
    begins, ends = hours or QUIET
    if _length(begins, ends) > MOST_QUIET:
        raise TooQuiet
    usual = hours is None or hours == QUIET
    person.quiet_from, person.quiet_until = (None, None) if usual else (begins, ends)
    _ask_anew(person)


def _length(begins: time, ends: time) -> timedelta:
    day = datetime(2000, 1, 1).date()  # noqa: DTZ001
    length = datetime.combine(day, ends) - datetime.combine(day, begins)
    return length if length >= timedelta() else length + timedelta(days=1)


def _ask_anew(person: Person) -> None:
    """Drop the reminders that have not left: what is wanted and due is owed again in a minute."""
    db.session.execute(
        update(Notice)
        .where(
            Notice.person_id == person.id,
            Notice.kind == Kind.REMINDER,
            Notice.state.in_(ON_THE_WAY),
        )
        .values(state=State.DROPPED, claim=None)
        .execution_options(synchronize_session=False)
    )
