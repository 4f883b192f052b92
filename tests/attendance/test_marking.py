"""Marking by taps, by rows and all at once; what came late, twice or from two people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.attendance.forms import read_taps
from app.attendance.marks import Mark, Tap
from app.attendance.models import Attendance, AttendanceTap
from app.attendance.operations import (
    NotOnTheList,
    Row,
    TooEarly,
    forget_old_taps,
    mark_everyone,
    save_rows,
    take_back_everyone,
    take_taps,
)
from app.attendance.queries import marks_at, people_at
from app.attendance.walk_ins import ForWomen, is_like, similar_people, walk_in, walk_in_new
from app.extensions import db
from app.people.models import Person
from app.people.namesakes import keep_name
from app.people.terms import Gender, Role
from app.presence.operations import NotHeld
from app.programme.models import Meeting, Status
from tests import make
from tests.attendance.conftest import DAY, HOUR, House
from tests.make import MONDAY

P, A, E = Mark.PRESENT, Mark.ABSENT, Mark.EXCUSED
NOW = MONDAY + HOUR


def tap(key: str, mark: Mark | None, minute: int = 0) -> Tap:
    return Tap(key, NOW + timedelta(minutes=minute), mark)


def said(meeting: Meeting, person: Person) -> Mark | None:
    row = marks_at([meeting]).get((meeting.id, person.id))
    return row.mark if row else None


def taps() -> int:
    return db.session.scalars(select(func.count(AttendanceTap.id))).one()


def test_the_same_tap_twice_is_one(house: House) -> None:
    for _time in range(2):
        one = tap("a", P)
        assert take_taps(house.first, [(house.layla, one)] * 2, by=house.boss, now=NOW) == {}

    assert said(house.first, house.layla) is P
    assert taps() == 1


def test_an_earlier_tap_that_arrives_later_does_not_count_but_is_kept(house: House) -> None:
    for one in (tap("b", A, minute=5), tap("a", P)):
        take_taps(house.first, [(house.layla, one)], by=house.teacher, now=NOW + HOUR)

    assert said(house.first, house.layla) is A
    assert taps() == 2


def test_whoever_is_not_on_the_list_is_refused_and_the_others_are_taken(house: House) -> None:
    stranger = make.participant(house.centre)
    both = [(stranger, tap("a", P)), (house.omar, tap("b", P))]

    refused = take_taps(house.first, both, by=house.boss, now=NOW)

    assert isinstance(refused["a"], NotOnTheList)
    assert list(refused) == ["a"]
    assert said(house.first, house.omar) is P


def test_before_it_begins_one_can_only_be_excused(house: House) -> None:
    early = MONDAY - DAY
    taps = [(house.layla, Tap("a", early, P)), (house.omar, Tap("b", early, E))]

    refused = take_taps(house.first, taps, by=house.boss, now=early)

    assert isinstance(refused["a"], TooEarly)
    assert said(house.first, house.omar) is E


def test_what_does_not_take_place_has_no_list(house: House) -> None:
    house.first.status = Status.CANCELLED

    with pytest.raises(NotHeld):
        take_taps(house.first, [(house.layla, tap("a", P))], by=house.boss, now=NOW)


def test_a_row_that_somebody_else_changed_is_told_and_not_written(house: House) -> None:
    take_taps(house.first, [(house.layla, tap("a", P))], by=house.teacher, now=NOW)
    rows = [Row(house.layla, A, seen=""), Row(house.omar, A, seen="")]

    conflicts = save_rows(house.first, rows, by=house.boss, now=NOW)

    assert [(one.person, one.now.mark) for one in conflicts] == [(house.layla, P)]
    assert said(house.first, house.layla) is P
    assert said(house.first, house.omar) is A
    again = save_rows(house.first, [Row(house.layla, A, seen="a")], by=house.boss, now=NOW)
    assert again == []
    assert said(house.first, house.layla) is A


def test_whoever_saw_the_row_wins_over_a_telephone_whose_clock_is_ahead(house: House) -> None:
    ahead = Tap("a", NOW + HOUR, P)
    take_taps(house.first, [(house.layla, ahead)], by=house.teacher, now=NOW)

    save_rows(house.first, [Row(house.layla, A, seen="a")], by=house.boss, now=NOW)

    assert said(house.first, house.layla) is A


def test_saying_the_same_is_nothing(house: House) -> None:
    take_taps(house.first, [(house.layla, tap("a", P))], by=house.teacher, now=NOW)

    assert save_rows(house.first, [Row(house.layla, P, seen="x")], by=house.boss, now=NOW) == []
    assert taps() == 1


def test_everyone_else_is_present_and_it_is_undone(house: House) -> None:
    take_taps(house.first, [(house.layla, tap("a", A))], by=house.boss, now=NOW)

    assert mark_everyone(house.first, "once", by=house.boss, now=NOW) == 2
    assert mark_everyone(house.first, "once", by=house.boss, now=NOW) == 0
    assert said(house.first, house.layla) is A
    take_taps(house.first, [(house.omar, tap("b", E, minute=1))], by=house.boss, now=NOW + HOUR)
    assert take_back_everyone(house.first, "once", by=house.boss, now=NOW + HOUR) == 1

    assert said(house.first, house.omar) is E  # said since
    assert said(house.first, house.mina) is None
    assert take_back_everyone(house.first, "once", by=house.boss, now=NOW + HOUR) == 0


def test_who_joined_later_or_left_before_is_not_on_the_list(house: House) -> None:
    late, gone = make.participant(house.centre), make.participant(house.centre)
    make.enrolment(house.course, late).joined_at = MONDAY + DAY
    make.enrolment(house.course, gone).left_at = MONDAY - DAY
    there = make.participant(house.centre, name="A name first")
    make.enrolment(house.course, there)
    db.session.flush()

    found = [one.name for one in people_at([house.first])]
    assert found == ["A name first", "Layla Haddad", "Mina Rahimi", "Omar Ali"]
    assert late in people_at([house.meetings[1]])


def test_somebody_known_comes_without_a_place(house: House) -> None:
    sara = make.participant(house.centre, name="Sára Kovács")
    assert similar_people(house.first, "sara kovacz") == [sara]

    for _time in range(2):
        walk_in(house.first, sara, once="once", by=house.boss, now=NOW)

    assert said(house.first, sara) is P
    assert taps() == 1
    assert similar_people(house.first, "sara") == []


def test_somebody_is_known_in_another_alphabet(house: House) -> None:
    fatima = make.participant(house.centre, name="Fatima Rahmani")
    there = make.participant(house.centre, name="Fatima Rahmoni")
    make.enrolment(house.course, there)
    keep_name(fatima)
    keep_name(there)

    assert similar_people(house.first, "Фатима Рахмани") == [fatima]
    assert similar_people(house.first, "Олена Коваленко") == []


def test_somebody_new_becomes_one_person(house: House) -> None:
    for _time in range(2):
        walk_in_new(house.first, "نور", "apc", once="once", by=house.teacher, now=NOW)

    new = db.session.scalars(select(Person).where(Person.name == "نور")).one()
    assert said(house.first, new) is P
    assert new.language == "ar"
    assert new.roles_in(house.centre.id) == {Role.PARTICIPANT}


def test_only_women_come_to_what_is_for_women(house: House) -> None:
    house.course.women_only = True
    man = make.participant(house.centre, gender=Gender.MAN)

    with pytest.raises(ForWomen):
        walk_in(house.first, man, once="once", by=house.boss, now=NOW)
    walk_in_new(house.first, "Zahra", "fa", once="two", by=house.boss, now=NOW)
    new = db.session.scalars(select(Person).where(Person.name == "Zahra")).one()
    assert new.gender is Gender.WOMAN


@pytest.mark.parametrize(
    ("typed", "meant", "like"),
    [
        ("lay", "layla haddad", True),
        ("hadad layla", "layla haddad", True),
        ("layla omar", "layla haddad", False),
        ("ali", "alina", True),
        ("", "layla", False),
    ],
)
def test_names_that_sound_alike(typed: str, meant: str, like: bool) -> None:
    assert is_like(typed.split(), meant.split()) is like


@pytest.mark.parametrize(("days", "kept"), [(89, 1), (92, 0)])
def test_each_word_is_forgotten_after_ninety_days(house: House, days: int, kept: int) -> None:
    take_taps(house.first, [(house.layla, tap("a", P))], by=house.boss, now=NOW)

    forget_old_taps(now=NOW + days * DAY)

    assert taps() == kept
    assert said(house.first, house.layla) is P


def test_it_goes_with_the_person(house: House) -> None:
    take_taps(house.first, [(house.layla, tap("a", P))], by=house.boss, now=NOW)
    db.session.execute(db.delete(Person).where(Person.id == house.layla.id))

    assert taps() == 0
    assert db.session.scalars(select(Attendance)).all() == []


def read(*ats: Any) -> list[timedelta] | None:
    """How long ago each tap is taken to be, in the order in which they were sent."""
    ref = "x" * 22
    taps = [
        {"key": f"{n:022}", "meeting": ref, "person": ref, "mark": "", "at": at}
        for n, at in enumerate(ats)
    ]
    found = read_taps({"taps": taps}, now=NOW)
    return None if found is None else [NOW - one.tap.at for one in found]


MS = NOW.timestamp() * 1000


def test_what_is_sent_is_read_strictly() -> None:
    ref = "x" * 22
    fine = {"key": "k" * 22, "meeting": ref, "person": ref, "mark": "present", "at": MS}
    assert read_taps({"taps": [fine]}, now=NOW) is not None
    for wrong in (
        {"key": "short"},
        {"mark": "here"},
        {"at": "old"},
        {"at": True},
        {"at": float("nan")},
        {"person": "a\x00" * 20},
    ):
        assert read_taps({"taps": [fine | wrong]}, now=NOW) is None, wrong
    assert read_taps({"taps": [fine] * 501}, now=NOW) is None
    assert read_taps([fine], now=NOW) is None
    assert read_taps({"taps": []}, now=NOW) == []


def test_a_tap_is_neither_of_the_future_nor_older_than_a_week() -> None:
    assert read(MS, MS - 60_000, MS - 1e15) == [
        timedelta(0),
        timedelta(minutes=1),
        timedelta(days=7),
    ]


def test_a_telephone_that_counts_too_far_keeps_the_order_of_its_taps() -> None:
    assert read(MS + 5000, MS + 1000, MS) == [
        timedelta(0),
        timedelta(seconds=4),
        timedelta(seconds=5),
    ]
