"""Answering calendar programs over HTTP: validators, 304, gzip and the right headers (RFC 9110)."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Response, current_app
from werkzeug import Request
from werkzeug.datastructures import Accept
from werkzeug.http import http_date, parse_accept_header, remove_entity_headers

from app import clock
from app.feeds.reading import Reading
from app.web import add_headers

PUBLIC, PRIVATE = "public, max-age=900", "private, no-cache"
COME_BACK = {"Retry-After": "600", "Cache-Control": "no-store"}


def answer(reading: Reading, request: Request, *, cache: str) -> Response:
    """The feed as ``text/calendar``, or 304 when the client has it already; then its text is not
    even read. One strong ETag per encoding."""
    zipped = _takes_gzip(request.environ)
    response = Response(b"", headers=_HEADERS | {"Cache-Control": cache})
    response.set_etag(_tag(reading, zipped))
    since = _told_since(reading)
    if since is not None:  # None would be now
        response.last_modified = since
    response.make_conditional(request.environ)
    if response.status_code != 304:
        body = reading.zipped()
        if body is None:
            return come_back_later()
        response.set_data(body if zipped else gzip.decompress(body))
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


@dataclass(frozen=True)
class Unchanged:
    """The 304 that `answer` would be, for a program that names the one tag which it was given: so
    do nearly all polls. Nothing of it is put together for one poll but two dates and the tag."""

    headers: list[tuple[str, str]]

    def __call__(self, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("304 NOT MODIFIED", self.headers)
        return []


def unchanged(reading: Reading, environ: WSGIEnvironment, *, cache: str) -> Unchanged | None:
    """None for a program that names another tag, several, or none."""
    zipped = _takes_gzip(environ)
    tag = f'"{_tag(reading, zipped)}"'
    if environ.get("HTTP_IF_NONE_MATCH") != tag:
        return None
    since = _told_since(reading)
    dated = [("Last-Modified", http_date(since))] if since is not None else []
    return Unchanged([*_usual(cache, zipped), ("ETag", tag), ("Date", http_date()), *dated])


def _usual(cache: str, zipped: bool) -> list[tuple[str, str]]:
    """What each 304 with that *cache* says alike."""
    known = current_app.extensions.setdefault(__name__, {})
    if (cache, zipped) not in known:
        answer = add_headers(Response(b"", headers=_HEADERS | {"Cache-Control": cache}))
        remove_entity_headers(answer.headers)
        if zipped:
            answer.headers["Content-Encoding"] = "gzip"
        known[cache, zipped] = answer.headers.to_wsgi_list()
    said: list[tuple[str, str]] = known[cache, zipped]
    return said


def _tag(reading: Reading, zipped: bool) -> str:
    return f"{reading.digest[:32]}-gzip" if zipped else reading.digest[:32]


def _told_since(reading: Reading) -> datetime | None:
    """Never a date to come: RFC 9110, 8.8.2.1."""
    since = reading.since
    return since if since is not None and since <= clock.now() else None


def _takes_gzip(environ: WSGIEnvironment) -> bool:
    return _has_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))


@lru_cache(256)
def _has_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted, Accept)["gzip"] > 0


_HEADERS = {
    "Content-Type": "text/calendar; charset=utf-8",
    "Content-Disposition": 'inline; filename="calendar.ics"',
    "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}


def come_back_later() -> Response:
    """Programs come back later instead of dropping the calendar (RFC 9110 §15.6.4)."""
    return Response("", 503, COME_BACK, mimetype="text/plain")
