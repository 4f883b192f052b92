"""The page of a browser on which nothing happened for a while, and what was typed there before."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user
from werkzeug import Response

from app import clock
from app.extensions import db
from app.people.access import PATH, keep_form, public
from app.people.current import UNSENT, away_here, current_person, current_sign_in
from app.people.unsent import Typed, throw_away, unsent_of
from app.web import local_path

bp = Blueprint("unsent", __name__)


@bp.get("/away")
@public
def away() -> str:
    """Nothing of anybody: whoever looks at the screen may be somebody else by now."""
    return render_template("people/away.html", person=None, nav=[], waits=UNSENT in cookie)


@bp.post("/away")
@public
def put_away() -> Response:
    """A page closes itself with words typed in it; they wait for whoever typed them."""
    signed_in = current_sign_in() if current_user.is_authenticated else away_here()
    path = local_path(request.form.get(PATH))
    if signed_in is not None and path is not None:
        keep_form(signed_in.person, path)
    return redirect(url_for(".away"), 303)


@bp.get("/unsent")
def back() -> str | Response:
    """They are back: what they had typed, to be sent now or thrown away."""
    typed = _typed()
    if typed is None:
        return redirect(url_for("people.home"), 303)
    return render_template("people/unsent.html", typed=typed)


@bp.post("/unsent")
def send() -> Response:
    """It goes where it was to go in the first place; the browser sends it on."""
    typed = _typed()
    if typed is None:
        abort(404)
    _throw_away()
    return redirect(typed.path, 307)


@bp.post("/unsent/removal")
def remove() -> Response:
    _throw_away()
    return redirect(url_for("people.home"), 303)


def _typed() -> Typed | None:
    token = cookie.get(UNSENT)
    return unsent_of(current_person(), token, now=clock.now()) if token else None


def _throw_away() -> None:
    if (token := cookie.pop(UNSENT, None)) is not None:
        throw_away(token)
        db.session.commit()
