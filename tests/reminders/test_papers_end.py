"""A month before a contract or a check ends its person is told, once for each paper."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind, Notice, State
from app.people.models import Person
from app.people.terms import Role, Stage
from app.reminders.letters import compose
from app.reminders.papers import post_papers_ending
from tests import make
from tests.make import BEFORE

pytestmark = pytest.mark.usefixtures("app")
TODAY = BEFORE.date()
DAY = timedelta(days=1)
IN_A_MONTH = TODAY + 30 * DAY


def told() -> list[tuple[str, str]]:
    """Who is owed which letter, as it reads by now."""
    db.session.flush()
    post_papers_ending(now=BEFORE)
    found = db.session.scalars(select(Notice).order_by(Notice.id)).all()
    letters = [(one.person.name, compose(one, BEFORE)) for one in found]
    return [(name, letter.subject) for name, letter in letters if letter is not None]


def helper(*, contract: date | None = None, check: date | None = None, **given: Any) -> Person:
    here = make.centre(name="Centrul Brașov")
    someone = make.mediator(here, check_valid_until=check, name="Amina", **given)
    someone.contracts[0].valid_until = contract
    return someone


@pytest.mark.parametrize(
    ("until", "due"),
    [(TODAY - DAY, False), (TODAY, True), (IN_A_MONTH, True), (IN_A_MONTH + DAY, False)],
)
def test_of_a_contract_and_of_a_check(until: date, due: bool) -> None:
    helper(contract=until, check=until)

    assert len(told()) == (2 if due else 0)


def test_it_says_which_when_and_whom_to_ask_and_comes_once() -> None:
    amina = helper(contract=IN_A_MONTH)

    for _turn in range(3):
        assert told() == [("Amina", "Your contract ends on Sunday, 21 March")]

    [notice] = db.session.scalars(select(Notice))
    letter = compose(notice, BEFORE)
    assert letter is not None
    text = " ".join(letter.text.split())
    assert "Your contract with \u2068Centrul Brașov\u2069 ends on Sunday, 21 March." in text
    assert "please speak with your coordinator" in text
    assert amina.contracts[0].number not in letter.text


def test_a_paper_that_was_followed_or_lasts_longer_is_no_matter_any_more() -> None:
    amina = helper(contract=IN_A_MONTH, check=IN_A_MONTH)
    assert len(told()) == 2

    amina.contracts[0].valid_until = IN_A_MONTH + 300 * DAY
    make.check(amina, valid_until=IN_A_MONTH + 100 * DAY)
    db.session.expire_all()

    assert told() == []


def test_a_new_last_day_is_a_new_letter() -> None:
    amina = helper(contract=IN_A_MONTH)
    told()
    amina.contracts[0].valid_until = TODAY + 5 * DAY

    assert told() == [("Amina", "Your contract ends on Wednesday, 24 February")]


def test_only_of_those_who_help_there() -> None:
    active, paused, left, gone = (helper(contract=IN_A_MONTH) for _n in range(4))
    paused.memberships[0].stage = Stage.PAUSED
    left.memberships[0].stage = Stage.LEFT
    gone.is_active = False
    participant = make.participant(make.centre())
    make.check(participant, valid_until=IN_A_MONTH)
    incomplete = helper(contract=IN_A_MONTH)
    incomplete.contracts[0].safety_sheet_on = None
    assert Role.MEDIATOR in active.roles_in(active.memberships[0].centre_id)

    told()

    owed = set(db.session.scalars(select(Notice.person_id)))
    assert owed == {active.id, paused.id}


def test_without_an_address_somebody_telephones() -> None:
    helper(check=IN_A_MONTH, email=None)

    told()

    [notice] = db.session.scalars(select(Notice))
    assert (notice.kind, notice.state) == (Kind.PAPERS_END, State.FAILED)
