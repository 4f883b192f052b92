"""Pages of those who help: where they are needed, what they are asked, what they hold."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import confirm_first
from app.people.current import current_person, person_or_none
from app.people.locale import page_language
from app.people.models import Person
from app.people.terms import HELPERS, Role
from app.programme.models import Meeting
from app.staffing import operations
from app.staffing.finding import where_needed
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import NotEligible
from app.staffing.queries import (
    assignments_of,
    needs_open_to,
    offers_waiting,
    tells_what_it_is,
)
from app.staffing.swapping import swaps_of
from app.staffing.words import describe, explain, outcome, rule_name
from app.web import one_or_404

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
    return render_template("refused.html", message=refusal.message, reasons=reasons), 409


def helper() -> Person:
    """The signed-in volunteer or mediator; for anybody else the page does not exist."""
    person = current_person()
    if not person.has_role(*HELPERS):
        abort(404)
    return person


@bp.get("/needed")
def needed() -> str:
    """Where you are needed: what fits; on request the rest, with every reason why not."""
    now, everything = clock.now(), request.args.get("all") == "1"
    found = where_needed(helper(), now=now)
    fitting = [one for one in found if not one.reasons]
    others = [one for one in found if one.reasons]
    offers = db.session.scalars(offers_waiting(helper(), now=now))
    return render_template(
        "staffing/needed.html",
        offers=[one for one in offers if tells_what_it_is(one, now=now)],
        fitting=fitting,
        others=others,
        everything=everything,
        State=State,
    )


@bp.post("/needs/<ref>/place")
def take(ref: str) -> Response:
    """Sign up for a place."""
    need = one_or_404(needs_open_to(helper()).where(Need.ref == ref))
    assignment = operations.take_place(need, helper(), now=clock.now())
    db.session.commit()
    if assignment.state is State.REQUESTED:
        flash(_("Thank you. The coordinator will answer you."), "success")
    else:
        flash(_("Thank you. You are expected."), "success")
    return redirect(url_for("programme.mine"), 303)


@bp.get("/offers/<ref>")
def offer(ref: str) -> str | Response:
    """What somebody is asked, with yes and no. Looking changes nothing."""
    found, now = _mine(ref), clock.now()
    if not tells_what_it_is(found, now=now):
        return render_template("staffing/closed.html")
    if found.need.meeting.is_secret and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return render_template("staffing/offer.html", offer=found, now=now, State=State)


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
