"""Saying who was there, correcting it, and who came instead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.people.models import Person
from app.people.terms import Gender, Role
from app.presence.models import MISSED, Presence, PresenceChange, Word
from app.presence.operations import (
    AlreadyThere,
    ElsewhereThen,
    NotAmongThem,
    NotHeld,
    NotNow,
    NotYet,
    ReasonWanted,
    TooLateToCorrect,
    came_instead,
    check_in,
    confirm_own_word,
    correct,
    keep_word,
    record,
)
from app.presence.queries import disputed, places_now, unrecorded
from app.programme.models import Booking, Status
from app.staffing.eligibility import Rule
from app.staffing.models import Assignment, Decision, Override, State
from tests import make
from tests.make import MONDAY

pytestmark = pytest.mark.usefixtures("app")
END = MONDAY + timedelta(hours=2)
LATER = END + timedelta(hours=3)
WHOLE = Word(MONDAY, END)
HALF = Word(MONDAY, MONDAY + timedelta(hours=1))


def place(**given: object) -> Assignment:
    return make.assignment(state=State.CONFIRMED, **given)


def boss_of(one: Assignment) -> Person:
    return one.need.meeting.activity.coordinator


def say(one: Assignment, word: Word, now: datetime = LATER) -> Presence:
    """The coordinator's word."""
    return record(one.need.meeting, {one.person: word}, by=boss_of(one), now=now)[0]


class TestTheirOwnWord:
    def test_counts_while_nobody_says_otherwise(self) -> None:
        one = place()

        said = check_in(one, WHOLE, now=MONDAY)

        assert (said.word, said.minutes, said.is_own, said.role) == (
            WHOLE,
            120,
            True,
            one.need.role,
        )

    @pytest.mark.parametrize(
        ("when", "allowed"),
        [
            (MONDAY - timedelta(minutes=31), False),
            (MONDAY - timedelta(minutes=30), True),
            (END + timedelta(hours=24), True),
            (END + timedelta(hours=24, minutes=1), False),
        ],
    )
    def test_from_half_an_hour_before_until_a_day_after(
        self, when: datetime, allowed: bool
    ) -> None:
        one = place()
        offered = db.session.scalars(places_now(one.person, now=when)).all()

        assert (one in offered) is allowed
        if allowed:
            assert check_in(one, WHOLE, now=when).came
        else:
            with pytest.raises(NotNow):
                check_in(one, WHOLE, now=when)

    def test_not_of_a_place_that_is_not_theirs(self) -> None:
        with pytest.raises(NotAmongThem):
            check_in(make.assignment(state=State.WITHDRAWN), WHOLE, now=MONDAY)

    def test_not_where_nothing_took_place(self) -> None:
        one = place()
        one.need.meeting.status = Status.CANCELLED
        with pytest.raises(NotHeld):
            check_in(one, WHOLE, now=MONDAY)
        with pytest.raises(NotHeld):
            say(one, WHOLE)

    def test_twice_is_harmless(self) -> None:
        one = place()

        assert check_in(one, WHOLE, now=MONDAY) is check_in(one, WHOLE, now=LATER)
        assert len(db.session.scalars(select(PresenceChange)).all()) == 1

    def test_no_minute_counts_twice(self) -> None:
        one = place()
        check_in(one, WHOLE, now=MONDAY)
        other = make.need(meeting=make.meeting(starts_at=END))
        there = make.assignment(need=other, person=one.person, state=State.CONFIRMED)

        with pytest.raises(ElsewhereThen):
            check_in(there, Word(END - timedelta(minutes=1), LATER), now=END)
        assert check_in(there, Word(END, LATER), now=END).came


