"""The words of the interface (import ``_``, ``_l``, ``ngettext`` from here) and its languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask_babel import force_locale
from flask_babel import gettext as _translated
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext as _counted

__all__ = [
    "INSTEAD",
    "LANGUAGES",
    "PARTIAL",
    "_",
    "_l",
    "compile_catalogues",
    "in_language",
    "locale_of",
    "negotiate",
    "ngettext",
]

LANGUAGES = ("ro", "en", "fr", "uk", "ru", "ar", "fa", "ps", "tr", "ne", "si", "bn")
"""Languages in which everything that participants meet exists; the first is that of the house."""

PARTIAL = frozenset({"ps", "ne", "si", "bn"})
"""Those in which nothing else exists: every other page and letter is in the language `INSTEAD`."""

INSTEAD = "en"

_LOCALES = {"fa": "fa_AF"}  # the months as Kabul calls them, not Tehran

_ALIASES = {
    "mo": "ro",
    **dict.fromkeys(("arb", "apc", "acm", "arz", "apd", "ary"), "ar"),
    **dict.fromkeys(("prs", "pes"), "fa"),
    **dict.fromkeys(("pbt", "pbu", "pst"), "ps"),
    "npi": "ne",
}
_OWN_NAMES = {"fa": "دری / فارسی"}
_TRANSLATIONS = Path(__file__).parent / "translations"


def _(message: str, **values: Any) -> str:
    """*message* in the reader's language, with *values* filled in."""
    return str(_translated(message, **values))


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The form that fits *num*, in the reader's language; ``%(num)s`` is filled in."""
    return str(_counted(one, many, num, **values))


def negotiate(accepted: list[str]) -> str | None:
    """The first of *accepted* (BCP 47 tags, best first) that the house speaks, by its base tag."""
    for tag in accepted:
        base = tag.replace("_", "-").split("-")[0].lower()
        language = _ALIASES.get(base, base)
        if language in LANGUAGES:
            return language
    return None


def own_name(language: str) -> str:
    """The language's name in itself, in its own script: română, English, العربية."""
    name = _OWN_NAMES.get(language) or Locale.parse(language).get_language_name(language)
    return name or language


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Speak *language* inside, whoever asked: letters are in the reader's words."""
    with force_locale(locale_of(language)):
        yield


def locale_of(language: str) -> str:
    """The CLDR locale whose dates *language* is written with here."""
    return _LOCALES.get(language, language)


def compile_catalogues() -> None:
    """Make the ``.mo`` beside each ``.po`` that is newer than it."""
    for source in _TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as po:
            catalogue = read_po(po, locale=source.parts[-3])
        fresh = compiled.with_suffix(f".{os.getpid()}")  # several processes may start at once
        with fresh.open("wb") as mo:
            write_mo(mo, catalogue)
        fresh.replace(compiled)
