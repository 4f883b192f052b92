"""Sessions by mail: whoever wants them has a calendar that shows what is true, and no more letters
than that takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Any

import icalendar
import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from app.extensions import db
from app.feeds.inviting import (
    MOST_NEW,
    MOST_SOON,
    begin,
    coming,
    forget_old_invites,
    invite,
    stop,
    to_invite,
    wish_of,
)
from app.feeds.models import Invite, InviteWish
from app.folding import fold
from app.notices.channels import Channel
from app.notices.delivery import LetterRefused, NotDelivered, PerhapsSent, TryLater
from app.notices.ledger import Stop
from app.notices.letter import Letter, as_email
from app.notices.models import Kind, Notice, Pace, State, Topic
from app.notices.pacing import MOST_INVITATIONS
from app.notices.queries import call_list
from app.notices.sending import send_due
from app.notices.stopping import stop_address
from app.notices.wishes import end_silence, keep_silent, refuse, say
from app.people.models import Person
from app.programme.bookings import book
from app.programme.kinds import Kind as Sort
from app.programme.kinds import Privacy
from app.programme.models import ActivityText, Booking, Meeting, MeetingText, Part
from app.reminders.letters import compose
from app.reminders.together import bind
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from tests import make
from tests.feeds.calendar_store import Store
from tests.feeds.linter import invitation_problems
from tests.feeds.programme import CANARIES, Programme
from tests.make import MONDAY
from tests.notices.test_outbox import Recorder
from tests.races import all_at_once
from tests.statements import statements

NOW = MONDAY - timedelta(days=5)
"""Wednesday, 11:00 in București: nobody sleeps."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Reader:
    """Somebody who wants invitations, their calendar, and the worker that writes to them."""

    def __init__(self, person: Person, *, now: datetime = NOW) -> None:
        self.person, self.now = person, now
        self.calendar = Store()
        self.letters: list[Letter] = []
        begin(person, now=now)

    def looks(self) -> int:
        """The worker asks what is owed."""
        return sum(invite(one, now=self.now) for one in to_invite(now=self.now))

    def sends(self, *failures: NotDelivered, after: timedelta = 10 * MINUTE) -> list[Letter]:
        """What is due *after* a while leaves, and arrives; what failed did not."""
        self.now += after
        postman = Recorder(*failures)
        send_due(postman, compose, clock=lambda: self.now, bind=bind)
        mine = [one for one in postman.sent if one.to == self.person.email]
        sent = [one for one in mine if one.calendar is not None]
        for number, letter in enumerate(sent):
            assert letter.calendar is not None
            if number >= len(failures) or isinstance(failures[number], PerhapsSent):
                self.calendar.take(letter.calendar.ics)
                self.letters.append(letter)
        return sent

    def hears(self, after: timedelta = 10 * MINUTE) -> list[tuple[str, int, str]]:
        """What arrives now: (method, SEQUENCE, summary) of each letter."""
        self.looks()
        return [_gist(letter) for letter in self.sends(after=after)]

    @property
    def shown(self) -> list[tuple[str, datetime]]:
        """What stands in the calendar, by time."""
        events = self.calendar.events.values()
        found = [(str(one["SUMMARY"]), one["DTSTART"].dt.astimezone(UTC)) for one in events]
        return sorted(found, key=lambda one: one[1])


def _gist(letter: Letter) -> tuple[str, int, str]:
    assert letter.calendar is not None
    event = event_in(letter)
    return letter.calendar.method, int(event["SEQUENCE"]), str(event["SUMMARY"])


def event_in(letter: Letter) -> Any:
    assert letter.calendar is not None
    calendar: Any = icalendar.Calendar.from_ical(letter.calendar.ics)
    return calendar.events[0]


def course(sessions: int = 1, **given: Any) -> list[Meeting]:
    activity = make.activity("Romanian course", **given)
    room = make.room(centre=activity.centre, name="Sala 1")
    return [
        make.meeting(activity=activity, room=room, starts_at=MONDAY + n * DAY)
        for n in range(sessions)
    ]


def learner(*meetings: Meeting, **given: Any) -> Person:
    person = make.person(**given)
    for meeting in meetings:
        book(person, meeting, Part.LEARNER)
    return person


