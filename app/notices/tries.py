"""One try to send one letter: what must be known before, and what follows from how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.notices.channels import Channel
from app.notices.claiming import GIVE_UP, MOST_ERRORS
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    MailRefused,
    NotDelivered,
    PerhapsSent,
    Receipt,
)
from app.notices.devices import note_reached, note_refused, remove_devices
from app.notices.ledger import Outcome, Relay, Stop
from app.notices.models import Kind, Notice, State
from app.notices.operations import MORNING_MARGIN
from app.notices.reaching import Address
from app.notices.relays import is_at_fault, it_answered, it_failed
from app.notices.stopping import stop_address
from app.notices.timing import after_quiet_hours, next_try

_NOBODYS = ZoneInfo("UTC")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What decides when a message is tried again."""

    id: int
    ref: str
    letter: str | None
    kind: Kind
    attempts: int
    due_at: datetime
    deadline: datetime
    zone: ZoneInfo
    quiet: tuple[time, time] | None


@dataclass(frozen=True, kw_only=True)
class Try:
    """One letter on its way, with all that must be known afterwards without asking again. Of its
    *messages* the first gives it its Message-ID. *others*: another way to its reader is left."""

    messages: tuple[Facts, ...]
    person_id: int | None
    address: Address
    others: bool
    relay: str
    relay_had_failed: bool


@dataclass(frozen=True)
class Becomes:
    """What becomes of one message (an id) after that attempt (an id)."""

    notice_id: int
    attempt_id: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """What the database must hear of how a try ended: of *each* message of the letter, of the
    attempts, and what is learnt from it, once."""

    each: tuple[Becomes, ...]
    ended: dict[str, Any]
    learn: Callable[[], None]


def deadline_of(notice: Notice) -> datetime:
    """When trying ends: two days after it was due, or when it is of no use any more."""
    give_up = notice.due_at + GIVE_UP
    return min(give_up, notice.not_after) if notice.not_after else give_up


def try_of(notices: Sequence[Notice], address: Address, relay: Relay, *, others: bool) -> Try:
    """One letter to an *address* with those messages, all of one reader."""
    return Try(
        messages=tuple(facts_of(one) for one in notices),
        person_id=notices[0].person_id,
        address=address,
        others=others,
        relay=relay.name,
        relay_had_failed=relay.failures > 0,
    )


def facts_of(notice: Notice) -> Facts:
    return Facts(
        id=notice.id,
        ref=notice.ref,
        letter=notice.letter,
        kind=notice.kind,
        attempts=notice.attempts,
        due_at=notice.due_at,
        deadline=deadline_of(notice),
        zone=notice.person.tz if notice.person else _NOBODYS,
        quiet=notice.person.quiet_hours if notice.person else None,
    )


def success(this: Try, begun: dict[int, int], receipt: Receipt | None, now: datetime) -> Mark:
    """The server took it; *begun* are its messages and their attempts (ids)."""
    said = receipt or Receipt()
    values = {"state": State.SENT, "sent_at": now, "last_code": None}

    def learn() -> None:
        if this.relay_had_failed:
            it_answered(this.relay)
        note_reached(said.reached, now=now)
        remove_devices(said.gone)

    ended = {"outcome": Outcome.SENT, "code": said.reference, "ended_at": now}
    each = (Becomes(one, attempt, values) for one, attempt in begun.items())
    return Mark(tuple(each), ended, learn)


def failure(this: Try, begun: dict[int, int], problem: NotDelivered, now: datetime) -> Mark:
    """How it ended: for each message, for its reader's address, for the server."""
    refused = isinstance(problem, MailRefused)  # nobody's message is to blame
    again = {"state": State.PENDING, "last_code": problem.code, "next_try_at": now}

    def learn() -> None:
        if is_at_fault(problem):
            it_failed(this.relay, problem, now=now)
        elif this.relay_had_failed:
            it_answered(this.relay)
        remove_devices(problem.gone)
        if isinstance(problem, LetterRefused):
            note_refused([device.id for device in this.address.devices])
        if isinstance(problem, AddressRefused) and problem.is_dead and this.person_id:
            _end_address(this.person_id, this.address, problem, now)

    each = (
        Becomes(one.id, begun[one.id], again if refused else _becomes(one, this, problem, now))
        for one in this.messages
        if one.id in begun
    )
    ended = {
        "outcome": _outcome(problem),
        "stage": problem.stage,
        "code": problem.code,
        "ended_at": now,
    }
    return Mark(tuple(each), ended, learn)


def _end_address(person_id: int, address: Address, problem: NotDelivered, now: datetime) -> None:
    """Nothing goes there any more; what is left of a device was removed."""
    whys = {Channel.EMAIL: Stop.REFUSED, Channel.SMS: Stop.NO_NUMBER}
    if why := whys.get(address.channel):
        stop_address(person_id, address.to, why, problem.code, now=now)


def _becomes(facts: Facts, this: Try, problem: NotDelivered, now: datetime) -> dict[str, Any]:
    """It goes on at once by the next way; and never again by one that charges for it, or by another
    way, where perhaps it left."""
    if isinstance(problem, AddressRefused) and this.others:
        again = {"state": State.PENDING, "next_try_at": now}
        return again | {"attempts": facts.attempts + 1, "last_code": problem.code}
    if isinstance(problem, PerhapsSent) and this.address.channel is Channel.SMS:
        failed = {"state": State.FAILED, "last_code": "unclear"}
        return failed | {"attempts": facts.attempts + 1}
    return after(facts, problem, now)


def after(facts: Facts, problem: NotDelivered, now: datetime) -> dict[str, Any]:
    """Try later while there is a point; otherwise somebody must telephone."""
    attempts = facts.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "last_code": problem.code}
    unclear = isinstance(problem, PerhapsSent) and not facts.kind.may_repeat
    poisoned = problem.code in ("unwritable", "error") and attempts >= MOST_ERRORS
    if isinstance(problem, AddressRefused) or unclear or poisoned:
        return {"state": State.FAILED, **values}
    again = next_try(now, attempts=attempts, seed=facts.id)
    if not _may_wake(facts):
        limit = facts.deadline - MORNING_MARGIN
        again = after_quiet_hours(again, zone=facts.zone, not_after=limit, quiet=facts.quiet)
    state = State.EXPIRED if again > facts.deadline else State.PENDING
    return {"state": state, "next_try_at": again, **values}


def _may_wake(facts: Facts) -> bool:
    """Whether its first try was let out at night, so that a retry must not wait for the morning."""
    if facts.kind.is_awaited:
        return True
    rested = after_quiet_hours(facts.due_at, zone=facts.zone, not_after=None, quiet=facts.quiet)
    return rested != facts.due_at


def _outcome(problem: NotDelivered) -> Outcome:
    kinds: dict[type[NotDelivered], Outcome] = {
        MailRefused: Outcome.MAIL_REFUSED,
        AddressRefused: Outcome.ADDRESS_REFUSED,
        LetterRefused: Outcome.LETTER_REFUSED,
        PerhapsSent: Outcome.UNKNOWN,
    }
    return kinds.get(type(problem), Outcome.LATER)
