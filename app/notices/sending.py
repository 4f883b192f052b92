"""Sending what is due. It commits after each step, so that a crash repeats at most one letter and
the database is never held while a mail server thinks. Several messages to one reader may be one
letter: each keeps its own row, attempt and end, and what becomes of the letter becomes of each."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    or_,
    update,
)
from sqlalchemy.exc import InterfaceError, OperationalError

from app.extensions import db
from app.notices.channels import Channel, channel_of
from app.notices.claiming import (
    BATCH,
    LEASE,
    claim,
    expire,
    give_back,
    release,
)
from app.notices.delivery import (
    AddressRefused,
    MailRefused,
    NotDelivered,
    Post,
)
from app.notices.ledger import Attempt, Outcome
from app.notices.letter import Letter
from app.notices.models import TO_CALL, Kind, Notice, State
from app.notices.operations import KEEP
from app.notices.pacing import gather, spend
from app.notices.queries import PACED
from app.notices.reaching import Address, Routes, not_by_mail, routes_of
from app.notices.relays import Way, known, nobody_waits, way_through
from app.notices.tries import (
    Facts,
    Mark,
    Try,
    after,
    deadline_of,
    facts_of,
    failure,
    success,
    try_of,
)

Compose = Callable[[Notice, datetime], Letter | None]
"""Writes the letter from what is true now; None when it no longer is."""
Bind = Callable[[Sequence[Letter]], Letter]
"""Makes one letter of several to the same reader."""
Written = list[tuple[Notice, Letter]]
Clock = Callable[[], datetime]

WAYS_HOLD = timedelta(seconds=5)
"""So long a look at how readers can be reached is true; then somebody may have said no."""
Away = (OperationalError, InterfaceError)
"""The database does not answer; anything else it says is about one message."""

_notice, _attempt = cast(Table, Notice.__table__), cast(Table, Attempt.__table__)
_MINE = update(_notice).where(
    _notice.c.id == bindparam("the_id"), _notice.c.claim == bindparam("the_holder")
)
_MINE_IN_STATE = _MINE.where(_notice.c.state == bindparam("the_state"))
_ATTEMPT_BEGINS = insert(_attempt).returning(_attempt.c.id)
_ATTEMPT_ENDS = update(_attempt).where(_attempt.c.id == bindparam("the_id"))

log = logging.getLogger(__name__)


def send_due(deliver: Post, compose: Compose, *, clock: Clock, bind: Bind | None = None) -> int:
    """Send what is due, at most `BATCH` and what leaves with it; several workers may do so at once.
    The number of messages sent."""
    return Sender(secrets.token_hex(16), clock=clock, bind=bind).send(deliver, compose)


class _NoMore(Exception):
    """The rest of what was claimed is for later, or for somebody else."""


@dataclass
class Sender:
    """One worker's sending. *name* is on all it holds. It remembers what the database could not be
    told, and says it first when that answers again, so that no restart of it repeats a message.

    *bind* makes one letter of several; without it each message is a letter of its own and none
    waits for another. *stopping* ends a turn after the letter in hand; *moved* is called at each
    step, *taken* with the attempts of each letter that a server took, before the database hears of
    it. *has_more*: the last turn took as much as one may, so that more may be due.
    """

    name: str
    clock: Clock
    bind: Bind | None = None
    stopping: Callable[[], bool] = lambda: False
    moved: Callable[[], None] = lambda: None
    taken: Callable[[Sequence[int]], None] = lambda _attempts: None
    has_more: bool = False
    _untold: list[Mark] = field(default_factory=list)
    _lost_track: bool = False
    _routes: Routes = field(default_factory=Routes)

    def send(self, deliver: Post, compose: Compose) -> int:
        """Send what is due, at most `BATCH` and what leaves with it. How many messages left."""
        self.moved()
        if self._lost_track:
            self._find_track()
        try:
            return self._turn(deliver, compose)
        except Away:
            self._lost_track = True
            raise

    def _turn(self, deliver: Post, compose: Compose) -> int:
        now, main = self.clock(), deliver.relay_for("")
        way = way_through(main, now=now)
        if way is Way.OPEN:
            return self._send_all(self._claimed(now), deliver, compose, way)
        expire(now=now)
        if way is Way.ONE:
            tried = self._one_letter(now)
            if not tried:
                nobody_waits(main)
                db.session.commit()
            sent = self._send_all(tried, deliver, compose, way)
            return sent + self._turn(deliver, compose) if sent else 0
        if deliver.relay_for("+") == main:
            db.session.commit()
            return 0
        otherwise = or_(Notice.kind == Kind.CODE, not_by_mail())
        return self._send_all(self._claimed(now, otherwise), deliver, compose, way)

    def _claimed(self, now: datetime, only: ColumnElement[bool] | None = None) -> list[list[int]]:
        """The letters that leave now, each a list of its messages (ids)."""
        ids = claim(self.name, now=now, only=only)
        self.has_more = len(ids) == BATCH
        return self._letters(ids, now)

    def _one_letter(self, now: datetime) -> list[list[int]]:
        """One letter that need not wait for another of its reader, if there is any."""
        self.has_more = False
        while ids := claim(self.name, now=now, most=1):
            if letters := self._letters(ids, now):
                release(self.name, [one for letter in letters[1:] for one in letter], now=now)
                return letters[:1]
        return []

    def _letters(self, ids: Sequence[int], now: datetime) -> list[list[int]]:
        return gather(self.name, ids, now=now) if self.bind and ids else [[one] for one in ids]

    def _send_all(self, letters: list[list[int]], deliver: Post, compose: Compose, way: Way) -> int:
        sent, looked_at = 0, None
        for position, messages in enumerate(letters):
            self.moved()
            now = self.clock()
            if looked_at is None or now - looked_at > WAYS_HOLD:
                self._routes = routes_of([one for rest in letters[position:] for one in rest])
                looked_at = now
            try:
                if self.stopping():
                    raise _NoMore
                sent += self._send(messages, deliver, compose, way)
            except _NoMore:
                rest = [one for letter in letters[position:] for one in letter]
                release(self.name, rest, now=self.clock())
                self.has_more = False
                break
            except Away:
                db.session.rollback()
                raise
            except Exception:  # one that cannot be handled must not keep the others waiting
                db.session.rollback()
                log.exception("notices %s could not be sent", messages)
                for one in messages:
                    self._put_off(one)
        return sent

    def _send(self, messages: Sequence[int], deliver: Post, compose: Compose, way: Way) -> int:
        """One letter with those claimed messages, from the last look at the facts to the mark that
        they left. How many did."""
        now = self.clock()
        ways = self._routes.of(messages, deliver.carries)
        written = self._written(messages, bool(ways), compose, now)
        if not written:
            return 0
        address = _address(ways, written[0][1])
        relay = known(deliver.relay_for(address.to))
        if way is not Way.ONE and relay.rests_until and relay.rests_until > now:
            rests_until, is_main = relay.rests_until, relay.name == deliver.relay_for("")
            for notice, _words in written:
                self._settle(notice, State.PENDING, now, next_try_at=rests_until)
            if way is Way.OPEN and is_main:
                raise _NoMore
            return 0
        notices = [notice for notice, _words in written]
        this = try_of(notices, address, relay, others=len(ways) > 1)
        words = {facts.id: one for facts, (_n, one) in zip(this.messages, written, strict=True)}
        if address.channel is Channel.SMS:
            letter = _addressed(self._bound(list(words.values())), address)
            if self._is_too_dear(notices, deliver.cost(letter), now):
                return 0
        return self._hand_over(this, words, deliver, now)

    def _is_too_dear(self, notices: Sequence[Notice], parts: int, now: datetime) -> bool:
        """Whether too many short messages were paid for today: then it waits for the morning, or
        somebody calls where it would be of no use by then."""
        until = spend(notices[0], parts, now=now)
        db.session.commit()
        if until is None:
            return False
        for notice in notices:
            state = State.PENDING if until <= deadline_of(notice) else State.EXPIRED
            self._settle(notice, state, now, next_try_at=until, last_code=PACED)
        return True

    def _written(
        self, messages: Sequence[int], is_reached: bool, compose: Compose, now: datetime
    ) -> Written:
        """What is still ours and still true, with its words."""
        mine = (self._still_mine(one) for one in messages)
        return [
            (notice, letter)
            for notice in mine
            if notice is not None
            and (letter := self._letter(notice, is_reached, compose, now)) is not None
        ]

    def _hand_over(self, this: Try, words: dict[int, Letter], deliver: Post, now: datetime) -> int:
        begun = self._begin(this, now)
        if not begun:
            return 0
        letter = _addressed(self._bound([words[one] for one in begun]), this.address)
        try:
            receipt = deliver.send(letter)
        except NotDelivered as problem:
            self._end(failure(this, begun, problem, self.clock()))
            self._learn(this, problem)
            if isinstance(problem, MailRefused):
                raise _NoMore from None
            return 0
        self.taken(list(begun.values()))
        return self._end(success(this, begun, receipt, self.clock()))

    def _bound(self, letters: Sequence[Letter]) -> Letter:
        return self.bind(letters) if self.bind and len(letters) > 1 else letters[0]

    def _learn(self, this: Try, problem: NotDelivered) -> None:
        """The next letter of this turn to the same reader need not be tried."""
        if isinstance(problem, AddressRefused) and problem.is_dead and this.person_id:
            self._routes.end(this.person_id, this.address.channel)

    def _still_mine(self, notice_id: int) -> Notice | None:
        """The claimed row with what is true now, unless somebody else took it meanwhile."""
        notice = db.session.get(Notice, notice_id, populate_existing=True)
        if notice is None or notice.claim != self.name or notice.state is not State.CLAIMED:
            db.session.rollback()
            return None
        return notice

    def _letter(
        self, notice: Notice, is_reached: bool, compose: Compose, now: datetime
    ) -> Letter | None:
        if now > deadline_of(notice):
            self._settle(notice, State.EXPIRED, now, last_code=notice.last_code or "late")
            return None
        if notice.kind is not Kind.CODE and not self._reader_is_there(notice, is_reached, now):
            return None
        try:
            letter = compose(notice, now)
        except Away:
            raise
        except Exception:
            db.session.rollback()
            log.exception("notice %s could not be written", notice.id)
            self._not_delivered(notice, NotDelivered("unwritable"), now)
            return None
        if letter is None:
            self._settle(notice, State.DROPPED, now)
        return letter

    def _reader_is_there(self, notice: Notice, is_reached: bool, now: datetime) -> bool:
        """Whether its reader is active and some way leads there; otherwise that is settled."""
        if not notice.person.is_active:
            their_task = notice.responsible_id == notice.person_id
            self._settle(notice, State.FAILED if their_task else State.DROPPED, now)
            return False
        if not is_reached:
            refused = notice.last_code if notice.id in self._routes.refused else None
            why = refused or self._routes.why_not(notice.person_id)
            self._settle(notice, State.FAILED, now, last_code=why)
        return is_reached

    def _begin(self, this: Try, now: datetime) -> dict[int, int]:
        """Write down that the letter leaves now; its messages that are still ours with the number
        of the attempt of each, in the order of the letter."""
        ends = now + LEASE
        fields = {"state": State.SENDING, "lease_until": ends, "next_try_at": ends}
        ids = sorted(one.id for one in this.messages)  # so that no two workers wait in a ring
        mine = {one for one in ids if self._hold(one, State.CLAIMED, fields)}
        leaving = [one for one in this.messages if one.id in mine]
        if not leaving:
            db.session.rollback()
            return {}
        self._note_message_id(leaving)
        channel = this.address.channel
        begun = {one.id: self._attempt(one.id, channel, now) for one in leaving}
        db.session.commit()
        return begun

    def _attempt(self, notice_id: int, channel: Channel, now: datetime) -> int:
        begun = {"notice_id": notice_id, "channel": channel, "worker": self.name, "started_at": now}
        return int(db.session.connection().scalars(_ATTEMPT_BEGINS, begun).one())

    def _note_message_id(self, leaving: Sequence[Facts]) -> None:
        """The first gives the letter its Message-ID; it is another where the first was dropped."""
        for one in leaving:
            if one.letter not in (None, leaving[0].ref):
                self._hold(one.id, State.SENDING, {"letter": leaving[0].ref})

    def _not_delivered(self, notice: Notice, problem: NotDelivered, now: datetime) -> None:
        """Its letter could not even be written."""
        values = after(facts_of(notice), problem, now)
        self._settle(notice, values.pop("state"), now, **values)

    def _put_off(self, notice_id: int) -> None:
        """Try again later, counting as one attempt."""
        notice = db.session.get(Notice, notice_id, populate_existing=True)
        if notice is None or notice.claim != self.name:
            return
        now, problem = self.clock(), NotDelivered("error")
        ended = {"outcome": Outcome.LATER, "code": "error", "ended_at": now}
        db.session.execute(
            update(Attempt)
            .where(Attempt.notice_id == notice_id, Attempt.ended_at.is_(None))
            .values(**ended)
        )
        self._not_delivered(notice, problem, now)

    def _settle(self, notice: Notice, state: State, now: datetime, **values: Any) -> None:
        """Change what is claimed, only while this worker holds it. Commits."""
        fields = {"state": state, "claim": None, **values}
        if state in TO_CALL:
            fields["failed_at"] = now
        self._hold(notice.id, None, fields)
        db.session.commit()

    def _end(self, mark: Mark) -> int:
        """Say how the try ended; how many of its messages this worker still held. Commits."""
        try:
            return self._tell(mark)
        except Away:
            db.session.rollback()
            self._untold.append(mark)
            raise

    def _tell(self, mark: Mark) -> int:
        mine = 0
        for one in sorted(mark.each, key=attrgetter("notice_id")):
            _changed(_ATTEMPT_ENDS, {"the_id": one.attempt_id, **mark.ended})
            fields = {"claim": None, **one.values}
            if fields["state"] in TO_CALL:
                fields["failed_at"] = mark.ended["ended_at"]
            mine += self._hold(one.notice_id, State.SENDING, fields)
        mark.learn()
        db.session.commit()
        return mine

    def _hold(self, notice_id: int, state: State | None, fields: dict[str, Any]) -> bool:
        """Change the row only while this worker holds it, in that *state*; whether it did."""
        mine = {"the_id": notice_id, "the_holder": self.name}
        if state is None:
            return _changed(_MINE, {**mine, **fields}) == 1
        return _changed(_MINE_IN_STATE, {**mine, "the_state": state, **fields}) == 1

    def _find_track(self) -> None:
        """The database answers again: tell it how the last try ended. All else this worker holds
        did not leave: somebody who knows that takes it at once."""
        db.session.rollback()
        while self._untold:
            self._tell(self._untold[0])
            del self._untold[0]
        never_began = (Attempt.worker == self.name, Attempt.ended_at.is_(None))
        db.session.execute(delete(Attempt).where(*never_began))
        give_back([self.name], now=self.clock())
        db.session.commit()
        self._lost_track = False


def _address(ways: Sequence[Address], letter: Letter) -> Address:
    """The first way; of a code, and of an e-mail address that changed meanwhile, what the letter
    says itself."""
    if ways and (ways[0].channel is not Channel.EMAIL or not letter.to):
        return ways[0]
    return Address(channel_of(letter.to), letter.to)


def _addressed(letter: Letter, address: Address) -> Letter:
    if letter.to == address.to:
        return letter
    return replace(letter, to=address.to, devices=address.devices)


def forget_old_attempts(*, now: datetime) -> None:
    """Who tried what when is kept for 90 days."""
    db.session.execute(delete(Attempt).where(Attempt.started_at < now - KEEP))


def _changed(statement: Update, values: dict[str, Any]) -> int:
    """How many rows it changed. Plain SQL, made once: this is done twice with every message."""
    done: CursorResult[Any] = db.session.connection().execute(statement, values)
    return done.rowcount
