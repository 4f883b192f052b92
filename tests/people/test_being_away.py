"""A participant's device shows nothing of them when nothing happened for a quarter of an hour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask, session
from sqlalchemy import func, select

from app import clock as wall
from app.extensions import db
from app.notices.wishes import keep_silent
from app.people.current import end_here, remember
from app.people.locale import FOR_PARTICIPANTS
from app.people.models import Person, SignIn
from app.people.operations import begin_sign_in
from app.people.terms import Role
from app.people.unsent import Typed, Unsent, forget_unsent, keep_unsent, unsent_of
from app.programme.bookings import book
from app.programme.models import Part
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE
from tests.statements import statements

PROFILE = {"name": "Layla the second", "phone": "", "language": "en", "zone": "Europe/Bucharest"}
AWAY = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def layla(app: Flask) -> Person:
    person = make.participant(make.centre(), name="Layla")
    db.session.commit()
    return person


@pytest.fixture
def phone(browser: Browser, layla: Person) -> Browser:
    return browser.sign_in(layla)


def come_back(browser: Browser, person: Person) -> None:
    """As by a code, in the same browser."""
    token = begin_sign_in(person, now=wall.now())
    db.session.commit()
    app = browser.application
    with browser.session_transaction() as cookie:
        kept = dict(cookie)
    with app.test_request_context():
        session.update(kept)
        end_here()
        remember(token)
        after = dict(session)
    with browser.session_transaction() as cookie:
        cookie.clear()
        cookie.update(after)


class TestTheQuarterOfAnHour:
    def test_each_click_begins_it_anew(self, phone: Browser, clock: time_machine.Traveller) -> None:
        for _click in range(4):
            clock.shift(timedelta(minutes=10))
            assert phone.get("/en/mine").status_code == 200

    def test_then_nothing_personal_is_on_any_page(
        self, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        clock.shift(AWAY)

        answer = phone.get("/en/mine")
        programme = phone.get("/en/")

        assert answer.status_code == 303
        assert answer.location == "/en/sign-in?next=/en/mine"
        assert "Layla" not in programme.text
        way_in = phone.get(answer.location)
        assert way_in.location == "/en/sign-in/code?next=/en/mine"  # without a password
        assert "no longer signed in here" in phone.get(way_in.location).text
        assert phone.get("/en/sign-in").status_code == 200  # somebody else has one

    def test_what_only_who_is_expected_may_open_leads_back_in(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        """What is hidden and what never was are answered alike."""
        meeting = make.meeting(activity=make.womens_group())
        book(layla, meeting, Part.LEARNER)
        db.session.commit()
        clock.shift(AWAY)

        answers = [phone.get(f"/en/meetings/{ref}") for ref in (meeting.ref, "nothing")]

        assert [one.status_code for one in answers] == [404, 404]
        assert f"/en/sign-in?next=/en/meetings/{meeting.ref}" in answers[0].text
        assert answers[0].text.replace(meeting.ref, "nothing") == answers[1].text

    def test_a_stranger_is_not_told_that_somebody_was_here(self, browser: Browser) -> None:
        for path in ("/en/sign-in", "/en/meetings/nothing"):
            assert "no longer signed in here" not in browser.get(path).text

    def test_what_a_page_does_by_itself_is_no_click(
        self, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        clock.shift(timedelta(minutes=10))
        page = phone.get("/en/away").text
        clock.shift(timedelta(minutes=5))

        assert "Layla" not in page
        assert phone.get("/en/mine").status_code == 303

    @pytest.mark.parametrize(
        ("roles", "stays"),
        [
            ((), False),
            ((Role.PARTICIPANT, Role.VOLUNTEER), False),
            ((Role.MEDIATOR,), True),
            ((Role.TEACHER,), True),
        ],
    )
    def test_whoever_takes_part_counts_as_participant_whatever_else_they_do(
        self,
        browser: Browser,
        clock: time_machine.Traveller,
        roles: tuple[Role, ...],
        stays: bool,
    ) -> None:
        browser.sign_in(make.person(roles, make.centre()))
        clock.shift(timedelta(minutes=20))

        assert (browser.get("/profile").status_code == 200) is stays

    def test_it_costs_no_statement(
        self, app: Flask, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        helper = app.test_client()
        assert isinstance(helper, Browser)
        helper.sign_in(make.person([Role.TEACHER], make.centre()))

        asked = [statements(partial(one.get, "/profile")) for one in (phone, helper)]

        assert [sum("sign_in" in words for words in one) for one in asked] == [1, 1]

    def test_it_is_written_down_at_most_once_a_minute(
        self, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        def writes() -> int:
            asked = statements(lambda: phone.get("/profile"))
            return sum(words.startswith("UPDATE sign_in") for words in asked)

        clock.shift(timedelta(seconds=61))

        assert [writes(), writes(), writes()] == [1, 0, 0]


class TestLeaving:
    def test_it_leads_out_after_time_closed_the_page_too(
        self, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        clock.shift(timedelta(days=2))

        answer = phone.post("/en/leave")

        assert answer.status_code == 303
        assert answer.location == "https://ro.wikipedia.org/"
        assert "storage" in answer.headers["Clear-Site-Data"]
        with phone.session_transaction() as cookie:
            assert "_user_id" not in cookie

    def test_a_form_that_was_open_for_days_leads_out(self, app: Flask, phone: Browser) -> None:
        app.config["WTF_CSRF_ENABLED"] = True
        try:
            answers = [phone.post(path).status_code for path in ("/en/leave", "/en/sign-out")]
            other = phone.post("/en/leave", headers={"Sec-Fetch-Site": "cross-site"})
        finally:
            app.config["WTF_CSRF_ENABLED"] = False

        assert answers == [303, 400]
        assert other.status_code == 403

    def test_it_comes_first_on_every_page(self, app: Flask, phone: Browser) -> None:
        """The first thing that a finger sees and the keyboard reaches."""
        rules = (one for one in app.url_map.iter_rules() if one.endpoint in FOR_PARTICIPANTS)
        paths = {one.rule for one in rules if "GET" in (one.methods or ()) and not one.arguments}
        seen = set()
        for path in sorted(paths - {"/away"}):
            answer = phone.get(f"/en{path}")
            if answer.status_code == 200 and answer.mimetype == "text/html":
                body = answer.text[answer.text.index("<body") :]
                first = re.search("<(a|button|summary|input(?! type=.hidden))[ >]", body)
                assert first is not None, path
                assert "Leave this page" in body[first.start() :].partition("</button>")[0], path
                seen.add(path)

        assert {"/mine", "/profile", "/profile/consents", "/my-data", "/privacy", "/"} <= seen

    def test_what_waited_is_gone(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        clock.shift(AWAY)
        phone.post("/en/profile", data=PROFILE)
        phone.post("/en/leave")

        assert db.session.scalar(select(func.count()).select_from(Unsent)) == 0


class TestWhatWasTyped:
    def test_comes_back_after_signing_in_and_is_sent(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        clock.shift(AWAY)

        answer = phone.post("/en/profile", data=PROFILE)
        come_back(phone, layla)
        page = phone.get(answer.location.partition("next=")[2]).text
        sent = phone.post("/en/unsent", data=PROFILE)

        assert answer.location == "/en/sign-in?next=/en/unsent"
        assert 'name="name" value="Layla the second"' in page
        assert (sent.status_code, sent.location) == (307, "/en/profile")
        assert phone.post(sent.location, data=PROFILE).status_code == 303
        db.session.expire_all()
        assert layla.name == "Layla the second"
        assert phone.get("/en/unsent").status_code == 303  # once

    def test_is_given_to_nobody_else(self, phone: Browser, clock: time_machine.Traveller) -> None:
        clock.shift(AWAY)
        phone.post("/en/profile", data=PROFILE)
        come_back(phone, make.participant(make.centre()))

        assert phone.get("/en/unsent").status_code == 303
        assert phone.post("/en/unsent").status_code == 404

    def test_is_sealed_and_not_kept_for_longer_than_a_quarter_of_an_hour(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        clock.shift(AWAY)
        phone.post("/en/profile", data=PROFILE)
        kept = db.session.scalars(select(Unsent)).one()
        words = str(vars(kept))
        clock.shift(AWAY)
        come_back(phone, layla)

        assert "second" not in words
        assert "profile" not in words
        assert phone.get("/en/unsent").status_code == 303
        forget_unsent(now=wall.now())
        assert db.session.scalar(select(func.count()).select_from(Unsent)) == 0

    def test_a_page_that_closes_itself_keeps_it_too(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        clock.shift(AWAY)

        answer = phone.post("/en/away", data=PROFILE | {"_path": "/en/profile"})
        page = phone.get(answer.location).text
        come_back(phone, layla)

        assert "What you typed is kept" in page
        assert "Layla" not in page
        assert phone.post("/en/unsent").location == "/en/profile"

    @pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", ""])
    def test_never_goes_to_another_site(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller, path: str
    ) -> None:
        phone.post("/en/away", data=PROFILE | {"_path": path})

        assert db.session.scalar(select(func.count()).select_from(Unsent)) == 0

    @pytest.mark.parametrize(
        ("path", "data", "headers"),
        [
            ("/confirmation", {"password": "a quiet bridge"}, {}),
            ("/my-data/erasure", {}, {}),
            ("/profile", PROFILE | {"name": "x" * 60_000}, {}),
            ("/profile", PROFILE, {"Sec-Fetch-Mode": "cors"}),
        ],
    )
    def test_passwords_erasing_and_what_scripts_send_are_not_kept(
        self,
        phone: Browser,
        clock: time_machine.Traveller,
        path: str,
        data: dict[str, str],
        headers: dict[str, str],
    ) -> None:
        clock.shift(AWAY)

        answer = phone.post(path, data=data, headers=headers)

        assert answer.location == f"/sign-in?next={path}&lost=1"
        assert db.session.scalar(select(func.count()).select_from(Unsent)) == 0

    def test_whoever_was_signed_out_gets_nothing_back(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        signed_in = db.session.scalars(select(SignIn)).one()
        signed_in.ended_at = wall.now()
        db.session.commit()

        answer = phone.post("/profile", data=PROFILE, headers={"Referer": "http://localhost/mine"})

        assert answer.location == "/sign-in?next=/mine&lost=1"
        page = phone.get(f"/en{answer.location}").text
        assert "Nothing was changed. You are no longer signed in here." in page
        assert "lost=1" in page  # the way in with a code says so, too

    def test_only_the_last_is_kept(self, layla: Person) -> None:
        now = wall.now()
        first = keep_unsent(layla, Typed("/a", [("x", "1")]), now=now)
        second = keep_unsent(layla, Typed("/b", [("x", "1"), ("x", "ș")]), now=now)
        assert first
        assert second

        assert unsent_of(layla, first, now=now) is None
        assert unsent_of(layla, second, now=now) == Typed("/b", [("x", "1"), ("x", "ș")])


class TestMyOwnPhone:
    def say(self, browser: Browser, own: str) -> int:
        answer = browser.post("/en/profile/sign-ins/own-device", data={"own": own})
        return answer.status_code

    def test_nobody_is_asked_and_who_says_so_stays_signed_in(
        self, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        assert "This device is mine alone" in phone.get("/en/profile/sign-ins").text

        self.say(phone, "yes")
        clock.shift(timedelta(days=20))

        assert phone.get("/en/mine").status_code == 200
        assert "yours alone" in phone.get("/en/profile/sign-ins").text
        assert "data-away" not in phone.get("/en/mine").text

    def test_it_can_be_taken_back(self, phone: Browser, clock: time_machine.Traveller) -> None:
        self.say(phone, "yes")
        self.say(phone, "no")
        clock.shift(AWAY)

        assert phone.get("/en/mine").status_code == 303

    def test_only_who_came_in_lately_may_say_so(
        self, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        for _click in range(2):
            clock.shift(timedelta(minutes=8))
            phone.get("/en/mine")

        answer = phone.post("/en/profile/sign-ins/own-device", data={"own": "yes"})

        assert answer.location == "/en/confirmation"
        assert db.session.scalars(select(SignIn.own_device)).all() == [False]

    def test_it_says_nothing_of_other_devices(self, app: Flask, phone: Browser) -> None:
        layla = db.session.scalars(select(Person)).one()
        other = app.test_client()
        assert isinstance(other, Browser)
        other.sign_in(layla)

        self.say(phone, "yes")

        assert sorted(db.session.scalars(select(SignIn.own_device))) == [False, True]

    def test_silent_contact_ends_it_and_lets_nobody_say_so(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        self.say(phone, "yes")
        keep_silent(layla, by=make.coordinator(make.centre()), now=wall.now())
        db.session.commit()
        before = db.session.scalars(select(SignIn.own_device)).all()

        assert self.say(phone, "yes") == 303
        assert before == db.session.scalars(select(SignIn.own_device)).all() == [False]
