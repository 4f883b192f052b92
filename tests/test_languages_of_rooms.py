"""What participants meet in Pashto, Nepali, Sinhala and Bangla is theirs to the last word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from gettext import NullTranslations

import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale, get_domain

from app.extensions import db
from app.people.locale import FOR_PARTICIPANTS
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Part, Status
from tests import make
from tests.catalogues import words_in_the_code
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

LANGUAGE = "ps"


class NotKnown(NullTranslations):
    """Notes what a catalogue has no words for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(msgid1)
        return msgid1 if n == 1 else msgid2


@contextmanager
def listening(app: Flask) -> Iterator[NotKnown]:
    """What is asked of the catalogue of `LANGUAGE` and is not in it."""
    with app.test_request_context(), force_locale(LANGUAGE):
        catalogue = get_domain().get_translations()
    before, noted = catalogue._fallback, NotKnown()
    catalogue._fallback = noted
    try:
        yield noted
    finally:
        catalogue._fallback = before


def ids_in_the_catalogue() -> set[str]:
    ids = (m.id for m in words_in_the_code(LANGUAGE) if m.id)
    return {one if isinstance(one, str) else one[0] for one in ids}


@time_machine.travel(BEFORE, tick=False)
@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
def test_every_word_on_the_pages_of_participants_is_in_the_catalogue(app: Flask) -> None:
    here = make.centre(code="here")
    course = make.activity("Course", centre=here, level="A1", placement=True, target_hours=70)
    walk = make.activity(
        "Walk", centre=here, kind=Kind.CULTURAL, privacy=Privacy.PUBLIC, families=True
    )
    full = make.activity("Full", centre=here, capacity=1)
    group = make.womens_group(centre=here)
    meetings = [make.meeting(activity=one) for one in (course, walk, full, group)]
    over = make.meeting(activity=course, starts_at=MONDAY + timedelta(days=7))
    over.status = Status.CANCELLED
    layla = make.participant(here, language=LANGUAGE)
    make.enrolment(full, make.person())
    book(layla, meetings[3], Part.LEARNER)
    db.session.commit()
    refs = [f"meetings/{m.ref}" for m in (*meetings, over)]
    refs += [f"activities/{a.ref}" for a in (course, walk, full)]
    open_to_all = ["", "?when=all&level=A1", "?kind=course", "nowhere", "sign-in", "sign-in/code"]
    open_to_all += [
        "away",
        "privacy",
        "forgotten-password",
        "calendars",
        "calendars/all",
        "calendars/all.ics",
        *refs,
    ]
    own = [
        "profile/consents",
        "profile/address",
        "profile/sign-ins",
        "mine",
        "profile",
        "my-calendars",
        "rather-not-meet",
        "confirmation",
        *refs,
    ]
    stranger, browser = app.test_client(), Browser(app)

    with listening(app) as missing:
        for path in open_to_all:
            assert stranger.get(f"/{LANGUAGE}/{path}").status_code in (200, 404), path
        wrong = {"email": "x@example.org", "password": "x", "contact": "x"}
        stranger.post(f"/{LANGUAGE}/sign-in", data=wrong)
        stranger.post(f"/{LANGUAGE}/sign-in/code", data=wrong)
        browser.sign_in(layla)
        for path in own:
            assert browser.get(f"/{LANGUAGE}/{path}").status_code in (200, 303, 404), path
        for answer in ("photos", "photos/withdrawal"):
            browser.post(f"/{LANGUAGE}/profile/consents/{answer}", data={"version": "1"})
            browser.get(f"/{LANGUAGE}/profile/consents")
        browser.post(f"/{LANGUAGE}/activities/{full.ref}/enrolment")
        for deed in ("enrolment", "enrolment/end"):
            browser.post(f"/{LANGUAGE}/activities/{walk.ref}/{deed}")
            browser.get(f"/{LANGUAGE}/activities/{walk.ref}")

    assert missing.asked - ids_in_the_catalogue() == set()


def test_each_page_for_participants_exists(app: Flask) -> None:
    assert set(app.view_functions) >= FOR_PARTICIPANTS
