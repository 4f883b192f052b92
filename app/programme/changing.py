"""Moving, cancelling and restoring one meeting, and telling whoever is expected. Never commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Person
from app.programme.bookings import hold_again, retime
from app.programme.models import ChangeKind, Meeting, MeetingChange, Part, Status
from app.programme.operations import RoomTaken
from app.programme.places import Room
from app.programme.queries import bookings_at, double_booked, meetings_in_room
from app.refusal import Refusal

LETTERS = {
    ChangeKind.MOVED: Letter.MOVED,
    ChangeKind.CANCELLED: Letter.CANCELLED,
    ChangeKind.RESTORED: Letter.RESTORED,
}


class ChangedMeanwhile(Refusal):
    message = _l("Somebody changed this session a moment ago. Look at it again before you decide.")


class AlreadyOver(Refusal):
    message = _l("This session has already begun or is over.")


class HelperElsewhere(Refusal):
    message = _l("Somebody who helps at this session is expected elsewhere at that time.")


class EndsBeforeItStarts(Refusal):
    message = _l("The session has to end after it starts.")


def lock_with_people(meeting: Meeting, *, seen: int) -> list[Person]:
    """Hold everyone expected, then the activity and the meeting; who has a place.

    *seen* is the sequence on which the decision was made. Raises `ChangedMeanwhile` if it is not
    the present one, or if somebody joined or left while we waited.
    """
    before = [booking.person_id for booking in bookings_at(meeting)]
    people = list(
        db.session.scalars(
            select(Person)
            .where(Person.id.in_(before))
            .order_by(Person.id)
            .with_for_update(of=Person, key_share=True)
        )
    )
    lock(meeting.activity)  # whoever joins holds it too, so that nobody is left with the old time
    lock(meeting)
    if meeting.sequence != seen or [b.person_id for b in bookings_at(meeting)] != before:
        raise ChangedMeanwhile
    return people


def move_meeting(
    meeting: Meeting,
    *,
    starts_at: datetime,
    ends_at: datetime,
    room: Room | None,
    by: Person,
    now: datetime,
    seen: int,
    also_tell: Iterable[Person] = (),
) -> None:
    """Everyone expected comes at the new time and place, and is told.

    Helpers who are expected elsewhere then: `HelperElsewhere`. Learners who are: they are told so,
    and are not expected until a later change suits them. A room in use: `RoomTaken`. The same
    again: nothing.
    """
    people = lock_with_people(meeting, seen=seen)
    if (meeting.starts_at, meeting.ends_at, meeting.room) == (starts_at, ends_at, room):
        return
    _refuse_move(meeting, starts_at, ends_at, now)
    _refuse_taken_room(meeting, room, starts_at, ends_at)
    elsewhere = _elsewhere(meeting, starts_at, ends_at)
    before = facts_of(meeting)
    meeting.starts_at, meeting.ends_at, meeting.room = starts_at, ends_at, room
    retime(meeting, elsewhere=elsewhere.people)
    change = _record(meeting, ChangeKind.MOVED, before, by=by, now=now)
    _tell(meeting, change, [*people, *also_tell], elsewhere)
    expect_again(people, now=now)


@dataclass(frozen=True)
class Elsewhere:
    """The ids of learners expected elsewhere; *secretly*: at what others must not know of."""

    people: frozenset[int] = frozenset()
    secretly: frozenset[int] = frozenset()


def _elsewhere(meeting: Meeting, starts_at: datetime, ends_at: datetime) -> Elsewhere:
    def ids(*, secret: bool) -> frozenset[int]:
        found = double_booked(meeting, starts_at, ends_at, Part.LEARNER, only_secret=secret)
        return frozenset(person.id for person in found)

    return Elsewhere(people=ids(secret=False), secretly=ids(secret=True))


NOBODY = Elsewhere()


def expect_again(people: Iterable[Person], *, now: datetime) -> None:
    """Tell those who have become free for a session at which they have a place that they are
    expected there after all. The caller holds their rows."""
    for person in people:
        for meeting in hold_again(person, now=now):
            post(
                person,
                Letter.EXPECTED_AGAIN,
                f"{meeting.ref}:{meeting.sequence}:{now.isoformat()}",
                now=now,
                about={"meeting": meeting.id, "sequence": meeting.sequence},
                responsible=meeting.activity.coordinator,
                confidential=meeting.is_secret,
                not_after=meeting.starts_at,
            )


def _refuse_move(meeting: Meeting, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at:
        raise EndsBeforeItStarts
    if not meeting.is_open(now) or starts_at <= now:
        raise AlreadyOver
    if double_booked(meeting, starts_at, ends_at, Part.HELPER):
        raise HelperElsewhere


def _refuse_taken_room(
    meeting: Meeting, room: Room | None, starts_at: datetime, ends_at: datetime
) -> None:
    if room is None:
        return
    lock(room)
    if meetings_in_room(room, starts_at, ends_at, but=meeting):
        raise RoomTaken


def cancel_meeting(
    meeting: Meeting, *, by: Person, now: datetime, seen: int, also_tell: Iterable[Person] = ()
) -> None:
    """It does not take place; its reminders fall silent and everyone expected is told."""
    if meeting.is_cancelled:
        return
    people = lock_with_people(meeting, seen=seen)
    if not meeting.is_open(now):
        raise AlreadyOver
    before = facts_of(meeting)
    meeting.status = Status.CANCELLED
    retime(meeting)
    change = _record(meeting, ChangeKind.CANCELLED, before, by=by, now=now)
    _tell(meeting, change, [*people, *also_tell])
    expect_again(people, now=now)


def restore_meeting(
    meeting: Meeting, *, by: Person, now: datetime, seen: int, also_tell: Iterable[Person] = ()
) -> None:
    """It takes place after all, for those who are still free then; everyone is told."""
    if not meeting.is_cancelled:
        return
    people = lock_with_people(meeting, seen=seen)
    if meeting.starts_at <= now:
        raise AlreadyOver
    _refuse_taken_room(meeting, meeting.room, meeting.starts_at, meeting.ends_at)
    if double_booked(meeting, meeting.starts_at, meeting.ends_at, Part.HELPER):
        raise HelperElsewhere
    elsewhere = _elsewhere(meeting, meeting.starts_at, meeting.ends_at)
    before = facts_of(meeting)
    meeting.status = Status.PLANNED
    retime(meeting, elsewhere=elsewhere.people)
    change = _record(meeting, ChangeKind.RESTORED, before, by=by, now=now)
    _tell(meeting, change, [*people, *also_tell], elsewhere)


def facts_of(meeting: Meeting) -> dict[str, Any]:
    """What a change remembers: ISO 8601 instants in UTC, the room's id, the status."""
    return {
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "room": meeting.room.id if meeting.room else None,
        "status": meeting.status.value,
    }


