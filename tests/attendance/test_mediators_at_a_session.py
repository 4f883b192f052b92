"""The mediators of one session follow the languages of whoever has a place there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.people.terms import Level
from app.planning.languages import languages_needed_at
from app.signups.operations import join, leave
from app.staffing.languages_needed import Missing
from app.staffing.models import Assignment, Need
from tests import make
from tests.attendance.conftest import House
from tests.conftest import Browser
from tests.make import MONDAY

BEFORE = MONDAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def missing(house: House) -> tuple[Missing, ...]:
    found = languages_needed_at(house.first, now=BEFORE)
    return found.missing if found else ()


def test_it_changes_with_who_joins_and_leaves_and_asks_nobody(app: Flask, house: House) -> None:
    assert missing(house) == ()
    olena = make.participant(house.centre, name="Olena", speaks={"uk": Level.NATIVE})
    needs = select(func.count(Need.id))
    before = db.session.scalars(needs).one()

    join(house.course, olena, by=house.boss, now=BEFORE)
    assert missing(house) == (Missing("uk", 1),)
    leave(house.course, olena, by=house.boss, now=BEFORE)
    assert missing(house) == ()

    assert db.session.scalars(needs).one() == before
    assert db.session.scalars(select(func.count(Assignment.id))).one() == 1  # the teacher


def test_one_click_adds_one_to_this_session_only(app: Flask, house: House) -> None:
    visitor = make.participant(house.centre, speaks={"uk": Level.NATIVE})
    make.book_learner(visitor, house.first)
    db.session.commit()
    browser = Browser(app).sign_in(house.boss)
    page = f"/en/meetings/{house.first.ref}/planning"
    assert "Ukrainian: 1 participant without a mediator" in browser.get(page).text

    for _time in range(2):
        browser.post(f"/en/meetings/{house.first.ref}/mediators", data={"language": "uk"})

    found = db.session.scalars(select(Need).where(Need.language == "uk")).all()
    assert [one.meeting_id for one in found] == [house.first.id]
    assert "without a mediator" not in browser.get(page).text


def test_a_session_that_has_begun_wants_nobody_more(app: Flask, house: House) -> None:
    make.book_learner(make.participant(house.centre, speaks={"uk": Level.NATIVE}), house.first)

    assert languages_needed_at(house.first, now=MONDAY) is None
