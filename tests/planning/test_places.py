"""Rooms and venues of a centre, and how far the centres lie apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Role
from app.programme import rooms
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Meeting, Part, Status
from app.programme.places import Room, TravelTime
from app.programme.queries import rooms_of
from app.programme.rooms import NameTaken, RoomFacts, StillNeeded, WasUsed
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, LONG_AGO, MONDAY
from tests.races import all_at_once
from tests.statements import statements

ROOM = {"name": "Sala mare", "capacity": "30"}
VENUE = "Șos. Kiseleff 28"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    return make.centre()


@pytest.fixture
def boss(here: Centre) -> Person:
    return make.coordinator(here)


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    """The browser of the centre's coordinator."""
    return browser.sign_in(boss)


def room_now(room: Room) -> Room:
    db.session.expire_all()
    return db.session.get_one(Room, room.id)


class TestPages:
    def test_a_room_is_added(self, desk: Browser, here: Centre) -> None:
        form = ROOM | {
            "centre": here.id,
            "step_free": "y",
            "note": "Key at the desk",
            "address": "",
        }

        answer = desk.post("/rooms/new", data=form)

        assert answer.status_code == 303
        [room] = db.session.scalars(select(Room).where(Room.centre_id == here.id))
        assert (room.name, room.capacity, room.step_free) == ("Sala mare", 30, True)
        assert (room.note, room.address, room.in_use) == ("Key at the desk", None, True)
        assert room.changed_at == BEFORE

    def test_the_list_says_how_many_fit_in_and_who_gets_in(
        self, desk: Browser, here: Centre
    ) -> None:
        make.room(centre=here, name="Sala mare", capacity=30, step_free=True)
        make.room(centre=here, name="Muzeul Satului", capacity=60, address=VENUE)
        make.room(centre=here, name="Pod", in_use=False)
        make.room(name="Of another centre")
        db.session.commit()

        text = desk.get("/en/rooms").text

        for words in ("30 people", "step-free", "not step-free", VENUE, "out of use"):
            assert words in text
        assert "#step_free" in text
        assert "Of another centre" not in text
        assert text.index("Sala mare") < text.index("Pod")  # what is out of use comes last

    def test_a_room_without_a_name_keeps_what_was_typed(self, desk: Browser, here: Centre) -> None:
        form = {"name": " ", "capacity": "31", "centre": here.id, "note": "Key at the desk"}

        answer = desk.post("/en/rooms/new", data=form)

        assert answer.status_code == 422
        assert "Give it a name." in answer.text
        assert "Key at the desk" in answer.text

    @pytest.mark.parametrize("capacity", ["0", "-3", "five", ""])
    def test_somebody_has_to_fit_in(self, desk: Browser, here: Centre, capacity: str) -> None:
        form = ROOM | {"capacity": capacity, "centre": here.id}

        assert desk.post("/rooms/new", data=form).status_code == 422

    def test_two_rooms_of_one_centre_have_two_names(self, desk: Browser, here: Centre) -> None:
        make.room(centre=here, name="Sala mare")
        other = make.room(centre=here, name="Sala mică")
        db.session.commit()

        added = desk.post("/en/rooms/new", data=ROOM | {"centre": here.id})
        renamed = desk.post(f"/en/rooms/{other.ref}", data=ROOM | {"centre": here.id})

        for answer in (added, renamed):
            assert answer.status_code == 422
            assert "a room of this name already" in answer.text

    def test_a_name_taken_at_the_same_moment_is_refused_by_the_database(self, here: Centre) -> None:
        make.room(centre=here, name="Sala mare")

        with pytest.raises(IntegrityError):
            make.room(centre=here, name="Sala mare")

    def test_another_name_or_address_changes_calendars_and_a_note_does_not(
        self, desk: Browser, here: Centre
    ) -> None:
        room = make.room(centre=here, name="Sala mare", capacity=30)
        db.session.commit()
        address = f"/rooms/{room.ref}"

        desk.post(address, data=ROOM | {"centre": here.id, "note": "New key", "step_free": "y"})
        assert (room_now(room).note, room.changed_at) == ("New key", LONG_AGO)
        desk.post(address, data=ROOM | {"centre": here.id, "name": "Aula"})
        assert (room_now(room).name, room.changed_at) == ("Aula", BEFORE)

    def test_another_address_changes_calendars(self, desk: Browser, here: Centre) -> None:
        room = make.room(centre=here, name="Sala mare", capacity=30)
        db.session.commit()

        desk.post(f"/rooms/{room.ref}", data=ROOM | {"centre": here.id, "address": VENUE})

        assert (room_now(room).address, room.changed_at) == (VENUE, BEFORE)

    def test_a_room_stays_in_its_centre(self, desk: Browser, here: Centre) -> None:
        room, other = make.room(centre=here), make.centre()
        db.session.commit()

        answer = desk.post(f"/rooms/{room.ref}", data=ROOM | {"centre": other.id})

        assert answer.status_code == 422
        assert room_now(room).centre_id == here.id

    def test_the_room_of_another_centre_does_not_exist(self, desk: Browser) -> None:
        room = make.room()
        db.session.commit()

        answers = [desk.get(f"/rooms/{room.ref}")]
        for deed in ("", "/closing", "/opening", "/removal"):
            answers.append(desk.post(f"/rooms/{room.ref}{deed}", data=ROOM))

        assert {answer.status_code for answer in answers} == {404}
        assert room_now(room).in_use

    @pytest.mark.parametrize("role", [one for one in Role if one is not Role.COORDINATOR])
    def test_only_coordinators_keep_the_centre(
        self, browser: Browser, here: Centre, role: Role
    ) -> None:
        room = make.room(centre=here)
        browser.sign_in(make.person([role], here))

        for path in ("/centre", "/rooms", "/rooms/new", f"/rooms/{room.ref}", "/travel-times"):
            assert browser.get(path).status_code == 404, path
        for path in ("/rooms/new", f"/rooms/{room.ref}/closing", "/travel-times"):
            assert browser.post(path, data=ROOM).status_code == 404, path

    def test_the_centre_leads_to_its_pages(self, desk: Browser, here: Centre) -> None:
        text = desk.get("/en/centre").text

        for path in ("/en/rooms", "/en/travel-times", "/en/week/print"):
            assert f'href="{path}?centre={here.code}"' in text
            assert desk.get(path).status_code == 200

    @pytest.mark.parametrize(
        ("step_free", "label"), [(True, "Aula (30, step-free)"), (False, "Aula (30)")]
    )
    def test_a_room_is_chosen_by_what_fits_in_and_who_gets_in(
        self, app: Flask, step_free: bool, label: str
    ) -> None:
        room = make.room(name="Aula", capacity=30, step_free=step_free)
        with app.test_request_context("/", environ_overrides={"punte.language": "en"}):
            assert room.label == label

    def test_a_list_of_many_rooms_asks_as_often_as_one(self, desk: Browser, here: Centre) -> None:
        counts = []
        for more in (1, 5):
            for _number in range(more):
                make.room(centre=here)
            db.session.commit()
            counts.append(len(statements(lambda: desk.get("/rooms"))))

        assert counts[0] == counts[1]


