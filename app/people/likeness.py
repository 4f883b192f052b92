"""Whether two names may be one name, spelled by somebody else or in another script. Pure.

Keys first: `keys` gives what a database can look for, coarse enough that no spelling is missed.
Then `likeness` compares, vowels too, and says how like they are, from 0 to 1.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import combinations, product

from app.folding import fold
from app.people.families import family_of
from app.people.scripts import CONSONANTS, UNWRITTEN, is_word_letter, readings

VERSION = 1
"""One more whenever `keys` answers otherwise: then all names are read again."""
ALIKE = 0.7
"""From here on two whole names may be one."""
SAME = 0.9
"""From here on they differ in spelling only."""
MOST_WORDS = 5
MOST_KEYS = 40

_CLASSES = {
    **dict.fromkeys("bp", "b"), **dict.fromkeys("fv", "f"), **dict.fromkeys("td", "t"),
    **dict.fromkeys("szSCZ", "s"), **dict.fromkeys("kg", "k"), **dict.fromkeys("xh", "h"),
}  # fmt: skip
_NEAR = {
    frozenset(pair): cost
    for pair, cost in {
        "bp": 0.15, "fv": 0.1, "td": 0.1, "sz": 0.15, "sS": 0.15, "sC": 0.2, "SC": 0.15,
        "sZ": 0.2, "zZ": 0.1, "SZ": 0.2, "CZ": 0.2, "kg": 0.25, "xh": 0.05, "zS": 0.3, "zC": 0.3,
        "ae": 0.15, "ao": 0.3, "ai": 0.5, "au": 0.5, "ei": 0.1, "ou": 0.1, "eo": 0.4, "eu": 0.5,
        "io": 0.6, "iu": 0.6, "iy": 0.0, "ey": 0.15, "uw": 0.05, "ow": 0.1, "ay": 0.5, "aw": 0.5,
        "wy": 0.7, "uy": 0.6, "ew": 0.6, "iw": 0.7, "oy": 0.6,
        "Aa": 0.0, "Ae": 0.15, "Ao": 0.2, "Ai": 0.5, "Au": 0.5, "Aw": 0.6, "Ay": 0.6,
        "Ii": 0.0, "Ie": 0.05, "Iy": 0.0, "Ia": 0.5, "Io": 0.6, "Iu": 0.6, "Iw": 0.7,
        "Uu": 0.0, "Uo": 0.0, "Uw": 0.0, "Ua": 0.5, "Ue": 0.6, "Ui": 0.6, "Uy": 0.7,
        "AI": 0.5, "AU": 0.5, "IU": 0.6,
    }.items()
}  # fmt: skip
_UNWRITTEN_AS = {"a": 0.0, "e": 0.0, "i": 0.1, "o": 0.1, "u": 0.15, "y": 0.3, "w": 0.3}

_PARTICLES = frozenset(
    "al el ul il as ash ar at az an ad ed es ech bin ibn ben bint binti bt de da di van von ال بن "
    "ابن بنت آل mr mrs ms".split()
)
_ABD = re.compile(r"^abd[aeiou]?([lrsntzd]?)(?=[^aeiou]|[ae])(?P<whose>.{3,})$")
_OF_GOD = re.compile(r"^(?P<what>.{3,}?)[aeiou]?llah?$")
_SERVANTS = frozenset("abd abdul abdel abdal abdur abdu عبد абд абдул আব্দুল আবদুল अब्दुल අබ්දුල්".split())
_DIN = re.compile(r"^(.{3,}?)(?:[aeiou]d-?d|[aeu]tt|[aeu]d)(?:i|ee|ı)ne?$")
_APART = str.maketrans(dict.fromkeys("'’‘ʼʻ`´ʿʾ\u200c\u200dـ"))


def words_of(name: str) -> list[str]:
    """The words of *name* that tell people apart: no case, articles or "son of"; "servant of the"
    and "of the faith" by themselves."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_APART)
    folded = folded.replace("لله", "له").replace("i̇", "i")
    plain = "".join(one if is_word_letter(one) else " " for one in folded).split()
    found = [part for word in _joined(plain) for part in _parts(word)]
    kept = [word for word in found if word not in _PARTICLES] or found
    return kept[:MOST_WORDS]


def _joined(plain: list[str]) -> list[str]:
    """ "abd" and "abu" are half a name; what they belong to follows, its article left out."""
    found: list[str] = []
    begun = ""
    for word in plain:
        if word in _SERVANTS:
            begun = "abd" if word.isascii() else word[:3]
        elif begun and word in _PARTICLES:
            continue
        else:
            found.append(_servant(begun, word) if begun else word)
            begun = ""
    return [*found, begun] if begun else found


