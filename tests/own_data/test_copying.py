"""The copy: all of one's own, nothing of anybody else, nothing that opens a door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.approval.apart import keep_apart
from app.extensions import db
from app.feeds.operations import make_link
from app.own_data.copying import as_json, copy_of
from app.own_data.register import Group
from app.people.models import Person
from app.people.operations import begin_sign_in
from app.people.queries import hashed
from app.people.terms import Gender, Level
from app.programme.bookings import book
from app.programme.models import Part
from app.signups.operations import join
from app.staffing.models import State
from tests import make
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")


def file_of(person: Person) -> str:
    return as_json(copy_of(person, language="en"), language="en", made_at=BEFORE)


def copied(person: Person) -> dict[str, Any]:
    """Table -> rows, as whoever opens the file finds them."""
    whole = json.loads(file_of(person))
    tables: dict[str, Any] = {}
    for group in whole["groups"]:
        tables |= {name: rows for name, rows in group.items() if isinstance(rows, list)}
    return tables


def test_a_learner_reads_who_they_are_and_where_they_are_expected() -> None:
    layla = make.participant(
        make.centre(name="Brașov"), name="Layla", phone="0712", speaks={"ar": Level.C1}
    )
    activity = make.activity("Romanian A1")
    make.meeting(activity=activity)
    join(activity, layla, by=layla, now=BEFORE)

    mine = copied(layla)

    assert mine["person"][0]["name"] == "Layla"
    assert mine["person"][0]["email"] == layla.email
    assert mine["membership"][0]["centre"] == "Brașov"
    assert mine["spoken_language"] == [{"language": "ar", "speaks": "C1", "reads": "C1"}]
    assert mine["enrolment"][0]["activity"] == "Romanian A1"
    assert mine["booking"][0]["session"]["starts_at"] == MONDAY.isoformat()
    assert [row["kind"] for row in mine["notice"]] == ["enrolled"]


def test_a_helper_reads_places_papers_and_hours() -> None:
    place = make.assignment(state=State.CONFIRMED)
    make.presence(place)

    mine = copied(place.person)

    assert mine["assignment"][0]["state"] == "confirmed"
    assert mine["presence"][0]["session"]["title"] == "Language café"
    assert mine["contract"][0]["number"] == place.person.contracts[0].number


def test_a_protected_session_is_a_time() -> None:
    here = make.centre()
    layla = make.participant(here, gender=Gender.WOMAN)
    group = make.womens_group(centre=here)
    book(layla, make.meeting(activity=group, room=make.room(name="Attic")), Part.LEARNER)
    make.enrolment(group, layla)
    db.session.flush()

    words = file_of(layla)

    assert MONDAY.isoformat() in words
    assert "Meeting" in words
    assert "Quiet circle" not in words
    assert "Attic" not in words


def test_nothing_opens_a_door() -> None:
    layla = make.person(password_hash="scrypt:secret")
    token = begin_sign_in(layla, now=BEFORE)
    _link, secret = make_link(layla, label="Her phone", language="ar", now=BEFORE)

    words = file_of(layla)

    for open_sesame in (token, hashed(token), secret, hashed(secret), "scrypt:secret"):
        assert open_sesame not in words
    assert "Her phone" in words


def test_nobody_else_is_in_it() -> None:
    """Two who share a session, were asked by the same colleague and must never meet."""
    here = make.centre()
    mihai = make.coordinator(here, name="Canary Coordinator")
    activity = make.activity(centre=here, coordinator=mihai)
    meeting = make.meeting(activity=activity)
    layla, other = make.participant(here), make.participant(here, name="Canary Other")
    for one in (layla, other):
        join(activity, one, by=mihai, now=BEFORE)
    make.assignment(need=make.need(meeting=meeting), asked_by_id=mihai.id)
    keep_apart(layla, other, by=mihai, now=BEFORE)

    words = file_of(layla)

    assert "Canary" not in words
    for someone in (mihai, other):
        assert someone.ref not in words
        assert str(someone.email) not in words


def test_each_group_says_what_for_and_how_long() -> None:
    whole = json.loads(file_of(make.person()))

    assert len(whole["groups"]) == len(Group)
    assert all(group["what_for"] and group["kept"] for group in whole["groups"])
