"""Planning an activity, and changing one meeting of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.programme.bookings import book
from app.programme.changing import (
    AlreadyOver,
    ChangedMeanwhile,
    EndsBeforeItStarts,
    HelperElsewhere,
)
from app.programme.kinds import Kind, Privacy
from app.programme.models import Booking, Meeting, MeetingChange, Part, Status
from app.programme.operations import (
    ActivityFacts,
    NotThisPrivate,
    RoomTaken,
    clashes,
    plan_activity,
)
from app.programme.places import Room
from app.programme.queries import activities_planned_by, is_expected, listed_meetings
from app.programme.recurrence import Occurrence
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

HOUR = timedelta(hours=1)
LATER = MONDAY + timedelta(days=1)


def occurrence(starts_at: Any = MONDAY) -> Occurrence:
    return Occurrence(starts_at.date(), starts_at, starts_at + 2 * HOUR)


def facts(room: Room, kind: Kind = Kind.COURSE, **given: Any) -> ActivityFacts:
    texts = {"ro": ("Curs", ""), "en": ("Course", "")}
    return ActivityFacts(centre=room.centre, kind=kind, texts=texts, room=room, **given)


def move(meeting: Meeting, by: Person, **given: Any) -> None:
    defaults = {
        "starts_at": LATER,
        "ends_at": LATER + 2 * HOUR,
        "room": meeting.room,
        "now": BEFORE,
        "seen": meeting.sequence,
    }
    move_meeting(meeting, by=by, **(defaults | given))


@pytest.mark.usefixtures("app")
class TestPlanning:
    def test_each_kind_has_the_privacy_of_its_policy(self) -> None:
        room = make.room()
        boss = make.coordinator(room.centre)

        planned = {
            kind: plan_activity(facts(room, kind), [], by=boss, now=BEFORE).privacy for kind in Kind
        }

        assert planned == {
            Kind.COURSE: Privacy.MEMBERS,
            Kind.ORIENTATION: Privacy.MEMBERS,
            Kind.WOMENS_GROUP: Privacy.PROTECTED,
            Kind.CULTURAL: Privacy.PUBLIC,
            Kind.INDIVIDUAL: Privacy.INDIVIDUAL,
            Kind.CHILDCARE: Privacy.PROTECTED,
        }

    def test_a_womens_group_is_never_listed(self) -> None:
        room = make.room()
        wanted = facts(room, Kind.WOMENS_GROUP, privacy=Privacy.PUBLIC)

        with pytest.raises(NotThisPrivate):
            plan_activity(wanted, [], by=make.coordinator(room.centre), now=BEFORE)

    def test_the_database_knows_that_too(self) -> None:
        with pytest.raises(IntegrityError, match="womens_group_is_protected"):
            make.womens_group(privacy=Privacy.MEMBERS)

    def test_a_room_never_holds_two_meetings(self) -> None:
        room = make.room()
        boss = make.coordinator(room.centre)
        plan_activity(facts(room), [occurrence()], by=boss, now=BEFORE)

        assert len(clashes([occurrence(MONDAY + HOUR), occurrence(LATER)], room=room)) == 1
        with pytest.raises(RoomTaken):
            plan_activity(facts(room), [occurrence(MONDAY + HOUR)], by=boss, now=BEFORE)

    def test_one_meeting_may_begin_when_the_other_ends(self) -> None:
        room = make.room()
        boss = make.coordinator(room.centre)

        for start in (MONDAY, MONDAY + 2 * HOUR):
            plan_activity(facts(room), [occurrence(start)], by=boss, now=BEFORE)

        assert len(db.session.scalars(select(Meeting)).all()) == 2

    def test_the_database_refuses_a_room_twice(self) -> None:
        room = make.room()
        make.meeting(room=room)

        with pytest.raises(IntegrityError, match="ex_meeting_room_id"):
            make.meeting(room=room, starts_at=MONDAY + HOUR)

    def test_the_database_refuses_somebody_in_two_places(self) -> None:
        person = make.person()
        book(person, make.meeting(), Part.LEARNER)
        other = make.meeting()

        with pytest.raises(IntegrityError, match="ex_booking_person_id"):
            make.build(
                Booking,
                {
                    "person": person,
                    "meeting": other,
                    "part": Part.HELPER,
                    "starts_at": other.starts_at,
                    "ends_at": other.ends_at,
                },
            )

    def test_titles_fall_back_to_romanian_then_english_then_any(self) -> None:
        activity = make.activity("Only English")

        assert activity.title_in("ar") == "Only English"
        assert activity.title_in("en") == "Only English"

    def test_a_search_finds_without_case_or_marks(self) -> None:
        meeting = make.meeting(activity=make.activity("Întâlnire cu Ștefan"))

        def found(words: str) -> list[Meeting]:
            listed = listed_meetings(start=BEFORE, end=LATER, words=words)
            return list(db.session.scalars(listed))

        assert found("intalnire") == found("ȘTEFAN") == [meeting]
        assert found("100%") == []


@pytest.mark.usefixtures("app")
class TestWhoPlans:
    def test_a_womens_group_is_planned_by_whom_it_was_entrusted_to_only(self) -> None:
        from app.programme.models import Confidant

        here = make.centre()
        responsible, confidant, other = (make.coordinator(here) for _n in range(3))
        group = make.womens_group(centre=here, coordinator=responsible)
        group.confidants.append(Confidant(person_id=confidant.id))
        course = make.activity(centre=here, coordinator=responsible)
        db.session.flush()

        def plans(person: Person) -> set[int]:
            return {a.id for a in db.session.scalars(activities_planned_by(person))}

        assert plans(responsible) == plans(confidant) == {group.id, course.id}
        assert plans(other) == {course.id}
        assert plans(make.coordinator(make.centre())) == set()


@pytest.mark.usefixtures("app")
class TestChanging:
    def meeting_with_people(self) -> tuple[Meeting, Person, Person]:
        meeting = make.meeting(room=make.room())
        helper, learner = make.person(), make.person()
        book(helper, meeting, Part.HELPER)
        book(learner, meeting, Part.LEARNER)
        return meeting, helper, learner

    def told(self) -> list[tuple[int, Letter]]:
        rows = db.session.scalars(select(Notice).order_by(Notice.person_id)).all()
        return [(row.person_id, row.kind) for row in rows]

    def test_a_move_takes_everyone_along_and_tells_each_once(self) -> None:
        meeting, helper, learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)

        move(meeting, boss)

        assert (meeting.starts_at, meeting.sequence, meeting.changed_at) == (LATER, 1, BEFORE)
        db.session.expire_all()
        assert {b.starts_at for b in db.session.scalars(select(Booking))} == {LATER}
        assert self.told() == [(helper.id, Letter.MOVED), (learner.id, Letter.MOVED)]

    def test_a_move_leaves_a_trace_of_who_when_before_and_after(self) -> None:
        meeting, _helper, _learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)

        move(meeting, boss)

        change = db.session.scalars(select(MeetingChange)).one()
        assert (change.by, change.at, change.sequence) == (boss, BEFORE, 1)
        assert change.before["starts_at"] == MONDAY.isoformat()
        assert change.after["starts_at"] == LATER.isoformat()

    def test_moving_to_where_it_is_changes_nothing(self) -> None:
        meeting, _helper, _learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)

        move(meeting, boss, starts_at=meeting.starts_at, ends_at=meeting.ends_at)

        assert (meeting.sequence, self.told()) == (0, [])

    def test_who_decided_on_an_old_page_is_told_so(self) -> None:
        meeting, _helper, _learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)
        move(meeting, boss)

        with pytest.raises(ChangedMeanwhile):
            move(meeting, boss, starts_at=LATER + HOUR, ends_at=LATER + 3 * HOUR, seen=0)

    def test_a_helper_who_is_elsewhere_then_stops_the_move(self) -> None:
        meeting, helper, _learner = self.meeting_with_people()
        book(helper, make.meeting(starts_at=LATER), Part.HELPER)

        with pytest.raises(HelperElsewhere):
            move(meeting, make.coordinator(meeting.activity.centre))

    def test_a_learner_who_is_elsewhere_then_is_told_so_and_not_expected(self) -> None:
        meeting, helper, learner = self.meeting_with_people()
        book(learner, make.meeting(starts_at=LATER), Part.LEARNER)

        move(meeting, make.coordinator(meeting.activity.centre))

        expected = select(Booking.person_id).where(Booking.meeting_id == meeting.id, Booking.held)
        assert db.session.scalars(expected).all() == [helper.id]
        assert self.told() == [(helper.id, Letter.MOVED), (learner.id, Letter.RELEASED)]

    def test_a_move_back_expects_them_again_and_tells_them(self) -> None:
        meeting, helper, learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)
        book(learner, make.meeting(starts_at=LATER), Part.LEARNER)
        move(meeting, boss)

        move(meeting, boss, starts_at=MONDAY, ends_at=MONDAY + 2 * HOUR)

        expected = select(Booking.person_id).where(Booking.meeting_id == meeting.id, Booking.held)
        assert set(db.session.scalars(expected)) == {helper.id, learner.id}
        assert self.told().count((learner.id, Letter.MOVED)) == 1

    def test_when_the_other_session_moves_away_they_are_expected_after_all(self) -> None:
        meeting, _helper, learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)
        other = make.meeting(starts_at=LATER)
        book(learner, other, Part.LEARNER)
        move(meeting, boss)
        assert not is_expected(learner, meeting)

        far = LATER + timedelta(days=3)
        move(other, boss, starts_at=far, ends_at=far + HOUR)

        assert is_expected(learner, meeting)
        assert is_expected(learner, other)
        assert (learner.id, Letter.EXPECTED_AGAIN) in self.told()

    def test_when_the_other_session_is_cancelled_they_are_expected_after_all(self) -> None:
        meeting, _helper, learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)
        other = make.meeting(starts_at=LATER)
        book(learner, other, Part.LEARNER)
        move(meeting, boss)

        cancel_meeting(other, by=boss, now=BEFORE, seen=0)

        assert is_expected(learner, meeting)

    def test_who_is_at_a_womens_group_then_is_told_in_confidence(self) -> None:
        meeting, helper, learner = self.meeting_with_people()
        book(learner, make.meeting(activity=make.womens_group(), starts_at=LATER), Part.LEARNER)

        move(meeting, make.coordinator(meeting.activity.centre))

        secret = dict(db.session.execute(select(Notice.person_id, Notice.confidential)).all())
        assert secret == {helper.id: False, learner.id: True}

    def test_a_room_in_use_stops_the_move(self) -> None:
        meeting, _helper, _learner = self.meeting_with_people()
        make.meeting(room=meeting.room, starts_at=LATER + HOUR)

        with pytest.raises(RoomTaken):
            move(meeting, make.coordinator(meeting.activity.centre))

    @pytest.mark.parametrize("minutes", [0, -30])
    def test_it_ends_after_it_starts(self, minutes: int) -> None:
        meeting, _helper, _learner = self.meeting_with_people()
        end = LATER + timedelta(minutes=minutes)

        with pytest.raises(EndsBeforeItStarts):
            move(meeting, make.coordinator(meeting.activity.centre), ends_at=end)

    def test_nothing_moves_once_begun_nor_into_the_past(self) -> None:
        meeting, _helper, _learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)

        with pytest.raises(AlreadyOver):
            move(meeting, boss, now=MONDAY)
        with pytest.raises(AlreadyOver):
            move(meeting, boss, starts_at=BEFORE - HOUR, ends_at=BEFORE + HOUR)

    def test_a_cancellation_frees_everyone_and_tells_them_once(self) -> None:
        meeting, helper, learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)

        cancel_meeting(meeting, by=boss, now=BEFORE, seen=0)
        cancel_meeting(meeting, by=boss, now=BEFORE, seen=0)

        assert (meeting.status, meeting.sequence) == (Status.CANCELLED, 1)
        assert self.told() == [(helper.id, Letter.CANCELLED), (learner.id, Letter.CANCELLED)]
        book(helper, make.meeting(), Part.HELPER)  # free again at that time

    def test_a_restored_meeting_expects_those_who_are_still_free(self) -> None:
        meeting, helper, learner = self.meeting_with_people()
        boss = make.coordinator(meeting.activity.centre)
        cancel_meeting(meeting, by=boss, now=BEFORE, seen=0)
        book(learner, make.meeting(), Part.LEARNER)

        restore_meeting(meeting, by=boss, now=BEFORE, seen=1)

        expected = select(Booking.person_id).where(Booking.meeting_id == meeting.id, Booking.held)
        assert db.session.scalars(expected).all() == [helper.id]
        assert meeting.sequence == 2
        assert (learner.id, Letter.RELEASED) in self.told()
        assert (helper.id, Letter.RESTORED) in self.told()

    def test_whoever_makes_the_change_gets_no_letter_about_it(self) -> None:
        meeting, helper, learner = self.meeting_with_people()

        cancel_meeting(meeting, by=helper, now=BEFORE, seen=0)

        assert self.told() == [(learner.id, Letter.CANCELLED)]

    def test_a_letter_about_a_womens_group_is_confidential(self) -> None:
        meeting = make.meeting(activity=make.womens_group())
        book(make.person(), meeting, Part.LEARNER)

        cancel_meeting(meeting, by=meeting.activity.coordinator, now=BEFORE, seen=0)

        assert db.session.scalars(select(Notice)).one().confidential


def test_two_series_saved_at_once_never_share_a_room(racing_app: Flask) -> None:
    for round_number in range(50):
        start = MONDAY + timedelta(days=round_number)
        with racing_app.app_context():
            room = make.room()
            ids = room.id, make.coordinator(room.centre).id
            db.session.commit()

        def planning(ids: tuple[int, int] = ids, start: Any = start) -> Callable[[], object]:
            def click() -> object:
                room = db.session.get_one(Room, ids[0])
                by = db.session.get_one(Person, ids[1])
                plan_activity(facts(room), [occurrence(start)], by=by, now=BEFORE)
                return "saved"

            return click

        results = all_at_once(racing_app, [planning(), planning(), planning()])

        assert results.count("saved") == 1, results
