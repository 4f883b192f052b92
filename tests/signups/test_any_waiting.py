"""Whatever people do with a waiting list, recounted from the rows after each step.

Places never exceed the capacity, at no session; nobody is passed but a family for which places were
kept long enough; a family comes whole; nobody new comes while somebody waits; nothing lies idle.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.extensions import db
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import coming_meetings
from app.refusal import Refusal
from app.signups.accepting import accept
from app.signups.fairness import kept_until, next_useful
from app.signups.models import Waiting, WaitingState
from app.signups.operations import join, leave, leave_once, visit
from app.signups.queries import learners, parties, places_left
from app.signups.waiting import decline, go_on, wait_for
from tests import make
from tests.make import BEFORE, MONDAY

WAITS, OFFERED = WaitingState.WAITING, WaitingState.OFFERED
some = st.integers(0, 7)


class Waits(RuleBasedStateMachine):
    """One course of three sessions with few places, eight people, and the worker."""

    @initialize(capacity=st.integers(1, 3), waiting=st.integers(1, 3))
    def begin(self, capacity: int, waiting: int) -> None:
        self.now = BEFORE
        self.activity: Activity = make.activity(capacity=capacity)
        for day in range(3):
            make.meeting(activity=self.activity, starts_at=MONDAY + timedelta(days=day))
        self.people = [make.person() for _n in range(8)]
        self.offers: set[int] = set()
        for someone in self.people[:capacity]:
            join(self.activity, someone, by=someone, now=self.now)
        for someone in self.people[capacity : capacity + waiting]:
            wait_for(self.activity, [someone], by=someone, now=self.now)

    def teardown(self) -> None:
        db.session.flush()

    # --- what people do

    @rule(who=some)
    def come(self, who: int) -> None:
        inside, waited = learners(self.activity), self.waiting()
        outside = [one for one in self.people if one not in inside]
        someone = outside[who % len(outside)]
        if self.tried(lambda: join(self.activity, someone, by=someone, now=self.now)):
            assert not waited or self.too_late(), "somebody who waits was passed"

    @rule(gone=some, new=some)
    def one_goes_and_another_comes(self, gone: int, new: int) -> None:
        self.go(gone)
        self.come(new)

    @rule(who=some, day=st.integers(0, 2))
    def come_once(self, who: int, day: int) -> None:
        someone, coming = self.people[who], coming_meetings(self.activity, now=self.now)
        if day < len(coming):
            self.tried(lambda: visit(coming[day], someone, by=someone, now=self.now))

    @rule(who=some)
    def go(self, who: int) -> None:
        if inside := learners(self.activity):
            someone = inside[who % len(inside)]
            leave(self.activity, someone, by=someone, now=self.now)

    @rule(who=some, day=st.integers(0, 2))
    def not_come(self, who: int, day: int) -> None:
        coming = coming_meetings(self.activity, now=self.now)
        if day < len(coming):
            leave_once(coming[day], self.people[who], by=self.people[who], now=self.now)

    @rule(who=st.sets(some, min_size=1, max_size=3))
    def wait(self, who: set[int]) -> None:
        family = [self.people[one] for one in who]
        self.tried(lambda: wait_for(self.activity, family, by=family[0], now=self.now))

    @rule(which=some)
    def say_yes(self, which: int) -> None:
        if (one := self.any_party(which)) is None:
            return
        family, was_offered = one.people, one.state is OFFERED
        if self.tried(lambda: accept(one, now=self.now)) and was_offered:
            assert set(family) <= set(learners(self.activity)), "a family that is not whole"

    @rule(which=some)
    def say_no(self, which: int) -> None:
        if (one := self.any_party(which)) is not None:
            decline(one, now=self.now)

    @rule(minutes=st.one_of(st.integers(1, 90), st.integers(600, 2000)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: (self.activity.capacity or 0) < 5)
    @rule()
    def make_more_places(self) -> None:
        self.activity.capacity = (self.activity.capacity or 0) + 1

    @precondition(lambda self: not self.too_late())
    @rule()
    def the_worker_looks(self) -> None:
        for _twice in range(2):
            go_on(self.activity.id, now=self.now)
        free = places_left(self.activity, now=self.now) or 0
        kept = any(self.is_kept_for(one) and len(one.members) > free for one in self.waiting())
        for one in parties(self.activity):
            if one.state is OFFERED:
                assert one.lapses_at is not None
                assert one.lapses_at > self.now, "an offer that is over"
            elif free > 0 and not kept:
                assert len(one.members) > free, "a place that lies idle"

    # --- what always holds

    @invariant()
    def no_session_is_too_full(self) -> None:
        if not hasattr(self, "activity"):
            return
        capacity = self.activity.capacity or 0
        offered = {
            person.id
            for one in parties(self.activity)
            if one.state is OFFERED
            for person in one.people
        }
        for meeting in coming_meetings(self.activity, now=self.now):
            there = self.booked(meeting)
            assert len(there) <= capacity
            assert len(offered) + len({p.id for p in learners(self.activity)}) <= capacity
            assert {p.id for p in learners(self.activity)} <= there

    @invariant()
    def nobody_was_passed(self) -> None:
        if not hasattr(self, "activity"):
            return
        rows = parties(self.activity)
        fresh = [one for one in rows if one.state is OFFERED and one.id not in self.offers]
        for offered in fresh:
            for other in rows:
                before = (other.asked_at, other.id) < (offered.asked_at, offered.id)
                if before and other.state is WAITS:
                    assert len(other.members) > 1, "somebody was passed"
                    assert not self.is_kept_for(other), "a family was passed too soon"
        self.offers |= {one.id for one in rows if one.state is OFFERED}

    # --- helpers

    def tried(self, deed: object) -> bool:
        with db.session.begin_nested() as point:
            try:
                deed()  # type: ignore[operator]
            except Refusal:
                point.rollback()
                db.session.expire_all()
                return False
        return True

    def waiting(self) -> list[Waiting]:
        return [one for one in parties(self.activity) if one.state is WAITS]

    def too_late(self) -> bool:
        starts = [one.starts_at for one in coming_meetings(self.activity, now=self.now)]
        return next_useful(starts, now=self.now) is None

    def is_kept_for(self, one: Waiting) -> bool:
        starts = [one.starts_at for one in coming_meetings(self.activity, now=self.now)]
        starts_at = next_useful(starts, now=self.now)
        if starts_at is None or len(one.members) == 1:
            return False
        return one.kept_from is None or self.now < kept_until(one.kept_from, starts_at=starts_at)

    def any_party(self, which: int) -> Waiting | None:
        rows = db.session.scalars(select(Waiting).order_by(Waiting.id)).all()
        mine = [one for one in rows if one.activity_id == self.activity.id]
        mine = [one for one in mine if one.state is OFFERED] or mine
        return mine[which % len(mine)] if mine else None

    def booked(self, meeting: Meeting) -> set[int]:
        found = select(Booking.person_id).where(
            Booking.meeting_id == meeting.id, Booking.part == Part.LEARNER
        )
        return set(db.session.scalars(found))


def test_whatever_people_do(app: Flask) -> None:
    assert app
    run_state_machine_as_test(
        Waits,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
            suppress_health_check=list(HealthCheck),
        ),
    )
