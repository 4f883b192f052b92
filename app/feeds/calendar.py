"""Meetings written as an iCalendar feed: values in, bytes out (RFC 5545 and RFC 7986).

Whatever stands in a title or an address, it stays inside its own line: texts are cleaned and then
escaped, links are percent-encoded or left out, everything else must look like what it claims to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

PRODUCT = "-//Punte//Punte 0.1//RO"
HOUSE_ZONE = "Europe/Bucharest"


@dataclass(frozen=True, slots=True)
class Event:
    """One meeting, hence one VEVENT (RFC 5545 §3.6.1).

    Every text is raw, every instant aware. A private event shows its time and its summary, which
    must be neutral; everything else about it is left out here, whatever the caller filled in. A
    tentative one takes nobody's time yet.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    summary: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    language: str = "ro"
    cancelled: bool = False
    cancelled_prefix: str = ""
    tentative: bool = False
    description: str | None = None
    location: str | None = None
    url: str | None = None
    conference: str | None = None
    categories: tuple[str, ...] = ()
    color: str | None = None
    private: bool = False
    alarm: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a whole feed says about itself (RFC 5545 §3.6, RFC 7986 §5). A feed behind a secret
    link has no *source*: whoever is sent a copy of the file must not find the link in it."""

    name: str
    organizer: str
    organizer_name: str
    language: str
    source: str | None = None
    color: str | None = None
    zone: str = HOUSE_ZONE


class Kept(NamedTuple):
    """One event written down, to be kept: *body* is everything but its end and its alarm, which
    differs from link to link; its last two lines are when it was last changed (`stamps_of`).
    *ringing* is the alarm but for when it rings, empty where it must not. *zone* is the TZID it
    uses."""

    body: bytes
    ringing: bytes
    zone: str


Written = tuple[bytes, bytes, *tuple[object, ...]]
"""A `Kept`, or a row that begins like one."""


def serialise(calendar: Calendar, events: Iterable[Event]) -> bytes:
    """The feed: one VCALENDAR with the events in the order given (RFC 5545 §3.4)."""
    mailbox, name = calendar.organizer, calendar.organizer_name
    events = list(events)
    blocks = [event_bytes(event, organizer=mailbox, organizer_name=name) for event in events]
    return assemble(calendar, blocks, zones={event.zone for event in events})


def assemble(calendar: Calendar, pieces: Iterable[bytes], *, zones: Iterable[str] = ()) -> bytes:
    """A feed from its VEVENTs, whole or in pieces; *zones* are theirs (RFC 5545 §3.6.5: each TZID
    is defined)."""
    known = sorted({HOUSE_ZONE, calendar.zone, *zones} & TIMEZONES.keys())
    return b"".join(
        [_head(calendar), *(TIMEZONES[zone] for zone in known), *pieces, b"END:VCALENDAR\r\n"]
    )


def event_bytes(event: Event, *, organizer: str, organizer_name: str) -> bytes:
    """One VEVENT with its line ends (RFC 5545 §3.6.1)."""
    kept = written(event, organizer=organizer, organizer_name=organizer_name)
    return b"".join(pieces_of([kept], alarm=event.alarm))


def written(event: Event, *, organizer: str, organizer_name: str) -> Kept:
    """*event* as it is kept; `pieces_of` makes the VEVENT of it."""
    said = said_of(event, organizer=organizer, organizer_name=organizer_name)
    language = language_parameter(event.language)
    shown = ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION{language}:{_summary(event)}"]
    ringing = b"" if event.cancelled else content_lines(shown)
    return Kept(said + stamps_of(event.changed_at), ringing, event.zone)


def said_of(event: Event, *, organizer: str, organizer_name: str) -> bytes:
    """What the VEVENT of *event* says, without when it was said and without its end."""
    language = language_parameter(event.language)
    return content_lines(
        [
            "BEGIN:VEVENT",
            f"UID:{text_value(event.uid)}",
            *span_lines(event),
            f"CREATED:{stamp_of(event.created_at)}",
            f"SEQUENCE:{event.sequence:d}",
            f"SUMMARY{language}:{_summary(event)}",
            organizer_line(organizer, organizer_name),
            f"STATUS:{_status(event)}",
            f"TRANSP:{'TRANSPARENT' if event.cancelled or event.tentative else 'OPAQUE'}",
            *(["CLASS:PRIVATE"] if event.private else _details(event, language)),
        ]
    )


def _summary(event: Event) -> str:
    return text_value(event.cancelled_prefix + event.summary if event.cancelled else event.summary)


def pieces_of(kept: Iterable[Written], *, alarm: timedelta | None) -> list[bytes]:
    """The VEVENTs of what was kept, piece after piece; each rings *alarm* before its start, where
    it may (RFC 5545 §3.6.6)."""
    if alarm is None:
        return [piece for one in kept for piece in (one[0], _END)]
    rings = f"TRIGGER:{_before(alarm)}\r\nEND:VALARM\r\n".encode() + _END
    return [piece for one in kept for piece in (one[0], one[1], rings if one[1] else _END)]


def restamped(body: bytes, stamps: bytes) -> bytes:
    """*body* with these *stamps*, where they are later than its own."""
    return max(body, body[: -len(stamps)] + stamps)


def stamps_of(changed: datetime) -> bytes:
    """When something was last changed, as the end of a body; later ones compare greater. It is
    never now: bytes stay the same until there is a change."""
    stamp = stamp_of(changed)
    return f"DTSTAMP:{stamp}\r\nLAST-MODIFIED:{stamp}\r\n".encode()


_END = b"END:VEVENT\r\n"


# --- the calendar itself


def _head(calendar: Calendar) -> bytes:
    """The opening lines; no UID, since vdirsyncer would then keep the feed as a single item."""
    name = _plain(calendar.name) or "Punte"
    source = _uri(calendar.source, _WEB)
    return content_lines(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            f"PRODID:{PRODUCT}",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            f"NAME{language_parameter(calendar.language)}:{name}",
            f"X-WR-CALNAME:{name}",
            f"X-WR-TIMEZONE:{calendar.zone if calendar.zone in TIMEZONES else HOUSE_ZONE}",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            *([f"SOURCE;VALUE=URI:{source}"] if source else []),
            *_color(calendar.color),
        ]
    )


def _eu_timezone(zone: str, hours: int, winter: str, summer: str) -> bytes:
    """A zone on the clock of the European Union: both changes at 01:00 UTC, the same since 1997."""
    return (
        f"BEGIN:VTIMEZONE\r\nTZID:{zone}\r\n"
        f"BEGIN:DAYLIGHT\r\nTZNAME:{summer}\r\n"
        f"TZOFFSETFROM:+{hours:02}00\r\nTZOFFSETTO:+{hours + 1:02}00\r\n"
        f"DTSTART:19970330T{hours + 1:02}0000\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
        f"BEGIN:STANDARD\r\nTZNAME:{winter}\r\n"
        f"TZOFFSETFROM:+{hours + 1:02}00\r\nTZOFFSETTO:+{hours:02}00\r\n"
        f"DTSTART:19971026T{hours + 2:02}0000\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE\r\n"
    ).encode()


TIMEZONES: Mapping[str, bytes] = MappingProxyType(
    {
        zone: _eu_timezone(zone, hours, winter, summer)
        for zone, hours, winter, summer in (
            (HOUSE_ZONE, 2, "EET", "EEST"),
            ("Europe/Athens", 2, "EET", "EEST"),
            ("Europe/Sofia", 2, "EET", "EEST"),
            ("Europe/Berlin", 1, "CET", "CEST"),
            ("Europe/Budapest", 1, "CET", "CEST"),
            ("Europe/Rome", 1, "CET", "CEST"),
            ("Europe/Vienna", 1, "CET", "CEST"),
        )
    }
)
"""The VTIMEZONE of each zone that a feed can name (RFC 5545 §3.6.5); other zones become UTC."""

_TIMEZONES_SINCE = datetime(1997, 3, 30, 1, tzinfo=UTC)


# --- the lines of one event


def _status(event: Event) -> str:
    if event.cancelled:
        return "CANCELLED"
    return "TENTATIVE" if event.tentative else "CONFIRMED"


def span_lines(event: Event) -> tuple[str, str]:
    """DTSTART and DTEND in the zone of the event, or in UTC where a zone cannot say it.

    The hour that comes twice in October means its first time (RFC 5545 §3.3.5), but ical.js and
    libical read the second: both times of it are in UTC.
    """
    if event.zone in TIMEZONES:
        zone = ZoneInfo(event.zone)
        start, end = _at(event.starts_at, zone), _at(event.ends_at, zone)
        if start >= _TIMEZONES_SINCE and not (_comes_twice(start) or _comes_twice(end)):
            return (
                f"DTSTART;TZID={event.zone}:{_digits(start)}",
                f"DTEND;TZID={event.zone}:{_digits(end)}",
            )
    return f"DTSTART:{stamp_of(event.starts_at)}", f"DTEND:{stamp_of(event.ends_at)}"


def _comes_twice(wall: datetime) -> bool:
    """Whether clocks show *wall* twice on its day."""
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def _details(event: Event, language: str) -> list[str]:
    """What only a meeting that may be shown carries (RFC 5545 §3.8.1, RFC 7986 §5)."""
    url, link = _uri(event.url, _WEB), _uri(event.conference, _ONLINE)
    lines = []
    if description := _description(event.description, link):
        lines.append(f"DESCRIPTION{language}:{text_value(description)}")
    if event.location:
        lines.append(f"LOCATION{language}:{text_value(event.location)}")
    if categories := ",".join(filter(None, map(_plain, event.categories))):
        lines.append(f"CATEGORIES{language}:{categories}")
    if url:
        lines.append(f"URL:{url}")
    if link:
        lines.append(f"CONFERENCE;VALUE=URI:{link}")
    return lines + _color(event.color)


def _description(text: str | None, link: str | None) -> str:
    """The text, with the link under it: few clients show CONFERENCE (RFC 7986 §5.11)."""
    if link is None or (text and link in text):
        return text or ""
    return f"{text}\n\n{link}" if text else link


# --- values


def _before(lead: timedelta) -> str:
    """A duration before the start (RFC 5545 §3.3.6); a meeting never rings after it began."""
    minutes = int(lead.total_seconds()) // 60
    if minutes <= 0:
        return "PT0S"
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return "-P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def stamp_of(moment: datetime) -> str:
    """Form 2 of a DATE-TIME, in UTC (RFC 5545 §3.3.5)."""
    return _digits(_at(moment, UTC)) + "Z"


def _at(moment: datetime, zone: tzinfo) -> datetime:
    """The same instant on the clocks of *zone*; ValueError for one that is naive."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(zone)


