"""Childcare that is cancelled: who brings a child hears of it, and the coordinator sees who counted
on it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from app.households.operations import block
from app.people.guardians import children_of
from app.people.models import Person
from app.people.terms import Gender
from app.planning.attention import attention_for
from app.planning.lacking import counting_on_childcare
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting
from app.programme.queries import coming_meetings
from app.signups.operations import join
from app.signups.together import Coming, come_together
from app.staffing.moving import cancel_meeting
from tests import make
from tests.invitations.codes import sent
from tests.make import BEFORE, MONDAY

SOON = MONDAY - timedelta(days=7)


@pytest.fixture
def mother(app: Flask) -> Person:
    return make.person(name="Layla", gender=Gender.WOMAN)


def group(mother: Person, **given: object) -> tuple[Activity, Meeting, Meeting]:
    """A group with its session, and the childcare beside it, where the mother's child is."""
    host = make.activity("Sewing", kind=given.get("kind", Kind.COURSE))
    meeting = make.meeting(activity=host)
    care = make.childcare(host)
    child = make.child(mother)
    coming = Coming(activity=host, guardian=mother, people=[mother], minded=[child])
    come_together(coming, by=host.coordinator, now=BEFORE)
    return host, meeting, coming_meetings(care, now=BEFORE)[0]


def cancelled(care: Meeting) -> list[str]:
    """What leaves to whom, after the childcare was cancelled."""
    sent(BEFORE + timedelta(hours=8))
    cancel_meeting(care, by=make.person(), now=SOON, seen=care.sequence)
    return [letter.text for letter in sent(SOON + timedelta(hours=8))]


def test_the_mother_reads_that_her_own_session_goes_on(mother: Person) -> None:
    _host, _meeting, care = group(mother)

    (letter,) = cancelled(care)

    assert re.search("This does not take place: .?Childcare", letter)
    assert "This is about your child." in letter
    assert "What you come to yourself takes place." in letter
    assert "Amina" not in letter


def test_of_a_protected_group_it_says_a_time_and_that_hers_goes_on(mother: Person) -> None:
    _host, _meeting, care = group(mother, kind=Kind.WOMENS_GROUP)

    (letter,) = cancelled(care)

    assert "What you come to yourself takes place." in letter
    for word in ("child", "Sewing", "Amina"):
        assert word.lower() not in letter.lower()


def test_who_is_in_the_childcare_alone_reads_nothing_of_another_session(mother: Person) -> None:
    host = make.activity("Sewing")
    make.meeting(activity=host)
    child, care = make.child(mother), make.childcare(host)
    join(care, child, by=host.coordinator, now=BEFORE)

    (letter,) = cancelled(coming_meetings(care, now=BEFORE)[0])

    assert "takes place." not in letter.replace("does not take place", "")


def test_the_coordinator_sees_how_many_counted_on_it(app: Flask, mother: Person) -> None:
    host, meeting, care = group(mother)
    someone = make.person()
    join(host, someone, by=someone, now=BEFORE)  # without a child
    cancelled(care)

    assert counting_on_childcare([meeting]) == {meeting.id: 1}
    with app.test_request_context("/", environ_overrides={"punte.language": "en"}):
        groups = attention_for(host.coordinator, host.centre, now=SOON).groups
    (point,) = next(one for one in groups if one.title == "Childcare").points
    assert point.says == "its childcare is cancelled, 1 participant counted on it"


def test_who_decides_for_the_child_no_more_does_not_count(mother: Person) -> None:
    _host, meeting, care = group(mother)
    cancelled(care)
    (child,) = children_of(mother)
    block(child, mother, by=make.person(), now=SOON)

    assert counting_on_childcare([meeting]) == {}
