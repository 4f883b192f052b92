"""The declarative base every table inherits, our column types, and how SQLite begins."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, String, TypeDecorator, event
from sqlalchemy import Enum as SQLEnum
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; always comes back aware, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r} cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Constraint names are fixed here so that migrations can name them."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime(),
        str: String(),
        Enum: SQLEnum(
            Enum,
            native_enum=False,
            length=32,
            values_callable=lambda members: [m.value for m in members],
        ),
    }


def new_ref() -> str:
    """A random public name for a row (128 bits): addresses and UIDs never show a number."""
    return secrets.token_urlsafe(16)


# SQLite takes no row locks: `SELECT … FOR UPDATE` is silently nothing there. So each transaction
# that may write takes the one write lock when it begins (BEGIN IMMEDIATE), and only pages that
# merely read begin lazily. docs/decisions.md has the measurement.
_begin: ContextVar[str] = ContextVar("begin", default="BEGIN IMMEDIATE")


@contextmanager
def _beginning(statement: str) -> Iterator[None]:
    token = _begin.set(statement)
    try:
        yield
    finally:
        _begin.reset(token)


def only_reading() -> AbstractContextManager[None]:
    """Transactions begun inside will not write, so they need not wait for whoever does."""
    return _beginning("BEGIN")


def writing() -> AbstractContextManager[None]:
    """Transactions begun inside may write, even in a request that otherwise only reads."""
    return _beginning("BEGIN IMMEDIATE")


@contextmanager
def without_transaction(engine: Engine) -> Iterator[Connection]:
    """A connection on which SQLite begins none: what it does to its own files it does outside."""
    with _beginning(""), engine.connect() as connection:
        yield connection


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # a commit survives a power cut
        "busy_timeout = 10000",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "secure_delete = ON",  # what was erased is gone from the file too
        "journal_size_limit = 67108864",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (statement := _begin.get()):
        connection.exec_driver_sql(statement)
