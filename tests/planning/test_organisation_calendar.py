"""The organisation calendar by page: whose days one may change, what falls on them, and files."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Centre, Membership, Person
from app.people.terms import Role
from app.programme.models import Meeting, Status
from app.programme.organisation_calendar import CalendarEntry, DayKind
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.statements import statements

PAGE = "/en/organisation-calendar"
FILE = b"""BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Spring break
DTSTART;VALUE=DATE:20270424
DTEND;VALUE=DATE:20270505
END:VEVENT
BEGIN:VEVENT
SUMMARY:Founders' day
DTSTART;VALUE=DATE:20270610
RRULE:FREQ=YEARLY;COUNT=2
END:VEVENT
BEGIN:VEVENT
SUMMARY:Staff meeting
DTSTART;VALUE=DATE:20270607
RRULE:FREQ=WEEKLY
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    return make.centre()


@pytest.fixture
def boss(here: Centre) -> Person:
    return make.coordinator(here)


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


def entry(name: str = "Painting", first: str = "2027-03-01", **given: object) -> CalendarEntry:
    day = date.fromisoformat(first)
    return make.build(
        CalendarEntry,
        {"name": name, "first_day": day, **given},
        last_day=lambda: day,
        kind=lambda: DayKind.CLOSED,
        made_at=lambda: BEFORE,
    )


def typed(**given: str) -> dict[str, str]:
    return {
        "name": "Painting the walls",
        "kind": "closed",
        "centre": "",
        "first_day": "2027-04-05",
        "last_day": "",
        **given,
    }


def entries() -> list[CalendarEntry]:
    db.session.expire_all()
    return list(db.session.scalars(select(CalendarEntry).order_by(CalendarEntry.first_day)))


def sent(data: bytes = FILE, **given: str) -> dict[str, object]:
    chosen = {"kind": "school_holiday", "centre": "", **given}
    return {**chosen, "file": (BytesIO(data), "school year.ics")}


def shown_rows(page: str) -> str:
    found = re.search(r'name="rows" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def test_days_are_added_for_one_centre_or_for_all(desk: Browser, here: Centre) -> None:
    assert desk.post(f"{PAGE}/new", data=typed()).location == PAGE
    desk.post(f"{PAGE}/new", data=typed(centre=str(here.id), last_day="2027-04-07", kind="note"))

    everywhere, ours = entries()
    assert (everywhere.centre_id, everywhere.kind) == (None, DayKind.CLOSED)
    assert everywhere.first_day == everywhere.last_day == date(2027, 4, 5)
    assert (ours.centre_id, ours.kind) == (here.id, DayKind.NOTE)
    assert ours.last_day == date(2027, 4, 7)
    page = desk.get(PAGE).text
    assert page.count("Painting the walls") == 2
    assert "All centres" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Type a name"),
        ({"name": "\u202e"}, "Type a name"),
        ({"first_day": ""}, "Choose a day"),
        ({"first_day": "soon"}, "valid date"),
        ({"last_day": "2027-04-04"}, "before the first"),
        ({"last_day": "2028-06-01"}, "longer than a year"),
        ({"first_day": "2027-01-05"}, "are over"),
        ({"first_day": "2040-01-05"}, "too far away"),
        ({"kind": "party"}, "choice"),
        ({"centre": "999999"}, "choice"),
    ],
)
def test_wrong_days_say_why_and_keep_what_was_typed(
    desk: Browser, wrong: dict[str, str], sentence: str
) -> None:
    page = desk.post(f"{PAGE}/new", data=typed(**wrong))
    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert sentence in page.text
    assert "name" in wrong or "Painting the walls" in page.text
    assert entries() == []


def test_days_are_changed_and_removed(desk: Browser) -> None:
    ref = entry().ref
    desk.post(f"{PAGE}/{ref}", data=typed(name="Inventory"))
    (changed,) = entries()
    assert (changed.name, changed.first_day) == ("Inventory", date(2027, 4, 5))
    assert desk.post(f"{PAGE}/{ref}/removal").location == PAGE
    assert entries() == []


def test_days_of_another_centre_are_neither_shown_nor_changed(desk: Browser) -> None:
    ref = entry("Moving house", centre=make.centre(), batch="theirs").ref
    assert "Moving house" not in desk.get(PAGE).text
    assert desk.get(f"{PAGE}/{ref}").status_code == 404
    assert desk.post(f"{PAGE}/{ref}", data=typed()).status_code == 404
    assert desk.post(f"{PAGE}/{ref}/removal").status_code == 404
    assert desk.post(f"{PAGE}/files/theirs/removal").status_code == 404
    assert [one.name for one in entries()] == ["Moving house"]


