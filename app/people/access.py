"""Closed by default: every page needs a signed-in person unless it says ``@public``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug import Response

from app import clock
from app.people.current import current_sign_in

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Mark a page that anyone may open."""
    view.__dict__["is_public"] = True
    return view


def require_signed_in() -> Any:
    view = current_app.view_functions.get(request.endpoint or "")
    open_to_all = request.endpoint == "static" or getattr(view, "is_public", view is None)
    if not open_to_all and not current_user.is_authenticated:
        return redirect(url_for("people.sign_in", next=_where()), 303)
    return None


def confirm_first() -> Response | None:
    """A redirect to typing the password once more, or None where that was done lately."""
    if current_sign_in().is_fresh(clock.now()):
        return None
    return redirect(url_for("people.confirm", next=_where()), 303)


def _where() -> str | None:
    return request.script_root + request.full_path.rstrip("?") if request.method == "GET" else None
