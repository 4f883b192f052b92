"""Names that may be one name, spelled by somebody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.likeness import (
    ALIKE,
    MOST_KEYS,
    begins_like,
    is_pair,
    keys,
    likeness,
    word_keys,
    words_of,
)
from tests.people.spellings import NOT_YET, ONE, TWO, pairs

LONGEST_KEY = 60
LETTERS = st.text("abdeghiklmnorstuvyzçşșțöü'- محدعلیرنоленаহমদकरනමල؟?V.|%_\u0000", max_size=40)
NAMES = st.one_of(st.text(max_size=60), LETTERS)


def met(one: str, other: str) -> bool:
    """Whether the database looks at the two together, and they are found alike."""
    together = any(is_pair(key) for key in keys(one) & keys(other))
    return together and likeness(one, other) >= ALIKE


@pytest.mark.parametrize(("one", "other"), pairs(ONE))
def test_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert met(one, other)


@pytest.mark.parametrize(("one", "other"), pairs(TWO))
def test_two_names_do_not(one: str, other: str) -> None:
    assert not met(one, other)


@pytest.mark.parametrize(("one", "other"), pairs(NOT_YET))
def test_what_is_missed_is_known(one: str, other: str) -> None:
    """Move them up to `ONE` when they meet."""
    assert not met(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Person 01", "Person 02"), ("Maria Pop 1", "Maria Pop 2"), ("أحمد علي ٢", "Ahmed Ali 3")],
)
def test_numbers_tell_people_apart(one: str, other: str) -> None:
    assert likeness(one, other) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("Maria Pop 07", "Maria Pop 7"), ("Maria Pop 2", "Maria Pop"), ("أحمد علي ٢", "Ahmed Ali 2")],
)
def test_one_number_or_none_tells_nothing(one: str, other: str) -> None:
    assert met(one, other)


@given(NAMES, NAMES)
def test_it_does_not_matter_who_is_first(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1


@given(NAMES)
def test_any_text_has_keys_of_bounded_size(name: str) -> None:
    found = keys(name)

    assert len(found) <= MOST_KEYS
    assert all(0 < len(key) <= LONGEST_KEY for key in found)
    assert bool(found) == bool(words_of(name))


@given(NAMES)
def test_a_name_is_like_itself(name: str) -> None:
    assert likeness(name, name) == (1 if words_of(name) else 0)


@given(NAMES)
def test_words_of_words_are_the_same_words(name: str) -> None:
    once = words_of(name)

    assert words_of(" ".join(once)) == once


@given(st.lists(st.sampled_from("olena karim محمد Олена নাসরিন".split()), max_size=4), st.randoms())
def test_the_order_of_words_does_not_matter(words: list[str], chance: object) -> None:
    turned = list(reversed(words))

    assert keys(" ".join(words)) == keys(" ".join(turned))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("moh", "Mohammed Ali"),
        ("ali", "محمد علي"),
        ("олен", "Olena Kovalenko"),
        ("kova", "Коваленко"),
        ("moh", "محمد علي"),
        ("lay", "ليلى ناصر"),
    ],
)
def test_a_name_is_found_while_it_is_typed(typed: str, name: str) -> None:
    assert begins_like(typed, name)
    assert word_keys(typed)


@pytest.mark.parametrize(
    ("typed", "name"), [("ana", "Ion Popescu"), ("ali", "Leila Nour"), ("ali", "ليلى نور")]
)
def test_another_name_is_not(typed: str, name: str) -> None:
    assert not begins_like(typed, name)
