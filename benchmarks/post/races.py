"""A session is cancelled at the moment at which a worker sends the reminder of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from threading import Lock
from time import monotonic, sleep

from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notices.delivery import Post
from app.notices.letter import Letter
from app.notices.models import Kind, Notice, State
from app.notices.sending import send_due
from app.people.models import Person
from app.programme.bookings import book
from app.programme.models import Meeting, Part
from app.reminders.letters import compose
from app.reminders.operations import post_reminders
from app.staffing.moving import cancel_meeting
from tests import make
from tests.make import MONDAY
from tests.races import all_at_once

STALE = 5.0
HEAD_START = 0.03
"""Seconds; now the one is first, now the other."""


class Timed(Post):
    """A postman who notes when he was given which letter."""

    def __init__(self) -> None:
        self.given: dict[str, float] = {}
        self._lock = Lock()

    def send(self, letter: Letter) -> None:
        with self._lock:
            self.given[letter.message_id.strip("<>").partition("@")[0]] = monotonic()

    def close(self) -> None:
        """Nothing stays open."""


def cancel_races(app: Flask, rounds: int) -> dict[str, int]:
    """So many races. *stale*: reminders that left more than five seconds after the cancellation;
    *untold*: people who read a reminder, or should have, and then never of the cancellation."""
    found = {"races": 0, "reminders_first": 0, "stale": 0, "untold": 0}
    dice = Random(rounds)
    with app.app_context():
        boss_id = make.coordinator(make.centre()).id
        db.session.commit()
    for number in range(rounds):
        start = MONDAY + timedelta(days=number)
        one = _race(app, start, boss_id, dice)
        for name, value in one.items():
            found[name] += value
    return found


def _race(app: Flask, start: datetime, boss_id: int, dice: Random) -> dict[str, int]:
    """One session, one learner, one reminder that is due."""
    at = start - timedelta(hours=23)
    with app.app_context():
        meeting, layla = make.meeting(starts_at=start), make.person()
        book(layla, meeting, Part.LEARNER)
        post_reminders(now=at)
        db.session.commit()
        meeting_id, reader_id = meeting.id, layla.id
    postman, cancelled = Timed(), list[float]()

    def cancel() -> None:
        sleep(dice.uniform(0, HEAD_START))
        boss = db.session.get_one(Person, boss_id)
        meeting = db.session.get_one(Meeting, meeting_id)
        cancel_meeting(meeting, by=boss, now=at, seen=meeting.sequence)
        db.session.commit()
        cancelled.append(monotonic())

    def send() -> object:
        sleep(dice.uniform(0, HEAD_START))
        return send_due(postman, compose, clock=lambda: at)

    clicks: list[Callable[[], object]] = [cancel, send]
    all_at_once(app, clicks)
    with app.app_context():
        for minutes in (0, 10):  # what the cancellation owes leaves a little later
            later = at + timedelta(minutes=minutes)
            send_due(postman, compose, clock=lambda later=later: later)  # type: ignore[misc]
        return _judged(postman, cancelled, reader_id)


def _judged(postman: Timed, cancelled: list[float], reader_id: int) -> dict[str, int]:
    mine = db.session.scalars(select(Notice).where(Notice.person_id == reader_id)).all()
    reminder = next(one for one in mine if one.kind is Kind.REMINDER)
    sent_at = postman.given.get(reminder.ref)
    told = any(one.kind is Kind.CANCELLED and one.state is State.SENT for one in mine)
    return {
        "races": 1,
        "reminders_first": sent_at is not None,
        "stale": sent_at is not None and sent_at > cancelled[0] + STALE,
        "untold": not told,
    }
