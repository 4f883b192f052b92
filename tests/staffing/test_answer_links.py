"""An offer is answered from its letter: by its reader, not by whatever opens links before them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.terms import Level
from app.programme.kinds import Privacy
from app.reminders.letters import compose
from app.staffing.answer_links import is_sealed, seal_of
from app.staffing.models import Assignment, State
from app.staffing.operations import decline_offer, offer_place, take_place
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY
from tests.staffing.today import in_two_days

KEY = "a secret that only tests know, long enough"


def an_offer(**need: object) -> Assignment:
    meeting = make.meeting(starts_at=in_two_days())
    wanted = make.need(meeting=meeting, language="ar", level=Level.B2, **need)
    amina = make.mediator(meeting.activity.centre)
    offer = offer_place(wanted, amina, by=wanted.meeting.activity.coordinator, now=clock.now())
    db.session.commit()
    return offer


def link_in_the_letter(offer: Assignment) -> str:
    notice = db.session.scalars(
        select(Notice).where(Notice.kind == Letter.OFFER, Notice.person_id == offer.person_id)
    ).one()
    letter = compose(notice, clock.now())
    assert letter is not None
    found = re.search(r"http://[^/]+(/\S+)", letter.text)
    assert found is not None
    return found[1]


def state_of(offer: Assignment) -> State:
    db.session.expire_all()
    return db.session.get_one(Assignment, offer.id).state


def test_the_letter_leads_to_a_page_that_needs_no_password(browser: Browser) -> None:
    page = browser.get(link_in_the_letter(an_offer()))

    assert page.status_code == 200
    assert "Yes, I will come" in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_scanners_change_nothing_and_the_reader_can_still_answer(browser: Browser) -> None:
    offer = an_offer()
    link = link_in_the_letter(offer)

    browser.head(link)
    for _n in range(20):
        browser.get(link)
    for page in (f"{link}/acceptance", f"{link}/refusal"):
        assert browser.get(page).status_code in (404, 405)
        assert browser.head(page).status_code in (404, 405)
    assert state_of(offer) is State.OFFERED

    answer = browser.post(f"{link}/acceptance")

    assert answer.status_code == 303
    assert state_of(offer) is State.CONFIRMED


def test_answering_twice_is_the_same_as_once(browser: Browser) -> None:
    offer = an_offer()
    link = link_in_the_letter(offer)

    browser.post(f"{link}/acceptance")
    again = browser.post(f"{link}/acceptance", follow_redirects=True)

    assert again.status_code == 200
    assert "You said yes" in again.text
    told = select(Notice).where(Notice.kind == Letter.OFFER_ANSWERED)
    assert len(db.session.scalars(told).all()) == 1


def test_a_no_is_a_no(browser: Browser) -> None:
    offer = an_offer()
    page = browser.post(f"{link_in_the_letter(offer)}/refusal", follow_redirects=True)

    assert state_of(offer) is State.DECLINED
    assert "You said no" in page.text


def test_a_wrong_seal_opens_nothing_and_looks_like_nothing(browser: Browser) -> None:
    offer = an_offer()
    wrong = "0" * 64
    answers = [
        browser.post(f"/en/answers/{ref}/{wrong}/acceptance") for ref in (offer.ref, "nothing")
    ]

    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert "no longer open" in answers[0].text
    assert state_of(offer) is State.OFFERED


def test_a_lapsed_offer_says_what_now(browser: Browser) -> None:
    offer = an_offer()
    link = link_in_the_letter(offer)
    offer.lapses_at = clock.now() - timedelta(minutes=1)
    db.session.commit()

    page = browser.get(link)
    answer = browser.post(f"{link}/acceptance")

    assert "Where you are needed" in page.text
    assert "Yes, I will come" not in page.text
    assert answer.status_code == 409
    assert state_of(offer) is State.OFFERED


def test_asked_anew_the_old_link_is_over(browser: Browser) -> None:
    offer = an_offer()
    old = link_in_the_letter(offer)
    decline_offer(offer, now=clock.now())
    offer_place(offer.need, offer.person, by=None, now=clock.now() + timedelta(hours=1))
    db.session.commit()

    assert browser.post(f"{old}/acceptance").status_code == 404
    assert state_of(offer) is State.OFFERED


def test_whoever_was_too_late_reads_that_somebody_was_faster(browser: Browser) -> None:
    offer = an_offer()
    link = link_in_the_letter(offer)
    take_place(offer.need, make.mediator(offer.need.meeting.activity.centre), now=clock.now())
    db.session.commit()

    answer = browser.post(f"{link}/acceptance")

    assert answer.status_code == 409
    assert "Someone else has just taken the last place." in answer.text


def test_a_protected_offer_is_read_only_after_signing_in(browser: Browser) -> None:
    offer = an_offer()
    link = link_in_the_letter(offer)
    offer.need.meeting.privacy = Privacy.PROTECTED
    db.session.commit()

    page = browser.get(link)
    assert page.status_code == 303
    assert "/answers/" not in link_in_the_letter(offer)
    signed_out = browser.get(page.location)
    assert signed_out.status_code == 303
    assert "sign-in" in signed_out.location


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_page_is_in_the_language_of_its_reader(browser: Browser, language: str) -> None:
    offer = an_offer()
    offer.person.language = language
    db.session.commit()

    link = link_in_the_letter(offer)

    assert link.startswith(f"/{language}/")
    assert f'<html lang="{language}"' in browser.get(link).text


def test_a_seal_fits_one_offer_as_it_was_made() -> None:
    seal = seal_of(KEY, "REF", MONDAY)

    assert is_sealed(seal, KEY, "REF", MONDAY)
    assert not is_sealed(seal, KEY, "REF", MONDAY + timedelta(seconds=1))
    assert not is_sealed(seal, KEY, "OTHER", MONDAY)
    assert not is_sealed(seal, "another key", "REF", MONDAY)
    assert not is_sealed("ă", KEY, "REF", MONDAY)
