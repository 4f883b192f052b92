"""Days that many of those who come keep: hints about days, never about a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from holidays import country_holidays

from app.i18n import _l


class Observance(StrEnum):
    """What a day may be kept as; the days of the moon's calendar are only expected."""

    RAMADAN = "ramadan"
    EID_AL_FITR = "eid_al_fitr"
    EID_AL_ADHA = "eid_al_adha"
    NOWRUZ = "nowruz"
    ORTHODOX_EASTER = "orthodox_easter"
    WESTERN_EASTER = "western_easter"

    @property
    def label(self) -> Any:
        return {
            "ramadan": _l("Ramadan (expected)"),
            "eid_al_fitr": _l("Eid al-Fitr (expected)"),
            "eid_al_adha": _l("Eid al-Adha (expected)"),
            "nowruz": _l("Nowruz"),
            "orthodox_easter": _l("Orthodox Easter"),
            "western_easter": _l("Western Easter"),
        }[self.value]


# Afghanistan and the Maldives may see the new moon a day apart: what either expects is expected.
_MOON = ("AF", "MV")
# Countries that list the days, and what the package calls them in English.
_LISTED: dict[Observance, tuple[tuple[str, ...], str]] = {
    Observance.EID_AL_FITR: (_MOON, "Eid al-Fitr"),
    Observance.EID_AL_ADHA: (_MOON, "Eid al-Adha"),
    Observance.NOWRUZ: (("IR",), "Nowruz"),
    Observance.ORTHODOX_EASTER: (("RO",), "Easter"),
    Observance.WESTERN_EASTER: (("IT",), "Easter"),
}


def observances(day: date) -> tuple[Observance, ...]:
    """What many people keep on this day; empty on most days, and before 1998 and after 2099."""
    return _year(day.year).get(day, ()) if 1998 <= day.year <= 2099 else ()


@lru_cache(maxsize=16)
def _year(year: int) -> dict[date, tuple[Observance, ...]]:
    kept = {one: _days(year, *listed) for one, listed in _LISTED.items()}
    kept[Observance.RAMADAN] = set(_ramadan(year))
    every = sorted(set[date]().union(*kept.values()))
    return {day: tuple(one for one in Observance if day in kept[one]) for day in every}


def _ramadan(year: int) -> Iterator[date]:
    """From its first day to the day before Eid al-Fitr; either may be in the year beside."""
    around = (year - 1, year, year + 1)
    begins = [day for each in around for day in _days(each, _MOON, "First Day of Ramadan")]
    eids = [day for each in around for day in _days(each, _MOON, "Eid al-Fitr")]
    for first in begins:
        eid = min((day for day in eids if day > first), default=first)
        yield from (first + timedelta(days=n) for n in range((eid - first).days))


def _days(year: int, countries: tuple[str, ...], name: str) -> set[date]:
    """The days of a year that one of those countries lists under a name that begins like this."""
    lists = [country_holidays(code, years=year, language="en_US") for code in countries]
    return {
        day
        for days in lists
        for day in days
        if any(each.startswith(name) for each in days.get_list(day))
    }
