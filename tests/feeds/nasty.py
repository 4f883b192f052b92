"""Titles and names as people, other programs and attackers write them, and what is left of them."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import strategies as st

SCRIPTS = {
    "Latin": "aăâîșțÅ\u0301ß",
    "Cyrillic": "щїґЖыэ",
    "Arabic": "مركزپچگ\u0640\u064b٣",
    "Ethiopic": "ሰላምትግርኛ፣",
    "Devanagari": "हिन्दीक्ष\u0945",
    "Sinhala": "සිංහලක්\u200dෂ",
    "Bengali": "বাংলাক্ষ\u09bc",
    "emoji": "🧑🏿\u200d🤝\u200d🧑🏻🏳\ufe0f\u200d🌈🇷🇴",
}
MARKS = "\\;,:\"'^=%<>\r\n\t\0\x07\x0b\x0c\x1c\x7f\x85\xa0\u2028\u2029\u202e\u2066\u200f\ufeff nN "
ATTACKS = (
    "\r\nATTENDEE:mailto:ana@example.org",
    "\nEND:VEVENT\nBEGIN:VEVENT\nUID:other",
    '";X="\rBEGIN:VALARM\rACTION:AUDIO',
    "\u2028DESCRIPTION:seen",
    "\x85RRULE:FREQ=SECONDLY",
    "\r\n SUMMARY",
    ":\\",
    "^nATTENDEE:mailto:x@y.z",
)


def _repeated(text: str, times: int, attack: str) -> str:
    return text * times + attack + text


_script = st.sampled_from(sorted(SCRIPTS)).flatmap(
    lambda name: st.text(st.sampled_from(SCRIPTS[name] + MARKS), min_size=1, max_size=30)
)
_anything = st.text(st.characters(exclude_categories=()) | st.sampled_from(MARKS), max_size=30)
nasty = st.builds(
    _repeated, _anything | _script, st.integers(0, 9), st.sampled_from(("", *ATTACKS))
)
"""Any text at all, halves of letters included."""

typed = nasty.map(lambda text: re.sub("[\0\ud800-\udfff]", "", text))
"""What can stand in a database: no NUL, no half letter."""


def kept(text: str) -> str:
    """What should be left of a text: line ends as one, no control characters, no half letters."""
    text = re.sub("\r\n|[\r\n\x85\u2028\u2029]", "\n", text).replace("\t", " ")
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})


def kept_name(text: str) -> str:
    """What should be left of a name: one line without the marks that clients show escaped."""
    return " ".join(re.sub(r"[,;\\]", " ", kept(text)).split())
