"""Nothing is held that nobody thought of."""

from __future__ import annotations

import pytest

from app.database import Base
from app.own_data.register import ABOUT_NOBODY, BY_CONTACT, GO_WITH, HELD

pytestmark = pytest.mark.usefixtures("app")
TABLES = Base.metadata.tables


def test_every_table_is_in_the_register() -> None:
    known = {held.table for held in HELD} | ABOUT_NOBODY | GO_WITH | BY_CONTACT

    assert sorted(set(TABLES) - known) == []
    assert sorted(known - set(TABLES) - {"alembic_version"}) == []


def test_whoever_is_named_for_themselves_is_held() -> None:
    """A row that goes with its person is about that person; one that outlives them says only who
    did something, or is a certificate."""
    owned = {
        (table.name, key.parent.name)
        for table in TABLES.values()
        for key in table.foreign_keys
        if key.column.table.name == "person" and key.ondelete == "CASCADE"
    }
    held = {(one.table, one.whose) for one in HELD} - {
        ("person", "id"),
        ("certificate", "person_id"),
    }

    assert held == owned


def test_only_the_one_responsible_keeps_somebody_from_going() -> None:
    holding = [
        (table.name, key.parent.name)
        for table in TABLES.values()
        for key in table.foreign_keys
        if key.column.table.name == "person" and key.ondelete is None
    ]

    assert holding == [("activity", "coordinator_id")]


def test_rows_about_rows_go_with_them() -> None:
    going = {held.table for held in HELD} | GO_WITH
    for name in GO_WITH:
        keys = [key for key in TABLES[name].foreign_keys if key.ondelete == "CASCADE"]
        assert any(key.column.table.name in going for key in keys), name


def test_secrets_are_known_as_such() -> None:
    """Whatever is stored as a hash opens a door, and is in no copy."""
    for held in HELD:
        hashes = {c.name for c in TABLES[held.table].columns if c.name.endswith("_hash")}
        assert hashes <= held.secret, held.table
