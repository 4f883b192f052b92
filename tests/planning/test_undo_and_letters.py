"""Who reads what, and when, where sessions change, change again and are put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.extensions import db
from app.notices.claiming import LEASE
from app.notices.letter import Letter
from app.notices.models import Kind, Notice, State
from app.notices.queries import call_list
from app.notices.sending import send_due
from app.people.models import Person
from app.planning.duplicating import duplicate_meeting
from app.planning.minding import ChildcareFacts, plan_childcare
from app.planning.operations import edit_series
from app.planning.undoing import undo
from app.programme.bookings import book
from app.programme.models import Activity, Booking, Edit, Meeting, Part, Scope, Status
from app.programme.series import moved, with_status
from app.reminders.letters import compose, draft
from app.reminders.operations import post_reminders
from app.signups.operations import join
from app.staffing import models as staffing
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from app.staffing.publishing import publish
from tests import make
from tests.make import BEFORE, MONDAY
from tests.notices.test_outbox import Recorder
from tests.planning.test_series import by
from tests.planning.test_terms import a_term

WEEK, DAY, HOUR, MINUTE = (timedelta(**{unit: 1}) for unit in ("weeks", "days", "hours", "minutes"))
NIGHT = BEFORE.replace(hour=20)
"""Friday at 22:00 in București: everybody sleeps until 08:00."""
MORNING = NIGHT + 12 * HOUR

pytestmark = pytest.mark.usefixtures("app")


def a_course(number: int = 2, *, first: datetime = MONDAY) -> list[Meeting]:
    activity = make.activity()
    room = make.room(centre=activity.centre)
    return [
        make.meeting(activity=activity, room=room, starts_at=first + n * WEEK)
        for n in range(number)
    ]


def boss_of(meetings: Sequence[Meeting]) -> Person:
    return meetings[0].activity.coordinator


def a_learner(activity: Activity, **given: Any) -> Person:
    """Somebody who has read of their place."""
    return has_read_of_it(make.participant(activity.centre, **given), activity)


def a_child_in(childcare: Activity) -> tuple[Person, Person]:
    """Somebody, who has read of it, and their child with a place there."""
    mother = make.participant(childcare.centre)
    return mother, has_read_of_it(make.child(mother), childcare)


def a_family() -> tuple[list[Meeting], Person, Person, Person]:
    """A course with a child in it, and both who decide for it."""
    course = a_course()
    activity = course[0].activity
    mother, father = (make.participant(activity.centre) for _ in range(2))
    child = has_read_of_it(make.child(mother, father), activity)
    return course, mother, father, child


def has_read_of_it(learner: Person, activity: Activity) -> Person:
    join(activity, learner, by=activity.coordinator, now=BEFORE - DAY)
    db.session.execute(delete(Notice))
    return learner


def shifted(meetings: Sequence[Meeting], *, at: datetime, hours: float = 0, days: int = 0) -> Edit:
    shift = by(hours=hours, days=days)
    targets = moved(meetings, shift, room=None, keep_rooms=True, by_hand=False)
    return edited(meetings, at=at, targets=targets)


def edited(meetings: Sequence[Meeting], *, at: datetime, **wish: Any) -> Edit:
    edit = edit_series(
        meetings, scope=Scope.ALL, by=boss_of(meetings), now=at, seen=lambda _held: True, **wish
    )
    assert edit is not None
    return edit


def moved_alone(meeting: Meeting, *, hours: float, at: datetime) -> Edit:
    later = timedelta(hours=hours)
    edit = move_meeting(
        meeting,
        starts_at=meeting.starts_at + later,
        ends_at=meeting.ends_at + later,
        room=meeting.room,
        by=meeting.activity.coordinator,
        now=at,
        seen=meeting.sequence,
    )
    assert edit is not None
    return edit


def read_by(person: Person, *, until: datetime) -> list[Letter]:
    """The letters to *person* that leave by then."""
    post = Recorder()
    while send_due(post, compose, clock=lambda: until):
        pass
    return [letter for letter in post.sent if letter.to == person.email]


def held_by(person: Person) -> dict[int, bool]:
    """Meeting id -> whether *person* is expected there."""
    found = select(Booking.meeting_id, Booking.held).where(Booking.person_id == person.id)
    return {meeting_id: held for meeting_id, held in db.session.execute(found)}


class TestBeforeAnybodyRead:
    def test_of_the_first_change_people_read_though_the_second_was_undone(self) -> None:
        course = a_course()
        layla = a_learner(course[0].activity)
        shifted(course, hours=1, at=BEFORE)
        second = shifted(course, hours=1, at=BEFORE + MINUTE)

        undo(second, by=boss_of(course), now=BEFORE + 2 * MINUTE)

        (letter,) = read_by(layla, until=BEFORE + HOUR)
        assert "12:00" in letter.text

    def test_of_a_cancellation_at_night_people_read_though_its_restoring_was_undone(self) -> None:
        (session,) = course = a_course(1)
        layla, boss = a_learner(session.activity), boss_of(course)
        cancel_meeting(session, by=boss, now=NIGHT, seen=0)
        restored = restore_meeting(session, by=boss, now=NIGHT + MINUTE, seen=1)
        assert restored is not None

        undo(restored, by=boss, now=NIGHT + 2 * MINUTE)

        assert session.is_cancelled
        assert len(read_by(layla, until=MORNING)) == 1

    def test_of_the_first_of_two_moves_at_night_people_read_though_the_second_was_undone(
        self,
    ) -> None:
        (session,) = course = a_course(1)
        layla = a_learner(session.activity)
        moved_alone(session, hours=1, at=NIGHT)
        second = moved_alone(session, hours=3, at=NIGHT + HOUR)

        undo(second, by=boss_of(course), now=NIGHT + 2 * HOUR)

        (letter,) = read_by(layla, until=MORNING)
        assert "12:00" in letter.text

    def test_of_a_session_added_at_night_people_read_though_its_move_was_undone(self) -> None:
        (session,) = course = a_course(1)
        layla, boss = a_learner(session.activity), boss_of(course)
        copy = duplicate_meeting(session, starts_at=MONDAY + DAY, room=None, by=boss, now=NIGHT)
        edit = moved_alone(copy, hours=24, at=NIGHT + MINUTE)

        undo(edit, by=boss, now=NIGHT + 2 * MINUTE)

        assert len(read_by(layla, until=MORNING)) == 1

    def test_the_letter_names_no_time_that_its_reader_never_heard_of(self) -> None:
        course = a_course()
        layla = a_learner(course[0].activity)
        shifted(course, hours=1, at=BEFORE)
        shifted(course, hours=3, at=BEFORE + MINUTE)

        (letter,) = read_by(layla, until=BEFORE + HOUR)

        assert "11:00" in letter.text
        assert "12:00" not in letter.text

    def test_nor_does_the_letter_about_one_session(self) -> None:
        course = a_course()
        layla = a_learner(course[0].activity)
        shifted(course, hours=1, at=BEFORE)
        moved_alone(course[0], hours=3, at=BEFORE + MINUTE)

        (letter,) = read_by(layla, until=BEFORE + 2 * MINUTE)

        assert "11:00" in letter.text
        assert "12:00" not in letter.text

    def test_whoever_helps_at_one_of_several_has_five_minutes_as_well(self) -> None:
        course = a_course(3)
        amina = make.mediator(course[0].activity.centre)
        need = make.need(meeting=course[1])
        make.assignment(need=need, person=amina, state=staffing.State.CONFIRMED)
        edit = shifted(course, hours=1, at=BEFORE)
        assert read_by(amina, until=BEFORE + 4 * MINUTE) == []

        undo(edit, by=boss_of(course), now=BEFORE + 4 * MINUTE)

        assert read_by(amina, until=BEFORE + HOUR) == []

    def test_whom_no_letter_reaches_is_not_telephoned_about_what_was_undone(self) -> None:
        course = a_course()
        a_learner(course[0].activity, email=None)
        edit = shifted(course, hours=1, at=BEFORE)
        owed = call_list(boss_of(course), now=BEFORE)
        assert len(db.session.scalars(owed).all()) == 1

        undo(edit, by=boss_of(course), now=BEFORE + MINUTE)

        assert db.session.scalars(owed).all() == []

    def test_what_a_worker_has_taken_but_not_sent_is_withdrawn(self) -> None:
        course = a_course()
        layla = a_learner(course[0].activity)
        edit = shifted(course, hours=1, at=BEFORE)
        notice = db.session.scalars(select(Notice)).one()
        notice.state, notice.claim = State.CLAIMED, "a worker"
        notice.lease_until = BEFORE + LEASE

        undo(edit, by=boss_of(course), now=BEFORE + 5 * MINUTE)

        assert read_by(layla, until=BEFORE + HOUR) == []


class TestInTime:
    @pytest.mark.parametrize("days", [1, 7])
    def test_of_what_was_to_begin_in_minutes_nobody_reads_five_minutes_late(
        self, days: int
    ) -> None:
        course = a_course(first=BEFORE + 4 * MINUTE)
        layla = a_learner(course[0].activity)

        shifted(course, days=days, at=BEFORE)

        assert len(read_by(layla, until=BEFORE + MINUTE)) == 1

    def test_nor_of_what_is_cancelled_just_before(self) -> None:
        course = a_course(first=BEFORE + 4 * MINUTE)
        layla = a_learner(course[0].activity)

        edited(course, at=BEFORE, targets=with_status(course, Status.CANCELLED))

        (letter,) = read_by(layla, until=BEFORE + MINUTE)
        assert "19 February" in letter.text

    def test_what_is_brought_forward_to_an_early_morning_is_read_before_it(self) -> None:
        course = a_course(first=NIGHT + WEEK + 9.5 * HOUR)
        layla = a_learner(course[0].activity)

        shifted(course, days=-7, at=NIGHT)

        assert course[0].starts_at == NIGHT + 9.5 * HOUR
        assert len(read_by(layla, until=course[0].starts_at - HOUR)) == 1

    def test_a_term_published_in_the_evening_is_read_before_an_early_session(self) -> None:
        term = a_term()
        activity = make.activity(centre=term.centre, term=term, published_at=None)
        first = make.meeting(activity=activity, starts_at=NIGHT + 9.5 * HOUR)
        layla = a_learner(activity)

        publish(term, by=activity.coordinator, now=NIGHT)

        assert len(read_by(layla, until=first.starts_at - HOUR)) == 1


class TestReminders:
    def test_they_wait_while_the_letter_about_a_series_has_not_left(self) -> None:
        course = a_course(first=BEFORE + 8 * DAY)
        layla = a_learner(course[0].activity)
        edit = shifted(course, days=-7, hours=-1, at=BEFORE)

        assert post_reminders(now=BEFORE + MINUTE) == 0
        undo(edit, by=boss_of(course), now=BEFORE + 2 * MINUTE)
        assert post_reminders(now=BEFORE + 3 * MINUTE) == 0

        assert read_by(layla, until=BEFORE + HOUR) == []

    def test_whoever_was_just_told_of_the_new_time_is_not_reminded_as_well(self) -> None:
        course = a_course(first=BEFORE + DAY - HOUR)
        layla = a_learner(course[0].activity)
        post_reminders(now=BEFORE)
        assert len(read_by(layla, until=BEFORE)) == 1

        shifted(course, hours=-1, at=BEFORE + 2 * MINUTE)
        post_reminders(now=BEFORE + 3 * MINUTE)
        told = read_by(layla, until=BEFORE + HOUR)
        post_reminders(now=BEFORE + HOUR)

        assert [*told, *read_by(layla, until=BEFORE + 2 * HOUR)] == told
        assert len(told) == 1

    def test_nobody_is_reminded_twice_of_what_was_moved_and_put_back(self) -> None:
        course = a_course(first=BEFORE + DAY - HOUR)
        layla = a_learner(course[0].activity)
        post_reminders(now=BEFORE)
        assert len(read_by(layla, until=BEFORE)) == 1
        edit = shifted(course, hours=2, at=BEFORE + 2 * MINUTE)

        undo(edit, by=boss_of(course), now=BEFORE + 3 * MINUTE)
        post_reminders(now=BEFORE + 4 * MINUTE)

        assert read_by(layla, until=BEFORE + HOUR) == []

    def test_whoever_read_that_a_term_is_open_is_not_reminded_as_well(self) -> None:
        term = a_term()
        activity = make.activity(centre=term.centre, term=term, published_at=None)
        make.meeting(activity=activity, starts_at=BEFORE + 20 * HOUR)
        layla = a_learner(activity)

        publish(term, by=activity.coordinator, now=BEFORE)
        post_reminders(now=BEFORE + MINUTE)

        assert len(read_by(layla, until=BEFORE + HOUR)) == 1


class TestPlaces:
    def test_whoever_lost_a_place_by_an_undo_hears_of_it(self) -> None:
        """Once the course had moved away they were expected at the other session at last."""
        course = a_course()
        layla = a_learner(course[0].activity)
        other = make.meeting(starts_at=MONDAY + 5 * HOUR)
        join(other.activity, layla, by=layla, now=BEFORE)
        moved_alone(other, hours=-4, at=BEFORE)
        db.session.execute(delete(Notice))
        assert not held_by(layla)[other.id]
        edit = shifted(course, hours=6, at=BEFORE)
        assert held_by(layla)[other.id]

        undo(edit, by=boss_of(course), now=BEFORE + 2 * MINUTE)

        assert not held_by(layla)[course[0].id]
        assert Kind.RELEASED in set(db.session.scalars(select(Notice.kind)))
        assert read_by(layla, until=BEFORE + HOUR)

    def test_whoever_cannot_come_to_what_is_published_reads_so(self) -> None:
        term = a_term()
        activity = make.activity(centre=term.centre, term=term, published_at=None)
        make.meeting(activity=activity)
        layla = make.participant(term.centre)
        join(activity, layla, by=activity.coordinator, now=BEFORE)
        other = make.meeting()
        join(other.activity, layla, by=layla, now=BEFORE)
        db.session.execute(delete(Notice))

        publish(term, by=activity.coordinator, now=BEFORE)

        assert len(read_by(layla, until=BEFORE + HOUR)) == 1

    def test_whoever_telephones_does_not_say_that_somebody_is_expected_elsewhere(self) -> None:
        course = a_course()
        layla = a_learner(course[0].activity, email=None)
        group = make.womens_group(centre=course[0].activity.centre)
        book(layla, make.meeting(activity=group, starts_at=MONDAY + 3 * HOUR), Part.LEARNER)
        shifted(course, hours=3, at=BEFORE)
        notice = db.session.scalars(call_list(boss_of(course), now=BEFORE)).one()

        words = draft(notice, "en", BEFORE)

        assert words is not None
        assert "elsewhere" not in " ".join(words[1])


class TestChildcare:
    def test_children_are_told_once_that_there_are_more_sessions(self) -> None:
        (session,) = a_course(1)
        host, boss = session.activity, session.activity.coordinator
        facts = ChildcareFacts(room=make.room(centre=host.centre), capacity=6)
        mother, child = a_child_in(plan_childcare(host, facts, by=boss, now=BEFORE - DAY))
        for n in (1, 2):
            make.meeting(activity=host, starts_at=MONDAY + n * WEEK)

        plan_childcare(host, facts, by=boss, now=BEFORE)

        assert list(held_by(child).values()) == [True] * 3
        assert len(read_by(mother, until=BEFORE + HOUR)) == 1

    def test_of_what_was_undone_in_time_no_guardian_reads(self) -> None:
        course, mother, father, _child = a_family()
        edit = shifted(course, hours=1, at=BEFORE)

        undo(edit, by=boss_of(course), now=BEFORE + 2 * MINUTE)

        assert read_by(mother, until=BEFORE + HOUR) == []
        assert read_by(father, until=BEFORE + HOUR) == []

    def test_nor_one_who_comes_with_two_children(self) -> None:
        course, mother, _father, _child = a_family()
        activity = course[0].activity
        has_read_of_it(make.child(mother, name="Idris"), activity)
        has_read_of_it(mother, activity)
        edit = shifted(course, hours=1, at=BEFORE)

        undo(edit, by=boss_of(course), now=BEFORE + 2 * MINUTE)

        assert read_by(mother, until=BEFORE + HOUR) == []

    def test_only_the_guardian_who_read_of_it_reads_that_it_was_undone(self) -> None:
        course, mother, father, _child = a_family()
        father.quiet_from, father.quiet_until = time(6), time(23)
        edit = shifted(course, hours=1, at=BEFORE)
        assert len(read_by(mother, until=BEFORE + HOUR)) == 1

        undo(edit, by=boss_of(course), now=BEFORE + HOUR)

        assert len(read_by(mother, until=BEFORE + 2 * HOUR)) == 1
        assert read_by(father, until=BEFORE + 2 * DAY) == []

    def test_a_child_who_is_elsewhere_then_comes_once_that_is_cancelled(self) -> None:
        (session,) = a_course(1)
        host, boss = session.activity, session.activity.coordinator
        facts = ChildcareFacts(room=make.room(centre=host.centre), capacity=6)
        childcare = plan_childcare(host, facts, by=boss, now=BEFORE - DAY)
        _mother, child = a_child_in(childcare)
        make.meeting(activity=host, starts_at=MONDAY + WEEK)
        other = make.meeting(starts_at=MONDAY + WEEK)
        join(other.activity, child, by=child, now=BEFORE)
        plan_childcare(host, facts, by=boss, now=BEFORE)
        theirs = select(Booking.held).join(Booking.meeting).order_by(Meeting.starts_at)
        theirs = theirs.where(Booking.person == child, Meeting.activity == childcare)
        assert db.session.scalars(theirs).all() == [True, False]

        cancel_meeting(other, by=other.activity.coordinator, now=BEFORE, seen=0)

        assert db.session.scalars(theirs).all() == [True, True]
