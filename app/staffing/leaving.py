"""Pages of somebody who cannot come: a stand-in, a swap, or giving the place up."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import or_, select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.current import current_person
from app.staffing.models import Assignment, State, Swap
from app.staffing.queries import assignments_of
from app.staffing.standing_in import (
    come_after_all,
    look_for_stand_in,
    others_are_asked_for,
)
from app.staffing.swapping import NotToSwap, accept_swap, propose_swap, refuse_swap, swappable
from app.web import one_or_404

bp = Blueprint("leaving", __name__)


@bp.get("/places/<ref>/leaving")
def leaving(ref: str) -> str:
    """What somebody can do who would rather not come."""
    place, now = _held(ref), clock.now()
    return render_template(
        "staffing/leaving.html",
        place=place,
        swaps=swappable(place, now=now),
        others_are_asked=others_are_asked_for(place),
        now=now,
    )


@bp.post("/places/<ref>/stand-in")
def look(ref: str) -> Response:
    look_for_stand_in(_held(ref), now=clock.now())
    db.session.commit()
    flash(_("Noted. You are expected until somebody else is; then you are told."), "success")
    return redirect(url_for("staffing.places"), 303)


@bp.post("/places/<ref>/stand-in/end")
def come(ref: str) -> Response:
    come_after_all(_held(ref), now=clock.now())
    db.session.commit()
    flash(_("Thank you. You are expected."), "success")
    return redirect(url_for("staffing.places"), 303)


@bp.post("/places/<ref>/swaps")
def propose(ref: str) -> Response:
    """Ask whoever has another place to take this one for it."""
    mine, now = _held(ref), clock.now()
    wanted = request.form.get("place", "")
    theirs = next((one for one in swappable(mine, now=now) if one.ref == wanted), None)
    if theirs is None:
        raise NotToSwap
    propose_swap(mine, theirs, now=now)
    db.session.commit()
    flash(_("They are asked. You are expected until they say yes."), "success")
    return redirect(url_for("staffing.places"), 303)


@bp.get("/swaps/<ref>")
def swap(ref: str) -> str:
    """A proposed swap, for the two whom it concerns. Looking changes nothing."""
    found, me = _swap(ref), current_person()
    asked = found.theirs.person_id == me.id
    gives, takes = (found.theirs, found.mine) if asked else (found.mine, found.theirs)
    return render_template(
        "staffing/swap.html",
        swap=found,
        asked=asked,
        gives=gives,
        takes=takes,
        now=clock.now(),
        State=State,
    )


@bp.post("/swaps/<ref>/acceptance")
def accept(ref: str) -> Response:
    accept_swap(_swap(ref, to_answer=True), now=clock.now())
    db.session.commit()
    flash(_("Swapped. Both of you are told."), "success")
    return redirect(url_for("staffing.places"), 303)


@bp.post("/swaps/<ref>/refusal")
def refuse(ref: str) -> Response:
    refuse_swap(_swap(ref), by=current_person(), now=clock.now())
    db.session.commit()
    flash(_("Noted. Both places stay as they are."), "success")
    return redirect(url_for("staffing.places"), 303)


def _held(ref: str) -> Assignment:
    """A place of the signed-in person, which they still have."""
    mine = assignments_of(current_person()).where(
        Assignment.ref == ref, Assignment.state == State.CONFIRMED
    )
    return one_or_404(mine)


def _swap(ref: str, *, to_answer: bool = False) -> Swap:
    """A swap that the signed-in person is asked about or, but for the answer, proposed."""
    places = select(Assignment.id).where(Assignment.person_id == current_person().id)
    asked = Swap.theirs_id.in_(places)
    concerned = asked if to_answer else or_(asked, Swap.mine_id.in_(places))
    return one_or_404(select(Swap).where(Swap.ref == ref, concerned))
