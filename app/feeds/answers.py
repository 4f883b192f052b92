"""Answering calendar programs over HTTP: validators, 304, gzip and the right headers (RFC 9110)."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.extensions import db
from app.feeds.models import FeedVersion
from app.feeds.queries import version_of
from app.web import note_aside

PUBLIC, PRIVATE = "public, max-age=900", "private, no-cache"


def answer(body: bytes, *, key: str, cache: str) -> Response:
    """*body* as ``text/calendar``, or 304 when the client has it already.

    *key* names the feed, so that its Last-Modified is when its bytes last changed: it moves also
    when something leaves the feed. One strong ETag per encoding.
    """
    digest = hashlib.sha256(body).hexdigest()
    since, remember = _since(key, digest)
    zipped = request.accept_encodings["gzip"] > 0
    response = Response(gzip.compress(body, mtime=0) if zipped else body)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response.headers["Cache-Control"] = cache
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive, nosnippet"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{digest[:32]}-gzip" if zipped else digest[:32])
    response.last_modified = since
    response.make_conditional(request)
    if remember is not None:
        remember()
    return response


def _since(key: str, digest: str) -> tuple[datetime, Callable[[], None] | None]:
    """Since when the feed reads like this, and what to do to remember it when that is news."""
    known = version_of(key)
    if known is not None and known.digest == digest:
        return known.since, None
    now = clock.now().replace(microsecond=0)
    values = {"key": key, "digest": digest, "since": now}
    return now, lambda: note_aside(_upsert(values))


def _upsert(values: dict[str, Any]) -> Insert:
    news = {"digest": values["digest"], "since": values["since"]}
    if db.engine.dialect.name == "postgresql":
        insert = postgresql.insert(FeedVersion).values(values)
        return insert.on_conflict_do_update(index_elements=["key"], set_=news)
    lite = sqlite.insert(FeedVersion).values(values)
    return lite.on_conflict_do_update(index_elements=["key"], set_=news)
