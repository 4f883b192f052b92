"""One letter made of several that would leave for one reader at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import current_app

from app.i18n import _, in_language
from app.notices.letter import Letter, Said
from app.people.locale import direction
from app.web import settings


def bind(letters: Sequence[Letter]) -> Letter:
    """The first of *letters* with what the others say below it, each under its own subject; all are
    to one reader, the most urgent first. Where one does not exist in the reader's language, all are
    in the one in which each does. Of what is protected each says as little as it did alone."""
    if len({one.language for one in letters}) > 1:
        letters = [one.instead or one for one in letters]
    first = letters[0]
    with in_language(first.language):
        more = len(letters) - 1
        subject = _("%(subject)s (and %(num)s more)", subject=first.subject, num=more)
        parts = [(one.subject, _said(one)) for one in letters]
        frame = {
            "subject": subject,
            "greeting": _said(first).greeting,
            "parts": parts,
            "language": first.language,
            "dir": direction(first.language),
            "site": settings().mail_name,
        }
        pen = current_app.jinja_env
        return replace(
            first,
            subject=subject,
            text=pen.get_template("letters/together.txt").render(frame),
            html=pen.get_template("letters/together.html").render(frame),
            brief=first.brief and replace(first.brief, line=subject, text=f"{subject}."),
        )


def _said(letter: Letter) -> Said:
    return letter.said or Said(greeting="", paragraphs=(letter.text,), link=None)
