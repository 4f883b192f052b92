"""Another e-mail address of one's own: shown by a code, told to the old one, never to others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import Gone, db
from app.invitations import addresses
from app.invitations.addresses import ask_for_address, take_address
from app.notices.models import Kind, State
from app.notices.wishes import keep_silent
from app.own_data.operations import erase
from app.people.knocks import MOST_TRIES, Knock
from app.people.models import Person
from app.people.operations import begin_sign_in
from app.people.queries import sign_in_of
from app.sign_outs.operations import end_everywhere
from app.web import settings
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import ask, code_in, is_in, owed, sent, type_in
from tests.make import BEFORE
from tests.planning.test_races import meanwhile
from tests.races import all_at_once

OLD, NEW, HIS = "layla@example.org", "shelter@example.org", "omar@example.org"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def layla(app: Flask) -> Person:
    here = make.centre()
    person = make.participant(here, name="Layla", email=OLD, confirmed_at=BEFORE)
    make.participant(here, name="Omar", email=HIS)
    db.session.commit()
    return person


@pytest.fixture
def phone(browser: Browser, layla: Person) -> Browser:
    return browser.sign_in(layla)


def wants(browser: Browser, email: str) -> Any:
    return browser.post("/en/profile/address", data={"email": email})


def types(browser: Browser, code: str) -> Any:
    return browser.post("/en/profile/address/code", data={"code": code})


def address_of(person: Person) -> str | None:
    return db.session.scalars(select(Person.email).where(Person.id == person.id)).one()


class TestTaking:
    def test_it_is_theirs_once_the_code_was_typed(self, phone: Browser, layla: Person) -> None:
        assert wants(phone, "Shelter@Example.org").status_code == 303
        [letter] = sent(BEFORE)
        assert letter.to == NEW
        assert "http" not in letter.text
        assert address_of(layla) == OLD

        assert types(phone, code_in(letter)).status_code == 303

        assert address_of(layla) == NEW
        assert NEW in phone.get("/en/profile").text

    def test_who_reads_the_old_one_reads_that_it_is_over_and_not_the_new_one(
        self, phone: Browser, layla: Person
    ) -> None:
        wants(phone, NEW)
        types(phone, code_in(sent(BEFORE)[0]))

        [letter] = sent(BEFORE)

        assert letter.to == OLD
        assert "no longer used" in letter.subject
        assert NEW not in f"{letter.text}{letter.html}"
        assert "Layla" not in f"{letter.text}{letter.html}"
        assert sent(BEFORE) == []

    def test_the_old_one_reads_nothing_of_who_was_erased_meanwhile(
        self, phone: Browser, layla: Person
    ) -> None:
        wants(phone, NEW)
        types(phone, code_in(sent(BEFORE)[0]))

        erase(layla, by=layla, now=BEFORE)
        db.session.commit()

        assert sent(BEFORE) == []
        assert OLD not in db.session.scalars(select(Knock.contact)).all()

    def test_all_other_devices_are_signed_out(self, phone: Browser, layla: Person) -> None:
        his = begin_sign_in(layla, now=BEFORE)
        db.session.commit()
        wants(phone, NEW)
        types(phone, code_in(sent(BEFORE)[0]))

        found = sign_in_of(his)
        assert found is not None
        assert found.ended_at == BEFORE
        assert is_in(phone)

    def test_the_old_one_signs_nobody_in(self, app: Flask, phone: Browser, layla: Person) -> None:
        wants(phone, NEW)
        types(phone, code_in(sent(BEFORE)[0]))
        sent(BEFORE)
        other = app.test_client()
        assert isinstance(other, Browser)

        ask(other, OLD)
        assert sent(BEFORE) == []
        ask(other, NEW)
        type_in(other, code_in(sent(BEFORE)[0]))
        assert is_in(other)

    def test_a_code_for_an_address_signs_nobody_in(self, phone: Browser, layla: Person) -> None:
        wants(phone, NEW)

        assert type_in(phone, code_in(sent(BEFORE)[0])).headers["Location"].endswith("/code")
        assert address_of(layla) == OLD

    def test_a_code_to_come_in_gives_no_address(self, phone: Browser, layla: Person) -> None:
        wants(phone, NEW)
        sent(BEFORE)
        ask(phone, HIS)

        assert types(phone, code_in(sent(BEFORE)[0])).status_code == 422
        assert address_of(layla) == OLD


class TestRefusing:
    def test_a_wrong_code_is_counted(self, phone: Browser, layla: Person) -> None:
        wants(phone, NEW)
        code = code_in(sent(BEFORE)[0])
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        for _try in range(MOST_TRIES):
            assert types(phone, wrong).status_code == 422

        assert types(phone, code).status_code == 422
        assert address_of(layla) == OLD

    def test_after_ten_minutes_one_begins_anew(
        self, phone: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        wants(phone, NEW)
        code = code_in(sent(BEFORE)[0])
        clock.move_to(BEFORE + 10 * MINUTE)

        assert types(phone, code).status_code == 303
        assert address_of(layla) == OLD

    def test_an_address_of_somebody_else_is_answered_alike_until_they_read_it(
        self, phone: Browser, layla: Person
    ) -> None:
        unknown, known = wants(phone, NEW), wants(phone, HIS)
        assert (unknown.status_code, unknown.location) == (known.status_code, known.location)
        code = code_in(next(one for one in sent(BEFORE) if one.to == HIS))

        answer = types(phone, code)

        assert answer.status_code == 409
        assert "Somebody here has this address already" in answer.text
        assert address_of(layla) == OLD

    def test_nobody_does_it_who_came_in_long_ago(
        self, phone: Browser, clock: time_machine.Traveller
    ) -> None:
        for minutes in (10, 20):
            clock.move_to(BEFORE + minutes * MINUTE)
            phone.get("/en/mine")

        assert "confirm" in wants(phone, NEW).headers["Location"]
        assert owed(Kind.CODE) == []

    @pytest.mark.parametrize("typed", ["", "nobody", "a@b", "two@example.org two@example.org"])
    def test_what_is_no_address_is_kept_and_named(self, phone: Browser, typed: str) -> None:
        answer = wants(phone, typed)

        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text


class TestSilence:
    def test_nothing_leaves_and_nothing_tells_so(self, phone: Browser, layla: Person) -> None:
        keep_silent(layla, by=layla, now=BEFORE)
        db.session.commit()

        assert wants(phone, NEW).headers["Location"].endswith("/profile/address/code")
        assert "six digits" in phone.get("/en/profile/address/code").text
        assert owed(Kind.CODE) == []

    def test_nor_to_somebody_else_who_keeps_it(self, phone: Browser, layla: Person) -> None:
        [omar] = db.session.scalars(select(Person).where(Person.email == HIS))
        keep_silent(omar, by=omar, now=BEFORE)
        db.session.commit()
        wants(phone, HIS)

        assert sent(BEFORE) == []
        assert [one.state for one in owed(Kind.CODE)] == [State.DROPPED]


def test_a_device_that_was_signed_out_a_moment_ago_stays_so(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A colleague ends everything between the look at the sign-in and the change."""
    with postgres_app.app_context():
        layla = make.participant(make.centre(), email=OLD)
        by, layla_id = make.person().id, layla.id
        token = begin_sign_in(layla, now=BEFORE)
        ask_for_address(layla, NEW, browser=token, network="1", now=BEFORE)
        db.session.commit()

    def ends() -> None:
        colleague, person = (db.session.get_one(Person, one) for one in (by, layla_id))
        end_everywhere(person, by=colleague, devices=True, calendars=True, now=BEFORE)

    with postgres_app.test_request_context():
        code, key = code_in(sent(BEFORE)[0]), settings().secret_key
        signed_in = sign_in_of(token)
        assert signed_in is not None
        assert signed_in.is_alive(BEFORE)
        meanwhile(postgres_app, monkeypatch, addresses, "lock", ends)

        with pytest.raises(Gone):
            take_address(signed_in, code, browser=token, key=key, network="1", now=BEFORE)
        db.session.rollback()

    with postgres_app.app_context():
        known = sign_in_of(token)
        assert known is not None
        assert (known.ended_at, known.person.email) == (BEFORE, OLD)


def test_one_address_goes_to_one_person(racing_app: Flask) -> None:
    """Two who read one mailbox type their codes at the same moment."""
    with racing_app.app_context():
        here = make.centre()
        people = [make.participant(here, email=f"p{n}@example.org") for n in range(2)]
        tokens = [begin_sign_in(one, now=BEFORE) for one in people]
        for token, one in zip(tokens, people, strict=True):
            ask_for_address(one, NEW, browser=token, network="1", now=BEFORE)
        db.session.commit()
    with racing_app.test_request_context():
        codes = [code_in(one) for one in sent(BEFORE)]
        key = settings().secret_key

    def click(token: str, code: str) -> object:
        signed_in = sign_in_of(token)
        assert signed_in is not None
        return take_address(signed_in, code, browser=token, key=key, network="1", now=BEFORE)

    clicks = [partial(click, *both) for both in zip(tokens, codes, strict=True)]
    results = all_at_once(racing_app, clicks)

    with racing_app.app_context():
        assert len(db.session.scalars(select(Person).where(Person.email == NEW)).all()) == 1
        assert results.count(True) == 1
