"""What a certificate says: sums, order, and one way to write it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.certificates.content import (
    CODE_LENGTH,
    NEUTRAL,
    Attended,
    Heading,
    canonical,
    content_of,
    digest,
    hours_minutes,
    initials,
    new_code,
    spaced,
    tidy_code,
)

HEADING = Heading(
    number="BRASOV-001/2027",
    code="ABCD",
    issued_on=date(2027, 3, 2),
    host="Brașov",
    address="Str. Aurel Vlaicu 26bis",
    volunteer="Țuțu Șerban",
    contracts=[("12", date(2027, 1, 1))],
    roles=["Voluntar"],
    first_day=date(2027, 1, 1),
    last_day=date(2027, 3, 1),
    responsibilities=["sprijin"],
    competences=["comunicare"],
    coordinator="Ilinca Pop",
    representative="Ioana Marin",
)

session = some.builds(
    Attended,
    some.dates(date(2026, 1, 1), date(2028, 12, 31)),
    some.just("10:00"),
    some.just("12:00"),
    some.integers(1, 24 * 60),
    some.none() | some.text(min_size=1, max_size=8),
    some.sampled_from(["course", "cultural", None]),
)


@given(some.lists(session))
def test_the_total_is_the_sum_of_its_lines_and_of_its_report(sessions: list[Attended]) -> None:
    facts = content_of(HEADING, sessions)

    total = sum(one.minutes for one in sessions)
    assert facts["total_minutes"] == total
    assert sum(line["minutes"] for line in facts["activities"]) == total
    assert sum(line["minutes"] for line in facts["report"]) == total


@given(some.lists(session), some.randoms(use_true_random=False))
def test_the_same_sessions_in_another_order_are_the_same_paper(sessions, chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(sessions)
    chance.shuffle(shuffled)
    one, other = content_of(HEADING, sessions), content_of(HEADING, shuffled)

    assert one["activities"] == other["activities"]
    assert one["total_minutes"] == other["total_minutes"]


@given(some.lists(session))
def test_it_reads_back_as_it_was_written(sessions: list[Attended]) -> None:
    content = canonical(content_of(HEADING, sessions))

    assert canonical(json.loads(content)) == content
    assert digest(content) == digest(canonical(json.loads(content)))


def test_what_has_no_title_is_one_sum_without_a_day_or_a_number() -> None:
    secret = [
        Attended(date(2027, 2, day), "10:00", "12:00", minutes, None, None)
        for day, minutes in ((3, 61), (17, 59))
    ]
    named = Attended(date(2027, 2, 5), "17:00", "19:00", 120, "Curs", "course")

    facts = content_of(HEADING, [*secret, named])

    assert facts["activities"][-1] == {
        "title": NEUTRAL,
        "kind": "",
        "sessions": None,
        "minutes": 120,
    }
    written = canonical(facts)
    assert "2027-02-03" not in written
    assert "2027-02-17" not in written
    assert "2027-02-05" in written


def test_one_changed_letter_is_another_digest() -> None:
    content = canonical(content_of(HEADING, []))

    assert digest(content) != digest(content.replace("Țuțu", "Țutu"))


def test_a_code_is_read_as_it_is_typed() -> None:
    code = new_code()

    assert len(code) == CODE_LENGTH
    assert tidy_code(f" {spaced(code).lower()} ") == code


@pytest.mark.parametrize(
    ("name", "short"),
    [("Ana-Maria Pop", "A. P."), ("șerban", "Ș."), ("نور صالح", "ن. ص."), ("Ana (2)", "A.")],
)
def test_strangers_read_initials_only(name: str, short: str) -> None:
    assert initials(name) == short


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 h 00 min"), (61, "1 h 01 min"), (6000, "100 h 00 min")]
)
def test_a_sum_is_told_to_the_minute(minutes: int, words: str) -> None:
    assert hours_minutes(minutes) == words
