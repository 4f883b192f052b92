"""The feed as bytes: read back by strangers and searched for faults by our own linter."""

from __future__ import annotations

import calendar as almanac
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.feeds.calendar import TIMEZONES, Calendar, Event, assemble, event_bytes, serialise

from .linter import problems, read
from .nasty import SCRIPTS, kept, kept_name, nasty
from .readers import PRESENT, Reader, by_icalendar, every_reader, icalendar_of, understood

patient = settings(deadline=None, max_examples=100)

START = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
BEFORE = datetime(2026, 1, 7, 8, tzinfo=UTC)
HOUSE = Calendar(
    name="Centrul de Integrare Cluj",
    source="https://punte.example/f/9f2c.ics",
    organizer="program@punte.example",
    organizer_name="Punte",
    language="ro",
    color="teal",
)


def meeting(**facts: Any) -> Event:
    """One valid course meeting; a test says only what it is about."""
    known: dict[str, Any] = {
        "uid": "7d6b1c@punte.example",
        "starts_at": START,
        "ends_at": START + timedelta(minutes=90),
        "zone": "Europe/Bucharest",
        "summary": "Limba română A1",
        "sequence": 2,
        "created_at": BEFORE,
        "changed_at": BEFORE + timedelta(days=3),
        "cancelled_prefix": "Anulat: ",
    }
    if "starts_at" in facts:
        known["ends_at"] = facts["starts_at"] + timedelta(minutes=90)
    return Event(**(known | facts))


FULL = meeting(
    description="Aduceți un caiet.\nIntrarea prin curte; etajul 1, sala 4.",
    location="Str. Observatorului 7, sala 4",
    url="https://punte.example/m/7d6b1c",
    conference="https://meet.example/cluj,a;b",
    categories=("Curs", "Română"),
    color="Teal",
    alarm=timedelta(hours=2),
)


def one_line(ics: bytes, name: str) -> str:
    """The only unfolded line of this property, zones apart."""
    text = re.sub("BEGIN:VTIMEZONE.*END:VTIMEZONE", "", ics.decode(), flags=re.DOTALL)
    text = text.replace("\r\n ", "")
    (line,) = re.findall(rf"^{name}[;:].*(?=\r$)", text, re.MULTILINE)
    return str(line)


# --- text from anywhere


@patient
@given(summary=nasty, description=nasty, location=nasty, category=nasty)
@example(summary="\\" * 200, description="\\n\\;" * 60, location=" " * 300, category="a,b")
@example(summary="ș" * 90, description="🧑🏿‍🤝‍🧑🏻" * 30, location="مركز" * 40, category="\\")
def test_every_reader_reads_any_text_as_it_was_meant(
    summary: str, description: str, location: str, category: str
) -> None:
    event = meeting(
        summary=summary, description=description, location=location, categories=(category, "B1")
    )
    ics = serialise(HOUSE, [event])
    assert problems(ics) == []
    for seen in PRESENT:
        (found,) = seen(ics)
        assert found.summary == understood(seen, kept(summary)), seen
        assert found.description == understood(seen, kept(description)), seen
        assert found.location == understood(seen, kept(location)), seen
        assert found.categories == tuple(filter(None, (kept_name(category), "B1"))), seen


TEXT_OF_EVENT = [f.name for f in fields(Event) if "str" in str(f.type) and f.name != "categories"]
TEXT_OF_CALENDAR = [f.name for f in fields(Calendar)]


@patient
@given(field=st.sampled_from(TEXT_OF_EVENT), text=nasty, cancelled=st.booleans())
def test_no_field_of_an_event_can_break_out_of_its_line(
    field: str, text: str, cancelled: bool
) -> None:
    event = replace(FULL, cancelled=cancelled, **cast("Any", {field: text}))
    ics = serialise(HOUSE, [event])
    assert problems(ics) == []
    assert set(shape(ics)) <= set(shape(serialise(HOUSE, [replace(FULL, cancelled=cancelled)])))
    assert {len(seen(ics)) for seen in PRESENT} == {1}


@patient
@given(field=st.sampled_from(TEXT_OF_CALENDAR), text=nasty)
def test_no_field_of_the_calendar_can_break_out_of_its_line(field: str, text: str) -> None:
    ics = serialise(replace(HOUSE, **cast("Any", {field: text})), [FULL])
    without_link = ["VCALENDAR has 0 SOURCE"] if field == "source" else []
    assert problems(ics) == without_link
    assert set(shape(ics)) <= set(shape(serialise(HOUSE, [FULL])))
    assert {len(seen(ics)) for seen in PRESENT} == {1}


