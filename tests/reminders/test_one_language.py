"""One letter is in one language, whatever it is made of: in its reader's where all of it exists in
that, else in the one in which everything does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.i18n import INSTEAD, PARTIAL
from app.notices.letter import Letter
from app.notices.models import Kind
from app.notices.operations import post
from app.notices.sending import send_due
from app.people.models import Person
from app.programme.bookings import book
from app.programme.models import Part
from app.reminders.letters import compose
from app.reminders.together import bind
from app.staffing.models import State
from tests import make
from tests.make import BEFORE, MONDAY
from tests.notices.test_outbox import Recorder
from tests.test_languages_of_rooms import LANGUAGE, listening
from tests.test_translations import SCRIPT

pytestmark = [
    pytest.mark.usefixtures("app"),
    pytest.mark.parametrize("migrated", ["sqlite"], indirect=True),  # words know no engine
]


def owe_reminder(reader: Person, *, days: int) -> None:
    """For participants, so that it exists in every language."""
    meeting = make.meeting(starts_at=MONDAY + timedelta(days=days))
    book(reader, meeting, Part.HELPER)
    about = {"meeting": meeting.id, "sequence": 0}
    post(reader, Kind.REMINDER, str(days), now=BEFORE, about=about)


def owe_yes(reader: Person) -> None:
    """For helpers."""
    place = make.assignment(person=reader, state=State.CONFIRMED)
    about = {"meeting": place.need.meeting_id, "assignment": place.id, "state": State.CONFIRMED}
    post(reader, Kind.PLACE_CONFIRMED, "yes", now=BEFORE, about=about)


def sent() -> Letter:
    postman = Recorder()
    send_due(postman, compose, clock=lambda: BEFORE, bind=bind)
    [letter] = postman.sent
    return letter


def words_of(letter: Letter) -> str:
    assert letter.brief is not None
    return "\n".join((letter.subject, letter.text, letter.html or "", letter.brief.text))


@pytest.mark.parametrize("language", sorted(PARTIAL))
@pytest.mark.parametrize("for_participants_first", [True, False])
def test_where_a_part_does_not_exist_in_the_readers_the_whole_is_in_the_other(
    language: str, for_participants_first: bool
) -> None:
    reader = make.mediator(make.centre(), language=language)
    if for_participants_first:
        owe_reminder(reader, days=1)
    owe_yes(reader)
    owe_reminder(reader, days=2)

    letter = sent()

    assert letter.text.count("\n* ") == 2 + for_participants_first
    assert letter.language == INSTEAD
    assert not SCRIPT[language].search(words_of(letter))
    assert f'lang="{INSTEAD}" dir="ltr"' in (letter.html or "")


@pytest.mark.parametrize("several", [False, True])
def test_what_exists_in_the_readers_language_stays_in_it(app: Flask, several: bool) -> None:
    reader = make.mediator(make.centre(), language=LANGUAGE)
    owe_reminder(reader, days=1)
    if several:
        owe_reminder(reader, days=2)

    with listening(app) as missing:
        letter = sent()

    assert missing.asked == set()
    assert letter.language == LANGUAGE


@pytest.mark.parametrize("several", [False, True])
def test_a_language_in_which_everything_exists_is_kept(several: bool) -> None:
    reader = make.mediator(make.centre(), language="ar")
    owe_yes(reader)
    if several:
        owe_reminder(reader, days=1)

    assert sent().language == "ar"
