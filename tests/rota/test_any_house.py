"""Whatever a centre looks like: a plan keeps every rule, and accepting it at once is refused to
nobody."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Apart, Person
from app.people.terms import Gender, Level, Role
from app.refusal import Refusal
from app.rota.accepting import accept
from app.rota.board import all_new
from app.rota.frame import digest, packed, unpacked, unpacked_plan
from app.rota.inputs import framed
from app.rota.models import Act, Deed, Stage
from app.rota.operations import NotToWish, plan_again, put, wish
from app.rota.search import search_next
from app.staffing.availability import Answer
from app.staffing.matching.checker import breaches
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import accept_offer
from app.staffing.queries import why_not
from app.staffing.windows import WeeklyWindow
from tests import make
from tests.make import BEFORE, MONDAY
from tests.rota.house import House

LANGUAGES = ("ar", "prs", "uk", "ti", "fr")


class Chance(House):
    """People, needs, places, absences and limits by chance."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.dice = Random(seed)
        self.people = [self.amina, self.basir, *(self.somebody() for _ in range(7))]
        self.needs = [self.morning, self.evening, *(self.some_need() for _ in range(14))]
        for one, other in self.dice.sample(
            [(a, b) for a in self.people for b in self.people if a.id < b.id], 4
        ):
            db.session.add(Apart(person_id=one.id, other_id=other.id, made_at=BEFORE))
        for need in self.dice.sample(self.needs, 4):
            state = self.dice.choice([State.OFFERED, State.REQUESTED, State.DECLINED])
            make.assignment(need=need, person=self.dice.choice(self.people), state=state)
        db.session.commit()

    def somebody(self) -> Person:
        dice = self.dice
        speaks = {tag: dice.choice(list(Level)) for tag in dice.sample(LANGUAGES, 2)}
        one = make.person(
            [dice.choice([Role.MEDIATOR, Role.VOLUNTEER])],
            self.centre,
            speaks,
            gender=dice.choice(list(Gender)),
            hours_a_week=dice.choice([None, 2, 4, 7]),
        )
        for row in one.languages:
            row.interprets = dice.choice([None, Level.B2, Level.C1])
        for weekday in dice.sample(range(7), dice.choice([0, 0, 3])):
            window = {"starts": MONDAY.replace(hour=8).time(), "ends": MONDAY.time()}
            answer = dice.choice([Answer.YES, Answer.IF_NEED_BE])
            db.session.add(WeeklyWindow(person_id=one.id, weekday=weekday, answer=answer, **window))
        return one

    def some_need(self) -> Need:
        dice = self.dice
        starts_at = MONDAY + timedelta(days=dice.randrange(5), hours=dice.choice([-2, -1, 0, 3]))
        language = dice.choice([None, *LANGUAGES])
        return self.need(
            language,
            starts_at,
            wanted=dice.choice([1, 1, 2]),
            role=dice.choice([Role.MEDIATOR, Role.VOLUNTEER]),
            level=dice.choice([None, Level.B1]) if language else None,
            interpreting=bool(language) and dice.random() < 0.3,
            relay=bool(language) and dice.random() < 0.5,
            women_only=dice.random() < 0.2,
        )


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_accepted_at_once_is_refused_to_nobody(app: Flask, seed: int) -> None:
    house = Chance(seed)
    rota = house.rota(may_move=bool(seed % 2))
    assert rota.stage is Stage.DONE
    assert rota.inputs is not None
    frame = unpacked(rota.inputs)
    assert not breaches(frame.instance, frame.plan_of(unpacked_plan(rota.plan)))
    assert digest(frame) == rota.digest
    outcomes = accept(rota, set(all_new(rota, now=BEFORE)), seen=rota.version, now=BEFORE)
    assert [(one.person.name, one.reasons, one.refused) for one in outcomes if one.refused] == []
    asked = select(Assignment).where(Assignment.state == State.OFFERED)
    for one in db.session.scalars(asked.order_by(Assignment.id)).all():
        if one.asked_by_id == house.coordinator.id:
            accept_offer(one, now=BEFORE)  # everybody says yes, and every yes still holds


@pytest.mark.parametrize("seed", range(4))
def test_whether_somebody_waited_makes_no_difference_to_their_plan(app: Flask, seed: int) -> None:
    house = Chance(seed)
    at_once, waited = house.rota(), house.asked()
    soon = BEFORE + timedelta(seconds=5)
    assert search_next(clock=lambda: soon, first=True)
    search_next(clock=lambda: soon)
    db.session.refresh(waited)
    assert waited.stage is Stage.DONE
    assert waited.plan == at_once.plan


@pytest.mark.parametrize("seed", range(4))
def test_what_is_frozen_is_read_back_the_same(app: Flask, seed: int) -> None:
    rota = Chance(seed).asked()
    frame = framed(rota, now=BEFORE)
    assert frame is not None
    again = unpacked(packed(frame))
    assert packed(again) == packed(frame)
    for name in ("meetings", "needs", "helpers", "relays", "apart", "confirmed", "pins", "bans"):
        assert getattr(again.instance, name) == getattr(frame.instance, name)