@patient
@given(prefix=st.sampled_from(["https://a.example/", "HTTP://[", "tel:", " https:"]), rest=nasty)
def test_a_link_is_clean_or_not_there(prefix: str, rest: str) -> None:
    ics = serialise(HOUSE, [replace(FULL, url=prefix + rest, conference=prefix + rest)])
    assert problems(ics) == []
    assert {len(seen(ics)) for seen in PRESENT} == {1}


@patient
@given(rest=st.text(st.characters(exclude_categories=("Cc", "Cs", "Z"))))
def test_a_whole_link_is_always_there(rest: str) -> None:
    ics = serialise(HOUSE, [meeting(url="https://a.example/" + rest)])
    assert unquote(one_line(ics, "URL")) == unquote(f"URL:https://a.example/{rest}")


def shape(ics: bytes) -> Iterator[str]:
    """The names of all lines of a feed, with the values where a client acts on them."""
    for line in ics.decode().replace("\r\n ", "").split("\r\n"):
        yield line if re.match("BEGIN|END|TRIGGER|ACTION", line) else re.split("[;:]", line)[0]


def test_the_fields_that_take_text_are_all_attacked() -> None:
    assert {"uid", "zone", "url", "conference", "color", "language"} <= set(TEXT_OF_EVENT)
    assert {"source", "organizer", "organizer_name", "zone"} <= set(TEXT_OF_CALENDAR)


# --- lines


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_text_folds_at_every_octet_and_is_the_same_again(script: str) -> None:
    """Each letter of eight scripts, and each mark that is escaped, comes to stand at each fold."""
    run = SCRIPTS[script] + "\\,;\n" + SCRIPTS[script] * 3
    texts = ["a" * before + run for before in range(76)]
    ics = serialise(HOUSE, [meeting(uid=str(n), summary=t) for n, t in enumerate(texts)])
    assert problems(ics) == []
    for seen in PRESENT:
        assert [found.summary for found in seen(ics)] == texts, seen


@patient
@given(text=st.text(st.sampled_from("\\,;ș€😀a "), min_size=60, max_size=400))
def test_lines_fold_on_letters_never_inside_them(text: str) -> None:
    ics = serialise(HOUSE, [meeting(summary=text, uid=text)])
    lines = ics.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines)
    folded = [a for a, b in itertools.pairwise(lines) if b.startswith(b" ")]
    assert folded
    assert min(map(len, folded)) >= 71  # no more is left empty than the rest of one letter


def test_a_line_of_exactly_75_octets_is_not_folded() -> None:
    room = 75 - len("SUMMARY;LANGUAGE=ro:")
    assert b"\r\n " not in serialise(HOUSE, [meeting(summary="a" * room)])
    assert b"a\r\n a\r\n" in serialise(HOUSE, [meeting(summary="a" * (room + 1))])


def test_a_fold_never_parts_a_backslash_from_its_letter() -> None:
    room = 75 - len("SUMMARY;LANGUAGE=ro:")
    ics = serialise(HOUSE, [meeting(summary="a" * (room - 1) + "," + "b")])
    assert b"a\r\n \\,b\r\n" in ics


def test_line_ends_of_every_kind_become_one() -> None:
    ics = serialise(HOUSE, [meeting(summary="a\r\nb\rc\nd\u2028e\u2029f\x85g\th\x00i\x7fj")])
    assert one_line(ics, "SUMMARY") == r"SUMMARY;LANGUAGE=ro:a\nb\nc\nd\ne\nf\ng hij"


def test_two_fetches_without_a_change_are_the_same_bytes() -> None:
    assert serialise(HOUSE, [FULL, meeting(uid="b")]) == serialise(HOUSE, [FULL, meeting(uid="b")])


def test_events_stay_in_the_order_given() -> None:
    events = [meeting(uid=uid) for uid in ("c@p", "a@p", "b@p")]
    assert [seen.uid for seen in by_icalendar(serialise(HOUSE, events))] == [
        "c@p",
        "a@p",
        "b@p",
    ]


