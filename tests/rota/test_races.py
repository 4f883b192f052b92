"""Several coordinators and several workers at once: rounds on each engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Level
from app.rota.accepting import accept
from app.rota.board import all_new
from app.rota.models import Rota
from app.rota.operations import begin_rota, plan_again
from app.rota.search import _taken, search_next
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import give_up_place
from app.staffing.queries import assignment_of
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.rota.house import House

ROUNDS = 15


def accepting(rota_id: int) -> Callable[[], object]:
    """Everything that the plan proposes."""

    def click() -> object:
        rota = db.session.get_one(Rota, rota_id)
        found = accept(rota, set(all_new(rota, now=BEFORE)), seen=None, now=BEFORE)
        return sum(one.refused is None for one in found)

    return click


def test_two_coordinators_accept_the_same_plan_and_everybody_is_asked_once(
    racing_app: Flask,
) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            house = House()
            for day in range(1, 4):
                house.need("prs", MONDAY + timedelta(days=day))
            mine = house.rota()
            other = make.coordinator(house.centre)
            house.coordinator = other
            theirs = house.rota()
            ids, needs = (mine.id, theirs.id), mine.filled
            before = db.session.scalars(select(func.count(Assignment.id))).one()
        results = all_at_once(racing_app, [accepting(one) for one in ids])
        assert not [one for one in results if isinstance(one, DBAPIError)], results
        with racing_app.app_context():
            after = db.session.scalars(select(func.count(Assignment.id))).one()
            assert after - before == needs


def test_a_relay_that_two_accept_at_once_is_made_once(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            house = House()
            need = house.need(
                "ti", MONDAY + timedelta(days=1), wanted=2, relay=True, interpreting=True
            )
            make.mediator(house.centre, {"ti": Level.NATIVE, "ar": Level.C1})
            house.amina.languages[0].interprets = Level.C1
            rota_id, meeting_id = house.rota().id, need.meeting_id
        results = all_at_once(racing_app, [accepting(rota_id)] * 2)
        assert not [one for one in results if isinstance(one, DBAPIError)], results
        with racing_app.app_context():
            made = select(func.count(Need.id)).where(Need.meeting_id == meeting_id)
            assert db.session.scalars(made).one() == 3


def test_a_request_is_confirmed_or_taken_back_never_both(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            house = House()
            asked = make.assignment(need=house.evening, person=house.basir, state=State.REQUESTED)
            rota_id, asked_id = house.rota().id, asked.id

        def give_up(asked_id: int = asked_id) -> object:
            give_up_place(db.session.get_one(Assignment, asked_id), now=BEFORE)
            return None

        results = all_at_once(racing_app, [accepting(rota_id), give_up])
        assert not [one for one in results if isinstance(one, DBAPIError)], results
        with racing_app.app_context():
            asked = db.session.get_one(Assignment, asked_id)
            assert asked.state in (State.WITHDRAWN, State.OFFERED)
            assert assignment_of(asked.need, asked.person) is asked


def test_a_plan_asked_for_by_several_clicks_at_once_is_one(racing_app: Flask) -> None:
    for _round in range(5):
        with racing_app.app_context():
            house = House()
            db.session.commit()
            coordinator_id, centre_id = house.coordinator.id, house.centre.id
            before = house.rota().id

        def begin(person_id: int = coordinator_id, centre_id: int = centre_id) -> object:
            return begin_rota(
                db.session.get_one(Person, person_id),
                centre=db.session.get_one(Centre, centre_id),
                first_day=MONDAY.date(),
                last_day=MONDAY.date(),
                now=BEFORE,
            ).id

        def again(before: int = before) -> object:
            return plan_again(db.session.get_one(Rota, before), now=BEFORE).id

        results = all_at_once(racing_app, [begin, again] * 3)
        assert not [one for one in results if isinstance(one, DBAPIError)], results
        assert len(set(results)) == 2
        with racing_app.app_context():
            while search_next(clock=lambda: BEFORE):
                pass


def test_two_workers_take_a_plan_once(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            House().asked()
        taken = all_at_once(racing_app, [lambda: _taken(BEFORE)] * 3)
        assert not [one for one in taken if isinstance(one, DBAPIError)], taken
        assert sum(one is not None for one in taken) == 1


def test_two_workers_search_different_plans_at_once(racing_app: Flask) -> None:
    with racing_app.app_context():
        for _one in range(4):
            House().asked()
    found = all_at_once(
        racing_app, [lambda: [search_next(clock=lambda: BEFORE) for _ in range(3)]] * 2
    )
    assert not [one for one in found if isinstance(one, DBAPIError)], found
    with racing_app.app_context():
        rotas = db.session.scalars(select(Rota)).all()
        assert [(one.stage.value, one.attempts) for one in rotas] == [("done", 1)] * 4
