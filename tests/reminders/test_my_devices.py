"""Devices that show our messages: made, listed, stopped; and the worker in the browser."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.doctor import complaints
from app.extensions import db
from app.notices.agents import label_of
from app.notices.channels import Channel
from app.notices.devices import PushSubscription, be_told_first, devices_of, first_way_of
from app.notices.models import Kind, State
from app.people.models import Membership, Person
from app.people.terms import Role, Stage
from app.programme.kinds import Kind as Sort
from tests import make
from tests.conftest import Browser
from tests.notices.browsers import Browser as Reader
from tests.notices.test_channels import device
from tests.notices.test_outbox import owe
from tests.reminders.test_my_reminders import PAGE, everything, somebody

ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/140.0 Mobile Safari"
THERE = "https://push.example/z31secret"


def keys(**given: str) -> dict[str, str]:
    reader = Reader()
    return {"endpoint": THERE, "p256dh": reader.p256dh, "auth": reader.auth, **given}


def subscribe(browser: Browser, **given: str) -> int:
    answer = browser.post(
        "/en/profile/devices", data=keys(**given), headers={"User-Agent": ANDROID}
    )
    return answer.status_code


class TestTheButton:
    def test_a_device_is_told_first_and_named_in_plain_words(self, app: Flask) -> None:
        layla, browser = somebody(app)

        assert subscribe(browser) == 303

        page = browser.get(PAGE).text
        assert "Chrome, Android" in page
        assert "our messages come to this device first" in page
        assert first_way_of(layla) is Channel.PUSH
        assert THERE not in page
        assert "z31secret" not in page

    def test_it_is_stopped_by_its_own_person_only(self, app: Flask) -> None:
        layla, browser = somebody(app)
        _sam, other = somebody(app)
        subscribe(browser)
        [device] = db.session.scalars(devices_of(layla))

        assert other.post(f"/en/profile/devices/{device.ref}/stop").status_code == 404
        assert browser.post(f"/en/profile/devices/{device.ref}/stop").status_code == 303
        assert db.session.scalars(devices_of(layla)).all() == []
        assert "Chrome, Android" not in browser.get(PAGE).text

    def test_what_is_no_device_is_refused_in_one_sentence(self, app: Flask) -> None:
        _layla, browser = somebody(app)

        for wrong in ({"endpoint": "https://localhost/x"}, {"auth": "short"}, {"p256dh": ""}):
            assert subscribe(browser, **wrong) == 409
        assert db.session.scalars(select(PushSubscription)).all() == []

    def test_a_stranger_has_no_devices(self, browser: Browser) -> None:
        assert subscribe(browser) == 303  # to the page for signing in
        assert db.session.scalars(select(PushSubscription)).all() == []

    def test_its_address_stands_in_no_log(
        self, app: Flask, caplog: pytest.LogCaptureFixture
    ) -> None:
        _layla, browser = somebody(app)

        with caplog.at_level(logging.DEBUG):
            subscribe(browser)
            subscribe(browser, p256dh="broken")

        assert "z31secret" not in caplog.text

    def test_a_browser_finds_itself_by_a_mark_that_is_not_its_address(self, app: Flask) -> None:
        _layla, browser = somebody(app)
        before = browser.get(PAGE).text
        subscribe(browser)
        after = browser.get(PAGE).text

        assert 'data-push-known=""' in before
        assert re.search(r'data-push-known="[0-9a-f]{16}"', after)
        assert re.search(r'data-push="B[\w-]{86}"', after)


class TestTheCard:
    def test_it_is_hidden_without_a_browser_that_can_and_shown_after_a_place_only(
        self, app: Flask
    ) -> None:
        here = make.centre()
        course = make.activity(centre=here, kind=Sort.COURSE)
        make.meeting(activity=course, starts_at=make.MONDAY.replace(year=2099))
        layla = make.person([Role.PARTICIPANT], here)
        db.session.commit()
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(layla)
        page = f"/en/activities/{course.ref}"

        assert "data-push" not in browser.get(page).text
        browser.post(f"{page}/enrolment")
        card = re.search(r"<section[^>]*data-push=[^>]*>", browser.get(page).text)
        assert card is not None
        assert card[0].endswith(" hidden>")

    def test_a_stranger_sees_none(self, app: Flask, browser: Browser) -> None:
        course = make.activity()
        db.session.commit()

        assert "data-push" not in browser.get(f"/en/activities/{course.ref}").text


class TestTheFirstWay:
    def test_it_is_chosen_among_what_reaches_them(self, app: Flask) -> None:
        layla, browser = somebody(app)
        assert "Where shall we write to you first?" not in browser.get(PAGE).text
        subscribe(browser)

        assert "Where shall we write to you first?" in browser.get(PAGE).text
        browser.post(PAGE, data=everything(first="email"))
        assert first_way_of(layla) is Channel.EMAIL
        browser.post(PAGE, data=everything(first="sms"))  # no way to them
        browser.post(PAGE, data=everything())
        assert first_way_of(layla) is Channel.EMAIL


def test_the_worker_stands_at_the_root_and_is_looked_at_anew(browser: Browser) -> None:
    answer = browser.get("/sw.js", buffered=True)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "javascript" in answer.headers["Content-Type"]
    assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_the_doctor_speaks_of_devices_that_know_another_key(app: Flask) -> None:
    layla, browser = somebody(app)
    subscribe(browser)
    before = complaints()
    [device] = db.session.scalars(devices_of(layla))
    device.server_key = "of yesterday"
    db.session.flush()

    [news] = set(complaints()) - set(before)
    assert news.startswith("1 devices know another VAPID key")


def test_a_coordinator_is_asked_nothing_about_devices(app: Flask) -> None:
    here = make.centre()
    boss, layla = make.coordinator(here), make.participant(here)
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)

    page = browser.sign_in(boss).get(f"/en/people/{layla.ref}/contact").text
    assert 'name="push"' not in page
    assert 'name="sms"' in page
    assert isinstance(layla, Person)


def test_the_staff_send_again_by_another_way_that_is_there(app: Flask) -> None:
    here = make.centre()
    boss, layla = make.coordinator(here), make.participant(here)
    device(layla)
    be_told_first(layla, Channel.EMAIL)
    notice = owe(layla, kind=Kind.ENROLLED, not_after=None, responsible=boss)
    notice.kind = Kind.APPLIED
    notice.about = {"person": layla.id, "centre": here.id, "role": "volunteer"}
    layla.memberships.append(Membership(centre=here, role=Role.VOLUNTEER, stage=Stage.APPLIED))
    notice.state, notice.failed_at = State.FAILED, clock.now()
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    page = browser.sign_in(boss).get("/en/call-list").text

    assert "Send it this way: Notifications on a phone" in page
    assert "Send it this way: E-mail" not in page
    browser.post("/en/call-list/again", data={"refs": notice.ref, "via": "push"})
    db.session.expire_all()
    assert (notice.state, notice.via) == (State.PENDING, Channel.PUSH)


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (ANDROID, "Chrome, Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) CriOS/140 Mobile Safari/604.1",
            "Chrome, iPhone",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) Version/18 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537 Edg/140.0", "Edge, Windows"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_plain_words(agent: str, label: str) -> None:
    assert label_of(agent) == label
