"""Which week a coordinator sees."""

from __future__ import annotations

from datetime import datetime

from app.extensions import db
from app.people.models import Centre, Person
from app.programme.models import Activity, Meeting
from app.programme.queries import meetings_planned_by
from app.programme.week import Week, asked_day, week_of


def shown_week(person: Person, centre: Centre, asked: str | None, *, now: datetime) -> Week:
    """The week of the day that is asked for. Where none is: this one, or the next if this one is
    over, for that needs looking after."""
    today = now.astimezone(centre.tz).date()
    shown = week_of(asked_day(asked, today), centre.tz)
    if asked is not None or _goes_on(person, centre, shown, now):
        return shown
    return week_of(shown.after, centre.tz)


def _goes_on(person: Person, centre: Centre, shown: Week, now: datetime) -> bool:
    """Whether anything of that week is still to come or going on, whatever the filters hide."""
    left = meetings_planned_by(person).where(
        Activity.centre_id == centre.id,
        Meeting.starts_at >= shown.starts_at,
        Meeting.starts_at < shown.ends_at,
        Meeting.ends_at > now,
    )
    return db.session.scalars(left.with_only_columns(Meeting.id).limit(1)).first() is not None
