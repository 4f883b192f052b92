"""Secret links: what each person may choose, what each shows, and when it stops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import icalendar
import pytest
import time_machine
from sqlalchemy import select

from app.extensions import db
from app.feeds.models import FeedLink, KeptFeed, Scope
from app.feeds.operations import forget_unused, make_link
from app.people.models import Membership, Person
from app.people.terms import Role
from app.programme.bookings import book
from app.programme.kinds import Kind
from app.programme.models import Meeting, Part
from app.staffing.models import State
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def made(browser: Browser, person: Person, **typed: str) -> str:
    """The path of the link that *person* makes on the page."""
    form = {"label": "phone", "language": "en", "alarm": "", "shows": "own"} | typed
    page = browser.sign_in(person).post("/my-calendars", data=form)
    assert page.status_code == 201, page.text
    found = re.search(r"/c/[\w-]+\.ics", page.text)
    assert found is not None
    return found[0]


def events(browser: Browser, path: str) -> dict[str, Any]:
    """Summary -> event."""
    body = browser.get(path, headers=PLAIN).data
    found = icalendar.Calendar.from_ical(body).walk("VEVENT")
    return {str(event["SUMMARY"]): event for event in found}


def house() -> tuple[Person, Meeting, Meeting]:
    """A coordinator, a course in a room of theirs, and a group in it that is not entrusted to
    them."""
    here = make.centre(name="Brașov", code="brasov")
    room = make.room(centre=here, name="Blue room", ref="blue")
    course = make.activity("Course", centre=here)
    group = make.activity("Quiet circle", centre=here, kind=Kind.WOMENS_GROUP)
    open_one = make.meeting(activity=course, room=room)
    secret = make.meeting(activity=group, room=room, starts_at=MONDAY + timedelta(days=1))
    return make.coordinator(here), open_one, secret


def test_a_coordinator_follows_the_centre_and_a_room(browser: Browser) -> None:
    boss, course, _secret = house()

    for shows in ("centre-brasov", "room-blue"):
        found = events(browser, made(browser, boss, shows=shows))

        assert list(found) == ["Course"]
        assert "Blue room" in str(found["Course"]["LOCATION"])
    assert {link.scope for link in db.session.scalars(select(FeedLink))} == {
        Scope.CENTRE,
        Scope.ROOM,
    }
    assert course.room is not None


def test_what_is_entrusted_to_them_is_a_time_and_never_in_a_rooms_calendar(
    browser: Browser,
) -> None:
    boss, _course, secret = house()
    secret.activity.coordinator = boss
    db.session.commit()

    assert set(events(browser, made(browser, boss, shows="centre-brasov"))) == {"Course", "Meeting"}
    assert set(events(browser, made(browser, boss, shows="room-blue"))) == {"Course"}


def test_who_plans_nothing_there_cannot_choose_it(browser: Browser) -> None:
    boss, course, _secret = house()
    other = make.coordinator(make.centre())
    mediator = make.mediator(course.activity.centre)

    for person in (other, mediator):
        form = {"label": "x", "language": "en", "alarm": "", "shows": "centre-brasov"}
        assert browser.sign_in(person).post("/my-calendars", data=form).status_code == 422
    assert "centre-brasov" not in browser.sign_in(mediator).get("/my-calendars").text
    assert "centre-brasov" in browser.sign_in(boss).get("/my-calendars").text


def test_whoever_does_not_plan_there_any_more_reads_nothing_more(browser: Browser) -> None:
    boss, _course, _secret = house()
    path = made(browser, boss, shows="centre-brasov")
    assert browser.get(path).status_code == 200
    mine = select(Membership).where(
        Membership.person_id == boss.id, Membership.role == Role.COORDINATOR
    )
    db.session.delete(db.session.scalars(mine).one())
    db.session.commit()

    assert browser.get(path).status_code == 410


@pytest.mark.parametrize("secret", [False, True])
def test_what_one_is_asked_is_tentative_until_it_is_answered(
    browser: Browser, secret: bool
) -> None:
    _boss, course, group = house()
    meeting = group if secret else course
    amina = make.mediator(meeting.activity.centre)
    asked = make.assignment(need=make.need(meeting=meeting), person=amina)
    path = made(browser, amina, with_offers="y")
    title = "Meeting" if secret else "Course"

    [tentative] = events(browser, path).values()
    asked.state, asked.changed_at = State.CONFIRMED, BEFORE + timedelta(minutes=1)
    book(amina, meeting, Part.HELPER)
    db.session.commit()
    [certain] = events(browser, path).values()

    assert str(tentative["SUMMARY"]) == f"To be confirmed: {title}"
    assert (str(tentative["STATUS"]), str(tentative["TRANSP"])) == ("TENTATIVE", "TRANSPARENT")
    assert (str(certain["SUMMARY"]), str(certain["STATUS"])) == (title, "CONFIRMED")
    assert str(tentative["UID"]) == str(certain["UID"])
    assert certain["LAST-MODIFIED"].dt > tentative["LAST-MODIFIED"].dt


def test_an_offer_leaves_the_calendar_when_it_lapses(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    _boss, course, _secret = house()
    amina = make.mediator(course.activity.centre)
    need = make.need(meeting=course)
    make.assignment(need=need, person=amina, lapses_at=BEFORE + timedelta(hours=2))
    path = made(browser, amina, with_offers="y")
    assert len(events(browser, path)) == 1

    clock.shift(timedelta(hours=2))

    assert events(browser, path) == {}


def test_where_one_could_help_stands_there_only_for_who_wants_it(browser: Browser) -> None:
    _boss, course, _secret = house()
    amina = make.mediator(course.activity.centre)
    make.need(meeting=course)
    without = made(browser, amina)
    with_open = made(browser, amina, with_open="y")

    assert events(browser, without) == {}
    [wanted] = events(browser, with_open).values()
    assert str(wanted["SUMMARY"]) == "Help wanted: Course"
    assert "Blue room" not in str(wanted["LOCATION"])


def test_a_code_shows_its_meeting_point_for_two_weeks(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    here = make.centre()
    talk = make.activity("K7-M4C", centre=here, kind=Kind.INDIVIDUAL, meeting_point="The old gate")
    talk.texts[0].language = "ro"
    meeting = make.meeting(activity=talk)
    amina = make.mediator(here)
    book(amina, meeting, Part.HELPER)
    path = made(browser, amina)
    assert set(events(browser, path)) == {"K7-M4C – The old gate"}

    clock.move_to(MONDAY + timedelta(days=15))

    assert set(events(browser, path)) == {"Meeting"}


def test_a_link_that_no_program_uses_ends_after_half_a_year(browser: Browser) -> None:
    layla = make.person()
    unused, _token = make_link(layla, label="old", language="en", now=BEFORE)
    used, token = make_link(layla, label="new", language="en", now=BEFORE)
    db.session.commit()
    browser.get(f"/c/{token}.ics")
    used.fetched_at = BEFORE + timedelta(days=100)

    forget_unused(now=BEFORE + timedelta(days=181))
    db.session.commit()

    assert (unused.revoked_at is None, used.revoked_at is None) == (False, True)


def test_feeds_that_nobody_reads_are_not_kept(browser: Browser) -> None:
    make.meeting()
    db.session.commit()
    browser.get("/calendars/all.ics")
    assert len(db.session.scalars(select(KeptFeed)).all()) == 1

    forget_unused(now=BEFORE + timedelta(days=40))

    assert db.session.scalars(select(KeptFeed)).all() == []
