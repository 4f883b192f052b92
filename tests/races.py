"""Several people clicking at once, each in a thread with a database session of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Barrier, Thread

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.refusal import Refusal


def all_at_once(app: Flask, clicks: Sequence[Callable[[], object]]) -> list[object]:
    """Run *clicks* together, each committing; what each returned or was refused with."""
    results: list[object] = [None] * len(clicks)
    start = Barrier(len(clicks))

    def one(position: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results[position] = clicks[position]()
                db.session.commit()
            except (Refusal, DBAPIError) as problem:
                db.session.rollback()
                results[position] = problem
            finally:
                db.session.remove()

    threads = [Thread(target=one, args=(position,)) for position in range(len(clicks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