def _digits(moment: datetime) -> str:
    return moment.isoformat()[:19].replace("-", "").replace(":", "")


_BREAK = "\r\n|[\n\r\x85\u2028\u2029]"
_CONTROL = "[\x00-\x1f\x7f-\x9f\ud800-\udfff]"
_BREAKS, _CONTROLS = re.compile(_BREAK), re.compile(_CONTROL)
_SPECIAL = re.compile(f"{_BREAK}|{_CONTROL}|[\\\\;,]")
_ESCAPES = {mark: "\\" + mark for mark in "\\;,"} | {"\t": " "}
_ESCAPES |= dict.fromkeys(("\r\n", *"\n\r\x85\u2028\u2029"), "\\n")


def text_value(raw: str) -> str:
    """A TEXT value (RFC 5545 §3.3.11): line ends become `\\n`, other control characters go."""
    return _SPECIAL.sub(_escape, raw)


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], "")


@lru_cache(maxsize=256)
def _plain(raw: str, marks: str = ",;\\") -> str:
    """A name on one line without *marks*: ical.js shows the backslash before a comma in a name,
    Home Assistant takes the comma in a category for two of them.
    """
    spaced = _BREAKS.sub(" ", raw).translate(dict.fromkeys(map(ord, marks + "\t"), " "))
    return " ".join(_CONTROLS.sub("", spaced).split())


