"""The outbox: posted with the deed, sent once, or somebody is told that it was not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.extensions import db
from app.notices.calling import tell
from app.notices.claiming import BATCH, HOLD, LEASE, claim
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    MailRefused,
    NotDelivered,
    PerhapsSent,
    Post,
    Receipt,
    TryLater,
)
from app.notices.letter import Letter
from app.notices.models import Kind, Notice, State
from app.notices.operations import forget_old_notices, post
from app.notices.queries import call_list, oldest_due
from app.notices.sending import send_due
from app.people.models import Person
from tests import make
from tests.races import all_at_once

NOON = datetime(2027, 3, 1, 10, tzinfo=UTC)
"""Noon in București: nobody sleeps."""


class Recorder(Post):
    """A postman who notes what he was given, or fails as he is told to."""

    def __init__(self, *failures: NotDelivered) -> None:
        self.sent: list[Letter] = []
        self.failures = list(failures)
        self._lock = Lock()

    def send(self, letter: Letter) -> Receipt | None:
        with self._lock:
            self.sent.append(letter)
            if self.failures:
                raise self.failures.pop(0)
        return None

    def close(self) -> None:
        pass

    def relay_for(self, to: str) -> str:
        return "Recorder"


def compose(notice: Notice, now: datetime) -> Letter | None:
    return Letter(
        to=notice.person.email or "",
        subject=notice.key,
        text="Hello",
        html=None,
        language="en",
        message_id=f"<{notice.ref}@punte.example>",
        sent_at=now,
    )


def owe(person: Person, key: str = "one", kind: Kind = Kind.REMINDER, **given: object) -> Notice:
    post(person, kind, key, now=NOON, about={}, **given)
    return db.session.scalars(select(Notice).where(Notice.key == key)).one()


def send(postman: Post, at: datetime = NOON) -> int:
    return send_due(postman, compose, clock=lambda: at)


def state_of(notice: Notice) -> State:
    db.session.expire_all()
    return notice.state


@pytest.mark.usefixtures("app")
class TestPosting:
    def test_the_same_thing_is_owed_once(self) -> None:
        layla = make.person()

        for _click in range(2):
            post(layla, Kind.REMINDER, "same", now=NOON, about={})

        assert len(db.session.scalars(select(Notice)).all()) == 1

    def test_it_exists_only_if_the_deed_does(self) -> None:
        layla = make.person()
        with db.session.begin_nested() as deed:
            owe(layla)
            deed.rollback()

        assert db.session.scalars(select(Notice)).all() == []

    def test_it_waits_for_the_morning_of_the_reader(self) -> None:
        layla = make.person(zone="Asia/Kathmandu")
        post(layla, Kind.REMINDER, "k", now=NOON.replace(hour=20), about={})  # 01:45 there

        due = db.session.scalars(select(Notice.due_at)).one()

        assert due == datetime(2027, 3, 2, 2, 15, tzinfo=UTC)  # 08:00 there

    def test_without_an_address_somebody_must_telephone(self) -> None:
        tesfay = make.person(email=None)

        assert owe(tesfay).state is State.FAILED


@pytest.mark.usefixtures("app")
class TestSending:
    def test_what_is_due_leaves_once(self) -> None:
        notice, postman = owe(make.person()), Recorder()

        assert (send(postman), send(postman)) == (1, 0)
        assert [letter.subject for letter in postman.sent] == ["one"]
        assert state_of(notice) is State.SENT

    def test_what_is_not_yet_due_stays(self) -> None:
        owe(make.person())

        assert send(Recorder(), NOON - timedelta(minutes=1)) == 0

    def test_a_busy_server_is_asked_again_later_under_the_same_message_id(self) -> None:
        notice, postman = owe(make.person()), Recorder(TryLater("451"))

        send(postman)
        assert (state_of(notice), notice.attempts, notice.last_code) == (State.PENDING, 1, "451")
        send(postman, NOON + timedelta(minutes=2))

        assert state_of(notice) is State.SENT
        assert len({letter.message_id for letter in postman.sent}) == 1

    def test_a_dead_address_goes_to_the_call_list(self) -> None:
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here)
        notice = owe(layla)

        send(Recorder(AddressRefused("550")))

        assert state_of(notice) is State.FAILED
        calls = call_list(boss, now=NOON)
        assert db.session.scalars(calls).all() == [notice]
        tell(notice, by=boss, now=NOON)
        assert db.session.scalars(calls).all() == []

    def test_a_confidential_one_is_on_nobody_elses_call_list(self) -> None:
        here = make.centre()
        responsible, other = make.coordinator(here), make.coordinator(here)
        layla = make.participant(here, email=None)
        notice = owe(layla, responsible=responsible, confidential=True)

        assert db.session.scalars(call_list(responsible, now=NOON)).all() == [notice]
        assert db.session.scalars(call_list(other, now=NOON)).all() == []

    def test_what_comes_too_late_is_not_sent_but_told_to_the_staff(self) -> None:
        notice = owe(make.person(), not_after=NOON + timedelta(hours=1))
        postman = Recorder()

        send(postman, NOON + timedelta(hours=2))

        assert (state_of(notice), postman.sent) == (State.EXPIRED, [])

    def test_retries_end_when_there_is_no_point_any_more(self) -> None:
        notice = owe(make.person(), not_after=NOON + timedelta(seconds=30))

        send(Recorder(TryLater("421")))

        assert state_of(notice) is State.EXPIRED

    def test_a_letter_that_is_refused_keeps_no_other_waiting_and_ends_on_the_call_list(
        self,
    ) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        refused, fine = (owe(make.participant(here), key) for key in ("refused", "fine"))

        class Relay(Recorder):
            def send(self, letter: Letter) -> None:
                super().send(letter)
                if letter.subject == "refused":
                    raise LetterRefused("550")

        at, postman = NOON, Relay()
        for _hour in range(60):
            send(postman, at)
            at += timedelta(hours=1)

        assert (state_of(fine), state_of(refused)) == (State.SENT, State.EXPIRED)
        assert [letter.subject for letter in postman.sent].count("fine") == 1
        assert db.session.scalars(call_list(boss, now=at)).all() == [refused]

    def test_a_dead_mail_server_shows_and_ends_on_the_call_list_in_two_days(self) -> None:
        """Though the meeting is three weeks away: there is still time to telephone."""
        here = make.centre()
        boss = make.coordinator(here)
        notice = owe(make.participant(here), not_after=NOON + timedelta(days=21))
        at = NOON
        while at < NOON + timedelta(days=3):
            send(Recorder(*[TryLater("refused")] * 3), at)
            if at < NOON + timedelta(days=1, hours=20):
                assert oldest_due(now=at + timedelta(hours=1)) == NOON
            at += timedelta(hours=1)

        assert state_of(notice) is State.EXPIRED
        assert db.session.scalars(call_list(boss, now=at)).all() == [notice]

    def test_an_error_nobody_thought_of_keeps_no_other_waiting(self) -> None:
        bad, good = owe(make.person(), "bad"), owe(make.person(), "good")

        class Fragile(Recorder):
            def send(self, letter: Letter) -> None:
                if letter.subject == "bad":
                    raise RuntimeError("nobody thought of this")
                super().send(letter)

        send(Fragile())

        assert (state_of(bad), state_of(good)) == (State.PENDING, State.SENT)
        assert bad.attempts == 1

    def test_a_worker_that_lost_its_claim_marks_nothing(self) -> None:
        notice = owe(make.person())

        class Slow(Recorder):
            def send(self, letter: Letter) -> None:
                super().send(letter)
                db.session.execute(update(Notice).values(claim="another worker"))
                db.session.commit()

        assert send(Slow()) == 0
        assert state_of(notice) is State.SENDING
        assert notice.claim == "another worker"

    def test_what_a_slow_worker_has_not_begun_others_may_take(self) -> None:
        for key in ("a", "b"):
            owe(make.person(), key)
        quick = Recorder()

        class Slow(Recorder):
            def send(self, letter: Letter) -> None:
                super().send(letter)
                if len(self.sent) == 1:
                    send(quick, NOON + HOLD + timedelta(seconds=1))

        slow = Slow()
        send(slow)

        assert [letter.subject for letter in slow.sent] == ["a"]
        assert [letter.subject for letter in quick.sent] == ["b"]

    def test_news_that_matters_before_the_morning_does_not_wait_for_it(self) -> None:
        night = NOON.replace(hour=20)  # 22:00 in București
        for key, hours in (("early", 12), ("late", 14)):
            start = night + timedelta(hours=hours)
            post(make.person(), Kind.MOVED, key, now=night, about={}, matters_at=start)

        due = dict(db.session.execute(select(Notice.key, Notice.due_at)).all())

        assert due["early"] == night  # begins at 10:00: the morning would be too late
        assert due["late"] > night

    def test_what_may_wake_somebody_is_retried_at_night_too(self) -> None:
        night = NOON.replace(hour=20)
        start = night + timedelta(hours=10)
        post(make.person(), Kind.PASSWORD, "p", now=night, about={})
        post(make.person(), Kind.MOVED, "m", now=night, about={}, matters_at=start)

        send(Recorder(TryLater("451"), TryLater("451")), night)

        for tried_at in db.session.scalars(select(Notice.next_try_at)):
            assert tried_at < night + timedelta(minutes=5)

    def test_one_full_mailbox_is_no_alarm_for_the_whole_house(self) -> None:
        notice = owe(make.person())
        for minute in range(0, 180, 5):
            at = NOON + timedelta(minutes=minute)
            send(Recorder(*[TryLater("452")] * 3), at)
            since = oldest_due(now=at + timedelta(minutes=1)) or at
            assert at - since < timedelta(minutes=15), minute

        assert notice.attempts >= 4

    def test_whoever_waits_for_a_password_link_does_not_wait_for_the_morning(self) -> None:
        night = NOON.replace(hour=20)
        post(make.person(), Kind.PASSWORD, "k", now=night, about={})

        assert db.session.scalars(select(Notice.due_at)).one() == night

    def test_what_was_dropped_as_untrue_may_be_owed_again(self) -> None:
        layla = make.person()
        owe(layla).state = State.DROPPED

        assert owe(layla).state is State.PENDING

    def test_when_our_mail_is_refused_everyone_waits_and_nobody_is_blamed(self) -> None:
        notices = [owe(make.person(), key) for key in ("a", "b")]
        postman = Recorder(MailRefused("535"))

        send(postman)

        assert len(postman.sent) == 1
        assert {state_of(n) for n in notices} == {State.PENDING}
        assert send(postman, NOON + timedelta(minutes=16)) == 2

    def test_perhaps_sent_is_sent_again_but_never_a_password_link(self) -> None:
        reminder = owe(make.person(), "r")
        secret = owe(make.person(), "p", Kind.PASSWORD)

        send(Recorder(PerhapsSent("dropped"), PerhapsSent("dropped")))

        assert (state_of(reminder), state_of(secret)) == (State.PENDING, State.FAILED)

    def test_a_letter_that_is_no_longer_true_is_dropped(self) -> None:
        notice = owe(make.person())

        send_due(Recorder(), lambda _notice, _now: None, clock=lambda: NOON)

        assert state_of(notice) is State.DROPPED

    def test_a_letter_that_cannot_be_written_stops_no_other(self) -> None:
        bad, good = owe(make.person(), "bad"), owe(make.person(), "good")

        def fragile(notice: Notice, now: datetime) -> Letter | None:
            if notice.key == "bad":
                raise KeyError("a template is broken")
            return compose(notice, now)

        at = NOON
        for _attempt in range(5):
            send_due(Recorder(), fragile, clock=lambda at=at: at)  # type: ignore[misc]
            at += timedelta(minutes=40)

        assert (state_of(good), state_of(bad)) == (State.SENT, State.FAILED)

    def test_what_a_dead_worker_held_is_sent_by_the_next(self) -> None:
        notice = owe(make.person())
        claim("a worker", now=NOON)  # and then the power went

        assert send(Recorder(), NOON + HOLD / 2) == 0
        assert send(Recorder(), NOON + HOLD + timedelta(seconds=1)) == 1
        assert state_of(notice) is State.SENT

    def test_a_password_link_that_may_have_left_before_a_crash_is_not_sent_again(self) -> None:
        notice = owe(make.person(), kind=Kind.PASSWORD)
        claim("a worker", now=NOON)
        lasts = {"lease_until": NOON + LEASE, "next_try_at": NOON + LEASE}
        db.session.execute(update(Notice).values(state=State.SENDING, **lasts))
        db.session.commit()

        assert send(Recorder(), NOON + LEASE + timedelta(seconds=1)) == 0
        assert state_of(notice) is State.FAILED

    def test_whoever_was_paused_hears_nothing(self) -> None:
        layla = make.person()
        notice = owe(layla)
        layla.is_active = False
        db.session.flush()

        assert send(Recorder()) == 0
        assert state_of(notice) is State.DROPPED

    def test_the_oldest_unsent_is_known(self) -> None:
        owe(make.person())

        assert oldest_due(now=NOON + timedelta(hours=1)) == NOON
        send(Recorder())
        assert oldest_due(now=NOON + timedelta(hours=1)) is None

    def test_facts_are_forgotten_after_ninety_days_but_never_what_is_still_owed(self) -> None:
        sent, owed = owe(make.person(), "sent"), owe(make.person(), "owed", not_after=None)
        sent.state = State.SENT
        db.session.flush()

        forget_old_notices(now=NOON + timedelta(days=91))

        assert db.session.scalars(select(Notice)).all() == [owed]


def test_two_workers_at_once_send_nothing_twice_and_nothing_not_at_all(racing_app: Flask) -> None:
    """Fifty rounds; each time two workers meet over a full outbox until it is empty."""
    for round_number in range(50):
        postman = Recorder()
        with racing_app.app_context():
            layla = make.person()
            keys = [f"{round_number}-{n}" for n in range(BATCH + 5)]
            for key in keys:
                owe(layla, key)
            db.session.commit()

        def working(postman: Recorder = postman) -> Callable[[], object]:
            return lambda: [send(postman) for _turn in range(3)]

        results = all_at_once(racing_app, [working(), working()])

        assert sorted(letter.subject for letter in postman.sent) == sorted(keys), results
