"""The two clicks of a colleague, and one's own page of where one is signed in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices.wishes import is_silent
from app.people.access import confirm_first
from app.people.current import current_person, current_sign_in, forget, may_change, staff
from app.people.models import Person
from app.people.queries import looked_after_by
from app.sign_outs.operations import end_everywhere, sign_outs_of
from app.web import one_or_404

bp = Blueprint("sign_outs", __name__)


@bp.get("/people/<ref>/sign-outs")
def ask(ref: str) -> str | Response:
    """Before it is done; nothing here says whether they are signed in anywhere."""
    person = _colleague(ref)
    if (first := confirm_first()) is not None:
        return first
    done = db.session.scalars(sign_outs_of(person)).all()
    return render_template("sign_outs/ask.html", known=person, done=done, may_change=may_change)


@bp.post("/people/<ref>/sign-outs")
def go(ref: str) -> Response:
    person = _colleague(ref)
    if (first := confirm_first()) is not None:
        return first
    _end(person, by=staff())
    db.session.commit()
    flash(_("They are signed out everywhere."), "success")
    return redirect(url_for(".ask", ref=ref), 303)


@bp.get("/profile/sign-ins")
def mine() -> str:
    return render_template(
        "sign_outs/mine.html",
        own=current_sign_in().own_device,
        asks=current_person().takes_part,
        done=db.session.scalars(sign_outs_of(current_person())).all(),
    )


@bp.post("/profile/sign-ins/end")
def end() -> Response:
    """Everywhere, here too. No password is asked for: whoever does this is in a hurry."""
    person = current_person()
    _end(person, by=person)
    forget()
    db.session.commit()
    flash(_("You are signed out on all devices."), "success")
    response = redirect(url_for("people.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@bp.post("/profile/sign-ins/own-device")
def own_device() -> Response:
    """Only who has just come in may say so: somebody else who holds the device may not. Where a
    coordinator keeps silence it stays as it is, and nothing on the page tells why."""
    if (first := confirm_first()) is not None:
        return first
    wanted = request.form.get("own") == "yes"
    current_sign_in().own_device = wanted and not is_silent(current_person().id)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".mine"), 303)


def _end(person: Person, *, by: Person) -> None:
    end_everywhere(
        person,
        by=by,
        devices="devices" in request.form,
        calendars="calendars" in request.form,
        now=clock.now(),
    )


def _colleague(ref: str) -> Person:
    """Anybody of one's centres, colleagues too: a telephone that is gone waits for nobody."""
    return one_or_404(looked_after_by(staff()).where(Person.ref == ref))
