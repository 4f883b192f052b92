"""The programme: for strangers, for those who are expected; and the words of each activity."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.people.access import confirm_first, public
from app.people.current import current_person, person_or_none, planner
from app.people.languages import name_of, own_name_of
from app.people.locale import HOUSE, page_language
from app.people.models import Person
from app.people.queries import centres
from app.people.strangers import for_strangers
from app.programme.choosing import (
    DAYS,
    LEVELS,
    Choice,
    When,
    by_day,
    midnight,
    read_choice,
)
from app.programme.forms import TextsForm
from app.programme.kinds import CONTENT_LANGUAGES, AgeBand, Kind
from app.programme.models import FALLBACKS, Activity, Booking, Meeting
from app.programme.operations import set_texts
from app.programme.queries import (
    PUBLIC_WINDOW,
    activities_planned_by,
    bookings_for,
    listed_languages,
    listed_meetings,
    meetings_open_to,
    meetings_planned_by,
    meetings_to_come,
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
def index() -> Response:
    """What anybody may come to, day by day, from today on; what is looked for is in the address."""
    now, asked, places = clock.now(), read_choice(request.args), centres()
    chosen = next((one for one in places if one.code == asked.centre), None)
    today = now.astimezone(chosen.tz if chosen else HOUSE).date()
    found = _coming(asked, today, now) if chosen or not asked.centre else []
    page = render_template(
        "programme/index.html",
        days=by_day(found[:MOST]),
        is_cut=len(found) > MOST,
        asked=asked,
        chosen=chosen,
        today=today,
        shown=_first_and_last(asked, today),
        centres=places,
        languages=[(tag, name_of(tag, page_language())) for tag in listed_languages(now=now)],
        **_CHOICES,
    )
    return for_strangers(page)


MOST = 60
"""So many sessions on one page; whoever wants to see more says where, or which days."""
SOON, FEW = timedelta(days=14), 5
"""What one's own page shows at once, at least; the rest is opened."""

_CHOICES = {
    "kinds": [k for k in Kind if k.policy.privacy.is_listed and k.policy.chosen_alone],
    "levels": LEVELS,
    "ages": list(AgeBand),
    "weekdays": DAYS,
    "whens": list(When),
}


def _coming(asked: Choice, today: date, now: datetime) -> list[Meeting]:
    """What is looked for, by time; what began this hour is still there."""
    first, end = asked.when.between(today)
    start = max(midnight(first, HOUSE), now.replace(minute=0, second=0, microsecond=0))
    found = listed_meetings(
        start=start,
        end=min(midnight(end, HOUSE), now + PUBLIC_WINDOW),
        centre=asked.centre,
        kind=asked.kind,
        language=asked.language,
        words=asked.words,
        age=asked.age,
        level=asked.level,
        spans=[(midnight(day, HOUSE), midnight(after, HOUSE)) for day, after in asked.days(today)],
    )
    return list(db.session.scalars(found.options(*WHOLE).limit(MOST + 1)))


def _first_and_last(asked: Choice, today: date) -> tuple[date, date]:
    first, end = asked.when.between(today)
    return first, end - timedelta(days=1)


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
    minds = found.activity.is_childcare_beside
    knows_room = plans or booking is not None or (found.privacy == "public" and not minds)
    page = render_template(
        "programme/meeting.html",
        meeting=found,
        plans=plans,
        booking=booking,
        knows_room=knows_room,
        facts=facts_in_words(found.activity, knows_place=knows_room),
        now=clock.now(),
        to_come=[m for m in meetings_to_come(found.activity, now=clock.now()) if not m.is_secret],
        indexable=found.privacy == "public" and not found.is_draft and not minds,
    )
    return for_strangers(page)


def _plans(person: Person, meeting: Meeting) -> bool:
    mine = meetings_planned_by(person).where(Meeting.id == meeting.id)
    return db.session.scalars(mine).one_or_none() is not None


def _booking(person: Person | None, meeting: Meeting) -> Booking | None:
    if person is None:
        return None
    mine = bookings_for(person, since=meeting.starts_at).where(Booking.meeting_id == meeting.id)
    own_first = mine.order_by(None).order_by(Booking.person_id != person.id, Booking.id)
    return db.session.scalars(own_first.limit(1)).one_or_none()


@bp.get("/mine")
def mine() -> str:
    """Where the signed-in person is expected, and the children for whom they decide."""
    me = current_person()
    found = bookings_for(me, since=clock.now()).options(
        contains_eager(Booking.meeting).options(
            joinedload(Meeting.activity).options(
                selectinload(Activity.texts), joinedload(Activity.centre)
            )
        ),
        joinedload(Booking.person),
    )
    by_meeting: dict[Meeting, list[Booking]] = {}
    for booking in db.session.scalars(found):
        by_meeting.setdefault(booking.meeting, []).append(booking)
    expected = list(by_meeting.items())
    soon = sum(meeting.starts_at < clock.now() + SOON for meeting in by_meeting)
    first = max(soon, FEW)
    return render_template(
        "programme/mine.html", soon=dict(expected[:first]), later=dict(expected[first:]), me=me
    )


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
