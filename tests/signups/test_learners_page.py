"""The coordinator's list of who has a place, and who waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.programme.models import Activity, Meeting
from app.programme.queries import coming_meetings, is_expected
from app.signups.queries import visitors
from app.signups.waiting import wait_for
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def course(app: Flask) -> Activity:
    """Two places: Omar has one, and a family of two waits."""
    activity = make.activity(capacity=2)
    make.meeting(activity=activity)
    make.enrolment(activity, make.participant(activity.centre, name="Omar"))
    family = [make.participant(activity.centre, name=name) for name in ("Layla", "Yusuf")]
    wait_for(activity, family, by=family[0], now=BEFORE)
    make.participant(activity.centre, name="Sam")
    db.session.commit()
    return activity


def path(activity: Activity) -> str:
    return f"/en/activities/{activity.ref}/learners"


def test_what_is_free_is_for_the_family_and_nothing_says_otherwise(
    browser: Browser, course: Activity
) -> None:
    page = browser.sign_in(course.coordinator).get(path(course)).text

    assert "1 place left" in page
    assert "What is free is for those who wait" in page
    assert "All places are taken" not in page


def test_who_waits_is_not_offered_once_more(browser: Browser, course: Activity) -> None:
    page = browser.sign_in(course.coordinator).get(path(course)).text

    assert re.findall(r"<option [^>]*>([^<]+)</option>", page) == ["Sam"]


def test_names_lead_to_their_people_and_removing_comes_last(
    browser: Browser, course: Activity
) -> None:
    stranger = make.participant(make.centre(), name="Tigist")
    make.enrolment(course, stranger)
    db.session.commit()

    page = browser.sign_in(course.coordinator).get(path(course)).text

    rows = re.findall(r'<li class="learner">(.*?)</li>', page, flags=re.S)
    omar, tigist = (next(row for row in rows if name in row) for name in ("Omar", "Tigist"))
    assert re.search(r'href="/en/people/[^"]+"><bdi>Omar', omar)
    assert omar.index("With children") < omar.index("Remove")
    assert "<summary>Remove" in omar
    assert "href" not in tigist  # of another centre


def test_the_page_of_a_new_card_leads_on(browser: Browser, course: Activity) -> None:
    browser.sign_in(course.coordinator)
    form = {"name": "Eva", "contact": "", "language": "en"}

    made = browser.post(f"{path(course)}/new", data=form).text

    assert f'href="{path(course)}"' in made
    assert re.search(rf'href="{path(course)}/[^"/]+/family"', made)
    assert re.search(r'href="/en/people/[^"/]+"', made)


@pytest.fixture
def hidden(course: Activity) -> Meeting:
    """One session of it that is protected, to which Tigist comes and to no other."""
    session = make.meeting(activity=course, privacy="protected", starts_at=MONDAY + DAY)
    make.book_learner(make.participant(course.centre, name="Tigist"), session)
    db.session.commit()
    return session


def test_who_comes_to_a_stricter_session_is_for_whom_it_is_entrusted_to(
    browser: Browser, course: Activity, hidden: Meeting
) -> None:
    session = coming_meetings(course, now=BEFORE)[0]
    make.book_learner(make.participant(course.centre, name="Zahra"), session)
    colleague = make.coordinator(course.centre)
    db.session.commit()

    theirs = browser.sign_in(colleague).get(path(course)).text
    lines = re.findall(r'<li class="learner">.*?</li>', theirs, flags=re.S)
    assert [name for name in ("Zahra", "Tigist") if any(name in line for line in lines)] == [
        "Zahra"
    ]
    assert hidden.ref not in theirs
    assert "2 March" not in theirs

    own = browser.sign_in(course.coordinator).get(path(course)).text
    assert hidden.ref in own


def test_nor_does_anybody_else_take_them_out(
    browser: Browser, course: Activity, hidden: Meeting
) -> None:
    colleague = make.coordinator(course.centre)
    ((_session, tigist),) = visitors(course, course.coordinator, now=BEFORE)
    db.session.commit()
    out = f"{path(course)}/{tigist.ref}/visits/{hidden.ref}/end"

    assert browser.sign_in(colleague).post(out).status_code == 404
    assert is_expected(tigist, hidden)

    assert browser.sign_in(course.coordinator).post(out).status_code == 303
    assert not is_expected(tigist, hidden)
