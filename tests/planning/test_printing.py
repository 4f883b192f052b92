"""The week on paper: what hangs on the door tells only what strangers may know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.folding import fold
from app.people.models import Centre, Person
from app.people.terms import Role
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, ActivityText, Meeting, Part, Status
from app.programme.organisation_calendar import CalendarEntry, DayKind
from app.staffing.models import State
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.statements import statements

DOOR = "/en/week/print?day=2027-03-01"
STAFF = f"{DOOR}&for=staff"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    return make.centre(code="here", name="Ours", address="Str. Viitorului 11")


@pytest.fixture
def boss(here: Centre) -> Person:
    return make.coordinator(here)


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


def put_on(here: Centre, title: str = "Language café", **given: Any) -> Meeting:
    """One meeting on Monday in "Sala mare"; what is given is about its activity."""
    room = make.room(centre=here)
    return make.meeting(activity=make.activity(title, centre=here, **given), room=room)


def sheets(browser: Browser, path: str) -> str:
    text = browser.get(path).text
    return text[text.index('<section class="sheet') : text.index("</main>")]


def test_the_door_says_when_what_and_in_which_language(desk: Browser, here: Centre) -> None:
    put_on(here, support_language="ar", level="A1")
    db.session.commit()

    page = sheets(desk, DOOR)

    for words in ("Monday", "11:00", "13:00", "Language café", "Romanian", "Arabic", "Level: A1"):
        assert words in page
    assert "Ours" in page
    assert "Str. Viitorului 11" in page
    assert "http://127.0.0.1:8000/en/?centre=here" in page
    assert '<svg class="qr"' in page or 'class="qr"' in page


def test_the_door_names_the_room_of_what_is_public_only(desk: Browser, here: Centre) -> None:
    course = put_on(here)
    feast = put_on(here, "Feast", kind=Kind.CULTURAL, privacy=Privacy.PUBLIC)
    db.session.commit()
    assert course.room is not None
    assert feast.room is not None

    page = sheets(desk, DOOR)

    assert feast.room.name in page
    assert course.room.name not in page


def test_a_stricter_session_of_what_is_public_has_no_room_on_the_door(
    desk: Browser, here: Centre
) -> None:
    feast = put_on(here, "Feast", kind=Kind.CULTURAL, privacy=Privacy.PUBLIC)
    feast.privacy = Privacy.MEMBERS
    db.session.commit()
    assert feast.room is not None

    assert feast.room.name not in sheets(desk, DOOR)


def test_the_door_has_no_names_and_no_numbers(desk: Browser, here: Centre) -> None:
    meeting = put_on(here, capacity=17)
    need = make.need(meeting=meeting, language="ar")
    helper = make.mediator(here, name="Amina the mediator")
    make.assignment(need=need, person=helper, state=State.CONFIRMED)
    learner = make.participant(here, name="Layla the learner")
    book(learner, meeting, Part.LEARNER)
    db.session.commit()

    page = re.sub(r"<svg.*?</svg>", "", sheets(desk, DOOR))

    for word in ("Amina", "Layla", "participant", "17", "1 of 1", "ediator", meeting.ref):
        assert word not in page, word
    assert meeting.activity.coordinator.name not in page


def hidden(here: Centre, boss: Person) -> list[Activity]:
    """What no stranger may know of, some of it planned by whoever prints."""
    appointment = {"kind": Kind.INDIVIDUAL, "privacy": Privacy.INDIVIDUAL}
    return [
        make.womens_group(centre=here),
        make.womens_group(centre=here, coordinator=boss),
        make.activity("Appointment", centre=here, coordinator=boss, **appointment),
        make.activity("Draft", centre=here, coordinator=boss, published_at=None),
        make.activity("Support", centre=here, coordinator=boss, privacy=Privacy.PROTECTED),
    ]


@pytest.mark.parametrize("path", [DOOR, f"{DOOR}&centre=all"])
def test_the_door_is_the_same_byte_for_byte_whatever_is_hidden(
    desk: Browser, here: Centre, boss: Person, path: str
) -> None:
    course = put_on(here).activity
    db.session.commit()
    before = desk.get(path).data

    for day, activity in enumerate(hidden(here, boss)):
        for when in (MONDAY, MONDAY + timedelta(days=day + 1), MONDAY + timedelta(hours=6)):
            make.meeting(activity=activity, starts_at=when, room=make.room(centre=here))
    strict = {"privacy": Privacy.PROTECTED, "starts_at": MONDAY + timedelta(days=6)}
    make.meeting(activity=course, **strict)
    db.session.commit()

    assert desk.get(path).data == before


def test_a_cancelled_session_says_so(desk: Browser, here: Centre) -> None:
    put_on(here).status = Status.CANCELLED
    db.session.commit()

    page = sheets(desk, DOOR)

    assert "<s>Language café</s>" in page
    assert "Cancelled" in page


def test_a_cancelled_protected_one_is_struck_through_too(
    desk: Browser, here: Centre, boss: Person
) -> None:
    group = make.womens_group(centre=here, coordinator=boss)
    make.meeting(activity=group, status=Status.CANCELLED)
    db.session.commit()

    page = sheets(desk, STAFF)

    assert "<s>Meeting</s>" in page
    assert "Cancelled" in page


@pytest.mark.parametrize(("path", "tells_hints"), [(DOOR, False), (STAFF, True)])
def test_days_off_are_on_both_sheets_hints_on_that_of_the_staff(
    desk: Browser, path: str, tells_hints: bool
) -> None:
    day = MONDAY.date()
    for kind, name in ((DayKind.CLOSED, "Stocktaking"), (DayKind.SCHOOL_HOLIDAY, "Ski week")):
        db.session.add(
            CalendarEntry(kind=kind, name=name, first_day=day, last_day=day, made_at=LONG_AGO)
        )
    db.session.commit()

    page = sheets(desk, path)

    assert page.count("Stocktaking") == 1
    assert ("Ski week" in page) is tells_hints
    assert "Easter" in sheets(desk, path.replace("2027-03-01", "2027-05-03"))


def test_without_a_day_it_is_the_week_that_the_board_shows(
    browser: Browser, here: Centre, boss: Person, clock: time_machine.Traveller
) -> None:
    put_on(here)
    db.session.commit()

    for now, monday in ((MONDAY, "Mon 1 Mar"), (MONDAY + timedelta(days=1), "Mon 8 Mar")):
        clock.move_to(now, tick=False)
        browser.sign_in(boss)
        assert f"from {monday}" in browser.get("/en/week").text
        assert f"from {monday}" in sheets(browser, "/en/week/print")
        assert f"from {monday}" in sheets(browser, "/en/week/print?centre=all")


def test_the_board_leads_to_its_paper_and_the_paper_to_the_weeks_around(desk: Browser) -> None:
    board = unescape(desk.get("/en/week?day=2027-03-03").text)
    paper = unescape(desk.get(STAFF).text)

    assert 'href="/en/week/print?centre=here&day=2027-03-01"' in board
    for day in ("&day=2027-02-22", "", "&day=2027-03-08"):
        assert f'href="/en/week/print?centre=here{day}&for=staff"' in paper


def test_the_staff_room_reads_rooms_coverage_and_how_many_come(desk: Browser, here: Centre) -> None:
    meeting = put_on(here)
    make.need(meeting=meeting, language="ar", wanted=2)
    book(make.participant(here), meeting, Part.LEARNER)
    put_on(here, "Sketch", published_at=None)
    db.session.commit()
    assert meeting.room is not None

    page = sheets(desk, STAFF)

    assert "For the staff room only" in page
    assert meeting.room.name in page
    assert "Intercultural mediator · Arabic: 0 of 2" in page
    assert "1 participant" in page
    assert "Sketch" in page
    assert "Draft" in page


def test_in_the_staff_room_a_protected_one_is_a_time_and_no_more(
    desk: Browser, here: Centre, boss: Person
) -> None:
    group = make.womens_group(centre=here, coordinator=boss)
    meeting = make.meeting(activity=group, room=make.room(centre=here, name="Sala mică"))
    make.need(meeting=meeting)
    book(make.participant(here), meeting, Part.LEARNER)
    db.session.commit()

    page = sheets(desk, STAFF)

    assert "Meeting" in page
    assert "11:00" in page
    for word in ("Quiet circle", "Sala mică", "participant", "ediator", "womens_group"):
        assert word not in page, word


def test_the_staff_sheet_does_not_know_of_the_protected_ones_of_others(
    desk: Browser, here: Centre
) -> None:
    put_on(here)
    db.session.commit()
    before = desk.get(STAFF).data
    group = make.womens_group(centre=here)
    for day in range(7):
        make.meeting(activity=group, starts_at=MONDAY + timedelta(days=day))
    db.session.commit()

    assert desk.get(STAFF).data == before


def test_one_page_for_each_centre_that_one_plans(desk: Browser, here: Centre, boss: Person) -> None:
    there = make.centre(name="Theirs")
    make.centre(name="Nobody's")
    make.make_coordinator_too(boss, there)
    put_on(here, "In ours")
    put_on(there, "In theirs")
    db.session.commit()

    whole = sheets(desk, f"{DOOR}&centre=all")
    one = sheets(desk, f"{DOOR}&centre={there.code}")

    assert whole.count('<section class="sheet') == 2
    assert "In ours" in whole
    assert "In theirs" in whole
    assert "Nobody" not in whole
    assert one.count('<section class="sheet') == 1
    assert "In ours" not in one


def test_it_speaks_the_language_of_its_address(desk: Browser, here: Centre) -> None:
    activity = put_on(here).activity
    title = "مقهى اللغة"
    activity.texts.append(
        ActivityText(language="ar", title=title, folded=fold(title), changed_at=LONG_AGO)
    )
    db.session.commit()

    text = desk.get(DOOR.replace("/en/", "/ar/")).text

    assert 'dir="rtl"' in text
    assert title in text
    assert "/ar/?centre=here" in text


def test_the_weekend_is_there_when_something_is_held(desk: Browser, here: Centre) -> None:
    make.meeting(activity=make.activity(centre=here), starts_at=MONDAY + timedelta(days=5))
    db.session.commit()

    page = sheets(desk, DOOR)

    assert "sheet-days-6" in page
    assert "Saturday" in page
    assert "Sunday, 7 March" not in page


@pytest.mark.parametrize(
    ("fullest", "letters"), [(2, "large"), (4, "middle"), (7, "small"), (8, "tiny")]
)
def test_the_fuller_the_week_the_smaller_the_letters(
    desk: Browser, here: Centre, fullest: int, letters: str
) -> None:
    activity = make.activity(centre=here)
    for number in range(fullest):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(hours=number))
    db.session.commit()

    assert f"sheet-{letters}" in sheets(desk, DOOR)


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.COORDINATOR])
def test_only_coordinators_print(browser: Browser, here: Centre, role: Role) -> None:
    browser.sign_in(make.person([role], here))

    assert browser.get(DOOR).status_code == 404


@pytest.mark.parametrize("path", [DOOR, STAFF])
def test_a_full_week_asks_as_often_as_an_empty_one(
    desk: Browser, here: Centre, boss: Person, path: str
) -> None:
    counts = []
    for more in (1, 10):
        for _number in range(more):
            make.need(meeting=put_on(here, coordinator=boss))
        db.session.commit()
        counts.append(len(statements(lambda: desk.get(path))))

    assert counts[0] == counts[1]
