"""Which claimed messages leave now, which together in one letter, and which wait a little.

What is not urgent leaves at most once an hour for one person and five times a day; the rest waits
for one letter next morning. A session for the calendar is a letter by itself, counted apart. A bug
that owes a hundred thousand messages reaches nobody with more.
What left is counted as it leaves (`counters`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from app.extensions import db
from app.notices.claiming import HOLD, found_once
from app.notices.counters import APART, centre_paces_of, make_sure, paces_of
from app.notices.models import Kind, Notice, Pace, State
from app.notices.queries import PACED
from app.notices.timing import after_quiet_hours, next_morning
from app.notices.wishes import who_is_silent
from app.people.models import Person

MOST_LETTERS = 5
"""That could have waited, to one person on one day of theirs."""
MOST_URGENT = 20
MOST_OF_CENTRE = 3000
"""Letters to the people of one centre on one day; twice as many of those that cannot wait."""
MOST_INVITATIONS = 12
"""For the calendar of one person on one day; twice as many of those that cannot wait."""
MOST_PARTS_OF_CENTRE = 2000
"""Parts of short messages to the people of one centre on one day; twice as many if urgent."""
MOST_TOGETHER = 30
UNCOUNTED = tuple(kind for kind in Kind if not kind.may_repeat)
SINGLY = (Kind.INVITATION,)
ALONE = (*UNCOUNTED, *SINGLY)
"""What is never part of a letter about several things."""
TOGETHER = tuple(kind for kind in Kind if kind not in ALONE)
"""All others that this version knows."""
OVERVIEWS = (Kind.WEEKLY_PLAN, Kind.MORNING_SUMMARY, Kind.TERM_PUBLISHED)
"""What stands in a letter after all that is about one thing, which its subject names first."""

log = logging.getLogger(__name__)


def gather(name: str, ids: Sequence[int], *, now: datetime) -> list[list[int]]:
    """The messages claimed by the worker *name* as letters: each a list of the messages (ids) in
    it, all of one person. What must wait is given back. Commits."""
    claimed = db.session.execute(
        select(Notice.id, Notice.kind, Notice.person_id)
        .where(Notice.id.in_(ids), _held_by(name))
        .order_by(Notice.id)
    ).all()
    letters = [[one.id] for one in claimed if one.kind in UNCOUNTED or one.person_id is None]
    readers = {
        one.person_id for one in claimed if one.kind not in UNCOUNTED and one.person_id is not None
    }
    if readers:
        make_sure(readers, now=now)
        letters += _Hand(name, readers, now).letters()
    db.session.commit()
    return letters


class _Hand:
    """What the worker *name* has in hand for some people. It holds first what is counted of them,
    then their messages, then what is counted of their centres, and waits for no message that
    somebody else changes at this moment: so no two workers wait in a ring, and none for another.
    """

    def __init__(self, name: str, readers: Set[int], now: datetime) -> None:
        self.name, self.now = name, now
        found = db.session.scalars(select(Person).where(Person.id.in_(readers)))
        self.people = {one.id: one for one in found}
        self.paces = paces_of(self.people.values(), now=now)
        self.silent = who_is_silent(self.people)
        mine = self._hold(select(Notice).where(self._theirs(), _held_by(name)))
        for notice in mine:
            if notice.person_id in self.silent:
                self._tell_nothing(notice)
        told = [one for one in mine if one.person_id not in self.silent]
        self.notices = [*told, *self._taken_along(told)]
        centres = {one.home_centre_id for one in self._readers() if one.home_centre_id is not None}
        self.centres = centre_paces_of(centres, now=now)

    def _readers(self) -> list[Person]:
        return [self.people[one] for one in sorted(self.people) if one not in self.silent]

    def _theirs(self) -> ColumnElement[bool]:
        return Notice.person_id.in_(self.people)

    def _hold(self, notices: Select[Notice]) -> Sequence[Notice]:
        """Those of *notices* that nobody else changes at this moment."""
        held = notices.order_by(Notice.id).with_for_update(skip_locked=True, of=Notice)
        return db.session.scalars(held.execution_options(populate_existing=True)).all()

    def _tell_nothing(self, notice: Notice) -> None:
        """Who is in silent contact gets nothing from us; somebody is told that."""
        notice.state, notice.claim = State.FAILED, None
        notice.last_code, notice.failed_at = "silent", self.now

    def _taken_along(self, held: Sequence[Notice]) -> Sequence[Notice]:
        """What left with the same letter before, and beside what is new all else that is due to its
        reader and not yet part of a letter: what was kept for later, or is in the hands of another
        worker that has not looked at it; not what waits so that it can still be taken back."""
        together = [one for one in held if one.kind not in ALONE]
        free = Notice.state.in_((State.PENDING, State.CLAIMED))
        lapsed = and_(Notice.state == State.SENDING, Notice.next_try_at <= self.now)
        same = Notice.letter.in_({one.letter for one in together if one.letter is not None})
        beside = Notice.person_id.in_({one.person_id for one in together if one.letter is None})
        due = and_(beside, Notice.letter.is_(None), Notice.due_at <= self.now)
        those = (
            self._theirs(),
            Notice.kind.in_(TOGETHER),
            or_(and_(same, or_(free, lapsed)), and_(due, free)),
        )
        place = func.row_number().over(
            partition_by=(Notice.person_id, Notice.letter),
            order_by=(Notice.urgent.desc(), Notice.next_try_at, Notice.id),
        )
        ranked = select(Notice.id, place.label("place")).where(*those).subquery()
        found = db.session.scalars(select(ranked.c.id).where(ranked.c.place <= MOST_TOGETHER))
        others = set(found) - {one.id for one in held}
        if not others:
            return []
        taken = self._hold(select(Notice).where(Notice.id.in_(others), *those))
        for notice in taken:
            notice.state, notice.claim = State.CLAIMED, self.name
            notice.lease_until = notice.next_try_at = self.now + HOLD
        return taken

    def letters(self) -> list[list[int]]:
        """The letters that leave now, each a list of messages (ids)."""
        return [letter for person in self._readers() for letter in self._letters_to(person)]

    def _letters_to(self, person: Person) -> list[list[int]]:
        """Those tried before as they were, a new one, and what is for the calendar of *person*,
        each by itself."""
        theirs = [one for one in self.notices if one.person_id == person.id]
        single = self._single_letters(person, [one for one in theirs if one.kind in SINGLY])
        together = [one for one in theirs if one.kind not in ALONE]
        together.sort(key=lambda one: (not one.urgent, one.kind in OVERVIEWS, one.id))
        again: dict[str, list[int]] = {}
        for notice in together:
            if notice.letter is not None:
                again.setdefault(notice.letter, []).append(notice.id)
        fresh = [notice for notice in together if notice.letter is None]
        if not fresh or not self._may_leave(person, fresh):
            return [*single, *again.values()]
        return [*single, *again.values(), self._one_letter(fresh)]

    def _single_letters(self, person: Person, notices: Iterable[Notice]) -> list[list[int]]:
        """What leaves by itself; beyond what is bearable on one day it waits for the morning."""
        letters = []
        for notice in sorted(notices, key=lambda one: (not one.urgent, one.id)):
            if notice.letter is not None or self._may_leave_singly(person, notice):
                notice.letter = notice.ref
                letters.append([notice.id])
            else:
                self._put_off(notice, self._morning(person))
        return letters

    def _may_leave_singly(self, person: Person, notice: Notice) -> bool:
        """Whether one more leaves today; then it is counted."""
        pace, urgent = self.paces[person.id], self._is_urgent(notice)
        if pace.invitations >= MOST_INVITATIONS * (2 if urgent else 1):
            return False
        if not self._centre_may(person, urgent):
            return False
        pace.invitations += 1
        return True

    def _one_letter(self, notices: Sequence[Notice]) -> list[int]:
        """As many of *notices* as one can read at once; the others are given back."""
        inside, others = notices[:MOST_TOGETHER], notices[MOST_TOGETHER:]
        for notice in inside:
            notice.letter = notices[0].ref
        for notice in others:
            self._give_back(notice, self.now, notice.last_code)
        return [notice.id for notice in inside]

    def _give_back(self, notice: Notice, until: datetime, why: str | None) -> None:
        notice.state, notice.claim = State.PENDING, None
        notice.next_try_at, notice.last_code = until, why

    def _put_off(self, notice: Notice, until: datetime) -> None:
        """It waits; where it would be of no use by then, somebody calls while it is."""
        self._give_back(notice, until, PACED)
        if notice.not_after is not None and notice.not_after < until:
            notice.state, notice.failed_at = State.EXPIRED, self.now

    def _may_leave(self, person: Person, notices: Sequence[Notice]) -> bool:
        """Whether one more letter leaves for *person* now, counted; else all that is due to them
        is put off, or called for where it would be of no use by then."""
        urgent = any(self._is_urgent(one) for one in notices)
        until = self._wait(person, urgent)
        if until is None:
            return True
        later = after_quiet_hours(until, zone=person.tz, not_after=None, quiet=person.quiet_hours)
        waiting = select(Notice.id).where(
            Notice.person_id == person.id,
            Notice.state.in_((State.PENDING, State.CLAIMED)),
            Notice.letter.is_(None),
            Notice.kind.in_(TOGETHER),
            or_(Notice.state == State.CLAIMED, Notice.next_try_at < later),
            Notice.due_at <= self.now,
        )
        if not urgent:
            waiting = waiting.where(Notice.urgent.is_(False))
        put_off: dict[str, Any] = {"claim": None, "next_try_at": later, "last_code": PACED}
        too_late = waiting.where(Notice.not_after < later)
        _set(too_late, state=State.EXPIRED, failed_at=self.now, **put_off)
        _set(waiting, state=State.PENDING, **put_off)
        return False

    def _is_urgent(self, notice: Notice) -> bool:
        """Whether it cannot wait, or would be of no use after a night."""
        soon = self.now + timedelta(days=1)
        return notice.urgent or (notice.not_after is not None and notice.not_after < soon)

    def _wait(self, person: Person, urgent: bool) -> datetime | None:
        """Until when a letter to *person* has to wait; None, and it is counted, where it need
        not."""
        pace = self.paces[person.id]
        if urgent and pace.urgent >= MOST_URGENT:
            log.error("too many urgent messages to one person on one day: they wait")
            return self._morning(person)
        if not urgent and pace.letters >= MOST_LETTERS:
            return self._morning(person)
        if not urgent and pace.last_at + APART > self.now:
            return pace.last_at + APART
        if not self._centre_may(person, urgent):
            return self._morning(person)
        _count(pace, urgent, self.now)
        return None

    def _centre_may(self, person: Person, urgent: bool) -> bool:
        """Whether one more letter may leave for people of their centre today; then it is
        counted."""
        pace = self.centres.get(person.home_centre_id or 0)
        if pace is None:
            return True
        if pace.letters >= MOST_OF_CENTRE * (2 if urgent else 1):
            log.error("too many letters to the people of one centre on one day: they wait")
            return False
        pace.letters += 1
        return True

    def _morning(self, person: Person) -> datetime:
        return next_morning(self.now, zone=person.tz, quiet=person.quiet_hours)


def _set(notices: Select[int], **values: Any) -> None:
    """Of those that nobody else changes at this moment."""
    free = notices.with_for_update(skip_locked=True, of=Notice)
    db.session.execute(
        update(Notice)
        .where(Notice.id.in_(found_once(free)))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _count(pace: Pace, urgent: bool, now: datetime) -> None:
    pace.last_at = now
    pace.urgent += urgent
    pace.letters += not urgent


def spend(notice: Notice, parts: int, *, now: datetime) -> datetime | None:
    """Until when a short message to its reader, of so many *parts*, has to wait because too many
    were paid for today; None, and they are counted, where it need not."""
    person = notice.person
    if person is None or person.home_centre_id is None:
        return None
    make_sure([person.id], now=now)
    pace = centre_paces_of([person.home_centre_id], now=now)[person.home_centre_id]
    most = MOST_PARTS_OF_CENTRE * (2 if notice.urgent else 1)
    if pace.parts + parts > most:
        log.error("too many short messages to the people of one centre on one day: they wait")
        return next_morning(now, zone=person.tz, quiet=person.quiet_hours)
    pace.parts += parts
    db.session.flush()
    return None


def _held_by(name: str) -> ColumnElement[bool]:
    return and_(Notice.claim == name, Notice.state == State.CLAIMED)
