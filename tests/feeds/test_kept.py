"""What is kept of feeds: never older than the truth, and as little work as there is to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Context
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, text, update

from app.database import only_reading, writing
from app.extensions import db
from app.feeds.calendar import Kept, written
from app.feeds.kept import events_of, public_standing, worth_keeping
from app.feeds.looks import event_of
from app.feeds.models import FeedLink, KeptEvent, KeptFeed, Look, Touch
from app.feeds.operations import fold_touches, make_link
from app.feeds.queries import PublicFeed, Window, public_entries
from app.feeds.reading import program
from app.i18n import in_language
from app.people.models import Person
from app.programme.bookings import book
from app.programme.models import ActivityText, Meeting, MeetingText, Part
from app.staffing.moving import move_meeting
from app.web import note_aside
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.statements import statements

GZIP, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}
TABLES = (
    "booking", "assignment", "need", "confidant", "membership", "room", "centre",
    "meeting", "meeting_text", "activity", "activity_text",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def path_for(person: Person) -> str:
    _feed, token = make_link(person, label="phone", language="en", alarm_minutes=60, now=BEFORE)
    db.session.commit()
    return f"/c/{token}.ics"


def course(many: int, person: Person) -> list[Meeting]:
    """So many meetings of one activity, one each day, at which *person* is expected."""
    activity = make.activity()
    room = make.room(centre=activity.centre)
    meetings = [
        make.meeting(activity=activity, room=room, starts_at=MONDAY + timedelta(days=day))
        for day in range(many)
    ]
    for meeting in meetings:
        book(person, meeting, Part.LEARNER)
    db.session.commit()
    return meetings


class TestAPollWithoutNews:
    @pytest.mark.parametrize("path", ["own", "/calendars/all.ics", "/ar/calendars/all.ics"])
    def test_is_one_read_of_no_meeting(self, browser: Browser, path: str) -> None:
        layla = make.person()
        course(3, layla)
        address = path_for(layla) if path == "own" else path
        first = browser.get(address, headers=GZIP)
        known = GZIP | {"If-None-Match": first.headers["ETag"]}

        seen = statements(lambda: browser.get(address, headers=known))

        assert browser.get(address, headers=known).status_code == 304
        assert len(seen) == 1
        assert "kept_event" not in seen[0]
        assert "FROM meeting" not in seen[0]
        assert "FROM booking" not in seen[0]

    @pytest.mark.parametrize("path", ["own", "/calendars/all.ics"])
    def test_reads_the_text_too_for_whoever_has_nothing(self, browser: Browser, path: str) -> None:
        layla = make.person()
        course(3, layla)
        address = path_for(layla) if path == "own" else path
        first = browser.get(address, headers=GZIP)

        seen = statements(lambda: browser.get(address, headers=GZIP))

        assert len(seen) == 1
        assert browser.get(address, headers=GZIP).data == first.data

    @pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
    def test_and_once_more_for_whoever_has_another(self, browser: Browser, header: str) -> None:
        course(3, make.person())
        first = browser.get("/calendars/all.ics", headers=GZIP)
        other = '"another"' if header == "If-None-Match" else "Sat, 01 Jan 2000 00:00:00 GMT"
        known = GZIP | {header: other}

        seen = statements(lambda: browser.get("/calendars/all.ics", headers=known))

        assert len(seen) == 2
        assert browser.get("/calendars/all.ics", headers=known).data == first.data

    def test_costs_the_same_after_something_that_is_not_theirs(self, browser: Browser) -> None:
        layla, other = make.person(), make.person()
        course(2, layla)
        [theirs, _] = course(2, other)
        path = path_for(layla)
        browser.get(path)
        theirs.changed_at = BEFORE
        course(2, make.person())

        assert len(statements(lambda: browser.get(path))) == 1


class TestOneEdit:
    def test_writes_one_event_anew_for_each_language(self, browser: Browser) -> None:
        meetings = course(5, make.person())
        paths = ["/ro/calendars/all.ics", "/ar/calendars/all.ics"]
        for path in paths:
            browser.get(path)
        before = kept_versions()

        moved = meetings[2]
        move_meeting(
            moved,
            starts_at=moved.starts_at + timedelta(hours=1),
            ends_at=moved.ends_at + timedelta(hours=1),
            room=moved.room,
            by=moved.activity.coordinator,
            now=BEFORE,
            seen=0,
        )
        db.session.commit()
        for path in paths:
            browser.get(path)

        changed = {key for key, version in kept_versions().items() if before[key] != version}
        assert changed == {(moved.id, "ro"), (moved.id, "ar")}

    def test_of_a_room_writes_everything_anew(self, browser: Browser) -> None:
        layla = make.person()
        [meeting] = course(1, layla)
        path = path_for(layla)
        browser.get(path)
        assert meeting.room is not None
        meeting.room.name, meeting.room.changed_at = "Another room", BEFORE
        db.session.commit()

        assert b"Another room" in browser.get(path, headers={"Accept-Encoding": ""}).data


class TestWhatIsKept:
    def test_brings_its_time_zone_along(self, browser: Browser) -> None:
        here, there = make.centre(), make.centre(zone="Europe/Berlin")
        meetings = [make.meeting(activity=make.activity(centre=one)) for one in (here, there)]
        db.session.commit()
        first = browser.get("/calendars/all.ics", headers=PLAIN).data
        meetings[0].changed_at = BEFORE
        db.session.commit()

        again = browser.get("/calendars/all.ics", headers=PLAIN).data

        assert again != first
        zones = [line for line in again.split(b"\r\n") if line.startswith(b"TZID:")]
        assert zones == [b"TZID:Europe/Berlin", b"TZID:Europe/Bucharest"]

    def test_stands_by_time_and_then_in_the_order_of_making(self, browser: Browser) -> None:
        activity, days = make.activity(), (2, 1, 3, 1)
        meetings = [
            make.meeting(activity=activity, starts_at=MONDAY + timedelta(days=day)) for day in days
        ]
        db.session.commit()
        browser.get("/calendars/all.ics")
        meetings[1].changed_at = BEFORE
        db.session.commit()

        again = browser.get("/calendars/all.ics", headers=PLAIN).data

        order = [meetings[number].ref for number in (1, 3, 0, 2)]
        uids = [line[4:] for line in again.split(b"\r\n") if line.startswith(b"UID:")]
        assert [uid.decode().partition("@")[0] for uid in uids] == order


def kept_versions() -> dict[tuple[int, str], int]:
    db.session.expire_all()
    rows = db.session.execute(
        select(KeptEvent.meeting_id, KeptEvent.language, KeptEvent.version)
    ).all()
    return {(meeting_id, language): version for meeting_id, language, version in rows}


class TestNothingKept:
    def test_outlives_the_day(self, browser: Browser, clock: time_machine.Traveller) -> None:
        course(1, make.person())
        assert b"VEVENT" in browser.get("/calendars/all.ics", headers={"Accept-Encoding": ""}).data

        clock.shift(MONDAY + timedelta(days=31) - BEFORE)

        later = browser.get("/calendars/all.ics", headers={"Accept-Encoding": ""}).data
        assert b"VEVENT" not in later

    def test_outlives_its_link(self, browser: Browser) -> None:
        layla = make.person()
        course(1, layla)
        path = path_for(layla)
        browser.get(path)
        [ref] = db.session.scalars(select(FeedLink.ref))
        browser.sign_in(layla).post(f"/my-calendars/{ref}/end")

        assert browser.get(path).status_code == 410
        assert db.session.scalars(select(func.count()).select_from(KeptFeed)).one() == 0

    def test_is_in_use_after_an_update_of_the_program(
        self, browser: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        course(1, make.person())
        browser.get("/calendars/all.ics")
        monkeypatch.setitem(app.extensions, "app.feeds.reading", "another version")

        seen = statements(lambda: browser.get("/calendars/all.ics"))

        assert any("INSERT INTO kept_event" in one for one in seen)

    def test_is_kept_of_a_name_that_was_made_up(self, browser: Browser) -> None:
        for name in ("language-ti", "centre-nowhere", "kind-course_language-ti"):
            browser.get(f"/calendars/{name}.ics")

        assert db.session.scalars(select(KeptFeed)).all() == []


class TestTouches:
    @pytest.mark.parametrize("table", TABLES)
    def test_each_table_that_a_feed_shows_counts_its_changes(self, app: Flask, table: str) -> None:
        catalogue = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
            if db.engine.dialect.name == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:table)"
        )
        names = set(db.session.scalars(text(catalogue), {"table": table}))

        a_new_one_is_shown = table not in ("room", "centre")
        wanted = {"update", "delete"} | ({"insert"} if a_new_one_is_shown else set())
        assert {f"touch_{table}_{deed}" for deed in wanted} <= names

    def test_folding_them_changes_no_count(self, app: Flask) -> None:
        course(3, make.person())
        counts = counted()

        fold_touches()
        db.session.commit()

        assert counted() == counts
        rows = db.session.scalars(select(func.count()).select_from(Touch)).one()
        assert rows == len(counts)


def counted() -> dict[tuple[str, int], int]:
    rows = db.session.execute(
        select(Touch.subject, Touch.subject_id, func.sum(Touch.weight)).group_by(
            Touch.subject, Touch.subject_id
        )
    )
    return {(subject, subject_id): int(total) for subject, subject_id, total in rows}


def test_a_poll_leaves_the_connection_as_it_was(racing_app: Flask) -> None:
    """It reads without a transaction; whoever has the connection next needs one."""
    with racing_app.app_context():
        activity_id = make.meeting(activity=make.activity("Old title")).activity_id
        db.session.commit()
        for _poll in range(2):
            racing_app.test_client().get("/calendars/all.ics")

        db.session.execute(update(ActivityText).values(title="Not to be kept"))
        db.session.rollback()

        title = select(ActivityText.title).where(ActivityText.activity_id == activity_id)
        assert db.session.scalars(title).all() == ["Old title"]


def test_a_change_while_a_feed_is_written_is_in_the_next_answer(racing_app: Flask) -> None:
    """What was read before a change must not pass for what is true after it."""
    with racing_app.app_context():
        meeting_id = make.meeting(activity=make.activity("Old title")).id
        db.session.commit()

    def change_it() -> None:
        words = {"title": "New title", "folded": "new title", "changed_at": BEFORE}
        db.session.add(MeetingText(meeting_id=meeting_id, language="ro", **words))

    def write(meeting: Meeting, look: Look) -> Kept:
        kept = written(event_of(meeting, look, "ro"), organizer="p@x.example", organizer_name="P")
        with writing():
            assert all_at_once(racing_app, [change_it]) == [None]
        return kept

    with only_reading(), racing_app.test_request_context(), in_language("ro"):
        standing = public_standing("ro:all:", centre="", activity="", program=program())
        entries = public_entries(PublicFeed(), Window.at(BEFORE))
        events = events_of(entries, language="ro", generation=standing.generation, write=write)
        body = b"".join(events.texts(alarm=None, changed=None))
        day = BEFORE + timedelta(days=1)
        feed = worth_keeping(standing, body, key="ro:all:", link_id=None, until=day, now=BEFORE)
        note_aside(*events.notes, feed)

    assert b"Old title" in body
    client = racing_app.test_client()
    assert b"New title" in Context().run(client.get, "/ro/calendars/all.ics", headers=PLAIN).data
