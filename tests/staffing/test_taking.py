"""Taking a whole series, and places at times one had said no to."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.models import Activity, Booking, Status
from app.staffing.availability import Answer, Weekly
from app.staffing.eligibility import Rule
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import NeedFilled, NotEligible
from app.staffing.queries import availability_of
from app.staffing.taking import take_although_not_free, take_series
from app.staffing.when_free import say, set_week
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

WEEK = timedelta(weeks=1)


def series(number: int, activity: Activity, **given: object) -> list[Need]:
    return [
        make.need(meeting=make.meeting(activity=activity, starts_at=MONDAY + n * WEEK), **given)
        for n in range(number)
    ]


@pytest.mark.usefixtures("app")
class TestSeries:
    def test_all_that_fit_are_taken_and_of_the_others_it_says_why(self) -> None:
        here = make.centre()
        amina, whole = make.mediator(here), make.activity(centre=here)
        free, full, busy, cancelled, mine = series(5, whole, language="ar")
        make.assignment(need=full, state=State.CONFIRMED)
        elsewhere = make.meeting(activity=make.activity(centre=here), starts_at=MONDAY + 2 * WEEK)
        make.assignment(need=make.need(meeting=elsewhere), person=amina, state=State.CONFIRMED)
        cancelled.meeting.status = Status.CANCELLED
        make.assignment(need=mine, person=amina, state=State.CONFIRMED)

        taken = take_series(free, amina, now=BEFORE)

        assert [(one.need, one.assignment is not None) for one in taken] == [
            (free, True),
            (full, False),
            (busy, False),
        ]
        assert isinstance(taken[1].refusal, NeedFilled)
        assert isinstance(taken[2].refusal, NotEligible)
        assert taken[2].refusal.reasons[0].rule is Rule.EXPECTED_ELSEWHERE
        assert take_series(free, amina, now=BEFORE)[0].need is full  # twice is harmless

    def test_another_need_or_another_activity_is_not_taken(self) -> None:
        here = make.centre()
        amina, whole = make.mediator(here), make.activity(centre=here)
        (first,) = series(1, whole, language="ar", level=Level.B1)
        at_it = make.meeting(activity=whole, starts_at=MONDAY + WEEK)
        make.need(meeting=at_it, language="ar", level=Level.C1)
        make.need(meeting=at_it, language="ar", level=Level.B1, role=Role.VOLUNTEER)
        series(2, make.activity(centre=here), language="ar", level=Level.B1)

        assert [one.need for one in take_series(first, amina, now=BEFORE)] == [first]

    def test_the_limit_of_hours_counts_what_was_just_taken(self) -> None:
        here = make.centre()
        amina, whole = make.mediator(here, hours_a_week=4), make.activity(centre=here)
        needs = [
            make.need(meeting=make.meeting(activity=whole, starts_at=MONDAY + timedelta(days=n)))
            for n in range(3)
        ]

        taken = take_series(needs[0], amina, now=BEFORE)

        assert [one.assignment is not None for one in taken] == [True, True, False]

    def test_where_the_coordinator_decides_it_asks_for_each(self) -> None:
        here = make.centre()
        amina, whole = make.mediator(here), make.activity(centre=here, approval=True)
        needs = series(2, whole)

        taken = take_series(needs[0], amina, now=BEFORE)

        assert [one.assignment and one.assignment.state for one in taken] == [State.REQUESTED] * 2


@pytest.mark.usefixtures("app")
class TestAlthoughNotFree:
    def test_first_it_is_noted_then_the_place_is_taken(self) -> None:
        here = make.centre()
        amina = make.mediator(here)
        (need,) = series(1, make.activity(centre=here))
        set_week(amina, [Weekly(5, time(8), time(12), Answer.YES)])
        say(amina, MONDAY - WEEK, MONDAY + WEEK, Answer.NO, now=BEFORE)

        assignment = take_although_not_free(need, amina, now=BEFORE)

        assert assignment.state is State.CONFIRMED
        meeting = need.meeting
        said = availability_of([amina], meeting.starts_at, meeting.ends_at)[amina.id]
        assert said.answer(meeting.starts_at, meeting.ends_at) is Answer.YES

    def test_nothing_else_is_let_pass_by_it(self) -> None:
        here = make.centre()
        amina = make.mediator(here)
        (need,) = series(1, make.activity(centre=here), language="ti")
        with pytest.raises(NotEligible):
            take_although_not_free(need, amina, now=BEFORE)


def coming(browser: Browser) -> tuple[Person, list[Need]]:
    """Somebody signed in, and the same need at three sessions of a course that are to come."""
    here = make.centre()
    amina, whole = make.mediator(here), make.activity(centre=here)
    make.contract_for_years(amina, here)
    first = clock.now().replace(microsecond=0) + timedelta(days=2)
    needs = [
        make.need(meeting=make.meeting(activity=whole, starts_at=first + n * WEEK))
        for n in range(3)
    ]
    browser.sign_in(amina)
    return amina, needs


def test_the_series_is_shown_before_it_is_taken_and_after(browser: Browser) -> None:
    _amina, needs = coming(browser)
    path = f"/en/needs/{needs[1].ref}/series"
    make.assignment(need=needs[2], state=State.CONFIRMED)
    db.session.commit()

    before = browser.get(path).text
    assert "I will come to all these 2 sessions" in before
    assert "Full: nobody more is needed." in before
    answer = browser.post(path)
    assert (answer.status_code, answer.location) == (303, path)
    after = browser.get(path).text

    assert "2 sessions are yours." in after
    assert "1 session could not be taken" in after
    assert after.count("You are expected.") == 2
    assert "I will come to" not in after


def test_a_time_one_said_no_to_is_taken_in_one_step(browser: Browser) -> None:
    amina, needs = coming(browser)
    set_week(amina, [Weekly(0, time(0), time(0, 1), Answer.YES)])
    db.session.commit()
    path = f"/needs/{needs[0].ref}/place"

    page = browser.get("/en/needed?all=1").text
    assert page.count("I will come all the same") == 3
    assert "not available at that time" in page
    assert browser.post(path).status_code == 409
    assert browser.post(path, data={"anyway": "1"}).status_code == 303
    assert db.session.scalars(select(Assignment.state)).all() == [State.CONFIRMED]


def test_where_it_is_refused_nothing_is_noted_either(browser: Browser) -> None:
    amina, needs = coming(browser)
    away = needs[0].meeting.starts_at - WEEK, needs[0].meeting.starts_at + WEEK
    say(amina, *away, Answer.NO, now=clock.now())
    make.assignment(need=needs[0], state=State.CONFIRMED)
    db.session.commit()

    answer = browser.post(f"/needs/{needs[0].ref}/place", data={"anyway": "1"})

    assert answer.status_code == 409
    times = needs[0].meeting.starts_at, needs[0].meeting.ends_at
    assert availability_of([amina], *times)[amina.id].answer(*times) is Answer.NO


def test_two_series_taken_at_once_never_book_anybody_twice_nor_wait_for_each_other(
    racing_app: Flask,
) -> None:
    """Two people take the same series, one of them also another at the same hours."""
    for _round in range(20):
        with racing_app.app_context():
            here = make.centre()
            people = [make.mediator(here).id for _n in range(2)]
            one = [need.id for need in series(3, make.activity(centre=here))]
            other = [need.id for need in series(3, make.activity(centre=here))]
            db.session.commit()

        def click(need_id: int, person_id: int) -> object:
            need = db.session.get_one(Need, need_id)
            taken = take_series(need, db.session.get_one(Person, person_id), now=BEFORE)
            return sum(each.assignment is not None for each in taken)

        results = all_at_once(
            racing_app,
            [
                lambda: click(one[0], people[0]),  # noqa: B023
                lambda: click(one[2], people[1]),  # noqa: B023
                lambda: click(other[1], people[1]),  # noqa: B023
            ],
        )

        with racing_app.app_context():
            held = db.session.execute(
                select(Booking.person_id, Booking.starts_at).where(Booking.person_id.in_(people))
            ).all()
            assert len(held) == len(set(held)) == sum(n for n in results if isinstance(n, int))
            assert all(isinstance(n, int) for n in results), results
            for need_id in one:
                row = db.session.get_one(Need, need_id)
                confirmed = [a for a in row.assignments if a.state is State.CONFIRMED]
                assert len(confirmed) <= 1
