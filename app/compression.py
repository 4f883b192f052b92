"""Fewer bytes for cheap phones: gzip for static files and for pages without secrets.

Pages of signed-in people are sent as they are: beside a secret such as a form's token, compression
would let a listener guess it letter by letter (BREACH).
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request
from flask_login import current_user

WORDY = ("text/css", "image/svg+xml", "text/html", "application/json", "application/xml")


def init_app(app: Flask) -> None:
    app.after_request(compress)


def compress(response: Response) -> Response:
    """The same answer in fewer bytes, for whoever can read them so."""
    if response.mimetype not in WORDY or "Content-Encoding" in response.headers:
        return response
    response.headers["Vary"] = ", ".join(
        filter(None, [response.vary.to_header(), "Accept-Encoding"])
    )
    wanted = request.accept_encodings["gzip"] > 0 and response.status_code == 200
    if not wanted or not _is_safe(response):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    static = request.endpoint == "static"
    response.set_data(_squeezed_once(body) if static else gzip.compress(body, 6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    if (tag := response.get_etag()[0]) is not None:
        response.set_etag(f"{tag}-gzip")
    return response


def _is_safe(response: Response) -> bool:
    if request.endpoint == "static":
        return True
    return not current_user.is_authenticated and b"csrf_token" not in response.get_data()


@lru_cache(maxsize=32)
def _squeezed_once(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
