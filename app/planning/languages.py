"""A mediator for each language of those who are enrolled: what is missing, and adding it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug import Response

from app import clock
from app.extensions import db, lock
from app.i18n import _
from app.people.current import planner
from app.people.languages import answering, is_known, name_of
from app.people.locale import page_language
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.kinds import Kind
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import (
    activities_planned_by,
    meetings_planned_by,
    meetings_to_come,
)
from app.signups.models import Enrolment
from app.staffing.languages_needed import LanguagesNeeded, languages_missing
from app.staffing.models import Need
from app.staffing.operations import add_needs
from app.staffing.queries import needs_of, spoken_by
from app.web import one_or_404

bp = Blueprint("languages", __name__)

NOT_MEDIATED = (Kind.CHILDCARE, Kind.INDIVIDUAL)


def languages_needed(activity: Activity, *, now: datetime) -> LanguagesNeeded | None:
    """The languages of the enrolled for which some coming session has no mediator planned; None
    where nothing is to come or nobody is enrolled. For those who plan it only: it counts people."""
    coming = meetings_to_come(activity, now=now)
    people = _enrolled(activity) if coming and activity.kind not in NOT_MEDIATED else []
    if not people:
        return None
    mediated = _mediated(coming)
    if activity.support_language:
        mediated |= answering(activity.support_language)
    return languages_missing(
        [spoken_by(person) for person in people], held_in=activity.language, mediated=mediated
    )


def languages_needed_at(meeting: Meeting, *, now: datetime) -> LanguagesNeeded | None:
    """The same for one session and whoever has a place there, also for that session only; None
    where nobody has, or where it has begun."""
    activity = meeting.activity
    mediated_kind = activity.kind not in NOT_MEDIATED
    people = _expected(meeting) if mediated_kind and meeting.is_open(now) else []
    if not people:
        return None
    mediated = _mediated([meeting])
    if activity.support_language:
        mediated |= answering(activity.support_language)
    return languages_missing(
        [spoken_by(person) for person in people], held_in=activity.language, mediated=mediated
    )


def add_mediators(activity: Activity, language: str, *, now: datetime) -> list[Need]:
    """Ask for a mediator of *language* at every coming session that has none; twice is harmless."""
    lock(activity)
    return _add_to(activity, meetings_to_come(activity, now=now), language)


def add_mediator_at(meeting: Meeting, language: str, *, now: datetime) -> list[Need]:
    """The same at one session."""
    lock(meeting.activity)
    db.session.refresh(meeting)
    coming = [meeting] if meeting.is_open(now) else []
    return _add_to(meeting.activity, coming, language)


def _add_to(activity: Activity, coming: Sequence[Meeting], language: str) -> list[Need]:
    have = _by_meeting(needs_of([meeting.id for meeting in coming]))
    usual = [one for one in activity.kind.policy.needs if one.role is Role.MEDIATOR]
    return add_needs(
        [meeting for meeting in coming if language not in _answered(have.get(meeting.id, ()))],
        role=Role.MEDIATOR,
        language=language,
        level=Level.B1,
        wanted=1,
        women_only=False,
        check_required=any(one.check_required for one in usual),
    )


def _enrolled(activity: Activity) -> list[Person]:
    """Whoever has a place, with their languages; in two queries."""
    found = (
        select(Person)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None))
        .options(selectinload(Person.languages))
        .order_by(Person.id)
    )
    return list(db.session.scalars(found))


def _expected(meeting: Meeting) -> list[Person]:
    """Whoever has a learner's place at *meeting*, with their languages; in two queries."""
    found = (
        select(Person)
        .join(Booking, Booking.person_id == Person.id)
        .where(Booking.meeting_id == meeting.id, Booking.part == Part.LEARNER)
        .options(selectinload(Person.languages))
        .order_by(Person.id)
    )
    return list(db.session.scalars(found))


def _mediated(coming: Sequence[Meeting]) -> frozenset[str]:
    """What the mediators answer who are planned at every one of those meetings."""
    have = _by_meeting(needs_of([meeting.id for meeting in coming]))
    answered = [_answered(have.get(meeting.id, ())) for meeting in coming]
    return frozenset.intersection(*answered)


def _by_meeting(needs: Iterable[Need]) -> dict[int, list[Need]]:
    found: dict[int, list[Need]] = {}
    for need in needs:
        found.setdefault(need.meeting_id, []).append(need)
    return found


def _answered(needs: Iterable[Need]) -> frozenset[str]:
    """The languages that the mediators of those needs answer, dialects included."""
    asked = [need.language for need in needs if need.role is Role.MEDIATOR and need.language]
    return frozenset[str]().union(*(answering(language) for language in asked))


@bp.post("/activities/<ref>/mediators")
def add(ref: str) -> Response:
    """One click: a mediator for one language at every coming session."""
    activity = one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
    language = request.form.get("language", "")
    if not is_known(language) or activity.kind in NOT_MEDIATED:
        abort(404)
    added = add_mediators(activity, language, now=clock.now())
    db.session.commit()
    if added:
        name = name_of(language, page_language())
        flash(_("Added to every coming session: a mediator for %(name)s.", name=name), "success")
    else:
        flash(_("Every coming session had one already."))
    return redirect(url_for("planning.activity_needs", ref=ref), 303)


@bp.post("/meetings/<ref>/mediators")
def add_here(ref: str) -> Response:
    """One click: a mediator for one language at this session."""
    meeting = one_or_404(meetings_planned_by(planner()).where(Meeting.ref == ref))
    language = request.form.get("language", "")
    if not is_known(language) or meeting.activity.kind in NOT_MEDIATED:
        abort(404)
    added = add_mediator_at(meeting, language, now=clock.now())
    db.session.commit()
    if added:
        name = name_of(language, page_language())
        flash(_("Added to this session: a mediator for %(name)s.", name=name), "success")
    else:
        flash(_("This session had one already."))
    return redirect(url_for("planning.meeting", ref=ref), 303)
