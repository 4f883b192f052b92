"""A rota is searched by the worker: whole, proved, once, and gone on with after a restart."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.people.models import Person
from app.people.terms import Level
from app.programme.models import Status
from app.programme.places import TravelTime
from app.rota import search
from app.rota.frame import digest, start_digest, unpacked, unpacked_plan
from app.rota.inputs import framed
from app.rota.models import Act, Deed, Failure, Rota, Stage
from app.rota.operations import plan_again, put, stop_search, wish
from app.rota.search import search_next
from app.staffing.matching.checker import breaches
from app.staffing.matching.solving import plans
from app.staffing.models import Need, State
from tests import make
from tests.make import BEFORE, MONDAY
from tests.rota.house import House, planned


@pytest.fixture
def house(app: Flask) -> House:
    return House()


def test_every_place_is_filled_where_one_after_the_other_would_leave_one_empty(
    house: House,
) -> None:
    rota = house.rota()
    assert planned(rota) == {("ar", house.amina), ("prs", house.basir)}
    assert (rota.stage, rota.filled, rota.places) == (Stage.DONE, 2, 2)
    assert rota.gap == 0


def test_nothing_to_plan_is_said(house: House) -> None:
    rota = house.rota(
        first_day=MONDAY.date() + timedelta(days=60), last_day=MONDAY.date() + timedelta(days=61)
    )
    assert (rota.stage, rota.failure) == (Stage.FAILED, Failure.NOTHING_TO_PLAN)


def test_whoever_is_confirmed_stays(house: House) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    rota = house.rota()
    assert planned(rota) == {("prs", house.amina)}


def test_unless_they_may_be_moved(house: House) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.CONFIRMED)
    rota = house.rota(may_move=True)
    assert planned(rota) == {("ar", house.amina), ("prs", house.basir)}


def test_whoever_is_asked_keeps_the_place_until_they_answer(house: House) -> None:
    make.assignment(need=house.evening, person=house.amina, state=State.OFFERED)
    assert planned(house.rota()) == {("prs", house.amina)}


@pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN])
def test_whoever_said_no_is_not_proposed_again(house: House, state: State) -> None:
    make.assignment(need=house.evening, person=house.basir, state=state)
    assert planned(house.rota()) == {("ar", house.amina)}


def test_a_booking_outside_the_plan_keeps_somebody_away(house: House) -> None:
    elsewhere = make.meeting(activity=make.activity(centre=make.centre()), starts_at=MONDAY)
    make.book_learner(house.basir, elsewhere)
    assert planned(house.rota()) == {("ar", house.amina)}


def test_a_learner_at_one_session_does_not_help_at_another_then(house: House) -> None:
    make.book_learner(house.basir, house.morning.meeting)
    assert planned(house.rota()) == {("ar", house.amina)}


def test_confirmed_places_that_no_longer_stand_together_are_worked_around(house: House) -> None:
    """A limit of hours that was lowered since: nothing contradicts, nobody is moved."""
    for day in (2, 3):
        need = house.need("prs", MONDAY + timedelta(days=day))
        make.assignment(need=need, person=house.basir, state=State.CONFIRMED)
    house.basir.hours_a_week = 2
    rota = house.rota()
    assert rota.stage is Stage.DONE
    assert planned(rota) == {("ar", house.amina), ("prs", house.basir)}
    assert (rota.filled, rota.places) == (3, 4)


def test_hours_of_a_week_hold_over_the_whole_plan(house: House) -> None:
    house.need("prs", MONDAY + timedelta(days=1))
    house.need("prs", MONDAY + timedelta(days=2))
    house.amina.hours_a_week, house.basir.hours_a_week = 2, 4
    rota = house.rota()
    given = [who for _, who in _names(rota) if who == house.basir.id]
    assert len(given) == 2
    assert rota.filled == 3


def test_hours_of_a_week_are_counted_by_the_clock_of_the_centre(house: House) -> None:
    """Sunday evening here is Monday in Dhaka."""
    house.need("prs", MONDAY + timedelta(days=2))
    house.amina.languages[1:] = []
    house.basir.hours_a_week, house.basir.zone = 4, "Asia/Dhaka"
    sunday = MONDAY + timedelta(days=6, hours=9, minutes=30)
    elsewhere = make.meeting(
        activity=make.activity(centre=make.centre()),
        starts_at=sunday,
        ends_at=sunday + timedelta(hours=2),
    )
    need = make.need(meeting=elsewhere, language="prs")
    make.assignment(need=need, person=house.basir, state=State.CONFIRMED)
    rota = house.rota()
    assert len([who for _, who in _names(rota) if who == house.basir.id]) == 1


def test_where_a_session_is_in_two_weeks_nobody_with_few_hours_is_planned(house: House) -> None:
    """Sunday night in one centre of the plan is Monday in the other."""
    other = make.centre(zone="Asia/Dhaka")
    make.make_coordinator_too(house.coordinator, other)
    there = make.meeting(
        activity=make.activity(centre=other, coordinator=house.coordinator), starts_at=MONDAY
    )
    make.need(meeting=there, language="ti")
    night = house.need("prs", MONDAY + timedelta(days=6, hours=10))
    house.amina.languages[1:] = []
    assert (night.id, house.basir.id) in _names(house.rota(centre=None))
    house.basir.hours_a_week = 40
    assert (night.id, house.basir.id) not in _names(house.rota(centre=None))
    assert (night.id, house.basir.id) in _names(house.rota())


def _names(rota: Rota) -> list[tuple[int, int]]:
    return [(need, who) for need, who, _ in unpacked_plan(rota.plan)]


def test_pinned_and_forbidden_hold_in_the_next_plan(house: House) -> None:
    first = house.rota()
    wish(first, house.evening, house.amina, wanted=True, now=BEFORE)
    plan_again(first, now=BEFORE)
    db.session.commit()
    search_next(clock=lambda: BEFORE)
    again = db.session.query(Rota).order_by(Rota.id.desc()).first()
    assert again is not None
    assert planned(again) == {("prs", house.amina)}
    wish(again, house.evening, house.amina, wanted=False, now=BEFORE)
    plan_again(again, now=BEFORE)
    db.session.commit()
    search_next(clock=lambda: BEFORE)
    last = db.session.query(Rota).order_by(Rota.id.desc()).first()
    assert last is not None
    assert planned(last) == {("ar", house.amina), ("prs", house.basir)}


def left_out(rota: Rota) -> list[tuple[Need | None, Person | None]]:
    """Where the trace says that a pin was left out, and of whom."""
    found = select(Deed).where(Deed.rota_id == rota.id, Deed.act == Act.LEFT_OUT)
    return [(one.need, one.person) for one in db.session.scalars(found.order_by(Deed.id))]


def planned_again(rota: Rota) -> Rota:
    again = plan_again(rota, now=BEFORE)
    db.session.commit()
    assert search_next(clock=lambda: BEFORE)
    db.session.expire_all()
    assert again.stage is Stage.DONE
    return again


def test_of_pins_that_contradict_the_later_is_left_out_and_told(house: House) -> None:
    first = house.rota()
    wish(first, house.evening, house.amina, wanted=True, now=BEFORE)
    wish(first, house.morning, house.amina, wanted=True, now=BEFORE)
    again = planned_again(first)
    assert planned(again) == {("prs", house.amina)}
    assert left_out(again) == [(house.morning, house.amina)]


def test_a_pinned_place_that_a_colleague_gave_to_another_is_theirs(house: House) -> None:
    first = house.rota()
    wish(first, house.evening, house.basir, wanted=True, now=BEFORE)
    other = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Zahra")
    make.assignment(need=house.evening, person=other, state=State.CONFIRMED)
    again = planned_again(first)
    assert planned(again) == {("ar", house.amina), ("prs", other)}
    assert left_out(again) == [(house.evening, house.basir)]


def test_somebody_pinned_who_became_busy_is_told(house: House) -> None:
    first = house.rota()
    wish(first, house.evening, house.basir, wanted=True, now=BEFORE)
    elsewhere = make.meeting(activity=make.activity(centre=make.centre()), starts_at=MONDAY)
    make.book_learner(house.basir, elsewhere)
    again = planned_again(first)
    assert left_out(again) == [(house.evening, house.basir)]
    told = select(Deed.why).where(Deed.rota_id == again.id, Deed.act == Act.LEFT_OUT)
    assert db.session.scalars(told).one() == {"rules": ["expected_elsewhere"]}


def test_a_pin_that_holds_is_not_told_of(house: House) -> None:
    first = house.rota()
    wish(first, house.evening, house.basir, wanted=True, now=BEFORE)
    assert left_out(planned_again(first)) == []


def test_half_a_relay_that_is_pinned_is_kept_with_the_other_half(house: House) -> None:
    need = house.need("ti", MONDAY + timedelta(days=1), relay=True, interpreting=True)
    speaks = {"ti": Level.NATIVE, "ar": Level.C1}
    both = [make.mediator(house.centre, speaks, name=name) for name in ("Selam", "Mehret")]
    house.amina.languages[0].interprets = Level.C1
    first = house.rota()
    [there] = [one for one in both if (need.id, one.id) in _names(first)]
    [other] = [one for one in both if one is not there]
    wish(first, need, other, wanted=True, now=BEFORE)
    again = planned_again(first)
    assert {who for need_id, who in _names(again) if need_id == need.id} == {
        other.id,
        house.amina.id,
    }
    wish(again, need, there, wanted=True, now=BEFORE)  # one place, and the earlier pin has it
    last = planned_again(again)
    assert (need.id, other.id) in _names(last)
    assert left_out(last) == [(need, there)]


def test_a_draft_term_can_be_planned_and_a_period_leaves_drafts_out(house: House) -> None:
    draft = make.activity(centre=house.centre, coordinator=house.coordinator, published_at=None)
    make.need(meeting=make.meeting(activity=draft, starts_at=MONDAY), language="prs")
    assert house.rota().places == 2


def test_protected_sessions_are_planned_by_who_is_entrusted_with_them_only(house: House) -> None:
    other = make.coordinator(house.centre)
    group = make.womens_group(centre=house.centre, coordinator=other)
    make.need(meeting=make.meeting(activity=group, starts_at=MONDAY), language="ar")
    assert house.rota().places == 2


def test_only_who_helped_in_a_series_is_known_there(house: House) -> None:
    """Who came to learn, or along to learn to help, is not yet who helps."""
    activity = house.morning.meeting.activity
    before = make.need(
        meeting=make.meeting(activity=activity, starts_at=MONDAY - timedelta(days=7)), language="ar"
    )
    dropped = make.meeting(
        activity=activity, starts_at=MONDAY - timedelta(days=14), status=Status.CANCELLED
    )
    learnt = make.meeting(activity=activity, starts_at=MONDAY - timedelta(days=21))
    make.assignment(need=before, person=house.amina, state=State.CONFIRMED)
    make.assignment(need=before, person=house.basir, state=State.CONFIRMED, trainee=True)
    carmen = make.mediator(house.centre, {"ar": Level.C1})
    away = make.need(meeting=dropped, language="ar")
    make.assignment(need=away, person=carmen, state=State.CONFIRMED)
    make.book_learner(carmen, learnt)
    frame = framed(house.asked(), now=BEFORE)
    assert frame is not None
    known = {
        (frame.person_ids[who], frame.activity_ids[line]) for who, line in frame.instance.faces
    }
    assert known == {(house.amina.id, activity.id)}


def test_the_same_inputs_give_the_same_plan(house: House) -> None:
    one, other = house.rota(), house.rota()
    assert (one.digest, one.plan, one.worth) == (other.digest, other.plan, other.worth)


def test_the_plan_before_is_part_of_what_a_plan_is_made_from(house: House) -> None:
    """Two may do the same: which of them was chosen by hand decides, and says so."""
    zahra = make.mediator(house.centre, {"prs": Level.NATIVE}, name="Zahra")
    first = house.rota()
    other = zahra if ("prs", house.basir) in planned(first) else house.basir
    put(first, house.evening, other, now=BEFORE)
    wish(first, house.evening, other, wanted=None, now=BEFORE)
    again, once_more = (searched(plan_again(first, now=BEFORE)) for _ in range(2))
    assert again.plan != house.rota().plan
    assert again.digest != house.rota().digest
    assert (again.digest, again.plan) == (once_more.digest, once_more.plan)
    assert again.inputs is not None
    frame = unpacked(again.inputs)
    assert start_digest(frame)
    assert (house.evening.id, other.id) in frame.start


def searched(rota: Rota) -> Rota:
    db.session.commit()
    assert search_next(clock=lambda: BEFORE)
    db.session.refresh(rota)
    return rota


def test_what_was_found_is_kept_when_the_plan_is_changed_by_hand(house: House) -> None:
    rota = house.rota()
    names, worth = unpacked_plan(rota.plan), rota.worth
    put(rota, house.evening, house.amina, now=BEFORE)
    assert rota.worth != worth
    found = db.session.scalars(select(Deed).where(Deed.act == Act.FOUND)).one()
    assert [tuple(one) for one in found.why["plan"]] == names
    assert (found.why["worth"], found.by, found.need) == (worth, None, None)


def test_a_search_that_its_clock_cut_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One plan is as good as proved; of the other it is not known yet."""
    monkeypatch.setattr(search, "LOOK", 0.0)
    monkeypatch.setattr(search, "LONGEST", 0.0)
    assert house.rota().stage is Stage.DONE
    house.need("prs", MONDAY)
    rota = house.rota()
    assert (rota.stage, rota.has_plan) == (Stage.TIMED_OUT, True)


