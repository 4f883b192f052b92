"""The plan of the week for those who help, and the morning summary for coordinators."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from app.extensions import db
from app.notices.letter import Letter
from app.notices.models import Kind, Notice, State, Topic
from app.notices.queries import call_list
from app.notices.sending import send_due
from app.notices.wishes import keep_silent, refuse
from app.people.terms import Stage
from app.programme.bookings import book, release
from app.programme.models import Part
from app.reminders.letters import compose
from app.reminders.mornings import post_morning_summaries
from app.reminders.weekly import coming_week, post_weekly_plans
from app.staffing.models import State as Place
from app.staffing.operations import give_up_place, offer_place
from tests import make
from tests.make import MONDAY
from tests.notices.test_outbox import Recorder

SUNDAY = datetime(2027, 2, 28, 15, tzinfo=UTC)
"""17:00 in București, the evening before `MONDAY`."""
BUCHAREST = ZoneInfo("Europe/Bucharest")
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("app")


def sent(at: datetime) -> list[Letter]:
    postman = Recorder()
    send_due(postman, compose, clock=lambda: at)
    return postman.sent


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("day", "hour", "monday"),
    [(28, 16, None), (28, 17, 1), (28, 23, 1), (1, 0, 1), (1, 11, 1), (1, 12, None), (2, 9, None)],
)
def test_a_week_is_told_from_sunday_evening_until_monday_noon(
    day: int, hour: int, monday: int | None
) -> None:
    at = datetime(2027, 2 if day == 28 else 3, day, hour, tzinfo=BUCHAREST)

    assert coming_week(at, BUCHAREST) == (date(2027, 3, monday) if monday else None)


class TestTheWeek:
    def test_whoever_has_a_place_is_told_once(self) -> None:
        need = make.need()
        amina = make.mediator(need.meeting.activity.centre)
        book(amina, need.meeting, Part.HELPER)

        assert post_weekly_plans(now=SUNDAY - HOUR) == 0
        assert post_weekly_plans(now=SUNDAY) == 1
        assert post_weekly_plans(now=SUNDAY + HOUR) == 0
        [letter] = sent(SUNDAY)
        assert "Language café" in letter.text
        assert "from 11:00 to 13:00" in letter.text
        assert "/en/mine" in letter.text

    def test_whoever_is_asked_is_told(self) -> None:
        need = make.need()
        amina = make.mediator(need.meeting.activity.centre)
        make.assignment(need=need, person=amina, state=Place.OFFERED, lapses_at=MONDAY)

        assert post_weekly_plans(now=SUNDAY) == 1
        [letter] = sent(SUNDAY)
        assert "whether you can help at 1 more session" in letter.text

    def test_nobody_else(self) -> None:
        meeting = make.meeting()
        here = meeting.activity.centre
        book(make.participant(here), meeting, Part.LEARNER)
        book(make.mediator(here), meeting, Part.LEARNER)
        left = make.mediator(here)
        book(left, meeting, Part.HELPER)
        left.memberships[0].stage = Stage.LEFT
        later = make.meeting(starts_at=MONDAY + timedelta(days=7))
        book(make.mediator(here), later, Part.HELPER)

        assert post_weekly_plans(now=SUNDAY) == 0

    def test_not_who_does_not_want_it(self) -> None:
        meeting = make.meeting()
        amina = make.mediator(meeting.activity.centre)
        book(amina, meeting, Part.HELPER)
        refuse(amina, Topic.PLAN, now=SUNDAY)

        assert post_weekly_plans(now=SUNDAY) == 0

    def test_in_the_readers_zone(self) -> None:
        meeting = make.meeting()
        amina = make.mediator(meeting.activity.centre, zone="America/New_York")
        book(amina, meeting, Part.HELPER)

        assert post_weekly_plans(now=SUNDAY) == 0
        assert post_weekly_plans(now=SUNDAY + 7 * HOUR) == 1

    def test_it_tells_what_is_true_when_it_leaves(self) -> None:
        meeting = make.meeting()
        amina = make.mediator(meeting.activity.centre)
        book(amina, meeting, Part.HELPER)
        post_weekly_plans(now=SUNDAY)
        release(amina, meeting, Part.HELPER)

        assert sent(SUNDAY) == []
        assert db.session.scalars(select(Notice.state)).one() is State.DROPPED

    def test_a_protected_session_is_a_time(self) -> None:
        group = make.womens_group()
        meeting = make.meeting(activity=group, room=make.room(centre=group.centre, name="Sala 7"))
        book(make.mediator(group.centre), meeting, Part.HELPER)
        post_weekly_plans(now=SUNDAY)

        [letter] = sent(SUNDAY)

        assert "Meeting, Monday, 1 March 2027, from 11:00 to 13:00" in letter.text
        for word in ("Quiet circle", "Sala 7", group.centre.address):
            assert word not in letter.text

    def test_nobody_is_called_for_it(self) -> None:
        meeting = make.meeting()
        here = meeting.activity.centre
        amina, boss = make.mediator(here), make.coordinator(here)
        book(amina, meeting, Part.HELPER)
        post_weekly_plans(now=SUNDAY)
        keep_silent(amina, by=boss, now=SUNDAY)

        assert db.session.scalars(select(Notice.state)).one() is State.FAILED
        assert db.session.scalars(call_list(amina, now=SUNDAY)).all() == []
        db.session.execute(update(Notice).values(confidential=False, responsible_id=boss.id))
        assert db.session.scalars(call_list(boss, now=SUNDAY)).all() == []


EARLY = MONDAY - timedelta(hours=5)
"""Six o'clock on Monday morning in București."""
EIGHT = MONDAY - timedelta(hours=3)


