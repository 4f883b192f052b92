"""What must hold when several people click in the same moment: fifty rounds on each engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.people.models import Person
from app.programme.models import Booking, Meeting
from app.staffing.models import Assignment, Need, State
from app.staffing.moving import move_meeting
from app.staffing.operations import accept_offer, take_place
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

ROUNDS = 50


def count(*where: object) -> int:
    return db.session.scalars(select(func.count()).where(*where)).one()  # type: ignore[arg-type]


def run(app: Flask, clicks: Sequence[Callable[[], object]]) -> list[object]:
    """What each click led to: whoever loses is told so by a refusal, never by a database error."""
    results = all_at_once(app, clicks)
    assert not [one for one in results if isinstance(one, DBAPIError)], results
    return results


def taking(need_id: int, person_id: int) -> Callable[[], object]:
    def click() -> object:
        need = db.session.get_one(Need, need_id)
        return take_place(need, db.session.get_one(Person, person_id), now=BEFORE).state

    return click


def test_the_last_place_goes_to_one_person(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            need = make.need(wanted=1)
            people = [make.mediator(need.meeting.activity.centre).id for _n in range(4)]
            need_id, meeting_id = need.id, need.meeting_id
            db.session.commit()

        results = run(racing_app, [taking(need_id, person) for person in people])

        assert results.count(State.CONFIRMED) == 1, results
        with racing_app.app_context():
            assert count(Assignment.need_id == need_id, Assignment.state == State.CONFIRMED) == 1
            assert count(Booking.meeting_id == meeting_id) == 1


def test_nobody_is_booked_twice_at_the_same_time(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            here = make.centre()
            person_id = make.mediator(here).id
            needs = [
                make.need(meeting=make.meeting(activity=make.activity(centre=here))).id
                for _n in range(3)
            ]
            db.session.commit()

        results = run(racing_app, [taking(need, person_id) for need in needs])

        assert results.count(State.CONFIRMED) == 1, results
        with racing_app.app_context():
            assert count(Booking.person_id == person_id) == 1


def test_two_yeses_to_one_place_leave_one_confirmed(racing_app: Flask) -> None:
    def answering(offer_id: int) -> Callable[[], object]:
        def click() -> object:
            accept_offer(db.session.get_one(Assignment, offer_id), now=BEFORE)
            return "yes"

        return click

    for _round in range(ROUNDS):
        with racing_app.app_context():
            need = make.need(wanted=1)
            offers = [make.assignment(need=need).id for _n in range(2)]
            need_id = need.id
            db.session.commit()

        results = run(racing_app, [answering(offer) for offer in offers])

        assert results.count("yes") == 1, results
        with racing_app.app_context():
            assert count(Assignment.need_id == need_id, Assignment.state == State.CONFIRMED) == 1


def test_a_move_and_a_sign_up_elsewhere_never_put_somebody_in_two_places(
    racing_app: Flask,
) -> None:
    """One meeting moves onto the time of another that its helper takes in the same moment."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            here = make.centre()
            boss, amina = make.coordinator(here), make.mediator(here)
            moved = make.meeting(
                activity=make.activity(centre=here),
                starts_at=MONDAY.replace(hour=14),
                ends_at=MONDAY.replace(hour=16),
            )
            make.assignment(need=make.need(meeting=moved), person=amina, state=State.CONFIRMED)
            other = make.need(meeting=make.meeting(activity=make.activity(centre=here)))
            ids = moved.id, boss.id, amina.id, other.id
            db.session.commit()
        meeting_id, boss_id, amina_id, other_id = ids

        def move(meeting_id: int = meeting_id, boss_id: int = boss_id) -> object:
            move_meeting(
                db.session.get_one(Meeting, meeting_id),
                starts_at=MONDAY,
                ends_at=MONDAY.replace(hour=11),
                room=None,
                by=db.session.get_one(Person, boss_id),
                now=BEFORE,
                seen=0,
            )
            return "moved"

        results = run(racing_app, [move, taking(other_id, amina_id)])

        with racing_app.app_context():
            times = db.session.execute(
                select(Booking.starts_at, Booking.ends_at)
                .where(Booking.person_id == amina_id, Booking.held)
                .order_by(Booking.starts_at)
            ).all()
            assert all(a.ends_at <= b.starts_at for a, b in itertools.pairwise(times)), results
        assert ("moved" in results) != (State.CONFIRMED in results), results
