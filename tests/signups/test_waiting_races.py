"""Clicks on the waiting list in the same moment, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import Gone, db
from app.households.operations import block
from app.people.models import Person
from app.programme.models import Activity, Booking, Part
from app.programme.queries import coming_meetings
from app.signups import waiting as queue
from app.signups.accepting import accept
from app.signups.models import Enrolment, Waiting, WaitingState
from app.signups.operations import join, leave, visit
from app.signups.queries import waitings_for
from app.signups.rules import ActivityFull, OfferOver
from app.signups.waiting import decline, go_on, wait_for
from tests import make
from tests.make import BEFORE, MONDAY
from tests.planning.test_races import meanwhile
from tests.races import all_at_once

ROUNDS = 12
DAY = timedelta(days=1)
Click = Callable[[], object]


def course(capacity: int = 1, *, taken: int = 1, waiting: int = 2) -> tuple[int, list[int]]:
    """Its id, and the ids of those who wait; *taken* places are taken. Commits."""
    activity = make.activity(capacity=capacity)
    for day in range(2):
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day))
    for _n in range(taken):
        someone = make.person()
        join(activity, someone, by=someone, now=BEFORE)
    made = []
    for _n in range(waiting):
        someone = make.person()
        row = wait_for(activity, [someone], by=someone, now=BEFORE)
        assert row is not None
        made.append(row.id)
    db.session.commit()
    return activity.id, made


def empty(activity_id: int) -> None:
    """Somebody leaves; the first who waits is offered the place. Commits."""
    activity = db.session.get_one(Activity, activity_id)
    place = select(Enrolment).where(Enrolment.activity_id == activity_id).limit(1)
    person = db.session.scalars(place).one().person
    leave(activity, person, by=person, now=BEFORE)
    db.session.commit()


def yes(waiting_id: int, *, late: bool = False) -> Click:
    def click() -> object:
        accept(db.session.get_one(Waiting, waiting_id), now=BEFORE + (DAY if late else DAY / 24))
        return "yes"

    return click


def no(waiting_id: int) -> Click:
    return lambda: decline(db.session.get_one(Waiting, waiting_id), now=BEFORE)


def worker(activity_id: int) -> Click:
    return lambda: go_on(activity_id, now=BEFORE + DAY)


def new_one(activity_id: int, person_id: int) -> Click:
    def click() -> object:
        someone = db.session.get_one(Person, person_id)
        join(db.session.get_one(Activity, activity_id), someone, by=someone, now=BEFORE)
        return "in"

    return click


def state_of(waiting_id: int) -> WaitingState:
    return db.session.get_one(Waiting, waiting_id, populate_existing=True).state


def enrolled(activity_id: int) -> int:
    inside = select(func.count()).where(
        Enrolment.activity_id == activity_id, Enrolment.left_at.is_(None)
    )
    return db.session.scalars(inside).one()


def booked(activity_id: int) -> int:
    """How many have a place at the fullest session."""
    activity = db.session.get_one(Activity, activity_id)
    per_meeting = (
        select(func.count().label("number"))
        .where(Booking.part == Part.LEARNER, Booking.meeting.has(activity_id=activity.id))
        .group_by(Booking.meeting_id)
        .subquery()
    )
    return db.session.scalars(select(func.max(per_meeting.c.number))).one() or 0


def test_accept_and_lapse(racing_app: Flask) -> None:
    """At the end of its time either they have the place or the next was asked; never both."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            activity_id, [first, second] = course()
            empty(activity_id)

        all_at_once(racing_app, [yes(first), worker(activity_id), worker(activity_id)])

        with racing_app.app_context():
            states = state_of(first), state_of(second)
            assert states in (
                (WaitingState.ACCEPTED, WaitingState.WAITING),
                (WaitingState.LAPSED, WaitingState.OFFERED),
            )
            assert enrolled(activity_id) == (states[0] is WaitingState.ACCEPTED)


