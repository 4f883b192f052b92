"""Words as they are searched: without case and marks, and with one wrong letter."""

from __future__ import annotations

import unicodedata

WRONG_LETTER_FROM = 5
"""Shorter words are other words when a letter changes."""


def fold(words: str) -> str:
    """*words* as they are searched: no case, no marks; "intalnire" finds "Întâlnire"."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def is_nearly(typed: str, meant: str) -> bool:
    """Whether *typed* is *meant* with one letter wrong, missing, too many, or two exchanged."""
    longer, shorter = (typed, meant) if len(typed) >= len(meant) else (meant, typed)
    if len(longer) - len(shorter) > 1:
        return False
    pairs = zip(longer, shorter, strict=False)
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    if at is None or longer[at + 1 :] == shorter[at + (len(longer) == len(shorter)) :]:
        return True
    exchanged = longer[at : at + 2] == shorter[at : at + 2][::-1]
    return len(longer) == len(shorter) and exchanged and longer[at + 2 :] == shorter[at + 2 :]
