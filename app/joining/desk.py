"""The coordinator's desk: somebody new with a place, and a card where no letter reaches them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, in_language
from app.joining.card_pages import made_page
from app.joining.cards import make_card
from app.joining.coming import Wanted, come, new_participant
from app.joining.forms import DeskForm
from app.people.current import planner
from app.people.namesakes import Known, perhaps
from app.people.operations import EmailTaken
from app.people.queries import people_of
from app.programme.models import Activity
from app.programme.queries import activities_planned_by
from app.refusal import Refusal
from app.signups.rules import ForChildren
from app.web import one_or_404

bp = Blueprint("desk", __name__)


@bp.get("/activities/<ref>/learners/new")
def new(ref: str) -> str:
    activity = _planned(ref)
    return _page(activity, DeskForm(women_only=activity.women_only))


@bp.post("/activities/<ref>/learners/new")
def add(ref: str) -> tuple[str | Response, int] | Response:
    """They have a place, or wait for one; first it is asked whether they are here already. Without
    an e-mail address they get a card."""
    activity, now = _planned(ref), clock.now()
    form = DeskForm(women_only=activity.women_only)
    if not form.validate_on_submit():
        return _page(activity, form), 422
    if form.is_new.data != form.name.data and (here := _perhaps(form)):
        form.is_new.data = form.name.data
        return _page(activity, form, here), 200
    try:
        person = new_participant(
            form.name.data, form.language.data, activity, now=now, **form.details()
        )
        wanted = Wanted(activity=activity, waits=True)
        has_place = come(person, wanted, by=planner(), now=now)
    except EmailTaken as refusal:
        db.session.rollback()
        form.contact.errors = [*form.contact.errors, str(refusal.message)]
        return _page(_planned(ref), form), 422
    except Refusal as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _page(_planned(ref), form), 422
    with in_language(person.language):
        label = _("Card")
    token = None if person.email else make_card(person, label=label, by=planner(), now=now)
    db.session.commit()
    flash(_("Added.") if has_place else _("Added to the waiting list."))
    if token is not None:
        return made_page(person, token, activity=activity), 201
    return redirect(url_for("signups.list_learners", ref=ref), 303)


def _perhaps(form: DeskForm) -> list[Known]:
    """Who of one's centres is perhaps meant."""
    return perhaps(form.name.data, form.contact.data, among=people_of(planner()))


def _page(activity: Activity, form: DeskForm, here: list[Known] | None = None) -> str:
    return render_template("joining/desk.html", activity=activity, form=form, here=here or [])


def _planned(ref: str) -> Activity:
    """What somebody new may be added to: a child comes with who decides for it."""
    found = one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
    if found.is_childcare_beside:
        raise ForChildren(found)
    return found