def double_booked(house: House) -> list[tuple[str, int, int]]:
    """Who is asked at two needs at one time and could say yes to both, and at which."""
    there = [
        one
        for one in db.session.scalars(select(Assignment).order_by(Assignment.id))
        if one.is_open_offer(BEFORE) and not why_not(one.need, one.person)
    ]
    return [
        (one.person.name, one.need_id, other.need_id)
        for one in there
        for other in there
        if one.id < other.id
        and one.person_id == other.person_id
        and one.need.meeting.starts_at < other.need.meeting.ends_at
        and other.need.meeting.starts_at < one.need.meeting.ends_at
    ]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_changed_by_hand_nobody_is_asked_for_two_places_at_one_time(
    app: Flask, seed: int
) -> None:
    house = Chance(seed)
    before = double_booked(house)
    rota = house.rota(may_move=bool(seed % 2))
    for _round in range(3):
        news = sorted(all_new(rota, now=BEFORE))
        if news:
            some = set(house.dice.sample(news, (len(news) + 1) // 2))
            outcomes = accept(rota, some, seen=rota.version, now=BEFORE)
            assert [(one.person.name, one.refused) for one in outcomes if one.refused] == []
        for _try in range(12):
            need, person = house.dice.choice(house.needs), house.dice.choice(house.people)
            try:
                with db.session.begin_nested():
                    put(rota, need, person, now=BEFORE)
            except Refusal:
                continue
            assert (need.id, person.id) in {one[:2] for one in unpacked_plan(rota.plan)}
        db.session.expire_all()
    asked = {
        (one.need_id, one.person_id)
        for one in db.session.scalars(select(Assignment))
        if one.is_open_offer(BEFORE) and one.asked_by_id is not None
    }
    assert asked <= {one[:2] for one in unpacked_plan(rota.plan)}
    assert double_booked(house) == before
    if rota.bound is not None:
        assert rota.worth is not None
        assert rota.worth <= rota.bound


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_pinned_there_is_a_plan(app: Flask, seed: int) -> None:
    house = Chance(seed)
    first = house.rota(may_move=bool(seed % 2))
    for _try in range(25):
        need, person = house.dice.choice(house.needs), house.dice.choice(house.people)
        with suppress(NotToWish):
            wish(first, need, person, wanted=house.dice.random() < 0.8, now=BEFORE)
    rota = plan_again(first, now=BEFORE)
    db.session.commit()
    assert search_next(clock=lambda: BEFORE)
    db.session.expire_all()
    assert rota.stage is Stage.DONE
    given = {one[:2] for one in unpacked_plan(rota.plan)}
    told = select(Deed).where(Deed.rota_id == rota.id, Deed.act == Act.LEFT_OUT)
    left_out = {(one.need_id, one.person_id) for one in db.session.scalars(told)}
    pinned = {(one.need_id, one.person_id) for one in rota.wishes if one.wanted}
    assert pinned
    assert pinned == (pinned & given) | left_out
    assert not pinned & given & left_out


CLOCKS = ("Europe/Bucharest", "Asia/Dhaka", "America/Lima")
SUNDAY_NIGHT = MONDAY + timedelta(days=6, hours=9, minutes=30)


def between_weeks(seed: int) -> House:
    """Somebody with few hours, a session each day, others around Sunday midnight, some of them
    theirs already, in two centres; each with a clock of their own."""
    house, dice = House(), Random(seed)
    house.amina.languages[1:] = []
    other = make.centre(zone=dice.choice(CLOCKS))
    make.make_coordinator_too(house.coordinator, other)
    make.helps_too(house.basir, other)
    make.contract(house.basir, other)
    house.basir.hours_a_week, house.basir.zone = dice.choice([4, 6]), dice.choice(CLOCKS)
    house.centre.zone = dice.choice(CLOCKS)
    for day in (1, 2, 3, 4, 7, 8, 9, 10):
        house.need("prs", MONDAY + timedelta(days=day))
    here = house.centre
    for days in (-7, 0, 7):
        house.centre = dice.choice([here, other])
        need = house.need("prs", SUNDAY_NIGHT + timedelta(days=days, hours=dice.randrange(6)))
        if dice.random() < 0.7:
            make.assignment(need=need, person=house.basir, state=State.CONFIRMED)
    house.centre = here
    db.session.commit()
    return house


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_no_yes_is_too_many_hours_whatever_clocks_people_and_centres_keep(
    app: Flask, seed: int, everywhere: bool
) -> None:
    house = between_weeks(seed)
    last = MONDAY.date() + timedelta(days=14)
    given = {"centre": None} if everywhere else {"centre": house.centre}
    rota = house.rota(**given, last_day=last)
    for one in accept(rota, set(all_new(rota, now=BEFORE)), seen=rota.version, now=BEFORE):
        assert (one.refused, one.reasons) == (None, ())
    for asked in db.session.scalars(select(Assignment).where(Assignment.state == State.OFFERED)):
        accept_offer(asked, now=BEFORE)
