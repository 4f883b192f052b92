"""The codes that stand for appointments instead of titles: nothing can be read from one. Pure."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection

LETTERS = "ACDEFGHJKMNPRTUVWXYZ"  # none that looks or sounds like a digit or another letter
DIGITS = "234679"
_PATTERN = "LD-LDL"  # a letter and a digit by turns spell no word
_SIGNS = {"L": LETTERS, "D": DIGITS}
NO_CODE = "–"
"""Instead of the code, by which the notes on paper name whoever came: the appointment is long over
and nobody is to know any more whose it was."""
_CODE = re.compile("".join(f"[{_SIGNS.get(place, place)}]" for place in _PATTERN))

Choose = Callable[[str], str]
"""Picks one sign of several."""


def is_code(words: str) -> bool:
    """Whether *words* are a code and nothing else."""
    return _CODE.fullmatch(words) is not None


def new_code(taken: Collection[str], *, choose: Choose = secrets.choice) -> str:
    """A code such as ``K7-M4C`` that is not among those *taken*."""
    while (code := _any_code(choose)) in taken:
        pass
    return code


def _any_code(choose: Choose) -> str:
    return "".join(choose(_SIGNS[place]) if place in _SIGNS else place for place in _PATTERN)
