"""Changing and undoing where something stands in the way, and forms that come late or crafted."""

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
from app.people.models import Person
from app.people.terms import Role
from app.planning.minding import ChildcareFacts, plan_childcare
from app.planning.operations import NeedChange, edit_series
from app.planning.undoing import undo
from app.programme.beside import beside_of
from app.programme.details import Details
from app.programme.models import Edit, Meeting, Scope, Status
from app.programme.operations import RoomClosed
from app.programme.places import Room
from app.programme.rooms import WasUsed, close_room, remove_room, set_ways
from app.programme.series import moved, with_status
from app.staffing.models import Assignment, Need, State
from app.staffing.moving import HelperNotAllowedThen, cancel_meeting, move_meeting, restore_meeting
from app.staffing.needs import NeedFacts
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.planning.test_series import by
from tests.planning.test_series_pages import seen_in

WEEK, HOUR, MINUTE = timedelta(weeks=1), timedelta(hours=1), timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def course(app: Flask) -> list[Meeting]:
    activity = make.activity()
    room = make.room(centre=activity.centre)
    return [
        make.meeting(activity=activity, room=room, starts_at=MONDAY + n * WEEK) for n in range(2)
    ]


@pytest.fixture
def boss(course: list[Meeting]) -> Person:
    return course[0].activity.coordinator


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


def edited(meetings: list[Meeting], **wish: Any) -> Edit:
    edit = edit_series(
        meetings,
        scope=Scope.ALL,
        by=meetings[0].activity.coordinator,
        now=BEFORE,
        seen=lambda _held: True,
        **wish,
    )
    assert edit is not None
    return edit


def later(meetings: list[Meeting], hours: int) -> Edit:
    targets = moved(meetings, by(hours=hours), room=None, keep_rooms=True, by_hand=False)
    return edited(meetings, targets=targets)


class TestChildcare:
    @pytest.fixture
    def care(self, course: list[Meeting], boss: Person) -> list[Meeting]:
        host = course[0].activity
        facts = ChildcareFacts(room=make.room(centre=host.centre), capacity=6)
        plan_childcare(host, facts, by=boss, now=BEFORE)
        beside = beside_of(course)
        return [beside[one.id] for one in course]

    def test_cancelled_alone_it_stays_so_when_its_host_comes_back(
        self, course: list[Meeting], care: list[Meeting], boss: Person
    ) -> None:
        cancel_meeting(care[0], by=boss, now=BEFORE, seen=0)
        cancel_meeting(course[0], by=boss, now=BEFORE, seen=0)

        restore_meeting(course[0], by=boss, now=BEFORE, seen=1)

        assert not course[0].is_cancelled
        assert care[0].is_cancelled

    def test_nor_does_undoing_bring_it_back(
        self, course: list[Meeting], care: list[Meeting], boss: Person
    ) -> None:
        cancel_meeting(care[0], by=boss, now=BEFORE, seen=0)
        edit = cancel_meeting(course[0], by=boss, now=BEFORE, seen=0)
        assert edit is not None

        undo(edit, by=boss, now=BEFORE + MINUTE)

        assert not course[0].is_cancelled
        assert care[0].is_cancelled

    def test_cancelled_with_its_host_it_comes_back_with_it(
        self, course: list[Meeting], care: list[Meeting], boss: Person
    ) -> None:
        cancel_meeting(course[0], by=boss, now=BEFORE, seen=0)
        assert care[0].is_cancelled

        restore_meeting(course[0], by=boss, now=BEFORE, seen=1)

        assert not care[0].is_cancelled

    def test_what_was_cancelled_by_the_same_deed_is_restored_by_undoing_it(
        self, course: list[Meeting], care: list[Meeting], boss: Person
    ) -> None:
        cancel_meeting(care[0], by=boss, now=BEFORE, seen=0)
        edit = edited(course, targets=with_status(course, Status.CANCELLED))
        assert care[1].is_cancelled

        undo(edit, by=boss, now=BEFORE + MINUTE)

        assert [one.is_cancelled for one in care] == [True, False]

    def test_it_keeps_hours_of_its_own_when_its_host_changes_its_room(
        self, course: list[Meeting], care: list[Meeting], boss: Person
    ) -> None:
        quarter, (host, *_others), (beside, *_more) = 15 * MINUTE, course, care
        move_meeting(
            beside,
            starts_at=beside.starts_at - quarter,
            ends_at=beside.ends_at,
            room=beside.room,
            by=boss,
            now=BEFORE,
            seen=0,
        )

        move_meeting(
            host,
            starts_at=host.starts_at,
            ends_at=host.ends_at,
            room=make.room(centre=host.activity.centre),
            by=boss,
            now=BEFORE,
            seen=0,
        )
        assert beside.starts_at == host.starts_at - quarter

        later(course, hours=1)
        assert beside.starts_at == host.starts_at - quarter

    def test_it_is_not_planned_in_a_room_that_is_closed(
        self, course: list[Meeting], boss: Person
    ) -> None:
        closed = make.room(centre=course[0].activity.centre, in_use=False)

        with pytest.raises(RoomClosed):
            plan_childcare(course[0].activity, ChildcareFacts(room=closed), by=boss, now=BEFORE)


