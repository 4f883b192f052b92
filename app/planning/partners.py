"""The programmes of partners, out of their calendar files: preview, choice, drafts, undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.people.current import asked_centre, planned_centres, planner
from app.people.models import Centre
from app.people.queries import with_role
from app.people.terms import Role
from app.planning.partner_taking import (
    NothingChosen,
    Taken,
    drafts_of,
    seen_by,
    take_back,
    take_over,
)
from app.planning.partners_form import PartnerForm
from app.programme.models import Activity, Meeting, Status
from app.programme.partner_calendars import (
    Comparison,
    Line,
    PartnerCalendar,
    PartnerEvent,
    compare,
    partner_calendars_planned_by,
)
from app.programme.partner_import import Programme, read_again, read_programme, written
from app.programme.queries import meetings_planned_by
from app.programme.recurrence import instant
from app.programme.terms import Term

bp = Blueprint("partners", __name__)


@bp.get("/partner-programmes")
def programmes() -> str:
    """The partners whose calendars came to a centre, and what came with the last file."""
    centre = asked_centre()
    found = partner_calendars_planned_by(planner()).where(PartnerCalendar.centre_id == centre.id)
    calendars = db.session.scalars(found).all()
    batch = request.args.get("batch")
    return render_template(
        "planning/partners.html",
        centre=centre,
        centres=planned_centres(),
        calendars=calendars,
        coming=_coming(calendars),
        batch=batch,
        drafts=drafts_of(batch, by=planner()) if batch else [],
    )


def _coming(calendars: Sequence[PartnerCalendar]) -> Mapping[int, int]:
    """Calendar id -> how many of its sessions are to come."""
    counts = (
        select(PartnerEvent.calendar_id, func.count())
        .join(PartnerEvent.meeting)
        .where(
            PartnerEvent.calendar_id.in_([one.id for one in calendars]),
            Meeting.starts_at > clock.now(),
            Meeting.status == Status.PLANNED,
        )
        .group_by(PartnerEvent.calendar_id)
    )
    return {calendar_id: count for calendar_id, count in db.session.execute(counts)}


@bp.get("/partner-programmes/import")
def import_form() -> str:
    centre = asked_centre()
    return _show(centre, _form(centre))


@bp.post("/partner-programmes/import")
def import_file() -> str | tuple[str, int] | Response:
    """First what the file would bring is shown; the second click takes over what was chosen."""
    centre = asked_centre()
    form = _form(centre)
    if not form.validate_on_submit():
        return _show(centre, form), 422
    if form.rows.data:
        return _take_over(centre, form)
    zone, now = centre.tz, clock.now()
    programme = read_programme(
        form.content(), zone=zone, now=now, until=_until(form.chosen_term(), centre)
    )
    if programme.problem is not None:
        form.file.errors = [str(programme.problem.label)]
        return _show(centre, form), 422
    return _show(centre, form, programme)


def _until(term: Term | None, centre: Centre) -> datetime | None:
    if term is None:
        return None
    return instant(term.last_day + timedelta(days=1), time(), centre.tz)


def _form(centre: Centre) -> PartnerForm:
    people = db.session.scalars(with_role(centre.id, Role.COORDINATOR)).all()
    today = clock.now().astimezone(centre.tz).date()
    drafted = select(Term).where(
        Term.centre_id == centre.id, Term.published_at.is_(None), Term.last_day >= today
    )
    terms = db.session.scalars(drafted.order_by(Term.first_day, Term.id)).all()
    form = PartnerForm(people=people, terms=terms)
    if not form.is_submitted():
        form.responsible.data = planner().id
    return form


def _show(centre: Centre, form: PartnerForm, programme: Programme | None = None) -> str:
    comparison = None
    if programme is not None:
        comparison = compare(programme, centre, by=planner(), now=clock.now())
        comparison = _with_neighbours(comparison, centre)
    return render_template(
        "planning/partners_import.html",
        form=form,
        centre=centre,
        programme=programme,
        comparison=comparison,
        shown=_activities(comparison.lines) if comparison else [],
        rows=written(programme) if programme else "",
        seen=seen_by(comparison) if comparison else "",
        name=form.name.data or (programme.name if programme else ""),
    )


def _activities(lines: Sequence[Line]) -> list[list[Line]]:
    """Those that would bring anything, by what is one activity; then those that bring nothing."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.does_something:
            groups.setdefault(line.item.activity, []).append(line)
    return list(groups.values())


