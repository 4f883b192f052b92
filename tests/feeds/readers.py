"""What calendar programs make of a feed: five readers that are not ours, behind one function each.

icalendar (Python's most used), ical (Home Assistant's, the strictest), vobject (khal's ancestors),
ical.js (Thunderbird, Nextcloud) and libical (Evolution, GNOME, KDE). The last two are there where
Node and Debian's package are; `tests.feeds.clients` installs them.

They agree about every feed of ours, but for what `DIFFERENCES` says.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import icalendar
import pytest
import vobject
from ical.calendar_stream import IcsCalendarStream

from tests.feeds.clients import ical_js, libical


@dataclass(frozen=True)
class Seen:
    """What a reader understood of one event. *rings*: how long before the start."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    location: str
    categories: tuple[str, ...]
    status: str
    sequence: int
    stamped_at: datetime
    changed_at: datetime
    rings: tuple[timedelta, ...]


Reader = Callable[[bytes], list[Seen]]


def understood(seen: Reader, text: str) -> str:
    """*text* as this reader shows it, where nothing else of it is lost."""
    return DIFFERENCES[seen](text) if seen in DIFFERENCES else text


# --- icalendar


def icalendar_of(ics: bytes) -> Any:
    """The tree as icalendar reads it, without a complaint."""
    calendar: Any = icalendar.Calendar.from_ical(ics)
    assert [part.errors for part in calendar.walk() if part.errors] == []
    return calendar


def by_icalendar(ics: bytes) -> list[Seen]:
    return [
        Seen(
            uid=str(event["UID"]),
            starts_at=event["DTSTART"].dt.astimezone(UTC),
            ends_at=event["DTEND"].dt.astimezone(UTC),
            summary=str(event["SUMMARY"]),
            description=str(event.get("DESCRIPTION", "")),
            location=str(event.get("LOCATION", "")),
            categories=tuple(map(str, event["CATEGORIES"].cats)) if "CATEGORIES" in event else (),
            status=str(event["STATUS"]),
            sequence=int(event["SEQUENCE"]),
            stamped_at=event["DTSTAMP"].dt,
            changed_at=event["LAST-MODIFIED"].dt,
            rings=tuple(-alarm["TRIGGER"].dt for alarm in event.walk("VALARM")),
        )
        for event in icalendar_of(ics).walk("VEVENT")
    ]


# --- ical, as Home Assistant reads


def by_home_assistant(ics: bytes) -> list[Seen]:
    return [
        Seen(
            uid=event.uid,
            starts_at=cast("datetime", event.dtstart).astimezone(UTC),
            ends_at=cast("datetime", event.dtend).astimezone(UTC),
            summary=event.summary or "",
            description=event.description or "",
            location=event.location or "",
            categories=tuple(event.categories),
            status=str(event.status.value if event.status else ""),
            sequence=event.sequence or 0,
            stamped_at=cast("datetime", event.dtstamp),
            changed_at=cast("datetime", event.last_modified),
            rings=tuple(-cast("timedelta", alarm.trigger) for alarm in event.alarm),
        )
        for event in IcsCalendarStream.calendar_from_ics(ics.decode()).events
    ]


# --- vobject


def by_vobject(ics: bytes) -> list[Seen]:
    calendar = vobject.readOne(ics.decode())
    return [
        Seen(
            uid=event.uid.value,
            starts_at=event.dtstart.value.astimezone(UTC),
            ends_at=event.dtend.value.astimezone(UTC),
            summary=event.summary.value,
            description=event.getChildValue("description", ""),
            location=event.getChildValue("location", ""),
            categories=tuple(event.getChildValue("categories", ())),
            status=event.status.value,
            sequence=int(event.sequence.value),
            stamped_at=event.dtstamp.value.astimezone(UTC),
            changed_at=event.last_modified.value.astimezone(UTC),
            rings=tuple(-alarm.trigger.value for alarm in event.contents.get("valarm", [])),
        )
        for event in calendar.contents.get("vevent", [])
    ]


