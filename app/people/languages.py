"""The languages people speak: their tags, their names in any language, and which covers which."""

from __future__ import annotations

from functools import cache

from babel import Locale

COMMON = (
    "ro en fr ru uk ar apc acm arz apd ary fa prs ps ckb kmr tr so ti am "
    "es pt ne hi bn si ta ur pa vi zh fil id uz ky ka"
).split()
"""The languages offered in forms (BCP 47), Romanian and the frequent ones first."""

# ISO 639-3 macrolanguages: whoever speaks the member answers a need for the whole, not the other
# way round. A Levantine speaker helps where "Arabic" is asked; "Levantine" asks for just that.
_MEMBERS = {"ar": ("apc", "acm", "arz", "apd", "ary"), "fa": ("prs",)}

# What Babel lacks or names unclearly.
_OWN_NAMES = {
    "prs": "دری",
    "kmr": "Kurmancî",
    "ckb": "سۆرانی",
    "apc": "العربية الشامية",
    "acm": "العربية العراقية",
    "arz": "العربية المصرية",
    "apd": "العربية السودانية",
    "ary": "العربية المغربية",
}
_NAMES = {
    "en": {
        "prs": "Dari",
        "kmr": "Kurdish (Kurmanji)",
        "ckb": "Kurdish (Sorani)",
        "apc": "Arabic (Levantine)",
        "acm": "Arabic (Iraqi)",
        "arz": "Arabic (Egyptian)",
        "apd": "Arabic (Sudanese)",
        "ary": "Arabic (Moroccan)",
        "fa": "Persian",
    },
    "ro": {
        "prs": "dari",
        "kmr": "kurdă (kurmanji)",
        "ckb": "kurdă (sorani)",
        "apc": "arabă (levantină)",
        "acm": "arabă (irakiană)",
        "arz": "arabă (egipteană)",
        "apd": "arabă (sudaneză)",
        "ary": "arabă (marocană)",
        "fa": "persană",
    },
    "ar": {
        "prs": "الدرية",
        "kmr": "الكردية (الكرمانجية)",
        "ckb": "الكردية (السورانية)",
        "apc": "العربية (الشامية)",
        "acm": "العربية (العراقية)",
        "arz": "العربية (المصرية)",
        "apd": "العربية (السودانية)",
        "ary": "العربية (المغربية)",
        "fa": "الفارسية",
    },
}


def is_known(language: str) -> bool:
    """Whether *language* is a tag this house uses."""
    return language in COMMON


@cache
def name_of(language: str, reader: str) -> str:
    """The name of *language* in the reader's language; the tag itself where nobody knows."""
    special = _NAMES.get(reader, _NAMES["en"]).get(language)
    return special or Locale.parse(reader).languages.get(language, language)


@cache
def own_name_of(language: str) -> str:
    """The name of *language* in itself, as its speakers look for it in a list."""
    if language in _OWN_NAMES:
        return _OWN_NAMES[language]
    return Locale.parse(language).get_language_name(language) or language


@cache
def answering(language: str) -> frozenset[str]:
    """Every tag whose speaker answers a need for *language*."""
    return frozenset((language, *_MEMBERS.get(language, ())))
