"""Posting messages with the deed, and sending what is due. Only sending commits: after each step,
so that a crash repeats at most one message and never holds the database while a mail server thinks.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Insert, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.database import new_ref
from app.extensions import db
from app.notices.delivery import AddressRefused, MailRefused, NotDelivered, PerhapsSent, Post
from app.notices.letter import Letter
from app.notices.models import TO_CALL, UNSENT, Kind, Notice, State
from app.notices.timing import after_quiet_hours, next_try
from app.people.models import Person

Compose = Callable[[Notice, datetime], Letter | None]
"""Writes the letter from what is true now; None when it no longer is."""
Clock = Callable[[], datetime]

BATCH = 20
LEASE = timedelta(minutes=20)  # more than ten times the longest send: 60 seconds
MOST_ERRORS = 5
KEEP = timedelta(days=90)
MORNING_MARGIN = timedelta(hours=3)
GIVE_UP = timedelta(days=2)  # then somebody telephones, while there is still time
PAUSE = timedelta(minutes=15)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A message to owe *to* somebody, once per *key*.

    It waits for the end of the reader's night, unless that is less than three hours before it
    matters: before *not_after*, when it is of no use any more, or before *matters_at*, such as the
    old start of what was moved. It leaves no sooner than after *wait*.
    """

    to: Person
    kind: Kind
    key: str
    about: dict[str, Any]
    responsible: Person | None = None
    confidential: bool = False
    not_after: datetime | None = None
    matters_at: datetime | None = None
    wait: timedelta = timedelta()


def post(to: Person, kind: Kind, key: str, *, now: datetime, **about: Any) -> None:
    """Owe one message; see `Owed`. It exists only if the caller's transaction commits."""
    post_all([Owed(to=to, kind=kind, key=key, **about)], now=now)


def post_all(owed: Iterable[Owed], *, now: datetime) -> None:
    """Owe all these messages, in one statement. Whom no e-mail reaches is on the call list at once.

    They exist only if the caller's transaction commits.
    """
    rows = [_row(one, now) for one in owed]
    db.session.flush()
    if rows:
        db.session.execute(_insert_once(), rows)


def post_code(knock_id: int, *, lapses_at: datetime, now: datetime) -> None:
    """Owe the letter with a code to whoever knocked, known or not; nobody is ever called for it."""
    db.session.add(
        Notice(
            kind=Kind.CODE,
            key=str(knock_id),
            about={"knock": knock_id},
            confidential=True,
            posted_at=now,
            due_at=now,
            next_try_at=now,
            not_after=lapses_at,
        )
    )


def _row(owed: Owed, now: datetime) -> dict[str, Any]:
    reachable = owed.to.email is not None
    due_at = _first_try(owed, now + owed.wait)
    return {
        "ref": new_ref(),
        "person_id": owed.to.id,
        "responsible_id": owed.responsible.id if owed.responsible else None,
        "kind": owed.kind,
        "key": owed.key,
        "about": owed.about,
        "confidential": owed.confidential,
        "posted_at": now,
        "due_at": due_at,
        "next_try_at": due_at,
        "not_after": owed.not_after,
        "state": State.PENDING if reachable else State.FAILED,
        "attempts": 0,
        "last_code": None if reachable else "no-address",
        "failed_at": None if reachable else now,
    }


def _first_try(owed: Owed, soonest: datetime) -> datetime:
    if owed.kind.is_awaited:
        return soonest
    matters_at = min(filter(None, (owed.not_after, owed.matters_at)), default=None)
    limit = matters_at - MORNING_MARGIN if matters_at else None
    return after_quiet_hours(soonest, zone=owed.to.tz, not_after=limit)


def _insert_once() -> Insert:
    """A second one with the same key changes nothing, unless the first was dropped as untrue."""
    dropped = Notice.state == State.DROPPED
    key = ["person_id", "kind", "key"]
    if db.engine.dialect.name == "postgresql":
        insert = postgresql.insert(Notice)
        return insert.on_conflict_do_update(
            index_elements=key, set_=_again(insert.excluded), where=dropped
        )
    lite = sqlite.insert(Notice)
    return lite.on_conflict_do_update(index_elements=key, set_=_again(lite.excluded), where=dropped)


def _again(excluded: Any) -> dict[str, Any]:
    """Every column as the second one has it, but for those that name the row."""
    return {c.name: excluded[c.name] for c in Notice.__table__.columns if c.name != "id"}


def withdraw(kinds: Collection[Kind], keys: Collection[str]) -> set[int]:
    """Drop those messages that nobody has read yet, by letter or by telephone; the ids of the
    people they were for. What is on its way at this moment stays."""
    unread = (State.PENDING, State.CLAIMED, *TO_CALL)
    gone = db.session.scalars(
        update(Notice)
        .where(Notice.kind.in_(kinds), Notice.key.in_(keys), Notice.state.in_(unread))
        .values(state=State.DROPPED, claim=None)
        .returning(Notice.person_id)
        .execution_options(synchronize_session=False)
    )
    return set(gone)


def supersede(people: Collection[int], meetings: Collection[int], kinds: Collection[Kind]) -> None:
    """What nobody could tell those people yet of those meetings is no longer true: a newer message
    takes its place on the call list."""
    db.session.execute(
        update(Notice)
        .where(
            Notice.person_id.in_(people),
            Notice.kind.in_(kinds),
            Notice.state.in_(TO_CALL),
            Notice.about["meeting"].as_integer().in_(meetings),
        )
        .values(state=State.DROPPED)
        .execution_options(synchronize_session=False)
    )


