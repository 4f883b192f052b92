"""What was said of an activity can be corrected; calendars follow, nobody is written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.programme.kinds import AgeBand, Kind, Service, Topic
from app.programme.models import Activity, Meeting
from app.programme.operations import (
    FewerPlacesThanTaken,
    MinimumAboveCapacity,
    NoDraft,
    change_facts,
)
from app.programme.terms import Term
from app.signups.operations import join
from app.signups.queries import places_taken
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.races import all_at_once


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


COURSE = {
    "level": "A2.1",
    "age": "adults",
    "target_hours": "120",
    "hour_minutes": "50",
    "minimum": "6",
    "capacity": "15",
    "placement": "y",
    "language": "ro",
    "support_language": "uk",
}


def details(activity: Activity, /, **given: object) -> tuple[str, dict[str, object]]:
    return f"/en/activities/{activity.ref}/details", COURSE | given


def a_term(at: Centre, name: str = "Spring") -> Term:
    term = Term(centre=at, name=name, first_day=date(2027, 2, 15), last_day=date(2027, 6, 15))
    db.session.add(term)
    db.session.flush()
    return term


def now(activity: Activity) -> Activity:
    db.session.expire_all()
    return db.session.get_one(Activity, activity.id)


def with_learners(activity: Activity, number: int) -> None:
    for _one in range(number):
        person = make.participant(activity.centre)
        join(activity, person, by=activity.coordinator, now=BEFORE)


def change(activity: Activity, **facts: Any) -> bool:
    return change_facts(activity, facts, taken=partial(places_taken, now=BEFORE), now=BEFORE)


class TestPages:
    def test_a_course_is_corrected_and_nobody_is_written_to(
        self, desk: Browser, here: Centre
    ) -> None:
        meeting = make.meeting(activity=make.activity(centre=here, level="A1", capacity=20))
        with_learners(meeting.activity, 2)
        letters = db.session.scalars(select(func.count(Notice.id))).one()
        db.session.commit()
        where, typed = details(meeting.activity)
        assert (
            f"/activities/{meeting.activity.ref}/details"
            in desk.get(f"/en/activities/{meeting.activity.ref}/needs").text
        )

        answer = desk.post(where, data=typed)

        course = now(meeting.activity)
        assert answer.status_code == 303
        assert (course.level, course.age, course.target_hours) == ("A2.1", AgeBand.ADULTS, 120)
        assert (course.hour_minutes, course.minimum, course.capacity) == (50, 6, 15)
        assert (course.placement, course.language, course.support_language) == (True, "ro", "uk")
        assert course.changed_at == BEFORE
        assert db.session.scalars(select(func.count(Notice.id))).one() == letters
        shown = desk.get(where).text
        assert 'value="120"' in shown
        assert '<option selected value="A2.1">' in shown

    @pytest.mark.parametrize(
        ("kind", "typed", "expected"),
        [
            (Kind.ORIENTATION, {"topic": "health", "age": ""}, ("topic", Topic.HEALTH)),
            (Kind.CULTURAL, {"transport": "bus at nine"}, ("transport", "bus at nine")),
            (Kind.CHILDCARE, {"age": "preschool"}, ("age", AgeBand.PRESCHOOL)),
            (Kind.WOMENS_GROUP, {"capacity": "9", "level": "A1"}, ("capacity", 9)),
        ],
    )
    def test_each_kind_is_asked_its_own_questions(
        self,
        desk: Browser,
        here: Centre,
        boss: Person,
        kind: Kind,
        typed: dict[str, str],
        expected: tuple[str, object],
    ) -> None:
        activity = make.activity(kind=kind, centre=here, coordinator=boss)
        db.session.commit()

        answer = desk.post(
            f"/en/activities/{activity.ref}/details", data={"language": "ro", **typed}
        )

        assert answer.status_code == 303
        assert getattr(now(activity), expected[0]) == expected[1]
        assert (activity.level, activity.target_hours, activity.hour_minutes) == (None, None, 60)

    def test_what_was_chosen_long_ago_is_not_lost(self, desk: Browser, here: Centre) -> None:
        course = make.activity(centre=here, level="Beginners", language="cy", hour_minutes=55)
        db.session.commit()

        shown = desk.get(details(course)[0]).text

        for kept in ("Beginners", "cy", "55"):
            assert f'<option selected value="{kept}">' in shown

    def test_an_appointment_meets_somewhere_else_and_the_calendar_follows(
        self, desk: Browser, here: Centre, boss: Person
    ) -> None:
        appointment = make.activity(
            "I-42",
            kind=Kind.INDIVIDUAL,
            centre=here,
            coordinator=boss,
            service=Service.HEALTH,
            meeting_point="Gate 1",
            support_language="ar",
        )
        meeting = make.meeting(activity=appointment)
        db.session.commit()
        where = f"/en/activities/{appointment.ref}/details"

        nowhere = desk.post(where, data={"service": "bank", "meeting_point": " "})
        fine = desk.post(where, data={"service": "bank", "meeting_point": "Gate 2"})

        assert nowhere.status_code == 422
        assert "Say where you meet" in nowhere.text
        assert fine.status_code == 303
        found = now(appointment)
        assert (found.service, found.meeting_point) == (Service.BANK, "Gate 2")
        assert (found.support_language, found.changed_at) == ("ar", BEFORE)
        assert db.session.get_one(Meeting, meeting.id).place == "Gate 2"
        assert not db.session.scalars(select(Notice)).all()

    def test_the_places_cannot_be_fewer_than_those_who_come(
        self, desk: Browser, here: Centre
    ) -> None:
        course = make.meeting(activity=make.activity(centre=here, capacity=20)).activity
        with_learners(course, 3)
        db.session.commit()
        where, typed = details(course, capacity="2", minimum="")

        answer = desk.post(where, data=typed)

        assert answer.status_code == 409
        assert "3 people have a place" in answer.text
        assert 'value="2"' in answer.text
        assert (now(course).capacity, course.level) == (20, None)
        assert desk.post(where, data=typed | {"capacity": "3"}).status_code == 303

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"minimum": "16"}, "larger than the number of places"),
            ({"capacity": "0"}, "A number from 1 to 1000"),
            ({"level": "Z9"}, "choice"),
            ({"support_language": "zz"}, "choice"),
            ({"age": "ancient"}, "choice"),
        ],
    )
    def test_a_refused_form_says_why_and_keeps_what_was_typed(
        self, desk: Browser, here: Centre, wrong: dict[str, str], why: str
    ) -> None:
        course = make.activity(centre=here)
        db.session.commit()
        where, typed = details(course, **wrong)

        answer = desk.post(where, data=typed)

        assert answer.status_code == 422
        assert why in answer.text
        assert 'value="120"' in answer.text
        assert now(course).changed_at == LONG_AGO

    def test_a_draft_goes_to_another_term_with_its_childcare(
        self, desk: Browser, here: Centre, boss: Person
    ) -> None:
        spring, autumn = a_term(here), a_term(here, "Autumn")
        elsewhere = a_term(make.centre(), "Elsewhere")
        draft = make.activity(centre=here, term=spring, published_at=None)
        care = make.activity(
            kind=Kind.CHILDCARE,
            centre=here,
            coordinator=boss,
            term=spring,
            published_at=None,
            beside=draft,
        )
        db.session.commit()
        where, typed = details(draft, term=autumn.id)

        assert "Elsewhere" not in desk.get(where).text
        assert desk.post(where, data=typed | {"term": elsewhere.id}).status_code == 422
        assert desk.post(where, data=typed).status_code == 303

        assert (now(draft).term, now(care).term) == (autumn, autumn)
        assert draft.is_draft
        assert 'name="term"' not in desk.get(details(care)[0]).text

    def test_what_is_published_keeps_its_term(self, desk: Browser, here: Centre) -> None:
        spring, autumn = a_term(here), a_term(here, "Autumn")
        course = make.activity(centre=here, term=spring)
        db.session.commit()
        where, typed = details(course, term=autumn.id)

        desk.post(where, data=typed)

        assert now(course).term == spring

    def test_what_one_does_not_plan_does_not_exist(self, desk: Browser, here: Centre) -> None:
        group = make.womens_group(centre=here)
        elsewhere = make.activity()
        db.session.commit()

        for activity in (group, elsewhere):
            where, typed = details(activity)
            assert desk.get(where).status_code == 404
            assert desk.post(where, data=typed).status_code == 404


@pytest.mark.usefixtures("app")
class TestRules:
    def test_what_is_the_same_is_no_change(self) -> None:
        course = make.activity(capacity=5)

        assert not change(course, capacity=5, level=None)
        assert course.changed_at == LONG_AGO
        assert change(course, capacity=6)
        assert course.changed_at == BEFORE

    def test_a_group_that_was_overbooked_may_still_be_corrected(self) -> None:
        course = make.meeting(activity=make.activity(capacity=3)).activity
        with_learners(course, 3)
        course.capacity = 2

        assert change(course, capacity=2, level="A1")
        with pytest.raises(FewerPlacesThanTaken):
            change(course, capacity=1)

    def test_no_limit_is_always_enough(self) -> None:
        course = make.meeting(activity=make.activity(capacity=3)).activity
        with_learners(course, 3)

        assert change(course, capacity=None, minimum=50)

    def test_the_smallest_size_fits_in(self) -> None:
        course = make.activity(capacity=8, minimum=4)

        with pytest.raises(MinimumAboveCapacity):
            change(course, capacity=3)
        with pytest.raises(MinimumAboveCapacity):
            change(course, minimum=9)

    def test_only_a_draft_changes_its_term(self) -> None:
        course = make.activity()

        with pytest.raises(NoDraft):
            change(course, term=a_term(course.centre))


def test_whoever_joins_while_the_places_are_fewer_either_fits_or_is_refused(
    racing_app: Flask,
) -> None:
    def joining(activity_id: int, person_id: int) -> Callable[[], object]:
        def click() -> object:
            activity = db.session.get_one(Activity, activity_id)
            person = db.session.get_one(Person, person_id)
            return join(activity, person, by=activity.coordinator, now=BEFORE).id

        return click

    def fewer(activity_id: int) -> Callable[[], object]:
        def click() -> object:
            return change(db.session.get_one(Activity, activity_id), capacity=1)

        return click

    for _round in range(15):
        with racing_app.app_context():
            whole = make.activity(capacity=2)
            make.meeting(activity=whole, starts_at=MONDAY + timedelta(days=1))
            course = whole.id
            people = [make.participant(whole.centre).id for _one in range(2)]
            db.session.commit()

        all_at_once(racing_app, [*(joining(course, one) for one in people), fewer(course)])

        with racing_app.app_context():
            found = db.session.get_one(Activity, course)
            assert found.capacity is not None
            assert places_taken(found, now=BEFORE) <= found.capacity


def test_the_room_of_each_session_is_named(desk: Browser, here: Centre) -> None:
    course = make.activity(centre=here)
    make.meeting(activity=course, room=make.room(centre=here, name="Sala mare"))
    make.meeting(activity=course, starts_at=MONDAY + timedelta(days=1))
    db.session.commit()

    page = desk.get(f"/en/activities/{course.ref}/needs").text

    assert page.count("<bdi>Sala mare</bdi>") == 1


def test_the_preview_of_a_plan_names_the_room_of_each_session(desk: Browser, here: Centre) -> None:
    large, small = (make.room(centre=here, name=name) for name in ("Sala mare", "Sala mică"))
    db.session.commit()
    rows: dict[str, str] = {}
    for row, (weekday, room) in enumerate(((0, large), (2, small))):
        rows |= {
            f"slots-{row}-weekday": str(weekday),
            f"slots-{row}-starts": "17:00",
            f"slots-{row}-ends": "19:00",
            f"slots-{row}-room": str(room.id),
        }
    plan = {
        "kind": "course",
        "centre": str(here.id),
        "title_en": "Café",
        "language": "ro",
        "privacy": "members",
        "hour_minutes": "45",
        "first_day": "2027-03-01",
        "every": "1",
        "ends_by": "count",
        "count": "3",
    }

    page = desk.post("/en/activities/new", data=plan | rows).text

    assert page.count("<bdi>Sala mare</bdi>") == 2
    assert page.count("<bdi>Sala mică</bdi>") == 1
