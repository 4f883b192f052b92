"""The programme: for strangers, for those who are expected, and planning a new activity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import confirm_first, public
from app.people.current import current_person, person_or_none, planned_centres, planner
from app.people.languages import is_known, name_of
from app.people.locale import page_language
from app.people.models import Person
from app.people.queries import centres, with_role
from app.people.terms import Role
from app.programme import organisation_calendar, templates  # noqa: F401
from app.programme.forms import PlanForm, TextsForm
from app.programme.kinds import Kind
from app.programme.models import Activity, Booking, Meeting
from app.programme.operations import RoomTaken, clashes, plan_activity, set_texts
from app.programme.public_holidays import romanian_holiday
from app.programme.queries import (
    PUBLIC_WINDOW,
    activities_planned_by,
    bookings_of,
    listed_languages,
    listed_meetings,
    meetings_open_to,
    meetings_planned_by,
    rooms_of,
)
from app.programme.recurrence import EmptyPattern, PatternTooLong, Plan, plan
from app.web import one_or_404

bp = Blueprint("programme", __name__)

WHOLE = (
    contains_eager(Meeting.activity).options(
        selectinload(Activity.texts), joinedload(Activity.centre)
    ),
)


@bp.get("/")
@public
def index() -> str:
    """What anybody may come to in the next six weeks, day by day; filters in the address."""
    now = clock.now()
    asked = _asked_filters()
    found = listed_meetings(start=now, end=now + PUBLIC_WINDOW, **asked).options(*WHOLE)
    days = by_day(db.session.scalars(found))
    languages = [(tag, name_of(tag, page_language())) for tag in listed_languages(now=now)]
    return render_template(
        "programme/index.html",
        days=days,
        asked=asked,
        centres=centres(),
        languages=languages,
        kinds=[kind for kind in Kind if kind.policy.privacy.is_listed],
    )


def _asked_filters() -> dict[str, Any]:
    language = request.args.get("language", "")
    kind = request.args.get("kind", "")
    return {
        "centre": request.args.get("centre") or None,
        "kind": next((k for k in Kind if k.value == kind and k.policy.privacy.is_listed), None),
        "language": language if is_known(language) else None,
        "words": request.args.get("words", "").strip()[:80] or None,
    }


def by_day(meetings: Iterable[Meeting]) -> list[tuple[date, list[Meeting]]]:
    """Meetings in time order, grouped by their local day."""

    def local_day(meeting: Meeting) -> date:
        return meeting.starts_at.astimezone(ZoneInfo(meeting.zone)).date()

    return [(day, list(group)) for day, group in groupby(meetings, key=local_day)]


@bp.get("/meetings/<ref>")
@public
def meeting(ref: str) -> Any:
    """One meeting, as much of it as the reader may see."""
    person = person_or_none()
    found = one_or_404(meetings_open_to(person).where(Meeting.ref == ref).options(*WHOLE))
    plans = person is not None and _plans(person, found)
    if found.is_secret and not plans and (elsewhere := confirm_first()) is not None:
        return elsewhere
    booking = _booking(person, found)
    return render_template(
        "programme/meeting.html",
        meeting=found,
        plans=plans,
        booking=booking,
        knows_room=plans or booking is not None or found.privacy == "public",
        now=clock.now(),
        indexable=found.privacy == "public" and not found.is_draft,
    )


def _plans(person: Person, meeting: Meeting) -> bool:
    mine = meetings_planned_by(person).where(Meeting.id == meeting.id)
    return db.session.scalars(mine).one_or_none() is not None


def _booking(person: Person | None, meeting: Meeting) -> Booking | None:
    if person is None:
        return None
    mine = bookings_of(person, since=meeting.starts_at).where(Booking.meeting_id == meeting.id)
    return db.session.scalars(mine).one_or_none()


@bp.get("/mine")
def mine() -> str:
    """Where the signed-in person is expected."""
    found = bookings_of(current_person(), since=clock.now()).options(
        contains_eager(Booking.meeting).options(
            joinedload(Meeting.activity).options(
                selectinload(Activity.texts), joinedload(Activity.centre)
            )
        )
    )
    bookings = db.session.scalars(found).all()
    return render_template("programme/mine.html", bookings=bookings)


@bp.get("/activities/new")
def new() -> str:
    """An empty plan, or one like it: the kind may be in the address."""
    form = _form(kind=request.args.get("kind"), first_day=_today())
    return render_template("programme/plan.html", form=form, preview=None)


@bp.post("/activities/new")
def create() -> tuple[str, int] | Response:
    """First the sessions are shown with what is skipped and what clashes; then they are saved."""
    form = _form()
    if not form.validate_on_submit():
        return render_template("programme/plan.html", form=form, preview=None), 422
    preview = _preview(form)
    if preview is None:
        return render_template("programme/plan.html", form=form, preview=None), 422
    if "save" not in request.form or preview["clashes"]:
        status = 409 if preview["clashes"] else 200
        return render_template("programme/plan.html", form=form, preview=preview), status
    try:
        activity = plan_activity(form.facts(), preview["plan"].held, by=planner(), now=clock.now())
    except RoomTaken:  # somebody was quicker than this click: show what is there now
        db.session.rollback()
        form = _form()
        form.validate()
        return render_template("programme/plan.html", form=form, preview=_preview(form)), 409
    db.session.commit()
    flash(_("Saved. Now say who is needed."), "success")
    return redirect(url_for("planning.activity_needs", ref=activity.ref), 303)


def _preview(form: PlanForm) -> dict[str, Any] | None:
    """The sessions that the form means; None with an error on the form where there are none."""
    try:
        planned: Plan = plan(form.pattern(), _closed)
    except EmptyPattern:
        form.weekdays.errors = [*form.weekdays.errors, _("No session would take place.")]
        return None
    except PatternTooLong:
        form.count.errors = [*form.count.errors, _("These are too many sessions.")]
        return None
    found = clashes(planned.held, room=form.facts().room)
    mine = {
        activity_id
        for activity_id in db.session.scalars(
            activities_planned_by(planner()).with_only_columns(Activity.id)
        )
    }
    shown = [(slot, other if other.activity_id in mine else None) for slot, other in found]
    return {"plan": planned, "clashes": shown, "zone": form.facts().centre.zone}


def _closed(day: date) -> str | None:
    return romanian_holiday(day, page_language())


def _form(**given: Any) -> PlanForm:
    places = planned_centres()
    me = planner()
    colleagues = {
        person.id: person
        for centre in places
        for person in db.session.scalars(with_role(centre.id, Role.COORDINATOR))
        if person.id != me.id
    }
    defaults = {"centre": me.home_centre_id} | {k: v for k, v in given.items() if v}
    return PlanForm(
        data=defaults,
        centres=places,
        rooms=rooms_of([c.id for c in places]),
        colleagues=list(colleagues.values()),
        today=_today(),
    )


def _today() -> date:
    return clock.now().astimezone(planned_centres()[0].tz).date()


@bp.get("/activities/<ref>/texts")
def texts(ref: str) -> str:
    """The words of an activity, side by side."""
    activity = _planned(ref)
    typed = {
        f"{what}_{text.language}": getattr(text, what)
        for text in activity.texts
        for what in ("title", "description")
    }
    return render_template("programme/texts.html", activity=activity, form=TextsForm(data=typed))


@bp.post("/activities/<ref>/texts")
def change_texts(ref: str) -> tuple[str, int] | Response:
    activity, form = _planned(ref), TextsForm()
    if not form.validate_on_submit():
        return render_template("programme/texts.html", activity=activity, form=form), 422
    now = clock.now()
    set_texts(activity, form.texts(), now=now)
    activity.changed_at = now
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for("planning.activity_needs", ref=ref), 303)


def _planned(ref: str) -> Activity:
    return one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
