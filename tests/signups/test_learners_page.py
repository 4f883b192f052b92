"""The coordinator's list of who has a place, and who waits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.programme.models import Activity
from app.signups.waiting import wait_for
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE


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
