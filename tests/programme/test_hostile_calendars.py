"""Whatever a calendar file holds, all three readers answer: with times, or with a reason."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from app.i18n import in_language
from app.programme.calendar_file import MOST_BYTES, Problem, clean_name, clean_text
from app.programme.calendar_import import read
from app.programme.calendar_times import Why
from app.programme.partner_import import (
    LONGEST_ABOUT,
    MOST_TIMES,
    Programme,
    read_again,
    read_programme,
    written,
)
from app.staffing.busy_import import read_busy
from benchmarks.hostile_calendars import EVENT, calendar, hostile_files, repeating

ZONE = ZoneInfo("Europe/Bucharest")
NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
OURS = sorted((Path(__file__).parents[1] / "calendars").glob("*.ics"))
HOSTILE = {name: data for name, data in hostile_files() if name != "hundred_megabytes"}


def programme(data: bytes, now: datetime = NOW) -> Programme:
    return read_programme(data, zone=ZONE, now=now)


def answers(data: bytes) -> None:
    """Each reader says something, each event is counted once, and what is shown is clean."""
    days = read(data, zone=ZONE, today=NOW.date())
    assert days.problem or days.found or days.refused
    busy = read_busy(data, zone=ZONE, now=NOW)
    assert busy.problem or busy.times or busy.refused
    found = programme(data)
    assert found.problem or found.items or found.refused
    assert sum(len(item.times) for item in found.items) <= MOST_TIMES
    for item in found.items:
        assert item.title == clean_name(item.title) != ""
        assert item.place == clean_name(item.place, 200)
        assert len(item.about) <= LONGEST_ABOUT
        assert all(one.ends_at > one.starts_at > NOW for one in item.times)
    if found.problem is None:
        again = read_again(written(found), now=NOW)
        assert again is not None
        assert again.items == found.items
        assert (again.unread, again.until) == (found.unread, found.until)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_by_all_three_readers(name: str) -> None:
    answers(HOSTILE[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_file_as_programs_write_them_is_answered_by_all_three_readers(path: Path) -> None:
    answers(path.read_bytes())


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("zip", Problem.PACKED),
        ("gzip", Problem.PACKED),
        ("web_page", Problem.WEB_PAGE),
        ("json", Problem.BROKEN),
        ("nothing", Problem.BROKEN),
        ("nul_inside", Problem.BINARY),
        ("windows_1250", Problem.LETTERS),
        ("broken_utf_16", Problem.LETTERS),
        ("never_closed", Problem.BROKEN),
        ("no_events", Problem.EMPTY),
        ("many_events", Problem.TOO_MANY),
        ("many_properties", Problem.TOO_MANY),
        ("everything_every_day", Problem.TOO_MANY),
        ("deeper", Problem.TOO_MANY),
    ],
)
def test_a_file_that_is_no_calendar_has_one_reason(name: str, problem: Problem) -> None:
    assert programme(HOSTILE[name]) == Programme(problem=problem)


@pytest.mark.parametrize(
    "name", ["utf_16", "utf_16_without_mark", "utf_32", "windows_1250_declared"]
)
def test_letters_that_a_file_declares_are_read(name: str) -> None:
    (item,) = programme(HOSTILE[name]).items
    assert item.title in {"Șezătoare", "Şezătoare"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("every_second", Why.BY_RULE),
        ("every_minute_counted", Why.BY_RULE),
        ("huger_count", Why.BY_RULE),
        ("no_step", Why.BY_RULE),
        ("many_rules", Why.BY_RULE),
        ("changes_all_later", Why.BY_RULE),
        ("755_bytes", Why.BY_RULE),
        ("zone_called_12", Why.NO_ZONE),
        ("zone_that_changes_every_second", Why.NO_ZONE),
        ("zone_that_leads_nowhere", Why.NO_ZONE),
        ("no_start", Why.NO_TIME),
        ("no_end", Why.NO_END),
        ("ends_before", Why.NO_TIME),
        ("lasts_a_million_years", Why.TOO_LONG),
        ("last_moment", Why.NO_TIME),
    ],
)
def test_an_event_that_cannot_be_taken_over_says_why(name: str, why: Why) -> None:
    found = programme(HOSTILE[name])
    assert found.items == ()
    assert {one.why for one in found.refused} == {why}


def test_the_755_bytes_are_755() -> None:
    assert len(HOSTILE["755_bytes"]) == 755


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("GTB Standard Time", 7),
        ("E. Europe Standard Time", 7),
        ('"(UTC+02:00) Athens, Bucharest"', 7),
        ("/freeassociation.sourceforge.net/Europe/Bucharest", 7),
        ("W. Europe Standard Time", 8),
        ("GMT+0100", 8),
        ("Outlook", 7),
        ("Fixed", 5),
        ("Named", 0),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_zones_under_other_names_are_known(zone: str, hour: int) -> None:
    def own(name: str, lines: str) -> str:
        return f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{lines}\r\nEND:VTIMEZONE\r\n"

    europe = (
        "BEGIN:STANDARD\r\nDTSTART:16010101T040000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\n"
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
        "BEGIN:DAYLIGHT\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\n"
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT"
    )
    fixed = "BEGIN:STANDARD\r\nTZOFFSETFROM:+0400\r\nTZOFFSETTO:+0400\r\nEND:STANDARD"
    zones = own("Outlook", europe) + own("Fixed", fixed) + own("Named", "X-LIC-LOCATION:Asia/Tokyo")
    data = calendar(EVENT.replace("Europe/Bucharest", zone), before=zones)
    (item,) = programme(data).items
    assert item.times[0].starts_at == datetime(2027, 3, 2, hour, tzinfo=UTC)


def test_a_day_in_a_zone_is_a_day() -> None:
    event = (
        "DTSTART;TZID=Europe/Berlin;VALUE=DATE:20270314\r\nDTEND;VALUE=DATE:20270315\r\nSUMMARY:x"
    )
    (item,) = programme(calendar(event)).items
    assert item.times[0].starts_at == datetime(2027, 3, 13, 22, tzinfo=UTC)
    assert item.times[0].ends_at == datetime(2027, 3, 14, 22, tzinfo=UTC)


def test_a_series_with_dates_added_taken_out_and_changed() -> None:
    there = "TZID=Europe/Bucharest"
    series = (
        f"{EVENT}\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;VALUE=DATE:20270309\r\n"
        f"RDATE;{there}:20270405T180000"
    )
    moved = (
        f"UID:x\r\nSUMMARY:x\r\nRECURRENCE-ID;{there}:20270316T090000\r\n"
        f"DTSTART;{there}:20270317T100000\r\nDURATION:PT3H"
    )
    renamed = (
        moved.replace("16T09", "23T09").replace("17T10", "23T09").replace("SUMMARY:x", "SUMMARY:y")
    )
    whole, other = programme(calendar(series, moved, renamed)).items
    assert [(one.which, f"{one.starts_at:%m-%d %H}") for one in whole.times] == [
        ("2027-03-02", "03-02 07"),
        ("2027-03-16", "03-17 08"),
        ("2027-04-05", "04-05 15"),
    ]
    assert (other.title, other.uid, other.times[0].which) == ("y", "x", "2027-03-23")


def test_of_two_versions_of_an_event_the_newer_one_counts_wherever_it_stands() -> None:
    newer = EVENT.replace("T090000", "T110000") + "\r\nSEQUENCE:2"
    data = calendar(newer, f"{EVENT}\r\nSEQUENCE:1", f"{EVENT}2")
    found = programme(data)
    hours = [one.times[0].starts_at.hour for one in found.items]
    assert hours == [7, 9]
    assert [(one.number, one.why, one.title) for one in found.refused] == [(2, Why.TWICE, "x")]
    assert len(read_busy(data, zone=ZONE, now=NOW).times) == 2


def test_uids_however_long_or_strange_stay_apart() -> None:
    events = [EVENT.replace("UID:x", f"UID:{'u' * 3000}{n}") for n in range(2)]
    found = programme(calendar(*events, EVENT.replace("UID:x", "UID:\u202e"), EVENT))
    assert len({item.uid for item in found.items}) == 4
    assert all(len(item.uid) <= 255 and item.uid.isprintable() for item in found.items)


def test_an_event_that_cannot_be_parsed_is_still_named_and_known() -> None:
    found = programme(calendar('UID:a\r\nSUMMARY:Fair\r\nDTSTART;X="a:1'))
    assert [(one.title, one.uid) for one in found.refused] == [("Fair", "a")]


def test_what_is_private_cancelled_or_nameless_is_left_out_with_its_number() -> None:
    found = programme(
        calendar(
            f"{EVENT}\r\nCLASS:CONFIDENTIAL",
            f"{EVENT}2\r\nSTATUS:CANCELLED",
            EVENT.replace("SUMMARY:x", "SUMMARY:\u200b"),
            EVENT,
            EVENT,
        )
    )
    assert [(one.number, one.why) for one in found.refused] == [
        (1, Why.PRIVATE),
        (2, Why.CANCELLED),
        (3, Why.NO_NAME),
        (5, Why.TWICE),
    ]
    assert found.refused[0].day == date(2027, 3, 2)
    assert found.unread == {"x"}  # what is cancelled is gone, of the others nothing is known


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("URL:https://museum.example/a", "https://museum.example/a"),
        ("URL:http://museum.example", "http://museum.example"),
        ("URL:javascript:alert(1)", ""),
        ("URL:data:text/html,x", ""),
        ("URL:ftp://museum.example/a", ""),
        ("URL:https://user:word@museum.example", ""),
        ("URL:https://a b", ""),
        ("URL:https://[", ""),
        ("DESCRIPTION:<b>Old</b> <script>x</script>", "Old x"),
        ("DESCRIPTION:1 < 2 &amp; 3 > 2", "1 < 2 & 3 > 2"),
        ("DESCRIPTION:a\\n\\n\\n\\nb\u202e", "a\n\nb"),
        ("ATTENDEE:mailto:ana@example.org\r\nORGANIZER:mailto:b@example.org", ""),
    ],
)
def test_of_what_a_partner_writes_only_words_and_web_addresses_are_kept(
    given: str, kept: str
) -> None:
    (item,) = programme(calendar(f"{EVENT}\r\n{given}")).items
    assert item.about == kept


def test_marks_that_are_no_markup_stay_words_however_many_there_are() -> None:
    assert clean_text("<a" * 100_000, 50) == "<a" * 25


def test_too_many_times_are_refused_whole_and_the_limit_itself_is_not() -> None:
    many = "FREQ=DAILY;COUNT=200"
    assert programme(repeating(many, many)).problem is None
    assert programme(repeating(many, many, many)).problem is Problem.TOO_MANY  # one activity
    assert programme(b"x" * (MOST_BYTES + 1)).problem is Problem.TOO_LARGE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[1,2,3]",
        '["a",[],[],"x"]',
        '["a",[],[],1e300]',
        '["a",[[["u","t","p","",null],[["",1,2]]]],[7],1]',
        '["a",[[["u",5,"p","",null],[["",1,2]]]],[],1]',
        '["a",[[["u","t","p","",null],[["",2,1]]]],[],1]',
        '["a",[[["u","t","p","",null],[["",1,1e300]]]],[],1]',
        '["a",[[["u","t","p","",null],[["",1,9999999]]]],[],1]',
        '["a",[[["u","t","p","",null],[["x",1,2],["x",1,2]]]],[],1]',
        '["a",[[["u","","p","",null],[["",1,2]]]],[],1]',
        '["a",[[["u","t\\u0000","p","",null],[["",1,2]]]],[],1]',
        '["a",[[["u\\ud800","t","p","",null],[["",1,2]]]],[],1]',
        '["a",[],["\\ud800"],1]',
        f'["a",[[["{"u" * 300}","t","p","",null],[["",1,2]]]],[],1]',
        f'["a",[[["u","t","p","",null],[["{"w" * 300}",1,2]]]],[],1]',
        "[" * 100_000,
    ],
)
def test_what_no_preview_carries_is_not_read(text: str) -> None:
    assert read_again(text, now=NOW) is None


def test_what_has_begun_since_the_preview_is_left_out() -> None:
    carried = written(programme(repeating("FREQ=DAILY;COUNT=3")))
    later = read_again(carried, now=datetime(2027, 3, 3, 12, tzinfo=UTC))
    assert later is not None
    assert [len(item.times) for item in later.items] == [1]


def test_every_reason_has_its_sentence(app: Flask) -> None:
    with in_language("en"):
        reasons = [
            str(one.label) for data in HOSTILE.values() for one in programme(data).refused[:3]
        ]
        problems = [str(problem.label) for problem in Problem]
    assert all(words.endswith(".") for words in reasons + problems)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=1000), st.text(max_size=300))
@pytest.mark.filterwarnings("ignore")
def test_arbitrary_bytes_and_words_never_raise(data: bytes, text: str) -> None:
    answers(data)
    answers(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + data + b"\nEND:VEVENT\nEND:VCALENDAR")
    answers(calendar(text, f"{EVENT}\r\nRRULE:{text}", f"{EVENT}\r\nSUMMARY:{text}"))


PIECES = (
    b"",
    b"9",
    b"-",
    b":",
    b";",
    b"=",
    b",",
    b"\n",
    b"\xff",
    b"VALUE=DATE",
    b"T0",
    b"P",
    b"\x00",
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6))
@pytest.mark.filterwarnings("ignore")
def test_a_good_file_that_was_damaged_never_raises(seed: int, wounds: int) -> None:
    chance = random.Random(seed)
    data = bytearray(chance.choice(OURS).read_bytes())
    for _wound in range(wounds):
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(4)] = chance.choice(PIECES)
    answers(bytes(data))
