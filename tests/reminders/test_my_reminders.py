"""My reminders, how to reach somebody, letters made of several: what pages and letters say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notices.channels import Channel
from app.notices.models import Kind, Notice, State, Topic
from app.notices.operations import post
from app.notices.sending import send_due
from app.notices.timing import Lead
from app.notices.wishes import consents_of, keep_silent, refuse, silence_of, unwanted_by
from app.people.models import Person
from app.people.terms import Role
from app.programme.bookings import book
from app.programme.models import Part
from app.reminders.letters import compose
from app.reminders.models import ALL, MEETING
from app.reminders.operations import post_reminders
from app.reminders.together import bind
from app.reminders.wishing import wish, wishes_of
from app.staffing.models import State as Place
from app.staffing.operations import offer_place
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.notices.test_outbox import Recorder

PAGE = "/en/profile/reminders"
NOON = BEFORE.replace(hour=10)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def everything(**given: object) -> dict[str, object]:
    """What the untouched page posts."""
    untouched = {
        "leads": ["day"],
        "course": "as_all",
        "orientation": "as_all",
        "cultural": "as_all",
        "meeting": "as_all",
        "quiet_from": "21:00",
        "quiet_until": "08:00",
        "topics": ["changes", "places", "requests", "plan", "news"],
        "email": "",
        "sms": "",
        "telephone": "",
    }
    return untouched | given


def somebody(app: Flask, roles: tuple[Role, ...] = (Role.PARTICIPANT,)) -> tuple[Person, Browser]:
    person = make.person(roles, make.centre())
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return person, browser.sign_in(person)


class TestThePage:
    def test_saved_as_it_is_it_changes_nothing(self, app: Flask) -> None:
        layla, browser = somebody(app)

        answer = browser.post(PAGE, data=everything())

        assert answer.status_code == 303
        db.session.expire_all()
        assert wishes_of(layla) == {ALL: {Lead.DAY}}
        assert layla.quiet_hours is None
        assert unwanted_by(layla) == frozenset()
        assert consents_of(layla) == {}

    def test_everything_that_is_chosen_is_kept_and_shown(self, app: Flask) -> None:
        layla, browser = somebody(app)
        chosen = everything(
            leads=["week", "hours"],
            course="never",
            meeting="week-hours",
            quiet_from="22:30",
            quiet_until="06:00",
            topics=["changes", "news"],
            sms="no",
        )

        browser.post(PAGE, data=chosen)
        page = browser.get(PAGE).text

        db.session.expire_all()
        wishes = wishes_of(layla)
        assert wishes[ALL] == wishes[MEETING] == {Lead.WEEK, Lead.HOURS}
        assert wishes["course"] == frozenset()
        assert layla.quiet_hours == (time(22, 30), time(6))
        assert unwanted_by(layla) == {Topic.PLACES, Topic.REQUESTS, Topic.PLAN}
        assert consents_of(layla)[Channel.SMS].given is False
        assert 'value="22:30"' in page
        assert 'value="week-hours" selected' in page or 'selected value="week-hours"' in page

    def test_no_reminders_at_all(self, app: Flask) -> None:
        layla, browser = somebody(app)

        browser.post(PAGE, data=everything(leads=[]))

        assert wishes_of(layla)[ALL] == frozenset()

    def test_whoever_unsubscribed_sees_no_box_ticked_and_may_choose_again(self, app: Flask) -> None:
        layla, browser = somebody(app)
        db.session.commit()

        refuse(layla, Topic.REMINDERS, now=NOON)
        db.session.commit()

        page = browser.get(PAGE).text
        assert 'value="day" checked' not in page
        browser.post(PAGE, data=everything())
        assert unwanted_by(layla) == frozenset()

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"quiet_until": ""}, "Give both times"),
            ({"quiet_from": "08:00", "quiet_until": "07:00"}, "at least eight hours"),
            ({"leads": ["month"]}, "There is a problem"),
        ],
    )
    def test_refused_with_the_reason(
        self, app: Flask, wrong: dict[str, object], words: str
    ) -> None:
        layla, browser = somebody(app)

        answer = browser.post(PAGE, data=everything(topics=[], **wrong))

        assert answer.status_code == 422
        assert words in answer.text
        assert unwanted_by(layla) == frozenset()

    def test_what_is_for_staff_is_asked_of_staff_only(self, app: Flask) -> None:
        _layla, browser = somebody(app)
        _boss, theirs = somebody(app, (Role.COORDINATOR,))

        assert 'value="summary"' not in browser.get(PAGE).text
        assert 'value="summary"' in theirs.get(PAGE).text

    def test_it_is_reached_from_the_profile(self, app: Flask) -> None:
        _layla, browser = somebody(app)
        _amina, helper = somebody(app, (Role.MEDIATOR,))

        assert "/en/profile/reminders" in browser.get("/en/profile").text
        assert "/en/profile/reminders" in helper.get("/en/profile/steps").text

    def test_no_word_of_it_names_what_is_protected(self, app: Flask) -> None:
        _layla, browser = somebody(app)

        page = browser.get(PAGE).text.casefold()

        assert "women" not in page
        assert "appointment" not in page


class TestSilence:
    def test_somebody_begins_and_ends_it(self, app: Flask) -> None:
        layla, browser = somebody(app)

        browser.post("/en/profile/silence")
        assert silence_of(layla) is not None
        assert "nobody writes to you or calls you" in browser.get(PAGE).text
        browser.post("/en/profile/silence/end")
        db.session.expire_all()
        assert silence_of(layla) is None

    def test_what_a_coordinator_began_is_neither_shown_nor_ended_there(self, app: Flask) -> None:
        """Whoever holds her telephone learns nothing of it."""
        layla, browser = somebody(app)
        untouched = browser.get(PAGE).text
        keep_silent(layla, by=make.person(), now=NOON)
        db.session.commit()

        assert browser.get(PAGE).text == untouched
        browser.post("/en/profile/silence/end")
        db.session.expire_all()
        assert silence_of(layla) is not None

    def test_a_coordinator_of_the_centre_begins_and_ends_it(self, app: Flask) -> None:
        boss, browser = somebody(app, (Role.COORDINATOR,))
        layla = make.participant(boss.memberships[0].centre)
        db.session.commit()

        browser.post(f"/en/people/{layla.ref}/silence")
        known = silence_of(layla)
        assert known is not None
        assert known.by_id == boss.id
        assert "Do not write or call" in browser.get(f"/en/people/{layla.ref}/contact").text
        browser.post(f"/en/people/{layla.ref}/silence/end")
        db.session.expire_all()
        assert silence_of(layla) is None

    @pytest.mark.parametrize(
        "roles", [(Role.ADMINISTRATOR,), (Role.MEDIATOR,), (Role.PARTICIPANT,)]
    )
    def test_nobody_else_finds_the_page(self, app: Flask, roles: tuple[Role, ...]) -> None:
        other, browser = somebody(app, roles)
        layla = make.participant(other.memberships[0].centre)
        db.session.commit()

        assert browser.get(f"/en/people/{layla.ref}/contact").status_code == 404
        for path in ("contact", "silence", "silence/end"):
            assert browser.post(f"/en/people/{layla.ref}/{path}").status_code == 404

    def test_nor_a_coordinator_of_another_centre(self, app: Flask) -> None:
        _boss, browser = somebody(app, (Role.COORDINATOR,))
        layla = make.participant(make.centre())
        db.session.commit()

        assert browser.get(f"/en/people/{layla.ref}/contact").status_code == 404
        assert browser.post(f"/en/people/{layla.ref}/silence").status_code == 404


def test_what_was_said_of_a_channel_is_noted_with_day_and_name(app: Flask) -> None:
    boss, browser = somebody(app, (Role.COORDINATOR,))
    layla = make.participant(boss.memberships[0].centre)
    db.session.commit()
    path = f"/en/people/{layla.ref}/contact"

    browser.post(path, data={"email": "no", "sms": "", "telephone": "yes"})

    page = browser.get(path).text
    assert page.count("noted on Friday, 19 February 2027") == 2
    assert boss.name in page
    assert {one.value for one in consents_of(layla)} == {"email", "telephone"}


@pytest.mark.usefixtures("app")
class TestTogether:
    def letters(self, reader: Person) -> list[str]:
        postman = Recorder()
        send_due(postman, compose, clock=lambda: NOON, bind=bind)
        [letter] = [one for one in postman.sent if one.to == reader.email]
        return [letter.subject, letter.text, letter.html or ""]

    def test_twelve_offers_are_listed_in_one_letter_each_with_its_link(self) -> None:
        here = make.centre()
        boss, amina = make.coordinator(here), make.mediator(here)
        offers = []
        for day in range(12):
            activity = make.activity(f"Course {day}", centre=here, coordinator=boss)
            starts_at = MONDAY + timedelta(days=day)
            need = make.need(meeting=make.meeting(activity=activity, starts_at=starts_at))
            offers.append(offer_place(need, amina, by=boss, now=NOON))

        subject, text, html = self.letters(amina)

        assert subject.endswith("(and 11 more)")
        for day, offer in enumerate(offers):
            assert text.count(f"Course {day}\u2069") == 1
            assert f"/answers/{offer.ref}/" in text
            assert f"/answers/{offer.ref}/" in html
        assert text.count("Hello") == 1
        rows = db.session.scalars(select(Notice)).all()
        assert [row.state for row in rows] == [State.SENT] * 12
        assert len({row.key for row in rows}) == 12

    def test_what_is_protected_stays_a_time_in_it(self) -> None:
        group = make.womens_group()
        secret = make.meeting(activity=group, room=make.room(centre=group.centre, name="Sala 7"))
        need = make.need(meeting=secret)
        course = make.need(
            meeting=make.meeting(
                activity=make.activity(centre=group.centre), starts_at=MONDAY + timedelta(days=1)
            )
        )
        amina = make.mediator(group.centre)
        for one in (need, course):
            place = make.assignment(need=one, person=amina, state=Place.OFFERED, lapses_at=MONDAY)
            about = {"meeting": one.meeting_id, "assignment": place.id, "state": place.state.value}
            post(amina, Kind.OFFER, place.ref, now=NOON, about=about)

        whole = "\n".join(self.letters(amina))

        assert "Language café" in whole
        for word in ("Quiet circle", "Sala 7"):
            assert word not in whole

    def test_in_the_direction_of_its_language(self) -> None:
        layla = make.person(language="ar")
        for hours in (0, 3):
            book(layla, make.meeting(starts_at=MONDAY + timedelta(hours=hours)), Part.LEARNER)
        wish(layla, {ALL: frozenset({Lead.WEEK})})
        post_reminders(now=MONDAY - timedelta(days=6, hours=20))
        postman = Recorder()

        at = MONDAY - timedelta(days=6, hours=20)
        send_due(postman, compose, clock=lambda: at, bind=bind)

        [letter] = postman.sent
        assert '<html lang="ar" dir="rtl">' in (letter.html or "")
