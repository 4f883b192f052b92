"""Polls answered before a page is thought of: what is kept and good goes out at once.

Most requests are programs that look for news and find none. They need no session, no language and
no page around them; whatever is not kept, or not good any more, is left to the routes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Request
from werkzeug.sansio.utils import host_is_trusted

from app import clock
from app.feeds.answers import PRIVATE, PUBLIC, answer, unchanged
from app.feeds.fetches import note_fetch
from app.feeds.kept import opened
from app.feeds.reading import Reading, kept_public, kept_reading, program
from app.i18n import LANGUAGES
from app.web import add_headers

_CALENDAR = re.compile(r"/calendars/([^/]+)\.ics|/c/([^/]+)\.ics")
_ALARM = re.compile(r"(?:alarm=([A-Z0-9]{2,6}))?")


class PollsFirst:
    """WSGI: answers a poll of a calendar that is kept, and hands everything else on."""

    def __init__(self, app: Flask, wsgi_app: WSGIApplication) -> None:
        self._app = app
        self._wsgi_app = wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answered = self._answer(environ) or self._wsgi_app
        return answered(environ, start_response)

    def _answer(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        asked = _CALENDAR.fullmatch(environ.get("PATH_INFO", ""))
        alarm = _ALARM.fullmatch(environ.get("QUERY_STRING", ""))
        if asked is None or alarm is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        request = Request(environ)
        if not _is_ours(request.host, tuple(self._app.config["TRUSTED_HOSTS"])):
            return None
        with self._app.app_context():
            try:
                return _found(asked[1], asked[2], alarm[1] or "", request)
            except SQLAlchemyError:  # the routes say so in the way that programs understand
                return None


@lru_cache(256)
def _is_ours(host: str, trusted: tuple[str, ...]) -> bool:
    return host_is_trusted(host, trusted)


def _found(name: str, token: str, alarm: str, request: Request) -> WSGIApplication | None:
    cache = PRIVATE if token else PUBLIC
    reading = _own(token, request) if token else _public(name, alarm, request)
    if reading is None:
        return None
    same = unchanged(reading, request.environ, cache=cache)
    return same or add_headers(answer(reading, request, cache=cache))


def _public(name: str, alarm: str, request: Request) -> Reading | None:
    language = request.environ.get("punte.language") or LANGUAGES[0]
    return kept_public(name, language, alarm, with_body=_has_nothing(request), now=clock.now())


def _own(token: str, request: Request) -> Reading | None:
    now = clock.now()
    found = opened(token, program=program(), with_body=_has_nothing(request))
    if found is None or not found.opens or not found.standing.is_good(now):
        return None
    note_fetch(found, request, now=now)
    return kept_reading(found)


def _has_nothing(request: Request) -> bool:
    """Who names nothing that they have is sent the text in any case: it is read at once."""
    return not {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"} & request.environ.keys()