class TestOutOfUse:
    def close(self, room: Room, by: Person) -> None:
        rooms.close_room(room, by=by, now=BEFORE)

    def test_a_room_out_of_use_is_no_longer_chosen(self, here: Centre, boss: Person) -> None:
        room = make.room(centre=here)

        self.close(room, boss)

        assert rooms_of([here.id]) == []
        assert rooms_of([here.id], also_closed=True) == [room]
        rooms.open_room(room)
        assert rooms_of([here.id]) == [room]

    def test_it_waits_for_the_sessions_that_are_planned_there(
        self, desk: Browser, here: Centre
    ) -> None:
        room, activity = make.room(centre=here), make.activity(centre=here)
        for week in range(3):
            starts_at = MONDAY + timedelta(weeks=week)
            make.meeting(activity=activity, room=room, starts_at=starts_at)
        db.session.commit()

        answer = desk.post(f"/en/rooms/{room.ref}/closing")

        assert answer.status_code == 409
        assert "3 sessions are planned there." in answer.text
        assert room_now(room).in_use

    def test_a_session_of_today_still_counts(self, here: Centre, boss: Person) -> None:
        room = make.room(centre=here)
        make.meeting(
            activity=make.activity(centre=here), room=room, starts_at=BEFORE - timedelta(hours=1)
        )

        with pytest.raises(StillNeeded):
            self.close(room, boss)

    @pytest.mark.parametrize(
        "given", [{"status": Status.CANCELLED}, {"starts_at": BEFORE - timedelta(days=2)}]
    )
    def test_what_was_cancelled_or_is_over_does_not_count(
        self, here: Centre, boss: Person, given: dict[str, object]
    ) -> None:
        room = make.room(centre=here)
        make.meeting(activity=make.activity(centre=here), room=room, **given)

        self.close(room, boss)

        assert not room.in_use

    def test_only_sessions_of_which_one_may_know_are_counted(
        self, here: Centre, boss: Person
    ) -> None:
        room = make.room(centre=here)
        make.meeting(activity=make.activity(centre=here), room=room)
        group = make.womens_group(centre=here)
        make.meeting(activity=group, room=room, starts_at=MONDAY + timedelta(days=1))

        with pytest.raises(StillNeeded) as refused:
            self.close(room, boss)
        assert refused.value.known == 1
        with pytest.raises(StillNeeded) as refused:
            self.close(room, group.coordinator)
        assert refused.value.known == 2

    def test_of_others_nothing_is_said_but_that_it_is_needed(
        self, desk: Browser, here: Centre
    ) -> None:
        room = make.room(centre=here)
        make.meeting(activity=make.womens_group(centre=here), room=room)
        db.session.commit()

        answer = desk.post(f"/en/rooms/{room.ref}/closing")

        assert answer.status_code == 409
        assert "This room is still needed. Ask the other coordinators" in answer.text
        assert "Quiet circle" not in answer.text
        assert "session is planned" not in answer.text

    def test_a_room_that_held_a_session_is_not_deleted(self, desk: Browser, here: Centre) -> None:
        room = make.room(centre=here)
        make.meeting(activity=make.womens_group(centre=here), room=room, status=Status.CANCELLED)
        db.session.commit()

        answer = desk.post(f"/en/rooms/{room.ref}/removal")

        assert answer.status_code == 409
        assert "Take it out of use instead" in answer.text
        assert "Delete it" not in desk.get(f"/en/rooms/{room.ref}").text
        with pytest.raises(WasUsed):
            rooms.remove_room(room_now(room))

    def test_a_room_that_was_a_mistake_is_deleted(self, desk: Browser, here: Centre) -> None:
        room = make.room(centre=here)
        db.session.commit()

        assert "Delete it" in desk.get(f"/en/rooms/{room.ref}").text
        desk.post(f"/rooms/{room.ref}/removal")

        assert rooms_of([here.id], also_closed=True) == []

    def test_adding_the_same_name_again_is_refused(self, here: Centre) -> None:
        rooms.add_room(here, RoomFacts(name="Aula", capacity=3), now=BEFORE)

        with pytest.raises(NameTaken):
            rooms.add_room(here, RoomFacts(name="Aula", capacity=3), now=BEFORE)


