"""Compression: less to carry for phones, never beside a secret."""

from __future__ import annotations

import gzip

from app.extensions import db
from tests import make
from tests.conftest import Browser

ASK = {"Accept-Encoding": "gzip"}


def test_a_public_page_and_its_style_are_sent_compressed(browser: Browser) -> None:
    plain = browser.get("/calendars")
    zipped = browser.get("/calendars", headers=ASK)
    with browser.get("/static/punte.css", headers=ASK) as style:
        assert style.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(style.data).startswith(b"/*")

    assert gzip.decompress(zipped.data) == plain.data
    assert "Accept-Encoding" in zipped.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_a_page_with_a_token_or_of_somebody_signed_in_is_not(browser: Browser) -> None:
    assert "Content-Encoding" not in browser.get("/mine", headers=ASK).headers
    person = make.person()
    db.session.commit()
    browser.sign_in(person)

    for path in ("/mine", "/calendars", "/"):
        assert "Content-Encoding" not in browser.get(path, headers=ASK).headers, path
