"""Two people become one while others click: each outcome is one of those that order allows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.attendance.marks import Mark
from app.attendance.models import Attendance
from app.attendance.operations import Row, save_rows
from app.database import only_reading
from app.extensions import Gone, db
from app.notices.claiming import claim
from app.notices.models import Kind, Notice, State
from app.notices.operations import post
from app.own_data.operations import erase
from app.participants.models import Merge
from app.participants.operations import merge
from app.people.models import Person
from app.programme.models import Activity, Booking, Meeting
from app.reminders.operations import post_reminders
from app.signups.models import Enrolment
from app.signups.operations import join
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

ROUNDS = range(2)
SOON = MONDAY - timedelta(hours=20)


class Ids:
    """A course, and somebody known twice: numbers, since each click has a session of its own."""

    def __init__(self) -> None:
        centre = make.centre()
        by = make.coordinator(centre)
        activity = make.activity(centre=centre, coordinator=by, capacity=5)
        meeting = make.meeting(activity=activity)
        people = [make.participant(centre, name=name) for name in ("Mohamad", "Mohammed")]
        self.gone, self.kept = (person.id for person in people)
        self.by, self.activity, self.meeting = by.id, activity.id, meeting.id
        self.refs = {person.id: person.ref for person in people}

    def merge(self, gone: int | None = None, kept: int | None = None) -> str:
        one, other = (get(number) for number in (gone or self.gone, kept or self.kept))
        merge(one, other, by=get(self.by), now=BEFORE)
        return "merged"

    def join(self, person: int) -> str:
        activity = db.session.get_one(Activity, self.activity)
        join(activity, get(person), by=get(self.by), now=BEFORE)
        return "joined"


def get(number: int) -> Person:
    """As somebody who opened a page a moment ago, when all were still there."""
    found = db.session.get(Person, number)
    if found is None:
        raise Gone
    return found


def numbers() -> set[int]:
    return set(db.session.scalars(select(Person.id)))


@pytest.fixture
def ids(racing_app: Flask) -> Ids:
    with racing_app.app_context():
        made = Ids()
        db.session.commit()
        return made


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_into_the_other_and_back_leaves_one(racing_app: Flask, ids: Ids, _round: int) -> None:
    results = all_at_once(racing_app, [ids.merge, lambda: ids.merge(ids.kept, ids.gone), ids.merge])

    with racing_app.app_context(), only_reading():
        assert sorted(str(type(one).__name__) for one in results) == ["Gone", "Gone", "str"]
        (trace,) = db.session.scalars(select(Merge))
        assert trace.person_id in {ids.gone, ids.kept} & numbers()
        assert len({ids.gone, ids.kept} & numbers()) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_whoever_joins_meanwhile_has_a_place_or_is_told(
    racing_app: Flask, ids: Ids, _round: int
) -> None:
    results = all_at_once(
        racing_app, [ids.merge, lambda: ids.join(ids.gone), lambda: ids.join(ids.kept)]
    )

    with racing_app.app_context(), only_reading():
        assert results[0] == "merged"
        assert results[2] == "joined"
        assert isinstance(results[1], Gone | str)
        for table in (Enrolment, Booking):
            assert db.session.scalars(select(table.person_id)).all() == [ids.kept]


@pytest.mark.parametrize("_round", ROUNDS)
def test_whoever_is_erased_meanwhile_is_not_merged_back(
    racing_app: Flask, ids: Ids, _round: int
) -> None:
    def go() -> str:
        erase(get(ids.gone), by=get(ids.gone), now=BEFORE)
        return "erased"

    with racing_app.app_context():
        ids.join(ids.gone)
        db.session.commit()
    results = all_at_once(racing_app, [ids.merge, go])

    with racing_app.app_context(), only_reading():
        places = db.session.scalars(
            select(Enrolment.person_id).where(Enrolment.left_at.is_(None))
        ).all()
        if results[0] == "merged":
            assert places == [ids.kept]
            assert ids.gone not in numbers()
        else:
            assert isinstance(results[0], Gone)
            assert places == []


@pytest.mark.parametrize("_round", ROUNDS)
def test_whoever_is_marked_meanwhile_is_marked_once(
    racing_app: Flask, ids: Ids, _round: int
) -> None:
    with racing_app.app_context():
        for number in (ids.gone, ids.kept):
            ids.join(number)
        db.session.commit()

    def mark() -> str:
        meeting = db.session.get_one(Meeting, ids.meeting)
        rows = [Row(get(number), Mark.PRESENT, "") for number in (ids.gone, ids.kept)]
        save_rows(meeting, rows, by=get(ids.by), now=MONDAY + timedelta(hours=1))
        return "marked"

    results = all_at_once(racing_app, [ids.merge, mark])

    with racing_app.app_context(), only_reading():
        marked = db.session.scalars(select(Attendance.person_id)).all()
        if results == ["merged", "marked"]:
            assert marked == [ids.kept]
        else:  # one was told to look again
            assert "merged" in results or "marked" in results
            assert len(marked) == len(set(marked))


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_reminder_is_owed_once(racing_app: Flask, ids: Ids, _round: int) -> None:
    with racing_app.app_context():
        for number in (ids.gone, ids.kept):
            ids.join(number)
        db.session.commit()

    def remind() -> str:
        post_reminders(now=SOON)
        return "reminded"

    results = all_at_once(racing_app, [ids.merge, remind, remind])

    with racing_app.app_context():
        assert results[0] == "merged"
        post_reminders(now=SOON)
        db.session.commit()
        reminders = db.session.scalars(select(Notice).where(Notice.kind == Kind.REMINDER)).all()
        assert [one.person_id for one in reminders] == [ids.kept]


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_reminder_that_a_worker_takes_stays_one(racing_app: Flask, ids: Ids, _round: int) -> None:
    with racing_app.app_context():
        for number in (ids.gone, ids.kept):
            post(get(number), Kind.REMINDER, "monday", now=BEFORE, about={"meeting": ids.meeting})
        db.session.commit()

    results = all_at_once(
        racing_app, [ids.merge, lambda: claim("worker", now=BEFORE + timedelta(days=1))]
    )

    with racing_app.app_context(), only_reading():
        assert results[0] == "merged"
        (one,) = db.session.scalars(select(Notice))
        assert one.person_id == ids.kept
        assert one.state in (State.CLAIMED, State.PENDING)
        assert db.session.scalars(select(func.count(Person.id))).one() == len(numbers())
