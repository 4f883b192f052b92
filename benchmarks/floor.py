"""The floor that feeds are measured against: a bare Flask view that returns kept bytes."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response, request

app = Flask(__name__)
BODY = Path(os.environ["PUNTE_FLOOR"]).read_bytes() if "PUNTE_FLOOR" in os.environ else b""


@app.get("/")
def calendar() -> Response:
    response = Response(BODY, mimetype="text/calendar", headers={"Content-Encoding": "gzip"})
    response.set_etag("kept")
    response.make_conditional(request)
    return response
