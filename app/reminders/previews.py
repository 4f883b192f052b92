"""How each letter reads, for staff: every kind in every language, with made-up facts."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from app import clock
from app.i18n import LANGUAGES
from app.notices.models import Kind
from app.people.current import staff
from app.people.locale import direction, page_language
from app.reminders.samples import sample, sample_together

bp = Blueprint("previews_of_letters", __name__)
TOGETHER = "together"


@bp.get("/letters")
def letters() -> str:
    """The kinds of letters, each a link."""
    staff()
    return render_template("reminders/letters.html", kinds=list(Kind), together=TOGETHER)


@bp.get("/letters/<name>")
def letter(name: str) -> str:
    """One kind, in the language that the address asks for, of a protected session or another."""
    staff()
    asked = request.args.get("language", "")
    language = asked if asked in LANGUAGES else page_language()
    protected = request.args.get("protected") == "1"
    now = clock.now()
    if name == TOGETHER:
        shown = sample_together(language, protected=protected, now=now)
    elif name in {kind.value for kind in Kind}:
        shown = sample(Kind(name), language, protected=protected, now=now)
    else:
        abort(404)
    return render_template(
        "reminders/letter.html",
        kind=None if name == TOGETHER else Kind(name),
        name=name,
        letter=shown,
        protected=protected,
        chosen=language,
        direction=direction(shown.language),
        languages=LANGUAGES,
    )
