"""Who sends what is due: claims, leases, and what becomes of those of the dead.

A message that is only claimed can change hands at any time: it leaves after its holder wrote down,
in the same row, that it leaves now. Only from then on nobody else touches it, for `LEASE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, or_, select, text, true, update

from app.extensions import db
from app.notices.channels import Channel
from app.notices.ledger import Attempt, Outcome
from app.notices.models import Kind, Notice, State

BATCH = 20
HOLD = timedelta(minutes=2)  # so long nobody else looks at what a worker took and did not begin
LEASE = timedelta(minutes=20)  # more than ten times the longest send: 60 seconds
MOST_ERRORS = 5
GIVE_UP = timedelta(days=2)  # then somebody telephones, while there is still time

# Word for word as in the partial indexes: neither database would find them by bound values.
_UNSENT = text("notice.state IN ('pending', 'claimed', 'sending')")


def claim(
    name: str, *, now: datetime, most: int = BATCH, only: ColumnElement[bool] | None = None
) -> list[int]:
    """Take what is due, or *only* some of it, and what a dead worker left behind, for `HOLD`.
    Commits.

    What is of a kind that this version does not know stays where it is, for one that does.
    """
    _end_crashed(now)
    these = true() if only is None else only
    due = (
        select(Notice.id)
        .where(_UNSENT, Notice.next_try_at <= now, Notice.kind.in_(tuple(Kind)), these)
        .order_by(Notice.next_try_at, Notice.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = db.session.scalars(
        update(Notice)
        .where(Notice.id.in_(found_once(due)))
        .values(state=State.CLAIMED, claim=name, lease_until=now + HOLD, next_try_at=now + HOLD)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return sorted(taken)


def found_once(found: Select[int]) -> Select[int]:
    """*found* to stand inside a statement that changes those rows. As a plain subquery PostgreSQL
    may ask it once more for each row it compares: it skips what it locked before and so takes more
    than the limit. With `FOR UPDATE` in it a `WITH` is always kept as it was first found
    (https://www.postgresql.org/docs/current/queries-with.html)."""
    return select(found.cte("found").c.id)


def _end_crashed(now: datetime) -> None:
    """What a worker began to send and never came back to: perhaps it left. What may not be repeated
    fails, and so does what broke off too often."""
    # Its next try is the end of its lease, and by that the index finds it.
    left = (_UNSENT, Notice.next_try_at < now, Notice.state == State.SENDING)
    crashed = db.session.scalars(select(Notice.id).where(*left).with_for_update()).all()
    if not crashed:
        return
    db.session.execute(
        update(Attempt)
        .where(Attempt.notice_id.in_(crashed), Attempt.ended_at.is_(None))
        .values(outcome=Outcome.CRASHED, ended_at=now)
        .execution_options(synchronize_session=False)
    )
    broke_off = (
        select(Attempt.notice_id)
        .where(Attempt.notice_id.in_(crashed), Attempt.outcome == Outcome.CRASHED)
        .group_by(Attempt.notice_id)
        .having(db.func.count() >= MOST_ERRORS)
    )
    charged_for = select(Attempt.notice_id).where(
        Attempt.notice_id.in_(crashed),
        Attempt.outcome == Outcome.CRASHED,
        Attempt.channel == Channel.SMS,
        Attempt.started_at >= Notice.due_at,
    )
    final = or_(
        Notice.kind.in_(_not_repeated()),
        Notice.id.in_(broke_off),
        Notice.id.in_(charged_for.correlate(Notice)),
    )
    db.session.execute(
        update(Notice)
        .where(Notice.id.in_(crashed), *left, final)
        .values(state=State.FAILED, last_code="crashed", claim=None, failed_at=now)
        .execution_options(synchronize_session=False)
    )


def _not_repeated() -> list[Kind]:
    return [kind for kind in Kind if not kind.may_repeat]


def release(name: str, ids: Sequence[int], *, now: datetime) -> None:
    """Give back what was claimed and not begun; anybody may take it at once. Commits."""
    db.session.rollback()
    db.session.execute(
        update(Notice)
        .where(Notice.id.in_(ids), Notice.claim == name, Notice.state == State.CLAIMED)
        .values(state=State.PENDING, claim=None, next_try_at=now)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def give_back(names: Sequence[str], *, now: datetime, began: bool = False) -> None:
    """What these workers hold is for others: they are gone, or know that it did not leave. Of those
    that are gone what they *began* to send perhaps left."""
    if not names:
        return
    free = [State.CLAIMED] if began else [State.CLAIMED, State.SENDING]
    held = Notice.claim.in_(names)
    db.session.execute(
        update(Notice)
        .where(held, Notice.state.in_(free))
        .values(state=State.PENDING, claim=None, next_try_at=now)
        .execution_options(synchronize_session=False)
    )
    if began:
        ended = now - timedelta(microseconds=1)
        db.session.execute(
            update(Notice)
            .where(held, Notice.state == State.SENDING)
            .values(lease_until=ended, next_try_at=ended)
            .execution_options(synchronize_session=False)
        )


def was_taken(name: str, attempts: Sequence[int], *, now: datetime) -> None:
    """A worker that is gone had just sent these (ids), and could not say so any more."""
    theirs = (Attempt.id.in_(attempts), Attempt.worker == name)
    db.session.execute(
        update(Notice)
        .where(
            Notice.id.in_(select(Attempt.notice_id).where(*theirs)),
            Notice.claim == name,
            Notice.state == State.SENDING,
        )
        .values(state=State.SENT, claim=None, sent_at=now, last_code=None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Attempt)
        .where(*theirs, Attempt.ended_at.is_(None))
        .values(outcome=Outcome.SENT, ended_at=now)
        .execution_options(synchronize_session=False)
    )


def expire(*, now: datetime) -> None:
    """While a server rests its letters wait; those that are of no use any more go to the call list
    all the same."""
    late: ColumnElement[bool] = or_(Notice.not_after < now, Notice.due_at < now - GIVE_UP)
    db.session.execute(
        update(Notice)
        .where(_UNSENT, Notice.next_try_at <= now, Notice.state == State.PENDING, late)
        .values(
            state=State.EXPIRED,
            failed_at=now,
            last_code=db.func.coalesce(Notice.last_code, "late"),
        )
        .execution_options(synchronize_session=False)
    )


def anything_parked() -> bool:
    """Whether a message waits for a version of Punte that knows its kind."""
    unknown = exists().where(_UNSENT, Notice.kind.not_in(tuple(Kind)))
    return bool(db.session.scalar(select(unknown)))
