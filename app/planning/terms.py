"""Terms: drafted, checked, published at once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.listening import publishing
from app.people.current import asked_centre, planned_centres, planner
from app.planning.checking import check
from app.planning.term_form import TermForm
from app.programme.models import Activity
from app.programme.publishing import drafts_in
from app.programme.queries import activities_planned_by
from app.programme.terms import Term
from app.programme.throwing_away import remove_term
from app.web import one_or_404

bp = Blueprint("terms", __name__)


@bp.get("/terms")
def terms() -> str:
    """The terms of a centre, the latest first, each with its drafts."""
    centre = asked_centre()
    found = db.session.scalars(
        select(Term).where(Term.centre_id == centre.id).order_by(Term.first_day.desc(), Term.id)
    ).all()
    drafts = {term.id: len(drafts_in(term, planner())) for term in found}
    return render_template(
        "planning/terms.html",
        centre=centre,
        centres=planned_centres(),
        terms=found,
        drafts=drafts,
        form=TermForm(centre=centre),
    )


@bp.post("/terms")
def create() -> tuple[str, int] | Response:
    centre = asked_centre()
    form = TermForm(centre=centre)
    if not form.validate_on_submit():
        page = render_template(
            "planning/terms.html",
            centre=centre,
            centres=planned_centres(),
            terms=[],
            drafts={},
            form=form,
        )
        return page, 422
    term = Term(centre=centre, **form.facts())
    db.session.add(term)
    db.session.commit()
    flash(_("The term is there. Activities that you plan in it are drafts."), "success")
    return redirect(url_for(".term", ref=term.ref), 303)


@bp.get("/terms/<ref>")
def term(ref: str) -> str:
    """One term: what is drafted, what to look at before it is published."""
    found = _term(ref)
    drafts = drafts_in(found, planner())
    return render_template(
        "planning/term.html",
        term=found,
        drafts=drafts,
        published=_published(found),
        warnings=check(found, drafts, now=clock.now()),
    )


def _published(found: Term) -> list[Activity]:
    mine = activities_planned_by(planner()).where(
        Activity.term_id == found.id, Activity.published_at.is_not(None)
    )
    return list(
        db.session.scalars(mine.options(selectinload(Activity.texts)).order_by(Activity.id))
    )


@bp.get("/terms/<ref>/edit")
def edit(ref: str) -> str:
    """Its name and days, and removing it."""
    found = _term(ref)
    given = {"name": found.name, "first_day": found.first_day, "last_day": found.last_day}
    return _edit_page(found, TermForm(centre=found.centre, term=found, data=given))


@bp.post("/terms/<ref>/edit")
def change(ref: str) -> tuple[str, int] | Response:
    """What is planned in it stays as it is."""
    found = _term(ref)
    form = TermForm(centre=found.centre, term=found)
    if not form.validate_on_submit():
        return _edit_page(found, form), 422
    for name, value in form.facts().items():
        setattr(found, name, value)
    db.session.commit()
    flash(_("The term was changed. Its sessions stay as they are."), "success")
    return redirect(url_for(".term", ref=ref), 303)


def _edit_page(term: Term, form: TermForm) -> str:
    return render_template("planning/term_edit.html", term=term, form=form)


@bp.post("/terms/<ref>/removal")
def remove(ref: str) -> Response:
    """Only a term in which nothing at all is planned."""
    found = _term(ref)
    code = found.centre.code
    remove_term(found, by=planner())
    db.session.commit()
    flash(_("The term was removed."), "success")
    return redirect(url_for(".terms", centre=code), 303)


@bp.post("/terms/<ref>/publication")
def publish(ref: str) -> Response:
    """Everything drafted is open at once; everyone concerned reads one letter."""
    opened = publishing.publish(_term(ref), by=planner(), now=clock.now())
    db.session.commit()
    flash(
        ngettext(
            "%(num)s activity is published. Everyone concerned is told in one message.",
            "%(num)s activities are published. Everyone concerned is told in one message.",
            len(opened),
        ),
        "success",
    )
    return redirect(url_for(".term", ref=ref), 303)


def _term(ref: str) -> Term:
    ids = [centre.id for centre in planned_centres()]
    return one_or_404(select(Term).where(Term.ref == ref, Term.centre_id.in_(ids)))
