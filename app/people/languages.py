"""The languages people speak: their tags, their names in any language, and which covers which."""

from __future__ import annotations

import unicodedata
from functools import cache

from babel import Locale
from babel.localedata import exists

COMMON = (
    "ro en fr ru uk ar apc acm arz apd ary fa prs ps ckb kmr tr so ti am "
    "es pt ne hi bn si ta ur pa vi zh fil id uz ky ka"
).split()
"""The languages offered first in forms (BCP 47), Romanian and the frequent ones first."""

# Forms of one language that its readers cannot always read of each other.
_SCRIPTS = (
    "pa-Arab pa-Guru uz-Latn uz-Cyrl uz-Arab zh-Hans zh-Hant az-Latn az-Cyrl az-Arab sr-Cyrl "
    "sr-Latn kk-Cyrl kk-Arab ks-Arab ks-Deva sd-Arab sd-Deva yue-Hant yue-Hans kmr-Arab"
).split()

# What Babel lacks or names unclearly.
_OWN_NAMES = {
    "prs": "دری",
    "kmr": "Kurmancî",
    "kmr-Arab": "کورمانجی",
    "ckb": "سۆرانی",
    "apc": "العربية الشامية",
    "acm": "العربية العراقية",
    "arz": "العربية المصرية",
    "apd": "العربية السودانية",
    "ary": "العربية المغربية",
    "aeb": "العربية التونسية",
    "arq": "العربية الجزائرية",
    "ayl": "العربية الليبية",
    "acq": "العربية اليمنية",
    "afb": "العربية الخليجية",
    "shu": "العربية التشادية",
    "haz": "آزرگی",
    "aii": "ܣܘܪܝܬ",
    "cld": "ܟܠܕܝܐ",
    "tru": "Ṣurayt",
    "syl": "ꠍꠤꠟꠐꠤ",
    "ctg": "চাটগাঁইয়া",
    "rms": "Limba semnelor române",
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
        "aeb": "Arabic (Tunisian)",
        "arq": "Arabic (Algerian)",
        "ayl": "Arabic (Libyan)",
        "acq": "Arabic (Yemeni)",
        "afb": "Arabic (Gulf)",
        "shu": "Arabic (Chadian)",
        "haz": "Hazaragi",
        "aii": "Assyrian Neo-Aramaic",
        "cld": "Chaldean Neo-Aramaic",
        "tru": "Turoyo",
        "syl": "Sylheti",
        "ctg": "Chittagonian",
        "rms": "Romanian Sign Language",
        "fa": "Persian",
    },
    "fr": {
        "kmr": "kurde (kurmandji)",
        "ckb": "kurde (sorani)",
        "apc": "arabe (levantin)",
        "acm": "arabe (irakien)",
        "arz": "arabe (égyptien)",
        "apd": "arabe (soudanais)",
        "ary": "arabe (marocain)",
        "haz": "hazaragi",
    },
    "uk": {
        "kmr": "курдська (курманджі)",
        "ckb": "курдська (сорані)",
        "apc": "арабська (левантійська)",
        "acm": "арабська (іракська)",
        "arz": "арабська (єгипетська)",
        "apd": "арабська (суданська)",
        "ary": "арабська (марокканська)",
        "haz": "хазарагі",
    },
    "ru": {
        "kmr": "курдский (курманджи)",
        "ckb": "курдский (сорани)",
        "apc": "арабский (левантийский)",
        "acm": "арабский (иракский)",
        "arz": "арабский (египетский)",
        "apd": "арабский (суданский)",
        "ary": "арабский (марокканский)",
        "haz": "хазараги",
    },
    "fa": {
        "kmr": "کردی (کرمانجی)",
        "ckb": "کردی (سورانی)",
        "apc": "عربی (شامی)",
        "acm": "عربی (عراقی)",
        "arz": "عربی (مصری)",
        "apd": "عربی (سودانی)",
        "ary": "عربی (مراکشی)",
        "haz": "هزارگی",
    },
    "tr": {
        "kmr": "Kürtçe (Kurmancî)",
        "ckb": "Kürtçe (Soranî)",
        "apc": "Arapça (Levant)",
        "acm": "Arapça (Irak)",
        "arz": "Arapça (Mısır)",
        "apd": "Arapça (Sudan)",
        "ary": "Arapça (Fas)",
        "haz": "Hazaragi",
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
        "aeb": "arabă (tunisiană)",
        "arq": "arabă (algeriană)",
        "ayl": "arabă (libiană)",
        "acq": "arabă (yemenită)",
        "afb": "arabă (din Golf)",
        "shu": "arabă (ciadiană)",
        "haz": "hazaragi",
        "aii": "neoaramaică asiriană",
        "cld": "neoaramaică caldeeană",
        "tru": "turoyo",
        "syl": "sylheti",
        "ctg": "chittagoniană",
        "rms": "limba semnelor române",
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
        "aeb": "العربية (التونسية)",
        "arq": "العربية (الجزائرية)",
        "ayl": "العربية (الليبية)",
        "acq": "العربية (اليمنية)",
        "afb": "العربية (الخليجية)",
        "shu": "العربية (التشادية)",
        "haz": "الهزارية",
        "aii": "الآرامية الآشورية الحديثة",
        "cld": "الآرامية الكلدانية الحديثة",
        "tru": "الطورويو",
        "syl": "السيلهيتية",
        "ctg": "الشيتاغونية",
        "rms": "لغة الإشارة الرومانية",
        "fa": "الفارسية",
    },
}

