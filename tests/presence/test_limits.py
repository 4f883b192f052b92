"""What somebody may note of themselves, and what a saved page says of a disputed presence."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.extensions import db
from app.people.terms import Gender
from app.presence.models import Presence, Word
from app.presence.operations import OutsideSession, came_instead, check_in, correct, record
from app.staffing.eligibility import Rule
from app.staffing.models import Assignment, State
from app.staffing.queries import why_not
from tests import make
from tests.conftest import Browser
from tests.make import MONDAY

pytestmark = pytest.mark.usefixtures("app")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
END = MONDAY + 2 * HOUR


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "fine"),
    [
        (MONDAY, END, True),
        (MONDAY - 30 * MINUTE, END + HOUR, True),
        (MONDAY - 31 * MINUTE, END, False),
        (MONDAY, END + HOUR + MINUTE, False),
    ],
)
def test_ones_own_hours_are_those_of_the_session(
    starts_at: datetime, ends_at: datetime, fine: bool
) -> None:
    place = make.assignment(state=State.CONFIRMED)
    word = Word(starts_at, ends_at)

    if fine:
        assert check_in(place, word, now=MONDAY).word == word
        return
    with pytest.raises(OutsideSession):
        check_in(place, word, now=MONDAY)
    with pytest.raises(OutsideSession):
        correct(make.presence(place), word, now=END)


def test_saving_the_page_decides_nothing_that_was_not_touched(browser: Browser) -> None:
    """A dispute of one helper stands while another's presence is recorded."""
    meeting = make.meeting(starts_at=clock.now() - 5 * HOUR)
    need = make.need(meeting=meeting, wanted=2)
    one, other = (make.assignment(need=need, state=State.CONFIRMED) for _n in range(2))
    boss = meeting.activity.coordinator
    record(meeting, {one.person: Word(None, None)}, by=boss, now=clock.now())
    said = db.session.scalars(select(Presence)).one()
    correct(said, Word(meeting.starts_at, meeting.ends_at), now=clock.now())
    db.session.commit()
    assert said.is_disputed

    browser.sign_in(boss)
    page = f"/en/meetings/{meeting.ref}/presence"
    data: dict[str, str] = {}
    for position, ref in enumerate((one.person.ref, other.person.ref)):
        data |= {f"rows-{position}-person": ref, f"rows-{position}-answer": "missed"}
    assert browser.post(page, data=data).status_code == 303

    db.session.expire_all()
    told = {row.person_id: row for row in db.session.scalars(select(Presence))}
    assert told[one.person_id].is_disputed
    assert not told[other.person_id].came


def test_who_came_instead_against_a_rule_that_protects_is_no_more_allowed_afterwards() -> None:
    """What happened is written down; it lets nobody pass."""
    group = make.womens_group()
    meeting = make.meeting(activity=group)
    need = make.need(meeting=meeting, women_only=True)
    man = make.mediator(group.centre, gender=Gender.MAN)

    came_instead(
        need,
        man,
        Word(meeting.starts_at, meeting.ends_at),
        instead_of=None,
        reason="Nobody else was there.",
        by=group.coordinator,
        now=meeting.ends_at,
    )

    held = db.session.scalars(select(Assignment).where(Assignment.person_id == man.id)).one()
    assert [one.rule for one in held.overrides] == [Rule.WOMEN_ONLY]
    assert [one.rule for one in why_not(need, man)] == [Rule.WOMEN_ONLY]
