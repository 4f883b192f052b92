"""From "I want to help" to a person whom the coordinators hear of, by a code or a link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.invitations.codes import Wish, enter_code, knock, make_code
from app.notices.models import Kind
from app.people.knocks import Knock
from app.people.models import Centre, Membership, Person, SignIn, StageChange
from app.people.operations import add_person
from app.people.terms import Role, Stage
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import (
    code_in,
    is_in,
    link_in,
    owed,
    people_called,
    sent,
    type_in,
    wish,
)
from tests.make import BEFORE
from tests.races import all_at_once

ADDRESS = "sam@example.org"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    centre = make.centre(code="brasov", name="Brașov")
    make.coordinator(centre, email="boss@example.org")
    db.session.commit()
    return centre


@pytest.mark.usefixtures("here")
def test_two_pages_three_questions_and_one_is_in(browser: Browser) -> None:
    assert wish(browser, ADDRESS, "brasov").location == "/en/code"
    [letter] = sent(BEFORE)
    answer = type_in(browser, code_in(letter))

    assert answer.location == "/en/home"
    assert "Thank you!" in browser.get("/en/profile").text
    [sam] = people_called("Sam")
    [membership] = sam.memberships
    assert (sam.email, sam.language, sam.password_hash) == (ADDRESS, "en", None)
    assert sam.confirmed_at == BEFORE
    assert (membership.role, membership.stage) == (Role.VOLUNTEER, Stage.APPLIED)
    assert membership.since == BEFORE
    [change] = db.session.scalars(select(StageChange))
    assert (change.stage, change.at, change.by_id) == (Stage.APPLIED, BEFORE, sam.id)


@pytest.mark.usefixtures("here")
def test_the_link_does_the_same_and_works_once(browser: Browser) -> None:
    wish(browser, ADDRESS, "brasov", role="mediator")
    [letter] = sent(BEFORE)
    path = link_in(letter)

    assert "It is me" in browser.get(path).text
    assert browser.post(path).location == "/en/home"
    [sam] = people_called("Sam")
    assert [m.role for m in sam.memberships] == [Role.MEDIATOR]
    assert browser.post(path).status_code == 404
    assert browser.get(path).status_code == 404


def test_the_coordinators_are_told_without_a_name_in_their_language(
    browser: Browser, here: Centre
) -> None:
    make.coordinator(make.centre(), email="elsewhere@example.org")
    wish(browser, ADDRESS, "brasov")
    [letter] = sent(BEFORE)
    type_in(browser, code_in(letter))

    [told] = sent(BEFORE)
    assert told.to == "boss@example.org"
    assert "as a volunteer in" in told.text
    assert here.name in told.text
    assert "Sam" not in told.text + told.subject


def test_nobody_is_told_once_it_is_answered(browser: Browser, here: Centre) -> None:
    wish(browser, ADDRESS, "brasov")
    type_in(browser, code_in(sent(BEFORE)[0]))
    db.session.scalars(
        select(Membership).where(Membership.role == Role.VOLUNTEER)
    ).one().stage = Stage.INTERVIEW
    db.session.commit()

    assert sent(BEFORE) == []


def test_before_the_code_comes_back_nobody_is_there_and_nobody_is_in_the_way(
    browser: Browser, here: Centre
) -> None:
    wish(browser, ADDRESS, "brasov")
    sent(BEFORE)
    assert people_called("Sam") == []

    add_person(
        "Samira", roles={here: frozenset([Role.PARTICIPANT])}, spoken={}, language="ro",
        now=BEFORE, email=ADDRESS,
    )  # fmt: skip
    db.session.commit()
    assert [p.name for p in db.session.scalars(select(Person).where(Person.email == ADDRESS))] == [
        "Samira"
    ]


def test_somebody_known_has_applied_too_and_keeps_the_name(browser: Browser, here: Centre) -> None:
    known = make.participant(here, name="Samira", email=ADDRESS, language="ar")
    db.session.commit()
    wish(browser, ADDRESS, "brasov")
    [letter] = sent(BEFORE)
    assert letter.language == "ar"
    type_in(browser, code_in(letter))

    assert people_called("Sam") == []
    stages = {m.role: m.stage for m in known.memberships}
    assert stages == {Role.PARTICIPANT: Stage.ACTIVE, Role.VOLUNTEER: Stage.APPLIED}


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (Stage.ACTIVE, Stage.ACTIVE, 0),
        (Stage.PAUSED, Stage.PAUSED, 0),
        (Stage.INTERVIEW, Stage.INTERVIEW, 0),
        (Stage.APPLIED, Stage.APPLIED, 0),
        (Stage.LEFT, Stage.APPLIED, 1),
    ],
)
def test_who_is_so_already_stays_so_and_who_left_may_come_back(
    browser: Browser, here: Centre, before: Stage, after: Stage, changes: int
) -> None:
    known = make.person([Role.VOLUNTEER], here, email=ADDRESS)
    known.memberships[0].stage = before
    db.session.commit()
    wish(browser, ADDRESS, "brasov")
    type_in(browser, code_in(sent(BEFORE)[0]))

    assert [m.stage for m in known.memberships] == [after]
    assert db.session.scalar(select(func.count()).select_from(StageChange)) == changes
    assert len(owed(Kind.APPLIED)) == changes


def test_a_telephone_is_kept_as_e164_and_gets_in_again(browser: Browser, here: Centre) -> None:
    for typed in ("0721 234 567", "+40 (721) 234-567"):
        wish(browser, typed, "brasov")
        [message] = [one for one in sent(BEFORE) if one.to.startswith("+")]
        assert message.to == "+40721234567"
        type_in(browser, code_in(message))
        assert is_in(browser)
        browser.post("/sign-out")

    [sam] = people_called("Sam")
    assert (sam.email, sam.sign_in_phone, sam.phone) == (None, "+40721234567", "+40 721 234 567")
    assert len(sam.memberships) == 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("typed", ["", "sam", "sam@", "123", "0721", "+40 721 234 567 890 12"])
def test_what_is_no_address_and_no_number_is_said_so(browser: Browser, typed: str) -> None:
    answer = wish(browser, typed, "brasov")

    assert answer.status_code == 422
    assert 'aria-describedby="contact-hint contact-error"' in answer.text
    assert db.session.scalars(select(Knock)).all() == []


def test_the_only_centre_is_not_asked_for_and_one_of_several_is(browser: Browser) -> None:
    make.centre(code="one")
    db.session.commit()
    assert 'type="hidden" name="centre" value="one"' in browser.get("/en/volunteering").text

    make.centre(code="two")
    db.session.commit()
    assert '<option value="two">' in browser.get("/en/volunteering").text
    assert wish(browser, ADDRESS, "").status_code == 422
    assert wish(browser, ADDRESS, "nowhere").status_code == 422


@pytest.mark.usefixtures("here")
def test_volunteer_and_mediator_can_be_wished_and_nothing_else(browser: Browser) -> None:
    for role in set(Role) - {Role.VOLUNTEER, Role.MEDIATOR}:
        assert wish(browser, ADDRESS, "brasov", role=role.value).status_code == 422
    assert (
        browser.post(
            "/en/volunteering", data={"name": "Sam", "contact": ADDRESS, "centre": "brasov"}
        ).location
        == "/en/code"
    )


@pytest.mark.usefixtures("here")
def test_a_day_later_nothing_is_left_of_who_never_came_back(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    from app.worker import tidy

    wish(browser, ADDRESS, "brasov")
    clock.shift(timedelta(hours=25))
    tidy()

    assert db.session.scalars(select(Knock)).all() == []


@pytest.mark.parametrize("known", [False, True])
def test_confirmations_at_once_make_one_person_who_applied_once(
    racing_app: Flask, known: bool
) -> None:
    """Three browsers asked at the same moment: no code had ended another."""
    with racing_app.app_context():
        centre = make.centre()
        if known:
            make.participant(centre, name="Sam", email=ADDRESS)
        make.coordinator(centre)
        db.session.commit()
        codes = []
        for browser in ("one", "two", "three"):
            asked = Wish(name="Sam", role=Role.VOLUNTEER, centre=centre)
            knock(ADDRESS, browser=browser, language="en", network="n", now=BEFORE, wish=asked)
            fresh = make_code(
                db.session.scalars(select(func.max(Knock.id))).one(), key="k", now=BEFORE
            )
            assert fresh is not None
            codes.append((browser, str(fresh.code)))
        for made in db.session.scalars(select(Knock)):
            made.ended_at = None
        db.session.commit()

    def enter(browser: str, code: str) -> object:
        return enter_code(code, browser=browser, key="k", network="n", now=BEFORE)

    results = all_at_once(racing_app, [lambda b=b, c=c: enter(b, c) for b, c in codes])  # type: ignore[misc]

    assert all(isinstance(one, str) for one in results), results
    with racing_app.app_context():
        assert len(people_called("Sam")) == 1
        assert db.session.scalar(select(func.count()).select_from(StageChange)) == 1
        assert len(owed(Kind.APPLIED)) == 1


def test_one_code_typed_twice_at_once_opens_once(racing_app: Flask) -> None:
    with racing_app.app_context():
        centre = make.centre()
        asked = Wish(name="Sam", role=Role.VOLUNTEER, centre=centre)
        knock(ADDRESS, browser="one", language="en", network="n", now=BEFORE, wish=asked)
        made = db.session.scalars(select(Knock)).one()
        fresh = make_code(made.id, key="k", now=BEFORE)
        assert fresh is not None
        code = str(fresh.code)
        db.session.commit()

    def enter() -> object:
        return enter_code(code, browser="one", key="k", network="n", now=BEFORE)

    results = all_at_once(racing_app, [enter] * 4)

    assert sorted(type(one).__name__ for one in results) == ["NoneType"] * 3 + ["str"]
    with racing_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SignIn)) == 1


def test_the_coordinator_can_open_whoever_applied(app: Flask, here: Centre) -> None:
    someone = make.person(name="Sam")
    someone.memberships.append(
        Membership(centre=here, role=Role.VOLUNTEER, stage=Stage.APPLIED, since=BEFORE)
    )
    boss = make.coordinator(here)
    db.session.commit()
    browser = Browser(app).sign_in(boss)

    assert "Sam" in browser.get("/en/people").text
    assert browser.get(f"/en/people/{someone.ref}").status_code == 200


@pytest.mark.usefixtures("here")
def test_where_no_telephone_can_be_reached_none_is_asked_for(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = replace(app.config["PUNTE"], smtp_url="smtp://mail.example")
    monkeypatch.setitem(app.config, "PUNTE", known)

    assert "telephone" not in browser.get("/en/volunteering").text
    assert wish(browser, "0721 234 567", "brasov").status_code == 422
    assert "Type your e-mail address." in wish(browser, "", "brasov").text
    assert wish(browser, ADDRESS, "brasov").status_code == 303


@pytest.mark.usefixtures("here")
def test_who_is_signed_in_goes_to_the_profile(browser: Browser) -> None:
    browser.sign_in(make.person())

    assert browser.get("/en/volunteering").location == "/en/home"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("path", ["/en/", "/en/sign-in"])
def test_the_way_there_is_on_the_first_pages(browser: Browser, path: str) -> None:
    assert 'href="/en/volunteering"' in browser.get(path).text
