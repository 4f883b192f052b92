"""Who is here: the page for a telephone, its taps, everyone at once, and whoever comes besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app import clock
from app.attendance import operations, walk_ins
from app.attendance.forms import KEY, SentTap, Typed, WalkInForm, read_rows, read_taps
from app.attendance.marks import NOT_MARKED, Mark, letters_of
from app.attendance.models import Attendance
from app.attendance.operations import Conflict, NotOnTheList, TooEarly
from app.attendance.queries import (
    marked_from,
    marks_at,
    may_be_there,
    meetings_marked_by,
    meetings_of_taps,
    people_at,
    plans_it,
    was_taught_then,
)
from app.database import new_ref
from app.extensions import db
from app.i18n import _, ngettext
from app.people.access import confirm_first
from app.people.current import current_person
from app.people.models import Person
from app.programme.models import Meeting
from app.refusal import Refusal
from app.web import one_or_404

bp = Blueprint("attendance", __name__)


@dataclass(frozen=True)
class Line:
    """One person on the list, what counts, and what somebody has just typed instead of it;
    *letter* is that as it was typed, where nothing of the page is saved yet."""

    person: Person
    said: Attendance | None
    typed: Mark | None = None
    conflict: Conflict | None = None
    letter: str | None = None
    is_unknown: bool = False

    @property
    def mark(self) -> Mark | None:
        return self.said.mark if self.said else None

    @property
    def shown(self) -> Mark | None:
        return self.typed if self.conflict else self.mark

    @property
    def keyed(self) -> str:
        """What stands in its row of a paper list."""
        if self.letter is not None:
            return self.letter
        return self.shown.key if self.shown else NOT_MARKED if self.conflict else ""


@dataclass(frozen=True)
class Sheet:
    """The list of one meeting: who is not marked yet comes first, then by name."""

    meeting: Meeting
    lines: Sequence[Line] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Mark -> how many; "" for those who are not marked."""
        said = [line.mark.value if line.mark else "" for line in self.lines]
        return {mark: said.count(mark) for mark in (*Mark, "")}


def sheet_of(
    meeting: Meeting,
    *,
    typed: Mapping[int, Mark | None] | None = None,
    conflicts: Sequence[Conflict] = (),
) -> Sheet:
    """The list as it is now; of *conflicts*, with what was *typed*."""
    said, typed = marks_at([meeting]), typed or {}
    told = {one.person.id: one for one in conflicts}
    lines = [
        Line(
            one,
            said.get((meeting.id, one.id)),
            (typed or {}).get(one.id),
            conflict=told.get(one.id),
        )
        for one in people_at([meeting])
    ]
    return Sheet(meeting, sorted(lines, key=lambda line: line.mark is not None))


def marked_meeting(ref: str) -> Meeting:
    """A meeting whose participants the signed-in person may see now."""
    found = meetings_marked_by(current_person(), now=clock.now()).where(Meeting.ref == ref)
    return one_or_404(found)


@bp.get("/meetings/<ref>/attendance")
def of_meeting(ref: str) -> ResponseReturnValue:
    """Big names, three large buttons each. Of what is protected only after the password."""
    meeting = marked_meeting(ref)
    if meeting.is_secret and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return show(sheet_of(meeting))


def show(sheet: Sheet, page: str = "attendance/meeting.html") -> str:
    me, meeting = current_person(), sheet.meeting
    return render_template(
        page,
        sheet=sheet,
        meeting=meeting,
        marks=list(Mark),
        owner=me.ref,
        plans=plans_it(me, meeting),
        letters_of=letters_of,
        not_marked=NOT_MARKED,
        once=new_ref(),
        undo=request.args.get("undo", ""),
        now=clock.now(),
        **_early(meeting),
    )


def _early(meeting: Meeting) -> dict[str, object]:
    """What the page says before anybody can be there."""
    early = not may_be_there(meeting, clock.now())
    return {"early": early and TooEarly.message, "marked_from": marked_from(meeting)}


@bp.post("/meetings/<ref>/attendance")
def save(ref: str) -> ResponseReturnValue:
    """All rows of a page at once, without scripts or from a sheet of paper. Rows that somebody
    else changed in the meantime are told and can be decided; where one row cannot be understood
    none is saved."""
    meeting = marked_meeting(ref)
    from_paper = "from_paper" in request.form
    read = read_rows(request.form, people_at([meeting]), from_paper=from_paper)
    if read.unknown:
        return _show_again(_as_typed(meeting, read), from_paper), 422
    rows = read.rows
    conflicts = operations.save_rows(meeting, rows, by=current_person(), now=clock.now())
    db.session.commit()
    if conflicts:
        typed = {row.person.id: row.mark for row in rows}
        return _show_again(sheet_of(meeting, typed=typed, conflicts=conflicts), from_paper), 409
    flash(
        ngettext("Saved: %(num)s changed.", "Saved: %(num)s changed.", len(rows))
        if rows
        else _("Nothing was changed."),
        "success",
    )
    return redirect(url_for(".entry" if from_paper else ".of_meeting", ref=ref), 303)


def _as_typed(meeting: Meeting, read: Typed) -> Sheet:
    """The list with everything that was typed."""
    lines = [
        replace(
            line,
            letter=request.form.get(f"mark-{line.person.ref}"),
            is_unknown=line.person.id in read.unknown,
        )
        for line in sheet_of(meeting).lines
    ]
    return Sheet(meeting, lines)


def _show_again(sheet: Sheet, from_paper: bool) -> str:
    return show(_as_on_paper(sheet), "attendance/entry.html") if from_paper else show(sheet)


