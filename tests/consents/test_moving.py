"""What was said of each channel before is still said after the change of the tables, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa

from app.extensions import db
from tests.conftest import make_app
from tests.engines import ENGINES, fresh_database

BEFORE, AFTER = "b3e8c5d7f140", "c8f2a7e3d951"
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
SAID = [
    (1, "sms", True, 1, "text", 1),
    (1, "email", False, 2, "desk", None),
    (2, "telephone", False, 2, "text", None),
]
"""Whose, of what, yes or no, noted by whom; how it was read and which version, as it is since."""


def fill(connection: sa.Connection) -> None:
    for number in (1, 2):
        connection.execute(
            sa.text(
                "INSERT INTO person (id, ref, name, language, zone, interests, helps_online, "
                "is_active, created_at) VALUES (:n, :r, 'x', 'ar', 'Europe/Bucharest', '', "
                "true, true, :at)"
            ),
            {"n": number, "r": f"r{number}", "at": AT},
        )
    for person, channel, given, by, _medium, _version in SAID:
        connection.execute(
            sa.text(
                "INSERT INTO consent (person_id, channel, given, at, by_id) "
                "VALUES (:p, :c, :g, :at, :b)"
            ),
            {"p": person, "c": channel, "g": given, "at": AT, "b": by},
        )


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_that_was_said_is_lost(engine: str, tmp_path: Path) -> None:
    app = make_app(fresh_database(engine), tmp_path)
    with app.app_context():
        flask_migrate.upgrade(revision=BEFORE)
        with db.engine.begin() as connection:
            fill(connection)
        flask_migrate.upgrade(revision=AFTER)
        with db.engine.begin() as connection:
            words = connection.execute(
                sa.text("SELECT person_id, purpose, given, by_id, medium, version FROM consent")
            ).all()
            connection.execute(
                sa.text(
                    "INSERT INTO consent (person_id, purpose, given, at, by_id, medium) "
                    "VALUES (1, 'sms', false, :at, 1, 'text')"
                ),
                {"at": AT},
            )
        flask_migrate.downgrade(revision=BEFORE)
        with db.engine.begin() as connection:
            last = connection.execute(
                sa.text("SELECT person_id, channel, given FROM consent")
            ).all()
        db.engine.dispose()

    assert {(p, w, bool(g), b, m, v) for p, w, g, b, m, v in words} == set(SAID)
    assert {(p, w, bool(g)) for p, w, g in last} == {
        (1, "sms", False),
        (1, "email", False),
        (2, "telephone", False),
    }
