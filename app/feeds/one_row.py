"""Reading one row many times a second: a poll of a calendar is not much more than that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import PoolProxiedConnection


class OneRow:
    """A statement that finds one row at most, asked so often that it is put into words once for
    each database and handed to the driver itself, which costs a third. It sees one moment without a
    transaction: to begin and end one costs PostgreSQL twice what the read does."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._names = statement.selected_columns.keys()
        self._worded: dict[str, _Worded] = {}

    def __call__(self, bound: Engine | Connection, asked: dict[str, Any]) -> Any:
        """The row for what was *asked*, or None. *bound* is a connection where a test has bound
        one."""
        if isinstance(bound, Connection):
            return bound.execute(self._statement, asked).one_or_none()
        worded = self._worded.get(bound.dialect.name)
        if worded is None:
            worded = self._worded[bound.dialect.name] = _Worded(self._statement, bound.dialect)
        driver = bound.dialect.loaded_dbapi
        try:
            found = worded.read(bound, asked)
        except driver.Error as problem:
            raise OperationalError(None, None, problem) from problem
        return SimpleNamespace(**dict(zip(self._names, found, strict=True))) if found else None


class _Worded:
    """A statement in the words of one database, with what turns values into its own and back."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        self._compiled = statement.compile(dialect=dialect)
        self._text = str(self._compiled)
        self._to = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in self._compiled.binds.items()
        }
        self._from = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in statement.selected_columns
        ]

    def read(self, engine: Engine, asked: dict[str, Any]) -> list[Any] | None:
        given = {
            name: turn(value) if (turn := self._to[name]) else value
            for name, value in self._compiled.construct_params(asked).items()
        }
        order = getattr(self._compiled, "positiontup", None)
        with _lent(engine) as connection:
            cursor = connection.cursor()
            cursor.execute(self._text, given if order is None else [given[one] for one in order])
            row = cursor.fetchone()
            cursor.close()
        if row is None:
            return None
        return [turn(one) if turn else one for turn, one in zip(self._from, row, strict=True)]


@contextmanager
def _lent(engine: Engine) -> Iterator[PoolProxiedConnection]:
    """A connection of the pool, for one read without a transaction."""
    connection, dialect = engine.raw_connection(), engine.dialect
    driver = connection.dbapi_connection
    assert driver is not None
    if dialect.name == "postgresql":
        dialect.set_isolation_level(driver, "AUTOCOMMIT")
    try:
        yield connection
    finally:
        if dialect.name == "postgresql":
            dialect.reset_isolation_level(driver)
        connection.close()
