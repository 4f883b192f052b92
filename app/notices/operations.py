"""Posting messages with the deed, and sending what is due. Only sending commits: after each step,
so that a crash repeats at most one message and never holds the database while a mail server thinks.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Insert, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.database import new_ref
from app.extensions import db
from app.notices.delivery import AddressRefused, MailRefused, NotDelivered, PerhapsSent, Post
from app.notices.letter import Letter
from app.notices.models import UNSENT, Kind, Notice, State
from app.notices.timing import after_quiet_hours, next_try
from app.people.models import Person

Compose = Callable[[Notice, datetime], Letter | None]
"""Writes the letter from what is true now; None when it no longer is."""
Clock = Callable[[], datetime]

BATCH = 20
LEASE = timedelta(minutes=20)  # more than ten times the longest send: 60 seconds
MOST_ERRORS = 5
KEEP = timedelta(days=90)

log = logging.getLogger(__name__)


def post(
    to: Person,
    kind: Kind,
    key: str,
    *,
    now: datetime,
    about: dict[str, Any],
    responsible: Person | None = None,
    confidential: bool = False,
    not_after: datetime | None = None,
) -> None:
    """Owe *to* a message, once per *key*. It exists only if the caller's transaction commits.

    It waits for the end of the reader's night unless *not_after* would pass. Without an e-mail
    address it goes to the call list at once.
    """
    reachable = to.email is not None
    values = {
        "ref": new_ref(),
        "person_id": to.id,
        "responsible_id": responsible.id if responsible else None,
        "kind": kind,
        "key": key,
        "about": about,
        "confidential": confidential,
        "posted_at": now,
        "due_at": after_quiet_hours(now, zone=to.tz, not_after=not_after),
        "not_after": not_after,
        "state": State.PENDING if reachable else State.FAILED,
        "attempts": 0,
        "last_code": None if reachable else "no-address",
    }
    db.session.flush()
    db.session.execute(_insert_once().values(values))


def _insert_once() -> Insert:
    if db.engine.dialect.name == "postgresql":
        return postgresql.insert(Notice).on_conflict_do_nothing()
    return sqlite.insert(Notice).on_conflict_do_nothing()


def mark_told(notice: Notice) -> None:
    """Somebody telephoned: the message is no longer owed. Twice is harmless."""
    notice.state = State.TOLD


def forget_old_notices(*, now: datetime) -> None:
    """Delivery facts are kept for 90 days."""
    db.session.execute(
        delete(Notice).where(Notice.posted_at < now - KEEP, Notice.state.not_in(UNSENT))
    )


def send_due(deliver: Post, compose: Compose, *, clock: Clock) -> int:
    """Send what is due, at most `BATCH`; several workers may do so at once. The number sent."""
    token, ids = claim(now=clock())
    sent = 0
    for position, notice_id in enumerate(ids):
        try:
            sent += _send(notice_id, token, deliver, compose, clock)
        except MailRefused as problem:  # our settings or reputation: everyone must wait
            log.error("the mail server refuses our mail (%s)", problem.code)
            release(token, ids[position:], problem.code, now=clock())
            break
    return sent


def claim(*, now: datetime) -> tuple[str, Sequence[int]]:
    """Take what is due, and what a dead worker left behind, for `LEASE`. Commits."""
    token = secrets.token_hex(16)
    due = (
        select(Notice.id)
        .where(
            or_(
                and_(Notice.state == State.PENDING, Notice.due_at <= now),
                and_(Notice.state.in_((State.CLAIMED, State.SENDING)), Notice.lease_until < now),
            )
        )
        .order_by(Notice.due_at, Notice.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    left_open = Notice.state == State.SENDING  # perhaps it left before the crash
    db.session.execute(
        update(Notice)
        .where(left_open, Notice.lease_until < now, Notice.kind.in_(_not_repeated()))
        .values(state=State.FAILED, last_code="crashed", claim=None)
    )
    taken = db.session.scalars(
        update(Notice)
        .where(Notice.id.in_(due))
        .values(state=State.CLAIMED, claim=token, lease_until=now + LEASE)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return token, sorted(taken)


def _not_repeated() -> list[Kind]:
    return [kind for kind in Kind if not kind.may_repeat]


def release(token: str, ids: Sequence[int], code: str, *, now: datetime) -> None:
    """Give back what was claimed; it is tried again in a quarter of an hour. Commits."""
    db.session.rollback()
    db.session.execute(
        update(Notice)
        .where(Notice.id.in_(ids), Notice.claim == token)
        .values(state=State.PENDING, claim=None, last_code=code, due_at=now + timedelta(minutes=15))
    )
    db.session.commit()


def _send(notice_id: int, token: str, deliver: Post, compose: Compose, clock: Clock) -> bool:
    """One claimed message, from the last look at the facts to the mark that it left."""
    now = clock()
    notice = _still_mine(notice_id, token, now)
    if notice is None:
        return False
    letter = _letter(notice, compose, now)
    if letter is None or not _mark(notice, token, State.SENDING):
        return False
    try:
        deliver.send(letter)
    except MailRefused:
        raise
    except NotDelivered as problem:
        _not_delivered(notice, token, problem, clock())
        return False
    return _mark(notice, token, State.SENT, sent_at=clock(), last_code=None)


def _still_mine(notice_id: int, token: str, now: datetime) -> Notice | None:
    """The claimed row with what is true now, if more than half of the lease is left."""
    notice = db.session.get(Notice, notice_id, populate_existing=True)
    if notice is None or notice.claim != token or notice.lease_until is None:
        db.session.rollback()
        return None
    if notice.lease_until - now < LEASE / 2:
        db.session.rollback()
        return None
    return notice


def _letter(notice: Notice, compose: Compose, now: datetime) -> Letter | None:
    token = notice.claim or ""
    if notice.not_after is not None and now > notice.not_after:
        _mark(notice, token, State.EXPIRED, last_code=notice.last_code or "late")
        return None
    if notice.person.email is None:
        _mark(notice, token, State.FAILED, last_code="no-address")
        return None
    try:
        letter = compose(notice, now) if notice.person.is_active else None
    except Exception:
        db.session.rollback()
        log.exception("notice %s could not be written", notice.id)
        _not_delivered(notice, token, NotDelivered("unwritable"), now)
        return None
    if letter is None:
        _mark(notice, token, State.DROPPED)
    return letter


def _not_delivered(notice: Notice, token: str, problem: NotDelivered, now: datetime) -> None:
    """Try later while there is a point; otherwise somebody must telephone."""
    attempts = notice.attempts + 1
    unclear = isinstance(problem, PerhapsSent) and not notice.kind.may_repeat
    poisoned = problem.code == "unwritable" and attempts >= MOST_ERRORS
    if isinstance(problem, AddressRefused) or unclear or poisoned:
        _mark(notice, token, State.FAILED, attempts=attempts, last_code=problem.code)
        return
    again = next_try(now, attempts=attempts, seed=notice.id)
    again = after_quiet_hours(again, zone=notice.person.tz, not_after=notice.not_after)
    late = again > (notice.not_after or notice.posted_at + timedelta(days=3))
    _mark(
        notice,
        token,
        State.EXPIRED if late else State.PENDING,
        attempts=attempts,
        last_code=problem.code,
        due_at=again,
    )


def _mark(notice: Notice, token: str, state: State, **values: Any) -> bool:
    """Change the row only while this worker holds it. Commits; whether it did hold it."""
    fields = {"state": state, **values}
    if state not in (State.CLAIMED, State.SENDING):
        fields["claim"] = None
    done = db.session.execute(
        update(Notice)
        .where(Notice.id == notice.id, Notice.claim == token)
        .values(**fields)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]
