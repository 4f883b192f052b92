"""A person and a coordinator who say so in the same moment: fifty rounds on each engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.presence.models import MISSED, Presence, Word
from app.presence.operations import check_in, record
from app.staffing.models import Assignment, State
from tests import make
from tests.make import MONDAY
from tests.races import all_at_once

ROUNDS = 50
END = MONDAY + timedelta(hours=2)


def test_two_words_at_once_become_one_row(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            one = make.assignment(state=State.CONFIRMED)
            place_id = one.id
            db.session.commit()
        whole = Word(MONDAY, END)

        def own(place_id: int = place_id, whole: Word = whole) -> object:
            return check_in(db.session.get_one(Assignment, place_id), whole, now=END)

        def theirs(place_id: int = place_id, whole: Word = whole) -> object:
            place = db.session.get_one(Assignment, place_id)
            meeting = place.need.meeting
            boss = meeting.activity.coordinator
            return record(meeting, {place.person: MISSED}, by=boss, now=END)

        clicks: list[Callable[[], object]] = [own, theirs, own]
        results = all_at_once(racing_app, clicks)

        assert not [one for one in results if isinstance(one, DBAPIError)], results
        with racing_app.app_context():
            place = db.session.get_one(Assignment, place_id)
            row = db.session.scalars(
                select(Presence).where(Presence.meeting_id == place.need.meeting_id)
            ).one()
            assert row.word == MISSED  # the coordinator's counts, whoever was first
            assert row.own_word == whole
