"""Who sends: each worker says that it lives and that it gets on; whoever is silent or stuck can be
seen, and what a dead one held is freed. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased

from app.extensions import db
from app.notices.claiming import give_back
from app.notices.ledger import Relay, Worker
from app.notices.queries import oldest_due
from app.notices.relays import resting

BEAT = timedelta(seconds=10)
SILENT_AFTER = timedelta(seconds=40)
STUCK_AFTER = timedelta(seconds=50)
MISSED_FOR = timedelta(hours=1)  # then the others have long taken over
FORGOTTEN_AFTER = timedelta(days=1)
WAITS = timedelta(minutes=1)


@dataclass(frozen=True)
class Watch:
    """How sending goes: how many workers are at it, are stuck, fell silent, and which servers rest.
    *nobody_since*: nobody sends, and something has been due since then."""

    working: int
    stuck: int
    silent: int
    resting: list[Relay]
    nobody_since: datetime | None

    @property
    def is_well(self) -> bool:
        return not (self.stuck or self.silent or self.resting or self.nobody_since)

    @property
    def refused(self) -> bool:
        """Whether a server wants none of our letters; that does not mend itself."""
        return any(relay.refuses for relay in self.resting)


def begin(worker: Worker) -> None:
    """A worker starts."""
    db.session.add(worker)


def beat(name: str, *, now: datetime, moved_at: datetime) -> bool:
    """It lives. False if it had been taken for dead and was forgotten."""
    alive = db.session.scalars(
        update(Worker)
        .where(Worker.name == name)
        .values(seen_at=now, moved_at=moved_at)
        .returning(Worker.name)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return alive is not None


def end(name: str, *, now: datetime) -> None:
    """It stops of its own will and holds nothing any more. The last one stays in the book: without
    a worker nothing comes due, and all would look well."""
    give_back([name], now=now)
    other = aliased(Worker)
    goes_on = exists().where(other.name != name, other.seen_at > now - SILENT_AFTER)
    db.session.execute(
        delete(Worker)
        .where(Worker.name == name, goes_on)
        .execution_options(synchronize_session=False)
    )


def bury(names: list[str], *, now: datetime) -> None:
    """These are certainly dead: what they held is free at once."""
    give_back(names, now=now, began=True)
    db.session.execute(delete(Worker).where(Worker.name.in_(names)))


def workers_of(machine: str) -> list[Worker]:
    """Those that run on that machine, or ran there and never said goodbye."""
    return list(db.session.scalars(select(Worker).where(Worker.machine == machine)))


def forget_silent(*, now: datetime) -> None:
    """Whoever has been silent for a day was replaced by somebody."""
    db.session.execute(delete(Worker).where(Worker.seen_at < now - FORGOTTEN_AFTER))


def watch(*, now: datetime) -> Watch:
    """How sending goes now; in few statements, for it is asked with every page of a coordinator."""
    found = db.session.execute(select(Worker.seen_at, Worker.moved_at)).all()
    alive = [one for one in found if one.seen_at > now - SILENT_AFTER]
    stuck = [one for one in alive if one.moved_at < now - STUCK_AFTER]
    quiet = [one for one in found if one.seen_at <= now - SILENT_AFTER]
    silent = [one for one in quiet if not alive or one.seen_at > now - MISSED_FOR]
    oldest = oldest_due(now=now) if not alive else None
    return Watch(
        working=len(alive) - len(stuck),
        stuck=len(stuck),
        silent=len(silent),
        resting=resting(),
        nobody_since=oldest if oldest and now - oldest > WAITS else None,
    )
