"""Changing meetings that people help at: every helper is checked again. Never commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from app.i18n import _l
from app.people.models import Person
from app.programme import changing
from app.programme.beside import beside_of
from app.programme.changing import Seen, Target, as_it_is, exactly
from app.programme.models import Edit, Meeting, Status
from app.programme.places import Room
from app.refusal import Refusal
from app.staffing.fitting import stands_against_helpers
from app.staffing.queries import asked_about


class HelperNotAllowedThen(Refusal):
    message = _l("Somebody who helps at this session may not do so at the new time.")


def change_meetings(
    targets: Sequence[Target],
    *,
    by: Person,
    now: datetime,
    seen: Seen,
    edit: Edit | None = None,
    not_told: Collection[int] = (),
) -> Edit | None:
    """`changing.change_meetings`; childcare follows what it is beside, who was asked is told too.

    Refused when a rule would be broken for somebody who helps.
    """
    targets = with_childcare(targets)
    meetings = [target.meeting for target in targets]
    made = changing.change_meetings(
        targets,
        by=by,
        now=now,
        seen=seen,
        edit=edit,
        also_tell=asked_about(meetings, now=now),
        not_told=not_told,
    )
    check_helpers([one for one in meetings if not one.is_cancelled])
    return made


def with_childcare(targets: Sequence[Target]) -> list[Target]:
    """*targets*, and what becomes of the childcare beside them: the same, in its own room."""
    care = beside_of([target.meeting for target in targets])
    among = {target.meeting.id for target in targets}
    follows = [
        _following(care[host.meeting.id], host)
        for host in targets
        if host.meeting.id in care and care[host.meeting.id].id not in among
    ]
    return [*targets, *(target for target in follows if target is not None)]


def _following(childcare: Meeting, host: Target) -> Target | None:
    """None where it was cancelled alone, and stays so."""
    becomes = host.status is not host.meeting.status
    if childcare.is_cancelled and not becomes:
        return None
    status = host.status if becomes else childcare.status
    return Target(
        childcare, host.starts_at, host.ends_at, childcare.room, status, childcare.by_hand
    )


def move_meeting(
    meeting: Meeting,
    *,
    starts_at: datetime,
    ends_at: datetime,
    room: Room | None,
    by: Person,
    now: datetime,
    seen: int,
) -> Edit | None:
    """One meeting at another time or place."""
    target = Target(meeting, starts_at, ends_at, room, meeting.status, by_hand=True)
    return change_meetings([target], by=by, now=now, seen=exactly(seen))


def cancel_meeting(meeting: Meeting, *, by: Person, now: datetime, seen: int) -> Edit | None:
    """It does not take place."""
    target = replace(as_it_is(meeting), status=Status.CANCELLED)
    return change_meetings([target], by=by, now=now, seen=exactly(seen))


def restore_meeting(meeting: Meeting, *, by: Person, now: datetime, seen: int) -> Edit | None:
    """It takes place after all."""
    target = replace(as_it_is(meeting), status=Status.PLANNED)
    return change_meetings([target], by=by, now=now, seen=exactly(seen))


def check_helpers(meetings: Sequence[Meeting]) -> None:
    """Refuse what would leave somebody helping who may not."""
    if stands_against_helpers(meetings):
        raise HelperNotAllowedThen