def _record(
    meeting: Meeting, kind: ChangeKind, before: dict[str, Any], *, by: Person, now: datetime
) -> MeetingChange:
    meeting.sequence += 1
    meeting.changed_at = now
    change = MeetingChange(
        meeting_id=meeting.id,
        sequence=meeting.sequence,
        kind=kind,
        by=by,
        at=now,
        before=before,
        after=facts_of(meeting),
    )
    db.session.add(change)
    db.session.flush()
    return change


def _tell(
    meeting: Meeting,
    change: MeetingChange,
    people: Iterable[Person],
    elsewhere: Elsewhere = NOBODY,
) -> None:
    """One letter each, but not to whoever made the change. Those *elsewhere* then read that they
    are not expected."""
    old_start = datetime.fromisoformat(change.before["starts_at"])
    for person in people if not meeting.is_draft else ():
        if change.by is not None and person.id == change.by.id:
            continue
        post(
            person,
            Letter.RELEASED if person.id in elsewhere.people else LETTERS[change.kind],
            f"{meeting.ref}:{meeting.sequence}",
            now=change.at,
            about={"meeting": meeting.id, "sequence": meeting.sequence},
            responsible=meeting.activity.coordinator,
            confidential=meeting.is_secret or person.id in elsewhere.secretly,
            not_after=meeting.starts_at,
            matters_at=old_start,
        )
