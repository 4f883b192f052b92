"""The app for the web server of the browser tests: at ``PUNTE_TEST_NOW`` if that is set."""

from __future__ import annotations

import os

from tests.browser.at import set_clock

if instant := os.environ.get("PUNTE_TEST_NOW"):
    set_clock(instant)

from wsgi import app  # the clock comes first

__all__ = ["app"]
