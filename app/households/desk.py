"""At the coordinator's desk: who decides for a child, and a household that joins."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.households.coming_page import Party, Saved, saved
from app.households.desk_forms import ChildOfForm, GuardianForm
from app.households.operations import (
    add_child,
    allow_again,
    block,
    decides_alone,
    make_guardian,
)
from app.households.queries import apart_but_deciding, deciders_for, expected_at
from app.households.undoing import untie
from app.i18n import _
from app.people.current import may_change, planner
from app.people.guardians import GuardianKind, Guardianship, guardians_of, guardianships_of
from app.people.models import Person
from app.people.queries import looked_after_by
from app.programme.models import Activity, Meeting
from app.programme.queries import activities_planned_by, is_planned_by, meetings_planned_by
from app.refusal import Refusal
from app.signups.models import Waiting
from app.signups.operations import leave_once
from app.signups.queries import waitings_of
from app.signups.together import leave_together
from app.signups.waiting import wait_without
from app.web import one_or_404

bp = Blueprint("families", __name__)


@bp.get("/people/<ref>/family")
def family(ref: str) -> str:
    """Who decides for whom, since when and by whose word."""
    return _page(_person(ref))


@bp.post("/people/<ref>/family")
def add(ref: str) -> tuple[str, int] | Response:
    """A new child of somebody."""
    person = _person(ref)
    form = ChildOfForm(guardian=person)
    if not form.validate_on_submit():
        return _page(person, child_form=form), 422
    try:
        add_child(
            form.name.data,
            guardian=person,
            by=planner(),
            kind=GuardianKind(form.kind.data),
            language=form.language.data,
            now=clock.now(),
        )
    except Refusal as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _page(_person(ref), child_form=form), 409
    return _done(ref, _("Added."))


@bp.post("/people/<ref>/family/guardians")
def tie(ref: str) -> tuple[str, int] | Response:
    """One more who decides for a child."""
    person = _person(ref)
    others = deciders_for(person, planner())
    form = GuardianForm(others=db.session.scalars(others))
    if not form.validate_on_submit():
        return _page(person, guardian_form=form), 422
    try:
        kind = GuardianKind(form.kind.data)
        guardian = one_or_404(others.where(Person.ref == form.person.data))
        make_guardian(person, guardian, kind, by=planner(), now=clock.now())
    except Refusal as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _page(_person(ref), guardian_form=form), 409
    return _done(ref, _("Added."))


@bp.post("/people/<ref>/family/<guardian_ref>/block")
def stop(ref: str, guardian_ref: str) -> Response:
    """Somebody decides for this child no more, and is not told."""
    child = _person(ref)
    block(child, _guardian(child, guardian_ref), by=planner(), now=clock.now())
    return _done(ref, _("Blocked. Nobody is told."))


@bp.post("/people/<ref>/family/<guardian_ref>/again")
def again(ref: str, guardian_ref: str) -> Response:
    child = _person(ref)
    guardian = _guardian(child, guardian_ref)
    if allow_again(child, guardian, by=planner(), now=clock.now()):
        flash(_("One of the two was offered a place meanwhile: there they wait apart."), "warning")
    return _done(ref, _("Allowed again."))


@bp.post("/people/<ref>/family/<guardian_ref>/removal")
def remove(ref: str, guardian_ref: str) -> tuple[str, int] | Response:
    """That somebody decides for this child was a mistake."""
    child = _person(ref)
    try:
        untie(child, _guardian(child, guardian_ref), now=clock.now())
    except Refusal as refusal:
        db.session.rollback()
        return _page(_person(ref), refused=refusal), 409
    return _done(ref, _("Removed."))


@bp.post("/people/<ref>/family/places/<activity_ref>/end")
def leave(ref: str, activity_ref: str) -> Response:
    """This child comes no more to all of something."""
    child = _person(ref)
    mine = activities_planned_by(planner()).where(Activity.ref == activity_ref)
    leave_together(one_or_404(mine), [child], by=planner(), now=clock.now())
    return _done(ref, _("Removed."))


@bp.post("/people/<ref>/family/visits/<meeting_ref>/end")
def visit_no_more(ref: str, meeting_ref: str) -> Response:
    """This child does not come to that one session."""
    child = _person(ref)
    mine = meetings_planned_by(planner()).where(Meeting.ref == meeting_ref)
    leave_once(one_or_404(mine), child, by=planner(), now=clock.now())
    return _done(ref, _("Removed."))


@bp.post("/people/<ref>/family/waiting/<waiting_ref>/end")
def wait_no_more(ref: str, waiting_ref: str) -> Response:
    """This child waits no more; whoever waits with it keeps their turn."""
    child = _person(ref)
    mine = waitings_of([child]).join(Waiting.activity).where(is_planned_by(planner()))
    wait_without(one_or_404(mine.where(Waiting.ref == waiting_ref)), child, now=clock.now())
    return _done(ref, _("Removed."))


def _done(ref: str, words: str) -> Response:
    db.session.commit()
    flash(words, "success")
    return redirect(url_for(".family", ref=ref), 303)


def _page(
    person: Person,
    *,
    child_form: ChildOfForm | None = None,
    guardian_form: GuardianForm | None = None,
    refused: Refusal | None = None,
) -> str:
    """Each form as it was sent, or empty."""
    ties = guardianships_of(person)
    children = [one for one in ties if one.guardian_id == person.id]
    guardians = [one for one in ties if one.child_id == person.id]
    deciding = guardians_of({one.child_id for one in ties})
    may_be_child = not decides_alone(person) and not any(one.is_active for one in children)
    others = _others(person, guardians) if may_be_child else []
    return render_template(
        "households/family.html",
        known=person,
        children=children,
        guardians=guardians,
        expected=expected_at(person, planner(), now=clock.now()) if guardians else None,
        deciding=deciding,
        apart=apart_but_deciding(deciding, planner()),
        refused=refused,
        child_form=child_form or ChildOfForm(formdata=None, guardian=person),
        guardian_form=guardian_form or GuardianForm(formdata=None, others=others),
    )


def _others(child: Person, guardians: Collection[Guardianship]) -> list[Person]:
    """Who may come to decide for *child* beside *guardians*."""
    known = [one.guardian_id for one in guardians]
    others = deciders_for(child, planner()).where(Person.id.not_in(known))
    return list(db.session.scalars(others))


def _person(ref: str) -> Person:
    """Somebody of one's centres; the family of a colleague is an administrator's business."""
    person = one_or_404(looked_after_by(planner()).where(Person.ref == ref))
    if not may_change(person):
        abort(404)
    return person


def _guardian(child: Person, ref: str) -> Person:
    """One of those tied to a child of this centre, wherever they come themselves."""
    tied = [one.guardian_id for one in guardianships_of(child) if one.child_id == child.id]
    return one_or_404(select(Person).where(Person.id.in_(tied), Person.ref == ref))


@bp.get("/activities/<ref>/learners/<person_ref>/family")
def together(ref: str, person_ref: str) -> str:
    return _party(ref, person_ref).page()


@bp.post("/activities/<ref>/learners/<person_ref>/family")
def come(ref: str, person_ref: str) -> tuple[str, int] | Response:
    """Somebody of the centre and their children, all together or not at all."""
    done = saved(_party(ref, person_ref), request.form.get("answer", ""))
    if not isinstance(done, Saved):
        return done
    flash(_said(done), "success")
    return redirect(url_for("signups.list_learners", ref=ref), 303)


def _said(done: Saved) -> str:
    """What became of it, for whoever sits at the desk."""
    names = _(", ").join(one.name for one in done.people)
    if not done.came.has_places:
        return _("On the waiting list together: %(names)s", names=names)
    if not done.came.is_minded:
        return _("They have places, without childcare for now: %(names)s", names=names)
    return _("They have their places: %(names)s", names=names)


def _party(ref: str, person_ref: str) -> Party:
    activity = one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
    guardian = _person(person_ref)
    page = url_for("signups.list_learners", ref=ref)
    return Party(activity=activity, guardian=guardian, by=planner(), back=page)
