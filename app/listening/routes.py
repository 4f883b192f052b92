"""What is missing, as those say it who miss it or meet others; what helpers may read of it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.listening.adding import told_to_helpers
from app.listening.forms import MissingForm, usual_language
from app.listening.operations import say as say_it
from app.listening.operations import withdraw as take_back
from app.listening.queries import said_by_others, voices_of
from app.people.access import confirm_first
from app.people.current import current_person
from app.people.models import Centre, Person
from app.people.queries import centres, centres_of
from app.people.terms import HELPERS, Role

bp = Blueprint("listening", __name__)

SPEAKERS = (Role.PARTICIPANT, *HELPERS, Role.COORDINATOR)


def _speaker() -> Person:
    """The signed-in person who comes to a centre, helps or plans there."""
    person = current_person()
    if not person.has_role(*SPEAKERS):
        abort(404)
    return person


def _centres_for(person: Person) -> list[Centre]:
    """A participant may come to any centre; the others speak for those where they help."""
    if person.has_role(Role.PARTICIPANT):
        return centres()
    return centres_of(person, *SPEAKERS)


def _form(person: Person) -> MissingForm:
    here = _centres_for(person)
    known = {centre.id for centre in here}
    own = [person.home_centre_id, *sorted(person.centres_where(*SPEAKERS))]
    home = next((one for one in own if one in known), here[0].id)
    begin = {"language": usual_language(person), "centre": home}
    return MissingForm(person=person, centres=here, data=begin)


@bp.get("/missing")
def missing() -> str:
    """The one question."""
    return _ask(_form(_speaker()))


@bp.post("/missing")
def say() -> str | tuple[str, int] | Response:
    person = _speaker()
    form = _form(person)
    if not form.validate_on_submit():
        return _ask(form), 422
    say_it(person, form.gap(), now=clock.now(), **form.facts())
    db.session.commit()
    flash(_("Thank you. It counts from now on."), "success")
    return redirect(url_for(".mine"), 303)


def _ask(form: MissingForm) -> str:
    return render_template("listening/missing.html", form=form)


@bp.get("/missing/mine")
def mine() -> str | Response:
    """What I said; of a women's group nothing before it is sure who looks."""
    person, elsewhere = _speaker(), confirm_first()
    if elsewhere is not None and "all" in request.args:
        return elsewhere
    return render_template(
        "listening/mine.html",
        voices=db.session.scalars(voices_of(person, now=clock.now())).all(),
        is_sure=elsewhere is None,
    )


@bp.post("/missing/<ref>/withdrawal")
def withdraw(ref: str) -> Response:
    take_back(_speaker(), ref)
    db.session.commit()
    flash(_("Taken back. Nothing of it is kept."), "success")
    return redirect(url_for(".mine"), 303)


@bp.get("/missing/here")
def here() -> str:
    """What people ask for where I help, in words that name no number."""
    person = current_person()
    if not person.has_role(*HELPERS):
        abort(404)
    places = centres_of(person, *HELPERS)
    said = said_by_others(person, [one.id for one in places], now=clock.now())
    told = told_to_helpers(said.values())
    found = [(one, [pair for pair in told if pair[0].centre == one.id]) for one in places]
    return render_template("listening/here.html", found=found)
