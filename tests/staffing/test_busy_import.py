"""When somebody is busy, out of a calendar file of their own."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.programme.calendar_file import Problem
from app.programme.calendar_times import Why
from app.staffing.busy_import import AHEAD, Busy, merged, read_again, read_busy, written
from app.staffing.windows import DatedWindow
from tests import make
from tests.conftest import Browser

ZONE = ZoneInfo("Europe/Bucharest")
NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\n{body}END:VCALENDAR\r\n".encode()


def read(*events: str) -> Busy:
    return read_busy(calendar(*events), zone=ZONE, now=NOW)


def starts(found: Busy) -> list[str]:
    return [f"{one[0].astimezone(ZONE):%m-%d %H:%M}" for one in found.times]


def test_times_come_out_of_it_and_nothing_else() -> None:
    found = read(
        "SUMMARY:Lawyer\r\nLOCATION:X\r\nDTSTART:20270302T080000Z\r\nDTEND:20270302T090000Z"
    )

    assert found.times == (
        (datetime(2027, 3, 2, 8, tzinfo=UTC), datetime(2027, 3, 2, 9, tzinfo=UTC)),
    )
    assert "Lawyer" not in repr(found)
    assert "Lawyer" not in written(found.times)


def test_times_without_a_zone_are_the_persons_own_and_days_are_whole() -> None:
    found = read(
        "DTSTART:20270302T080000\r\nDURATION:PT1H",
        "DTSTART;VALUE=DATE:20270327\r\nDTEND;VALUE=DATE:20270329",
        "DTSTART;TZID=Asia/Kathmandu:20270303T080000\r\nDURATION:PT1H",
    )

    assert starts(found) == ["03-02 08:00", "03-03 04:15", "03-27 00:00"]
    assert found.times[2][1] - found.times[2][0] == timedelta(hours=47)  # the clock goes forward


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["03-02 09:00", "03-03 09:00", "03-04 09:00"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20270304", ["03-02 09:00", "03-04 09:00"]),
        ("FREQ=WEEKLY;COUNT=2", ["03-02 09:00", "03-09 09:00"]),
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3", ["03-02 09:00", "03-04 09:00", "03-09 09:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=2", ["03-02 09:00", "03-16 09:00"]),
        ("FREQ=MONTHLY;COUNT=2", ["03-02 09:00", "04-02 09:00"]),
        ("FREQ=MONTHLY;BYDAY=-1TU;COUNT=3", ["03-02 09:00", "03-30 09:00", "04-27 09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", ["03-02 09:00", "03-31 09:00"]),
        ("FREQ=YEARLY", ["03-02 09:00"]),
        ("FREQ=WEEKLY;UNTIL=20270309T065959Z", ["03-02 09:00"]),
        ("FREQ=WEEKLY;UNTIL=20270309T070000Z", ["03-02 09:00", "03-09 09:00"]),
    ],
)
def test_what_repeats_is_counted(rule: str, expected: list[str]) -> None:
    event = f"DTSTART;TZID=Europe/Bucharest:20270302T090000\r\nDURATION:PT1H\r\nRRULE:{rule}"

    assert starts(read(event)) == expected


def test_the_clock_on_the_wall_stays_when_summer_time_begins() -> None:
    found = read(
        "DTSTART;TZID=Europe/Bucharest:20270322T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=2"
    )

    assert starts(found) == ["03-22 09:00", "03-29 09:00"]
    assert found.times[1][0] - found.times[0][0] == timedelta(days=7) - timedelta(hours=1)


def test_what_began_long_ago_and_still_repeats_counts_from_now_on() -> None:
    found = read(
        "DTSTART;TZID=Europe/Bucharest:20100105T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY"
    )

    assert starts(found)[0] == "03-02 09:00"
    assert len(found.times) == AHEAD.days // 7 + 1


def test_single_times_of_a_series_are_moved_and_taken_out() -> None:
    series = (
        "UID:a\r\nDTSTART;TZID=Europe/Bucharest:20270302T090000\r\nDURATION:PT1H\r\n"
        "RRULE:FREQ=DAILY;COUNT=4\r\nEXDATE;TZID=Europe/Bucharest:20270303T090000"
    )
    moved = (
        "UID:a\r\nRECURRENCE-ID;TZID=Europe/Bucharest:20270304T090000\r\n"
        "DTSTART;TZID=Europe/Bucharest:20270304T150000\r\nDURATION:PT1H"
    )

    assert starts(read(series, moved)) == ["03-02 09:00", "03-04 15:00", "03-05 09:00"]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("DTSTART:20270302T080000Z\r\nDURATION:PT1H\r\nSTATUS:CANCELLED", Why.CANCELLED),
        ("DTSTART:20270302T080000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT", Why.FREE),
        ("DTSTART:20270302T080000Z", Why.NO_END),
        ("SUMMARY:x", Why.NO_TIME),
        ("DTSTART:20270302T080000Z\r\nDTEND:20270302T070000Z", Why.NO_TIME),
        ("DTSTART:whenever\r\nDURATION:PT1H", Why.NO_TIME),
        ("DTSTART;VALUE=DATE:20270302\r\nDTEND;VALUE=DATE:20280302", Why.TOO_LONG),
        ("DTSTART:20260302T080000Z\r\nDURATION:PT1H", Why.PAST),
        ("DTSTART:20290302T080000Z\r\nDURATION:PT1H", Why.TOO_FAR),
        ("DTSTART:20270302T080000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=HOURLY", Why.BY_RULE),
        ("DTSTART:20270302T080000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=YEARLY;BYWEEKNO=9", Why.BY_RULE),
        ("DTSTART:20270302T080000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=SECONDLY", Why.BY_RULE),
        ("DTSTART;TZID=Of The Moon:20270302T080000\r\nDURATION:PT1H", Why.NO_ZONE),
    ],
)
def test_what_says_nothing_of_being_busy_is_counted_with_its_reason(event: str, why: Why) -> None:
    found = read(event)

    assert found.times == ()
    assert [(one.why, one.number) for one in found.refused] == [(why, 1)]


def test_an_event_that_is_left_out_is_known_by_its_day_and_never_by_its_name() -> None:
    found = read("SUMMARY:Lawyer\r\nDTSTART:20270302T230000Z\r\nTRANSP:TRANSPARENT", "DTSTART:x")

    assert [(one.number, one.day) for one in found.refused] == [(1, date(2027, 3, 3)), (2, None)]
    assert "Lawyer" not in repr(found)


def test_dates_that_a_list_adds_count_too() -> None:
    event = (
        "DTSTART;TZID=Europe/Bucharest:20270302T090000\r\nDURATION:PT1H\r\n"
        "RRULE:FREQ=WEEKLY;COUNT=2\r\nRDATE;TZID=Europe/Bucharest:20270304T100000,20270302T090000"
    )

    assert starts(read(event)) == ["03-02 09:00", "03-04 10:00", "03-09 09:00"]


def test_files_that_are_no_calendars_or_hold_too_much_are_refused_whole() -> None:
    many = "DTSTART:20100101T080000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=99999"

    assert read_busy(b"hello", zone=ZONE, now=NOW).problem is Problem.BROKEN
    assert read_busy(calendar(), zone=ZONE, now=NOW).problem is Problem.EMPTY
    assert read_busy(b"x" * 1_100_000, zone=ZONE, now=NOW).problem is Problem.TOO_LARGE
    assert read(*[many] * 100).problem is Problem.TOO_MANY


@settings(deadline=None)
@given(st.binary(max_size=400), st.text(max_size=300))
def test_no_file_breaks_it(data: bytes, text: str) -> None:
    read_busy(data, zone=ZONE, now=NOW)
    read_busy(calendar(text, f"DTSTART:20270302T080000Z\r\nRRULE:{text}"), zone=ZONE, now=NOW)


moments = st.integers(0, 150 * 24 * 60).map(lambda n: NOW + timedelta(minutes=n))
intervals = st.lists(
    st.tuples(moments, st.timedeltas(timedelta(1 / 24), timedelta(3))), max_size=30
)


@settings(deadline=None)
@given(intervals)
def test_merging_keeps_every_moment_and_adds_none(pairs: list[tuple[datetime, timedelta]]) -> None:
    times = [(begins, begins + lasts) for begins, lasts in pairs]
    together = merged(times)

    def within(moment: datetime, spans: object) -> bool:
        return any(begins <= moment < ends for begins, ends in spans)  # type: ignore[attr-defined]

    assert all(one[1] < other[0] for one, other in itertools.pairwise(together))
    for moment in {edge for pair in (*times, *together) for edge in pair}:
        assert within(moment, together) == within(moment, times)
    whole = tuple((a.replace(microsecond=0), b.replace(microsecond=0)) for a, b in together)
    assert read_again(written(whole), now=NOW) == merged(whole)


@pytest.mark.parametrize("text", ["", "[", "[[1]]", "{}", '[["a",2]]', "[[9,3]]", "[[0,1e300]]"])
def test_a_preview_that_was_tampered_with_is_no_preview(text: str) -> None:
    assert not read_again(text, now=NOW)


def test_a_file_is_shown_kept_replaced_and_removed(browser: Browser) -> None:
    amina = make.mediator(make.centre())
    browser.sign_in(amina)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    event = f"SUMMARY:Lawyer\r\nDTSTART:{tomorrow:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H"
    cancelled = f"{event}\r\nSTATUS:CANCELLED"

    def send() -> str:
        sent = {"file": (io.BytesIO(calendar(event, cancelled)), "mine.ics")}
        answer = browser.post("/en/profile/free/file", data=sent)
        assert answer.status_code == 200
        return answer.text

    page = send()
    assert "1 busy time in the next six months" in page
    assert "1 event: cancelled" in page
    assert "event 2 of the file" in page
    assert "Lawyer" not in page
    assert db.session.query(DatedWindow).count() == 0
    times = page.split('name="times" value="')[1].split('"')[0]
    for _again in range(2):
        assert browser.post("/profile/free/file", data={"times": times}).status_code == 303
    window = db.session.query(DatedWindow).one()
    assert "1 busy time to come is known" in browser.get("/en/profile/free").text
    browser.post(f"/profile/free/files/{window.batch}/removal")
    assert db.session.query(DatedWindow).count() == 0
    assert browser.post("/profile/free/file", data={"times": "x"}).status_code == 422
    empty = {"file": (io.BytesIO(b"x"), "a.ics")}
    assert browser.post("/profile/free/file", data=empty).status_code == 422
