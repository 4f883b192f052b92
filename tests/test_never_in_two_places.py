"""Any sequence of what people may do, recounted from the rows after each step.

Nobody is held to two things at once; a booking has its meeting's time; whoever has a place is held
to it unless something else stands against that; rooms hold one meeting; capacity is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.people.models import Apart, Person
from app.people.terms import Level, Role, Stage
from app.planning.duplicating import duplicate_meeting
from app.planning.operations import edit_series
from app.planning.undoing import undo
from app.programme.models import Activity, Booking, Edit, Meeting, Part, Scope, Status
from app.programme.series import as_seen, concerned, fingerprint, moved, with_status
from app.programme.shifting import Shift
from app.programme.targets import Target
from app.programme.terms import Term
from app.refusal import Refusal
from app.signups.models import Enrolment
from app.signups.operations import join, leave
from app.staffing.asking import ask_in_turn, go_on, running_askings
from app.staffing.eligibility import Rule
from app.staffing.finding import ranked_candidates
from app.staffing.models import Asking, Assignment, Need, State, Swap
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from app.staffing.operations import (
    Overriding,
    accept_offer,
    give_up_place,
    offer_place,
    take_place,
)
from app.staffing.publishing import publish
from app.staffing.queries import why_not, with_profile
from app.staffing.rechecking import recheck
from app.staffing.standing_in import come_after_all, look_for_stand_in
from app.staffing.swapping import accept_swap, propose_swap, swappable
from tests import make
from tests.make import BEFORE, MONDAY

HOUR = timedelta(hours=1)
STEPS = 70


class World:
    """Two rooms, three activities of three meetings each, and people who learn and help."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.now = BEFORE
        self.rows: list[object] = []
        self.centre = make.centre()
        self.boss = make.coordinator(self.centre)
        self.rooms = [make.room(centre=self.centre) for _n in range(2)]
        roles = [Role.MEDIATOR, Role.PARTICIPANT]
        self.people = [
            make.person(roles, self.centre, {"ar": Level.NATIVE}) for _n in range(5)
        ]  # fmt: skip
        self.activities = [
            make.activity(centre=self.centre, coordinator=self.boss, capacity=3) for _n in range(3)
        ]
        self.term = Term(
            centre=self.centre, name="Spring", first_day=MONDAY.date(), last_day=MONDAY.date()
        )
        self.activities[2].term, self.activities[2].published_at = self.term, None
        for number, activity in enumerate(self.activities):
            for day in range(3):
                start = MONDAY + timedelta(days=day) + number * 2 * HOUR
                meeting = make.meeting(activity=activity, starts_at=start)
                for _need in range(2):  # one person may be two things in one room
                    make.need(meeting=meeting, language="ar", level=Level.B2)

    def any_meeting(self) -> Meeting:
        return self.chance.choice(db.session.scalars(select(Meeting).order_by(Meeting.id)).all())

    def any_need(self) -> Need:
        return self.chance.choice(db.session.scalars(select(Need).order_by(Need.id)).all())

    def any_assignment(self) -> Assignment | None:
        found = db.session.scalars(select(Assignment).order_by(Assignment.id)).all()
        held = [one for one in found if one.state is State.CONFIRMED]
        some = held if held and self.chance.random() < 0.6 else found
        return self.chance.choice(some) if some else None

    def step(self) -> None:
        """One thing that somebody does; a refusal changes nothing."""
        self.now += timedelta(minutes=1)
        deeds = [self.join, self.join, self.leave, self.move, self.move, self.cancel, self.restore]
        deeds += [self.take, self.take, self.offer, self.accept, self.give_up]
        deeds += [self.shift_some, self.shift_some, self.turn_some, self.undo, self.undo]
        deeds += [self.hold_once_more, self.publish]
        deeds += [self.take] * 6 + [self.accept] * 3
        deeds += [self.look, self.look, self.come_after_all, self.ask, self.go_on, self.go_on]
        deeds += [self.propose, self.propose, self.answer, self.answer, self.ask_anyway]
        deeds += [self.end_contract, self.sign_contract, self.sign_contract, self.keep_apart]
        deeds += [self.pause, self.back, self.back, self.say_when]
        with db.session.begin_nested() as deed:
            try:
                self.chance.choice(deeds)()
            except Refusal:
                deed.rollback()
        db.session.expire_all()

    def join(self) -> None:
        join(self.chance.choice(self.activities), self.someone(), by=self.boss, now=self.now)

    def leave(self) -> None:
        leave(self.chance.choice(self.activities), self.someone(), by=self.boss, now=self.now)

    def move(self) -> None:
        meeting, chance = self.any_meeting(), self.chance
        start = MONDAY + timedelta(days=chance.randrange(3), hours=chance.randrange(8))
        room = chance.choice([None, *self.rooms])
        move_meeting(
            meeting, starts_at=start, ends_at=start + chance.choice([1, 2, 3]) * HOUR, room=room,
            by=self.boss, now=self.now, seen=meeting.sequence,
        )  # fmt: skip

    def cancel(self) -> None:
        meeting = self.any_meeting()
        cancel_meeting(meeting, by=self.boss, now=self.now, seen=meeting.sequence)

    def restore(self) -> None:
        meeting = self.any_meeting()
        restore_meeting(meeting, by=self.boss, now=self.now, seen=meeting.sequence)

    def some(self, *, cancelled: bool = False) -> tuple[Sequence[Meeting], Scope]:
        """Sessions of one series, as a coordinator chooses them."""
        scope = self.chance.choice(list(Scope))
        found = concerned(
            self.any_meeting(),
            scope,
            now=self.now,
            also_by_hand=self.chance.random() < 0.5,
            cancelled=cancelled,
        )
        return found.meetings, scope

    def change(self, meetings: Sequence[Meeting], scope: Scope, targets: Sequence[Target]) -> None:
        if meetings:
            edit_series(
                meetings,
                scope=scope,
                by=self.boss,
                now=self.now,
                seen=as_seen(fingerprint(meetings), meetings),
                targets=targets,
            )

    def shift_some(self) -> None:
        (meetings, scope), chance = self.some(), self.chance
        by = timedelta(days=chance.randrange(-1, 2), hours=chance.randrange(-3, 4))
        targets = moved(
            meetings,
            Shift(self.centre.tz, by, by + chance.choice([0, 0, 1]) * HOUR),
            room=chance.choice([None, *self.rooms]),
            keep_rooms=chance.random() < 0.5,
            by_hand=scope is Scope.THIS,
        )
        self.change(meetings, scope, targets)

    def turn_some(self) -> None:
        """Cancel several, or let several take place after all."""
        cancelled = self.chance.random() < 0.5
        meetings, scope = self.some(cancelled=cancelled)
        status = Status.PLANNED if cancelled else Status.CANCELLED
        self.change(meetings, scope, with_status(meetings, status))

    def undo(self) -> None:
        edits = db.session.scalars(select(Edit).order_by(Edit.id)).all()
        if edits:
            undo(self.chance.choice(edits), by=self.boss, now=self.now)

    def hold_once_more(self) -> None:
        start = MONDAY + timedelta(days=self.chance.randrange(3), hours=self.chance.randrange(8))
        room = self.chance.choice([None, *self.rooms])
        duplicate_meeting(
            self.any_meeting(), starts_at=start, room=room, by=self.boss, now=self.now
        )

    def publish(self) -> None:
        publish(self.term, by=self.boss, now=self.now)

    def take(self) -> None:
        take_place(self.any_need(), self.someone(), now=self.now)

    def offer(self) -> None:
        offer_place(self.any_need(), self.someone(), by=self.boss, now=self.now)

    def accept(self) -> None:
        if (assignment := self.any_assignment()) is not None:
            accept_offer(assignment, now=self.now)

    def give_up(self) -> None:
        if (assignment := self.any_assignment()) is not None:
            give_up_place(assignment, now=self.now)

    def look(self) -> None:
        if (assignment := self.any_assignment()) is not None:
            look_for_stand_in(assignment, now=self.now)

    def come_after_all(self) -> None:
        if (assignment := self.any_assignment()) is not None:
            come_after_all(assignment, now=self.now)

    def ask(self) -> None:
        need = self.any_need()
        ask_in_turn(
            need,
            ranked_candidates(need),
            by=self.boss,
            at_once=self.chance.choice([1, 2]),
            lasts=HOUR,
            now=self.now,
        )

    def go_on(self) -> None:
        for asking_id in running_askings():
            go_on(db.session.get_one(Asking, asking_id), now=self.now)

    def propose(self) -> None:
        if (mine := self.any_assignment()) is not None and (found := swappable(mine, now=self.now)):
            propose_swap(mine, self.chance.choice(found), now=self.now)

    def answer(self) -> None:
        swaps = db.session.scalars(select(Swap).order_by(Swap.id)).all()
        if swaps:
            accept_swap(self.chance.choice(swaps), now=self.now)

    def ask_anyway(self) -> None:
        rules = frozenset(Rule)
        offer = offer_place(
            self.any_need(),
            self.someone(),
            by=self.boss,
            now=self.now,
            overriding=Overriding(rules=rules, reason="there is nobody else"),
        )
        accept_offer(offer, now=self.now)

    def end_contract(self) -> None:
        person = self.someone()
        for contract in person.contracts:
            contract.valid_until = MONDAY.date() + timedelta(days=self.chance.randrange(3))
        recheck([person], by=self.boss, now=self.now)

    def sign_contract(self) -> None:
        make.contract(self.someone(), self.centre)

    def keep_apart(self) -> None:
        one, other = sorted(self.chance.sample(self.people, 2), key=lambda who: who.id)
        if self.chance.random() < 0.3 and not db.session.get(Apart, (one.id, other.id)):
            db.session.add(Apart(person_id=one.id, other_id=other.id, made_at=self.now))

    def pause(self) -> None:
        person = self.someone()
        person.memberships[0].stage = Stage.PAUSED
        recheck([person], by=self.boss, now=self.now)

    def back(self) -> None:
        self.someone().memberships[0].stage = Stage.ACTIVE

    def say_when(self) -> None:
        """From now on somebody may only from noon on, or the whole day."""
        self.someone().earliest = self.chance.choice([None, MONDAY.time()])

    def someone(self) -> Person:
        return self.chance.choice(self.people)