def _with_neighbours(comparison: Comparison, centre: Centre) -> Comparison:
    """Beside each new time what the centre has then, as far as the coordinator plans it."""
    times = [held for line in comparison.lines for held in line.new]
    if not times:
        return comparison
    found = meetings_planned_by(planner()).where(
        Activity.centre_id == centre.id,
        Meeting.status == Status.PLANNED,
        Meeting.starts_at < max(one.ends_at for one in times),
        Meeting.ends_at > min(one.starts_at for one in times),
    )
    by_day = _by_day(db.session.scalars(found.order_by(Meeting.starts_at)).all(), centre)
    lines = [replace(line, beside=_beside(line, by_day, centre)) for line in comparison.lines]
    return replace(comparison, lines=tuple(lines))


def _by_day(meetings: Sequence[Meeting], centre: Centre) -> Mapping[date, list[Meeting]]:
    found: dict[date, list[Meeting]] = {}
    for meeting in meetings:
        for day in _days(meeting.starts_at, meeting.ends_at, centre):
            found.setdefault(day, []).append(meeting)
    return found


def _days(starts_at: datetime, ends_at: datetime, centre: Centre) -> list[date]:
    first, last = (at.astimezone(centre.tz).date() for at in (starts_at, ends_at))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _beside(
    line: Line, by_day: Mapping[date, Sequence[Meeting]], centre: Centre
) -> tuple[Meeting, ...]:
    met = {
        meeting.id: meeting
        for held in line.new
        for day in _days(held.starts_at, held.ends_at, centre)
        for meeting in by_day.get(day, ())
        if meeting.starts_at < held.ends_at and held.starts_at < meeting.ends_at
    }
    return tuple(met.values())


def _take_over(centre: Centre, form: PartnerForm) -> tuple[str, int] | Response:
    now = clock.now()
    programme = read_again(form.rows.data, now=now)
    if programme is None:
        form.file.errors = [_("This preview can no longer be used. Send the file again.")]
        return _show(centre, form), 422
    wishes = form.wishes(
        programme.name, request.form.getlist("take"), request.form.getlist("cancel")
    )
    try:
        taken = take_over(
            programme, wishes, centre, by=planner(), now=now, seen=form.seen.data or ""
        )
    except NothingChosen:
        db.session.rollback()
        flash(_("Nothing was chosen, or all of it is in the programme already."))
        return redirect(url_for(".programmes", centre=centre.code), 303)
    code = centre.code
    db.session.commit()
    _tell(taken)
    return redirect(url_for(".programmes", centre=code, batch=taken.batch), 303)


def _tell(taken: Taken) -> None:
    if taken.sessions:
        words = ngettext("%(num)s new session.", "%(num)s new sessions.", taken.sessions)
        flash(words, "success")
    if taken.changed:
        words = ngettext("%(num)s session changed.", "%(num)s sessions changed.", taken.changed)
        flash(words, "success")
    if taken.cancelled:
        words = ngettext(
            "%(num)s session cancelled.", "%(num)s sessions cancelled.", taken.cancelled
        )
        flash(words, "success")
    if taken.elsewhere:
        words = ngettext(
            "The place of %(num)s session was not changed: the others of its activity stay.",
            "The places of %(num)s sessions were not changed: the others of their activity stay.",
            taken.elsewhere,
        )
        flash(words, "warning")


@bp.post("/partner-programmes/files/<batch>/removal")
def undo(batch: str) -> Response:
    """Every draft that came with one file is thrown away, at once."""
    came = select(PartnerEvent.calendar_id).where(PartnerEvent.batch == batch)
    mine = partner_calendars_planned_by(planner()).where(PartnerCalendar.id.in_(came))
    calendar = db.session.scalars(mine).one_or_none()
    if calendar is None:
        abort(404)
    code = calendar.centre.code
    removed = take_back(batch, by=planner())
    db.session.commit()
    flash(
        ngettext(
            "%(num)s draft was thrown away. Nobody was told of it.",
            "%(num)s drafts were thrown away. Nobody was told of them.",
            removed,
        ),
        "success",
    )
    return redirect(url_for(".programmes", centre=code), 303)