# --- ical.js, in one process of Node for the whole run


class Node:
    """A program that answers each line with a line."""

    def __init__(self, library: Path) -> None:
        script = Path(__file__).with_name("ical_js.cjs")
        self.process = subprocess.Popen(
            ["node", str(script), str(library)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        atexit.register(self.end)

    def ask(self, text: str) -> list[dict[str, Any]]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(text).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return cast("list[dict[str, Any]]", answer["events"])

    def end(self) -> None:
        self.process.communicate(timeout=10)


@cache
def _node() -> Node:
    library = ical_js()
    assert library is not None
    return Node(library)


def by_ical_js(ics: bytes) -> list[Seen]:
    return [
        Seen(
            **known
            | {name: _instant(known[name] // 1000) for name in _INSTANTS}
            | {
                "categories": tuple(known["categories"]),
                "rings": tuple(timedelta(seconds=lead) for lead in known["rings"]),
            }
        )
        for known in _node().ask(ics.decode())
    ]


_INSTANTS = ("starts_at", "ends_at", "stamped_at", "changed_at")


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# --- libical, over its C functions


class _Time(ctypes.Structure):
    """``struct icaltimetype`` of libical 3."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    )


class _Duration(ctypes.Structure):
    """``struct icaldurationtype``."""

    _fields_ = (
        ("is_neg", ctypes.c_int),
        *((name, ctypes.c_uint) for name in ("days", "weeks", "hours", "minutes", "seconds")),
    )


class _Trigger(ctypes.Structure):
    """``struct icaltriggertype``."""

    _fields_ = (("time", _Time), ("duration", _Duration))


_POINTER, _TEXT, _INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "icalparser_parse_string": (_POINTER, [_TEXT]),
    "icalcomponent_free": (None, [_POINTER]),
    "icalcomponent_string_to_kind": (_INT, [_TEXT]),
    "icalproperty_string_to_kind": (_INT, [_TEXT]),
    "icalcomponent_get_first_component": (_POINTER, [_POINTER, _INT]),
    "icalcomponent_get_next_component": (_POINTER, [_POINTER, _INT]),
    "icalcomponent_get_first_property": (_POINTER, [_POINTER, _INT]),
    "icalcomponent_get_next_property": (_POINTER, [_POINTER, _INT]),
    "icalcomponent_count_errors": (_INT, [_POINTER]),
    "icalproperty_get_datetime_with_component": (_Time, [_POINTER, _POINTER]),
    "icaltime_as_timet_with_zone": (ctypes.c_long, [_Time, _POINTER]),
    "icalproperty_get_value": (_POINTER, [_POINTER]),
    "icalvalue_get_text": (_TEXT, [_POINTER]),
    "icalproperty_get_status": (_INT, [_POINTER]),
    "icalproperty_status_to_string": (_TEXT, [_INT]),
    "icalproperty_get_sequence": (_INT, [_POINTER]),
    "icalproperty_get_trigger": (_Trigger, [_POINTER]),
    "icaldurationtype_as_int": (_INT, [_Duration]),
    "icalmemory_free_ring": (None, []),
}


class Libical:
    """The functions of the library that are needed, by their own names."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.call: dict[str, Any] = {}
        for name, (returned, given) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = returned, given
            self.call[name.removeprefix("ical")] = function

    def read(self, ics: bytes) -> list[Seen]:
        root = self.call["parser_parse_string"](ics)
        assert root, "libical reads no calendar"
        try:
            self._refuse_errors(root)
            return [self._seen(event) for event in self._parts(root, b"VEVENT")]
        finally:
            self.call["component_free"](root)
            self.call["memory_free_ring"]()

    def _refuse_errors(self, whole: int) -> None:
        """libical notes what it leaves out; it may only be a text of blanks."""
        if self.call["component_count_errors"](whole):
            events = self._parts(whole, b"VEVENT")
            told = [error for event in events for error in self._texts(event, b"X-LIC-ERROR")]
            assert told, "an error outside the events"
            assert all(error.startswith("No value for") for error in told), told

    def _parts(self, whole: int, name: bytes) -> Iterator[int]:
        kind = self.call["component_string_to_kind"](name)
        part = self.call["component_get_first_component"](whole, kind)
        while part:
            yield part
            part = self.call["component_get_next_component"](whole, kind)

    def _lines(self, part: int, name: bytes) -> Iterator[int]:
        kind = self.call["property_string_to_kind"](name)
        line = self.call["component_get_first_property"](part, kind)
        while line:
            yield line
            line = self.call["component_get_next_property"](part, kind)

    def _seen(self, event: int) -> Seen:
        return Seen(
            uid=self._text(event, b"UID"),
            starts_at=self._instant(event, b"DTSTART"),
            ends_at=self._instant(event, b"DTEND"),
            summary=self._text(event, b"SUMMARY"),
            description=self._text(event, b"DESCRIPTION"),
            location=self._text(event, b"LOCATION"),
            categories=tuple(self._categories(event)),
            status=self._status(event),
            sequence=self.call["property_get_sequence"](next(self._lines(event, b"SEQUENCE"))),
            stamped_at=self._instant(event, b"DTSTAMP"),
            changed_at=self._instant(event, b"LAST-MODIFIED"),
            rings=tuple(map(self._lead, self._parts(event, b"VALARM"))),
        )

    def _texts(self, event: int, name: bytes) -> Iterator[str]:
        for line in self._lines(event, name):
            value = self.call["property_get_value"](line)
            yield str(self.call["value_get_text"](value).decode())

    def _text(self, event: int, name: bytes) -> str:
        return next(self._texts(event, name), "")

    def _categories(self, event: int) -> Iterator[str]:
        """libical does not part them at a comma after an odd quotation mark."""
        for together in self._texts(event, b"CATEGORIES"):
            yield from together.split(",")

    def _status(self, event: int) -> str:
        status = self.call["property_get_status"](next(self._lines(event, b"STATUS")))
        return str(self.call["property_status_to_string"](status).decode())

    def _instant(self, event: int, name: bytes) -> datetime:
        line = next(self._lines(event, name))
        at = self.call["property_get_datetime_with_component"](line, event)
        return _instant(self.call["time_as_timet_with_zone"](at, at.zone))

    def _lead(self, alarm: int) -> timedelta:
        trigger = self.call["property_get_trigger"](next(self._lines(alarm, b"TRIGGER")))
        return -timedelta(seconds=self.call["durationtype_as_int"](trigger.duration))


@cache
def _libical() -> Libical:
    library = libical()
    assert library is not None
    return Libical(library)


def by_libical(ics: bytes) -> list[Seen]:
    return _libical().read(ics)


# --- all of them

DIFFERENCES: dict[Reader, Callable[[str], str]] = {
    # Blanks at either end go; a text of blanks is none ("No value for LOCATION property").
    by_libical: lambda text: text.strip(" "),
}
"""What a reader makes of a text, where it is not the text."""

FROM_PIP: tuple[Reader, ...] = (by_icalendar, by_home_assistant, by_vobject)
ON_THE_SYSTEM: dict[Reader, bool] = {
    by_ical_js: ical_js() is not None,
    by_libical: libical() is not None,
}
PRESENT: tuple[Reader, ...] = (*FROM_PIP, *(one for one, there in ON_THE_SYSTEM.items() if there))

every_reader = pytest.mark.parametrize(
    "seen",
    [
        *FROM_PIP,
        *(
            pytest.param(
                one,
                marks=pytest.mark.skipif(not there, reason="python -m tests.feeds.clients"),
            )
            for one, there in ON_THE_SYSTEM.items()
        ),
    ],
)
