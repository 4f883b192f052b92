"""Childcare beside a group: a room of its own, two adults, and no more known than its host is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Gender, Role
from app.planning.minding import TITLES, ChildcareFacts, plan_childcare, uncovered
from app.planning.undoing import undo
from app.programme.beside import beside_of, childcare_of
from app.programme.bookings import book
from app.programme.changing import ChangedMeanwhile
from app.programme.kinds import AgeBand, Kind, Privacy
from app.programme.models import Activity, Booking, Confidant, Meeting, Part, Status
from app.programme.operations import RoomTaken
from app.programme.places import Room
from app.signups.operations import join
from app.staffing.children import OneAdultAlone
from app.staffing.models import Need
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from app.staffing.operations import NotEligible, offer_place, remove_need
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.races import all_at_once
from tests.statements import statements

WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make.centre()


@pytest.fixture
def boss(centre: Centre) -> Person:
    return make.coordinator(centre)


@pytest.fixture
def room(centre: Centre) -> Room:
    return make.room(centre=centre, name="Camera mică", capacity=12)


@pytest.fixture
def group(centre: Centre, boss: Person) -> Activity:
    """A women's group with two coming sessions."""
    made = make.womens_group(centre=centre, coordinator=boss)
    for week in range(2):
        make.meeting(activity=made, starts_at=MONDAY + week * WEEK)
    return made


def sessions(activity: Activity) -> list[Meeting]:
    found = select(Meeting).where(Meeting.activity_id == activity.id)
    return list(db.session.scalars(found.order_by(Meeting.starts_at)))


def planned(host: Activity, room: Room, **given: object) -> Activity:
    facts = ChildcareFacts(room=room, **({"capacity": 6} | given))  # type: ignore[arg-type]
    return plan_childcare(host, facts, by=host.coordinator, now=BEFORE)


class TestPlanning:
    def test_one_session_stands_beside_each_coming_one_of_its_host(
        self, group: Activity, room: Room
    ) -> None:
        make.meeting(activity=group, starts_at=LONG_AGO)
        make.meeting(activity=group, starts_at=MONDAY + 5 * WEEK, status=Status.CANCELLED)

        childcare = planned(group, room, age=AgeBand.PRESCHOOL)

        assert (childcare.kind, childcare.beside) == (Kind.CHILDCARE, group)
        assert (childcare.capacity, childcare.age) == (6, AgeBand.PRESCHOOL)
        assert {t.language: t.title for t in childcare.texts} == TITLES
        hosts = [one for one in sessions(group) if one.starts_at in (MONDAY, MONDAY + WEEK)]
        assert [(m.starts_at, m.ends_at, m.room, m.beside) for m in sessions(childcare)] == [
            (host.starts_at, host.ends_at, room, host) for host in hosts
        ]

    def test_two_adults_with_a_certificate_are_needed_at_each(
        self, group: Activity, room: Room
    ) -> None:
        childcare = planned(group, room)

        needs = db.session.scalars(select(Need)).all()
        assert {need.meeting for need in needs} == set(sessions(childcare))
        assert {(n.role, n.wanted, n.check_required) for n in needs} == {(Role.VOLUNTEER, 2, True)}

    def test_beside_a_womens_group_they_are_women(self, group: Activity, room: Room) -> None:
        planned(group, room)
        man = make.person(
            [Role.VOLUNTEER], group.centre, gender=Gender.MAN, check_valid_until=MONDAY.date()
        )
        first = db.session.scalars(select(Need).order_by(Need.id)).first()
        assert first is not None

        with pytest.raises(NotEligible):
            offer_place(first, man, by=group.coordinator, now=BEFORE)

    @pytest.mark.parametrize(
        ("host", "beside"),
        [
            (Privacy.PUBLIC, Privacy.MEMBERS),
            (Privacy.MEMBERS, Privacy.MEMBERS),
            (Privacy.PROTECTED, Privacy.PROTECTED),
        ],
    )
    def test_it_is_as_private_as_its_host(
        self, centre: Centre, room: Room, host: Privacy, beside: Privacy
    ) -> None:
        activity = make.activity(centre=centre, privacy=host)
        make.meeting(activity=activity)
        make.meeting(activity=activity, starts_at=MONDAY + WEEK, privacy=Privacy.PROTECTED)

        childcare = planned(activity, room)

        assert childcare.privacy is beside
        assert [m.privacy for m in sessions(childcare)] == [beside, Privacy.PROTECTED]

    def test_whoever_may_know_of_the_group_may_know_of_it(
        self, group: Activity, room: Room, centre: Centre
    ) -> None:
        entrusted = make.coordinator(centre)
        group.confidants.append(Confidant(person_id=entrusted.id))
        db.session.flush()

        childcare = plan_childcare(group, ChildcareFacts(room=room), by=entrusted, now=BEFORE)

        assert childcare.coordinator == entrusted
        assert [one.person_id for one in childcare.confidants] == [group.coordinator_id]

    def test_beside_a_draft_it_is_a_draft(self, group: Activity, room: Room) -> None:
        group.published_at = None

        assert planned(group, room).is_draft

    def test_twice_is_harmless_and_a_later_session_gets_its_own(
        self, group: Activity, room: Room
    ) -> None:
        childcare = planned(group, room)

        assert planned(group, room) is childcare
        assert len(sessions(childcare)) == 2
        make.meeting(activity=group, starts_at=MONDAY + 2 * WEEK)
        assert planned(group, room) is childcare
        assert len(sessions(childcare)) == 3

    def test_children_who_have_a_place_come_to_the_later_session_unless_elsewhere(
        self, group: Activity, room: Room, centre: Centre
    ) -> None:
        childcare = planned(group, room)
        mother = make.participant(centre)
        ana, ben = make.child(mother), make.child(mother, name="Ben")
        for child in (ana, ben):
            join(childcare, child, by=group.coordinator, now=BEFORE)
        later = make.meeting(activity=group, starts_at=MONDAY + 2 * WEEK)
        book(ben, make.meeting(starts_at=MONDAY + 2 * WEEK), Part.LEARNER)

        planned(group, room)

        theirs = select(Booking.person_id, Booking.held).where(
            Booking.meeting_id == beside_of([later])[later.id].id
        )
        held = {person_id: is_held for person_id, is_held in db.session.execute(theirs)}
        assert held == {ana.id: True, ben.id: False}

    def test_a_room_in_use_is_refused_and_so_is_the_groups_own(
        self, group: Activity, room: Room, centre: Centre
    ) -> None:
        make.meeting(activity=make.activity(centre=centre), room=room, starts_at=MONDAY + WEEK)
        with pytest.raises(RoomTaken):
            planned(group, room)

        own = make.room(centre=centre)
        for one in sessions(group):
            one.room = own
        with pytest.raises(RoomTaken):
            planned(group, own)

    def test_sessions_of_one_group_at_the_same_time_need_two_rooms(
        self, group: Activity, room: Room
    ) -> None:
        make.meeting(activity=group, starts_at=MONDAY + timedelta(hours=1))

        with pytest.raises(RoomTaken):
            planned(group, room)


