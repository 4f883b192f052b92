"""The programme: for strangers, for those who are expected; and the words of each activity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import confirm_first, public
from app.people.current import current_person, person_or_none, planner
from app.people.languages import is_known, name_of, own_name_of
from app.people.locale import page_language
from app.people.models import Person
from app.people.queries import centres
from app.programme.forms import TextsForm
from app.programme.kinds import CONTENT_LANGUAGES, Kind
from app.programme.models import FALLBACKS, Activity, Booking, Meeting
from app.programme.operations import set_texts
from app.programme.queries import (
    PUBLIC_WINDOW,
    activities_planned_by,
    bookings_of,
    listed_languages,
    listed_meetings,
    meetings_open_to,
    meetings_planned_by,
)
from app.programme.wording import coming_activities, languages_read, wording_of
from app.programme.words import facts_in_words
from app.web import one_or_404

bp = Blueprint("programme", __name__)

WHOLE = (
    contains_eager(Meeting.activity).options(
        selectinload(Activity.texts), joinedload(Activity.centre)
    ),
)


@bp.get("/")
@public
def index() -> str:
    """What anybody may come to in the next six weeks, day by day; filters in the address."""
    now = clock.now()
    asked = _asked_filters()
    found = listed_meetings(start=now, end=now + PUBLIC_WINDOW, **asked).options(*WHOLE)
    days = by_day(db.session.scalars(found))
    languages = [(tag, name_of(tag, page_language())) for tag in listed_languages(now=now)]
    return render_template(
        "programme/index.html",
        days=days,
        asked=asked,
        centres=centres(),
        languages=languages,
        kinds=[kind for kind in Kind if kind.policy.privacy.is_listed],
    )


def _asked_filters() -> dict[str, Any]:
    language = request.args.get("language", "")
    kind = request.args.get("kind", "")
    return {
        "centre": request.args.get("centre") or None,
        "kind": next((k for k in Kind if k.value == kind and k.policy.privacy.is_listed), None),
        "language": language if is_known(language) else None,
        "words": request.args.get("words", "").strip()[:80] or None,
    }


def by_day(meetings: Iterable[Meeting]) -> list[tuple[date, list[Meeting]]]:
    """Meetings in time order, grouped by their local day."""

    def local_day(meeting: Meeting) -> date:
        return meeting.starts_at.astimezone(ZoneInfo(meeting.zone)).date()

    return [(day, list(group)) for day, group in groupby(meetings, key=local_day)]


@bp.get("/meetings/<ref>")
@public
def meeting(ref: str) -> Any:
    """One meeting, as much of it as the reader may see."""
    person = person_or_none()
    found = one_or_404(meetings_open_to(person).where(Meeting.ref == ref).options(*WHOLE))
    plans = person is not None and _plans(person, found)
    if found.is_secret and not plans and (elsewhere := confirm_first()) is not None:
        return elsewhere
    booking = _booking(person, found)
    knows_room = plans or booking is not None or found.privacy == "public"
    return render_template(
        "programme/meeting.html",
        meeting=found,
        plans=plans,
        booking=booking,
        knows_room=knows_room,
        facts=facts_in_words(found.activity, knows_place=knows_room),
        now=clock.now(),
        indexable=found.privacy == "public" and not found.is_draft,
    )


def _plans(person: Person, meeting: Meeting) -> bool:
    mine = meetings_planned_by(person).where(Meeting.id == meeting.id)
    return db.session.scalars(mine).one_or_none() is not None


def _booking(person: Person | None, meeting: Meeting) -> Booking | None:
    if person is None:
        return None
    mine = bookings_of(person, since=meeting.starts_at).where(Booking.meeting_id == meeting.id)
    return db.session.scalars(mine).one_or_none()


@bp.get("/mine")
def mine() -> str:
    """Where the signed-in person is expected."""
    found = bookings_of(current_person(), since=clock.now()).options(
        contains_eager(Booking.meeting).options(
            joinedload(Meeting.activity).options(
                selectinload(Activity.texts), joinedload(Activity.centre)
            )
        )
    )
    bookings = db.session.scalars(found).all()
    return render_template("programme/mine.html", bookings=bookings)


@bp.get("/titles")
def titles() -> str:
    """The activities one plans that are still on, with the languages their words lack."""
    language = request.args.get("language", "")
    asked = language if language in CONTENT_LANGUAGES else None
    found = db.session.scalars(coming_activities(planner(), now=clock.now())).all()
    pairs = [(one, wording_of(one.texts)) for one in found]
    return render_template(
        "programme/titles.html",
        pairs=[(one, words) for one, words in pairs if asked is None or words.lacks(asked)],
        asked=asked,
        languages=CONTENT_LANGUAGES,
    )


@bp.get("/activities/<ref>/texts")
def texts(ref: str) -> str:
    """The words of an activity, side by side: those there are, and those in one more language."""
    activity = _planned(ref)
    typed = {
        f"{what}_{text.language}": getattr(text, what)
        for text in activity.texts
        for what in ("title", "description")
    }
    return _show_texts(activity, _texts_form(activity, data=typed))


@bp.post("/activities/<ref>/texts")
def change_texts(ref: str) -> tuple[str, int] | Response:
    """What is shown is saved; words in other languages stay as they are."""
    activity = _planned(ref)
    form = _texts_form(activity)
    if not form.validate_on_submit():
        return _show_texts(activity, form), 422
    now, again = clock.now(), form.shown[-1] if form.still_true.data else None
    kept = {
        text.language: (text.title, text.description)
        for text in activity.texts
        if text.language not in form.shown
    }
    set_texts(activity, kept | form.texts(), now=now, read_again=again)
    activity.changed_at = now
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".texts", ref=ref, language=form.shown[-1]), 303)


def _texts_form(activity: Activity, **given: Any) -> TextsForm:
    source = activity.text_in(FALLBACKS[0]).language
    edited = request.values.get("language", "")
    if edited not in CONTENT_LANGUAGES:
        edited = wording_of(activity.texts).next_one
    shown = (source,) if edited == source else (source, edited)
    others = any(text.language not in shown for text in activity.texts)
    return TextsForm(shown=shown, others=others, **given)


def _show_texts(activity: Activity, form: TextsForm) -> str:
    return render_template(
        "programme/texts.html",
        activity=activity,
        form=form,
        words=wording_of(activity.texts),
        languages=CONTENT_LANGUAGES,
        own_name_of=own_name_of,
        readers=languages_read(activity, planner()),
    )


def _planned(ref: str) -> Activity:
    found = one_or_404(activities_planned_by(planner()).where(Activity.ref == ref))
    return found if not found.kind.policy.coded else abort(404)  # a code stays a code
