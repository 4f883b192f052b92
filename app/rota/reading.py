"""A plan read back with what it was made from."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from app.extensions import db
from app.rota.frame import Frame, unpacked, unpacked_plan
from app.rota.inputs import GONE
from app.rota.models import Rota
from app.rota.values import minutes_of
from app.staffing.matching.instance import Plan
from app.staffing.models import Assignment, Need
from app.staffing.queries import is_need_planned_by

Read = tuple[Frame, Plan]
"""What a plan was made from, and the plan."""


def read_plan(rota: Rota) -> Read | None:
    """The frame, and the plan as far as its coordinator may plan those sessions today: what they
    may no longer know of is in no reason and no number. Whoever said no to a place since is not in
    it, and cannot have it any more; nobody is pinned where it does not have them. None: there is no
    plan."""
    if rota.inputs is None or rota.plan is None:
        return None
    frame = unpacked(rota.inputs)
    planned = select(Need.id).where(Need.id.in_(frame.need_ids), is_need_planned_by(rota.by))
    visible = set(db.session.scalars(planned))
    gone = _gone(frame)
    names = [
        (need, person, leg)
        for need, person, leg in unpacked_plan(rota.plan)
        if need in visible and (need, person) not in gone
    ]
    plan = frame.plan_of(names)
    there = frozenset((one.need, one.helper) for one in plan.proposals)
    whole = frame.instance
    known = replace(frame, instance=whole.but(pins=whole.pins & there))
    return _without(known, gone), plan


def knows(frame: Frame, need: Need) -> bool:
    """Whether it was made with *need*, at the time at which its session is today."""
    if need.id not in frame.need_at:
        return False
    then, meeting = frame.meeting_of(need.id), need.meeting
    return (then.starts, then.ends) == (minutes_of(meeting.starts_at), minutes_of(meeting.ends_at))


def _gone(frame: Frame) -> set[tuple[int, int]]:
    """(need id, person id) of whoever said no."""
    rows = db.session.execute(
        select(Assignment.need_id, Assignment.person_id).where(
            Assignment.need_id.in_(frame.need_ids),
            Assignment.state.in_(GONE),
            ~Assignment.trainee,
        )
    )
    return {(need_id, person_id) for need_id, person_id in rows}


def _without(frame: Frame, gone: set[tuple[int, int]]) -> Frame:
    """The frame in which nobody has or gets a place that they said no to."""
    pairs = frozenset(
        (frame.need_at[need], frame.helper_at[person])
        for need, person in gone
        if person in frame.helper_at
    )
    whole = frame.instance
    return replace(
        frame,
        instance=whole.but(bans=whole.bans | pairs, confirmed=whole.confirmed - pairs),
    )
