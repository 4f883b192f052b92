"""The call list: everything for one person together, in time, at humane hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given, settings
from sqlalchemy import func, select, update

from app.extensions import db
from app.households.operations import block
from app.i18n import in_language
from app.notices.channels import Channel
from app.notices.delivery import AddressRefused
from app.notices.ledger import Attempt, Deed, NoticeDeed
from app.notices.models import Kind, Notice, State
from app.notices.operations import post
from app.notices.sending import Sender
from app.notices.timing import QUIET, call_from, day_before, day_in
from app.notices.wishes import keep_silent, say
from app.people.models import Person
from app.people.terms import Gender
from app.programme.bookings import book
from app.programme.models import Activity, Part
from app.reminders import calls
from app.reminders.operations import post_reminders
from app.signups.waiting import wait_for
from app.staffing.models import State as Place
from app.staffing.moving import cancel_meeting
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY
from tests.notices.test_outbox import Recorder, compose
from tests.notices.test_timing import BUCHAREST, MOMENTS, utc, wall

EIGHT = datetime(2027, 2, 28, 6, tzinfo=UTC)
"""Eight o'clock in București on the day before `MONDAY`."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EIGHT, tick=False) as traveller:
        yield traveller


def page_of(app: Flask, staff: Person) -> str:
    db.session.commit()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    text: str = browser.sign_in(staff).get("/en/call-list").text
    return " ".join(text.split())


@settings(deadline=None)
@given(MOMENTS)
def test_calls_begin_in_the_morning_and_never_after_the_letter_would_leave(moment) -> None:  # type: ignore[no-untyped-def]
    starts_at, zone = moment

    at = call_from(starts_at, zone)

    assert at <= day_before(starts_at, zone)
    if wall(day_before(starts_at, zone), zone).time() > QUIET[1]:
        assert day_in(at, zone) == day_in(day_before(starts_at, zone), zone)
        assert wall(at, zone).time() >= QUIET[1]


def test_a_session_in_the_evening_is_called_about_from_the_morning_before() -> None:
    assert call_from(utc(2027, 3, 2, 16), BUCHAREST) == utc(2027, 3, 1, 6)
    assert call_from(utc(2027, 3, 2, 5), BUCHAREST) == utc(2027, 3, 1, 5)


@pytest.mark.usefixtures("app")
class TestInTime:
    def test_whom_no_letter_reaches_is_on_the_list_from_the_morning_before(self) -> None:
        evening = make.meeting(starts_at=MONDAY + timedelta(hours=7))
        book(make.person(email=None), evening, Part.LEARNER)
        book(make.person(), evening, Part.LEARNER)

        assert post_reminders(now=EIGHT - timedelta(minutes=1)) == 0
        assert post_reminders(now=EIGHT) == 1
        assert post_reminders(now=EIGHT + timedelta(minutes=1)) == 0
        [state] = db.session.scalars(select(Notice.state))
        assert state is State.FAILED
        assert post_reminders(now=EIGHT + timedelta(hours=10)) == 1


