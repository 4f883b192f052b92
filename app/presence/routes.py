"""Pages about who was there: of one meeting, of one's own hours, of somebody's hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.current import current_person, may_change, person_or_none, planner, staff
from app.people.locale import page_language
from app.people.models import Person
from app.people.queries import people_of
from app.people.terms import HELPERS
from app.presence import operations
from app.presence.forms import HoursForm
from app.presence.hours import Stay, by_month, total
from app.presence.meeting_form import InsteadForm, MeetingPresenceForm
from app.presence.models import Presence, Word
from app.presence.queries import (
    CORRECTABLE,
    attended,
    attended_as_seen_by,
    history_of,
    may_have_come,
    own_presences,
    places_held,
    places_now,
    presence_of,
    presences_at,
    presences_planned_by,
)
from app.presence.words import word_in_words
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import meetings_planned_by
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import assignments_of
from app.staffing.words import describe, explain
from app.web import one_or_404

bp = Blueprint("presence", __name__)

_WITH_TEXTS = contains_eager(Meeting.activity).options(
    selectinload(Activity.texts), joinedload(Activity.centre)
)


@bp.app_template_filter()
def hours_minutes(minutes: int) -> str:
    """A sum of minutes in words: nothing is rounded."""
    return _("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=f"{minutes % 60:02d}")


@bp.app_context_processor
def words() -> dict[str, object]:
    return {
        "arrivals": arrivals,
        "presence_lacking": presence_lacking,
        "word_in_words": word_in_words,
    }


@bp.app_template_filter()
def month_name(day: date) -> str:
    return str(format_date(day, "LLLL y"))


def arrivals() -> list[tuple[Assignment, Presence | None]]:
    """The places at which the signed-in person may say that they are there, with what is said."""
    person = person_or_none()
    if person is None:
        return []
    places = db.session.scalars(places_now(person, now=clock.now())).all()
    return [(one, presence_of(person, one.need.meeting)) for one in places]


def presence_lacking(meeting: Meeting) -> list[str]:
    """The names of those who had a place there and of whom nothing is said yet."""
    said = presences_at(meeting)
    return [one.person.name for one in places_held(meeting) if one.person_id not in said]


@bp.post("/places/<ref>/presence")
def arrive(ref: str) -> tuple[str, int] | Response:
    """ "I am here": the meeting's own hours, or those that were typed."""
    found = assignments_of(current_person()).where(
        Assignment.ref == ref, Assignment.state == State.CONFIRMED
    )
    place = one_or_404(found)
    meeting = place.need.meeting
    word = Word(meeting.starts_at, meeting.ends_at)
    if "starts" in request.form:
        form = HoursForm(meeting=meeting)
        if not form.validate_on_submit():
            return render_template(
                "presence/own.html", form=form, meeting=meeting, place=place
            ), 422
        word = form.word()
    said = operations.check_in(place, word, now=clock.now())
    db.session.commit()
    if said.is_disputed:
        flash(_("Noted. The coordinator said otherwise and will look at it."))
    else:
        flash(_("Thank you. It is noted that you were there."), "success")
    return redirect(url_for("staffing.places"), 303)


@bp.get("/my-hours")
def mine() -> str:
    """One's own attended time, by month and activity; protected sessions without their names."""
    person, now = _helper(), clock.now()
    counted = db.session.scalars(attended(person, now=now)).all()
    lately = db.session.scalars(own_presences(person).limit(20)).all()
    months = by_month(_stays(counted, neutral=True))
    return render_template(
        "presence/hours.html",
        months=months,
        total=total(months),
        lately=lately,
        centres=_centres_of(counted),
        now=now,
        oldest=now - CORRECTABLE,
    )


def _helper() -> Person:
    """Whoever helps or once helped; for anybody else the page does not exist."""
    person = current_person()
    if person.has_role(*HELPERS):
        return person
    if db.session.scalars(own_presences(person).limit(1)).first() is None:
        abort(404)
    return person


def _centres_of(presences: Iterable[Presence]) -> list[Any]:
    found = {one.meeting.activity.centre for one in presences}
    return sorted(found, key=lambda centre: centre.name)


def _stays(presences: Iterable[Presence], *, neutral: bool) -> list[Stay]:
    reader = page_language()
    return [
        Stay(
            day=one.starts_at.astimezone(one.meeting.activity.centre.tz).date(),
            title=None
            if neutral and one.meeting.is_secret
            else one.meeting.activity.title_in(reader),
            minutes=one.minutes,
        )
        for one in presences
        if one.starts_at is not None
    ]


def _title(presence: Presence, reader: str) -> str:
    return presence.meeting.activity.title_in(reader)


@bp.get("/my-hours/<ref>")
def own(ref: str) -> str:
    """What is said of oneself at one session, with the hours to correct."""
    found = _own(ref)
    known = found.own_word if found.own_word.came else found.word
    form = HoursForm(meeting=found.meeting, known=known)
    return render_template("presence/own.html", form=form, meeting=found.meeting, said=found)


@bp.post("/my-hours/<ref>")
def correct(ref: str) -> tuple[str, int] | Response:
    """ "I was there", from when to when."""
    found = _own(ref)
    form = HoursForm(meeting=found.meeting)
    if not form.validate_on_submit():
        page = render_template("presence/own.html", form=form, meeting=found.meeting, said=found)
        return page, 422
    operations.correct(found, form.word(), now=clock.now())
    db.session.commit()
    if found.is_disputed:
        flash(_("Noted. The coordinator will look at it."), "success")
    else:
        flash(_("Saved."), "success")
    return redirect(url_for(".mine"), 303)