def test_what_it_is_made_from_is_read_back_as_it_was(house: House) -> None:
    rota = house.rota()
    assert rota.inputs is not None
    frame = unpacked(rota.inputs)
    assert digest(frame) == rota.digest
    assert not breaches(frame.instance, frame.plan_of(unpacked_plan(rota.plan)))
    again = framed(rota, now=BEFORE)
    assert again is not None
    assert digest(again) == rota.digest


def test_a_search_whose_worker_died_is_taken_up_where_it_was(house: House) -> None:
    rota = house.asked()
    taken = search._taken(BEFORE)
    assert taken is not None
    assert not search_next(clock=lambda: BEFORE + timedelta(seconds=30))  # it is leased
    assert search_next(clock=lambda: BEFORE + timedelta(seconds=90))
    db.session.refresh(rota)
    assert (rota.stage, rota.attempts) == (Stage.DONE, 2)


def test_a_worker_that_was_slow_writes_nothing_over_another(house: House) -> None:
    rota = house.asked()
    slow = search._taken(BEFORE)
    assert slow is not None
    assert search_next(clock=lambda: BEFORE + timedelta(seconds=90))
    with pytest.raises(search.Lost):
        search._write(rota.id, slow[1], worth=0)


def test_after_three_tries_it_is_given_up_and_said(house: House) -> None:
    rota = house.asked()
    for minute in range(3):
        assert search._taken(BEFORE + timedelta(minutes=2 * minute)) is not None
    assert search_next(clock=lambda: BEFORE + timedelta(minutes=10))
    db.session.refresh(rota)
    assert (rota.stage, rota.failure) == (Stage.FAILED, Failure.BROKE_OFF)