@lru_cache(maxsize=64)
def organizer_line(mailbox: str, name: str) -> str:
    """Who publishes (RFC 5545 §3.8.4.3); quotes cannot stand in a parameter (§3.2)."""
    label = _plain(name.replace('"', "'"), marks="\\^")
    return f'ORGANIZER;CN="{label}":{calendar_address(mailbox)}'


def calendar_address(mailbox: str) -> str:
    """A mailbox as a CAL-ADDRESS (RFC 5545 §3.3.3)."""
    return "mailto:" + quote("".join(_CONTROLS.sub("", mailbox).split()), safe="@!$'*+-._~")


_LANGUAGE = re.compile("[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


@lru_cache(maxsize=64)
def language_parameter(tag: str) -> str:
    """The LANGUAGE parameter (RFC 5545 §3.2.10); "und" is BCP 47 for a language not known."""
    return f";LANGUAGE={tag if _LANGUAGE.fullmatch(tag) else 'und'}"


_COLOR = re.compile("[A-Za-z]{3,20}")


def _color(name: str | None) -> list[str]:
    """A CSS3 colour name, or no line at all (RFC 7986 §5.9)."""
    return [f"COLOR:{name.lower()}"] if name and _COLOR.fullmatch(name) else []


_WEB = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_ONLINE = re.compile(r"(https?://|(tel|sips?|xmpp):)[^/\s]", re.IGNORECASE)


def _uri(raw: str | None, kind: re.Pattern[str]) -> str | None:
    """A URI of this kind (RFC 5545 §3.3.13), or nothing where it is torn or of another.

    Brackets are encoded too: a stray one makes Home Assistant refuse the whole feed.
    """
    link = (raw or "").strip()
    if _BREAKS.search(link) or _CONTROLS.search(link) or not kind.match(link):
        return None
    return quote(link, safe=":/?#@!$&'()*+,;=%-._~")


# --- lines


def content_lines(lines: list[str]) -> bytes:
    """Content lines, each folded where it is long, and ended (RFC 5545 §3.1)."""
    fitting = [
        line if len(line) <= 75 and line.isascii() else _folded(line.encode()) for line in lines
    ]
    return ("\r\n".join(fitting) + "\r\n").encode()


def _folded(data: bytes) -> str:
    """At most 75 octets a line, the leading space of the next ones counted (RFC 5545 §3.1)."""
    pieces, start, room = [], 0, 75
    while len(data) - start > room:
        end = _fold_point(data, start, start + room)
        pieces.append(data[start:end])
        start, room = end, 74
    return b"\r\n ".join([*pieces, data[start:]]).decode()


def _fold_point(data: bytes, start: int, end: int) -> int:
    """The last place up to *end* that is between two letters and not inside an escaped one."""
    while data[end] & 0xC0 == 0x80:
        end -= 1
    piece = data[start:end]
    return end - (len(piece) - len(piece.rstrip(b"\\"))) % 2
