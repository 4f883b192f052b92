"""Own lead times: who is reminded a week, a day, two hours before, or not at all."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.notices.models import Kind, Notice, State, Topic
from app.notices.sending import send_due
from app.notices.timing import Lead
from app.notices.wishes import refuse
from app.people.models import Person
from app.programme.bookings import book
from app.programme.kinds import Kind as Sort
from app.programme.models import Meeting, Part
from app.reminders.letters import compose
from app.reminders.models import ALL, MEETING
from app.reminders.operations import post_reminders, report_missed
from app.reminders.wishing import TooQuiet, keep_quiet, wish, wishes_of
from app.signups.operations import join
from app.staffing.moving import cancel_meeting, move_meeting
from tests import make
from tests.make import BEFORE, MONDAY
from tests.notices.test_outbox import Recorder
from tests.races import all_at_once

EVERY = frozenset(Lead)
WEEK, DAY, HOURS = (timedelta(days=7), timedelta(days=1), timedelta(hours=2))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def expected(meeting: Meeting, **wishes: frozenset[Lead]) -> Person:
    someone = make.person()
    book(someone, meeting, Part.LEARNER)
    if wishes:
        wish(someone, wishes)
    return someone


def leads() -> list[str]:
    found = select(Notice.about).where(Notice.kind == Kind.REMINDER).order_by(Notice.id)
    return [about["lead"] for about in db.session.scalars(found)]


@pytest.mark.usefixtures("app")
class TestLeadTimes:
    def test_whoever_wished_nothing_is_reminded_a_day_before(self) -> None:
        someone = expected(make.meeting())

        for before in (WEEK, DAY, HOURS):
            post_reminders(now=MONDAY - before)

        assert leads() == ["day"]
        assert wishes_of(someone) == {ALL: {Lead.DAY}}

    def test_each_of_several_comes_at_its_time_and_once(self) -> None:
        expected(make.meeting(), all=EVERY)

        counts = [
            (post_reminders(now=MONDAY - before - MINUTE), post_reminders(now=MONDAY - before))
            for before in (WEEK, DAY, HOURS)
        ]

        assert counts == [(0, 1)] * 3
        assert leads() == ["week", "day", "hours"]
        assert post_reminders(now=MONDAY - HOURS + MINUTE) == 0

    def test_none_at_all(self) -> None:
        expected(make.meeting(), all=frozenset())

        assert [post_reminders(now=MONDAY - each) for each in (WEEK, DAY, HOURS)] == [0, 0, 0]

    def test_a_kind_of_activity_may_be_otherwise(self) -> None:
        course = make.meeting()
        walk = make.meeting(
            activity=make.activity(kind=Sort.CULTURAL), starts_at=MONDAY + 3 * HOURS
        )
        someone = expected(course, all=frozenset({Lead.DAY}), cultural=frozenset({Lead.HOURS}))
        book(someone, walk, Part.LEARNER)

        assert post_reminders(now=MONDAY - DAY + 3 * HOURS) == 1
        assert post_reminders(now=MONDAY + 2 * HOURS) == 1
        assert leads() == ["day", "hours"]

    def test_what_is_protected_is_a_meeting_whatever_its_kind(self) -> None:
        group = make.meeting(activity=make.womens_group())
        someone = expected(group)
        wish(someone, {ALL: frozenset(), MEETING: frozenset({Lead.HOURS})})

        assert MEETING in wishes_of(someone)
        assert post_reminders(now=MONDAY - DAY) == 0
        assert post_reminders(now=MONDAY - HOURS) == 1

    def test_whoever_joins_late_gets_the_shortest_that_is_due(self) -> None:
        expected(make.meeting(), all=EVERY)

        assert post_reminders(now=MONDAY - HOURS + MINUTE) == 1
        assert leads() == ["hours"]

    def test_after_an_outage_only_what_is_of_use_is_made_up_for(self) -> None:
        expected(make.meeting(), all=frozenset({Lead.WEEK}))

        assert post_reminders(now=MONDAY - timedelta(hours=20)) == 0
        assert post_reminders(now=MONDAY - timedelta(days=3)) == 1

    def test_a_move_retimes_each(self) -> None:
        meeting = make.meeting()
        expected(meeting, all=EVERY)
        post_reminders(now=MONDAY - WEEK)
        moved = MONDAY + WEEK
        move_meeting(
            meeting,
            starts_at=moved,
            ends_at=moved + HOURS,
            room=None,
            by=meeting.activity.coordinator,
            now=MONDAY - timedelta(days=6),
            seen=0,
        )

        assert post_reminders(now=MONDAY - DAY) == 0
        assert [post_reminders(now=moved - each) for each in (WEEK, DAY, HOURS)] == [1, 1, 1]

    def test_a_cancellation_silences_each(self) -> None:
        meeting = make.meeting()
        expected(meeting, all=EVERY)
        post_reminders(now=MONDAY - WEEK)
        boss = meeting.activity.coordinator
        cancel_meeting(meeting, by=boss, now=MONDAY - timedelta(days=6), seen=0)

        assert [post_reminders(now=MONDAY - each) for each in (DAY, HOURS)] == [0, 0]

    def test_whoever_was_just_given_a_place_is_not_reminded_of_the_same(self) -> None:
        activity = make.activity()
        make.meeting(activity=activity)
        someone = make.person()
        wish(someone, {ALL: EVERY})
        join(activity, someone, by=someone, now=MONDAY - WEEK + MINUTE)

        assert post_reminders(now=MONDAY - WEEK + 2 * MINUTE) == 0
        assert post_reminders(now=MONDAY - DAY) == 1

    def test_a_move_and_back_reminds_once_of_each(self) -> None:
        meeting = make.meeting()
        expected(meeting, all=EVERY)
        post_reminders(now=MONDAY - WEEK)
        for notice in db.session.scalars(select(Notice)):
            notice.state = State.SENT
        for starts, seen in ((MONDAY + HOURS, 0), (MONDAY, 1)):
            move_meeting(
                meeting,
                starts_at=starts,
                ends_at=starts + HOURS,
                room=None,
                by=meeting.activity.coordinator,
                now=MONDAY - timedelta(days=6, hours=12),
                seen=seen,
            )

        assert post_reminders(now=MONDAY - timedelta(days=6)) == 0
        assert post_reminders(now=MONDAY - DAY) == 1

    def test_whoever_wants_no_reminders_has_none(self) -> None:
        refuse(expected(make.meeting()), Topic.REMINDERS, now=BEFORE)

        assert post_reminders(now=MONDAY - DAY) == 0

    def test_a_change_of_mind_reaches_what_waits(self) -> None:
        someone = expected(make.meeting())
        post_reminders(now=MONDAY - DAY)
        wish(someone, {ALL: frozenset({Lead.HOURS})})
        postman = Recorder()

        send_due(postman, compose, clock=lambda: MONDAY - DAY)

        assert postman.sent == []
        assert post_reminders(now=MONDAY - HOURS) == 1

    def test_a_change_of_mind_and_back_still_reminds(self) -> None:
        someone = expected(make.meeting())
        post_reminders(now=MONDAY - DAY)
        wish(someone, {ALL: frozenset()})
        wish(someone, {ALL: frozenset({Lead.DAY})})

        assert post_reminders(now=MONDAY - DAY + MINUTE) == 1


@pytest.mark.usefixtures("app")
class TestMissed:
    def test_who_could_not_be_reminded_is_called(self) -> None:
        expected(make.meeting())

        assert report_missed(now=MONDAY - timedelta(minutes=31)) == 0
        assert report_missed(now=MONDAY - timedelta(minutes=20)) == 1
        send_due(Recorder(), compose, clock=lambda: MONDAY - timedelta(minutes=20))
        assert db.session.scalars(select(Notice.state)).one() is State.EXPIRED
        assert report_missed(now=MONDAY - timedelta(minutes=19)) == 0

    def test_a_letter_that_still_waits_has_told_nobody(self) -> None:
        meeting = make.meeting()
        someone = expected(meeting)
        move_meeting(
            meeting,
            starts_at=MONDAY + 2 * HOUR,
            ends_at=MONDAY + 4 * HOUR,
            room=None,
            by=meeting.activity.coordinator,
            now=MONDAY - HOUR,
            seen=0,
        )
        at = meeting.starts_at - timedelta(minutes=20)
        owed = select(Notice.kind).where(Notice.person_id == someone.id)
        assert db.session.scalars(owed).all() == [Kind.MOVED]

        assert post_reminders(now=at) == 0
        assert report_missed(now=at) == 1

    def test_not_who_was_reminded_or_wanted_none(self) -> None:
        meeting = make.meeting()
        expected(meeting)
        expected(meeting, all=frozenset())
        expected(meeting, all=frozenset({Lead.WEEK}))
        post_reminders(now=MONDAY - DAY)

        assert report_missed(now=MONDAY - timedelta(minutes=10)) == 0


@pytest.mark.usefixtures("app")
class TestQuietHours:
    def test_own_ones_count(self) -> None:
        someone = expected(make.meeting(starts_at=MONDAY + timedelta(hours=11)))  # 22:00
        keep_quiet(someone, (time(23), time(6)))

        post_reminders(now=MONDAY + timedelta(hours=11) - DAY)

        due = db.session.scalars(select(Notice.due_at)).one()
        assert due == MONDAY + timedelta(hours=11) - DAY

    def test_the_usual_ones_are_not_kept(self) -> None:
        someone = make.person()
        keep_quiet(someone, (time(23), time(6)))
        keep_quiet(someone, (time(21), time(8)))

        assert someone.quiet_hours is None

    @pytest.mark.parametrize("hours", [(time(8), time(7)), (time(12), time(4, 1))])
    def test_refused_when_hardly_an_hour_is_left(self, hours: tuple[time, time]) -> None:
        with pytest.raises(TooQuiet):
            keep_quiet(make.person(), hours)


def test_two_workers_owe_one_of_each(racing_app: Flask) -> None:
    for round_number in range(10):
        start = MONDAY + timedelta(days=30 * round_number)
        with racing_app.app_context():
            expected(make.meeting(starts_at=start), all=EVERY)
            db.session.commit()

        for before in (WEEK, DAY, HOURS):

            def remind(at: datetime = start - before + HOUR) -> object:
                return post_reminders(now=at)

            all_at_once(racing_app, [remind, remind, remind])

        with racing_app.app_context():
            count = select(func.count()).where(Notice.kind == Kind.REMINDER)
            assert db.session.scalars(count).one() == 3 * (round_number + 1)