class TestRooms:
    def test_nothing_is_put_back_into_a_room_that_was_closed(
        self, course: list[Meeting], boss: Person
    ) -> None:
        edit, old = self._moved_out(course)
        close_room(old, by=boss, now=BEFORE)

        with pytest.raises(RoomClosed):
            undo(edit, by=boss, now=BEFORE + MINUTE)

    def test_a_room_that_an_undo_may_need_is_not_removed(self, course: list[Meeting]) -> None:
        _edit, old = self._moved_out(course)

        with pytest.raises(WasUsed):
            remove_room(old)

    def _moved_out(self, course: list[Meeting]) -> tuple[Edit, Room]:
        old, new = course[0].room, make.room(centre=course[0].activity.centre)
        assert old is not None
        targets = moved(course, by(), room=new, keep_rooms=False, by_hand=False)
        return edited(course, targets=targets), old


class TestHelpers:
    def test_without_its_link_a_session_may_be_too_far_away_for_who_helps(self) -> None:
        here, there = make.centre(), make.centre()
        set_ways({(min(here.id, there.id), max(here.id, there.id)): 120})
        amina = make.mediator(here)
        make.helps_too(amina, there)
        online = make.meeting(
            activity=make.activity(centre=here), online_url="https://meet.example.org/a"
        )
        next_one = make.meeting(activity=make.activity(centre=there), starts_at=MONDAY + 2 * HOUR)
        for meeting in (online, next_one):
            need = make.need(meeting=meeting)
            make.assignment(need=need, person=amina, state=State.CONFIRMED)

        with pytest.raises(HelperNotAllowedThen):
            edited([online], details=Details(online_url=""))

    def test_of_two_needs_alike_the_one_that_nobody_stands_for_is_taken_away(
        self, course: list[Meeting]
    ) -> None:
        needs = [make.need(meeting=course[0], language="ar") for _n in range(2)]
        kept = make.assignment(need=needs[0], state=State.CONFIRMED)
        arabic = NeedFacts(role=Role.MEDIATOR, language="ar")

        edited(course[:1], need=NeedChange(arabic, None))

        assert db.session.scalars(select(Need.id)).all() == [needs[0].id]
        assert db.session.scalars(select(Assignment)).all() == [kept]


def typed(meeting: Meeting, **wish: str) -> dict[str, str]:
    """The form of a session as it was opened on Monday at 11:00, with another *wish*."""
    return {
        "scope": "all",
        "becomes": "change",
        "day": "2027-03-01",
        "starts": "11:00",
        "ends": "13:00",
        "room": str(meeting.room_id or 0),
    } | wish


def opened(desk: Browser, meeting: Meeting) -> dict[str, str]:
    """What names the state in which the form of *meeting* was opened."""
    page = desk.get(f"/meetings/{meeting.ref}/change").text
    found = re.search(r'name="opened"[^>]*value="([^"]+)"', page)
    assert found is not None
    return {"opened": found.group(1)}


