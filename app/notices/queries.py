"""Reads about the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.extensions import db
from app.notices.ledger import StoppedAddress
from app.notices.models import (
    TO_CALL,
    Kind,
    Notice,
    Silence,
    State,
    Unwanted,
)
from app.people.consents import Purpose, who_refuses
from app.people.guardians import child_ids, decides_for
from app.people.models import Membership, Person
from app.people.terms import STAFF, Role

CALL_FOR = timedelta(days=7)
OF_USE_FOR = timedelta(days=1)
"""After its last moment a message is nothing to call for any more, and hides no later one."""
PACED = "paced"
"""The code of what waits for its reader's next letter."""


def oldest_due(*, now: datetime) -> datetime | None:
    """When the oldest message that should have left by now was due; None if none waits.

    What a server put off for the sake of one mailbox (4xx, 5xx) is late only when its next try is;
    what could not reach a server at all has been late since it was due. What we kept for later, so
    that nobody gets too many letters, is late only then too.
    """
    put_off = or_(
        Notice.last_code == PACED,
        and_(Notice.attempts > 0, or_(Notice.last_code.like("4__"), Notice.last_code.like("5__"))),
    )
    since = case((put_off, Notice.next_try_at), else_=Notice.due_at)
    # Word for word as in the partial index: what is due later is not even looked at.
    unsent = text("notice.state IN ('pending', 'claimed', 'sending')")
    waiting = select(func.min(since)).where(unsent, Notice.due_at <= now, since <= now)
    oldest: datetime | None = db.session.scalars(waiting).one()
    return oldest


def call_list(staff: Person, *, now: datetime) -> Select[Notice]:
    """What could not be delivered and *staff* may know of: a telephone call is owed instead.

    Everyone on the staff of a centre sees its people's; of protected meetings only who is
    responsible for them. Whoever must not be called is left to who is responsible, or keeps the
    silence around them.
    """
    theirs = select(Membership.person_id).where(
        Membership.centre_id.in_(staff.centres_where(*STAFF))
    )
    return (
        select(Notice)
        .where(
            Notice.state.in_(TO_CALL),
            Notice.kind.in_([kind for kind in Kind if kind.is_called_for]),
            Notice.failed_at > now - CALL_FOR,
            or_(Notice.not_after.is_(None), Notice.not_after > now - OF_USE_FOR),
            or_(
                Notice.responsible_id == staff.id,
                and_(
                    Notice.confidential.is_(False),
                    Notice.person_id.in_(theirs),
                    or_(~must_not_be_called(), _is_kept_silent_by(staff)),
                ),
            ),
        )
        .order_by(func.coalesce(Notice.not_after, Notice.due_at), Notice.id)
    )


def concerned(notice: Notice) -> Person | None:
    """Whose places a message is about: its reader's, or those of a child for whom the reader
    decides at this moment; None where they do not, as if they never had."""
    child_id = notice.about.get("child")
    if child_id is None:
        return notice.person
    if not decides_for(notice.person, child_id):
        return None
    return db.session.get(Person, child_id, populate_existing=True)


def sent_messages(reader: Person) -> Select[Notice]:
    """The latest messages that left: one's own, and for an administrator those to the people of
    their centres that are not confidential."""
    theirs = select(Membership.person_id).where(
        Membership.centre_id.in_(reader.centres_where(Role.ADMINISTRATOR))
    )
    readable = and_(Notice.confidential.is_(False), Notice.person_id.in_(theirs))
    return (
        select(Notice)
        .where(
            Notice.state == State.SENT,
            or_(and_(Notice.person_id == reader.id, ~_was_of_child(reader)), readable),
        )
        .order_by(Notice.sent_at.desc(), Notice.id.desc())
        .limit(100)
    )


def _was_of_child(reader: Person) -> ColumnElement[bool]:
    """Letters of which a part is about a child for whom *reader* does not decide any more."""
    other = aliased(Notice)
    child = other.about["child"].as_integer()
    return exists().where(
        other.person_id == reader.id,
        func.coalesce(other.letter, other.ref) == func.coalesce(Notice.letter, Notice.ref),
        child.is_not(None),
        child.not_in(child_ids(reader)),
    )


def does_not_want(person_id: InstrumentedAttribute[int], kind: Kind) -> ColumnElement[bool]:
    """Whether that person said no to messages of that *kind*."""
    return exists().where(Unwanted.person_id == person_id, Unwanted.topic == kind.topic)


def is_reached() -> ColumnElement[bool]:
    """People to whom letters may leave: active, with an address that takes them, who did not refuse
    them and are not in silent contact."""
    refused = Person.id.in_(who_refuses(Purpose.EMAIL))
    stopped = exists().where(
        StoppedAddress.person_id == Person.id,
        StoppedAddress.address == Person.email,
        StoppedAddress.ended_at.is_(None),
    )
    silent = exists().where(Silence.person_id == Person.id)
    return and_(Person.is_active, Person.email.is_not(None), ~refused, ~stopped, ~silent)


def must_not_be_called() -> ColumnElement[bool]:
    """Whether the reader of a notice is in silent contact or wants no calls."""
    silent = exists().where(Silence.person_id == Notice.person_id)
    refused = Notice.person_id.in_(who_refuses(Purpose.TELEPHONE))
    return or_(silent, refused)


def _is_kept_silent_by(staff: Person) -> ColumnElement[bool]:
    return exists().where(Silence.person_id == Notice.person_id, Silence.by_id == staff.id)
