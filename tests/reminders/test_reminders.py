"""Reminding: who, when, once; and that a move or a cancellation changes the answer by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.notices.models import Kind, Notice, State
from app.notices.operations import send_due
from app.people.models import Person
from app.programme.bookings import book
from app.programme.changing import cancel_meeting, move_meeting
from app.programme.models import Meeting, Part
from app.reminders.letters import compose
from app.reminders.operations import post_reminders
from tests import make
from tests.make import BEFORE, MONDAY
from tests.notices.test_outbox import Recorder
from tests.races import all_at_once

DAY_BEFORE = MONDAY - timedelta(days=1)


def expected(person: Person, meeting: Meeting) -> None:
    book(person, meeting, Part.LEARNER)


def reminders() -> list[Notice]:
    found = select(Notice).where(Notice.kind == Kind.REMINDER).order_by(Notice.id)
    return list(db.session.scalars(found))


@pytest.mark.usefixtures("app")
class TestReminding:
    def test_from_the_same_hour_of_the_day_before_and_only_once(self) -> None:
        layla = make.person()
        expected(layla, make.meeting())

        assert post_reminders(now=DAY_BEFORE - timedelta(minutes=1)) == 0
        assert post_reminders(now=DAY_BEFORE) == 1
        assert post_reminders(now=DAY_BEFORE + timedelta(minutes=1)) == 0
        assert [n.person for n in reminders()] == [layla]

    def test_the_day_before_is_a_day_on_the_wall_when_clocks_change(self) -> None:
        """28 March 2027 has 23 hours in București: 12:00 the day before is 23 hours away."""
        start = datetime(2027, 3, 28, 9, tzinfo=UTC)  # 12:00 summer time
        expected(make.person(), make.meeting(starts_at=start))

        assert post_reminders(now=start - timedelta(hours=23, minutes=1)) == 0
        assert post_reminders(now=start - timedelta(hours=23)) == 1

    def test_whoever_joins_late_is_reminded_too(self) -> None:
        meeting = make.meeting()
        expected(make.person(), meeting)
        post_reminders(now=DAY_BEFORE)
        late = make.person()
        expected(late, meeting)

        assert post_reminders(now=DAY_BEFORE + timedelta(hours=5)) == 1
        assert reminders()[-1].person is late

    def test_an_outage_is_caught_up_with_until_half_an_hour_before(self) -> None:
        expected(make.person(), make.meeting())

        assert post_reminders(now=MONDAY - timedelta(minutes=20)) == 0
        assert post_reminders(now=MONDAY - timedelta(minutes=40)) == 1

    def test_a_move_silences_the_old_reminder_and_a_new_one_comes_in_time(self) -> None:
        layla, meeting = make.person(), make.meeting()
        expected(layla, meeting)
        post_reminders(now=DAY_BEFORE)
        move_meeting(
            meeting,
            starts_at=MONDAY + timedelta(days=7),
            ends_at=MONDAY + timedelta(days=7, hours=1),
            room=None,
            by=meeting.activity.coordinator,
            now=DAY_BEFORE,
            seen=0,
        )
        postman = Recorder()

        send_due(postman, compose, clock=lambda: DAY_BEFORE)
        assert [letter.subject.split(":")[0] for letter in postman.sent] == ["Changed"]
        assert post_reminders(now=DAY_BEFORE + timedelta(days=1)) == 0
        assert post_reminders(now=DAY_BEFORE + timedelta(days=7)) == 1

    def test_a_move_within_the_day_tells_once_not_twice(self) -> None:
        layla, meeting = make.person(), make.meeting()
        expected(layla, meeting)
        move_meeting(
            meeting,
            starts_at=MONDAY + timedelta(hours=1),
            ends_at=MONDAY + timedelta(hours=2),
            room=None,
            by=meeting.activity.coordinator,
            now=DAY_BEFORE + timedelta(hours=3),
            seen=0,
        )

        assert post_reminders(now=DAY_BEFORE + timedelta(hours=3, minutes=1)) == 0

    def test_a_cancellation_silences_the_reminder(self) -> None:
        layla, meeting = make.person(), make.meeting()
        expected(layla, meeting)
        post_reminders(now=DAY_BEFORE)
        cancel_meeting(meeting, by=meeting.activity.coordinator, now=DAY_BEFORE, seen=0)
        postman = Recorder()

        send_due(postman, compose, clock=lambda: DAY_BEFORE)

        assert [letter.subject.split(":")[0] for letter in postman.sent] == ["Cancelled"]
        assert reminders()[0].state is State.DROPPED
        assert post_reminders(now=DAY_BEFORE + timedelta(hours=2)) == 0

    def test_whoever_left_is_not_reminded(self) -> None:
        from app.programme.bookings import release

        layla, meeting = make.person(), make.meeting()
        expected(layla, meeting)
        release(layla, meeting, Part.LEARNER)

        assert post_reminders(now=DAY_BEFORE) == 0


def test_two_workers_owe_one_reminder(racing_app: Flask) -> None:
    for round_number in range(50):
        start = MONDAY + timedelta(days=7 * round_number)
        with racing_app.app_context():
            expected(make.person(), make.meeting(starts_at=start))
            db.session.commit()

        def remind(at: datetime = start - timedelta(hours=20)) -> object:
            return post_reminders(now=at)

        all_at_once(racing_app, [remind, remind, remind])

        with racing_app.app_context():
            count = select(func.count()).where(Notice.kind == Kind.REMINDER)
            assert db.session.scalars(count).one() == round_number + 1


@pytest.mark.usefixtures("app")
def test_a_reminder_to_someone_who_left_between_posting_and_sending_is_dropped() -> None:
    from app.programme.bookings import release

    layla, meeting = make.person(), make.meeting()
    expected(layla, meeting)
    post_reminders(now=BEFORE + timedelta(days=9))
    release(layla, meeting, Part.LEARNER)
    postman = Recorder()

    send_due(postman, compose, clock=lambda: DAY_BEFORE)

    assert postman.sent == []
