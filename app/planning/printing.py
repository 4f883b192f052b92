"""The week on paper: for the door, where anybody may read it, or for the staff room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import segno
from flask import Blueprint, render_template, request
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app import clock
from app.extensions import db
from app.people.current import asked_centre, planned_centres, planner
from app.people.locale import page_language
from app.people.models import Centre
from app.planning.weeks import shown_week
from app.programme.days_off import DaysOff, days_off
from app.programme.models import Activity, Meeting, Part
from app.programme.queries import counts_by_part, listed_meetings, meetings_planned_by
from app.programme.week import Week, week_of
from app.staffing.coverage import Coverage
from app.staffing.queries import coverages_of
from app.web import link

bp = Blueprint("printing", __name__)

SIZES = ((2, "large"), (4, "middle"), (7, "small"))
"""So many sessions on the fullest day fit on one page in letters of that size."""

_WITH_TEXTS = contains_eager(Meeting.activity).options(
    selectinload(Activity.texts), joinedload(Activity.centre)
)


@dataclass(frozen=True)
class Sheet:
    """One page: the week of one centre, and for the staff how it is covered and how many come."""

    centre: Centre
    week: Week
    days: Sequence[tuple[date, Sequence[Meeting]]]
    address: str
    days_off: DaysOff
    staff: bool = False
    coverages: Mapping[int, list[Coverage]] = field(default_factory=dict)
    learners: Mapping[int, int] = field(default_factory=dict)

    @property
    def letters(self) -> str:
        """How large they may be, so that it stays one page; for the staff there is three times as
        much to say."""
        fullest = max(len(meetings) for _day, meetings in self.days) * (3 if self.staff else 1)
        return next((size for most, size in SIZES if fullest <= most), "tiny")

    @property
    def qr(self) -> Markup:
        """The address of the programme as a phone reads it."""
        code = segno.make(self.address, error="m")
        return Markup(
            code.svg_inline(scale=4, border=2, omitsize=True, svgclass="qr", lineclass=None)
        )


@bp.get("/week/print")
def week() -> str:
    """One page a centre, in the language of the address; for the door unless it says ``staff``."""
    asked = asked_centre()
    whole = request.args.get("centre") == "all"
    shown = shown_week(planner(), asked, request.args.get("day"), now=clock.now())
    sheet = _for_staff if request.args.get("for") == "staff" else _for_the_door
    centres = planned_centres() if whole else [asked]
    return render_template(
        "planning/print_week.html",
        sheets=[sheet(one, week_of(shown.monday, one.tz)) for one in centres],
        staff=sheet is _for_staff,
        centres=planned_centres(),
        asked="all" if whole else asked.code,
        week=shown,
    )


def _for_the_door(centre: Centre, shown: Week) -> Sheet:
    """Nothing that strangers may not know: it hangs where everybody passes."""
    found = listed_meetings(start=shown.starts_at, end=shown.ends_at, centre=centre.code)
    return Sheet(**_about(centre, shown, found))


def _for_staff(centre: Centre, shown: Week) -> Sheet:
    """What the coordinator plans; a protected meeting is a time and no more."""
    found = meetings_planned_by(planner()).where(
        Activity.centre_id == centre.id,
        Meeting.starts_at >= shown.starts_at,
        Meeting.starts_at < shown.ends_at,
    )
    about = _about(centre, shown, found.order_by(Meeting.starts_at, Meeting.id))
    told = [one.id for _day, held in about["days"] for one in held if not one.is_secret]
    return Sheet(
        **about,
        staff=True,
        coverages=coverages_of(told),
        learners=counts_by_part(told, Part.LEARNER),
    )


def _about(centre: Centre, shown: Week, found: Select[Meeting]) -> dict[str, Any]:
    meetings = db.session.scalars(found.options(_WITH_TEXTS)).all()
    return {
        "centre": centre,
        "week": shown,
        "days": _by_day(shown, meetings),
        "days_off": days_off(centre, shown.days[0], shown.days[-1], language=page_language()),
        "address": link(page_language(), "programme.index", centre=centre.code),
    }


def _by_day(shown: Week, meetings: Sequence[Meeting]) -> list[tuple[date, list[Meeting]]]:
    """Monday to Friday, and of the days after only those on which something is held."""

    def held_on(day: date) -> list[Meeting]:
        return [m for m in meetings if m.starts_at.astimezone(shown.zone).date() == day]

    days = [(day, held_on(day)) for day in shown.days]
    return [(day, held) for day, held in days if held or day.weekday() < 5]
