"""What the board says after things went on: who said no, whose place is taken, who is idle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Centre, Person, SpokenLanguage
from app.people.terms import Level, Stage
from app.programme.kinds import Privacy
from app.programme.terms import Term
from app.rota.accepting import accept
from app.rota.board import all_new, board_of, colleagues, lines_of, tally_of
from app.rota.frame import packed, unpacked, unpacked_plan
from app.rota.models import Rota
from app.rota.operations import begin_rota, wish
from app.rota.search import search_next
from app.rota.unmet import Unmet, unmet_in
from app.staffing.matching.instance import DIRECT
from app.staffing.models import Need, State
from app.staffing.operations import give_up_place
from app.staffing.queries import assignment_of
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY
from tests.rota.house import SUNDAY, House, planned
from tests.rota.test_accepting import relay_house


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(app: Flask) -> House:
    return House()


@pytest.fixture
def mine(house: House, browser: Browser) -> Browser:
    db.session.commit()
    return browser.sign_in(house.coordinator)


def asked_and_declined(house: House) -> Rota:
    """Everybody was asked; who was to come in the morning, Amina, said no."""
    rota = house.rota()
    accept(rota, all_new(rota, now=BEFORE), seen=rota.version, now=BEFORE)
    asked = assignment_of(house.morning, house.amina)
    assert asked is not None
    asked.state = State.DECLINED
    db.session.commit()
    db.session.expire_all()
    return rota


@pytest.mark.parametrize("changes_only", [True, False])
def test_the_place_of_whoever_said_no_is_empty(house: House, changes_only: bool) -> None:
    rota = asked_and_declined(house)
    board = board_of(rota, None, changes_only=changes_only, now=BEFORE)
    assert (house.morning, 1) in [(line.need, line.empty) for line in board.lines]
    assert tally_of(rota, now=BEFORE).empty == 1
    assert house.amina not in board.hours


def test_the_board_opens_where_somebody_said_no(house: House) -> None:
    later = house.need("ar", MONDAY + timedelta(days=9))
    rota = house.rota(last_day=later.meeting.starts_at.date())
    accept(rota, all_new(rota, now=BEFORE), seen=rota.version, now=BEFORE)
    asked = assignment_of(later, house.amina)
    assert asked is not None
    asked.state = State.DECLINED
    db.session.commit()
    db.session.expire_all()
    board = board_of(rota, None, changes_only=True, now=BEFORE)
    assert (board.monday, board.waiting) == (MONDAY.date() + timedelta(days=7), 0)
    assert [line.need for line in board.lines] == [later]


def test_the_board_opens_where_only_somebody_is_asked_who_could_not_come(house: House) -> None:
    """Amina said no; Basir, who is asked too, does not speak Arabic. Much later is a proposal."""
    make.assignment(need=house.morning, person=house.basir, state=State.OFFERED)
    later = house.need("prs", MONDAY + timedelta(days=9))
    rota = house.rota(last_day=later.meeting.starts_at.date())
    make.assignment(need=house.morning, person=house.amina, state=State.DECLINED)
    accept(rota, {(house.evening.id, house.basir.id)}, seen=rota.version, now=BEFORE)
    db.session.commit()
    db.session.expire_all()
    board = board_of(rota, None, changes_only=True, now=BEFORE)
    assert [(line.need, line.empty) for line in board.lines] == [(house.morning, 1)]


def test_the_board_opens_where_somebody_gave_a_place_up_that_the_plan_did_not_give(
    house: House,
) -> None:
    """Amina looked for a stand-in, the plan found none; then she gave the place up."""
    place = make.assignment(
        need=house.morning, person=house.amina, state=State.CONFIRMED, stand_in_wanted_at=BEFORE
    )
    later = house.need("prs", MONDAY + timedelta(days=9))
    rota = house.rota(last_day=later.meeting.starts_at.date())
    accept(rota, {(house.evening.id, house.basir.id)}, seen=rota.version, now=BEFORE)
    give_up_place(place, now=BEFORE + timedelta(minutes=1))
    db.session.commit()
    db.session.expire_all()
    board = board_of(rota, None, changes_only=True, now=BEFORE + timedelta(minutes=2))
    assert [(line.need, line.empty) for line in board.lines] == [(house.morning, 1)]


def moved(house: House) -> Rota:
    """Amina, confirmed in the evening, would go to the morning at the same time, Basir instead."""
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    rota = house.rota(may_move=True)
    assert planned(rota) == {("ar", house.amina), ("prs", house.basir)}
    return rota


def first_to_go(house: House, rota: Rota) -> list[tuple[Person, tuple[Person, ...]]]:
    lines = lines_of(rota, [house.morning, house.evening], now=BEFORE)
    return [(one.person, one.first_to_go) for line in lines for one in line.proposed]


def test_nobody_is_asked_for_a_place_that_somebody_would_have_to_give_up_first(
    house: House, mine: Browser
) -> None:
    rota = moved(house)
    assert first_to_go(house, rota) == [
        (house.amina, (house.amina,)),
        (house.basir, (house.amina,)),
    ]
    assert all_new(rota, now=BEFORE) == {}
    page = mine.get(f"/en/rotas/{rota.ref}").text
    assert "Ask the ticked people" not in page
    assert page.count("would have to give up a place first") == 1
    assert page.count("has another place, which would have to be given up first") == 1


def test_of_two_places_one_is_there_before_somebody_goes(house: House) -> None:
    house.evening.wanted = 2
    zahra = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Zahra")
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    rota = house.rota(may_move=True)
    waits = dict(first_to_go(house, rota))
    assert waits[house.amina] == (house.amina,)
    assert sorted([waits[house.basir], waits[zahra]]) == [(), (house.amina,)]
    [(need_id, who)] = all_new(rota, now=BEFORE)
    assert (need_id, waits[db.session.get_one(Person, who)]) == (house.evening.id, ())


def test_who_looks_for_a_stand_in_is_asked_elsewhere_once_there_is_one(house: House) -> None:
    rota = moved(house)
    confirmed = assignment_of(house.evening, house.amina)
    assert confirmed is not None
    confirmed.stand_in_wanted_at = BEFORE
    db.session.flush()
    assert first_to_go(house, rota) == [(house.amina, (house.amina,)), (house.basir, ())]
    give_up_place(confirmed, now=BEFORE)
    db.session.expire_all()
    assert first_to_go(house, rota) == [(house.amina, ()), (house.basir, ())]
    outcomes = accept(rota, all_new(rota, now=BEFORE), seen=rota.version, now=BEFORE)
    assert [one.refused for one in outcomes] == [None, None]


def moved_by_hours(house: House, hours: int) -> Rota:
    """As `moved`, but the morning is five hours earlier: only the hours of the week forbid both."""
    house.morning.meeting.starts_at -= timedelta(hours=5)
    house.morning.meeting.ends_at -= timedelta(hours=5)
    house.amina.hours_a_week = 2
    rota = moved(house)
    assert rota.inputs is not None
    frame = unpacked(rota.inputs)
    whole = frame.instance
    helpers = [replace(one, weekly_minutes=60 * hours) for one in whole.helpers]
    rota.inputs = packed(replace(frame, instance=whole.but(helpers=tuple(helpers))))
    return rota


def test_who_has_hours_for_both_can_be_asked_at_once(house: House) -> None:
    assert first_to_go(house, moved_by_hours(house, 4))[0] == (house.amina, ())


def test_who_has_no_hours_left_gives_up_a_place_before_they_are_asked(house: House) -> None:
    rota = moved_by_hours(house, 3)
    assert first_to_go(house, rota)[0] == (house.amina, (house.amina,))
    assert (house.morning.id, house.amina.id) not in all_new(rota, now=BEFORE)


def test_of_two_new_places_one_has_hours_before_somebody_goes(house: House) -> None:
    second = house.need("ar", MONDAY + timedelta(days=2))
    house.morning.meeting.starts_at -= timedelta(hours=5)
    house.morning.meeting.ends_at -= timedelta(hours=5)
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    house.amina.hours_a_week = 4
    rota = house.rota(may_move=True)
    assert planned(rota) >= {("ar", house.amina), ("prs", house.basir)}
    lines = lines_of(rota, [house.morning, second], now=BEFORE)
    assert [(one.person, one.first_to_go) for line in lines for one in line.proposed] == [
        (house.amina, ()),
        (house.amina, (house.amina,)),
    ]


def test_the_place_of_whoever_would_leave_it_is_empty_where_nobody_else_comes(
    house: House,
) -> None:
    """Amina has two hours a week; Thursday is soon and comes before Saturday."""
    house.amina.hours_a_week = 2
    saturday = house.need("ar", BEFORE + timedelta(days=8))
    thursday = house.need("ar", BEFORE + timedelta(days=6))
    make.assignment(need=saturday, person=house.amina, state=State.CONFIRMED)
    rota = house.rota(first_day=BEFORE.date(), last_day=SUNDAY, may_move=True)
    needs = [thursday, saturday, house.morning, house.evening]
    lines = lines_of(rota, needs, now=BEFORE)
    assert [line.empty for line in lines] == [0, 1, 0, 0]
    tally = tally_of(rota, now=BEFORE)
    assert (tally.confirmed, tally.proposed, tally.empty) == (0, 3, 1)
    assert [one.places for one in tally.lacking] == [1]


@pytest.mark.parametrize("may_move", [True, False])
def test_who_looks_for_a_stand_in_holds_the_place_until_then(house: House, may_move: bool) -> None:
    make.assignment(
        need=house.evening, person=house.basir, state=State.CONFIRMED, stand_in_wanted_at=BEFORE
    )
    rota = house.rota(may_move=may_move)
    lines = lines_of(rota, [house.morning, house.evening], now=BEFORE)
    assert [line.empty for line in lines] == [0, 0]
    assert tally_of(rota, now=BEFORE).empty == 0


@pytest.mark.parametrize("before_the_plan", [True, False])
def test_who_looks_for_a_stand_in_is_marked_among_what_changes(
    house: House, mine: Browser, before_the_plan: bool
) -> None:
    place = make.assignment(need=house.morning, person=house.amina, state=State.CONFIRMED)
    if before_the_plan:
        place.stand_in_wanted_at = BEFORE
    rota = house.rota()
    place.stand_in_wanted_at = BEFORE
    db.session.commit()
    page = f"/rotas/{rota.ref}"
    assert mine.get(page).text.count("looks for a stand-in") == 1
    text = mine.get(f"{page}/needs/{house.morning.ref}").text
    assert "looks for a stand-in" in text
    assert f"/needs/{house.morning.ref}/candidates" in text


def test_somebody_else_can_be_taken_after_a_no(house: House, mine: Browser) -> None:
    carmen = make.mediator(
        house.centre, {"ar": Level.NATIVE}, name="Carmen", home_centre=make.centre()
    )
    rota = asked_and_declined(house)
    page = f"/rotas/{rota.ref}/needs/{house.morning.ref}"
    text = mine.get(page).text
    assert "said no" in text
    assert "Why 1 place stays empty" in text
    assert "Who was next" in text
    assert "the plan is better without" not in text
    # Carmen is free: neither is she needed elsewhere, nor has anything else to change.
    assert "needed elsewhere by this plan" not in text
    assert "What would fill it" not in text
    assert text.count("Take this one") == 1
    answer = mine.post(f"{page}/person", data={"person": carmen.ref})
    assert answer.status_code == 303
    db.session.expire_all()
    assert (house.morning.id, carmen.id) in all_new(rota, now=BEFORE)


def test_where_nobody_else_could_come_the_reasons_are_told(house: House, mine: Browser) -> None:
    rota = asked_and_declined(house)
    text = mine.get(f"/rotas/{rota.ref}/needs/{house.morning.ref}").text
    assert "Take this one" not in text
    assert "said no, or gave the place up" in text
    assert "it cannot be filled: that is proved" in text


def test_each_half_of_a_relay_says_which_and_with_whom(house: House) -> None:
    need, first = relay_house(house)
    rota = house.rota()
    [line] = lines_of(rota, [need], now=BEFORE)
    halves = {
        one.person: (one.half.language, one.half.other, one.half.partners)
        for one in line.proposed
        if one.half
    }
    assert halves == {
        first: ("ti", "ar", (house.amina,)),
        house.amina: ("ar", "ro", (first,)),
    }


def test_each_half_of_a_relay_has_its_reasons(house: House, mine: Browser) -> None:
    need, first = relay_house(house)
    make.mediator(
        house.centre,
        {"ti": Level.NATIVE, "ar": Level.C1},
        name="Second",
        home_centre=make.centre(),
    )
    rota = house.rota()
    text = mine.get(f"/rotas/{rota.ref}/needs/{need.ref}").text
    first_half, second_half = text.split('<h2 class="panel-title">')[1:3]
    if "Amina" in first_half.split("</h2>")[0]:
        first_half, second_half = second_half, first_half
    assert "number 1 of 2 who could come then" in first_half
    assert "<li>speaks Tigrinya: native</li><li>speaks Arabic: C1</li>" in first_half
    assert "Second" in first_half
    assert "the only one who could come then" in second_half
    assert "<li>interprets Arabic: C1</li>" in second_half
    for page in (f"?all=1&week={need.meeting.starts_at:%Y-%m-%d}", f"/needs/{need.ref}"):
        text = mine.get(f"/rotas/{rota.ref}{page}").text
        assert "half of a relay between Tigrinya and Arabic, with \u2068Amina\u2069" in text
        assert "half of a relay between Arabic and Romanian, with \u2068Selam\u2069" in text
    assert "Take this one" not in text  # a half by itself is not given away by hand
    assert "No place in this plan" not in mine.get(f"/rotas/{rota.ref}/people/{first.ref}").text


def test_whoever_has_nothing_in_the_plan_is_listed_after_the_others(
    house: House, mine: Browser
) -> None:
    idle = make.mediator(house.centre, {"uk": Level.NATIVE}, name="Idle")
    pauses = make.mediator(house.centre, {"uk": Level.NATIVE}, name="Pausing")
    pauses.memberships[0].stage = Stage.PAUSED
    rota = house.rota()
    text = mine.get(f"/rotas/{rota.ref}?by=person").text
    assert text.index("Basir") < text.index("Nothing in this plan") < text.index("Idle")
    assert f"/rotas/{rota.ref}/people/{idle.ref}" in text
    assert "Pausing" not in text
    assert "Idle" not in mine.get(f"/rotas/{rota.ref}").text


def test_nobody_is_told_apart_by_a_session_that_may_no_longer_be_known(
    house: House, mine: Browser
) -> None:
    """Whoever the plan has there only has nothing in it for who may not know of it."""
    rota = house.rota()
    activity = house.evening.meeting.activity
    activity.privacy = house.evening.meeting.privacy = Privacy.PROTECTED
    activity.coordinator = make.coordinator(house.centre)
    db.session.commit()
    text = mine.get(f"/rotas/{rota.ref}?by=person").text
    assert "Nothing in this plan" in text
    assert f"/rotas/{rota.ref}/people/{house.basir.ref}" in text


def test_of_a_centre_that_they_plan_no_longer_nobody_is_listed(house: House, mine: Browser) -> None:
    rota = house.rota()
    colleague = make.coordinator(house.centre, name="Colleague")
    asked_by(colleague, house.centre)
    make.mediator(house.centre, {"uk": Level.NATIVE}, name="Idle")
    db.session.commit()
    page = f"/en/rotas/{rota.ref}?by=person"
    before = mine.get(page).text
    assert "Idle" in before
    assert "Colleague" in before
    make.make_coordinator_too(house.coordinator, make.centre())
    house.coordinator.memberships[0].stage = Stage.LEFT
    db.session.commit()
    db.session.expire_all()
    text = mine.get(page).text
    assert "Idle" not in text
    assert "Colleague" not in text


def test_who_was_next_is_a_way_to_them(house: House, mine: Browser) -> None:
    next_one = make.mediator(
        house.centre, {"prs": Level.NATIVE}, name="Farid", home_centre=make.centre()
    )
    rota = house.rota()
    page = mine.get(f"/rotas/{rota.ref}/needs/{house.evening.ref}").text
    assert f'people/{next_one.ref}"><bdi>Farid</bdi></a>' in page


@pytest.mark.parametrize("state", [State.CONFIRMED, State.OFFERED])
def test_nobody_is_put_where_somebody_has_the_place(
    house: House, mine: Browser, state: State
) -> None:
    make.assignment(need=house.evening, person=house.basir, state=state)
    rota = house.rota()
    text = mine.get(f"/rotas/{rota.ref}/people/{house.amina.ref}").text
    assert "now: \u2068Basir\u2069" in text
    assert "Put here" not in text


@pytest.mark.parametrize("state", [State.CONFIRMED, State.OFFERED])
def test_a_place_that_somebody_else_took_meanwhile_is_not_ticked(
    house: House, mine: Browser, state: State
) -> None:
    other = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Zahra")
    rota = house.rota()
    [there] = lines_of(rota, [house.evening], now=BEFORE)[0].proposed
    rival = other if there.person == house.basir else house.basir
    later = BEFORE + timedelta(minutes=5)
    make.assignment(need=house.evening, person=rival, state=state, changed_at=later)
    db.session.commit()
    db.session.expire_all()
    assert list(all_new(rota, now=later)) == [(house.morning.id, house.amina.id)]
    board = board_of(rota, None, changes_only=True, now=later)
    assert [(one.need, one.person) for one in board.new] == [(house.morning, house.amina)]
    assert (board.waiting, [line.empty for line in board.lines]) == (1, [0, 0])
    text = mine.get(f"/rotas/{rota.ref}").text
    assert "somebody else has the place by now" in text
    assert there.value not in text


def test_of_two_places_one_that_was_taken_leaves_one(house: House) -> None:
    need = house.need("uk", MONDAY + timedelta(days=1), wanted=2)
    for name in ("Oksana", "Olena", "Ostap"):
        make.mediator(house.centre, {"uk": Level.NATIVE}, name=name)
    rota = house.rota()
    line = lines_of(rota, [need], now=BEFORE)[0]
    planned = {one.person.name for one in line.proposed}
    [left_out] = {"Oksana", "Olena", "Ostap"} - planned
    rival = db.session.scalars(select(Person).where(Person.name == left_out)).one()
    make.assignment(need=need, person=rival, state=State.CONFIRMED)
    db.session.commit()
    db.session.expire_all()
    line = lines_of(rota, [need], now=BEFORE)[0]
    assert [one.is_new for one in line.proposed] == [True, False]
    assert sum(key[0] == need.id for key in all_new(rota, now=BEFORE)) == 1
    assert line.empty == 0


def asked_by(person: Person, centre: Centre | None) -> Rota:
    """A plan of the first day of that week."""
    day = MONDAY.date()
    rota = begin_rota(person, centre=centre, first_day=day, last_day=day, now=BEFORE)
    db.session.flush()
    return rota


def test_a_plan_of_all_centres_and_one_of_a_centre_in_it_know_of_each_other(house: House) -> None:
    second = make.coordinator(house.centre)
    mine, theirs = house.asked(), asked_by(second, None)
    assert colleagues(mine, now=BEFORE) == [theirs]
    assert colleagues(theirs, now=BEFORE) == [mine]


def test_two_plans_of_all_centres_know_of_each_other_where_they_share_one(house: House) -> None:
    second, third = make.coordinator(house.centre), make.coordinator(make.centre())
    mine, theirs = house.asked(centre=None), asked_by(second, None)
    asked_by(third, None)
    assert colleagues(mine, now=BEFORE) == [theirs]


def test_of_a_plan_of_other_centres_nothing_is_said(house: House) -> None:
    elsewhere = make.centre()
    asked_by(make.coordinator(elsewhere), elsewhere)
    asked_by(make.coordinator(elsewhere), None)
    assert colleagues(house.asked(), now=BEFORE) == []
    assert colleagues(house.asked(centre=None), now=BEFORE) == []


def test_languages_of_the_enrolled_that_nobody_there_speaks_are_lacking(
    house: House, mine: Browser
) -> None:
    """Amina comes for the Arabic; for Tigrinya, though no place is empty, nobody does."""
    need = house.need(None, MONDAY + timedelta(days=1))
    activity = need.meeting.activity
    again = MONDAY + timedelta(days=2)
    make.need(
        meeting=make.meeting(activity=activity, starts_at=again, ends_at=again + timedelta(hours=2))
    )
    for tag in ("ti", "ti", "ti", "ar"):
        learner = make.participant(house.centre)
        learner.languages.append(SpokenLanguage(language=tag, speaks=Level.NATIVE))
        make.enrolment(activity, learner)
    db.session.commit()
    db.session.expire_all()
    rota = house.rota()
    assert tally_of(rota, now=BEFORE).empty == 0
    assert unmet_in(rota, now=BEFORE) == [Unmet("ti", 3, 2)]
    text = mine.get(f"/rotas/{rota.ref}").text
    assert "Tigrinya: 3 people who are enrolled, 2 sessions" in text
    # Whoever speaks it and is confirmed by now, though not by the plan, counts.
    selam = make.mediator(house.centre, {"ti": Level.B1}, name="Selam")
    make.assignment(need=need, person=selam, state=State.CONFIRMED)
    db.session.commit()
    db.session.expire_all()
    assert unmet_in(rota, now=BEFORE)[0] == Unmet("ti", 3, 1)


def test_a_language_that_a_place_asks_for_is_lacking_once(house: House) -> None:
    """At that session: the empty place says it already."""
    need = house.need(None, MONDAY + timedelta(days=1))
    make.need(meeting=need.meeting, language="ti")
    learner = make.participant(house.centre)
    learner.languages.append(SpokenLanguage(language="ti", speaks=Level.NATIVE))
    make.enrolment(need.meeting.activity, learner)
    db.session.commit()
    db.session.expire_all()
    rota = house.rota()
    assert [one.language for one in tally_of(rota, now=BEFORE).lacking] == ["ti"]
    assert unmet_in(rota, now=BEFORE) == []


def test_whoever_said_no_speaks_for_nobody(house: House) -> None:
    need = house.need(None, MONDAY + timedelta(days=1))
    learner = make.participant(house.centre)
    learner.languages.append(SpokenLanguage(language="ar", speaks=Level.NATIVE))
    make.enrolment(need.meeting.activity, learner)
    db.session.commit()
    db.session.expire_all()
    rota = house.rota()
    assert unmet_in(rota, now=BEFORE) == []
    make.assignment(need=need, person=house.amina, state=State.DECLINED)
    db.session.commit()
    assert unmet_in(rota, now=BEFORE) == [Unmet("ar", 1, 1)]


def test_whoever_is_not_wanted_here_is_not_asked_with_the_others(
    house: House, mine: Browser
) -> None:
    rota = house.rota()
    wish(rota, house.morning, house.amina, wanted=False, now=BEFORE)
    db.session.commit()
    assert set(all_new(rota, now=BEFORE)) == {(house.evening.id, house.basir.id)}
    page = f"/rotas/{rota.ref}"
    assert f"{house.morning.ref}:{house.amina.ref}" not in mine.get(page).text
    place = mine.get(f"{page}/needs/{house.morning.ref}").text
    assert "Ask this person" not in place
    assert place.count("As the plan sees fit") == 1


def test_the_place_of_whoever_is_not_wanted_is_empty_until_planned_again(
    house: House, mine: Browser
) -> None:
    """Lula was next; of her nothing is said to be proved before the plan is made again."""
    make.mediator(house.centre, {"ar": Level.B2}, name="Lula")
    learner = make.participant(house.centre, speaks={"ar": Level.NATIVE})
    open_need = house.need(None, MONDAY + timedelta(days=1))
    make.enrolment(open_need.meeting.activity, learner)
    rota = house.rota()
    given = {language: who for language, who in planned(rota)}
    for need in (house.morning, open_need):
        wish(rota, need, given[need.language or ""], wanted=False, now=BEFORE)
    db.session.commit()
    board = board_of(rota, None, changes_only=True, now=BEFORE)
    assert {(line.need, line.empty) for line in board.lines} == {
        (house.morning, 1),
        (house.evening, 0),
        (open_need, 1),
    }
    assert set(board.hours) == {house.basir}
    tally = tally_of(rota, now=BEFORE)
    assert (tally.proposed, tally.empty) == (1, 2)
    assert unmet_in(rota, now=BEFORE) == [Unmet("ar", 1, 1)]
    place = mine.get(f"/rotas/{rota.ref}/needs/{house.morning.ref}").text
    assert "You would not have here whom the plan gives the place. Plan again" in place
    assert {"Lula", "Amina"} == {name for name in ("Lula", "Amina", "Basir") if name in place}
    assert "proved" not in place
    assert "Who could still be put here" not in place


def test_whoever_came_although_not_wanted_fills_the_place(house: House) -> None:
    rota = house.rota()
    wish(rota, house.morning, house.amina, wanted=False, now=BEFORE)
    make.assignment(need=house.morning, person=house.amina, state=State.CONFIRMED)
    db.session.commit()
    [line] = lines_of(rota, [house.morning], now=BEFORE)
    assert line.empty == 0
    tally = tally_of(rota, now=BEFORE)
    assert (tally.confirmed, tally.proposed, tally.empty) == (1, 1, 0)


def test_what_stays_empty_is_told_by_language_and_leads_to_its_places(
    house: House, mine: Browser
) -> None:
    needs = [house.need("ti", MONDAY + timedelta(hours=3 * hour)) for hour in range(7)]
    rota = house.rota()
    [lacking] = tally_of(rota, now=BEFORE).lacking
    assert lacking.places == 7
    assert lacking.length == timedelta(hours=14)
    assert [one.need for one in lacking.vacancies] == [need.ref for need in needs]
    page = mine.get(f"/rotas/{rota.ref}").text
    summary = page[page.index("What stays empty even so") :]
    summary = summary[: summary.index("</details>")]
    assert summary.count("#why") == 5
    assert "and 2 more" in summary


def test_in_a_draft_nobody_is_told_to_be_asked_already(house: House, mine: Browser) -> None:
    term = Term(centre=house.centre, name="Spring", first_day=MONDAY.date(), last_day=SUNDAY)
    for need in (house.morning, house.evening):
        need.meeting.activity.term, need.meeting.activity.published_at = term, None
    make.assignment(need=house.morning, person=house.amina, state=State.OFFERED)
    db.session.commit()
    rota = house.rota(term=term)
    tally = tally_of(rota, now=BEFORE)
    assert (tally.asked, tally.to_be_asked, tally.proposed) == (0, 1, 1)
    page = mine.get(f"/rotas/{rota.ref}").text
    assert "1 to be asked when the term is published" in page
    assert "0 asked" not in page


def test_who_looks_for_a_way_to_fill_a_place_is_told_what_became_of_it(
    house: House, mine: Browser
) -> None:
    """Of the two only Amina speaks Arabic; of Tigrinya nobody knows a word."""
    hopeless = house.need("ti", MONDAY)
    db.session.commit()
    for need, said in ((house.morning, "Amina"), (hopeless, "No way was found to fill it")):
        sent = mine.post(f"/needs/{need.ref}/mending")
        assert search_next(clock=lambda: BEFORE)
        page = mine.get(sent.headers["Location"]).text
        about = page[page.index("The place that you look for somebody for") :]
        panel = about[: about.index("</section>")]
        assert said in panel
        assert ("No way was found" in panel) == (need is hopeless)


def test_of_no_place_of_somebody_else_a_plan_tells_anything(house: House, mine: Browser) -> None:
    foreign = make.need(meeting=make.meeting(), language="ar")
    rota = house.rota()
    page = mine.get(f"/rotas/{rota.ref}?need={foreign.ref}").text
    assert "The place that you look for somebody for" not in page


def test_the_other_half_of_a_relay_is_not_asked_where_one_is_not_wanted(house: House) -> None:
    relay_house(house)
    rota = house.rota()
    (need_id, first, _), (_, second, _) = sorted(
        one for one in unpacked_plan(rota.plan) if one[2] != DIRECT
    )
    need, person = db.session.get_one(Need, need_id), db.session.get_one(Person, first)
    wish(rota, need, person, wanted=False, now=BEFORE)
    assert not {(need_id, first), (need_id, second)} & set(all_new(rota, now=BEFORE))


def test_who_was_asked_and_could_not_come_does_not_fill_a_place(
    house: House, mine: Browser
) -> None:
    """Two are asked for Arabic; one of them does not speak it."""
    make.assignment(need=house.morning, person=house.basir, state=State.OFFERED)
    db.session.commit()
    rota = house.rota()
    tally = tally_of(rota, now=BEFORE)
    assert (tally.proposed, tally.asked, tally.empty) == (2, 0, 0)
    page = f"/rotas/{rota.ref}"
    for address in (page, f"{page}/needs/{house.morning.ref}"):
        assert "asked, but the plan does not count on it" in mine.get(address).text


@pytest.mark.parametrize("state", [State.OFFERED, State.CONFIRMED])
def test_what_stands_against_somebody_confirmed_or_asked_is_told(
    house: House, mine: Browser, state: State
) -> None:
    """Basir, who has the place for Arabic, does not speak it."""
    make.assignment(need=house.morning, person=house.basir, state=state)
    db.session.commit()
    page = f"/rotas/{house.rota().ref}/needs"
    assert "no longer fits: does not speak Arabic" in mine.get(f"{page}/{house.morning.ref}").text
    assert "no longer fits" not in mine.get(f"{page}/{house.evening.ref}").text


def test_a_week_in_which_nobody_is_given_a_place_says_so(house: House, mine: Browser) -> None:
    house.need("ti", MONDAY + timedelta(days=1))
    db.session.commit()
    rota = house.rota(first_day=MONDAY.date() + timedelta(days=1))
    page = mine.get(f"/rotas/{rota.ref}?by=person").text
    assert "Nobody is given a place in this week" in page