class TestTheMorning:
    def test_numbers_of_today_and_tomorrow_at_eight(self) -> None:
        need = make.need()
        here, boss = need.meeting.activity.centre, need.meeting.activity.coordinator
        for days in (1, 1, 2):
            starts_at = MONDAY + timedelta(days=days)
            make.need(
                meeting=make.meeting(
                    activity=make.activity(centre=here, coordinator=boss), starts_at=starts_at
                )
            )

        assert post_morning_summaries(now=EARLY - 2 * HOUR) == 0
        assert post_morning_summaries(now=EARLY) == 1
        assert post_morning_summaries(now=EARLY + HOUR) == 0
        assert sent(EARLY) == []
        [letter] = sent(EIGHT)
        assert "Today 1 session still lacks somebody." in letter.text
        assert "Tomorrow 2 sessions still lack somebody." in letter.text

    def test_who_gave_a_place_up_and_who_looks_for_a_stand_in_are_counted(self) -> None:
        need = make.need()
        here, boss = need.meeting.activity.centre, need.meeting.activity.coordinator
        place = make.assignment(
            need=need, person=make.mediator(here), state=Place.CONFIRMED, stand_in_wanted_at=EARLY
        )
        other = make.need(meeting=need.meeting)
        gone = make.assignment(need=other, person=make.mediator(here), state=Place.CONFIRMED)
        give_up_place(gone, now=EARLY - HOUR)
        post_morning_summaries(now=EARLY)

        letters = [one for one in sent(EIGHT) if one.to == boss.email]

        whole = next(one.text for one in letters if one.subject.startswith("Today"))
        assert "Since yesterday 1 place was given up." in whole
        assert "1 person looks for a stand-in." in whole
        for one in (place, gone):
            assert one.person.name not in whole

    def test_a_quiet_morning_is_no_letter(self) -> None:
        make.coordinator(make.centre())
        post_morning_summaries(now=EARLY)

        assert sent(EIGHT) == []

    def test_what_one_may_not_know_of_is_not_counted(self) -> None:
        group = make.womens_group()
        make.need(meeting=make.meeting(activity=group))
        other = make.coordinator(group.centre)
        post_morning_summaries(now=EARLY)

        letters = sent(EIGHT)

        assert other.email not in [letter.to for letter in letters]
        [mine] = letters
        assert mine.to == group.coordinator.email
        assert "Quiet circle" not in mine.text

    def test_yesterdays_is_never_sent(self) -> None:
        make.need(meeting=make.meeting(starts_at=MONDAY + timedelta(days=1)))
        post_morning_summaries(now=EARLY)

        assert sent(EIGHT + timedelta(days=1)) == []

    def test_not_for_volunteers(self) -> None:
        make.mediator(make.centre())

        assert post_morning_summaries(now=EARLY) == 0

    def test_the_call_list_is_counted(self) -> None:
        need = make.need()
        here, boss = need.meeting.activity.centre, need.meeting.activity.coordinator
        offer_place(need, make.mediator(here, email=None), by=boss, now=EARLY)
        post_morning_summaries(now=EARLY)

        texts = [one.text for one in sent(EIGHT) if one.subject.startswith("Today")]

        assert "1 message could not be delivered: please telephone." in texts[0]
        assert db.session.scalars(
            select(Notice.kind).where(Notice.state == State.FAILED)
        ).all() == [Kind.OFFER]
