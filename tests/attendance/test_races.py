"""Two telephones that mark the same person, and one that sends twice, at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.attendance.certifying import issue_paper
from app.attendance.marks import Mark, Tap
from app.attendance.models import Attendance, AttendanceTap
from app.attendance.operations import Row, mark_everyone, save_rows, take_taps
from app.attendance.walk_ins import walk_in_new
from app.extensions import db
from app.people.models import Person
from app.programme.models import Meeting
from app.signups.queries import enrolment_of
from tests import make
from tests.make import MONDAY
from tests.races import all_at_once

ROUNDS = 15
NOW = MONDAY + timedelta(hours=1)


def prepared(app: Flask) -> tuple[int, int]:
    with app.app_context():
        meeting = make.meeting()
        someone = make.participant(meeting.activity.centre)
        make.enrolment(meeting.activity, someone)
        db.session.commit()
        return meeting.id, someone.id


def there(meeting_id: int, person_id: int) -> tuple[Meeting, Person]:
    return db.session.get_one(Meeting, meeting_id), db.session.get_one(Person, person_id)


def test_two_telephones_and_a_repeated_delivery(racing_app: Flask) -> None:
    for number in range(ROUNDS):
        ids = prepared(racing_app)
        one = Tap(f"one{number}", NOW, Mark.PRESENT)
        other = Tap(f"other{number}", NOW + timedelta(seconds=1), Mark.ABSENT)

        def tapped(tap: Tap, ids: tuple[int, int] = ids) -> Callable[[], object]:
            def click() -> object:
                meeting, person = there(*ids)
                by = meeting.activity.coordinator
                return take_taps(meeting, [(person, tap)], by=by, now=NOW)

            return click

        results = all_at_once(racing_app, [tapped(one), tapped(other), tapped(one), tapped(other)])

        assert results == [{}] * 4
        with racing_app.app_context():
            row = db.session.scalars(
                select(Attendance).where(Attendance.meeting_id == ids[0])
            ).one()
            assert row.mark is Mark.ABSENT
            words = select(func.count()).where(AttendanceTap.attendance_id == row.id)
            assert db.session.scalars(words).one() == 2


def test_a_page_and_everyone_at_once_leave_one_row(racing_app: Flask) -> None:
    for number in range(ROUNDS):
        ids = prepared(racing_app)

        def page(ids: tuple[int, int] = ids) -> object:
            meeting, person = there(*ids)
            rows = [Row(person, Mark.ABSENT, seen="")]
            return save_rows(meeting, rows, by=meeting.activity.coordinator, now=NOW)

        def all_of_them(ids: tuple[int, int] = ids, once: str = f"o{number}") -> object:
            meeting, _person = there(*ids)
            return mark_everyone(meeting, once, by=meeting.activity.coordinator, now=NOW)

        told, marked = all_at_once(racing_app, [page, all_of_them])

        assert not isinstance(told, DBAPIError)
        with racing_app.app_context():
            row = db.session.scalars(
                select(Attendance).where(Attendance.meeting_id == ids[0])
            ).one()
            expected = (Mark.PRESENT, 1, 1) if marked else (Mark.ABSENT, 0, 0)
            assert (row.mark, marked, len(told)) == expected  # type: ignore[arg-type]


def test_two_papers_at_once_have_two_numbers_and_one_click_has_one(racing_app: Flask) -> None:
    for number in range(5):
        ids = prepared(racing_app)
        with racing_app.app_context():
            meeting, person = there(*ids)
            by = meeting.activity.coordinator
            tap = Tap(f"p{number}", NOW, Mark.PRESENT)
            take_taps(meeting, [(person, tap)], by=by, now=NOW)
            db.session.commit()

        def click(once: str, ids: tuple[int, int] = ids) -> Callable[[], object]:
            def issued() -> object:
                meeting, person = there(*ids)
                held = enrolment_of(meeting.activity, person)
                assert held is not None
                by = meeting.activity.coordinator
                return issue_paper(held, once=once, by=by, now=NOW).serial

            return issued

        one, other = f"one{number}", f"other{number}"
        serials = all_at_once(racing_app, [click(one), click(other), click(one)])

        assert set(serials) == {1, 2}
        assert serials[0] == serials[2]


def test_a_form_sent_twice_adds_one_person(racing_app: Flask) -> None:
    for number in range(ROUNDS):
        ids = prepared(racing_app)

        def click(ids: tuple[int, int] = ids, number: int = number) -> object:
            meeting, _person = there(*ids)
            name, by = f"New {number}", meeting.activity.coordinator
            walk_in_new(meeting, name, "ar", once=f"w{number}", by=by, now=NOW)
            return None

        assert all_at_once(racing_app, [click, click]) == [None, None]
        with racing_app.app_context():
            new = select(func.count(Person.id)).where(Person.name == f"New {number}")
            assert db.session.scalars(new).one() == 1
