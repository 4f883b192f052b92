"""Whoever asks a door for somebody learns nothing of whether we know them: each door, each sort of
address, one answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.extensions import db
from app.feeds.operations import make_link
from app.joining.cards import make_card
from app.notices.models import Notice, Silence, State
from app.own_data.operations import erase
from app.people.models import Person
from app.people.passwords import hash_password
from app.people.terms import Role
from app.programme.kinds import Kind, Privacy
from app.signups.models import Waiting, WaitingMember, WaitingState
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.statements import statements

PASSWORD = "the footbridge over the river"
WHO = ("unknown", "known", "a helper", "silent", "paused", "erased", "without a password", "staff")


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@dataclass(frozen=True)
class Seen:
    """What a stranger gets, and what it costs to answer them."""

    status: int
    length: int
    words: str
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[str, ...]
    statements: int


class House:
    """A course, a group, and one address of each sort, all of the same length."""

    def __init__(self) -> None:
        self.centre = make.centre(code="here")
        self.course = make.activity(centre=self.centre, kind=Kind.COURSE, privacy=Privacy.MEMBERS)
        make.meeting(activity=self.course)
        self.kept = hash_password(PASSWORD)
        self.people = {who: self._person(who) for who in WHO if who != "unknown"}
        db.session.commit()

    @staticmethod
    def address(who: str) -> str:
        return f"{who.replace(' ', '-'):x<20}@example.org"

    def _person(self, who: str) -> Person:
        roles = {"a helper": Role.MEDIATOR, "staff": Role.COORDINATOR}
        own: dict[str, Any] = {"password_hash": None if who == "without a password" else self.kept}
        role = roles.get(who, Role.PARTICIPANT)
        person = make.person([role], self.centre, email=self.address(who), **own)
        if who == "silent":
            db.session.add(Silence(person_id=person.id, since=LONG_AGO))
        if who == "paused":
            person.is_active = False
        db.session.flush()
        if who == "erased":
            erase(person, by=person, now=BEFORE)
        return person


@pytest.fixture
def house(app: Flask) -> House:
    return House()


Step = Callable[[Browser, House, str], TestResponse]


def _post(path: str, **more: str) -> Step:
    def step(browser: Browser, house: House, address: str) -> TestResponse:
        where = path.format(course=house.course.ref)
        typed = {name: value.format(address=address) for name, value in more.items()}
        return browser.post(where, data=typed)

    return step


def _get(path: str) -> Step:
    return lambda browser, _house, _address: browser.get(path)


DOORS: dict[str, list[Step]] = {
    "signing in with a wrong password": [
        _post("/en/sign-in", email="{address}", password="not the right one")
    ],
    "asking for a new password": [
        _post("/en/forgotten-password", email="{address}"),
        _get("/en/sign-in"),
    ],
    "signing in by a code": [
        _post("/en/sign-in/code", contact="{address}"),
        _get("/en/code"),
        _post("/en/code", code="000000"),
    ],
    "I want to help": [
        _post(
            "/en/volunteering",
            name="Sam",
            contact="{address}",
            role="volunteer",
            centre="here",
        ),
        _get("/en/code"),
        _post("/en/code", code="000000"),
    ],
    "I want to come": [
        _post("/en/activities/{course}/joining", name="Sam", contact="{address}", language="en"),
        _get("/en/joining/code"),
        _post("/en/joining/code", code="000000"),
    ],
}


def tried(app: Flask, house: House, door: str, address: str) -> list[Seen]:
    """What a browser that was never here gets at each step."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return [_seen(partial(step, browser, house, address), address) for step in DOORS[door]]


def _seen(ask: Callable[[], TestResponse], address: str) -> Seen:
    answers: list[TestResponse] = []
    asked = statements(lambda: answers.append(ask()))
    [answer] = answers
    headers = [(n, v) for n, v in answer.headers if n not in ("Set-Cookie", "ETag", "Date")]
    cookies = [_without_value(one) for one in answer.headers.getlist("Set-Cookie")]
    words = re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", answer.text)
    return Seen(
        answer.status_code,
        len(answer.data),
        words.replace(address, "—"),
        tuple(sorted(headers)),
        tuple(cookies),
        len(asked),
    )


