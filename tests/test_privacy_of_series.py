"""A session is listed exactly when its activity is: what is protected is protected as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from time_machine import travel

from app.extensions import db
from app.notices.models import Notice
from app.notices.queries import call_list
from app.people.models import Person
from app.planning.minding import ChildcareFacts, plan_childcare
from app.planning.operations import edit_series
from app.planning.undoing import NothingToUndo, undo
from app.programme.beside import beside_of
from app.programme.details import AsPrivateAsItsHost, Details, NotProtectedAlone
from app.programme.kinds import Privacy
from app.programme.models import Activity, Edit, Meeting, Scope
from app.programme.queries import activities_planned_by, listed_meetings, meetings_planned_by
from app.programme.rooms import set_ways
from app.programme.series import moved
from app.signups.operations import join
from app.staffing.models import State
from app.staffing.operations import offer_place
from app.staffing.publishing import publish
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.planning.test_series import by
from tests.planning.test_terms import a_term

WEEK, HOUR, MINUTE = timedelta(weeks=1), timedelta(hours=1), timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def now(app: Flask) -> Iterator[None]:
    with travel(BEFORE, tick=False):
        yield


@pytest.fixture
def course(app: Flask) -> list[Meeting]:
    """One session that is over, and three to come, the third of which is for members."""
    activity = make.activity("Evening circle", privacy=Privacy.PUBLIC)
    times = [BEFORE - WEEK, *(MONDAY + n * WEEK for n in range(3))]
    course = [make.meeting(activity=activity, starts_at=at) for at in times]
    course[2].privacy = Privacy.MEMBERS
    db.session.flush()
    return course


@pytest.fixture
def boss(course: list[Meeting]) -> Person:
    return course[0].activity.coordinator


@pytest.fixture
def colleague(course: list[Meeting]) -> Person:
    """Another coordinator of the same centre, to whom nothing is entrusted."""
    here = course[0].activity.centre
    return make.coordinator(here, home_centre=here)


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


def protected(course: list[Meeting]) -> Edit:
    """All that is to come was chosen; the whole activity becomes protected."""
    edit = edited(course[1:], details=Details(privacy=Privacy.PROTECTED, whole=True))
    db.session.expire_all()
    return edit


def put_back(edit: Edit, boss: Person) -> None:
    undo(edit, by=boss, now=BEFORE + MINUTE)
    db.session.expire_all()


def listed() -> list[Meeting]:
    return list(db.session.scalars(listed_meetings(start=LONG_AGO, end=MONDAY + 9 * WEEK)))


def childcare_beside(host: Activity, planner: Person) -> Activity:
    room = make.room(centre=host.centre)
    return plan_childcare(host, ChildcareFacts(room=room, capacity=5), by=planner, now=BEFORE)


def test_one_session_of_an_open_activity_is_not_protected_alone(course: list[Meeting]) -> None:
    before = listed()

    for whom in (course[1:2], course[1:]):
        with pytest.raises(NotProtectedAlone):
            edited(whom, details=Details(privacy=Privacy.PROTECTED))
        db.session.expire_all()

    assert listed() == before == course


def test_childcare_is_not_protected_alone_either(course: list[Meeting], boss: Person) -> None:
    childcare_beside(course[0].activity, boss)
    care = beside_of(course)[course[1].id]

    with pytest.raises(AsPrivateAsItsHost):
        edited([care], details=Details(privacy=Privacy.PROTECTED, whole=True))


class TestProtectingAll:
    def test_every_session_past_and_to_come_is_gone_for_strangers(
        self, course: list[Meeting], browser: Browser
    ) -> None:
        protected(course)
        db.session.commit()

        assert listed() == []
        assert {one.privacy for one in course} == {Privacy.PROTECTED}
        for one in course:
            assert browser.get(f"/en/meetings/{one.ref}").status_code == 404
        assert browser.get(f"/en/activities/{course[0].activity.ref}").status_code == 404

    def test_for_a_colleague_to_whom_it_is_not_entrusted_it_is_gone_too(
        self, course: list[Meeting], colleague: Person
    ) -> None:
        protected(course)

        assert db.session.scalars(activities_planned_by(colleague)).all() == []
        assert db.session.scalars(meetings_planned_by(colleague)).all() == []

    @pytest.mark.parametrize(
        "page",
        [
            "/activities/{activity}",
            "/activities/{activity}/needs",
            "/activities/{activity}/learners",
            "/activities/{activity}/childcare",
            "/activities/new?like={activity}",
            "/meetings/{meeting}/planning",
            "/meetings/{meeting}/change",
            "/meetings/{meeting}/duplicate",
            "/meetings/{meeting}/clashes",
            "/meetings/{meeting}/needs/new",
        ],
    )
    def test_no_page_tells_the_colleague_of_it(
        self, course: list[Meeting], colleague: Person, browser: Browser, page: str
    ) -> None:
        protected(course)
        browser.sign_in(colleague)
        address = page.format(activity=course[0].activity.ref, meeting=course[1].ref)

        answer = browser.get(f"/en{address}")

        assert "Evening circle" not in answer.text
        assert not any(one.ref in answer.text for one in course if one is not course[1])
        assert answer.status_code == 404 or "new?like" in page

    @pytest.mark.parametrize(
        "page", ["/?when=all", "/week?day=2027-03-01", "/list", "/month", "/terms"]
    )
    def test_nor_does_any_page_on_which_it_was_listed(
        self, course: list[Meeting], colleague: Person, browser: Browser, page: str
    ) -> None:
        protected(course)
        browser.sign_in(colleague)

        assert "Evening circle" not in browser.get(f"/en{page}").text

    def test_the_colleague_cannot_take_it_back(
        self, course: list[Meeting], colleague: Person, browser: Browser
    ) -> None:
        edit = protected(course)
        browser.sign_in(colleague)

        assert browser.post(f"/en/edits/{edit.ref}/undo").status_code == 404
        db.session.expire_all()
        assert listed() == []

    def test_whoever_made_it_protected_still_knows_of_it(
        self, course: list[Meeting], colleague: Person
    ) -> None:
        details = Details(privacy=Privacy.PROTECTED, whole=True)
        edit_series(
            course[1:],
            scope=Scope.ALL,
            by=colleague,
            now=BEFORE,
            seen=lambda _held: True,
            details=details,
        )

        assert len(db.session.scalars(meetings_planned_by(colleague)).all()) == 4


class TestChildcareBesideIt:
    def test_it_is_as_protected(self, course: list[Meeting], boss: Person) -> None:
        childcare = childcare_beside(course[0].activity, boss)
        care = [*beside_of(course).values()]
        assert childcare.privacy.is_listed

        protected(course)

        assert listed() == []
        assert childcare.privacy is Privacy.PROTECTED
        assert {one.privacy for one in care} == {Privacy.PROTECTED}

    def test_whoever_coordinated_it_alone_reads_nothing_of_either(
        self, course: list[Meeting], colleague: Person, browser: Browser
    ) -> None:
        childcare = childcare_beside(course[0].activity, colleague)
        care = beside_of(course)[course[1].id]

        protected(course)
        browser.sign_in(colleague)

        assert childcare.coordinator is course[0].activity.coordinator
        for ref in (care.ref, course[1].ref):
            assert browser.get(f"/en/meetings/{ref}/planning").status_code == 404

    def test_who_helps_there_is_not_said_to_a_colleague_who_plans_another_session(
        self, course: list[Meeting], colleague: Person, boss: Person, browser: Browser
    ) -> None:
        childcare_beside(course[0].activity, boss)
        protected(course)
        own = make.meeting(
            activity=make.activity(centre=course[0].activity.centre, coordinator=colleague),
            starts_at=MONDAY + 4 * HOUR,
        )
        room = beside_of(course)[course[1].id].room
        assert room is not None
        browser.sign_in(colleague)
        there = f"day=2027-03-01&starts=11:00&ends=13:00&room={room.id}&seen=0"

        answer = browser.get(f"/en/meetings/{own.ref}/clashes?{there}").get_json()

        assert len(answer["hard"]) == 1
        assert "taken" in answer["hard"][0]
        assert "Childcare" not in answer["hard"][0]

    def test_it_is_open_again_once_that_is_undone(
        self, course: list[Meeting], boss: Person
    ) -> None:
        childcare_beside(course[0].activity, boss)
        before = listed()

        put_back(protected(course), boss)

        assert listed() == before


class TestLettersAlreadyWritten:
    def telephoned(self, someone: Person) -> list[Notice]:
        return list(db.session.scalars(call_list(someone, now=BEFORE)))

    def test_of_a_published_term_too(self) -> None:
        term = a_term()
        activity = make.activity(centre=term.centre, term=term, published_at=None)
        session = make.meeting(activity=activity)
        layla = make.participant(term.centre, email=None)
        join(activity, layla, by=activity.coordinator, now=BEFORE)
        publish(term, by=activity.coordinator, now=BEFORE)
        colleague = make.coordinator(term.centre)
        assert len(self.telephoned(colleague)) == 1

        edited([session], details=Details(privacy=Privacy.PROTECTED, whole=True))

        assert self.telephoned(colleague) == []

    @pytest.fixture
    def layla(self, course: list[Meeting], boss: Person) -> Person:
        """Somebody whom no e-mail reaches."""
        layla = make.participant(course[0].activity.centre, email=None)
        join(course[0].activity, layla, by=boss, now=BEFORE)
        return layla

    @pytest.mark.usefixtures("layla")
    def test_of_a_place_only_whoever_is_responsible_is_shown_the_letter(
        self, course: list[Meeting], boss: Person, colleague: Person
    ) -> None:
        assert len(self.telephoned(colleague)) == 1

        protected(course)

        assert self.telephoned(colleague) == []
        assert len(self.telephoned(boss)) == 1

    @pytest.mark.usefixtures("layla")
    def test_of_a_change_of_several_sessions_too(
        self, course: list[Meeting], boss: Person, colleague: Person
    ) -> None:
        targets = moved(course[1:], by(hours=1), room=None, keep_rooms=True, by_hand=False)
        edited(course[1:], targets=targets)
        assert len(self.telephoned(colleague)) == 2

        protected(course)

        assert self.telephoned(colleague) == []
        assert len(self.telephoned(boss)) == 2

    @pytest.mark.usefixtures("layla")
    def test_of_a_move_in_the_same_deed_too(self, course: list[Meeting], colleague: Person) -> None:
        targets = moved(course[1:], by(hours=1), room=None, keep_rooms=True, by_hand=False)
        edited(
            course[1:],
            targets=targets,
            details=Details(privacy=Privacy.PROTECTED, whole=True),
        )

        assert self.telephoned(colleague) == []

    def test_of_the_childcare_beside_it_too(
        self, course: list[Meeting], boss: Person, colleague: Person
    ) -> None:
        childcare = childcare_beside(course[0].activity, boss)
        child = make.child(make.participant(childcare.centre, email=None))
        join(childcare, child, by=boss, now=BEFORE)
        assert len(self.telephoned(colleague)) == 1

        protected(course)

        assert self.telephoned(colleague) == []

    def test_of_what_is_asked_of_a_helper_too(
        self, course: list[Meeting], colleague: Person
    ) -> None:
        amina = make.mediator(course[0].activity.centre, email=None)
        need = make.need(meeting=course[1])
        offer_place(need, amina, by=course[0].activity.coordinator, now=BEFORE)
        assert len(self.telephoned(colleague)) == 1

        protected(course)

        assert self.telephoned(colleague) == []


class TestUndoing:
    def test_each_session_is_as_it_was(self, course: list[Meeting], boss: Person) -> None:
        before = [one.privacy for one in course]

        put_back(protected(course), boss)

        assert [one.privacy for one in course] == before
        assert course[0].activity.privacy is Privacy.PUBLIC
        assert listed() == course

    def test_it_stays_protected_where_somebody_chose_otherwise_since(
        self, course: list[Meeting], boss: Person
    ) -> None:
        first = edited(course[1:], details=Details(privacy=Privacy.MEMBERS, whole=True))
        protected(course)

        with pytest.raises(NothingToUndo):
            put_back(first, boss)

        db.session.expire_all()
        assert listed() == []

    def test_what_was_protected_from_the_start_is_so_again(self) -> None:
        activity = make.activity(privacy=Privacy.PROTECTED)
        course = [make.meeting(activity=activity, starts_at=MONDAY + n * WEEK) for n in range(2)]
        edit = edited(course, details=Details(privacy=Privacy.PUBLIC, whole=True))
        db.session.expire_all()
        assert listed() == course

        put_back(edit, activity.coordinator)

        assert listed() == []
        assert {one.privacy for one in course} == {Privacy.PROTECTED}

    def test_a_session_added_meanwhile_is_as_its_activity(
        self, course: list[Meeting], boss: Person
    ) -> None:
        edit = protected(course)
        added = make.meeting(activity=course[0].activity, starts_at=MONDAY + 5 * WEEK)

        put_back(edit, boss)

        assert added.privacy is Privacy.PUBLIC


def test_helpers_of_a_protected_activity_are_not_placed_by_the_way_they_have(
    browser: Browser,
) -> None:
    """Another coordinator reads that Maria is busy, not that she is on her way from a group."""
    here, far = make.centre(), make.centre()
    set_ways({(min(here.id, far.id), max(here.id, far.id)): 120})
    colleague = make.coordinator(here, home_centre=here)
    maria = make.mediator(here, name="Maria Popa", gender="woman")
    group = make.meeting(activity=make.womens_group(centre=far))
    make.assignment(need=make.need(meeting=group), person=maria, state=State.CONFIRMED)
    own = make.meeting(
        activity=make.activity(centre=here, coordinator=colleague),
        starts_at=MONDAY + 3 * HOUR,
    )
    need = make.need(meeting=own)
    db.session.commit()

    page = browser.sign_in(colleague).get(f"/en/needs/{need.ref}/candidates").text

    assert "Maria Popa" in page
    assert "travel" not in page.lower()
    assert "to get here" not in page.lower()


@pytest.mark.parametrize("page", ["", "/needs"])
def test_a_session_more_private_than_its_activity_is_for_whom_it_is_entrusted_to(
    course: list[Meeting], boss: Person, colleague: Person, browser: Browser, page: str
) -> None:
    hidden = course[2]
    hidden.privacy = Privacy.PROTECTED
    db.session.commit()
    address = f"/en/activities/{hidden.activity.ref}{page}"

    assert hidden.ref not in browser.sign_in(colleague).get(address).text
    assert course[1].ref in browser.get(address).text
    assert hidden.ref in browser.sign_in(boss).get(address).text
