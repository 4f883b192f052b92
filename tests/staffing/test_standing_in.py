"""Somebody would rather not come: they stay expected until another is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.extensions import db
from app.notices.models import Kind as Letter
from app.notices.models import Notice
from app.people.terms import Level
from app.programme.kinds import Privacy
from app.programme.models import Booking
from app.staffing.asking import go_on, running_asking
from app.staffing.models import Asking, Assignment, Need, Progress, State
from app.staffing.operations import OfferClosed, TooLate, accept_offer, take_place
from app.staffing.queries import coverages_of, open_needs, places_left
from app.staffing.standing_in import come_after_all, escalate, look_for_stand_in
from tests import make
from tests.make import BEFORE, MONDAY

pytestmark = pytest.mark.usefixtures("app")
HOUR = timedelta(hours=1)


def held(need: Need) -> Assignment:
    return make.assignment(need=need, state=State.CONFIRMED)


def letters(kind: Letter) -> list[int]:
    rows = db.session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.id))
    return [row.person_id for row in rows]


def expected_at(need: Need) -> set[int]:
    found = select(Booking.person_id).where(Booking.meeting_id == need.meeting_id, Booking.held)
    return set(db.session.scalars(found))


def test_they_are_expected_until_somebody_else_is() -> None:
    need = make.need(language="ar")
    place, other = held(need), make.mediator(need.meeting.activity.centre)

    look_for_stand_in(place, now=BEFORE)

    assert place.state is State.CONFIRMED
    assert expected_at(need) == {place.person_id}
    assert places_left(need) == 1
    assert letters(Letter.STAND_IN_WANTED) == [need.meeting.activity.coordinator_id]

    take_place(need, other, now=BEFORE)

    assert State(place.state.value) is State.WITHDRAWN
    assert expected_at(need) == {other.id}
    assert letters(Letter.STAND_IN_FOUND) == [place.person_id]
    assert places_left(need) == 0


def test_those_who_fit_are_asked_at_once_best_first_never_themselves() -> None:
    need = make.need(language="ar")
    here = need.meeting.activity.centre
    good, better = make.mediator(here, {"ar": Level.C1}), make.mediator(here)
    place = held(need)

    look_for_stand_in(place, now=BEFORE)

    asking = running_asking(need)
    assert asking is not None
    assert [one.person_id for one in asking.line] == [better.id, good.id]
    go_on(asking, now=BEFORE)
    assert letters(Letter.OFFER) == [better.id, good.id]


def test_a_yes_of_one_who_was_asked_lets_them_go() -> None:
    need = make.need(language="ar")
    other, place = make.mediator(need.meeting.activity.centre), held(need)
    look_for_stand_in(place, now=BEFORE)
    asking = running_asking(need)
    assert asking is not None
    go_on(asking, now=BEFORE)
    offer = db.session.scalars(select(Assignment).where(Assignment.person_id == other.id)).one()

    accept_offer(offer, now=BEFORE + HOUR)
    go_on(asking, now=BEFORE + HOUR)

    assert place.state is State.WITHDRAWN
    assert asking.progress is Progress.FILLED
    assert expected_at(need) == {other.id}


def test_where_two_are_needed_the_empty_place_is_filled_before_anybody_goes() -> None:
    need = make.need(wanted=2, language="ar")
    here = need.meeting.activity.centre
    place = held(need)
    look_for_stand_in(place, now=BEFORE)

    take_place(need, make.mediator(here), now=BEFORE)
    assert place.state is State.CONFIRMED
    take_place(need, make.mediator(here), now=BEFORE)

    assert State(place.state.value) is State.WITHDRAWN
    assert len(expected_at(need)) == 2


def test_of_two_who_look_the_first_goes_first() -> None:
    need = make.need(wanted=2)
    first, second = held(need), held(need)
    look_for_stand_in(first, now=BEFORE)
    come = make.mediator(need.meeting.activity.centre)
    second.stand_in_wanted_at = BEFORE + HOUR
    db.session.flush()

    take_place(need, come, now=BEFORE + HOUR)

    assert (first.state, second.state) == (State.WITHDRAWN, State.CONFIRMED)
    come_after_all(second, now=BEFORE + HOUR)
    assert places_left(need) == 0  # never one more than are wanted


def test_coming_after_all_stops_the_asking_and_closes_the_place() -> None:
    need = make.need(language="ar")
    other, place = make.mediator(need.meeting.activity.centre), held(need)
    look_for_stand_in(place, now=BEFORE)
    asking = running_asking(need)
    assert asking is not None
    go_on(asking, now=BEFORE)

    come_after_all(place, now=BEFORE + HOUR)

    assert places_left(need) == 0
    assert asking.progress is Progress.STOPPED
    offer = db.session.scalars(select(Assignment).where(Assignment.person_id == other.id)).one()
    assert offer.state is State.LAPSED


@pytest.mark.parametrize("kind", ["approval", "protected"])
def test_where_a_coordinator_decides_who_comes_nobody_is_asked_without_them(kind: str) -> None:
    need = make.need(language="ar")
    make.mediator(need.meeting.activity.centre)
    place = held(need)
    if kind == "approval":
        need.meeting.activity.approval = True
    else:
        need.meeting.privacy = Privacy.PROTECTED
    db.session.flush()

    look_for_stand_in(place, now=BEFORE)

    assert running_asking(need) is None
    assert place.stand_in_wanted_at == BEFORE
    assert letters(Letter.STAND_IN_WANTED) == [need.meeting.activity.coordinator_id]


def test_twice_is_harmless() -> None:
    place = held(make.need(language="ar"))
    look_for_stand_in(place, now=BEFORE)
    look_for_stand_in(place, now=BEFORE + HOUR)

    assert len(db.session.scalars(select(Asking)).all()) == 1
    assert len(letters(Letter.STAND_IN_WANTED)) == 1


def test_only_a_place_one_has_and_only_before_it_begins() -> None:
    place = held(make.need())
    with pytest.raises(TooLate):
        look_for_stand_in(place, now=MONDAY)
    asked = make.assignment()
    with pytest.raises(OfferClosed):
        look_for_stand_in(asked, now=BEFORE)


def test_the_place_is_shown_as_open_to_others_and_as_covered_to_the_coordinator() -> None:
    need = make.need(language="ar")
    other, place = make.mediator(need.meeting.activity.centre), held(need)
    assert need not in db.session.scalars(open_needs(other, now=MONDAY - HOUR)).all()

    look_for_stand_in(place, now=MONDAY - HOUR)
    db.session.expire_all()

    assert need in db.session.scalars(open_needs(other, now=MONDAY - HOUR)).all()
    covered = coverages_of([need.meeting_id])[need.meeting_id][0]
    assert (covered.confirmed, covered.leaving, covered.missing) == (1, 1, 0)


def test_the_coordinator_hears_once_a_day_before_that_nobody_was_found() -> None:
    need = make.need(language="ar")
    place = held(need)
    look_for_stand_in(place, now=BEFORE)

    escalate(now=MONDAY - timedelta(hours=25))
    assert letters(Letter.STAND_IN_MISSING) == []
    for hours in (24, 23, 1):
        escalate(now=MONDAY - hours * HOUR)

    assert letters(Letter.STAND_IN_MISSING) == [need.meeting.activity.coordinator_id]


def test_who_was_found_a_stand_in_for_is_not_looked_for_any_more() -> None:
    need = make.need(language="ar")
    place, other = held(need), make.mediator(need.meeting.activity.centre)
    look_for_stand_in(place, now=BEFORE)
    take_place(need, other, now=BEFORE)

    escalate(now=MONDAY - HOUR)

    assert letters(Letter.STAND_IN_MISSING) == []