class TestNeverOneAdult:
    def test_the_need_for_two_cannot_be_removed(self, group: Activity, room: Room) -> None:
        planned(group, room)
        need = db.session.scalars(select(Need).order_by(Need.id)).first()
        assert need is not None

        with pytest.raises(OneAdultAlone):
            remove_need(need)

    def test_it_can_where_two_others_stay(self, group: Activity, room: Room) -> None:
        childcare = planned(group, room)
        meeting = sessions(childcare)[0]
        more = make.need(meeting=meeting, role=Role.VOLUNTEER, wanted=2, check_required=True)

        remove_need(more)

        assert db.session.get(Need, more.id) is None

    def test_somebody_without_a_certificate_does_not_count(
        self, group: Activity, room: Room
    ) -> None:
        childcare = planned(group, room)
        meeting = sessions(childcare)[0]
        make.need(meeting=meeting, role=Role.VOLUNTEER, wanted=5)
        need = db.session.scalars(
            select(Need).where(Need.meeting_id == meeting.id, Need.check_required)
        ).one()

        with pytest.raises(OneAdultAlone):
            remove_need(need)

    def test_elsewhere_a_need_that_was_a_mistake_goes(self, app: Flask) -> None:
        remove_need(make.need(meeting=make.meeting()))

        assert db.session.scalars(select(func.count(Need.id))).one() == 0


def test_two_who_remove_in_one_moment_never_leave_one_adult(racing_app: Flask) -> None:
    for _round in range(10):
        with racing_app.app_context():
            meeting = make.meeting(activity=make.activity(kind=Kind.CHILDCARE))
            ids = [
                make.need(meeting=meeting, role=Role.VOLUNTEER, wanted=2, check_required=True).id
                for _n in range(2)
            ]
            db.session.commit()

        def removing(need_id: int) -> Callable[[], object]:
            return lambda: remove_need(db.session.get_one(Need, need_id))

        results = all_at_once(racing_app, [removing(one) for one in ids])

        assert sorted(type(one).__name__ for one in results) == ["NoneType", "OneAdultAlone"]


