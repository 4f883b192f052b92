"""Two coordinators issue in the same moment; a form is sent twice: thirty rounds on each engine."""

from __future__ import annotations

from datetime import timedelta

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
            ana = make.person([Role.VOLUNTEER], centre)
            make.presence(make.assignment(need=need, person=ana, state=State.CONFIRMED))
            ids = centre.id, boss.id, ana.id
            db.session.commit()

        def click(once: str, ids: tuple[int, int, int] = ids) -> object:
            here = db.session.get_one(Centre, ids[0])
            by, person = (db.session.get_one(Person, one) for one in ids[1:])
            return issue(person, here, typed(), once=once, by=by, now=NOW).serial

        forms = [f"form-{number}-{name}-of-a-round" for name in ("a", "a", "b")]
        results = all_at_once(racing_app, [lambda f=f: click(f) for f in forms])  # type: ignore[misc]

        assert not [one for one in results if isinstance(one, DBAPIError)], results
        with racing_app.app_context():
            issued = select(Certificate.serial).where(Certificate.centre_id == ids[0])
            assert sorted(db.session.scalars(issued)) == [1, 2]
