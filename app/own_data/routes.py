"""What is held about oneself: a page to read, a file to keep, and erasing it all."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from werkzeug import Response as Answer

from app import clock
from app.extensions import db
from app.i18n import _
from app.notices.models import Kind
from app.own_data.copying import as_json, copy_of
from app.own_data.operations import StillResponsible, erase, only_theirs
from app.own_data.register import REGISTER_YEARS, Group
from app.own_data.traces import contacts_of, forget_letters
from app.people.access import confirm_first, public
from app.people.current import current_person, forget, may_change, staff
from app.people.locale import page_language
from app.people.models import Person
from app.people.queries import centres, looked_after_by
from app.people.strangers import for_strangers
from app.people.terms import STAFF
from app.web import one_or_404, refused_page, settings

bp = Blueprint("own_data", __name__)
MOST_SHOWN = 20


@bp.get("/privacy")
@public
def privacy() -> Answer:
    """What is kept of whom, what for and for how long, in plain words, for everybody to read."""
    page = render_template("own_data/privacy.html", groups=list(Group), centres=centres())
    return for_strangers(page)


@bp.get("/my-data")
def show() -> str:
    """All that is held about me, why, and for how long."""
    parts = copy_of(current_person(), language=page_language())
    return render_template(
        "own_data/show.html",
        parts=parts,
        most=MOST_SHOWN,
        Kind=Kind,
        may_erase=not current_person().has_role(*STAFF),
    )


@bp.get("/my-data/copy")
def copy() -> Answer:
    """The same as a file, after typing the password once more: a telephone may be in other
    hands."""
    if (first := confirm_first()) is not None:
        return first
    language = page_language()
    parts = copy_of(current_person(), language=language)
    content = as_json(parts, language=language, made_at=clock.now())
    answer = Response(content, mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="punte.json"'
    return answer


@bp.get("/my-data/erasure")
def ask() -> str | Answer:
    if (first := confirm_first()) is not None:
        return first
    return _ask(current_person(), url_for(".show"))


@bp.post("/my-data/erasure")
def go() -> str | tuple[str, int] | Answer:
    """I am gone: signed out everywhere, no longer expected anywhere."""
    if (first := confirm_first()) is not None:
        return first
    person = current_person()
    _erase(person, by=person)
    forget()
    db.session.commit()
    answer = Response(render_template("own_data/erased.html", person=None))
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@bp.get("/people/<ref>/erasure")
def ask_for(ref: str) -> str | Answer:
    """Somebody asked at the desk, or has nothing to sign in with."""
    person = _somebody(ref)
    if (first := confirm_first()) is not None:
        return first
    return _ask(person, url_for("invitations.show", ref=ref))


@bp.post("/people/<ref>/erasure")
def go_for(ref: str) -> Answer:
    person = _somebody(ref)
    if (first := confirm_first()) is not None:
        return first
    _erase(person, by=staff())
    flash(_("They are erased."), "success")
    return redirect(url_for("invitations.people"), 303)


@bp.app_errorhandler(StillResponsible)
def still_responsible(refusal: StillResponsible) -> tuple[str, int]:
    db.session.rollback()
    return refused_page(refusal.message), 409


def _erase(person: Person, *, by: Person) -> None:
    contacts = contacts_of(person)
    erase(person, by=by, now=clock.now())
    db.session.commit()
    forget_letters(contacts, settings())


def _ask(person: Person, back: str) -> str:
    return render_template(
        "own_data/erase.html",
        known=person,
        oneself=person.id == current_person().id,
        years=REGISTER_YEARS if person.contracts else None,
        children=only_theirs(person),
        back=back,
    )


def _somebody(ref: str) -> Person:
    person = one_or_404(looked_after_by(staff()).where(Person.ref == ref))
    if not may_change(person):
        abort(404)
    return person