def move(meeting: Meeting, by: timedelta, now: datetime) -> None:
    move_meeting(
        meeting,
        starts_at=meeting.starts_at + by,
        ends_at=meeting.ends_at + by,
        room=meeting.room,
        by=meeting.activity.coordinator,
        now=now,
        seen=meeting.sequence,
    )


def cancel(meeting: Meeting, now: datetime) -> None:
    by = meeting.activity.coordinator
    cancel_meeting(meeting, by=by, now=now, seen=meeting.sequence)


def leave(person: Person, meeting: Meeting) -> None:
    mine = (Booking.person_id == person.id, Booking.meeting_id == meeting.id)
    db.session.execute(delete(Booking).where(*mine))


@pytest.mark.usefixtures("app")
class TestWhatIsSent:
    def test_nobody_gets_any_who_did_not_ask(self) -> None:
        learner(*course())

        assert to_invite(now=NOW) == []

    def test_those_of_the_coming_two_weeks_once(self) -> None:
        meetings = [*course(2), *course_later(20)]
        layla = Reader(learner(*meetings))
        assert coming(layla.person, now=NOW) == 2

        assert layla.hears() == [("REQUEST", 0, "Romanian course")] * 2
        assert layla.hears() == []
        assert [at for _title, at in layla.shown] == [MONDAY, MONDAY + DAY]

    def test_what_comes_near_follows(self) -> None:
        layla = Reader(learner(*course_later(16)))

        assert layla.hears() == []
        assert layla.hears(after=8 * DAY) == []
        assert layla.hears() == [("REQUEST", 0, "Romanian course")]

    def test_each_session_is_a_letter_of_its_own(self) -> None:
        layla = Reader(learner(*course(3)))
        layla.hears()

        assert len({letter.message_id for letter in layla.letters}) == 3
        assert len({event_in(letter)["UID"] for letter in layla.letters}) == 3

    def test_the_uid_is_that_of_the_feeds(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        assert event_in(layla.letters[0])["UID"] == f"{meeting.ref}@punte.example"

    def test_a_helper_gets_them_too(self) -> None:
        [meeting] = course()
        amina = make.mediator(meeting.activity.centre)
        book(amina, meeting, Part.HELPER)

        assert Reader(amina).hears() == [("REQUEST", 0, "Romanian course")]

    def test_the_question_costs_the_same_for_many(self) -> None:
        meetings = course(3)
        for one in meetings:
            begin(learner(one), now=NOW)
        few = statements(lambda: to_invite(now=NOW))
        for _n in range(4):
            begin(learner(*meetings), now=NOW)

        assert len(statements(lambda: to_invite(now=NOW))) == len(few)
        assert len(few) <= 8

    def test_not_what_is_a_draft_or_is_no_place_yet(self) -> None:
        draft, asked = course(published_at=None), course()
        place = make.assignment(need=make.need(meeting=asked[0]))
        book(place.person, draft[0], Part.LEARNER)

        assert Reader(place.person).hears() == []


def course_later(days: int) -> list[Meeting]:
    activity = make.activity("Romanian course")
    return [make.meeting(activity=activity, starts_at=MONDAY + days * DAY)]


@pytest.mark.usefixtures("app")
class TestNoFlood:
    def test_the_nearest_come_first_a_few_each_day(self) -> None:
        meetings = [
            make.meeting(activity=one.activity, starts_at=NOW + (3 + n) * DAY)
            for one in course()
            for n in range(10)
        ]
        layla = Reader(learner(*reversed(meetings)))

        assert len(layla.hears()) == MOST_NEW
        assert [at for _title, at in layla.shown] == [one.starts_at for one in meetings[:MOST_NEW]]
        assert layla.hears() == []
        assert len(layla.hears(after=DAY)) == 0  # a look comes before the day is over
        assert len(layla.hears()) == 4

    def test_what_begins_soon_does_not_wait(self) -> None:
        [one] = course()
        meetings = [
            make.meeting(activity=one.activity, starts_at=NOW + 24 * HOUR + 2 * n * HOUR)
            for n in range(8)
        ]
        layla = Reader(learner(*meetings))

        assert len(layla.hears()) == 8
        assert MOST_SOON > 8

    def test_they_take_nothing_from_other_messages(self) -> None:
        layla = Reader(learner(*course(3)))
        layla.hears()
        pace = db.session.get_one(Pace, layla.person.id)

        assert (pace.letters, pace.urgent, pace.invitations) == (0, 0, 3)

    def test_a_bug_that_owes_hundreds_reaches_nobody_with_more(self) -> None:
        layla = Reader(learner(*course()))
        layla.looks()
        [notice] = db.session.scalars(select(Notice))
        facts = {"about": notice.about, "not_after": None, "urgent": False}
        for n in range(30):
            db.session.add(
                Notice(person=layla.person, kind=Kind.INVITATION, key=f"x{n}", posted_at=NOW,
                       due_at=NOW, next_try_at=NOW, **facts)
            )  # fmt: skip
        db.session.flush()
        postman = Recorder()
        for _turn in range(4):
            send_due(postman, compose, clock=lambda: NOW + 10 * MINUTE, bind=bind)

        assert len(postman.sent) <= MOST_INVITATIONS
        waiting = select(func.count()).where(Notice.state == State.PENDING)
        assert db.session.scalar(waiting) == 31 - MOST_INVITATIONS


@pytest.mark.usefixtures("app")
class TestChanges:
    def test_a_moved_session_is_the_same_event_under_a_higher_number(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        move(meeting, 3 * HOUR, layla.now)

        assert layla.hears() == [("REQUEST", 1, "Romanian course")]
        assert layla.shown == [("Romanian course", MONDAY + 3 * HOUR)]
        assert "Changed" in layla.letters[-1].subject

    @pytest.mark.parametrize("what", ["title", "room", "centre", "link", "address"])
    def test_all_that_shows_is_told(self, what: str) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        change(meeting, layla.person, what)

        [(method, sequence, summary)] = layla.hears()
        assert (method, sequence) == ("REQUEST", 1)
        assert summary == ("Picnic" if what == "title" else "Romanian course")

    def test_what_does_not_show_at_a_glance_is_no_letter(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        [words] = meeting.activity.texts
        words.description, words.changed_at = "Bring a pen.", layla.now
        meeting.changed_at = meeting.activity.changed_at = layla.now
        db.session.flush()

        assert layla.hears() == []

    def test_a_cancelled_session_is_taken_out_and_comes_back(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        cancel(meeting, layla.now)
        assert layla.hears() == [("CANCEL", 1, "Romanian course")]
        assert event_in(layla.letters[-1])["STATUS"] == "CANCELLED"
        assert layla.shown == []

        by = meeting.activity.coordinator
        restore_meeting(meeting, by=by, now=layla.now, seen=meeting.sequence)
        assert layla.hears() == [("REQUEST", 2, "Romanian course")]
        assert layla.shown == [("Romanian course", MONDAY)]

    def test_who_leaves_is_not_told_that_it_is_off(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        leave(layla.person, meeting)

        assert layla.hears() == [("CANCEL", 1, "Romanian course")]
        assert "STATUS" not in event_in(layla.letters[-1])
        assert "You are no longer expected" in layla.letters[-1].text
        book(layla.person, meeting, Part.LEARNER)
        assert layla.hears() == [("REQUEST", 2, "Romanian course")]

    def test_a_session_that_is_gone_altogether_is_taken_out_without_its_title(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        db.session.execute(delete(Meeting).where(Meeting.id == meeting.id))
        db.session.expire_all()

        assert layla.hears() == [("CANCEL", 1, "Meeting")]
        assert layla.shown == []
        assert "Romanian" not in layla.letters[-1].subject + layla.letters[-1].text

    def test_whoever_is_elsewhere_then_is_not_expected(self) -> None:
        first, [second] = course()[0], course_later(1)
        layla = Reader(learner(first, second))
        layla.hears()

        move(second, -DAY + HOUR, layla.now)

        assert layla.hears() == [("CANCEL", 1, "Romanian course")]

    def test_it_is_kept_true_beyond_the_two_weeks(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        move(meeting, 60 * DAY, layla.now)

        assert layla.hears() == [("REQUEST", 1, "Romanian course")]
        assert layla.hears() == []

    def test_nothing_is_said_of_what_has_begun(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()
        layla.now = MONDAY + MINUTE
        meeting.texts.append(text("Picnic"))
        db.session.flush()

        assert layla.hears() == []


def text(title: str) -> MeetingText:
    return MeetingText(language="en", title=title, folded=fold(title), changed_at=NOW)


def change(meeting: Meeting, reader: Person, what: str) -> None:
    match what:
        case "title":
            meeting.texts.append(text("Picnic"))
        case "room":
            assert meeting.room is not None
            meeting.room.name = "Sala 2"
        case "centre":
            meeting.activity.centre.address = "Str. Nouă 9"
        case "link":
            meeting.online_url = "https://meet.example/a"
        case "address":
            reader.email = "another@example.org"
    db.session.flush()


@pytest.mark.usefixtures("app")
class TestOnTheWay:
    def test_a_change_before_it_leaves_is_in_the_one_letter(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.looks()

        move(meeting, HOUR, layla.now)

        assert layla.hears() == [("REQUEST", 1, "Romanian course")]
        assert layla.shown == [("Romanian course", MONDAY + HOUR)]
        states = db.session.scalars(
            select(Notice.state).where(Notice.kind == Kind.INVITATION).order_by(Notice.id)
        )
        assert list(states) == [State.DROPPED, State.SENT]

    def test_a_cancellation_before_it_leaves_is_no_letter(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.looks()

        cancel(meeting, layla.now)

        assert layla.hears() == []

    def test_what_is_no_longer_true_when_it_leaves_does_not(self) -> None:
        """Nobody looked between the change and the turn of the letter."""
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.looks()

        move(meeting, HOUR, layla.now)
        assert layla.sends() == []

        assert layla.hears() == [("REQUEST", 1, "Romanian course")]

    def test_there_and_back_again_is_not_told(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        move(meeting, HOUR, layla.now)
        layla.looks()
        move(meeting, -HOUR, layla.now)

        assert layla.hears() == []

    def test_tried_again_it_is_the_same_letter(self) -> None:
        layla = Reader(learner(*course()))
        layla.looks()

        [first] = layla.sends(TryLater("451"))
        [again] = layla.sends(after=5 * MINUTE)

        assert first.message_id == again.message_id
        assert first.calendar == again.calendar

    def test_what_perhaps_arrived_is_taken_out_all_the_same(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.looks()
        layla.sends(PerhapsSent("timeout"))
        assert layla.shown == [("Romanian course", MONDAY)]

        cancel(meeting, layla.now)

        assert layla.hears() == [("CANCEL", 1, "Romanian course")]
        assert layla.shown == []

    def test_what_was_refused_is_tried_anew_next_day_and_nobody_is_called(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        boss = meeting.activity.coordinator
        layla.looks()
        layla.person.home_centre = meeting.activity.centre
        for _try in range(8):
            layla.sends(LetterRefused("552"), after=6 * HOUR)
        layla.now = NOW + 3 * DAY
        layla.looks()

        assert db.session.scalars(call_list(boss, now=layla.now)).all() == []
        assert layla.hears() == [("REQUEST", 1, "Romanian course")]

    def test_nothing_overtakes_a_letter_that_is_leaving(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.looks()
        leaving = update(Notice).where(Notice.kind == Kind.INVITATION)
        db.session.execute(leaving.values(state=State.SENDING, next_try_at=NOW + HOUR))

        cancel(meeting, layla.now)

        assert layla.looks() == 0
        db.session.execute(leaving.values(state=State.SENT))
        assert layla.hears() == [("CANCEL", 1, "Romanian course")]


@pytest.mark.usefixtures("app")
class TestWhoCannotBeReached:
    @pytest.mark.parametrize("why", ["silent", "consent", "dead", "inactive", "unwanted", "none"])
    def test_gets_nothing_and_everything_when_it_is_over(self, why: str) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()
        shut(layla, why)
        move(meeting, HOUR, layla.now)

        assert layla.hears() == []

        reopened(layla, why)
        layla.now += DAY
        assert layla.hears() == [("REQUEST", 1, "Romanian course")]

    def test_silence_holds_back_what_waits(self) -> None:
        layla = Reader(learner(*course()))
        layla.looks()

        keep_silent(layla.person, by=layla.person, now=layla.now)

        assert layla.sends() == []


def shut(layla: Reader, why: str) -> None:
    person, now = layla.person, layla.now
    match why:
        case "silent":
            keep_silent(person, by=person, now=now)
        case "consent":
            say(person, Channel.EMAIL, False, by=person, now=now)
        case "dead":
            stop_address(person.id, person.email or "", Stop.BOUNCED, "5.1.1", now=now)
        case "inactive":
            person.is_active = False
        case "unwanted":
            refuse(person, Topic.INVITATIONS, now=now)
        case "none":
            person.email = None
    db.session.flush()


def reopened(layla: Reader, why: str) -> None:
    person = layla.person
    match why:
        case "silent":
            end_silence(person)
        case "consent":
            say(person, Channel.EMAIL, True, by=person, now=layla.now)
        case "dead" | "none":
            person.email = "new@example.org"
        case "inactive":
            person.is_active = True
        case "unwanted":
            begin(person, now=layla.now)
    db.session.flush()


@pytest.mark.usefixtures("app")
class TestStopping:
    def test_nothing_leaves_any_more_and_what_is_there_stays(self) -> None:
        first, second = course(2)
        layla = Reader(learner(first))
        layla.hears()
        book(layla.person, second, Part.LEARNER)
        layla.looks()

        stop(layla.person, now=layla.now)
        cancel(first, layla.now)

        assert layla.hears() == []
        assert layla.shown == [("Romanian course", MONDAY)]
        assert wish_of(layla.person) is None

    def test_wanted_again_the_calendar_is_put_right(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()
        stop(layla.person, now=layla.now)
        move(meeting, HOUR, layla.now)

        begin(layla.person, now=layla.now)

        assert layla.hears() == [("REQUEST", 1, "Romanian course")]

    def test_unsubscribing_from_a_letter_is_the_same(self) -> None:
        layla = Reader(learner(*course()))
        layla.hears()

        refuse(layla.person, Topic.INVITATIONS, now=layla.now)

        assert wish_of(layla.person) is None
        assert to_invite(now=layla.now) == []

    def test_it_goes_with_the_person(self) -> None:
        layla = Reader(learner(*course()))
        layla.hears()

        db.session.execute(delete(Person).where(Person.id == layla.person.id))

        for table in (Invite, InviteWish):
            assert db.session.scalars(select(func.count()).select_from(table)).one() == 0

    def test_what_is_over_is_forgotten(self) -> None:
        layla = Reader(learner(*course()))
        layla.hears()

        forget_old_invites(now=MONDAY + DAY)
        assert len(db.session.scalars(select(Invite)).all()) == 1
        forget_old_invites(now=MONDAY + 2 * DAY)
        assert db.session.scalars(select(Invite)).all() == []

    def test_what_was_moved_meanwhile_goes_on_counting(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()
        for title in ("Picnic", "Walk"):
            meeting.texts = [text(title)]
            db.session.flush()
            layla.hears()
        stop(layla.person, now=layla.now)
        move(meeting, 14 * DAY, layla.now)

        forget_old_invites(now=MONDAY + 2 * DAY)
        begin(layla.person, now=MONDAY + 2 * DAY)
        layla.now = MONDAY + 2 * DAY

        assert layla.hears() == [("REQUEST", 3, "Walk")]


def email_of(letter: Letter) -> EmailMessage:
    raw = as_email(letter, mail_from="punte@example.org", mail_name="Punte").as_bytes()
    email = message_from_bytes(raw, policy=default)
    assert isinstance(email, EmailMessage)
    return email


@pytest.mark.usefixtures("app")
class TestTheLetter:
    def both(self, **given: Any) -> Sequence[Letter]:
        """The one that puts a session there and the one that takes it out."""
        [meeting] = course()
        layla = Reader(learner(meeting, **given))
        layla.hears()
        cancel(meeting, layla.now)
        layla.hears()
        return layla.letters

    def test_has_no_fault(self) -> None:
        for letter in self.both():
            assert letter.calendar is not None
            assert invitation_problems(letter.calendar.ics, method=letter.calendar.method) == []

    def test_is_from_the_house_to_one_person(self) -> None:
        for letter in self.both(email="layla@example.org"):
            event = event_in(letter)
            assert event["ORGANIZER"] == "mailto:punte@example.org"
            assert event["ATTENDEE"] == "mailto:layla@example.org"
            assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
            assert event["ATTENDEE"].params["RSVP"] == "FALSE"

    def test_says_that_nobody_reads_answers(self) -> None:
        request, _cancelled = self.both()

        assert "Nobody reads what you answer" in request.text
        assert "/en/mine" in request.text

    def test_is_in_the_words_of_its_reader(self) -> None:
        [meeting] = course()
        meeting.activity.texts.append(activity_text("ar", "دورة اللغة الرومانية"))
        db.session.flush()
        layla = Reader(learner(meeting, language="ar"))
        layla.hears()

        [letter] = layla.letters
        assert "دورة اللغة الرومانية" in letter.text
        assert event_in(letter)["SUMMARY"] == "دورة اللغة الرومانية"
        assert letter.language == "ar"

    def test_has_the_way_out_in_it(self) -> None:
        request, _cancelled = self.both()

        assert "/unsubscribe/" in (request.unsubscribe or "")
        assert "/invitations/" in (request.unsubscribe or "")

    def test_arrives_in_the_three_ways_programs_look_for(self) -> None:
        for letter in self.both():
            email = email_of(letter)
            types = [one.get_content_type() for one in email.walk() if not one.is_multipart()]
            assert types == ["text/plain", "text/html", "text/calendar", "application/ics"]


def activity_text(language: str, title: str) -> ActivityText:
    return ActivityText(language=language, title=title, folded=fold(title), changed_at=NOW)


@pytest.mark.usefixtures("app")
class TestPrivacy:
    def test_a_protected_session_is_a_time_and_a_word(self) -> None:
        group = make.womens_group(meeting_point="Canary-point")
        meeting = make.meeting(activity=group, room=make.room(centre=group.centre, name="Canary"))
        layla = Reader(learner(meeting))

        assert layla.hears() == [("REQUEST", 0, "Meeting")]
        leave(layla.person, meeting)
        assert layla.hears() == [("CANCEL", 1, "Meeting")]
        for letter in layla.letters:
            for told in ("Quiet", "Canary", "circle", group.centre.name):
                assert told not in whole(letter)
            assert event_in(letter)["CLASS"] == "PRIVATE"

    def test_its_title_and_place_change_in_silence(self) -> None:
        group = make.womens_group()
        room = make.room(centre=group.centre)
        layla = Reader(learner(make.meeting(activity=group, room=room)))
        layla.hears()

        group.texts[0].title, room.name = "Another", "Elsewhere"
        db.session.flush()

        assert layla.hears() == []

    def test_what_becomes_protected_is_hidden_where_it_stood(self) -> None:
        [meeting] = course()
        layla = Reader(learner(meeting))
        layla.hears()

        meeting.privacy = Privacy.PROTECTED
        db.session.flush()

        assert layla.hears() == [("REQUEST", 1, "Meeting")]
        assert "LOCATION" not in event_in(layla.letters[-1])
        cancel(meeting, layla.now)
        assert layla.hears() == [("CANCEL", 2, "Meeting")]

    def test_an_appointment_is_in_no_mail_to_whom_it_is_about(self) -> None:
        meeting = appointment()
        layla = Reader(learner(meeting))

        assert layla.hears() == []

    def test_its_mediator_reads_neither_code_nor_meeting_point(self) -> None:
        meeting = appointment()
        amina = make.mediator(meeting.activity.centre)
        book(amina, meeting, Part.HELPER)
        reader = Reader(amina)

        assert reader.hears() == [("REQUEST", 0, "Meeting")]
        assert "K7-M4C" not in whole(reader.letters[0])
        assert "poarta" not in whole(reader.letters[0])

    def test_staff_read_nothing_of_it(self) -> None:
        layla = Reader(learner(make.meeting(activity=make.womens_group())))
        layla.looks()

        assert db.session.scalars(select(Notice.confidential)).all() == [True]

    def test_nothing_of_anybody_is_in_any_letter_of_any_language(self, app: Flask) -> None:
        programme = Programme()
        for language in ("ro", "ar"):
            for person in (programme.layla, programme.amina):
                person.language = language
                reader = Reader(person)
                for _day in range(3):
                    reader.hears(after=DAY)
                assert len(reader.letters) >= 5
                for letter in reader.letters:
                    assert_no_canary(letter, person)
                for table in (Invite, Notice):
                    db.session.execute(delete(table))


def appointment() -> Meeting:
    activity = make.activity("K7-M4C", kind=Sort.INDIVIDUAL, meeting_point="Gara, poarta 2")
    return make.meeting(activity=activity)


def whole(letter: Letter) -> str:
    """All that can be read of it, on whichever way; what is coded is decoded."""
    email = email_of(letter)
    parts = [one.get_payload(decode=True) for one in email.walk() if not one.is_multipart()]
    texts = [part.decode().replace("\r\n ", "") for part in parts if isinstance(part, bytes)]
    return "\n".join([str(email["Subject"]), letter.subject, *texts, *map(str, email.values())])


def assert_no_canary(letter: Letter, reader: Person) -> None:
    """Their own name and address, and where a listed session is, they may read."""
    assert letter.calendar is not None
    ics = letter.calendar.ics.decode().replace("\r\n ", "")
    own = {"Canary-learner", "Canary-helper", "canary@example.org"}
    room = {"Canary-room", "Canary-street"} if "CLASS:PRIVATE" not in ics else set()
    for canary in set(CANARIES) - own - room:
        assert canary not in whole(letter), canary
    assert reader.name not in ics
    others = own - {reader.name, reader.email}
    for canary in others:
        assert canary not in whole(letter), canary


# --- several at once


@pytest.fixture
def raced(racing_app: Flask) -> Iterator[tuple[Flask, int, int]]:
    """A house on a database of its own: the reader's and the meeting's number."""
    with racing_app.app_context():
        [meeting] = course()
        person = learner(meeting)
        begin(person, now=NOW)
        db.session.commit()
        yield racing_app, person.id, meeting.id


def test_two_workers_owe_a_session_once(raced: tuple[Flask, int, int]) -> None:
    app, person_id, _meeting_id = raced

    for turn in range(10):
        db.session.execute(delete(Notice))
        db.session.execute(delete(Invite))
        db.session.commit()
        now = NOW + turn * DAY / 20
        owed = all_at_once(app, [partial(invite, person_id, now=now)] * 3)

        assert sorted(map(str, owed)) == ["0", "0", "1"]
        assert len(db.session.scalars(select(Invite)).all()) == 1
        assert len(db.session.scalars(select(Notice)).all()) == 1


def test_a_cancellation_while_it_is_invited_and_sent_is_the_last_word(
    raced: tuple[Flask, int, int],
) -> None:
    app, person_id, meeting_id = raced
    calendar, arrived = Store(), list[int]()
    for turn in range(6):
        now = NOW + (turn - 3) * DAY

        def off_or_on(now: datetime = now) -> None:
            meeting = db.session.get_one(Meeting, meeting_id)
            by, seen = meeting.activity.coordinator, meeting.sequence
            change = restore_meeting if meeting.is_cancelled else cancel_meeting
            change(meeting, by=by, now=now, seen=seen)

        def sends(at: datetime = now) -> None:
            postman = Recorder()
            send_due(postman, compose, clock=lambda: at, bind=bind)
            for letter in postman.sent:
                if letter.calendar is not None:
                    arrived.append(_gist(letter)[1])
                    calendar.take(letter.calendar.ics)

        all_at_once(app, [off_or_on, partial(invite, person_id, now=now), sends])
        for minutes in (10, 30):
            invite(person_id, now=now + minutes * MINUTE)
            db.session.commit()
            sends(now + (minutes + 10) * MINUTE)
            db.session.commit()
        meeting = db.session.get_one(Meeting, meeting_id, populate_existing=True)
        assert bool(calendar.events) is not meeting.is_cancelled
        db.session.rollback()
    assert arrived == sorted(set(arrived))
