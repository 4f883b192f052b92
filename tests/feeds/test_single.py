"""One session or one course as a file: for strangers, for whoever is expected, for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import icalendar
import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.i18n import LANGUAGES
from app.people.models import Person
from app.programme.bookings import book
from app.programme.kinds import Kind, Privacy
from app.programme.models import Activity, Meeting, Part
from app.staffing.moving import cancel_meeting, move_meeting
from tests import make
from tests.conftest import Browser
from tests.feeds.linter import problems
from tests.make import BEFORE, MONDAY
from tests.statements import statements

DAY = timedelta(days=1)
NOT_TO_BE_ASKED_ANEW = ["VCALENDAR has 0 SOURCE"]
"""What is one's own opens by a sign-in only: no program could ask for it again."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def course(*, sessions: int = 1, **given: Any) -> tuple[Activity, list[Meeting]]:
    activity = make.activity("Curs A1", **given)
    room = make.room(centre=activity.centre, name="Camera secretă 7")
    meetings = [
        make.meeting(
            activity=activity,
            room=room,
            starts_at=MONDAY + n * DAY,
            online_url="https://meet.example/abc",
        )
        for n in range(sessions)
    ]
    db.session.commit()
    return activity, meetings


def expected(meeting: Meeting, part: Part = Part.LEARNER, **given: Any) -> Person:
    person = make.person(**given)
    book(person, meeting, part)
    db.session.commit()
    return person


def events(body: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(body).walk("VEVENT"))


def words(body: bytes) -> str:
    return body.decode().replace("\r\n ", "")


