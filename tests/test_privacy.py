"""Nobody learns of a women's group who is not part of it: by page, feed, search, count or error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.people.models import Membership, Person
from app.people.terms import Gender, Role
from app.programme.bookings import book
from app.programme.models import Meeting, Part
from app.staffing.models import State
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY

SHOWN = MONDAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(SHOWN, tick=False) as traveller:
        yield traveller


class House:
    """A women's group with everyone around it, in one centre."""

    def __init__(self) -> None:
        self.centre = make.centre()
        self.responsible = make.coordinator(self.centre)
        self.group = make.womens_group(centre=self.centre, coordinator=self.responsible)
        self.room = make.room(centre=self.centre)
        self.meeting = make.meeting(activity=self.group, room=self.room)
        self.need = make.need(meeting=self.meeting, language="ar")
        self.member = make.participant(self.centre, gender=Gender.WOMAN)
        book(self.member, self.meeting, Part.LEARNER)
        self.strangers = {
            "another coordinator": make.coordinator(self.centre),
            "an administrator": make.person([Role.ADMINISTRATOR], self.centre),
            "a mediator who would fit": make.mediator(self.centre, gender=Gender.WOMAN),
            "a participant": make.participant(self.centre, gender=Gender.WOMAN),
        }
        db.session.commit()


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def paths_about(house: House) -> list[str]:
    meeting, group, need = house.meeting.ref, house.group.ref, house.need.ref
    return [
        f"/meetings/{meeting}",
        f"/meetings/{meeting}/planning",
        f"/meetings/{meeting}/presence",
        f"/meetings/{meeting}/presence/instead",
        f"/meetings/{meeting}/attendance",
        f"/meetings/{meeting}/attendance/entry",
        f"/meetings/{meeting}/attendance/list",
        f"/meetings/{meeting}/attendance/walk-in",
        f"/activities/{group}/attendance/list",
        f"/activities/{group}/course",
        f"/activities/{group}/course/members/{house.member.ref}",
        f"/activities/{group}",
        f"/activities/{group}/needs",
        f"/activities/{group}/learners",
        f"/needs/{need}/candidates",
        f"/calendars/activity-{group}.ics",
        f"/calendars/activity-{group}",
        f"/calendars/activity-{group}/poster.pdf",
        f"/meetings/{meeting}.ics",
        f"/activities/{group}.ics",
    ]


OPEN_PAGES = (
    "/",
    "/?when=all",
    "/?words=quiet",
    "/?kind=womens_group",
    "/calendars",
    "/calendars/all.ics",
    "/calendars/all",
    "/mine",
    "/needed",
    "/needed?all=1",
    "/week",
    "/people",
    "/call-list",
    "/sent-messages",
    "/places",
    "/my-hours",
    "/day?day=2027-03-01",
    "/month?day=2027-03-01",
    "/list?from=2027-03-01",
    "/list?words=quiet",
    "/titles",
    "/templates",
    "/terms",
    "/centre",
    "/rooms",
    "/travel-times",
    "/organisation-calendar",
    "/week/print?day=2027-03-01",
    "/week/print?for=staff&day=2027-03-01",
)


def visible_text(html: str) -> str:
    """The page without what its forms offer to everybody: the list of kinds."""
    return re.sub(r"<(form|nav|footer)\b.*?</\1>", "", html, flags=re.S)


@pytest.mark.parametrize(
    "who",
    [
        "nobody",
        "another coordinator",
        "an administrator",
        "a mediator who would fit",
        "a participant",
    ],
)
def test_who_is_not_part_of_it_finds_nothing_anywhere(app: Flask, house: House, who: str) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    if who != "nobody":
        browser.sign_in(house.strangers[who])
    unknown = browser.get("/meetings/there-is-none")

    for path in paths_about(house):
        answer = browser.get(path)
        assert answer.status_code in (303, 404), path
        if answer.status_code == 303:
            assert answer.location.startswith("/sign-in"), path
        elif path.startswith("/meetings/") and path.count("/") == 2:
            text = answer.text.replace(path, "/meetings/there-is-none")
            assert text == unknown.text  # word for word as if it did not exist
    for path in OPEN_PAGES:
        text = visible_text(browser.get(path).text)
        assert "Quiet circle" not in text, path
        assert house.meeting.ref not in text, path


def test_a_post_about_it_is_as_if_it_did_not_exist(app: Flask, house: House) -> None:
    meeting, group, need = house.meeting.ref, house.group.ref, house.need.ref
    for who in house.strangers.values():
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(who)
        for path in (
            f"/meetings/{meeting}/move",
            f"/meetings/{meeting}/cancellation",
            f"/meetings/{meeting}/presence",
            f"/meetings/{meeting}/presence/instead",
            f"/activities/{group}/enrolment",
            f"/activities/{group}/needs",
            f"/activities/{group}/learners",
            f"/needs/{need}/place",
            f"/needs/{need}/offers",
        ):
            assert browser.post(path, data={"seen": 0}).status_code == 404, path


