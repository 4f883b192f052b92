"""Which servers rest: after failures in a row nobody knocks for a while, then one worker with one
letter. All workers know it from the database. Nothing here commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db
from app.notices.delivery import MailRefused, NotDelivered, PerhapsSent, Stage, TryLater
from app.notices.ledger import Relay
from app.notices.push import OF_DEVICES

MOST_FAILURES = 5
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)
PROBE = timedelta(minutes=2)  # more than the longest send: so long the one who tries is waited for

_BEFORE_ANY_LETTER = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})


class Way(Enum):
    """Whether a letter may be tried: yes, one only, or not now."""

    OPEN = auto()
    ONE = auto()
    RESTS = auto()


def way_through(name: str, *, now: datetime) -> Way:
    """Whether letters may go through the server *name*. Who is told `Way.ONE` tries for all."""
    relay = known(name)
    if relay.rests_until is None:
        return Way.OPEN
    if relay.rests_until > now:
        return Way.RESTS
    mine = db.session.scalars(
        update(Relay)
        .where(Relay.name == name, Relay.rests_until == relay.rests_until)
        .values(rests_until=now + PROBE)
        .returning(Relay.name)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return Way.ONE if mine else Way.RESTS


def known(name: str) -> Relay:
    """What is known of the server *name* now."""
    relay = db.session.get(Relay, name, populate_existing=True)
    if relay is None:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        fresh = {"name": name, "failures": 0, "refuses": False}
        db.session.execute(insert(Relay).values(fresh).on_conflict_do_nothing())
        relay = db.session.get_one(Relay, name)
    return relay


def is_at_fault(problem: NotDelivered) -> bool:
    """Whether the server itself failed, not this letter or its reader's mailbox."""
    if not isinstance(problem, TryLater | PerhapsSent):
        return isinstance(problem, MailRefused)
    if problem.stage is Stage.ASKED:
        return True  # a gateway has no mailboxes that are only full
    early = problem.stage in _BEFORE_ANY_LETTER
    return early or problem.code == "421" or not problem.code.isdigit()


def it_answered(name: str) -> None:
    """The server *name* took a letter, or said something about one: it lives."""
    db.session.execute(
        update(Relay)
        .where(Relay.name == name, Relay.failures > 0)
        .values(failures=0, since=None, rests_until=None, refuses=False, last_code=None)
        .execution_options(synchronize_session=False)
    )


def nobody_waits(name: str) -> None:
    """The rest of the server *name* is over and no letter is there to try: the next will tell."""
    db.session.execute(
        update(Relay)
        .where(Relay.name == name)
        .values(failures=MOST_FAILURES - 1, rests_until=None, refuses=False)
        .execution_options(synchronize_session=False)
    )


def it_failed(name: str, problem: NotDelivered, *, now: datetime) -> None:
    """One failure more; from the fifth on it rests, twice as long each time, a quarter of an hour
    at most. One that refuses all our letters rests for that long at once."""
    refuses = isinstance(problem, MailRefused)
    failures = db.session.scalars(
        update(Relay)
        .where(Relay.name == name)
        .values(
            failures=Relay.failures + 1,
            since=db.func.coalesce(Relay.since, now),
            last_code=problem.code,
            refuses=refuses,
        )
        .returning(Relay.failures)
        .execution_options(synchronize_session=False)
    ).one()
    rest = LONGEST_REST if refuses else rest_after(failures)
    if rest:
        db.session.execute(
            update(Relay)
            .where(Relay.name == name)
            .values(rests_until=now + rest)
            .execution_options(synchronize_session=False)
        )


def rest_after(failures: int) -> timedelta:
    """How long nobody knocks after so many failures in a row."""
    over = failures - MOST_FAILURES
    if over < 0:
        return timedelta()
    return min(FIRST_REST * (1 << min(over, 10)), LONGEST_REST)


def resting() -> list[Relay]:
    """The servers that letters wait for. Not those of devices: anybody can name one that does not
    exist, and nobody on the staff can do anything about them."""
    ours = ~Relay.name.startswith(OF_DEVICES)
    return list(db.session.scalars(select(Relay).where(Relay.rests_until.is_not(None), ours)))