def test_late_yes_beside_the_worker(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            activity_id, [first, second] = course()
            empty(activity_id)

        [said, _looked] = all_at_once(racing_app, [yes(first, late=True), worker(activity_id)])

        assert isinstance(said, OfferOver)
        with racing_app.app_context():
            assert (state_of(first), state_of(second)) == (
                WaitingState.LAPSED,
                WaitingState.OFFERED,
            )


def test_yes_and_no_of_one_offer(racing_app: Flask) -> None:
    """Two telephones of one family: one answer counts."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            activity_id, [first, second] = course()
            empty(activity_id)

        all_at_once(racing_app, [yes(first), no(first), yes(first), no(first)])

        with racing_app.app_context():
            accepted = state_of(first) is WaitingState.ACCEPTED
            assert enrolled(activity_id) == accepted
            assert state_of(second) is (WaitingState.WAITING if accepted else WaitingState.OFFERED)


def test_leave_beside_accept_and_passers_by(racing_app: Flask) -> None:
    """Two leave, one accepts, three who do not wait try to slip in."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            activity_id, [first, second] = course(capacity=3, taken=3)
            empty(activity_id)
            passers_by = [make.person().id for _n in range(3)]
            here = select(Enrolment.person_id).where(
                Enrolment.activity_id == activity_id, Enrolment.left_at.is_(None)
            )
            inside = list(db.session.scalars(here))
            db.session.commit()

        def going(person_id: int, activity_id: int = activity_id) -> Click:
            def click() -> object:
                person = db.session.get_one(Person, person_id)
                leave(db.session.get_one(Activity, activity_id), person, by=person, now=BEFORE)
                return "gone"

            return click

        results = all_at_once(
            racing_app,
            [yes(first), going(inside[0]), *(new_one(activity_id, one) for one in passers_by)],
        )

        assert (results[0], results[1]) == ("yes", "gone")
        with racing_app.app_context():
            slipped_in = results.count("in")
            assert (state_of(first), state_of(second)) == (
                WaitingState.ACCEPTED,
                WaitingState.OFFERED,
            )
            assert slipped_in == 0
            assert all(isinstance(one, ActivityFull) for one in results[2:])
            assert enrolled(activity_id) == booked(activity_id) == 2


def test_the_last_place_of_one_session_and_of_all(racing_app: Flask) -> None:
    """Some want all sessions, some one of them: at no session are there more than places."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            activity_id, _none = course(capacity=2, taken=1, waiting=0)
            people = [make.person().id for _n in range(4)]
            db.session.commit()

        def once(person_id: int, activity_id: int = activity_id) -> Click:
            def click() -> object:
                person = db.session.get_one(Person, person_id)
                activity = db.session.get_one(Activity, activity_id)
                meeting = coming_meetings(activity, now=BEFORE)[0]
                visit(meeting, person, by=person, now=BEFORE)
                return "once"

            return click

        results = all_at_once(
            racing_app,
            [new_one(activity_id, one) for one in people[:2]] + [once(one) for one in people[2:]],
        )

        assert results.count("in") + results.count("once") == 1, results
        with racing_app.app_context():
            assert booked(activity_id) == 2


def test_two_ask_to_wait_at_once(racing_app: Flask) -> None:
    """One person, two taps: one turn."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            activity_id, _none = course(waiting=0)
            person_id = make.person().id
            db.session.commit()

        def tap(person_id: int = person_id, activity_id: int = activity_id) -> object:
            person = db.session.get_one(Person, person_id)
            activity = db.session.get_one(Activity, activity_id)
            return wait_for(activity, [person], by=person, now=BEFORE)

        all_at_once(racing_app, [tap, tap, tap])

        with racing_app.app_context():
            rows = select(func.count()).where(Waiting.activity_id == activity_id)
            assert db.session.scalars(rows).one() == 1


@pytest.mark.parametrize("answer", [accept, decline])
def test_who_is_blocked_while_they_answer_decides_nothing(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch, answer: Callable[..., None]
) -> None:
    """Between the look at whose child it is and the answer, somebody on the staff blocks him."""
    with postgres_app.app_context():
        activity_id, _waiting = course(waiting=0)
        father = make.person()
        child = make.child(father)
        wait_for(db.session.get_one(Activity, activity_id), [child], by=father, now=BEFORE)
        empty(activity_id)
        father_id, child_id = father.id, child.id

    def blocks() -> None:
        child, father = (db.session.get_one(Person, one) for one in (child_id, father_id))
        block(child, father, by=father, now=BEFORE)

    with postgres_app.app_context():
        father = db.session.get_one(Person, father_id)
        waiting = db.session.scalars(waitings_for(father)).one()
        waiting_id = waiting.id
        meanwhile(postgres_app, monkeypatch, queue, "lock", blocks)

        with pytest.raises(Gone):
            answer(waiting, reader=father, now=BEFORE)
        db.session.rollback()

    with postgres_app.app_context():
        assert db.session.get_one(Waiting, waiting_id).state is WaitingState.OFFERED
