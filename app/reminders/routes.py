"""The call list: whom to telephone, and what to say, because a message could not be delivered."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices.models import Kind, Notice
from app.notices.operations import mark_told
from app.notices.queries import call_list
from app.people.current import staff
from app.people.locale import page_language
from app.reminders.letters import draft
from app.web import one_or_404

bp = Blueprint("calls", __name__)


@bp.get("/call-list")
def calls() -> str:
    """Who has not been told what, as far as it is still true."""
    now, language = clock.now(), page_language()
    notices = db.session.scalars(call_list(staff(), now=now)).all()
    owed = [(notice, draft(notice, language, now)) for notice in notices]
    shown = [(n, words) for n, words in owed if words is not None or n.kind is Kind.PASSWORD]
    return render_template("reminders/calls.html", owed=shown)


@bp.post("/call-list/<ref>/told")
def told(ref: str) -> Response:
    notice = one_or_404(call_list(staff(), now=clock.now()).where(Notice.ref == ref))
    mark_told(notice)
    db.session.commit()
    flash(_("Thank you for calling."), "success")
    return redirect(url_for(".calls"), 303)
