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

from app.extensions import db
from app.people.models import Person
from app.people.terms import Level, Role
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
from app.staffing.models import Assignment, Need, State
from app.staffing.moving import cancel_meeting, move_meeting, restore_meeting
from app.staffing.operations import accept_offer, give_up_place, offer_place, take_place
from app.staffing.publishing import publish
from tests import make
from tests.make import BEFORE, MONDAY

HOUR = timedelta(hours=1)
STEPS = 60


class World:
    """Two rooms, three activities of three meetings each, and people who learn and help."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.now = BEFORE
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
        return self.chance.choice(found) if found else None

    def step(self) -> None:
        """One thing that somebody does; a refusal changes nothing."""
        self.now += timedelta(minutes=1)
        deeds = [self.join, self.join, self.leave, self.move, self.move, self.cancel, self.restore]
        deeds += [self.take, self.take, self.offer, self.accept, self.give_up]
        deeds += [self.shift_some, self.shift_some, self.turn_some, self.undo, self.undo]
        deeds += [self.hold_once_more, self.publish]
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

    def someone(self) -> Person:
        return self.chance.choice(self.people)


def overlap(a: Booking | Meeting, b: Booking | Meeting) -> bool:
    return a.starts_at < b.ends_at and b.starts_at < a.ends_at


def recount(world: World) -> None:
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
