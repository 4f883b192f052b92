"""A course and its members: hours, placement, the size of the group, certificates of attendance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from sqlalchemy import select
from werkzeug import Response

from app import clock
from app.attendance import courses
from app.attendance.certifying import issue_paper
from app.attendance.counting import Standing, Tally
from app.attendance.course_forms import (
    DatesForm,
    PaperForm,
    PlacementForm,
    ReasonForm,
    ThresholdForm,
)
from app.attendance.levels import Fit
from app.attendance.standings import (
    Group,
    Member,
    group_of,
    guests_of,
    members_of,
    own_tally,
    papers_of,
    placements_of,
    threshold_of,
)
from app.certificates.models import Certificate
from app.database import new_ref
from app.extensions import db
from app.i18n import _, _l, ngettext
from app.people.access import confirm_first
from app.people.current import person_or_none, planner
from app.people.models import Person
from app.programme.kinds import Kind
from app.programme.models import Activity
from app.programme.queries import activities_planned_by
from app.refusal import Refusal
from app.signups.models import Enrolment
from app.web import one_or_404

bp = Blueprint("courses", __name__)

WITHOUT_HOURS = (Kind.INDIVIDUAL, Kind.CHILDCARE)

STANDING_WORDS = {
    Standing.REACHED: _l("certificate reached"),
    Standing.ON_THE_WAY: _l("on the way"),
    Standing.LAST_CHANCE: _l("one more session missed and it is out of reach"),
    Standing.OUT_OF_REACH: _l("certificate out of reach"),
}
FIT_WORDS = {
    Fit.FITS: _l("fits"),
    Fit.UNKNOWN: _l("not known yet"),
    Fit.BELOW: _l("placed lower than this course"),
    Fit.ABOVE: _l("placed higher than this course"),
}


@bp.app_template_filter()
def teaching(minutes: int, hour_minutes: int, *, up: bool = False) -> str:
    """Minutes in teaching hours, cut to two places: never more than it was, or, *up*, never less
    than is still needed."""
    hundredths = -(-minutes * 100 // hour_minutes) if up else minutes * 100 // hour_minutes
    return str(format_decimal(hundredths / 100, format="0.##"))


@bp.app_context_processor
def words() -> dict[str, object]:
    return {
        "group_size": group_of,
        "one_more_to_start": one_more_to_start,
        "own_hours": own_hours,
        "own_paper": own_paper,
        "has_hours": lambda activity: activity.kind not in WITHOUT_HOURS,
    }


def one_more_to_start(group: Group) -> str:
    """ "7 of 8: one more to start", for who plans it."""
    count = _("%(number)s of %(minimum)s", number=group.taken, minimum=group.minimum)
    if not group.lacking:
        return f"{count}: {_('enough to start')}"
    more = ngettext("%(num)s more to start", "%(num)s more to start", group.lacking)
    return f"{count}: {more}"


def own_hours(activity: Activity) -> Tally | None:
    """What the signed-in member of a course has attended so far."""
    person = person_or_none()
    if person is None or activity.kind in WITHOUT_HOURS:
        return None
    found = own_tally(activity, person, now=clock.now())
    return found if found is not None and (found.offered or found.excused) else None


def own_paper(activity: Activity) -> Certificate | None:
    person = person_or_none()
    return papers_of(activity).get(person.id) if person is not None else None


def _planned(ref: str) -> Activity:
    found = activities_planned_by(planner()).where(
        Activity.ref == ref, Activity.kind.not_in(WITHOUT_HOURS)
    )
    return one_or_404(found)


@bp.get("/activities/<ref>/course")
def course(ref: str) -> ResponseReturnValue:
    """All members with their hours; what the certificate wants; how large the group is."""
    activity = _planned(ref)
    if not activity.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return _show(activity)


def _show(activity: Activity, form: ThresholdForm | None = None) -> str:
    members = members_of(activity, now=clock.now())
    return render_template(
        "attendance/course.html",
        activity=activity,
        members=[one for one in members if not one.has_left],
        former=[one for one in members if one.has_left],
        guests=guests_of(activity),
        threshold=threshold_of(activity),
        form=form or ThresholdForm(data={"threshold": threshold_of(activity)}),
        reason=ReasonForm(formdata=None),
        standing_words=STANDING_WORDS,
        fit_words=FIT_WORDS,
    )


@bp.post("/activities/<ref>/course/threshold")
def set_threshold(ref: str) -> ResponseReturnValue:
    activity, form = _planned(ref), ThresholdForm()
    if not form.validate_on_submit():
        return _show(activity, form), 422
    courses.set_threshold(activity, form.threshold.data)
    return _saved(ref)


@bp.post("/activities/<ref>/course/start")
def start(ref: str) -> Response:
    """A coordinator lets a small group begin, and says why."""
    why = request.form.get("reason", "")
    courses.start_anyway(_planned(ref), why, by=planner(), now=clock.now())
    return _saved(ref)


@bp.get("/activities/<ref>/course/members/<person_ref>")
def member(ref: str, person_ref: str) -> ResponseReturnValue:
    """One member: placement, level, dates, certificate."""
    activity = _planned(ref)
    if not activity.privacy.is_listed and (elsewhere := confirm_first()) is not None:
        return elsewhere
    return _show_member(activity, _member(activity, person_ref))


def _show_member(activity: Activity, found: Member, refusal: Any = None) -> str:
    zone = activity.centre.tz
    left_at = found.enrolment.left_at
    placed = found.placement.level if found.placement else None
    return render_template(
        "attendance/member.html",
        activity=activity,
        member=found,
        refusal=refusal,
        threshold=found.tally.percent,
        placements=placements_of(found.person),
        placement_form=PlacementForm(formdata=None, data={"level": placed or ""}),
        reason=ReasonForm(formdata=None),
        dates=DatesForm(
            formdata=None,
            data={
                "joined_on": found.enrolment.joined_at.astimezone(zone).date(),
                "left_on": _last_day(left_at, zone) if left_at else None,
            },
        ),
        paper_form=PaperForm(formdata=None, data={"once": new_ref()}),
        standing_words=STANDING_WORDS,
        fit_words=FIT_WORDS,
    )


def _last_day(left_at: datetime, zone: Any) -> Any:
    """The day on which somebody left; a midnight is the end of the day before."""
    there = left_at.astimezone(zone)
    midnight = there.hour == there.minute == there.second == 0
    return there.date().fromordinal(there.date().toordinal() - midnight)


def _enrolment(activity: Activity, person_ref: str) -> Enrolment:
    found = (
        select(Enrolment)
        .join(Enrolment.person)
        .where(Enrolment.activity_id == activity.id, Person.ref == person_ref)
    )
    return one_or_404(found)


def _member(activity: Activity, person_ref: str) -> Member:
    wanted = _enrolment(activity, person_ref).id
    members = members_of(activity, now=clock.now())
    return next(one for one in members if one.enrolment.id == wanted)


@bp.post("/activities/<ref>/course/members/<person_ref>/placement")
def place(ref: str, person_ref: str) -> ResponseReturnValue:
    held = _enrolment(_planned(ref), person_ref)
    level = request.form.get("level") or None
    courses.place(held.person, level, by=planner(), now=clock.now())
    return _saved(ref, person_ref)


@bp.post("/activities/<ref>/course/members/<person_ref>/level")
def keep(ref: str, person_ref: str) -> ResponseReturnValue:
    """They stay in this group though they were placed elsewhere."""
    activity = _planned(ref)
    held, why = _enrolment(activity, person_ref), request.form.get("reason", "")
    courses.keep_in_group(activity, held.person, why, by=planner(), now=clock.now())
    return _saved(ref, person_ref)


@bp.post("/activities/<ref>/course/members/<person_ref>/dates")
def dates(ref: str, person_ref: str) -> ResponseReturnValue:
    activity, form = _planned(ref), DatesForm()
    held = _enrolment(activity, person_ref)
    if not form.validate_on_submit():
        return _show_member(activity, _member(activity, person_ref), _("Choose a day.")), 422
    try:
        courses.set_dates(held, form.joined_on.data, form.left_on.data, now=clock.now())
    except Refusal as refusal:
        db.session.rollback()
        activity = _planned(ref)
        return _show_member(activity, _member(activity, person_ref), refusal.message), 409
    return _saved(ref, person_ref)


@bp.post("/activities/<ref>/course/members/<person_ref>/paper")
def issue(ref: str, person_ref: str) -> ResponseReturnValue:
    """A certificate where the hours are reached, a confirmation of hours otherwise."""
    held, form = _enrolment(_planned(ref), person_ref), PaperForm()
    if not form.validate_on_submit():
        return redirect(url_for(".member", ref=ref, person_ref=person_ref), 303)
    paper = issue_paper(held, once=form.once.data, by=planner(), now=clock.now())
    db.session.commit()
    flash(_("Issued."), "success")
    return redirect(url_for("certificates.show", ref=paper.ref), 303)


def _saved(ref: str, person_ref: str | None = None) -> Response:
    db.session.commit()
    flash(_("Saved."), "success")
    if person_ref is None:
        return redirect(url_for(".course", ref=ref), 303)
    return redirect(url_for(".member", ref=ref, person_ref=person_ref), 303)
