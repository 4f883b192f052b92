"""Pages on which those who help say when they are free: from a telephone, in a minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _, ngettext
from app.people.models import Person
from app.programme.calendar_file import Problem
from app.staffing import when_free
from app.staffing.availability import Answer, Weekly
from app.staffing.busy_import import Busy, read_again, read_busy, written
from app.staffing.free_forms import (
    AwayForm,
    BusyFileForm,
    ExtraForm,
    WindowForm,
    cell_name,
    week_of,
)
from app.staffing.steps import helping
from app.staffing.when_free import CELLS, dated_of, expected_against, in_cells, windows_of
from app.staffing.windows import DatedWindow, WeeklyWindow
from app.web import one_or_404

bp = Blueprint("free", __name__, url_prefix="/profile/free")
A_MONDAY = date(2024, 1, 1)


@bp.app_context_processor
def words() -> dict[str, object]:
    return {"Answer": Answer, "weekday_name": weekday_name, "cell_name": cell_name}


def weekday_name(weekday: int) -> str:
    """Monday (0) to Sunday (6), in the page's language."""
    return str(format_date(A_MONDAY.replace(day=1 + weekday), "EEEE"))


@bp.get("")
def week() -> str:
    """The usual week in parts of the day, and what differs from it."""
    person, now = helping(), clock.now()
    windows = db.session.scalars(windows_of(person)).all()
    cells = in_cells(windows)
    dated = db.session.scalars(dated_of(person, now=now)).all()
    return render_template(
        "staffing/free.html",
        answers=cells or {},
        exact=cells is None,
        said=bool(windows),
        CELLS=[(cell, str(_cell_label(cell.name))) for cell in CELLS],
        single=[_Shown.of(one, person) for one in dated if one.batch is None],
        files=_files(dated),
        against=expected_against(person, now=now),
        applications=person.applications,
    )


def _cell_label(name: str) -> str:
    return {"morning": _("morning"), "afternoon": _("afternoon"), "evening": _("evening")}[name]


@dataclass(frozen=True)
class _Shown:
    """What differs on single days: as days where it is whole days, else with its hours."""

    ref: str
    answer: Answer
    first: datetime
    last: datetime
    is_days: bool
    is_one_day: bool

    @classmethod
    def of(cls, window: DatedWindow, person: Person) -> _Shown:
        first, last = window.starts_at.astimezone(person.tz), window.ends_at.astimezone(person.tz)
        whole = first.time() == last.time() == time(0)
        if whole:
            last = last - when_free.A_MOMENT
        return cls(window.ref, window.answer, first, last, whole, first.date() == last.date())


def _files(dated: Sequence[DatedWindow]) -> list[tuple[str, int]]:
    """(batch, how many times of it are to come)."""
    counted: dict[str, int] = {}
    for one in dated:
        if one.batch is not None:
            counted[one.batch] = counted.get(one.batch, 0) + 1
    return list(counted.items())


@bp.post("")
def set_week() -> Response:
    """Nothing ticked at all says nothing; that is not the same as "no" to everything."""
    person = helping()
    typed = request.form.to_dict()
    if not any(cell_name(day, cell.name) in typed for day in range(7) for cell in CELLS):
        return redirect(url_for("steps.overview"), 303)
    when_free.set_week(person, week_of(typed))
    return _saved(person, url_for("steps.overview"))


@bp.post("/removal")
def forget_week() -> Response:
    person = helping()
    when_free.forget_week(person)
    return _saved(person, url_for(".week"))


@bp.get("/times")
def times() -> str:
    return _show_times(_window_form())


@bp.post("/times")
def add_time() -> str | tuple[str, int] | Response:
    person, form = helping(), _window_form()
    if not form.validate_on_submit():
        return _show_times(form), 422
    when_free.set_week(person, [*_weekly(person), form.window()])
    return _saved(person, url_for(".times"))


@bp.post("/times/removal")
def remove_time() -> Response:
    """The one that the hidden field names; twice is harmless."""
    person = helping()
    left = [one for one in _weekly(person) if _key(one) != request.form.get("window")]
    if left:
        when_free.set_week(person, left)
    else:
        when_free.forget_week(person)
    return _saved(person, url_for(".times"))


def _window_form() -> WindowForm:
    return WindowForm(weekdays=[(n, weekday_name(n)) for n in range(7)])


def _show_times(form: WindowForm) -> str:
    windows = _weekly(helping())
    return render_template(
        "staffing/free_times.html", form=form, windows=[(one, _key(one)) for one in windows]
    )


