"""Finding a language by any of its names, in any of the languages that people here read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from babel import Locale
from babel.core import get_global

from app.folding import WRONG_LETTER_FROM, fold, is_nearly
from app.people.languages import COMMON, is_known, known, name_of, own_name_of

READERS = ("en", "ro", "ar", "fr", "uk", "ru", "fa", "ps", "tr", "ne", "si", "bn", "es", "ckb")
"""Whoever looks may write in any of these, whatever language the page is in."""
MOST = 12

# What people call their language and CLDR does not.
_CALLED = {
    "ro": "Moldovan Moldavian moldovenească молдавська молдавский",
    "fa": "Farsi Parsi Iranian فارسی",
    "prs": "Dari,Farsi Dari,Afghan Persian,Eastern Persian,فارسی دری,Farsi,Persian",
    "haz": "Hazaragi,Hazara",
    "ps": "Pashto,Pashtu,Pakhto,Afghan",
    "kmr": "Kurmanji,Kurmandji,Kurmanci,Northern Kurdish,Bahdini,Badini,كرمانجي,کرمانجی",
    "ckb": "Sorani,Central Kurdish,Kurdî soranî,سوراني,سورانی",
    "sdh": "Feyli,Kalhori,Southern Kurdish",
    "apc": "Levantine,Shami,Syrian Arabic,Arabic (Syrian),Lebanese,Palestinian,Jordanian,Syrian,"
    "شامي,سوري,arabă siriană,сирійська",
    "acm": "Iraqi,Mesopotamian,عراقي,Iraqi Arabic,arabă irakiană",
    "arz": "Egyptian,Masri,مصري,Egyptian Arabic,arabă egipteană",
    "apd": "Sudanese,سوداني,Sudanese Arabic,arabă sudaneză",
    "ary": "Moroccan,Darija,Maghrebi,مغربي,الدارجة,Moroccan Arabic,arabă marocană",
    "aeb": "Tunisian,Derja,تونسي,Tunisian Arabic",
    "arq": "Algerian,Dziria,جزائري,Algerian Arabic",
    "ayl": "Libyan,ليبي,Libyan Arabic",
    "acq": "Yemeni,Taizzi,Adeni,يمني,Yemeni Arabic",
    "afb": "Gulf,Khaleeji,خليجي,Gulf Arabic",
    "ar": "Modern Standard Arabic,Fusha,فصحى",
    "zh": "Mandarin,Putonghua,普通话,國語,Guoyu",
    "zh-Hans": "Mandarin,Simplified Chinese",
    "zh-Hant": "Mandarin,Traditional Chinese",
    "yue": "Cantonese,Guangdonghua",
    "fil": "Tagalog,Pilipino",
    "pa": "Panjabi",
    "pa-Arab": "Western Punjabi,Shahmukhi,Panjabi,Lahnda",
    "pa-Guru": "Gurmukhi,Panjabi",
    "si": "Singhalese,Sinhalese",
    "bn": "Bangla,Bengali",
    "rom": "Romani,Romanes,Gypsy,țigănească,romani",
    "ti": "Tigrigna",
    "am": "Amhara",
    "id": "Bahasa Indonesia",
    "ms": "Bahasa Melayu",
    "ne": "Gorkhali",
    "rhg": "Ruáingga,Rohingya",
    "aii": "Sureth,Suret,Assyrian,آشوري",
    "cld": "Chaldean,كلداني",
    "tru": "Surayt,Syriac",
    "ctg": "Chatgaya",
    "rms": "Limbajul semnelor,LSR,sign language,limba semnelor",
    "he": "Ivrit",
    "el": "Hellenic",
    "nl": "Flemish",
    "sr": "Serbo-Croatian",
    "hr": "Serbo-Croatian",
    "bs": "Serbo-Croatian",
}
# Codes that stand for one of ours, or for several where the person has to say which.
_CODES = {
    "ku": ("kmr", "ckb"),
    "kur": ("kmr", "ckb"),
    "mo": ("ro",),
    "mol": ("ro",),
    "tl": ("fil",),
    "tgl": ("fil",),
    "pnb": ("pa-Arab",),
    "lah": ("pa-Arab",),
    "pes": ("fa",),
    "fa-af": ("prs",),
    "pbt": ("ps",),
    "pbu": ("ps",),
    "ajp": ("apc",),
    "ara": ("ar",),
    "arb": ("ar",),
    "cmn": ("zh",),
}
_KURDISH = ("kmr", "ckb", "sdh")

# One letter, written as Arabic, Persian, Kurdish and Turkish keyboards do.
_SAME = str.maketrans(
    {"ی": "ي", "ى": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ە": "ه", "ہ": "ه", "ı": "i", "ـ": None}
    | dict.fromkeys("'’ʼʻ`´\u200c\u200d", None)
)


class Fit(IntEnum):
    """How well a name fits what was typed; the least is the best."""

    CODE = 0
    NAME = 1
    BEGINNING = 2
    WORDS = 3
    BEGINNINGS = 4
    WITHIN = 5
    NEARLY = 6


def searched(words: str) -> str:
    """*words* as they are compared: folded, letters of one sound alike, single spaces, no signs."""
    plain = fold(words).translate(_SAME)
    kept = (
        letter if unicodedata.category(letter)[0] in "LNM" or letter == "-" else " "
        for letter in plain
    )
    return " ".join("".join(kept).split())


def search(words: str, reader: str, *, most: int = MOST) -> list[str]:
    """The languages that *words* may mean, the best first; none where nothing was typed.

    By their own name, their names in the languages of `READERS` and in the reader's, by tag, other
    codes, and what else they are called; from five letters on, one may be wrong.
    """
    wanted = searched(words)
    if not wanted:
        return []
    best = _fits(wanted, _index(reader))
    if Fit.NAME in best.values():  # "dari" is not looked for within "mandarin"
        best = {tag: fit for tag, fit in best.items() if fit < Fit.WITHIN}
    order = {tag: n for n, tag in enumerate(known())}

    def place(tag: str) -> tuple[object, ...]:
        return searched(tag) != wanted, best[tag], order[tag] >= len(COMMON), order[tag]

    ranked = sorted(best, key=place)
    return ranked[:most]


@dataclass(frozen=True, slots=True)
class Index:
    """Every name as it is compared, with the tags that bear it."""

    codes: dict[str, tuple[str, ...]]
    names: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]
    """Each word of a name -> the names it stands in."""


def _fits(wanted: str, index: Index) -> dict[str, Fit]:
    """Tag -> how well its best name fits."""
    best: dict[str, Fit] = {}

    def note(tags: Iterable[str], fit: Fit) -> None:
        for tag in tags:
            best[tag] = min(fit, best.get(tag, fit))

    note(index.codes.get(wanted, ()), Fit.CODE)
    longest = max(wanted.split(), key=len)
    for name, tags in index.names.items():
        if longest in name and (fit := _fit(wanted, name)) is not None:
            note(tags, fit)
    if not best or min(best.values()) > Fit.WORDS:
        for name in _nearly(wanted, index):
            note(index.names[name], Fit.NEARLY)
    return best


def _fit(wanted: str, name: str) -> Fit | None:
    if wanted == name:
        return Fit.NAME
    if name.startswith(wanted):
        return Fit.BEGINNING
    have = name.split()
    each = wanted.split()
    if all(word in have for word in each):
        return Fit.WORDS
    if all(any(one.startswith(word) for one in have) for word in each):
        return Fit.BEGINNINGS
    return Fit.WITHIN if len(wanted) > 2 and wanted in name else None


def _nearly(wanted: str, index: Index) -> set[str]:
    """The names that hold each word of *wanted*, in which a letter may be wrong."""
    found: set[str] | None = None
    for word in wanted.split():
        near: set[str] = set()
        for other, names in index.words.items():
            alike = len(word) >= WRONG_LETTER_FROM and is_nearly(word, other)
            if alike or other.startswith(word):
                near.update(names)
        found = near if found is None else found & near
    return found or set()


@cache
def _index(reader: str) -> Index:
    """Made once for each language of the pages, when somebody first looks; some 10,000 names."""
    if reader not in READERS:
        everything = dict(_shared().names)
        for tag in known():
            _add(everything, tag, [name_of(tag, reader)])
        return _indexed(everything)
    return _shared()


@cache
def _shared() -> Index:
    names: dict[str, tuple[str, ...]] = {}
    for tag in known():
        _add(names, tag, _names(tag))
    return _indexed(names)


def _names(tag: str) -> Iterator[str]:
    yield own_name_of(tag)
    for reader in READERS:
        yield name_of(tag, reader)
        if tag in _KURDISH:
            yield Locale.parse(reader).languages.get("ku", "")
    called = _CALLED.get(tag, "")
    yield from called.split(",") if "," in called else called.split()
    if cldr := Locale.parse("en").languages.get(tag):
        yield cldr


def _add(names: dict[str, tuple[str, ...]], tag: str, given: Iterable[str]) -> None:
    for name in given:
        compared = searched(name)
        if compared and tag not in names.get(compared, ()):
            names[compared] = (*names.get(compared, ()), tag)


def _indexed(names: dict[str, tuple[str, ...]]) -> Index:
    words: dict[str, tuple[str, ...]] = {}
    for name in names:
        for word in {*name.split()}:
            words[word] = (*words.get(word, ()), name)
    return Index(_codes(), names, words)


def _codes() -> dict[str, tuple[str, ...]]:
    """Every code -> the languages it stands for; ISO 639-2 and 639-3 ones too ("ron", "deu")."""
    others = {
        code.lower(): (tag,)
        for code, tag in get_global("language_aliases").items()
        if is_known(tag)
    }
    return others | {tag.lower(): (tag,) for tag in known()} | _CODES
