"""Whatever a program asks of a calendar's address, the answer is one that calendars understand."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from app.i18n import LANGUAGES
from tests.conftest import Browser
from tests.feeds.linter import problems
from tests.feeds.programme import DAY, PLAIN, Programme, link_for
from tests.make import BEFORE

patiently = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def secret(app: Flask) -> str:
    return link_for(Programme().layla)


PARTS = (
    *("all", "centre", "brasov", "kind", "course", "cultural", "womens_group", "individual"),
    *(
        "language",
        "ar",
        "uk",
        "zh-Hans",
        "activity",
        "x",
        "-",
        "_",
        "brasov_kind",
        "ar_centre",
        "course_language",
        "--",
        "..",
        "%2e%2e",
        "%00",
    ),
    *("brasov_kind", "ar_centre", "course_language"),
    *("A", "ALL", "\u202e", "ș", "%ff", "'", "%22", "%0d%0a", "%2F", "?", "#", "*"),
)
names = st.lists(st.sampled_from(PARTS), max_size=7).map("-".join) | st.lists(
    st.sampled_from(PARTS), max_size=5
).map("".join)
languages = st.sampled_from([*LANGUAGES, "", "de", "AR", "ro/en", ".."])
alarms = st.sampled_from(
    ["", "?alarm=PT2H", "?alarm=P1D&alarm=PT1H", "?alarm=%00", "?x=%f0%9f", "?"]
)
extensions = st.sampled_from([".ics"] * 8 + ["", ".ICS", ".ics/", ".ics.html", ".ics;x"])
addresses = st.builds(
    lambda language, name, extension, alarm: (
        (f"/{language}" if language else "") + f"/calendars/{quote(name, '%?#/')}{extension}{alarm}"
    ),
    languages,
    names,
    extensions,
    alarms,
)
TAGS = ('"x"', "*", 'W/"x"', "x", '"', "", ",,", '"a","b', "TAG", "W/TAG", '"x", TAG', "ZIPPED")
DATES = (
    "NOW",
    "Thu, 01 Jan 1998 00:00:00 GMT",
    "Fri, 31 Dec 2100 00:00:00 GMT",
    "yesterday",
    "0",
    "",
)
CODINGS = (
    "gzip",
    "identity",
    "gzip;q=0",
    "*",
    "*;q=0",
    "br",
    "gzip;q=0.001, br",
    "",
    "GZIP",
    ",;q=x",
)
RANGES = ("bytes=0-10", "bytes=-5", "bytes=999999-", "lines=1-2", "bytes=0-1,3-4", "x")
headers = st.fixed_dictionaries(
    {},
    optional={
        "If-None-Match": st.sampled_from(TAGS),
        "If-Modified-Since": st.sampled_from(DATES),
        "Accept-Encoding": st.sampled_from(CODINGS),
        "Range": st.sampled_from(RANGES),
        "If-Range": st.sampled_from(["TAG", '"x"']),
        "Accept": st.sampled_from(["text/calendar", "text/html", "*/*", "application/json"]),
        "Accept-Language": st.sampled_from(["ar", "x", "de-DE;q=z"]),
    },
)
methods = st.sampled_from(["GET"] * 4 + ["HEAD"] * 2 + ["OPTIONS", "POST", "PROPFIND", "PUT"])


def is_calendar(answer: Any) -> bool:
    return str(answer.headers.get("Content-Type")) == "text/calendar; charset=utf-8"


@patiently
@given(path=addresses, method=methods, asked=headers)
@example(path="/calendars/all.ics", method="GET", asked={"Range": "bytes=0-10"})
@example(path="/calendars/language-ar.ics", method="HEAD", asked={"If-None-Match": "ZIPPED"})
def test_a_public_address_answers_with_a_calendar_or_with_an_error(
    browser: Browser, secret: str, path: str, method: str, asked: dict[str, str]
) -> None:
    assume(urlsplit(path).path.endswith(".ics"))  # others are pages
    answer = browser.open(path, method=method, headers=_meant(browser, path, asked))

    assert answer.status_code in {200, 304, 308, 400, 404, 405}, answer.status_code
    if answer.status_code == 200 and method in {"GET", "HEAD"}:
        _is_whole(answer, method)
    elif answer.status_code == 304:
        _is_of_the_same_answer(browser, path, asked, answer)
    elif answer.status_code >= 400:
        assert not is_calendar(answer)
        assert answer.headers["Cache-Control"] == "no-store"


@patiently
@given(method=methods, asked=headers)
def test_a_secret_address_answers_with_a_calendar_or_with_an_error(
    browser: Browser, secret: str, method: str, asked: dict[str, str]
) -> None:
    answer = browser.open(secret, method=method, headers=_meant(browser, secret, asked))

    assert answer.status_code in {200, 304, 405}
    if answer.status_code == 200 and method in {"GET", "HEAD"}:
        _is_whole(answer, method, is_secret=True)
        assert answer.headers["Cache-Control"] == "private, no-cache"
    elif answer.status_code == 304:
        _is_of_the_same_answer(browser, secret, asked, answer)


def _meant(browser: Browser, path: str, asked: dict[str, str]) -> dict[str, str]:
    """*asked* with the tags and the date that are those of the feed."""
    plain = browser.get(path, headers=PLAIN)
    zipped = browser.get(path, headers={"Accept-Encoding": "gzip"})
    known = {
        "TAG": plain.headers.get("ETag", ""),
        "ZIPPED": zipped.headers.get("ETag", ""),
        "NOW": plain.headers.get("Last-Modified", ""),
    }
    return {
        name: re.sub("TAG|ZIPPED|NOW", lambda found: known[found[0]], value)
        for name, value in asked.items()
    }


def _is_whole(answer: Any, method: str, *, is_secret: bool = False) -> None:
    assert is_calendar(answer)
    assert "Accept-Encoding" in answer.headers["Vary"]
    zipped = answer.headers.get("Content-Encoding") == "gzip"
    assert answer.headers["ETag"].endswith('-gzip"') is zipped
    assert not answer.headers["ETag"].startswith("W/")
    if method == "GET":
        body = gzip.decompress(answer.data) if zipped else answer.data
        assert problems(body, secret=is_secret) == []
        assert int(answer.headers["Content-Length"]) == len(answer.data)
    else:
        assert answer.data == b""


def _is_of_the_same_answer(browser: Browser, path: str, asked: dict[str, str], told: Any) -> None:
    """A 304 says what the 200 would have said."""
    same = {name: asked[name] for name in ("Accept-Encoding",) if name in asked}
    whole = browser.get(path, headers=same)
    assert told.data == b""
    for name in ("ETag", "Cache-Control", "Vary"):
        assert told.headers[name] == whole.headers[name], name


@pytest.mark.parametrize("coding", ["gzip;q=0", "identity", "br", "*;q=0", "deflate, zstd"])
def test_who_cannot_unpack_is_sent_plain_text(browser: Browser, secret: str, coding: str) -> None:
    for path in ("/calendars/all.ics", secret):
        answer = browser.get(path, headers={"Accept-Encoding": coding})
        assert answer.data.startswith(b"BEGIN:VCALENDAR")
        assert "Content-Encoding" not in answer.headers


def test_a_piece_of_a_calendar_is_never_sent(browser: Browser, secret: str) -> None:
    """Half a feed would be half the sessions deleted."""
    for path in ("/calendars/all.ics", secret):
        whole = browser.get(path, headers=PLAIN)
        for pieces in RANGES:
            asked = PLAIN | {"Range": pieces, "If-Range": whole.headers["ETag"]}
            answer = browser.get(path, headers=asked)
            assert (answer.status_code, answer.data) == (200, whole.data)


def test_another_alarm_language_or_packing_is_another_tag(browser: Browser, secret: str) -> None:
    paths = [f"/{language}/calendars/all.ics" for language in LANGUAGES]
    paths += [f"/ro/calendars/all.ics?alarm={alarm}" for alarm in ("PT15M", "PT1H", "PT2H", "P1D")]
    tags = [
        browser.get(path, headers={"Accept-Encoding": coding}).headers["ETag"]
        for path in [*paths, secret]
        for coding in ("gzip", "identity")
    ]
    assert len(set(tags)) == len(tags)


def test_the_tag_of_another_day_is_no_longer_good(
    browser: Browser, secret: str, clock: time_machine.Traveller
) -> None:
    """A session that left the window is a change, though nobody changed it."""
    for path in ("/calendars/all.ics", secret):
        clock.move_to(BEFORE)
        tag = browser.get(path, headers=PLAIN).headers["ETag"]
        clock.move_to(BEFORE + 45 * DAY + timedelta(minutes=1))
        answer = browser.get(path, headers=PLAIN | {"If-None-Match": tag})
        assert answer.status_code == 200
        assert answer.headers["ETag"] != tag
