"""Planning a new activity: from scratch, from a template, or like one there is."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.listening.gaps import Gap, gap_of
from app.listening.models import Reply
from app.listening.operations import answer
from app.listening.queries import may_hear, wants_childcare
from app.people.current import asked_centre, planned_centres, planner
from app.people.locale import page_language
from app.people.models import Centre, Person
from app.people.queries import with_role
from app.people.terms import Role
from app.planning.asked_for import told_words
from app.planning.beginnings import in_term, plan_for, plan_like, usual_plan
from app.planning.outlines import Outline, from_json, outline_of
from app.planning.plan_form import PlanForm, TemplateNameForm
from app.planning.previews import Preview, preview_of
from app.programme.kinds import CONTENT_LANGUAGES, Kind, Privacy
from app.programme.models import Activity, Meeting
from app.programme.operations import RoomClosed, RoomTaken, plan_activity
from app.programme.queries import (
    activities_planned_by,
    coming_meetings,
    meetings_planned_by,
    rooms_of,
)
from app.programme.templates import (
    NameTaken,
    Template,
    keep_template,
    remove_template,
    rename_template,
    templates_of,
)
from app.programme.terms import Term
from app.staffing.models import Need
from app.staffing.operations import add_needs
from app.web import one_or_404

bp = Blueprint("plans", __name__)
ROW, NUMBERED = re.compile(r"(slots|singles|needs)-"), re.compile(r"[a-z]+-[0-9]{1,3}-[a-z_]+$")


@bp.get("/activities/new")
def new() -> str | Response:
    """First what it is to be; then its plan, empty, from a template, or like another activity."""
    if ref := request.args.get("template"):
        template = one_or_404(templates_of(planner()).where(Template.ref == ref))
        return _begin(from_json(template.outline), template.centre)
    if ref := request.args.get("like"):
        activity = _activity(ref)
        return _begin(_outline(activity), activity.centre, like=activity)
    if key := request.args.get("gap"):
        return _answer(_heard(key, asked_centre()))
    kind = next((kind for kind in Kind if kind.value == request.args.get("kind")), None)
    if kind is None:
        return _choose()
    if kind.policy.single:
        return redirect(url_for("appointments.new"), 303)
    term = _asked_term()
    begin = usual_plan(kind) | {"centre": asked_centre().id} | in_term(term)
    form = _form(_planned_alone(kind), **begin)
    return _show(form)


def _choose() -> str:
    planned = planned_centres()
    return render_template(
        "planning/plan_kinds.html",
        kinds=[kind for kind in Kind if kind.policy.chosen_alone],
        templates=db.session.scalars(templates_of(planner())).all(),
        several=len(planned) > 1,
        term=_asked_term(),
    )


def _heard(key: str, centre: Centre) -> Gap:
    """What is missing at *centre* under that name, if the coordinator may know of it."""
    gap = gap_of(key, centre.id)
    if gap is None or not may_hear(planner(), centre, gap):
        abort(404)
    return gap


def _answer(gap: Gap) -> str:
    """The plan of what is missing, to be completed."""
    spoken = page_language()
    title_in = spoken if spoken in CONTENT_LANGUAGES else "en"
    return _show(_form(gap.matter.kind, **plan_for(gap, title_in) | in_term(_asked_term())))


def _begin(outline: Outline | None, centre: Centre, like: Activity | None = None) -> str:
    if outline is None:
        abort(404)
    kind = _planned_alone(outline.kind)
    begin = plan_like(outline) | {"centre": centre.id} | in_term(_asked_term())
    return _show(_form(kind, like=like, **begin), like=like)


def _asked_term() -> Term | None:
    """The term in whose page one began, if any."""
    ref = request.args.get("term")
    if ref is None:
        return None
    mine = [centre.id for centre in planned_centres()]
    return one_or_404(select(Term).where(Term.ref == ref, Term.centre_id.in_(mine)))


def _planned_alone(kind: Kind) -> Kind:
    """*kind*, if it is planned here; appointments and childcare have pages of their own."""
    if kind.policy.single or not kind.policy.chosen_alone:
        abort(404)
    return kind


@bp.post("/activities/new")
def create() -> tuple[str, int] | Response:
    """First the sessions are shown with what is skipped and what clashes; then they are saved."""
    form, like = _sent_form()
    if "add" in request.form:
        form.add_row(request.form["add"])
        return _show(form, like=like), 200
    preview = preview_of(form, planner()) if form.validate_on_submit() else None
    if preview is None:
        return _show(form, like=like), 422
    if "save" not in request.form or preview.clashes:
        return _show(form, preview, like=like), 409 if preview.clashes else 200
    try:
        activity, made = _save(form, preview)
    except (RoomTaken, RoomClosed):  # somebody was quicker than this click: show what is there now
        db.session.rollback()
        form, like = _sent_form()
        form.validate()
        return _show(form, preview_of(form, planner()), like=like), 409
    db.session.commit()
    flash(_draft_words() if activity.is_draft else _("Saved."), "success")
    if made is not None:
        flash(told_words(made.reply))
    if made is not None and made.childcare:
        return redirect(url_for("childcare.show", ref=activity.ref), 303)
    return redirect(url_for("planning.activity_needs", ref=activity.ref), 303)


def _draft_words() -> str:
    return _("Saved as a draft. Nobody is told of it until its term is published.")


@dataclass(frozen=True)
class _Made:
    """That it answers what was missing, and whether somebody who asked needs *childcare*."""

    reply: Reply
    childcare: bool


def _save(form: PlanForm, preview: Preview) -> tuple[Activity, _Made | None]:
    """The activity, its sessions, and who is needed at each; whoever asked for it is told."""
    now, gap = clock.now(), _answered(form)
    activity = plan_activity(
        form.facts(), preview.plan.held, by=planner(), now=now, by_hand=preview.by_hand
    )
    meetings = coming_meetings(activity, now=now)
    for wanted in form.needed():
        add_needs(meetings, **asdict(wanted))
    if gap is None:
        return activity, None
    childcare = wants_childcare(gap, now=now)
    return activity, _Made(answer(gap, activity, by=planner(), now=now), childcare)


def _answered(form: PlanForm) -> Gap | None:
    """What was missing that this is for, if one knew of it before there was this."""
    gap = form.answers()
    return gap if gap and may_hear(planner(), form.chosen_centre(), gap) else None


def _sent_form() -> tuple[PlanForm, Activity | None]:
    """The form as it was sent, and the activity that it copies."""
    kind = next((kind for kind in Kind if kind.value == request.form.get("kind")), None)
    if kind is None:
        abort(404)
    if any(ROW.match(name) and not NUMBERED.match(name) for name in request.form):
        abort(400)
    ref = request.form.get("like")
    like = _activity(ref) if ref else None
    return _form(_planned_alone(kind), like=like), like


def _form(kind: Kind, like: Activity | None = None, **begin: Any) -> PlanForm:
    planned = planned_centres()
    ids = [centre.id for centre in planned]
    return PlanForm(
        data={"kind": kind.value, "like": like.ref if like else "", **begin},
        plans=kind,
        privacies=_privacies(kind, like),
        centres=planned,
        rooms=rooms_of(ids, also_closed=True),
        terms=_terms(ids),
        colleagues=_colleagues(planned),
        today=clock.now().astimezone(asked_centre().tz).date(),
    )


def _privacies(kind: Kind, like: Activity | None) -> tuple[Privacy, ...]:
    """A copy of a protected activity stays protected: its members came to something secret."""
    if like is None or like.privacy.is_listed:
        return kind.policy.privacies
    return tuple(p for p in kind.policy.privacies if not p.is_listed) or (like.privacy,)


def _terms(centre_ids: list[int]) -> list[Term]:
    """The drafts first, then what is published and not over."""
    today = clock.now().date()
    found = select(Term).where(Term.centre_id.in_(centre_ids), Term.last_day >= today)
    terms = db.session.scalars(found.order_by(Term.first_day, Term.id)).all()
    return sorted(terms, key=lambda term: term.published_at is not None)


def _colleagues(planned: list[Centre]) -> list[Person]:
    """The other coordinators of those centres, each once."""
    me = planner()
    found = [db.session.scalars(with_role(centre.id, Role.COORDINATOR)) for centre in planned]
    return list({one.id: one for people in found for one in people if one.id != me.id}.values())


def _show(form: PlanForm, preview: Preview | None = None, like: Activity | None = None) -> str:
    return render_template("planning/plan.html", form=form, preview=preview, like=like)


def _activity(ref: str) -> Activity:
    return one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))


def _outline(activity: Activity, *, to_be_seen: bool = False) -> Outline:
    """Of those sessions that the coordinator plans; what is *to_be_seen* by others, of those that
    strangers may see."""
    mine = meetings_planned_by(planner()).where(Meeting.activity_id == activity.id)
    meetings = db.session.scalars(mine.order_by(Meeting.starts_at)).all()
    if to_be_seen:
        meetings = [meeting for meeting in meetings if not meeting.is_secret]
    needs = select(Need).where(Need.meeting_id.in_([one.id for one in meetings]))
    return outline_of(activity, meetings, db.session.scalars(needs.order_by(Need.id)).all())


@bp.get("/templates")
def templates() -> str:
    """The plans that are kept in the coordinator's centres."""
    found = db.session.scalars(templates_of(planner())).all()
    return render_template("planning/templates.html", templates=found)