def test_events_kept_as_bytes_make_the_same_feed() -> None:
    events = [FULL, meeting(uid="b@p", zone="Europe/Berlin"), meeting(uid="c@p", cancelled=True)]
    blocks = [
        event_bytes(event, organizer=HOUSE.organizer, organizer_name=HOUSE.organizer_name)
        for event in events
    ]
    kept_bytes = assemble(HOUSE, blocks, zones=[event.zone for event in events])
    assert kept_bytes == serialise(HOUSE, iter(events))


# --- the calendar


@every_reader
def test_an_empty_feed_is_a_valid_calendar_with_its_zone(seen: Reader) -> None:
    ics = serialise(HOUSE, [])
    assert problems(ics) == []
    assert seen(ics) == []
    assert b"TZID:Europe/Bucharest\r\n" in ics


def test_the_calendar_introduces_itself() -> None:
    head, _, _ = serialise(HOUSE, []).decode().partition("BEGIN:VTIMEZONE")
    assert head.split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Punte//Punte 0.1//RO",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME;LANGUAGE=ro:Centrul de Integrare Cluj",
        "X-WR-CALNAME:Centrul de Integrare Cluj",
        "X-WR-TIMEZONE:Europe/Bucharest",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "SOURCE;VALUE=URI:https://punte.example/f/9f2c.ics",
        "COLOR:teal",
        "",
    ]


@patient
@given(name=nasty)
@example(name="Cluj, Timișoara; Iași\\București\r\nX:1")
def test_the_name_has_no_mark_that_clients_show_escaped(name: str) -> None:
    ics = serialise(replace(HOUSE, name=name), [])
    assert problems(ics) == []
    shown = kept_name(name) or "Punte"
    assert one_line(ics, "NAME") == f"NAME;LANGUAGE=ro:{shown}"
    assert one_line(ics, "X-WR-CALNAME") == f"X-WR-CALNAME:{shown}"


def test_the_publisher_is_a_mailbox_with_a_quoted_name() -> None:
    ics = serialise(replace(HOUSE, organizer_name='Centrul "Ana"; A^nB:\r\nC'), [meeting()])
    expected = "ORGANIZER;CN=\"Centrul 'Ana'; A nB: C\":mailto:program@punte.example"
    assert one_line(ics, "ORGANIZER") == expected


def test_a_mailbox_cannot_carry_headers() -> None:
    ics = serialise(replace(HOUSE, organizer="a@b.ro?bcc=c@d.ro\r\nCc: e@f.ro"), [meeting()])
    assert one_line(ics, "ORGANIZER").endswith(":mailto:a@b.ro%3Fbcc%3Dc@d.roCc%3Ae@f.ro")


def test_a_locale_name_is_written_as_a_language_tag_or_as_unknown() -> None:
    for tag, written in (("pt-BR", "pt-BR"), ("ro:X", "und"), ("", "und"), ("ro\r\nA:b", "und")):
        ics = serialise(HOUSE, [meeting(language=tag)])
        assert one_line(ics, "SUMMARY").startswith(f"SUMMARY;LANGUAGE={written}:")


# --- the event


def test_a_full_event_reads_line_by_line() -> None:
    text = event_bytes(FULL, organizer="p@punte.example", organizer_name="Punte").decode()
    assert text.replace("\r\n ", "").split("\r\n") == [
        "BEGIN:VEVENT",
        "UID:7d6b1c@punte.example",
        "DTSTART;TZID=Europe/Bucharest:20260329T043000",
        "DTEND;TZID=Europe/Bucharest:20260329T060000",
        "CREATED:20260107T080000Z",
        "SEQUENCE:2",
        "SUMMARY;LANGUAGE=ro:Limba română A1",
        'ORGANIZER;CN="Punte":mailto:p@punte.example',
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        r"DESCRIPTION;LANGUAGE=ro:Aduceți un caiet.\nIntrarea prin curte\; etajul 1\, sala 4."
        r"\n\nhttps://meet.example/cluj\,a\;b",
        r"LOCATION;LANGUAGE=ro:Str. Observatorului 7\, sala 4",
        "CATEGORIES;LANGUAGE=ro:Curs,Română",
        "URL:https://punte.example/m/7d6b1c",
        "CONFERENCE;VALUE=URI:https://meet.example/cluj,a;b",
        "COLOR:teal",
        "DTSTAMP:20260110T080000Z",
        "LAST-MODIFIED:20260110T080000Z",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION;LANGUAGE=ro:Limba română A1",
        "TRIGGER:-PT2H",
        "END:VALARM",
        "END:VEVENT",
        "",
    ]


