"""Appointments: made on one page, and known to nobody whom they do not concern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.database import new_ref
from app.extensions import db
from app.feeds.operations import make_link
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.people.terms import Gender, Level, Role
from app.planning.appointing import AppointmentFacts, make_appointment
from app.programme.bookings import book
from app.programme.codes import DIGITS, LETTERS, is_code, new_code
from app.programme.kinds import Kind, Privacy, Service
from app.programme.models import Activity, Booking, Meeting, Part
from app.reminders.letters import compose, draft
from app.reminders.operations import post_reminders
from app.signups.operations import ExpectedElsewhere
from app.staffing.models import Need, State
from app.staffing.operations import accept_offer, offer_place
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY
from tests.races import all_at_once
from tests.statements import statements

NOW = MONDAY - timedelta(days=1)
HOUR = timedelta(hours=1)
POINT = "Gate 7, behind the lindens"
FEED = {"Accept-Encoding": "identity"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def facts(centre: Centre, **given: object) -> AppointmentFacts:
    starts_at = given.get("starts_at", MONDAY)
    usual = {
        "ref": new_ref(),
        "centre": centre,
        "service": Service.HEALTH,
        "day": MONDAY.date(),
        "starts_at": starts_at,
        "ends_at": starts_at + HOUR,  # type: ignore[operator]
        "language": "ar",
        "level": Level.B1,
        "meeting_point": POINT,
    }
    return AppointmentFacts(**(usual | given))  # type: ignore[arg-type]


class TestCodes:
    def test_a_code_holds_no_sign_that_is_taken_for_another(self) -> None:
        assert not set("0O1IL5S8BQ") & set(LETTERS + DIGITS)

    def test_a_code_is_never_one_that_is_taken(self) -> None:
        signs = cycle("A2C3DC4D6E")

        assert new_code({"A2-C3D"}, choose=lambda _all: next(signs)) == "C4-D6E"

    @pytest.mark.parametrize("_round", range(5))
    def test_every_code_is_known_as_one(self, _round: int) -> None:
        assert is_code(new_code(()))

    @pytest.mark.parametrize("words", ["", "Maria", "K7-M4C hospital", "KK-M4C", "k7-m4c"])
    def test_words_are_no_code(self, words: str) -> None:
        assert not is_code(words)


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make.centre(address="Str. Canarului 3")


@pytest.fixture
def boss(centre: Centre) -> Person:
    return make.coordinator(centre)


class TestMaking:
    def test_it_is_one_meeting_of_one_mediator_with_a_code_for_a_title(
        self, boss: Person, centre: Centre
    ) -> None:
        need = make_appointment(facts(centre), by=boss, now=NOW)

        activity = need.meeting.activity
        assert (activity.kind, activity.privacy) == (Kind.INDIVIDUAL, Privacy.INDIVIDUAL)
        assert need.meeting.privacy is Privacy.INDIVIDUAL
        assert (activity.published_at, activity.term, activity.coordinator) == (NOW, None, boss)
        assert [(t.language, t.description) for t in activity.texts] == [("ro", "")]
        assert need.meeting.code == activity.texts[0].title
        assert (need.role, need.language, need.level) == (Role.MEDIATOR, "ar", Level.B1)
        assert (need.wanted, need.women_only) == (1, False)
        assert need.meeting.place == POINT

    def test_a_woman_is_asked_for_where_one_is_wished(self, boss: Person, centre: Centre) -> None:
        need = make_appointment(facts(centre, women_only=True), by=boss, now=NOW)
        man = make.mediator(centre, gender=Gender.MAN)
        with pytest.raises(Exception, match="NotEligible"):
            offer_place(need, man, by=boss, now=NOW)

    def test_the_person_it_is_for_is_expected_and_told_a_time(
        self, boss: Person, centre: Centre
    ) -> None:
        layla = make.participant(centre)

        need = make_appointment(facts(centre, participant=layla), by=boss, now=NOW)

        [booking] = db.session.scalars(select(Booking))
        assert (booking.person, booking.meeting, booking.part) == (
            layla,
            need.meeting,
            Part.LEARNER,
        )
        [notice] = db.session.scalars(select(Notice))
        assert (notice.kind, notice.confidential) == (Letter.ENROLLED, True)

    def test_nothing_is_made_for_somebody_expected_elsewhere(
        self, boss: Person, centre: Centre
    ) -> None:
        layla = make.participant(centre)
        book(layla, make.meeting(), Part.LEARNER)

        with pytest.raises(ExpectedElsewhere):
            make_appointment(facts(centre, participant=layla), by=boss, now=NOW)

    def test_the_same_page_sent_twice_makes_one(self, boss: Person, centre: Centre) -> None:
        once = facts(centre)

        first = make_appointment(once, by=boss, now=NOW)

        assert make_appointment(once, by=boss, now=NOW) is first
        assert len(db.session.scalars(select(Meeting)).all()) == 1

    def test_a_code_may_come_again_once_the_appointment_is_over(
        self, boss: Person, centre: Centre
    ) -> None:
        def first(signs: str) -> str:
            return signs[0]

        old = make_appointment(facts(centre), by=boss, now=NOW, choose=first)
        later = facts(centre, starts_at=MONDAY + 5 * HOUR)

        new = make_appointment(later, by=boss, now=MONDAY + 2 * HOUR, choose=first)

        assert new.meeting.code == old.meeting.code == "A2-A2A"


def drawing_the_same(centre_id: int, boss_id: int) -> Callable[[], object]:
    """A click whose first draws are those of every other click."""
    drawn = cycle("A2C3DC4D6EF7G9H")

    def click() -> object:
        by = db.session.get_one(Person, boss_id)
        wanted = facts(db.session.get_one(Centre, centre_id))
        return make_appointment(wanted, by=by, now=NOW, choose=lambda _all: next(drawn)).id

    return click


def test_two_desks_never_draw_the_same_code(racing_app: Flask) -> None:
    for _round in range(10):
        with racing_app.app_context():
            centre = make.centre()
            bosses = [make.coordinator(centre).id for _n in range(3)]
            db.session.commit()
            centre_id = centre.id

        results = all_at_once(racing_app, [drawing_the_same(centre_id, one) for one in bosses])

        assert all(isinstance(one, int) for one in results), results
        with racing_app.app_context():
            made = db.session.scalars(select(Activity).where(Activity.centre_id == centre_id))
            assert len({activity.title_in("ro") for activity in made}) == 3


def test_two_clicks_on_one_page_make_one_appointment(racing_app: Flask) -> None:
    for _round in range(10):
        with racing_app.app_context():
            centre = make.centre()
            centre_id, boss_id = centre.id, make.coordinator(centre).id
            db.session.commit()
        ref = new_ref()

        def click(centre_id: int = centre_id, boss_id: int = boss_id, ref: str = ref) -> object:
            wanted = facts(db.session.get_one(Centre, centre_id), ref=ref)
            return make_appointment(wanted, by=db.session.get_one(Person, boss_id), now=NOW).id

        results = all_at_once(racing_app, [click, click])

        assert len(set(results)) == 1, results
        assert isinstance(results[0], int)


def typed(centre: Centre, **given: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "ref": new_ref(),
        "centre": centre.id,
        "service": "health",
        "language": "ar",
        "level": "B1",
        "day": "2027-03-01",
        "starts": "11:00",
        "ends": "12:00",
        "meeting_point": POINT,
        "room": "0",
        "participant": "",
    }
    return usual | given


@pytest.fixture
def desk(browser: Browser, boss: Person) -> Browser:
    return browser.sign_in(boss)


class TestThePage:
    def test_it_leads_to_who_could_come(self, desk: Browser, centre: Centre) -> None:
        assert 'value="B1"' in desk.get("/en/appointments/new").text

        answer = desk.post("/en/appointments/new", data=typed(centre))

        need = db.session.scalars(select(Need)).one()
        assert answer.status_code == 303
        assert answer.location == f"/en/needs/{need.ref}/candidates"
        assert need.meeting.starts_at == MONDAY
        assert str(need.meeting.code) in desk.get(answer.location).text

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"service": ""}, "Choose what it is about."),
            ({"language": ""}, "Choose a language."),
            ({"meeting_point": " "}, "Say where you meet"),
            ({"ends": "11:00"}, "It has to end after it starts."),
            ({"day": "2027-02-27"}, "This day is over."),
            ({"day": "2027-02-28", "starts": "10:59"}, "This time is over."),
            ({"day": "9999-12-31"}, "This is too far away."),
            ({"ref": "1"}, "Load the page again"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
        self, desk: Browser, centre: Centre, given: dict[str, object], said: str
    ) -> None:
        page = desk.post("/en/appointments/new", data=typed(centre, ends="11:30") | given)

        assert page.status_code == 422
        assert said in page.text
        assert 'value="11:30"' in page.text or "ends" in given
        assert db.session.scalars(select(Activity)).all() == []

    def test_the_room_or_the_person_of_another_centre_is_refused(
        self, app: Flask, centre: Centre, boss: Person
    ) -> None:
        there = make.centre()
        here_and_there = make.coordinator(there)
        make.make_coordinator_too(here_and_there, centre)
        desk = Browser(app).sign_in(here_and_there)
        room, layla = make.room(centre=there), make.participant(there)
        db.session.commit()

        wrong = typed(centre, room=room.id, participant=layla.ref)
        page = desk.post("/en/appointments/new", data=wrong)

        assert "This room is in another centre." in page.text
        assert "This person comes to another centre." in page.text

    def test_a_room_in_use_is_said_and_what_was_typed_is_kept(
        self, desk: Browser, centre: Centre
    ) -> None:
        room = make.room(centre=centre)
        make.meeting(activity=make.activity(centre=centre), room=room)
        db.session.commit()

        page = desk.post("/en/appointments/new", data=typed(centre, room=room.id))

        assert page.status_code == 409
        assert "The room is taken" in page.text
        assert POINT in page.text
        assert len(db.session.scalars(select(Activity)).all()) == 1

    def test_that_somebody_is_expected_elsewhere_is_said_beside_the_name(
        self, desk: Browser, centre: Centre
    ) -> None:
        layla = make.participant(centre)
        group = make.meeting(activity=make.womens_group(centre=centre))
        book(layla, group, Part.LEARNER)
        db.session.commit()

        page = desk.post("/en/appointments/new", data=typed(centre, participant=layla.ref))

        assert page.status_code == 409
        assert "expected elsewhere" in page.text
        assert "Quiet circle" not in page.text

    def test_it_is_for_coordinators(self, app: Flask, centre: Centre) -> None:
        mediator = Browser(app).sign_in(make.mediator(centre))

        assert mediator.get("/en/appointments/new").status_code == 404
        assert mediator.post("/en/appointments/new", data=typed(centre)).status_code == 404

    def test_many_participants_ask_the_database_no_more_often(
        self, desk: Browser, centre: Centre
    ) -> None:
        def asked() -> int:
            return len(statements(lambda: desk.get("/en/appointments/new")))

        make.participant(centre)
        db.session.commit()
        asked()
        before = asked()
        for _n in range(3):
            make.participant(centre)
        db.session.commit()

        assert asked() == before


class House:
    """An appointment with everybody around it."""

    def __init__(self) -> None:
        self.centre = make.centre(name="Centre", address="Str. Canarului 3")
        self.boss = make.coordinator(self.centre, name="Boss")
        self.layla = make.participant(self.centre, name="Layla Canary")
        self.mediator = make.mediator(self.centre, name="Omar Vireo")
        room = make.room(centre=self.centre, name="Camera 77")
        wanted = facts(self.centre, participant=self.layla, room=room, service=Service.POLICE)
        self.need = make_appointment(wanted, by=self.boss, now=NOW)
        self.meeting, self.activity = self.need.meeting, self.need.meeting.activity
        self.code = self.meeting.code or ""
        self.assignment = offer_place(self.need, self.mediator, by=self.boss, now=NOW)
        self.people: dict[str, Person | None] = {
            "nobody": None,
            "another coordinator": make.coordinator(self.centre),
            "an administrator": make.person([Role.ADMINISTRATOR], self.centre),
            "a mediator who would fit": make.mediator(self.centre),
            "a participant": make.participant(self.centre),
            "the mediator": self.mediator,
            "the participant": self.layla,
        }
        db.session.commit()

    def browser(self, app: Flask, who: str) -> Browser:
        browser = Browser(app)
        person = self.people[who]
        return browser.sign_in(person) if person else browser


@pytest.fixture
def house(app: Flask) -> House:
    return House()


STRANGERS = (
    "nobody",
    "another coordinator",
    "an administrator",
    "a mediator who would fit",
    "a participant",
)
LISTS = (
    "/?when=all",
    "/?when=all&words=gate",
    "/?when=all&words=K7",
    "/?when=all&language=ar",
    "/calendars",
    "/calendars/all.ics",
    "/calendars/kind-individual.ics",
    "/calendars/language-ar.ics",
    "/mine",
    "/my-calendars",
    "/needed",
    "/needed?all=1",
    "/places",
    "/week?day=2027-03-01",
    "/people",
    "/call-list",
    "/sent-messages",
    "/titles",
)


def canaries(house: House) -> list[str]:
    """Whatever tells of the appointment: its words, its code, its addresses."""
    refs = [house.meeting.ref, house.activity.ref, house.need.ref]
    return [POINT, "Gate 7", house.code, "Camera 77", "Police", *refs]


def seen(page: str) -> str:
    """The page without what its forms offer to everybody."""
    return re.sub(r"<(form|nav|footer)\b.*?</\1>", "", page, flags=re.S)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("who", STRANGERS)
def test_no_list_tells_a_stranger_of_it(app: Flask, house: House, who: str, path: str) -> None:
    accept_offer(house.assignment, now=NOW)
    db.session.commit()

    page = seen(house.browser(app, who).get(f"/en{path}", headers=FEED).text)

    assert [word for word in canaries(house) if word in page] == []


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("who", ["the mediator", "the participant"])
@pytest.mark.parametrize("accepted", [False, True])
def test_in_lists_it_is_a_meeting_and_a_time_for_those_it_concerns(
    app: Flask, house: House, who: str, path: str, accepted: bool
) -> None:
    if accepted:
        accept_offer(house.assignment, now=NOW)
        db.session.commit()

    page = seen(house.browser(app, who).get(f"/en{path}", headers=FEED).text)

    words = [POINT, "Gate 7", house.code, "Camera 77", "Police"]
    assert [word for word in words if word in page] == []


@pytest.mark.parametrize("who", STRANGERS)
def test_its_own_pages_do_not_exist_for_a_stranger(app: Flask, house: House, who: str) -> None:
    browser = house.browser(app, who)
    for path in (
        f"/meetings/{house.meeting.ref}",
        f"/meetings/{house.meeting.ref}/planning",
        f"/activities/{house.activity.ref}",
        f"/activities/{house.activity.ref}/needs",
        f"/activities/{house.activity.ref}/learners",
        f"/activities/{house.activity.ref}/texts",
        f"/needs/{house.need.ref}/candidates",
        f"/offers/{house.assignment.ref}",
        f"/calendars/activity-{house.activity.ref}.ics",
    ):
        answer = browser.get(path)
        assert answer.status_code in (303, 404), path
        assert answer.status_code == 404 or answer.location.startswith("/sign-in"), path


def test_the_mediator_reads_the_code_the_time_and_the_meeting_point(
    app: Flask, house: House
) -> None:
    page = house.browser(app, "the mediator").get(f"/en/offers/{house.assignment.ref}").text

    assert house.code in page
    assert POINT in page
    assert "11:00" in page
    told = ("Layla", "Police", "Camera 77", "Canarului", "Appointment or accompaniment")
    assert not [word for word in told if word in page]


def test_the_mediator_who_comes_reads_the_same_on_the_page_of_the_meeting(
    app: Flask, house: House
) -> None:
    accept_offer(house.assignment, now=NOW)
    db.session.commit()

    page = house.browser(app, "the mediator").get(f"/en/meetings/{house.meeting.ref}").text

    assert house.code in page
    assert POINT in page
    told = ("Layla", "Police", "Camera 77", "Canarului", "Appointment or accompaniment")
    assert not [word for word in told if word in page]


def test_words_that_somebody_put_in_place_of_the_code_stay_with_who_plans_it(
    app: Flask, house: House
) -> None:
    accept_offer(house.assignment, now=NOW)
    house.activity.texts[0].title = "Layla at the police"
    house.activity.texts[0].description = "because of her husband"
    _link, token = make_link(
        house.mediator, label="phone", language="en", alarm_minutes=None, now=NOW
    )
    offer, place = f"/en/offers/{house.assignment.ref}", f"/en/meetings/{house.meeting.ref}"
    db.session.commit()

    browser = house.browser(app, "the mediator")
    told = "".join(browser.get(path).text for path in (offer, place, "/en/mine", "/en/places"))
    told += browser.get(f"/c/{token}.ics", headers=FEED).text

    assert "Layla" not in told
    assert "husband" not in told


@pytest.mark.parametrize("who", ["the mediator", "the participant"])
def test_the_password_is_asked_again_before_it_is_shown(
    app: Flask, house: House, who: str, clock: time_machine.Traveller
) -> None:
    accept_offer(house.assignment, now=NOW)
    db.session.commit()
    browser = house.browser(app, who)
    for _click in range(2):
        clock.shift(timedelta(minutes=8))
        answer = browser.get(f"/en/meetings/{house.meeting.ref}")

    assert answer.status_code == 303
    assert "/confirmation" in answer.location


def feed_of(app: Flask, person: Person, language: str) -> str:
    _link, token = make_link(person, label="phone", language=language, alarm_minutes=30, now=NOW)
    db.session.commit()
    text: str = Browser(app).get(f"/c/{token}.ics", headers=FEED).text
    return text.replace("\r\n ", "")


@pytest.mark.parametrize("language", ["ro", "en", "ar"])
def test_the_mediators_calendar_holds_the_code_and_the_meeting_point(
    app: Flask, house: House, language: str
) -> None:
    accept_offer(house.assignment, now=NOW)

    calendar = feed_of(app, house.mediator, language)

    assert f"{house.code} – Gate 7\\, behind the lindens" in calendar
    assert "CLASS:PRIVATE" in calendar
    for word in ("Layla", "Camera 77", "Canarului", "CATEGORIES", "LOCATION", "/meetings/"):
        assert word not in calendar, word


def test_the_participants_calendar_holds_nothing_of_it(app: Flask, house: House) -> None:
    assert "BEGIN:VEVENT" not in feed_of(app, house.layla, "en")


@pytest.mark.parametrize("language", ["ro", "en", "ar"])
def test_every_letter_about_it_says_a_time_and_no_more(house: House, language: str) -> None:
    accept_offer(house.assignment, now=NOW)
    for person in (house.layla, house.mediator, house.boss):
        person.language = language
    post_reminders(now=NOW + HOUR)
    db.session.flush()
    owed = db.session.scalars(select(Notice)).all()
    assert {n.kind for n in owed} >= {Letter.ENROLLED, Letter.REMINDER, Letter.OFFER_ANSWERED}

    for notice in owed:
        assert notice.confidential
        letter, call = compose(notice, NOW + HOUR), draft(notice, language, NOW + HOUR)
        told = (f"{letter.subject}{letter.text}{letter.html}" if letter else "") + str(call)
        for word in (POINT, "Gate 7", house.code, "Camera 77", "Canary", "Vireo", "Canarului"):
            assert word not in told, (notice.kind, word)


def test_only_who_made_it_finds_it_in_the_week(app: Flask, house: House) -> None:
    mine = Browser(app).sign_in(house.boss).get("/en/week?day=2027-03-01").text

    assert house.code in mine


def test_a_place_in_it_is_never_taken_unasked(app: Flask, house: House) -> None:
    browser = house.browser(app, "a mediator who would fit")

    assert browser.post(f"/needs/{house.need.ref}/place").status_code == 404
    assert db.session.scalars(select(func.count()).where(Booking.part == Part.HELPER)).one() == 0
    assert house.assignment.state is State.OFFERED
