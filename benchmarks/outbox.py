"""How many messages leave in a second through one worker and four, beside bare `smtplib` on one
connection; and what a tick costs with nothing due among a thousand and a million future messages.

``python -m benchmarks.outbox [--messages N] [--future N]``. The mail server takes everything and
runs on the same cores. Each message is for another person and costs three commits, written through
to the disk: that it may leave today, that it leaves now, that it left.
"""

from __future__ import annotations

import argparse
import os
import smtplib
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from flask import Flask
from sqlalchemy import func, select, text

from app.extensions import db
from app.notices.delivery import SmtpPost
from app.notices.letter import Letter, as_email
from app.notices.models import UNSENT, Notice
from app.notices.queries import oldest_due
from app.notices.sending import Sender
from app.people.models import Centre
from app.reminders.together import bind
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
from benchmarks.post.relay import Relay

FROM, NAME = f"punte@{DOMAIN}", "Punte"
FEW = 1_000
ROUNDS = 41


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--messages", type=int, default=2_000)
    given.add_argument("--future", type=int, default=1_000_000)
    asked = given.parse_args()
    with Relay() as relay:
        bare = _bare(relay, asked.messages)
        print(f"smtplib_messages_per_second: {bare:.0f}", flush=True)
        for engine in ENGINES:
            _through_workers(engine, relay, asked.messages, bare)
            _ticks(engine, relay, asked.future)


def _bare(relay: Relay, number: int) -> float:
    """The same letters by `smtplib` alone, each written just before."""
    began = perf_counter()
    with smtplib.SMTP("127.0.0.1", relay.port) as line:
        for n in range(number):
            letter = Letter(
                to="ana@example.org",
                subject="You have a meeting",
                text="Tomorrow at ten.\n",
                html=None,
                language="en",
                message_id=f"<bare-{n}@{DOMAIN}>",
                sent_at=MORNING,
            )
            content = as_email(letter, mail_from=FROM, mail_name=NAME).as_bytes()
            line.sendmail(FROM, [letter.to], content)
    return number / (perf_counter() - began)


def _through_workers(engine: str, relay: Relay, number: int, bare: float) -> None:
    for workers in (1, 4):
        with database(engine) as here, tempfile.TemporaryDirectory() as folder:
            app = make_app(here.address, Path(folder))
            with app.app_context():
                migrate()
                readers = people(number, centre=_centre())
                owe([notice(one, str(one), MORNING, urgent=True) for one in readers])
                db.session.remove()
                db.engine.dispose()
                rate = number / _seconds(app, relay, workers)
                left = select(func.count()).select_from(Notice).where(Notice.state.in_(UNSENT))
                assert db.session.scalar(left) == 0
                db.session.remove()
                db.engine.dispose()
        print(f"{engine}_messages_per_second_{workers}_workers: {rate:.0f}")
        print(f"{engine}_of_smtplib_{workers}_workers: {rate / bare:.2f}", flush=True)


def _centre() -> Centre:
    centre = Centre(code="B", name="București", address="Strada Test 1", changed_at=MORNING)
    db.session.add(centre)
    db.session.flush()
    return centre


def _seconds(app: Flask, relay: Relay, workers: int) -> float:
    """Until so many processes have sent everything."""
    began = perf_counter()
    born = [_worker(app, relay) for _n in range(workers)]
    for one in born:
        os.waitpid(one, 0)
    return perf_counter() - began


def _worker(app: Flask, relay: Relay) -> int:
    born = os.fork()
    if born:
        return born
    try:
        with app.app_context(), _post(relay) as post:
            sender = Sender(str(os.getpid()), clock=lambda: MORNING, bind=bind)
            while sender.send(post, compose) or sender.has_more:
                pass
    finally:
        os._exit(0)


def _ticks(engine: str, relay: Relay, future: int) -> None:
    with database(engine) as here, tempfile.TemporaryDirectory() as folder:
        app = make_app(here.address, Path(folder))
        with app.app_context():
            migrate()
            reader = people(1)[0]
            _future(reader, 0, FEW)
            few = _tick(relay)
            _future(reader, FEW, future)
            many = _tick(relay)
            db.session.remove()
            db.engine.dispose()
    print(f"{engine}_tick_milliseconds_{FEW}_future: {few:.2f}")
    print(f"{engine}_tick_milliseconds_{future}_future: {many:.2f}")
    print(f"{engine}_tick_ratio: {many / few:.2f}", flush=True)


def _future(reader: int, first: int, last: int) -> None:
    """Messages that become due in the year after, made by the database itself."""
    row = notice(reader, "", MORNING + timedelta(days=1))
    owe([row | {"key": "model", "ref": f"model-{first}", "person_id": reader}] if not first else [])
    columns = [c.name for c in Notice.__table__.columns if c.name not in ("id", "ref", "key")]
    days = "n % 365" if db.engine.dialect.name == "sqlite" else "make_interval(days => n % 365)"
    later = {
        "sqlite": f"strftime('%Y-%m-%d %H:%M:%S.000000', due_at, '+' || ({days}) || ' days')",
        "postgresql": f"due_at + {days}",
    }[db.engine.dialect.name]
    taken = [later if c in ("due_at", "next_try_at") else c for c in columns]
    first_number = "SELECT CAST(:a AS INTEGER)"
    numbers = (
        f"WITH RECURSIVE many(n) AS ({first_number} UNION ALL SELECT n + 1 FROM many WHERE n < :b)"
    )
    db.session.execute(
        text(
            f"INSERT INTO notice (ref, key, {', '.join(columns)}) {numbers} "
            f"SELECT 'r' || n, 'k' || n, {', '.join(taken)} FROM many, notice WHERE key = 'model'"
        ),
        {"a": first, "b": last - 1},
    )
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def _tick(relay: Relay) -> float:
    """The median of what a turn of a worker and a look at the oldest cost together."""
    sender = Sender("one", clock=lambda: MORNING)
    with _post(relay) as post:

        def turn() -> None:
            assert sender.send(post, compose) == 0
            assert oldest_due(now=MORNING) is None
            db.session.rollback()

        return median(_milliseconds(turn) for _round in range(ROUNDS))


def _milliseconds(run: Callable[[], None]) -> float:
    began = perf_counter()
    run()
    return (perf_counter() - began) * 1000


def _post(relay: Relay) -> SmtpPost:
    return SmtpPost(f"smtp://127.0.0.1:{relay.port}", mail_from=FROM, mail_name=NAME)


if __name__ == "__main__":
    main()
