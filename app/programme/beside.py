"""Childcare beside other meetings: which belongs to which. `staffing.moving` moves both."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.extensions import db
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting


def beside_of(meetings: Iterable[Meeting]) -> dict[int, Meeting]:
    """Meeting id -> the childcare beside it, cancelled or not; in one query."""
    hosts = [meeting.id for meeting in meetings]
    found = (
        select(Meeting)
        .join(Meeting.activity)
        .where(Meeting.beside_id.in_(hosts), Activity.kind == Kind.CHILDCARE)
        .order_by(Meeting.id)
    )
    return {one.beside_id: one for one in db.session.scalars(found) if one.beside_id is not None}


def childcare_of(host: Activity) -> Activity | None:
    """The childcare beside an activity, where there is any."""
    found = select(Activity).where(Activity.beside_id == host.id, Activity.kind == Kind.CHILDCARE)
    return db.session.scalars(found.order_by(Activity.id).limit(1)).one_or_none()