@bp.get("/activities/<ref>/template")
def name_template(ref: str) -> str:
    """What the template of this activity is to be called."""
    activity = _activity(ref)
    return _ask_name(TemplateNameForm(), url_for("planning.activity_needs", ref=activity.ref))


@bp.post("/activities/<ref>/template")
def keep_as_template(ref: str) -> tuple[str, int] | Response:
    """Its plan is kept for the coordinators of its centre, without dates and people."""
    activity, form = _activity(ref), TemplateNameForm()
    back = url_for("planning.activity_needs", ref=activity.ref)
    if not form.validate_on_submit():
        return _ask_name(form, back), 422
    outline = _outline(activity, to_be_seen=True).to_json()
    try:
        keep_template(activity, form.name.data, outline, now=clock.now())
    except NameTaken as refusal:
        return _ask_another_name(form, back, refusal)
    db.session.commit()
    flash(_("Kept as a template."), "success")
    return redirect(url_for(".templates"), 303)


@bp.get("/templates/<ref>/name")
def template_name(ref: str) -> str:
    template = _template(ref)
    return _ask_name(TemplateNameForm(data={"name": template.name}), url_for(".templates"))


@bp.post("/templates/<ref>/name")
def rename(ref: str) -> tuple[str, int] | Response:
    template, form = _template(ref), TemplateNameForm()
    back = url_for(".templates")
    if not form.validate_on_submit():
        return _ask_name(form, back), 422
    try:
        rename_template(template, form.name.data)
    except NameTaken as refusal:
        return _ask_another_name(form, back, refusal)
    db.session.commit()
    flash(_("Renamed."), "success")
    return redirect(back, 303)


def _ask_another_name(form: TemplateNameForm, back: str, refusal: NameTaken) -> tuple[str, int]:
    db.session.rollback()
    form.name.errors = [*form.name.errors, str(refusal.message)]
    return _ask_name(form, back), 422


def _ask_name(form: TemplateNameForm, back: str) -> str:
    return render_template("planning/template_name.html", form=form, back=back)


@bp.post("/templates/<ref>/removal")
def remove(ref: str) -> Response:
    remove_template(_template(ref))
    db.session.commit()
    flash(_("Removed. What was planned from it stays as it is."), "success")
    return redirect(url_for(".templates"), 303)


def _template(ref: str) -> Template:
    return one_or_404(templates_of(planner()).where(Template.ref == ref))
