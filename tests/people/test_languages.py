"""The languages of the whole of CLDR: what they are called, and how each is found."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.folding import is_nearly
from app.i18n import LANGUAGES
from app.people.language_search import MOST, READERS, search
from app.people.languages import COMMON, answering, is_known, known, name_of, own_name_of, runs

PAIRS = [(tag, name_of(tag, reader)) for tag in known() for reader in READERS]
PAIRS += [(tag, own_name_of(tag)) for tag in known()]


@settings(deadline=None)
@given(st.sampled_from(PAIRS), st.sampled_from(LANGUAGES))
def test_every_language_is_found_by_each_of_its_names(pair: tuple[str, str], reader: str) -> None:
    tag, name = pair

    assert tag in search(name, reader)


@settings(deadline=None)
@given(st.sampled_from(known()))
@example("lah")  # what it is a code of besides comes after it
def test_every_language_is_found_by_its_tag(tag: str) -> None:
    assert search(tag, "en")[0] == tag


@settings(deadline=None)
@given(st.sampled_from(PAIRS))
def test_neither_case_nor_marks_matter(pair: tuple[str, str]) -> None:
    tag, name = pair

    assert search(name, "en") == search(name.upper(), "en")
    assert tag in search(name.upper(), "en")


@settings(deadline=None)
@given(st.text())
def test_nothing_that_is_typed_breaks_the_search(words: str) -> None:
    assert all(is_known(tag) for tag in search(words, "ro"))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Kurdish", {"ckb", "kmr"}),
        ("kurda", {"ckb", "kmr"}),
        ("الكردية", {"ckb", "kmr"}),
        ("ku", {"ckb", "kmr"}),
        ("Kurmanji", {"kmr"}),
        ("Sorani", {"ckb"}),
        ("Farsi", {"fa", "prs"}),
        ("Dari", {"prs"}),
        ("Syrian Arabic", {"apc"}),
        ("levantine", {"apc"}),
        ("irakiana", {"acm"}),
        ("Egyptian Arabic", {"arz"}),
        ("Darija", {"ary"}),
        ("Sudanese", {"apd"}),
        ("Moldovan", {"ro"}),
        ("Mandarin", {"zh", "zh-Hans"}),
        ("pnb", {"pa-Arab"}),
        ("ron", {"ro"}),
        ("українська", {"uk"}),
        ("uzbek cyrillic", {"uz-Cyrl"}),
        ("Ukrianian", {"uk"}),
        ("tigriyna", {"ti"}),
        ("العربيه", {"ar"}),
    ],
)
def test_languages_are_found_by_what_people_call_them(words: str, first: set[str]) -> None:
    assert set(search(words, "ro")[: len(first)]) == first


def test_a_short_word_with_a_wrong_letter_is_another_word() -> None:
    assert "uk" in search("ukrainien", "en")
    assert "ur" not in search("urdi", "en")


def test_an_empty_search_finds_nothing_and_no_search_finds_too_much() -> None:
    assert search("  ", "ro") == []
    assert search("?!", "ro") == []
    assert len(search("a", "ro")) == MOST


@pytest.mark.parametrize(
    ("typed", "meant", "nearly"),
    [
        ("arabic", "arabic", True),
        ("arabik", "arabic", True),
        ("arbic", "arabic", True),
        ("arrabic", "arabic", True),
        ("arabicc", "arabic", True),
        ("araibc", "arabic", True),
        ("arikba", "arabic", False),
        ("arab", "arabic", False),
        ("aranik", "arabic", False),
    ],
)
def test_one_letter_may_be_wrong(typed: str, meant: str, nearly: bool) -> None:
    assert is_nearly(typed, meant) is nearly
    assert is_nearly(meant, typed) is nearly


def test_the_frequent_ones_come_first_and_each_once() -> None:
    assert list(known()[: len(COMMON)]) == COMMON
    assert len(set(known())) == len(known()) > 600


def test_what_is_no_language_or_of_one_country_only_is_not_known() -> None:
    assert is_known("kmr")
    assert is_known("tyv")
    for tag in ("", "xx", "en-GB", "en_GB", "und", "mul", "ku", "RO", "zh_Hans"):
        assert not is_known(tag), tag


def test_own_names_run_as_their_script_does() -> None:
    assert runs(own_name_of("ckb")) == runs(own_name_of("pa-Arab")) == runs("(دری)") == "rtl"
    assert runs(own_name_of("uz-Cyrl")) == runs(own_name_of("am")) == "ltr"


def test_names_that_cldr_lacks_are_ours_in_the_languages_of_the_staff() -> None:
    assert name_of("apc", "ro") == "arabă (levantină)"
    assert name_of("prs", "fr") == "dari"
    assert name_of("uz-Cyrl", "ro") == "uzbecă (chirilică)"
    assert name_of("syl", "fr") == "Sylheti"  # where nobody says it better, in English


def test_whoever_writes_another_script_speaks_the_same_language() -> None:
    assert "uz-Cyrl" in answering("uz")
    assert "uz" not in answering("uz-Cyrl")
    assert {"apc", "acm"} <= answering("ar")
