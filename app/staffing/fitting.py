"""Whether those who help at changed meetings still may, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.extensions import db
from app.programme.models import Meeting
from app.staffing.eligibility import Reason, reasons_against
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import candidates, not_overridden, want_at, want_of, with_profile

Times = Mapping[int, tuple[datetime, datetime]]


def stands_against_helpers(
    meetings: Sequence[Meeting], *, at: Times = MappingProxyType({})
) -> list[tuple[Assignment, tuple[Reason, ...]]]:
    """The confirmed helpers of *meetings* against whom a rule stands, as the meetings are now, or
    at other times: meeting id -> start and end.

    Whether somebody is in two places is asked elsewhere; whether the way between is too long, here.
    """
    confirmed = _confirmed(meetings)
    if not confirmed:
        return []
    known = candidates(
        list({one.person_id: one.person for one in confirmed}.values()),
        {meeting.activity.centre_id for meeting in meetings},
        min(at.get(meeting.id, (meeting.starts_at, meeting.ends_at))[0] for meeting in meetings),
        max(at.get(meeting.id, (meeting.starts_at, meeting.ends_at))[1] for meeting in meetings),
    )
    found = []
    for one in confirmed:
        meeting = one.need.meeting
        present = want_of(one.need, trainee=one.trainee)
        starts_at, ends_at = at.get(meeting.id, (meeting.starts_at, meeting.ends_at))
        want = want_at(one.need, starts_at, ends_at, trainee=one.trainee)
        candidate = known[one.person_id, one.need.meeting.activity.centre_id]
        others = tuple(
            busy
            for busy in candidate.busy
            if not busy.overlaps(want) and not busy.overlaps(present)
        )
        against = reasons_against(want, replace(candidate, busy=others))
        if reasons := not_overridden(one, against, starts_at):
            found.append((one, reasons))
    return found


def _confirmed(meetings: Sequence[Meeting]) -> Sequence[Assignment]:
    """Who is confirmed there; the meetings themselves are at hand."""
    db.session.flush()
    return db.session.scalars(
        select(Assignment)
        .join(Assignment.need)
        .where(
            Need.meeting_id.in_([meeting.id for meeting in meetings]),
            Assignment.state == State.CONFIRMED,
        )
        .order_by(Assignment.id)
        .options(
            contains_eager(Assignment.need).lazyload(Need.meeting),
            joinedload(Assignment.person).options(*with_profile()),
            selectinload(Assignment.overrides),
        )
        .execution_options(populate_existing=True)
    ).all()
