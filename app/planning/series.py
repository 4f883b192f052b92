"""Changing several sessions of an activity at once: preview, save, undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.people.current import planner
from app.planning.looking import outlook
from app.planning.need_form import NeedInScopeForm, need_as_it_is
from app.planning.operations import NeedChange, changes_of_edit, edit_series
from app.planning.series_form import SeriesForm, as_it_is_now
from app.planning.undoing import undo
from app.programme.forms import wrong
from app.programme.models import Activity, Edit, Meeting, Scope
from app.programme.queries import activities_planned_by, meetings_planned_by, rooms_of
from app.programme.series import (
    Concerned,
    as_seen,
    concerned,
    fingerprint,
    has_several_slots,
    moved,
    with_status,
)
from app.programme.targets import Target
from app.refusal import Refusal
from app.staffing.models import Need
from app.staffing.needs import facts_of
from app.staffing.queries import needs_planned_by
from app.staffing.stricter import SomebodyWouldNotFit
from app.web import local_path, one_or_404

bp = Blueprint("series", __name__)

_WHOLE = contains_eager(Meeting.activity).options(
    selectinload(Activity.texts), joinedload(Activity.centre)
)


@bp.get("/meetings/<ref>/change")
def change_form(ref: str) -> str:
    """What is to become of a session, and of which others of its series."""
    meeting = _planned(ref)
    scope = request.args.get("scope", Scope.THIS.value)
    given = as_it_is_now(meeting) | {"scope": scope, "opened": fingerprint([meeting])}
    return _page(meeting, _form(meeting, data=given))


@bp.post("/meetings/<ref>/change")
def change(ref: str) -> tuple[str, int] | Response:
    """First what would change is shown; the second click changes it."""
    meeting = _planned(ref)
    form = _form(meeting)
    if not form.validate_on_submit():
        return _page(meeting, form), 422
    found = _concerned(meeting, form)
    try:
        targets = _targets(form, found)
    except ValueError:
        wrong(form.ends, _("One of these sessions would end before it starts."))
        return _page(meeting, form), 422
    name = fingerprint(found.meetings)
    late = form.opened.data != fingerprint([meeting])
    if "save" not in request.form or late or form.seen.data != name:
        return _preview(meeting, form, found, late=late or "save" in request.form)
    try:
        edit = _make(form, found, targets, name)
    except Refusal as refusal:
        db.session.rollback()
        meeting = _planned(ref)
        return _preview(meeting, form, _concerned(meeting, form), refused=str(refusal.message))
    return _saved(edit, ref)


def _preview(
    meeting: Meeting,
    form: SeriesForm,
    found: Concerned,
    *,
    refused: str | None = None,
    late: bool = False,
) -> tuple[str, int]:
    name = fingerprint(found.meetings)
    form.seen.data, form.opened.data = name, fingerprint([meeting])
    targets = _targets(form, found)
    look = outlook(targets, lambda: _make(form, found, targets, name))
    if late:
        refused = _("Somebody changed these sessions a moment ago. Look again before you save.")
    page = _page(
        meeting,
        form,
        look=look,
        targets=targets,
        found=found,
        refused=refused,
        details=form.details() if form.status() is None else None,
    )
    return page, 409 if refused or not look.is_possible else 200


def _make(form: SeriesForm, found: Concerned, targets: Sequence[Target], name: str) -> Edit | None:
    return edit_series(
        found.meetings,
        scope=form.which(),
        by=planner(),
        now=clock.now(),
        seen=as_seen(name, found.meetings),
        targets=targets,
        details=form.details() if form.status() is None else None,
    )


def _concerned(meeting: Meeting, form: SeriesForm) -> Concerned:
    return concerned(
        meeting,
        form.which(),
        now=clock.now(),
        same_slot=form.same_slot.data and form.which() is not Scope.THIS,
        also_by_hand=form.also_by_hand.data,
        cancelled=meeting.is_cancelled,
    )


def _targets(form: SeriesForm, found: Concerned) -> list[Target]:
    status = form.status()
    if status is not None:
        return with_status(found.meetings, status)
    return moved(
        found.meetings,
        form.shift(),
        room=form.chosen_room(),
        keep_rooms=form.keeps_rooms(),
        by_hand=form.which() in (Scope.THIS, Scope.WEEK),
    )


def _saved(edit: Edit | None, ref: str) -> Response:
    if edit is None:
        flash(_("This is how it was already. Nothing was changed."))
    else:
        number = len({one.meeting_id for one in changes_of_edit(edit)})
        db.session.commit()
        flash(ngettext("%(num)s session changed.", "%(num)s sessions changed.", number), "success")
    return redirect(url_for("planning.meeting", ref=ref), 303)


def _form(meeting: Meeting, **given: Any) -> SeriesForm:
    centre = meeting.activity.centre
    today = clock.now().astimezone(centre.tz).date()
    return SeriesForm(meeting=meeting, rooms=rooms_of([centre.id]), today=today, **given)


def _page(meeting: Meeting, form: SeriesForm, **shown: Any) -> str:
    return render_template(
        "planning/change.html",
        meeting=meeting,
        form=form,
        several=has_several_slots(meeting, now=clock.now()),
        counts={
            scope.value: len(
                concerned(meeting, scope, now=clock.now(), cancelled=meeting.is_cancelled).meetings
            )
            for scope in Scope
        },
        **shown,
    )


@bp.post("/edits/<ref>/undo")
def take_back(ref: str) -> Response:
    """What one edit changed is as before, where nothing else has changed it since."""
    mine = activities_planned_by(planner()).with_only_columns(Activity.id)
    edit = one_or_404(select(Edit).where(Edit.ref == ref, Edit.activity_id.in_(mine)))
    planned = meetings_planned_by(planner()).with_only_columns(Meeting.id)
    first = changes_of_edit(edit)[0].meeting
    one_or_404(planned.where(Meeting.id == first.id))
    back = undo(edit, by=planner(), now=clock.now())
    number = len({one.meeting_id for one in changes_of_edit(back)})
    db.session.commit()
    flash(
        ngettext(
            "Undone: %(num)s session is as before.",
            "Undone: %(num)s sessions are as before.",
            number,
        ),
        "success",
    )
    back_to = local_path(request.form.get("next"))
    return redirect(back_to or url_for("planning.meeting", ref=first.ref), 303)


@bp.get("/needs/<ref>/change")
def need_form(ref: str) -> str:
    """Another language, level or number, at this session or at others too."""
    need = _need(ref)
    return _need_page(need, NeedInScopeForm(data=need_as_it_is(need)))


@bp.post("/needs/<ref>/change")
def change_need(ref: str) -> tuple[str, int] | Response:
    need, form = _need(ref), NeedInScopeForm()
    if not form.validate_on_submit():
        return _need_page(need, form), 422
    new = None if "remove" in request.form else form.need_facts()
    free = frozenset(request.form.get("free", "").split())
    change = NeedChange(facts_of(need), new, frozenset({need.id}), free)
    try:
        return _change_needs(need.meeting, form, change)
    except SomebodyWouldNotFit as refusal:
        db.session.rollback()
        return _need_page(_need(ref), form, refusal), 409


@bp.get("/meetings/<ref>/needs/new")
def new_need_form(ref: str) -> str:
    """One more person is needed, at this session or at others too."""
    return render_template(
        "planning/need.html", meeting=_planned(ref), need=None, form=NeedInScopeForm()
    )


@bp.post("/meetings/<ref>/needs/new")
def new_need(ref: str) -> tuple[str, int] | Response:
    meeting, form = _planned(ref), NeedInScopeForm()
    if not form.validate_on_submit():
        return render_template("planning/need.html", meeting=meeting, need=None, form=form), 422
    return _change_needs(meeting, form, NeedChange(None, form.need_facts()))


def _change_needs(meeting: Meeting, form: NeedInScopeForm, change: NeedChange) -> Response:
    found = concerned(meeting, form.which(), now=clock.now(), also_by_hand=True)
    edit = edit_series(
        found.meetings,
        scope=form.which(),
        by=planner(),
        now=clock.now(),
        seen=lambda _held: True,
        need=change,
    )
    return _saved(edit, meeting.ref)


def _need_page(
    need: Need, form: NeedInScopeForm, refusal: SomebodyWouldNotFit | None = None
) -> str:
    return render_template(
        "planning/need.html", meeting=need.meeting, need=need, form=form, refusal=refusal
    )


def _need(ref: str) -> Need:
    return one_or_404(needs_planned_by(planner()).where(Need.ref == ref))


def _planned(ref: str) -> Meeting:
    return one_or_404(meetings_planned_by(planner()).where(Meeting.ref == ref).options(_WHOLE))
