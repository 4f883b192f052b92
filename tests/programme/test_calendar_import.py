"""Each event of a calendar file becomes days or a reason; no file breaks the reading."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from app.i18n import in_language
from app.programme.calendar_file import (
    LONGEST_NAME,
    MOST_BYTES,
    MOST_COMPONENTS,
    Problem,
    clean_name,
)
from app.programme.calendar_import import (
    MOST_DAYS,
    Found,
    Reading,
    Reason,
    read,
    read_again,
    written,
)

TODAY = date(2027, 3, 1)
BUCHAREST = ZoneInfo("Europe/Bucharest")
SHARED = Path(__file__).parents[3] / "shared" / "data" / "ics"
FILES = sorted(SHARED.rglob("*.ics"))


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def reading(*events: str, known: frozenset[Found] = frozenset()) -> Reading:
    return read(calendar(*events), zone=BUCHAREST, today=TODAY, known=known)


def days(*events: str) -> list[tuple[str, str]]:
    return [(str(one.first_day), str(one.last_day)) for one in reading(*events).found]


def why(*events: str) -> list[Reason]:
    return [one.reason for one in reading(*events).refused]


@pytest.mark.parametrize(
    ("lines", "first", "last"),
    [
        ("DTSTART;VALUE=DATE:20270405\nDTEND;VALUE=DATE:20270410", "2027-04-05", "2027-04-09"),
        ("DTSTART;VALUE=DATE:20270405", "2027-04-05", "2027-04-05"),
        ("DTSTART;VALUE=DATE:20270405\nDURATION:P3D", "2027-04-05", "2027-04-07"),
        ("DTSTART;VALUE=DATE:20270405\nDTEND;VALUE=DATE:20270405", "2027-04-05", "2027-04-05"),
        ("DTSTART:20270405T090000\nDTEND:20270405T170000", "2027-04-05", "2027-04-05"),
        # 23:00 UTC is the next day in București
        ("DTSTART:20270405T230000Z\nDTEND:20270406T000000Z", "2027-04-06", "2027-04-06"),
        # until midnight in București is not the day after
        ("DTSTART:20270405T060000Z\nDTEND:20270405T210000Z", "2027-04-05", "2027-04-05"),
        ("DTSTART;TZID=America/New_York:20270405T200000", "2027-04-06", "2027-04-06"),
        ("DTSTART;TZID=Nowhere/Else:20270405T200000", "2027-04-05", "2027-04-05"),
    ],
)
def test_an_event_stands_for_the_days_it_touches_at_the_centre(
    lines: str, first: str, last: str
) -> None:
    assert days(f"SUMMARY:Break\n{lines}") == [(first, last)]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("DTSTART;VALUE=DATE:20270405", Reason.NO_NAME),
        ("SUMMARY: \u202e\u200f\nDTSTART;VALUE=DATE:20270405", Reason.NO_NAME),
        ("SUMMARY:Break", Reason.NO_DAY),
        ("SUMMARY:Break\nDTSTART:soon", Reason.NO_DAY),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nSTATUS:CANCELLED", Reason.CANCELLED),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nDURATION:P201D", Reason.TOO_LONG),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nRRULE:FREQ=DAILY", Reason.DAILY),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nRRULE:FREQ=WEEKLY;COUNT=2", Reason.WEEKLY),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nRRULE:FREQ=MONTHLY", Reason.MONTHLY),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nRRULE:FREQ=HOURLY", Reason.BY_RULE),
        (
            "SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1MO",
            Reason.BY_RULE,
        ),
        (
            "SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nRDATE;VALUE=DATE:20270501",
            Reason.BY_RULE,
        ),
        (
            "SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nRECURRENCE-ID;VALUE=DATE:20270404",
            Reason.EXCEPTION,
        ),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20310405", Reason.TOO_FAR),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20270228", Reason.PAST),
        ("SUMMARY:Break\nDTSTART;VALUE=DATE:20200405\nRRULE:FREQ=YEARLY;COUNT=3", Reason.PAST),
    ],
)
def test_what_cannot_be_days_of_the_calendar_is_left_out_and_says_why(
    lines: str, reason: Reason
) -> None:
    assert (days(lines), why(lines)) == ([], [reason])


def test_two_hundred_days_are_not_too_long_and_what_goes_on_today_is_not_over() -> None:
    assert days("SUMMARY:Break\nDTSTART;VALUE=DATE:20270405\nDURATION:P200D")
    assert days("SUMMARY:Break\nDTSTART;VALUE=DATE:20270220\nDTEND;VALUE=DATE:20270302")


def test_the_same_days_twice_in_a_file_or_in_the_calendar_are_added_once() -> None:
    event = "SUMMARY:Break\nDTSTART;VALUE=DATE:20270405"
    assert (len(days(event, event)), why(event, event)) == (1, [Reason.TWICE])
    known = frozenset({Found(date(2027, 4, 5), date(2027, 4, 5), "Break")})
    again = reading(event, known=known)
    assert (again.found, [one.reason for one in again.refused]) == ((), [Reason.KNOWN])


@pytest.mark.parametrize(
    ("start", "rule", "years"),
    [
        ("20200405", "FREQ=YEARLY", [2027, 2028, 2029]),
        ("20270105", "FREQ=YEARLY", [2028, 2029, 2030]),
        ("16010405", "FREQ=YEARLY", [2027, 2028, 2029]),
        ("20260405", "FREQ=YEARLY;INTERVAL=2", [2028]),
        ("20260405", "FREQ=YEARLY;COUNT=3", [2027, 2028]),
        ("20260405", "FREQ=YEARLY;UNTIL=20280405", [2027, 2028]),
        ("20260405", "FREQ=YEARLY;UNTIL=20280404T235959Z", [2027]),
        ("20260405", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=5", [2027, 2028, 2029]),
        ("20240229", "FREQ=YEARLY", [2028]),
        ("20260405", "FREQ=YEARLY;INTERVAL=999999999", []),
    ],
)
def test_what_repeats_once_a_year_is_added_for_the_next_three(
    start: str, rule: str, years: list[int]
) -> None:
    event = f"SUMMARY:Day\nDTSTART;VALUE=DATE:{start}\nRRULE:{rule}"
    assert [one.first_day.year for one in reading(event).found] == years


def test_a_name_is_cut_on_one_line_and_cannot_turn_what_stands_beside_it() -> None:
    event = "SUMMARY:Week\u202e\\nof\u2066 the\x07 sea " + "a" * 200
    (found,) = reading(f"{event}\nDTSTART;VALUE=DATE:20270405").found
    assert found.name.startswith("Week of the sea aaa")
    assert len(found.name) == LONGEST_NAME
    assert clean_name("هفته\u200cها") == "هفته\u200cها"


def test_a_broken_event_leaves_the_others_whole_and_strange_time_zones_are_never_built() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "RRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE\r\n"
    )
    good, bad = "SUMMARY:Good\nDTSTART;TZID=Own:20270405T100000", "SUMMARY:Bad\nDTSTART:2027"
    whole = calendar(good, bad).replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)
    found = read(whole, zone=BUCHAREST, today=TODAY)
    assert [one.name for one in found.found] == ["Good"]
    assert [(one.name, one.reason) for one in found.refused] == [("Bad", Reason.NO_DAY)]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", Problem.BROKEN),
        (b"\x89PNG\r\n\x1a\n\x00", Problem.BROKEN),
        (b"name,day\nBreak,2027-04-05\n", Problem.BROKEN),
        (calendar("SUMMARY:Break")[:-20], Problem.BROKEN),
        (b"BEGIN:VEVENT\nSUMMARY:Break\nEND:VEVENT\n", Problem.BROKEN),
        (calendar(), Problem.EMPTY),
        (b"x" * (MOST_BYTES + 1), Problem.TOO_LARGE),
        (b"BEGIN:VEVENT\n" * (MOST_COMPONENTS + 1), Problem.TOO_MANY),
        (
            calendar(*(f"SUMMARY:{n}\nDTSTART;VALUE=DATE:20270405" for n in range(MOST_DAYS + 1))),
            Problem.TOO_MANY,
        ),
    ],
)
def test_a_file_of_which_nothing_can_be_read_has_one_problem(data: bytes, problem: Problem) -> None:
    assert read(data, zone=BUCHAREST, today=TODAY) == Reading(problem=problem)


def test_every_problem_and_reason_has_its_sentence(app: Flask) -> None:
    with in_language("en"):
        sentences = [str(one.label) for kind in (Problem, Reason) for one in kind]
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.skipif(not FILES, reason="the collection of calendar files is not at hand")
@pytest.mark.filterwarnings("ignore")
def test_each_calendar_file_at_hand_is_imported_or_refused_with_reasons() -> None:
    answered = 0
    for path in FILES:
        for year in (2005, 2012, 2018, 2022, 2027):
            found = read(path.read_bytes(), zone=BUCHAREST, today=date(year, 3, 1))
            assert found.problem or found.found or found.refused, path
            answered += bool(found.found)
    assert answered > 20


# What a preview carries, and what comes back.


def test_what_a_preview_carries_comes_back_as_it_was() -> None:
    found = reading("SUMMARY:Vacanță «1»\nDTSTART;VALUE=DATE:20270405").found
    assert read_again(written(found), today=TODAY) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}x",
        "7",
        "[7]",
        '[["Break"]]',
        '[["Break", "2027-04-05", "soon"]]',
        '[["Break", "2027-04-05", 7]]',
        '[["Break", "2027-04-05", "2027-04-04"]]',
        "[" * 100_000,
        str([["Break", "2027-04-05", "2027-04-05"]] * (MOST_DAYS + 1)).replace("'", '"'),
    ],
)
def test_what_no_preview_carries_is_not_read(text: str) -> None:
    assert read_again(text, today=TODAY) is None


def test_what_comes_back_is_judged_again() -> None:
    rows = (
        '[["", "2027-04-05", "2027-04-05"], ["Past", "2020-04-05", "2020-04-05"],'
        '["Long", "2027-04-05", "2028-04-05"], ["Far", "2040-04-05", "2040-04-05"],'
        '["Good", "2027-04-05", "2027-04-05"], ["Good", "2027-04-05", "2027-04-05"]]'
    )
    good = Found(date(2027, 4, 5), date(2027, 4, 5), "Good")
    assert read_again(rows, today=TODAY) == (good,)
    assert read_again(rows, today=TODAY, known={good}) == ()


# Whatever the bytes are.


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    assert isinstance(read(data, zone=BUCHAREST, today=TODAY), Reading)
    inside = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + data + b"\nEND:VEVENT\nEND:VCALENDAR"
    assert isinstance(read(inside, zone=BUCHAREST, today=TODAY), Reading)


VALID = calendar(
    "SUMMARY:Winter break\nDTSTART;VALUE=DATE:20271220\nDTEND;VALUE=DATE:20280108",
    "SUMMARY:Day of the house\nDTSTART:20270405T070000Z\nDURATION:PT3H\nRRULE:FREQ=YEARLY;COUNT=9",
    "SUMMARY:Café\nDTSTART;TZID=Europe/Berlin:20270405T070000\nRRULE:FREQ=YEARLY;UNTIL=20300101",
)
PIECES = (b"", b"9", b"-", b":", b";", b"=", b",", b"\n", b"\xff", b"VALUE=DATE", b"T000000Z", b"P")


@settings(max_examples=600, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6))
@pytest.mark.filterwarnings("ignore")
def test_a_valid_file_that_was_damaged_never_raises(seed: int, wounds: int) -> None:
    chance, data = random.Random(seed), bytearray(VALID)
    for _wound in range(wounds):
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(4)] = chance.choice(PIECES)
    found = read(bytes(data), zone=BUCHAREST, today=TODAY)
    for one in found.found:
        assert one.last_day >= TODAY
        assert 0 <= (one.last_day - one.first_day).days < 200
        assert one.name == clean_name(one.name) != ""
    assert read_again(written(found.found), today=TODAY) == found.found
