"""The views of the programme: what they show, what they hide, and how often they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.extensions import db
from app.folding import fold
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.people.terms import Role
from app.planning.board import board_of
from app.planning.duplicating import AlreadyPast, duplicate_meeting
from app.planning.filters import Filters, asked_filters
from app.planning.operations import NeedChange, edit_series
from app.planning.undoing import JustMade, my_last_edit, undo
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import (
    Booking,
    ChangeKind,
    Edit,
    Meeting,
    MeetingText,
    Part,
    Scope,
    Status,
)
from app.programme.operations import RoomTaken
from app.programme.organisation_calendar import CalendarEntry, DayKind
from app.programme.queries import meetings_planned_by
from app.programme.week import hours_shown, lanes, month_of, quarters_of
from app.signups.operations import join
from app.staffing.coverage import worst
from app.staffing.models import State
from app.staffing.needs import NeedFacts
from app.staffing.queries import coverages_of, needs_of
from app.web import isolated
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.statements import statements

BUCHAREST = ZoneInfo("Europe/Bucharest")
HOUR = timedelta(hours=1)
VIEWS = ("week", "day", "month", "list")
ON_MONDAY = "day=2027-03-01"

spans = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 6)).map(lambda pair: (pair[0], sum(pair)))
).map(sorted)


class TestTheGridOfADay:
    @given(spans)
    def test_no_two_in_one_lane_share_a_quarter(self, found: list[tuple[int, int]]) -> None:
        by_lane: dict[int, int] = {}
        for (first, last), lane in zip(found, lanes(found), strict=True):
            assert by_lane.get(lane, 0) <= first
            by_lane[lane] = last

    @given(spans)
    def test_there_are_no_more_lanes_than_things_at_once(
        self, found: list[tuple[int, int]]
    ) -> None:
        at_once = [sum(f <= quarter < last for f, last in found) for quarter in range(97)]

        assert max(lanes(found), default=0) == max(at_once)

    @given(spans)
    def test_every_hour_that_is_needed_is_shown(self, found: list[tuple[int, int]]) -> None:
        first, last = hours_shown(found)

        assert first <= 8
        assert last >= 20
        assert all(first * 4 <= start and end <= last * 4 for start, end in found)

    def test_what_goes_past_midnight_ends_with_the_day(self) -> None:
        assert quarters_of(MONDAY + 12 * HOUR, MONDAY + 15 * HOUR, BUCHAREST) == (92, 96)

    def test_less_than_a_quarter_takes_one(self) -> None:
        assert quarters_of(MONDAY, MONDAY + timedelta(minutes=5), BUCHAREST) == (44, 45)

    @given(st.dates(date(2001, 1, 1), date(2099, 12, 31)))
    def test_a_month_is_whole_weeks_with_all_its_days(self, day: date) -> None:
        month = month_of(day, BUCHAREST)
        days = [one for week in month.weeks for one in week]

        assert day in days
        assert {len(week) for week in month.weeks} == {7}
        assert days[0].weekday() == 0
        assert month.before < month.first <= day < month.after
        assert month.after not in month.weeks[-2]


@pytest.fixture
def clock() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def boss() -> Person:
    return make.coordinator(make.centre())


def at_home(boss: Person, title: str = "Language café", **given: object) -> Meeting:
    """A meeting that *boss* plans."""
    for_meeting = {
        name: given.pop(name)
        for name in ("starts_at", "ends_at", "room", "status")
        if name in given
    }
    centre = next(iter(boss.centres_where(Role.COORDINATOR)))
    here = db.session.get_one(Centre, centre)
    activity = make.activity(title, centre=here, coordinator=boss, **given)
    return make.meeting(activity=activity, **for_meeting)


@pytest.mark.usefixtures("app", "clock")
class TestFilters:
    def covered(self, boss: Person, *states: State, wanted: int = 1) -> Meeting:
        need = make.need(meeting=at_home(boss), wanted=wanted)
        for state in states:
            make.assignment(need=need, state=state)
        return need.meeting

    def found(self, boss: Person, **asked: str) -> list[Meeting]:
        mine = meetings_planned_by(boss).order_by(Meeting.id)
        return list(db.session.scalars(asked_filters(asked).narrow(mine)))

    @pytest.mark.parametrize("wanted", [1, 2])
    def test_the_state_is_that_of_the_card(self, boss: Person, wanted: int) -> None:
        """What the database finds is what `coverage.worst` says of every meeting."""
        at_home(boss)
        for states in ((), (State.CONFIRMED,), (State.OFFERED,), (State.REQUESTED,),
                       (State.DECLINED,), (State.CONFIRMED, State.OFFERED)):  # fmt: skip
            make.need(meeting=self.covered(boss, *states, wanted=wanted))
            self.covered(boss, *states, wanted=wanted)
        everything = self.found(boss)
        said = coverages_of([one.id for one in everything])

        for state in ("open", "offered", "filled"):
            expected = [one for one in everything if worst(said.get(one.id, [])) == state]
            assert self.found(boss, state=state) == expected

    def test_what_is_cancelled_needs_nobody(self, boss: Person) -> None:
        self.covered(boss).status = Status.CANCELLED

        assert self.found(boss, state="open") == []

    def test_by_kind_language_and_words(self, boss: Person) -> None:
        cooking = at_home(boss, "Gătim împreună", kind=Kind.CULTURAL)
        course = at_home(boss, "Course", support_language="prs")

        assert self.found(boss, kind="cultural") == [cooking]
        assert self.found(boss, language="prs") == [course]
        assert self.found(boss, words="gatim") == [cooking]
        assert self.found(boss, kind="nothing", state="odd", language="xx") == [cooking, course]

    def test_what_is_asked_for_stays_in_the_address(self) -> None:
        asked = {"kind": "course", "language": "ar", "state": "open", "words": "seara"}

        assert asked_filters(asked | {"page": "2"}).address == asked
        assert Filters().address == {}


@pytest.mark.usefixtures("app", "clock")
class TestPages:
    @pytest.mark.parametrize("view", VIEWS)
    def test_filters_are_kept_by_every_link_to_another_view(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        page = browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}&kind=course&state=open").text

        switch = page.split('aria-label="Views"')[1].split("</nav>")[0]
        assert switch.count("kind=course") == switch.count("state=open") == 4
        assert switch.count("day=2027-03-01") == 4

    @pytest.mark.parametrize("view", VIEWS)
    def test_every_view_shows_what_is_planned_and_hides_what_is_not_entrusted(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        at_home(boss)
        make.meeting(activity=make.womens_group(centre=boss.memberships[0].centre))
        page = browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text

        assert "Language café" in page
        assert "Quiet circle" not in page

    @pytest.mark.parametrize("view", VIEWS)
    def test_a_draft_and_what_was_changed_by_hand_say_so(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        meeting = at_home(boss, published_at=None)
        assert "Draft" in browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text

        meeting.activity.published_at, meeting.by_hand = BEFORE, True
        db.session.commit()

        page = browser.get(f"/en/{view}?{ON_MONDAY}").text
        assert "Draft" not in page
        assert "changed by hand" in page

    @pytest.mark.parametrize("view", VIEWS)
    def test_what_is_cancelled_is_struck_through_and_says_so(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        at_home(boss, status=Status.CANCELLED)
        page = browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text

        assert "<s>Language café</s>" in page
        assert "Cancelled" in page

    @pytest.mark.parametrize("view", ["week", "day", "list"])
    def test_a_card_says_who_is_missing_in_which_language(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        meeting = at_home(boss)
        make.need(meeting=meeting, language="prs")
        make.need(meeting=meeting, role=Role.VOLUNTEER, wanted=2)
        page = browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text

        assert "missing: Intercultural mediator (Dari), 2 × Volunteer" in page

    @pytest.mark.parametrize("view", VIEWS)
    def test_as_often_for_thirty_as_for_three(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        browser.sign_in(boss)

        def asked() -> int:
            db.session.expire_all()
            return len(statements(lambda: browser.get(f"/en/{view}?{ON_MONDAY}")))

        self.fill(boss, 3)
        few = asked()
        self.fill(boss, 27)

        assert asked() == few

    def fill(self, boss: Person, number: int) -> None:
        """Each with words, a room, a need and helpers of its own."""
        for n in range(number):
            room = make.room(centre=boss.memberships[0].centre)
            meeting = at_home(boss, room=room, starts_at=MONDAY + timedelta(minutes=n))
            meeting.texts.append(
                MeetingText(language="en", title="Own", folded=fold("Own"), changed_at=BEFORE)
            )
            need = make.need(meeting=meeting, language="ar")
            make.assignment(need=need, state=State.CONFIRMED)
            book(make.person(), meeting, Part.LEARNER)
        db.session.commit()

    def test_only_what_may_still_be_moved_can_be_picked_up(
        self, browser: Browser, boss: Person
    ) -> None:
        coming = at_home(boss)
        at_home(boss, status=Status.CANCELLED)
        at_home(boss, starts_at=MONDAY + 12 * HOUR, ends_at=MONDAY + 14 * HOUR)  # past midnight
        page = browser.sign_in(boss).get(f"/en/week?{ON_MONDAY}").text

        assert page.count("data-move=") == 1
        assert f'data-move="/en/meetings/{coming.ref}/move"' in page
        assert 'data-seen="0" data-room="0"' in page

        with time_machine.travel(MONDAY, tick=False):
            later = browser.sign_in(boss).get(f"/en/week?{ON_MONDAY}").text
        assert "Language café" in later
        assert "data-move=" not in later

    def test_filters_do_not_turn_over_the_week(self, browser: Browser, boss: Person) -> None:
        at_home(boss)

        with time_machine.travel(MONDAY - HOUR, tick=False):
            page = browser.sign_in(boss).get("/en/week?words=nothing").text
        assert "Mon 1 Mar" in page

    def test_the_day_has_a_column_for_each_room_in_use_and_one_for_none(self) -> None:
        here = make.centre()
        open_room, used = make.room(centre=here), make.room(centre=here, in_use=False)
        make.room(centre=here, in_use=False)
        activity = make.activity(centre=here)
        there = make.meeting(activity=activity, room=used)
        online = [make.meeting(activity=activity) for _n in range(2)]
        rooms = [open_room, used]

        board = board_of([there, *online], rooms, BUCHAREST)

        assert [column.room for column in board.columns] == [open_room, used, None]
        assert [len(column.cards) for column in board.columns] == [0, 1, 2]
        assert [card.lane for card in board.columns[2].cards] == [1, 2]
        assert (board.columns[1].cards[0].at, board.columns[1].cards[0].span) == (12, 8)

    def test_the_month_shows_four_and_counts_the_rest(self, browser: Browser, boss: Person) -> None:
        for _n in range(6):
            at_home(boss)
        page = browser.sign_in(boss).get("/en/month?day=2027-03-15").text

        assert page.count("Language café") == 4
        assert "+2 more" in page
        assert "/en/day?centre=" in page

    def test_the_list_goes_on_after_fifty(self, browser: Browser, boss: Person) -> None:
        for n in range(51):
            at_home(boss, f"Number {n:02}", starts_at=MONDAY + timedelta(minutes=n))
        first = browser.sign_in(boss).get("/en/list?words=number").text
        second = browser.get("/en/list?words=number&page=2").text

        assert "Number 49" in first
        assert "Number 50" not in first
        assert re.search(r'rel="next" href="[^"]*page=2&amp;words=number"', first)
        assert "Number 50" in second
        assert "Number 49" not in second
        assert "Next page" not in second

    @pytest.mark.parametrize("page", ["0", "-3", "abc", "99999999999999999999"])
    def test_a_page_that_makes_no_sense_is_no_error(
        self, browser: Browser, boss: Person, page: str
    ) -> None:
        assert browser.sign_in(boss).get(f"/en/list?page={page}").status_code == 200

    def test_the_list_begins_on_the_day_that_is_asked_for(
        self, browser: Browser, boss: Person
    ) -> None:
        at_home(boss, "Early")
        at_home(boss, "Late", starts_at=MONDAY + timedelta(days=1))
        page = browser.sign_in(boss).get("/en/list?day=2027-03-02").text

        assert "Late" in page
        assert "Early" not in page


def there(meeting: Meeting, **changed: str) -> dict[str, str]:
    """The fields of the form as *meeting* is, in București, but for what is *changed*."""
    room = str(meeting.room_id or 0)
    asked = {"day": "2027-03-01", "starts": "11:00", "ends": "13:00", "room": room, "seen": "0"}
    return asked | changed


JSON = {"Accept": "application/json"}


def told(answer: TestResponse) -> dict[str, Any]:
    assert isinstance(answer.json, dict)
    return answer.json


@pytest.mark.usefixtures("app", "clock")
class TestMovingByScript:
    def clashes(self, browser: Browser, meeting: Meeting, **changed: str) -> dict[str, Any]:
        path = f"/en/meetings/{meeting.ref}/clashes"
        return told(browser.get(path, query_string=there(meeting, **changed)))

    def test_nothing_stands_against_a_free_place(self, browser: Browser, boss: Person) -> None:
        meeting = at_home(boss)
        book(make.person(), meeting, Part.LEARNER)
        browser.sign_in(boss)

        found = self.clashes(browser, meeting, day="2027-03-16")

        assert found == {"hard": [], "soft": [], "hints": [], "told": "1 person will be told"}

    def test_a_taken_room_and_a_helper_elsewhere_are_hard_a_holiday_is_soft(
        self, browser: Browser, boss: Person
    ) -> None:
        holiday = datetime(2027, 5, 3, 9, tzinfo=MONDAY.tzinfo)  # Easter Monday, 12:00 there
        room = make.room(centre=boss.memberships[0].centre)
        make.meeting(room=room, starts_at=holiday)
        need = make.need(meeting=at_home(boss, room=room))
        helper = make.assignment(need=need, state=State.CONFIRMED).person
        book(helper, make.meeting(starts_at=holiday), Part.HELPER)
        browser.sign_in(boss)

        found = self.clashes(browser, need.meeting, day="2027-05-03", starts="12:30", ends="13:30")

        room_taken, elsewhere = found["hard"]
        assert "is taken" in room_taken
        assert f"{helper.name} is expected elsewhere" in elsewhere
        assert "day off" in found["soft"][0]

    def test_what_the_form_would_refuse_is_hard(self, browser: Browser, boss: Person) -> None:
        meeting = at_home(boss)
        browser.sign_in(boss)

        assert self.clashes(browser, meeting, day="2026-01-01")["hard"] == ["This day is over."]
        backwards = self.clashes(browser, meeting, ends="10:00")
        assert backwards["hard"] == ["The session has to end after it starts."]
        assert self.clashes(browser, meeting, day="soon")["hard"]

    def test_of_what_is_not_entrusted_nothing_is_said(self, browser: Browser, boss: Person) -> None:
        secret = make.meeting(activity=make.womens_group(centre=boss.memberships[0].centre))
        browser.sign_in(boss)
        paths = [f"/en/meetings/{secret.ref}/{end}" for end in ("clashes", "duplicate")]

        assert [browser.get(path).status_code for path in paths] == [404, 404]

    def test_it_is_told_what_the_form_would_be(self, browser: Browser, boss: Person) -> None:
        meeting = at_home(boss)
        path = f"/en/meetings/{meeting.ref}/move"
        browser.sign_in(boss)

        moved = browser.post(path, data=there(meeting, day="2027-03-02", save="1"), headers=JSON)
        assert (moved.status_code, told(moved)["message"]) == (200, "Moved.")
        assert told(moved)["url"] == f"/en/meetings/{meeting.ref}/planning"

        late = browser.post(path, data=there(meeting, day="2027-03-03", save="1"), headers=JSON)
        assert late.status_code == 409
        assert "changed this session" in told(late)["message"]
        assert told(late)["now"]["day"] == "2027-03-02"
        db.session.expire_all()
        assert meeting.starts_at == MONDAY + timedelta(days=1)

        odd = browser.post(path, data=there(meeting, ends="10:00", save="1"), headers=JSON)
        assert (odd.status_code, told(odd)) == (
            422,
            {"message": "The session has to end after it starts."},
        )

    def test_a_taken_room_is_refused_with_its_reason(self, browser: Browser, boss: Person) -> None:
        room = make.room(centre=boss.memberships[0].centre)
        make.meeting(room=room)
        meeting = at_home(boss)
        browser.sign_in(boss)
        asked = there(meeting, room=str(room.id), save="1")

        refused = browser.post(f"/en/meetings/{meeting.ref}/move", data=asked, headers=JSON)

        assert (refused.status_code, list(told(refused))) == (409, ["message"])
        assert "room is taken" in told(refused)["message"]


@pytest.mark.usefixtures("app", "clock")
class TestHoldingItOnceMore:
    def copied(self, meeting: Meeting, **given: object) -> Meeting:
        asked = {"starts_at": MONDAY + timedelta(days=7), "room": None, "now": BEFORE} | given
        return duplicate_meeting(meeting, by=meeting.activity.coordinator, **asked)  # type: ignore[arg-type]

    def test_it_is_as_long_with_the_same_words_and_needs_and_nobody_helping(self) -> None:
        need = make.need(language="ar", wanted=2, check_required=True)
        make.assignment(need=need, state=State.CONFIRMED)
        need.meeting.texts.append(
            MeetingText(language="en", title="Own", folded="own", changed_at=BEFORE)
        )

        copy = self.copied(need.meeting)

        assert copy.activity is need.meeting.activity
        assert copy.ends_at - copy.starts_at == 2 * HOUR
        assert (copy.by_hand, copy.sequence, copy.title_in("en")) == (True, 0, "Own")
        assert copy.privacy is need.meeting.privacy
        [same] = needs_of([copy.id])
        assert (same.language, same.wanted, same.check_required) == ("ar", 2, True)
        assert same.assignments == []

    def test_learners_are_expected_and_told_but_not_in_two_places(self) -> None:
        meeting, free, busy = make.meeting(), make.person(), make.person()
        for learner in (free, busy):
            join(meeting.activity, learner, by=learner, now=BEFORE)
        book(busy, make.meeting(starts_at=MONDAY + timedelta(days=7)), Part.LEARNER)

        copy = self.copied(meeting)

        held = select(Booking.person_id, Booking.held).where(Booking.meeting_id == copy.id)
        assert dict(db.session.execute(held).all()) == {free.id: True, busy.id: False}
        told = select(Notice.person_id).where(Notice.kind == Letter.ADDED)
        assert db.session.scalars(told).all() == [free.id]

    def test_of_a_draft_nobody_is_told(self) -> None:
        meeting, learner = make.meeting(), make.person()
        meeting.activity.published_at = None
        join(meeting.activity, learner, by=learner, now=BEFORE)

        copy = self.copied(meeting)

        assert db.session.scalars(select(Notice)).all() == []
        held = select(Booking.held).where(Booking.meeting_id == copy.id)
        assert db.session.scalars(held).all() == [False]

    def test_refused_in_a_taken_room_and_in_the_past(self) -> None:
        meeting = make.meeting(room=make.room())

        with pytest.raises(RoomTaken):
            self.copied(meeting, room=meeting.room, starts_at=MONDAY + HOUR)
        with pytest.raises(AlreadyPast):
            self.copied(meeting, starts_at=BEFORE)

    def test_by_its_form(self, browser: Browser, boss: Person) -> None:
        meeting = at_home(boss)
        path = f"/en/meetings/{meeting.ref}/duplicate"
        page = browser.sign_in(boss).get(path).text
        assert 'value="2027-03-08"' in page
        assert 'value="11:00"' in page

        odd = browser.post(path, data={"day": "2026-01-01", "starts": "11:00", "room": "0"})
        assert (odd.status_code, "This day is over." in odd.text) == (422, True)

        done = browser.post(path, data={"day": "2027-03-08", "starts": "11:00", "room": "0"})
        assert done.status_code == 303
        starts = db.session.scalars(select(Meeting.starts_at).order_by(Meeting.starts_at)).all()
        assert starts == [MONDAY, MONDAY + timedelta(days=7)]

    def test_the_form_says_that_the_room_is_taken(self, browser: Browser, boss: Person) -> None:
        room = make.room(centre=boss.memberships[0].centre)
        meeting = at_home(boss, room=room)
        asked = {"day": "2027-03-01", "starts": "12:00", "room": str(room.id)}

        page = browser.sign_in(boss).post(f"/en/meetings/{meeting.ref}/duplicate", data=asked)

        assert page.status_code == 409
        assert "room is taken" in page.text
        assert len(db.session.scalars(select(Meeting)).all()) == 1


def copied_by(ref: str) -> object:
    """What came of copying that session to the week after."""
    one = db.session.scalars(select(Meeting).where(Meeting.ref == ref)).one()
    later, boss = MONDAY + timedelta(days=7), one.activity.coordinator
    return duplicate_meeting(one, starts_at=later, room=one.room, by=boss, now=BEFORE).id


def test_two_copies_at_once_never_share_a_room(racing_app: Flask) -> None:
    with racing_app.app_context():
        room = make.room()
        hours = [MONDAY + n * timedelta(hours=3) for n in range(3)]
        refs = [make.meeting(room=room, starts_at=hour).ref for hour in hours]
        db.session.commit()

    results = all_at_once(racing_app, [partial(copied_by, ref) for ref in refs])

    assert sum(isinstance(one, int) for one in results) == 1
    assert [type(one) for one in results if not isinstance(one, int)] == [RoomTaken] * 2


def test_several_clicks_at_once_make_one_copy(racing_app: Flask) -> None:
    with racing_app.app_context():
        ref = make.meeting(room=make.room()).ref
        db.session.commit()

    results = all_at_once(racing_app, [partial(copied_by, ref)] * 3)

    assert len(set(results)) == 1, results
    with racing_app.app_context():
        assert db.session.scalars(select(func.count(Meeting.id))).one() == 2


def change_needs_of(meetings: Sequence[Meeting], by: Person, *, now: datetime) -> Edit:
    """One more interpreter for each, in one edit."""
    need = NeedChange(None, NeedFacts(role=Role.MEDIATOR, language="ar"))
    edit = edit_series(
        meetings, scope=Scope.ALL, by=by, now=now, seen=lambda _held: True, need=need
    )
    assert edit is not None
    return edit


@pytest.mark.usefixtures("app")
class TestUndoAtHand:
    def last(self, boss: Person, now: datetime = BEFORE) -> JustMade | None:
        return my_last_edit(boss, boss.memberships[0].centre, now=now)

    def test_the_newest_of_ones_own_is_offered(self, boss: Person) -> None:
        first, second = at_home(boss), at_home(boss)
        change_needs_of([first], boss, now=BEFORE)
        edit = change_needs_of([second], boss, now=BEFORE)
        other = make.coordinator(boss.memberships[0].centre)
        change_needs_of([first], other, now=BEFORE)

        found = self.last(boss)

        assert found is not None
        assert (found.edit, found.meetings) == (edit, [second])
        assert found.kinds == [ChangeKind.NEEDS]

    def test_for_ten_minutes(self, boss: Person) -> None:
        change_needs_of([at_home(boss)], boss, now=BEFORE)

        assert self.last(boss, BEFORE + timedelta(minutes=9)) is not None
        assert self.last(boss, BEFORE + timedelta(minutes=10)) is None

    def test_not_what_has_begun(self, boss: Person) -> None:
        change_needs_of([at_home(boss)], boss, now=MONDAY - timedelta(minutes=5))

        assert self.last(boss, MONDAY - timedelta(minutes=1)) is not None
        assert self.last(boss, MONDAY) is None

    def test_neither_what_was_undone_nor_the_undoing(self, boss: Person) -> None:
        edit = change_needs_of([at_home(boss)], boss, now=BEFORE)
        undo(edit, by=boss, now=BEFORE)

        assert self.last(boss) is None

    def test_not_what_was_made_elsewhere(self, boss: Person) -> None:
        elsewhere = make.centre()
        make.make_coordinator_too(boss, elsewhere)
        change_needs_of([make.meeting(activity=make.activity(centre=elsewhere))], boss, now=BEFORE)

        assert self.last(boss) is None

    def test_only_where_every_session_of_it_is_planned_by_the_reader(self, boss: Person) -> None:
        activity = make.activity(centre=boss.memberships[0].centre)
        meetings = [make.meeting(activity=activity) for _n in range(2)]
        change_needs_of(meetings, boss, now=BEFORE)
        assert self.last(boss) is not None

        meetings[1].privacy = Privacy.PROTECTED
        db.session.flush()
        assert self.last(boss) is None

        activity.privacy = meetings[0].privacy = Privacy.PROTECTED
        db.session.flush()
        assert self.last(boss) is None

    @pytest.mark.parametrize("view", ["week", "day"])
    @pytest.mark.usefixtures("clock")
    def test_the_board_offers_it_and_undoing_leads_back_to_the_board(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        meeting = at_home(boss)
        page = browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text
        assert "just-changed" not in page

        ref = change_needs_of([meeting], boss, now=BEFORE).ref
        db.session.commit()
        page = browser.get(f"/en/{view}?{ON_MONDAY}").text
        assert f"/en/edits/{ref}/undo" in page
        found = re.search(r'name="next" value="([^"]+)"', page)
        assert found is not None
        path = unescape(found[1])
        assert path.startswith(f"/en/{view}?")
        assert ON_MONDAY in path

        undone = browser.post(f"/en/edits/{ref}/undo", data={"next": path})
        assert (undone.status_code, undone.location) == (303, path)
        assert "/undo" not in browser.get(f"/en/{view}?{ON_MONDAY}").text

    @pytest.mark.usefixtures("clock")
    def test_undoing_never_leads_to_another_site(self, browser: Browser, boss: Person) -> None:
        meeting = at_home(boss)
        edit = change_needs_of([meeting], boss, now=BEFORE)
        browser.sign_in(boss)

        undone = browser.post(f"/en/edits/{edit.ref}/undo", data={"next": "//evil.example/"})

        assert undone.location == f"/en/meetings/{meeting.ref}/planning"


@pytest.mark.usefixtures("app", "clock")
class TestDaysOff:
    @pytest.mark.parametrize("view", ["week", "day", "month"])
    def test_a_holiday_a_closed_day_and_a_hint_are_named(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        day = date(2027, 3, 1)
        for kind, name in ((DayKind.CLOSED, "Stocktaking"), (DayKind.SCHOOL_HOLIDAY, "Ski week")):
            db.session.add(
                CalendarEntry(
                    kind=kind, name=name, first_day=day, last_day=day, made_at=make.LONG_AGO
                )
            )
        page = unescape(browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text)
        assert f"Day off: {isolated('Stocktaking')}" in page
        assert '<p class="day-hint" dir="auto">Ski week</p>' in page

        easter = unescape(browser.get(f"/en/{view}?day=2027-05-03").text)
        assert "Day off: \u2068Easter" in easter

    @pytest.mark.parametrize("view", ["week", "day", "month"])
    def test_another_centres_closed_day_is_not_ours(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        day = date(2027, 3, 1)
        theirs = CalendarEntry(
            kind=DayKind.CLOSED,
            name="Stocktaking",
            centre=make.centre(),
            first_day=day,
            last_day=day,
            made_at=make.LONG_AGO,
        )
        db.session.add(theirs)

        assert "Stocktaking" not in browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text


@pytest.mark.usefixtures("app", "clock")
class TestCards:
    @pytest.mark.parametrize("view", ["week", "day", "list"])
    def test_an_appointment_says_where_one_meets(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        at_home(boss, meeting_point="At the tram stop")
        page = browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text

        assert "At the tram stop" in page
        assert "no room" not in page

    @pytest.mark.parametrize("view", VIEWS)
    def test_what_is_cancelled_misses_nobody(
        self, browser: Browser, boss: Person, view: str
    ) -> None:
        make.need(meeting=at_home(boss, status=Status.CANCELLED))
        page = browser.sign_in(boss).get(f"/en/{view}?{ON_MONDAY}").text
        board = page[page.rindex("Language café") - 800 : page.index("</main>")]

        assert "missing:" not in board
        assert "coverage-" not in board

    def test_the_day_is_read_by_time_whatever_the_room(
        self, browser: Browser, boss: Person
    ) -> None:
        here = boss.memberships[0].centre
        early, late = (make.room(centre=here, name=name) for name in ("Z first", "A later"))
        at_home(boss, "Second", room=late, starts_at=MONDAY + HOUR)
        at_home(boss, "First", room=early)
        at_home(boss, "Third", starts_at=MONDAY + 2 * HOUR)
        page = browser.sign_in(boss).get(f"/en/day?{ON_MONDAY}").text

        assert page.index(">First<") < page.index(">Second<") < page.index(">Third<")

    def test_lanes_are_counted_over_all_rooms(self) -> None:
        here = make.centre()
        rooms = [make.room(centre=here) for _n in range(2)]
        activity = make.activity(centre=here)
        for room in (None, None, rooms[1]):
            make.meeting(activity=activity, room=room)
        found = db.session.scalars(select(Meeting).order_by(Meeting.id)).all()

        board = board_of(found, rooms, BUCHAREST)

        assert [(one.first, one.lanes) for one in board.columns] == [(1, 1), (2, 1), (3, 2)]
        assert [column.lane_of(card) for column, card in board.cards] == [2, 3, 4]
        assert board.lanes == 4
