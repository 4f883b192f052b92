"""What a worker remembers, gives back, and leaves in the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.notices.claiming import (
    BATCH,
    LEASE,
    MOST_ERRORS,
    anything_parked,
    claim,
    expire,
    give_back,
)
from app.notices.delivery import AddressRefused, PerhapsSent, Stage, TryLater
from app.notices.ledger import Attempt, Outcome, StoppedAddress
from app.notices.letter import Letter
from app.notices.models import Kind, Notice, State
from app.notices.queries import call_list, oldest_due
from app.notices.sending import Sender, forget_old_attempts
from tests import make
from tests.notices.test_outbox import NOON, Recorder, compose, owe, send, state_of

SECOND = timedelta(seconds=1)


@pytest.mark.usefixtures("app")
class TestTheLedger:
    def test_each_try_is_kept_with_its_stage_and_code_and_who_tried(self) -> None:
        notice = owe(make.person())
        greylisted = TryLater("451")
        greylisted.stage = Stage.RCPT
        worker = Sender("worker one", clock=lambda: NOON)
        worker.send(Recorder(greylisted), compose)
        send(Recorder(), NOON + timedelta(minutes=2))

        first, second = db.session.scalars(select(Attempt).order_by(Attempt.id))
        assert (first.worker, first.stage, first.code) == ("worker one", "rcpt", "451")
        assert (first.outcome, first.started_at, first.ended_at) == (Outcome.LATER, NOON, NOON)
        assert (second.outcome, second.code) == (Outcome.SENT, None)
        assert {first.notice_id, second.notice_id} == {notice.id}

    def test_it_is_forgotten_after_ninety_days(self) -> None:
        owe(make.person())
        send(Recorder())

        forget_old_attempts(now=NOON + timedelta(days=89))
        assert len(db.session.scalars(select(Attempt)).all()) == 1
        forget_old_attempts(now=NOON + timedelta(days=91))
        assert db.session.scalars(select(Attempt)).all() == []

    def test_a_try_that_broke_off_is_kept_as_such(self) -> None:
        owe(make.person())
        dies(NOON)

        send(Recorder(), NOON + LEASE + SECOND)

        assert list(db.session.scalars(select(Attempt.outcome).order_by(Attempt.id))) == [
            Outcome.CRASHED,
            Outcome.SENT,
        ]

    def test_what_breaks_every_worker_off_ends_on_the_call_list(self) -> None:
        notice = owe(make.person())
        at = NOON
        for _crash in range(MOST_ERRORS):
            dies(at)
            at += LEASE + SECOND

        assert send(Recorder(), at) == 0
        assert (state_of(notice), notice.last_code) == (State.FAILED, "crashed")


def dies(at: object) -> None:
    """A worker is killed while it sends."""

    class Killed(Recorder):
        def send(self, letter: Letter) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(Killed(), at)  # type: ignore[arg-type]
    db.session.rollback()


@pytest.mark.usefixtures("app")
class TestStopping:
    def test_the_message_in_hand_is_finished_and_the_others_are_free_at_once(self) -> None:
        notices = [owe(make.person(), str(n)) for n in range(5)]
        postman = Recorder()
        worker = Sender("one", clock=lambda: NOON, stopping=lambda: len(postman.sent) == 2)

        assert worker.send(postman, compose) == 2
        assert [state_of(n) for n in notices] == [State.SENT] * 2 + [State.PENDING] * 3
        assert not worker.has_more
        assert send(Recorder()) == 3

    def test_a_full_turn_says_that_there_is_more_even_if_some_failed(self) -> None:
        for n in range(BATCH + 1):
            owe(make.person(), str(n))
        worker = Sender("one", clock=lambda: NOON)

        assert worker.send(Recorder(TryLater("450")), compose) == BATCH - 1
        assert worker.has_more
        worker.send(Recorder(), compose)
        assert not worker.has_more

    def test_the_database_is_free_while_the_mail_server_thinks(self) -> None:
        owe(make.person())

        class Thinks(Recorder):
            def send(self, letter: Letter) -> None:
                self.was_free = not db.session().in_transaction()

        postman = Thinks()
        send(postman)

        assert postman.was_free

    def test_what_the_dead_held_is_free_at_once(self) -> None:
        for key in ("a", "b"):
            owe(make.person(), key)
        claim("the dead", now=NOON)
        db.session.execute(
            update(Notice).where(Notice.key == "b").values(state=State.SENDING, claim="the dead")
        )

        give_back(["the dead"], now=NOON, began=True)

        assert send(Recorder(), NOON) == 2


@pytest.mark.usefixtures("app")
class TestAddresses:
    def test_an_address_that_is_dead_gets_no_second_letter(self) -> None:
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here)
        for key in ("one", "two"):
            owe(layla, key)
        dead = AddressRefused("550")
        dead.is_dead = True
        postman = Recorder(dead)

        send(postman)
        owe(layla, "three")
        send(postman)

        assert len(postman.sent) == 1
        assert [n.last_code for n in db.session.scalars(call_list(boss, now=NOON))] == [
            "550",
            "stopped",
            "stopped",
        ]
        assert db.session.scalars(select(StoppedAddress.address)).one() == layla.email

    def test_another_address_of_theirs_works(self) -> None:
        layla = make.person()
        owe(layla, "one")
        dead = AddressRefused("550")
        dead.is_dead = True
        send(Recorder(dead))
        layla.email = "layla@another.example"
        notice = owe(layla, "two")

        assert send(Recorder()) == 1
        assert state_of(notice) is State.SENT

    def test_a_refusal_that_does_not_say_so_stops_nothing(self) -> None:
        layla = make.person()
        owe(layla, "one")
        send(Recorder(AddressRefused("550")))
        owe(layla, "two")

        assert send(Recorder()) == 1


def test_a_kind_that_only_another_version_knows_waits_for_it(app: Flask) -> None:
    owe(make.person(), "known")
    owe(make.person(), "unknown")
    db.session.execute(text("UPDATE notice SET kind = 'of tomorrow' WHERE key = 'unknown'"))

    assert send(Recorder()) == 1
    assert anything_parked()
    assert db.session.scalar(text("SELECT state FROM notice WHERE key = 'unknown'")) == "pending"


def test_a_turn_never_looks_through_what_is_due_later(app: Flask) -> None:
    """Neither does the question for the oldest; `benchmarks.outbox` measures it with a million."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("asked of SQLite's planner, which is the simpler one")
    layla = make.person()
    for n in range(50):
        owe(layla, str(n))
    db.session.execute(text("ANALYZE"))
    many = "UPDATE sqlite_stat1 SET stat = replace(stat, '50', '1000000') WHERE tbl = 'notice'"
    db.session.execute(text(many))
    db.session.execute(text("ANALYZE sqlite_schema"))  # the planner reads it anew
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    earlier = NOON - timedelta(days=1)
    send(Recorder(), earlier)
    expire(now=earlier)
    oldest_due(now=earlier)
    event.remove(db.engine, "before_cursor_execute", note)

    about = [one for one in asked if one[0].startswith(("SELECT", "UPDATE notice"))]
    assert len(about) >= 4
    for statement, values in about:
        connection: Any = db.session.connection().connection
        raw = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = " ".join(str(row) for row in raw)
        assert "SCAN notice" not in plan, statement
        assert "SEARCH notice'" not in plan, statement  # without an index


