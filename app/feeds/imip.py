"""One session as a calendar program reads it from a letter: values in, bytes out (RFC 5546, 6047).

Each letter holds one session and one attendee, who is its reader; nobody else is named. They have
the place already and nobody reads the answers of calendar programs, so they are ACCEPTED and not
asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.feeds.calendar import (
    HOUSE_ZONE,
    PRODUCT,
    TIMEZONES,
    Event,
    calendar_address,
    content_lines,
    language_parameter,
    organizer_line,
    said_of,
    span_lines,
    stamp_of,
    text_value,
)


class Method(StrEnum):
    """What a letter does to a calendar (RFC 5546 §3.2.2, §3.2.5)."""

    REQUEST = "REQUEST"  # puts a session there, or changes it
    CANCEL = "CANCEL"  # takes it out


@dataclass(frozen=True, slots=True)
class Envelope:
    """Between whom it passes, and when it was made (DTSTAMP): of two with the same SEQUENCE the
    later one counts (RFC 5546 §2.1.5)."""

    organizer: str
    organizer_name: str
    attendee: str
    made_at: datetime


def invitation(event: Event, envelope: Envelope) -> bytes:
    """*event* comes into the calendar, or takes the place of what stood there under its UID."""
    said = said_of(event, organizer=envelope.organizer, organizer_name=envelope.organizer_name)
    ends = [
        _attendee(envelope),
        f"DTSTAMP:{stamp_of(envelope.made_at)}",
        f"LAST-MODIFIED:{stamp_of(event.changed_at)}",
        "END:VEVENT",
    ]
    return _calendar(Method.REQUEST, said + content_lines(ends), event.zone)


def cancellation(event: Event, envelope: Envelope, *, goes_on: bool) -> bytes:
    """*event* leaves the calendar. Where it *goes_on* without its reader no STATUS says that it is
    off (RFC 5546 §3.2.5); of the rest only what a program needs to find it is said."""
    body = content_lines(
        [
            "BEGIN:VEVENT",
            f"UID:{text_value(event.uid)}",
            *span_lines(event),
            f"SEQUENCE:{event.sequence:d}",
            f"SUMMARY{language_parameter(event.language)}:{text_value(event.summary)}",
            organizer_line(envelope.organizer, envelope.organizer_name),
            _attendee(envelope),
            *([] if goes_on else ["STATUS:CANCELLED"]),
            *(["CLASS:PRIVATE"] if event.private else []),
            f"DTSTAMP:{stamp_of(envelope.made_at)}",
            "END:VEVENT",
        ]
    )
    return _calendar(Method.CANCEL, body, event.zone)


def _attendee(envelope: Envelope) -> str:
    """The reader (RFC 5545 §3.8.4.1)."""
    who = "CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE"
    return f"ATTENDEE;{who}:{calendar_address(envelope.attendee)}"


def _calendar(method: Method, event: bytes, zone: str) -> bytes:
    """One VCALENDAR with one VEVENT and the zone that it names (RFC 5546 §3.2)."""
    head = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
    ]
    known = TIMEZONES.get(zone, TIMEZONES[HOUSE_ZONE])
    return b"".join([content_lines(head), known, event, b"END:VCALENDAR\r\n"])