def test_two_who_plan_it_in_one_moment_plan_it_once(racing_app: Flask) -> None:
    for _round in range(10):
        with racing_app.app_context():
            group, room = make.womens_group(), None
            make.meeting(activity=group)
            room = make.room(centre=group.centre)
            group_id, room_id, boss_id = group.id, room.id, group.coordinator_id
            db.session.commit()

        def click(
            group_id: int = group_id, room_id: int = room_id, boss_id: int = boss_id
        ) -> object:
            facts = ChildcareFacts(room=db.session.get_one(Room, room_id))
            host, by = db.session.get_one(Activity, group_id), db.session.get_one(Person, boss_id)
            return plan_childcare(host, facts, by=by, now=BEFORE).id

        results = all_at_once(racing_app, [click, click, click])

        planned_once = {one for one in results if not isinstance(one, ChangedMeanwhile)}
        assert len(planned_once) == 1, results
        with racing_app.app_context():
            care = select(Meeting.activity_id).where(Meeting.beside_id.is_not(None))
            host = select(Meeting.id).where(Meeting.activity_id == group_id)
            found = db.session.scalars(care.where(Meeting.beside_id.in_(host))).all()
            assert found == [*planned_once]


class TestFindingIt:
    def test_it_is_found_beside_many_sessions_in_as_few_questions_as_beside_one(
        self, group: Activity, room: Room
    ) -> None:
        childcare = planned(group, room)
        hosts, care = sessions(group), sessions(childcare)

        assert len(statements(lambda: beside_of(hosts))) == len(
            statements(lambda: beside_of(hosts[:1]))
        )
        assert beside_of(hosts) == {hosts[0].id: care[0], hosts[1].id: care[1]}
        assert beside_of(care) == {}
        assert childcare_of(group) is childcare


class TestThePage:
    @pytest.fixture
    def desk(self, browser: Browser, boss: Person, group: Activity) -> Browser:
        return browser.sign_in(boss)

    @pytest.fixture
    def page(self, group: Activity) -> str:
        return f"/en/activities/{group.ref}/childcare"

    def test_the_first_click_shows_and_saves_nothing(
        self, desk: Browser, page: str, room: Room
    ) -> None:
        assert "room of its own" in desk.get(page).text

        shown = desk.post(page, data={"room": room.id, "capacity": "6", "age": "preschool"})

        assert shown.status_code == 200
        assert "2 sessions of childcare would be planned" in shown.text
        assert len(db.session.scalars(select(Activity)).all()) == 1

    def test_the_second_click_saves_what_was_shown(
        self, desk: Browser, page: str, room: Room, group: Activity
    ) -> None:
        answer = desk.post(page, data={"room": room.id, "capacity": "6", "age": "", "save": "1"})

        assert (answer.status_code, answer.location) == (303, page)
        childcare = childcare_of(group)
        assert childcare is not None
        assert f"/en/activities/{childcare.ref}/needs" in desk.get(page).text

    def test_a_clash_is_shown_and_refused_without_saying_with_what_one_may_not_know(
        self, desk: Browser, page: str, room: Room, centre: Centre
    ) -> None:
        make.meeting(activity=make.activity("Circle of others", centre=centre), room=room)
        secret = make.activity("Canary circle", kind=Kind.WOMENS_GROUP, centre=centre)
        make.meeting(activity=secret, room=room, starts_at=MONDAY + WEEK)
        db.session.commit()

        shown = desk.post(page, data={"room": room.id, "capacity": "6", "age": "", "save": "1"})

        assert shown.status_code == 409
        assert "The room is taken" in shown.text
        assert "Circle of others" in shown.text
        assert "Canary circle" not in shown.text
        assert db.session.scalars(select(Need)).all() == []

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"capacity": ""}, "How many children?"),
            ({"capacity": "0"}, "A number from 1 to 100."),
            ({"capacity": "13"}, "This room holds 12 people."),
        ],
    )
    def test_what_is_wrong_is_said(
        self, desk: Browser, page: str, room: Room, given: dict[str, str], said: str
    ) -> None:
        shown = desk.post(page, data={"room": room.id, "age": "", "save": "1"} | given)

        assert shown.status_code == 422
        assert said in shown.text

    def test_a_cancelled_one_and_a_missing_one_are_shown_and_the_missing_one_can_be_added(
        self, desk: Browser, page: str, room: Room, group: Activity
    ) -> None:
        childcare = planned(group, room)
        sessions(childcare)[0].status = Status.CANCELLED
        make.meeting(activity=group, starts_at=MONDAY + 2 * WEEK)
        db.session.commit()

        shown = desk.get(page).text
        assert "Childcare is cancelled" in shown
        assert "no childcare" in shown
        assert desk.post(page, data={"room": room.id, "save": "1"}).status_code == 303
        assert uncovered(group, now=BEFORE) == []

    @pytest.mark.parametrize("who", [make.coordinator, make.mediator, make.participant])
    def test_for_whoever_does_not_plan_the_group_it_does_not_exist(
        self, app: Flask, page: str, room: Room, who: Callable[..., Person], centre: Centre
    ) -> None:
        stranger = Browser(app).sign_in(who(centre))

        assert stranger.get(page).status_code == 404
        typed = {"room": room.id, "capacity": "6", "age": "", "save": "1"}
        assert stranger.post(page, data=typed).status_code == 404

    @pytest.mark.parametrize("kind", [Kind.CHILDCARE, Kind.INDIVIDUAL])
    def test_beside_childcare_or_an_appointment_there_is_none(
        self, desk: Browser, boss: Person, centre: Centre, kind: Kind
    ) -> None:
        alone = make.activity(centre=centre, kind=kind, coordinator=boss)
        db.session.commit()

        assert desk.get(f"/en/activities/{alone.ref}/childcare").status_code == 404