@every_reader
def test_a_cancelled_meeting_says_so_in_its_title_and_does_not_ring(seen: Reader) -> None:
    ics = serialise(HOUSE, [replace(FULL, cancelled=True)])
    assert problems(ics) == []
    (found,) = seen(ics)
    assert (found.summary, found.status) == ("Anulat: Limba română A1", "CANCELLED")
    assert b"\r\nTRANSP:TRANSPARENT\r\n" in ics
    assert b"VALARM" not in ics


def test_the_prefix_waits_for_the_cancelling() -> None:
    ics = serialise(HOUSE, [FULL])
    assert one_line(ics, "STATUS") == "STATUS:CONFIRMED"
    assert b"Anulat" not in ics


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_private_meeting_shows_its_time_and_neutral_title_only(cancelled: bool) -> None:
    ics = serialise(HOUSE, [replace(FULL, private=True, cancelled=cancelled, summary="Întâlnire")])
    assert problems(ics) == []
    (event,) = read(ics).named("VEVENT")
    assert {line.name for line in event.lines} == {
        *("UID", "DTSTART", "DTEND", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"),
        *("SUMMARY", "ORGANIZER", "STATUS", "TRANSP", "CLASS"),
    }
    assert len(event.parts) == (0 if cancelled else 1)


def test_the_link_stands_in_the_description_once() -> None:
    link = "https://meet.example/x"
    alone = serialise(HOUSE, [meeting(conference=link)])
    assert one_line(alone, "DESCRIPTION") == f"DESCRIPTION;LANGUAGE=ro:{link}"
    told = serialise(HOUSE, [meeting(conference=link, description=f"Zoom: {link}.")])
    assert one_line(told, "DESCRIPTION") == f"DESCRIPTION;LANGUAGE=ro:Zoom: {link}."


@pytest.mark.parametrize(
    ("given_link", "written"),
    [
        ("https://a.example/ș b", "https://a.example/%C8%99%20b"),
        ("  https://a.example/x ", "https://a.example/x"),
        ("https://[a.example/", "https://%5Ba.example/"),
        ('https://a.example/"\\<x>', "https://a.example/%22%5C%3Cx%3E"),
        ("https://a.example/\r\nATTENDEE:x", None),
        ("https://a.example/\u2028x", None),
        ("https://a.example/\0x", None),
        ("https://a.example/\ud800x", None),
        ("javascript:alert(1)", None),
        ("a.example/x", None),
        ("https://", None),
        ("tel:", None),
        ("", None),
    ],
)
def test_a_link_is_encoded_or_left_out(given_link: str, written: str | None) -> None:
    ics = serialise(HOUSE, [meeting(url=given_link, conference=given_link)])
    assert problems(ics) == []
    if written is None:
        assert b"\r\nURL" not in ics
        assert b"CONFERENCE" not in ics
    else:
        assert one_line(ics, "URL") == f"URL:{written}"
        assert one_line(ics, "CONFERENCE") == f"CONFERENCE;VALUE=URI:{written}"


def test_a_colour_is_a_name_or_nothing() -> None:
    assert one_line(serialise(HOUSE, [meeting(color="DarkSlateBlue")]), "COLOR(?!:teal)")
    for wrong in ("#ff0000", "red\r\nX:1", "rgb(1,2,3)", "", "red\n"):
        assert serialise(HOUSE, [meeting(color=wrong)]) == serialise(HOUSE, [meeting()])


@pytest.mark.parametrize(
    ("lead", "trigger"),
    [
        (timedelta(minutes=15), "-PT15M"),
        (timedelta(hours=2), "-PT2H"),
        (timedelta(days=1), "-P1D"),
        (timedelta(days=1, hours=2, minutes=5), "-P1DT2H5M"),
        (timedelta(weeks=2, minutes=1), "-P14DT1M"),
        (timedelta(), "PT0S"),
        (timedelta(minutes=-5), "PT0S"),
    ],
)
def test_the_alarm_rings_before_the_start(lead: timedelta, trigger: str) -> None:
    ics = serialise(HOUSE, [meeting(alarm=lead)])
    assert problems(ics) == []
    assert one_line(ics, "TRIGGER") == f"TRIGGER:{trigger}"
    (alarm,) = icalendar_of(ics).walk("VALARM")
    assert alarm["TRIGGER"].dt == -max(lead, timedelta())


# --- time


@every_reader
def test_half_past_four_after_the_lost_hour_is_half_past_one_utc(seen: Reader) -> None:
    ics = serialise(HOUSE, [meeting(starts_at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC))])
    assert one_line(ics, "DTSTART") == "DTSTART;TZID=Europe/Bucharest:20260329T043000"
    (found,) = seen(ics)
    assert found.starts_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@cache
