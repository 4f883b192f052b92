"""A storm: workers killed at random, a mail server that misbehaves at every stage, a database that
is restarted, clocks that jump. What was lost, and what was sent twice? Each message is
counted, also where several are one letter.

``python -m benchmarks.outbox_chaos [--messages N --kills N --races N --rate N]``, for each of the
databases. The clock runs sixty times as fast as ours, so that hours of retries pass in minutes;
seconds in the result are its seconds. In one kill of ten the machine's disk is gone, too. A
duplicate is *explained* if the attempts that are kept say that the try before it broke off (a
kill), or that the server fell silent after the final dot.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from ctypes import c_double
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from random import Random
from statistics import quantiles
from time import monotonic, sleep
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.notices.delivery import SmtpPost
from app.notices.ledger import Attempt, Outcome
from app.notices.models import UNSENT, Kind, Notice, State
from app.notices.operations import withdraw
from app.notices.steady import SteadyClock
from app.notices.workers import beat
from app.worker import Running, start, stop
from benchmarks.post.house import (
    DOMAIN,
    ENGINES,
    MORNING,
    compose,
    database,
    make_app,
    migrate,
    notice,
    owe,
    people,
)
from benchmarks.post.races import cancel_races
from benchmarks.post.relay import STORM, Delivery, Relay

SPEED = 60.0
WORKERS = 4
RATE = {"sqlite": 90.0, "postgresql": 150.0}
"""Messages that become due in a second; less than the workers can do."""
EACH = 5
"""Messages to one person; of three two are due at the same moment, of five one could wait."""
DEAD = 50
"""Of so many people one has an address that is dead."""
DRAIN = 300.0
STALE = 5.0
"""Seconds of ours after which what was withdrawn must not leave any more."""


class FastClock:
    """The time of the storm, the same in all its processes."""

    def __init__(self) -> None:
        self.began = monotonic()

    def seconds(self) -> float:
        return (monotonic() - self.began) * SPEED

    def __call__(self) -> datetime:
        return MORNING + timedelta(seconds=self.seconds())

    def of(self, moment: float) -> datetime:
        """The time of the storm at that *moment* of the monotonic clock."""
        return MORNING + timedelta(seconds=(moment - self.began) * SPEED)


@dataclass
class Place:
    """Where a worker works: what it shares with the storm. *jump*: how far its machine's clock is
    off, in seconds; *busy*: it has messages in hand; *ends*: it is to stop."""

    clock: FastClock
    jumps: Any
    busy: Any
    ends: Any
    port: int
    trusts_the_database: bool


def work(place: Place, slot: int) -> None:
    """One worker, as `app.worker.run` has it, but in one thread and by the storm's clock."""
    me = Running(clock=SteadyClock(_told(place, slot), elapsed=place.clock.seconds))
    me.sender.stopping = lambda: bool(place.ends[0])
    me.sender.moved = lambda: place.busy.__setitem__(slot, 1.0)
    post = SmtpPost(
        f"smtp://127.0.0.1:{place.port}",
        mail_from=f"punte@{DOMAIN}",
        mail_name="Punte",
        timeout=20 / SPEED,
        total=60 / SPEED,
    )
    started, beaten = False, 0.0
    while not place.ends[0]:
        try:
            if not started:
                start(me)
                started = True
            if monotonic() - beaten > 10 / SPEED:
                me.clock.compare(_told(place, slot))
                beat(me.name, now=me.clock(), moved_at=me.clock())
                db.session.commit()
                beaten = monotonic()
            me.sender.send(post, compose)
        except SQLAlchemyError:
            db.session.rollback()
            sleep(0.05)
        place.busy[slot] = 0.0
        if not me.sender.has_more:
            sleep(0.01)
    post.close()
    stop(me)


def _told(place: Place, slot: int) -> datetime:
    """The database's time; on SQLite, that of the machine, right or wrong."""
    wrong = 0.0 if place.trusts_the_database else place.jumps[slot]
    return place.clock() + timedelta(seconds=wrong)