@pytest.mark.usefixtures("app")
class TestAsked:
    """A yes or a no, of whoever may say it for all whom it is about."""

    ASK = "Ask for a yes or a no"

    def called(self, *children: Person, protected: bool = False) -> dict[str, calls.Call]:
        """Who is called about places that these were offered together, by name."""
        group = make.womens_group() if protected else make.activity("Walk", families=True)
        make.meeting(activity=group)
        for child in children:
            child.gender = Gender.WOMAN
        wait_for(group, children, by=group.coordinator, now=EIGHT)
        return self.called_of(group)

    def called_of(self, group: Activity) -> dict[str, calls.Call]:
        with in_language("en"):
            found = calls.calls_for(group.coordinator, "en", now=EIGHT)
        return {one.person.name: one for one in found}

    def words(self, call: calls.Call) -> str:
        told = [" ".join((subject, *words)) for subject, words in call.told]
        return " ".join([*told, *(" ".join(one.paragraphs) for one in call.asked)])

    def family(self) -> tuple[Person, Person, Person, Person]:
        """Two who decide for a child, and a second one for whom only the first does."""
        mother, father = (make.person(name=name, email=None) for name in ("Layla", "Omar"))
        return mother, father, make.child(mother, father), make.child(mother, name="Yusuf")

    @pytest.mark.parametrize("protected", [False, True])
    def test_only_who_decides_for_all_of_them(self, protected: bool) -> None:
        _mother, _father, both, hers = self.family()

        found = self.called(both, hers, protected=protected)

        assert self.ASK in self.words(found["Layla"])
        assert len(found["Layla"].asked) == 2
        assert found["Omar"].asked == []
        assert len(found["Omar"].told) == 1
        for asking in (self.ASK, "Please answer"):
            assert asking not in self.words(found["Omar"])
        assert found["Omar"].refs == [one.ref for one in found["Omar"].notices]
        assert found["Layla"].refs == []

    def test_each_who_decides_for_the_one_it_is_about(self) -> None:
        _mother, _father, both, _hers = self.family()

        found = self.called(both)

        assert [len(found[one].asked) for one in ("Layla", "Omar")] == [1, 1]

    def test_no_longer_who_decided_for_all_of_them_until_now(self) -> None:
        mother, father, both, hers = self.family()
        make.guardianship(hers, father)
        assert self.ASK in self.words(self.called(both, hers)["Omar"])

        block(hers, father, by=mother, now=EIGHT)

        omar = self.called_of(db.session.scalars(select(Activity)).one())["Omar"]
        assert omar.asked == []
        assert self.ASK not in self.words(omar)

    def test_a_child_for_whom_nobody_decides_is_asked_itself(self) -> None:
        found = self.called(make.person(name="Alone", email=None))

        assert self.ASK in self.words(found["Alone"])


