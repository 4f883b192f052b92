"""Changing meetings that people help at: every helper is checked again. Never commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.i18n import _l
from app.people.models import Person
from app.programme import changing
from app.programme.beside import beside_of
from app.programme.changing import Seen, exactly
from app.programme.models import ChangeKind, Edit, Meeting, MeetingChange, Status
from app.programme.places import Room
from app.programme.targets import Target, as_it_is
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
    alone: bool = False,
) -> Edit | None:
    """`changing.change_meetings`; childcare follows what it is beside, who was asked is told too.

    *alone*: childcare does not follow; an undo knows by itself what it changed. Refused when a
    rule would be broken for somebody who helps.
    """
    everything = list(targets) if alone else with_childcare(targets)
    made = changing.change_meetings(
        everything,
        by=by,
        now=now,
        seen=lambda held: seen(held) and (alone or _is_still_all(targets, everything)),
        edit=edit,
        also_tell=lambda meetings: asked_about(meetings, now=now),
        not_told=not_told,
    )
    check_helpers([t.meeting for t in everything if not t.meeting.is_cancelled])
    return made


def _is_still_all(targets: Sequence[Target], everything: Sequence[Target]) -> bool:
    """Whether no childcare was planned or cancelled while we waited."""
    return {t.meeting.id for t in with_childcare(targets)} == {t.meeting.id for t in everything}


def with_childcare(targets: Sequence[Target]) -> list[Target]:
    """*targets*, and what becomes of the childcare beside them: the same, in its own room."""
    care = beside_of([target.meeting for target in targets])
    among = {target.meeting.id for target in targets}
    pairs = [
        (care[host.meeting.id], host)
        for host in targets
        if host.meeting.id in care and care[host.meeting.id].id not in among
    ]
    together = _cancelled_together(pairs)
    follows = [_following(childcare, host, together) for childcare, host in pairs]
    return [*targets, *(target for target in follows if target is not None)]


def _cancelled_together(pairs: Sequence[tuple[Meeting, Target]]) -> set[int]:
    """The ids of childcare that the same edit cancelled as what it is beside."""
    off = [(care, host.meeting) for care, host in pairs if care.is_cancelled]
    if not off:
        return set()
    ids = {one.id for pair in off for one in pair}
    rows = db.session.execute(
        select(MeetingChange.meeting_id, MeetingChange.edit_id)
        .where(MeetingChange.meeting_id.in_(ids), MeetingChange.kind == ChangeKind.CANCELLED)
        .order_by(MeetingChange.id)
    )
    last = {meeting_id: edit_id for meeting_id, edit_id in rows}
    return {care.id for care, host in off if last.get(care.id, -1) == last.get(host.id)}


def _following(childcare: Meeting, host: Target, together: Collection[int]) -> Target | None:
    """None where it was cancelled alone, and stays so."""
    becomes = host.status is not host.meeting.status
    if childcare.is_cancelled and not (becomes and childcare.id in together):
        return None
    status = host.status if becomes else childcare.status
    starts_at = childcare.starts_at + (host.starts_at - host.meeting.starts_at)
    ends_at = childcare.ends_at + (host.ends_at - host.meeting.ends_at)
    return Target(childcare, starts_at, ends_at, childcare.room, status, childcare.by_hand)


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
