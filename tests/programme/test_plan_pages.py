"""Planning by page: nothing typed is lost, a preview comes first, a bad form says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.programme.bookings import book
from app.programme.models import Activity, Meeting, Part
from app.programme.places import Room
from app.staffing.models import Assignment, Need, State
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.statements import statements


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(app: Flask) -> Person:
    return make.coordinator(make.centre())


@pytest.fixture
def room(boss: Person) -> Room:
    return make.room(centre=boss.memberships[0].centre)


@pytest.fixture
def desk(browser: Browser, boss: Person, room: Room) -> Browser:
    return browser.sign_in(boss)


def plan(at: Room, /, **given: str) -> dict[str, object]:
    typed: dict[str, object] = {
        "kind": "course",
        "centre": at.centre_id,
        "room": at.id,
        "title_en": "Café",
        "language": "ro",
        "support_language": "ar",
        "level": "A1",
        "privacy": "",
        "first_day": "2027-03-01",
        "weekdays": ["0", "2"],
        "starts": "17:00",
        "ends": "19:00",
        "every": "1",
        "count": "4",
    }
    return typed | given


def test_the_first_click_shows_and_saves_nothing(desk: Browser, room: Room) -> None:
    page = desk.post("/en/activities/new", data=plan(room))

    assert page.status_code == 200
    assert "4 sessions would be planned" in page.text
    assert db.session.scalars(select(Activity)).all() == []


def test_the_second_click_saves_exactly_what_was_shown(desk: Browser, room: Room) -> None:
    answer = desk.post("/en/activities/new", data=plan(room, save="1"))

    activity = db.session.scalars(select(Activity)).one()
    assert answer.location == f"/en/activities/{activity.ref}/needs"
    starts = db.session.scalars(select(Meeting.starts_at).order_by(Meeting.starts_at)).all()
    assert [f"{start:%m-%d %H:%M}" for start in starts] == [
        "03-01 15:00",
        "03-03 15:00",
        "03-08 15:00",
        "03-10 15:00",
    ]


def test_a_holiday_is_skipped_and_named(desk: Browser, room: Room) -> None:
    page = desk.post(
        "/ro/activities/new", data=plan(room, first_day="2027-05-03", weekdays="0", count="2")
    )

    assert "Paștele" in page.text or "Paşte" in page.text or "Paști" in page.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title_en": ""}, "at least one language"),
        ({"weekdays": ""}, "day of the week"),
        ({"ends": "16:00"}, "end after it starts"),
        ({"count": ""}, "not both"),
        ({"until": "2027-04-01"}, "not both"),
        ({"count": "500"}, "from 1 to 200"),
        ({"first_day": "2026-01-01"}, "day is over"),
        ({"first_day": "soon"}, "date"),
        ({"kind": "womens_group", "privacy": "public"}, "always protected"),
        ({"online_url": "javascript:alert(1)"}, "https://"),
        ({"capacity": "0"}, "from 1 to 1000"),
        ({"count": "", "until": "2027-02-28"}, "No session would take place"),
        ({"count": "", "until": "2030-06-01"}, "too many sessions"),
        ({"count": "", "until": "2099-01-01"}, "too far away"),
        ({"first_day": "9999-12-20"}, "too far away"),
        ({"room": "999999"}, "choice"),
    ],
)
def test_a_wrong_form_says_why_and_keeps_what_was_typed(
    desk: Browser, room: Room, wrong: dict[str, str], sentence: str
) -> None:
    page = desk.post("/en/activities/new", data=plan(room, **wrong, save="1"))

    assert page.status_code == 422
    assert sentence in page.text
    assert 'id="error-summary"' in page.text
    assert 'value="17:00"' in page.text
    assert db.session.scalars(select(Activity)).all() == []


def test_a_clash_is_shown_with_its_name_and_refused(
    desk: Browser, boss: Person, room: Room
) -> None:
    other = make.activity("Already here", centre=room.centre)
    make.meeting(activity=other, room=room, starts_at=MONDAY.replace(hour=16))
    db.session.commit()

    page = desk.post("/en/activities/new", data=plan(room, save="1"))

    assert page.status_code == 409
    assert "Already here" in page.text
    assert len(db.session.scalars(select(Activity)).all()) == 1


def test_a_colleague_of_another_centre_plans_nothing_here(browser: Browser, room: Room) -> None:
    stranger = make.coordinator(make.centre())
    browser.sign_in(stranger)

    page = browser.post("/en/activities/new", data=plan(room, save="1"))

    assert page.status_code == 422
    assert db.session.scalars(select(Activity)).all() == []


def test_moving_first_shows_what_would_happen_then_moves(desk: Browser, boss: Person) -> None:
    activity = make.activity(centre=boss.memberships[0].centre)
    meeting = make.meeting(activity=activity)
    db.session.commit()
    there = {"day": "2027-03-02", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}
    path = f"/en/meetings/{meeting.ref}/move"

    shown = desk.post(path, data=there)
    assert "Nothing stands against this" in shown.text
    assert meeting.sequence == 0
    moved = desk.post(path, data=there | {"save": "1"})
    assert moved.status_code == 303
    db.session.expire_all()
    assert meeting.sequence == 1
    lost = desk.post(path, data=there | {"save": "1", "starts": "12:00"})
    assert lost.status_code == 409
    assert "a moment ago" in lost.text
    assert 'value="12:00"' in lost.text


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("9999-12-31", "too far away"), ("0001-01-01", "day is over"), ("2027-02-18", "day is over")],
)
def test_a_day_out_of_reach_is_an_error_of_the_form(
    desk: Browser, boss: Person, day: str, sentence: str
) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    there = {"day": day, "starts": "00:30", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(f"/en/meetings/{meeting.ref}/move", data=there)

    assert page.status_code == 422
    assert sentence in page.text


def test_a_move_that_participants_cannot_follow_says_so_without_a_number(
    desk: Browser, boss: Person
) -> None:
    here = boss.memberships[0].centre
    meeting, other = (
        make.meeting(activity=make.activity(centre=here), starts_at=MONDAY + timedelta(days=day))
        for day in (0, 1)
    )
    for _n in range(3):
        layla = make.participant(here)
        book(layla, meeting, Part.LEARNER)
        book(layla, other, Part.LEARNER)
    db.session.commit()
    there = {"day": "2027-03-02", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(f"/en/meetings/{meeting.ref}/move", data=there).text

    assert "<li>Some participants are expected elsewhere then and cannot come.</li>" in page


def test_moving_to_where_it_is_says_that_nothing_was_changed(desk: Browser, boss: Person) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    same = {"day": "2027-03-01", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(
        f"/en/meetings/{meeting.ref}/move", data=same | {"save": "1"}, follow_redirects=True
    )

    assert "Nothing was changed" in page.text
    assert "will be told" not in page.text.split("<h2")[0]


def test_a_move_to_a_holiday_is_said_before_it_is_made(desk: Browser, boss: Person) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    there = {"day": "2027-05-03", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}

    page = desk.post(f"/en/meetings/{meeting.ref}/move", data=there)

    assert "public holiday" in page.text
    assert desk.get(f"/en/meetings/{meeting.ref}/move").status_code == 303


def test_on_a_week_that_is_over_the_next_one_is_shown(
    desk: Browser, boss: Person, clock: time_machine.Traveller
) -> None:
    here = boss.memberships[0].centre
    for day in (0, 7):
        start = MONDAY + timedelta(days=day)
        make.meeting(activity=make.activity(centre=here), starts_at=start)
    db.session.commit()

    clock.move_to(MONDAY - timedelta(hours=1))
    assert "Mon 1 Mar" in desk.sign_in(boss).get("/en/week").text
    clock.move_to(MONDAY + timedelta(hours=3))
    assert "Mon 8 Mar" in desk.sign_in(boss).get("/en/week").text


def test_cancelling_and_taking_it_back(desk: Browser, boss: Person) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    db.session.commit()
    path = f"/en/meetings/{meeting.ref}"

    desk.post(f"{path}/cancellation", data={"seen": "0"})
    assert "Cancelled" in desk.get(path).text
    desk.post(f"{path}/restoration", data={"seen": "1"})
    db.session.expire_all()
    assert not meeting.is_cancelled
    page = desk.get(f"{path}/planning").text
    assert "What changed" in page
    assert boss.name in page


def no_longer_fits(boss: Person, *, weeks: int) -> Assignment:
    """Somebody confirmed at a meeting of *boss* whose language is gone by now."""
    activity = make.activity(centre=boss.memberships[0].centre, coordinator=boss)
    meeting = make.meeting(activity=activity, starts_at=MONDAY + timedelta(weeks=weeks))
    return make.assignment(need=make.need(meeting=meeting, language="ti"), state=State.CONFIRMED)


@pytest.mark.parametrize("shown", ["2027-02-22", "2027-03-01", "2027-03-15"])
def test_every_week_names_whoever_no_longer_fits_once(
    desk: Browser, boss: Person, shown: str
) -> None:
    refs = [no_longer_fits(boss, weeks=weeks).need.meeting.ref for weeks in (2, 0)]
    db.session.commit()

    page = desk.get(f"/en/week?day={shown}").text
    panel = page.partition("What needs you")[2].partition("</ul>")[0]

    assert panel.count("no longer fits") == 2
    assert re.findall(r"/meetings/([\w-]+)/planning", panel) == refs[::-1]  # by time


def test_a_week_asks_as_often_for_twenty_who_no_longer_fit_as_for_two(
    desk: Browser, boss: Person
) -> None:
    counts = []
    for more in (2, 18):
        for _n in range(more):
            no_longer_fits(boss, weeks=2)
        db.session.commit()
        desk.get("/en/week")
        counts.append(len(statements(lambda: desk.get("/en/week"))))

    assert counts[0] == counts[1]


def test_pages_about_a_week_ask_as_often_for_twenty_meetings_as_for_two(
    desk: Browser, boss: Person
) -> None:
    counts = []
    for more in (2, 18):
        for n in range(more):
            activity = make.activity(centre=boss.memberships[0].centre, coordinator=boss)
            room = make.room(centre=activity.centre)
            make.need(meeting=make.meeting(activity=activity, room=room), language="ar")
            assert n < 20
        db.session.commit()
        for path in ("/en/week?day=2027-03-01", "/en/"):
            desk.get(path)
        counts.append(
            [
                len(statements(partial(desk.get, path)))
                for path in ("/en/week?day=2027-03-01", "/en/")
            ]
        )

    assert counts[0] == counts[1]


def test_words_are_changed_side_by_side_and_calendars_hear_of_it(
    desk: Browser, boss: Person
) -> None:
    activity = make.activity("Old words", centre=boss.memberships[0].centre)
    make.meeting(activity=activity)
    db.session.commit()
    path = f"/en/activities/{activity.ref}/texts"
    assert "Old words" in desk.get(path).text

    empty = desk.post(path, data={"title_ro": " "})
    assert (empty.status_code, "at least one language" in empty.text) == (422, True)
    desk.post(path, data={"title_en": "New words", "title_ar": "كلمات", "description_ar": "وصف"})

    db.session.expire_all()
    assert {t.language: t.title for t in activity.texts} == {"en": "New words", "ar": "كلمات"}
    feed = desk.get("/ar/calendars/all.ics", headers={"Accept-Encoding": "identity"}).text
    assert "كلمات" in feed
    assert f"LAST-MODIFIED:{BEFORE:%Y%m%dT%H%M%SZ}" in feed


def test_a_need_that_was_a_mistake_is_removed_while_nobody_counts_on_it(
    desk: Browser, boss: Person
) -> None:
    meeting = make.meeting(activity=make.activity(centre=boss.memberships[0].centre))
    mistake, asked = make.need(meeting=meeting), make.need(meeting=meeting)
    make.assignment(need=asked)
    db.session.commit()

    assert desk.post(f"/en/needs/{mistake.ref}/removal").status_code == 303
    assert desk.post(f"/en/needs/{asked.ref}/removal").status_code == 409
    assert [need.id for need in db.session.scalars(select(Need))] == [asked.id]