def test_a_search_is_told_to_stop_by_its_coordinator(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOK", 0.0)
    rota = house.asked()
    taken = search._taken(BEFORE)
    assert taken is not None
    watch = search._Watch(*taken, lambda: BEFORE)
    assert not watch()
    stop_search(rota, now=BEFORE)
    db.session.commit()
    assert watch()
    assert watch.was_asked


def test_reading_what_it_is_made_from_may_take_longer_than_a_lease(house: House) -> None:
    rota = house.asked()
    leases = []

    def clock() -> datetime:
        leases.append(db.session.scalars(select(Rota.lease_until)).one())
        return BEFORE

    taken = search._taken(BEFORE)
    assert taken is not None
    assert search._frame(rota, taken[1], clock) is not None
    assert max(filter(None, leases)) - BEFORE >= timedelta(minutes=10)
    assert rota.lease_until is not None
    assert rota.lease_until - BEFORE == search.LEASE


def test_what_cannot_be_read_is_free_for_the_next_try_after_a_minute(house: House) -> None:
    rota = house.asked()
    rota.inputs = b"half a file"
    db.session.commit()
    with pytest.raises(zlib.error):
        search_next(clock=lambda: BEFORE)
    db.session.refresh(rota)
    assert (rota.stage, rota.lease_until) == (Stage.RUNNING, BEFORE + search.LEASE)


def test_whoever_keeps_a_plan_holds_the_search_for_another_minute(house: House) -> None:
    """Where the next question whether to stop is far away."""
    rota = house.asked()
    taken = search._taken(BEFORE)
    assert taken is not None
    frame = search._frame(rota, taken[1], lambda: BEFORE)
    assert frame is not None
    later = BEFORE + timedelta(seconds=50)
    first = next(plans(frame.instance))
    search._keep(rota.id, taken[1], frame, first, later)
    db.session.refresh(rota)
    assert rota.lease_until == later + search.LEASE


def test_a_search_that_another_took_over_ends_quietly(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOK", 0.0)
    house.asked()
    slow = search._taken(BEFORE)
    assert slow is not None
    watch = search._Watch(*slow, lambda: BEFORE)
    assert search._taken(BEFORE + timedelta(seconds=90)) is not None
    assert watch()
    assert not watch.was_asked


def test_a_worker_that_stops_leaves_the_search_to_the_next_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOK", 0.0)
    house.need("prs", MONDAY)  # nobody is left for it: the first plan is not proved at once
    rota = house.asked()
    assert search_next(clock=lambda: BEFORE, stopping=lambda: True)
    db.session.refresh(rota)
    assert (rota.stage, rota.attempts) == (Stage.RUNNING, 0)
    assert search_next(clock=lambda: BEFORE + timedelta(seconds=1))
    db.session.refresh(rota)
    assert rota.stage is Stage.DONE


def test_who_waits_for_a_long_search_has_a_first_plan_meanwhile(house: House) -> None:
    house.need("prs", MONDAY)  # nobody is left for it: the first plan is not proved at once
    house.asked()
    assert search._taken(BEFORE) is not None  # by a worker that is busy with it from now on
    waits = house.asked()
    soon = BEFORE + timedelta(seconds=5)
    assert not search_next(clock=lambda: BEFORE, first=True)  # whoever has time takes it whole
    assert search_next(clock=lambda: soon, first=True)
    db.session.refresh(waits)
    assert (waits.stage, waits.filled, waits.lease_until) == (Stage.RUNNING, 2, None)
    assert not search_next(clock=lambda: soon, first=True)  # it has one
    assert search_next(clock=lambda: soon)
    db.session.refresh(waits)
    assert (waits.stage, waits.attempts, waits.gap) == (Stage.DONE, 1, 0)


def test_plans_that_are_not_there_yet_come_before_better_ones(house: House) -> None:
    house.need("prs", MONDAY)
    first = house.asked()
    assert search_next(clock=lambda: BEFORE + timedelta(seconds=5), first=True)
    second = house.asked()
    taken = search._taken(BEFORE + timedelta(seconds=5))
    assert taken is not None
    assert (taken[0], first.stage) == (second.id, Stage.RUNNING)


def test_a_plan_that_waits_for_a_better_one_can_be_stopped(house: House) -> None:
    house.need("prs", MONDAY)
    rota = house.asked()
    soon = BEFORE + timedelta(seconds=5)
    assert search_next(clock=lambda: soon, first=True)
    db.session.refresh(rota)
    stop_search(rota, now=BEFORE)
    db.session.commit()
    assert (rota.stage, rota.filled) == (Stage.STOPPED, 2)
    assert not search_next(clock=lambda: soon)


def test_a_search_that_hears_of_the_end_late_changes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOK", 0.0)
    house.need("prs", MONDAY)
    rota = house.asked()
    assert search_next(clock=lambda: BEFORE + timedelta(seconds=5), first=True)
    taken = search._taken(BEFORE)
    assert taken is not None
    watch = search._Watch(*taken, lambda: BEFORE)
    frame = unpacked(db.session.get_one(Rota, rota.id).inputs or b"")
    *_, better = plans(frame.instance)
    stop_search(rota, now=BEFORE)
    db.session.commit()
    version = rota.version
    assert watch()
    with pytest.raises(search.Lost):
        search._keep(*taken, frame, better, BEFORE)
    db.session.rollback()
    with pytest.raises(search.Lost):
        search._end(*taken, Stage.DONE, BEFORE)
    db.session.rollback()
    assert (rota.stage, rota.version) == (Stage.STOPPED, version)
    told = select(Deed).where(Deed.rota_id == rota.id, Deed.act == Act.FOUND)
    assert len(db.session.scalars(told).all()) == 1


def test_the_way_between_two_centres_takes_its_time(house: House) -> None:
    """Dari in one centre until one o'clock, in the other from half past one: an hour away."""
    other = make.centre()
    make.make_coordinator_too(house.coordinator, other)
    make.helps_too(house.basir, other)
    make.contract(house.basir, other)
    there = make.activity(centre=other, coordinator=house.coordinator)
    starts_at = MONDAY + timedelta(hours=2, minutes=30)
    make.need(
        meeting=make.meeting(
            activity=there, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
        ),
        language="prs",
    )
    assert house.rota(centre=None).filled == 3
    db.session.add(TravelTime(from_id=house.centre.id, to_id=other.id, minutes=60))
    assert house.rota(centre=None).filled == 2


def test_one_that_has_not_begun_is_stopped_at_once(house: House) -> None:
    rota = house.asked()
    stop_search(rota, now=BEFORE)
    db.session.commit()
    assert not search_next(clock=lambda: BEFORE)
    assert rota.stage is Stage.STOPPED


def test_asked_twice_before_it_begins_is_one(house: House) -> None:
    assert house.asked() is house.asked()


def test_planned_again_twice_before_it_has_ended_is_one(house: House) -> None:
    first = house.rota()
    again = plan_again(first, now=BEFORE)
    assert plan_again(first, now=BEFORE) is again
    wish(first, house.evening, house.amina, wanted=True, now=BEFORE)
    other = plan_again(first, now=BEFORE)  # something else is wished by now
    assert other is not again
    db.session.commit()
    assert search_next(clock=lambda: BEFORE)
    db.session.expire_all()
    assert plan_again(first, now=BEFORE) is other


def test_the_languages_of_those_enrolled_decide_where_none_is_asked_for(house: House) -> None:
    need = house.need(None, MONDAY + timedelta(days=1))
    learner = make.participant(house.centre, speaks={"prs": Level.NATIVE})
    make.enrolment(need.meeting.activity, learner)
    carmen = make.mediator(house.centre, {"fr": Level.NATIVE}, name="Carmen")
    rota = house.rota()
    there = [who for need_id, who in _names(rota) if need_id == need.id]
    assert there
    assert carmen.id not in there
