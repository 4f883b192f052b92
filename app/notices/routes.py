"""What was sent, while no mail server is set."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from flask import Blueprint, abort, render_template

from app.extensions import db
from app.notices.delivery import file_name_end
from app.notices.models import Notice
from app.notices.queries import sent_messages
from app.people.current import current_person
from app.web import settings

bp = Blueprint("notices", __name__)


@bp.get("/sent-messages")
def sent() -> str:
    """The letters in the folder: one's own; an administrator reads all but the confidential."""
    if settings().smtp_url:
        abort(404)
    notices = db.session.scalars(sent_messages(current_person())).all()
    first = {notice.letter or notice.ref: notice for notice in reversed(notices)}
    seen = sorted(first.values(), key=notices.index)  # several messages may be one letter
    letters = [(notice, letter) for notice in seen if (letter := _read(notice)) is not None]
    return render_template("notices/sent.html", letters=letters)


def _read(notice: Notice) -> dict[str, str] | None:
    """The words of a letter, while its file is still kept."""
    message_id = f"<{notice.letter or notice.ref}@{settings().uid_domain}>"
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
