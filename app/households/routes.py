"""My children; and joining and leaving with them, in one step."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.households.coming_page import Party, Saved, saved
from app.households.forms import ChildForm, NameForm
from app.households.operations import add_child, may_take_out, rename_child, take_out
from app.i18n import _
from app.people.access import confirm_first
from app.people.current import current_person
from app.people.guardians import child_ids, children_of
from app.people.models import Person
from app.programme.models import Activity
from app.programme.queries import bookings_of
from app.refusal import Refusal
from app.signups.queries import activities_open_to
from app.signups.routes import words_of_leaving
from app.signups.together import Came, leave_together
from app.signups.waiting_pages import leaves_a_day
from app.web import one_or_404

bp = Blueprint("households", __name__)


@bp.get("/children")
def mine() -> str:
    """The children for whom I decide."""
    return _mine(ChildForm(guardian=current_person()))


@bp.post("/children")
def add() -> tuple[str, int] | Response:
    me = current_person()
    form = ChildForm(guardian=me)
    if not form.validate_on_submit():
        return _mine(form), 422
    try:
        add_child(form.name.data, guardian=me, by=me, language=form.language.data, now=clock.now())
    except Refusal as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _mine(form), 409
    db.session.commit()
    flash(_("Added."), "success")
    return redirect(url_for(".mine"), 303)


def _mine(form: ChildForm) -> str:
    return render_template(
        "households/mine.html", children=children_of(current_person()), form=form
    )


@bp.get("/children/<ref>")
def child(ref: str) -> str:
    """Where one of my children is expected."""
    found = _child(ref)
    return _page_of(found, NameForm(data={"name": found.name}))


@bp.post("/children/<ref>")
def rename(ref: str) -> tuple[str, int] | Response:
    """The name of one of my children was misspelt."""
    found, form = _child(ref), NameForm()
    if not form.validate_on_submit():
        return _page_of(found, form), 422
    rename_child(found, form.name.data)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".child", ref=ref), 303)


def _page_of(child: Person, form: NameForm) -> str:
    bookings = db.session.scalars(bookings_of(child, since=clock.now())).all()
    may_go = may_take_out(child, by=current_person())
    return render_template(
        "households/child.html", child=child, bookings=bookings, form=form, may_go=may_go
    )


@bp.get("/children/<ref>/removal")
def ask(ref: str) -> str | Response:
    """Does this child really come no more?"""
    found = _child(ref)
    if (first := confirm_first()) is not None:
        return first
    return render_template("households/removal.html", child=found)


@bp.post("/children/<ref>/removal")
def remove(ref: str) -> Response:
    """One of my children comes no more, and nothing of it is kept."""
    found = _child(ref)
    if (first := confirm_first()) is not None:
        return first
    take_out(found, by=current_person(), now=clock.now())
    db.session.commit()
    flash(_("They are erased."), "success")
    return redirect(url_for(".mine"), 303)


def _child(ref: str) -> Person:
    """A child for whom I decide at this moment; for anybody else there is none."""
    mine = select(Person).where(Person.id.in_(child_ids(current_person())), Person.is_active)
    return one_or_404(mine.where(Person.ref == ref))


@bp.get("/activities/<ref>/together")
def together(ref: str) -> str | Response:
    found = _open(ref)
    if not found.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return _party(found).page()


@bp.post("/activities/<ref>/together")
def come(ref: str) -> tuple[str, int] | Response:
    """What is asked first comes before anything is saved; then all have their places, or none."""
    found = _open(ref)
    if not found.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    done = saved(_party(found), request.form.get("answer", ""))
    if not isinstance(done, Saved):
        return done
    flash(_said(done.came, found), "success")
    return redirect(url_for("signups.activity", ref=ref), 303)


def _said(came: Came, activity: Activity) -> str:
    if not came.has_places:
        return _(
            "You are on the waiting list together. We will write to you when there are places."
        )
    if not came.is_minded:
        return _("You have a place, without childcare for now.")
    if not leaves_a_day(activity):
        return _("You have a place.")
    return _("You have your places. We will remind you the day before.")


@bp.post("/activities/<ref>/together/end")
def leave(ref: str) -> Response:
    """Those who were named come no more, nor their children to the childcare beside it."""
    found, me = _open(ref), current_person()
    named = set(request.form.getlist("person"))
    leaving = [one for one in (me, *children_of(me)) if one.ref in named]
    still_listed = found.privacy.is_listed
    leave_together(found, leaving, by=me, guardian=me, now=clock.now())
    db.session.commit()
    flash(words_of_leaving(found), "success")
    page = url_for("signups.activity", ref=ref) if still_listed else url_for("programme.mine")
    return redirect(page, 303)


def _open(ref: str) -> Activity:
    return one_or_404(activities_open_to(current_person()).where(Activity.ref == ref))


def _party(activity: Activity) -> Party:
    me = current_person()
    page = url_for("signups.activity", ref=activity.ref)
    return Party(activity=activity, guardian=me, by=me, back=page)
