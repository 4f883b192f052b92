"""The poster: one A4 sheet in each language, the same bytes each time, drawn one at a time."""

from __future__ import annotations

import re
import sys
import zlib

import pytest
import segno
from flask import Flask

from app.certificates.paper import SYSTEM_PACKAGES, can_make_pdf
from app.extensions import db
from app.feeds import poster
from app.feeds.describing import direction_of
from app.feeds.queries import PublicFeed, public_feed
from app.feeds.subscribing import poster_page
from app.feeds.ways import qr_of
from app.i18n import LANGUAGES
from app.programme.kinds import Kind
from tests import make
from tests.conftest import Browser

HOUSE = "http://127.0.0.1:8000"
needs_pango = pytest.mark.skipif(
    not can_make_pdf(), reason=f"no PDF without {', '.join(SYSTEM_PACKAGES)}: `make paper`"
)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    poster._drawn_once.cache_clear()


def inside(pdf: bytes) -> bytes:
    """What it is made of, without compression."""
    streams = re.findall(rb"stream\r?\n(x.*?)endstream", pdf, re.S)
    return b"\n".join(zlib.decompressobj().decompress(one) for one in streams)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", inside(pdf)))


@needs_pango
@pytest.mark.parametrize("language", LANGUAGES)
def test_one_sheet_in_each_language_and_the_same_bytes_each_time(
    browser: Browser, language: str
) -> None:
    make.centre(code="brasov", name="Brașov")
    db.session.commit()
    path = f"/{language}/calendars/centre-brasov/poster.pdf"

    first = browser.get(path)
    poster._drawn_once.cache_clear()
    second = browser.get(path)

    assert first.data.startswith(b"%PDF-")
    assert pages(first.data) == 1
    assert b"/MediaBox [0 0 595.27" in inside(first.data)
    assert first.data == second.data
    assert b"CreationDate" not in inside(first.data)


@needs_pango
@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("times", [1, 2, 3, 4, 5, 6])
def test_long_names_stay_on_one_sheet(app: Flask, language: str, times: int) -> None:
    here = make.centre(name="Centrul de integrare " * times, address="Strada Lungă " * times)
    activity = make.activity("Curs de limba română pentru adulți, seara, " * times, centre=here)
    feeds = [
        PublicFeed(activity=activity),
        PublicFeed(centre=here, kind=Kind.ORIENTATION, language="apc"),
    ]

    with app.test_request_context("/"):
        for feed in feeds:
            pdf = poster.drawn(poster_page(feed, language))
            assert pdf is not None
            assert pages(pdf) == 1


@pytest.mark.parametrize(
    ("text", "direction"),
    [("Brașov, et. 2", "ltr"), ("26 – دورة A1", "rtl"), ("7", "ltr"), ("", "ltr"), ("א", "rtl")],
)
def test_a_text_runs_as_its_first_letter(text: str, direction: str) -> None:
    assert direction_of(text) == direction


@needs_pango
def test_programs_may_keep_it_and_need_not_fetch_it_twice(browser: Browser) -> None:
    first = browser.get("/ro/calendars/all/poster.pdf")
    poster._drawn_once.cache_clear()
    again = browser.get(
        "/ro/calendars/all/poster.pdf", headers={"If-None-Match": first.headers["ETag"]}
    )
    other = browser.get(
        "/uk/calendars/all/poster.pdf", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert first.mimetype == "application/pdf"
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert first.headers["Content-Disposition"] == 'inline; filename="poster.pdf"'
    assert "Set-Cookie" not in first.headers
    assert "Cookie" not in first.headers.get("Vary", "")
    assert (again.status_code, again.data) == (304, b"")
    assert poster._drawn_once.cache_info().misses == 1  # only the Ukrainian one
    assert other.status_code == 200


def test_its_language_is_that_of_its_address_whoever_asks(browser: Browser) -> None:
    """Else a cache would give the poster of one reader to another."""
    tags = {
        browser.get("/calendars/all/poster.pdf", headers={"Accept-Language": tag}).headers.get(
            "ETag"
        )
        for tag in ("ar", "ro")
    }

    assert len(tags) == 1


def test_its_words_are_those_of_the_feed_and_its_square_opens_the_page(
    app: Flask, browser: Browser
) -> None:
    group = make.womens_group(centre=make.centre(code="brasov", name="Brașov"))
    make.meeting(activity=group, room=make.room(centre=group.centre, name="Camera 9"))
    db.session.commit()

    found = public_feed("centre-brasov")
    assert found is not None
    with app.test_request_context("/en/"):
        page = poster_page(found, "ar")
    answer = browser.get(f"/ar/calendars/activity-{group.ref}/poster.pdf")

    address = f"{HOUSE}/ar/calendars/centre-brasov"
    assert '<html lang="ar" dir="rtl">' in page
    assert str(qr_of(address)) in page
    assert f'<bdi dir="ltr">{address}</bdi>' in page
    assert "دورة لغة رومانية" in page
    assert answer.status_code == 404
    assert "Camera 9" not in page
    assert "Quiet" not in page


@needs_pango
def test_the_square_in_the_pdf_is_the_one_of_its_page(browser: Browser) -> None:
    """Stroke by stroke, against the squares that segno says are dark."""
    pdf = inside(browser.get("/ro/calendars/all/poster.pdf").data)

    strokes = re.findall(rb"([\d.]+) ([\d.]+) m\n([\d.]+) ([\d.]+) l\n", pdf)
    drawn = {
        (column, int(float(y)))
        for x, y, end, also_y in strokes
        if y == also_y
        for column in range(int(float(x)), int(float(end)))
    }
    code = segno.make(f"{HOUSE}/ro/calendars/all", error="m")
    dark = {
        (column, row)
        for row, line in enumerate(code.matrix_iter(border=2))
        for column, square in enumerate(line)
        if square
    }
    assert drawn == dark


@needs_pango
def test_who_would_wait_too_long_is_told_to_come_back(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poster, "PATIENCE", 0)
    with poster._drawing:
        answer = browser.get("/ro/calendars/all/poster.pdf")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert browser.get("/ro/calendars/all/poster.pdf").status_code == 200


def test_without_pango_no_poster_is_offered(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as where its libraries lack
    can_make_pdf.cache_clear()
    page = browser.get("/en/calendars/all").text
    answer = browser.get("/en/calendars/all/poster.pdf")
    can_make_pdf.cache_clear()

    assert "poster.pdf" not in page
    assert answer.status_code == 409
    assert "libpango" in answer.text
