"""Which meetings of a series a change is about, and what each of them becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from sqlalchemy import select

from app.extensions import db
from app.programme.changing import Seen
from app.programme.models import Meeting, Scope, Status
from app.programme.places import Room
from app.programme.shifting import Shift
from app.programme.targets import Target, as_it_is


@dataclass(frozen=True)
class Concerned:
    """The meetings a change is about, by time, and those that it leaves as they are: they were
    changed by hand before, and stay."""

    meetings: tuple[Meeting, ...]
    exceptions: tuple[Meeting, ...]


def concerned(
    anchor: Meeting,
    scope: Scope,
    *,
    now: datetime,
    same_slot: bool = False,
    also_by_hand: bool = False,
    cancelled: bool = False,
) -> Concerned:
    """The coming meetings of the series in *scope*, seen from *anchor*, which is always among them.

    *same_slot*: only those on its weekday at its hours. *cancelled*: those that do not take place,
    instead of those that do.
    """
    status = Status.CANCELLED if cancelled else Status.PLANNED
    found = [
        meeting
        for meeting in _coming(anchor, now)
        if meeting.status is status
        and _is_within(meeting, anchor, scope)
        and (not same_slot or _slot(meeting) == _slot(anchor))
    ]
    stays = [one for one in found if one.by_hand and one.id != anchor.id and not also_by_hand]
    return Concerned(tuple(one for one in found if one not in stays), tuple(stays))


def _coming(anchor: Meeting, now: datetime) -> Sequence[Meeting]:
    return db.session.scalars(
        select(Meeting)
        .where(Meeting.activity_id == anchor.activity_id, Meeting.starts_at > now)
        .order_by(Meeting.starts_at, Meeting.id)
    ).all()


def _is_within(meeting: Meeting, anchor: Meeting, scope: Scope) -> bool:
    match scope:
        case Scope.THIS:
            return meeting.id == anchor.id
        case Scope.WEEK:
            return _week(meeting) == _week(anchor)
        case Scope.LATER:
            return meeting.starts_at >= anchor.starts_at
        case Scope.ALL:
            return True


def _week(meeting: Meeting) -> tuple[int, int]:
    year, week, _weekday = _local(meeting.starts_at, meeting).isocalendar()
    return year, week


def _slot(meeting: Meeting) -> tuple[int, time, time]:
    start, end = _local(meeting.starts_at, meeting), _local(meeting.ends_at, meeting)
    return start.weekday(), start.time(), end.time()


def _local(at: datetime, meeting: Meeting) -> datetime:
    return at.astimezone(meeting.activity.centre.tz)


def has_several_slots(anchor: Meeting, *, now: datetime) -> bool:
    """Whether its series meets on several days or at several hours."""
    return len({_slot(one) for one in _coming(anchor, now) if not one.by_hand}) > 1


def moved(
    meetings: Iterable[Meeting], shift: Shift, *, room: Room | None, keep_rooms: bool, by_hand: bool
) -> list[Target]:
    """Each of *meetings* shifted, in *room* or its own. *by_hand*: they leave the pattern."""
    targets = []
    for meeting in meetings:
        starts_at, ends_at = shift.moved(meeting.starts_at, meeting.ends_at)
        there = meeting.room if keep_rooms else room
        target = Target(meeting, starts_at, ends_at, there, meeting.status, meeting.by_hand)
        targets.append(replace(target, by_hand=by_hand or meeting.by_hand))
    return targets


def with_status(meetings: Iterable[Meeting], status: Status) -> list[Target]:
    return [replace(as_it_is(meeting), status=status) for meeting in meetings]


def as_seen(name: str, meetings: Iterable[Meeting]) -> Seen:
    """Whether those *meetings* are still in the state called *name*; others may be held too."""
    ids = {meeting.id for meeting in meetings}
    return lambda held: fingerprint(one for one in held if one.id in ids) == name


def fingerprint(meetings: Iterable[Meeting]) -> str:
    """What names this state of these meetings: a decision made on another one must be looked at
    again."""
    parts = sorted(
        "\x1f".join(
            (
                meeting.ref,
                str(meeting.sequence),
                meeting.privacy,
                meeting.online_url or "",
                *sorted(f"{text.language}={text.title}" for text in meeting.texts),
            )
        )
        for meeting in meetings
    )
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:32]