def _weekly(person: Person) -> list[Weekly]:
    rows = db.session.scalars(windows_of(person)).all()
    return [_value(row) for row in rows if row.answer is not Answer.NO]


def _value(row: WeeklyWindow) -> Weekly:
    return Weekly(row.weekday, row.starts, row.ends, row.answer)


def _key(one: Weekly) -> str:
    return f"{one.weekday}-{one.starts:%H:%M}-{one.ends:%H:%M}-{one.answer.value}"


@bp.get("/away")
def away() -> str:
    return render_template("staffing/free_away.html", form=AwayForm(today=_today(helping())))


@bp.post("/away")
def be_away() -> str | tuple[str, int] | Response:
    person = helping()
    form = AwayForm(today=_today(person))
    if not form.validate_on_submit():
        return render_template("staffing/free_away.html", form=form), 422
    first, last = form.days()
    starts_at, ends_at = when_free.whole_days(first, last, person.tz)
    when_free.say(person, starts_at, ends_at, Answer.NO, now=clock.now())
    return _saved(person, url_for(".week"))


@bp.get("/extra")
def extra() -> str:
    return render_template("staffing/free_extra.html", form=ExtraForm(today=_today(helping())))


@bp.post("/extra")
def be_there() -> str | tuple[str, int] | Response:
    person = helping()
    form = ExtraForm(today=_today(person))
    if not form.validate_on_submit():
        return render_template("staffing/free_extra.html", form=form), 422
    starts_at = when_free.instant(form.day.data, form.starts.data, person.tz)
    ends_at = when_free.instant(form.day.data, form.ends.data, person.tz)
    when_free.say(person, starts_at, ends_at, Answer(form.answer.data), now=clock.now())
    return _saved(person, url_for(".week"))


@bp.post("/days/<ref>/removal")
def unsay(ref: str) -> Response:
    person = helping()
    mine = dated_of(person, now=clock.now()).where(DatedWindow.ref == ref)
    when_free.unsay(one_or_404(mine))
    return _saved(person, url_for(".week"))


@bp.get("/file")
def file_form() -> str:
    helping()
    return _show_file(BusyFileForm())


@bp.post("/file")
def read_file() -> str | tuple[str, int] | Response:
    """First what the file would say is shown; the second click keeps it. Nothing but times."""
    person, now = helping(), clock.now()
    if "times" in request.form:
        return _keep(person, request.form["times"], now=now)
    form = BusyFileForm()
    if not form.validate_on_submit():
        return _show_file(form), 422
    found = read_busy(form.content(), zone=person.tz, now=now)
    if found.problem is not None:
        form.file.errors = [_problem(found.problem)]
        return _show_file(form), 422
    return _show_file(form, found)


def _keep(person: Person, text: str, *, now: datetime) -> tuple[str, int] | Response:
    found = read_again(text, now=now)
    if found is None:
        form = BusyFileForm()
        form.file.errors = [_("This preview can no longer be used. Send the file again.")]
        return _show_file(form), 422
    when_free.replace_busy(person, found, now=now)
    return _saved(person, url_for(".week"))


def _problem(problem: Problem) -> str:
    if problem is Problem.TOO_MANY:
        return _("The file holds too much for the next six months. Export a smaller calendar.")
    return str(problem.label)


def _show_file(form: BusyFileForm, found: Busy | None = None) -> str:
    times = written(found.times) if found else ""
    return render_template("staffing/free_file.html", form=form, found=found, times=times)


@bp.post("/files/<batch>/removal")
def remove_batch(batch: str) -> Response:
    """Everything that came with one file, at once."""
    person = helping()
    removed = when_free.remove_batch(person, batch)
    if not removed:
        abort(404)
    db.session.commit()
    flash(ngettext("Removed %(num)s time.", "Removed %(num)s times.", removed), "success")
    return redirect(url_for(".week"), 303)


def _saved(person: Person, following: str) -> Response:
    """Kept; and whoever is expected at a time they are not free is told so at once."""
    db.session.commit()
    against = expected_against(person, now=clock.now())
    if not against:
        flash(_("Saved."), "success")
        return redirect(following, 303)
    flash(
        ngettext(
            "Saved. But you are expected at %(num)s session then: see below.",
            "Saved. But you are expected at %(num)s sessions then: see below.",
            len(against),
        ),
        "warning",
    )
    return redirect(url_for(".week"), 303)


def _today(person: Person) -> date:
    return clock.now().astimezone(person.tz).date()
