"""The page for a telephone without its scripts, the taps as JSON, and keying in a paper list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app import clock as house_clock
from app.attendance.marks import Mark
from app.attendance.models import Attendance, AttendanceTap
from app.database import new_ref
from app.extensions import db
from app.people.models import Person
from app.people.terms import Role
from app.programme.kinds import Privacy
from app.staffing.models import State
from tests import make
from tests.attendance.conftest import DAY, HOUR, House
from tests.conftest import Browser
from tests.make import MONDAY
from tests.statements import statements

NOW = MONDAY + HOUR
P, A, E = Mark.PRESENT, Mark.ABSENT, Mark.EXCUSED


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def signed_in(app: Flask, person: Person) -> Browser:
    return Browser(app).sign_in(person)


def page_of(house: House, end: str = "") -> str:
    return f"/en/meetings/{house.first.ref}/attendance{end}"


def said(house: House) -> dict[str, Mark | None]:
    db.session.expire_all()
    rows = db.session.scalars(select(Attendance).where(Attendance.meeting_id == house.first.id))
    return {one.person.name: one.mark for one in rows}


def row(person: Person, mark: str, was: str = "", seen: str = "") -> dict[str, str]:
    ref = person.ref
    return {f"mark-{ref}": mark, f"was-{ref}": was, f"seen-{ref}": seen}


def tap(house: House, person: Person, mark: str, age: float = 0, **more: Any) -> dict[str, Any]:
    one = {"key": new_ref(), "meeting": house.first.ref, "person": person.ref}
    at = house_clock.now().timestamp() * 1000 - age
    return one | {"mark": mark, "at": at} | more


def send(browser: Browser, *taps: dict[str, Any]) -> Any:
    return browser.post("/en/attendance/taps", json={"taps": list(taps)})


def test_one_form_with_all_rows(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    page = browser.get(page_of(house)).text
    assert page.index("Layla Haddad") < page.index("Omar Ali")

    answer = browser.post(
        page_of(house),
        data=row(house.layla, "present") | row(house.omar, "absent") | row(house.mina, ""),
    )

    assert answer.status_code == 303
    assert said(house) == {"Layla Haddad": P, "Omar Ali": A}
    again = browser.get(page_of(house)).text
    assert "Saved: 2 changed." in again
    assert again.index("Mina Rahimi") < again.index("Layla Haddad")  # not marked yet: first


def test_what_somebody_else_changed_is_told_and_nothing_is_lost(app: Flask, house: House) -> None:
    boss, teacher = signed_in(app, house.boss), signed_in(app, house.teacher)
    send(teacher, tap(house, house.layla, "absent"))

    answer = boss.post(
        page_of(house), data=row(house.layla, "present") | row(house.omar, "present")
    )

    assert answer.status_code == 409
    assert "Somebody else changed this in the meantime" in answer.text
    assert "Elena Toma" in answer.text
    assert said(house) == {"Layla Haddad": A, "Omar Ali": P}
    seen = db.session.scalars(
        select(Attendance.key).where(Attendance.person_id == house.layla.id)
    ).one()
    boss.post(page_of(house), data=row(house.layla, "present", was="absent", seen=seen))
    assert said(house)["Layla Haddad"] is P


def test_taps_are_taken_once_and_answer_what_counts(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    first, later = tap(house, house.layla, "present", 60_000), tap(house, house.layla, "absent", 5)

    for _time in range(2):
        answer = send(browser, later, first)
        assert answer.status_code == 200
        assert answer.json["taken"] == [later["key"], first["key"]]
        assert answer.json["marks"] == {house.first.ref: {house.layla.ref: "absent"}}

    assert said(house) == {"Layla Haddad": A}
    assert db.session.scalars(select(func.count(AttendanceTap.id))).one() == 2


def test_taps_for_what_is_not_open_are_refused_with_a_word(app: Flask, house: House) -> None:
    elsewhere = make.meeting()
    db.session.commit()
    strange = tap(house, house.layla, "present", meeting=elsewhere.ref)
    nobody = tap(house, house.boss, "present")

    found = send(signed_in(app, house.boss), strange, nobody).json

    assert set(found["refused"]) == {strange["key"], nobody["key"]}
    assert send(signed_in(app, house.boss), {"key": "x"}).status_code == 422


def test_a_teacher_sees_names_around_the_session_only(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    browser = signed_in(app, house.teacher)
    for at, status in (
        (MONDAY - HOUR, 404),
        (MONDAY - HOUR / 2, 200),
        (MONDAY + 26 * HOUR, 200),
        (MONDAY + 27 * HOUR, 404),
    ):
        clock.move_to(at)
        browser = signed_in(app, house.teacher)
        assert browser.get(page_of(house)).status_code == status, at
        assert browser.get(page_of(house, "/entry")).status_code == status, at


def test_a_telephone_sends_late_what_was_tapped_in_time(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    clock.move_to(MONDAY + 3 * DAY)
    browser = signed_in(app, house.teacher)
    in_time = tap(house, house.layla, "present", 3 * DAY.total_seconds() * 1000 - 1000)
    too_late = tap(house, house.omar, "present")

    found = send(browser, in_time, too_late).json

    assert list(found["refused"]) == [too_late["key"]]
    assert said(house) == {"Layla Haddad": P}


@pytest.mark.parametrize("role", [Role.MEDIATOR, Role.VOLUNTEER])
def test_who_helps_otherwise_sees_no_names(app: Flask, house: House, role: Role) -> None:
    helper = make.person([role], house.centre)
    need = make.need(meeting=house.first, role=role)
    make.assignment(need=need, person=helper, state=State.CONFIRMED)
    db.session.commit()
    browser = signed_in(app, helper)

    assert browser.get(page_of(house)).status_code == 404
    assert browser.post(page_of(house), data=row(house.layla, "present")).status_code == 404
    assert send(browser, tap(house, house.layla, "present")).json["refused"] != {}
    assert said(house) == {}


def test_neither_strangers_nor_members_nor_other_coordinators(app: Flask, house: House) -> None:
    others = [house.layla, make.coordinator(make.centre()), make.participant(house.centre)]
    db.session.commit()
    for person in others:
        for end in ("", "/entry", "/walk-in"):
            assert signed_in(app, person).get(page_of(house, end)).status_code == 404


def test_a_teacher_who_only_learns_sees_nobody(app: Flask, house: House) -> None:
    trainee = make.person([Role.TEACHER], house.centre)
    need = make.need(meeting=house.first, role=Role.TEACHER)
    make.assignment(need=need, person=trainee, state=State.CONFIRMED, trainee=True)
    db.session.commit()

    assert signed_in(app, trainee).get(page_of(house)).status_code == 404


def test_names_of_a_protected_group_need_the_password_again(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    house.course.privacy = Privacy.PROTECTED
    for meeting in house.meetings:
        meeting.privacy = Privacy.PROTECTED
    db.session.commit()
    browser = signed_in(app, house.boss)
    assert browser.get(page_of(house)).status_code == 200
    clock.shift(timedelta(minutes=16))
    for end in ("", "/entry", "/walk-in"):
        answer = browser.get(page_of(house, end))
        assert answer.status_code == 303
        assert "/confirmation" in answer.location
    other = make.coordinator(house.centre)
    db.session.commit()
    assert signed_in(app, other).get(page_of(house)).status_code == 404


def test_everyone_and_undo(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    once = new_ref()

    answer = browser.post(page_of(house, "/everyone"), data={"once": once})

    assert said(house) == {"Layla Haddad": P, "Omar Ali": P, "Mina Rahimi": P}
    assert "Undo" in browser.get(answer.location).text
    browser.post(page_of(house, "/everyone/undo"), data={"once": once})
    assert set(said(house).values()) == {None}
    assert browser.post(page_of(house, "/everyone"), data={"once": "x"}).status_code == 400


def test_a_coordinator_is_asked_whether_it_is_somebody_known(app: Flask, house: House) -> None:
    sara = make.participant(house.centre, name="Sara Nur")
    db.session.commit()
    browser = signed_in(app, house.boss)
    typed = {"once": new_ref(), "name": "sara", "language": "ar"}

    asked = browser.post(page_of(house, "/walk-in"), data=typed)

    assert asked.status_code == 200
    assert "Sara Nur" in asked.text
    assert said(house) == {}
    browser.post(page_of(house, "/walk-in"), data=typed | {"who": sara.ref})
    assert said(house) == {"Sara Nur": P}


def test_a_teacher_adds_somebody_and_learns_of_nobody(app: Flask, house: House) -> None:
    make.participant(house.centre, name="Sara Nur")
    db.session.commit()
    browser = signed_in(app, house.teacher)
    typed = {"once": new_ref(), "name": "Sara", "language": "ar"}

    answer = browser.post(page_of(house, "/walk-in"), data=typed)

    assert answer.status_code == 303
    assert said(house) == {"Sara": P}
    wrong = browser.post(page_of(house, "/walk-in"), data={"once": new_ref(), "name": " "})
    assert wrong.status_code == 422


def test_a_paper_list_is_keyed_in_by_letters(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    page = browser.get(page_of(house, "/entry")).text
    assert page.index("Layla") < page.index("Mina") < page.index("Omar")

    letters = row(house.layla, "p") | row(house.mina, "M") | row(house.omar, "a")
    browser.post(page_of(house), data=letters | {"from_paper": "1"})

    assert said(house) == {"Layla Haddad": P, "Mina Rahimi": E, "Omar Ali": A}
    kept = browser.get(page_of(house, "/entry")).text
    assert 'value="p"' in kept
    again = browser.post(
        page_of(house), data=row(house.layla, "p", was="present", seen="x") | {"from_paper": "1"}
    )
    assert again.status_code == 303


def test_a_letter_that_nobody_knows_saves_nothing_and_loses_nothing(
    app: Flask, house: House
) -> None:
    browser = signed_in(app, house.boss)
    browser.post(page_of(house), data=row(house.layla, "present"))
    seen = key_of(house, house.layla)

    typed = row(house.layla, "z", "present", seen) | row(house.mina, "a") | row(house.omar, "")
    answer = browser.post(page_of(house), data=typed | {"from_paper": "1"})

    assert answer.status_code == 422
    assert said(house) == {"Layla Haddad": P}
    assert "Nothing was saved" in answer.text
    assert f'id="unknown-{house.layla.ref}"' in answer.text
    assert 'value="z"' in answer.text
    assert 'value="a"' in answer.text
    assert f'name="seen-{house.layla.ref}" value="{seen}"' in answer.text
    assert answer.text.index("Mina") < answer.text.rindex("Omar")  # as on the sheet


def test_an_empty_row_of_paper_says_nothing_and_a_dash_takes_back(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    browser.post(page_of(house), data=row(house.layla, "present") | row(house.omar, "absent"))
    rows = [
        row(one, typed, was, key_of(house, one))
        for one, typed, was in ((house.layla, "", "present"), (house.omar, "-", "absent"))
    ]

    answer = browser.post(page_of(house), data=rows[0] | rows[1] | {"from_paper": "1"})

    assert answer.status_code == 303
    assert said(house) == {"Layla Haddad": P, "Omar Ali": None}
    page = browser.get(page_of(house, "/entry")).text
    for letter in ("p", "x", "a", "e", "m", "-"):
        assert f"<kbd>{letter}</kbd>" in page


def test_a_dash_that_meets_another_word_stays_a_dash(app: Flask, house: House) -> None:
    browser = signed_in(app, house.boss)
    browser.post(page_of(house), data=row(house.layla, "present"))

    late = row(house.layla, "-", "absent", "what was seen") | {"from_paper": "1"}
    answer = browser.post(page_of(house), data=late)

    assert answer.status_code == 409
    assert 'value="-"' in answer.text
    assert said(house) == {"Layla Haddad": P}


def test_people_come_before_it_begins(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    clock.move_to(MONDAY - HOUR / 2)
    browser = signed_in(app, house.boss)
    assert "data-person" in browser.get(page_of(house)).text
    typed = {"once": new_ref(), "name": "Sara", "language": "ar"}

    browser.post(page_of(house, "/walk-in"), data=typed)
    browser.post(page_of(house), data=row(house.layla, "present"))

    assert said(house) == {"Sara": P, "Layla Haddad": P}


def test_too_early_the_pages_say_from_when_and_ask_nothing_that_is_refused(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    clock.move_to(MONDAY - HOUR)
    browser = signed_in(app, house.boss)
    for end in ("", "/entry", "/walk-in"):
        page = browser.get(page_of(house, end)).text
        assert "from half an hour before the start" in page
        assert (MONDAY - HOUR / 2).isoformat() in page
        for asked in ('value="present"', "/everyone", 'name="name"', 'name="from_paper"'):
            assert asked not in page, end
    page = browser.get(page_of(house)).text
    assert "/attendance/walk-in" not in page
    assert 'value="excused"' in page  # one may ask before


def test_a_walk_in_that_is_refused_keeps_what_was_typed(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    clock.move_to(MONDAY - HOUR)
    typed = {"once": new_ref(), "name": "Sara Nur", "language": "ar"}

    answer = signed_in(app, house.boss).post(page_of(house, "/walk-in"), data=typed)

    assert answer.status_code == 409
    assert "from half an hour before the start" in answer.text
    assert 'value="Sara Nur"' in answer.text
    assert said(house) == {}
    assert db.session.scalars(select(Person).where(Person.name == "Sara Nur")).all() == []


def test_a_refused_tap_is_answered_with_what_counts(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    clock.move_to(MONDAY - HOUR)
    one = tap(house, house.layla, "present")

    found = send(signed_in(app, house.boss), one).json

    assert list(found["refused"]) == [one["key"]]
    assert found["marks"] == {house.first.ref: {house.layla.ref: ""}}


def key_of(house: House, person: Person) -> str:
    """The key of what counts of *person* at the first session."""
    theirs = Attendance.person_id == person.id, Attendance.meeting_id == house.first.id
    return db.session.scalars(select(Attendance.key).where(*theirs)).one()


def test_the_page_asks_no_more_for_more_people(app: Flask, house: House) -> None:
    browser, page = signed_in(app, house.boss), page_of(house)
    browser.get(page)

    def asked() -> int:
        db.session.expunge_all()
        return len(statements(lambda: browser.get(page)))

    few = asked()
    house.course = db.session.merge(house.course)
    for number in range(5):
        make.enrolment(house.course, make.participant(house.course.centre, name=f"M {number}"))
    db.session.commit()

    assert asked() == few


def test_signing_out_clears_what_a_telephone_kept(app: Flask, house: House) -> None:
    answer = signed_in(app, house.boss).post("/sign-out")

    assert answer.headers["Clear-Site-Data"] == '"storage"'


def test_the_pages_lead_there(app: Flask, house: House) -> None:
    link = page_of(house)
    assert link in signed_in(app, house.boss).get(f"/en/meetings/{house.first.ref}/planning").text
    assert link in signed_in(app, house.teacher).get("/en/places").text