def overlap(a: Booking | Meeting, b: Booking | Meeting) -> bool:
    return a.starts_at < b.ends_at and b.starts_at < a.ends_at


def _all_rows() -> list[object]:
    """Read in few statements. Whoever keeps them looks at one after the other without asking for
    each again."""
    helpers = select(Person).options(*with_profile())
    needs = select(Need).options(selectinload(Need.assignments))
    asked = (helpers, select(Activity), select(Meeting), needs)
    return [row for each in asked for row in db.session.scalars(each)]


def recount(world: World) -> None:
    world.rows = _all_rows()
    bookings = db.session.scalars(select(Booking)).all()
    for one, other in combinations([b for b in bookings if b.held], 2):
        assert one.person_id != other.person_id or not overlap(one, other)
    for booking in bookings:
        meeting = booking.meeting
        assert (booking.starts_at, booking.ends_at) == (meeting.starts_at, meeting.ends_at)
        against = [b for b in bookings if b.held and b.person_id == booking.person_id]
        free = not any(overlap(booking, b) for b in against if b is not booking)
        planned = meeting.status is Status.PLANNED and not meeting.is_draft
        assert planned or not booking.held
        assert booking.held or not (planned and free), "left out though nothing stands against it"
    meetings = db.session.scalars(select(Meeting).where(Meeting.status == Status.PLANNED)).all()
    for first, second in combinations([m for m in meetings if m.room_id], 2):
        assert first.room_id != second.room_id or not overlap(first, second)
    _recount_places(world)
    _recount_rules(world)
    world.rows = []


