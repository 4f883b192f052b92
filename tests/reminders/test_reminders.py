"""Reminding: who, when, once; and that a move or a cancellation changes the answer by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.notices.models import Kind, Notice, State
from app.notices.sending import send_due
from app.people.models import Person
from app.programme.bookings import book, release
from app.programme.models import Meeting, Part
from app.reminders.letters import compose, draft
from app.reminders.operations import post_reminders
from app.signups.operations import join, leave
from app.staffing.moving import cancel_meeting, move_meeting
from app.staffing.operations import offer_place
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

    def test_whoever_joins_for_tomorrow_is_told_once_not_twice(self) -> None:
        activity, layla = make.activity(), make.person()
        make.meeting(activity=activity)
        join(activity, layla, by=layla, now=DAY_BEFORE + timedelta(hours=1))

        assert post_reminders(now=DAY_BEFORE + timedelta(hours=1, minutes=1)) == 0

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
    layla, meeting = make.person(), make.meeting()
    expected(layla, meeting)
    post_reminders(now=BEFORE + timedelta(days=9))
    release(layla, meeting, Part.LEARNER)
    postman = Recorder()

    send_due(postman, compose, clock=lambda: DAY_BEFORE)

    assert postman.sent == []


@pytest.mark.usefixtures("app")
class TestWhatIsStillTrue:
    def sent(self, at: datetime) -> list[str]:
        postman = Recorder()
        send_due(postman, compose, clock=lambda: at)
        return [letter.subject for letter in postman.sent]

    def test_whoever_left_and_came_back_is_reminded(self) -> None:
        layla, meeting = make.person(), make.meeting()
        expected(layla, meeting)
        post_reminders(now=DAY_BEFORE)
        release(layla, meeting, Part.LEARNER)
        assert self.sent(DAY_BEFORE) == []
        expected(layla, meeting)

        assert post_reminders(now=DAY_BEFORE + timedelta(minutes=5)) == 1
        assert len(self.sent(DAY_BEFORE + timedelta(minutes=5))) == 1

    def test_a_chain_of_moves_says_what_the_reader_knew_last(self) -> None:
        layla, meeting = make.person(), make.meeting()
        expected(layla, meeting)
        for number, days in enumerate((1, 2)):
            move_meeting(
                meeting,
                starts_at=MONDAY + timedelta(days=days),
                ends_at=MONDAY + timedelta(days=days, hours=2),
                room=None,
                by=meeting.activity.coordinator,
                now=BEFORE,
                seen=number,
            )
        postman = Recorder()

        send_due(postman, compose, clock=lambda: BEFORE)

        [letter] = postman.sent
        assert "Wednesday, 3 March 2027" in letter.text
        assert "Before, it was to be on Monday, 1 March 2027" in letter.text

    def test_an_offer_for_a_cancelled_meeting_is_not_sent(self) -> None:
        need = make.need()
        amina = make.mediator(need.meeting.activity.centre)
        boss = need.meeting.activity.coordinator
        offer_place(need, amina, by=boss, now=BEFORE)
        cancel_meeting(need.meeting, by=boss, now=BEFORE, seen=0)

        subjects = [str(one) for one in self.sent(BEFORE)]
        assert len(subjects) == 1
        assert "Cancelled" in subjects[0]

    def test_a_place_in_an_activity_is_told_by_the_first_session_that_takes_place(self) -> None:
        activity, layla = make.activity(), make.person()
        first = make.meeting(activity=activity)
        make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=7))
        join(activity, layla, by=layla, now=BEFORE)
        cancel_meeting(first, by=activity.coordinator, now=BEFORE, seen=0)
        postman = Recorder()

        send_due(postman, compose, clock=lambda: BEFORE)

        place = next(one for one in postman.sent if one.subject.startswith("You have a place"))
        assert "8 March 2027" in place.text

    def test_whoever_is_removed_by_somebody_else_is_told(self) -> None:
        activity, layla = make.activity(), make.person()
        make.meeting(activity=activity)
        join(activity, layla, by=layla, now=BEFORE)
        leave(activity, layla, by=activity.coordinator, now=BEFORE)

        assert [one.split(":")[0] for one in self.sent(BEFORE)] == ["Your place has ended"]

    def test_whoever_was_removed_by_mistake_and_added_again_reads_no_farewell(self) -> None:
        activity, layla = make.activity(), make.person()
        make.meeting(activity=activity)
        join(activity, layla, by=layla, now=BEFORE)
        leave(activity, layla, by=activity.coordinator, now=BEFORE)
        join(activity, layla, by=activity.coordinator, now=BEFORE + timedelta(minutes=1))

        subjects = [one.split(":")[0] for one in self.sent(BEFORE + timedelta(minutes=2))]

        assert set(subjects) == {"You have a place"}

    def test_whoever_left_after_a_move_reads_only_that(self) -> None:
        activity, layla = make.activity(), make.person()
        meeting = make.meeting(activity=activity)
        join(activity, layla, by=layla, now=BEFORE)
        later = MONDAY + timedelta(days=1)
        move_meeting(
            meeting,
            starts_at=later,
            ends_at=later + timedelta(hours=1),
            room=None,
            by=activity.coordinator,
            now=BEFORE,
            seen=0,
        )
        leave(activity, layla, by=activity.coordinator, now=BEFORE)

        assert [one.split(":")[0] for one in self.sent(BEFORE)] == ["Your place has ended"]

    def test_a_caller_reads_what_to_say_in_their_own_words(self) -> None:
        layla, meeting = make.person(language="ar", email=None), make.meeting()
        expected(layla, meeting)
        cancel_meeting(meeting, by=meeting.activity.coordinator, now=BEFORE, seen=0)
        notice = db.session.scalars(select(Notice)).one()

        words = draft(notice, "en", BEFORE)

        assert words is not None
        assert words[0].startswith("Cancelled: ")
        assert draft(notice, "en", MONDAY + timedelta(days=1)) is None  # nobody needs it any more
