"""Words without marks that nobody sees and that turn, hide or break what stands beside them."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"
"""Persian, Arabic, Bangla and Sinhala words are written with them."""
OPENING = frozenset("abu umm um ibn bint abd al el أبو ابو أم ام ابن بنت عبد".split())
"""First words that are no name without the next one."""
_HIDDEN = {"Cc", "Cf", "Cs", "Cn", "Co"}


def seen(words: str) -> str:
    """*words* without what nobody sees."""
    return "".join(
        letter
        for letter in words
        if letter in JOINERS or unicodedata.category(letter) not in _HIDDEN
    )


def one_line(words: str) -> str:
    """*words* on one line, with single spaces; nothing where nothing of them would be seen."""
    plain = " ".join(seen(" ".join(words.split())).split())
    return plain if any(letter not in JOINERS for letter in plain) else ""


def first_name(name: str) -> str:
    """How a letter greets: what stands in an inbox, or on a screen that somebody else holds, names
    nobody in full (``docs/privacy.md``)."""
    words = name.split()
    return " ".join(words[: 2 if words[0].lower() in OPENING else 1]) if words else ""
