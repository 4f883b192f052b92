"""My data: read, taken along, erased; by oneself or at the desk."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.extensions import db
from app.people.models import CONFIRMED_FOR, Person, SignIn
from app.people.terms import Level, Role
from app.web import settings
from tests import make
from tests.conftest import Browser


@pytest.fixture
def layla(app: Flask) -> Person:
    someone = make.participant(
        make.centre(), name="Layla", phone="0712 345 678", speaks={"ar": Level.NATIVE}
    )
    db.session.commit()
    return someone


def password_typed_long_ago() -> None:
    db.session.execute(update(SignIn).values(confirmed_at=clock.now() - CONFIRMED_FOR))
    db.session.commit()


def test_one_reads_what_is_held_and_why(browser: Browser, layla: Person) -> None:
    page = browser.sign_in(layla).get("/en/my-data").text

    for words in ("Layla", "0712 345 678", str(layla.email), "So that we ask you only for"):
        assert words in page
    assert "Ninety days." in page


def test_the_profile_leads_there(browser: Browser, layla: Person) -> None:
    assert 'href="/en/my-data"' in browser.sign_in(layla).get("/en/profile").text


def test_a_helper_finds_it_from_the_own_pages_too(browser: Browser) -> None:
    amina = make.mediator(make.centre())
    db.session.commit()

    overview = browser.sign_in(amina).get("/en/profile/steps")

    assert 'href="/en/my-data"' in overview.text


def test_the_copy_is_a_file_that_no_cache_keeps(browser: Browser, layla: Person) -> None:
    answer = browser.sign_in(layla).get("/en/my-data/copy")

    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="punte.json"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Layla" in answer.text


@pytest.mark.parametrize("path", ["/my-data/copy", "/my-data/erasure"])
def test_the_password_is_typed_first(browser: Browser, layla: Person, path: str) -> None:
    """Whoever finds the telephone on the table takes nothing along and erases nothing."""
    browser.sign_in(layla)
    password_typed_long_ago()

    answers = [browser.get(f"/en{path}"), browser.post("/en/my-data/erasure")]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert all("/en/confirmation" in answer.headers["Location"] for answer in answers)
    db.session.expire_all()
    assert layla.erased_at is None


def test_who_is_erased_is_out_and_comes_back_to_nothing(browser: Browser, layla: Person) -> None:
    browser.sign_in(layla)
    assert "It cannot be undone." in browser.get("/en/my-data/erasure").text

    page = browser.post("/en/my-data/erasure")

    assert "You are erased" in page.text
    assert '"storage"' in page.headers["Clear-Site-Data"]
    assert browser.get("/en/my-sessions").status_code in (303, 404)
    assert db.session.scalars(select(SignIn)).all() == []


def test_letters_that_lie_in_a_folder_go(browser: Browser, layla: Person) -> None:
    folder = settings().mail_folder
    folder.mkdir(parents=True, exist_ok=True)
    to_her, to_him = folder / "1-a.eml", folder / "2-b.eml"
    to_her.write_bytes(f"To: {layla.email}\n\nCome".encode())
    to_him.write_bytes(b"To: somebody@example.org\n\nCome")

    browser.sign_in(layla).post("/en/my-data/erasure")

    assert (to_her.exists(), to_him.exists()) == (False, True)
    to_him.unlink()


class TestAtTheDesk:
    def test_a_coordinator_erases_who_asked_for_it(self, browser: Browser, layla: Person) -> None:
        mihai = make.coordinator(layla.memberships[0].centre)
        db.session.commit()
        browser.sign_in(mihai)
        path = f"/en/people/{layla.ref}/erasure"
        assert path in browser.get(f"/en/people/{layla.ref}").text
        assert "Layla" in browser.get(path).text

        answer = browser.post(path)

        assert answer.status_code == 303
        assert browser.get(f"/en/people/{layla.ref}").status_code == 404

    def test_not_one_of_another_centre(self, browser: Browser, layla: Person) -> None:
        ilinca = make.coordinator(make.centre())
        db.session.commit()
        browser.sign_in(ilinca)

        assert browser.get(f"/en/people/{layla.ref}/erasure").status_code == 404
        assert browser.post(f"/en/people/{layla.ref}/erasure").status_code == 404

    def test_a_colleague_hands_over_first(self, browser: Browser) -> None:
        here = make.centre()
        ana = make.person([Role.ADMINISTRATOR], here)
        mihai = make.coordinator(here)
        db.session.commit()

        answer = browser.sign_in(ana).post(f"/en/people/{mihai.ref}/erasure")

        assert answer.status_code == 409
        assert "hands over first" in answer.text
        assert mihai.is_active

    def test_who_works_here_reads_so_before(self, browser: Browser) -> None:
        mihai = make.coordinator(make.centre())
        db.session.commit()

        page = browser.sign_in(mihai).get("/en/my-data").text

        assert "hands over first" in page
        assert "/en/my-data/erasure" not in page
