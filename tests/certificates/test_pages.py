"""The pages of certificates: from "ask" to the paper, and the check that is open to all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.certificates.content import spaced
from app.certificates.models import Certificate
from app.certificates.paper import SYSTEM_PACKAGES, can_make_pdf
from app.extensions import db
from app.people.terms import Role
from app.staffing.models import State
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY

needs_pango = pytest.mark.skipif(
    not can_make_pdf(), reason=f"no PDF without {', '.join(SYSTEM_PACKAGES)}: `make paper`"
)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY + timedelta(days=20), tick=False) as traveller:
        yield traveller


class House:
    def __init__(self, app: Flask) -> None:
        self.centre = make.centre(code="brasov", name="Brașov")
        self.boss = make.coordinator(self.centre, name="Ilinca Pop")
        self.ana = make.person([Role.VOLUNTEER], self.centre, name="Ana Șerban Țintea")
        course = make.activity("Curs de limba română", centre=self.centre, coordinator=self.boss)
        need = make.need(meeting=make.meeting(activity=course), role=Role.VOLUNTEER)
        self.place = make.assignment(need=need, person=self.ana, state=State.CONFIRMED)
        make.presence(self.place)
        db.session.commit()
        self.app = app
        self.at_boss, self.at_ana = Browser(app).sign_in(self.boss), Browser(app).sign_in(self.ana)

    def issued(self) -> Certificate:
        """By the pages."""
        draft = f"/en/people/{self.ana.ref}/certificate?centre=brasov"
        page = self.at_boss.get(draft).text
        once = page.split('name="once"')[1].split('value="')[1].split('"')[0]
        form = {
            "once": once,
            "first_day": "2027-03-01",
            "last_day": "2027-03-21",
            "volunteer": "Ana Șerban Țintea",
            "host": "Centrul Brașov",
            "representative": "Ioana Marin",
            "responsibilities": "sprijin la curs\nconversație",
            "competences": "comunicare",
            "issue": "1",
        }
        answer = self.at_boss.post(draft, data=form)
        assert answer.status_code == 303, answer.text
        return db.session.scalars(select(Certificate)).one()


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def test_from_asking_to_the_paper(house: House) -> None:
    assert "Ask \u2068Brașov\u2069 for my certificate" in house.at_ana.get("/en/my-hours").text
    form = {"centre": "brasov", "everything": "y"}
    assert house.at_ana.post("/my-hours/certificate-requests", data=form).status_code == 303
    assert "You asked" in house.at_ana.get("/en/my-hours").text
    assert "asks for a certificate" in house.at_boss.get("/en/week").text

    issued = house.issued()

    assert issued.number in house.at_ana.get("/en/my-hours").text
    assert "asks for a certificate" not in house.at_boss.get("/en/week").text
    page = house.at_ana.get(f"/en/certificates/{issued.ref}").text
    for words in ("Ana Șerban Țintea", "2 h 00 min", "Curs de limba română", "conversație"):
        assert words in page
    assert "Withdraw it" not in page


def test_a_period_can_be_counted_before_it_is_issued(house: House) -> None:
    draft = f"/en/people/{house.ana.ref}/certificate?centre=brasov"
    assert "2 h 00 min\u2069 under contract" in house.at_boss.get(draft).text
    form = {"once": "x" * 22, "first_day": "2027-03-02", "last_day": "2027-03-21"}
    typed = dict.fromkeys(
        ("volunteer", "host", "representative", "responsibilities", "competences"), "x"
    )

    answer = house.at_boss.post(draft, data=form | typed | {"look": "1"})

    assert answer.status_code == 200
    assert "Nothing: no attended session" in answer.text
    assert house.at_boss.post(draft, data=form).status_code == 422
    assert db.session.scalars(select(Certificate)).all() == []


def test_it_is_theirs_and_the_coordinators(house: House) -> None:
    issued = house.issued()
    strangers = [
        make.coordinator(make.centre()),
        make.person([Role.VOLUNTEER], house.centre),
        make.person([Role.ADMINISTRATOR], house.centre),
    ]
    db.session.commit()

    for stranger in strangers:
        browser = Browser(house.app).sign_in(stranger)
        for path in (f"/certificates/{issued.ref}", f"/certificates/{issued.ref}.pdf"):
            assert browser.get(path).status_code == 404
        assert browser.get(f"/people/{house.ana.ref}/certificate").status_code == 404
        form = {"reason": "x"}
        path = f"/certificates/{issued.ref}/withdrawal"
        assert browser.post(path, data=form).status_code == 404
    assert house.at_ana.get(f"/people/{house.ana.ref}/certificate").status_code == 404
    path = f"/certificates/{issued.ref}/withdrawal"
    assert house.at_ana.post(path, data={"reason": "x"}).status_code == 404


@needs_pango
def test_the_pdf_is_one(house: House) -> None:
    issued = house.issued()

    answer = house.at_ana.get(f"/certificates/{issued.ref}.pdf")

    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert "Ana" not in answer.headers["Content-Disposition"]


def test_without_pango_the_page_says_what_to_install(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = house.issued()
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as where its libraries lack
    can_make_pdf.cache_clear()

    page = house.at_ana.get(f"/en/certificates/{issued.ref}")
    answer = house.at_ana.get(f"/en/certificates/{issued.ref}.pdf")
    can_make_pdf.cache_clear()

    assert "libpango-1.0-0" in page.text
    assert "Ana Șerban Țintea" in page.text  # it can still be printed
    assert (answer.status_code, "libpango-1.0-0" in answer.text) == (409, True)


class TestTheCheckThatIsOpenToAll:
    def test_shows_enough_to_compare_and_no_more(self, house: House) -> None:
        issued = house.issued()
        stranger = house.app.test_client()

        page = stranger.get(f"/en/certificate-check/{spaced(issued.code).lower()}").text

        for words in (issued.number, "01.03.2027 – 21.03.2027", "2 h 00 min", "A. Ș. Ț."):
            assert words in page
        assert issued.digest[:16] in page
        assert issued.digest[:17] not in page
        assert '<meta name="robots" content="noindex">' in page
        for secret in ("Ana", "Șerban", "Curs", "Brașov, ", house.centre.address, "Ilinca"):
            assert secret not in page

    def test_by_hand_too(self, house: House) -> None:
        issued = house.issued()
        stranger = house.app.test_client()
        assert stranger.get("/en/certificate-check").status_code == 200

        answer = stranger.get(f"/certificate-check?code={spaced(issued.code)}")

        assert answer.location.endswith(f"/certificate-check/{issued.code}")

    def test_says_that_it_was_withdrawn_and_not_why(self, house: House) -> None:
        issued = house.issued()
        path = f"/certificates/{issued.ref}/withdrawal"
        assert house.at_boss.post(path, data={"reason": "Wrong name"}).status_code == 303

        page = house.app.test_client().get(f"/en/certificate-check/{issued.code}").text

        assert "was withdrawn on" in page
        assert "Valid" not in page
        assert "Wrong name" not in page
        assert "Wrong name" not in house.at_ana.get(f"/en/certificates/{issued.ref}").text
        assert "Wrong name" in house.at_boss.get(f"/en/certificates/{issued.ref}").text

    def test_of_an_unknown_code_one_reads_that_there_is_none(self, house: House) -> None:
        stranger = house.app.test_client()

        answer = stranger.get("/en/certificate-check/nowhere-at-all")

        assert answer.status_code == 404
        assert "No certificate has this code" in answer.text
        assert 'value="nowhere-at-all"' in answer.text

    def test_a_network_that_guesses_has_to_wait(
        self, house: House, clock: time_machine.Traveller
    ) -> None:
        issued = house.issued()
        stranger = house.app.test_client()
        codes = [stranger.get(f"/certificate-check/{n}").status_code for n in range(21)]
        assert codes == [404] * 20 + [429]

        right = f"/certificate-check/{issued.code}"
        assert stranger.get(right).status_code == 429
        elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
        assert stranger.get(right, environ_base=elsewhere).status_code == 200
        clock.shift(timedelta(minutes=16))
        assert stranger.get(right).status_code == 200

    def test_what_was_altered_is_not_vouched_for(self, house: House) -> None:
        issued = house.issued()
        issued.content = issued.content.replace('"total_minutes":120', '"total_minutes":999')
        db.session.commit()

        answer = house.app.test_client().get(f"/en/certificate-check/{issued.code}")

        assert answer.status_code == 409
        assert "999" not in answer.text
        assert "16 h" not in answer.text