class TestThePage:
    def test_one_line_for_one_day_and_one_button_for_one_person(self, app: Flask) -> None:
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here, email=None, phone="0721")
        for hours in (0, 4):
            activity = make.activity(f"Course {hours}", centre=here, coordinator=boss)
            starts_at = MONDAY + timedelta(hours=hours)
            book(layla, make.meeting(activity=activity, starts_at=starts_at), Part.LEARNER)
        post_reminders(now=EIGHT)

        page = page_of(app, boss)

        assert page.count("Reminder for Monday, 1 March:") == 1
        assert page.count("I told them") == 1
        assert page.index("11:00") < page.index("Course 0") < page.index("15:00")
        assert "Before: Monday, 1 March 2027, 11:00" in page

    def test_told_is_told_at_once_and_only_to_them(self, app: Flask) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        meeting = make.meeting(activity=make.activity(centre=here, coordinator=boss))
        people = [make.participant(here, email=None) for _n in range(2)]
        for person in people:
            book(person, meeting, Part.LEARNER)
        post_reminders(now=EIGHT)
        post(people[0], Kind.STAGE_CHANGED, "x", now=EIGHT, about={})
        db.session.commit()
        mine = select(Notice.ref).where(Notice.person_id == people[0].id)
        refs = ",".join(db.session.scalars(mine))
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(boss)

        assert browser.post("/en/call-list/told", data={"refs": refs}).status_code == 303

        db.session.expire_all()
        states = dict(db.session.execute(select(Notice.id, Notice.state)).all())
        assert sorted(states.values()) == [State.FAILED, State.TOLD, State.TOLD]
        assert browser.post("/en/call-list/told", data={"refs": "nothing"}).status_code == 404

    def test_what_is_over_hides_nobody_who_must_hear_today(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "MOST", 3)
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here, email=None)
        for hours in range(4):
            over = make.meeting(starts_at=EIGHT - timedelta(days=3, hours=3 * hours))
            book(layla, over, Part.LEARNER)
            post_reminders(now=over.starts_at - timedelta(hours=1))
        soon = make.meeting(activity=make.activity("Tomorrow's", centre=here))
        book(make.participant(here, name="Sam", email=None), soon, Part.LEARNER)
        post_reminders(now=EIGHT)
        assert db.session.scalars(select(func.count(Notice.id))).one() == 5

        assert "Sam" in page_of(app, boss)

    def test_a_stranger_ticks_nothing_off(self, app: Flask) -> None:
        here = make.centre()
        meeting = make.meeting(activity=make.activity(centre=here))
        book(make.participant(here, email=None), meeting, Part.LEARNER)
        post_reminders(now=EIGHT)
        [ref] = db.session.scalars(select(Notice.ref))
        other = make.coordinator(make.centre())
        db.session.commit()
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(other)

        assert browser.post("/en/call-list/told", data={"refs": ref}).status_code == 404

    def test_nobody_is_called_at_night(self, app: Flask, clock: time_machine.Traveller) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        meeting = make.meeting(activity=make.activity(centre=here, coordinator=boss))
        book(make.participant(here, email=None, phone="0721"), meeting, Part.LEARNER)
        post_reminders(now=EIGHT)
        assert "They sleep now" not in page_of(app, boss)

        clock.move_to(EIGHT + timedelta(hours=14))

        assert "They sleep now. Call after 08:00." in page_of(app, boss)

    def test_whom_nobody_can_ring_stands_apart(self, app: Flask) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        meeting = make.meeting(activity=make.activity(centre=here, coordinator=boss))
        book(make.participant(here, email=None, name="Amira"), meeting, Part.LEARNER)
        assert "Tell them when they come" not in page_of(app, boss)
        book(make.participant(here, email=None, name="Zoe", phone="0721"), meeting, Part.LEARNER)
        post_reminders(now=EIGHT)

        page = page_of(app, boss)

        assert page.index("Zoe") < page.index("<h2>Tell them when they come") < page.index("Amira")

    def test_a_question_is_settled_by_itself(self, app: Flask) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        amina = make.mediator(here, email=None, phone="0721")
        meeting = make.meeting(activity=make.activity(centre=here, coordinator=boss))
        place = make.assignment(
            need=make.need(meeting=meeting), person=amina, state=Place.OFFERED, lapses_at=MONDAY
        )
        about = {"meeting": meeting.id, "assignment": place.id, "state": place.state.value}
        post(amina, Kind.OFFER, place.ref, now=EIGHT, about=about)
        post(amina, Kind.PASSWORD, "x", now=EIGHT, about={})
        db.session.execute(update(Notice).values(state=State.FAILED, failed_at=EIGHT))
        offer, other = db.session.scalars(select(Notice.ref).order_by(Notice.id))

        page = page_of(app, boss)

        assert page.count("I told them") == 2
        assert page.count(f'value="{offer}"') == page.count(f'value="{other}"') == 2

    def test_in_silent_contact_no_number_is_shown(self, app: Flask) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        layla = make.participant(here, phone="+40 721 555 555")
        book(
            layla, make.meeting(activity=make.activity(centre=here, coordinator=boss)), Part.LEARNER
        )
        keep_silent(layla, by=layla, now=EIGHT)
        post_reminders(now=MONDAY - timedelta(days=1))

        page = page_of(app, boss)

        assert "Do not call or write. Tell them when they come." in page
        assert "555" not in page
        assert layla.name not in page_of(app, make.coordinator(here))

    def test_a_protected_session_is_a_meeting(self, app: Flask) -> None:
        group = make.womens_group()
        meeting = make.meeting(activity=group, room=make.room(centre=group.centre, name="Sala 7"))
        book(make.participant(group.centre, email=None), meeting, Part.LEARNER)
        post_reminders(now=EIGHT)

        page = page_of(app, group.coordinator)

        assert "11:00 Meeting" in page
        assert "Quiet circle" not in page
        assert "Sala 7" not in page

    def test_what_is_off_is_no_reminder_any_more(self, app: Flask) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        meeting = make.meeting(activity=make.activity(centre=here, coordinator=boss))
        book(make.participant(here, email=None), meeting, Part.LEARNER)
        post_reminders(now=EIGHT)
        cancel_meeting(meeting, by=make.coordinator(here), now=EIGHT, seen=0)

        page = page_of(app, boss)

        assert "Reminder for" not in page
        assert "Cancelled" in page


