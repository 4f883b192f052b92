"""The programme of a centre as its coordinators see it: the week with its coverage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app import clock
from app.extensions import db
from app.notices.queries import call_list
from app.people.current import asked_centre, planned_centres, planner
from app.people.models import Centre
from app.programme.models import Activity, Meeting, Part
from app.programme.queries import counts_by_part, meetings_planned_by
from app.programme.week import Week, asked_day, week_of
from app.staffing.coverage import Coverage, worst
from app.staffing.queries import coverages_of, doubtful_places

bp = Blueprint("views", __name__)

_WITH_TEXTS = contains_eager(Meeting.activity).options(
    selectinload(Activity.texts), joinedload(Activity.centre)
)


@bp.get("/week")
def week() -> str:
    """The coordinator's week in one centre: every session with its coverage."""
    centre, now = asked_centre(), clock.now()
    today = now.astimezone(centre.tz).date()
    shown = week_of(asked_day(request.args.get("day"), today), centre.tz)
    meetings = _meetings_in(centre, shown)
    if "day" not in request.args and not any(m.ends_at > now for m in meetings):
        shown = week_of(shown.after, centre.tz)  # this one is over: the next needs looking after
        meetings = _meetings_in(centre, shown)
    coverages = coverages_of([meeting.id for meeting in meetings])
    return render_template(
        "planning/week.html",
        week=shown,
        today=today,
        centre=centre,
        centres=planned_centres(),
        days=_by_day(shown, meetings),
        coverages=coverages,
        worst=worst,
        learners=counts_by_part([m.id for m in meetings], Part.LEARNER),
        urgent=_urgent(coverages, now),
        calls=len(db.session.scalars(call_list(planner(), now=now)).all()),
    )


def _meetings_in(centre: Centre, shown: Week) -> Sequence[Meeting]:
    found = meetings_planned_by(planner()).where(
        Activity.centre_id == centre.id,
        Meeting.starts_at >= shown.starts_at,
        Meeting.starts_at < shown.ends_at,
    )
    return db.session.scalars(
        found.order_by(Meeting.starts_at, Meeting.id).options(_WITH_TEXTS)
    ).all()


def _urgent(shown: dict[int, list[Coverage]], now: datetime) -> list[Coverage]:
    """What is to be done in the week that is shown, and in any week whoever no longer fits."""
    doubtful = {place.need.meeting_id for place in doubtful_places(planner(), now=now)}
    others = coverages_of(sorted(doubtful - shown.keys()))
    found = [one for needs in shown.values() for one in needs if one.needs_somebody]
    found += [one for needs in others.values() for one in needs if one.doubts]
    coming = [one for one in found if one.need.meeting.is_open(now)]
    return sorted(coming, key=lambda one: (one.need.meeting.starts_at, one.need.id))


def _by_day(shown: Week, meetings: Sequence[Meeting]) -> list[tuple[Any, list[Meeting]]]:
    def local_day(meeting: Meeting) -> Any:
        return meeting.starts_at.astimezone(shown.zone).date()

    return [(day, [m for m in meetings if local_day(m) == day]) for day in shown.days]
