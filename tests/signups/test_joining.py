"""Learners' places: joining, leaving, never past the capacity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import AlreadyExpected, book
from app.programme.models import Activity, Booking, Part
from app.signups.models import Enrolment
from app.signups.operations import (
    ActivityFull,
    ByInvitation,
    NothingToCome,
    WomenOnly,
    join,
    leave,
)
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once


def course(meetings: int = 2, **given: object) -> Activity:
    activity = make.activity(**given)  # type: ignore[arg-type]
    for day in range(meetings):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day))
    return activity


@pytest.mark.usefixtures("app")
class TestJoining:
    def test_whoever_joins_is_expected_at_every_coming_meeting_and_told(self) -> None:
        activity, layla = course(), make.person()
        make.meeting(activity=activity, starts_at=BEFORE - timedelta(days=7))  # over

        join(activity, layla, by=layla, now=BEFORE)

        starts = db.session.scalars(select(Booking.starts_at).order_by(Booking.starts_at)).all()
        assert starts == [MONDAY, MONDAY + timedelta(days=1)]
        assert [n.kind for n in db.session.scalars(select(Notice))] == [Letter.ENROLLED]

    def test_joining_twice_changes_nothing(self) -> None:
        activity, layla = course(), make.person()

        assert join(activity, layla, by=layla, now=BEFORE) is join(
            activity, layla, by=layla, now=BEFORE
        )
        assert len(db.session.scalars(select(Notice)).all()) == 1

    def test_a_full_activity_is_full(self) -> None:
        activity, first, second = course(capacity=1), make.person(), make.person()
        join(activity, first, by=first, now=BEFORE)

        with pytest.raises(ActivityFull):
            join(activity, second, by=second, now=BEFORE)

    def test_leaving_gives_the_place_and_the_time_back(self) -> None:
        activity, first, second = course(capacity=1), make.person(), make.person()
        join(activity, first, by=first, now=BEFORE)

        leave(activity, first, by=first, now=BEFORE)
        leave(activity, first, by=first, now=BEFORE)

        join(activity, second, by=second, now=BEFORE)
        assert set(db.session.scalars(select(Booking.person_id))) == {second.id}

    def test_nobody_joins_a_womens_group_alone(self) -> None:
        group, layla = make.womens_group(), make.person(gender=Gender.WOMAN)
        make.meeting(activity=group)

        with pytest.raises(ByInvitation):
            join(group, layla, by=layla, now=BEFORE)
        assert join(group, layla, by=group.coordinator, now=BEFORE).left_at is None

    @pytest.mark.parametrize("gender", [None, Gender.MAN])
    def test_a_womens_group_is_for_women(self, gender: Gender | None) -> None:
        group = make.womens_group()
        make.meeting(activity=group)

        with pytest.raises(WomenOnly):
            join(group, make.person(gender=gender), by=group.coordinator, now=BEFORE)

    def test_whoever_is_expected_elsewhere_cannot_join(self) -> None:
        activity, layla = course(), make.person()
        book(layla, make.meeting(), Part.HELPER)

        with pytest.raises(AlreadyExpected):
            join(activity, layla, by=layla, now=BEFORE)

    def test_what_is_over_cannot_be_joined(self) -> None:
        activity, layla = course(), make.person()

        with pytest.raises(NothingToCome):
            join(activity, layla, by=layla, now=MONDAY + timedelta(days=30))


def test_the_last_place_of_a_course_goes_to_one_person(racing_app: Flask) -> None:
    for _round in range(50):
        with racing_app.app_context():
            activity = course(capacity=2)
            people = [make.person().id for _n in range(5)]
            activity_id = activity.id
            db.session.commit()

        def joining(person_id: int, activity_id: int = activity_id) -> Callable[[], object]:
            def click() -> object:
                someone = db.session.get_one(Person, person_id)
                chosen = db.session.get_one(Activity, activity_id)
                join(chosen, someone, by=someone, now=BEFORE)
                return "in"

            return click

        results = all_at_once(racing_app, [joining(person) for person in people])

        assert results.count("in") == 2, results
        with racing_app.app_context():
            inside = select(func.count()).where(Enrolment.activity_id == activity_id)
            assert db.session.scalars(inside).one() == 2