def test_days_of_all_centres_are_changed_by_any_coordinator(desk: Browser) -> None:
    ref = entry("Everybody away").ref
    assert "Everybody away" in desk.get(f"{PAGE}/{ref}").text
    assert desk.post(f"{PAGE}/{ref}", data=typed()).status_code == 303


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.COORDINATOR])
def test_for_everybody_else_the_pages_do_not_exist(
    browser: Browser, here: Centre, role: Role
) -> None:
    ref = entry(centre=here, batch="file").ref
    browser.sign_in(make.person([role], here))
    for path in ("", "/new", "/import", f"/{ref}"):
        assert browser.get(PAGE + path).status_code == 404
    for path in ("/new", "/import", f"/{ref}", f"/{ref}/removal", "/files/file/removal"):
        assert browser.post(PAGE + path, data=typed()).status_code == 404
    assert len(entries()) == 1


def test_closing_a_day_shows_the_sessions_that_are_left_there(desk: Browser, here: Centre) -> None:
    activity = make.activity("Language café", centre=here)
    left = make.meeting(activity=activity)
    answer = desk.post(f"{PAGE}/new", data=typed(first_day="2027-03-01"))
    assert answer.location == f"{PAGE}/{entries()[0].ref}"
    page = desk.get(answer.location).text
    assert "1 session falls on these days" in page
    assert f"/en/meetings/{left.ref}/planning" in page
    assert "1 session falls on these days" in desk.get(PAGE).text


def test_only_planned_sessions_of_those_days_and_of_that_centre_are_counted(
    desk: Browser, here: Centre, boss: Person
) -> None:
    activity = make.activity(centre=here)
    elsewhere = make.centre()
    make.meeting(activity=activity, status=Status.CANCELLED)
    make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=1))
    make.meeting(activity=make.activity(centre=elsewhere))
    make.meeting(activity=make.womens_group(centre=here))  # nobody entrusted this coordinator
    late = MONDAY.replace(day=2, hour=22, minute=30)  # after midnight in București: the third
    make.meeting(activity=activity, starts_at=late)
    entry(centre=here)
    assert "falls on these days" not in desk.get(PAGE).text
    entry("Third of March", "2027-03-03", centre=here)
    assert "1 session falls on these days" in desk.get(PAGE).text


def test_the_closing_of_one_centre_counts_no_session_of_another_that_one_plans_too(
    desk: Browser, here: Centre, boss: Person
) -> None:
    second = make.centre()
    boss.memberships.append(Membership(centre=second, role=Role.COORDINATOR))
    make.meeting(activity=make.activity(centre=second))
    entry(centre=here)
    assert "falls on these days" not in desk.get(PAGE).text
    entry("Everybody away")
    assert desk.get(PAGE).text.count("1 session falls on these days") == 1


def test_a_protected_session_is_counted_only_for_whoever_is_entrusted(
    desk: Browser, here: Centre, boss: Person
) -> None:
    entry()
    make.meeting(activity=make.womens_group(centre=here, coordinator=boss))
    assert "1 session falls on these days" in desk.get(PAGE).text


def test_days_that_are_over_are_left_out_and_public_holidays_stand_beside(desk: Browser) -> None:
    entry("Long past", "2027-01-04")
    page = desk.get(PAGE).text
    assert "Long past" not in page
    assert "Easter" in page
    assert "Paște" in desk.get(PAGE.replace("/en/", "/ro/")).text


def test_the_page_asks_the_database_as_often_for_one_entry_as_for_three(
    desk: Browser, here: Centre
) -> None:
    make.meeting(activity=make.activity(centre=here))
    entry(centre=here)
    once = len(statements(lambda: desk.get(PAGE)))
    for n in (2, 3):
        entry(centre=here)
        make.meeting(activity=make.activity(centre=here), starts_at=MONDAY + timedelta(days=n))
    assert len(statements(lambda: desk.get(PAGE))) == once


def test_a_file_is_shown_before_anything_is_saved(desk: Browser) -> None:
    page = desk.post(f"{PAGE}/import", data=sent())
    assert page.status_code == 200
    assert "3 entries would be added" in page.text
    assert "School holiday" in page.text
    assert "1 event is left out" in page.text
    assert "It repeats every week: type the days by hand." in page.text
    assert entries() == []