def transitions(zone: ZoneInfo) -> dict[datetime, tuple[timedelta, timedelta, str]]:
    """Each change of the clock 1997-2045: its instant, the offsets around it, the new name."""
    found = {}
    day = datetime(1997, 1, 1, tzinfo=UTC)
    while day.year <= 2045:
        low, high = day, day + timedelta(days=1)
        old, new = (at.astimezone(zone).utcoffset() or timedelta() for at in (low, high))
        while old != new and high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(zone).utcoffset() == old:
                low = middle
            else:
                high = middle
        if old != new:
            found[high] = (old, new, str(high.astimezone(zone).tzname()))
        day += timedelta(days=1)
    return found


def announced(ics: bytes, name: str) -> dict[datetime, tuple[timedelta, timedelta, str]]:
    """The same, as the VTIMEZONE says it."""
    (zone,) = (part for part in read(ics).named("VTIMEZONE") if part.value("TZID") == name)
    found = {}
    for part in zone.parts:
        old, new = (offset(part.value(f"TZOFFSET{end}")) for end in ("FROM", "TO"))
        for local in last_sundays(part.value("DTSTART"), part.value("RRULE")):
            found[(local - old).replace(tzinfo=UTC)] = (old, new, part.value("TZNAME"))
    return found


def last_sundays(first: str, rule: str) -> list[datetime]:
    """The wall clock times of a rule up to 2045 (RFC 5545 §3.3.10); DTSTART is the first."""
    (month,) = re.findall(r"^FREQ=YEARLY;BYMONTH=(\d+);BYDAY=-1SU$", rule)
    start = datetime.strptime(first, "%Y%m%dT%H%M%S")  # noqa: DTZ007
    found = []
    for year in range(start.year, 2046):
        sunday = max(week[almanac.SUNDAY] for week in almanac.monthcalendar(year, int(month)))
        found.append(start.replace(year=year, month=int(month), day=sunday))
    assert found[0] == start
    return found


def offset(text: str) -> timedelta:
    return timedelta(hours=int(text[:3]), minutes=int(text[0] + text[3:]))


@pytest.mark.parametrize("name", TIMEZONES)
def test_each_vtimezone_changes_when_the_zone_does(name: str) -> None:
    ics = serialise(replace(HOUSE, zone=name), [])
    assert problems(ics) == []
    expected = transitions(ZoneInfo(name))
    assert len(expected) == 2 * (2045 - 1997 + 1)
    assert announced(ics, name) == expected


def around(zone: str) -> list[datetime]:
    """Instants before, at and after each change, the hour that comes twice included."""
    steps = (-7200, -3601, -3600, -1800, -1, 0, 1, 1800, 3599, 3600, 7200)
    return [at + timedelta(seconds=step) for at in transitions(ZoneInfo(zone)) for step in steps]


@every_reader
def test_every_reader_finds_the_instants_around_each_change(seen: Reader) -> None:
    starts = around("Europe/Bucharest")
    assert read_as(seen, starts) == [(at, at + HALF_PAST) for at in starts]


HALF_PAST = timedelta(minutes=90)


