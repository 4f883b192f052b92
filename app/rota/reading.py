"""A plan read back with what it was made from."""

from __future__ import annotations

from sqlalchemy import select

from app.extensions import db
from app.rota.frame import Frame, unpacked, unpacked_plan
from app.rota.models import Rota
from app.staffing.matching.instance import Plan
from app.staffing.models import Need
from app.staffing.queries import is_need_planned_by


def read_plan(rota: Rota) -> tuple[Frame, Plan] | None:
    """The frame, and the plan as far as its coordinator may plan those sessions today: what they
    may no longer know of is in no reason and no number. None: there is no plan."""
    if rota.inputs is None or rota.plan is None:
        return None
    frame = unpacked(rota.inputs)
    planned = select(Need.id).where(Need.id.in_(frame.need_ids), is_need_planned_by(rota.by))
    visible = set(db.session.scalars(planned))
    names = [one for one in unpacked_plan(rota.plan) if one[0] in visible]
    return frame, frame.plan_of(names)
