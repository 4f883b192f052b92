"""Asking several people in turn, asking somebody in spite of a rule, and the trace of it all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug import Response
from wtforms import SelectField

from app import clock
from app.extensions import db
from app.i18n import _, _l
from app.people.current import planner
from app.people.forms import choices
from app.people.models import Person
from app.people.queries import people_of
from app.staffing.asking import ask_in_turn, stop_asking
from app.staffing.decisions import decisions_about
from app.staffing.eligibility import Rule
from app.staffing.finding import ranked_candidates
from app.staffing.models import Asking, Need
from app.staffing.operations import Overriding, offer_place
from app.staffing.queries import needs_planned_by
from app.web import PageForm, one_or_404

bp = Blueprint("asking", __name__)

LASTS = ((60, _l("1 hour")), (240, _l("4 hours")), (1440, _l("1 day")), (4320, _l("3 days")))
LONGEST_REASON = 500


class AskingForm(PageForm):
    """How many are asked at once, and how long each has to answer."""

    at_once = SelectField(
        _l("How many at once?"), coerce=int, choices=choices((n, str(n)) for n in (1, 2, 3, 5))
    )
    lasts = SelectField(
        _l("How long has each to answer?"), coerce=int, default=1440, choices=choices(LASTS)
    )


@bp.post("/needs/<ref>/asking")
def begin(ref: str) -> Response:
    """Ask the chosen in the order of the list; everybody who fits where nobody is chosen."""
    need, form, now = _need(ref), AskingForm(), clock.now()
    if not form.validate_on_submit():
        return redirect(url_for("planning.candidates", ref=ref), 303)
    chosen = set(request.form.getlist("person"))
    ranked = [one for one in ranked_candidates(need) if not chosen or one.person.ref in chosen]
    ask_in_turn(
        need,
        ranked,
        by=planner(),
        at_once=form.at_once.data,
        lasts=timedelta(minutes=form.lasts.data),
        now=now,
    )
    db.session.commit()
    flash(_("They are asked one after the other. You will be told how it ends."), "success")
    return redirect(url_for("planning.candidates", ref=ref), 303)


@bp.post("/askings/<ref>/end")
def stop(ref: str) -> Response:
    needs = needs_planned_by(planner()).with_only_columns(Need.id)
    found = one_or_404(select(Asking).where(Asking.ref == ref, Asking.need_id.in_(needs)))
    stop_asking(found, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Nobody else is asked."), "success")
    return redirect(url_for("planning.candidates", ref=found.need.ref), 303)


@bp.post("/needs/<ref>/exception")
def ask_anyway(ref: str) -> Response:
    """Ask somebody in spite of a rule that may be overridden; the reason is kept."""
    need = _need(ref)
    person = one_or_404(people_of(planner()).where(Person.ref == request.form.get("person", "")))
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        flash(_("Say why, please: the reason is kept with the decision."), "warning")
        return redirect(url_for("planning.candidates", ref=ref), 303)
    offer_place(
        need,
        person,
        by=planner(),
        now=clock.now(),
        overriding=Overriding(rules=_rules(), reason=reason),
    )
    db.session.commit()
    flash(_("Asked. You will be told the answer."), "success")
    return redirect(url_for("planning.candidates", ref=ref), 303)


def _rules() -> frozenset[Rule]:
    """Only what the coordinator has read on the page."""
    known: dict[str, Any] = {rule.value: rule for rule in Rule}
    return frozenset(known[name] for name in request.form.getlist("rule") if name in known)


@bp.get("/needs/<ref>/decisions")
def decisions(ref: str) -> str:
    """Who was asked, in what order and why; who decided what."""
    need = _need(ref)
    askings = db.session.scalars(
        select(Asking).where(Asking.need_id == need.id).order_by(Asking.id.desc())
    ).all()
    return render_template(
        "planning/decisions.html", need=need, askings=askings, decisions=decisions_about(need)
    )


def _need(ref: str) -> Need:
    return one_or_404(needs_planned_by(planner()).where(Need.ref == ref))
