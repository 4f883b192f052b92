"""The organisation calendar: closed days, school holidays, hints; by hand or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.database import new_ref
from app.extensions import db
from app.i18n import _, ngettext
from app.people.current import asked_centre, planned_centres, planner
from app.people.locale import page_language
from app.planning.days_form import DaysForm, ImportForm
from app.programme.calendar_import import Reading, read, read_again, written
from app.programme.models import Activity, Meeting, Status
from app.programme.organisation_calendar import (
    CalendarEntry,
    DayKind,
    add_days,
    entries_planned_by,
    known_days,
)
from app.programme.public_holidays import romanian_holiday
from app.programme.queries import meetings_planned_by
from app.programme.recurrence import instant
from app.web import one_or_404

bp = Blueprint("days", __name__)

YEAR = timedelta(days=366)


@bp.get("/organisation-calendar")
def calendar() -> str:
    """The coming days, how many sessions fall on each, and the public holidays beside."""
    today = _today()
    entries = _coming(today)
    batch = request.args.get("batch")
    return render_template(
        "planning/days.html",
        entries=entries,
        counts={entry.id: len(found) for entry, found in _sessions_on(entries)},
        batch=batch,
        added=sum(entry.batch == batch for entry in entries) if batch else 0,
        holidays=_holidays(today),
        Kind=DayKind,
    )


def _coming(today: date) -> Sequence[CalendarEntry]:
    coming = entries_planned_by(planner()).where(CalendarEntry.last_day >= today)
    return db.session.scalars(coming).all()


def _today() -> date:
    return clock.now().astimezone(asked_centre().tz).date()


def _holidays(today: date) -> list[tuple[date, str]]:
    days = [today + timedelta(days=n) for n in range(YEAR.days)]
    named = [(day, romanian_holiday(day, page_language())) for day in days]
    return [(day, name) for day, name in named if name is not None]


def _sessions_on(
    entries: Sequence[CalendarEntry],
) -> list[tuple[CalendarEntry, list[Meeting]]]:
    """Each entry with the coming sessions on its days that the coordinator plans; one query."""
    meetings = _meetings_until(max((one.last_day for one in entries), default=None))
    return [(one, [each for each in meetings if _falls_on(each, one)]) for one in entries]


def _meetings_until(last: date | None) -> Sequence[Meeting]:
    if last is None:
        return []
    found = meetings_planned_by(planner()).where(
        Meeting.status == Status.PLANNED,
        Meeting.ends_at > clock.now(),
        Meeting.starts_at < _end_of(last),
    )
    texts = contains_eager(Meeting.activity).options(
        selectinload(Activity.texts), joinedload(Activity.centre)
    )
    return db.session.scalars(found.order_by(Meeting.starts_at, Meeting.id).options(texts)).all()


def _end_of(last: date) -> datetime:
    return instant(last + timedelta(days=1), time(), asked_centre().tz) + timedelta(days=1)


def _falls_on(meeting: Meeting, entry: CalendarEntry) -> bool:
    centre = meeting.activity.centre
    if entry.centre_id not in {None, centre.id}:
        return False
    first = meeting.starts_at.astimezone(centre.tz).date()
    return entry.first_day <= first <= entry.last_day


@bp.get("/organisation-calendar/new")
def new() -> str:
    return _show_form(_form(), None)


@bp.post("/organisation-calendar/new")
def add() -> tuple[str, int] | Response:
    form = _form()
    if not form.validate_on_submit():
        return _show_form(form, None), 422
    (entry,) = add_days(
        [form.found()],
        kind=form.chosen_kind(),
        centre=form.chosen_centre(),
        by=planner(),
        now=clock.now(),
    )
    db.session.commit()
    return _saved(entry, _("The days were added."))


def _form(**given: Any) -> DaysForm:
    return DaysForm(centres=planned_centres(), today=_today(), **given)


def _show_form(form: DaysForm, entry: CalendarEntry | None) -> str:
    found = dict(_sessions_on([entry])) if entry else {}
    return render_template(
        "planning/days_entry.html",
        form=form,
        entry=entry,
        meetings=found[entry] if entry else [],
    )


def _saved(entry: CalendarEntry, done: str) -> Response:
    """Back to the list; but to the entry itself where sessions are left on its days."""
    ((_entry, meetings),) = _sessions_on([entry])
    flash(done, "success")
    if meetings and entry.kind is DayKind.CLOSED:
        return redirect(url_for(".entry", ref=entry.ref), 303)
    return redirect(url_for(".calendar"), 303)


@bp.get("/organisation-calendar/<ref>")
def entry(ref: str) -> str:
    """One entry, to be changed, with the sessions on its days."""
    found = _entry(ref)
    return _show_form(_form(data=_shown(found)), found)


def _entry(ref: str) -> CalendarEntry:
    return one_or_404(entries_planned_by(planner()).where(CalendarEntry.ref == ref))


def _shown(entry: CalendarEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "centre": str(entry.centre_id or ""),
        "name": entry.name,
        "first_day": entry.first_day,
        "last_day": entry.last_day,
    }


@bp.post("/organisation-calendar/<ref>")
def change(ref: str) -> tuple[str, int] | Response:
    found, form = _entry(ref), _form()
    if not form.validate_on_submit():
        return _show_form(form, found), 422
    days = form.found()
    found.kind, found.centre = form.chosen_kind(), form.chosen_centre()
    found.name, found.first_day, found.last_day = days.name, days.first_day, days.last_day
    db.session.commit()
    return _saved(found, _("Saved."))


@bp.post("/organisation-calendar/<ref>/removal")
def remove(ref: str) -> Response:
    db.session.delete(_entry(ref))
    db.session.commit()
    flash(_("The days were removed."), "success")
    return redirect(url_for(".calendar"), 303)


@bp.get("/organisation-calendar/import")
def import_form() -> str:
    return _show_import(_import_form())


@bp.post("/organisation-calendar/import")
def import_file() -> tuple[str, int] | Response:
    """First what the file would add is shown; the second click adds it."""
    form = _import_form()
    if not form.validate_on_submit():
        return _show_import(form), 422
    if "rows" in request.form:
        return _import_rows(form)
    known = known_days(form.chosen_centre())
    zone = (form.chosen_centre() or asked_centre()).tz
    reading = read(form.content(), zone=zone, today=_today(), known=known)
    if reading.problem is not None:
        form.file.errors = [str(reading.problem.label)]
        return _show_import(form), 422
    return _show_import(form, reading), 200


def _import_form() -> ImportForm:
    return ImportForm(centres=planned_centres())


def _show_import(form: ImportForm, reading: Reading | None = None) -> str:
    return render_template(
        "planning/days_import.html",
        form=form,
        reading=reading,
        rows=written(reading.found) if reading else "",
        kind=form.chosen_kind() if reading else None,
        centre=form.chosen_centre() if reading else None,
    )


def _import_rows(form: ImportForm) -> tuple[str, int] | Response:
    centre = form.chosen_centre()
    found = read_again(request.form["rows"], today=_today(), known=known_days(centre))
    if found is None:
        form.file.errors = [_("This preview can no longer be used. Send the file again.")]
        return _show_import(form), 422
    if not found:
        flash(_("All of it is in the calendar already. Nothing was added."))
        return redirect(url_for(".calendar"), 303)
    batch, kind = new_ref(), form.chosen_kind()
    add_days(found, kind=kind, centre=centre, batch=batch, by=planner(), now=clock.now())
    db.session.commit()
    flash(ngettext("Added %(num)s entry.", "Added %(num)s entries.", len(found)), "success")
    return redirect(url_for(".calendar", batch=batch), 303)


@bp.post("/organisation-calendar/files/<batch>/removal")
def remove_batch(batch: str) -> Response:
    """Everything that came with one file, at once."""
    mine = entries_planned_by(planner()).where(CalendarEntry.batch == batch)
    entries = db.session.scalars(mine).all()
    if not entries:
        abort(404)
    for each in entries:
        db.session.delete(each)
    db.session.commit()
    flash(ngettext("Removed %(num)s entry.", "Removed %(num)s entries.", len(entries)), "success")
    return redirect(url_for(".calendar"), 303)
