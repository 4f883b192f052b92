"""Changing a meeting that people help at: every helper is checked again. Never commits."""

from __future__ import annotations

from datetime import datetime

from app.i18n import _l
from app.people.models import Person
from app.programme import changing
from app.programme.models import Meeting
from app.programme.places import Room
from app.refusal import Refusal
from app.staffing.models import Assignment, State
from app.staffing.queries import asked_about, needs_of, why_not


class HelperNotAllowedThen(Refusal):
    message = _l("Somebody who helps at this session may not do so at the new time.")


def move_meeting(
    meeting: Meeting,
    *,
    starts_at: datetime,
    ends_at: datetime,
    room: Room | None,
    by: Person,
    now: datetime,
    seen: int,
) -> None:
    """`changing.move_meeting`; refused when a rule would be broken for somebody who helps."""
    changing.move_meeting(
        meeting,
        starts_at=starts_at,
        ends_at=ends_at,
        room=room,
        by=by,
        now=now,
        seen=seen,
        also_tell=asked_about(meeting, now=now),
    )
    _check_helpers(meeting)


def cancel_meeting(meeting: Meeting, *, by: Person, now: datetime, seen: int) -> None:
    """`changing.cancel_meeting`; who was asked is told too."""
    asked = asked_about(meeting, now=now)
    changing.cancel_meeting(meeting, by=by, now=now, seen=seen, also_tell=asked)


def restore_meeting(meeting: Meeting, *, by: Person, now: datetime, seen: int) -> None:
    """`changing.restore_meeting`; refused when a rule would be broken for somebody who helps."""
    asked = asked_about(meeting, now=now)
    changing.restore_meeting(meeting, by=by, now=now, seen=seen, also_tell=asked)
    _check_helpers(meeting)


def confirmed_at(meeting: Meeting) -> list[Assignment]:
    return [
        assignment
        for need in needs_of([meeting.id])
        for assignment in need.assignments
        if assignment.state is State.CONFIRMED
    ]


def _check_helpers(meeting: Meeting) -> None:
    for assignment in confirmed_at(meeting):
        if why_not(assignment.need, assignment.person):
            raise HelperNotAllowedThen