def _servant(begun: str, word: str) -> str:
    """Abd Allah stays one name; of others it is left out."""
    return begun + word if word in ("allah", "llah", "له", "اله", "алла", "аллах") else word


def _parts(word: str) -> list[str]:
    """One word as it is compared: its article off, a joined second half apart."""
    if word.startswith("ال") and len(word) > 4 and word not in _NO_ARTICLE:
        word = word[2:]
    if word.startswith("عبدال") and len(word) > 7:
        return [word[5:]]
    if len(word) > 6 and word.endswith("الدين"):
        return [word[:-5], "din"]
    if len(word) > 5 and word.endswith("اله") and not word.startswith("عبد"):
        return [word[:-3], "allah"]
    plain = fold(word)
    if "llah" in plain or plain.endswith("ulla"):
        found = None if plain.startswith("abd") else _OF_GOD.match(plain)
        return [found["what"], "allah"] if found else [word]
    if servant := _ABD.match(plain):
        return [servant["whose"]]
    if len(word) > 7 and (faith := _DIN.match(plain)):
        return [faith.group(1), "din"]
    return [word]


_NO_ARTICLE = frozenset("الياس الینا الينا الكسندر الیاس".split())


@lru_cache(maxsize=8192)
def keys(name: str) -> frozenset[str]:
    """What the database looks for: each word's consonants, and two of them together. Two names
    that may be one have a pair in common, or are one word each."""
    skeletons = [_skeletons(word) for word in words_of(name)]
    words = {one for group in skeletons for one in group}
    if len(skeletons) == 1:
        pairs = [f"= {one}" for one in sorted(words)]
    else:
        pairs = [
            " ".join(sorted(both))
            for one, other in combinations(skeletons, 2)
            for both in product(one, other)
        ]
    return frozenset([*sorted(words), *sorted(set(pairs))][:MOST_KEYS])


def is_pair(key: str) -> bool:
    """Whether *key* stands for a whole name, or for two words of one."""
    return " " in key


def word_keys(word: str) -> tuple[str, ...]:
    """The keys of one word, as they stand in `keys`."""
    return tuple(key for each in words_of(word)[:1] for key in _skeletons(each))


def numbers_of(name: str) -> tuple[str, ...]:
    """The numbers in a name, in any script's figures: "Person 07" has 7."""
    figures = "".join(
        str(unicodedata.decimal(one)) if one.isdecimal() else " " for one in name
    ).split()
    return tuple(one.lstrip("0") for one in figures)


