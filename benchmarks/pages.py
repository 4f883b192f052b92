"""How the pages of one centre cost more in a country than in three centres: ratios, one run.

The same requests on two databases, one filled with the demonstration, one with ``--size national``.
A ratio near 1 means that what other centres do costs this centre nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

import flask_migrate
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app import clock, create_app
from app.demo import fill
from app.extensions import db
from app.people.models import Person
from app.people.operations import begin_sign_in
from app.planning.attention import attention_for
from app.programme.models import Meeting

ROUNDS = 15
PAGES = {
    "programme_of_a_centre": ("", "/ro/?centre=bucuresti"),
    "feed_of_a_centre": ("", "/ro/calendars/centre-bucuresti.ics"),
    "week": ("mihai", "/ro/week"),
    "day": ("mihai", "/ro/day"),
    "month": ("mihai", "/ro/month"),
    "list": ("mihai", "/ro/list"),
    "week_on_paper": ("mihai", "/ro/week/print?for=staff"),
    "rooms": ("mihai", "/ro/rooms"),
    "people": ("mihai", "/ro/people"),
    "where_needed": ("amina", "/ro/needed"),
    "my_sessions": ("layla", "/ro/mine"),
}


def main() -> None:
    small, large = (measured(size) for size in ("centre", "national"))
    for name in small:
        print(f"page_{name}_national_to_centre: {large[name][0] / small[name][0]:.2f}")
        print(f"page_{name}_statements_centre: {small[name][1]}")
        print(f"page_{name}_statements_national: {large[name][1]}")


def measured(size: str) -> dict[str, tuple[float, int]]:
    """Page -> (median CPU seconds of one request, statements it sends)."""
    with tempfile.TemporaryDirectory() as folder:
        app = filled(size, Path(folder))
        found = {name: _measure(app, who, path) for name, (who, path) in PAGES.items()}
        found["what_needs_me"] = _measure_attention(app)
        with app.app_context():
            print(f"meetings_{size}: {db.session.query(Meeting).count()}")
            db.engine.dispose()
        return found


def filled(size: str, folder: Path) -> Flask:
    """An app on a database of its own with that demonstration."""
    environ = {
        "PUNTE_DATA": str(folder),
        "PUNTE_SECRET_KEY": "only for this measurement and nothing else",
    }
    app = create_app(environ)
    with app.app_context():
        flask_migrate.upgrade()
        fill(size, today=None, now=clock.now())
    return app


def _measure(app: Flask, who: str, path: str) -> tuple[float, int]:
    client = app.test_client()
    if who:
        sign_in_as(app, client, who)

    def visit() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    return _cost(app, visit)


def sign_in_as(app: Flask, client: FlaskClient, who: str) -> None:
    """From now on *client* is that person of the demonstration."""
    with app.app_context():
        mail = f"{who}@demo.punte.example"
        person = db.session.scalars(select(Person).where(Person.email == mail)).one()
        token = begin_sign_in(person, now=clock.now())
        db.session.commit()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token


def _measure_attention(app: Flask) -> tuple[float, int]:
    """The panel of the week alone."""

    def look() -> None:
        with app.test_request_context("/"):
            mihai = select(Person).where(Person.email == "mihai@demo.punte.example")
            person = db.session.scalars(mihai).one()
            assert person.home_centre is not None
            attention_for(person, person.home_centre, now=clock.now())

    return _cost(app, look)


def _cost(app: Flask, run: Callable[[], None]) -> tuple[float, int]:
    """Once to warm up, once to count statements, then the median of several rounds."""
    run()
    statements = _statements(app, run)
    return median(_seconds(run) for _round in range(ROUNDS)), statements


def _seconds(run: Callable[[], None]) -> float:
    start = process_time()
    run()
    return process_time() - start


def _statements(app: Flask, run: Callable[[], None]) -> int:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        run()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return sum(not one.startswith("BEGIN") for one in seen)


if __name__ == "__main__":
    main()
