"""Two coordinators issue in the same moment; a form is sent twice: thirty rounds on each engine."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.certificates.models import Certificate
from app.certificates.operations import issue
from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Role
from app.staffing.models import State
from tests import make
from tests.certificates.test_issuing import typed
from tests.make import MONDAY
from tests.races import all_at_once

ROUNDS = 30
NOW = MONDAY + timedelta(days=20)


def test_numbers_have_no_gap_and_no_double(racing_app: Flask) -> None:
    for number in range(ROUNDS):
        with racing_app.app_context():
            centre = make.centre()
            boss = make.coordinator(centre)
            need = make.need(
                meeting=make.meeting(activity=make.activity(centre=centre, coordinator=boss)),
                role=Role.VOLUNTEER,
            )
            people = [make.person([Role.VOLUNTEER], centre) for _n in range(2)]
            for one in people:
                make.presence(make.assignment(need=need, person=one, state=State.CONFIRMED))
            ids = centre.id, boss.id, [one.id for one in people]
            db.session.commit()

        def click(form: int, whose: int, round_: int = number, ids: Any = ids) -> object:
            here, by = db.session.get_one(Centre, ids[0]), db.session.get_one(Person, ids[1])
            person = db.session.get_one(Person, ids[2][whose])
            once = f"form-{form}-of-round-{round_}"
            return issue(person, here, typed(), once=once, by=by, now=NOW).serial

        forms = ((1, 0), (1, 0), (2, 1))
        results = all_at_once(racing_app, [partial(click, *form) for form in forms])

        assert not [one for one in results if isinstance(one, DBAPIError)], results
        with racing_app.app_context():
            issued = select(Certificate.serial).where(Certificate.centre_id == ids[0])
            assert sorted(db.session.scalars(issued)) == [1, 2]