def nursery(ask: Connection, address: str, place: Place, folder: Path) -> None:
    """Bears workers quickly: everything is imported and made before."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    logging.disable(logging.CRITICAL)
    app = make_app(address, folder)
    while (slot := ask.recv()) is not None:
        born = os.fork()
        if born == 0:
            _live(app, place, slot)
        ask.send(born)


def _live(app: Flask, place: Place, slot: int) -> None:
    try:
        with app.app_context():
            work(place, slot)
    finally:
        os._exit(0)


class Storm:
    """One database, its workers, and what happens to them."""

    def __init__(self, engine: str, messages: int, kills: int, seed: int, rate: float) -> None:
        self.engine, self.messages, self.kills = engine, messages, kills
        self.dice, self.window = Random(seed), messages / rate
        self.killed = self.restarts = self.jumped = 0
        self.withdrawn: dict[str, float] = {}
        self.due: dict[str, dict[str, Any]] = {}

    def run(self) -> dict[str, float]:
        with (
            Relay(STORM, seed=self.dice.getrandbits(32)) as relay,
            database(self.engine) as self.database,
        ):
            self.place = Place(
                clock=FastClock(),
                jumps=RawArray(c_double, WORKERS),
                busy=RawArray(c_double, WORKERS),
                ends=RawArray(c_double, 1),
                port=relay.port,
                trusts_the_database=self.database.can_restart,
            )
            here, there = Pipe()
            with tempfile.TemporaryDirectory() as folder:
                self.folder = Path(folder)
                args = (there, self.database.address, self.place, self.folder)
                bearer = get_context("fork").Process(target=nursery, args=args)
                bearer.start()
                self.ask = here
                app = make_app(self.database.address, self.folder)
                with app.app_context():
                    try:
                        self._prepare()
                        self._rage()
                        self._drain()
                        return self._judge(relay.deliveries())
                    finally:
                        self.place.ends[0] = 1.0
                        here.send(None)
                        bearer.join()
                        db.session.remove()
                        db.engine.dispose()

    def _prepare(self) -> None:
        migrate()
        number = max(self.messages // EACH, EACH)
        dead = max(number // DEAD, 1)
        readers = people(number, dead=dead)
        began = self.place.clock() + timedelta(seconds=3 * SPEED)
        rows = []
        for n in range(self.messages):
            if n % 3 != 2:
                due_at = began + timedelta(seconds=self.dice.random() * self.window * SPEED)
                reader = self.dice.choice(readers)
            tight = {"not_after": due_at + timedelta(minutes=30)} if n % 20 == 0 else {}
            row = notice(reader, str(n), due_at, urgent=n % EACH > 0, **tight)
            self.due[row["ref"]] = row | {"dead": reader in readers[:dead]}
            rows.append(row)
        owe(rows)

    def _rage(self) -> None:
        """Kills, restarts, jumps and withdrawals until all is due."""
        self.pids = [self._bear(slot) for slot in range(WORKERS)]
        self.absent: dict[int, float] = {}
        end = monotonic() + self.window + 3
        deeds = self._timetable(end)
        while monotonic() < end:
            while deeds and deeds[-1][0] <= monotonic():
                deeds.pop()[1]()
                self._come_back()
            self._come_back()
            sleep(0.005)
        self.place.jumps[:] = [0.0] * WORKERS

    def _timetable(self, end: float) -> list[tuple[float, Callable[[], None]]]:
        """The latest first."""
        deeds: list[tuple[float, Callable[[], None]]] = []
        begin = monotonic() + 2

        def some(number: int, deed: Callable[[], None]) -> None:
            deeds.extend((self.dice.uniform(begin, end), deed) for _ in range(number))

        some(self.kills, self._kill)
        some(max(self.messages // 100, 3), self._withdraw)
        some(max(int(self.window / 20), 1) if self.database.can_restart else 0, self._restart)
        some(max(int(self.window / 15), 1), self._jump)
        return sorted(deeds, key=lambda one: -one[0])

    def _bear(self, slot: int) -> int:
        self.place.busy[slot] = 0.0
        self.ask.send(slot)
        return int(self.ask.recv())

    def _kill(self) -> None:
        """One that is busy, or the next that becomes so; some are missed for a while."""
        patience = monotonic() + 0.5
        alive = [slot for slot in range(WORKERS) if slot not in self.absent]
        busy = [slot for slot in alive if self.place.busy[slot]]
        while not busy and monotonic() < patience:
            sleep(0.001)
            self._come_back()
            alive = [slot for slot in range(WORKERS) if slot not in self.absent]
            busy = [slot for slot in alive if self.place.busy[slot]]
        if not busy:
            return
        slot = self.dice.choice(busy)
        os.kill(self.pids[slot], signal.SIGKILL)
        self.killed += 1
        if self.dice.random() < 0.1:
            self._burn_diaries()
        self.absent[slot] = monotonic() + (3.0 if self.dice.random() < 0.1 else 0.0)

    def _burn_diaries(self) -> None:
        """As if the machine itself were gone: nobody reads what the dead wrote on its disk."""
        for one in (self.folder / "workers").glob("*"):
            one.unlink(missing_ok=True)

    def _come_back(self) -> None:
        if any(self.place.jumps) and not self.database.can_restart:
            return  # nobody could tell a worker that starts now that its clock is wrong
        for slot in [one for one, when in self.absent.items() if when <= monotonic()]:
            del self.absent[slot]
            self.pids[slot] = self._bear(slot)

    def _withdraw(self) -> None:
        ref = self.dice.choice(list(self.due))
        try:
            withdraw([Kind.REMINDER], [self.due[ref]["key"]])
            db.session.commit()
            self.withdrawn[ref] = monotonic()
        except SQLAlchemyError:
            db.session.rollback()

    def _restart(self) -> None:
        db.session.remove()
        self.database.restart()
        self.restarts += 1

    def _jump(self) -> None:
        """An hour or a day ahead or back, and right again two minutes later."""
        if any(self.place.jumps):
            self.place.jumps[:] = [0.0] * WORKERS
        else:
            off = self.dice.choice([3600.0, -3600.0, 86400.0, -86400.0, -57 * 365 * 86400.0])
            self.place.jumps[:] = [off] * WORKERS
            self.jumped += 1
            sleep(2 * 60 / SPEED)
            self.place.jumps[:] = [0.0] * WORKERS

    def _drain(self) -> None:
        """Until nothing waits, then all stop of their own will."""
        end = monotonic() + DRAIN
        self.absent = dict.fromkeys(self.absent, 0.0)
        waiting = select(func.count()).select_from(Notice).where(Notice.state.in_(UNSENT))
        while monotonic() < end:
            self._come_back()
            try:
                if not db.session.scalar(waiting):
                    break
            except SQLAlchemyError:
                pass
            db.session.rollback()
            sleep(0.25)
        self.place.ends[0] = 1.0
        sleep(2.0)

    def _judge(self, deliveries: Sequence[Delivery]) -> dict[str, float]:
        db.session.rollback()
        rows = {one.ref: one for one in db.session.scalars(select(Notice))}
        tries: dict[int, Counter[Outcome | None]] = defaultdict(Counter)
        for notice_id, outcome in db.session.execute(select(Attempt.notice_id, Attempt.outcome)):
            tries[notice_id][outcome] += 1
        taken: dict[str, list[Delivery]] = defaultdict(list)
        for one in deliveries:
            for ref in one.about:
                taken[ref].append(one)
        lost = [ref for ref in self.due if not self._is_accounted_for(ref, rows, taken)]
        by_kill = unexplained = 0
        for ref, several in taken.items():
            outcomes = tries[rows[ref].id]
            twice = max(len(several) - 1 - outcomes[Outcome.UNKNOWN], 0)
            by_kill += min(twice, outcomes[Outcome.CRASHED])
            unexplained += max(twice - outcomes[Outcome.CRASHED], 0)
        found = {
            "owed": len(self.due),
            "kills": self.killed,
            "restarts": self.restarts,
            "clock_jumps": self.jumped,
            "withdrawn": len(self.withdrawn),
            "letters": len(deliveries),
            "letters_of_several": sum(len(one.about) > 1 for one in deliveries),
            "lost": len(lost),
            "duplicates_without_crash": unexplained,
            "duplicates_per_kill": round(by_kill / max(self.killed, 1), 3),
            "after_silence": sum(one[Outcome.UNKNOWN] for one in tries.values()),
            "early": self._early(deliveries),
            "stale": self._stale(deliveries),
            "p999_lateness_seconds": self._lateness(rows, taken),
        }
        for ref in lost[:5]:
            print(f"# lost: {rows[ref].state}, {rows[ref].last_code}, {dict(tries[rows[ref].id])}")
        return found

    def _is_accounted_for(
        self, ref: str, rows: dict[str, Notice], taken: dict[str, list[Delivery]]
    ) -> bool:
        state, facts = rows[ref].state, self.due[ref]
        if state is State.SENT:
            return ref in taken
        if state is State.DROPPED:
            return ref in self.withdrawn
        if state is State.EXPIRED:
            return facts["not_after"] is not None
        return state is State.FAILED and facts["dead"]

    def _early(self, deliveries: Sequence[Delivery]) -> int:
        minute = timedelta(minutes=1)
        return sum(
            self.place.clock.of(one.begun) < self.due[ref]["due_at"] - minute
            for one in deliveries
            for ref in one.about
        )

    def _stale(self, deliveries: Sequence[Delivery]) -> int:
        return sum(self._is_stale(ref, one) for one in deliveries for ref in one.about)

    def _is_stale(self, ref: str, one: Delivery) -> bool:
        end = self.due[ref]["not_after"]
        late = self.place.clock.of(one.begun) - timedelta(minutes=1)
        withdrawn = self.withdrawn.get(ref, float("inf"))
        return (end is not None and late > end) or one.begun > withdrawn + STALE

    def _lateness(self, rows: dict[str, Notice], taken: dict[str, list[Delivery]]) -> float:
        """Of those that could not wait and that the server did not put off itself."""
        late = [
            (self.place.clock.of(several[0].taken) - self.due[ref]["due_at"]).total_seconds()
            for ref, several in taken.items()
            if rows[ref].attempts == 0 and self.due[ref]["urgent"]
        ]
        return round(quantiles(late, n=1000)[-1], 1) if len(late) > 1 else 0.0


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--messages", type=int, default=20_000)
    given.add_argument("--kills", type=int, default=300)
    given.add_argument("--races", type=int, default=0)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--rate", type=float, help="messages that become due in a second")
    given.add_argument("--engine", choices=ENGINES)
    asked = given.parse_args()
    for engine in [asked.engine] if asked.engine else ENGINES:
        if asked.races:
            _race(engine, asked.races)
        if not asked.messages:
            continue
        began = monotonic()
        found = Storm(
            engine, asked.messages, asked.kills, asked.seed, asked.rate or RATE[engine]
        ).run()
        for name, value in found.items():
            print(f"{engine}_{name}: {value}", flush=True)
        print(f"{engine}_storm_seconds: {monotonic() - began:.0f}", flush=True)


def _race(engine: str, rounds: int) -> None:
    """A cancellation against the worker that sends the reminder."""
    with database(engine) as here, tempfile.TemporaryDirectory() as folder:
        app = make_app(here.address, Path(folder))
        with app.app_context():
            migrate()
        for name, value in cancel_races(app, rounds).items():
            print(f"{engine}_cancel_{name}: {value}", flush=True)
        with app.app_context():
            db.engine.dispose()


if __name__ == "__main__":
    main()
