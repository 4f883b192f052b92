"""Asking, issuing, freezing, withdrawing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.certificates.content import NEUTRAL
from app.certificates.models import Certificate
from app.certificates.operations import (
    Altered,
    NoHoursYet,
    NothingToCertify,
    NotOver,
    ReasonMissing,
    Typed,
    ask_for_certificate,
    checked,
    issue,
    withdraw,
)
from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.people.papers import ContractKind
from app.people.terms import Role
from app.presence.models import MISSED, Presence
from app.presence.operations import record
from app.programme.kinds import Kind
from app.programme.models import Activity
from app.staffing.models import State
from tests import make
from tests.make import MONDAY

pytestmark = pytest.mark.usefixtures("app")
NOW = MONDAY + timedelta(days=20)


class House:
    def __init__(self) -> None:
        self.centre = make.centre(code="brasov", name="Brașov")
        self.boss = make.coordinator(self.centre, name="Ilinca Pop")
        self.ana = make.person([Role.VOLUNTEER], self.centre, name="Ana Șerban")

    def was_at(self, activity: Activity, days: int = 0, minutes: int = 120) -> Presence:
        starts_at = MONDAY + timedelta(days=days)
        meeting = make.meeting(activity=activity, starts_at=starts_at)
        place = make.assignment(
            need=make.need(meeting=meeting, role=Role.VOLUNTEER),
            person=self.ana,
            state=State.CONFIRMED,
        )
        return make.presence(place, ends_at=starts_at + timedelta(minutes=minutes))

    def course(self, title: str = "Language café") -> Activity:
        return make.activity(title, centre=self.centre, coordinator=self.boss)

    def issue(self, once: str = "first-time-this-form", **given: date) -> Certificate:
        return issue(self.ana, self.centre, typed(**given), once=once, by=self.boss, now=NOW)


def typed(**given: date) -> Typed:
    period = {"first_day": date(2027, 1, 1), "last_day": date(2027, 3, 20)} | given
    return Typed(
        host="Centrul Brașov",
        volunteer="Ana Șerban",
        responsibilities=["sprijin la curs"],
        competences=["comunicare"],
        representative="Ioana Marin",
        **period,
    )


@pytest.fixture
def house() -> House:
    return House()


def letters(to: Person) -> list[Letter]:
    return list(db.session.scalars(select(Notice.kind).where(Notice.person_id == to.id)))


class TestIssuing:
    def test_holds_what_was_attended_to_the_minute(self, house: House) -> None:
        course = house.course()
        house.was_at(course, 0, 119)
        house.was_at(course, 7, 61)
        house.was_at(house.course("Walk"), 9, 45)

        facts = house.issue().facts

        assert facts["activities"] == [
            {"title": "Language café", "kind": "course", "sessions": 2, "minutes": 180},
            {"title": "Walk", "kind": "course", "sessions": 1, "minutes": 45},
        ]
        assert facts["total_minutes"] == 225
        assert facts["number"] == "BRASOV-001/2027"
        assert facts["contracts"][0]["number"] == house.ana.contracts[0].number
        assert facts["roles"] == ["Voluntar"]

    def test_only_of_the_period_and_of_this_centre(self, house: House) -> None:
        course = house.course()
        house.was_at(course, 0)
        house.was_at(course, 1, 30)
        elsewhere = make.activity()
        make.helps_too(house.ana, elsewhere.centre, Role.VOLUNTEER)
        house.was_at(elsewhere, 2)

        issued = house.issue(first_day=date(2027, 3, 2))

        assert issued.minutes == 30

    def test_only_under_a_volunteer_contract(self, house: House) -> None:
        house.was_at(house.course(), 0)
        house.ana.contracts[0].kind = ContractKind.EMPLOYMENT

        with pytest.raises(NothingToCertify):
            house.issue()

    def test_not_of_the_future(self, house: House) -> None:
        house.was_at(house.course())
        with pytest.raises(NotOver):
            house.issue(last_day=date(2027, 3, 22))

    def test_numbers_follow_one_another_even_for_the_same_time(self, house: House) -> None:
        house.was_at(house.course())

        first, second = house.issue(), house.issue("another-form-this-time")

        assert [first.number, second.number] == ["BRASOV-001/2027", "BRASOV-002/2027"]
        assert first.code != second.code

    def test_the_same_form_twice_is_one_certificate(self, house: House) -> None:
        house.was_at(house.course())

        assert house.issue() is house.issue()
        assert letters(house.ana) == [Letter.CERTIFICATE_READY]


class TestFrozen:
    def test_later_corrections_change_nothing(self, house: House) -> None:
        said = house.was_at(house.course())
        issued = house.issue()
        before = (issued.content, issued.digest)

        record(said.meeting, {house.ana: MISSED}, by=house.boss, now=NOW)
        said.meeting.activity.texts[0].title = "Another title"
        house.centre.name = "Another name"
        db.session.commit()
        db.session.expire_all()

        assert (issued.content, issued.digest) == before
        assert checked(issued).facts["total_minutes"] == 120

    def test_what_was_altered_is_not_shown(self, house: House) -> None:
        house.was_at(house.course())
        issued = house.issue()
        issued.content = issued.content.replace('"total_minutes":120', '"total_minutes":999')

        with pytest.raises(Altered):
            checked(issued)


class TestWhatIsProtected:
    def was_there(self, house: House) -> Activity:
        group = make.womens_group(centre=house.centre)
        house.was_at(group, 3, 61)
        single = make.activity("K7-M4Q", kind=Kind.INDIVIDUAL, centre=house.centre)
        house.was_at(single, 4, 30)
        house.was_at(house.course())
        return group

    def test_is_not_counted_by_whoever_may_not_know(self, house: House) -> None:
        self.was_there(house)

        assert house.issue().minutes == 120

    def test_is_one_sum_without_a_name_once_the_volunteer_asks(self, house: House) -> None:
        self.was_there(house)
        ask_for_certificate(house.ana, house.centre, everything=True, now=NOW)

        issued = house.issue()

        assert issued.minutes == 211
        assert issued.facts["activities"][-1]["title"] == NEUTRAL
        assert issued.facts["activities"][-1]["minutes"] == 91
        for word in ("Quiet", "womens", "K7-M4Q", 'individual"', "2027-03-04", "2027-03-05"):
            assert word not in issued.content

    def test_even_for_whoever_leads_it(self, house: House) -> None:
        group = self.was_there(house)
        form = {"once": "the-form-of-the-leader", "by": group.coordinator, "now": NOW}

        issued = issue(house.ana, house.centre, typed(), **form)  # type: ignore[arg-type]

        assert issued.minutes == 181
        assert "Quiet" not in issued.content


class TestAsking:
    def test_tells_every_coordinator_of_the_centre_once(self, house: House) -> None:
        house.was_at(house.course())
        other = make.coordinator(house.centre)

        for _twice in range(2):
            ask_for_certificate(house.ana, house.centre, everything=True, now=NOW)

        assert letters(house.boss) == letters(other) == [Letter.CERTIFICATE_ASKED]

    def test_not_before_there_is_anything(self, house: House) -> None:
        with pytest.raises(NoHoursYet):
            ask_for_certificate(house.ana, house.centre, everything=True, now=NOW)

    def test_is_answered_by_the_certificate(self, house: House) -> None:
        house.was_at(house.course())
        asked = ask_for_certificate(house.ana, house.centre, everything=False, now=NOW)

        house.issue()

        assert asked.answered_at == NOW
        assert ask_for_certificate(house.ana, house.centre, everything=False, now=NOW) is not asked


def test_withdrawing_needs_a_reason_and_is_kept(house: House) -> None:
    house.was_at(house.course())
    issued = house.issue()

    with pytest.raises(ReasonMissing):
        withdraw(issued, " ", by=house.boss, now=NOW)
    withdraw(issued, "Wrong name", by=house.boss, now=NOW)
    withdraw(issued, "Something else", by=house.boss, now=NOW + timedelta(days=1))

    assert (issued.withdrawn_at, issued.withdrawn_why) == (NOW, "Wrong name")
    assert issued.is_intact


@pytest.mark.parametrize(
    "given",
    [
        {"last_day": MONDAY.date() - timedelta(days=1)},
        {"minutes": 0},
        {"withdrawn_at": MONDAY},
        {"withdrawn_why": "why"},
    ],
)
def test_the_database_knows_what_a_certificate_is(given: dict[str, object]) -> None:
    centre: Centre = make.centre()
    with pytest.raises(IntegrityError):
        make.certificate(make.person(), centre, **given)


def test_the_database_keeps_one_open_request(house: House) -> None:
    make.certificate_request(house.ana, house.centre)
    with pytest.raises(IntegrityError):
        make.certificate_request(house.ana, house.centre)
