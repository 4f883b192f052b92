"""Two people who help swap their places, both checked again, in one step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.models import Person
from app.people.terms import Level
from app.programme.kinds import Privacy
from app.programme.models import Booking, Meeting
from app.staffing.models import Assignment, Need, State, Swap
from app.staffing.operations import NotEligible, give_up_place
from app.staffing.swapping import (
    NotToSwap,
    SwapClosed,
    accept_swap,
    propose_swap,
    refuse_swap,
    swappable,
    swaps_of,
)
from tests import make
from tests.make import BEFORE, MONDAY
from tests.statements import statements

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)


class Pair:
    """Two mediators of one centre, each with a place; on two days, unless told otherwise."""

    def __init__(self, apart: timedelta = DAY, **second: object) -> None:
        self.centre = make.centre()
        self.mine = self.place(MONDAY)
        self.theirs = self.place(MONDAY + apart, **second)
        self.me, self.they = self.mine.person, self.theirs.person

    def place(self, starts_at: object, **need: object) -> Assignment:
        meeting = make.meeting(activity=make.activity(centre=self.centre), starts_at=starts_at)
        wanted = make.need(meeting=meeting, **need)
        return make.assignment(
            need=wanted, person=make.mediator(self.centre), state=State.CONFIRMED
        )

    def propose(self) -> Swap:
        return propose_swap(self.mine, self.theirs, now=BEFORE)


def expected(person: Person) -> list[int]:
    found = select(Booking.meeting_id).where(Booking.person_id == person.id, Booking.held)
    return list(db.session.scalars(found))


def confirmed(need: Need) -> list[int]:
    found = select(Assignment.person_id).where(
        Assignment.need_id == need.id, Assignment.state == State.CONFIRMED
    )
    return list(db.session.scalars(found))


def letters(kind: Letter) -> set[int]:
    return set(db.session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def test_both_take_the_place_of_the_other_and_everybody_concerned_is_told() -> None:
    pair = Pair()
    swap = pair.propose()
    assert letters(Letter.SWAP_PROPOSED) == {pair.they.id}
    assert expected(pair.me) == [pair.mine.need.meeting_id]

    accept_swap(swap, now=BEFORE)

    assert expected(pair.me) == [pair.theirs.need.meeting_id]
    assert expected(pair.they) == [pair.mine.need.meeting_id]
    assert confirmed(pair.mine.need) == [pair.they.id]
    assert confirmed(pair.theirs.need) == [pair.me.id]
    bosses = {one.need.meeting.activity.coordinator_id for one in (pair.mine, pair.theirs)}
    assert letters(Letter.SWAPPED) == {pair.me.id, pair.they.id, *bosses}


def test_places_at_the_same_time_can_be_swapped() -> None:
    pair = Pair(apart=timedelta(0))

    accept_swap(pair.propose(), now=BEFORE)

    assert expected(pair.me) == [pair.theirs.need.meeting_id]


def test_accepting_twice_is_harmless() -> None:
    swap = Pair().propose()
    accept_swap(swap, now=BEFORE)
    accept_swap(swap, now=BEFORE)

    assert swap.state is State.CONFIRMED


def test_only_places_that_suit_both_are_offered() -> None:
    pair = Pair(language="ti", level=Level.B2)
    pair.theirs.person.languages[0].language = "ti"
    suits = pair.place(MONDAY + 2 * DAY)
    db.session.flush()

    assert swappable(pair.mine, now=BEFORE) == [suits]
    with pytest.raises(NotToSwap):
        pair.propose()


def test_whoever_is_elsewhere_then_is_not_offered() -> None:
    pair = Pair()
    elsewhere = make.need(meeting=make.meeting(activity=make.activity(centre=pair.centre)))
    other = make.assignment(need=elsewhere, person=pair.they, state=State.CONFIRMED)

    assert swappable(pair.mine, now=BEFORE) == [other]  # that one they would leave for it


def test_a_protected_session_is_never_offered() -> None:
    pair = Pair()
    pair.theirs.need.meeting.privacy = Privacy.PROTECTED
    db.session.flush()

    assert swappable(pair.mine, now=BEFORE) == []
    with pytest.raises(NotToSwap):
        pair.propose()


def test_what_changed_meanwhile_is_asked_again_and_nothing_happens_by_half() -> None:
    pair = Pair()
    swap = pair.propose()
    pair.me.contracts.clear()
    db.session.flush()

    with pytest.raises(SwapClosed):  # what stands against the other is not theirs to read
        accept_swap(swap, now=BEFORE)

    assert (pair.mine.state, pair.theirs.state) == (State.CONFIRMED, State.CONFIRMED)
    assert expected(pair.me) == [pair.mine.need.meeting_id]


def test_what_stands_against_oneself_is_said() -> None:
    pair = Pair()
    swap = pair.propose()
    pair.they.contracts.clear()
    db.session.flush()

    with pytest.raises(NotEligible):
        accept_swap(swap, now=BEFORE)


@pytest.mark.parametrize("what", ["approval", "protected"])
def test_where_a_coordinator_decides_or_nobody_may_learn_of_it_nothing_is_swapped(
    what: str,
) -> None:
    pair = Pair()
    swap = pair.propose()
    if what == "approval":
        pair.theirs.need.meeting.activity.approval = True
    else:
        pair.theirs.need.meeting.privacy = Privacy.PROTECTED
    db.session.flush()

    with pytest.raises(SwapClosed):
        accept_swap(swap, now=BEFORE)
    assert swappable(pair.mine, now=BEFORE) == []


def test_a_place_that_was_given_up_is_not_swapped() -> None:
    pair = Pair()
    swap = pair.propose()
    give_up_place(pair.mine, now=BEFORE)

    with pytest.raises(SwapClosed):
        accept_swap(swap, now=BEFORE)


def test_it_lapses() -> None:
    pair = Pair()
    swap = pair.propose()

    with pytest.raises(SwapClosed):
        accept_swap(swap, now=BEFORE + 4 * DAY)
    assert swaps_of(pair.they, now=BEFORE + 4 * DAY) == []


def test_a_no_is_told_and_both_keep_their_places() -> None:
    pair = Pair()
    swap = pair.propose()
    assert swaps_of(pair.they, now=BEFORE) == swaps_of(pair.me, now=BEFORE) == [swap]

    refuse_swap(swap, by=pair.they, now=BEFORE)

    assert letters(Letter.SWAP_REFUSED) == {pair.me.id}
    with pytest.raises(SwapClosed):
        accept_swap(swap, now=BEFORE)
    assert expected(pair.me) == [pair.mine.need.meeting_id]


def test_proposing_twice_is_one_proposal() -> None:
    pair = Pair()

    assert pair.propose() is pair.propose()


def test_more_places_ask_as_often() -> None:
    pair = Pair()
    counts = []
    for more in (1, 6):
        for number in range(more):
            pair.place(MONDAY + (number + more) * timedelta(hours=3) + 2 * DAY)
        db.session.flush()
        db.session.expire_all()
        mine = db.session.get_one(Assignment, pair.mine.id)
        mine.need.meeting.activity.centre  # noqa: B018
        db.session.scalars(select(Meeting)).all()
        counts.append(len(statements(lambda mine=mine: swappable(mine, now=BEFORE))))  # type: ignore[misc]

    assert counts[0] == counts[1]