class TestTheCoordinatorsWord:
    def test_is_about_several_people_at_once(self) -> None:
        one = place()
        two = make.assignment(need=one.need, state=State.CONFIRMED)
        words = {one.person: HALF, two.person: MISSED}

        first, second = record(one.need.meeting, words, by=boss_of(one), now=LATER)

        assert (first.word, second.word) == (HALF, MISSED)
        assert (first.minutes, second.minutes) == (60, 0)

    def test_not_before_it_begins(self) -> None:
        with pytest.raises(NotYet):
            say(place(), WHOLE, now=MONDAY - timedelta(minutes=31))

    def test_only_of_those_who_had_a_place(self) -> None:
        one = place()
        stranger = make.mediator(one.need.meeting.activity.centre)
        with pytest.raises(NotAmongThem):
            record(one.need.meeting, {stranger: WHOLE}, by=boss_of(one), now=LATER)

    def test_wins_over_their_own_which_stays_visible(self) -> None:
        one = place()
        check_in(one, WHOLE, now=MONDAY)

        said = say(one, MISSED)

        assert (said.word, said.own_word, said.is_disputed) == (MISSED, WHOLE, False)

    def test_one_person_is_one_row_even_with_two_places(self) -> None:
        one = place()
        second = make.need(meeting=one.need.meeting, role=Role.VOLUNTEER)
        make.assignment(need=second, person=one.person, state=State.CONFIRMED)

        say(one, WHOLE)
        say(one, HALF)

        assert len(db.session.scalars(select(Presence)).all()) == 1


class TestACorrection:
    def test_stands_beside_until_a_coordinator_looks_at_it(self) -> None:
        one = place()
        said = say(one, MISSED)

        correct(said, WHOLE, now=LATER)

        assert (said.word, said.own_word, said.is_disputed) == (MISSED, WHOLE, True)
        centre = one.need.meeting.activity.centre
        assert disputed(boss_of(one), centre, now=LATER) == [one.need.meeting]

    def test_is_confirmed(self) -> None:
        one = place()
        said = say(one, MISSED)
        correct(said, WHOLE, now=LATER)

        confirm_own_word(said, by=boss_of(one), now=LATER)

        assert (said.word, said.minutes, said.is_disputed) == (WHOLE, 120, False)
        assert not said.own_word.came

    def test_or_not_and_both_words_stay(self) -> None:
        one = place()
        said = say(one, MISSED)
        correct(said, WHOLE, now=LATER)

        keep_word(said, by=boss_of(one), now=LATER)

        assert (said.word, said.own_word, said.is_disputed) == (MISSED, WHOLE, False)
        assert one.state is State.CONFIRMED  # nothing is punished by a machine

    def test_keeps_its_trace(self) -> None:
        one = place()
        said = say(one, MISSED)
        correct(said, HALF, now=LATER + timedelta(hours=1))
        confirm_own_word(said, by=boss_of(one), now=LATER + timedelta(hours=2))

        trace = [
            (c.by_id, c.before and c.before["starts_at"], c.after["starts_at"], bool(c.own))
            for c in said.changes
        ]
        start = MONDAY.isoformat()
        assert trace == [
            (boss_of(one).id, None, None, False),
            (one.person_id, None, None, True),
            (boss_of(one).id, None, start, True),
        ]
        assert [c.at for c in said.changes] == [LATER + timedelta(hours=n) for n in range(3)]

    def test_of_their_own_word_counts_at_once(self) -> None:
        said = check_in(place(), WHOLE, now=MONDAY)

        correct(said, HALF, now=LATER)

        assert (said.word, said.is_disputed) == (HALF, False)

    def test_may_say_again_what_a_coordinator_overruled(self) -> None:
        one = place()
        said = check_in(one, WHOLE, now=MONDAY)
        say(one, MISSED)

        check_in(one, WHOLE, now=LATER)

        assert said.is_disputed

    def test_not_after_thirty_days(self) -> None:
        said = say(place(), MISSED)
        with pytest.raises(TooLateToCorrect):
            correct(said, WHOLE, now=LATER + timedelta(days=30, minutes=1))