@bp.get("/meetings/<ref>/attendance/entry")
def entry(ref: str) -> ResponseReturnValue:
    """A list that was signed on paper, keyed in: one letter a row, in the order of the sheet."""
    meeting = marked_meeting(ref)
    if meeting.is_secret and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return show(_as_on_paper(sheet_of(meeting)), "attendance/entry.html")


def _as_on_paper(sheet: Sheet) -> Sheet:
    lines = sorted(sheet.lines, key=lambda line: (line.person.name, line.person.id))
    return Sheet(sheet.meeting, lines)


@bp.post("/attendance/taps")
def take_taps() -> ResponseReturnValue:
    """What a telephone kept while it had no connection, as JSON: which of it is here now, what was
    refused and why, and what counts of those people. Sent again, it changes nothing."""
    now, me = clock.now(), current_person()
    sent = read_taps(request.get_json(silent=True), now=now)
    if sent is None:
        return {"message": _("The request could not be understood.")}, 422
    by_meeting: dict[str, list[SentTap]] = {}
    for one in sent:
        by_meeting.setdefault(one.meeting, []).append(one)
    found = db.session.scalars(meetings_of_taps(me, by_meeting)).all()
    refused: dict[str, str] = {}
    says: dict[str, dict[str, str]] = {}
    for meeting in found:
        told, counts = _take(meeting, by_meeting.pop(meeting.ref), me)
        refused |= told
        says[meeting.ref] = counts
    unknown = [one.tap.key for rest in by_meeting.values() for one in rest]
    refused |= dict.fromkeys(unknown, _("This list is not open to you any more."))
    db.session.commit()
    return {"taken": [one.tap.key for one in sent], "refused": refused, "marks": says}


def _take(
    meeting: Meeting, sent: Sequence[SentTap], me: Person
) -> tuple[dict[str, str], dict[str, str]]:
    """Key -> why it was refused, and person -> what counts of them now."""
    listed = {one.ref: one for one in people_at([meeting])}
    plans = plans_it(me, meeting)
    refused: dict[str, str] = {}
    fine = []
    for one in sent:
        if one.person not in listed:
            refused[one.tap.key] = str(NotOnTheList.message)
        elif not plans and not was_taught_then(meeting, one.tap.at):
            refused[one.tap.key] = _("This list is not open to you any more.")
        else:
            fine.append((listed[one.person], one.tap))
    try:
        told = operations.take_taps(meeting, fine, by=me, now=clock.now())
    except Refusal as refusal:
        told = {tap.key: refusal for _person, tap in fine}
    refused |= {key: str(refusal.message) for key, refusal in told.items()}
    said = marks_at([meeting])
    counts = {
        person.ref: row.mark.value
        if (row := said.get((meeting.id, person.id))) is not None and row.mark
        else ""
        for person, _tap in fine
    }
    return refused, counts


@bp.post("/meetings/<ref>/attendance/everyone")
def everyone(ref: str) -> Response:
    """Whoever is not marked yet is here; the page that follows can undo it."""
    meeting = marked_meeting(ref)
    once = _once()
    number = operations.mark_everyone(meeting, once, by=current_person(), now=clock.now())
    db.session.commit()
    flash(ngettext("%(num)s marked as present.", "%(num)s marked as present.", number), "success")
    return redirect(url_for(".of_meeting", ref=ref, undo=once), 303)


@bp.post("/meetings/<ref>/attendance/everyone/undo")
def take_back(ref: str) -> Response:
    meeting = marked_meeting(ref)
    operations.take_back_everyone(meeting, _once(), by=current_person(), now=clock.now())
    db.session.commit()
    flash(_("Taken back."), "success")
    return redirect(url_for(".of_meeting", ref=ref), 303)


def _once() -> str:
    once = request.form.get("once", "")
    if not KEY.fullmatch(once):
        abort(400)
    return once


@bp.get("/meetings/<ref>/attendance/walk-in")
def walk_in_form(ref: str) -> ResponseReturnValue:
    meeting = marked_meeting(ref)
    if meeting.is_secret and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return _show_walk_in(meeting, WalkInForm(data={"once": new_ref()}))


@bp.post("/meetings/<ref>/attendance/walk-in")
def walk_in(ref: str) -> ResponseReturnValue:
    """Somebody came without a place. A coordinator is asked first whether it is somebody known; a
    teacher looks for nobody in the centre's list of people."""
    meeting, me = marked_meeting(ref), current_person()
    typed = request.form.get("name", "")
    similar = walk_ins.similar_people(meeting, typed) if plans_it(me, meeting) else []
    form = WalkInForm(similar=similar)
    if not form.validate_on_submit():
        return _show_walk_in(meeting, form, similar), 422
    if similar and not form.who.data:
        return _show_walk_in(meeting, form, similar)
    try:
        _add_walk_in(meeting, form, similar)
    except Refusal as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _show_walk_in(marked_meeting(ref), form, similar), 409
    db.session.commit()
    flash(_("Added, and marked as present."), "success")
    return redirect(url_for(".of_meeting", ref=ref), 303)


def _add_walk_in(meeting: Meeting, form: WalkInForm, similar: Sequence[Person]) -> None:
    me, now, once = current_person(), clock.now(), form.once.data
    known = next((one for one in similar if one.ref == form.who.data), None)
    if known is not None:
        walk_ins.walk_in(meeting, known, once=once, by=me, now=now)
    else:
        name, language = form.name.data, form.language.data
        walk_ins.walk_in_new(meeting, name, language, once=once, by=me, now=now)


def _show_walk_in(meeting: Meeting, form: WalkInForm, similar: Sequence[Person] = ()) -> str:
    return render_template(
        "attendance/walk_in.html",
        meeting=meeting,
        form=form,
        similar=similar,
        **_early(meeting),
    )