def test_a_clash_with_it_says_that_the_room_is_taken_and_no_more(app: Flask, house: House) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.strangers["another coordinator"])
    plan = {
        "kind": "course",
        "centre": house.centre.id,
        "title_en": "Mine",
        "language": "ro",
        "privacy": "members",
        "first_day": "2027-03-01",
        "slots-0-weekday": "0",
        "slots-0-starts": "11:00",
        "slots-0-ends": "12:00",
        "slots-0-room": house.room.id,
        "every": "1",
        "ends_by": "count",
        "count": "1",
    }

    answer = browser.post("/en/activities/new", data=plan | {"save": "1"})

    assert answer.status_code == 409
    assert "The room is taken" in answer.text
    assert "Quiet circle" not in answer.text
    assert house.meeting.ref not in answer.text


def test_being_busy_there_is_told_without_saying_where(app: Flask, house: House) -> None:
    mediator = house.strangers["a mediator who would fit"]
    book(mediator, house.meeting, Part.HELPER)
    other = make.need(
        meeting=make.meeting(activity=make.activity(centre=house.centre)), language="ar"
    )
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.strangers["another coordinator"])

    text = browser.get(f"/en/needs/{other.ref}/candidates").text

    assert "expected elsewhere at that time" in text
    assert "Quiet circle" not in text


def test_a_member_sees_it_after_typing_the_password_and_only_a_time_in_lists(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.member)
    page = f"/en/meetings/{house.meeting.ref}"

    assert "Quiet circle" in browser.get(page).text  # signed in just now
    assert "Quiet circle" not in browser.get("/en/mine").text
    for _click in range(2):
        clock.shift(timedelta(minutes=8))
        later = browser.get(page)
    assert later.status_code == 303
    assert "/confirmation" in later.location


def test_who_comes_is_listed_after_typing_the_password_only(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.meeting.activity.coordinator)
    page = f"/en/activities/{house.meeting.activity.ref}/learners"
    assert house.member.name in browser.get(page).text

    for _click in range(2):
        clock.shift(timedelta(minutes=8))
        later = browser.get(page)

    assert later.status_code == 303
    assert "/confirmation" in later.location


def test_a_helper_hears_of_it_by_an_offer_only(app: Flask, house: House) -> None:
    mediator = house.strangers["a mediator who would fit"]
    offer = make.assignment(need=house.need, person=mediator, state=State.OFFERED, lapses_at=MONDAY)
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(mediator)

    lists = browser.get("/en/needed").text
    assert "Quiet circle" not in lists
    assert f"/en/offers/{offer.ref}" in lists
    assert "Quiet circle" in browser.get(f"/en/offers/{offer.ref}").text


def offer_page(app: Flask, house: House, **given: object) -> tuple[str, str]:
    """The page of the mediator's offer, and the lists that lead to it."""
    mediator = house.strangers["a mediator who would fit"]
    offer = make.assignment(need=house.need, person=mediator, **({"lapses_at": MONDAY} | given))
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(mediator)
    page = browser.get(f"/en/offers/{offer.ref}")
    assert page.status_code == 200
    lists = browser.get("/en/needed").text + browser.get("/en/places").text
    return page.text, lists if f"/en/offers/{offer.ref}" in lists else ""


def says_nothing(house: House, page: str) -> bool:
    told = ("Quiet circle", "Women", "March", "11:00", house.centre.address, "Arabic")
    return "This offer is no longer open" in page and not any(
        word in visible_text(page) for word in told
    )


@pytest.mark.parametrize(
    "given",
    [
        {"state": State.DECLINED},
        {"state": State.WITHDRAWN},
        {"lapses_at": SHOWN},
    ],
)
def test_whoever_is_no_longer_asked_reads_only_that_it_is_closed(
    app: Flask, house: House, given: dict[str, object]
) -> None:
    page, lists = offer_page(app, house, **given)

    assert says_nothing(house, page)
    assert lists == ""


@pytest.mark.parametrize("state", [State.OFFERED, State.REQUESTED])
def test_whoever_no_longer_fits_reads_only_that_it_is_closed(
    app: Flask, house: House, state: State
) -> None:
    house.strangers["a mediator who would fit"].gender = None

    page, lists = offer_page(app, house, state=state)

    assert says_nothing(house, page)
    assert lists == ""


