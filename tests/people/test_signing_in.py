"""Passwords, sessions that really end, and links that work once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.invitations.operations import forgotten, invite
from app.notices.models import Notice
from app.people.models import PasswordLink, Person, SignIn
from app.people.operations import LinkUsed, choose_password, make_password_link
from app.people.passwords import WeakPassword, hash_password, is_right
from app.people.terms import Role
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

PASSWORD = "a quiet bridge of wood"
HASH = hash_password(PASSWORD)


def somebody(**given: object) -> Person:
    person = make.person(password_hash=HASH, **given)  # type: ignore[arg-type]
    db.session.commit()
    return person


def try_sign_in(browser: Browser, person: Person, password: str = PASSWORD) -> int:
    form = {"email": person.email, "password": password}
    return browser.post("/en/sign-in", data=form).status_code


def test_the_right_password_opens_and_signing_out_closes(browser: Browser) -> None:
    person = somebody()

    assert try_sign_in(browser, person) == 303
    assert browser.get("/mine").status_code == 200
    browser.post("/sign-out")
    assert browser.get("/mine").status_code == 303


def test_a_copied_cookie_is_dead_after_sign_out(app: Flask, browser: Browser) -> None:
    try_sign_in(browser, somebody())
    copied = browser.get_cookie("punte")
    assert copied is not None
    browser.post("/sign-out")
    thief = app.test_client()
    thief.set_cookie("punte", copied.value)

    assert thief.get("/mine").status_code == 303


def test_the_token_is_kept_as_a_hash_only(browser: Browser) -> None:
    try_sign_in(browser, somebody())
    with browser.session_transaction() as cookie:
        token = cookie["_user_id"]

    kept = db.session.scalars(select(SignIn)).one()
    assert len(token) >= 43
    assert token not in str(vars(kept))


@time_machine.travel(BEFORE, tick=False)  # a form's token holds the second
def test_wrong_unknown_and_paused_are_answered_alike(browser: Browser) -> None:
    known, paused = somebody(), somebody(is_active=False)

    def answer(email: str | None, password: str) -> str:
        page = browser.post("/en/sign-in", data={"email": email, "password": password})
        return page.text.replace(str(email), "")

    pages = {
        answer(known.email, "wrong password"),
        answer("nobody@example.org", PASSWORD),
        answer(paused.email, PASSWORD),
    }

    assert len(pages) == 1
    assert "is not right" in pages.pop()


def test_ten_wrong_tries_close_the_account_for_a_quarter_of_an_hour(browser: Browser) -> None:
    person = somebody()
    with time_machine.travel(BEFORE, tick=False) as clock:
        for _try in range(10):
            assert try_sign_in(browser, person, "wrong password") == 422
        assert try_sign_in(browser, person) == 429
        assert try_sign_in(browser, somebody()) == 303  # others are not kept out
        browser.post("/sign-out")
        clock.shift(timedelta(minutes=16))
        assert try_sign_in(browser, person) == 303


@pytest.mark.parametrize(
    ("role", "idle", "alive"),
    [
        (Role.COORDINATOR, timedelta(minutes=29), True),
        (Role.COORDINATOR, timedelta(minutes=31), False),
        (Role.VOLUNTEER, timedelta(days=29), True),
        (Role.VOLUNTEER, timedelta(days=31), False),
        (Role.PARTICIPANT, timedelta(minutes=14), True),
        (Role.PARTICIPANT, timedelta(minutes=15), False),
    ],
)
def test_a_sign_in_ends_by_itself(app: Flask, role: Role, idle: timedelta, alive: bool) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(make.person([role], make.centre()))
        clock.shift(idle)

        assert (browser.get("/mine").status_code == 200) is alive


def test_the_cookie_is_set_once_and_lasts_for_the_thirty_days(browser: Browser) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        try_sign_in(browser, somebody(roles=[Role.VOLUNTEER], at=make.centre()))
        browser.get("/mine")  # its forms have put their token into the cookie
        for _day in range(29):
            clock.shift(timedelta(days=1))
            page = browser.get("/mine")
            assert page.status_code == 200
            assert "Set-Cookie" not in page.headers
        clock.shift(timedelta(days=1))
        assert browser.get("/mine").status_code == 303


@pytest.mark.parametrize("path", ["/calendars/all.ics", "/static/punte.css?v=1"])
def test_what_caches_share_holds_nobodys_cookie(browser: Browser, path: str) -> None:
    try_sign_in(browser, somebody())

    with browser.get(path, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.cache_control.public
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.vary


def test_staff_who_keep_working_stay_in_for_twelve_hours(app: Flask) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(make.coordinator(make.centre()))
        for _turn in range(35):
            clock.shift(timedelta(minutes=20))
            assert browser.get("/mine").status_code == 200
        clock.shift(timedelta(minutes=25))
        assert browser.get("/mine").status_code == 303


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(browser: Browser, target: str) -> None:
    person = somebody()
    form = {"email": person.email, "password": PASSWORD}

    answer = browser.post("/sign-in", query_string={"next": target}, data=form)

    assert answer.location == "/home"


def test_leaving_in_a_hurry_signs_out_and_shows_something_harmless(browser: Browser) -> None:
    try_sign_in(browser, somebody())

    answer = browser.post("/leave")

    assert answer.location == "https://ro.wikipedia.org/"
    assert "cache" in answer.headers["Clear-Site-Data"]
    assert browser.get("/mine").status_code == 303


def test_whoever_would_rather_not_type_the_password_goes_back(browser: Browser) -> None:
    try_sign_in(browser, somebody())
    came = {"Referer": "http://localhost/en/participants?name=a"}
    back = 'class="back-link"><a href="/en/participants?name=a">'

    page = browser.get("/en/confirmation?next=/en/participants/twice", headers=came)
    again = browser.post(
        "/en/confirmation?next=/en/participants/twice",
        data={"password": "wrong", "back": "/en/participants?name=a"},
        headers={"Referer": "http://localhost/en/confirmation"},
    )
    elsewhere = browser.post("/en/confirmation", data={"back": "//elsewhere.example"})

    assert back in page.text
    assert "only for you" not in page.text
    assert again.status_code == 422
    assert back in again.text
    assert "elsewhere.example" not in elsewhere.text


def test_the_password_again_before_protected_details(browser: Browser) -> None:
    person = somebody()
    try_sign_in(browser, person)

    assert browser.post("/confirmation", data={"password": "wrong password"}).status_code == 422
    again = browser.post("/confirmation?next=/mine", data={"password": PASSWORD})
    assert again.location == "/mine"


class TestPasswordLinks:
    def test_looking_at_it_uses_nothing_up_and_posting_works_once(self, browser: Browser) -> None:
        person = somebody()
        token = make_password_link(person, lasts=timedelta(minutes=10), now=BEFORE)
        db.session.commit()
        form = {"password": "another quiet bridge"}
        with time_machine.travel(BEFORE, tick=False):
            for _scanner in range(5):
                assert browser.get(f"/password/{token}").status_code == 200
            assert browser.post(f"/password/{token}", data=form).status_code == 303
            assert browser.post(f"/password/{token}", data=form).status_code == 409
            assert try_sign_in(browser, person, "another quiet bridge") == 303

    @pytest.mark.usefixtures("app")
    def test_it_lapses(self) -> None:
        person = somebody()
        make_password_link(person, lasts=timedelta(minutes=10), now=BEFORE)
        link = db.session.scalars(select(PasswordLink)).one()

        with pytest.raises(LinkUsed):
            choose_password(link, PASSWORD, now=BEFORE + timedelta(minutes=10))

    def test_a_new_password_ends_every_sign_in(self, browser: Browser) -> None:
        person = somebody()
        try_sign_in(browser, person)
        make_password_link(person, lasts=timedelta(days=1), now=MONDAY)
        link = db.session.scalars(select(PasswordLink)).one()

        choose_password(link, "another quiet bridge", now=MONDAY)
        db.session.commit()

        assert browser.get("/mine").status_code == 303

    def test_a_new_password_closes_every_other_link(self, browser: Browser) -> None:
        """Also one in a letter that somebody else got hold of."""
        person, other = somebody(), somebody()
        mine, stolen, theirs = (
            make_password_link(who, lasts=timedelta(days=1), now=BEFORE)
            for who in (person, person, other)
        )
        db.session.commit()
        form = {"password": "another quiet bridge"}

        with time_machine.travel(BEFORE, tick=False):
            answers = [
                browser.post(f"/password/{token}", data=form).status_code
                for token in (mine, stolen, theirs)
            ]

        assert answers == [303, 409, 303]

    def test_two_links_at_once_set_one_password(self, racing_app: Flask) -> None:
        with racing_app.app_context():
            person = make.person()
            for _letter in range(4):
                make_password_link(person, lasts=timedelta(days=1), now=BEFORE)
            db.session.commit()
            ids = list(db.session.scalars(select(PasswordLink.id)))

        def choose(link_id: int) -> None:
            choose_password(db.session.get_one(PasswordLink, link_id), PASSWORD, now=BEFORE)

        results = all_at_once(racing_app, [lambda i=i: choose(i) for i in ids])  # type: ignore[misc]

        assert sorted(type(r).__name__ for r in results) == ["LinkUsed"] * 3 + ["NoneType"]

    def test_a_weak_one_is_refused_and_the_link_still_works(self, browser: Browser) -> None:
        person = somebody()
        token = make_password_link(person, lasts=timedelta(minutes=10), now=BEFORE)
        db.session.commit()
        with time_machine.travel(BEFORE, tick=False):
            for weak in ("short", "password123"):
                answer = browser.post(f"/password/{token}", data={"password": weak})
                assert answer.status_code == 422
            good = browser.post(f"/password/{token}", data={"password": PASSWORD})
            assert good.status_code == 303

    def test_forgetting_is_answered_alike_and_owes_one_letter(self, browser: Browser) -> None:
        person = somebody()

        for email in (person.email, "nobody@example.org", person.email):
            answer = browser.post("/forgotten-password", data={"email": email})
            assert answer.status_code == 303
        assert len(db.session.scalars(select(Notice).where(Notice.person == person)).all()) == 1

    @pytest.mark.usefixtures("app")
    def test_an_invitation_is_owed_to_whoever_can_read_it(self) -> None:
        boss = make.person()

        invite(make.person(), by=boss, now=BEFORE)
        invite(make.person(email=None), by=boss, now=BEFORE)
        forgotten("nobody@example.org", network="n", now=BEFORE)

        owed = db.session.scalars(select(Notice).where(Notice.person_id.is_not(None))).all()
        assert len(owed) == 1


class TestPasswords:
    def test_the_hash_is_as_strong_as_it_should_be(self) -> None:
        assert "$argon2id$" in HASH
        assert "m=47104,t=1,p=1" in HASH

    def test_right_and_wrong(self) -> None:
        assert is_right(PASSWORD, HASH)
        assert not is_right("wrong password", HASH)
        assert not is_right(PASSWORD, None)

    @pytest.mark.parametrize("weak", ["", "123456789", "Password123", "x" * 201])
    def test_weak_ones_are_refused(self, weak: str) -> None:
        with pytest.raises(WeakPassword):
            hash_password(weak)
