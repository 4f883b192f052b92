"""Reads about the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, func, or_, select

from app.extensions import db
from app.notices.models import TO_CALL, UNSENT, Notice, State
from app.people.models import Membership, Person
from app.people.terms import STAFF, Role

CALL_FOR = timedelta(days=7)


def oldest_due(*, now: datetime) -> datetime | None:
    """When the oldest message that should have left by now was due; None if none waits.

    What a server put off for the sake of one mailbox (4xx, 5xx) is late only when its next try is;
    what could not reach a server at all has been late since it was due.
    """
    put_off = and_(
        Notice.attempts > 0, or_(Notice.last_code.like("4__"), Notice.last_code.like("5__"))
    )
    since = case((put_off, Notice.next_try_at), else_=Notice.due_at)
    waiting = select(func.min(since)).where(Notice.state.in_(UNSENT), since <= now)
    oldest: datetime | None = db.session.scalars(waiting).one()
    return oldest


def call_list(staff: Person, *, now: datetime) -> Select[Notice]:
    """What could not be delivered and *staff* may know of: a telephone call is owed instead.

    Everyone on the staff of a centre sees its people's; of protected meetings only who is
    responsible for them.
    """
    theirs = select(Membership.person_id).where(
        Membership.centre_id.in_(staff.centres_where(*STAFF))
    )
    return (
        select(Notice)
        .where(
            Notice.state.in_(TO_CALL),
            Notice.failed_at > now - CALL_FOR,
            or_(
                Notice.responsible_id == staff.id,
                and_(Notice.confidential.is_(False), Notice.person_id.in_(theirs)),
            ),
        )
        .order_by(Notice.due_at, Notice.id)
    )


def sent_messages(reader: Person) -> Select[Notice]:
    """The latest messages that left: one's own, and for an administrator those to the people of
    their centres that are not confidential."""
    theirs = select(Membership.person_id).where(
        Membership.centre_id.in_(reader.centres_where(Role.ADMINISTRATOR))
    )
    readable = and_(Notice.confidential.is_(False), Notice.person_id.in_(theirs))
    return (
        select(Notice)
        .where(Notice.state == State.SENT, or_(Notice.person_id == reader.id, readable))
        .order_by(Notice.sent_at.desc(), Notice.id.desc())
        .limit(100)
    )
