"""The card of somebody whom no letter reaches: printed, used, cancelled; neutral for its finder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread, current_thread
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select

from app.extensions import db
from app.feeds.models import Card
from app.feeds.operations import end_card
from app.households.operations import block
from app.joining.cards import calendar_token, make_card
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import book
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Part
from app.programme.queries import coming_meetings
from app.signups.operations import join, visit
from app.signups.queries import learners, visits_of
from app.signups.waiting import wait_for
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import people_called
from tests.make import BEFORE, MONDAY


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def course(app: Flask) -> Activity:
    activity = make.activity()
    make.meeting(activity=activity)
    return activity


@pytest.fixture
def tesfay(course: Activity) -> Person:
    return make.participant(course.centre, name="Tesfay", email=None, language="en")


def card(person: Person) -> str:
    token = make_card(person, label="Card", by=None, now=BEFORE)
    db.session.commit()
    return f"/en/card/{token}"


def sent_by(button: str, page: str) -> dict[str, str]:
    """The hidden fields beside the first *button* on the page."""
    form = page[: page.index(button)].rpartition("<form")[2]
    return dict(re.findall(r'name="(\w+)" value="(\w*)"', form))


class TestItsPage:
    def test_it_shows_and_leaves(self, browser: Browser, course: Activity, tesfay: Person) -> None:
        join(course, tesfay, by=tesfay, now=BEFORE)
        page = card(tesfay)

        assert "Language café" in browser.get(page).text
        browser.post(f"{page}/activities/{course.ref}/end")

        assert learners(course) == []
        assert "Nothing planned yet" in browser.get(page).text

    def test_it_asks_before_anything_is_left(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        make.meeting(activity=course, starts_at=MONDAY + timedelta(days=7))
        join(course, tesfay, by=tesfay, now=BEFORE)
        page = card(tesfay)

        shown = browser.get(page).text
        assert f'href="{page}/activities/{course.ref}/end"' in shown
        assert f'action="{page}/activities/{course.ref}/end"' not in shown
        asked = browser.get(f"{page}/activities/{course.ref}/end").text

        assert "Language café" in asked
        assert "2 sessions, from Monday, 1 March 2027 to Monday, 8 March 2027" in asked
        assert f'href="{page}"' in asked
        assert learners(course) == [tesfay]

    def test_the_way_out_in_a_hurry_comes_first(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        join(course, tesfay, by=tesfay, now=BEFORE)
        page = card(tesfay)

        for path in (page, f"{page}/activities/{course.ref}/end"):
            body = browser.get(path).text.split("<body")[1]
            assert "Leave this page" in body[: body.index("</button>")]
        assert browser.post("/en/leave").status_code == 303

    def test_what_children_come_to_is_left_for_all_of_them_or_for_oneself(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        children = make.child(tesfay), make.child(tesfay, name="Yusuf")
        for one in (tesfay, *children):
            join(course, one, by=tesfay, now=BEFORE)
        page = f"{card(tesfay)}/activities/{course.ref}/end"
        asked = browser.get(page).text
        assert ("My children" in asked, "Yusuf" in asked) == (True, False)

        browser.post(page, data={"who": "children"})
        assert learners(course) == [tesfay]

        for one in children:
            join(course, one, by=tesfay, now=BEFORE)
        browser.post(page)
        assert set(learners(course)) == set(children)
        browser.post(page)
        assert learners(course) == []

    def test_one_session_of_a_child_is_left(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        child, (meeting,) = make.child(tesfay), coming_meetings(course, now=BEFORE)
        visit(meeting, child, by=tesfay, now=BEFORE)
        page = card(tesfay)

        assert "I do not come" in browser.get(page).text
        browser.post(f"{page}/meetings/{meeting.ref}/end")

        assert visits_of(child, course, now=BEFORE) == []

    def test_two_presses_of_one_button_leave_what_children_come_to(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        child, (meeting,) = make.child(tesfay), coming_meetings(course, now=BEFORE)
        for one in (tesfay, child):
            visit(meeting, one, by=tesfay, now=BEFORE)
        page = card(tesfay)

        pressed = sent_by("I do not come", browser.get(page).text)
        for _press in range(2):
            browser.post(f"{page}/meetings/{meeting.ref}/end", data=pressed)
        assert visits_of(tesfay, course, now=BEFORE) == []
        assert visits_of(child, course, now=BEFORE) == [meeting]

        pressed = sent_by("I do not come", browser.get(page).text)
        browser.post(f"{page}/meetings/{meeting.ref}/end", data=pressed)
        assert visits_of(child, course, now=BEFORE) == []

    def test_two_presses_of_one_button_leave_the_places_of_children(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        child = make.child(tesfay)
        for one in (tesfay, child):
            join(course, one, by=tesfay, now=BEFORE)
        page = f"{card(tesfay)}/activities/{course.ref}/end"

        own = browser.get(page).text.partition("<h2>Me</h2>")[2]
        pressed = sent_by("Leave this activity", own)
        for _press in range(2):
            browser.post(page, data=pressed)

        assert learners(course) == [child]

    def test_it_answers_an_offer(self, browser: Browser, course: Activity, tesfay: Person) -> None:
        course.capacity = 1
        waiting = wait_for(course, [tesfay], by=tesfay, now=BEFORE)
        assert waiting is not None
        page = card(tesfay)

        assert "A place is free for you" in browser.get(page).text
        for _look in range(2):
            browser.get(page)
        assert learners(course) == []
        browser.post(f"{page}/waiting/{waiting.ref}/acceptance")

        assert learners(course) == [tesfay]

    def test_who_finds_it_learns_nothing_of_what_is_protected(
        self, browser: Browser, tesfay: Person
    ) -> None:
        group = make.womens_group(centre=tesfay.home_centre)
        meeting = make.meeting(activity=group, room=make.room(name="Blue room"))
        appointment = make.activity("K7-M4Q", kind=Kind.INDIVIDUAL)
        later = make.meeting(activity=appointment, starts_at=MONDAY + timedelta(days=3))
        for one in (meeting, later):
            book(tesfay, one, Part.LEARNER)
        page = card(tesfay)

        text = browser.get(page).text
        assert "<strong>Meeting</strong>" in text
        for absent in ("Quiet circle", "Blue room", "K7-M4Q", group.ref, meeting.ref, later.ref):
            assert absent not in text
        assert text.count("<strong>") == 1
        for path in (f"activities/{group.ref}", f"meetings/{meeting.ref}"):
            assert browser.post(f"{page}/{path}/end").status_code == 404

    def test_it_opens_nobody_elses(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        other = make.person()
        join(course, other, by=other, now=BEFORE)
        page = card(tesfay)

        assert browser.post(f"{page}/activities/{course.ref}/end").status_code == 404
        assert learners(course) == [other]

    def test_cancelled_it_says_so_and_its_calendar_ends(
        self, browser: Browser, tesfay: Person
    ) -> None:
        page = card(tesfay)
        calendar = f"/c/{calendar_token(page.rsplit('/', 1)[1])}.ics"
        assert browser.get(calendar).status_code == 200

        end_card(tesfay, now=BEFORE)
        end_card(tesfay, now=BEFORE)
        db.session.commit()

        gone = browser.get(page)
        assert gone.status_code == 410
        assert "This card is over" in gone.text
        assert browser.get(calendar).status_code == 410
        assert browser.get("/en/card/never-made").status_code == 404

    def test_there_is_one_at_a_time(self, browser: Browser, tesfay: Person) -> None:
        first, second = card(tesfay), card(tesfay)

        assert [browser.get(page).status_code for page in (first, second)] == [410, 200]

    def test_only_a_hash_is_kept(self, tesfay: Person) -> None:
        token = card(tesfay).rsplit("/", 1)[1]
        [kept] = db.session.scalars(select(Card)).all()

        assert kept.token_hash != token
        assert kept.feed is not None
        assert kept.feed.token_hash not in (kept.token_hash, token)


class TestTheDesk:
    def test_somebody_new_gets_a_place_and_a_card_in_their_language(
        self, browser: Browser, course: Activity
    ) -> None:
        browser.sign_in(course.coordinator)
        form = {"name": "Tigist", "contact": "", "language": "ar"}

        made = browser.post(f"/en/activities/{course.ref}/learners/new", data=form)

        assert made.status_code == 201
        assert [person.name for person in learners(course)] == ["Tigist"]
        paper = made.text.split('<section class="paper-card"')[1].split("</section>")[0]
        assert 'lang="ar" dir="rtl"' in paper
        assert paper.count('class="qr') == 2
        assert "Language café" not in paper
        assert "card/" not in re.sub(r"<svg.*?</svg>", "", made.text, flags=re.S)

    def test_with_an_address_they_get_letters(self, browser: Browser, course: Activity) -> None:
        browser.sign_in(course.coordinator)
        form = {"name": "Sam", "contact": "sam@example.org", "language": "en"}

        made = browser.post(f"/en/activities/{course.ref}/learners/new", data=form)

        assert made.status_code == 303
        [sam] = people_called("Sam")
        assert (sam.email, db.session.scalars(select(Card)).all()) == ("sam@example.org", [])

    def test_an_address_that_is_known_is_said(self, browser: Browser, course: Activity) -> None:
        make.person(email="sam@example.org")
        browser.sign_in(course.coordinator)
        form = {"name": "Sam", "contact": "sam@example.org", "language": "en"}

        answer = browser.post(f"/en/activities/{course.ref}/learners/new", data=form)

        assert answer.status_code == 422
        assert "Somebody with this e-mail address is already known." in answer.text
        assert people_called("Sam") == []

    def test_where_all_places_are_taken_they_wait(self, browser: Browser, course: Activity) -> None:
        course.capacity = 1
        make.enrolment(course, make.person())
        browser.sign_in(course.coordinator)
        form = {"name": "Sam", "contact": "", "language": "en"}

        browser.post(f"/en/activities/{course.ref}/learners/new", data=form)

        page = browser.get(f"/en/activities/{course.ref}/learners").text
        assert "Sam" in page.split("Waiting list")[1]

    def test_a_womens_group_asks_the_gender(self, browser: Browser, app: Flask) -> None:
        group = make.womens_group()
        make.meeting(activity=group)
        browser.sign_in(group.coordinator)
        path = f"/en/activities/{group.ref}/learners/new"
        form = {"name": "Huda", "contact": "", "language": "en"}

        assert browser.post(path, data=form).status_code == 422
        made = browser.post(path, data=form | {"gender": Gender.WOMAN.value})

        assert made.status_code == 201
        paper = made.text.split('<section class="paper-card"')[1].split("</section>")[0]
        assert "Quiet circle" not in paper
        assert [person.name for person in learners(group)] == ["Huda"]

    def test_a_card_is_made_and_cancelled_by_whoever_knows_them(
        self, browser: Browser, course: Activity, tesfay: Person
    ) -> None:
        browser.sign_in(course.coordinator)
        path = f"/en/people/{tesfay.ref}/card"

        assert "There is no card." in browser.get(path).text
        assert browser.post(path).status_code == 201
        assert "There is a card" in browser.get(path).text
        browser.post(f"{path}/end")
        assert "There is no card." in browser.get(path).text

    def test_nobody_elses_card(self, browser: Browser, tesfay: Person) -> None:
        stranger = make.coordinator(make.centre())
        browser.sign_in(stranger)

        for path in (f"/en/people/{tesfay.ref}/card", f"/en/people/{tesfay.ref}/card/end"):
            assert browser.post(path).status_code == 404
        assert db.session.scalars(select(Card)).all() == []

    def test_the_card_of_a_colleague_is_not_theirs_to_make(
        self, browser: Browser, course: Activity
    ) -> None:
        colleague = make.coordinator(course.centre)
        browser.sign_in(course.coordinator)

        assert browser.post(f"/en/people/{colleague.ref}/card").status_code == 404


class TestAChild:
    @pytest.fixture
    def amina(self, course: Activity) -> Person:
        child = make.participant(course.centre, name="Amina", email=None)
        make.guardianship(child, make.participant(course.centre, name="Layla"))
        join(course, child, by=course.coordinator, now=BEFORE)
        db.session.commit()
        return child

    def test_has_no_card_of_its_own(
        self, browser: Browser, course: Activity, amina: Person
    ) -> None:
        browser.sign_in(course.coordinator)
        page = f"/en/people/{amina.ref}/card"

        assert "Make a card" not in browser.get(page).text
        assert browser.post(page).status_code == 404
        assert db.session.scalars(select(Card)).all() == []
        listed = browser.get(f"/en/activities/{course.ref}/learners").text
        assert "Amina" in listed
        assert page not in listed

    def test_one_that_it_has_from_before_is_cancelled(
        self, browser: Browser, course: Activity, amina: Person
    ) -> None:
        kept = card(amina)
        browser.sign_in(course.coordinator)
        page = f"/en/people/{amina.ref}/card"

        shown = browser.get(page).text
        browser.post(f"{page}/end")

        assert "Cancel the card" in shown
        assert "Make a new one" not in shown
        assert browser.get(kept).status_code == 410


def test_blocked_before_he_held_the_child_he_takes_it_out_of_no_session(
    postgres_app: Flask,
) -> None:
    with postgres_app.app_context():
        father = make.person(email=None)
        child, meeting = make.child(father), make.meeting()
        visit(meeting, child, by=father, now=BEFORE)
        child_id, father_id, meeting_id = child.id, father.id, meeting.id
        path = f"{card(father)}/meetings/{meeting.ref}/end"

    def blocks() -> None:
        child, father = (db.session.get_one(Person, one) for one in (child_id, father_id))
        block(child, father, by=father, now=BEFORE)

    browser = postgres_app.test_client()
    with before_the_first_lock(postgres_app, blocks):
        browser.post(path)

    with postgres_app.app_context():
        meeting = db.session.get_one(Meeting, meeting_id)
        child = db.session.get_one(Person, child_id)
        assert visits_of(child, meeting.activity, now=BEFORE) == [meeting]


@contextmanager
def before_the_first_lock(app: Flask, click: Callable[[], None]) -> Iterator[None]:
    """Just before this thread holds its first row, somebody else clicks and commits."""
    mine = current_thread()
    clicked: list[Thread] = []

    def elsewhere() -> None:
        with app.app_context():
            click()
            db.session.commit()
            db.session.remove()

    def late(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FOR NO KEY UPDATE" in statement and current_thread() is mine and not clicked:
            clicked.append(other := Thread(target=elsewhere))
            other.start()
            other.join(30)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", late)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", late)
    assert len(clicked) == 1
