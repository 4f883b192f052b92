"""Calendars out, line by line of what real clients need: over HTTP, every feed, both databases.

Each test is named after the line of the checklist that it holds to:

 1 lines           7 same bytes          13 refresh, source, colour, links, languages
 2 texts           8 last change         14 headers, HEAD, validators, gzip
 3 names           9 sequence            15 addresses and answers that are none
 4 time zone      10 cancelled           16 window, empty feed
 5 one of each    11 no UID of its own   17 token
 6 UIDs           12 alarms              18 privacy
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, inspect, select, text

from app.extensions import db
from app.feeds.models import FeedLink
from app.feeds.models import Scope as LinkScope
from app.feeds.operations import revoke_link
from app.i18n import LANGUAGES
from app.people.models import Centre, Membership
from app.planning.operations import edit_series
from app.programme.bookings import book
from app.programme.details import Details
from app.programme.kinds import Kind
from app.programme.models import Meeting, Part, Scope
from app.programme.operations import change_facts, set_texts
from app.programme.rooms import RoomFacts, change_room
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from tests import make
from tests.conftest import Browser, make_app, migrated_database
from tests.engines import ENGINES, copy_of
from tests.feeds.linter import problems, read
from tests.feeds.programme import (
    AFTER_THE_LOST_HOUR,
    AMINA,
    CANARIES,
    DAY,
    HOUR,
    LAYLA,
    PLAIN,
    ZIPPED,
    Feed,
    Programme,
    body_of,
    every_feed,
    link_for,
)
from tests.feeds.readers import FROM_PIP, PRESENT, Reader, Seen, by_icalendar
from tests.make import BEFORE, MONDAY

LATER = BEFORE + 2 * HOUR
BUCHAREST = ZoneInfo("Europe/Bucharest")
PREFIX = {
    "ro": "Anulat: ",
    "en": "Cancelled: ",
    "fr": "Annulé\xa0: ",
    "uk": "Скасовано: ",
    "ru": "Отменено: ",
    "ar": "إلغاء: ",
    "fa": "لغو شد: ",
    "tr": "İptal: ",
    "ps": "لغوه شوې: ",
    "ne": "रद्द: ",
    "si": "අවලංගුයි: ",
    "bn": "বাতিল: ",
}

NEUTRAL = {
    "ro": "Întâlnire",
    "en": "Meeting",
    "fr": "Rendez-vous",
    "uk": "Зустріч",
    "ru": "Встреча",
    "ar": "موعد",
    "fa": "قرار",
    "tr": "Görüşme",
    "ps": "لیدنه",
    "ne": "भेट",
    "si": "හමුවීම",
    "bn": "সাক্ষাৎ",
}


@pytest.fixture(scope="module", params=ENGINES)
def feeds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Feed]:
    """Every feed of one programme in every language, fetched once on each engine."""
    folder = tmp_path_factory.mktemp("programme")
    app = make_app(copy_of(migrated_database(request.param)), folder)
    with app.app_context():
        with time_machine.travel(BEFORE, tick=False):
            fetched = every_feed(app, Programme())
        db.session.remove()
        db.engine.dispose()
    return fetched


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def programme(app: Flask, clock: time_machine.Traveller) -> Programme:
    return Programme()


def fetch(browser: Browser, path: str, **headers: str) -> Any:
    """The answer to a fetch of *path*, unpacked unless asked otherwise."""
    return browser.get(path, headers=PLAIN | headers)


def one_of(browser: Browser, path: str, meeting: Meeting) -> Seen:
    """What stands of *meeting* in the feed at *path*."""
    body = fetch(browser, path).data
    assert problems(body, secret=path.startswith("/c/")) == []
    (found,) = [seen for seen in by_icalendar(body) if seen.uid.startswith(f"{meeting.ref}@")]
    return found


def refs_in(browser: Browser, path: str) -> set[str]:
    """Which meetings stand in the feed at *path*."""
    return {seen.uid.partition("@")[0] for seen in by_icalendar(fetch(browser, path).data)}


def of(feeds: list[Feed], *, public: bool) -> list[Feed]:
    found = [feed for feed in feeds if feed.is_public is public]
    assert len(found) >= len(LANGUAGES)
    return found


def test_every_feed_of_every_language_is_without_a_fault(feeds: list[Feed]) -> None:
    """What the linter knows is all of lines 1 to 5 and 10 to 13 that bytes alone can show."""
    assert {feed.language for feed in feeds} == set(LANGUAGES)
    for feed in feeds:
        assert problems(feed.body, secret=not feed.is_public) == [], feed.path


def test_every_reader_understands_every_feed_alike(feeds: list[Feed]) -> None:
    for feed in feeds:
        expected = by_icalendar(feed.body)
        for seen in PRESENT:
            assert seen(feed.body) == expected, (feed.path, seen)


# --- 1: lines


def test_line_01_lines_end_in_crlf_and_have_at_most_75_octets(feeds: list[Feed]) -> None:
    for feed in feeds:
        assert feed.body.startswith(b"BEGIN:VCALENDAR\r\n")
        assert feed.body.endswith(b"END:VCALENDAR\r\n")
        lines = feed.body.split(b"\r\n")
        assert not any(b"\r" in line or b"\n" in line for line in lines)
        assert max(map(len, lines)) <= 75


def test_line_01_folds_are_between_letters_and_never_after_a_backslash(feeds: list[Feed]) -> None:
    folds = 0
    for feed in feeds:
        for before in re.findall(rb"(.*)\r\n (?=.)", feed.body):
            before.decode()
            assert len(before) - len(before.rstrip(b"\\")) in (0, 2, 4), feed.path
            folds += not before.isascii()
    assert folds > 100


# --- 2: texts


def test_line_02_control_characters_go_and_line_ends_become_one(
    browser: Browser, programme: Programme
) -> None:
    controls = "".join(map(chr, range(1, 0x20))) + "\x7f"
    title = f"a{controls}b\r\nc\rd\u2028e\u2029f"
    kept = "a \n\n\nb\nc\nd\ne\nf".replace("\n\n\n", "\n\n")
    set_texts(programme.course, {"en": (title, "x\\n;,")}, now=LATER)
    db.session.commit()

    body = fetch(browser, "/en/calendars/all.ics").data

    assert problems(body) == []
    for seen in PRESENT:
        titles = {found.summary for found in seen(body)}
        assert kept in titles, seen


def test_line_02_nothing_breaks_out_of_a_title_a_room_or_a_centre(
    browser: Browser, programme: Programme
) -> None:
    path = link_for(programme.layla)
    addresses = (path, "/en/calendars/all.ics", "/ar/calendars/centre-brasov.ics")
    names = {name for one in addresses for name in line_names(fetch(browser, one).data)}
    attack = "x\r\nATTENDEE:mailto:a@b.c\nEND:VEVENT\u2028BEGIN:VALARM\x85X:\\"
    programme.centre.name = programme.open_room.name = attack
    programme.closed_room.address = attack
    set_texts(programme.festival, {"en": (attack, attack)}, now=LATER)
    db.session.commit()

    for where in addresses:
        body = fetch(browser, where).data
        assert problems(body, secret=where.startswith("/c/")) == []
        assert line_names(body) <= names


def line_names(body: bytes) -> set[str]:
    lines = body.decode().replace("\r\n ", "").split("\r\n")
    return {
        line if line.startswith(("BEGIN", "END")) else re.split("[;:]", line)[0] for line in lines
    }


# --- 3: names


def test_line_03_a_name_has_no_mark_that_clients_show_escaped(feeds: list[Feed]) -> None:
    for feed in feeds:
        (name,), (older,) = feed.values("NAME"), feed.values("X-WR-CALNAME")
        assert name == older
        assert name
        assert not set(name) & set(",;\\\n"), feed.path
    assert any("Brașov centru 1" in feed.text for feed in feeds)


# --- 4: the time zone


@cache
def transitions() -> list[datetime]:
    """Each change of the clock in București, 1997 to 2045, as the zone itself tells it."""
    hours = (datetime(1997, 1, 1, tzinfo=UTC) + n * HOUR for n in range(24 * 366 * 49))
    found, before = [], timedelta(hours=2)
    for hour in hours:
        offset = hour.astimezone(BUCHAREST).utcoffset()
        assert offset is not None
        if offset != before:
            found.append(hour)
            before = offset
    return found


Span = tuple[datetime, datetime]
HOUSE_ZONE = b"Europe/Bucharest"
STEPS = tuple(timedelta(minutes=m) for m in (-90, -61, -60, -1, 0, 1, 59, 60))


def comes_first_of_two(at: datetime) -> bool:
    here = at.astimezone(BUCHAREST)
    return not here.fold and here.replace(fold=1).utcoffset() != here.utcoffset()


def plan_around_every_change(*, twice: bool) -> dict[str, Span]:
    """Meetings of ten minutes around each change; *twice*: those in the hour that comes again."""
    changes = transitions()
    assert len(changes) == 2 * 49
    starts = [change + step for change in changes for step in STEPS]
    spans = [(at, at + timedelta(minutes=10)) for at in starts]
    chosen = [span for span in spans if any(map(comes_first_of_two, span)) is twice]
    first = make.meeting(starts_at=chosen[0][0], ends_at=chosen[0][1])
    known = {"activity": first.activity, "privacy": first.privacy, "created_at": first.created_at}
    rest = [
        Meeting(**known, starts_at=start, ends_at=end, changed_at=first.changed_at)
        for start, end in chosen[1:]
    ]
    db.session.add_all(rest)
    db.session.commit()
    return {meeting.ref: span for meeting, span in zip([first, *rest], chosen, strict=True)}


def read_over_the_years(
    browser: Browser, clock: time_machine.Traveller, zones: Iterable[bytes]
) -> Iterator[tuple[Reader, dict[str, Span]]]:
    """What each reader makes of the feed of each year, its zone called by each of *zones*."""
    for year in range(1997, 2046):
        clock.move_to(datetime(year, 2, 1, tzinfo=UTC))
        body = fetch(browser, "/calendars/all.ics").data
        assert problems(body) == []
        for seen in PRESENT:
            for zone in zones:
                found = seen(body.replace(b"Europe/Bucharest", zone))
                yield seen, {_ref(one): (one.starts_at, one.ends_at) for one in found}


def _ref(seen: Seen) -> str:
    return seen.uid.partition("@")[0]


def test_line_04_every_change_of_the_clock_until_2045_is_read_right(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    """Under a name that no reader knows, they have nothing but the VTIMEZONE in the feed."""
    planned = plan_around_every_change(twice=False)
    read_by = dict.fromkeys(PRESENT, 0)

    for seen, found in read_over_the_years(browser, clock, [HOUSE_ZONE, b"X-Punte/Old-Town"]):
        assert found == {ref: planned[ref] for ref in found}, seen
        read_by[seen] += len(found)

    assert set(read_by.values()) == {2 * len(planned)}


@pytest.mark.skipif(PRESENT == FROM_PIP, reason="python -m tests.feeds.clients")
def test_line_04_the_hour_that_comes_twice_is_the_same_for_every_reader(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    planned = plan_around_every_change(twice=True)

    for seen, found in read_over_the_years(browser, clock, [HOUSE_ZONE]):
        assert found == {ref: planned[ref] for ref in found}, seen


VTIMEZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Bucharest
BEGIN:DAYLIGHT
TZNAME:EEST
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
DTSTART:19970330T030000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:EET
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
DTSTART:19971026T040000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""


def test_line_04_the_time_zone_is_this_one_in_every_feed(feeds: list[Feed]) -> None:
    """A summer that begins at 04:00 on the wall misleads programs that reckon in UTC."""
    for feed in feeds:
        assert feed.text.count(VTIMEZONE.replace("\n", "\r\n")) == 1
        assert feed.text.count("BEGIN:VTIMEZONE") == 1


def test_line_04_half_past_four_after_the_lost_hour_is_half_past_one_in_utc(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    meeting = make.meeting(starts_at=AFTER_THE_LOST_HOUR)
    db.session.commit()

    body = fetch(browser, "/calendars/all.ics").data

    assert b"DTSTART;TZID=Europe/Bucharest:20270328T043000\r\n" in body
    for seen in PRESENT:
        (found,) = seen(body)
        assert (found.uid.partition("@")[0], found.starts_at) == (
            meeting.ref,
            datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
        ), seen


# --- 5: one of each


ONE_OF_EACH = (
    *("UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "CREATED", "LAST-MODIFIED"),
    *("SUMMARY", "ORGANIZER"),
)


def test_line_05_each_event_has_one_of_each_and_never_an_attendee(feeds: list[Feed]) -> None:
    for feed in feeds:
        for event in read(feed.body).named("VEVENT"):
            assert {name: len(event.all(name)) for name in ONE_OF_EACH} == dict.fromkeys(
                ONE_OF_EACH, 1
            ), feed.path
        assert "ATTENDEE" not in feed.text


def test_line_05_the_organizer_is_the_neutral_mailbox_of_the_settings(feeds: list[Feed]) -> None:
    assert {line for feed in feeds for line in feed.values("ORGANIZER")} == {
        "mailto:punte@example.org"
    }


# --- 6: UIDs


def test_line_06_uids_are_random_and_the_same_in_every_feed_and_language(
    feeds: list[Feed],
) -> None:
    by_time: dict[datetime, set[str]] = {}
    for event in (event for feed in feeds for event in by_icalendar(feed.body)):
        by_time.setdefault(event.starts_at, set()).add(event.uid)
    assert {len(uids) for uids in by_time.values()} == {1}
    for uid in (uid for uids in by_time.values() for uid in uids):
        assert re.fullmatch(r"[\w-]{22}@punte\.example", uid)  # 128 bits, no number, no word


def test_line_06_their_domain_is_the_configured_one_wherever_the_house_lives(
    racing_app: Flask, tmp_path: Path
) -> None:
    address = racing_app.config["SQLALCHEMY_DATABASE_URI"]
    with racing_app.app_context(), time_machine.travel(BEFORE, tick=False):
        ref = make.meeting().ref
        db.session.commit()
        db.session.remove()
    moved = make_app(address, tmp_path, PUNTE_BASE_URL="https://elsewhere.example")
    with time_machine.travel(BEFORE, tick=False):
        for app, base in (
            (racing_app, "http://127.0.0.1:8000"),
            (moved, "https://elsewhere.example"),
        ):
            body = app.test_client().get("/calendars/all.ics", base_url=base, headers=PLAIN).data
            assert [seen.uid for seen in by_icalendar(body)] == [f"{ref}@punte.example"]
    with moved.app_context():
        db.engine.dispose()


# --- 7: the same bytes


@pytest.mark.parametrize("secret", [False, True])
def test_line_07_without_a_change_the_bytes_are_the_same_after_days_and_a_new_start(
    racing_app: Flask, tmp_path: Path, secret: bool
) -> None:
    with racing_app.app_context(), time_machine.travel(BEFORE, tick=False):
        programme = Programme()
        path = link_for(programme.layla) if secret else "/ar/calendars/all.ics"
        db.session.remove()
    again = make_app(racing_app.config["SQLALCHEMY_DATABASE_URI"], tmp_path)

    bodies, tags = set(), set()
    for app, now in ((racing_app, BEFORE), (racing_app, BEFORE + DAY), (again, BEFORE + 3 * DAY)):
        with time_machine.travel(now, tick=False):
            answer = app.test_client().get(path, headers=PLAIN)
            bodies.add(answer.data)
            tags.add((answer.headers["ETag"], answer.headers["Last-Modified"]))

    assert len(bodies) == len(tags) == 1
    with again.app_context():
        db.engine.dispose()


def test_line_07_dtstamp_is_the_last_change_and_never_now(feeds: list[Feed]) -> None:
    for feed in feeds:
        events = by_icalendar(feed.body)
        assert all(event.stamped_at == event.changed_at <= BEFORE for event in events)
    public = [e for feed in of(feeds, public=True) for e in by_icalendar(feed.body)]
    assert min(event.stamped_at for event in public) < BEFORE


# --- 8: LAST-MODIFIED


def retitle(programme: Programme, now: datetime) -> None:
    meeting = programme.meetings[3]
    details = Details(titles={"en": "Another evening"})
    edit_series(
        [meeting], scope=Scope.THIS, by=boss(meeting), now=now, seen=lambda _: True, details=details
    )


def retitle_all(programme: Programme, now: datetime) -> None:
    meeting = programme.meetings[3]
    details = Details(titles={"en": "All evenings"}, whole=True)
    edit_series(
        [meeting], scope=Scope.ALL, by=boss(meeting), now=now, seen=lambda _: True, details=details
    )


def translate(programme: Programme, now: datetime) -> None:
    words = {one.language: (one.title, one.description) for one in programme.festival.texts}
    set_texts(programme.festival, words | {"tr": ("Şiir akşamı", "Kalem getirin")}, now=now)


def change_level(programme: Programme, now: datetime) -> None:
    change_facts(programme.festival, {"level": "B2"}, taken=lambda _: 0, now=now)


def rename_room(programme: Programme, now: datetime) -> None:
    change_room(programme.open_room, RoomFacts(name="Sala Mică", capacity=9), now=now)


def put_online(programme: Programme, now: datetime) -> None:
    meeting = programme.meetings[3]
    details = Details(online_url="https://meet.example/new")
    edit_series(
        [meeting], scope=Scope.THIS, by=boss(meeting), now=now, seen=lambda _: True, details=details
    )


def move_by_hours(programme: Programme, now: datetime) -> None:
    meeting = programme.meetings[3]
    move(meeting, starts_at=meeting.starts_at + 3 * HOUR, now=now)


def boss(meeting: Meeting) -> Any:
    return meeting.activity.coordinator


def move(meeting: Meeting, *, starts_at: datetime, now: datetime, **given: Any) -> None:
    length = meeting.ends_at - meeting.starts_at
    move_meeting(
        meeting,
        starts_at=starts_at,
        ends_at=starts_at + length,
        room=given.get("room", meeting.room),
        by=boss(meeting),
        now=now,
        seen=meeting.sequence,
    )


DEEDS = [retitle, retitle_all, translate, change_level, rename_room, put_online, move_by_hours]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("secret", [False, True])
def test_line_08_last_modified_is_the_newest_of_all_an_event_is_made_of(
    browser: Browser,
    programme: Programme,
    clock: time_machine.Traveller,
    deed: Callable[[Programme, datetime], None],
    secret: bool,
) -> None:
    path = link_for(programme.layla) if secret else "/en/calendars/all.ics"
    meeting = programme.meetings[3]
    before = fetch(browser, path)
    clock.move_to(LATER)

    deed(programme, LATER)
    db.session.commit()
    after = fetch(browser, path, **{"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert one_of(browser, path, meeting).changed_at == LATER
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.headers["Last-Modified"] != before.headers["Last-Modified"]


def test_line_08_an_alarm_that_is_switched_on_is_a_change(
    browser: Browser, programme: Programme
) -> None:
    silent, loud = link_for(programme.layla), link_for(programme.layla, alarm_minutes=60, now=LATER)
    meeting = programme.meetings[3]

    assert one_of(browser, silent, meeting).changed_at == BEFORE
    assert one_of(browser, loud, meeting).changed_at == LATER


def test_line_08_words_that_are_taken_away_never_make_it_older(
    browser: Browser, programme: Programme, clock: time_machine.Traveller
) -> None:
    """Its newest part may be the one that goes."""
    meeting, path = programme.meetings[3], "/en/calendars/all.ics"
    retitle(programme, LATER)
    db.session.commit()
    renamed = one_of(browser, path, meeting)
    details = Details(titles={"en": ""})
    at_last = LATER + HOUR
    edit_series(
        [meeting],
        scope=Scope.THIS,
        by=boss(meeting),
        now=at_last,
        seen=lambda _: True,
        details=details,
    )
    db.session.commit()
    after = one_of(browser, path, meeting)

    assert (renamed.summary, renamed.changed_at) == ("Another evening", LATER)
    assert after.summary == programme.festival.title_in("en")
    assert after.changed_at == at_last


# --- 9: SEQUENCE


def test_line_09_time_place_cancelling_and_restoring_each_count_one(
    browser: Browser, programme: Programme, clock: time_machine.Traveller
) -> None:
    meeting, path = programme.meetings[3], "/en/calendars/all.ics"
    uid = one_of(browser, path, meeting).uid
    other = make.room(centre=programme.centre)
    deeds: list[Callable[[datetime], object]] = [
        lambda now: move(meeting, starts_at=meeting.starts_at + HOUR, now=now),
        lambda now: move(meeting, starts_at=meeting.starts_at, room=other, now=now),
        lambda now: cancel_meeting(meeting, by=boss(meeting), now=now, seen=meeting.sequence),
        lambda now: restore_meeting(meeting, by=boss(meeting), now=now, seen=meeting.sequence),
    ]
    for number, deed in enumerate(deeds, 1):
        now = BEFORE + number * HOUR
        clock.move_to(now)
        deed(now)
        db.session.commit()
        found = one_of(browser, path, meeting)
        assert (found.uid, found.sequence, found.changed_at) == (uid, number, now)


@pytest.mark.parametrize("deed", [retitle, retitle_all, translate, change_level, put_online])
def test_line_09_words_alone_do_not_count(
    browser: Browser, programme: Programme, deed: Callable[[Programme, datetime], None]
) -> None:
    deed(programme, LATER)
    db.session.commit()

    assert one_of(browser, "/en/calendars/all.ics", programme.meetings[3]).sequence == 0


# --- 10: cancelled


def test_line_10_a_cancelled_one_says_so_in_every_language_and_does_not_ring(
    feeds: list[Feed],
) -> None:
    for feed in feeds:
        for event in read(feed.body).named("VEVENT"):
            cancelled = event.value("STATUS") == "CANCELLED"
            assert event.value("SUMMARY").startswith(PREFIX[feed.language]) is cancelled
            takes_time = event.value("STATUS") == "CONFIRMED"
            assert event.value("TRANSP") == ("OPAQUE" if takes_time else "TRANSPARENT")
            assert not (cancelled and event.parts)
    for language in LANGUAGES:
        mine = [feed for feed in feeds if feed.language == language]
        assert {feed.is_public for feed in mine if PREFIX[language] in feed.text} == {True, False}


@pytest.mark.parametrize("secret", [False, True])
def test_line_10_a_cancelled_one_stays_for_thirty_days_after_its_start(
    browser: Browser, programme: Programme, clock: time_machine.Traveller, secret: bool
) -> None:
    path = link_for(programme.layla) if secret else "/ro/calendars/all.ics"
    off = programme.meetings[7]
    ref, starts_at = off.ref, off.starts_at

    clock.move_to(starts_at + 30 * DAY - timedelta(seconds=1))
    assert ref in refs_in(browser, path)
    clock.move_to(starts_at + 31 * DAY)  # a feed reads the same for a day
    assert ref not in refs_in(browser, path)


# --- 11: no UID of its own


def test_line_11_the_calendar_itself_has_no_uid(feeds: list[Feed]) -> None:
    for feed in feeds:
        assert not read(feed.body).all("UID")
        assert not re.search(r"\r\nUID", feed.text.partition("BEGIN:VTIMEZONE")[0])


# --- 12: alarms


def test_line_12_one_message_before_the_start_for_whoever_asked(feeds: list[Feed]) -> None:
    for feed in feeds:
        for event in read(feed.body).named("VEVENT"):
            for alarm in event.parts:
                names = sorted(line.name for line in alarm.lines)
                assert (alarm.name, names) == ("VALARM", ["ACTION", "DESCRIPTION", "TRIGGER"])
                assert alarm.value("ACTION") == "DISPLAY"
                assert alarm.value("DESCRIPTION") == event.value("SUMMARY")
            assert len(event.parts) <= 1
        public_one = feed.is_public and "alarm=" not in feed.path
        assert not (public_one and "VALARM" in feed.text), feed.path
    assert {timedelta(hours=1)} == {
        lead for f in of(feeds, public=False) for e in by_icalendar(f.body) for lead in e.rings
    }


@pytest.mark.parametrize(
    ("asked", "lead"),
    [("PT15M", 15), ("PT1H", 60), ("PT2H", 120), ("P1D", 1440)],
)
def test_line_12_a_public_feed_rings_when_its_address_asks(
    browser: Browser, programme: Programme, asked: str, lead: int
) -> None:
    body = fetch(browser, f"/fa/calendars/all.ics?alarm={asked}").data

    assert problems(body) == []
    rings = {event.rings for event in by_icalendar(body) if event.status == "CONFIRMED"}
    assert rings == {(timedelta(minutes=lead),)}
    assert {e.rings for e in by_icalendar(body) if e.status == "CANCELLED"} == {()}


@pytest.mark.parametrize("asked", ["", "PT3H", "-PT2H", "pt2h", "1", "PT2H%0D%0AX:1", "%F0%9F"])
def test_line_12_what_is_no_alarm_of_ours_is_no_alarm(
    browser: Browser, programme: Programme, asked: str
) -> None:
    plain, odd = (
        fetch(browser, "/calendars/all.ics"),
        fetch(browser, f"/calendars/all.ics?alarm={asked}"),
    )

    assert (odd.status_code, odd.data) == (200, plain.data)


# --- 13: what surrounds the events


def test_line_13_each_feed_says_when_to_come_back(feeds: list[Feed]) -> None:
    for feed in feeds:
        head = feed.body.partition(b"BEGIN:VTIMEZONE")[0]
        assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in head
        assert b"\r\nX-PUBLISHED-TTL:PT1H\r\n" in head


def test_line_13_a_public_feed_names_its_own_address(feeds: list[Feed]) -> None:
    for feed in of(feeds, public=True):
        assert f"\r\nSOURCE;VALUE=URI:http://127.0.0.1:8000{feed.path}\r\n" in feed.text


def test_line_13_no_secret_link_stands_in_a_private_feed(feeds: list[Feed]) -> None:
    for feed in of(feeds, public=False):
        token = feed.path.removeprefix("/c/").removesuffix(".ics")
        assert token not in feed.text
        assert "/c/" not in feed.text
        assert not feed.values("SOURCE")


def test_line_13_listed_events_have_the_colour_of_their_kind(feeds: list[Feed]) -> None:
    colours = {kind.policy.color for kind in (Kind.COURSE, Kind.ORIENTATION, Kind.CULTURAL)}
    assert {line for feed in of(feeds, public=True) for line in feed.values("COLOR")} == colours


def test_line_13_an_online_link_stands_in_conference_and_in_the_description(
    feeds: list[Feed],
) -> None:
    for feed in of(feeds, public=False):
        events = [e for e in read(feed.body).named("VEVENT") if e.all("CONFERENCE")]
        assert len(events) == (0 if feed.owner == "room" else 1)  # the online one is in no room
        for event in events:
            (line,) = event.all("CONFERENCE")
            assert (line.parameters["VALUE"], line.value) == ("URI", "https://meet.example/a1,b;c")
            (seen,) = [e for e in by_icalendar(feed.body) if e.uid == event.value("UID")]
            assert "https://meet.example/a1,b;c" in seen.description
    assert not any("CONFERENCE" in feed.text for feed in of(feeds, public=True))


def test_line_13_texts_say_in_which_language_the_reader_chose(feeds: list[Feed]) -> None:
    for feed in feeds:
        tags = set(re.findall(r"^(?!X-)[A-Z]+;LANGUAGE=([\w-]+):", feed.text, re.MULTILINE))
        assert tags == {feed.language}, feed.path


# --- 14: headers, HEAD, validators, gzip


def test_line_14_each_feed_comes_with_its_headers(feeds: list[Feed]) -> None:
    for feed in feeds:
        headers = feed.headers
        assert headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert headers["Content-Disposition"] == 'inline; filename="calendar.ics"'
        cache = "public, max-age=900" if feed.is_public else "private, no-cache"
        assert headers["Cache-Control"] == cache
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "Accept-Encoding" in headers["Vary"]
        assert headers["ETag"].startswith('"')
        assert "Last-Modified" in headers
        assert "Set-Cookie" not in headers


SAME = ("ETag", "Cache-Control", "Vary", "Last-Modified", "Content-Type", "Content-Encoding")


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("packed", [PLAIN, ZIPPED])
def test_line_14_head_and_304_say_the_same_as_get(
    browser: Browser, programme: Programme, packed: dict[str, str], secret: bool
) -> None:
    path = link_for(programme.amina) if secret else "/uk/calendars/all.ics"
    browser.get(path, headers=packed)
    get, head = browser.get(path, headers=packed), browser.head(path, headers=packed)
    tag, date = get.headers["ETag"], get.headers["Last-Modified"]

    assert (head.status_code, head.data) == (200, b"")
    assert [head.headers.get(name) for name in SAME] == [get.headers.get(name) for name in SAME]
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    for asked in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"other", {tag}'},
        {"If-None-Match": f"W/{tag}"},
        {"If-None-Match": "*"},
        {"If-Modified-Since": date},
        {"If-None-Match": tag, "If-Modified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"},
    ):
        for method in (browser.get, browser.head):
            told = method(path, headers=packed | asked)
            assert (told.status_code, told.data) == (304, b""), asked
            for name in ("ETag", "Cache-Control", "Vary"):
                assert told.headers[name] == get.headers[name], asked
    by_both = {"If-None-Match": '"other"', "If-Modified-Since": date}
    assert browser.get(path, headers=packed | by_both).status_code == 200  # RFC 9110 §13.2.2


def test_line_14_gzip_has_the_same_words_under_a_tag_of_its_own(
    browser: Browser, programme: Programme
) -> None:
    for path in ("/ar/calendars/all.ics", link_for(programme.layla)):
        plain, zipped = (browser.get(path, headers=headers) for headers in (PLAIN, ZIPPED))
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert len(zipped.data) < len(plain.data)
        assert body_of(zipped) == plain.data
        assert zipped.headers["ETag"] != plain.headers["ETag"]
        crossed = {"If-None-Match": zipped.headers["ETag"]}
        assert fetch(browser, path, **crossed).status_code == 200


# --- 15: addresses


def test_line_15_addresses_are_short_and_open_without_a_password(feeds: list[Feed]) -> None:
    for feed in feeds:
        assert len(f"https://punte.example-of-a-rather-long-name.org{feed.path}") <= 256
        assert "WWW-Authenticate" not in feed.headers


def test_line_15_robots_txt_keeps_no_calendar_program_away(browser: Browser) -> None:
    robots = browser.get("/robots.txt")
    assert robots.status_code == 404 or b"/c" not in robots.data


def test_line_15_unknown_is_404_and_revoked_410_with_nothing_to_read(
    browser: Browser, programme: Programme
) -> None:
    path = link_for(programme.layla)
    link = db.session.scalars(select(FeedLink)).one()
    revoke_link(link, now=BEFORE)
    db.session.commit()

    answers = [fetch(browser, one) for one in (path, "/c/" + "x" * 43 + ".ics", "/c/.ics")]

    assert [answer.status_code for answer in answers] == [410, 404, 404]
    for answer in answers:
        assert b"VCALENDAR" not in answer.data
        assert answer.headers["Cache-Control"] == "no-store"


def test_line_15_whoever_no_longer_plans_there_is_told_that_it_is_gone(
    browser: Browser, programme: Programme
) -> None:
    person = programme.course.coordinator
    given = (
        {"scope": LinkScope.CENTRE, "centre_id": programme.centre.id},
        {"scope": LinkScope.ROOM, "room_id": programme.closed_room.id},
    )
    paths = [link_for(person, **chosen) for chosen in given]
    before = [fetch(browser, path).status_code for path in paths]
    db.session.execute(delete(Membership).where(Membership.person_id == person.id))
    db.session.commit()

    assert before == [200, 200]
    assert [fetch(browser, path).status_code for path in paths] == [410, 410]


@pytest.mark.parametrize(
    "code",
    [
        "cluj",
        "cluj-napoca",
        "cluj_napoca",
    ],
)
def test_line_15_every_address_that_the_page_shows_opens(
    browser: Browser, clock: time_machine.Traveller, code: str
) -> None:
    make.meeting(activity=make.activity(centre=make.centre(code=code)))
    db.session.commit()

    pages = set(re.findall(r'href="[^"]*(/en/calendars/.*?)"', browser.get("/en/calendars").text))
    paths = pages | {f"{page}.ics" for page in pages}

    assert f"/en/calendars/centre-{code}.ics" in paths
    assert {path: fetch(browser, path).status_code for path in paths} == dict.fromkeys(paths, 200)


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/calendars/all.ics", "/ar/calendars/all.ics"])
def test_line_15_a_database_that_does_not_answer_is_503_come_back_later(
    browser: Browser, clock: time_machine.Traveller, path: str
) -> None:
    """A missing table raises the same error on SQLite as one that is locked for too long."""
    db.session.execute(text("ALTER TABLE meeting RENAME TO elsewhere"))

    answer = fetch(browser, path)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "600")
    assert answer.mimetype == "text/plain"


# --- 16: the window


@pytest.mark.parametrize("secret", [False, True])
def test_line_16_from_thirty_days_ago_to_a_year_ahead(
    browser: Browser, clock: time_machine.Traveller, secret: bool
) -> None:
    activity, layla = make.activity(), make.person()
    days = (-32, -30, -29, 0, 364, 365, 368)
    refs = {}
    for day in days:
        meeting = make.meeting(activity=activity, starts_at=BEFORE + day * DAY + HOUR)
        book(layla, meeting, Part.LEARNER)
        refs[meeting.ref] = day
    path = link_for(layla) if secret else "/calendars/all.ics"
    db.session.commit()

    assert [refs[ref] for ref in sorted(refs_in(browser, path), key=lambda r: refs[r])] == [
        *(-30, -29, 0, 364, 365)
    ]


def test_line_16_an_empty_feed_is_a_calendar_with_its_time_zone(
    browser: Browser, clock: time_machine.Traveller
) -> None:
    path = link_for(make.person())
    for where in (path, *(f"/{language}/calendars/all.ics" for language in LANGUAGES)):
        body = fetch(browser, where).data
        assert problems(body, secret=where.startswith("/c/")) == []
        assert body.count(b"BEGIN:VTIMEZONE") == 1
        assert [seen(body) for seen in PRESENT] == [[]] * len(PRESENT)


# --- 17: the token


def test_line_17_a_token_has_256_bits_and_only_its_hash_is_kept(
    app: Flask, programme: Programme
) -> None:
    paths = [link_for(programme.layla) for _n in range(20)]
    tokens = [path.removeprefix("/c/").removesuffix(".ics") for path in paths]

    assert len(set(tokens)) == 20
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)  # 43 × 6 bits > 256
    app.test_client().get(paths[0])
    everything = all_that_is_kept()
    for token in tokens:
        assert token not in everything
        assert hashlib.sha256(token.encode()).hexdigest() in everything


def all_that_is_kept() -> str:
    """Every row of every table, as text."""
    db.session.expire_all()
    tables = inspect(db.session.connection()).get_table_names()
    return "\n".join(
        repr(row)
        for table in tables
        for row in db.session.execute(text(f'SELECT * FROM "{table}"'))
    )


def test_line_17_it_is_shown_once_and_opens_nothing_else(
    app: Flask, browser: Browser, programme: Programme
) -> None:
    browser.sign_in(programme.layla)
    made = browser.post("/my-calendars", data={"label": "phone", "language": "en", "alarm": ""})
    token = re.findall(r"/c/([\w-]{43})\.ics", made.text)[0]
    stranger = app.test_client()

    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert token not in browser.get("/my-calendars").text
    feed = stranger.get(f"/c/{token}.ics")
    assert feed.status_code == 200
    assert "Set-Cookie" not in feed.headers
    for method, path in (
        ("GET", "/mine"),
        ("GET", "/my-calendars"),
        ("GET", f"/mine?token={token}"),
        ("POST", "/my-calendars"),
    ):
        answer = stranger.open(path, method=method, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, "/sign-in" in answer.location) == (303, True), path
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert stranger.open(f"/c/{token}.ics", method=method).status_code == 405


def test_line_17_it_is_in_no_log(
    browser: Browser, programme: Programme, caplog: pytest.LogCaptureFixture
) -> None:
    path = link_for(programme.layla)
    token = path.removeprefix("/c/").removesuffix(".ics")
    caplog.set_level("DEBUG")

    answers = [
        browser.get(path),
        browser.get(path, headers={"If-None-Match": "*"}),
        browser.post(path),
        browser.get(path.replace(".ics", "x.ics")),
        browser.get(path.removesuffix(".ics")),
        browser.get(f"/ar{path}?x=%00"),
    ]

    assert [answer.status_code for answer in answers] == [200, 304, 405, 404, 404, 400]
    assert token not in caplog.text


# --- 18: privacy


def allowed(feed: Feed) -> tuple[str, ...]:
    """What may stand in this feed alone: the rooms of courses, for those who come or plan them;
    where the mediator meets somebody."""
    if feed.is_public:
        return ()
    room = ("Canary-room", "Canary-street")
    return (*room, "Canary-point") if feed.owner == AMINA else room


def test_line_18_no_canary_stands_in_any_feed_of_any_language(feeds: list[Feed]) -> None:
    for feed in feeds:
        everything = feed.text + "".join(f"{name}: {value}" for name, value in feed.headers.items())
        for canary in CANARIES:
            assert canary in allowed(feed) or canary not in everything, (feed.path, canary)


def test_line_18_what_is_protected_is_a_time_and_a_word_in_the_feed_of_its_people(
    feeds: list[Feed],
) -> None:
    told = {"UID", "SUMMARY", "ORGANIZER", "STATUS", "TRANSP", "CLASS", *ONE_OF_EACH}
    for feed in of(feeds, public=False):
        secret = [e for e in read(feed.body).named("VEVENT") if e.value("CLASS") == "PRIVATE"]
        assert len(secret) == {LAYLA: 2, AMINA: 4, "centre": 3, "room": 0}[feed.owner]
        neutral = NEUTRAL[feed.language]
        for event in secret:
            words = event.value("SUMMARY").removeprefix(PREFIX[feed.language])
            assert words.endswith(neutral) or (feed.owner == AMINA and "K7-M4C" in words)
            assert {line.name for line in event.lines} == told
    assert not any("CLASS" in feed.text for feed in of(feeds, public=True))


def test_line_18_an_appointment_is_a_code_and_a_meeting_point_for_its_mediator_alone(
    feeds: list[Feed],
) -> None:
    for feed in of(feeds, public=False):
        is_helper = feed.owner == AMINA
        shown = [text for text in feed.values("SUMMARY") if "K7-M4C" in text]
        assert shown == (["K7-M4C – Canary-point\\, poarta 2"] if is_helper else [])


def test_line_18_nobodys_room_of_a_course_is_public(feeds: list[Feed]) -> None:
    for feed in of(feeds, public=True):
        places = set(feed.values("LOCATION"))
        assert places <= {
            "Brașov\\, centru\\; 1\\, Str. Lungă 5\\\\7",
            "Sala mare\\, etaj\\; 2\\, Brașov\\, centru\\; 1\\, Str. Lungă 5\\\\7",
        }


def test_line_18_what_is_protected_changes_no_byte_and_no_header_of_a_public_feed(
    browser: Browser, programme: Programme, clock: time_machine.Traveller
) -> None:
    """Neither its coming, its moving nor its going can be seen by whoever watches."""
    paths = [f"/ro/calendars/{name}.ics" for name in ("all", "centre-brasov", "language-ar")]
    before = [fetch(browser, path) for path in paths]
    clock.shift(HOUR)
    meeting = make.meeting(
        activity=programme.group, room=programme.open_room, starts_at=MONDAY + 40 * DAY
    )
    move(meeting, starts_at=MONDAY + 41 * DAY, now=BEFORE + HOUR)
    cancel_meeting(programme.meetings[4], by=boss(meeting), now=BEFORE + HOUR, seen=0)
    set_texts(programme.group, {"ar": ("Canary-title", "x")}, now=BEFORE + HOUR)
    db.session.commit()

    for path, old in zip(paths, before, strict=True):
        new = fetch(browser, path)
        assert new.data == old.data
        for name in ("ETag", "Last-Modified", "Content-Length"):
            assert new.headers[name] == old.headers[name]
        told = fetch(browser, path, **{"If-None-Match": old.headers["ETag"]})
        assert told.status_code == 304


@pytest.mark.parametrize("what", ["room", "centre"])
def test_line_18_the_last_change_of_a_secret_event_does_not_tell_where_it_is(
    browser: Browser, programme: Programme, what: str
) -> None:
    secret, path = programme.meetings[4], link_for(programme.layla)
    before = one_of(browser, path, secret)
    if what == "room":
        change_room(programme.closed_room, RoomFacts(name="Canary-room 2", capacity=9), now=LATER)
    else:
        centre = db.session.get_one(Centre, programme.centre.id)
        centre.address, centre.changed_at = "Str. Nouă 1", LATER
    db.session.commit()

    assert one_of(browser, path, secret) == before


def test_line_18_neither_head_nor_gzip_nor_304_tells_more(
    browser: Browser, programme: Programme
) -> None:
    paths = [f"/{language}/calendars/all.ics" for language in LANGUAGES]
    paths += [link_for(programme.layla, language=language) for language in LANGUAGES]
    for path in paths:
        tag = browser.get(path, headers=ZIPPED).headers["ETag"]
        answers = [
            browser.get(path, headers=ZIPPED),
            browser.head(path, headers=PLAIN),
            browser.get(path, headers=ZIPPED | {"If-None-Match": tag}),
            browser.get(path, headers=PLAIN | {"Range": "bytes=0-"}),
        ]
        rooms = CANARIES[2:4] if path.startswith("/c/") else ()
        for answer in answers:
            told = str(answer.headers) + body_of(answer).decode().replace("\r\n ", "")
            assert not any(canary in told for canary in CANARIES if canary not in rooms), path


def test_line_18_whoever_is_signed_in_gets_the_same_public_feed(
    app: Flask, browser: Browser, programme: Programme
) -> None:
    stranger = fetch(browser, "/ar/calendars/all.ics")
    for person in (programme.layla, programme.amina, programme.group.coordinator):
        known = Browser(app).sign_in(person)
        answer = fetch(known, "/ar/calendars/all.ics")
        assert answer.data == stranger.data
        assert "Set-Cookie" not in answer.headers


def test_line_18_the_address_of_a_calendar_is_the_path_that_pages_show(feeds: list[Feed]) -> None:
    """No number, no title and no name in it: random, or a word that is published."""
    for feed in feeds:
        name = urlsplit(feed.path).path.rsplit("/", 1)[1].removesuffix(".ics")
        known = (
            r"all|activity-[\w-]{22}|[\w-]{43}|((centre-brasov|kind-[a-z]+|language-[a-z-]+)_?)+"
        )
        assert re.fullmatch(known, name)
