"""Parts of short messages, against a reference that packs bits and units as a telephone does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notices.parts import GSM_7, GSM_7_TWICE, parts_of, plain, shortened

TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The table of 3GPP TS 23.038 in its order: the place of a letter is its seven bits."""
EXTENDED = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64}
EXTENDED["€"] = 101
LETTERS = st.one_of(
    st.sampled_from(sorted(GSM_7)), st.sampled_from(sorted(GSM_7_TWICE)), st.characters()
)


def reference(text: str) -> int:
    """How many messages leave, each of 140 bytes, six of which say which part it is."""
    try:
        units = [[TABLE.index(c)] if c not in EXTENDED else [27, EXTENDED[c]] for c in text]
        if any(c == "\x1b" for c in text):
            raise ValueError
        bits = 7
    except ValueError:
        units = [[int(b) for b in c.encode("utf-16-be", "surrogatepass")] for c in text]
        bits = 8
    if sum(map(len, units)) * bits <= 140 * 8:
        return 1
    messages: list[list[int]] = [[]]
    for unit in units:
        if (len(messages[-1]) + len(unit)) * bits > 134 * 8:
            messages.append([])
        messages[-1] += unit
    return len(messages)


@given(st.text(LETTERS, max_size=700))
def test_parts_are_counted_as_a_telephone_packs_them(text: str) -> None:
    assert parts_of(text) == reference(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 5, 2),
        ("ș" * 70, 1),
        ("ș" * 71, 2),
        ("ș" * 134, 2),
        ("ș" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_known_lengths(text: str, parts: int) -> None:
    assert parts_of(text) == parts == reference(text)


@given(
    st.lists(st.text(LETTERS, max_size=12), max_size=90),
    st.sampled_from(["", " https://punte.example/ro/my"]),
    st.integers(1, 4),
)
def test_what_is_shortened_fits_says_so_and_keeps_its_link(
    words: list[str], end: str, most: int
) -> None:
    text = " ".join(words)
    short = shortened(text, end=end, most=most)

    assert parts_of(short) <= most
    assert short.endswith(end.lstrip())
    if parts_of(text + end) <= most:
        assert short == text + end
    elif short != end.lstrip():
        kept = short.removesuffix(end)
        assert kept.endswith("...")
        assert text.startswith(kept.removesuffix("..."))


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        (
            "\u2068Language café\u2069, 11:00–13:00 – “now”…",
            'Language café, 11:00-13:00 - "now"...',
        ),
        ("\u2068Curs de limba română\u2069 – 11:00", "\u2068Curs de limba română\u2069 – 11:00"),
        ("\u2068دورة\u2069 – 11:00", "\u2068دورة\u2069 – 11:00"),
        ("", ""),
    ],
)
def test_marks_are_left_out_only_where_that_makes_it_shorter(text: str, simple: str) -> None:
    assert plain(text) == simple


def test_whole_words_are_left_out() -> None:
    text = "word " * 60 + "end"

    short = shortened(text, end=" https://punte.example", most=1)

    assert len(short) <= 160
    assert short.endswith("word... https://punte.example")
