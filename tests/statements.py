"""What is asked of the database, so that a page can be shown to ask as often for many rows."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event

from app.extensions import db


def statements(run: Callable[[], object]) -> list[str]:
    """The statements *run* sends, without the savepoints of the test's own transaction."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        run()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return seen
