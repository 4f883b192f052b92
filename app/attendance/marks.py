"""What is said of one participant at one session, and which of several words counts. Pure.

Telephones keep their taps while there is no connection, and send them again when no answer came: a
tap may arrive late, twice, or after a later one. Whatever the order, the same one counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.i18n import _l


class Mark(StrEnum):
    """Whether somebody was there."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"

    @property
    def label(self) -> Any:
        return {"present": _l("Present"), "absent": _l("Absent"), "excused": _l("Excused")}[
            self.value
        ]

    @property
    def key(self) -> str:
        """The letter that says it on a keyboard, whatever the page's language."""
        return self.value[0]


BY_LETTER = {mark.key: mark for mark in Mark} | {"m": Mark.EXCUSED, "x": Mark.PRESENT}
"""How a row of a paper list is typed; "m" as Romanian lists say it (motivat), "x" for a cross."""
NOT_MARKED = "-"
"""How a row of a paper list takes back what was said."""


class UnknownLetter(ValueError):
    """Nobody knows what was meant."""


def mark_of(typed: str) -> Mark | None:
    """A mark by its name or its letter; nothing or "-" is none. Raises `UnknownLetter`."""
    word = typed.strip().lower()
    if word in ("", NOT_MARKED):
        return None
    if word in BY_LETTER:
        return BY_LETTER[word]
    try:
        return Mark(word)
    except ValueError:
        raise UnknownLetter(typed) from None


def letters_of(mark: Mark) -> list[str]:
    """Every letter that says *mark*, its own first."""
    return [letter for letter, meant in BY_LETTER.items() if meant is mark]


@dataclass(frozen=True, slots=True)
class Tap:
    """Somebody said so, at *at*; without a mark they took back what was said. *key* is random and
    made where it was said, so that the same tap is known again."""

    key: str
    at: datetime
    mark: Mark | None

    def is_later(self, other: Tap | None) -> bool:
        """Whether this counts and not *other*: the later one; of two at once, always the same."""
        return other is None or (self.at, self.key) > (other.at, other.key)


def what_counts(taps: Iterable[Tap]) -> Tap | None:
    """The last by time, in whatever order they arrived and however often."""
    counts: Tap | None = None
    for tap in taps:
        if tap.is_later(counts):
            counts = tap
    return counts
