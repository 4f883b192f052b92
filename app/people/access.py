"""Closed by default: every page needs a signed-in person unless it says ``@public``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, redirect, request, url_for
from flask import session as cookie
from flask_login import current_user
from werkzeug import Response

from app import clock
from app.extensions import db
from app.people.current import UNSENT, away_here, current_sign_in
from app.people.models import Person
from app.people.unsent import Typed, keep_unsent
from app.web import SAFE_METHODS, came_from

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Mark a page that anyone may open."""
    view.__dict__["is_public"] = True
    return view


def require_signed_in() -> Any:
    view = current_app.view_functions.get(request.endpoint or "")
    open_to_all = request.endpoint == "static" or getattr(view, "is_public", view is None)
    if not open_to_all and not current_user.is_authenticated:
        kept = _where() if request.method in SAFE_METHODS else _keep_what_was_sent()
        lost = None if kept else 1  # it was sent, and nobody gets it back
        return redirect(url_for("people.sign_in", next=kept or came_from(), lost=lost), 303)
    return None


PATH = "_path"
"""The field in which a page that closes itself says where its form belongs."""
NEVER_SENT_LATER = ("people.", "own_data.", "sign_outs.", "unsent.")
"""Rooms whose buttons somebody presses once more: passwords, erasing, signing out."""


def _keep_what_was_sent() -> str | None:
    """The page that gives it back to whoever sent it, where it was only time that closed theirs."""
    by_script = request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    away = None if by_script or _is_for_now() else away_here()
    return url_for("unsent.back") if away is not None and keep_form(away.person, _where()) else None


def _is_for_now() -> bool:
    endpoint = request.endpoint or ""
    return endpoint.startswith(NEVER_SENT_LATER) and endpoint != "people.change_profile"


def keep_form(person: Person, path: str) -> bool:
    """What this request brings is kept for *person*, to be sent to *path*; whether that worked."""
    if request.files or any("password" in name for name in request.form):
        return False
    ours = ("csrf_token", PATH)
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in ours]
    token = keep_unsent(person, Typed(path, fields), now=clock.now())
    if token is not None:
        db.session.commit()
        cookie[UNSENT] = token
    return token is not None


def confirm_first() -> Response | None:
    """A redirect to typing the password once more, or None where that was done lately."""
    if current_sign_in().is_fresh(clock.now()):
        return None
    then = _where() if request.method == "GET" else None
    return redirect(url_for("people.confirm", next=then), 303)


def _where() -> str:
    return request.script_root + request.full_path.rstrip("?")
