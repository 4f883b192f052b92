"""What a move would mean, before it is made; and holding a session once more."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.people.current import planner
from app.planning.answers import errors_of
from app.planning.duplicate_form import DuplicateForm, a_week_later
from app.planning.duplicating import duplicate_meeting
from app.planning.looking import stands_against
from app.programme.changing import AlreadyOver
from app.programme.forms import MoveForm
from app.programme.models import Activity, Meeting
from app.programme.queries import bookings_at, meetings_planned_by, rooms_for, rooms_of
from app.programme.targets import Target
from app.refusal import Refusal
from app.staffing.moving import with_childcare
from app.staffing.queries import asked_about
from app.web import one_or_404

bp = Blueprint("moves", __name__)


@bp.get("/meetings/<ref>/clashes")
def clashes(ref: str) -> dict[str, Any]:
    """What stands against a move that the form would make, and what would follow from it."""
    meeting = _planned(ref)
    zone = meeting.activity.centre.tz
    today = clock.now().astimezone(zone).date()
    form = MoveForm(request.args, rooms=rooms_for(meeting), today=today, meta={"csrf": False})
    if not form.validate():
        return {"hard": errors_of(form), "soft": [], "hints": [], "told": ""}
    starts_at, ends_at = form.times(zone)
    target = Target(meeting, starts_at, ends_at, form.chosen_room(), meeting.status, by_hand=True)
    stands, now = stands_against([target]), clock.now()
    over = not meeting.is_open(now) or starts_at <= now
    return {
        "hard": [*([str(AlreadyOver.message)] if over else []), *stands.hard],
        "soft": stands.soft,
        "hints": stands.hints,
        "told": _told(target),
    }


def _told(target: Target) -> str:
    """How many would hear of a move, of childcare that follows too; nobody of a draft."""
    if target.meeting.is_draft:
        return ""
    meetings = [one.meeting for one in with_childcare([target])]
    asked = asked_about(meetings, now=clock.now())
    people = {one.person_id for meeting in meetings for one in bookings_at(meeting)}
    people |= {person.id for there in asked.values() for person in there}
    count = len(people - {planner().id})
    return ngettext("%(num)s person will be told", "%(num)s people will be told", count)


@bp.get("/meetings/<ref>/duplicate")
def duplicate_form(ref: str) -> str:
    """Where and when it is to be held once more."""
    meeting = _remembered(ref)
    return _show(meeting, _form(meeting, data=a_week_later(meeting)))


@bp.post("/meetings/<ref>/duplicate")
def duplicate(ref: str) -> tuple[str, int] | Response:
    """One more session like this one."""
    meeting = _remembered(ref)
    form = _form(meeting)
    if not form.validate_on_submit():
        return _show(meeting, form), 422
    starts_at, _ends_at = form.times(meeting)
    room = form.chosen_room()
    try:
        copy = duplicate_meeting(
            meeting, starts_at=starts_at, room=room, by=planner(), now=clock.now()
        )
    except Refusal as refusal:
        db.session.rollback()
        return _show(_planned(ref), form, str(refusal.message)), 409
    db.session.commit()
    flash(_("It will be held once more. Now say who helps."), "success")
    return redirect(url_for("planning.meeting", ref=copy.ref), 303)


def _show(meeting: Meeting, form: DuplicateForm, problem: str = "") -> str:
    return render_template("planning/duplicate.html", meeting=meeting, form=form, problem=problem)


def _form(meeting: Meeting, **given: Any) -> DuplicateForm:
    centre = meeting.activity.centre
    today = clock.now().astimezone(centre.tz).date()
    return DuplicateForm(rooms=rooms_of([centre.id]), today=today, **given)


def _remembered(ref: str) -> Meeting:
    """Of an appointment that was forgotten there is nothing to be held once more."""
    meeting = _planned(ref)
    if meeting.activity.is_forgotten:
        abort(404)
    return meeting


def _planned(ref: str) -> Meeting:
    whole = contains_eager(Meeting.activity).options(
        selectinload(Activity.texts), joinedload(Activity.centre)
    )
    return one_or_404(meetings_planned_by(planner()).where(Meeting.ref == ref).options(whole))
