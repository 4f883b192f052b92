"""The timetable: what each turn does, and that one that fails does not stop the clock."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Event, Thread

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.feeds.inviting import begin
from app.feeds.models import Invite
from app.notices.channels import Channel
from app.notices.ledger import Attempt, Outcome, Worker
from app.notices.models import Kind, Notice, State
from app.notices.operations import post
from app.notices.steady import SteadyClock
from app.people.models import FailedSignIn
from app.signups.operations import join
from app.web import settings
from app.worker import (
    Running,
    in_context,
    keep_calendars,
    mail,
    remind,
    send,
    tidy,
    timetable,
    wake_after,
)
from tests import make
from tests.conftest import make_app
from tests.make import BEFORE

ROOT = Path(__file__).parent.parent


def test_the_timetable_lives_in_memory_and_runs_each_job_alone(app: Flask) -> None:
    clockwork = timetable(app, Running())

    assert len(clockwork.get_jobs()) == 14
    assert clockwork._job_defaults == {
        "coalesce": True,
        "max_instances": 1,
        "misfire_grace_time": None,
    }
    assert clockwork._jobstores == {}  # the one in memory is made when it starts


@pytest.mark.parametrize(
    ("environ", "ways"),
    [
        ({}, {Channel.EMAIL, Channel.PUSH, Channel.SMS}),
        ({"PUNTE_SMTP_URL": "smtp://mail.example"}, {Channel.EMAIL, Channel.PUSH}),
        (
            {
                "PUNTE_SMTP_URL": "smtp://mail.example",
                "PUNTE_SMS_URL": "https://sms.example",
                "PUNTE_SMS_TOKEN": "secret",
            },
            {Channel.EMAIL, Channel.PUSH, Channel.SMS},
        ),
    ],
)
def test_the_settings_say_which_ways_there_are(
    tmp_path: Path, environ: dict[str, str], ways: set[Channel]
) -> None:
    app = make_app("sqlite:///:memory:", tmp_path, **environ)

    with app.app_context(), mail() as post:
        assert {channel for channel in Channel if post.carries(channel)} == ways


def test_without_a_mail_server_letters_become_files_that_only_their_owner_reads(
    app: Flask,
) -> None:
    layla = make.person()
    now = clock.now()
    post(layla, Kind.PASSWORD, "k", now=now, about={"invited": True})

    send(Running())

    assert db.session.scalars(select(Notice.state)).one() is State.SENT
    [letter] = settings().mail_folder.glob("*.eml")
    assert letter.stat().st_mode & 0o077 == 0
    letter.unlink()


def test_what_is_kept_for_a_while_is_forgotten_after_it(app: Flask) -> None:
    old = clock.now() - timedelta(days=100)
    notice = Notice(
        person=make.person(), kind=Kind.REMINDER, key="k", about={}, posted_at=old, due_at=old,
        next_try_at=old, state=State.SENT,
    )  # fmt: skip
    db.session.add_all([notice, FailedSignIn(subject_hash="x", at=old)])
    db.session.flush()
    folder = settings().mail_folder
    folder.mkdir(exist_ok=True)
    for name, days in (("old.eml", 8), ("new.eml", 6)):
        (folder / name).touch()
        moment = (clock.now() - timedelta(days=days)).timestamp()
        os.utime(folder / name, (moment, moment))

    tidy()

    assert db.session.scalars(select(Notice)).all() == []
    assert db.session.scalars(select(FailedSignIn)).all() == []
    assert [path.name for path in folder.glob("*.eml")] == ["new.eml"]
    (folder / "new.eml").unlink()


def test_calendars_that_are_kept_by_mail_are_looked_after(app: Flask) -> None:
    now = clock.now()
    meeting = make.meeting(starts_at=now + timedelta(days=3))
    layla = make.person()
    make.book_learner(layla, meeting)
    begin(layla, now=now)
    old = Invite(
        person_id=layla.id, ref="old", sequence=0, zone="Europe/Bucharest", made_at=now,
        starts_at=now - timedelta(days=3), ends_at=now - timedelta(days=2),
    )  # fmt: skip
    db.session.add(old)
    db.session.commit()

    keep_calendars()
    keep_calendars()
    tidy()

    assert db.session.scalars(select(Notice.kind)).all() == [Kind.INVITATION]
    assert db.session.scalars(select(Invite.ref)).all() == [meeting.ref]


@contextmanager
def a_worker(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """``flask worker`` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("PUNTE_")} | environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(app: Flask, come_true: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for what the worker does; it must not end meanwhile."""
    pause = Event()
    for _look in range(600):
        done = come_true()
        db.session.rollback()  # a look must not hold the database while the worker writes
        if done:
            return
        assert process.poll() is None, process.communicate()[1]
        pause.wait(0.05)
    raise AssertionError("it did not happen in half a minute")


def test_told_to_stop_it_finishes_the_letter_in_hand_gives_back_the_rest_and_ends_well(
    racing_app: Flask, tmp_path: Path
) -> None:
    with slow_relay() as relay, racing_app.app_context():
        for n in range(4):
            post(make.person(), Kind.PASSWORD, str(n), now=clock.now(), about={"invited": True})
        db.session.commit()
        environ = {
            "PUNTE_DATA": str(tmp_path),
            "PUNTE_DATABASE_URL": racing_app.config["SQLALCHEMY_DATABASE_URI"],
            "PUNTE_SMTP_URL": f"smtp://127.0.0.1:{relay.port}",
        }
        with a_worker(environ) as process:
            until(racing_app, relay.has_one_in_hand.is_set, process)
            assert db.session.scalars(select(Worker.process)).one() == process.pid
            db.session.rollback()
            process.send_signal(signal.SIGTERM)
            relay.may_go_on.set()

            assert process.wait(timeout=60) == 0, process.communicate()[1]

        states = Counter(db.session.scalars(select(Notice.state)))
        assert states == {State.SENT: relay.taken, State.PENDING: 4 - relay.taken}
        assert relay.taken == 1
        assert len(db.session.scalars(select(Worker)).all()) == 1  # the last one is missed
        assert set(db.session.scalars(select(Attempt.outcome))) == {Outcome.SENT}


def test_what_a_killed_one_held_is_sent_by_the_next_on_the_machine_at_once(
    racing_app: Flask, tmp_path: Path
) -> None:
    with slow_relay() as relay, racing_app.app_context():
        for n in range(3):
            post(make.person(), Kind.PASSWORD, str(n), now=clock.now(), about={"invited": True})
        db.session.commit()
        environ = {
            "PUNTE_DATA": str(tmp_path),
            "PUNTE_DATABASE_URL": racing_app.config["SQLALCHEMY_DATABASE_URI"],
            "PUNTE_SMTP_URL": f"smtp://127.0.0.1:{relay.port}",
        }
        with a_worker(environ) as process:
            until(racing_app, relay.has_one_in_hand.is_set, process)
            process.kill()
            process.wait()
        relay.may_go_on.set()

        with a_worker(environ) as process:
            settled = select(Notice.state).where(Notice.state.in_((State.SENT, State.FAILED)))
            until(racing_app, lambda: len(db.session.scalars(settled).all()) == 3, process)

        # The link that was on its way is not sent twice; somebody is told.
        states = Counter(db.session.scalars(select(Notice.state)))
        assert states == {State.SENT: 2, State.FAILED: 1}
        assert Outcome.CRASHED in set(db.session.scalars(select(Attempt.outcome)))


class SlowRelay:
    """A mail server that takes its time with the first letter."""

    def __init__(self) -> None:
        self.has_one_in_hand, self.may_go_on = Event(), Event()
        self.taken = 0
        self.server = ThreadingTCPServer(("127.0.0.1", 0), self._talk)  # type: ignore[arg-type]
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])

    def _talk(self, sock: socket.socket, *_: object) -> None:
        with sock, sock.makefile("rb") as lines:
            sock.sendall(b"220 slow\r\n")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"DATA":
                    sock.sendall(b"354 go on\r\n")
                    while lines.readline() not in (b".\r\n", b""):
                        pass
                    self.has_one_in_hand.set()
                    self.may_go_on.wait(60)
                    self.taken += 1
                with suppress(OSError):
                    sock.sendall(b"250 ok\r\n")


@contextmanager
def slow_relay() -> Iterator[SlowRelay]:
    relay = SlowRelay()
    listens = Thread(target=relay.server.serve_forever, args=(0.05,))
    listens.start()
    try:
        yield relay
    finally:
        relay.may_go_on.set()
        relay.server.shutdown()
        listens.join()
        relay.server.server_close()


def test_a_job_that_fails_is_logged_and_the_next_turn_comes(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise KeyError("something")

    in_context(app, broken)()

    assert "job broken failed" in caplog.text


def test_a_clock_that_goes_back_keeps_no_job_waiting(app: Flask) -> None:
    clockwork = timetable(app, Running())
    clockwork.start(paused=True)
    try:
        before = clock.now()
        for job in clockwork.get_jobs():
            job.modify(next_run_time=before + timedelta(days=1))

        assert wake_after(clockwork, before, now=before) == before
        assert all(job.next_run_time > before for job in clockwork.get_jobs())
        back = before - timedelta(hours=1)
        assert wake_after(clockwork, before, now=back) == back
        assert {job.next_run_time for job in clockwork.get_jobs()} == {back}
    finally:
        clockwork.shutdown(wait=False)


def test_a_clock_that_goes_forward_reminds_nobody_too_soon(app: Flask) -> None:
    with time_machine.travel(BEFORE, tick=False) as machine:
        meeting = make.meeting(starts_at=BEFORE + timedelta(days=3))
        learner = make.participant(meeting.activity.centre)
        join(meeting.activity, learner, by=learner, now=BEFORE)
        db.session.commit()
        steady = Running(clock=SteadyClock(BEFORE, elapsed=clock.elapsed))
        reminders = select(Notice.id).where(Notice.kind == Kind.REMINDER)

        machine.shift(timedelta(days=2, hours=12))
        remind(steady)
        assert db.session.scalars(reminders).all() == []

        remind(Running(clock=SteadyClock(clock.now(), elapsed=clock.elapsed)))
        assert len(db.session.scalars(reminders).all()) == 1
