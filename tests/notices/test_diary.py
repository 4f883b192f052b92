"""The line on the disk between a server's yes and the commit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from socket import gethostname

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.notices.diary import Diary
from app.notices.ledger import Attempt, Outcome, Worker
from app.notices.models import Kind, Notice, State
from app.web import settings
from app.worker import Running, start, stop
from tests import make
from tests.notices.test_outbox import owe


def test_it_holds_the_last_one_and_only_for_its_owner(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "workers", "one")
    assert diary.last_taken() == []

    for attempts in ([7], [12_345, 8, 10], [9]):
        diary.taken(attempts)
        assert Diary(tmp_path / "workers", "one").last_taken() == attempts

    assert diary.path.stat().st_mode & 0o077 == 0
    diary.burn()
    diary.burn()
    assert list((tmp_path / "workers").iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"12\n", b"1" * 20, b"x" * 20 + b"\n", b"1" * 21 + b"\n", b"\xff" * 20 + b"\n"],
)
def test_what_is_no_line_of_ours_says_nothing(tmp_path: Path, line: bytes) -> None:
    diary = Diary(tmp_path, "one")
    diary.path.write_bytes(line)

    assert diary.last_taken() == []


def test_a_disk_that_is_full_stops_no_letter(tmp_path: Path) -> None:
    diary = Diary(tmp_path, "one")
    diary.path.mkdir()

    diary.taken([1])

    assert diary.last_taken() == []


@pytest.fixture
def dead(app: Flask) -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    now = clock.now()
    db.session.add(
        Worker(
            name="the dead",
            machine=gethostname(),
            process=ended.pid,
            started_at=now,
            seen_at=now,
            moved_at=now,
        )
    )
    return ended.pid


def was_sending(kind: Kind) -> tuple[Notice, Attempt]:
    """What the dead had in hand."""
    notice = owe(make.person(), kind.value, kind)
    notice.state, notice.claim = State.SENDING, "the dead"
    attempt = Attempt(notice_id=notice.id, worker="the dead", started_at=clock.now())
    db.session.add(attempt)
    db.session.commit()
    return notice, attempt


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize("kind", [Kind.REMINDER, Kind.PASSWORD])
def test_the_next_worker_of_the_machine_does_not_repeat_what_was_taken(kind: Kind) -> None:
    notice, attempt = was_sending(kind)
    folder = settings().data / "workers"
    Diary(folder, "the dead").taken([attempt.id])

    me = Running()
    start(me)

    db.session.expire_all()
    assert (notice.state, notice.claim, attempt.outcome) == (State.SENT, None, Outcome.SENT)
    assert list(db.session.scalars(select(Worker.name))) == [me.name]
    stop(me)
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("dead")
def test_a_line_about_another_try_settles_nothing() -> None:
    first, earlier = was_sending(Kind.REMINDER)
    second, _attempt = was_sending(Kind.MOVED)
    Diary(settings().data / "workers", "the dead").taken([earlier.id])
    me = Running()

    start(me)
    stop(me)

    db.session.expire_all()
    assert (first.state, second.state) == (State.SENT, State.SENDING)
    assert second.lease_until is not None
    assert second.lease_until < clock.now()


def test_one_that_lives_is_left_alone(app: Flask) -> None:
    now = clock.now()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        db.session.add(
            Worker(
                name="alive",
                machine=gethostname(),
                process=alive.pid,
                started_at=now,
                seen_at=now,
                moved_at=now,
            )
        )
        db.session.commit()
        me = Running()
        start(me)
        stop(me)
        assert list(db.session.scalars(select(Worker.name))) == ["alive"]
        alive.communicate(b"\n")
