"""The pages on which somebody takes another e-mail address: the address, then the code."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import session as cookie
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.invitations.addresses import AddressTaken, ask_for_address, take_address
from app.invitations.code_forms import AddressForm, CodeForm
from app.people.access import confirm_first
from app.people.current import current_person, current_sign_in
from app.people.knocks import CODE_LASTS
from app.people.operations import TooManyTries
from app.web import callers_network, settings

bp = Blueprint("address", __name__)


@bp.get("/profile/address")
def ask() -> str | Response:
    """Only who has just come in may say so: somebody else who holds the device may not."""
    if (first := confirm_first()) is not None:
        return first
    return _page(AddressForm())


@bp.post("/profile/address")
def asked() -> str | tuple[str, int] | Response:
    """The same answer whether we know the address or not."""
    if (first := confirm_first()) is not None:
        return first
    form, me, now = AddressForm(), current_person(), clock.now()
    if not form.validate_on_submit():
        return _page(form), 422
    email, secret = form.email.data.lower(), secrets.token_urlsafe(32)
    try:
        ask_for_address(me, email, browser=secret, network=callers_network(), now=now)
    except TooManyTries as refusal:
        form.form_errors.append(str(refusal.message))
        return _page(form), 429
    db.session.commit()
    until = (now + CODE_LASTS).isoformat()
    cookie["address"] = {"secret": secret, "email": email, "until": until}
    return redirect(url_for(".code"), 303)


def _page(form: AddressForm) -> str:
    return render_template("invitations/address.html", form=form, email=current_person().email)


@bp.get("/profile/address/code")
def code() -> str | Response:
    return _code_page(CodeForm(), _began()) if _began() else redirect(url_for(".ask"), 303)


@bp.post("/profile/address/code")
def typed() -> str | tuple[str, int] | Response:
    began, form = _began(), CodeForm()
    if not began:
        return redirect(url_for(".ask"), 303)
    if not form.validate_on_submit():
        return _code_page(form, began), 422
    try:
        is_right = _take(form.code.data, began["secret"])
    except (TooManyTries, AddressTaken) as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _code_page(form, began), 409 if isinstance(refusal, AddressTaken) else 429
    db.session.commit()
    if not is_right:
        form.is_wrong()
        return _code_page(form, began), 422
    cookie.pop("address", None)
    flash(_("This is your address from now on. All other devices are signed out."), "success")
    return redirect(url_for("people.profile"), 303)


def _take(code: str, secret: str) -> bool:
    return take_address(
        current_sign_in(),
        code,
        browser=secret,
        key=settings().secret_key,
        network=callers_network(),
        now=clock.now(),
    )


def _began() -> dict[str, Any]:
    """What this browser asked for, while its code may be typed."""
    began: dict[str, Any] = cookie.get("address") or {}
    is_over = not began or datetime.fromisoformat(began["until"]) <= clock.now()
    return {} if is_over else began


def _code_page(form: CodeForm, began: dict[str, Any]) -> str:
    return render_template("invitations/address_code.html", form=form, email=began["email"])
