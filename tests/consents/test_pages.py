"""Pages of consent: one's own, the coordinator's, the mediator's, that of a session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.consents.models import ConsentTalk
from app.extensions import db
from app.i18n import LANGUAGES
from app.people.consents import TEXTS, Medium, Purpose, history_of, said_by, say
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.bookings import book
from app.programme.models import Meeting, Part
from app.signups.operations import join
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE
from tests.statements import statements

PAGE = "/en/profile/consents"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


class House:
    def __init__(self, app: Flask) -> None:
        self.here = make.centre()
        self.boss = make.coordinator(self.here, name="Mihai")
        self.layla = make.person(
            [Role.PARTICIPANT],
            self.here,
            {"apc": Level.NATIVE},
            name="Layla Haddad",
            phone="+40 721 000 001",
        )
        self.amina = make.mediator(self.here, {"ar": Level.C1, "apc": Level.B2}, name="Amina")
        db.session.commit()
        self.app = app
        self.phone, self.desk, self.hers = (
            Browser(app).sign_in(one) for one in (self.layla, self.boss, self.amina)
        )

    @property
    def of_layla(self) -> str:
        return f"/en/people/{self.layla.ref}/consents"

    def ask(self, **given: str) -> int:
        chosen = {"purpose": "photos", "mediator": f"{self.amina.ref} apc"} | given
        return self.desk.post(self.of_layla, data=chosen).status_code

    def talk(self) -> ConsentTalk:
        return db.session.scalars(select(ConsentTalk)).one()

    def word(self, purpose: Purpose = Purpose.PHOTOS) -> tuple[bool, str | None, Medium] | None:
        db.session.expire_all()
        last = said_by(self.layla).get(purpose)
        return (last.given, last.language, last.medium) if last else None


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


class TestMyOwn:
    def test_each_purpose_is_asked_for_itself_and_nothing_is_ticked(self, house: House) -> None:
        page = house.phone.get(PAGE).text

        assert page.count("I agree</button>") == 3
        assert "checked" not in page
        assert "You can come to everything" in page

    def test_yes_keeps_text_language_and_way(self, house: House) -> None:
        house.phone.post("/ar/profile/consents/photos", data={"version": "1"})

        assert house.word() == (True, "ar", Medium.TEXT)
        assert house.word(Purpose.DONOR) is None
        assert "You said yes on" in house.phone.get(PAGE).text

    def test_withdrawn_in_one_step(self, house: House) -> None:
        house.phone.post(f"{PAGE}/photos", data={"version": "1"})

        answer = house.phone.post(f"{PAGE}/photos/withdrawal")

        assert answer.status_code == 303
        assert house.word() == (False, "en", Medium.TEXT)
        assert len(db.session.scalars(history_of(house.layla)).all()) == 2

    @pytest.mark.parametrize("version", ["0", "2", "", "x"])
    def test_a_yes_to_a_text_that_was_not_on_the_page_is_refused(
        self, house: House, version: str
    ) -> None:
        answer = house.phone.post(f"{PAGE}/photos", data={"version": version})

        assert answer.status_code == 409
        assert house.word() is None

    @pytest.mark.parametrize("purpose", ["email", "everything"])
    def test_what_needs_no_consent_is_not_asked_for(self, house: House, purpose: str) -> None:
        assert house.phone.post(f"{PAGE}/{purpose}", data={"version": "1"}).status_code == 404

    def test_a_changed_text_is_asked_once_more_calmly(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.phone.post(f"{PAGE}/photos", data={"version": "1"})
        assert "A text to which you had agreed" not in house.phone.get("/en/mine").text
        monkeypatch.setitem(TEXTS, Purpose.PHOTOS, replace(TEXTS[Purpose.PHOTOS], version=2))

        assert "A text to which you had agreed was changed" in house.phone.get("/en/mine").text
        assert "We ask you once more" in house.phone.get(PAGE).text
        house.phone.post(f"{PAGE}/photos/withdrawal")
        assert "A text to which you had agreed" not in house.phone.get("/en/mine").text

    def test_while_no_text_was_changed_my_sessions_ask_nothing_of_it(self, house: House) -> None:
        asked = statements(lambda: house.phone.get("/en/mine"))

        assert not [words for words in asked if "consent.asked_by_id" in words]

    def test_short_messages_are_one_truth_with_my_reminders(self, house: House) -> None:
        house.phone.post(f"{PAGE}/sms", data={"version": "1"})
        page = house.phone.get("/en/profile/reminders").text
        chosen = {
            "leads": ["day"],
            "topics": ["changes"],
            "sms": "no",
            "email": "",
            "telephone": "",
        }
        kinds = dict.fromkeys(("course", "orientation", "cultural", "meeting"), "as_all")

        assert "The telephone company can read them" in page
        house.phone.post("/ar/profile/reminders", data=chosen | kinds)
        assert house.word(Purpose.SMS) == (False, "ar", Medium.TEXT)
        assert "You said no on" in house.phone.get(PAGE).text

    def test_who_says_no_to_all_has_their_place(self, house: House) -> None:
        activity = make.activity(centre=house.here)
        meeting = make.meeting(activity=activity)
        db.session.commit()
        for purpose in ("sms", "photos", "donor"):
            house.phone.post(f"{PAGE}/{purpose}/withdrawal")

        join(activity, house.layla, by=house.layla, now=BEFORE)
        db.session.commit()

        assert meeting.ref in house.phone.get("/en/mine").text


class TestAtTheDesk:
    def test_states_and_history_with_names(self, house: House) -> None:
        house.phone.post(f"{PAGE}/photos", data={"version": "1"})
        house.desk.post(f"{house.of_layla}/photos/withdrawal")

        page = house.desk.get(house.of_layla).text

        assert "noted by \u2068Mihai\u2069" in page
        assert "version 1 of the text" in page
        assert house.word() == (False, None, Medium.DESK)

    def test_nobody_agrees_there(self, house: House) -> None:
        page = house.desk.get(f"/en/people/{house.layla.ref}/contact").text
        answers = {
            name: re.findall(rf'name="{name}"[^>]* value="(\w*)"', page)
            for name in ("email", "sms")
        }
        assert answers == {"email": ["yes", "no", ""], "sms": ["no", ""]}

        form = {"email": "", "sms": "yes", "telephone": ""}
        answer = house.desk.post(f"/en/people/{house.layla.ref}/contact", data=form)

        assert answer.status_code == 422
        assert house.word(Purpose.SMS) is None

    def test_who_agreed_to_short_messages_stays_so_when_the_page_is_saved(
        self, house: House
    ) -> None:
        house.phone.post(f"{PAGE}/sms", data={"version": "1"})
        form = {"email": "no", "sms": "yes", "telephone": ""}

        answer = house.desk.post(f"/en/people/{house.layla.ref}/contact", data=form)

        assert answer.status_code == 303
        assert house.word(Purpose.SMS) == (True, "en", Medium.TEXT)

    @pytest.mark.parametrize("path", ["", "/photos/withdrawal"])
    def test_somebody_of_another_centre_does_not_exist(self, app: Flask, path: str) -> None:
        house, other = House(app), House(app)

        for method in ("GET", "POST")[1 if path else 0 :]:
            assert other.desk.open(house.of_layla + path, method=method).status_code == 404


class TestAMediator:
    def test_hears_a_code_and_notes_what_was_said(self, house: House) -> None:
        assert house.ask() == 303
        code = house.talk().code
        page = house.hers.get("/en/consent-talks").text

        assert code in house.desk.get(house.of_layla).text
        assert code in page
        assert "Levantine" in page
        assert "Layla" not in page  # a mediator reads no names
        assert "Haddad" not in page
        said = {"answer": "yes", "medium": "oral", "version": "1"}
        assert (
            house.hers.post(f"/en/consent-talks/{house.talk().ref}", data=said).status_code == 303
        )
        assert house.word() == (True, "apc", Medium.ORAL)
        history = house.desk.get(house.of_layla).text
        assert "noted by \u2068Amina\u2069" in history
        assert "asked for by \u2068Mihai\u2069" in history

    @pytest.mark.parametrize(
        ("answer", "word"),
        [("no", (False, "apc", Medium.AUDIO)), ("none", None)],
    )
    def test_no_and_nothing_are_as_good(
        self, house: House, answer: str, word: tuple[bool, str, Medium] | None
    ) -> None:
        house.ask()
        said = {"answer": answer, "medium": "audio", "version": "1"}

        house.hers.post(f"/en/consent-talks/{house.talk().ref}", data=said)

        assert house.word() == word
        assert "Nobody asks you for a talk" in house.hers.get("/en/consent-talks").text

    def test_only_the_one_who_is_asked_can_answer(self, app: Flask, house: House) -> None:
        house.ask()
        path, said = f"/en/consent-talks/{house.talk().ref}", {"answer": "yes", "version": "1"}
        other = make.mediator(house.here, {"apc": Level.NATIVE})

        for browser in (house.desk, house.phone, Browser(app).sign_in(other)):
            assert browser.post(path, data=said).status_code == 404
        assert house.word() is None

    def test_twice_is_told_politely(self, house: House) -> None:
        house.ask()
        path = f"/en/consent-talks/{house.talk().ref}"
        for status in (303, 404):
            said = {"answer": "yes", "version": "1"}
            assert house.hers.post(path, data=said).status_code == status

    def test_who_asks_cannot_choose_themselves(self, house: House) -> None:
        assert house.ask(mediator=f"{house.boss.ref} apc") == 422
        assert house.ask(mediator=f"{house.amina.ref} ti") == 422
        assert db.session.scalars(select(ConsentTalk)).all() == []

    def test_each_is_offered_with_what_they_speak_and_no_other(self, house: House) -> None:
        spoken = {"ar": Level.NATIVE, "fr": Level.B2}
        house.layla.languages.clear()
        house.layla.languages += make.person([Role.PARTICIPANT], house.here, spoken).languages
        french = make.mediator(house.here, {"fr": Level.C1}, name="Florin")
        weak = make.mediator(house.here, {"fr": Level.A2}, name="Petru")
        db.session.commit()

        page = house.desk.get(house.of_layla).text
        offered = re.findall(r'<option value="([\w-]+ [\w-]+)"', page)

        assert set(offered) == {f"{house.amina.ref} ar", f"{french.ref} fr"}
        assert weak.ref not in page
        for one in offered:
            assert house.ask(mediator=one) == 303

    def test_a_talk_that_waits_stands_on_their_own_pages(self, house: House) -> None:
        for path in ("/en/needed", "/en/profile/steps"):
            assert "Consent talks</a>: 1" not in house.hers.get(path).text
        house.ask()

        assert "Consent talks</a>: 1" in house.hers.get("/en/needed").text
        assert "We ask you: 1" in house.hers.get("/en/profile/steps").text
        other = Browser(house.app).sign_in(make.mediator(house.here, {"fr": Level.C1}))
        assert "We ask you" not in other.get("/en/needed").text

    def test_the_person_reads_that_they_said_it_through_a_mediator(self, house: House) -> None:
        house.ask()
        path = f"/en/consent-talks/{house.talk().ref}"

        house.hers.post(path, data={"answer": "yes", "medium": "oral", "version": "1"})

        page = house.phone.get(PAGE).text
        assert "(told by a mediator)" in page
        assert "Amina" not in page


class TestPhotosAtASession:
    def at(self, house: House, meeting: Meeting) -> str:
        return f"/en/meetings/{meeting.ref}/photos"

    def a_meeting(self, house: House, *, secret: bool = False) -> Meeting:
        make_one = make.womens_group if secret else make.activity
        activity = make_one(centre=house.here, coordinator=house.boss)
        meeting = make.meeting(activity=activity)
        book(house.layla, meeting, Part.LEARNER)
        db.session.commit()
        return meeting

    def test_names_who_agreed_and_keeps_a_no_and_nothing_said_alike(self, house: House) -> None:
        meeting = self.a_meeting(house)
        path = self.at(house, meeting)
        nothing_said = house.desk.get(path).text.replace("You", "")
        house.phone.post(f"{PAGE}/photos/withdrawal")
        said_no = house.desk.get(path).text.replace("You", "")
        house.phone.post(f"{PAGE}/photos", data={"version": "1"})
        agreed = house.desk.get(path).text

        assert nothing_said == said_no
        assert said_no.index("Not on any photo") < said_no.index("Layla")
        assert agreed.index("Layla") < agreed.index("Not on any photo")

    def test_of_a_protected_session_there_is_none(self, house: House) -> None:
        secret = self.a_meeting(house, secret=True)

        assert house.desk.get(self.at(house, secret)).status_code == 404
        assert "/photos" not in house.desk.get(f"/en/planning/{secret.ref}").text

    def test_is_for_who_plans_it(self, app: Flask, house: House) -> None:
        meeting = self.a_meeting(house)
        others = [make.coordinator(make.centre()), make.person([Role.TEACHER], house.here)]
        for browser in (house.phone, house.hers, *(Browser(app).sign_in(one) for one in others)):
            assert browser.get(self.at(house, meeting)).status_code == 404

    def test_asks_as_often_for_many_people(self, house: House) -> None:
        meeting = self.a_meeting(house)
        path = self.at(house, meeting)
        one = statements(lambda: house.desk.get(path))
        for number in range(3):
            person = make.participant(house.here, name=f"Person {number}")
            book(person, meeting, Part.LEARNER)
            say(
                person,
                Purpose.PHOTOS,
                number % 2 == 0,
                by=person,
                medium=Medium.TEXT,
                language="en",
                now=BEFORE,
            )
        db.session.commit()

        assert len(statements(lambda: house.desk.get(path))) == len(one)


class TestThePrivacyNotice:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_there_in_each_language_for_everybody(self, browser: Browser, language: str) -> None:
        answer = browser.get(f"/{language}/privacy")

        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text

    @pytest.mark.parametrize("path", ["/en/", "/en/sign-in", "/en/calendars", "/en/nowhere"])
    def test_is_linked_from_every_page(self, browser: Browser, path: str) -> None:
        assert 'href="/en/privacy"' in browser.get(path).text

    def test_says_the_same_to_every_stranger(self, app: Flask) -> None:
        pages = {Browser(app).get("/en/privacy").data for _stranger in range(2)}

        assert len(pages) == 1
        assert b"Leave this page" in pages.pop()


def test_a_copy_of_my_data_says_what_i_agreed_to(house: House) -> None:
    house.phone.post(f"{PAGE}/photos", data={"version": "1"})

    copy = house.phone.get("/my-data/copy").json
    page = house.phone.get("/en/my-data").text

    assert copy is not None
    [word] = [one for group in copy["groups"] for one in group.get("consent", [])]
    assert (word["purpose"], word["given"], word["language"]) == ("photos", True, "en")
    assert "Photos: yes" in page


def test_erasing_takes_every_word_along(house: House) -> None:
    house.phone.post(f"{PAGE}/photos", data={"version": "1"})
    house.ask(purpose="donor")

    house.phone.post("/my-data/erasure")

    assert db.session.scalars(select(Person.id).where(Person.erased_at.is_not(None))).all()
    assert db.session.scalars(history_of(house.layla)).all() == []
    assert db.session.scalars(select(ConsentTalk)).all() == []
