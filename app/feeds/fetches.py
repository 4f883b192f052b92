"""Who fetched a secret calendar last: noted now and then and for many links at once, so that a poll
writes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock, Timer
from typing import Any, cast

from flask import Flask
from sqlalchemy import Table, bindparam, update
from werkzeug import Request

from app.feeds.kept import Opened
from app.feeds.models import FeedLink
from app.web import note_aside, this_app

REMEMBER_FETCH = timedelta(minutes=5)
WAIT = "FEED_FETCHES_WAIT"
"""The setting of the app: how many seconds fetches may wait to be noted together; 0 for none. What
waits is lost with the process: the last half minute of who looked."""


def note_fetch(found: Opened, request: Request, *, now: datetime) -> None:
    """Note, now and then, that the link was fetched, and by which program."""
    if found.fetched_at is None or now - found.fetched_at > REMEMBER_FETCH:
        _waiting_in(this_app()).add(found.link_id, str(request.user_agent)[:80], now)


class _Waiting:
    """The fetches of one process that are not noted yet."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = Lock()
        self._fetches: dict[int, dict[str, Any]] = {}

    def add(self, link_id: int, by: str, at: datetime) -> None:
        wait = float(self._app.config.get(WAIT, 30))
        with self._lock:
            first = not self._fetches
            self._fetches[link_id] = {"link": link_id, "at": at, "by": by}
        if not wait:
            self._note()
        elif first:
            timer = Timer(wait, self._note_later)
            timer.daemon = True
            timer.start()

    def _note_later(self) -> None:
        with self._app.app_context():
            self._note()

    def _note(self) -> None:
        with self._lock:
            fetches, self._fetches = self._fetches, {}
        if fetches:
            note_aside((_FETCHED, [fetches[link_id] for link_id in sorted(fetches)]))


_LINKS = cast(Table, FeedLink.__table__)
_FETCHED = (
    update(_LINKS)
    .where(_LINKS.c.id == bindparam("link"))
    .values(fetched_at=bindparam("at"), fetched_by=bindparam("by"))
)


def _waiting_in(app: Flask) -> _Waiting:
    return cast(_Waiting, app.extensions.setdefault(__name__, _Waiting(app)))
