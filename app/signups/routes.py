"""An activity as learners see it: joining, leaving; and a coordinator's list of learners."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import confirm_first, public
from app.people.current import current_person, person_or_none, planner
from app.people.models import Person
from app.people.queries import people_of, with_role
from app.people.terms import Role
from app.programme.models import Activity
from app.programme.queries import activities_planned_by, coming_meetings, not_held_to
from app.programme.words import facts_in_words
from app.signups import operations
from app.signups.operations import ExpectedElsewhere
from app.signups.queries import activities_open_to, enrolment_of, learners, places_left
from app.web import local_date, local_path, local_time, one_or_404

bp = Blueprint("signups", __name__)


@bp.app_errorhandler(ExpectedElsewhere)
def expected_elsewhere(refusal: ExpectedElsewhere) -> tuple[str, int]:
    """A refusal with the times it is about, and a way back."""
    reasons = [
        f"{local_date(m.starts_at, m.zone)}{_(', ')}{local_time(m.starts_at, m.zone)}"
        for m in refusal.meetings
    ]
    db.session.rollback()
    back = local_path(request.path.removesuffix("/enrolment"))
    page = render_template(
        "refused.html",
        message=refusal.message,
        reasons=reasons,
        back=f"{request.script_root}{back}",
    )
    return page, 409


@bp.get("/activities/<ref>")
@public
def activity(ref: str) -> Any:
    """One activity: its words, its coming sessions, and a place in it. No number is shown."""
    person = person_or_none()
    found = one_or_404(activities_open_to(person).where(Activity.ref == ref))
    if not found.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    held = enrolment_of(found, person) if person else None
    joined = held is not None and held.left_at is None
    plans = person is not None and _plans(person, found)
    meetings = [
        one
        for one in coming_meetings(found, now=clock.now())
        if joined or plans or not one.is_secret
    ]
    return render_template(
        "signups/activity.html",
        activity=found,
        meetings=meetings,
        elsewhere=not_held_to(person, meetings) if person else set(),
        joined=joined,
        is_full=places_left(found) == 0,
        plans=plans,
        facts=facts_in_words(found, knows_place=joined or plans or found.privacy == "public"),
        indexable=found.privacy == "public",
    )


def _plans(person: Person, activity: Activity) -> bool:
    mine = activities_planned_by(person).where(Activity.id == activity.id)
    return db.session.scalars(mine).one_or_none() is not None


@bp.post("/activities/<ref>/enrolment")
def join(ref: str) -> Response:
    person = current_person()
    found = one_or_404(activities_open_to(person).where(Activity.ref == ref))
    operations.join(found, person, by=person, now=clock.now())
    db.session.commit()
    flash(_("You have a place. We will remind you the day before."), "success")
    return redirect(url_for(".activity", ref=ref), 303)


@bp.post("/activities/<ref>/enrolment/end")
def leave(ref: str) -> Response:
    found = one_or_404(activities_open_to(current_person()).where(Activity.ref == ref))
    still_listed = found.privacy.is_listed
    operations.leave(found, current_person(), by=current_person(), now=clock.now())
    db.session.commit()
    flash(_("You are no longer expected. You may join again while there are places."), "success")
    home = url_for("programme.mine")
    return redirect(url_for(".activity", ref=ref) if still_listed else home, 303)


@bp.get("/activities/<ref>/learners")
def list_learners(ref: str) -> str:
    found = _planned(ref)
    return render_template(
        "signups/learners.html",
        activity=found,
        learners=learners(found),
        others=_others(found),
        places_left=places_left(found),
    )


def _others(activity: Activity) -> list[Person]:
    """The participants of the centre who are not in yet."""
    inside = {person.id for person in learners(activity)}
    people = db.session.scalars(with_role(activity.centre_id, Role.PARTICIPANT))
    return [person for person in people if person.id not in inside]


@bp.post("/activities/<ref>/learners")
def add_learner(ref: str) -> Response:
    """A coordinator gives somebody of the centre a place."""
    found, me = _planned(ref), planner()
    person = one_or_404(people_of(me).where(Person.ref == request.form.get("person", "")))
    operations.join(found, person, by=me, now=clock.now())
    db.session.commit()
    flash(_("Added."), "success")
    return redirect(url_for(".list_learners", ref=ref), 303)


@bp.post("/activities/<ref>/learners/<person_ref>/end")
def remove_learner(ref: str, person_ref: str) -> Response:
    found = _planned(ref)
    person = one_or_404(people_of(planner()).where(Person.ref == person_ref))
    operations.leave(found, person, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Removed."), "success")
    return redirect(url_for(".list_learners", ref=ref), 303)


def _planned(ref: str) -> Activity:
    return one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
