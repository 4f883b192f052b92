"""The trace of every decision about who helps: what somebody became, through whom, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.people.models import Person
from app.staffing.models import Assignment, Decision, Need, State


def decide(
    assignment: Assignment, state: State, *, by: Person | None, now: datetime, **why: Any
) -> None:
    """*assignment* is *state* from now on, and the trace says so. *by* nobody: by itself, such as
    an offer that lapses. *why* holds plain values."""
    assignment.state, assignment.changed_at = state, now
    if state is not State.CONFIRMED:
        assignment.stand_in_wanted_at = None
    note(assignment, by=by, now=now, **why)


def note(assignment: Assignment, *, by: Person | None, now: datetime, **why: Any) -> None:
    """One more line in the trace of *assignment*, which stays what it is."""
    db.session.add(assignment)
    db.session.flush()
    db.session.add(Decision(assignment=assignment, state=assignment.state, by=by, at=now, why=why))
    db.session.flush()


def decisions_about(need: Need) -> Sequence[Decision]:
    """Everything that was decided about *need*, the latest first."""
    return db.session.scalars(
        select(Decision)
        .join(Decision.assignment)
        .where(Assignment.need_id == need.id)
        .order_by(Decision.id.desc())
        .options(joinedload(Decision.assignment).joinedload(Assignment.person))
        .options(joinedload(Decision.by))
    ).all()