def _without_value(cookie: str) -> str:
    """Its name and its attributes; what it holds is what this browser typed."""
    value, _semicolon, attributes = cookie.partition(";")
    return f"{value.partition('=')[0]} {attributes}"


def owed() -> int:
    return db.session.scalars(select(func.count(Notice.id))).one()


@pytest.mark.parametrize("who", [one for one in WHO if one != "unknown"])
@pytest.mark.parametrize("door", DOORS)
def test_each_door_answers_as_if_it_knew_nobody(
    app: Flask, house: House, door: str, who: str
) -> None:
    tried(app, house, door, house.address("warming up"))  # what is only asked once
    unknown = tried(app, house, door, house.address("unknown"))

    assert tried(app, house, door, house.address(who)) == unknown
    assert unknown[0].status in (303, 422)


@pytest.mark.parametrize("door", ["signing in by a code", "I want to help", "I want to come"])
def test_a_code_is_owed_to_everybody_or_nobody_when_it_is_asked_for(
    app: Flask, house: House, door: str
) -> None:
    """Whether it leaves is found out later, when nobody waits for an answer."""
    counts = []
    for who in WHO:
        before = owed()
        tried(app, house, door, house.address(who))
        counts.append(owed() - before)

    assert counts == [1] * len(WHO)


def test_a_letter_for_the_password_is_owed_only_where_somebody_may_read_it(
    app: Flask, house: House
) -> None:
    for who in ("unknown", "paused", "erased", "known"):
        tried(app, house, "asking for a new password", house.address(who))
    states = db.session.scalars(select(Notice.state).order_by(Notice.id)).all()

    assert states == [*[State.DROPPED] * 3, State.PENDING]


class TestLinks:
    """A link that never was answers as one of somebody that opens nothing any more."""

    def read(self, app: Flask, path: str) -> Seen:
        client = app.test_client()
        assert isinstance(client, Browser)
        secret = path.rsplit("/", 1)[-1].removesuffix(".ics")
        return _seen(lambda: client.get(path), secret)

    def test_a_card_of_somebody_who_was_erased(self, app: Flask, house: House) -> None:
        person = make.participant(house.centre, email=None)
        token = make_card(person, label="x", by=None, now=BEFORE)
        erase(person, by=person, now=BEFORE)
        db.session.commit()

        was = self.read(app, f"/en/card/{token}")

        assert was.status == 404
        assert was == self.read(app, f"/en/card/{'x' * len(token)}")

    @pytest.mark.parametrize("path", ["answers", "waiting"])
    def test_a_seal_that_does_not_fit(self, app: Flask, house: House, path: str) -> None:
        rows: dict[str, Any] = {
            "answers": make.assignment(lapses_at=MONDAY),
            "waiting": Waiting(
                activity=house.course,
                state=WaitingState.OFFERED,
                asked_at=LONG_AGO,
                offered_at=BEFORE,
                lapses_at=MONDAY,
                members=[WaitingMember(person=house.people["known"])],
            ),
        }
        db.session.add(rows["waiting"])
        db.session.commit()
        seal = "0" * 64
        never = "x" * len(rows[path].ref)

        def read(ref: str) -> Seen:
            client = app.test_client()
            assert isinstance(client, Browser)
            return _seen(lambda: client.get(f"/en/{path}/{ref}/{seal}"), ref)

        was, is_none = read(rows[path].ref), read(never)

        assert was.status == 404
        assert replace(was, statements=0) == replace(is_none, statements=0)

    def test_a_calendar_of_somebody_who_was_erased(self, app: Flask, house: House) -> None:
        person = make.participant(house.centre)
        _link, token = make_link(person, label="x", language="en", now=BEFORE)
        erase(person, by=person, now=BEFORE)
        db.session.commit()

        was = self.read(app, f"/c/{token}.ics")

        assert was.status == 404
        assert was == self.read(app, f"/c/{'x' * len(token)}.ics")
