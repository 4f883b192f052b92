"""Why a day is off in one centre, and what is worth knowing of a day that is not."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.people.models import Centre
from app.programme.days_off import DaysOff, Stretch, days_off
from app.programme.organisation_calendar import CalendarEntry, DayKind
from tests import make
from tests.statements import statements

FIRST, LAST = date(2027, 9, 1), date(2027, 12, 20)


def entry(
    name: str,
    first: str,
    last: str | None = None,
    *,
    kind: DayKind = DayKind.CLOSED,
    centre: Centre | None = None,
) -> CalendarEntry:
    return make.build(
        CalendarEntry,
        {
            "name": name,
            "kind": kind,
            "centre": centre,
            "first_day": date.fromisoformat(first),
            "last_day": date.fromisoformat(last or first),
        },
        made_at=lambda: make.LONG_AGO,
    )


def read(centre: Centre, *, language: str = "en", skip_school_holidays: bool = False) -> DaysOff:
    return days_off(
        centre, FIRST, LAST, language=language, skip_school_holidays=skip_school_holidays
    )


@pytest.fixture
def here(app: Flask) -> Centre:
    return make.centre()


def test_a_public_holiday_is_off_and_named_in_the_readers_language(here: Centre) -> None:
    saint_andrew = date(2027, 11, 30)
    assert "Andrew" in (read(here).closed(saint_andrew) or "")
    assert "Andrei" in (read(here, language="ro").closed(saint_andrew) or "")
    assert "Andrei" in (read(here, language="ar").closed(saint_andrew) or "")


def test_closed_days_of_this_centre_and_of_all_are_off_but_not_those_of_another(
    here: Centre,
) -> None:
    entry("Painting the walls", "2027-10-04", "2027-10-05", centre=here)
    entry("The whole staff away", "2027-10-06")
    entry("Moving house", "2027-10-07", centre=make.centre())
    found = read(here)
    assert [found.closed(date(2027, 10, day)) for day in range(3, 8)] == [
        None,
        "Painting the walls",
        "Painting the walls",
        "The whole staff away",
        None,
    ]


def test_a_school_holiday_is_off_only_for_a_series_that_wants_it_and_else_a_hint(
    here: Centre,
) -> None:
    entry("Autumn break", "2027-10-25", "2027-10-31", kind=DayKind.SCHOOL_HOLIDAY)
    day = date(2027, 10, 26)
    assert read(here).closed(day) is None
    assert read(here).hints(day) == ("Autumn break",)
    pausing = read(here, skip_school_holidays=True)
    assert pausing.closed(day) == "Autumn break"
    assert pausing.hints(day) == ()


def test_a_note_is_never_off_and_always_a_hint(here: Centre) -> None:
    entry("Examination week", "2027-10-11", "2027-10-15", kind=DayKind.NOTE)
    found = read(here, skip_school_holidays=True)
    assert found.closed(date(2027, 10, 11)) is None
    assert found.hints(date(2027, 10, 11)) == ("Examination week",)


def test_the_public_holiday_comes_before_a_closed_day_and_that_before_the_schools(
    here: Centre,
) -> None:
    entry("Autumn break", "2027-11-29", "2027-12-02", kind=DayKind.SCHOOL_HOLIDAY)
    entry("Painting the walls", "2027-11-30", "2027-12-02")
    found = read(here, skip_school_holidays=True)
    assert "Andrew" in (found.closed(date(2027, 11, 30)) or "")
    assert found.closed(date(2027, 12, 2)) == "Painting the walls"


def test_days_that_touch_the_first_or_the_last_day_are_read_and_no_others(here: Centre) -> None:
    entry("ends on the first", "2027-08-01", "2027-09-01", centre=here)
    entry("begins on the last", "2027-12-20", "2028-01-10", centre=here)
    entry("over before", "2027-08-01", "2027-08-31", centre=here)
    entry("begins after", "2027-12-21", "2028-01-10", centre=here)
    assert {one.name for one in read(here).stretches} == {
        "ends on the first",
        "begins on the last",
    }


def test_what_many_keep_is_a_hint_in_the_readers_language_and_closes_nothing(
    here: Centre,
) -> None:
    found = days_off(here, date(2027, 2, 1), date(2027, 3, 31), language="en")
    assert found.closed(date(2027, 2, 15)) is None
    assert found.hints(date(2027, 2, 15)) == ("Ramadan (expected)",)
    assert found.hints(date(2027, 3, 28)) == ("Western Easter",)
    assert found.hints(date(2027, 1, 11)) == ()


def test_a_hint_that_stands_twice_in_the_calendar_is_told_once() -> None:
    day = date(2027, 10, 11)
    twice = (Stretch(DayKind.NOTE, "Examinations", day, day),) * 2
    assert DaysOff(twice, "en").hints(day) == ("Examinations",)


def test_all_is_read_at_once_and_the_days_ask_nothing_more(here: Centre) -> None:
    for n in range(1, 4):
        entry(f"Day {n}", f"2027-10-0{n}", centre=here)
    assert here.id  # is read before

    def ask() -> None:
        found = read(here)
        for day in range(1, 30):
            found.closed(date(2027, 10, day))
            found.hints(date(2027, 10, day))

    assert len(statements(ask)) == 1