class TestWhy:
    """Reasons, what was tried and what was done, for all of one person together."""

    def house(self) -> tuple[Person, Person]:
        """A coordinator, and who is to be told two things."""
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here, phone="0721")
        for key in ("one", "two"):
            post(layla, Kind.PASSWORD, key, now=EIGHT, about={})
        return boss, layla

    def refused(self) -> tuple[Person, Person]:
        boss, layla = self.house()
        one = Sender("one", clock=lambda: EIGHT)
        one.send(Recorder(AddressRefused("554"), AddressRefused("554")), compose)
        return boss, layla

    def browser(self, app: Flask, staff: Person) -> Browser:
        db.session.commit()
        browser = app.test_client()
        assert isinstance(browser, Browser)
        return browser.sign_in(staff)

    def refs(self) -> str:
        return ",".join(db.session.scalars(select(Notice.ref).order_by(Notice.id)))

    def deeds(self) -> list[tuple[Deed, int | None]]:
        found = select(NoticeDeed).order_by(NoticeDeed.notice_id, NoticeDeed.id)
        return [(one.deed, one.by_id) for one in db.session.scalars(found)]

    def test_a_reason_and_a_try_that_several_share_are_said_once(self, app: Flask) -> None:
        boss, _layla = self.refused()
        db.session.execute(update(Attempt).values(started_at=EIGHT))

        page = page_of(app, boss)

        assert page.count("It was refused (code 554).") == 1
        assert page.count("the address was refused") == 1
        assert page.count("Send it again") == 1

    @pytest.mark.parametrize(
        ("path", "state", "deed"),
        [
            ("told", State.TOLD, Deed.TELEPHONED),
            ("again", State.PENDING, Deed.SENT_AGAIN),
            ("given-up", State.GIVEN_UP, Deed.GIVEN_UP),
        ],
    )
    def test_a_deed_is_traced_for_each_message(
        self, app: Flask, path: str, state: State, deed: Deed
    ) -> None:
        boss, _layla = self.refused()
        data = {"refs": self.refs()}
        browser = self.browser(app, boss)

        assert browser.post(f"/en/call-list/{path}", data=data).status_code == 303
        browser.post(f"/en/call-list/{path}", data=data)  # a second click

        db.session.expire_all()
        assert set(db.session.scalars(select(Notice.state))) == {state}
        assert self.deeds() == [(deed, boss.id)] * 2

    def test_what_is_too_late_is_not_sent_again_and_nothing_beside_it(self, app: Flask) -> None:
        boss, _layla = self.refused()
        late = update(Notice).where(Notice.key == "two")
        db.session.execute(late.values(not_after=EIGHT))
        browser = self.browser(app, boss)

        answer = browser.post("/en/call-list/again", data={"refs": self.refs()})

        assert answer.status_code == 409
        assert self.deeds() == []

    @pytest.mark.parametrize(
        ("what", "reason"),
        [
            ("no-consent", "They want no e-mail."),
            ("silent", "Nothing is sent to this person."),
        ],
    )
    def test_who_gets_no_letters_is_sent_none_again(
        self, app: Flask, what: str, reason: str
    ) -> None:
        boss, layla = self.house()
        if what == "silent":
            keep_silent(layla, by=boss, now=EIGHT)
        else:
            say(layla, Channel.EMAIL, False, by=layla, now=EIGHT)

        page = page_of(app, boss)

        assert reason in page
        assert "Send it again" not in page
        assert ("0721" in page) is (what == "no-consent")
