"""My calendars: choosing invitations by e-mail, and no more; told plainly what becomes of what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from app.extensions import db
from app.feeds.inviting import begin, to_invite, wish_of
from app.feeds.operations import make_link
from app.i18n import LANGUAGES
from app.notices.channels import Channel
from app.notices.ledger import Stop
from app.notices.stopping import stop_address
from app.notices.wishes import keep_silent, say
from app.people.models import Person
from app.programme.bookings import book
from app.programme.models import Part
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

PAGE = "/en/my-calendars"
WANT, STOP = f"{PAGE}/invitations", f"{PAGE}/invitations/end"
NOW = MONDAY - timedelta(days=5)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def layla_with(sessions: int = 1, **given: str | None) -> Person:
    activity = make.activity("Romanian course")
    layla = make.person(email=given.get("email", "layla@example.org"))
    for n in range(sessions):
        meeting = make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=n))
        book(layla, meeting, Part.LEARNER)
    db.session.commit()
    return layla


def test_off_until_somebody_wants_it(browser: Browser) -> None:
    layla = layla_with(3)
    page = browser.sign_in(layla).get(PAGE).text

    assert "3 e-mails" in page
    assert WANT.removeprefix("/en") in page
    assert to_invite(now=NOW) == []


def test_on_and_off_again(browser: Browser) -> None:
    layla = layla_with()
    browser.sign_in(layla)

    answer = browser.post(WANT)
    assert answer.status_code == 303
    assert answer.location.endswith("/my-calendars#invitations")
    page = browser.get(PAGE).text
    assert "You get invitations" in page
    assert "layla@example.org" in page
    assert to_invite(now=NOW) == [layla.id]

    assert browser.post(STOP).status_code == 303
    page = browser.get(PAGE).text
    assert "You get invitations" not in page
    assert to_invite(now=NOW) == []


@pytest.mark.parametrize("path", [WANT, STOP])
def test_twice_is_harmless(browser: Browser, path: str) -> None:
    layla = layla_with()
    browser.sign_in(layla)

    for _click in range(2):
        assert browser.post(path).status_code == 303

    assert (wish_of(layla) is not None) is (path == WANT)


def test_looking_chooses_nothing(browser: Browser) -> None:
    layla = layla_with()
    browser.sign_in(layla)

    assert browser.get(WANT).status_code == 405
    assert wish_of(layla) is None


def test_it_says_what_stays_in_the_calendar(browser: Browser) -> None:
    layla = layla_with()
    begin(layla, now=NOW)
    db.session.commit()

    page = browser.sign_in(layla).get(PAGE).text

    assert "then stays there, and no longer changes by itself" in page


@pytest.mark.parametrize("wants", [True, False])
def test_who_has_a_link_too_is_told_of_seeing_double(browser: Browser, wants: bool) -> None:
    layla = layla_with()
    if wants:
        begin(layla, now=NOW)
    make_link(layla, label="phone", language="en", now=BEFORE)
    db.session.commit()

    assert "may appear twice" in browser.sign_in(layla).get(PAGE).text


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("none", "We have no e-mail address of yours"),
        ("refused", "You said that you want no e-mails"),
        ("dead", "Our messages to your address came back"),
    ],
)
def test_why_no_invitation_can_reach_them(browser: Browser, why: str, words: str) -> None:
    layla = layla_with(email=None if why == "none" else "layla@example.org")
    if why == "refused":
        say(layla, Channel.EMAIL, False, by=layla, now=NOW)
    if why == "dead":
        stop_address(layla.id, "layla@example.org", Stop.BOUNCED, "5.1.1", now=NOW)
    db.session.commit()

    page = browser.sign_in(layla).get(PAGE).text

    assert words in page
    assert "Send me invitations" not in page


def test_silent_contact_shows_nowhere_on_the_page(browser: Browser) -> None:
    """Whoever holds their telephone learns nothing of it."""
    layla = layla_with()
    usual = browser.sign_in(layla).get(PAGE).text
    keep_silent(layla, by=make.coordinator(make.centre()), now=NOW)
    db.session.commit()

    assert _without_tokens(browser.get(PAGE).text) == _without_tokens(usual)


def _without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrf" not in line and "nonce" not in line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_there_in_every_language(browser: Browser, language: str) -> None:
    layla = layla_with()
    begin(layla, now=NOW)
    db.session.commit()

    assert browser.sign_in(layla).get(f"/{language}/my-calendars").status_code == 200


def test_they_are_not_among_the_messages_of_my_reminders(browser: Browser) -> None:
    layla = layla_with()

    assert 'value="invitations"' not in browser.sign_in(layla).get("/en/profile/reminders").text
