"""The public holidays of Romania are the legal ones, with Orthodox Easter."""

from datetime import date, datetime, timedelta

import pytest

from app.programme.public_holidays import romanian_holiday


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - first).days
    return [first + timedelta(days=ahead) for ahead in range(length)]


def orthodox_easter(year: int) -> date:
    """Meeus's Julian algorithm, moved 13 days to our calendar (good for 1900 to 2099)."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


def legal_holidays(year: int) -> set[date]:
    """Labour Code art. 139, as in force since 2024."""
    fixed = {(1, 1), (1, 2), (1, 6), (1, 7), (1, 24), (5, 1), (6, 1), (8, 15)}
    fixed |= {(11, 30), (12, 1), (12, 25), (12, 26)}
    from_easter = (-2, 0, 1, 49, 50)
    easter = orthodox_easter(year)
    return {date(year, *one) for one in fixed} | {easter + timedelta(days=n) for n in from_easter}


def test_the_days_of_2027_are_the_legal_ones_and_no_others() -> None:
    listed = {1: (1, 2, 6, 7, 24), 4: (30,), 5: (1, 2, 3), 6: (1, 20, 21), 8: (15,), 11: (30,)}
    listed[12] = (1, 25, 26)
    expected = [date(2027, month, day) for month, days in listed.items() for day in days]
    assert [day for day in days_of(2027) if romanian_holiday(day)] == expected


def test_the_days_of_2028_are_the_legal_ones_and_no_others() -> None:
    listed = {1: (1, 2, 6, 7, 24), 4: (14, 16, 17), 5: (1,), 6: (1, 4, 5), 8: (15,), 11: (30,)}
    listed[12] = (1, 25, 26)
    expected = [date(2028, month, day) for month, days in listed.items() for day in days]
    assert [day for day in days_of(2028) if romanian_holiday(day)] == expected


@pytest.mark.parametrize("year", range(2024, 2100))
def test_every_year_agrees_with_an_easter_computed_another_way(year: int) -> None:
    assert {day for day in days_of(year) if romanian_holiday(day)} == legal_holidays(year)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2027, 4, 30), "Vinerea Mare"),
        (date(2027, 5, 1), "Ziua Muncii"),
        (date(2027, 5, 2), "Paștele"),
        (date(2028, 6, 4), "Rusaliile"),
        (date(2028, 12, 1), "Ziua Națională a României"),
    ],
)
def test_names_are_romanian_with_comma_below_unless_asked_otherwise(day: date, name: str) -> None:
    assert romanian_holiday(day) == name


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "Good Friday"),
        ("en_US", "Good Friday"),
        ("en-GB", "Good Friday"),
        ("uk", "Страсна пʼятниця"),
        ("uk-UA", "Страсна пʼятниця"),
        ("ro-MD", "Vinerea Mare"),
    ],
)
def test_a_language_tag_with_or_without_region_finds_its_names(language: str, name: str) -> None:
    assert romanian_holiday(date(2028, 4, 14), language) == name


@pytest.mark.parametrize("language", ["ar", "fa-AF", "zh-Hans", "", "nonsense"])
def test_a_language_without_names_gets_the_romanian_one(language: str) -> None:
    assert romanian_holiday(date(2028, 4, 14), language) == "Vinerea Mare"


def test_two_holidays_on_one_day_are_both_named() -> None:
    name = romanian_holiday(date(2026, 6, 1), "en")
    assert name is not None
    assert set(name.split("; ")) == {"Children's Day", "Pentecost"}


def test_an_ordinary_day_has_no_name_in_any_language() -> None:
    ordinary = date(2027, 3, 28)  # Easter of the Western rite
    assert [romanian_holiday(ordinary, language) for language in ("ro", "en", "uk")] == [None] * 3


def test_asking_about_other_years_does_not_change_an_answer() -> None:
    before = romanian_holiday(date(2027, 5, 2))
    for year in range(2024, 2041):
        romanian_holiday(date(year, 5, 2), "en")
    assert before == romanian_holiday(date(2027, 5, 2)) == "Paștele"


def test_a_moment_of_the_day_counts_as_its_day() -> None:
    assert romanian_holiday(datetime(2027, 5, 2, 18, 0)) == "Paștele"  # noqa: DTZ001


def test_years_out_of_reach_have_no_holidays() -> None:
    assert romanian_holiday(date(2101, 12, 25)) is None
    assert romanian_holiday(date(1996, 12, 25)) is None
