"""One session in a letter: what every calendar program needs to find, change and remove it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.calendar import Event
from app.feeds.imip import Envelope, Method, cancellation, invitation
from tests.feeds.linter import invitation_problems, read
from tests.feeds.nasty import nasty
from tests.feeds.readers import PRESENT, Reader, every_reader

START = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
MADE = datetime(2027, 3, 1, 9, tzinfo=UTC)
EVENT = Event(
    uid="abc@punte.example",
    starts_at=START,
    ends_at=START + timedelta(hours=2),
    zone="Europe/Bucharest",
    summary="Curs de limba română; A1",
    sequence=3,
    created_at=MADE - timedelta(days=9),
    changed_at=MADE - timedelta(days=2),
    description="Bring a pen.",
    location="Sala 1, Brașov",
    categories=("Course",),
    color="steelblue",
    conference="https://meet.example/a",
    url="https://punte.example/meetings/abc",
    alarm=timedelta(hours=1),
)
ENVELOPE = Envelope("calendar@punte.example", "Punte", "layla@example.org", MADE)
WAYS = [
    (Method.REQUEST, invitation(EVENT, ENVELOPE)),
    (Method.CANCEL, cancellation(EVENT, ENVELOPE, goes_on=False)),
    (Method.CANCEL, cancellation(EVENT, ENVELOPE, goes_on=True)),
]


@pytest.mark.parametrize(("method", "ics"), WAYS)
class TestEveryLetter:
    def test_has_no_fault(self, method: Method, ics: bytes) -> None:
        assert invitation_problems(ics, method=method) == []

    def test_says_what_to_do_with_which_event(self, method: Method, ics: bytes) -> None:
        calendar: Any = icalendar.Calendar.from_ical(ics)
        [event] = calendar.events

        assert calendar["METHOD"] == method
        assert event["UID"] == "abc@punte.example"
        assert event["SEQUENCE"] == 3
        assert event["DTSTAMP"].dt == MADE
        assert event["DTSTART"].dt.astimezone(UTC) == START
        assert event["ORGANIZER"] == "mailto:calendar@punte.example"
        assert event["ATTENDEE"] == "mailto:layla@example.org"

    def test_asks_for_no_answer_and_never_rings(self, method: Method, ics: bytes) -> None:
        assert b"RSVP=FALSE" in ics.replace(b"\r\n ", b"")
        assert b"VALARM" not in ics


@every_reader
def test_every_program_reads_what_the_feed_says(seen: Reader) -> None:
    [event] = seen(invitation(EVENT, ENVELOPE))

    assert event.uid == EVENT.uid
    assert event.summary == EVENT.summary
    assert event.location == EVENT.location
    assert (event.starts_at, event.ends_at) == (EVENT.starts_at, EVENT.ends_at)
    assert event.sequence == 3
    assert event.status == "CONFIRMED"
    assert (event.stamped_at, event.changed_at) == (MADE, EVENT.changed_at)


def test_an_event_that_goes_on_without_its_reader_is_not_called_off() -> None:
    calendars: list[Any] = [icalendar.Calendar.from_ical(ics) for _method, ics in WAYS]
    _request, off, left = (calendar.events[0] for calendar in calendars)

    assert off["STATUS"] == "CANCELLED"
    assert "STATUS" not in left


def test_what_is_taken_out_shows_nothing_that_is_not_needed() -> None:
    ics = cancellation(replace(EVENT, private=True, summary="Meeting"), ENVELOPE, goes_on=True)

    for told in (b"LOCATION", b"DESCRIPTION", b"URL", b"CATEGORIES", b"CONFERENCE", b"COLOR"):
        assert told not in ics
    assert b"CLASS:PRIVATE" in ics


def test_a_private_one_is_a_time_and_a_word() -> None:
    ics = invitation(replace(EVENT, private=True, summary="Meeting"), ENVELOPE)

    assert invitation_problems(ics, method="REQUEST") == []
    for told in (b"Sala", b"meet.example", b"pen", b"steelblue"):
        assert told not in ics


@given(summary=nasty, where=nasty, attendee=st.sampled_from(("ș@exemplu.ro", 'a"b;c,d@x.org')))
def test_no_text_breaks_out_of_its_line(summary: str, where: str, attendee: str) -> None:
    event = replace(EVENT, summary=summary, location=where)
    to = replace(ENVELOPE, attendee=attendee, organizer_name=summary)

    for method, ics in (
        ("REQUEST", invitation(event, to)),
        ("CANCEL", cancellation(event, to, goes_on=True)),
    ):
        assert invitation_problems(ics, method=method) == []
        [one] = read(ics).named("VEVENT")
        assert len(one.all("ATTENDEE")) == 1


def test_the_linter_sees_faults() -> None:
    good = invitation(EVENT, ENVELOPE)

    for wrong in (
        good.replace(b"METHOD:REQUEST", b"METHOD:PUBLISH"),
        good.replace(b"ACCEPTED", b"DECLINED"),
        good.replace(b"SEQUENCE:3\r\n", b""),
        good.replace(b"END:VEVENT", b"BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT"),
        good.replace(b"END:VEVENT", b"ATTENDEE:mailto:other@example.org\r\nEND:VEVENT"),
    ):
        assert wrong != good
        assert invitation_problems(wrong, method="REQUEST") != []
    assert len(PRESENT) >= 3
