"""DOMAIN 1.6 as a table: who finds a participant's name, and who their telephone, on which page.

Whoever may not see somebody gets no page, or a page without the name; a contact is seen by the
staff of the centre only. Of a protected group only those entrusted with it see anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.extensions import db
from app.people.models import Person
from app.people.terms import Role
from app.programme.bookings import book
from app.programme.models import Part
from app.signups.models import Enrolment
from app.staffing.models import State
from tests import make
from tests.conftest import Browser
from tests.make import LONG_AGO

NAME, PHONE = "Zubaida Canary", "0712 345 678"
PLANS, TEACHES, RULES = "who plans it", "its teacher", "an administrator"
READERS = (
    PLANS,
    TEACHES,
    RULES,
    "its mediator",
    "its volunteer",
    "a teacher of the centre",
    "a coordinator elsewhere",
    "another participant",
)
SEEN = {
    "/participants": {PLANS},
    "/people": {PLANS, RULES},
    "/people/{person}": {PLANS, RULES},
    "/people/{person}/card": {PLANS},
    "/participants/{person}/twice": {PLANS},
    "/activities/{activity}/learners": {PLANS},
    "/meetings/{meeting}": set(),
    "/meetings/{meeting}/attendance": {PLANS, TEACHES},
    "/meetings/{meeting}/attendance/list": {PLANS},
    "/meetings/{meeting}/attendance/entry": {PLANS, TEACHES},
    "/activities/{activity}/course": {PLANS},
    "/activities/{activity}/course/members/{person}": {PLANS},
}
"""Page -> who finds the name there."""
CONTACT = {"/people/{person}"}
"""Where the staff find the telephone."""


@dataclass
class Session:
    """A session that began an hour ago, whoever is part of it, and the addresses of its pages."""

    readers: dict[str, Person]
    refs: dict[str, str]

    def opened(self, app: Flask, reader: str, page: str) -> tuple[int, str]:
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(self.readers[reader])
        answer = browser.get(f"/en{page.format(**self.refs)}")
        return answer.status_code, answer.get_data(as_text=True)


def session_of(*, protected: bool = False) -> Session:
    here, there = make.centre(), make.centre()
    begun = clock.now() - timedelta(hours=1)
    activity = make.womens_group(centre=here) if protected else make.activity(centre=here)
    meeting = make.meeting(activity=activity, starts_at=begun)
    someone = make.participant(here, name=NAME, phone=PHONE)
    fellow = make.participant(here)
    for person in (someone, fellow):
        db.session.add(Enrolment(activity=activity, person=person, joined_at=LONG_AGO))
        book(person, meeting, Part.LEARNER)
    readers = {
        PLANS: activity.coordinator if not protected else make.coordinator(here),
        RULES: make.person([Role.ADMINISTRATOR], here),
        "a teacher of the centre": make.person([Role.TEACHER], here),
        "a coordinator elsewhere": make.coordinator(there),
        "another participant": fellow,
    }
    for role in (Role.TEACHER, Role.MEDIATOR, Role.VOLUNTEER):
        helper = make.person([role], here)
        need = make.need(meeting=meeting, role=role)
        make.assignment(need=need, person=helper, state=State.CONFIRMED)
        readers[f"its {role.value}"] = helper
    refs = {"person": someone.ref, "activity": activity.ref, "meeting": meeting.ref}
    db.session.commit()
    return Session(readers, refs)


@pytest.mark.parametrize("page", SEEN)
def test_who_finds_the_name(app: Flask, page: str) -> None:
    session = session_of()
    opened = {reader: session.opened(app, reader, page) for reader in READERS}

    assert {reader for reader, (_status, text) in opened.items() if NAME in text} == SEEN[page]
    contact = {reader for reader, (_status, text) in opened.items() if PHONE in text}
    assert contact == (SEEN[page] if page in CONTACT else set())
    assert all(opened[reader][0] == 200 for reader in SEEN[page])


@pytest.mark.parametrize("page", [page for page in SEEN if "{" in page])
def test_whoever_may_not_see_them_finds_no_page(app: Flask, page: str) -> None:
    """But for the session, which those who are part of it may see, without who comes."""
    session = session_of()
    public = page == "/meetings/{meeting}"

    for reader in set(READERS) - SEEN[page]:
        assert session.opened(app, reader, page)[0] == (200 if public else 404), reader


@pytest.mark.parametrize("page", [p for p in SEEN if "activity" in p or "meeting" in p])
def test_of_a_protected_group_colleagues_find_nothing(app: Flask, page: str) -> None:
    session = session_of(protected=True)

    status, text = session.opened(app, PLANS, page)

    assert status == 404
    assert NAME not in text
