"""The pages of being there: "I am here", my hours, and the coordinator's small form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.people.terms import Gender
from app.presence.models import MISSED, Presence, Word
from app.presence.operations import record
from app.staffing.models import Assignment, Override, State
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY

END = MONDAY + timedelta(hours=2)
AFTER = END + timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AFTER, tick=False) as traveller:
        yield traveller


class House:
    """A course of one meeting, a mediator with a place and one without."""

    def __init__(self) -> None:
        self.centre = make.centre()
        self.boss = make.coordinator(self.centre)
        activity = make.activity("Café", centre=self.centre, coordinator=self.boss)
        self.meeting = make.meeting(activity=activity)
        self.need = make.need(meeting=self.meeting)
        self.amina = make.mediator(self.centre, name="Amina Haddad")
        self.place = make.assignment(need=self.need, person=self.amina, state=State.CONFIRMED)
        self.other = make.mediator(self.centre, name="Karim Nur")
        db.session.commit()
        self.page = f"/en/meetings/{self.meeting.ref}/presence"

    def row(self, answer: str, starts: str = "11:00", ends: str = "13:00") -> dict[str, str]:
        return {
            "rows-0-person": self.amina.ref,
            "rows-0-answer": answer,
            "rows-0-starts": starts,
            "rows-0-ends": ends,
        }


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def signed_in(app: Flask, person: Person) -> Browser:
    return Browser(app).sign_in(person)


def said_of(person: Person) -> Presence | None:
    db.session.expire_all()
    return db.session.scalars(select(Presence).where(Presence.person_id == person.id)).one_or_none()


def test_one_button_says_i_am_here(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    clock.move_to(MONDAY)
    browser = signed_in(app, house.amina)
    page = browser.get("/en/places").text
    assert "I am here" in page

    answer = browser.post(f"/en/places/{house.place.ref}/presence")

    assert answer.status_code == 303
    said = said_of(house.amina)
    assert said is not None
    assert said.word == Word(MONDAY, END)
    again = browser.get("/en/places").text
    assert "You were there from 11:00 to 13:00." in again
    assert "I am here" not in again


def test_the_hours_can_be_other_ones(app: Flask, house: House) -> None:
    browser = signed_in(app, house.amina)
    path = f"/en/places/{house.place.ref}/presence"

    assert browser.post(path, data={"starts": "12:00", "ends": "11:00"}).status_code == 422
    assert said_of(house.amina) is None
    assert browser.post(path, data={"starts": "11:10", "ends": "12:59"}).status_code == 303

    said = said_of(house.amina)
    assert said is not None
    assert said.minutes == 109


def test_nobody_says_it_for_somebody_else(app: Flask, house: House) -> None:
    browser = signed_in(app, house.other)

    assert browser.post(f"/en/places/{house.place.ref}/presence").status_code == 404


def test_the_coordinator_says_it_of_all_on_one_form(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    assert "Amina Haddad" in browser.get(house.page).text
    session = browser.get(f"/en/meetings/{house.meeting.ref}/planning").text
    assert "presence not yet recorded" in session

    assert browser.post(house.page, data=house.row("came", "11:00", "12:30")).status_code == 303

    said = said_of(house.amina)
    assert said is not None
    assert (said.minutes, said.said_by_id) == (90, house.boss.id)
    session = browser.get(f"/en/meetings/{house.meeting.ref}/planning").text
    assert "presence not yet recorded" not in session


def test_everybody_else_came_as_planned(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    make.assignment(need=house.need, person=house.other, state=State.CONFIRMED)
    db.session.commit()
    second = {f"rows-1-{k[7:]}": v for k, v in house.row("").items()}
    second["rows-1-person"] = house.other.ref

    browser.post(house.page, data=house.row("missed") | second | {"everybody": "1"})

    amina, karim = said_of(house.amina), said_of(house.other)
    assert amina is not None
    assert karim is not None
    assert (amina.came, karim.word) == (False, Word(MONDAY, END))


@pytest.mark.parametrize(("starts", "ends"), [("13:00", "11:00"), ("11:00", "11:00"), ("", "")])
def test_hours_that_are_none_are_refused_on_the_form(
    app: Flask, house: House, starts: str, ends: str
) -> None:
    answer = signed_in(app, house.boss).post(house.page, data=house.row("came", starts, ends))

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert said_of(house.amina) is None


def test_no_show_correction_and_the_last_word(app: Flask, house: House) -> None:
    boss, amina = signed_in(app, house.boss), signed_in(app, house.amina)
    boss.post(house.page, data=house.row("missed"))
    said = said_of(house.amina)
    assert said is not None
    assert "did not come" in amina.get("/en/my-hours").text
    own = f"/en/my-hours/{said.ref}"
    assert amina.get(own).status_code == 200

    assert amina.post(own, data={"starts": "11:00", "ends": "13:00"}).status_code == 303

    assert "Amina Haddad" in boss.get(house.page).text
    assert "says otherwise" in boss.get(house.page).text
    assert boss.get(own).status_code == 404  # it is hers
    boss.post(f"/en/presences/{said.ref}/confirmation")
    said = said_of(house.amina)
    assert said is not None
    assert said.minutes == 120
    assert "2 h 00 min" in amina.get("/en/my-hours").text
    page = boss.get(house.page).text
    assert "What was said" in page
    assert "before: did not come" in page


def test_somebody_else_came(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    answer = browser.post(house.page, data=house.row("instead"))
    assert answer.location.endswith(f"/presence/instead?of={house.amina.ref}")
    assert "instead of Amina Haddad" in browser.get(answer.location).text
    form = {
        "person": house.other.ref,
        "place": f"{house.need.ref} {house.amina.ref}",
        "starts": "11:00",
        "ends": "13:00",
    }

    assert browser.post(f"{house.page}/instead", data=form).status_code == 303

    karim = said_of(house.other)
    assert karim is not None
    assert (karim.minutes, karim.instead_of_id) == (120, house.amina.id)
    assert "instead of" in browser.get(house.page).text


def test_what_stands_against_a_substitute_is_shown_and_kept(app: Flask, house: House) -> None:
    house.need.women_only = True
    house.other.gender = Gender.MAN
    db.session.commit()
    browser = signed_in(app, house.boss)
    form = {
        "person": house.other.ref,
        "place": house.need.ref,
        "starts": "11:00",
        "ends": "13:00",
    }

    answer = browser.post(f"{house.page}/instead", data=form)
    assert answer.status_code == 409
    assert "this place is for women" in answer.text
    assert said_of(house.other) is None
    again = form | {"reason": "Only he had the key"}
    assert browser.post(f"{house.page}/instead", data=again).status_code == 303

    assert db.session.scalars(select(Override.reason)).one() == "Only he had the key"
    page = browser.get(house.page).text
    assert "this place is for women" in page
    assert "Only he had the key" in page


def test_only_those_who_plan_it_record_it(app: Flask, house: House) -> None:
    for stranger in (house.amina, make.coordinator(make.centre())):
        db.session.commit()
        browser = signed_in(app, stranger)
        assert browser.get(house.page).status_code == 404
        assert browser.post(house.page, data=house.row("came")).status_code == 404


def test_my_hours_name_nothing_that_is_protected(app: Flask) -> None:
    group = make.womens_group()
    one = make.assignment(
        need=make.need(meeting=make.meeting(activity=group)), state=State.CONFIRMED
    )
    said = make.presence(one)
    db.session.commit()
    browser = signed_in(app, one.person)

    for path in ("/en/my-hours", f"/en/my-hours/{said.ref}", "/en/places"):
        text = browser.get(path).text
        assert "Meeting" in text
        assert "Quiet circle" not in text


def test_hours_of_somebody_for_the_staff(app: Flask, house: House) -> None:
    make.presence(house.place)
    group = make.womens_group(centre=house.centre)
    later = make.meeting(activity=group, starts_at=MONDAY - timedelta(days=7))
    secret: Assignment = make.assignment(
        need=make.need(meeting=later), person=house.amina, state=State.CONFIRMED
    )
    make.presence(secret)
    db.session.commit()
    path = f"/en/people/{house.amina.ref}/hours"

    text = signed_in(app, house.boss).get(path).text
    assert "2 h 00 min" in text
    assert "Quiet circle" not in text
    assert "4 h 00 min" in signed_in(app, group.coordinator).get(path).text
    assert signed_in(app, house.amina).get(path).status_code == 404


def test_attention_tells_what_is_not_recorded_and_what_is_disputed(
    app: Flask, house: House
) -> None:
    browser = signed_in(app, house.boss)
    assert "presence not yet recorded" in browser.get("/en/week").text
    record(house.meeting, {house.amina: MISSED}, by=house.boss, now=AFTER)
    db.session.commit()
    said = said_of(house.amina)
    assert said is not None
    assert "presence not yet recorded" not in browser.get("/en/week").text
    signed_in(app, house.amina).post(
        f"/en/my-hours/{said.ref}", data={"starts": "11:00", "ends": "13:00"}
    )

    assert "somebody says otherwise about being there" in browser.get("/en/week").text