class TestVenuesStayPrivate:
    """The exact place of what is for members is on no page and in no feed that strangers read."""

    def at_the_venue(self, privacy: Privacy) -> Meeting:
        kind = Kind.CULTURAL if privacy is Privacy.PUBLIC else Kind.COURSE
        activity = make.activity(kind=kind, privacy=privacy)
        room = make.room(centre=activity.centre, name="Muzeul Satului", address=VENUE)
        meeting = make.meeting(activity=activity, room=room)
        db.session.commit()
        return meeting

    def surfaces(self, meeting: Meeting) -> list[str]:
        activity, centre = meeting.activity, meeting.activity.centre
        return [
            f"/en/meetings/{meeting.ref}",
            f"/en/activities/{activity.ref}",
            "/en/?when=all",
            "/en/?when=all&words=Muzeul",
            f"/en/?when=all&centre={centre.code}",
            "/en/calendars/all.ics",
            f"/en/calendars/centre-{centre.code}.ics",
            f"/en/calendars/activity-{activity.ref}.ics",
        ]

    @pytest.mark.parametrize("who", [None, *Role])
    def test_a_venue_of_members_is_nowhere(self, browser: Browser, who: Role | None) -> None:
        meeting = self.at_the_venue(Privacy.MEMBERS)
        if who is not None:
            browser.sign_in(make.person([who], make.centre()))

        for path in self.surfaces(meeting):
            answer = browser.get(path)
            text = answer.text.replace("\r\n ", "").replace("words=Muzeul", "")
            text = text.replace('value="Muzeul"', "")  # what one searched for oneself
            assert answer.status_code == 200, path
            assert "Muzeul" not in text, path
            assert "Kiseleff" not in text, path

    def test_the_search_does_not_find_a_venue(self, browser: Browser) -> None:
        meeting = self.at_the_venue(Privacy.MEMBERS)

        assert meeting.ref in browser.get("/en/?when=all").text
        assert meeting.ref not in browser.get("/en/?when=all&words=Muzeul").text
        assert meeting.ref not in browser.get("/en/?when=all&words=Kiseleff").text

    def test_a_public_one_says_where_it_is(self, browser: Browser) -> None:
        meeting = self.at_the_venue(Privacy.PUBLIC)

        assert VENUE in browser.get(f"/en/meetings/{meeting.ref}").text
        feed = browser.get("/en/calendars/all.ics").text.replace("\r\n ", "")
        assert VENUE in feed
        assert "Muzeul Satului" in feed

    def test_whoever_is_expected_reads_where(self, browser: Browser) -> None:
        meeting = self.at_the_venue(Privacy.MEMBERS)
        learner = make.participant(meeting.activity.centre)
        book(learner, meeting, Part.LEARNER)
        browser.sign_in(learner)

        assert VENUE in browser.get(f"/en/meetings/{meeting.ref}").text

    @pytest.mark.parametrize("privacy", [Privacy.MEMBERS, Privacy.PUBLIC])
    def test_calendars_change_with_a_venue_only_where_they_tell_it(
        self, browser: Browser, privacy: Privacy
    ) -> None:
        """Else whoever compares them would learn which meetings share a place."""
        meeting = self.at_the_venue(privacy)
        before = browser.get("/en/calendars/all.ics").text
        facts = RoomFacts(name="Muzeul Satului", capacity=9, address="Bd. Unirii 1")
        assert meeting.room is not None
        rooms.change_room(meeting.room, facts, now=BEFORE)
        db.session.commit()

        after = browser.get("/en/calendars/all.ics").text

        assert (before == after) is (privacy is Privacy.MEMBERS)


