"""Changing a series: everything that is wished of it, in one edit. Never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.notices.models import Kind as Letter
from app.people.models import Person
from app.programme.changing import AlreadyOver, Seen, hold
from app.programme.details import (
    Details,
    change_details,
)
from app.programme.models import Edit, Meeting, MeetingChange, Scope
from app.programme.targets import Target
from app.staffing.moving import change_meetings, check_helpers
from app.staffing.needs import NeedFacts, change_needs

LETTERS = (Letter.SERIES_CHANGED, Letter.MOVED, Letter.CANCELLED, Letter.RESTORED, Letter.RELEASED)
"""What tells people of an edit."""


@dataclass(frozen=True)
class NeedChange:
    """A need of a series and what it becomes; None: there was none, or there is none any more.
    *chosen*: the ids of needs that are meant, where a meeting has several alike; *free*: the refs
    of assignments that may be freed where their people would no longer fit."""

    old: NeedFacts | None
    new: NeedFacts | None
    chosen: frozenset[int] = frozenset()
    free: frozenset[str] = frozenset()


def edit_series(
    meetings: Sequence[Meeting],
    *,
    scope: Scope,
    by: Person,
    now: datetime,
    seen: Seen,
    targets: Sequence[Target] = (),
    details: Details | None = None,
    need: NeedChange | None = None,
) -> Edit | None:
    """Everything that is wished of *meetings*, in one edit; None where nothing differs.

    Raises `AlreadyOver` where there is none, and whatever the parts of it refuse.
    """
    if not meetings:
        raise AlreadyOver
    edit = Edit(activity=meetings[0].activity, scope=scope, by=by, at=now)
    db.session.add(edit)
    db.session.flush()
    moves = any(target.differs for target in targets)
    if details is not None or need is not None or not moves:
        hold(meetings, seen=seen)
        seen = unchanged
    if details is not None:  # first, for whoever reads a letter about it may depend on it
        change_details(meetings, details, edit=edit)
        if details.online_url is not None:  # whoever is near online may be far from the room
            check_helpers([meeting for meeting in meetings if not meeting.is_cancelled])
    if moves:
        change_meetings(targets, by=by, now=now, seen=seen, edit=edit)
    if need is not None:
        change_needs(meetings, need.old, need.new, edit=edit, chosen=need.chosen, free=need.free)
    if not moves and not changes_of_edit(edit):
        db.session.delete(edit)
        return None
    return edit


def unchanged(_meetings: Sequence[Meeting]) -> bool:
    """They are held already."""
    return True


def changes_of_edit(edit: Edit) -> Sequence[MeetingChange]:
    return db.session.scalars(
        select(MeetingChange)
        .where(MeetingChange.edit_id == edit.id)
        .order_by(MeetingChange.id)
        .options(selectinload(MeetingChange.meeting))
    ).all()
