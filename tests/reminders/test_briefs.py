"""What a locked screen shows of each letter: no more than the letter itself may say, no place, and
a page that opens only after signing in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.extensions import db
from app.notices.letter import Brief, Letter
from app.notices.models import Kind, Notice
from app.notices.parts import parts_of
from app.notices.push import LONGEST, payload
from app.notices.sms import words_of
from app.programme.bookings import book
from app.programme.models import Part
from app.reminders.letters import compose
from app.reminders.together import bind
from tests import make
from tests.make import BEFORE, MONDAY
from tests.reminders.test_letters import ABOUT_NO_MEETING, letter_of

pytestmark = [
    pytest.mark.usefixtures("app"),
    pytest.mark.parametrize("migrated", ["sqlite"], indirect=True),  # words know no engine
]
SHOWN = [kind for kind in Kind if not kind.only_by_mail]
OF_EVERYBODY = {"signups.activity"}
"""Pages that say the same to everybody, and so are no door to anybody's place."""
SECRETS = ("Romanian", "română", "دورة", "Brașov", "Vlaicu", "Sala", "women", "femei", "نساء")


def brief_of(kind: Kind, secret: bool, language: str) -> tuple[Letter, Brief]:
    letter = letter_of(kind, secret, language)
    assert letter is not None
    assert letter.brief is not None
    return letter, letter.brief


@pytest.mark.parametrize("language", ["ro", "en", "ar"])
@pytest.mark.parametrize("kind", [kind for kind in SHOWN if kind not in ABOUT_NO_MEETING])
def test_of_what_is_protected_only_a_time(kind: Kind, language: str) -> None:
    letter, brief = brief_of(kind, True, language)

    shown = payload(letter, brief).decode() + words_of(letter, most=10)
    for secret in SECRETS:
        assert secret not in shown


@pytest.mark.parametrize("kind", SHOWN)
def test_a_notification_names_no_place_and_opens_no_door(kind: Kind, app: Flask) -> None:
    letter, brief = brief_of(kind, False, "en")

    assert "Sala 1" not in payload(letter, brief).decode()
    assert "Vlaicu" not in payload(letter, brief).decode()
    path = urlsplit(brief.page).path.removeprefix("/en")
    endpoint, _given = app.url_map.bind("").match(path)
    is_public = getattr(app.view_functions[endpoint], "is_public", False)
    assert not is_public or endpoint in OF_EVERYBODY


@pytest.mark.parametrize("language", ["ro", "en", "ar"])
@pytest.mark.parametrize("kind", SHOWN)
def test_it_fits_and_keeps_its_page(kind: Kind, language: str) -> None:
    letter, brief = brief_of(kind, False, language)
    words = words_of(letter, most=3)

    assert len(payload(letter, brief)) <= LONGEST
    assert parts_of(words) <= 3
    assert words.startswith("Punte: ")
    assert words.endswith(brief.page)


@pytest.mark.parametrize("kind", [Kind.PASSWORD, Kind.CODE])
def test_what_lets_somebody_in_has_none(kind: Kind) -> None:
    letter = letter_of(kind, False, "en")

    assert letter is not None
    assert letter.brief is None


def test_a_newer_message_of_a_session_takes_the_place_of_the_older_on_the_screen() -> None:
    meeting, other = make.meeting(), make.meeting(starts_at=MONDAY + timedelta(days=1))
    layla = make.person()
    topics = []
    for ref, which in (("a", meeting), ("b", meeting), ("c", other)):
        book(layla, which, Part.LEARNER) if ref != "b" else None
        notice = Notice(
            ref=ref,
            person=layla,
            kind=Kind.REMINDER,
            key=ref,
            posted_at=BEFORE,
            due_at=BEFORE,
            next_try_at=BEFORE,
            about={"meeting": which.id, "sequence": which.sequence},
        )
        db.session.flush()
        letter = compose(notice, BEFORE)
        assert letter is not None
        assert letter.brief is not None
        topics.append(letter.brief.topic)

    assert topics[0] == topics[1] != topics[2]
    assert all(len(topic) <= 32 and topic.isalnum() for topic in topics)  # RFC 8030 section 5.4


def test_of_several_messages_in_one_only_the_first_line_and_how_many() -> None:
    letter, _brief = brief_of(Kind.REMINDER, False, "en")
    both = bind([letter, replace(letter, subject="Another")])

    assert both.brief is not None
    assert both.brief.line == both.subject
    assert "1 more" in words_of(both, most=3)
