"""Where somebody comes whom one never meets it is as full as any other: word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.approval.apart import keep_apart
from app.extensions import db
from app.notices.models import Kind as Letter
from app.people.models import Person
from app.programme.bookings import KeptApart, book
from app.programme.models import Activity, Part
from app.programme.queries import coming_meetings
from app.signups.accepting import accept
from app.signups.models import WaitingState
from app.signups.operations import join, leave
from app.signups.queries import has_place, is_asked, is_full, parties
from app.signups.rules import ActivityFull
from app.signups.waiting import offer_free_places, wait_for
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import owed
from tests.make import BEFORE, MONDAY


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def she(app: Flask) -> Person:
    return make.person(name="Layla")


@pytest.fixture
def he(she: Person) -> Person:
    him = make.person(name="Omar", email="omar@example.org")
    keep_apart(she, him, by=None, now=BEFORE)
    return him


def course(capacity: int | None, learner: Person | None = None) -> Activity:
    activity = make.activity(capacity=capacity, level="A1")
    for day in range(2):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day))
    if learner is not None:
        join(activity, learner, by=learner, now=BEFORE)
    return activity


def words(page: str) -> str:
    """What somebody reads, without the addresses behind it."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>|Centre \d+|Str\. Punții \d+", " ", main).split())


class TestWordForWord:
    """One full course, and one with places where she comes; he asks at the doors of both."""

    @pytest.fixture(params=[None, 5])
    def both(self, she: Person, he: Person, request: pytest.FixtureRequest) -> list[Activity]:
        made = [course(2, make.person(name="Layla")), course(request.param, she)]
        make.enrolment(made[0], make.person())
        db.session.commit()
        return made

    def said(self, browser: Browser, method: str, paths: list[str]) -> tuple[int, str]:
        full, hers = (self.answered(browser, method, path) for path in paths)
        assert hers == full
        return full

    def answered(self, browser: Browser, method: str, path: str) -> tuple[int, str]:
        answer = browser.open(path, method=method)
        text = browser.get(answer.location).text if answer.status_code == 303 else answer.text
        return answer.status_code, words(text)

    def test_at_every_door(self, browser: Browser, he: Person, both: list[Activity]) -> None:
        browser.sign_in(he)
        pages = [f"/en/activities/{one.ref}" for one in both]
        first = [coming_meetings(one, now=BEFORE)[0].ref for one in both]

        assert "All places are taken." in self.said(browser, "GET", pages)[1]
        for path in ("/enrolment", "/choices"):
            method = "POST" if path == "/enrolment" else "GET"
            _status, text = self.said(browser, method, [f"{page}{path}" for page in pages])
            assert "All places are taken." in text
            assert "There is a place for you." not in text
        visits = [f"/en/meetings/{ref}/visit" for ref in first]
        status, text = self.said(browser, "POST", visits)
        assert (status, "There is a place for you." in text) == (409, False)
        status, text = self.said(browser, "POST", [f"{page}/waiting" for page in pages])
        assert (status, "You are on the waiting list" in text) == (303, True)
        assert not any(has_place(one, he) for one in both)

    def test_with_children_too(self, browser: Browser, he: Person, both: list[Activity]) -> None:
        child = make.child(he)
        db.session.commit()
        form = {"people": [he.ref, child.ref]}
        browser.sign_in(he)
        pages = [browser.post(f"/en/activities/{one.ref}/together", data=form) for one in both]
        assert "There are too few places for all of you now." in pages[0].text
        assert words(pages[1].text) == words(pages[0].text)


class TestTheTurn:
    def test_nothing_is_offered_to_him_nor_kept_for_him(self, she: Person, he: Person) -> None:
        activity, third = course(3, she), make.person()
        mine = wait_for(activity, [he], by=he, now=BEFORE)
        assert mine is not None
        assert mine.state is WaitingState.WAITING
        assert owed(Letter.PLACE_OFFERED) == []

        assert not is_full(activity, [third], now=BEFORE)
        join(activity, third, by=third, now=BEFORE)
        family = [make.person(), make.person()]
        wait_for(activity, family, by=family[0], now=BEFORE)
        single = make.person()
        theirs = wait_for(activity, [single], by=single, now=BEFORE)
        assert theirs is not None
        assert theirs.state is WaitingState.WAITING  # the family before has its turn, he has none

    def test_he_is_asked_once_she_comes_no_more(self, she: Person, he: Person) -> None:
        activity = course(2, she)
        mine = wait_for(activity, [he], by=he, now=BEFORE)
        assert mine is not None

        leave(activity, she, by=she, now=BEFORE)

        assert mine.state is WaitingState.OFFERED

    def test_a_yes_after_she_came_reads_what_a_yes_to_a_full_course_reads(
        self, she: Person, he: Person
    ) -> None:
        activity, first = course(2), make.person()
        join(activity, first, by=first, now=BEFORE)
        activity.capacity = 1
        mine = wait_for(activity, [he], by=he, now=BEFORE)
        assert mine is not None
        activity.capacity = 3
        offer_free_places(activity, now=BEFORE)
        assert is_asked(mine, now=BEFORE)

        activity.capacity = 1
        assert not is_asked(mine, now=BEFORE)
        with pytest.raises(ActivityFull):
            accept(mine, now=BEFORE)
        activity.capacity = 3
        join(activity, she, by=she, now=BEFORE)
        assert not is_asked(mine, now=BEFORE)
        with pytest.raises(ActivityFull):
            accept(mine, now=BEFORE)
        assert parties(activity) == [mine]

    def test_a_helper_counts_too(self, he: Person, she: Person) -> None:
        activity = course(None)
        book(she, coming_meetings(activity, now=BEFORE)[1], Part.HELPER)

        first, second = coming_meetings(activity, now=BEFORE)
        assert is_full(activity, [he], now=BEFORE)
        assert not is_full(activity, [he], now=BEFORE, at=first)
        assert is_full(activity, [he], now=BEFORE, at=second)

    def test_a_coordinator_reads_the_true_reason(self, she: Person, he: Person) -> None:
        activity = course(5, she)

        with pytest.raises(KeptApart):
            join(activity, he, by=activity.coordinator, now=BEFORE)
