"""The public holidays of Romania, by name."""

from datetime import date
from functools import lru_cache

from holidays import HolidayBase, country_holidays

_SPELLINGS = {"ro": "ro", "en": "en_US", "uk": "uk"}


def romanian_holiday(day: date, language: str = "ro") -> str | None:
    """The name of the legal holiday (Labour Code art. 139) on this day, or None on any other day.

    Names exist in Romanian, English and Ukrainian; `language` is a tag such as "en" or "uk-UA",
    and any other language gets Romanian. Two holidays on one day are joined by "; ". Easter and
    Pentecost are the Orthodox ones. Known for 1997 to 2100; None outside.
    """
    primary = language.replace("_", "-").split("-")[0].lower()
    return _year(day.year, _SPELLINGS.get(primary, "ro")).get(day)


@lru_cache(maxsize=128)
def _year(year: int, spelling: str) -> HolidayBase:
    return country_holidays("RO", years=year, expand=False, language=spelling)
