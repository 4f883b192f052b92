"""How letters read, shown to staff: every kind in every language, nothing real in them."""

from __future__ import annotations

import html
import re
from datetime import datetime

import pytest
from flask import Flask

from app.extensions import db
from app.i18n import INSTEAD, LANGUAGES, PARTIAL
from app.notices.models import Kind
from app.people.models import Person
from app.reminders.samples import sample, sample_together
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE
from tests.test_translations import SCRIPT

NOW: datetime = BEFORE
ONE_ENGINE = pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)


def staff(app: Flask) -> Browser:
    make.person(name="Zuleika Zamfirescu")
    boss = make.coordinator(make.centre())
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser.sign_in(boss)


@ONE_ENGINE
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("protected", [False, True])
def test_every_kind_can_be_shown(language: str, protected: bool) -> None:
    for kind in Kind:
        letter = sample(kind, language, protected=protected, now=NOW)
        assert letter.subject
        assert letter.text
        direction = "rtl" if language in ("ar", "fa") else "ltr"
        assert f'dir="{direction}"' in (letter.html or "")
        if protected:
            assert "Exemplului" not in letter.text or kind is Kind.STAGE_CHANGED
    assert not db.session.new
    assert not any(isinstance(one, Person) for one in db.session)


@ONE_ENGINE
@pytest.mark.usefixtures("app")
def test_several_in_one() -> None:
    letter = sample_together("en", protected=True, now=NOW)

    assert letter.subject.endswith("(and 2 more)")
    assert "Sala 1" not in letter.text
    assert "Romanian course" not in letter.text


@ONE_ENGINE
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("language", sorted(PARTIAL))
def test_what_does_not_exist_in_a_language_is_shown_as_its_readers_get_it(language: str) -> None:
    own = sample(Kind.REMINDER, language, protected=False, now=NOW)
    others = sample(Kind.OFFER, language, protected=False, now=NOW)
    several = sample_together(language, protected=False, now=NOW)

    assert own.language == language
    assert SCRIPT[language].search(own.text)
    for letter in (others, several):
        assert letter.language == INSTEAD
        assert not SCRIPT[language].search(f"{letter.subject} {letter.text} {letter.html}")


class TestThePage:
    def test_a_list_leads_to_each(self, app: Flask) -> None:
        page = staff(app).get("/en/letters").text

        for kind in Kind:
            assert f"/en/letters/{kind.value}" in page
        assert "/en/letters/together" in page

    def test_the_html_is_shut_in_a_frame_that_may_do_nothing(self, app: Flask) -> None:
        page = staff(app).get("/en/letters/reminder?language=ar").text

        [frame] = re.findall(r"<iframe[^>]*>", page)
        assert re.search(r"\ssandbox\s", frame)
        assert '<html lang="ar" dir="rtl">' in html.unescape(frame)
        assert 'class="letter-text" dir="rtl" lang="ar"' in page

    def test_it_says_in_which_language_it_is(self, app: Flask) -> None:
        page = staff(app).get("/en/letters/offer?language=ps").text

        assert 'class="letter-text" dir="ltr" lang="en"' in page

    def test_nobody_real_is_in_it(self, app: Flask) -> None:
        browser = staff(app)

        for kind in Kind:
            assert "Zuleika" not in browser.get(f"/en/letters/{kind.value}").text

    @pytest.mark.parametrize("name", ["nothing", "frame", "words", "../layout"])
    def test_another_name_is_not_found(self, app: Flask, name: str) -> None:
        assert staff(app).get(f"/en/letters/{name}").status_code == 404

    def test_another_language_is_that_of_the_page(self, app: Flask) -> None:
        page = staff(app).get("/en/letters/reminder?language=xx").text

        assert "Reminder: " in page
