"""How many parts a short message has, and what of it fits. Pure.

3GPP TS 23.038: GSM-7 holds 160 letters in one part, 153 in each of several, and those of its
extension take two places; anything else makes it UCS-2, with 70 and 67 UTF-16 units. Neither two
places of one letter are torn apart by the end of a part.
"""

from __future__ import annotations

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_TWICE = frozenset("^{}\\[~]|€\f")
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "\xa0": " "}
    | dict.fromkeys("\u2066\u2067\u2068\u2069\u200e\u200f", "")
)
ELLIPSIS = "..."  # the typographic one is not in GSM-7


def parts_of(text: str) -> int:
    """How many parts a gateway charges for *text*; an empty one is one part too."""
    is_gsm = set(text) <= GSM_7 | GSM_7_TWICE
    alone, together = (160, 153) if is_gsm else (70, 67)
    places = [_places(letter, is_gsm) for letter in text]
    if sum(places) <= alone:
        return 1
    parts, used = 1, 0
    for size in places:
        if used + size > together:
            parts, used = parts + 1, 0
        used += size
    return parts


def plain(text: str) -> str:
    """*text* without typographic marks and marks of direction, where without them it is GSM-7 and
    so less than half as long; otherwise as it is."""
    simple = text.translate(_PLAIN)
    return simple if set(simple) <= GSM_7 | GSM_7_TWICE else text


def _places(letter: str, is_gsm: bool) -> int:
    if is_gsm:
        return 2 if letter in GSM_7_TWICE else 1
    return 2 if ord(letter) > 0xFFFF else 1


def shortened(text: str, *, end: str = "", most: int) -> str:
    """*text* and *end* in at most *most* parts: words are left out at the end of *text*, which then
    says so by dots; *end*, such as a link, stays whole. Where not even that fits, *end* alone."""
    if parts_of(text + end) <= most:
        return text + end
    words = text.split(" ")
    while words:
        words.pop()
        shorter = " ".join(words).rstrip(".,:;") + ELLIPSIS + end
        if words and parts_of(shorter) <= most:
            return shorter
    return end.lstrip()
