"""What a coordinator does with a plan: changing it, accepting it; every rule is asked again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.people.terms import Level, Stage
from app.rota.accepting import AnotherIsAsked, SaidNo, accept
from app.rota.board import all_new, board_of, lines_of, tally_of
from app.rota.models import Act, Deed, Rota
from app.rota.operations import (
    DoesNotFit,
    NotToWish,
    PlanChanged,
    StillSearching,
    exchange,
    put,
    wish,
)
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import NeedFilled
from app.staffing.queries import assignment_of
from tests import make
from tests.make import BEFORE, MONDAY
from tests.rota.house import House, planned


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def acts(rota: Rota) -> list[Act]:
    """What was done with it, after the search."""
    found = select(Deed).where(Deed.rota_id == rota.id, Deed.act != Act.FOUND).order_by(Deed.id)
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
    assert {(one.need, one.person) for one in rota.wishes} == {
        (tuesday, house.basir),
        (wednesday, house.amina),
    }


def test_nothing_is_taken_from_whoever_is_confirmed(house: House) -> None:
    confirmed = make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    rota = house.rota(may_move=True)
    line = lines_of(rota, [house.evening], now=BEFORE)[0]
    assert line.leaves == (house.amina,)
    outcomes = accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    assert isinstance(outcomes[0].refused, NeedFilled)
    assert (confirmed.state, confirmed.stand_in_wanted_at) == (State.CONFIRMED, None)


def test_when_they_look_for_a_stand_in_the_others_can_be_asked(house: House) -> None:
    confirmed = make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    rota = house.rota(may_move=True)
    confirmed.stand_in_wanted_at = BEFORE
    outcomes = accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    assert [one.refused for one in outcomes] == [None]


@pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN])
def test_whoever_said_no_meanwhile_is_not_asked_again(house: House, state: State) -> None:
    rota = house.rota()
    make.assignment(need=house.evening, person=house.basir, state=state)
    assert (house.evening.id, house.basir.id) not in all_new(rota, now=BEFORE)
    outcomes = accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    assert isinstance(outcomes[0].refused, SaidNo)


def test_two_plans_do_not_ask_two_people_for_one_place(house: House) -> None:
    other = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Zahra")
    rota = house.rota()
    [there] = lines_of(rota, [house.evening], now=BEFORE)[0].proposed
    rival = other if there.person == house.basir else house.basir
    make.assignment(need=house.evening, person=rival, state=State.OFFERED)
    outcomes = accept(rota, {(house.evening.id, there.person.id)}, seen=None, now=BEFORE)
    assert isinstance(outcomes[0].refused, AnotherIsAsked)


def test_what_was_not_on_the_page_is_not_accepted(house: House) -> None:
    rota = house.rota()
    seen = rota.version
    put(rota, house.evening, house.amina, now=BEFORE)
    with pytest.raises(PlanChanged):
        accept(rota, set(all_new(rota, now=BEFORE)), seen=seen, now=BEFORE)


def test_a_later_choice_for_a_place_replaces_the_earlier(house: House) -> None:
    tuesday = house.need("prs", MONDAY + timedelta(days=1))
    rota = house.rota()
    put(rota, tuesday, house.amina, now=BEFORE)
    put(rota, tuesday, house.basir, now=BEFORE)
    wishes = [(one.need, one.person) for one in rota.wishes if one.wanted]
    assert wishes == [(tuesday, house.basir)]


def test_what_is_pinned_elsewhere_holds_when_somebody_is_put(house: House) -> None:
    rota = house.rota()
    wish(rota, house.morning, house.amina, wanted=True, now=BEFORE)
    with pytest.raises(DoesNotFit):
        put(rota, house.evening, house.amina, now=BEFORE)


def test_who_is_confirmed_or_does_not_help_here_cannot_be_wished_about(house: House) -> None:
    make.assignment(need=house.evening, person=house.basir, state=State.CONFIRMED)
    rota = house.rota()
    for person in (house.basir, make.participant(house.centre)):
        with pytest.raises(NotToWish):
            wish(rota, house.evening, person, wanted=False, now=BEFORE)


def relay_house(house: House, **given: object) -> tuple[Need, Person]:
    """A need for Tigrinya that two may do, through Amina's Arabic."""
    need = house.need("ti", MONDAY + timedelta(days=1), relay=True, interpreting=True, **given)
    first = make.mediator(house.centre, {"ti": Level.NATIVE, "ar": Level.C1}, name="Selam")
    house.amina.languages[0].interprets = Level.C1
    return need, first


def test_a_relay_accepted_twice_is_one(house: House) -> None:
    need, first = relay_house(house, wanted=2)
    rota = house.rota()
    accept(rota, {(need.id, first.id)}, seen=None, now=BEFORE)
    before = db.session.scalars(select(Assignment)).all()
    assert (need.id, first.id) not in all_new(rota, now=BEFORE)
    with pytest.raises(PlanChanged):
        accept(rota, {(need.id, first.id)}, seen=None, now=BEFORE)
    assert db.session.scalars(select(Assignment)).all() == before


def test_no_half_of_a_relay_is_asked(house: House) -> None:
    need, first = relay_house(house)
    rota = house.rota()
    for row in house.amina.memberships:
        row.stage = Stage.LEFT
    outcomes = accept(rota, {(need.id, first.id)}, seen=None, now=BEFORE)
    assert all(one.refused for one in outcomes)
    assert db.session.scalars(select(Assignment)).all() == []
    assert need.via is None


def test_a_relay_is_asked_whole_and_becomes_two_needs(house: House) -> None:
    need, first = relay_house(house)
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
    tally = tally_of(rota, now=BEFORE)
    assert (tally.confirmed, tally.asked, tally.proposed, tally.empty) == (1, 0, 1, 2)
    assert [(one.language, one.places) for one in tally.lacking] == [("ti", 2)]


def test_a_coordinator_who_may_no_longer_plan_there_accepts_nothing(house: House) -> None:
    rota = house.rota()
    house.coordinator.memberships.clear()
    db.session.flush()
    assert accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE) == []
    assert db.session.scalars(select(Assignment)).all() == []