class TestOnTheHostsPages:
    def test_members_read_that_there_is_childcare_and_strangers_nothing(
        self, app: Flask, group: Activity, room: Room, centre: Centre
    ) -> None:
        planned(group, room)
        member = make.participant(centre, gender=Gender.WOMAN)
        join(group, member, by=group.coordinator, now=BEFORE)
        meeting = sessions(group)[0]
        db.session.commit()
        page = f"/en/meetings/{meeting.ref}"

        assert "Childcare while it lasts" in Browser(app).sign_in(member).get(page).text
        stranger = Browser(app).sign_in(make.participant(centre, gender=Gender.WOMAN))
        assert stranger.get(page).status_code == 404
        for path in ("/en/?when=all", "/en/calendars/all.ics", "/en/mine", "/en/needed"):
            text = stranger.get(path).text
            assert "Childcare" not in text, path

    def test_cancelled_childcare_is_not_promised(
        self, app: Flask, room: Room, centre: Centre
    ) -> None:
        course = make.activity(centre=centre)
        meeting = make.meeting(activity=course)
        childcare = planned(course, room)
        db.session.commit()
        page = f"/en/meetings/{meeting.ref}"
        assert "Childcare while it lasts" in Browser(app).get(page).text

        sessions(childcare)[0].status = Status.CANCELLED
        db.session.commit()

        assert "Childcare while it lasts" not in Browser(app).get(page).text


class TestFollowing:
    """What becomes of a session becomes of the childcare beside it, in the same moment."""

    def test_it_moves_is_cancelled_and_restored_along(
        self, group: Activity, room: Room, boss: Person
    ) -> None:
        care = sessions(planned(group, room))[0]
        host = sessions(group)[0]
        later = host.starts_at + timedelta(hours=3)

        move_meeting(
            host,
            starts_at=later,
            ends_at=later + timedelta(hours=1),
            room=host.room,
            by=boss,
            now=BEFORE,
            seen=0,
        )
        assert (care.starts_at, care.ends_at, care.room) == (host.starts_at, host.ends_at, room)
        cancel_meeting(host, by=boss, now=BEFORE, seen=1)
        assert care.is_cancelled
        restore_meeting(host, by=boss, now=BEFORE, seen=2)
        assert not care.is_cancelled

    def test_a_room_of_the_children_that_is_taken_refuses_the_whole(
        self, group: Activity, room: Room, boss: Person
    ) -> None:
        planned(group, room)
        host = sessions(group)[0]
        later = host.starts_at + timedelta(hours=3)
        make.meeting(room=room, starts_at=later)

        with pytest.raises(RoomTaken):
            move_meeting(
                host,
                starts_at=later,
                ends_at=later + timedelta(hours=1),
                room=host.room,
                by=boss,
                now=BEFORE,
                seen=0,
            )

    def test_one_undo_brings_both_back(self, group: Activity, room: Room, boss: Person) -> None:
        care = sessions(planned(group, room))[0]
        host = sessions(group)[0]
        edit = cancel_meeting(host, by=boss, now=BEFORE, seen=0)
        assert edit is not None

        undo(edit, by=boss, now=BEFORE + timedelta(minutes=1))

        assert not host.is_cancelled
        assert not care.is_cancelled

    def test_cancelled_alone_it_stays_so(self, group: Activity, room: Room, boss: Person) -> None:
        care = sessions(planned(group, room))[0]
        host = sessions(group)[0]
        cancel_meeting(care, by=boss, now=BEFORE, seen=0)
        later = host.starts_at + timedelta(hours=3)

        move_meeting(
            host,
            starts_at=later,
            ends_at=later + timedelta(hours=1),
            room=host.room,
            by=boss,
            now=BEFORE,
            seen=0,
        )

        assert care.is_cancelled
        assert not host.is_cancelled
