"""Pages of those who help: where they are needed, what they are asked, what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.people.access import confirm_first
from app.people.current import current_person, person_or_none
from app.people.languages import answering, is_known, name_of
from app.people.locale import page_language
from app.people.models import Person
from app.people.terms import HELPERS, Role
from app.programme.models import Meeting
from app.staffing import operations, taking
from app.staffing.availability import Answer
from app.staffing.finding import where_needed, whole_series
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import NotEligible
from app.staffing.queries import (
    assignments_of,
    needs_open_to,
    needs_to_look_at,
    offers_waiting,
    tells_what_it_is,
)
from app.staffing.swapping import swaps_of
from app.staffing.words import describe, explain, outcome, rule_name
from app.web import one_or_404, refused_page

bp = Blueprint("staffing", __name__)


@bp.app_context_processor
def words() -> dict[str, object]:
    reader, person = page_language(), person_or_none()
    plans = person is not None and person.has_role(Role.COORDINATOR)
    return {
        "describe": lambda need: describe(need, reader),
        "explain": lambda reason: explain(reason, reader, to_planner=plans),
        "outcome": outcome,
        "rule_name": rule_name,
    }


@bp.app_errorhandler(NotEligible)
def not_eligible(refusal: NotEligible) -> tuple[str, int]:
    """A refusal with every reason spelt out."""
    db.session.rollback()
    reasons = [explain(reason, page_language()) for reason in refusal.reasons]
    return refused_page(refusal.message, reasons), 409


def helper() -> Person:
    """The signed-in volunteer or mediator; for anybody else the page does not exist."""
    person = current_person()
    if not person.has_role(*HELPERS):
        abort(404)
    return person


@bp.get("/needed")
def needed() -> str:
    """Where you are needed: what fits, the nearest first; on request the rest, with every reason
    why not. Language and centre are in the address."""
    now, everything = clock.now(), request.args.get("all") == "1"
    if not current_person().has_role(*HELPERS):
        return _preview(now)
    found = where_needed(helper(), now=now)
    shown = [one for one in found if _is_asked_for(one.need)]
    fitting = [one for one in shown if not one.reasons and not one.is_full]
    learning = [one for one in shown if one.may_learn and one not in fitting]
    offers = db.session.scalars(offers_waiting(helper(), now=now))
    return render_template(
        "staffing/needed.html",
        offers=[one for one in offers if tells_what_it_is(one, now=now)],
        fitting=fitting,
        learning=learning,
        others=[one for one in shown if one.reasons and one not in learning],
        everything=everything,
        sessions=Counter(one.series for one in fitting),
        State=State,
        Answer=Answer,
        **_filters([one.need for one in found]),
    )


def _preview(now: datetime) -> str:
    """What somebody who applied sees meanwhile: public sessions that need people."""
    person = current_person()
    if not person.applications:
        abort(404)
    needs = db.session.scalars(needs_to_look_at(person, now=now)).all()
    return render_template("staffing/needed_preview.html", needs=needs)


def _filters(needs: Sequence[Need]) -> dict[str, object]:
    """What one may choose among, and what is chosen."""
    reader = page_language()
    tags = {need.language for need in needs if need.language}
    places = {need.meeting.activity.centre for need in needs}
    return {
        "languages": sorted(((tag, name_of(tag, reader)) for tag in tags), key=lambda one: one[1]),
        "centres": sorted(places, key=lambda one: one.name),
        "chosen": {"language": request.args.get("language"), "centre": request.args.get("centre")},
    }


def _is_asked_for(need: Need) -> bool:
    language, centre = request.args.get("language"), request.args.get("centre")
    if centre and need.meeting.activity.centre.code != centre:
        return False
    return not (language and is_known(language)) or need.language in answering(language)


@bp.post("/needs/<ref>/place")
def take(ref: str) -> Response:
    """Sign up for a place; on request also where one said one is not free then."""
    need, now = _open_need(ref), clock.now()
    if request.form.get("learn") == "1":
        assignment = operations.take_place(need, helper(), now=now, trainee=True)
    elif request.form.get("anyway") == "1":
        assignment = taking.take_although_not_free(need, helper(), now=now)
    else:
        assignment = operations.take_place(need, helper(), now=now)
    db.session.commit()
    if assignment.state is State.REQUESTED:
        flash(_("Thank you. The coordinator will answer you."), "success")
    else:
        flash(_("Thank you. You are expected."), "success")
    return redirect(url_for("programme.mine"), 303)


def _open_need(ref: str) -> Need:
    return one_or_404(needs_open_to(helper()).where(Need.ref == ref))


@bp.get("/needs/<ref>/series")
def series(ref: str) -> str:
    """The same need at every coming session: which fit, which do not and why, which are mine."""
    found = whole_series(_open_need(ref), helper(), now=clock.now())
    return render_template(
        "staffing/series.html",
        first=next(iter(found), None),
        sessions=found,
        free=[one for one in found if one.may_be_taken],
        ref=ref,
        State=State,
        Answer=Answer,
    )


@bp.post("/needs/<ref>/series")
def take_series(ref: str) -> Response:
    """All of it that is open and fits; the page says of the rest why not."""
    taken = taking.take_series(_open_need(ref), helper(), now=clock.now())
    db.session.commit()
    got = [one for one in taken if one.assignment is not None]
    asked = any(one.assignment.state is State.REQUESTED for one in got if one.assignment)
    said = ngettext("%(num)s session is yours.", "%(num)s sessions are yours.", len(got))
    if asked:
        said = _("Thank you. The coordinator will answer you.")
    flash(said, "success" if got else "warning")
    if len(got) < len(taken):
        left = len(taken) - len(got)
        flash(
            ngettext(
                "%(num)s session could not be taken: see why below.",
                "%(num)s sessions could not be taken: see why below.",
                left,
            ),
            "warning",
        )
    return redirect(url_for(".series", ref=ref), 303)


@bp.get("/offers/<ref>")
def offer(ref: str) -> str | Response:
    """What somebody is asked, with yes and no. Looking changes nothing."""
    found, now = _mine(ref), clock.now()
    if not tells_what_it_is(found, now=now):
        return render_template("staffing/closed.html")
    if found.need.meeting.is_secret and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return render_template(
        "staffing/offer.html",
        offer=found,
        yes=url_for(".accept", ref=ref),
        no=url_for(".decline", ref=ref),
        now=now,
        State=State,
    )


@bp.post("/offers/<ref>/acceptance")
def accept(ref: str) -> Response:
    operations.accept_offer(_mine(ref), now=clock.now())
    db.session.commit()
    flash(_("Thank you. You are expected."), "success")
    return redirect(url_for(".offer", ref=ref), 303)


@bp.post("/offers/<ref>/refusal")
def decline(ref: str) -> Response:
    operations.decline_offer(_mine(ref), now=clock.now())
    db.session.commit()
    flash(_("Thank you for answering. Somebody else will be asked."), "success")
    return redirect(url_for(".offer", ref=ref), 303)


@bp.get("/places")
def places() -> str:
    """The places that the signed-in helper holds or asked for."""
    now = clock.now()
    found = (
        assignments_of(helper())
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            Assignment.state.in_((State.CONFIRMED, State.REQUESTED)),
            Meeting.ends_at > now,
        )
        .order_by(Meeting.starts_at)
    )
    told = [one for one in db.session.scalars(found) if tells_what_it_is(one, now=now)]
    return render_template("staffing/places.html", places=told, swaps=swaps_of(helper(), now=now))


@bp.post("/places/<ref>/end")
def give_up(ref: str) -> Response:
    operations.give_up_place(_mine(ref), now=clock.now())
    db.session.commit()
    flash(_("Noted. The coordinator is told and the place is open again."), "success")
    return redirect(url_for(".places"), 303)


def _mine(ref: str) -> Assignment:
    return one_or_404(assignments_of(current_person()).where(Assignment.ref == ref))
