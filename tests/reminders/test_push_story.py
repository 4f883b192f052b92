"""From the button to the locked screen: a reminder is sealed, carried by a real service under TLS
and opened by the browser it is for; and it comes by mail when the device is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.extensions import db
from app.notices.delivery import FolderPost
from app.notices.devices import PushSubscription
from app.notices.models import Notice, State
from app.notices.push import PushPost
from app.notices.sending import send_due
from app.notices.sms import FolderSms
from app.notices.ways import Ways
from app.people.models import Person
from app.programme.bookings import book
from app.programme.models import Meeting, Part
from app.reminders.letters import compose
from app.reminders.operations import post_reminders
from app.reminders.together import bind
from app.web import settings
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.notices.browsers import Browser as Reader
from tests.notices.services import says, self_made, service

SERVER, CLIENT = self_made()
DAY_BEFORE = MONDAY.replace(month=2, day=28)


def pressed(app: Flask, layla: Person, there: str) -> Reader:
    """She presses the button; her browser's service stands on loopback for once."""
    reader = Reader()
    with time_machine.travel(BEFORE, tick=False):
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(layla).post(
            "/en/profile/devices",
            data={
                "endpoint": "https://push.example/x",
                "p256dh": reader.p256dh,
                "auth": reader.auth,
            },
        )
    db.session.execute(update(PushSubscription).values(endpoint=there))
    return reader


def expected(meeting: Meeting) -> Person:
    layla = make.participant(meeting.activity.centre, language="en")
    book(layla, meeting, Part.LEARNER)
    db.session.commit()
    return layla


def reminded(folder: Path) -> int:
    post_reminders(now=DAY_BEFORE)
    db.session.commit()
    push = PushPost(settings().vapid_key, contact="mailto:a@b.example", tls=CLIENT, private=True)
    mail = FolderPost(folder, mail_from="a@b.example", mail_name="Punte")
    with Ways(mail, FolderSms(folder), push) as ways:
        return send_due(ways, compose, clock=lambda: DAY_BEFORE, bind=bind)


@pytest.mark.parametrize("secret", [False, True])
def test_a_reminder_reaches_the_locked_screen(app: Flask, tmp_path: Path, secret: bool) -> None:
    meeting = make.meeting(activity=make.womens_group() if secret else make.activity())
    layla = expected(meeting)
    with service(says(201), tls=SERVER) as there:
        reader = pressed(app, layla, there.url)
        assert reminded(tmp_path) == 1

    shown = json.loads(reader.opened(there.asked[0].partition(b"\r\n\r\n")[2]))
    lines = {
        True: "You have a meeting: Mon 1 Mar, 11:00",
        False: "Reminder: \u2068Language café\u2069, Mon 1 Mar, 11:00",
    }
    assert (shown["title"], shown["body"]) == ("Punte", lines[secret])
    assert shown["page"] == "http://127.0.0.1:8000/en/mine"
    assert b"\r\nTTL: " in there.asked[0]
    assert b"Reminder" not in there.asked[0]
    assert list(tmp_path.iterdir()) == []


def test_when_the_device_is_gone_it_comes_by_mail_once(app: Flask, tmp_path: Path) -> None:
    layla = expected(make.meeting())
    with service(says(410), tls=SERVER) as there:
        pressed(app, layla, there.url)
        assert reminded(tmp_path) == 0
        assert reminded(tmp_path) == 1
        assert reminded(tmp_path) == 0

    assert len(there.asked) == 1
    assert len(list(tmp_path.glob("*.eml"))) == 1
    assert db.session.scalars(select(PushSubscription)).all() == []
    assert db.session.scalars(select(Notice.state)).all() == [State.SENT]
