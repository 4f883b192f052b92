"""Moving, cancelling and restoring meetings, one or a whole series at once, and telling whoever is
expected. Never commits.

However many meetings change, the database is asked a fixed number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.base import ExecutableOption

from app.extensions import db
from app.i18n import _l
from app.people.models import Person
from app.programme.bookings import retime
from app.programme.conflicts import clashing, conflicts, others_in_their_rooms
from app.programme.models import (
    Activity,
    Booking,
    ChangeKind,
    Edit,
    Meeting,
    MeetingChange,
    Scope,
    Status,
    overlapping,
)
from app.programme.operations import RoomClosed, RoomTaken
from app.programme.places import Room
from app.programme.targets import Target
from app.programme.telling import Change, Held, expect_again, tell
from app.refusal import Refusal


class ChangedMeanwhile(Refusal):
    message = _l("Somebody changed this session a moment ago. Look at it again before you decide.")


class AlreadyOver(Refusal):
    message = _l("This session has already begun or is over.")


class HelperElsewhere(Refusal):
    message = _l("Somebody who helps at this session is expected elsewhere at that time.")


class EndsBeforeItStarts(Refusal):
    message = _l("The session has to end after it starts.")


Seen = Callable[[Sequence[Meeting]], bool]
"""Whether the meetings, as they are now that we hold them, are those that were decided upon."""


AlsoTell = Callable[[Sequence[Meeting]], Mapping[int, Collection[Person]]]
"""Meeting id -> who else must hear of its change."""


def change_meetings(
    targets: Sequence[Target],
    *,
    by: Person,
    now: datetime,
    seen: Seen,
    edit: Edit | None = None,
    also_tell: AlsoTell | None = None,
    not_told: Collection[int] = (),
) -> Edit | None:
    """Each meeting becomes what its target says; everyone expected is told once of all of it.

    Helpers who are expected elsewhere then: `HelperElsewhere`. Learners who are: they are told so,
    and are not expected until a later change suits them. A room in use: `RoomTaken`. What already
    is as wished stays untouched; None where that is everything. The changes belong to *edit*, a new
    one by default. *also_tell*: asked once everything is
    held, who else must hear; *not_told*: ids of people who never heard of what is now undone.
    """
    if not any(target.differs for target in targets):
        return None
    held = hold([target.meeting for target in targets], seen=seen)
    changed = [target for target in targets if target.differs]
    if not changed:
        return None
    _refuse(changed, now)
    found = conflicts(changed)
    if found.helpers:
        raise HelperElsewhere
    befores = {one.meeting.id: facts_of(one.meeting) for one in changed}
    _write(changed, now=now)
    retime([one.meeting for one in changed], elsewhere=found.bookings)
    edit = edit or Edit(activity=changed[0].meeting.activity, scope=Scope.THIS, by=by, at=now)
    changes = _record(changed, befores, edit)
    tell(changes, held, found, edit=edit, also=_others(also_tell, changed), but={by.id, *not_told})
    expect_again(held.people, now=now)
    return edit


def _others(
    also_tell: AlsoTell | None, changed: Sequence[Target]
) -> Mapping[int, Collection[Person]]:
    return also_tell([target.meeting for target in changed]) if also_tell else {}


LIGHT: dict[type[Activity] | type[Meeting], tuple[ExecutableOption, ...]] = {
    Activity: (lazyload("*"),),
    Meeting: (lazyload(Meeting.activity), lazyload(Meeting.room)),
}
"""What is not read again with the rows that are held."""


def hold(meetings: Sequence[Meeting], *, seen: Seen) -> Held:
    """Hold everyone with a place, then the activities and the meetings; who has which place.

    Raises `ChangedMeanwhile` if the meetings are no longer those that were *seen*, or if somebody
    joined or left while we waited.
    """
    ids = [meeting.id for meeting in meetings]
    before = _places(ids)
    people = db.session.scalars(
        select(Person)
        .where(Person.id.in_({person_id for person_id, _meeting in before}))
        .order_by(Person.id)
        .with_for_update(of=Person, key_share=True)
    ).all()
    # whoever joins holds the activity too, so that nobody is left with the old time
    for model, wanted in ((Activity, {m.activity_id for m in meetings}), (Meeting, set(ids))):
        db.session.flush()
        db.session.scalars(
            select(model)
            .where(model.id.in_(wanted))
            .order_by(model.id)
            .with_for_update(of=model, key_share=True)
            .options(*LIGHT[model])
            .execution_options(populate_existing=True)
        ).all()
    if not seen(meetings) or _places(ids) != before:
        raise ChangedMeanwhile
    return Held(people, before)


def _places(meeting_ids: Collection[int]) -> dict[tuple[int, int], int]:
    found = select(Booking.person_id, Booking.meeting_id, Booking.id).where(
        Booking.meeting_id.in_(meeting_ids)
    )
    return {(person, meeting): booking for person, meeting, booking in db.session.execute(found)}


def _refuse(changed: Sequence[Target], now: datetime) -> None:
    for target in changed:
        if target.ends_at <= target.starts_at:
            raise EndsBeforeItStarts
        if min(target.meeting.starts_at, target.starts_at) <= now:
            raise AlreadyOver
        if target.status is Status.CANCELLED and target.meeting.is_cancelled:
            raise AlreadyOver  # what does not take place cannot be moved
    if clashing(changed, _others_in_their_rooms(changed)):
        raise RoomTaken


def _others_in_their_rooms(changed: Sequence[Target]) -> list[Meeting]:
    """Whoever else is in those rooms around those times; the rooms are held from here on."""
    room_ids = {target.room.id for target in changed if target.room is not None}
    if not room_ids:
        return []
    db.session.scalars(
        select(Room)
        .where(Room.id.in_(room_ids))
        .order_by(Room.id)
        .with_for_update(of=Room, key_share=True)
        .options(lazyload("*"))
        .execution_options(populate_existing=True)
    ).all()
    if any(_enters(target) and not target.room.in_use for target in changed if target.room):
        raise RoomClosed
    return others_in_their_rooms(changed)


def _enters(target: Target) -> bool:
    """Whether it was in another room, or nowhere, before."""
    was_off = target.meeting.is_cancelled and target.status is Status.PLANNED
    return was_off or (target.room.id if target.room else None) != target.meeting.room_id


def _write(changed: Sequence[Target], *, now: datetime) -> None:
    """Where one takes the place of another, first all leave their rooms: else they collide."""
    if _one_after_another(changed):
        db.session.execute(
            update(Meeting)
            .where(Meeting.id.in_([target.meeting.id for target in changed]))
            .values(room_id=None)
            .execution_options(synchronize_session=False)
        )
    rows = [
        {
            "id": target.meeting.id,
            "room_id": target.room.id if target.room else None,
            "starts_at": target.starts_at,
            "ends_at": target.ends_at,
            "status": target.status,
            "sequence": target.meeting.sequence + 1,
            "changed_at": now,
            "by_hand": target.by_hand,
        }
        for target in changed
    ]
    db.session.execute(update(Meeting), rows)
    for target, row in zip(changed, rows, strict=True):
        for name, value in row.items():
            set_committed_value(target.meeting, name, value)
        db.session.expire(target.meeting, ["room"])


def _one_after_another(changed: Sequence[Target]) -> bool:
    """Whether somebody goes to where another of them still is."""
    return any(
        overlapping([target.meeting], other.starts_at, other.ends_at)
        for target in changed
        for other in changed
        if target is not other and target.meeting.room_id is not None
    )


def facts_of(meeting: Meeting) -> dict[str, Any]:
    """What a change remembers: ISO 8601 instants in UTC, the room's id, the status, whether it was
    changed for itself."""
    return {
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "room": meeting.room_id,
        "status": meeting.status.value,
        "by_hand": meeting.by_hand,
    }


def _record(
    changed: Sequence[Target], befores: Mapping[int, dict[str, Any]], edit: Edit
) -> list[Change]:
    changes = [
        Change(
            meeting=target.meeting,
            kind=_kind_of(befores[target.meeting.id], target),
            sequence=target.meeting.sequence,
            before=befores[target.meeting.id],
        )
        for target in changed
    ]
    db.session.add(edit)
    db.session.flush()
    rows = [
        {
            "meeting_id": change.meeting.id,
            "edit_id": edit.id,
            "sequence": change.sequence,
            "kind": change.kind,
            "by_id": edit.by_id,
            "at": edit.at,
            "before": change.before,
            "after": facts_of(change.meeting),
        }
        for change in changes
    ]
    db.session.execute(insert(MeetingChange), rows)
    return changes


def _kind_of(before: Mapping[str, Any], target: Target) -> ChangeKind:
    if before["status"] == target.status.value:
        return ChangeKind.MOVED
    is_off = target.status is Status.CANCELLED
    return ChangeKind.CANCELLED if is_off else ChangeKind.RESTORED


def exactly(seen: int) -> Seen:
    """The one meeting, with the sequence on which the decision was made."""
    return lambda meetings: meetings[0].sequence == seen