class TestStrangers:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_session_is_a_file_with_the_uid_of_the_feeds(
        self, browser: Browser, language: str
    ) -> None:
        _activity, [meeting] = course()

        answer = browser.get(f"/{language}/meetings/{meeting.ref}.ics")
        feed = browser.get(
            f"/{language}/calendars/all.ics", headers={"Accept-Encoding": "identity"}
        )

        assert problems(answer.data) == []
        [mine], [theirs] = events(answer.data), events(feed.data)
        assert mine.to_ical() == theirs.to_ical()
        assert mine["SUMMARY"].params["LANGUAGE"] == language
        assert "METHOD:PUBLISH" in words(answer.data)
        assert "Camera secretă" not in words(answer.data)
        assert "meet.example" not in words(answer.data)

    def test_it_is_downloaded_and_kept_by_no_cache(self, browser: Browser) -> None:
        activity, [meeting] = course()

        for path in (f"/meetings/{meeting.ref}.ics", f"/activities/{activity.ref}.ics"):
            headers = browser.get(path).headers
            assert headers["Content-Type"] == "text/calendar; charset=utf-8"
            assert headers["Content-Disposition"] == 'attachment; filename="calendar.ics"'
            assert headers["Cache-Control"] == "no-store"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "noindex" in headers["X-Robots-Tag"]
            assert browser.head(path).status_code == 200

    def test_a_course_is_all_that_is_left_of_it(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        activity, meetings = course(sessions=3)
        clock.move_to(MONDAY + timedelta(hours=3))

        body = browser.get(f"/en/activities/{activity.ref}.ics").data

        assert problems(body) == []
        assert [str(one["UID"]) for one in events(body)] == [
            f"{one.ref}@punte.example" for one in meetings[1:]
        ]
        assert f"/en/calendars/activity-{activity.ref}.ics" in words(body)  # its SOURCE

    def test_the_room_of_what_is_public_is_told(self, browser: Browser) -> None:
        _activity, [meeting] = course(kind=Kind.CULTURAL)

        assert "Camera secretă" in words(browser.get(f"/meetings/{meeting.ref}.ics").data)

    def test_a_stricter_session_of_an_open_course_is_left_out(self, browser: Browser) -> None:
        activity, [_open, strict] = course(sessions=2)
        strict.privacy = Privacy.PROTECTED
        db.session.commit()

        assert len(events(browser.get(f"/activities/{activity.ref}.ics").data)) == 1
        assert browser.get(f"/meetings/{strict.ref}.ics").status_code == 404

    def test_what_was_cancelled_says_so_for_as_long_as_in_the_feeds(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        _activity, [meeting] = course()
        cancel_meeting(meeting, by=meeting.activity.coordinator, now=BEFORE, seen=0)
        db.session.commit()
        path = f"/en/meetings/{meeting.ref}"

        body, page = browser.get(f"{path}.ics").data, browser.get(path).text
        clock.move_to(MONDAY + 30 * DAY)

        [event] = events(body)
        assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 1)
        assert f"{meeting.ref}.ics" not in page
        assert browser.get(f"{path}.ics").status_code == 404

    def test_a_move_is_the_same_event_with_a_higher_number(self, browser: Browser) -> None:
        _activity, [meeting] = course()
        path = f"/meetings/{meeting.ref}.ics"
        [before] = events(browser.get(path).data)
        move_meeting(
            meeting,
            starts_at=MONDAY + DAY,
            ends_at=MONDAY + DAY + timedelta(hours=2),
            room=meeting.room,
            by=meeting.activity.coordinator,
            now=BEFORE,
            seen=0,
        )
        db.session.commit()

        [after] = events(browser.get(path).data)

        assert (after["UID"], after["SEQUENCE"]) == (before["UID"], before["SEQUENCE"] + 1)

    def test_nothing_left_no_file_and_no_button(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        activity, [meeting] = course()
        pages = (f"/en/activities/{activity.ref}", f"/en/meetings/{meeting.ref}")
        for page in pages:
            assert f'href="{page}.ics"' in browser.get(page).text
        clock.move_to(MONDAY + timedelta(hours=2))

        for page in pages:
            assert ".ics" not in browser.get(page).text
        assert browser.get(f"{pages[0]}.ics").status_code == 404

    def test_as_many_statements_for_thirty_sessions_as_for_three(self, browser: Browser) -> None:
        counts = []
        for sessions in (3, 30):
            activity, _meetings = course(sessions=sessions)
            path = f"/activities/{activity.ref}.ics"
            browser.get(path)
            counts.append(len(statements(partial(browser.get, path))))

        assert counts[0] == counts[1] <= 6


class TestWhoeverIsExpected:
    def test_reads_the_exact_place_and_the_link(self, app: Flask) -> None:
        activity, [meeting, later] = course(sessions=2)
        browser = Browser(app).sign_in(expected(meeting))

        one = browser.get(f"/meetings/{meeting.ref}.ics").data
        both = browser.get(f"/activities/{activity.ref}.ics").data

        assert problems(one) == problems(both) == NOT_TO_BE_ASKED_ANEW
        for body in (one, both):
            assert "Camera secretă" in str(events(body)[0]["LOCATION"])
            assert "meet.example" in words(body)
            assert "ATTENDEE" not in words(body)
        assert str(events(both)[1]["UID"]).startswith(later.ref)
        assert "Camera secretă" not in str(events(both)[1]["LOCATION"])  # not expected there

    def test_as_many_statements_for_thirty_sessions_as_for_three(self, app: Flask) -> None:
        counts = []
        for sessions in (3, 30):
            activity, meetings = course(sessions=sessions)
            learner = make.person()
            for meeting in meetings:
                book(learner, meeting, Part.LEARNER)
            db.session.commit()
            browser, path = Browser(app).sign_in(learner), f"/activities/{activity.ref}.ics"
            browser.get(path)
            counts.append(len(statements(partial(browser.get, path))))

        assert counts[0] == counts[1] <= 12

    def test_others_who_signed_in_read_what_strangers_read(
        self, app: Flask, browser: Browser
    ) -> None:
        _activity, [meeting] = course()
        path = f"/en/meetings/{meeting.ref}.ics"

        assert Browser(app).sign_in(make.person()).get(path).data == browser.get(path).data

    def test_of_a_womens_group_it_is_a_time_and_nothing_else(self, app: Flask) -> None:
        group = make.womens_group()
        room = make.room(centre=group.centre, name="Camera 9")
        meeting = make.meeting(activity=group, room=room)
        member = expected(meeting, language="en")
        browser = Browser(app).sign_in(member)

        for path in (f"/meetings/{meeting.ref}.ics", f"/activities/{group.ref}.ics"):
            answer = browser.get(path)
            [event] = events(answer.data)
            assert problems(answer.data) == NOT_TO_BE_ASKED_ANEW
            assert (str(event["SUMMARY"]), str(event["CLASS"])) == ("Meeting", "PRIVATE")
            for secret in ("Quiet", "Camera 9", "LOCATION", "DESCRIPTION", "/meetings/"):
                assert secret not in words(answer.data)
            assert answer.headers["Content-Disposition"].endswith('filename="calendar.ics"')

    def test_the_mediator_of_an_appointment_reads_its_code_and_meeting_point(
        self, app: Flask
    ) -> None:
        meeting = appointment()
        browser = Browser(app).sign_in(expected(meeting, Part.HELPER))

        [event] = events(browser.get(f"/meetings/{meeting.ref}.ics").data)

        assert str(event["SUMMARY"]) == f"{meeting.code} – La intrare"
        assert str(event["CLASS"]) == "PRIVATE"

    def test_of_ones_own_appointment_there_is_no_file_and_no_button(self, app: Flask) -> None:
        """It stands in no calendar of theirs that could be left open."""
        meeting = appointment()
        browser = Browser(app).sign_in(expected(meeting))

        assert browser.get(f"/meetings/{meeting.ref}.ics").status_code == 404
        assert ".ics" not in browser.get(f"/meetings/{meeting.ref}").text


def appointment() -> Meeting:
    activity = make.activity("K7-M4C", kind=Kind.INDIVIDUAL, meeting_point="La intrare")
    activity.texts[0].language = "ro"
    meeting = make.meeting(activity=activity)
    db.session.commit()
    assert meeting.code is not None
    return meeting


class TestNobodyElse:
    @pytest.mark.parametrize("kind", [Kind.WOMENS_GROUP, Kind.INDIVIDUAL])
    @pytest.mark.parametrize("who", ["nobody", "somebody", "its coordinator", "a colleague"])
    def test_what_is_secret_is_not_found_like_what_does_not_exist(
        self, app: Flask, kind: Kind, who: str
    ) -> None:
        activity = make.activity("Secret", kind=kind)
        meeting = make.meeting(activity=activity)
        people = {
            "somebody": make.person(),
            "its coordinator": activity.coordinator,
            "a colleague": make.coordinator(activity.centre),
        }
        db.session.commit()
        browser = Browser(app)
        if who in people:
            browser.sign_in(people[who])
        browser.get("/en/")  # its language is remembered from here on

        for address, ref in (
            ("/en/meetings/{}.ics", meeting.ref),
            ("/en/activities/{}.ics", activity.ref),
            ("/en/calendars/activity-{}", activity.ref),
            ("/en/calendars/activity-{}/poster.pdf", activity.ref),
        ):
            secret = browser.get(address.format(ref))
            unknown = browser.get(address.format("x" * len(ref)))
            assert secret.status_code == unknown.status_code == 404
            assert secret.text.replace(ref, "") == unknown.text.replace("x" * len(ref), "")
            assert dict(secret.headers) == dict(unknown.headers)

    def test_a_draft_is_in_no_file_not_even_for_who_plans_it(self, app: Flask) -> None:
        activity, [meeting] = course(published_at=None)
        browser = Browser(app).sign_in(activity.coordinator)

        assert browser.get(f"/meetings/{meeting.ref}.ics").status_code == 404
        assert browser.get(f"/activities/{activity.ref}.ics").status_code == 404
        assert ".ics" not in browser.get(f"/meetings/{meeting.ref}").text
