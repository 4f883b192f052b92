"""How the letters of a name sound, in whatever script it is written. Pure.

A word becomes its *readings*: strings of consonants (``S`` sh, ``C`` ch, ``Z`` zh, ``x`` kh) and
vowels. Scripts that leave vowels out say so: ``?`` perhaps a vowel, ``V`` some vowel, and ``A``
``I`` ``U`` for the long ones that they do write, each of which may have a short one beside it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import islice, product

MOST_READINGS = 6
LONGEST_WORD = 24

CONSONANTS = frozenset("bpfvtdszSCZjkgxhlmnr")
UNWRITTEN = frozenset("?VAIU")

_LATIN = {
    "tsch": "C", "dsch": "j", "chch": "C", "sch": "S", "tch": "C", "dzh": "j", "sh": "S",
    "ch": "C|S|x", "kh": "x", "gh": "g", "zh": "Z", "ng": "ng|n", "ph": "f", "th": "t|s",
    "dh": "d|z", "dj": "j", "ck": "k", "tz": "s", "ts": "s", "cz": "C", "qu": "k", "ou": "uu",
    "oo": "uu", "ee": "ii", "ie": "ii",
    "b": "b", "c": "k", "d": "d", "f": "f", "g": "g", "h": "h", "j": "j|y", "k": "k", "l": "l",
    "m": "m", "n": "n", "p": "p", "q": "k", "r": "r", "s": "s", "t": "t", "v": "v|w", "w": "w|v",
    "x": "ks", "y": "y", "z": "z", "a": "a", "e": "e", "i": "i", "o": "o", "u": "u", "ß": "s",
    "đ": "d", "ł": "l", "ø": "o", "æ": "e", "ə": "a", "ı": "i", "œ": "e", "þ": "t", "ð": "d",
    "ƈ": "C|k", "ŧ": "s|t",
}  # fmt: skip
_CYRILLIC = {
    "дж": "j", "а": "a", "б": "b", "в": "v|w", "г": "g|h", "ґ": "g", "д": "d", "е": "e", "є": "ye",
    "ж": "Z", "з": "z", "и": "i", "і": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o",
    "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "x", "ц": "s", "ч": "C",
    "ш": "S", "щ": "S", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "yu", "я": "ya", "қ": "k",
    "ғ": "g", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "ә": "a", "ј": "y", "љ": "l",
    "њ": "n", "џ": "j", "ђ": "j", "ћ": "C",
}  # fmt: skip
_GREEK = dict(
    zip("αβγδεζηθικλμνξοπρστυφχψως",
        "a v g d e z i t i k l m n ks o p r s t i f x ps o s".split(), strict=True)
)  # fmt: skip
_ARABIC = {
    "ا": "A", "ب": "b", "پ": "p", "ت": "t", "ث": "s|t", "ج": "j|g", "چ": "C", "ح": "h", "خ": "x",
    "د": "d", "ذ": "z|d", "ر": "r", "ز": "z", "ژ": "Z", "س": "s", "ش": "S", "ص": "s", "ض": "d|z",
    "ط": "t", "ظ": "z|d", "ع": "?", "غ": "g", "ف": "f", "ڤ": "v|w", "ق": "k|g", "ك": "k", "ک": "k",
    "گ": "g", "ل": "l", "م": "m", "ن": "n", "ں": "n", "ه": "h", "ہ": "h", "ھ": "|h", "و": "U",
    "ي": "I", "ی": "I", "ى": "A|I", "ې": "I", "ۍ": "I", "ے": "I", "ة": "A", "ء": "?", "ٹ": "t",
    "ڈ": "d", "ڑ": "r", "ځ": "z|j", "څ": "s", "ډ": "d", "ړ": "r", "ږ": "g|Z", "ښ": "S|x",
    "ټ": "t", "ڼ": "n", "ە": "a", "ڕ": "r", "ڵ": "l", "ۆ": "U", "ێ": "I", "ۋ": "U", "ګ": "g",
}  # fmt: skip
_MARKED = str.maketrans(
    {"ş": "sh", "ș": "sh", "š": "sh", "ç": "ƈ", "č": "ƈ", "ć": "ƈ", "ž": "zh", "ț": "ŧ", "ţ": "ŧ"}
)
_LETTERS = _LATIN | _CYRILLIC | _GREEK | _ARABIC
_LONGEST = max(map(len, _LETTERS))

_INDIC = {
    "K": "k", "KH": "x", "G": "g", "GH": "g", "NG": "n", "C": "C", "CH": "C", "J": "j|z",
    "JH": "j|z", "NY": "n", "TT": "t", "TTH": "t", "DD": "d", "DDH": "d", "NN": "n", "T": "t",
    "TH": "t|s", "D": "d", "DH": "d", "N": "n", "P": "p", "PH": "f|p", "B": "b", "BH": "b|v",
    "M": "m", "Y": "y", "R": "r", "L": "l", "V": "v|b|w", "SH": "S", "SS": "S", "S": "s", "H": "h",
    "LL": "l", "RR": "r", "RRH": "r", "LLL": "l", "NNN": "n", "YY": "y", "F": "f", "Z": "z",
    "Q": "k", "KHH": "x", "GHH": "g",
}  # fmt: skip
_INDIC_VOWELS = {
    "A": "a", "AA": "a", "I": "i", "II": "i", "U": "u", "UU": "u", "E": "e", "EE": "e", "O": "o",
    "OO": "o", "AI": "ai", "AU": "au", "VOCALIC R": "ri", "CANDRA E": "e", "CANDRA O": "o",
}  # fmt: skip
_SINHALA = {
    "ALPAPRAANA KA": "k", "MAHAAPRAANA KA": "x", "ALPAPRAANA GA": "g", "MAHAAPRAANA GA": "g",
    "ALPAPRAANA CA": "C", "MAHAAPRAANA CA": "C", "ALPAPRAANA JA": "j|z", "MAHAAPRAANA JA": "j|z",
    "ALPAPRAANA TTA": "t", "MAHAAPRAANA TTA": "t", "ALPAPRAANA DDA": "d", "MAHAAPRAANA DDA": "d",
    "ALPAPRAANA TA": "t", "MAHAAPRAANA TA": "t", "ALPAPRAANA DA": "d", "MAHAAPRAANA DA": "d",
    "ALPAPRAANA PA": "p", "MAHAAPRAANA PA": "f|p", "ALPAPRAANA BA": "b", "MAHAAPRAANA BA": "b",
    "KANTAJA NAASIKYA": "n", "TAALUJA NAASIKYA": "n", "MUURDHAJA NA": "n", "DANTAJA NA": "n",
    "MA": "m", "YA": "y", "RA": "r", "DANTAJA LA": "l", "MUURDHAJA LA": "l", "VA": "v|w",
    "TAALUJA SA": "S", "MUURDHAJA SA": "S", "DANTAJA SA": "s", "HA": "h", "FA": "f",
    "SANYAKA GA": "ng", "SANYAKA JA": "nj", "SANYAKA DDA": "nd", "SANYAKA DA": "nd",
    "AMBA BA": "mb",
}  # fmt: skip
_SINHALA_VOWELS = {
    "AELA": "a", "KETTI AEDA": "e", "DIGA AEDA": "e", "KETTI IS": "i", "DIGA IS": "i",
    "KETTI PAA": "u", "DIGA PAA": "u", "KOMBUVA": "e", "DIGA KOMBUVA": "e", "KOMBU DEKA": "ai",
    "KOMBUVA HAA AELA": "o", "KOMBUVA HAA DIGA AELA": "o", "KOMBUVA HAA GAYANUKITTA": "au",
    "GAETTA": "ru",
}  # fmt: skip


def is_word_letter(letter: str) -> bool:
    """Whether it is part of a word in some script."""
    return unicodedata.category(letter)[0] in "LM"


@lru_cache(maxsize=4096)
def readings(word: str) -> tuple[str, ...]:
    """How *word* (folded as by `likeness`) may sound, the likeliest first; at most
    `MOST_READINGS`, none for a word without letters."""
    units = [unit.split("|") for unit in _units(word[:LONGEST_WORD])]
    found = (_tidied("".join(parts)) for parts in product(*units))
    return tuple(dict.fromkeys(one for one in islice(found, MOST_READINGS) if one))


def _tidied(reading: str) -> str:
    """Doubled letters once, and what stands for nothing beside a vowel gone."""
    kept: list[str] = []
    for sound in reading:
        if kept and kept[-1] == sound and sound not in "aeiou":
            continue
        if kept and sound == "?" and kept[-1] in UNWRITTEN:
            continue
        kept.append(sound)
    return "".join(kept)


def _units(word: str) -> list[str]:
    """The alternatives of each letter, with a bar between."""
    script = _script(word)
    if script == "ARABIC":
        return _abjad(word)
    if script in ("LATIN", "CYRILLIC", "GREEK"):
        return _alphabet(word)
    return _syllables(word)


def _script(word: str) -> str:
    first = next((one for one in word if is_word_letter(one)), "")
    return unicodedata.name(first, "").split(" ")[0]


def _alphabet(word: str) -> list[str]:
    found, at = [], 0
    plain = "".join(letter for letter in _plain(word) if _counts(letter))
    while at < len(plain):
        sizes = range(min(_LONGEST, len(plain) - at), 0, -1)
        size = next((n for n in sizes if plain[at : at + n] in _LETTERS), 1)
        found.append(_in_place(plain, at, size))
        at += size
    return found


def _plain(word: str) -> str:
    """Marks apart, but those that make another sound."""
    return unicodedata.normalize("NFKD", word.translate(_MARKED))


def _counts(letter: str) -> bool:
    return not unicodedata.combining(letter)


def _in_place(plain: str, at: int, size: int) -> str:
    """A letter that sounds by its neighbours: c and g before e and i, h at the end."""
    here, after = plain[at : at + size], plain[at + size : at + size + 1]
    if here == "c" and after:
        return "s|j|C" if after in "eiy" else "k|j" if after in "aou" else "k"
    if here == "g" and after and after in "ei":
        return "g|j"
    if here == "h" and not after and at > 2 and plain[at - 1] in "aeo":
        return "|h"
    return _LETTERS.get(here, here)


def _abjad(word: str) -> list[str]:
    """Each consonant perhaps with a vowel after it; the first letter of vowels with some vowel."""
    plain = [letter for letter in unicodedata.normalize("NFKD", word) if letter in _ARABIC]
    last = len(plain) - 1
    found: list[str] = []
    for at, letter in enumerate(plain):
        found.append(_in_abjad(letter, at == 0, 0 < at == last))
        if letter not in "اويیى" and at < last:
            found.append("?")
    return found


def _in_abjad(letter: str, is_first: bool, is_last: bool) -> str:
    if is_first and letter in "اع":
        return "V"
    if is_last and letter in "هہ":
        return "A|h"
    return _ARABIC[letter]


def _syllables(word: str) -> list[str]:
    """Scripts of India and Ethiopia, by what Unicode calls their letters."""
    found: list[str] = []
    for letter in unicodedata.normalize("NFC", word):
        family, _, what = unicodedata.name(letter, "").partition(" ")
        if what.startswith("VOWEL SIGN "):
            _instead_of_vowel(found, _vowel(family, what.removeprefix("VOWEL SIGN ")))
        elif what in ("SIGN VIRAMA", "SIGN AL-LAKUNA"):
            _instead_of_vowel(found, "")
        elif what == "SIGN NUKTA":
            _dotted(found, family)
        elif what in ("SIGN ANUSVARA", "SIGN CANDRABINDU", "SIGN ANUSVARAYA"):
            found.append("n")
        else:
            found.extend(_letter(letter, family, what))
    return found


def _instead_of_vowel(found: list[str], vowel: str) -> None:
    if found and found[-1] == "?":
        found.pop()
    if vowel:
        found.append(vowel)


def _dotted(found: list[str], family: str) -> None:
    """A dot below: j becomes y in Bangla, d becomes r, j elsewhere becomes z."""
    if len(found) > 1 and found[-1] == "?":
        other = {"j|z": "y" if family == "BENGALI" else "z", "d": "r"}
        found[-2] = other.get(found[-2], found[-2])


def _vowel(family: str, what: str) -> str:
    if family == "SINHALA":
        return _SINHALA_VOWELS.get(what.removesuffix("-PILLA").replace("-PILLA", ""), "a")
    return _INDIC_VOWELS.get(what, "a")


def _letter(letter: str, family: str, what: str) -> list[str]:
    if what.startswith("SYLLABLE "):
        return [_LATIN.get(one, "") for one in what.removeprefix("SYLLABLE ").lower()]
    if not what.startswith("LETTER "):
        return [letter] if is_word_letter(letter) and _counts(letter) else []
    called = what.removeprefix("LETTER ")
    if family == "SINHALA":
        return _sinhala(called)
    if called in _INDIC_VOWELS:
        return [_INDIC_VOWELS[called]]
    if family == "BENGALI" and called == "YA":
        return ["j|z", "?"]
    sound = _INDIC.get(called.removesuffix("A"))
    return [sound, "?"] if sound else [letter]


def _sinhala(called: str) -> list[str]:
    plain = called.removesuffix("YANNA")
    sound = _SINHALA.get(plain)
    return [sound, "?"] if sound else [_INDIC_VOWELS.get(plain, "a")]
