"""A calendar file (.ics, RFC 5545) as it comes from anywhere: its letters, lines, events: pure.

Only a few properties of its events are looked at, each event for itself; alarms and attachments are
never parsed, and of the time zones that a file defines only what is known by another name is used.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from typing import Any

from icalendar import Event

from app.i18n import _l
from app.plain import one_line, seen
from app.programme.calendar_zones import zones_in

MOST_BYTES = 1024 * 1024
MOST_COMPONENTS = 2000
MOST_LINES = 30_000
"""So many lines of events are looked at; fifteen for each of two thousand."""
LONGEST_NAME = 120
LONGEST_LINE = 200_000
_PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"B\x00E\x00": "utf-16-le",
    b"\x00B\x00E": "utf-16-be",
}
_OLD_LETTERS = re.compile(
    rb"CHARSET=\"?(iso-8859-(?:1|2|5|9|15|16)|windows-125[0-6]|koi8-[ru])\b", re.IGNORECASE
)
_DAY = re.compile(r"^(DTSTART|DTEND|RECURRENCE-ID)\b[^:]*:([0-9]{8})$")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")


class Problem(StrEnum):
    """Why nothing can be read from a file."""

    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    PACKED = "packed"
    WEB_PAGE = "web_page"
    LETTERS = "letters"
    BINARY = "binary"
    BROKEN = "broken"
    EMPTY = "empty"

    @property
    def label(self) -> Any:
        return _PROBLEMS[self]


_PROBLEMS = {
    Problem.TOO_LARGE: _l("The file is larger than 1 MB. Export a shorter time."),
    Problem.TOO_MANY: _l("The file holds too many entries. Export a shorter time."),
    Problem.PACKED: _l("The file is packed (zip). Unpack it and send the .ics file inside."),
    Problem.WEB_PAGE: _l("This is a web page. Download the calendar file (.ics) itself."),
    Problem.LETTERS: _l("The letters of the file cannot be read. Save it again as UTF-8."),
    Problem.BINARY: _l("The file is damaged: it holds signs that are no letters."),
    Problem.BROKEN: _l("This is not a calendar file (.ics), or it is damaged."),
    Problem.EMPTY: _l("There is no event in this file."),
}


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """Of each event the lines that were looked at; the zones that the file defines; its name."""

    events: Sequence[list[str]]
    zones: Mapping[str, tzinfo] = field(default_factory=dict)
    name: str = ""


def open_file(data: bytes, looked_at: Collection[str]) -> CalendarFile | Problem:
    """The events of *data* with the properties *looked_at*; or the one problem with all of it.

    Never raises, whatever the bytes are.
    """
    if data.startswith(_PACKED):
        return Problem.PACKED
    if len(data) > MOST_BYTES:
        return Problem.TOO_LARGE
    text = _text(data)
    if isinstance(text, Problem):
        return text
    lines = unfolded(text)
    if _components(lines) > MOST_COMPONENTS:
        return Problem.TOO_MANY
    events = _events_in(lines, looked_at)
    if events is None:
        return Problem.WEB_PAGE if text.lstrip()[:1] == "<" else Problem.BROKEN
    if not events:
        return Problem.EMPTY
    if sum(map(len, events)) > MOST_LINES:
        return Problem.TOO_MANY
    return CalendarFile(events, zones_in(lines), _name_of(lines))


def parsed(lines: list[str]) -> Any:
    """One event; a day is a day, in whatever zone it is said to be. Raises whatever the parser
    makes of strange lines."""
    if any(len(line) > LONGEST_LINE for line in lines):
        raise ValueError("a line is too long")
    days = [_DAY.sub(r"\1;VALUE=DATE:\2", line) for line in lines]
    return Event.from_ical("\r\n".join(["BEGIN:VEVENT", *days, "END:VEVENT", ""]))


def clean_name(text: str, longest: int = LONGEST_NAME) -> str:
    """*text* on one line, cut, without marks that could turn, hide or break what stands beside."""
    return one_line(one_line(str(text)[: longest * 50])[:longest])


def clean_text(text: str, longest: int) -> str:
    """*text* in paragraphs, cut, as plain words: what was marked up for a web page is not."""
    plain = html.unescape(_TAG.sub(" ", str(text)[: longest * 20]))
    lines = [" ".join(seen(" ".join(line.split())).split()) for line in plain.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))[:longest].strip()


def _text(data: bytes) -> str | Problem:
    """The letters of *data*: UTF-8, UTF-16 with or without its mark, or what the file itself says
    of older ones; nothing is guessed."""
    marked = next((codec for mark, codec in _MARKS.items() if data.startswith(mark)), None)
    is_calendar = marked is not None or b"BEGIN:VCALENDAR" in data.upper()
    try:
        text = data.decode(marked or "utf-8-sig")
    except UnicodeDecodeError:
        declared = _OLD_LETTERS.search(data)
        if declared is None:
            return Problem.LETTERS if is_calendar else Problem.BROKEN
        text = data.decode(declared[1].decode().lower(), errors="replace")
    if "\x00" in text:
        return Problem.BINARY if is_calendar else Problem.BROKEN
    return text


def unfolded(text: str) -> list[str]:
    """The content lines (RFC 5545 §3.1), each whole."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n ", "").replace("\n\t", "").split("\n")


def _events_in(lines: Sequence[str], looked_at: Collection[str]) -> list[list[str]] | None:
    """Of each event the lines of the properties *looked_at*; None where the file is broken off or
    no calendar."""
    within: list[str] = []
    events: list[list[str]] = []
    calendars = 0
    for line in lines:
        mark, _colon, name = line.partition(":")
        mark, name = mark[:20].strip().upper(), name[:200].strip().upper()
        if mark == "BEGIN":
            within.append(name)
            calendars += name == "VCALENDAR"
            if name == "VEVENT":
                events.append([])
        elif mark == "END":
            if not within or within.pop() != name:
                return None
        elif within[-1:] == ["VEVENT"] and property_of(line) in looked_at:
            events[-1].append(line)
    return None if within or not calendars else events


def _components(lines: Sequence[str]) -> int:
    """How many events, alarms, zones and the like they hold."""
    return sum(line[:20].lstrip()[:5].upper() == "BEGIN" for line in lines)


def property_of(line: str) -> str:
    return line[:100].partition(":")[0].partition(";")[0].strip().upper()


def _name_of(lines: Sequence[str]) -> str:
    """What the calendar calls itself, if it does (RFC 7986 §5.1)."""
    for wanted in ("NAME", "X-WR-CALNAME"):
        for line in lines:
            if property_of(line) == wanted:
                return clean_name(re.sub(r"\\(.)", r"\1", line.partition(":")[2][:1000]))
    return ""
