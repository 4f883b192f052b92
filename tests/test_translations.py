"""Every word exists in every language of the house, with its placeholders, in its own script."""

from __future__ import annotations

import re

import pytest

from tests.catalogues import PLURALS, catalogue, path_of, words_in_the_code

LANGUAGES = sorted(PLURALS)
PLACEHOLDER = re.compile(r"%\(\w+\)s")
LATIN = re.compile(r"[a-zA-Z]")
CYRILLIC, ARABIC = re.compile(r"[\u0400-\u04ff]"), re.compile(r"[\u0600-\u06ff]")
SCRIPT = {
    "ar": ARABIC,
    "fa": ARABIC,
    "ro": LATIN,
    "fr": LATIN,
    "tr": LATIN,
    "uk": CYRILLIC,
    "ru": CYRILLIC,
    "ps": ARABIC,
    "ne": re.compile(r"[\u0900-\u097f]"),
    "si": re.compile(r"[\u0d80-\u0dff]"),
    "bn": re.compile(r"[\u0980-\u09ff]"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_exactly_the_words_of_the_code(language: str) -> None:
    """``make messages`` brings it in line."""
    in_code = {m.id for m in words_in_the_code(language) if m.id}
    known = {m.id for m in catalogue(language) if m.id}

    assert known == in_code


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated_or_guessed(language: str) -> None:
    known = catalogue(language)
    forms = known.num_plurals

    for message in known:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not (message.id and message.fuzzy), message.id
        assert all(strings), message.id
        assert len(strings) == (forms if message.pluralizable else 1), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        wanted = set(PLACEHOLDER.findall(str(ids[-1])))
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for position, string in enumerate(strings):
            found = set(PLACEHOLDER.findall(str(string)))
            spoken = {"%(num)s"} if len(strings) > 1 and position < len(strings) - 1 else set()
            assert wanted - spoken <= found <= wanted, (message.id, string)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_in_their_script_without_hidden_signs(language: str) -> None:
    text = path_of(language).read_text(encoding="utf-8")

    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f]", text)
    if language == "ro":
        assert not re.search(r"[şţŞŢ]", text)  # comma below, never a cedilla
    for message in catalogue(language):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            words = PLACEHOLDER.sub("", str(string))
            if message.id and re.search(r"\w{3}", words):
                assert SCRIPT[language].search(words), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_rules_are_ours(language: str) -> None:
    """Babel writes Arabic forms 4 and 5 in the wrong order."""
    assert PLURALS[language] in path_of(language).read_text(encoding="utf-8")
