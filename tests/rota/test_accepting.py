"""What a coordinator does with a plan: changing it, accepting it; every rule is asked again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.people.terms import Level, Stage
from app.programme.places import TravelTime
from app.rota import accepting
from app.rota.accepting import AnotherIsAsked, accept, in_portions
from app.rota.board import all_new, board_of, lines_of, tally_of
from app.rota.frame import unpacked_plan
from app.rota.models import Act, Deed, Rota
from app.rota.operations import (
    AskedElsewhere,
    DoesNotFit,
    NothingPlanned,
    NotToWish,
    PlanChanged,
    SaidNo,
    StillSearching,
    exchange,
    plan_again,
    put,
    stop_search,
    wish,
)
from app.rota.search import search_next
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


def test_what_could_be_a_little_better_elsewhere_is_left_alone(house: House) -> None:
    """Basir speaks better Dari: the search would have him there, but that was not asked for."""
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    harder, easier = house.need("prs", tuesday, level=Level.B1), house.need("prs", tuesday)
    later = house.need("prs", wednesday)
    rota = house.rota()
    exchange(rota, (harder, house.basir), (easier, house.amina), now=BEFORE)
    for need, person in ((harder, house.amina), (easier, house.basir)):
        wish(rota, need, person, wanted=None, now=BEFORE)
    before = set(unpacked_plan(rota.plan))
    [there] = lines_of(rota, [later], now=BEFORE)[0].proposed
    other = house.amina if there.person == house.basir else house.basir
    put(rota, later, other, now=BEFORE)
    changed = before ^ set(unpacked_plan(rota.plan))
    assert {need_id for need_id, _who, _leg in changed} == {later.id}


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


def test_several_relays_of_one_need_are_asked_two_by_two(house: House) -> None:
    need, first = relay_house(house, wanted=2)
    make.mediator(house.centre, {"ti": Level.NATIVE, "ar": Level.C1}, name="Mehret")
    fourth = make.mediator(house.centre, {"ar": Level.NATIVE}, name="Dalia")
    fourth.languages[0].interprets = Level.C1
    rota = house.rota()
    alone = accept(rota, {(need.id, first.id)}, seen=None, now=BEFORE)
    assert [one.refused for one in alone] == [None, None]
    rest = {one for one in all_new(rota, now=BEFORE) if one[0] == need.id}
    assert len(rest) == 2
    assert [one.refused for one in accept(rota, rest, seen=None, now=BEFORE)] == [None, None]
    asked = db.session.scalars(select(Assignment)).all()
    assert sorted((one.need.language or "", one.need.via or "") for one in asked) == [
        ("ar", ""),
        ("ar", ""),
        ("ti", "ar"),
        ("ti", "ar"),
    ]
    assert len({one.person for one in asked}) == 4


def test_portions_keep_both_halves_of_a_relay_together(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "PORTION", 1)
    need, first = relay_house(house)
    rota = house.rota()
    chosen = set(all_new(rota, now=BEFORE))
    portions = in_portions(rota, chosen)
    assert len(portions) == len(chosen) - 1
    assert {(need.id, first.id), (need.id, house.amina.id)} in portions
    outcomes = [
        one for each in portions for one in accept(rota, each, seen=rota.version, now=BEFORE)
    ]
    assert [one.refused for one in outcomes] == [None] * len(chosen)
    with pytest.raises(PlanChanged):
        in_portions(rota, {(need.id, house.basir.id)})


def test_both_halves_of_a_relay_stay_when_somebody_is_put_elsewhere(house: House) -> None:
    need, first = relay_house(house)
    other = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Zahra")
    rota = house.rota()
    accept(rota, {(need.id, first.id)}, seen=None, now=BEFORE)
    halves = {(one.need_id, one.person_id) for one in db.session.scalars(select(Assignment))}
    [there] = lines_of(rota, [house.evening], now=BEFORE)[0].proposed
    put(rota, house.evening, other if there.person == house.basir else house.basir, now=BEFORE)
    assert len(halves) == 2
    assert halves <= {(need_id, who) for need_id, who, _leg in unpacked_plan(rota.plan)}
    assert rota.filled == 3


def test_nobody_who_is_asked_is_put_where_they_cannot_be_too(house: House) -> None:
    rota = house.rota()
    accept(rota, {(house.morning.id, house.amina.id)}, seen=None, now=BEFORE)
    with pytest.raises(AskedElsewhere):
        put(rota, house.evening, house.amina, now=BEFORE)
    assert planned(rota) == {("ar", house.amina), ("prs", house.basir)}


def test_nobody_who_is_asked_is_exchanged(house: House) -> None:
    tuesday = house.need("prs", MONDAY + timedelta(days=1))
    rota = house.rota()
    put(rota, tuesday, house.amina, now=BEFORE)
    accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    with pytest.raises(NotToWish):
        exchange(rota, (tuesday, house.amina), (house.evening, house.basir), now=BEFORE)


def test_a_place_that_another_was_asked_for_meanwhile_stays_theirs(house: House) -> None:
    """A colleague asked Zahra: when something else is changed, the plan has her, and Basir goes
    where he is needed."""
    tuesday = house.need("prs", MONDAY + timedelta(days=1))
    other = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Zahra")
    rota = house.rota()
    put(rota, house.evening, house.basir, now=BEFORE)
    make.assignment(need=house.evening, person=other, state=State.OFFERED)
    put(rota, tuesday, house.amina, now=BEFORE)
    assert planned(rota) == {("ar", house.amina), ("prs", other), ("prs", house.amina)}
    with pytest.raises(DoesNotFit):
        put(rota, house.evening, house.basir, now=BEFORE)


def test_two_plans_do_not_ask_one_person_for_two_places_at_one_time(house: House) -> None:
    rota = house.rota()
    elsewhere = house.need("prs", MONDAY + timedelta(hours=1))
    make.assignment(need=elsewhere, person=house.basir, state=State.OFFERED)
    outcomes = accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    assert isinstance(outcomes[0].refused, AskedElsewhere)
    assert assignment_of(house.evening, house.basir) is None


def test_nor_where_the_way_is_too_long(house: House) -> None:
    other = make.centre()
    make.make_coordinator_too(house.coordinator, other)
    make.helps_too(house.basir, other)
    make.contract(house.basir, other)
    db.session.add(TravelTime(from_id=house.centre.id, to_id=other.id, minutes=60))
    rota = house.rota()
    there = make.activity(centre=other, coordinator=house.coordinator)
    starts_at = MONDAY + timedelta(hours=2, minutes=30)
    later = make.need(
        meeting=make.meeting(
            activity=there, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
        ),
        language="prs",
    )
    make.assignment(need=later, person=house.basir, state=State.OFFERED)
    outcomes = accept(rota, {(house.evening.id, house.basir.id)}, seen=None, now=BEFORE)
    assert isinstance(outcomes[0].refused, AskedElsewhere)


@pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN])
def test_nobody_is_put_where_they_said_no(house: House, state: State) -> None:
    rota = house.rota()
    make.assignment(need=house.evening, person=house.amina, state=state)
    with pytest.raises(SaidNo):
        put(rota, house.evening, house.amina, now=BEFORE)


def test_whom_the_coordinator_had_forbidden_she_may_put_after_all(house: House) -> None:
    """The ban is lifted for good, and no bound is claimed of a plan that was not searched."""
    first = house.rota()
    wish(first, house.morning, house.amina, wanted=False, now=BEFORE)
    rota = plan_again(first, now=BEFORE)
    db.session.commit()
    search_next(clock=lambda: BEFORE)
    db.session.expire_all()
    assert planned(rota) == {("prs", house.basir)}
    put(rota, house.morning, house.amina, now=BEFORE)
    assert (rota.bound, rota.gap) == (None, None)
    put(rota, house.evening, house.basir, now=BEFORE)
    assert planned(rota) == {("ar", house.amina), ("prs", house.basir)}


def test_where_there_is_no_plan_nothing_can_be_changed(house: House) -> None:
    rota = house.asked()
    stop_search(rota, now=BEFORE)
    with pytest.raises(NothingPlanned):
        put(rota, house.evening, house.basir, now=BEFORE)


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
