"""Pages of a coordinator: the week with its coverage, one meeting whole, who could help."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.current import planner
from app.people.locale import page_language
from app.people.models import Person
from app.people.queries import people_of
from app.planning import answers
from app.planning.answers import wants_json
from app.planning.asking import AskingForm
from app.planning.languages import languages_needed, languages_needed_at
from app.planning.looking import stands_against
from app.planning.undoing import last_edit
from app.programme.forms import MoveForm, move_defaults
from app.programme.models import Activity, Meeting, Part
from app.programme.queries import (
    activities_planned_by,
    bookings_at,
    changes_of,
    coming_meetings_planned_by,
    meetings_planned_by,
    rooms_for,
)
from app.programme.targets import Target
from app.refusal import Refusal
from app.rota.making_room import ways_to_make_room
from app.staffing import moving, operations
from app.staffing.asking import facts_of, running_asking
from app.staffing.coverage import coverage_of, worst
from app.staffing.finding import ranked_candidates
from app.staffing.forms import NeedForm
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import (
    asked_about,
    assignments_planned_by,
    coverages_of,
    needs_planned_by,
)
from app.staffing.words import count_reasons
from app.web import one_or_404

bp = Blueprint("planning", __name__)

_WITH_TEXTS = contains_eager(Meeting.activity).options(
    selectinload(Activity.texts), joinedload(Activity.centre)
)


@bp.get("/meetings/<ref>/planning")
def meeting(ref: str) -> str:
    """One meeting whole: who helps, who comes, what changed; moving and cancelling it. *to*, local
    and ISO 8601: when it might be moved to; the form holds it."""
    found = _planned(ref)
    return _show(found, _move_form(found, data=move_defaults(found, to=_asked_time())))


def _asked_time() -> datetime | None:
    try:
        to = datetime.fromisoformat(request.args.get("to", ""))
    except ValueError:
        return None
    return to if MINYEAR < to.year < MAXYEAR else None


def _show(
    meeting: Meeting,
    form: MoveForm | None = None,
    warnings: Sequence[str] = (),
    *,
    will_tell: bool = False,
) -> str:
    coverages = coverages_of([meeting.id]).get(meeting.id, [])
    expected, now = bookings_at(meeting), clock.now()
    told = {b.person_id for b in expected} | {
        p.id for p in asked_about([meeting], now=now)[meeting.id]
    }
    return render_template(
        "planning/meeting.html",
        meeting=meeting,
        coverages=coverages,
        State=State,
        form=form or _move_form(meeting, data=move_defaults(meeting)),
        warnings=warnings,
        will_tell=will_tell,
        changes=changes_of(meeting),
        undoable=last_edit(meeting.activity, now=now),
        learners=sum(b.part is Part.LEARNER for b in expected),
        languages=languages_needed_at(meeting, now=now),
        told=len(told - {planner().id}),
        now=now,
    )


def _move_form(meeting: Meeting, **given: Any) -> MoveForm:
    centre = meeting.activity.centre
    today = clock.now().astimezone(centre.tz).date()
    return MoveForm(rooms=rooms_for(meeting), today=today, **given)


@bp.get("/meetings/<ref>/move")
def move_form(ref: str) -> Response:
    """For whoever reloads the page of a move or changes its language."""
    return redirect(url_for(".meeting", ref=_planned(ref).ref, _anchor="move"), 303)


@bp.post("/meetings/<ref>/move")
def move(ref: str) -> tuple[Any, int] | Response:
    """First what the move would mean is shown; the second click makes it. Scripts get JSON."""
    meeting = _planned(ref)
    form = _move_form(meeting)
    if not form.validate_on_submit():
        return answers.not_understood(form) if wants_json() else (_show(meeting, form), 422)
    if "save" not in request.form:
        stands = stands_against([_target(meeting, form)])
        fine = [] if stands.hard or stands.soft else [_("Nothing stands against this.")]
        return _show(meeting, form, [*fine, *stands.all], will_tell=not stands.hard), 200
    before, target = meeting.sequence, _target(meeting, form)
    try:
        moving.move_meeting(
            meeting,
            starts_at=target.starts_at,
            ends_at=target.ends_at,
            room=target.room,
            by=planner(),
            now=clock.now(),
            seen=form.sequence_seen(),
        )
    except Refusal as refusal:
        return _refused(ref, refusal, form)
    changed = meeting.sequence != before
    db.session.commit()
    if changed:
        flash(_("Moved. Everyone who is expected will be told."), "success")
    else:
        flash(_("This is where it was already. Nothing was changed."))
    if wants_json():
        return answers.done(meeting, _("Moved.") if changed else _("Nothing was changed.")), 200
    return redirect(url_for(".meeting", ref=ref), 303)


def _target(meeting: Meeting, form: MoveForm) -> Target:
    starts_at, ends_at = form.times(meeting.activity.centre.tz)
    return Target(meeting, starts_at, ends_at, form.chosen_room(), meeting.status, by_hand=True)


def _refused(ref: str, refusal: Refusal, typed: MoveForm) -> tuple[Any, int]:
    """The page again with the reason and what was typed; nothing was changed."""
    db.session.rollback()
    meeting = _planned(ref)
    if wants_json():
        return answers.refused(meeting, refusal)
    typed.seen.data = meeting.sequence
    return _show(meeting, typed, [str(refusal.message)]), 409


@bp.post("/meetings/<ref>/cancellation")
def cancel(ref: str) -> Response:
    meeting = _planned(ref)
    moving.cancel_meeting(meeting, by=planner(), now=clock.now(), seen=_seen())
    db.session.commit()
    flash(_("Cancelled. Everyone who was expected will be told."), "success")
    return redirect(url_for(".meeting", ref=ref), 303)


@bp.post("/meetings/<ref>/restoration")
def restore(ref: str) -> Response:
    meeting = _planned(ref)
    moving.restore_meeting(meeting, by=planner(), now=clock.now(), seen=_seen())
    db.session.commit()
    flash(_("It takes place after all. Everyone will be told."), "success")
    return redirect(url_for(".meeting", ref=ref), 303)


def _seen() -> int:
    return request.form.get("seen", -1, type=int)


@bp.get("/activities/<ref>/needs")
def activity_needs(ref: str) -> str:
    return _show_activity(_activity(ref), NeedForm())


@bp.post("/activities/<ref>/needs")
def add_need(ref: str) -> tuple[str, int] | Response:
    """The same need at every coming session."""
    activity, form = _activity(ref), NeedForm()
    if not form.validate_on_submit():
        return _show_activity(activity, form), 422
    meetings = coming_meetings_planned_by(planner(), activity, now=clock.now())
    operations.add_needs(meetings, **form.facts())
    db.session.commit()
    flash(_("Added to every coming session."), "success")
    return redirect(url_for(".activity_needs", ref=ref), 303)


def _show_activity(activity: Activity, form: NeedForm) -> str:
    meetings = coming_meetings_planned_by(planner(), activity, now=clock.now())
    return render_template(
        "planning/activity.html",
        activity=activity,
        meetings=meetings,
        form=form,
        coverages=coverages_of([m.id for m in meetings]),
        worst=worst,
        languages=languages_needed(activity, now=clock.now()),
    )


NOT_TO_ASK = (State.CONFIRMED, State.OFFERED, State.DECLINED, State.WITHDRAWN)


@bp.get("/needs/<ref>/candidates")
def candidates(ref: str) -> str:
    """Who could help, best first, each with every reason for and against."""
    need = _need(ref)
    ranked = ranked_candidates(need)
    fitting = [one for one in ranked if not one.reasons]
    others = [one for one in ranked if one.reasons]
    coverage, now = coverage_of(need), clock.now()
    is_missing = need.meeting.is_open(now) and coverage.missing
    nobody_left = all(one.state in NOT_TO_ASK for one in fitting)
    return render_template(
        "planning/candidates.html",
        need=need,
        fitting=fitting,
        others=others,
        State=State,
        counts=count_reasons((one.reasons for one in others), page_language()),
        asking=running_asking(need),
        form=AskingForm(),
        coverage=coverage,
        open=need.meeting.is_open(now),
        rooms=ways_to_make_room(need, planner(), now=now) if is_missing and nobody_left else (),
    )


@bp.post("/needs/<ref>/offers")
def ask(ref: str) -> Response:
    """Ask one person."""
    need = _need(ref)
    person = one_or_404(people_of(planner()).where(Person.ref == request.form.get("person", "")))
    operations.offer_place(
        need, person, by=planner(), now=clock.now(), facts=_standing(need, person)
    )
    db.session.commit()
    if need.meeting.is_draft:
        flash(_("They will be asked when the term is published."), "success")
    else:
        flash(_("Asked. You will be told the answer."), "success")
    return redirect(url_for(".candidates", ref=ref), 303)


def _standing(need: Need, person: Person) -> dict[str, Any]:
    """Where *person* stood among those who fitted when they were asked, and why there."""
    fitting = [one for one in ranked_candidates(need) if not one.reasons]
    for position, one in enumerate(fitting, 1):
        if one.person.id == person.id:
            return {"position": position, "of": len(fitting), **facts_of(one)}
    return {}


@bp.post("/requests/<ref>/approval")
def approve(ref: str) -> Response:
    return _answer(ref, yes=True)


@bp.post("/requests/<ref>/refusal")
def refuse(ref: str) -> Response:
    return _answer(ref, yes=False)


def _answer(ref: str, *, yes: bool) -> Response:
    found = one_or_404(assignments_planned_by(planner()).where(Assignment.ref == ref))
    decide = operations.approve_request if yes else operations.refuse_request
    decide(found, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Done. They will be told."), "success")
    return redirect(url_for(".meeting", ref=found.need.meeting.ref), 303)


def _planned(ref: str) -> Meeting:
    return one_or_404(meetings_planned_by(planner()).where(Meeting.ref == ref).options(_WITH_TEXTS))


def _activity(ref: str) -> Activity:
    return one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))


def _need(ref: str) -> Need:
    return one_or_404(needs_planned_by(planner()).where(Need.ref == ref))


@bp.post("/needs/<ref>/removal")
def remove(ref: str) -> Response:
    """A need that was a mistake; nobody may be asked or confirmed for it."""
    need = _need(ref)
    meeting = need.meeting.ref
    operations.remove_need(need)
    db.session.commit()
    flash(_("Removed."), "success")
    return redirect(url_for(".meeting", ref=meeting), 303)
