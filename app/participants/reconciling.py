"""Where both have a row about one thing: the rule by which two become one. Never commits.

Each function is told who goes and who stays (ids) and answers how many rows the second gained or
had changed. The caller holds both people, then their activities and meetings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, or_, select, update

from app.attendance.marks import Mark
from app.attendance.models import Attendance, AttendanceTap
from app.extensions import db
from app.feeds.models import Card, FeedLink, KeptFeed
from app.feeds.operations import revoke_link
from app.notices.models import Notice, State
from app.notices.operations import take_back_of_child
from app.participants.models import NotSame
from app.people.consents import Consent
from app.people.guardians import Guardianship
from app.people.models import Apart, Person, SpokenLanguage
from app.people.terms import Level
from app.signups.waiting import wait_apart

Pair = TypeVar("Pair", Apart, NotSame)
Row = TypeVar("Row", SpokenLanguage, Attendance, Card, FeedLink)

TOLD_ALREADY = (State.SENT, State.TOLD, State.SENDING)
FROM_TOLD = (
    *TOLD_ALREADY,
    State.CLAIMED,
    State.PENDING,
    State.FAILED,
    State.EXPIRED,
    State.GIVEN_UP,
    State.DROPPED,
)
"""Of two messages with one key the one that comes first here stays."""
MARKS = (Mark.PRESENT, Mark.EXCUSED, Mark.ABSENT, None)
"""Who was there under one name was there."""


def languages(gone: int, kept: int, *, now: datetime) -> int:
    """The better of what either list says of a language."""
    theirs = {one.language: one for one in _rows(SpokenLanguage, kept)}
    mine = _rows(SpokenLanguage, gone)
    for one in mine:
        row = theirs.get(one.language) or SpokenLanguage(person_id=kept, language=one.language)
        for name in ("speaks", "reads", "interprets"):
            setattr(row, name, _better(getattr(row, name), getattr(one, name)))
        db.session.add(row)
        db.session.delete(one)
    db.session.flush()
    return len(mine)


def _better(one: Level | None, other: Level | None) -> Level | None:
    return max(filter(None, (one, other)), key=lambda level: level.rank, default=None)


def attendance(gone: int, kept: int, *, now: datetime) -> int:
    """One row a meeting: there is there; every word that was said stays."""
    theirs = {one.meeting_id: one for one in _rows(Attendance, kept)}
    mine = _rows(Attendance, gone)
    for one in mine:
        other = theirs.get(one.meeting_id)
        if other is None:
            one.person_id = kept
            continue
        db.session.execute(
            update(AttendanceTap)
            .where(AttendanceTap.attendance_id == one.id)
            .values(attendance_id=other.id)
        )
        if MARKS.index(one.mark) < MARKS.index(other.mark):
            other.mark, other.key = one.mark, one.key
            other.said_at, other.said_by_id = one.said_at, one.said_by_id
        db.session.delete(one)
    db.session.flush()
    return len(mine)


def messages(gone: int, kept: int, *, now: datetime) -> int:
    """What was owed to both is owed once; what one of them was told already is not said again."""
    theirs = {(one.kind, one.key): one for one in _locked_messages(Notice.person_id == kept)}
    mine = _locked_messages(Notice.person_id == gone)
    for one in mine:
        other = theirs.get((one.kind, one.key))
        if other is not None:
            _one_of_two(one, other)
    db.session.flush()
    db.session.execute(update(Notice).where(Notice.person_id == gone).values(person_id=kept))
    of_child = _messages_of_child(gone, kept)
    for tie in _blocked(kept):
        take_back_of_child(tie.child_id, tie.guardian_id)
    return len(mine) + of_child


def _messages_of_child(gone: int, kept: int) -> int:
    """The same of what is told of a child to whoever decides for it: it is of the one who stays."""
    before, after = (db.session.get_one(Person, one).ref for one in (gone, kept))
    child = Notice.about["child"].as_integer()
    theirs = {(one.person_id, one.kind, one.key): one for one in _locked_messages(child == kept)}
    mine = _locked_messages(child == gone)
    for one in mine:
        other = theirs.get((one.person_id, one.kind, one.key.replace(before, after)))
        if other is not None:
            _one_of_two(one, other)
    for one in _locked_messages(child == gone):
        one.key, one.about = one.key.replace(before, after), one.about | {"child": kept}
    db.session.flush()
    return len(mine)


def _locked_messages(which: ColumnElement[bool]) -> list[Notice]:
    found = select(Notice).where(which).order_by(Notice.id)
    held = found.with_for_update(of=Notice).execution_options(populate_existing=True)
    return list(db.session.scalars(held))


def _one_of_two(one: Notice, other: Notice) -> None:
    """The one that says less goes; if it left, or leaves at this moment, only its key changes."""
    less = max((one, other), key=lambda notice: (FROM_TOLD.index(notice.state), notice.id))
    if less.state in TOLD_ALREADY:
        less.key = f"{less.key}:{less.ref}"
    else:
        db.session.delete(less)
    db.session.flush()


def consents(gone: int, kept: int, *, now: datetime) -> int:
    """A no stays a no, said of the other too. A yes was said of an address that is no longer used,
    or by somebody whom we took for another: it goes, and they may be asked again."""
    before = {one.purpose: one for one in _words(kept)}
    last = {one.purpose: one for one in _words(gone)}
    refused = [one for one in last.values() if not one.given]
    for one in refused:
        if one.purpose not in before or before[one.purpose].given:
            db.session.add(_said_again(one, kept, now))
    db.session.execute(delete(Consent).where(Consent.person_id == gone))
    return len(refused)


def _words(person_id: int) -> Iterable[Consent]:
    """The first first."""
    return db.session.scalars(
        select(Consent).where(Consent.person_id == person_id).order_by(Consent.id)
    )


def _said_again(word: Consent, kept: int, now: datetime) -> Consent:
    return Consent(
        person_id=kept,
        purpose=word.purpose,
        given=word.given,
        at=now,
        by_id=word.by_id,
        asked_by_id=word.asked_by_id,
        version=word.version,
        language=word.language,
        medium=word.medium,
    )


def guardians(gone: int, kept: int, *, now: datetime) -> int:
    """Who decided for either decides for both; who may not decide any more for one may for none,
    and waits with none."""
    either = or_(Guardianship.child_id == gone, Guardianship.guardian_id == gone)
    mine = db.session.scalars(select(Guardianship).where(either)).all()
    for one in mine:
        key = (_now_called(one.child_id, gone, kept), _now_called(one.guardian_id, gone, kept))
        other = db.session.get(Guardianship, key)
        if other is None:
            other = Guardianship(child_id=key[0], guardian_id=key[1], kind=one.kind)
            other.made_at, other.made_by_id = one.made_at, one.made_by_id
            db.session.add(other)
        if one.blocked_at is not None and other.blocked_at is None:
            other.blocked_at = max(one.blocked_at, other.made_at)
            other.blocked_by_id = one.blocked_by_id
        db.session.delete(one)
    db.session.flush()
    for tie in _blocked(kept):
        wait_apart(tie.child, tie.guardian)
    return len(mine)


def _blocked(person_id: int) -> Sequence[Guardianship]:
    """What ties that person to guardians who do not decide any more, or to such children."""
    either = or_(Guardianship.child_id == person_id, Guardianship.guardian_id == person_id)
    found = select(Guardianship).where(either, Guardianship.blocked_at.is_not(None))
    order = (Guardianship.child_id, Guardianship.guardian_id)
    return db.session.scalars(found.order_by(*order)).all()


def _now_called(person_id: int, gone: int, kept: int) -> int:
    return kept if person_id == gone else person_id


def apart(gone: int, kept: int, *, now: datetime) -> int:
    """Whom one of them never meets, both never meet."""
    mine = _pairs(Apart, gone)
    for one in mine:
        first, second = _pair_with(one, gone, kept)
        if db.session.get(Apart, (first, second)) is None:
            db.session.add(
                Apart(person_id=first, other_id=second, made_at=one.made_at, by_id=one.by_id)
            )
        db.session.delete(one)
    db.session.flush()
    return len(mine)


def two_people(gone: int, kept: int, *, now: datetime) -> int:
    """Who is not one of them is not the other."""
    mine = _pairs(NotSame, gone)
    for one in mine:
        first, second = _pair_with(one, gone, kept)
        if db.session.get(NotSame, (first, second)) is None:
            db.session.add(NotSame(person_id=first, other_id=second, at=one.at, by_id=one.by_id))
        db.session.delete(one)
    db.session.flush()
    return len(mine)


def _pairs(table: type[Pair], person_id: int) -> list[Pair]:
    found = select(table).where((table.person_id == person_id) | (table.other_id == person_id))
    return list(db.session.scalars(found))


def _pair_with(row: Apart | NotSame, gone: int, kept: int) -> tuple[int, int]:
    other = row.other_id if row.person_id == gone else row.person_id
    return min(other, kept), max(other, kept)


def cards(gone: int, kept: int, *, now: datetime) -> int:
    """Both papers open the same page. Whose card would be the second has it as one that came."""
    has_one = any(one.revoked_at is None and one.came_at is None for one in _rows(Card, kept))
    mine = _rows(Card, gone)
    for one in mine:
        if has_one and one.revoked_at is None:
            one.came_at = one.came_at or now
        one.person_id = kept
    db.session.flush()
    return len(mine)


def calendars(gone: int, kept: int, *, now: datetime) -> int:
    """Every calendar goes on. What was kept of it was for somebody else: it is written anew."""
    moved = db.session.scalars(
        update(FeedLink)
        .where(FeedLink.person_id == gone)
        .values(person_id=kept, changed_at=now)
        .returning(FeedLink.id)
    ).all()
    db.session.execute(delete(KeptFeed).where(KeptFeed.link_id.in_(moved)))
    return len(moved)


def end_papers(person_id: int, *, now: datetime) -> None:
    """No card and no calendar of theirs opens anything any more: nobody knows who holds them."""
    for card in _rows(Card, person_id):
        card.revoked_at = card.revoked_at or now
    for link in _rows(FeedLink, person_id):
        revoke_link(link, now=now)
    db.session.flush()


def _rows(table: type[Row], person_id: int) -> list[Row]:
    return list(db.session.scalars(select(table).where(table.person_id == person_id)))


RULES: dict[str, Callable[..., int]] = {
    "spoken_language": languages,
    "attendance": attendance,
    "notice": messages,
    "consent": consents,
    "apart": apart,
    "guardianship": guardians,
    "not_same": two_people,
    "card": cards,
    "feed_link": calendars,
}
