"""Hints about days that many keep: right in known years, and an answer for every day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dateutil.easter import (
    EASTER_ORTHODOX,
    EASTER_WESTERN,
    easter,
)
from flask import Flask
from holidays import country_holidays

from app.i18n import LANGUAGES, in_language
from app.programme.observances import Observance, observances

DAY = timedelta(days=1)
YEARS = range(2024, 2041)


def kept(one: Observance, year: int) -> list[date]:
    first = date(year, 1, 1)
    days = [first + n * DAY for n in range(366)]
    return [day for day in days if day.year == year and one in observances(day)]


@pytest.mark.parametrize(
    ("one", "first"),
    [
        (Observance.ORTHODOX_EASTER, "2024-05-05"),
        (Observance.ORTHODOX_EASTER, "2025-04-20"),
        (Observance.ORTHODOX_EASTER, "2027-05-02"),
        (Observance.WESTERN_EASTER, "2025-04-20"),
        (Observance.WESTERN_EASTER, "2027-03-28"),
        (Observance.NOWRUZ, "2024-03-20"),
        (Observance.NOWRUZ, "2027-03-21"),
    ],
)
def test_the_days_of_the_sun_and_of_the_tables_are_known_for_certain(
    one: Observance, first: str
) -> None:
    assert kept(one, int(first[:4]))[0] == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("one", "first", "last"),
    [
        (Observance.RAMADAN, "2024-03-11", "2024-04-09"),
        (Observance.RAMADAN, "2025-03-01", "2025-03-29"),
        (Observance.RAMADAN, "2026-02-18", "2026-03-19"),
        (Observance.RAMADAN, "2027-02-08", "2027-03-09"),
        (Observance.EID_AL_FITR, "2024-04-10", "2024-04-12"),
        (Observance.EID_AL_FITR, "2025-03-30", "2025-04-01"),
        (Observance.EID_AL_FITR, "2027-03-10", "2027-03-12"),
        (Observance.EID_AL_ADHA, "2024-06-16", "2024-06-19"),
        (Observance.EID_AL_ADHA, "2025-06-06", "2025-06-09"),
        (Observance.EID_AL_ADHA, "2027-05-16", "2027-05-19"),
    ],
)
def test_the_days_of_the_moon_are_right_to_a_day(one: Observance, first: str, last: str) -> None:
    found = kept(one, int(first[:4]))
    assert abs(found[0] - date.fromisoformat(first)) <= DAY
    assert abs(found[-1] - date.fromisoformat(last)) <= DAY


@pytest.mark.parametrize("year", YEARS)
def test_both_easters_are_those_of_the_computus(year: int) -> None:
    for one, method in (
        (Observance.ORTHODOX_EASTER, EASTER_ORTHODOX),
        (Observance.WESTERN_EASTER, EASTER_WESTERN),
    ):
        sunday = easter(year, method)
        assert kept(one, year) == [sunday, sunday + DAY]


@pytest.mark.parametrize("year", YEARS)
def test_the_feasts_of_the_moon_are_those_of_other_countries_to_a_day(year: int) -> None:
    elsewhere = country_holidays("DZ", years=year, language="en_US")
    for one, name in (
        (Observance.EID_AL_FITR, "Eid al-Fitr"),
        (Observance.EID_AL_ADHA, "Eid al-Adha"),
    ):
        days = elsewhere.get_named(name)
        assert days
        for day in days:
            assert any(one in observances(day + n * DAY) for n in (-1, 0, 1)), (one, day)


def test_ramadan_is_a_month_that_leads_up_to_eid_even_over_the_new_year() -> None:
    days = [date(2024, 1, 1) + n * DAY for n in range(17 * 365)]
    fasting = [day for day in days if Observance.RAMADAN in observances(day)]
    lasts = [day for day in fasting if Observance.RAMADAN not in observances(day + DAY)]
    assert all(Observance.EID_AL_FITR in observances(day + DAY) for day in lasts)
    assert len(lasts) == 18  # two in 2030
    assert 29 * 18 <= len(fasting) <= 31 * 18
    assert Observance.RAMADAN in observances(date(2031, 1, 1))


def test_every_day_answers_and_most_days_are_ordinary() -> None:
    days = [date(2024, 1, 1) + n * DAY for n in range(6210)]
    assert days[-1] == date(2040, 12, 31)
    answers = [observances(day) for day in days]
    assert sum(answer == () for answer in answers) > 5000
    for answer in answers:
        assert list(answer) == [one for one in Observance if one in answer]


@pytest.mark.parametrize("day", [date.min, date(1997, 5, 1), date(2100, 5, 1), date.max])
def test_far_away_days_are_ordinary_days(day: date) -> None:
    assert observances(day) == ()


def test_each_has_a_name_and_what_the_moon_decides_says_that_it_is_expected(app: Flask) -> None:
    for language in LANGUAGES:
        with in_language(language):
            assert all(str(one.label) for one in Observance)
    with in_language("en"):
        expected = [one for one in Observance if "expected" in str(one.label)]
    assert expected == [Observance.RAMADAN, Observance.EID_AL_FITR, Observance.EID_AL_ADHA]
