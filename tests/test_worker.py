"""The timetable: what each turn does, and that one that fails does not stop the clock."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.notices.models import Kind, Notice, State
from app.notices.operations import post
from app.people.models import FailedSignIn
from app.web import settings
from app.worker import in_context, send, tidy, timetable
from tests import make


def test_the_timetable_lives_in_memory_and_runs_each_job_alone(app: Flask) -> None:
    clockwork = timetable(app)

    assert len(clockwork.get_jobs()) == 7
    assert clockwork._job_defaults == {
        "coalesce": True,
        "max_instances": 1,
        "misfire_grace_time": None,
    }
    assert clockwork._jobstores == {}  # the one in memory is made when it starts


def test_without_a_mail_server_letters_become_files_that_only_their_owner_reads(
    app: Flask,
) -> None:
    layla = make.person()
    now = clock.now()
    post(layla, Kind.PASSWORD, "k", now=now, about={"invited": True})

    send()

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


def test_a_job_that_fails_is_logged_and_the_next_turn_comes(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise KeyError("something")

    in_context(app, broken)()

    assert "job broken failed" in caplog.text
