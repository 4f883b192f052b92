"""The people of a centre, adding and changing them; and the forgotten password."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.invitations.forms import ForgottenForm, PersonForm, facts_of
from app.invitations.operations import EmailIsTheirs, change_email, forgotten, invite, rest_of
from app.people import operations
from app.people.access import public
from app.people.current import may_change, staff
from app.people.forms import stripped
from app.people.guardians import guardians_of, is_child
from app.people.models import Centre, Person
from app.people.namesakes import Known, keep_name, perhaps
from app.people.queries import centres_of, looked_after_by, people_of
from app.people.terms import STAFF, Gender, Role, Stage
from app.web import callers_network, one_or_404

bp = Blueprint("invitations", __name__)

EVEN = 0.03
"""Seconds: each answer to a forgotten password takes a multiple of it, far more than what it costs
to know somebody."""


@bp.get("/people")
def people() -> str:
    """Everyone with a role in one's centres, filtered by role in the address."""
    with_words = selectinload(Person.languages), selectinload(Person.memberships)
    found = db.session.scalars(people_of(staff()).options(*with_words)).all()
    role = next((role for role in Role if role.value == request.args.get("role")), None)
    mine = {centre.id for centre in _centres()}
    shown = [p for p in found if role is None or any(role in p.roles_in(c) for c in mine)]
    return render_template(
        "invitations/people.html",
        may_change=may_change,
        people=shown,
        centres=_centres(),
        roles=list(Role),
        role=role,
    )


@bp.get("/people/new")
def new() -> str:
    form = PersonForm(centres=_centres(), editor=staff())
    form.add_spare_rows()
    return _page(form)


@bp.post("/people/new")
def add() -> tuple[str, int] | Response:
    form = PersonForm(centres=_centres(), editor=staff())
    if not form.validate_on_submit():
        return _page(form), 422
    if form.is_new.data != form.name.data and (here := _perhaps(form)):
        form.is_new.data = form.name.data
        return _page(form, here=here), 200
    now = clock.now()
    centre = _centre(form.centre.data)
    person = operations.add_person(
        form.name.data,
        roles={centre: frozenset(form.roles.data)},
        spoken=form.spoken(),
        language=form.language.data,
        now=now,
        volunteers=Stage.INTERVIEW,
        **_details(form),
    )
    invite(person, by=staff(), now=now)
    db.session.commit()
    flash(_("Added. If there is an e-mail address, an invitation is on its way."), "success")
    return redirect(url_for(".people"), 303)


@bp.get("/people/<ref>")
def show(ref: str) -> str:
    person = _find(ref)
    form = PersonForm(
        data=facts_of(person, _shared_centre(person)),
        centres=_centres(),
        editor=staff(),
        known=person,
    )
    form.add_spare_rows()
    return _page(form, person)


@bp.post("/people/<ref>")
def change(ref: str) -> tuple[str, int] | Response:
    person = _find(ref)
    form = PersonForm(centres=_centres(), editor=staff(), known=person)
    if not form.validate_on_submit():
        return _page(form, person), 422
    details = _details(form)
    try:
        if form.email.raw_data:  # it is not asked where it cannot be changed
            change_email(person, details["email"], by=staff(), now=clock.now())
    except EmailIsTheirs as refusal:
        db.session.rollback()
        form.email.errors = [*form.email.errors, refusal.message]
        return _page(form, person), 422
    person.name, person.language = form.name.data, form.language.data
    person.phone, person.gender = details["phone"], details["gender"]
    centre = _centre(form.centre.data)
    roles = frozenset(form.roles.data)
    operations.set_roles(person, centre, roles, volunteers=Stage.INTERVIEW)
    operations.set_languages(person, form.spoken())
    keep_name(person)
    db.session.commit()
    flash(_("Saved."), "success")
    still = url_for(".show", ref=ref) if may_change(person) else url_for(".people")
    return redirect(still, 303)


@bp.post("/people/<ref>/invitation")
def invite_again(ref: str) -> Response:
    person = _find(ref)
    if person.password_hash is not None:  # whoever has one asks for a new one themselves
        abort(404)
    invite(person, by=staff(), now=clock.now())
    db.session.commit()
    flash(_("The invitation is on its way."), "success")
    return redirect(url_for(".show", ref=ref), 303)


@bp.get("/forgotten-password")
@public
def ask() -> str:
    return render_template("invitations/forgotten.html", form=ForgottenForm())


@bp.post("/forgotten-password")
@public
def asked() -> tuple[str, int] | Response:
    """The same answer, after the same time, whether the address is known or not."""
    began, form = clock.elapsed(), ForgottenForm()
    if not form.validate_on_submit():
        return render_template("invitations/forgotten.html", form=form), 422
    forgotten(form.email.data, network=callers_network(), now=clock.now())
    db.session.commit()
    flash(_("If we know this address, a letter with a link is on its way to it."), "success")
    sleep(rest_of(EVEN, spent=clock.elapsed() - began))
    return redirect(url_for("people.sign_in"), 303)


def _centres() -> list[Centre]:
    return centres_of(staff(), *STAFF)


def _centre(centre_id: int) -> Centre:
    return next(centre for centre in _centres() if centre.id == centre_id)


def _find(ref: str) -> Person:
    """Somebody of one's centres whom one may change."""
    person = one_or_404(people_of(staff()).where(Person.ref == ref))
    if not may_change(person):
        abort(404)
    return person


def _shared_centre(person: Person) -> Centre:
    """Where they are something by now; else where they would like to be, or were."""
    theirs = {m.centre_id for m in person.memberships}
    mine = [c for c in _centres() if c.id in theirs]
    return next((c for c in mine if person.roles_in(c.id)), mine[0])


def _page(form: PersonForm, known: Person | None = None, here: Sequence[Known] = ()) -> str:
    return render_template(
        "invitations/person.html",
        form=form,
        known=known,
        here=here,
        may_change=may_change,
        **(_family_of(known) if known else {}),
    )


def _family_of(person: Person) -> dict[str, Any]:
    """Whether their own life is our business, and who decides for them where it is."""
    theirs = looked_after_by(staff()).where(Person.id == person.id)
    if db.session.scalars(theirs).one_or_none() is None:
        return {"ours": False}
    deciding = guardians_of([person.id]).get(person.id, [])
    return {"ours": True, "is_child": is_child(person), "deciding": deciding}


def _perhaps(form: PersonForm) -> list[Known]:
    """Who of one's centres is perhaps meant."""
    contact = stripped(form.phone.data) or stripped(form.email.data)
    return perhaps(form.name.data, contact, among=people_of(staff()))


def _details(form: PersonForm) -> dict[str, Any]:
    return {
        "email": stripped(form.email.data),
        "phone": stripped(form.phone.data),
        "gender": Gender(form.gender.data) if form.gender.data else None,
    }