class TestFormsThatComeLate:
    def test_a_form_that_comes_in_time_is_saved(self, desk: Browser, course: list[Meeting]) -> None:
        address = f"/meetings/{course[0].ref}/change"
        form = typed(course[0], starts="12:00", ends="14:00") | opened(desk, course[0])
        preview = desk.post(address, data=form)

        answer = desk.post(address, data=form | {"save": "1", "seen": seen_in(preview.text)})

        assert (preview.status_code, answer.status_code) == (200, 303)

    def test_a_link_given_by_somebody_else_is_not_taken_away(
        self, desk: Browser, course: list[Meeting]
    ) -> None:
        address = f"/meetings/{course[0].ref}/change"
        old, new = "https://meet.example.org/old", "https://meet.example.org/new"
        edited(course, details=Details(online_url=old))
        db.session.commit()
        form = typed(course[0], starts="12:00", ends="14:00", online_url=old)
        form |= opened(desk, course[0])
        preview = desk.post(address, data=form)
        edited(course, details=Details(online_url=new))
        db.session.commit()

        answer = desk.post(address, data=form | {"save": "1", "seen": seen_in(preview.text)})

        assert answer.status_code == 409
        db.session.expire_all()
        assert {one.online_url for one in course} == {new}

    def test_what_was_moved_since_the_form_was_opened_is_said_before_it_is_moved_back(
        self, desk: Browser, course: list[Meeting]
    ) -> None:
        form = typed(course[0], online_url="https://meet.example.org/a")
        form |= opened(desk, course[0])
        later(course, hours=2)
        db.session.commit()

        answer = desk.post(f"/meetings/{course[0].ref}/change", data=form)

        assert answer.status_code == 409
        assert "a moment ago" in answer.text

    def test_nor_is_it_saved_at_the_first_click(self, desk: Browser, course: list[Meeting]) -> None:
        address = f"/meetings/{course[0].ref}/change"
        form = typed(course[0], title_en="Museum") | opened(desk, course[0])
        seen = seen_in(desk.post(address, data=form).text)
        later(course, hours=2)
        db.session.commit()

        assert desk.post(address, data=form | {"save": "1", "seen": seen}).status_code == 409

        db.session.expire_all()
        assert course[1].starts_at == MONDAY + WEEK + 2 * HOUR

    def test_of_what_has_begun_nothing_is_changed(
        self, desk: Browser, course: list[Meeting], boss: Person, clock: time_machine.Traveller
    ) -> None:
        db.session.commit()
        clock.move_to(MONDAY + 10 * MINUTE)
        form = typed(course[0], scope="this", starts="15:00", ends="16:00")

        answer = desk.sign_in(boss).post(f"/meetings/{course[0].ref}/change", data=form)

        assert answer.status_code == 409
        assert "already begun" in answer.text

    def test_held_once_more_by_two_clicks_there_is_one_more(
        self, desk: Browser, course: list[Meeting]
    ) -> None:
        form = {"day": "2027-03-05", "starts": "10:00", "room": "0"}

        for _click in range(2):
            answer = desk.post(f"/meetings/{course[0].ref}/duplicate", data=form)
            assert answer.status_code == 303

        assert db.session.scalars(select(func.count(Meeting.id))).one() == 3


class TestHoursThatCannotBe:
    def test_a_session_too_short_to_be_shortened_with_the_others_is_said(
        self, desk: Browser, course: list[Meeting]
    ) -> None:
        course[1].ends_at = course[1].starts_at + HOUR
        db.session.commit()

        form = typed(course[0], ends="11:30")
        answer = desk.post(f"/meetings/{course[0].ref}/change", data=form)

        assert answer.status_code == 422
        assert "would end before it starts" in answer.text

    @pytest.mark.parametrize(
        ("starts", "ends", "is_possible"),
        [("03:30", "04:10", False), ("02:50", "03:10", True), ("03:10", "03:50", True)],
    )
    def test_in_the_night_the_clocks_jump_the_preview_says_what_saving_would_do(
        self, desk: Browser, course: list[Meeting], starts: str, ends: str, is_possible: bool
    ) -> None:
        path = f"/meetings/{course[0].ref}"
        there = {"day": "2027-03-28", "starts": starts, "ends": ends, "room": "0", "seen": "0"}

        before = desk.get(f"{path}/clashes", query_string=there).get_json()
        saved = desk.post(
            f"{path}/move", data=there | {"save": "1"}, headers={"Accept": "application/json"}
        )

        assert (not before["hard"]) is is_possible
        assert saved.status_code == (200 if is_possible else 409)


class TestCraftedForms:
    @pytest.mark.parametrize("number", ["²", "1" * 5000, "-1", "99999"])
    def test_a_slot_with_an_odd_number_is_not_understood(self, desk: Browser, number: str) -> None:
        form = {"kind": "course", f"slots-{number}-weekday": "1"}

        assert desk.post("/activities/new", data=form).status_code == 400

    def test_a_term_of_two_thousand_years_leaves_the_pages_standing(self, desk: Browser) -> None:
        dates = {"name": "Aeon", "first_day": "0001-01-01", "last_day": "9999-12-31"}

        term = desk.post("/terms", data=dates).headers["Location"]

        for page in (term, "/terms", "/ar/terms", "/activities/new?kind=course"):
            assert desk.get(page).status_code == 200, page

    @pytest.mark.parametrize("scope", ["<script>", "none of them", ""])
    def test_a_scope_that_is_none_is_harmless(
        self, desk: Browser, course: list[Meeting], scope: str
    ) -> None:
        answer = desk.get(f"/meetings/{course[0].ref}/change", query_string={"scope": scope})

        assert answer.status_code == 200
        assert "<script>" not in answer.text.split("<main")[1]

    @pytest.mark.parametrize(
        "address",
        [
            "/list?page=-5",
            "/list?page=99999999999999999999",
            "/list?day=0001-01-01",
            "/week?day=9999-12-31",
            "/month?day=2100-12-31",
            "/month?day=2027-W05-1",
            "/week?words=%25%5C_",
            "/week?centre=%00",
            "/week/print?day=2100-12-31&centre=all",
        ],
    )
    def test_no_address_breaks_a_page(self, desk: Browser, address: str) -> None:
        assert desk.get(address).status_code < 500