def conceal(
    *, meetings: Collection[int], edits: Collection[int], activities: Collection[int]
) -> None:
    """Messages about those meetings, edits and activities (ids) are confidential from now on."""
    terms = db.session.execute(
        select(Notice.id, Notice.about).where(Notice.kind == Kind.TERM_PUBLISHED)
    )
    digests = [one for one, about in terms if set(activities) & set(about["activities"])]
    about = or_(
        Notice.id.in_(digests),
        Notice.about["meeting"].as_integer().in_(meetings),
        Notice.about["edit"].as_integer().in_(edits),
    )
    db.session.execute(
        update(Notice)
        .where(about)
        .values(confidential=True)
        .execution_options(synchronize_session=False)
    )


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
        except Exception:  # one that cannot be handled must not keep the others waiting
            db.session.rollback()
            log.exception("notice %s could not be sent", notice_id)
            _put_off(notice_id, token, clock())
    return sent


def _put_off(notice_id: int, token: str, now: datetime) -> None:
    """Try again later, counting as one attempt."""
    notice = db.session.get(Notice, notice_id, populate_existing=True)
    if notice is not None and notice.claim == token:
        _not_delivered(notice, token, NotDelivered("error"), now)


def claim(*, now: datetime) -> tuple[str, Sequence[int]]:
    """Take what is due, and what a dead worker left behind, for `LEASE`. Commits."""
    token = secrets.token_hex(16)
    due = (
        select(Notice.id)
        .where(
            or_(
                and_(Notice.state == State.PENDING, Notice.next_try_at <= now),
                and_(Notice.state.in_((State.CLAIMED, State.SENDING)), Notice.lease_until < now),
            )
        )
        .order_by(Notice.next_try_at, Notice.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    left_open = Notice.state == State.SENDING  # perhaps it left before the crash
    db.session.execute(
        update(Notice)
        .where(left_open, Notice.lease_until < now, Notice.kind.in_(_not_repeated()))
        .values(state=State.FAILED, last_code="crashed", claim=None, failed_at=now)
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
        .values(state=State.PENDING, claim=None, last_code=code, next_try_at=now + PAUSE)
    )
    db.session.commit()


def _send(notice_id: int, token: str, deliver: Post, compose: Compose, clock: Clock) -> bool:
    """One claimed message, from the last look at the facts to the mark that it left."""
    now = clock()
    notice = _still_mine(notice_id, token, now)
    if notice is None:
        return False
    letter = _letter(notice, compose, now)
    if letter is None or not _mark(notice, token, State.SENDING, now):
        return False
    try:
        deliver.send(letter)
    except MailRefused:
        raise
    except NotDelivered as problem:
        _not_delivered(notice, token, problem, clock())
        return False
    done = clock()
    return _mark(notice, token, State.SENT, done, sent_at=done, last_code=None)


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
    if now > _deadline(notice):
        _mark(notice, token, State.EXPIRED, now, last_code=notice.last_code or "late")
        return None
    if notice.kind is not Kind.CODE and not _reader_is_there(notice, token, now):
        return None
    try:
        letter = compose(notice, now)
    except Exception:
        db.session.rollback()
        log.exception("notice %s could not be written", notice.id)
        _not_delivered(notice, token, NotDelivered("unwritable"), now)
        return None
    if letter is None:
        _mark(notice, token, State.DROPPED, now)
    return letter


def _reader_is_there(notice: Notice, token: str, now: datetime) -> bool:
    """Whether its reader still has an address and is active; otherwise that is settled."""
    if notice.person.email is None:
        _mark(notice, token, State.FAILED, now, last_code="no-address")
        return False
    if not notice.person.is_active:
        their_task = notice.responsible_id == notice.person_id
        _mark(notice, token, State.FAILED if their_task else State.DROPPED, now)
        return False
    return True


def _deadline(notice: Notice) -> datetime:
    """When trying ends: two days after it was due, or when it is of no use any more."""
    give_up = notice.due_at + GIVE_UP
    return min(give_up, notice.not_after) if notice.not_after else give_up


def _not_delivered(notice: Notice, token: str, problem: NotDelivered, now: datetime) -> None:
    """Try later while there is a point; otherwise somebody must telephone."""
    attempts = notice.attempts + 1
    unclear = isinstance(problem, PerhapsSent) and not notice.kind.may_repeat
    poisoned = problem.code in ("unwritable", "error") and attempts >= MOST_ERRORS
    facts = {"attempts": attempts, "last_code": problem.code}
    if isinstance(problem, AddressRefused) or unclear or poisoned:
        _mark(notice, token, State.FAILED, now, **facts)
        return
    deadline = _deadline(notice)
    again = next_try(now, attempts=attempts, seed=notice.id)
    if not _may_wake(notice):
        limit = deadline - MORNING_MARGIN
        again = after_quiet_hours(again, zone=notice.person.tz, not_after=limit)
    state = State.EXPIRED if again > deadline else State.PENDING
    _mark(notice, token, state, now, next_try_at=again, **facts)


def _may_wake(notice: Notice) -> bool:
    """Whether its first try was let out at night, so that a retry must not wait for the morning."""
    if notice.kind.is_awaited:
        return True
    return after_quiet_hours(notice.due_at, zone=notice.person.tz, not_after=None) != notice.due_at


def _mark(notice: Notice, token: str, state: State, now: datetime, **values: Any) -> bool:
    """Change the row only while this worker holds it. Commits; whether it did hold it."""
    fields = {"state": state, **values}
    if state is not State.SENDING:
        fields["claim"] = None
    if state in TO_CALL:
        fields["failed_at"] = now
    done = db.session.execute(
        update(Notice)
        .where(Notice.id == notice.id, Notice.claim == token)
        .values(**fields)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]
