"""The details of an activity that exists, changed by its coordinators; throwing a draft away."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.people.current import planner
from app.planning.details_form import DetailsForm, details_of
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting
from app.programme.operations import (
    FewerPlacesThanTaken,
    MinimumAboveCapacity,
    NoDraft,
)
from app.programme.queries import activities_planned_by
from app.programme.terms import Term
from app.programme.throwing_away import throw_away
from app.signups.queries import places_taken
from app.staffing.stricter import SomebodyWouldNotFit, change_facts
from app.web import one_or_404

bp = Blueprint("details", __name__)


@bp.get("/activities/<ref>/details")
def details(ref: str) -> str:
    """What is said of an activity, to be changed."""
    activity = _activity(ref)
    return _show(activity, _form(activity, data=details_of(activity)))


@bp.post("/activities/<ref>/details")
def change(ref: str) -> tuple[str, int] | Response:
    """Changed at once; calendars follow, no letter is written."""
    activity = _activity(ref)
    form = _form(activity)
    if not form.validate_on_submit():
        return _show(activity, form), 422
    try:
        changed, freed = change_facts(
            activity,
            form.facts(),
            taken=partial(places_taken, now=clock.now()),
            by=planner(),
            now=clock.now(),
            free=request.form.get("free", "").split(),
        )
    except SomebodyWouldNotFit as refusal:
        db.session.rollback()
        return _show(_activity(ref), form, refusal), 409
    except (FewerPlacesThanTaken, MinimumAboveCapacity) as refusal:
        return _refused(ref, refusal)
    db.session.commit()
    if freed:
        flash(
            ngettext(
                "The details were changed. %(num)s place is open again, and its person is told.",
                "The details were changed. %(num)s places are open again, and those who held them "
                "are told.",
                freed,
            ),
            "success",
        )
    elif changed:
        flash(_("The details were changed."), "success")
    else:
        flash(_("This is how it was already. Nothing was changed."))
    return redirect(url_for("planning.activity_needs", ref=ref), 303)


def _refused(ref: str, refusal: FewerPlacesThanTaken | MinimumAboveCapacity) -> tuple[str, int]:
    """The page again with the reason and what was typed; nothing was changed."""
    db.session.rollback()
    activity = _activity(ref)
    form = _form(activity)
    form.validate()
    form.capacity.errors = [*form.capacity.errors, str(refusal.message)]
    return _show(activity, form), 409


def _form(activity: Activity, **given: Any) -> DetailsForm:
    return DetailsForm(
        activity=activity, terms=_terms(activity), has_room=_has_room(activity), **given
    )


def _terms(activity: Activity) -> list[Term]:
    """Between which a draft may choose; childcare stays in the term of what it is beside."""
    if not activity.is_draft or activity.kind is Kind.CHILDCARE or activity.term is None:
        return []
    mine = (Term.last_day >= clock.now().date()) | (Term.id == activity.term_id)
    found = select(Term).where(Term.centre_id == activity.centre_id, mine)
    return list(db.session.scalars(found.order_by(Term.first_day, Term.id)))


def _has_room(activity: Activity) -> bool:
    found = select(func.count(Meeting.id)).where(
        Meeting.activity_id == activity.id, Meeting.room_id.is_not(None)
    )
    return db.session.scalars(found).one() > 0


def _show(activity: Activity, form: DetailsForm, refusal: SomebodyWouldNotFit | None = None) -> str:
    return render_template("planning/details.html", activity=activity, form=form, refusal=refusal)


@bp.get("/activities/<ref>/removal")
def removal(ref: str) -> str:
    """Whether the draft is really to be thrown away, and what goes with it."""
    activity = _draft(ref)
    sessions = select(func.count(Meeting.id)).where(Meeting.activity_id == activity.id)
    return render_template(
        "planning/activity_removal.html",
        activity=activity,
        sessions=db.session.scalars(sessions).one(),
        places=places_taken(activity, now=clock.now()),
    )


@bp.post("/activities/<ref>/removal")
def remove(ref: str) -> Response:
    """The draft is gone; nobody was told of it, so nobody is told."""
    activity = _draft(ref)
    term, centre = activity.term, activity.centre.code
    back = url_for("terms.term", ref=term.ref) if term else url_for("views.week", centre=centre)
    throw_away(activity)
    db.session.commit()
    flash(_("The draft was thrown away. Nobody was told of it."), "success")
    return redirect(back, 303)


def _draft(ref: str) -> Activity:
    activity = _activity(ref)
    if not activity.is_draft:
        raise NoDraft
    return activity


def _activity(ref: str) -> Activity:
    return one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
