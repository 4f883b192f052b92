"""What was sent (while no mail server is set), and whom to telephone because it could not be."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices.delivery import file_name_end
from app.notices.models import Notice
from app.notices.operations import mark_told
from app.notices.queries import call_list, sent_messages
from app.people.current import current_person, staff
from app.web import one_or_404, settings

bp = Blueprint("notices", __name__)


@bp.get("/sent-messages")
def sent() -> str:
    """The letters in the folder: one's own; an administrator reads all but the confidential."""
    if settings().smtp_url:
        abort(404)
    notices = db.session.scalars(sent_messages(current_person())).all()
    letters = [(notice, letter) for notice in notices if (letter := _read(notice)) is not None]
    return render_template("notices/sent.html", letters=letters)


def _read(notice: Notice) -> dict[str, str] | None:
    """The words of a letter, while its file is still kept."""
    message_id = f"<{notice.ref}@{settings().uid_domain}>"
    path = next(settings().mail_folder.glob(f"*{file_name_end(message_id)}"), None)
    if path is None:
        return None
    email = _parse(path)
    body = email.get_body(("plain",))
    return {
        "to": str(email["To"]),
        "subject": str(email["Subject"]),
        "language": str(email["Content-Language"] or ""),
        "text": body.get_content() if body else "",
    }


def _parse(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        return BytesParser(policy=policy.default).parse(file)


@bp.get("/call-list")
def calls() -> str:
    """Who has not been told, so that somebody can telephone."""
    notices = db.session.scalars(call_list(staff(), now=clock.now())).all()
    return render_template("notices/calls.html", notices=notices)


@bp.post("/call-list/<ref>/told")
def told(ref: str) -> Response:
    notice = one_or_404(call_list(staff(), now=clock.now()).where(Notice.ref == ref))
    mark_told(notice)
    db.session.commit()
    flash(_("Thank you for calling."), "success")
    return redirect(url_for(".calls"), 303)
