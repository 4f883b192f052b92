"""Appointments and accompaniment: one person, one mediator, one meeting point."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.current import asked_centre, planned_centres, planner
from app.people.models import Membership, Person
from app.people.terms import Role
from app.planning.appointing import make_appointment
from app.planning.appointment_form import AppointmentForm
from app.programme.operations import RoomTaken
from app.programme.queries import rooms_of
from app.refusal import Refusal

bp = Blueprint("appointments", __name__)


@bp.get("/appointments/new")
def new() -> str:
    """An empty appointment in the coordinator's own centre."""
    now = clock.now()
    centre = asked_centre()
    return _show(_form(centre=centre.id, day=now.astimezone(centre.tz).date()))


@bp.post("/appointments/new")
def create() -> tuple[str, int] | Response:
    """Made at once; then whoever could mediate is shown."""
    form = _form()
    if not form.validate_on_submit():
        return _show(form), 422
    try:
        need = make_appointment(form.facts(), by=planner(), now=clock.now())
    except Refusal as refusal:
        return _refused(refusal)
    db.session.commit()
    flash(_("Made: %(code)s. Now ask somebody.", code=need.meeting.code or ""), "success")
    return redirect(url_for("planning.candidates", ref=need.ref), 303)


def _refused(refusal: Refusal) -> tuple[str, int]:
    """The page again with the reason and what was typed; nothing was changed."""
    db.session.rollback()
    form = _form()
    form.validate()
    field = form.room if isinstance(refusal, RoomTaken) else form.participant
    field.errors = [*field.errors, str(refusal.message)]
    return _show(form), 409


def _show(form: AppointmentForm) -> str:
    return render_template("planning/appointment.html", form=form, centres=planned_centres())


def _form(**given: Any) -> AppointmentForm:
    centres = planned_centres()
    ids = [centre.id for centre in centres]
    taking_part = select(Membership.person_id).where(
        Membership.centre_id.in_(ids), Membership.role == Role.PARTICIPANT
    )
    people = db.session.scalars(
        select(Person)
        .where(Person.id.in_(taking_part), Person.is_active)
        .order_by(Person.name, Person.id)
        .options(selectinload(Person.memberships))
    )
    return AppointmentForm(
        data=given or None,
        centres=centres,
        rooms=rooms_of(ids),
        participants=people.all(),
        now=clock.now(),
    )