def are_numbered_apart(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names have numbers that differ: whoever gave them told two people apart."""
    return bool(one and other) and one != other


def likeness(one: str, other: str) -> float:
    """From 0, certainly other names, to 1, the same in every letter that counts."""
    if are_numbered_apart(numbers_of(one), numbers_of(other)):
        return 0.0
    few, many = sorted((words_of(one), words_of(other)), key=lambda words: (len(words), words))
    if not few:
        return 0.0
    if len(few) == 1 and len(many) > 1:
        return 0.5 * max(_alike(few[0], word) for word in many)
    found = _best(few, many)
    return round(sum(found) / len(few), 3)


def begins_like(typed: str, name: str) -> bool:
    """Whether every word of *typed* is, or may become, a word of *name*."""
    have = words_of(name)
    return all(any(_may_become(word, other) for other in have) for word in words_of(typed))


def _may_become(typed: str, word: str) -> bool:
    if _alike(typed, word) > 0:
        return True
    if any(sound in UNWRITTEN for reading in readings(word) for sound in reading):
        return any(_begins(begun, whole) for begun in readings(typed) for whole in readings(word))
    return len(typed) > 1 and _romanised(word).startswith(_romanised(typed))


def _begins(begun: str, whole: str) -> bool:
    """Whether the consonants of one are the first of the other's, and both begin with a vowel or
    neither does."""
    start = _skeleton(begun)
    same = (begun[0] in CONSONANTS) == (whole[0] in CONSONANTS)
    return start != "_" and same and _skeleton(whole).startswith(start)


@lru_cache(maxsize=4096)
def _romanised(word: str) -> str:
    first = next(iter(readings(word)), word)
    return first.lower().replace("?", "").replace("v", "w").replace("x", "h")


def _best(few: list[str], many: list[str]) -> list[float]:
    """How like each of *few* is its own one of *many*, the likest first."""
    scored = sorted(
        ((_alike(one, other), -a, -b) for a, one in enumerate(few) for b, other in enumerate(many)),
        reverse=True,
    )
    ones: set[int] = set()
    others: set[int] = set()
    found = []
    for score, a, b in scored:
        if a not in ones and b not in others:
            ones.add(a)
            others.add(b)
            found.append(score)
    return found


def _alike(one: str, other: str) -> float:
    """Two words: 1 the same, above 0 perhaps, 0 no."""
    family, its = family_of(one), family_of(other)
    if one == other or (family is not None and family == its):
        return 1.0
    if family is not None and its is not None:
        return 0.0
    pairs = product(_readings(one), _readings(other))
    return max((_by_sound(*sorted(pair)) for pair in pairs), default=0.0)


@lru_cache(maxsize=65536)
def _by_sound(one: str, other: str) -> float:
    these, those = _split(one), _split(other)
    if [_CLASSES.get(c, c) for c in these[0]] != [_CLASSES.get(c, c) for c in those[0]]:
        return 0.0
    cost = sum(
        0.0 if a == b else _NEAR.get(frozenset((a, b)), 0.3)
        for a, b in zip(these[0], those[0], strict=True)
    )
    for at, (a, b) in enumerate(zip(these[1], those[1], strict=True)):
        cost += _slot(a, b, at == 0)
    cost += _other_ending(these[1][-1], those[1][-1])
    limit = {0: 0.1, 1: 0.3, 2: 0.4}.get(len(these[0]), 0.5 + 0.05 * (len(these[0]) - 3))
    return max(0.0, 1.0 - 0.5 * cost / limit) if cost <= limit else 0.0


def _other_ending(one: str, other: str) -> float:
    """Samir and Samira are two people."""
    if "?" in (one, other):
        return 0.0
    return 0.5 if (one[-1:] in ("a", "A")) != (other[-1:] in ("a", "A")) else 0.0


def _split(reading: str) -> tuple[list[str], list[str]]:
    """The consonants, and what stands before, between and after them."""
    consonants, slots = [], [""]
    for sound in reading:
        if sound in "aeiouyw" or sound in UNWRITTEN:
            slots[-1] += sound
        else:
            consonants.append(sound)
            slots.append("")
    return consonants, slots


@lru_cache(maxsize=16384)
def _slot(one: str, other: str, is_first: bool) -> float:
    """What it costs to hear the vowels *one* as *other*."""
    if one == other:
        return 0.0
    if len(one) == len(other) == 1:
        return _heard(one, other)
    if not is_first:
        one, other = (slot.replace("?", "") or ("?" if slot else "") for slot in (one, other))
    before = [0.0]
    for sound in other:
        before.append(before[-1] + _lost(sound, one, is_first))
    for sound in one:
        row = [before[0] + _lost(sound, other, is_first)]
        for at, heard in enumerate(other, start=1):
            row.append(
                min(
                    before[at - 1] + _heard(sound, heard),
                    before[at] + _lost(sound, other, is_first),
                    row[at - 1] + _lost(heard, one, is_first),
                )
            )
        before = row
    return before[-1]


def _heard(one: str, other: str) -> float:
    if one == other:
        return 0.0
    for unwritten, sound in ((one, other), (other, one)):
        if unwritten == "V":
            return 0.0
        if unwritten == "?":
            return _UNWRITTEN_AS.get(sound, 0.2 if sound == "A" else 0.6)
    return _NEAR.get(frozenset((one, other)), 0.6)


def _lost(sound: str, beside: str, is_first: bool) -> float:
    """What it costs that *sound* is not there at all, *beside* what is."""
    if sound == "?":
        return 0.0
    if is_first and not beside:
        return 0.5
    if any(one in UNWRITTEN for one in beside) and beside not in ("?", "??"):
        return 0.05  # a long vowel that is written may have a short one beside it
    return {"A": 0.3, "I": 0.4, "U": 0.4, "V": 0.1}.get(sound, 0.1 if beside else 0.25)


@lru_cache(maxsize=8192)
def _readings(word: str) -> tuple[str, ...]:
    """Those of the word, and those of its family's first name."""
    family = family_of(word)
    return (
        readings(word) if family is None or family == word else (*readings(word), *readings(family))
    )


@lru_cache(maxsize=8192)
def _skeletons(word: str) -> tuple[str, ...]:
    """The consonants of each reading, those that sound alike as one; the likeliest first."""
    found = dict.fromkeys(_skeleton(reading) for reading in _readings(word))
    return tuple(found)[:4] or ((word,) if word else ())


def _skeleton(reading: str) -> str:
    sounds = [_CLASSES.get(c, c) for c in reading if c in CONSONANTS or not c.isascii()]
    return "".join(sounds) or "_"
