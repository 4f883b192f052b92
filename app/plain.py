"""Words without marks that nobody sees and that turn, hide or break what stands beside them."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"
"""Persian, Arabic, Bangla and Sinhala words are written with them."""
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
