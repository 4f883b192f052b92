"""What becomes of each message when several are one letter: in the outbox, in the ledger, in the
diary, when workers die, the database goes away, the mail server fails, or the letter comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from app import clock
from app.extensions import db
from app.notices.calling import NoAddressToSend, send_again
from app.notices.channels import Channel
from app.notices.claiming import HOLD, claim
from app.notices.delivery import AddressRefused, NotDelivered, Stage, TryLater
from app.notices.diary import Diary
from app.notices.ledger import Attempt, Outcome, Relay, StoppedAddress
from app.notices.letter import Letter
from app.notices.models import Notice, Pace, State
from app.notices.pacing import MOST_TOGETHER, gather
from app.notices.relays import MOST_FAILURES
from app.notices.returned import read_returned
from app.notices.sending import Sender
from app.notices.wishes import keep_silent, say
from app.people.models import Person
from app.web import settings
from app.worker import Running, start, stop
from tests import make
from tests.notices.test_diary import dead
from tests.notices.test_outbox import Recorder, compose
from tests.notices.test_pacing import HOUR, MINUTE, NOON, bind, owe, send, states, storm
from tests.notices.test_returned import bounce
from tests.notices.test_sending import Outage

__all__ = ["dead"]  # a fixture


def worker(name: str = "one", at: datetime = NOON) -> Sender:
    return Sender(name, clock=lambda: at, bind=bind)


def attempts() -> list[tuple[int, str | None, str | None]]:
    found = db.session.scalars(select(Attempt).order_by(Attempt.id))
    return [(one.notice_id, one.outcome, one.code) for one in found]


def ids() -> list[int]:
    return list(db.session.scalars(select(Notice.id).order_by(Notice.id)))


def failing(code: str, stage: Stage) -> TryLater:
    problem = TryLater(code)
    problem.stage = stage
    return problem


@pytest.mark.usefixtures("app")
class TestEach:
    def test_has_an_attempt_of_its_own(self) -> None:
        owe(make.person(), "a", "b")
        first, second = ids()

        send(NOON, Recorder(failing("451", Stage.RCPT)))
        send(NOON + 3 * MINUTE)

        assert attempts() == [
            (first, Outcome.LATER, "451"),
            (second, Outcome.LATER, "451"),
            (first, Outcome.SENT, None),
            (second, Outcome.SENT, None),
        ]

    def test_is_noted_before_the_database_hears_of_it(self) -> None:
        owe(make.person(), "a", "b")
        noted: list[list[int]] = []
        one = worker()

        def taken(those: Sequence[int]) -> None:
            assert states() == [State.SENDING] * 2
            noted.append(list(those))

        one.taken = taken
        one.send(Recorder(), compose)

        assert noted == [list(db.session.scalars(select(Attempt.id).order_by(Attempt.id)))]

    def test_leaves_only_while_it_is_still_ours(self) -> None:
        """The first was taken by another worker meanwhile: the letter is that of the second."""
        owe(make.person(), "a", "b")
        first, second = db.session.scalars(select(Notice).order_by(Notice.id))
        refs = [first.ref, second.ref]

        def meanwhile(notice: Notice, now: datetime) -> Letter | None:
            if notice.key == "b":
                mine = update(Notice).where(Notice.key == "a")
                db.session.execute(mine.values(claim="another"))
            return compose(notice, now)

        postman = Recorder()
        assert worker().send(postman, meanwhile) == 1

        assert [letter.message_id for letter in postman.sent] == [f"<{refs[1]}@punte.example>"]
        assert states() == [State.CLAIMED, State.SENT]
        assert db.session.scalars(select(Notice.letter).where(Notice.key == "b")).one() == refs[1]
        assert [notice_id for notice_id, _outcome, _code in attempts()] == [ids()[1]]

    def test_stays_when_we_keep_silent_from_now_on(self) -> None:
        layla = make.person()
        owe(layla, "a", "b")

        def meanwhile(notice: Notice, now: datetime) -> Letter | None:
            if notice.key == "b":
                keep_silent(layla, by=layla, now=now)
                db.session.commit()
            return compose(notice, now)

        postman = Recorder()
        worker().send(postman, meanwhile)

        assert postman.sent == []
        assert states() == [State.FAILED] * 2
        assert attempts() == []

    def test_goes_along_with_the_letter_it_was_part_of_whoever_holds_it(self) -> None:
        owe(make.person(), "a", "b", "c")
        send(NOON, Recorder(TryLater("451")))
        later = NOON + 3 * MINUTE
        held = claim("another", now=later, most=1)

        postman = Recorder()
        worker("one", later).send(postman, compose)

        assert len(held) == 1
        assert [letter.subject for letter in postman.sent] == ["a b c"]
        assert states() == [State.SENT] * 3

    def test_is_free_at_once_where_the_letter_would_be_too_long(self) -> None:
        storm(make.person(), MOST_TOGETHER + 1, urgent=True)
        postman = Recorder()

        for _turn in range(2):
            send(NOON, postman)

        assert [letter.subject.count(" ") + 1 for letter in postman.sent] == [MOST_TOGETHER, 1]

    def test_waits_for_nobody_after_a_worker_took_it_and_died(self) -> None:
        """Its letter was counted already: no hour passes before another worker sends it."""
        layla = make.person()
        owe(layla, "a", "b")
        assert gather("the dead", claim("the dead", now=NOON), now=NOON) == [ids()]
        db.session.execute(update(Notice).where(Notice.key == "a").values(next_try_at=NOON))

        assert send(NOON + MINUTE) == ["a b"]
        assert send(NOON + HOLD + MINUTE) == []
        assert db.session.get_one(Pace, layla.id).letters == 1

    def test_is_tried_again_after_the_quiet_hours_of_its_reader(self) -> None:
        layla = make.person()
        layla.quiet_from, layla.quiet_until = time(12), time(15)  # in București it is noon
        at = NOON - MINUTE / 2
        owe(layla, "a", "b", at=at)

        send(at, Recorder(*(TryLater("451") for _n in range(2))))

        tries = set(db.session.scalars(select(Notice.next_try_at)))
        assert tries == {NOON + 3 * HOUR}


@pytest.mark.usefixtures("app")
class TestTheServer:
    def test_a_letter_of_several_is_one_failure_of_the_server(self) -> None:
        owe(make.person(), "a", "b", "c")

        send(NOON, Recorder(failing("refused", Stage.CONNECT)))

        assert db.session.get_one(Relay, "Recorder").failures == 1

    def test_after_its_rest_one_letter_is_tried(self) -> None:
        for name in ("a", "b", "c"):
            owe(make.person(), f"{name}1", f"{name}2")
        rested()

        postman = Recorder(failing("refused", Stage.CONNECT))
        assert send(NOON, postman) == ["a1 a2"]

        assert states() == [State.PENDING] * 6

    def test_what_waits_for_its_readers_next_letter_does_not_stand_before_it(self) -> None:
        layla = make.person()
        owe(layla, "first")
        send()
        owe(layla, "kept", at=NOON + MINUTE)
        owe(make.person(), "other", at=NOON + 2 * MINUTE)
        rested()

        assert send(NOON + 2 * MINUTE) == ["other"]

    def test_a_dead_address_is_learnt_once_and_fails_each(self) -> None:
        owe(make.person(), "a", "b")
        problem = AddressRefused("550")
        problem.is_dead = True

        send(NOON, Recorder(problem))

        assert states() == [State.FAILED] * 2
        assert len(db.session.scalars(select(StoppedAddress)).all()) == 1

    def test_a_letter_that_comes_back_fails_each_and_no_other(self, tmp_path: Path) -> None:
        layla = make.person()
        owe(layla, "a", "b")
        postman = Recorder()
        send(NOON, postman)
        owe(layla, "c", at=NOON + HOUR)
        send(NOON + HOUR, postman)
        message_id = postman.sent[0].message_id.strip("<>")
        (tmp_path / "1").write_bytes(bounce(message_id, layla.email or ""))

        assert read_returned(tmp_path, domain="punte.example", now=NOON + 2 * HOUR) == 1

        assert states() == [State.FAILED, State.FAILED, State.SENT]
        bounced = [one for one, outcome, _code in attempts() if outcome == Outcome.BOUNCED]
        assert bounced == ids()[:2]


def rested() -> None:
    """The mail server failed too often, and its rest is over."""
    values = {"failures": MOST_FAILURES, "rests_until": NOON, "refuses": False}
    if db.session.get(Relay, "Recorder") is None:
        db.session.add(Relay(name="Recorder", **values))
    else:
        db.session.execute(update(Relay).values(**values))
    db.session.flush()


@pytest.mark.usefixtures("app")
class TestSentAgain:
    def refused(self, person: Person, *keys: str) -> list[Notice]:
        owe(person, *keys)
        send(NOON, Recorder(AddressRefused("554")))
        return list(db.session.scalars(select(Notice).order_by(Notice.id)))

    def test_it_leaves_at_once_and_alone_if_it_was_asked_for_alone(self) -> None:
        layla = make.person()
        first, second = self.refused(layla, "a", "b")

        send_again(second, by=layla, now=NOON + MINUTE)

        assert send(NOON + MINUTE) == ["b"]
        assert states() == [State.FAILED, State.SENT]
        assert (first.letter, second.letter) == (first.ref, second.ref)

    def test_it_takes_along_what_waits_for_the_next_letter(self) -> None:
        layla = make.person()
        first, _second = self.refused(layla, "a", "b")
        owe(layla, "kept", at=NOON + MINUTE)
        assert send(NOON + MINUTE) == []

        send_again(first, by=layla, now=NOON + 2 * MINUTE)

        assert send(NOON + 2 * MINUTE) == ["a kept"]

    @pytest.mark.parametrize("why", ["silent", "no-consent"])
    def test_refused_where_no_letter_may_reach_them(self, why: str) -> None:
        layla = make.person()
        notice, _other = self.refused(layla, "a", "b")
        if why == "silent":
            keep_silent(layla, by=layla, now=NOON)
        else:
            say(layla, Channel.EMAIL, False, by=layla, now=NOON)

        with pytest.raises(NoAddressToSend):
            send_again(notice, by=layla, now=NOON + MINUTE)


@pytest.mark.usefixtures("dead")
def test_the_next_worker_of_the_machine_repeats_nothing_of_the_letter() -> None:
    now = clock.now()
    owe(make.person(), "a", "b", at=now)
    mine = update(Notice).values(state=State.SENDING, claim="the dead")
    db.session.execute(mine.execution_options(synchronize_session=False))
    begun = [Attempt(notice_id=one, worker="the dead", started_at=now) for one in ids()]
    db.session.add_all(begun)
    db.session.commit()
    Diary(settings().data / "workers", "the dead").taken([one.id for one in begun])

    me = Running()
    start(me)
    stop(me)

    assert states() == [State.SENT] * 2
    assert [outcome for _one, outcome, _code in attempts()] == [Outcome.SENT] * 2


@pytest.mark.parametrize(
    ("ending", "state"), [(None, State.SENT), (TryLater("450"), State.PENDING)]
)
def test_how_the_letter_ended_is_remembered_of_each_until_the_database_is_back(
    racing_app: Flask, ending: NotDelivered | None, state: State
) -> None:
    with racing_app.app_context():
        owe(make.person(), "a", "b")
        db.session.commit()

        class Postman(Recorder):
            def send(self, letter: Letter) -> None:
                super().send(letter)
                Outage()
                if ending:
                    raise ending

        one, postman, quiet = worker(), Postman(), Recorder()
        with pytest.raises(OperationalError):
            one.send(postman, compose)
        one.send(quiet, compose)

        assert [letter.subject for letter in postman.sent] == ["a b"]
        assert quiet.sent == []
        assert states() == [state, state]
        assert None not in set(db.session.scalars(select(Attempt.ended_at)))


def test_a_letter_that_could_not_begin_leaves_whole_when_the_database_is_back(
    racing_app: Flask,
) -> None:
    with racing_app.app_context():
        owe(make.person(), "a", "b")
        db.session.commit()

        def composing(notice: Notice, now: datetime) -> Letter | None:
            if notice.key == "b":
                Outage()
            return compose(notice, now)

        one, postman = worker(), Recorder()
        with pytest.raises(OperationalError):
            one.send(postman, composing)
        assert postman.sent == []
        one.send(postman, compose)

        assert [letter.subject for letter in postman.sent] == ["a b"]
        assert [outcome for _one, outcome, _code in attempts()] == [Outcome.SENT] * 2


def test_a_message_is_left_alone_while_somebody_else_changes_it(postgres_app: Flask) -> None:
    """A cancellation may hold it for a while and wait for others that we hold."""
    with postgres_app.app_context():
        owe(make.person(), "a", "b")
        held = claim("one", now=NOON)
        db.session.execute(text("SET lock_timeout = '5s'"))
        with db.engine.begin() as cancelling:
            dropped = update(Notice).where(Notice.key == "b")
            cancelling.execute(dropped.values(state=State.DROPPED, claim=None))

            assert gather("one", held, now=NOON) == [[min(held)]]
        db.session.execute(text("RESET lock_timeout"))