class TestWays:
    def form(self, one: Centre, other: Centre, minutes: str) -> dict[str, str]:
        low, high = sorted((one.id, other.id))
        return {f"way_{low}_{high}": minutes}

    def ways(self) -> dict[tuple[int, int], int]:
        db.session.expire_all()
        rows = db.session.scalars(select(TravelTime))
        return {(row.from_id, row.to_id): row.minutes for row in rows}

    def test_any_coordinator_says_how_far_the_centres_lie_apart(
        self, desk: Browser, here: Centre
    ) -> None:
        there = make.centre()
        db.session.commit()

        assert desk.post("/travel-times", data=self.form(here, there, "170")).status_code == 303
        assert self.ways() == {(here.id, there.id): 170}
        assert 'value="170"' in desk.get("/travel-times").text
        desk.post("/travel-times", data=self.form(here, there, "180"))
        assert self.ways() == {(here.id, there.id): 180}
        desk.post("/travel-times", data=self.form(here, there, ""))
        assert self.ways() == {}

    def test_each_two_centres_are_asked_about_once(self, desk: Browser, here: Centre) -> None:
        for _number in range(2):
            make.centre()
        db.session.commit()

        text = desk.get("/travel-times").text

        assert text.count('name="way_') == 3

    @pytest.mark.parametrize("minutes", ["-1", "1441", "soon"])
    def test_what_is_no_time_is_refused_and_kept(
        self, desk: Browser, here: Centre, minutes: str
    ) -> None:
        there = make.centre()
        db.session.commit()

        answer = desk.post("/en/travel-times", data=self.form(here, there, minutes))

        assert answer.status_code == 422
        assert f'value="{minutes}"' in answer.text
        assert self.ways() == {}

    def test_the_database_knows_no_negative_way(self, here: Centre) -> None:
        there = make.centre()
        db.session.add(TravelTime(from_id=here.id, to_id=there.id, minutes=-1))

        with pytest.raises(IntegrityError):
            db.session.flush()

    def test_the_database_keeps_one_row_for_each_two(self, here: Centre) -> None:
        there = make.centre()
        db.session.add(TravelTime(from_id=there.id, to_id=here.id, minutes=5))

        with pytest.raises(IntegrityError):
            db.session.flush()


