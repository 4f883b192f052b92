"""Moving a meeting checks its helpers again, and tells those who still can answer an offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Notice
from app.people.models import Person
from app.programme.models import Booking, Meeting, MeetingChange
from app.staffing import moving
from app.staffing.models import State
from app.staffing.moving import HelperNotAllowedThen
from app.staffing.queries import asked_about
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")
LAPSED = MONDAY - timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def checked_until(day: date) -> Meeting:
    """A meeting whose helper has a certificate until *day*, and must have one."""
    need = make.need(check_required=True)
    helper = make.mediator(need.meeting.activity.centre, check_valid_until=day)
    make.assignment(need=need, person=helper, state=State.CONFIRMED)
    db.session.commit()
    return need.meeting


def move(meeting: Meeting, **later: int) -> None:
    moving.move_meeting(
        meeting,
        starts_at=meeting.starts_at + timedelta(**later),
        ends_at=meeting.ends_at + timedelta(**later),
        room=None,
        by=meeting.activity.coordinator,
        now=BEFORE,
        seen=meeting.sequence,
    )


def test_a_helper_comes_along_while_their_certificate_is_valid() -> None:
    meeting = checked_until(date(2027, 3, 2))

    move(meeting, days=1)

    assert meeting.starts_at == MONDAY + timedelta(days=1)


def test_it_does_not_move_beyond_the_certificate_of_its_helper() -> None:
    meeting = checked_until(date(2027, 3, 1))

    with pytest.raises(HelperNotAllowedThen):
        move(meeting, days=1)


def test_a_refused_move_changes_nothing_and_tells_nobody(browser: Browser) -> None:
    meeting = checked_until(date(2027, 3, 1))
    browser.sign_in(meeting.activity.coordinator)
    there = {"day": "2027-03-02", "starts": "11:00", "ends": "13:00", "room": "0", "seen": "0"}

    page = browser.post(f"/en/meetings/{meeting.ref}/move", data=there | {"save": "1"})

    assert page.status_code == 409
    assert "may not do so at the new time" in page.text
    db.session.expire_all()
    assert (meeting.starts_at, meeting.sequence) == (MONDAY, 0)
    assert db.session.scalars(select(Booking.starts_at)).all() == [MONDAY]
    assert db.session.scalars(select(MeetingChange)).all() == []
    assert db.session.scalars(select(Notice)).all() == []


def test_whoever_can_still_answer_or_asked_to_come_is_asked_about_it() -> None:
    need = make.need(wanted=9)
    make.assignment(need=need, lapses_at=LAPSED)
    for state in (State.DECLINED, State.WITHDRAWN, State.CONFIRMED):
        make.assignment(need=need, state=state, lapses_at=None)
    asked = [
        make.assignment(need=need, lapses_at=MONDAY).person,
        make.assignment(need=need, lapses_at=None).person,
        make.assignment(need=need, state=State.REQUESTED, lapses_at=LAPSED).person,
    ]

    assert asked_about([need.meeting], now=LAPSED) == {need.meeting.id: asked}


def cancel(meeting: Meeting) -> None:
    boss = meeting.activity.coordinator
    moving.cancel_meeting(meeting, by=boss, now=LAPSED, seen=meeting.sequence)


def cancel_and_restore(meeting: Meeting) -> None:
    cancel(meeting)
    boss = meeting.activity.coordinator
    moving.restore_meeting(meeting, by=boss, now=LAPSED, seen=meeting.sequence)


def move_later(meeting: Meeting) -> None:
    moving.move_meeting(
        meeting,
        starts_at=MONDAY + timedelta(days=1),
        ends_at=MONDAY + timedelta(days=1, hours=2),
        room=None,
        by=meeting.activity.coordinator,
        now=LAPSED,
        seen=meeting.sequence,
    )


@pytest.mark.parametrize("change", [move_later, cancel, cancel_and_restore])
def test_whoever_let_an_offer_lapse_hears_of_no_change(change: Callable[[Meeting], None]) -> None:
    need = make.need(wanted=2)
    make.assignment(need=need, lapses_at=LAPSED)
    waiting: Person = make.assignment(need=need, lapses_at=MONDAY).person

    change(need.meeting)

    assert set(db.session.scalars(select(Notice.person_id))) == {waiting.id}


def test_the_page_counts_only_those_who_will_be_told(browser: Browser) -> None:
    need = make.need(wanted=2)
    for lapses_at in (BEFORE, MONDAY):
        make.assignment(need=need, lapses_at=lapses_at)
    db.session.commit()
    browser.sign_in(need.meeting.activity.coordinator)

    page = browser.get(f"/en/meetings/{need.meeting.ref}/planning").text

    assert "1 person will be told" in page
