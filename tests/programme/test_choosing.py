"""What an address asks of the programme: any address asks something, and the links ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.programme.choosing import (
    DAYS,
    LEVELS,
    LONGEST,
    Choice,
    When,
    by_day,
    levels_in,
    read_choice,
    rhythm,
)
from app.programme.forms import COURSE_LEVELS
from app.programme.kinds import AgeBand, Kind

NAMES = ("centre", "kind", "language", "level", "age", "day", "words", "when")
SAID = {
    "kind": [kind.value for kind in Kind],
    "language": ["ar", "prs", "kmr", "xx"],
    "level": list(LEVELS),
    "age": [age.value for age in AgeBand],
    "day": list(DAYS),
    "when": ["", "next", "all"],
}
anything = st.one_of(
    st.text(max_size=200), *(st.sampled_from(answers) for answers in SAID.values())
)
addresses = st.dictionaries(st.sampled_from([*NAMES, "page", "from"]), anything)


@given(addresses)
def test_any_address_is_a_choice_and_its_links_ask_for_the_same(asked: dict[str, str]) -> None:
    choice = read_choice(asked)

    assert read_choice(choice.in_address()) == choice
    assert set(choice.in_address()) <= set(NAMES)
    assert all(0 < len(said) <= LONGEST for said in choice.in_address().values())


@given(addresses)
def test_no_address_asks_for_a_kind_that_strangers_may_not_know(asked: dict[str, str]) -> None:
    kind = read_choice(asked).kind

    assert kind is None or kind.policy.privacy.is_listed


@given(addresses, st.dates())
def test_nobody_looks_further_than_six_weeks(asked: dict[str, str], today: date) -> None:
    if today.year > 9990:
        return
    first, end = read_choice(asked).when.between(today)

    assert today <= first < end <= today + timedelta(weeks=6)


def test_a_link_replaces_one_answer_and_keeps_the_others() -> None:
    choice = read_choice({"centre": "brasov", "kind": "course", "day": "sun"})

    assert choice.in_address(kind=None) == {"centre": "brasov", "day": "sun"}
    assert choice.in_address(when=When.NEXT)["when"] == "next"
    assert choice.in_address(centre=None) == {"kind": "course", "day": "sun"}


def test_what_narrows_is_told_from_where_and_when() -> None:
    assert not Choice(centre="brasov", kind=Kind.COURSE, when=When.ALL).is_narrow
    assert Choice(level="A1").is_narrow


@pytest.mark.parametrize(
    ("level", "parts"),
    [
        ("pre-A1", ["pre-A1"]),
        ("A1", ["A1"]),
        ("A1–A2.1", ["A1", "A2"]),
        ("A2.2–B1.1", ["A2", "B1"]),
        (None, []),
        ("something else", []),
    ],
)
def test_a_span_is_for_both_of_its_levels(level: str | None, parts: list[str]) -> None:
    assert levels_in(level) == parts


def test_every_level_of_a_course_can_be_looked_for() -> None:
    assert all(levels_in(level) for level in COURSE_LEVELS)


def test_the_days_asked_for() -> None:
    monday, sunday = date(2026, 11, 23), date(2026, 11, 29)

    assert Choice().days(monday) == [(monday, date(2026, 11, 30))]
    assert Choice(day="sun").days(monday) == [(sunday, date(2026, 11, 30))]
    assert len(Choice(day="sun", when=When.ALL).days(monday)) == 6


@given(addresses, st.dates(max_value=date(9900, 1, 1)))
def test_there_is_always_a_day_asked_for_and_it_is_the_weekday(
    asked: dict[str, str], today: date
) -> None:
    choice = read_choice(asked)
    first, end = choice.when.between(today)

    days = choice.days(today)

    assert days
    assert all(first <= day < after <= end for day, after in days)
    assert choice.day is None or {DAYS[day.weekday()] for day, _after in days} == {choice.day}


@dataclass(frozen=True)
class At:
    """Something at a time in București."""

    starts_at: datetime
    ends_at: datetime
    zone: str = "Europe/Bucharest"


def at(day: int, hour: int, *, hours: int = 2) -> At:
    begins = datetime(2026, 11, day, hour, tzinfo=UTC)
    return At(begins, begins + timedelta(hours=hours))


def test_a_day_is_the_one_on_the_wall_of_the_centre() -> None:
    late = at(23, 22)

    assert by_day([at(23, 9), late]) == [
        (date(2026, 11, 23), [at(23, 9)]),
        (date(2026, 11, 24), [late]),
    ]


def test_the_days_on_which_it_usually_is() -> None:
    tuesdays, thursdays, once = [at(3, 16), at(10, 16)], [at(5, 16), at(12, 16)], [at(14, 8)]

    found = rhythm([*tuesdays, *thursdays, *once])

    assert found == [(1, tuesdays[0]), (3, thursdays[0])]


def test_what_is_at_many_different_hours_has_no_rhythm() -> None:
    assert rhythm([at(day, hour) for day in (2, 9) for hour in range(6, 12)]) == []
    assert rhythm([at(2, 9)]) == []


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 23)), max_size=12))
def test_whatever_is_usual_happens_more_than_once(slots: list[tuple[int, int]]) -> None:
    meetings = [at(day, hour) for day, hour in slots]

    for weekday, one in rhythm(meetings):
        same = [
            other
            for other in meetings
            if (other.starts_at - one.starts_at) % timedelta(days=7) == timedelta()
        ]
        assert len(same) > 1
        assert 0 <= weekday <= 6
