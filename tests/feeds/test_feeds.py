"""Feeds over HTTP: who finds what in which, and dates that belong to one body each.

What calendar programs need of each of them is in `test_checklist`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import icalendar
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.feeds.kept import digest_of, public_standing, since_when, worth_keeping
from app.feeds.models import FeedLink, KeptFeed
from app.feeds.operations import make_link
from app.people.models import Person
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Meeting, Part
from app.web import note_aside
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


class TestPublicFeeds:
    @pytest.mark.parametrize("name", ["all", "centre-brasov", "kind-course", "language-ar"])
    def test_a_course_stands_in_the_feeds_of_its_centre_kind_and_languages(
        self, browser: Browser, name: str
    ) -> None:
        meeting = course_meeting()
        db.session.commit()

        answer = browser.get(f"/calendars/{name}.ics", headers=HEADERS)

        assert problems(answer.data) == []
        assert [str(e["UID"]) for e in events(answer.data)] == [f"{meeting.ref}@punte.example"]

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

    def test_the_language_of_a_feed_is_that_of_its_address_whoever_asks(
        self, browser: Browser
    ) -> None:
        course_meeting()
        db.session.commit()
        accept = {"Accept-Language": "ar", "Accept-Encoding": "identity"}

        assert b"LANGUAGE=ro" in browser.get("/calendars/all.ics", headers=accept).data
        assert b"LANGUAGE=en" in browser.get("/en/calendars/all.ics", headers=accept).data


class TestConditionalGet:
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
            kept = db.session.scalars(select(KeptFeed)).one()
            dates.append(kept.since)
            db.session.expire_all()

        assert dates == [BEFORE, BEFORE + timedelta(seconds=1), BEFORE + timedelta(seconds=2)]


class TestSecretFeeds:
    def test_it_shows_where_its_owner_is_expected_with_the_room(self, browser: Browser) -> None:
        meeting = course_meeting()
        layla = make.person()
        book(layla, meeting, Part.LEARNER)
        make.meeting()  # somebody else's
        _feed, path = link_for(layla)

        answer = browser.get(path, headers=HEADERS)

        assert problems(answer.data, secret=True) == []
        [only] = events(answer.data)
        assert "Camera secretă 7" in str(only["LOCATION"])

    def test_an_individual_meeting_stands_in_no_learners_feed(self, browser: Browser) -> None:
        meeting, layla = secret_meeting(), make.person()
        meeting.privacy = meeting.activity.privacy = Privacy.INDIVIDUAL
        book(layla, meeting, Part.LEARNER)
        _feed, path = link_for(layla)

        assert events(browser.get(path, headers=HEADERS).data) == []

    def test_fetching_is_remembered(self, browser: Browser) -> None:
        feed, path = link_for(make.person())
        browser.get(path, headers={"User-Agent": "Google-Calendar-Importer"})

        db.session.expire_all()
        kept = db.session.get_one(FeedLink, feed.id)
        assert (kept.fetched_at, kept.fetched_by) == (BEFORE, "Google-Calendar-Importer")

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
                standing = public_standing(key, centre="", activity="", program="")
                day = BEFORE + timedelta(days=1)
                note_aside(
                    worth_keeping(standing, body, key=key, link_id=None, until=day, now=BEFORE)
                )
                return body, since_when(key, digest_of(body))

        clicks = [partial(fetch, f"body {n}".encode()) for n in range(4)]
        results: list[Any] = all_at_once(racing_app, clicks)

        dated = [since for _body, since in results if since is not None]
        assert len(dated) == len(set(dated)), results
        dates += len(dated)
    assert dates
