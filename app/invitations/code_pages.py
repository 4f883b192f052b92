"""\"I want to help\", signing in with a code, and what both share: the code and the link.

Looking never uses anything up: mail scanners open links before people do. Only the browser that
began can end it; on another one the link says to type the code where one began.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.invitations.code_forms import CodeForm, CodeWantedForm, NothingForm, WishForm
from app.invitations.codes import (
    Wish,
    enter_code,
    enter_link,
    is_the_browser,
    knock,
    knock_of_link,
)
from app.people.access import public
from app.people.current import current_person, end_here, remember
from app.people.knocks import Knock
from app.people.locale import page_language
from app.people.operations import LinkUsed, TooManyTries
from app.people.phones import shown
from app.people.queries import centres
from app.people.terms import Role
from app.web import callers_network, came_from, local_path, settings

BEGAN_LASTS = timedelta(hours=1)

bp = Blueprint("codes", __name__)


@bp.get("/volunteering")
@public
def volunteering() -> str | Response:
    if current_user.is_authenticated:
        return redirect(url_for("people.home"), 303)
    return _wish_page(WishForm(centres=centres()))


@bp.post("/volunteering")
@public
def wished() -> tuple[str, int] | Response:
    """The same answer whether we know the address or not."""
    form = WishForm(centres=centres())
    if not form.validate_on_submit():
        return _wish_page(form), 422
    try:
        _send_code(form.reachable_at, url_for("people.home"), wish=form.wish)
    except TooManyTries as refusal:
        form.form_errors.append(str(refusal.message))
        return _wish_page(form), 429
    return redirect(url_for(".code"), 303)


def _wish_page(form: WishForm) -> str:
    return render_template("invitations/volunteering.html", form=form)


@bp.get("/sign-in/code")
@public
def wanted() -> str:
    return _wanted_page(CodeWantedForm())


@bp.post("/sign-in/code")
@public
def asked() -> tuple[str, int] | Response:
    """The same answer whether we know the address or not."""
    form = CodeWantedForm()
    if not form.validate_on_submit():
        return _wanted_page(form), 422
    try:
        _send_code(form.reachable_at, local_path(request.args.get("next")) or "")
    except TooManyTries as refusal:
        form.form_errors.append(str(refusal.message))
        return _wanted_page(form), 429
    return redirect(url_for(".code"), 303)


def _wanted_page(form: CodeWantedForm) -> str:
    return render_template("invitations/code_wanted.html", form=form)


@bp.get("/confirmation/code")
def again() -> str:
    """For people without a password, where others type it once more."""
    back = came_from() or url_for("people.home")
    contact = shown_contact(_own_contact())
    return render_template("invitations/code_again.html", contact=contact, back=back)


@bp.post("/confirmation/code")
def again_asked() -> tuple[str, int] | Response:
    contact = _own_contact()
    _send_code(contact, local_path(request.args.get("next")) or "")
    return redirect(url_for(".code"), 303)


def _own_contact() -> str:
    """Where the signed-in person gets a code; 404 for somebody who has a password."""
    person = current_person()
    contact = person.email or person.sign_in_phone
    if person.password_hash is not None or contact is None:
        abort(404)
    return contact


def _send_code(contact: str, then: str, *, wish: Wish | None = None) -> None:
    begin_code(contact, then, wish=wish)
    db.session.commit()


def begin_code(
    contact: str, then: str, *, wish: Wish | None = None, language: str | None = None
) -> Knock | None:
    """Owe the letter, and let this browser be the one that may type what is in it. The caller
    commits. Raises `TooManyTries`."""
    secret = own_secret() or secrets.token_urlsafe(32)
    made = knock(
        contact,
        browser=secret,
        language=language or page_language(),
        network=callers_network(),
        now=clock.now(),
        wish=wish,
    )
    cookie["knock"] = {
        "secret": secret,
        "contact": contact,
        "then": then,
        "applies": wish is not None and wish.role is not Role.PARTICIPANT,
        "until": (clock.now() + BEGAN_LASTS).isoformat(),
    }
    return made


def own_secret() -> str | None:
    """What shows that this is the browser that asked for a code. Nobody who comes to it an hour
    later reads for whom."""
    began: dict[str, Any] = cookie.get("knock") or {}
    if not began or datetime.fromisoformat(began["until"]) <= clock.now():
        cookie.pop("knock", None)
        return None
    return str(began["secret"])


@bp.get("/code")
@public
def code() -> str | Response:
    if own_secret() is None:
        return redirect(url_for(".wanted"), 303)
    return _code_page(CodeForm())


@bp.post("/code")
@public
def typed() -> tuple[str, int] | Response:
    """Right: in. Wrong, too old, of nobody or of staff: the same sentence."""
    secret, form = own_secret(), CodeForm()
    if secret is None:
        return redirect(url_for(".wanted"), 303)
    if not form.validate_on_submit():
        return _code_page(form), 422
    token, status = entered(form, secret)
    return _come_in(token) if token is not None else (_code_page(form), status)


def entered(form: CodeForm, secret: str) -> tuple[str | None, int]:
    """The sign-in that the typed code opens. None where it opens none: then *form* says why, and
    the page has that status. Commits."""
    try:
        token = enter_code(
            form.code.data,
            browser=secret,
            key=settings().secret_key,
            network=callers_network(),
            now=clock.now(),
        )
    except TooManyTries as refusal:
        form.form_errors.append(str(refusal.message))
        return None, 429
    db.session.commit()
    if token is None:
        form.is_wrong()
    return token, 422


def _code_page(form: CodeForm) -> str:
    began = cookie["knock"]
    return render_template(
        "invitations/code.html",
        form=form,
        contact=shown_contact(began["contact"]),
        applies=began["applies"],
        then=began["then"],
    )


def shown_contact(contact: str) -> str:
    """An address as it is, a number as people write it."""
    return shown(contact) if contact.startswith("+") else contact


@bp.get("/code/<token>")
@public
def opened(token: str) -> str | tuple[str, int]:
    made = knock_of_link(token, now=clock.now())
    if made is None:
        return render_template("refused.html", message=LinkUsed.message), 404
    if not is_the_browser(made, own_secret()):
        return render_template("invitations/code_elsewhere.html")
    return render_template("invitations/code_link.html", form=NothingForm())


@bp.post("/code/<token>")
@public
def pressed(token: str) -> tuple[str, int] | Response:
    made = knock_of_link(token, now=clock.now())
    if made is None:
        return render_template("refused.html", message=LinkUsed.message), 404
    if not is_the_browser(made, own_secret()):
        return render_template("invitations/code_elsewhere.html"), 409
    entered = enter_link(made, now=clock.now())
    db.session.commit()
    return _come_in(entered)


def come_in(token: str) -> dict[str, Any]:
    """This browser is signed in from now on, instead of whoever it was before; how it began."""
    began: dict[str, Any] = cookie["knock"]
    end_here()
    remember(token)
    db.session.commit()
    return began


def _come_in(token: str) -> Response:
    began = come_in(token)
    if began["applies"]:
        flash(_("Thank you! We have your wish to help, and will be in touch."), "success")
    return redirect(local_path(began["then"]) or url_for("people.home"), 303)
