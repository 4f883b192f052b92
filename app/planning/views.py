"""The programme of a centre as its coordinators see it: week, day, month and list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import format_date
from sqlalchemy import Select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app import clock
from app.extensions import db
from app.people.current import asked_centre, planned_centres, planner
from app.people.languages import name_of
from app.people.locale import page_language
from app.people.models import Centre
from app.planning.attention import attention_for
from app.planning.board import board_of
from app.planning.filters import STATES, Filters, asked_filters, languages_planned
from app.planning.undoing import my_last_edit
from app.planning.weeks import shown_week
from app.programme.days_off import DaysOff, days_off
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Part
from app.programme.queries import counts_by_part, meetings_planned_by, rooms_of
from app.programme.recurrence import instant
from app.programme.week import asked_day, month_of
from app.staffing.coverage import Coverage, worst
from app.staffing.queries import coverages_of

bp = Blueprint("views", __name__)

_WITH_TEXTS = contains_eager(Meeting.activity).options(
    selectinload(Activity.texts), joinedload(Activity.centre)
)
PAGE = 50
MOST_PAGES = 10_000


@bp.app_template_filter()
def month_name(day: date) -> str:
    return str(format_date(day, "LLLL y"))


@bp.app_template_filter()
def weekday(day: date) -> str:
    return str(format_date(day, "EEEE"))


@bp.get("/week")
def week() -> str:
    """The week day by day: every session with its coverage, and what needs to be done."""
    centre, now = asked_centre(), clock.now()
    shown = shown_week(planner(), centre, request.args.get("day"), now=now)
    asked = max(_asked_day(centre, now), shown.monday)
    meetings = _between(centre, shown.starts_at, shown.ends_at)
    coverages = _coverages(meetings)
    return render_template(
        "planning/week.html",
        **_around("week", centre, now, asked),
        **_about(meetings, coverages),
        **_lately(centre, now),
        days_off=_days_off(centre, shown.days[0], shown.days[-1]),
        week=shown,
        days=[(day, _on(day, meetings, centre)) for day in shown.days],
        attention=attention_for(planner(), centre, now=now),
    )


@bp.get("/day")
def day() -> str:
    """One day with the rooms side by side."""
    centre, now = asked_centre(), clock.now()
    shown = _asked_day(centre, now)
    start, end = (instant(shown + timedelta(days=n), time(), centre.tz) for n in (0, 1))
    meetings = _between(centre, start, end)
    return render_template(
        "planning/day.html",
        **_around("day", centre, now, shown),
        **_about(meetings, _coverages(meetings)),
        **_lately(centre, now),
        days_off=_days_off(centre, shown, shown),
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        board=board_of(meetings, rooms_of([centre.id], also_closed=True), centre.tz),
    )


@bp.get("/month")
def month() -> str:
    """A month as a wall calendar."""
    centre, now = asked_centre(), clock.now()
    asked = _asked_day(centre, now)
    shown = month_of(asked, centre.tz)
    meetings = _between(centre, shown.starts_at, shown.ends_at)
    return render_template(
        "planning/month.html",
        **_around("month", centre, now, asked),
        **_about(meetings, _coverages(meetings)),
        days_off=_days_off(centre, shown.weeks[0][0], shown.weeks[-1][-1]),
        month=shown,
        on={day: _on(day, meetings, centre) for week in shown.weeks for day in week},
    )


@bp.get("/list")
def listing() -> str:
    """The sessions from a day on, page by page."""
    centre, now = asked_centre(), clock.now()
    since, page = _asked_day(centre, now), _asked_page()
    found = _planned(centre, asked_filters(request.args)).where(
        Meeting.starts_at >= instant(since, time(), centre.tz)
    )
    rows = db.session.scalars(found.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    meetings = rows[:PAGE]
    return render_template(
        "planning/list.html",
        **_around("listing", centre, now, since),
        **_about(meetings, _coverages(meetings)),
        meetings=meetings,
        page=page,
        more=len(rows) > PAGE,
    )


def _around(view: str, centre: Centre, now: datetime, shown: date) -> dict[str, Any]:
    """What the toolbar of each view needs."""
    return {
        "view": view,
        "centre": centre,
        "centres": planned_centres(),
        "filters": asked_filters(request.args),
        "kinds": list(Kind),
        "languages": _languages(centre),
        "states": STATES,
        "day": shown,
        "today": _today(centre, now),
        "now": now,
    }


def _about(meetings: Sequence[Meeting], coverages: dict[int, list[Coverage]]) -> dict[str, Any]:
    """What the cards of those meetings need."""
    learners = counts_by_part([one.id for one in meetings], Part.LEARNER)
    return {"coverages": coverages, "worst": worst, "learners": learners}


def _lately(centre: Centre, now: datetime) -> dict[str, Any]:
    """What the reader changed there a moment ago and may want back."""
    return {"just_made": my_last_edit(planner(), centre, now=now)}


def _days_off(centre: Centre, first: date, last: date) -> DaysOff:
    return days_off(centre, first, last, language=page_language())


def _coverages(meetings: Sequence[Meeting]) -> dict[int, list[Coverage]]:
    return coverages_of([one.id for one in meetings])


def _languages(centre: Centre) -> list[tuple[str, str]]:
    """The languages of what one plans there, by name."""
    rows = db.session.execute(languages_planned(planner(), centre))
    reader = page_language()
    tags = {tag for pair in rows for tag in pair if tag}
    return sorted(((tag, name_of(tag, reader)) for tag in tags), key=lambda pair: pair[1])


def _today(centre: Centre, now: datetime) -> date:
    return now.astimezone(centre.tz).date()


def _asked_day(centre: Centre, now: datetime) -> date:
    return asked_day(request.args.get("day"), _today(centre, now))


def _asked_page() -> int:
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def _planned(centre: Centre, asked: Filters) -> Select[Meeting]:
    """What one plans in *centre* and asked for, by time."""
    mine = meetings_planned_by(planner()).where(Activity.centre_id == centre.id)
    return asked.narrow(mine).order_by(Meeting.starts_at, Meeting.id).options(_WITH_TEXTS)


def _between(centre: Centre, start: datetime, end: datetime) -> Sequence[Meeting]:
    found = _planned(centre, asked_filters(request.args))
    return db.session.scalars(
        found.where(Meeting.starts_at >= start, Meeting.starts_at < end)
    ).all()


def _on(day: date, meetings: Iterable[Meeting], centre: Centre) -> list[Meeting]:
    return [one for one in meetings if one.starts_at.astimezone(centre.tz).date() == day]