# No languages (CLDR counts "several" and "unknown" among them), or another tag's: whoever says
# "Kurdish" is asked which, Tagalog is Filipino, Farsi and Dari have tags of their own.
_NOT_OFFERED = frozenset("mul und zxx mis root ku tl mo".split())

# ISO 639-3 macrolanguages: whoever speaks the member answers a need for the whole, not the other
# way round. A Levantine speaker helps where "Arabic" is asked; "Levantine" asks for just that.
_MEMBERS = {
    "ar": ("apc", "acm", "arz", "apd", "ary", "aeb", "arq", "ayl", "acq", "afb", "shu"),
    "fa": ("prs", "haz"),
}


@cache
def known() -> tuple[str, ...]:
    """Every language of CLDR and what it lacks: the frequent ones first, then by tag; those of one
    country only are not told apart."""
    everywhere = {str(tag) for tag in Locale.parse("en").languages if "_" not in str(tag)}
    rest = sorted({*everywhere, *_NAMES["en"], *_SCRIPTS} - _NOT_OFFERED - set(COMMON))
    return (*COMMON, *rest)


@cache
def _known() -> frozenset[str]:
    return frozenset(known())


def is_known(language: str) -> bool:
    """Whether *language* is a tag this house uses."""
    return language in COMMON or language in _known()


@cache
def name_of(language: str, reader: str) -> str:
    """The name of *language* in the reader's language, else in English; the tag itself where
    nobody knows."""
    special = _NAMES.get(reader, {}).get(language)
    return special or _in_cldr(language, reader) or _NAMES["en"].get(language) or _english(language)


def _english(language: str) -> str:
    return _in_cldr(language, "en") or language


def _in_cldr(language: str, reader: str) -> str | None:
    """The name that CLDR has; "Uzbek (Cyrillic)" where it names language and script apart."""
    locale = Locale.parse(reader)
    names = locale.languages
    base, _, script = language.partition("-")
    key = "fa_AF" if language == "prs" else language.replace("-", "_")
    written: str | None = names.get(key)
    if written is not None or not script:
        return written
    # "kmr" is not among the names; what the house calls it is.
    return f"{name_of(base, reader)} ({locale.scripts.get(script, script)})"


@cache
def own_name_of(language: str) -> str:
    """The name of *language* in itself, as its speakers look for it in a list; the English one
    where it is not known."""
    return _own_name(language) or name_of(language, "en")


def _own_name(language: str) -> str | None:
    if language in _OWN_NAMES:
        return _OWN_NAMES[language]
    base, _, script = language.partition("-")
    whole = f"{base}_{script}" if script else base
    if not exists(whole):
        return None
    locale = Locale.parse(whole)
    written: str | None = locale.languages.get(whole) or locale.languages.get(base)
    if not script or not written or locale.languages.get(whole):
        return written
    return f"{written} ({locale.scripts.get(script, script)})"


@cache
def runs(words: str) -> str:
    """The direction of *words*, such as the own name of a language: "rtl" or "ltr", by the first
    letter that has one."""
    for letter in words:
        side = unicodedata.bidirectional(letter)
        if side in ("L", "R", "AL"):
            return "ltr" if side == "L" else "rtl"
    return "ltr"


@cache
def answering(language: str) -> frozenset[str]:
    """Every tag whose speaker answers a need for *language*."""
    members = {language, *_MEMBERS.get(language, ())}
    return frozenset({*members, *(tag for tag in _SCRIPTS if tag.partition("-")[0] in members)})
