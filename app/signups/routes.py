"""An activity as learners see it: joining, leaving; and a coordinator's list of learners."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import confirm_first, public
from app.people.current import current_person, may_change, person_or_none, planner
from app.people.guardians import Guardianship, children_of
from app.people.models import Person
from app.people.queries import looked_after_by, people_of, with_role
from app.people.strangers import for_strangers
from app.people.terms import Role
from app.programme.beside import childcare_of
from app.programme.choosing import rhythm
from app.programme.models import Activity, Meeting
from app.programme.queries import (
    activities_planned_by,
    coming_meetings,
    coming_meetings_planned_by,
    meetings_open_to,
    meetings_planned_by,
    meetings_to_come,
    not_held_to,
)
from app.programme.words import facts_in_words
from app.signups import operations
from app.signups.accepting import accept
from app.signups.models import Waiting
from app.signups.queries import (
    activities_open_to,
    enrolment_of,
    has_place,
    is_asked,
    is_full,
    learners,
    parties,
    places_left,
    visitors,
    visits_of,
    waitings_for,
)
from app.signups.rules import ActivityFull, ExpectedElsewhere, ForChildren
from app.signups.together import leave_together
from app.signups.waiting import decline, standing_of, wait_for
from app.signups.waiting_pages import choices_page, words_of_place
from app.web import local_date, local_time, one_or_404, refused_page

bp = Blueprint("signups", __name__)


@bp.app_errorhandler(ExpectedElsewhere)
def expected_elsewhere(refusal: ExpectedElsewhere) -> tuple[str, int]:
    """A refusal with the times it is about, and a way back."""
    reasons = [
        f"{local_date(m.starts_at, m.zone)}{_(', ')}{local_time(m.starts_at, m.zone)}"
        for m in refusal.meetings
    ]
    db.session.rollback()
    activity, named, _rest = request.path.partition("/enrolment")
    back = f"{request.script_root}{activity}" if named else None
    return refused_page(refusal.message, reasons, back=back), 409


@bp.app_errorhandler(ForChildren)
def for_children(refusal: ForChildren) -> tuple[str, int]:
    """A refusal that leads to what the childcare is beside, where the reader may know of it."""
    db.session.rollback()
    host = host_of(refusal.childcare, person_or_none())
    back = url_for("signups.activity", ref=host.ref) if host else None
    return render_template("refused.html", message=refusal.message, back=back), 409


def host_of(childcare: Activity, reader: Person | None) -> Activity | None:
    """What a childcare is beside, as far as *reader* may open its page."""
    found = activities_open_to(reader).where(Activity.id == childcare.beside_id)
    return db.session.scalars(found).one_or_none()


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
    visits = visits_of(person, found, now=clock.now()) if person and not joined else []
    plans = person is not None and _plans(person, found)
    is_inside = joined or (person is not None and _child_comes(person, found))
    meetings = _shown(found, person if plans else None, inside=is_inside)
    page = render_template(
        "signups/activity.html",
        activity=found,
        meetings=meetings,
        days=rhythm(one for one in meetings if not one.is_cancelled),
        elsewhere=not_held_to(person, meetings) if person else set(),
        joined=joined,
        visits=visits,
        children=(children := children_of(person) if person else []),
        children_here=[one for one in children if has_place(found, one)],
        care=(care := _care_beside(found)),
        host=host_of(found, person) if found.is_childcare_beside else None,
        minded_here=[one for one in children if care is not None and has_place(care, one)],
        waiting=(waiting := _waiting(person, found)),
        is_asked=waiting is not None and is_asked(waiting, now=clock.now()),
        standing_of=standing_of,
        now=clock.now(),
        is_full=is_full(found, [person] if person else [], now=clock.now()),
        plans=plans,
        facts=facts_in_words(
            found, knows_place=is_inside or bool(visits) or _place_is_public(found)
        ),
        indexable=_place_is_public(found) and not found.is_draft,
    )
    return for_strangers(page)


def _care_beside(activity: Activity) -> Activity | None:
    """The childcare beside it that still takes place, of which whoever comes may know."""
    found = childcare_of(activity)
    if found is None or found.is_draft or not meetings_to_come(found, now=clock.now()):
        return None
    return found


def _place_is_public(activity: Activity) -> bool:
    """Whether strangers read where it is; where children are looked after they never do."""
    return activity.privacy == "public" and not activity.is_childcare_beside


def _child_comes(person: Person, activity: Activity) -> bool:
    return any(has_place(activity, child) for child in children_of(person))


def _shown(activity: Activity, planner: Person | None, *, inside: bool) -> list[Meeting]:
    """Its coming sessions: the secret ones to its members and to whoever plans them."""
    now = clock.now()
    planned = coming_meetings_planned_by(planner, activity, now=now) if planner else []
    coming = coming_meetings(activity, now=now)
    return [one for one in coming if inside or one in planned or not one.is_secret]


def _waiting(person: Person | None, activity: Activity) -> Waiting | None:
    if person is None:
        return None
    return db.session.scalars(
        waitings_for(person).where(Waiting.activity_id == activity.id).limit(1)
    ).one_or_none()


def _plans(person: Person, activity: Activity) -> bool:
    mine = activities_planned_by(person).where(Activity.id == activity.id)
    return db.session.scalars(mine).one_or_none() is not None


@bp.post("/activities/<ref>/enrolment")
def join(ref: str) -> Response | tuple[str, int]:
    """A place in all of it; where that is not possible, what is possible instead."""
    person = current_person()
    found = one_or_404(activities_open_to(person).where(Activity.ref == ref))
    in_spite = "in_spite" in request.form
    try:
        operations.join(found, person, by=person, now=clock.now(), in_spite=in_spite)
    except (ActivityFull, ExpectedElsewhere):
        db.session.rollback()
        return choices_page(found, person), 409
    db.session.commit()
    flash(words_of_place(found), "success")
    return redirect(url_for(".activity", ref=ref), 303)


@bp.post("/meetings/<ref>/visit")
def visit(ref: str) -> Response | tuple[str, int]:
    """A place at this one session."""
    person = current_person()
    found = one_or_404(meetings_open_to(person).where(Meeting.ref == ref))
    try:
        operations.visit(found, person, by=person, now=clock.now())
    except (ActivityFull, ExpectedElsewhere):
        db.session.rollback()
        return choices_page(found.activity, person, found), 409
    db.session.commit()
    flash(words_of_place(found.activity, found), "success")
    return redirect(url_for(".activity", ref=found.activity.ref), 303)


@bp.post("/meetings/<ref>/visit/end")
def visit_no_more(ref: str) -> Response:
    found = one_or_404(meetings_open_to(current_person()).where(Meeting.ref == ref))
    operations.leave_once(found, current_person(), by=current_person(), now=clock.now())
    db.session.commit()
    flash(words_of_leaving(found.activity), "success")
    home = url_for("programme.mine")
    listed = found.activity.privacy.is_listed
    return redirect(url_for(".activity", ref=found.activity.ref) if listed else home, 303)


def words_of_leaving(activity: Activity) -> str:
    """What somebody reads who left: nobody comes back by themselves to what is not listed."""
    if not activity.privacy.is_listed:
        return _("You are no longer expected.")
    return _("You are no longer expected. You may join again while there are places.")


@bp.get("/activities/<ref>/enrolment/end")
def leaving(ref: str) -> str | Response:
    """What one leaves, and whether there is a way back; nothing is decided by looking."""
    me = current_person()
    found = one_or_404(activities_open_to(me).where(Activity.ref == ref))
    if not found.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    if not has_place(found, me):
        return redirect(url_for(".activity", ref=ref), 303)
    care = _care_beside(found)
    return render_template(
        "signups/leaving.html",
        activity=found,
        meetings=meetings_to_come(found, now=clock.now()),
        ways=[(None, {})],
        minded=care is not None and any(has_place(care, one) for one in children_of(me)),
        action=url_for(".leave", ref=ref),
        back=url_for(".activity", ref=ref),
    )


@bp.post("/activities/<ref>/enrolment/end")
def leave(ref: str) -> Response:
    found = one_or_404(activities_open_to(current_person()).where(Activity.ref == ref))
    still_listed = found.privacy.is_listed
    me = current_person()
    leave_together(found, [me], by=me, now=clock.now())
    db.session.commit()
    flash(words_of_leaving(found), "success")
    home = url_for("programme.mine")
    return redirect(url_for(".activity", ref=ref) if still_listed else home, 303)


@bp.get("/activities/<ref>/learners")
def list_learners(ref: str) -> str | Response:
    found, now = _planned(ref), clock.now()
    if not found.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    there, waiting = learners(found), parties(found)
    visiting = visitors(found, planner(), now=now)
    everybody = [
        *there,
        *(person for _meeting, person in visiting),
        *(person for one in waiting for person in one.people),
    ]
    return render_template(
        "signups/learners.html",
        activity=found,
        learners=there,
        others=_others(found),
        visitors=visiting,
        parties=waiting,
        is_full=is_full(found, now=now),
        places_left=places_left(found, now=now),
        known=_among(people_of(planner()), everybody),
        children=_children_among(there),
        looked_after=_among(looked_after_by(planner()), there),
        minded_still=_minded_still(found, request.args.get("left", "")),
    )


def _among(mine: Select[Person], people: Iterable[Person]) -> set[int]:
    """Whose pages (ids) the coordinator may open: somebody of another centre may come here too."""
    found = mine.where(Person.id.in_([one.id for one in people]))
    return {one.id for one in db.session.scalars(found) if may_change(one)}


def _children_among(people: Iterable[Person]) -> set[int]:
    """Those of *people* (ids) for whom somebody decides, or once decided."""
    ids = [one.id for one in people]
    found = select(Guardianship.child_id).where(Guardianship.child_id.in_(ids))
    return set(db.session.scalars(found))


def _minded_still(activity: Activity, ref: str) -> list[Person]:
    """The children who stay in the childcare beside it after one who decides for them left:
    another one comes."""
    care = childcare_of(activity)
    person = db.session.scalars(people_of(planner()).where(Person.ref == ref)).one_or_none()
    if care is None or person is None or not _plans(planner(), care):
        return []
    return [one for one in children_of(person) if has_place(care, one)]


def _others(activity: Activity) -> list[Person]:
    """The participants of the centre who neither are in nor wait; of a childcare, the children."""
    waiting = [person.id for one in parties(activity) for person in one.people]
    inside = {*waiting, *(person.id for person in learners(activity))}
    people = with_role(activity.centre_id, Role.PARTICIPANT)
    if activity.is_childcare_beside:
        people = people.where(Person.id.in_(select(Guardianship.child_id)))
    return [person for person in db.session.scalars(people) if person.id not in inside]


@bp.post("/activities/<ref>/learners")
def add_learner(ref: str) -> Response:
    """A coordinator gives somebody of the centre a place, or a turn where all are taken."""
    found, me = _planned(ref), planner()
    person = one_or_404(people_of(me).where(Person.ref == request.form.get("person", "")))
    try:
        with db.session.begin_nested():
            operations.join(found, person, by=me, now=clock.now())
        flash(_("Added."), "success")
    except ActivityFull:
        wait_for(found, [person], by=me, now=clock.now())
        flash(_("Added to the waiting list."), "success")
    db.session.commit()
    return redirect(url_for(".list_learners", ref=ref), 303)


@bp.post("/activities/<ref>/learners/<person_ref>/visits/<meeting_ref>/end")
def remove_visitor(ref: str, person_ref: str, meeting_ref: str) -> Response:
    found = _planned(ref)
    person = one_or_404(people_of(planner()).where(Person.ref == person_ref))
    meeting = one_or_404(
        meetings_planned_by(planner()).where(
            Meeting.activity_id == found.id, Meeting.ref == meeting_ref
        )
    )
    operations.leave_once(meeting, person, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Removed."), "success")
    return redirect(url_for(".list_learners", ref=ref), 303)


@bp.post("/activities/<ref>/learners/waiting/<waiting_ref>/acceptance")
def accept_for(ref: str, waiting_ref: str) -> Response:
    """Somebody said yes on the telephone, or at the desk."""
    accept(_party(_planned(ref), waiting_ref), now=clock.now())
    db.session.commit()
    flash(_("Added."), "success")
    return redirect(url_for(".list_learners", ref=ref), 303)


@bp.post("/activities/<ref>/learners/waiting/<waiting_ref>/end")
def wait_no_more(ref: str, waiting_ref: str) -> Response:
    decline(_party(_planned(ref), waiting_ref), now=clock.now())
    db.session.commit()
    flash(_("Removed."), "success")
    return redirect(url_for(".list_learners", ref=ref), 303)


def _party(activity: Activity, ref: str) -> Waiting:
    return one_or_404(select(Waiting).where(Waiting.activity_id == activity.id, Waiting.ref == ref))


@bp.post("/activities/<ref>/learners/<person_ref>/end")
def remove_learner(ref: str, person_ref: str) -> Response:
    found = _planned(ref)
    person = one_or_404(people_of(planner()).where(Person.ref == person_ref))
    leave_together(found, [person], by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Removed."), "success")
    return redirect(url_for(".list_learners", ref=ref, left=person_ref), 303)


def _planned(ref: str) -> Activity:
    return one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
