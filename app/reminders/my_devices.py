"""My devices: browsers that show our messages; and the worker that they run for it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices.agents import label_of
from app.notices.devices import PushSubscription, add_device, devices_of
from app.notices.webpush import mark_of, public_key
from app.people.current import current_person, person_or_none
from app.web import one_or_404, settings

bp = Blueprint("devices", __name__)


@bp.post("/profile/devices")
def add() -> Response:
    """This browser shows the messages of whoever is signed in. Its address stands in no log."""
    add_device(
        current_person(),
        endpoint=request.form.get("endpoint", ""),
        p256dh=request.form.get("p256dh", ""),
        auth=request.form.get("auth", ""),
        server_key=mark_of(push_key()),
        label=label_of(request.headers.get("User-Agent", "")),
        now=clock.now(),
    )
    db.session.commit()
    flash(_("From now on our messages come to this device first."), "success")
    return _home()


@bp.post("/profile/devices/<ref>/stop")
def stop(ref: str) -> Response:
    mine = devices_of(current_person()).where(PushSubscription.ref == ref)
    db.session.delete(one_or_404(mine))
    db.session.commit()
    flash(_("This device shows no more messages."), "success")
    return _home()


def _home() -> Response:
    return redirect(url_for("reminding.mine"), 303)


@bp.app_template_global()
def push_key() -> str:
    """The public half of our key, which a browser asks for."""
    return _public(settings().vapid_key)


@cache
def _public(private: str) -> str:
    return public_key(private)


@bp.app_template_global()
def push_known() -> str:
    """The marks of the devices of whoever looks, by which a browser finds itself among them."""
    person = person_or_none()
    found = db.session.scalars(devices_of(person)) if person else ()
    return " ".join(sha256(one.endpoint.encode()).hexdigest()[:16] for one in found)
