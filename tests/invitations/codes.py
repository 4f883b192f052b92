"""What tests of codes share: who asks from which browser, and what the letter that leaves says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.extensions import db
from app.notices.delivery import Post
from app.notices.letter import Letter
from app.notices.models import Kind, Notice
from app.notices.sending import send_due
from app.people.models import Person
from app.reminders.letters import compose
from tests.conftest import Browser


@dataclass
class Box(Post):
    """Keeps what leaves."""

    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def close(self) -> None:
        pass


def sent(now: datetime) -> list[Letter]:
    """What leaves by *now*."""
    box = Box()
    while send_due(box, compose, clock=lambda: now):
        pass
    db.session.expire_all()
    return box.letters


def code_in(letter: Letter) -> str:
    found = re.search(r"\b\d{6}\b", letter.text)
    assert found is not None, letter.text
    return found.group()


def link_in(letter: Letter) -> str:
    """The path behind the letter's link."""
    found = re.search(r"https?://[^/]+(/\S+/code/\S+)", letter.text)
    assert found is not None, letter.text
    return found.group(1)


def wish(browser: Browser, contact: str, centre: str, **more: Any) -> Any:
    form = {"name": "Sam", "contact": contact, "centre": centre, "role": "volunteer", **more}
    return browser.post("/en/volunteering", data=form)


def ask(browser: Browser, contact: str) -> Any:
    return browser.post("/en/sign-in/code", data={"contact": contact})


def type_in(browser: Browser, code: str) -> Any:
    return browser.post("/en/code", data={"code": code})


def is_in(browser: Browser) -> bool:
    return browser.get("/en/mine").status_code == 200


def people_called(name: str) -> list[Person]:
    return list(db.session.scalars(select(Person).where(Person.name == name)))


def owed(kind: Kind) -> list[Notice]:
    return list(db.session.scalars(select(Notice).where(Notice.kind == kind)))
