"""Posting messages with the deed, and taking them back. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Insert, delete, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from app.database import new_ref
from app.extensions import db
from app.notices.models import TO_CALL, UNSENT, Kind, Notice, State
from app.notices.timing import after_quiet_hours
from app.notices.wishes import stops_for
from app.people.guardians import guardians_of
from app.people.models import Person

KEEP = timedelta(days=90)
MORNING_MARGIN = timedelta(hours=3)
SOON = timedelta(days=2)  # what matters by then does not wait for other messages


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
    """Owe all these messages, in one statement. Whom no e-mail reaches is on the call list at once;
    what somebody does not want is not owed. What is about a child, whoever decides for it is told.

    They exist only if the caller's transaction commits.
    """
    owed = list(owed)
    if not owed:
        return
    db.session.flush()
    owed = _to_readers(owed)
    stops = stops_for({one.to.id for one in owed})
    wanted = (one for one in owed if stops.wants(one.to, one.kind, urgent=_is_urgent(one, now)))
    rows = [_row(one, stops.against(one.to), now) for one in wanted]
    if rows:
        db.session.execute(_insert_once(), rows)


def _to_readers(owed: list[Owed]) -> list[Owed]:
    """Each message to whoever reads it: of a child, everybody who decides for it. A child for whom
    nobody does keeps its own, which the staff find on the call list."""
    deciding = guardians_of({one.to.id for one in owed if one.to.email is None})
    return [each for one in owed for each in _readings(one, deciding.get(one.to.id))]


def _readings(owed: Owed, guardians: Sequence[Person] | None) -> Iterator[Owed]:
    if not guardians:
        yield owed
    for guardian in guardians or ():
        about = owed.about | {"child": owed.to.id}
        yield replace(owed, to=guardian, key=key_about(owed.to, owed.key), about=about)


def key_about(child: Person, key: str) -> str:
    """The key of a message about *child* to somebody who decides for it."""
    return f"{key}:{child.ref}"


def post_to_nobody(*, now: datetime) -> None:
    """The work of `post` for an address that nobody has, so that waiting for the answer tells
    nothing: a message that was dropped before it began."""
    stops_for({0})
    row: dict[str, Any] = {
        **dict.fromkeys(("person_id", "responsible_id", "not_after", "letter")),
        **dict.fromkeys(("posted_at", "due_at", "next_try_at"), now),
        **dict.fromkeys(("confidential", "urgent"), True),
        **dict.fromkeys(("last_code", "failed_at")),
        "ref": new_ref(),
        "kind": Kind.CODE,
        "key": "",
        "about": {},
        "state": State.DROPPED,
        "attempts": 0,
    }
    db.session.execute(_insert_once(), [row])


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


def _row(owed: Owed, obstacle: str | None, now: datetime) -> dict[str, Any]:
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
        "urgent": _is_urgent(owed, now),
        "letter": None,
        "state": State.FAILED if obstacle else State.PENDING,
        "attempts": 0,
        "last_code": obstacle,
        "failed_at": now if obstacle else None,
    }


def _is_urgent(owed: Owed, now: datetime) -> bool:
    """Whether it matters so soon, or somebody waits for it, that it leaves by itself."""
    matters_at = _matters_at(owed)
    return owed.kind.is_awaited or (matters_at is not None and matters_at - now <= SOON)


def _matters_at(owed: Owed) -> datetime | None:
    return min(filter(None, (owed.not_after, owed.matters_at)), default=None)


def _first_try(owed: Owed, soonest: datetime) -> datetime:
    if owed.kind.is_awaited:
        return soonest
    matters_at = _matters_at(owed)
    limit = matters_at - MORNING_MARGIN if matters_at else None
    quiet = owed.to.quiet_hours
    return after_quiet_hours(soonest, zone=owed.to.tz, not_after=limit, quiet=quiet)


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


def withdraw(kinds: Collection[Kind], keys: Collection[str]) -> set[tuple[int, str]]:
    """Drop those messages that nobody has read yet, by letter or by telephone: for whom they were
    (a person's id), and by which key. What is on its way at this moment stays."""
    return _withdrawn(kinds, Notice.key.in_(keys))


def withdraw_from(whom: Collection[tuple[int, str]], kinds: Collection[Kind]) -> None:
    """The same of messages to these people alone, each by its key."""
    _withdrawn(kinds, tuple_(Notice.person_id, Notice.key).in_(whom))


def _withdrawn(kinds: Collection[Kind], which: ColumnElement[bool]) -> set[tuple[int, str]]:
    unread = (State.PENDING, State.CLAIMED, *TO_CALL, State.GIVEN_UP)
    gone = db.session.execute(
        update(Notice)
        .where(Notice.kind.in_(kinds), Notice.state.in_(unread), which)
        .values(state=State.DROPPED, claim=None)
        .returning(Notice.person_id, Notice.key)
        .execution_options(synchronize_session=False)
    )
    return {(person_id, key) for person_id, key in gone}


def supersede(people: Collection[int], meetings: Collection[int], kinds: Collection[Kind]) -> None:
    """What nobody could tell those people, or who decides for them, yet of those meetings is no
    longer true: a newer message takes its place on the call list."""
    guardians = {one.id for deciding in guardians_of(people).values() for one in deciding}
    db.session.execute(
        update(Notice)
        .where(
            Notice.person_id.in_({*people, *guardians}),
            Notice.kind.in_(kinds),
            Notice.state.in_(TO_CALL),
            Notice.about["meeting"].as_integer().in_(meetings),
        )
        .values(state=State.DROPPED)
        .execution_options(synchronize_session=False)
    )


def take_back_of_child(child_id: int, guardian_id: int) -> None:
    """What one who no longer decides for a child was not told of it yet, they are never told."""
    unread = (State.PENDING, State.CLAIMED, *TO_CALL, State.GIVEN_UP)
    db.session.execute(
        update(Notice)
        .where(
            Notice.person_id == guardian_id,
            Notice.state.in_(unread),
            Notice.about["child"].as_integer() == child_id,
        )
        .values(state=State.DROPPED, claim=None)
        .execution_options(synchronize_session=False)
    )


def conceal(
    *, meetings: Collection[int], edits: Collection[int], activities: Collection[int]
) -> None:
    """Messages about those meetings, edits and activities (ids) are confidential from now on."""
    named = (Kind.TERM_PUBLISHED, Kind.ASKED_FOR)
    terms = db.session.execute(select(Notice.id, Notice.about).where(Notice.kind.in_(named)))
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


def forget_old_notices(*, now: datetime) -> None:
    """Delivery facts are kept for 90 days."""
    db.session.execute(
        delete(Notice).where(Notice.posted_at < now - KEEP, Notice.state.not_in(UNSENT))
    )