def _recount_rules(world: World) -> None:
    """Nobody is confirmed against whom a rule stands, but where an override says so. What people
    say of their own time later, and whom they refuse to meet, shows as a doubt."""
    later = {Rule.NOT_AVAILABLE, Rule.KEPT_APART}
    confirmed = select(Assignment).where(Assignment.state == State.CONFIRMED)
    for place in db.session.scalars(confirmed).all():
        meeting = place.need.meeting
        if meeting.is_cancelled or meeting.is_draft:
            continue
        stands = {reason.rule for reason in why_not(place.need, place.person)}
        assert stands <= later, (place.id, stands)


def _recount_places(world: World) -> None:
    """Bookings are exactly the enrolments times their meetings, and the confirmed places."""
    booked = {
        (b.person_id, b.meeting_id, b.part) for b in db.session.scalars(select(Booking))
    }  # fmt: skip
    wanted = set()
    for activity in world.activities:
        enrolled = _enrolled(activity)
        assert len(enrolled) <= (activity.capacity or 0)
        for meeting_id in db.session.scalars(
            select(Meeting.id).where(Meeting.activity_id == activity.id)
        ):
            wanted |= {(person, meeting_id, Part.LEARNER) for person in enrolled}
    for need in db.session.scalars(select(Need)):
        held = [one for one in need.assignments if one.state is State.CONFIRMED]
        assert len(held) <= need.wanted
        wanted |= {(one.person_id, need.meeting_id, Part.HELPER) for one in held}
    assert booked == wanted


def _enrolled(activity: Activity) -> list[int]:
    found = select(Enrolment.person_id).where(
        Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None)
    )
    return list(db.session.scalars(found))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("seed", range(12))
def test_whatever_people_do_the_rows_agree(seed: int) -> None:
    world = World(Random(seed))
    for _step in range(STEPS):
        world.step()
        recount(world)
