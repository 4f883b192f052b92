"""Coming without an account: three questions, then a code or a card; strangers learn nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.feeds.models import Card
from app.joining.coming import MOST_WITHOUT_CONTACT
from app.notices.models import Kind as Letter
from app.people.models import Person
from app.people.terms import Role
from app.programme.bookings import book
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import coming_meetings
from app.signups.models import Enrolment, JoinWish, Waiting
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import code_in, is_in, link_in, owed, people_called, sent
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.statements import statements

KNOWN, UNKNOWN = "layla@example.org", "nobod@example.org"  # of one length


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def course(app: Flask) -> Activity:
    """Two sessions in a centre that knows Layla."""
    activity = make.activity(level="A2.1")
    for day in range(2):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day))
    make.participant(activity.centre, name="Layla", email=KNOWN)
    db.session.commit()
    return activity


def ask(browser: Browser, activity: Activity, contact: str = "", **more: Any) -> Any:
    form = {"name": "Sam", "contact": contact, "language": "en", **more}
    return browser.post(f"/en/activities/{activity.ref}/joining", data=form)


def expected(person: Person) -> int:
    mine = select(func.count(Booking.id)).where(Booking.person_id == person.id)
    return db.session.scalars(mine).one()


def fill(activity: Activity) -> Person:
    """One place, and somebody has it."""
    activity.capacity = 1
    someone = make.person(email="first@example.org")
    make.enrolment(activity, someone)
    db.session.commit()
    return someone


class TestByACode:
    def test_three_questions_and_a_code_give_a_place(
        self, browser: Browser, course: Activity
    ) -> None:
        assert "/joining" in browser.get(f"/en/activities/{course.ref}").text
        asked = ask(browser, course, UNKNOWN, language="ar")
        assert people_called("Sam") == []  # nobody is a person before
        [letter] = sent(BEFORE)

        done = browser.post(asked.location, data={"code": code_in(letter)})

        [sam] = people_called("Sam")
        assert done.location == f"/ar/activities/{course.ref}"
        assert "You have a place" in browser.get(f"/en/activities/{course.ref}").text
        assert (sam.language, sam.roles_in(course.centre_id)) == (
            "ar",
            frozenset({Role.PARTICIPANT}),
        )
        assert expected(sam) == 2
        assert [one.person_id for one in owed(Letter.ENROLLED)] == [sam.id]
        assert owed(Letter.APPLIED) == []  # nobody has to agree

    def test_the_link_shows_and_the_button_gives(self, browser: Browser, course: Activity) -> None:
        ask(browser, course, UNKNOWN)
        link = link_in(sent(BEFORE)[0])
        assert "/joining/code/" in link

        for _look in range(3):
            assert "Press the button" in browser.get(link).text
            assert browser.head(link).status_code == 200
        assert people_called("Sam") == []
        browser.post(link)

        [sam] = people_called("Sam")
        assert expected(sam) == 2
        assert browser.post(link).status_code == 404  # once

    def test_a_scanner_gets_nothing(self, app: Flask, browser: Browser, course: Activity) -> None:
        ask(browser, course, UNKNOWN)
        link = link_in(sent(BEFORE)[0])
        scanner = app.test_client()
        assert isinstance(scanner, Browser)

        assert "<form" not in scanner.get(link).text.split("<main")[1].split("</main")[0]
        assert scanner.post(link).status_code == 409
        assert people_called("Sam") == []
        assert not is_in(scanner)

    def test_who_is_known_is_who_they_were(self, browser: Browser, course: Activity) -> None:
        ask(browser, course, KNOWN)
        browser.post("/en/joining/code", data={"code": code_in(sent(BEFORE)[0])})

        [layla] = people_called("Layla")
        assert (people_called("Sam"), expected(layla)) == ([], 2)

    def test_known_and_unknown_are_answered_alike(self, app: Flask, course: Activity) -> None:
        """Status, headers, length of every page, and what the database was asked."""

        def story(contact: str) -> tuple[Any, ...]:
            browser = app.test_client()
            assert isinstance(browser, Browser)
            answers: list[Any] = []
            asked = [
                statements(lambda: answers.append(ask(browser, course, contact))),
                statements(lambda: answers.append(browser.get("/en/joining/code"))),
                statements(
                    lambda: answers.append(
                        browser.post("/en/joining/code", data={"code": "000000"})
                    )
                ),
            ]
            return (
                [answer.status_code for answer in answers],
                [sorted(name for name, _value in answer.headers) for answer in answers],
                [len(answer.text) for answer in answers],
                [answer.headers.get("Location") for answer in answers],
                asked,
            )

        assert course.ref  # read by now, and not while we count
        assert story(KNOWN) == story(UNKNOWN)

    def test_a_wrong_code_gives_nothing(self, browser: Browser, course: Activity) -> None:
        ask(browser, course, UNKNOWN)
        code = code_in(sent(BEFORE)[0])
        wrong = browser.post("/en/joining/code", data={"code": f"{(int(code) + 1) % 10**6:06}"})

        assert wrong.status_code == 422
        assert (people_called("Sam"), is_in(browser)) == ([], False)

    def test_only_one_session(self, browser: Browser, course: Activity) -> None:
        meeting = db.session.scalars(select(Meeting).limit(1)).one()
        path = f"/en/activities/{course.ref}/joining?meeting={meeting.ref}"
        assert browser.get(path).status_code == 200
        browser.post(path, data={"name": "Sam", "contact": UNKNOWN, "language": "en"})
        browser.post("/en/joining/code", data={"code": code_in(sent(BEFORE)[0])})

        [sam] = people_called("Sam")
        assert expected(sam) == 1
        assert db.session.scalars(select(Enrolment)).all() == []
        page = browser.get(f"/en/activities/{course.ref}").text
        assert "You come to single sessions" in page
        browser.post(f"/en/meetings/{meeting.ref}/visit/end")
        assert expected(sam) == 0

    def test_a_place_that_went_meanwhile_leaves_a_choice(
        self, browser: Browser, course: Activity
    ) -> None:
        ask(browser, course, UNKNOWN)
        fill(course)
        arrived = browser.post("/en/joining/code", data={"code": code_in(sent(BEFORE)[0])})

        assert arrived.location == f"/en/activities/{course.ref}/choices"
        page = browser.get(arrived.location).text
        assert "I want to wait for a place" in page
        browser.post(f"/en/activities/{course.ref}/waiting")
        [waiting] = db.session.scalars(select(Waiting)).all()
        assert [person.name for person in waiting.people] == ["Sam"]

    def test_what_is_full_is_waited_for(self, browser: Browser, course: Activity) -> None:
        fill(course)
        page = browser.get(f"/en/activities/{course.ref}/joining").text
        assert "All places are taken" in page
        ask(browser, course, UNKNOWN, waits="1")
        browser.post("/en/joining/code", data={"code": code_in(sent(BEFORE)[0])})

        assert len(db.session.scalars(select(Waiting)).all()) == 1
        page = browser.get(f"/en/activities/{course.ref}").text
        assert "You are near the front." in page

    def test_a_wish_goes_with_its_knock(self, browser: Browser, course: Activity) -> None:
        ask(browser, course, UNKNOWN)
        [wish] = db.session.scalars(select(JoinWish)).all()
        db.session.delete(wish.knock)
        db.session.commit()

        assert db.session.scalars(select(JoinWish)).all() == []


class TestWithACard:
    def test_no_contact_gives_a_place_and_a_card(self, browser: Browser, course: Activity) -> None:
        done = ask(browser, course)

        [sam] = people_called("Sam")
        assert (sam.email, sam.phone, expected(sam)) == (None, None, 2)
        page = browser.get(done.location)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert page.text.count('class="qr') == 2
        assert not is_in(browser)  # a card signs nobody in

    def test_the_calendar_of_the_card_opens_and_does_not_lead_back(
        self, browser: Browser, course: Activity
    ) -> None:
        done = ask(browser, course)
        found = re.search(r"/c/([\w-]+)\.ics", browser.get(done.location).text)
        assert found is not None

        assert browser.get(found.group()).text.count("BEGIN:VEVENT") == 2
        assert browser.get(f"/card/{found.group(1)}").status_code == 404

    def test_one_network_makes_so_many_and_no_more(
        self, browser: Browser, course: Activity
    ) -> None:
        answers = [ask(browser, course).status_code for _n in range(MOST_WITHOUT_CONTACT + 1)]

        assert answers == [303] * MOST_WITHOUT_CONTACT + [429]
        said = ask(browser, course).text
        assert "Wait an hour, type an e-mail address, or ask the centre." in said
        assert "quarter" not in said
        assert len(people_called("Sam")) == MOST_WITHOUT_CONTACT

    def test_when_the_last_place_just_went_nobody_is_made(
        self, browser: Browser, course: Activity
    ) -> None:
        fill(course)
        answer = ask(browser, course)  # the page was older

        assert answer.status_code == 409
        assert 'name="waits" type="hidden" value="1"' in answer.text
        assert (people_called("Sam"), db.session.scalars(select(Card)).all()) == ([], [])
        ask(browser, course, waits="1")
        assert len(db.session.scalars(select(Waiting)).all()) == 1


class TestWhoMayNot:
    def test_a_protected_group_is_not_there(self, browser: Browser, app: Flask) -> None:
        group = make.womens_group()
        meeting = make.meeting(activity=group)
        open_one = make.activity()
        db.session.commit()

        assert browser.get(f"/en/activities/{group.ref}/joining").status_code == 404
        assert ask(browser, group, UNKNOWN).status_code == 404
        path = f"/en/activities/{open_one.ref}/joining?meeting={meeting.ref}"
        assert browser.get(path).status_code == 404

    def test_an_open_activity_for_women_asks_nobody_their_gender(
        self, browser: Browser, app: Flask
    ) -> None:
        course = make.activity(women_only=True)
        make.meeting(activity=course)
        db.session.commit()

        page = browser.get(f"/en/activities/{course.ref}").text
        assert "A coordinator adds people to this activity." in page
        assert "/joining" not in page
        assert ask(browser, course, UNKNOWN).status_code == 404

    @pytest.mark.parametrize("contact", ["nobody", "a@b", "x y@example.org"])
    def test_a_contact_that_is_none(self, browser: Browser, course: Activity, contact: str) -> None:
        answer = ask(browser, course, contact)

        assert answer.status_code == 422
        assert 'value="Sam"' in answer.text

    def test_levels_are_advice(self, browser: Browser, course: Activity) -> None:
        page = browser.get(f"/en/activities/{course.ref}/joining").text
        assert "This group is for the level A2.1. If you are not sure, come and see." in page


class TestOtherGroups:
    def test_a_group_like_it_of_the_same_centre_first(
        self, browser: Browser, course: Activity
    ) -> None:
        fill(course)
        far = make.activity("Far away", level="A2.1")
        near = make.activity("Next door", level="A2.1", centre=course.centre)
        other = make.activity("Another level", level="B2", centre=course.centre)
        secret = make.activity("Protected", level="A2.1", privacy="protected")
        taken = make.activity("Full too", level="A2.1", capacity=1)
        make.enrolment(taken, make.person())
        for one in (far, near, other, secret, taken):
            make.meeting(activity=one)
        db.session.commit()

        page = browser.get(f"/en/activities/{course.ref}/joining").text

        assert page.index("Next door") < page.index("Far away")
        for absent in ("Another level", "Protected", "Full too"):
            assert absent not in page

    def test_in_spite_of_a_clash_one_comes_to_the_others(
        self, browser: Browser, course: Activity
    ) -> None:
        [layla] = people_called("Layla")
        concert = make.activity("Concert")
        book(layla, make.meeting(activity=concert), Part.LEARNER)
        db.session.commit()
        browser.sign_in(layla)
        path = f"/en/activities/{course.ref}/enrolment"

        told = browser.post(path)
        assert told.status_code == 409
        assert "Concert" in told.text
        browser.post(path, data={"in_spite": "1"})

        mine = select(Booking.held).where(Booking.person_id == layla.id)
        assert sorted(db.session.scalars(mine)) == [False, True, True]


KEY = re.compile(r'name="once"[^>]* value="([^"]+)"')


class TestAllOrOne:
    """Whoever comes from the page of one date reads how many there are, and may come once only."""

    def test_the_page_says_how_many_sessions(self, browser: Browser, course: Activity) -> None:
        first = coming_meetings(course, now=BEFORE)[0]
        page = f"/en/activities/{course.ref}/joining"
        series = "2 sessions, from Monday, 1 March 2027 to Tuesday, 2 March 2027"

        assert series in browser.get(page).text
        assert series not in browser.get(f"{page}?meeting={first.ref}").text
        shown = browser.get(f"/en/meetings/{first.ref}").text
        assert series in shown
        assert f'href="{page}?meeting={first.ref}"' in shown

    def test_somebody_known_comes_once(self, browser: Browser, course: Activity) -> None:
        first, someone = coming_meetings(course, now=BEFORE)[0], make.person()
        db.session.commit()
        browser.sign_in(someone)

        shown = browser.get(f"/en/meetings/{first.ref}").text
        assert f'action="/en/meetings/{first.ref}/visit"' in shown
        browser.post(f"/en/meetings/{first.ref}/visit")

        assert expected(someone) == 1

    def test_of_a_single_session_nothing_is_asked(self, browser: Browser, app: Flask) -> None:
        meeting = make.meeting()
        db.session.commit()

        assert "Only this session" not in browser.get(f"/en/meetings/{meeting.ref}").text

    @pytest.mark.parametrize(("hours", "reminds"), [(3, False), (72, True)])
    def test_a_reminder_is_promised_only_where_a_day_is_left(
        self,
        browser: Browser,
        course: Activity,
        clock: time_machine.Traveller,
        hours: int,
        reminds: bool,
    ) -> None:
        first, someone = coming_meetings(course, now=BEFORE)[0], make.person()
        clock.move_to(MONDAY - timedelta(hours=hours))
        db.session.commit()
        browser.sign_in(someone)

        for path in (f"meetings/{first.ref}/visit", f"activities/{course.ref}/enrolment"):
            said = browser.get(browser.post(f"/en/{path}").location).text
            assert "You have a place." in said
            assert ("You have a place. We will remind you the day before." in said) == reminds
        meeting = browser.get(f"/en/meetings/{first.ref}").text
        assert ("We will remind you the day before." in meeting) == reminds


class TestSentTwice:
    """On a bad connection a form is sent again: it is still one person with one place."""

    def test_the_second_answer_is_the_same_card(self, browser: Browser, course: Activity) -> None:
        course.capacity = 1
        db.session.commit()
        page = browser.get(f"/en/activities/{course.ref}/joining").text
        [key] = KEY.findall(page)
        assert KEY.findall(browser.get(f"/en/activities/{course.ref}/joining").text) != [key]

        answers = [ask(browser, course, once=key) for _sent in range(3)]

        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.location for answer in answers}) == 1
        assert browser.get(answers[0].location).status_code == 200
        assert len(people_called("Sam")) == 1

    def test_another_name_on_the_same_page_is_somebody_else(
        self, browser: Browser, course: Activity
    ) -> None:
        first, second = (ask(browser, course, once="a key", name=name) for name in ("Sam", "Eva"))

        assert first.location != second.location
        assert "Sam" not in browser.get(second.location).text
        assert len(people_called("Sam") + people_called("Eva")) == 2

    def test_the_key_alone_leads_nowhere(self, browser: Browser, course: Activity) -> None:
        ask(browser, course, once="a key")

        assert browser.get("/en/card/a key").status_code == 404


def test_sent_twice_at_once(racing_app: Flask) -> None:
    """The last place, one form, four answers: the same card."""
    for number in range(4):
        with racing_app.app_context():
            activity = make.activity(capacity=1)
            make.meeting(activity=activity)
            ref = activity.ref
            db.session.commit()
        name = f"Sam {number}"

        def send(ref: str = ref, name: str = name) -> str:
            form = {"name": name, "contact": "", "language": "en", "once": f"key of {name}"}
            browser = Browser(racing_app)
            return str(browser.post(f"/en/activities/{ref}/joining", data=form).location)

        with time_machine.travel(BEFORE + number * timedelta(hours=2), tick=False):
            answers = all_at_once(racing_app, [send] * 4)

        assert len(set(answers)) == 1
        assert "/en/card/" in str(answers[0])
        with racing_app.app_context():
            assert len(people_called(name)) == 1
