"""Pages on which people say which languages they know: look for one, choose it, say how well."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app.extensions import db
from app.i18n import _
from app.people import profile
from app.people.current import current_person
from app.people.forms import LevelsForm
from app.people.language_search import search
from app.people.languages import COMMON, is_known, name_of, own_name_of, runs
from app.people.locale import page_language
from app.people.models import SpokenLanguage
from app.people.terms import Level

bp = Blueprint("spoken", __name__)
OFTEN = COMMON[:12]
LONGEST = 60


@bp.app_context_processor
def names() -> dict[str, object]:
    return {"own_language_name": own_name_of, "runs": runs}


@bp.get("/profile/languages")
def languages() -> str:
    """Those I know; a box to look for more; what was found."""
    words = request.args.get("words", "")[:LONGEST]
    known = [one.language for one in current_person().languages]
    return render_template(
        "people/languages.html",
        words=words,
        found=[tag for tag in search(words, page_language())] if words.strip() else None,
        often=[tag for tag in OFTEN if tag not in known],
        known=current_person().languages,
    )


@bp.get("/profile/languages/<tag>")
def language(tag: str) -> str:
    """How well I know this one."""
    row = _known(tag)
    given = {name: level.value for name, level in _levels(row).items() if level}
    return _show(LevelsForm(data=given), tag, row)


@bp.post("/profile/languages/<tag>")
def say(tag: str) -> str | tuple[str, int] | Response:
    row, form = _known(tag), LevelsForm()
    if not form.validate_on_submit():
        return _show(form, tag, row), 422
    speaks, reads, interprets = form.levels()
    profile.say_language(current_person(), tag, speaks=speaks, reads=reads, interprets=interprets)
    db.session.commit()
    flash(_("Saved: %(language)s.", language=name_of(tag, page_language())), "success")
    return redirect(url_for(".languages"), 303)


@bp.post("/profile/languages/<tag>/removal")
def remove(tag: str) -> Response:
    profile.remove_language(current_person(), tag)
    db.session.commit()
    flash(_("Removed: %(language)s.", language=name_of(tag, page_language())), "success")
    return redirect(url_for(".languages"), 303)


def _known(tag: str) -> SpokenLanguage | None:
    """What they said of it; a page for every language there is."""
    row = next((one for one in current_person().languages if one.language == tag), None)
    if row is None and not is_known(tag):
        abort(404)
    return row


def _levels(row: SpokenLanguage | None) -> dict[str, Level | None]:
    if row is None:
        return {}
    return {"speaks": row.speaks, "reads": row.reads, "interprets": row.interprets}


def _show(form: LevelsForm, tag: str, row: SpokenLanguage | None) -> str:
    return render_template("people/language.html", form=form, tag=tag, row=row)
