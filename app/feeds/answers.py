"""Answering calendar programs over HTTP: validators, 304, gzip and the right headers (RFC 9110)."""

from __future__ import annotations

import gzip
import hashlib
from datetime import datetime, timedelta
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
    since = _since(key, digest)
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
    if since is not None and since <= clock.now():  # never a date to come: RFC 9110, 8.8.2.1
        response.last_modified = since
    response.make_conditional(request)
    return response


def _since(key: str, digest: str) -> datetime | None:
    """Since when the feed reads like this, in whole seconds; None where that is not known.

    A date belongs to one body for ever: each is later than the one before, and none is told that
    is not remembered, or somebody who asks by date alone would never hear of a change.
    """
    known = version_of(key)
    if known is None or known.digest != digest:
        note_aside(_upsert({"key": key, "digest": digest, "since": _later_than(known)}))
        known = version_of(key)
    return known.since if known is not None and known.digest == digest else None


def _later_than(known: FeedVersion | None) -> datetime:
    now = clock.now().replace(microsecond=0)
    return now if known is None else max(now, known.since + timedelta(seconds=1))


def _upsert(values: dict[str, Any]) -> Insert:
    """Unless somebody else remembered something as late in the meantime."""
    postgres = db.engine.dialect.name == "postgresql"
    insert = (postgresql.insert if postgres else sqlite.insert)(FeedVersion).values(values)
    return insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"digest": values["digest"], "since": values["since"]},
        where=FeedVersion.since < values["since"],
    )
