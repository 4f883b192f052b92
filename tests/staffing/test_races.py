"""What must hold when several people click in the same moment: fifty rounds on each engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.people.models import Apart, Centre, Person
from app.people.terms import Level
from app.programme.models import Activity, Booking, Meeting
from app.signups.operations import join
from app.staffing.asking import ask_in_turn, go_on, running_asking
from app.staffing.finding import ranked_candidates
from app.staffing.models import Asking, Assignment, Need, State, Swap
from app.staffing.moving import move_meeting
from app.staffing.operations import NeedFilled, accept_offer, give_up_place, take_place
from app.staffing.queries import assignment_of
from app.staffing.relaying import split_for_relay
from app.staffing.standing_in import come_after_all, look_for_stand_in
from app.staffing.swapping import accept_swap, propose_swap
from tests import make
from tests.make import BEFORE, MONDAY
from tests.races import all_at_once

ROUNDS, FEWER = 50, 15


def count(*where: object) -> int:
    return db.session.scalars(select(func.count()).where(*where)).one()  # type: ignore[arg-type]


def run(app: Flask, clicks: Sequence[Callable[[], object]]) -> list[object]:
    """What each click led to: whoever loses is told so by a refusal, never by a database error."""
    results = all_at_once(app, clicks)
    assert not [one for one in results if isinstance(one, DBAPIError)], results
    return results


def taking(need_id: int, person_id: int) -> Callable[[], object]:
    def click() -> object:
        need = db.session.get_one(Need, need_id)
        return take_place(need, db.session.get_one(Person, person_id), now=BEFORE).state

    return click


def test_the_last_place_goes_to_one_person(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            need = make.need(wanted=1)
            people = [make.mediator(need.meeting.activity.centre).id for _n in range(4)]
            need_id, meeting_id = need.id, need.meeting_id
            db.session.commit()

        results = run(racing_app, [taking(need_id, person) for person in people])

        assert results.count(State.CONFIRMED) == 1, results
        with racing_app.app_context():
            assert count(Assignment.need_id == need_id, Assignment.state == State.CONFIRMED) == 1
            assert count(Booking.meeting_id == meeting_id) == 1


def test_nobody_is_booked_twice_at_the_same_time(racing_app: Flask) -> None:
    for _round in range(ROUNDS):
        with racing_app.app_context():
            here = make.centre()
            person_id = make.mediator(here).id
            needs = [
                make.need(meeting=make.meeting(activity=make.activity(centre=here))).id
                for _n in range(3)
            ]
            db.session.commit()

        results = run(racing_app, [taking(need, person_id) for need in needs])

        assert results.count(State.CONFIRMED) == 1, results
        with racing_app.app_context():
            assert count(Booking.person_id == person_id) == 1


def test_two_yeses_to_one_place_leave_one_confirmed(racing_app: Flask) -> None:
    def answering(offer_id: int) -> Callable[[], object]:
        def click() -> object:
            accept_offer(db.session.get_one(Assignment, offer_id), now=BEFORE)
            return "yes"

        return click

    for _round in range(ROUNDS):
        with racing_app.app_context():
            need = make.need(wanted=1)
            offers = [make.assignment(need=need).id for _n in range(2)]
            need_id = need.id
            db.session.commit()

        results = run(racing_app, [answering(offer) for offer in offers])

        assert results.count("yes") == 1, results
        with racing_app.app_context():
            assert count(Assignment.need_id == need_id, Assignment.state == State.CONFIRMED) == 1


def test_a_move_and_a_sign_up_elsewhere_never_put_somebody_in_two_places(
    racing_app: Flask,
) -> None:
    """One meeting moves onto the time of another that its helper takes in the same moment."""
    for _round in range(ROUNDS):
        with racing_app.app_context():
            here = make.centre()
            boss, amina = make.coordinator(here), make.mediator(here)
            moved = make.meeting(
                activity=make.activity(centre=here),
                starts_at=MONDAY.replace(hour=14),
                ends_at=MONDAY.replace(hour=16),
            )
            make.assignment(need=make.need(meeting=moved), person=amina, state=State.CONFIRMED)
            other = make.need(meeting=make.meeting(activity=make.activity(centre=here)))
            ids = moved.id, boss.id, amina.id, other.id
            db.session.commit()
        meeting_id, boss_id, amina_id, other_id = ids

        def move(meeting_id: int = meeting_id, boss_id: int = boss_id) -> object:
            move_meeting(
                db.session.get_one(Meeting, meeting_id),
                starts_at=MONDAY,
                ends_at=MONDAY.replace(hour=11),
                room=None,
                by=db.session.get_one(Person, boss_id),
                now=BEFORE,
                seen=0,
            )
            return "moved"

        results = run(racing_app, [move, taking(other_id, amina_id)])

        with racing_app.app_context():
            times = db.session.execute(
                select(Booking.starts_at, Booking.ends_at)
                .where(Booking.person_id == amina_id, Booking.held)
                .order_by(Booking.starts_at)
            ).all()
            assert all(a.ends_at <= b.starts_at for a, b in itertools.pairwise(times)), results
        assert ("moved" in results) != (State.CONFIRMED in results), results


def test_the_last_place_among_fifty(racing_app: Flask) -> None:
    for _round in range(2):
        with racing_app.app_context():
            need = make.need(wanted=1)
            people = [make.mediator(need.meeting.activity.centre).id for _n in range(50)]
            need_id = need.id
            db.session.commit()

        results = run(racing_app, [taking(need_id, person) for person in people])

        assert results.count(State.CONFIRMED) == 1, results
        assert sum(isinstance(one, NeedFilled) for one in results) == 49
        with racing_app.app_context():
            assert count(Assignment.need_id == need_id, Assignment.state == State.CONFIRMED) == 1


def test_two_stand_ins_for_one_place_leave_one(racing_app: Flask) -> None:
    for _round in range(FEWER):
        with racing_app.app_context():
            need = make.need(wanted=1)
            place = make.assignment(need=need, state=State.CONFIRMED)
            place.stand_in_wanted_at = BEFORE
            people = [make.mediator(need.meeting.activity.centre).id for _n in range(3)]
            need_id, meeting_id = need.id, need.meeting_id
            db.session.commit()

        results = run(racing_app, [taking(need_id, person) for person in people])

        assert results.count(State.CONFIRMED) == 1, results
        with racing_app.app_context():
            assert count(Assignment.need_id == need_id, Assignment.state == State.CONFIRMED) == 1
            assert count(Booking.meeting_id == meeting_id) == 1


def test_a_swap_and_giving_the_place_up_never_happen_both(racing_app: Flask) -> None:
    for _round in range(FEWER):
        with racing_app.app_context():
            here = make.centre()
            mine, theirs = (a_place(here, MONDAY + timedelta(days=n)) for n in range(2))
            swap = propose_swap(mine, theirs, now=BEFORE)
            swap_id, mine_id = swap.id, mine.id
            needs = mine.need_id, theirs.need_id
            meetings = mine.need.meeting_id, theirs.need.meeting_id
            db.session.commit()

        def accept(swap_id: int = swap_id) -> object:
            accept_swap(db.session.get_one(Swap, swap_id), now=BEFORE)
            return "swapped"

        def give_up(mine_id: int = mine_id) -> object:
            give_up_place(db.session.get_one(Assignment, mine_id), now=BEFORE)
            return "given up"

        results = run(racing_app, [accept, give_up])

        with racing_app.app_context():
            held = [
                count(Assignment.need_id == need, Assignment.state == State.CONFIRMED)
                for need in needs
            ]
            assert held == ([1, 1] if "swapped" in results else [0, 1]), results
            times = db.session.execute(
                select(Booking.person_id, func.count())
                .where(Booking.meeting_id.in_(meetings))
                .group_by(Booking.person_id)
            ).all()
            assert all(number == 1 for _person, number in times), results


def test_an_offer_that_lapses_and_a_yes_leave_one_confirmed(racing_app: Flask) -> None:
    """The yes comes in the last moment, from the one who is asked or from the next in line."""
    for _round in range(FEWER):
        with racing_app.app_context():
            need = make.need(language="ar")
            here = need.meeting.activity.centre
            first = make.mediator(here, {"ar": Level.NATIVE})
            make.mediator(here, {"ar": Level.C1})
            hour = timedelta(hours=1)
            ranked = ranked_candidates(need)
            asking = ask_in_turn(need, ranked, by=None, at_once=1, lasts=hour, now=BEFORE)
            go_on(asking, now=BEFORE)
            offer = assignment_of(need, first)
            assert offer is not None
            ids = asking.id, offer.id
            need_id = need.id
            late = BEFORE + hour
            db.session.commit()

        def lapse(asking_id: int = ids[0], late: datetime = late) -> object:
            go_on(db.session.get_one(Asking, asking_id), now=late)
            return "lapsed"

        def yes(offer_id: int = ids[1], late: datetime = late) -> object:
            offer = db.session.get_one(Assignment, offer_id)
            accept_offer(offer, now=late - timedelta(seconds=1))
            return "yes"

        results = run(racing_app, [lapse, yes])

        with racing_app.app_context():
            states = [
                one.state
                for one in db.session.scalars(
                    select(Assignment).where(Assignment.need_id == need_id).order_by(Assignment.id)
                )
            ]
            if "yes" in results:
                assert states == [State.CONFIRMED], results
            else:
                assert states == [State.LAPSED, State.OFFERED], results


def test_two_workers_ask_nobody_twice(racing_app: Flask) -> None:
    for _round in range(FEWER):
        with racing_app.app_context():
            need = make.need(language="ar")
            for _n in range(3):
                make.mediator(need.meeting.activity.centre)
            asking = ask_in_turn(
                need,
                ranked_candidates(need),
                by=None,
                at_once=2,
                lasts=timedelta(hours=1),
                now=BEFORE,
            )
            asking_id, need_id = asking.id, need.id
            db.session.commit()

        def on(asking_id: int = asking_id) -> object:
            go_on(db.session.get_one(Asking, asking_id), now=BEFORE)
            return "asked"

        run(racing_app, [on, on, on])

        with racing_app.app_context():
            offered = Assignment.state == State.OFFERED
            assert count(Assignment.need_id == need_id, offered) == 2


def a_place(here: Centre, starts_at: datetime) -> Assignment:
    meeting = make.meeting(activity=make.activity(centre=here), starts_at=starts_at)
    return make.assignment(
        need=make.need(meeting=meeting), person=make.mediator(here), state=State.CONFIRMED
    )


def test_asking_on_and_coming_after_all_do_not_wait_for_each_other(racing_app: Flask) -> None:
    for _round in range(FEWER):
        with racing_app.app_context():
            need = make.need(language="ar")
            place = make.assignment(need=need, state=State.CONFIRMED)
            for _n in range(3):
                make.mediator(need.meeting.activity.centre)
            look_for_stand_in(place, now=BEFORE)
            asking = running_asking(need)
            assert asking is not None
            ids = place.id, asking.id
            db.session.commit()

        def come(place_id: int = ids[0]) -> object:
            come_after_all(db.session.get_one(Assignment, place_id), now=BEFORE)
            return "comes"

        def on(asking_id: int = ids[1]) -> object:
            go_on(db.session.get_one(Asking, asking_id), now=BEFORE)
            return "asked"

        assert run(racing_app, [come, on]) == ["comes", "asked"]


def test_two_who_split_one_place_for_a_relay_make_one_pair_of_halves(racing_app: Flask) -> None:
    for _round in range(FEWER):
        with racing_app.app_context():
            need = make.need(language="ti", relay=True)
            ids = need.id, need.meeting.activity.coordinator_id
            meeting_id = need.meeting_id
            db.session.commit()

        def split(need_id: int = ids[0], boss_id: int = ids[1]) -> object:
            boss = db.session.get_one(Person, boss_id)
            found = split_for_relay(db.session.get_one(Need, need_id), "ar", by=boss, now=BEFORE)
            return tuple(one.id for one in found)

        results = run(racing_app, [split, split])

        assert results[0] == results[1], results
        with racing_app.app_context():
            rows = select(Need.language, Need.via).where(Need.meeting_id == meeting_id)
            assert sorted(map(tuple, db.session.execute(rows))) == [("ar", "ro"), ("ti", "ar")]


def test_a_split_and_a_sign_up_in_the_same_moment_never_share_one_place(racing_app: Flask) -> None:
    for _round in range(FEWER):
        with racing_app.app_context():
            need = make.need(language="ti", relay=True)
            here = need.meeting.activity.centre
            amina = make.mediator(here, {"ti": Level.C1})
            ids = need.id, need.meeting.activity.coordinator_id, amina.id
            meeting_id = need.meeting_id
            db.session.commit()

        def split(need_id: int = ids[0], boss_id: int = ids[1]) -> object:
            boss = db.session.get_one(Person, boss_id)
            split_for_relay(db.session.get_one(Need, need_id), "ar", by=boss, now=BEFORE)
            return "split"

        results = run(racing_app, [split, taking(ids[0], ids[2])])

        assert ("split" in results) != (State.CONFIRMED in results), results
        with racing_app.app_context():
            assert count(Need.meeting_id == meeting_id) == (2 if "split" in results else 1)


def test_two_who_never_meet_never_come_in_at_the_same_moment(racing_app: Flask) -> None:
    """One helps, the other learns: whoever is second is refused."""
    for _round in range(FEWER):
        with racing_app.app_context():
            need = make.need()
            here = need.meeting.activity.centre
            layla, amina = make.participant(here), make.mediator(here)
            first, second = sorted((layla.id, amina.id))
            db.session.add(Apart(person_id=first, other_id=second, made_at=BEFORE))
            ids = need.id, need.meeting.activity_id, layla.id, amina.id
            meeting_id = need.meeting_id
            db.session.commit()

        def learn(activity_id: int = ids[1], person_id: int = ids[2]) -> object:
            person = db.session.get_one(Person, person_id)
            join(db.session.get_one(Activity, activity_id), person, by=person, now=BEFORE)
            return "learns"

        results = run(racing_app, [learn, taking(ids[0], ids[3])])

        with racing_app.app_context():
            assert count(Booking.meeting_id == meeting_id) == 1, results