def test_a_request_that_nobody_answered_is_closed_once_it_is_over(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    clock.move_to(MONDAY + timedelta(hours=3))

    page, _lists = offer_page(app, house, state=State.REQUESTED)

    assert says_nothing(house, page)


@pytest.mark.parametrize("state", [State.OFFERED, State.REQUESTED, State.CONFIRMED])
def test_whoever_is_asked_or_expected_reads_what_it_is(
    app: Flask, house: House, state: State
) -> None:
    page, _lists = offer_page(app, house, state=state)

    assert "Quiet circle" in page
    assert "March" in page


def test_whoever_is_asked_and_expected_elsewhere_still_reads_what_it_is(
    app: Flask, house: House
) -> None:
    book(house.strangers["a mediator who would fit"], make.meeting(), Part.HELPER)

    page, _lists = offer_page(app, house)

    assert "Quiet circle" in page


def test_what_strangers_may_know_stays_readable_on_a_closed_offer(app: Flask) -> None:
    offer = make.assignment(state=State.DECLINED)
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(offer.person)

    assert "Language café" in browser.get(f"/en/offers/{offer.ref}").text


def test_a_coordinator_is_not_told_how_often_somebody_helps_there(app: Flask, house: House) -> None:
    mediator = house.strangers["a mediator who would fit"]
    make.assignment(need=house.need, person=mediator, state=State.CONFIRMED)
    later = make.meeting(
        activity=make.activity(centre=house.centre), starts_at=MONDAY + timedelta(days=1)
    )
    other = make.need(meeting=later, language="ar")
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.strangers["another coordinator"])

    assert "helps at 0 sessions" in browser.get(f"/en/needs/{other.ref}/candidates").text


def test_trying_a_move_does_not_tell_when_somebody_is_there(app: Flask, house: House) -> None:
    """The hours of a protected group cannot be found by asking what a move would mean."""
    course = make.meeting(
        activity=make.activity(centre=house.centre), starts_at=MONDAY + timedelta(days=1)
    )
    book(house.member, course, Part.LEARNER)
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.strangers["another coordinator"])
    there = {"day": "2027-03-01", "starts": "11:00", "ends": "12:00", "room": "0", "seen": "0"}

    page = browser.post(f"/en/meetings/{course.ref}/move", data=there)

    assert "Nothing stands against this" in page.text


def test_the_coverage_of_a_week_counts_only_what_one_may_see(app: Flask, house: House) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.strangers["another coordinator"])
    theirs = browser.get("/en/week?day=2027-03-01").text
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(house.responsible)
    own = browser.get("/en/week?day=2027-03-01").text

    assert "Quiet circle" in own
    assert "Nothing at the moment" not in own
    assert "Nothing at the moment" in theirs


def test_numbers_of_participants_are_on_no_public_page(app: Flask) -> None:
    activity = make.activity(capacity=12)
    meeting = make.meeting(activity=activity)
    for _n in range(7):
        book(make.person(), meeting, Part.LEARNER)
    db.session.commit()
    browser = app.test_client()

    for path in ("/en/", f"/en/meetings/{meeting.ref}", f"/en/activities/{activity.ref}"):
        text = re.sub(r"<[^>]*>", " ", browser.get(path).text)
        assert not re.search(r"\b(7|12|5)\b participants?|\b5 places", text), path


@pytest.mark.parametrize("part", Part)
def test_the_room_of_a_course_is_for_those_who_come(app: Flask, part: Part) -> None:
    activity = make.activity()
    meeting = make.meeting(
        activity=activity, room=make.room(centre=activity.centre, name="Camera 77")
    )
    layla = make.person()
    book(layla, meeting, part)
    db.session.commit()
    stranger, member = app.test_client(), app.test_client()
    assert isinstance(member, Browser)
    member.sign_in(layla)

    assert "Camera 77" not in stranger.get(f"/meetings/{meeting.ref}").text
    assert "Camera 77" in member.get(f"/meetings/{meeting.ref}").text


def test_another_centres_people_and_meetings_are_not_found(app: Flask) -> None:
    here, there = make.centre(), make.centre()
    boss = make.coordinator(here)
    foreigner: Person = make.participant(there)
    meeting: Meeting = make.meeting(activity=make.activity(centre=there))
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(boss)

    assert browser.get(f"/people/{foreigner.ref}").status_code == 404
    assert foreigner.name not in browser.get("/people").text
    assert browser.get(f"/meetings/{meeting.ref}/planning").status_code == 404
    assert browser.get(f"/meetings/{meeting.ref}").status_code == 200  # it is listed


OF_THEIR_LIFE = ("family", "consents", "contact", "sign-outs", "erasure", "card")


@pytest.mark.parametrize("only_applied", [True, False])
def test_whoever_would_only_like_to_help_elsewhere_shows_there_what_they_applied_with(
    app: Flask, only_applied: bool
) -> None:
    """A mother of one centre who offers her help to another does not open her family there."""
    here, there = make.centre(), make.centre()
    boss = make.coordinator(here)
    mother = make.applicant(here)
    if only_applied:
        mother.memberships.append(Membership(centre=there, role=Role.PARTICIPANT))
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(boss)

    page = browser.get(f"/people/{mother.ref}")
    answers = {one: browser.get(f"/people/{mother.ref}/{one}").status_code for one in OF_THEIR_LIFE}

    assert page.status_code == 200
    assert set(answers.values()) == ({404} if only_applied else {200})
    for one in OF_THEIR_LIFE[:1] + OF_THEIR_LIFE[2:5]:
        assert (f"/people/{mother.ref}/{one}" in page.text) is not only_applied