class TestSomebodyElseCame:
    def test_takes_the_place_and_the_hours(self) -> None:
        one = place()
        sub = make.mediator(one.need.meeting.activity.centre)

        came = came_instead(
            one.need, sub, WHOLE, instead_of=one.person, reason="", by=boss_of(one), now=LATER
        )

        missed = db.session.scalars(select(Presence).where(Presence.person == one.person)).one()
        assert (came.minutes, missed.came, came.instead_of) == (120, False, one.person)
        decision = db.session.scalars(select(Decision)).one()
        assert decision.assignment.person == sub
        assert decision.why == {
            "came_instead": True,
            "instead_of": one.person_id,
            "overridden": [],
        }

    def test_a_hard_rule_is_never_passed_over_in_silence(self) -> None:
        group = make.womens_group()
        need = make.need(meeting=make.meeting(activity=group))
        one = make.assignment(
            need=need,
            person=make.mediator(group.centre, gender=Gender.WOMAN),
            state=State.CONFIRMED,
        )
        man = make.mediator(group.centre, gender=Gender.MAN)
        given: dict[str, Any] = {"instead_of": one.person, "by": group.coordinator, "now": LATER}

        with pytest.raises(ReasonWanted) as refused:
            came_instead(need, man, WHOLE, reason=" ", **given)
        assert [reason.rule for reason in refused.value.reasons] == [Rule.WOMEN_ONLY]
        assert db.session.scalars(select(Presence)).all() == []

        came_instead(need, man, WHOLE, reason="Nobody else could open the door", **given)
        kept = db.session.scalars(select(Override)).one()
        assert (kept.rule, kept.reason) == (Rule.WOMEN_ONLY, "Nobody else could open the door")
        assert kept.by == group.coordinator

    def test_whoever_is_expected_elsewhere_is_not_booked_here_as_well(self) -> None:
        one = place()
        here = one.need.meeting.activity.centre
        other = make.need(meeting=make.meeting(activity=make.activity(centre=here)))
        sub = make.assignment(need=other, state=State.CONFIRMED).person
        given: dict[str, Any] = {"instead_of": one.person, "by": boss_of(one), "now": LATER}

        with pytest.raises(ReasonWanted) as refused:
            came_instead(one.need, sub, WHOLE, reason="", **given)
        assert [reason.rule for reason in refused.value.reasons] == [Rule.EXPECTED_ELSEWHERE]
        came_instead(one.need, sub, WHOLE, reason="Came over", **given)

        booked = select(Booking.meeting_id).where(Booking.person_id == sub.id)
        assert db.session.scalars(booked).all() == [other.meeting_id]

    def test_not_before_it_begins_nor_twice(self) -> None:
        one = place()
        sub = make.mediator(one.need.meeting.activity.centre)
        given: dict[str, Any] = {"instead_of": None, "reason": "", "by": boss_of(one)}

        with pytest.raises(NotYet):
            came_instead(one.need, sub, WHOLE, now=MONDAY - timedelta(minutes=1), **given)
        came_instead(one.need, sub, WHOLE, now=LATER, **given)
        with pytest.raises(AlreadyThere):
            came_instead(one.need, sub, WHOLE, now=LATER, **given)


class TestNotYetRecorded:
    def test_until_something_is_said_of_everybody(self) -> None:
        one = place()
        two = make.assignment(need=one.need, state=State.CONFIRMED)
        meeting, boss = one.need.meeting, boss_of(one)
        centre = meeting.activity.centre

        say(one, WHOLE)
        assert unrecorded(boss, centre, now=LATER) == [meeting]
        say(two, MISSED)
        assert unrecorded(boss, centre, now=LATER) == []

    @pytest.mark.parametrize(
        ("now", "seen"),
        [
            (END - timedelta(minutes=1), False),
            (END, True),
            (END + timedelta(days=14) - timedelta(minutes=1), True),
            (END + timedelta(days=14), False),
        ],
    )
    def test_of_the_last_two_weeks(self, now: datetime, seen: bool) -> None:
        one = place()
        centre = one.need.meeting.activity.centre

        assert bool(unrecorded(boss_of(one), centre, now=now)) is seen

    def test_not_of_what_was_cancelled_or_is_not_theirs_to_know(self) -> None:
        one = place(need=make.need(meeting=make.meeting(activity=make.womens_group())))
        centre = one.need.meeting.activity.centre

        assert unrecorded(boss_of(one), centre, now=LATER) == [one.need.meeting]
        assert unrecorded(make.coordinator(centre), centre, now=LATER) == []
        one.need.meeting.status = Status.CANCELLED
        db.session.flush()
        assert unrecorded(boss_of(one), centre, now=LATER) == []


@pytest.mark.parametrize(
    "given",
    [
        {"starts_at": END, "ends_at": MONDAY},
        {"starts_at": MONDAY, "ends_at": None},
        {"own_starts_at": MONDAY, "own_ends_at": None},
        {"own_starts_at": END, "own_ends_at": MONDAY},
    ],
)
def test_the_database_knows_what_a_time_is(given: dict[str, datetime | None]) -> None:
    one = place()
    with pytest.raises(IntegrityError):
        make.presence(one, **given)


def test_the_database_keeps_one_row_a_person_and_meeting() -> None:
    one = place()
    make.presence(one)
    with pytest.raises(IntegrityError):
        make.presence(one)
