"""Whatever happens in protected groups and individual appointments, the world outside stays as it
was: a stranger follows every link in every language, and reads the same bytes with and without
them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.folding import fold
from app.i18n import LANGUAGES
from app.people.models import Centre
from app.programme.bookings import book
from app.programme.kinds import CONTENT_LANGUAGES, Kind, Privacy
from app.programme.models import Activity, ActivityText, Meeting, Part, Status
from tests import make
from tests.make import BEFORE, LONG_AGO, MONDAY

CANARY = "Nightingale"
ODD = timedelta(hours=4, minutes=37)
"""Nothing else begins at 15:37."""
DOORS = ("/robots.txt", "/sitemap.xml", "/manifest.webmanifest", "/sw.js")
MEETING_STATES = [
    (published, status, weeks)
    for published in (True, False)
    for status in Status
    for weeks in (-1, 0, 1)
]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY - timedelta(hours=5), tick=False) as traveller:
        yield traveller


def what_strangers_may_know(here: Centre) -> None:
    course = make.activity("Open course", centre=here, level="A1", support_language="ar")
    walk = make.activity("Walk", centre=here, kind=Kind.CULTURAL, privacy=Privacy.PUBLIC)
    for activity in (course, walk):
        make.meeting(activity=activity)


def what_they_may_not(here: Centre) -> None:
    """A protected and an individual activity of each kind that can be one, with a meeting in every
    state; and meetings of an open course that are stricter than it, or not published."""
    for kind in Kind:
        for privacy in kind.policy.privacies:
            if not privacy.is_listed:
                for published, status, weeks in MEETING_STATES:
                    hidden = _activity(here, kind, privacy, published=published)
                    _meeting(hidden, status, weeks, privacy)
    draft = _activity(here, Kind.CULTURAL, Privacy.PUBLIC, published=False)
    _meeting(draft, Status.PLANNED, 0, Privacy.PUBLIC)
    course = db.session.scalars(
        select(Activity).where(Activity.privacy == Privacy.MEMBERS, Activity.centre_id == here.id)
    ).first()
    assert course is not None
    for privacy in (Privacy.PROTECTED, Privacy.INDIVIDUAL):
        for status in Status:
            _meeting(course, status, 0, privacy)


def _activity(here: Centre, kind: Kind, privacy: Privacy, *, published: bool) -> Activity:
    own = {"published_at": LONG_AGO if published else None, "capacity": 4321}
    made = make.activity("x", kind=kind, privacy=privacy, centre=here, language="ckb", **own)
    made.texts = [
        ActivityText(
            language=tag,
            title=f"{CANARY} {tag}",
            description=f"{CANARY} behind the door",
            folded=fold(f"{CANARY} {tag}"),
            changed_at=LONG_AGO,
        )
        for tag in CONTENT_LANGUAGES
    ]
    db.session.flush()
    return made


def _meeting(activity: Activity, status: Status, weeks: int, privacy: Privacy) -> None:
    room = make.room(centre=activity.centre, name=f"{CANARY} room {next(make.serial)}")
    starts_at = MONDAY + ODD + timedelta(weeks=weeks)
    made: Meeting = make.meeting(activity=activity, starts_at=starts_at, room=room)
    made.status, made.privacy = status, privacy
    book(make.person(), made, Part.LEARNER)
    db.session.flush()


def read_by_a_stranger(app: Flask, language: str) -> dict[str, tuple[int, bytes, str | None]]:
    """Path -> (status, words, ETag) of every page that links lead to from the programme, with
    searches that a curious person would try."""
    browser, seen = app.test_client(), dict[str, tuple[int, bytes, str | None]]()
    tries = (f"?words={CANARY.lower()}", "?kind=womens_group", "?language=ckb", "?when=all")
    waiting = [f"/{language}/", *(f"/{language}{door}" for door in DOORS)]
    waiting += [f"/{language}/{one}" for one in tries] + [f"/{language}/calendars/language-ckb.ics"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        with browser.get(path) as answer:
            packed = answer.headers.get("Content-Encoding") == "gzip"
            words = gzip.decompress(answer.data) if packed else answer.data
            words = re.sub(rb'(name="csrf_token" value=")[^"]*', rb"\1", words)
            words = re.sub(rb'(name="once"[^>]* value=")[^"]*', rb"\1", words)
            seen[path] = answer.status_code, words, answer.headers.get("ETag")
        if answer.mimetype == "text/html" and "?" not in path:
            waiting += _links(words.decode(), language)
    return seen


def _links(page: str, language: str) -> list[str]:
    """Where its links lead on this site, in this language; drawing posters takes too long."""
    found = (unescape(one) for one in re.findall(r'(?:href|src)="([^"#]+)', page))
    found = (re.sub(r"^(https?|webcal)://[^/]+", "", one) for one in found)
    return [
        one
        for one in found
        if one.startswith(f"/{language}/") and not one.endswith(".pdf") and "next=" not in one
    ]


def test_the_world_outside_reads_the_same_bytes_with_and_without_them(app: Flask) -> None:
    here = make.centre(code="here", name="Here")
    what_strangers_may_know(here)
    db.session.commit()
    before = {language: read_by_a_stranger(app, language) for language in LANGUAGES}
    what_they_may_not(here)
    db.session.commit()

    for language in LANGUAGES:
        known, after = before[language], read_by_a_stranger(app, language)

        assert len(known) > 25
        assert [path for path in after if after[path] != known.get(path)] == []
        assert after.keys() == known.keys()
        whole = b"\n".join(words for _status, words, _tag in after.values()).decode()
        typed = rf"words={CANARY.lower()}|value=\"{CANARY.lower()}\""
        for word in (CANARY, CANARY.lower() + " ", "15:37", "13:37", "4321", "T1337"):
            assert word not in re.sub(typed, "", whole), language


def test_the_trap_is_sharp(app: Flask) -> None:
    """The same hunt finds a meeting that strangers may know of."""
    here = make.centre(code="here", name="Here")
    what_strangers_may_know(here)
    shown = _activity(here, Kind.COURSE, Privacy.MEMBERS, published=True)
    _meeting(shown, Status.PLANNED, 0, Privacy.MEMBERS)
    db.session.commit()

    read = read_by_a_stranger(app, "ro")

    assert sum(CANARY.encode() in words for _status, words, _tag in read.values()) > 5


def test_the_days_before_it_is_the_same(app: Flask, clock: time_machine.Traveller) -> None:
    here = make.centre(code="here", name="Here")
    what_strangers_may_know(here)
    db.session.commit()
    clock.move_to(BEFORE)
    before = read_by_a_stranger(app, "ar")
    what_they_may_not(here)
    db.session.commit()

    assert read_by_a_stranger(app, "ar") == before