def read_as(seen: Reader, starts: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """When meetings of ninety minutes at *starts* are, as *seen* reads them."""
    ics = serialise(HOUSE, [meeting(uid=str(n), starts_at=at) for n, at in enumerate(starts)])
    assert problems(ics) == []
    return [(found.starts_at, found.ends_at) for found in seen(ics)]


@pytest.mark.parametrize("name", TIMEZONES)
def test_the_vtimezone_alone_leads_back_to_the_instants(name: str) -> None:
    instants = around(name)
    events = [meeting(uid=str(n), zone=name, starts_at=at) for n, at in enumerate(instants)]
    calendar = icalendar_of(serialise(replace(HOUSE, zone=name), events))
    (stated,) = (zone for zone in calendar.walk("VTIMEZONE") if zone["TZID"] == name)
    zone = stated.to_tz(lookup_tzid=False)
    starts = [event["DTSTART"] for event in calendar.walk("VEVENT")]
    named = [(start.dt, at) for start, at in zip(starts, instants, strict=True) if start.params]
    assert len(named) > len(instants) * 0.5
    assert [wall.replace(tzinfo=zone).astimezone(UTC) for wall, _ in named] == [
        at for _, at in named
    ]


@pytest.mark.parametrize("utc_hour", [0, 1])
def test_both_times_of_the_hour_that_comes_twice_are_written_in_utc(utc_hour: int) -> None:
    at = datetime(2026, 10, 25, utc_hour, 30, tzinfo=UTC)
    before, after = at - timedelta(hours=3), at + timedelta(hours=3)

    begins = serialise(HOUSE, [meeting(starts_at=at, ends_at=after)])
    ends = serialise(HOUSE, [meeting(starts_at=before, ends_at=at)])

    assert one_line(begins, "DTSTART") == f"DTSTART:20261025T0{utc_hour}3000Z"
    assert one_line(ends, "DTEND") == f"DTEND:20261025T0{utc_hour}3000Z"


@pytest.mark.parametrize("zone", ["Europe/Chisinau", "UTC", "", "Mars/Base", "Europe/Bucharest "])
def test_a_zone_that_is_not_ours_to_describe_becomes_utc(zone: str) -> None:
    ics = serialise(replace(HOUSE, zone=zone), [meeting(zone=zone)])
    assert problems(ics) == []
    assert one_line(ics, "DTSTART") == "DTSTART:20260329T013000Z"
    assert ics.count(b"BEGIN:VTIMEZONE") == 1


def test_a_year_before_the_rule_of_today_becomes_utc() -> None:
    ics = serialise(HOUSE, [meeting(starts_at=datetime(1997, 3, 30, 0, 59, 59, tzinfo=UTC))])
    assert one_line(ics, "DTSTART") == "DTSTART:19970330T005959Z"


def test_each_zone_in_use_is_described_once() -> None:
    zones = ("Europe/Rome", "Europe/Berlin", "Europe/Rome", "Europe/Bucharest")
    ics = serialise(HOUSE, [meeting(uid=str(n), zone=zone) for n, zone in enumerate(zones)])
    assert problems(ics) == []
    assert re.findall(rb"\r\nTZID:(.*)\r\n", ics) == [
        b"Europe/Berlin",
        b"Europe/Bucharest",
        b"Europe/Rome",
    ]


@pytest.mark.parametrize("field", ["starts_at", "ends_at", "created_at", "changed_at"])
def test_an_instant_without_a_zone_is_refused(field: str) -> None:
    naive = datetime(2026, 5, 1, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        serialise(HOUSE, [replace(FULL, **cast("Any", {field: naive}))])


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    there = START.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert serialise(HOUSE, [meeting(starts_at=there)]) == serialise(HOUSE, [meeting()])


# --- the linter itself


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        (b"BEGIN:VCALENDAR", b"\xef\xbb\xbfBEGIN:VCALENDAR", "byte order mark"),
        (b"STATUS:CONFIRMED\r\n", b"STATUS:CONFIRMED\n", "bare CR or LF"),
        (b"END:VCALENDAR\r\n", b"END:VCALENDAR", "does not end"),
        (b"Limba rom", b"Limba" + b" " * 60 + b"rom", "octets"),
        ("română A1".encode(), "rom\u2028n A1".encode(), "line separator"),
        ("ț".encode(), b"\xc8", "no UTF-8"),
        (b"curte\\; et", b"curte\\\r\n ; et", "between a backslash"),
        (b"\r\nUID:", b"\r\nUID;bad", "torn line"),
        (b"\r\nUID:7d6b1c@punte.example", b"", "has 0 UID"),
        (b"\r\nDTSTAMP:", b"\r\nX-DTSTAMP:", "has 0 DTSTAMP"),
        (b"\r\nSEQUENCE:2", b"\r\nSEQUENCE:2\r\nSEQUENCE:3", "has 2 SEQUENCE"),
        (b"\r\nSEQUENCE:2", b"\r\nSEQUENCE:-2", "SEQUENCE is no number"),
        (b"\r\nCREATED:", b"\r\nCREATED:0", "CREATED is not in UTC"),
        (b"\r\nLAST-MODIFIED:", b"\r\nX-LM:", "has 0 LAST-MODIFIED"),
        (b"\r\nORGANIZER;", b"\r\nX-ORGANIZER;", "has 0 ORGANIZER"),
        (b"mailto:program", b"program", "not a mailbox"),
        (b"\r\nURL:", b"\r\nATTENDEE:mailto:a@b.ro\r\nURL:", "carries ATTENDEE"),
        (b"\r\nURL:", b"\r\nRRULE:FREQ=DAILY\r\nURL:", "carries RRULE"),
        (b"\r\nURL:", b"\r\nRECURRENCE-ID:20260329T013000Z\r\nURL:", "carries RECURRENCE-ID"),
        (b"\r\nURL:https", b"\r\nURL:ht tps", "URL is not a link"),
        (b"\r\nMETHOD:PUBLISH", b"\r\nMETHOD:PUBLISH\r\nUID:x", "has a UID"),
        (b"\r\nMETHOD:PUBLISH", b"\r\nMETHOD:REQUEST", "METHOD is not PUBLISH"),
        (b"\r\nX-PUBLISHED-TTL:PT1H", b"", "has 0 X-PUBLISHED-TTL"),
        (b"\r\nREFRESH-INTERVAL;VALUE=DURATION", b"\r\nREFRESH-INTERVAL", "VALUE=DURATION"),
        (b"\r\nSOURCE;VALUE=URI", b"\r\nSOURCE", "VALUE=URI"),
        (b"CALNAME:Centrul", b"CALNAME:Centrul\\,", "X-WR-CALNAME is empty or has a mark"),
        (b"TZID:Europe/Bucharest", b"TZID:Europe/Chisinau", "no VTIMEZONE for Europe/Bucharest"),
        (b"BEGIN:DAYLIGHT", b"BEGIN:STANDARD", "closes something else"),
        (b"END:VEVENT\r\n", b"", "closes something else"),
        (b"DTSTART;TZID=Europe/Bucharest:2026", b"DTSTART:2026", "neither in UTC nor"),
        (b"20260329T060000", b"20260329T040000", "ends before it starts"),
        (b"TRANSP:OPAQUE", b"TRANSP:TRANSPARENT", "STATUS:CONFIRMED with"),
        (b"STATUS:CONFIRMED", b"STATUS:CANCELLED", "cancelled, but rings"),
        (b"\r\nURL:", b"\r\nCLASS:PRIVATE\r\nURL:", "private, but shows LOCATION"),
        (b"CONFERENCE;VALUE=URI:https://m", b"CONFERENCE;VALUE=URI:https://n", "not in DESCRIPT"),
        (b"CONFERENCE;VALUE=URI", b"CONFERENCE", "CONFERENCE without VALUE=URI"),
        (b"SUMMARY;LANGUAGE=ro", b"SUMMARY", "SUMMARY does not say its LANGUAGE"),
        (b"LOCATION;LANGUAGE=ro:Str.", b"LOCATION;LANGUAGE=ro:Str\\.;", "LOCATION is not escaped"),
        (b"CATEGORIES;LANGUAGE=ro:Curs,", b"CATEGORIES;LANGUAGE=ro:,", "CATEGORIES has an empty"),
        (b"\r\nCOLOR:teal\r\nDTSTAMP", b"\r\nCOLOR:#fff\r\nDTSTAMP", "name of a colour"),
        (b"ACTION:DISPLAY", b"ACTION:AUDIO", "not a DISPLAY"),
        (b"ACTION:DISPLAY", b"ACTION:DISPLAY\r\nUID:x", "VALARM: has UID"),
        (b"TRIGGER:-PT2H", b"TRIGGER:PT2H", "not one time before the start"),
        (b"TRIGGER:", b"TRIGGER;RELATED=END:", "not one time before the start"),
        (b"VALARM", b"VTODO", "a VTODO inside"),
        (b"END:VALARM\r\n", b"END:VALARM\r\nBEGIN:VALARM\r\nEND:VALARM\r\n", "more than one"),
    ],
)
def test_the_linter_sees_a_fault(good: bytes, bad: bytes, fault: str) -> None:
    ics = serialise(HOUSE, [FULL])
    assert problems(ics) == []
    assert good in ics
    assert fault in "\n".join(problems(ics.replace(good, bad)))


def test_the_linter_sees_one_uid_on_two_events() -> None:
    (fault,) = problems(serialise(HOUSE, [FULL, FULL]))
    assert fault == "UID 7d6b1c@punte.example on 2 events"