def test_the_second_click_adds_what_was_shown_and_all_of_it_can_be_undone_at_once(
    desk: Browser, here: Centre
) -> None:
    kept = entry("Painting", "2027-03-01").ref
    rows = shown_rows(desk.post(f"{PAGE}/import", data=sent()).text)
    chosen = {"kind": "school_holiday", "centre": str(here.id), "rows": rows}
    answer = desk.post(f"{PAGE}/import", data=chosen)
    added = entries()[1:]
    assert [(one.name, str(one.first_day), str(one.last_day)) for one in added] == [
        ("Spring break", "2027-04-24", "2027-05-04"),
        ("Founders' day", "2027-06-10", "2027-06-10"),
        ("Founders' day", "2028-06-10", "2028-06-10"),
    ]
    assert {(one.kind, one.centre_id) for one in added} == {(DayKind.SCHOOL_HOLIDAY, here.id)}
    (batch,) = {one.batch for one in added}
    assert answer.location == f"{PAGE}?batch={batch}"
    page = desk.get(answer.location).text
    assert "Added 3 entries." in page
    assert f"/files/{batch}/removal" in page

    desk.post(f"{PAGE}/files/{batch}/removal")
    assert [one.ref for one in entries()] == [kept]
    assert desk.post(f"{PAGE}/files/{batch}/removal").status_code == 404


def test_a_second_click_on_the_same_preview_adds_nothing_twice(desk: Browser) -> None:
    rows = shown_rows(desk.post(f"{PAGE}/import", data=sent()).text)
    chosen = {"kind": "closed", "centre": "", "rows": rows}
    desk.post(f"{PAGE}/import", data=chosen)
    answer = desk.post(f"{PAGE}/import", data=chosen)
    assert answer.location == PAGE
    assert len(entries()) == 3
    assert "already" in desk.get(PAGE).text
    assert "It is in the calendar already." in desk.post(f"{PAGE}/import", data=sent()).text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a calendar file"),
        (b"name,day\n", "not a calendar file"),
        (b"PK\x03\x04", "packed (zip)"),
        (b"BEGIN:VCALENDAR\nX:\xff\nEND:VCALENDAR\n", "Save it again as UTF-8"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no event"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(desk: Browser, data: bytes, sentence: str) -> None:
    page = desk.post(f"{PAGE}/import", data=sent(data))
    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert sentence in page.text


def test_a_preview_that_was_tampered_with_adds_nothing(desk: Browser, here: Centre) -> None:
    other = make.centre()
    rows = '[["Break", "2027-04-05", "2027-04-05"]]'
    for wrong in (
        {"kind": "closed", "centre": "", "rows": "[7]"},
        {"kind": "closed", "centre": str(other.id), "rows": rows},
        {"kind": "party", "centre": "", "rows": rows},
    ):
        assert desk.post(f"{PAGE}/import", data=wrong).status_code == 422
    assert entries() == []


def test_no_session_was_changed_by_any_of_this(desk: Browser, here: Centre) -> None:
    meeting = make.meeting(activity=make.activity(centre=here))
    desk.post(f"{PAGE}/new", data=typed(first_day="2027-03-01"))
    db.session.expire_all()
    assert db.session.get_one(Meeting, meeting.id).status is Status.PLANNED


def test_a_file_is_sent_and_what_its_days_are_is_chosen(desk: Browser) -> None:
    assert '<option selected value="">choose</option>' in desk.get(f"{PAGE}/import").text

    nothing = desk.post(f"{PAGE}/import", data={"kind": "", "centre": ""})
    only_a_file = desk.post(f"{PAGE}/import", data=sent(kind=""))
    only_a_kind = desk.post(f"{PAGE}/import", data={"kind": "closed", "centre": ""})

    for page, missing, fine in (
        (nothing, ("Choose a file first.", "Choose what these days are."), ()),
        (only_a_file, ("Choose what these days are.",), ("Choose a file first.",)),
        (only_a_kind, ("Choose a file first.",), ("Choose what these days are.",)),
    ):
        assert page.status_code == 422
        assert all(sentence in page.text for sentence in missing)
        assert not any(sentence in page.text for sentence in fine)
    assert entries() == []


def test_it_is_said_that_days_were_added_or_removed(desk: Browser, here: Centre) -> None:
    assert (
        "The days were added." in desk.post(f"{PAGE}/new", data=typed(), follow_redirects=True).text
    )
    (only,) = entries()
    gone = desk.post(f"{PAGE}/{only.ref}/removal", follow_redirects=True)
    assert "The days were removed." in gone.text