def _own(ref: str) -> Presence:
    return one_or_404(own_presences(current_person()).where(Presence.ref == ref))


@bp.get("/people/<ref>/hours")
def of_person(ref: str) -> str:
    """Somebody's attended time, as far as one may know of it."""
    person = one_or_404(people_of(staff()).where(Person.ref == ref))
    seen = db.session.scalars(attended_as_seen_by(staff(), person, now=clock.now())).all()
    months = by_month(_stays(seen, neutral=False))
    return render_template(
        "presence/of_person.html",
        known=person,
        months=months,
        total=total(months),
        may_change=may_change,
    )


@bp.get("/meetings/<ref>/presence")
def of_meeting(ref: str) -> str:
    """Who of those who were to help was there."""
    return _show(_held(ref))


def _show(meeting: Meeting, form: MeetingPresenceForm | None = None) -> str:
    places, said = places_held(meeting), presences_at(meeting)
    return render_template(
        "presence/meeting.html",
        meeting=meeting,
        places={place.person.ref: place for place in places},
        said={place.person.ref: said.get(place.person_id) for place in places},
        form=form or MeetingPresenceForm(meeting=meeting, places=places, said=said),
        history=history_of(meeting),
        now=clock.now(),
    )


@bp.post("/meetings/<ref>/presence")
def record(ref: str) -> tuple[str, int] | Response:
    """What the coordinator says of all of them; of whom another came instead comes next."""
    meeting = _held(ref)
    places = places_held(meeting)
    form = MeetingPresenceForm(meeting=meeting, places=places, said=presences_at(meeting))
    if not form.validate_on_submit():
        return _show(meeting, form), 422
    everybody = "everybody" in request.form
    words = form.words(everybody=everybody)
    operations.record(meeting, words, by=planner(), now=clock.now())
    db.session.commit()
    if (replaced := form.replaced()) is not None:
        flash(_("Saved. Now say who came instead."), "success")
        return redirect(url_for(".instead", ref=ref, of=replaced.ref), 303)
    flash(_("Saved."), "success")
    return redirect(url_for(".of_meeting", ref=ref), 303)


@bp.get("/meetings/<ref>/presence/instead")
def instead(ref: str) -> str:
    meeting = _held(ref)
    form = _instead_form(meeting)
    asked = request.args.get("of", "")
    of = next((one for one in places_held(meeting) if one.person.ref == asked), None)
    if of is not None:
        form.place.data = f"{of.need.ref} {of.person.ref}"
    return _show_instead(meeting, form)


@bp.post("/meetings/<ref>/presence/instead")
def came_instead(ref: str) -> tuple[str, int] | Response:
    """Somebody without a place helped. What stands against them is shown and asks for a reason."""
    meeting = _held(ref)
    form = _instead_form(meeting)
    if not form.validate_on_submit():
        return _show_instead(meeting, form), 422
    need_ref, _space, replaced_ref = form.place.data.partition(" ")
    need = one_or_404(db.select(Need).where(Need.ref == need_ref, Need.meeting_id == meeting.id))
    held = {one.person.ref: one.person for one in places_held(meeting)}
    person = next(one for one in may_have_come(meeting) if one.ref == form.person.data)
    try:
        operations.came_instead(
            need,
            person,
            form.word(),
            instead_of=held.get(replaced_ref),
            reason=form.why(),
            by=planner(),
            now=clock.now(),
        )
    except operations.ReasonWanted as refusal:
        db.session.rollback()
        reasons = [explain(one, page_language()) for one in refusal.reasons]
        form.reason.errors = [str(refusal.message)]
        return _show_instead(_held(ref), form, reasons), 409
    db.session.commit()
    flash(_("Saved. Their hours count."), "success")
    return redirect(url_for(".of_meeting", ref=ref), 303)


def _instead_form(meeting: Meeting) -> InsteadForm:
    """The places: of each who had one, and of each need as such."""
    places = places_held(meeting)
    options = [
        (f"{one.need.ref} {one.person.ref}", _("instead of %(name)s", name=one.person.name))
        for one in places
    ]
    needs = db.session.scalars(
        db.select(Need).where(Need.meeting_id == meeting.id).order_by(Need.id)
    )
    options += [
        (need.ref, _("besides: %(need)s", need=describe(need, page_language()))) for need in needs
    ]
    return InsteadForm(meeting=meeting, people=may_have_come(meeting), places=options)


def _show_instead(meeting: Meeting, form: InsteadForm, reasons: Iterable[str] = ()) -> str:
    return render_template("presence/instead.html", meeting=meeting, form=form, reasons=reasons)


@bp.post("/presences/<ref>/confirmation")
def confirm(ref: str) -> Response:
    """The person was right."""
    return _settle(ref, theirs=True)


@bp.post("/presences/<ref>/refusal")
def keep(ref: str) -> Response:
    """What was recorded stays."""
    return _settle(ref, theirs=False)


def _settle(ref: str, *, theirs: bool) -> Response:
    found = one_or_404(presences_planned_by(planner()).where(Presence.ref == ref))
    settle = operations.confirm_own_word if theirs else operations.keep_word
    settle(found, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Saved. Both words stay on record."), "success")
    return redirect(url_for(".of_meeting", ref=found.meeting.ref), 303)


def _held(ref: str) -> Meeting:
    """A meeting of one's own that has a presence: published, and about to begin or begun."""
    return one_or_404(
        meetings_planned_by(planner())
        .where(
            Meeting.ref == ref,
            Meeting.status == Status.PLANNED,
            Activity.published_at.is_not(None),
        )
        .options(_WITH_TEXTS)
    )