@pytest.mark.parametrize("most", [1, 3])
def test_a_turn_takes_no_more_than_it_asked_for(app: Flask, most: int) -> None:
    """Also where PostgreSQL plans to look for what is due once for each message it compares."""
    layla = make.person()
    for n in range(6):
        owe(layla, str(n))
    if db.engine.dialect.name == "postgresql":
        for other_way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "seqscan"):
            db.session.execute(text(f"SET LOCAL enable_{other_way} = off"))

    assert len(claim("one", now=NOON, most=most)) == most


class Outage:
    """The database goes away at the next commit, once."""

    def __init__(self) -> None:
        event.listen(db.engine, "commit", self._fail)

    def _fail(self, *_: object) -> None:
        event.remove(db.engine, "commit", self._fail)
        raise OperationalError("COMMIT", {}, ConnectionError("gone"))


@pytest.mark.parametrize(
    ("kind", "ending", "state"),
    [
        (Kind.REMINDER, None, State.SENT),
        (Kind.PASSWORD, None, State.SENT),
        (Kind.PASSWORD, PerhapsSent("dropped"), State.FAILED),
        (Kind.REMINDER, TryLater("450"), State.PENDING),
    ],
)
def test_how_a_try_ended_is_remembered_until_the_database_is_back(
    racing_app: Flask, kind: Kind, ending: Exception | None, state: State
) -> None:
    """It went away between the final dot and the commit: no crash, so nothing is sent twice."""
    with racing_app.app_context():
        notice = owe(make.person(), kind=kind)
        other = owe(make.person(), "other")
        db.session.commit()

        class Postman(Recorder):
            def send(self, letter: Letter) -> None:
                super().send(letter)
                Outage()
                if ending:
                    raise ending

        worker = Sender("one", clock=lambda: NOON)
        postman = Postman()
        with pytest.raises(OperationalError):
            worker.send(postman, compose)
        quiet = Recorder()
        worker.send(quiet, compose)

        assert [letter.subject for letter in postman.sent] == ["one"]
        assert [letter.subject for letter in quiet.sent] == ["other"]
        assert (state_of(notice), state_of(other)) == (state, State.SENT)
        assert db.session.scalars(
            select(Attempt.ended_at).where(Attempt.notice_id == notice.id)
        ).one()


def test_what_was_claimed_when_the_database_went_away_waits_for_nobody(racing_app: Flask) -> None:
    with racing_app.app_context():
        for n in range(3):
            owe(make.person(), str(n))
        db.session.commit()
        worker = Sender("one", clock=lambda: NOON)
        calls = iter(range(100))

        def moved() -> None:
            if next(calls) == 1:  # the first message is in hand, nothing has left yet
                Outage()

        worker.moved = moved
        with pytest.raises(OperationalError):
            worker.send(Recorder(), compose)

        assert worker.send(Recorder(), compose) == 3
        assert set(db.session.scalars(select(Attempt.outcome))) == {Outcome.SENT}
