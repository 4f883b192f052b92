"""What is about to be forgotten goes on meanwhile."""

from __future__ import annotations

import pytest
from flask import Flask

from app.extensions import db
from app.own_data import past_appointments
from app.own_data.past_appointments import forget_past_appointments
from app.people.models import Person
from app.programme.models import Activity
from tests import make
from tests.own_data.test_past_appointments import House, places_of
from tests.planning.test_races import meanwhile


def test_an_appointment_that_is_planned_again_meanwhile_is_kept_whole(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_app.app_context():
        house = House()
        activity_id, layla_id, over = house.activity.id, house.layla.id, house.over

    def planned() -> object:
        activity = db.session.get_one(Activity, activity_id)
        return make.meeting(activity=activity, starts_at=over).id

    meanwhile(postgres_app, monkeypatch, past_appointments, "lock", planned)
    with postgres_app.app_context():
        assert forget_past_appointments(now=over) == 0
        db.session.commit()

        assert db.session.get_one(Activity, activity_id).title_in("ro") == "K7-M4C"
        assert places_of(db.session.get_one(Person, layla_id)) == 2
