"""Of an appointment that is long over nobody can read who came, where, or what it was called."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from app.database import Base
from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.notices.operations import post
from app.own_data.past_appointments import KEEP, forget_past_appointments
from app.people.models import Person
from app.planning.duplicating import duplicate_meeting
from app.presence.models import Presence
from app.programme.bookings import book
from app.programme.changing import ChangedMeanwhile
from app.programme.codes import NO_CODE
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import coming_meetings
from app.signups.models import Enrolment
from app.staffing.models import Assignment, State
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY

pytestmark = pytest.mark.usefixtures("app")
HOUR = timedelta(hours=1)
SECRETS = ("Layla", "K7-M4C", "Gate 7", "Bus 5", "Camera 77", "meet.example")


class House:
    """An appointment of a learner, a mediator and the coordinator who made it."""

    def __init__(self) -> None:
        self.centre = make.centre()
        self.boss = make.coordinator(self.centre)
        self.layla = make.participant(self.centre, name="Layla")
        self.mediator = make.mediator(self.centre)
        self.room = make.room(centre=self.centre, name="Camera 77")
        self.activity, self.meeting = self.session_of("K7-M4C", Privacy.INDIVIDUAL)
        need = make.need(meeting=self.meeting, language="ar")
        self.place = make.assignment(need=need, person=self.mediator, state=State.CONFIRMED)
        self.hours = make.presence(self.place)
        db.session.commit()

    def session_of(self, title: str, privacy: Privacy, **given: Any) -> tuple[Activity, Meeting]:
        kind = Kind.INDIVIDUAL if privacy is Privacy.INDIVIDUAL else Kind.WOMENS_GROUP
        facts = {"meeting_point": "Gate 7", "transport": "Bus 5", "support_language": "ar"}
        activity = make.activity(
            title, centre=self.centre, kind=kind, privacy=privacy, coordinator=self.boss, **facts
        )
        make.enrolment(activity, self.layla)
        meeting = make.meeting(
            activity=activity, room=self.room, online_url="https://meet.example/7", **given
        )
        book(self.layla, meeting, Part.LEARNER)
        return activity, meeting

    @property
    def over(self) -> datetime:
        """When nothing needs to be known of it any more."""
        return self.meeting.ends_at + KEEP


@pytest.fixture
def house() -> House:
    return House()


def words_of(*rows: Base) -> str:
    """All that stands in *rows*."""
    columns = (getattr(row, column.key) for row in rows for column in row.__table__.columns)
    return " ".join(str(one) for one in columns)


def places_of(person: Person) -> int:
    rows = (
        select(func.count()).select_from(table).where(table.person_id == person.id)
        for table in (Booking, Enrolment)
    )
    return sum(db.session.scalars(one).one() for one in rows)


def test_after_thirty_days_only_that_there_was_one_is_left(house: House) -> None:
    assert forget_past_appointments(now=house.over) == 1

    left = words_of(house.activity, house.meeting, *house.activity.texts)
    assert [one for one in SECRETS if one in left] == []
    assert house.activity.title_in("ro") == NO_CODE
    assert places_of(house.layla) == 0
    assert (house.activity.kind, house.meeting.starts_at) == (Kind.INDIVIDUAL, MONDAY)


def test_the_hours_of_whoever_helped_stay(house: House) -> None:
    forget_past_appointments(now=house.over)

    place = db.session.get_one(Assignment, house.place.id)
    assert (place.state, place.person) == (State.CONFIRMED, house.mediator)
    assert db.session.get_one(Presence, house.hours.id).person_id == place.person_id
    assert places_of(house.mediator) == 1


def test_not_a_moment_before_and_once_only(house: House) -> None:
    before = words_of(house.activity, house.meeting, *house.activity.texts)

    assert forget_past_appointments(now=house.over - timedelta(seconds=1)) == 0
    assert words_of(house.activity, house.meeting, *house.activity.texts) == before
    assert forget_past_appointments(now=house.over) == 1
    assert forget_past_appointments(now=house.over + HOUR) == 0


def test_what_goes_on_is_kept_whole(house: House) -> None:
    make.meeting(activity=house.activity, starts_at=house.over)
    group, _meeting = house.session_of(
        "Quiet circle", Privacy.PROTECTED, starts_at=MONDAY + 4 * HOUR
    )

    assert forget_past_appointments(now=house.over) == 0
    assert house.activity.title_in("ro") == "K7-M4C"
    assert group.title_in("ro") == "Quiet circle"
    assert places_of(house.layla) == 4


def test_its_pages_open_and_say_none_of_it(house: House, browser: Browser) -> None:
    forget_past_appointments(now=house.over)
    db.session.commit()

    with time_machine.travel(house.over, tick=False):
        browser.sign_in(house.boss)
        for path in (f"meetings/{house.meeting.ref}/planning", "people", "list"):
            page = browser.get(f"/en/{path}")
            assert page.status_code == 200
            assert [one for one in SECRETS[1:] if one in page.text] == []
        browser.sign_in(house.mediator)
        for path in (f"meetings/{house.meeting.ref}", "my-hours", "places"):
            page = browser.get(f"/en/{path}")
            assert page.status_code == 200
            assert [one for one in SECRETS if one in page.text] == []


def test_messages_about_it_go_too_and_others_stay(house: House) -> None:
    other = make.meeting()
    for about in ({"meeting": house.meeting.id}, {"activity": house.activity.id}):
        post(house.layla, Letter.REMINDER, str(about), now=MONDAY, about=about)
    post(house.layla, Letter.REMINDER, "other", now=MONDAY, about={"meeting": other.id})

    forget_past_appointments(now=house.over)

    assert db.session.scalars(select(Notice.key)).all() == ["other"]


def test_who_was_added_later_is_forgotten_too(house: House) -> None:
    forget_past_appointments(now=house.over)
    make.enrolment(house.activity, house.layla)

    assert forget_past_appointments(now=house.over + HOUR) == 1
    assert places_of(house.layla) == 0


class TestOnceMore:
    """What nobody knows any more cannot be held once more: a new one is made, with its own code."""

    LATER = MONDAY + KEEP + timedelta(days=7)

    def held_again(self, house: House) -> Meeting:
        return duplicate_meeting(
            house.meeting, starts_at=self.LATER, room=None, by=house.boss, now=house.over
        )

    def test_not_after_it_was_forgotten(self, house: House) -> None:
        forget_past_appointments(now=house.over)

        with pytest.raises(ChangedMeanwhile):
            self.held_again(house)
        assert coming_meetings(house.activity, now=house.over) == []

    def test_until_then_under_its_code(self, house: House) -> None:
        assert self.held_again(house).title_in("ro") == "K7-M4C"
        assert forget_past_appointments(now=house.over) == 0

    def test_its_page_offers_it_no_more(self, house: House, browser: Browser) -> None:
        here = f"/en/meetings/{house.meeting.ref}"
        form = {"day": f"{self.LATER:%Y-%m-%d}", "starts": "11:00", "room": "0"}
        with time_machine.travel(house.over, tick=False):
            browser.sign_in(house.boss)
            assert "Hold it once more" in browser.get(f"{here}/planning").text
            assert browser.get(f"{here}/duplicate").status_code == 200

            forget_past_appointments(now=house.over)
            db.session.commit()

            assert "Hold it once more" not in browser.get(f"{here}/planning").text
            assert browser.get(f"{here}/duplicate").status_code == 404
            assert browser.post(f"{here}/duplicate", data=form).status_code == 404
