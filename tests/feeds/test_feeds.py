"""Feeds over HTTP: who sees what, validators, 304, revoking, and every line of the checklist."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import icalendar
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text

from app.extensions import db
from app.feeds.answers import PRIVATE, answer
from app.feeds.models import FeedLink, FeedVersion
from app.feeds.operations import make_link, revoke_link
from app.i18n import LANGUAGES
from app.people.models import Person
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Meeting, Part
from app.staffing.moving import cancel_meeting, move_meeting
from tests import make
from tests.conftest import Browser
from tests.feeds.linter import problems
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once
from tests.statements import statements

HEADERS = {"Accept-Encoding": "identity"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def course_meeting(**given: object) -> Meeting:
    here = make.centre(code="brasov", name="Brașov, centru; 1")
    activity = make.activity("Curs, nivel A1; seara", centre=here, support_language="ar")
    room = make.room(centre=here, name="Camera secretă 7")
    return make.meeting(activity=activity, room=room, **given)


def secret_meeting() -> Meeting:
    group = make.womens_group()
    return make.meeting(activity=group, room=make.room(centre=group.centre, name="Camera 9"))


def link_for(person: Person, **given: object) -> tuple[FeedLink, str]:
    defaults = {"label": "phone", "language": "en", "alarm_minutes": None, "now": BEFORE}
    feed, token = make_link(person, **(defaults | given))  # type: ignore[arg-type]
    db.session.commit()
    return feed, f"/c/{token}.ics"


def events(body: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(body).walk("VEVENT"))


NEUTRAL = {
    "ro": "Întâlnire",
    "en": "Meeting",
    "fr": "Rendez-vous",
    "uk": "Зустріч",
    "ru": "Встреча",
    "ar": "موعد",
    "fa": "قرار",
    "tr": "Görüşme",
}


class TestPublicFeeds:
    @pytest.mark.parametrize("name", ["all", "centre-brasov", "kind-course", "language-ar"])
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_course_stands_in_the_feeds_of_its_centre_kind_and_languages(
        self, browser: Browser, name: str, language: str
    ) -> None:
        meeting = course_meeting()
        db.session.commit()

        answer = browser.get(f"/{language}/calendars/{name}.ics", headers=HEADERS)

        assert problems(answer.data) == []
        assert [str(e["UID"]) for e in events(answer.data)] == [f"{meeting.ref}@punte.example"]
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=900"

    def test_the_room_of_a_course_is_not_public_but_that_of_a_festival_is(
        self, browser: Browser
    ) -> None:
        meeting = course_meeting()
        db.session.commit()

        hidden = browser.get("/calendars/all.ics", headers=HEADERS).data
        meeting.activity.kind = Kind.CULTURAL
        meeting.privacy = meeting.activity.privacy = Privacy.PUBLIC
        db.session.commit()
        shown = browser.get("/calendars/all.ics", headers=HEADERS).data

        assert "Camera secretă" not in hidden.decode()
        assert "Camera secretă" in shown.decode().replace("\r\n ", "")

    @pytest.mark.parametrize(
        "name", ["centre-nowhere", "kind-womens_group", "kind-x", "language-xx", "activity-x", "x"]
    )
    def test_there_is_no_such_feed(self, browser: Browser, name: str) -> None:
        assert browser.get(f"/calendars/{name}.ics").status_code == 404

    def test_a_womens_group_stands_in_no_public_feed(self, browser: Browser) -> None:
        meeting = secret_meeting()
        code, ref = meeting.activity.centre.code, meeting.activity.ref
        db.session.commit()

        for name in ("all", f"centre-{code}", "language-ro"):
            assert events(browser.get(f"/calendars/{name}.ics", headers=HEADERS).data) == []
        assert browser.get(f"/calendars/activity-{ref}.ics").status_code == 404

    def test_an_alarm_only_for_whoever_asks_for_one(self, browser: Browser) -> None:
        course_meeting()
        db.session.commit()

        without = browser.get("/calendars/all.ics", headers=HEADERS).data
        with_one = browser.get("/calendars/all.ics?alarm=PT2H", headers=HEADERS).data

        assert b"VALARM" not in without
        assert problems(with_one) == []
        [alarm] = events(with_one)[0].walk("VALARM")
        assert alarm["TRIGGER"].dt == timedelta(hours=-2)

    def test_an_empty_feed_is_a_valid_calendar(self, browser: Browser) -> None:
        body = browser.get("/calendars/all.ics", headers=HEADERS).data

        assert problems(body) == []
        assert b"BEGIN:VTIMEZONE" in body

    def test_a_cancelled_meeting_says_so_for_thirty_days(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        meeting = course_meeting()
        cancel_meeting(meeting, by=meeting.activity.coordinator, now=BEFORE, seen=0)
        db.session.commit()

        body = browser.get("/ro/calendars/all.ics", headers=HEADERS).data
        [cancelled] = events(body)
        assert (str(cancelled["STATUS"]), cancelled["SEQUENCE"]) == ("CANCELLED", 1)
        assert str(cancelled["SUMMARY"]).startswith("Anulat")
        assert problems(body) == []
        clock.move_to(MONDAY + timedelta(days=31))
        assert events(browser.get("/ro/calendars/all.ics", headers=HEADERS).data) == []

    def test_the_language_of_a_feed_is_that_of_its_address_whoever_asks(
        self, browser: Browser
    ) -> None:
        course_meeting()
        db.session.commit()
        accept = {"Accept-Language": "ar", "Accept-Encoding": "identity"}

        assert b"LANGUAGE=ro" in browser.get("/calendars/all.ics", headers=accept).data
        assert b"LANGUAGE=en" in browser.get("/en/calendars/all.ics", headers=accept).data


class TestConditionalGet:
    def test_two_fetches_without_a_change_are_the_same_bytes_and_a_304(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        course_meeting()
        db.session.commit()
        first = browser.get("/calendars/all.ics", headers=HEADERS)
        clock.shift(timedelta(hours=1))

        second = browser.get("/calendars/all.ics", headers=HEADERS)
        by_tag = browser.get(
            "/calendars/all.ics", headers=HEADERS | {"If-None-Match": first.headers["ETag"]}
        )
        by_date = browser.get(
            "/calendars/all.ics",
            headers=HEADERS | {"If-Modified-Since": first.headers["Last-Modified"]},
        )

        assert first.data == second.data
        assert (by_tag.status_code, by_tag.data) == (304, b"")
        assert (by_date.status_code, by_date.data) == (304, b"")
        assert not first.headers["ETag"].startswith("W/")

    def test_a_move_changes_tag_date_sequence_and_last_modified(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        meeting = course_meeting()
        db.session.commit()
        before = browser.get("/calendars/all.ics", headers=HEADERS)
        clock.shift(timedelta(hours=1))
        move_meeting(
            meeting,
            starts_at=MONDAY + timedelta(days=1),
            room=meeting.room,
            ends_at=MONDAY + timedelta(days=1, hours=2),
            by=meeting.activity.coordinator,
            now=BEFORE + timedelta(hours=1),
            seen=0,
        )
        db.session.commit()

        after = browser.get(
            "/calendars/all.ics",
            headers=HEADERS
            | {
                "If-None-Match": before.headers["ETag"],
                "If-Modified-Since": before.headers["Last-Modified"],
            },
        )

        assert after.status_code == 200
        assert after.headers["Last-Modified"] > before.headers["Last-Modified"]
        [old], [new] = events(before.data), events(after.data)
        assert new["UID"] == old["UID"]
        assert (old["SEQUENCE"], new["SEQUENCE"]) == (0, 1)
        assert new["LAST-MODIFIED"].dt > old["LAST-MODIFIED"].dt
        assert new["DTSTART"].dt == MONDAY + timedelta(days=1)

    def test_something_that_leaves_the_feed_is_a_change_too(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        meeting = course_meeting()
        db.session.commit()
        before = browser.get("/calendars/all.ics", headers=HEADERS)
        meeting.privacy = meeting.activity.privacy = Privacy.PROTECTED
        db.session.commit()
        clock.shift(timedelta(minutes=5))

        since = {"If-Modified-Since": before.headers["Last-Modified"]}
        after = browser.get("/calendars/all.ics", headers=HEADERS | since)

        assert (after.status_code, events(after.data)) == (200, [])

    def test_a_change_in_the_second_of_a_fetch_is_not_missed(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        """By date alone, and with the clock standing still: seconds are all that HTTP has."""
        meeting = course_meeting()
        db.session.commit()
        path = "/calendars/all.ics"
        before = browser.get(path, headers=HEADERS)
        since = {"If-Modified-Since": before.headers["Last-Modified"]}
        meeting.privacy = meeting.activity.privacy = Privacy.PROTECTED
        db.session.commit()

        at_once = browser.get(path, headers=HEADERS | since)
        again = browser.get(path, headers=HEADERS | since)
        clock.shift(timedelta(hours=1))
        later = browser.get(path, headers=HEADERS | since)
        dated = {"If-Modified-Since": later.headers["Last-Modified"]}

        for told in (at_once, again, later):
            assert (told.status_code, events(told.data)) == (200, [])
        assert parsed(later) == parsed(before) + timedelta(seconds=1)
        assert "Last-Modified" not in at_once.headers  # never a date to come (RFC 9110, 8.8.2.1)
        assert browser.get(path, headers=HEADERS | dated).status_code == 304

    def test_several_changes_in_one_second_are_as_many_dates(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        meeting, path, dates = course_meeting(), "/calendars/all.ics", []
        for privacy in (Privacy.PUBLIC, Privacy.PROTECTED, Privacy.PUBLIC):
            meeting.privacy = meeting.activity.privacy = privacy
            db.session.commit()
            browser.get(path, headers=HEADERS)
            kept = db.session.scalars(select(FeedVersion)).one()
            dates.append(kept.since)
            db.session.expire_all()

        assert dates == [BEFORE, BEFORE + timedelta(seconds=1), BEFORE + timedelta(seconds=2)]

    def test_gzip_has_a_tag_of_its_own_and_the_same_words(self, browser: Browser) -> None:
        course_meeting()
        db.session.commit()
        plain = browser.get("/calendars/all.ics", headers=HEADERS)
        zipped = browser.get("/calendars/all.ics", headers={"Accept-Encoding": "gzip"})
        tag = {"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]}

        assert gzip.decompress(zipped.data) == plain.data
        assert zipped.headers["ETag"] != plain.headers["ETag"]
        assert "Accept-Encoding" in zipped.headers["Vary"]
        assert browser.get("/calendars/all.ics", headers=tag).status_code == 304

    def test_head_answers_like_get_without_a_body(self, browser: Browser) -> None:
        course_meeting()
        db.session.commit()
        get = browser.get("/calendars/all.ics", headers=HEADERS)
        head = browser.head("/calendars/all.ics", headers=HEADERS)

        assert head.data == b""
        assert head.headers["ETag"] == get.headers["ETag"]


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
def test_a_database_that_does_not_answer_asks_programs_to_come_back_later(
    browser: Browser,
) -> None:
    """A missing table raises the same error on SQLite as one that is locked for too long."""
    db.session.execute(text("ALTER TABLE feed_version RENAME TO elsewhere"))

    answer = browser.get("/calendars/all.ics")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "600")
    assert answer.mimetype == "text/plain"


class TestSecretFeeds:
    def test_it_shows_where_its_owner_is_expected_with_the_room(self, browser: Browser) -> None:
        meeting = course_meeting()
        layla = make.person()
        book(layla, meeting, Part.LEARNER)
        make.meeting()  # somebody else's
        _feed, path = link_for(layla)

        answer = browser.get(path, headers=HEADERS)

        assert problems(answer.data) == []
        [only] = events(answer.data)
        assert "Camera secretă 7" in str(only["LOCATION"])
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]

    @pytest.mark.parametrize("part", Part)
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_womens_group_is_a_time_and_a_neutral_word(
        self, browser: Browser, part: Part, language: str
    ) -> None:
        meeting, layla = secret_meeting(), make.person()
        book(layla, meeting, part)
        _feed, path = link_for(layla, language=language)

        body = browser.get(path, headers=HEADERS).data

        assert problems(body) == []
        [only] = events(body)
        assert str(only["SUMMARY"]) == NEUTRAL[language]
        assert str(only["CLASS"]) == "PRIVATE"
        assert not {"LOCATION", "DESCRIPTION", "URL", "CATEGORIES", "COLOR"} & set(only.keys())
        for word in ("Quiet circle", "Camera 9", meeting.activity.centre.name):
            assert word not in body.decode()

    def test_an_individual_meeting_stands_in_no_learners_feed(self, browser: Browser) -> None:
        meeting, layla = secret_meeting(), make.person()
        meeting.privacy = meeting.activity.privacy = Privacy.INDIVIDUAL
        book(layla, meeting, Part.LEARNER)
        _feed, path = link_for(layla)

        assert events(browser.get(path, headers=HEADERS).data) == []

    def test_unknown_is_404_and_revoked_is_410(self, browser: Browser) -> None:
        feed, path = link_for(make.person())

        assert browser.get("/c/" + "x" * 43 + ".ics").status_code == 404
        assert browser.get(path).status_code == 200
        revoke_link(db.session.merge(feed), now=BEFORE)
        db.session.commit()
        assert browser.get(path).status_code == 410

    def test_only_a_hash_is_kept_and_fetching_is_remembered(self, browser: Browser) -> None:
        feed, path = link_for(make.person())
        token = path.removeprefix("/c/").removesuffix(".ics")
        browser.get(path, headers={"User-Agent": "Google-Calendar-Importer"})

        db.session.expire_all()
        kept = db.session.get_one(FeedLink, feed.id)
        assert token not in str(vars(kept))
        assert len(token) >= 43  # 256 bits
        assert (kept.fetched_at, kept.fetched_by) == (BEFORE, "Google-Calendar-Importer")

    def test_the_online_link_is_for_those_who_come(self, browser: Browser) -> None:
        meeting, layla = course_meeting(online_url="https://meet.example/abc"), make.person()
        book(layla, meeting, Part.LEARNER)
        _feed, path = link_for(layla)

        assert b"meet.example" in browser.get(path, headers=HEADERS).data
        assert b"meet.example" not in browser.get("/calendars/all.ics", headers=HEADERS).data

    def test_an_alarm_that_is_switched_on_is_a_change(self, browser: Browser) -> None:
        meeting, layla = course_meeting(), make.person()
        book(layla, meeting, Part.LEARNER)
        _feed, silent = link_for(layla)
        later = BEFORE + timedelta(hours=1)
        _feed, loud = link_for(layla, alarm_minutes=60, now=later)

        [quiet], [ringing] = (events(browser.get(p, headers=HEADERS).data) for p in (silent, loud))

        assert list(quiet.walk("VALARM")) == []
        assert [a["TRIGGER"].dt for a in ringing.walk("VALARM")] == [timedelta(hours=-1)]
        assert ringing["LAST-MODIFIED"].dt == later

    def test_a_poll_takes_as_many_statements_for_thirty_meetings_as_for_three(
        self, browser: Browser
    ) -> None:
        layla, counts = make.person(), []
        _feed, path = link_for(layla)
        for start in (0, 3):
            for day in range(start, 3 if start == 0 else 30):
                activity = make.activity()
                meeting = make.meeting(
                    activity=activity,
                    room=make.room(centre=activity.centre),
                    starts_at=MONDAY + timedelta(days=day),
                )
                book(layla, meeting, Part.LEARNER)
            db.session.commit()
            browser.get(path)
            counts.append(len(statements(lambda: browser.get(path))))

        assert counts[0] == counts[1] <= 5


def parsed(answer: Any) -> datetime:
    return parsedate_to_datetime(answer.headers["Last-Modified"])


def test_of_two_that_read_differently_at_once_one_date_means_one_body(racing_app: Flask) -> None:
    """A date that went out with other bytes than those remembered would be a 304 for ever."""
    dates = 0
    for turn in range(10):

        def fetch(body: bytes, key: str = f"feed {turn}") -> tuple[bytes, datetime | None]:
            with racing_app.test_request_context():
                return body, answer(body, key=key, cache=PRIVATE).last_modified

        clicks = [partial(fetch, f"body {n}".encode()) for n in range(4)]
        results: list[Any] = all_at_once(racing_app, clicks)

        dated = [since for _body, since in results if since is not None]
        assert len(dated) == len(set(dated)), results
        dates += len(dated)
    assert dates


def test_the_token_is_in_no_log(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    _feed, path = link_for(make.person())
    caplog.set_level("DEBUG")
    browser.get(path)
    browser.get(path.replace(".ics", "x.ics"))

    assert path.removeprefix("/c/")[:20] not in caplog.text


def test_dtstamp_is_the_last_change_and_never_now(browser: Browser) -> None:
    meeting = course_meeting()
    db.session.commit()

    [only] = events(browser.get("/calendars/all.ics", headers=HEADERS).data)

    moments = {only["DTSTAMP"].dt, only["LAST-MODIFIED"].dt}
    assert moments == {meeting.changed_at}
