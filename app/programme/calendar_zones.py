"""Time zones that a calendar file (.ics) defines itself, by the names that the world knows: pure.

A definition is never run. It is compared with the few patterns of clock changes in use where
partners are, which is what Outlook means by a "customized time zone".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

MOST_ZONES = 100
_EUROPE = {("3", "-1SU"), ("10", "-1SU")}
_AMERICA = {("3", "2SU"), ("11", "1SU")}
_KNOWN = {
    (0, 60): (_EUROPE, "Europe/London"),
    (60, 120): (_EUROPE, "Europe/Berlin"),
    (120, 180): (_EUROPE, "Europe/Bucharest"),
    (-300, -240): (_AMERICA, "America/New_York"),
    (-360, -300): (_AMERICA, "America/Chicago"),
    (-420, -360): (_AMERICA, "America/Denver"),
    (-480, -420): (_AMERICA, "America/Los_Angeles"),
}
_OFFSET = re.compile(r"^([+-])(\d\d)(\d\d)(?:\d\d)?$")
_FIXED = re.compile(r"^\(?(?:UTC|GMT)\s?([+-])(\d\d?):?(\d\d)?\)?(.*)$")
_JANUARY = datetime(2027, 1, 15, tzinfo=UTC)


def zones_in(lines: Sequence[str]) -> Mapping[str, tzinfo]:
    """The zones defined in the content *lines* that are known by another name, by their TZID."""
    found: dict[str, tzinfo] = {}
    inside: list[str] | None = None
    for line in lines:
        mark = line[:20].strip().upper()
        if mark == "BEGIN:VTIMEZONE":
            inside = []
        elif mark == "END:VTIMEZONE" and inside is not None:
            _add(inside, found)
            inside = None
        elif inside is not None and len(inside) < 200:
            inside.append(line[:500])
        if len(found) >= MOST_ZONES:
            break
    return found


def named_zone(name: str) -> tzinfo | None:
    """What a zone is that is called by its distance from UTC, by cities in it, or by both, as in
    "(UTC+02:00) Athens, Bucharest"."""
    said = _FIXED.match(name.strip()[:200])
    away = _away(*said.groups()[:3]) if said else None
    cities = said[4] if said else name[:200]
    zone = _by_cities(cities)
    if zone is not None:
        fits = away in {None, _JANUARY.replace(tzinfo=zone).utcoffset()}
        return zone if fits else None
    return timezone(away) if away is not None and not cities.strip() else None


def _away(sign: str, hours: str, minutes: str | None) -> timedelta | None:
    away = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if away >= timedelta(hours=24):
        return None
    return away if sign == "+" else -away


def _by_cities(words: str) -> ZoneInfo | None:
    """The zone of the first of the cities after which one is called."""
    names = [_plain(one) for one in words.split(",")]
    return next((ZoneInfo(_cities()[one]) for one in names if one in _cities()), None)


@cache
def _cities() -> dict[str, str]:
    regions = "Africa America Asia Atlantic Australia Europe Indian Pacific".split()
    zones = sorted(one for one in available_timezones() if one.split("/")[0] in regions)
    return {_plain(one.rpartition("/")[2]): one for one in zones}


def _plain(city: str) -> str:
    return city.strip().replace("_", " ").casefold()


def _add(lines: Sequence[str], found: dict[str, tzinfo]) -> None:
    facts = _facts(lines)
    names = facts.get("TZID", [])
    zone = _by_place(facts.get("X-LIC-LOCATION", [])) or _by_pattern(facts)
    if names and zone is not None:
        found[re.sub(r"\\(.)", r"\1", names[0])] = zone


def _facts(lines: Sequence[str]) -> dict[str, list[str]]:
    """Property -> what is said of it, in the order of the lines."""
    facts: dict[str, list[str]] = {}
    for line in lines:
        name, _colon, value = line.partition(":")
        facts.setdefault(name.partition(";")[0].strip().upper(), []).append(value.strip())
    return facts


def _by_place(places: Sequence[str]) -> tzinfo | None:
    return ZoneInfo(places[0]) if places and places[0] in available_timezones() else None


def _by_pattern(facts: Mapping[str, Sequence[str]]) -> tzinfo | None:
    """By when the clock changes now, and by how much; without any change, a fixed distance."""
    kinds = [value.upper() for value in facts.get("BEGIN", [])]
    offsets = [_minutes(value) for value in facts.get("TZOFFSETTO", [])]
    before = [_minutes(value) for value in facts.get("TZOFFSETFROM", [])]
    if not offsets or None in offsets or len(kinds) != len(offsets):
        return None
    minutes = sorted({one for one in offsets if one is not None})
    if len(set(offsets + before)) == 1:
        return timezone(timedelta(minutes=minutes[0]))
    if kinds.count("STANDARD") != 1 or kinds.count("DAYLIGHT") != 1 or len(minutes) != 2:
        return None
    changes, name = _KNOWN.get((minutes[0], minutes[1]), (set(), ""))
    rules = {_change(rule) for rule in facts.get("RRULE", [])}
    return ZoneInfo(name) if name and rules == changes else None


def _minutes(value: str) -> int | None:
    said = _OFFSET.match(value)
    if said is None or int(said[2]) > 23 or int(said[3]) > 59:
        return None
    away = int(said[2]) * 60 + int(said[3])
    return away if said[1] == "+" else -away


def _change(rule: str) -> tuple[str, str]:
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    return parts.get("BYMONTH", ""), parts.get("BYDAY", "").replace("+", "")
