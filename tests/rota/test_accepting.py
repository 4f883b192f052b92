"""What a coordinator does with a plan: changing it, accepting it; every rule is asked again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.terms import Level
from app.rota.accepting import accept
from app.rota.board import all_new, board_of, lacking, lines_of
from app.rota.models import Act, Deed, Rota
from app.rota.operations import DoesNotFit, PlanChanged, StillSearching, exchange, put
from app.staffing.models import Assignment, State
from app.staffing.queries import assignment_of
from tests import make
from tests.make import BEFORE, MONDAY
from tests.rota.house import House, planned


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def acts(rota: Rota) -> list[Act]:
    found = select(Deed).where(Deed.rota_id == rota.id).order_by(Deed.id)
    return [one.act for one in db.session.scalars(found)]


def test_everybody_accepted_is_asked_and_the_trace_says_so(house: House) -> None:
    rota = house.rota()
    outcomes = accept(rota, all_new(rota, now=BEFORE), seen=rota.version, now=BEFORE)
    assert [one.refused for one in outcomes] == [None, None]
    asked = assignment_of(house.morning, house.amina)
    assert asked is not None
    assert (asked.state, asked.asked_by) == (State.OFFERED, house.coordinator)
    assert acts(rota) == [Act.ACCEPTED, Act.ACCEPTED]
    assert not all_new(rota, now=BEFORE)


def test_whoever_asked_for_the_place_is_confirmed(house: House) -> None:
    make.assignment(need=house.evening, person=house.basir, state=State.REQUESTED)
    rota = house.rota()
    accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    confirmed = assignment_of(house.evening, house.basir)
    assert confirmed is not None
    assert confirmed.state is State.CONFIRMED


def test_who_became_busy_meanwhile_is_told_and_the_rest_is_done(house: House) -> None:
    rota = house.rota()
    elsewhere = make.meeting(activity=make.activity(centre=make.centre()), starts_at=MONDAY)
    make.book_learner(house.basir, elsewhere)
    outcomes = accept(rota, all_new(rota, now=BEFORE), seen=rota.version, now=BEFORE)
    refused = [one for one in outcomes if one.refused]
    assert [(one.person, one.need) for one in refused] == [(house.basir, house.evening)]
    assert [one.rule.value for one in refused[0].reasons] == ["expected_elsewhere"]
    assert assignment_of(house.evening, house.basir) is None
    assert assignment_of(house.morning, house.amina) is not None
    assert sorted(acts(rota)) == [Act.ACCEPTED, Act.REFUSED]


def test_a_place_that_somebody_took_meanwhile_is_not_given_twice(house: House) -> None:
    rota = house.rota()
    other = make.mediator(house.centre, {"prs": Level.NATIVE})
    make.assignment(need=house.evening, person=other, state=State.CONFIRMED)
    outcomes = accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    assert outcomes[0].refused is not None
    assert assignment_of(house.evening, house.basir) is None


def test_only_what_the_plan_says_can_be_accepted(house: House) -> None:
    rota = house.rota()
    with pytest.raises(PlanChanged):
        accept(rota, {(house.evening.id, house.amina.id)}, seen=None, now=BEFORE)


def test_nothing_is_accepted_or_changed_while_it_is_searched(house: House) -> None:
    rota = house.asked()
    with pytest.raises(StillSearching):
        accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    with pytest.raises(StillSearching):
        put(rota, house.evening, house.basir, now=BEFORE)


def test_putting_somebody_mends_the_rest(house: House) -> None:
    rota = house.rota()
    put(rota, house.evening, house.amina, now=BEFORE)
    assert planned(rota) == {("prs", house.amina)}
    assert rota.filled == 1
    assert acts(rota) == [Act.PUT]


def test_nobody_is_put_where_a_rule_stands_against_it(house: House) -> None:
    rota = house.rota()
    with pytest.raises(DoesNotFit):
        put(rota, house.morning, house.basir, now=BEFORE)
    assert planned(rota) == {("ar", house.amina), ("prs", house.basir)}


def test_an_exchange_that_would_put_somebody_in_two_places_is_refused(house: House) -> None:
    later = house.need("prs", MONDAY + timedelta(days=1))
    rota = house.rota()
    put(rota, later, house.amina, now=BEFORE)
    with pytest.raises(DoesNotFit):  # she is planned in the morning, at the time of the evening
        exchange(rota, (later, house.amina), (house.evening, house.basir), now=BEFORE)


def test_exchange_changes_both(house: House) -> None:
    tuesday = house.need("prs", MONDAY + timedelta(days=1))
    wednesday = house.need("prs", MONDAY + timedelta(days=2))
    rota = house.rota()
    put(rota, tuesday, house.amina, now=BEFORE)
    put(rota, wednesday, house.basir, now=BEFORE)
    exchange(rota, (tuesday, house.amina), (wednesday, house.basir), now=BEFORE)
    lines = lines_of(rota, [tuesday, wednesday], now=BEFORE)
    assert [one.proposed[0].person for one in lines] == [house.basir, house.amina]
    assert [one.proposed[0].wish for one in lines] == [True, True]


def test_a_move_keeps_the_place_until_somebody_else_comes(house: House) -> None:
    confirmed = make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    rota = house.rota(may_move=True)
    line = lines_of(rota, [house.evening], now=BEFORE)[0]
    assert line.leaves == (house.amina,)
    accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    assert confirmed.state is State.CONFIRMED
    assert confirmed.stand_in_wanted_at == BEFORE
    outcomes = accept(rota, {(house.morning.id, house.amina.id)}, seen=None, now=BEFORE)
    assert [one.rule.value for one in outcomes[0].reasons] == ["expected_elsewhere"]


def test_a_relay_is_asked_whole_and_becomes_two_needs(house: House) -> None:
    need = house.need("ti", MONDAY + timedelta(days=1), relay=True, interpreting=True)
    first = make.mediator(house.centre, {"ti": Level.NATIVE, "ar": Level.C1}, name="Selam")
    house.amina.languages[0].interprets = Level.C1
    rota = house.rota()
    assert (need.id, first.id) in all_new(rota, now=BEFORE)
    outcomes = accept(rota, {(need.id, first.id)}, seen=None, now=BEFORE)
    assert [(one.person, one.refused) for one in outcomes] == [
        (first, None),
        (house.amina, None),
    ]
    asked = db.session.scalars(select(Assignment)).all()
    halves = {one.person: (one.need.language, one.need.via) for one in asked}
    assert halves == {first: ("ti", "ar"), house.amina: ("ar", None)}


def test_without_leave_no_relay_is_proposed(house: House) -> None:
    house.need("ti", MONDAY + timedelta(days=1), interpreting=True)
    make.mediator(house.centre, {"ti": Level.NATIVE, "ar": Level.C1}, name="Selam")
    house.amina.languages[0].interprets = Level.C1
    assert house.rota().filled == 2


def test_the_board_shows_what_changes_and_what_is_missing(house: House) -> None:
    make.assignment(need=house.evening, person=house.basir, state=State.CONFIRMED)
    house.need("ti", MONDAY + timedelta(days=1), wanted=2)
    rota = house.rota()
    shown = board_of(rota, None, changes_only=True, now=BEFORE)
    assert [line.need.language for line in shown.lines] == ["ar", "ti"]
    whole = board_of(rota, None, changes_only=False, now=BEFORE)
    assert len(whole.lines) == 3
    assert [(one.language, one.places) for one in lacking(rota, now=BEFORE)] == [("ti", 2)]


def test_a_coordinator_who_may_no_longer_plan_there_accepts_nothing(house: House) -> None:
    rota = house.rota()
    house.coordinator.memberships.clear()
    db.session.flush()
    assert accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE) == []
    assert db.session.scalars(select(Assignment)).all() == []