class TestNamesSaidAloud:
    @pytest.mark.parametrize("same", ["sala mare", "SALA MARE", "Sala Mare"])
    def test_two_rooms_do_not_differ_in_large_letters_only(
        self, desk: Browser, here: Centre, same: str
    ) -> None:
        make.room(centre=here, name="Sala mare")
        other = make.room(centre=here, name="Pod")
        db.session.commit()

        added = desk.post("/en/rooms/new", data=ROOM | {"name": same, "centre": here.id})
        renamed = desk.post(f"/en/rooms/{other.ref}", data=ROOM | {"name": same, "centre": here.id})

        for answer in (added, renamed):
            assert answer.status_code == 422
            assert "a room of this name already" in answer.text
        assert room_now(other).name == "Pod"

    def test_marks_and_other_centres_are_another_matter(self, desk: Browser, here: Centre) -> None:
        make.room(centre=here, name="Șura")
        make.room(name="Sala mare")
        db.session.commit()

        for name in ("Sura", "sala mare"):
            answer = desk.post("/rooms/new", data=ROOM | {"name": name, "centre": here.id})
            assert answer.status_code == 303
        assert (
            desk.post("/rooms/new", data=ROOM | {"name": "șura", "centre": here.id}).status_code
            == 422
        )

    def test_a_room_may_change_the_letters_of_its_own_name(
        self, desk: Browser, here: Centre
    ) -> None:
        room = make.room(centre=here, name="sala mare")
        db.session.commit()

        answer = desk.post(f"/rooms/{room.ref}", data=ROOM | {"centre": here.id})

        assert answer.status_code == 303
        assert room_now(room).name == "Sala mare"

    def test_it_is_said_that_a_room_was_added_or_removed(self, desk: Browser, here: Centre) -> None:
        added = desk.post("/en/rooms/new", data=ROOM | {"centre": here.id}, follow_redirects=True)
        room = db.session.scalars(select(Room).where(Room.centre_id == here.id)).one()
        gone = desk.post(f"/en/rooms/{room.ref}/removal", follow_redirects=True)

        assert "The room was added." in added.text
        assert "The room was removed." in gone.text


def test_two_desks_do_not_take_the_same_name_at_once(racing_app: Flask) -> None:
    def adding(centre_id: int, name: str) -> Callable[[], object]:
        def click() -> object:
            at = db.session.get_one(Centre, centre_id)
            return rooms.add_room(at, RoomFacts(name=name, capacity=5), now=BEFORE).name

        return click

    for _round in range(10):
        with racing_app.app_context():
            centre_id = make.centre().id
            db.session.commit()
        names = ("Aula", "aula", "AULA")

        results = all_at_once(racing_app, [adding(centre_id, name) for name in names])

        assert sum(isinstance(one, str) for one in results) == 1, results
