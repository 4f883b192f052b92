"""The call list: whom to telephone, what to say and why, because a message could not be delivered;
and the addresses that take no letters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices.calling import give_up, send_again, tell
from app.notices.channels import Channel
from app.notices.ledger import StoppedAddress
from app.notices.models import Notice
from app.notices.queries import call_list
from app.notices.stopping import stopped_addresses, use_again
from app.notices.wishes import without_calls
from app.people.current import staff
from app.people.locale import page_language
from app.reminders.calls import calls_for
from app.web import one_or_404, settings

bp = Blueprint("calls", __name__)


@bp.get("/call-list")
def calls() -> str:
    """Who has not been told what, as far as it is still true, and which addresses are dead."""
    stopped = db.session.scalars(stopped_addresses(staff())).all()
    return render_template(
        "reminders/calls.html",
        calls=calls_for(staff(), page_language(), now=clock.now()),
        zone=staff().zone,
        stopped=stopped,
        without_calls=without_calls({one.person_id for one in stopped}),
        carried=_carried(),
    )


def _carried() -> list[Channel]:
    """On which ways this installation writes."""
    no_sms = () if settings().sends_sms else (Channel.SMS,)
    return [way for way in Channel if way not in (Channel.TELEPHONE, *no_sms)]


@bp.post("/call-list/told")
def told() -> Response:
    """What one person was told in one call, or when they came."""
    return _done(tell, _("Thank you for calling."))


@bp.post("/call-list/again")
def again() -> Response:
    asked = request.form.get("via")
    via = next((way for way in _carried() if way.value == asked), None)
    return _done(partial(send_again, via=via), _("It is sent again."))


@bp.post("/call-list/given-up")
def given_up() -> Response:
    return _done(give_up, _("It is not sent any more."))


def _done(deed: Callable[..., None], thanks: str) -> Response:
    """The deed for each message to one person, traced for each."""
    me, now = staff(), clock.now()
    refs = request.form.get("refs", "").split(",")
    notices = db.session.scalars(call_list(me, now=now).where(Notice.ref.in_(refs))).all()
    if not notices:
        abort(404)
    for notice in notices:
        deed(notice, by=me, now=now)
    return _finished(thanks)


@bp.post("/call-list/addresses/<ref>/works")
def works(ref: str) -> Response:
    """Somebody asked them: the address takes letters after all."""
    me = staff()
    stopped = one_or_404(stopped_addresses(me).where(StoppedAddress.ref == ref))
    use_again(stopped, by=me, now=clock.now())
    return _finished(_("Messages go to this address again."))


def _finished(thanks: str) -> Response:
    db.session.commit()
    flash(thanks, "success")
    return redirect(url_for(".calls"), 303)
