"""Who could come if somebody else took over: told beside the candidates, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.people.terms import Level
from app.programme.kinds import Privacy
from app.rota.making_room import Room, ways_to_make_room
from app.rota.models import Rota
from app.staffing.models import State
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.rota.house import House


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def test_who_is_free_takes_over_from_who_could_come(house: House) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    assert ways_to_make_room(house.morning, house.coordinator, now=BEFORE) == [
        Room(person=house.amina, given=house.evening, heir=house.basir)
    ]
    db.session.flush()
    assert db.session.query(Rota).count() == 0


def test_not_from_who_is_only_asked(house: House) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.OFFERED)
    assert ways_to_make_room(house.morning, house.coordinator, now=BEFORE) == []


def test_nor_where_who_could_take_over_said_no_to_it(house: House) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    make.assignment(need=house.evening, person=house.basir, state=State.DECLINED)
    assert ways_to_make_room(house.morning, house.coordinator, now=BEFORE) == []


def test_of_what_the_coordinator_does_not_plan_nothing_is_said(house: House) -> None:
    other = make.coordinator(house.centre, name="Somebody else")
    activity = make.activity(centre=house.centre, coordinator=other, privacy=Privacy.PROTECTED)
    meeting = make.meeting(activity=activity, starts_at=MONDAY)
    need = make.need(meeting=meeting, language="prs")
    make.assignment(need=need, person=house.amina, state=State.CONFIRMED)
    assert ways_to_make_room(house.morning, house.coordinator, now=BEFORE) == []


def test_it_is_on_the_page_of_candidates_when_nobody_else_is_left(
    house: House, browser: Browser
) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    db.session.commit()
    browser.sign_in(house.coordinator)
    address = f"/en/needs/{house.morning.ref}/candidates"
    assert "could come if" in browser.get(address).text
    make.mediator(house.centre, {"ar": Level.NATIVE}, name="Cyrus")
    db.session.commit()
    page = browser.get(address).text
    assert "Cyrus" in page
    assert "could come if" not in page
