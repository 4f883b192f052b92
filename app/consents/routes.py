"""Pages of consent: one's own, that of a coordinator, that of a mediator, and of a session."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app import clock
from app.consents.forms import TalkForm
from app.consents.models import ConsentTalk
from app.consents.operations import CannotTalk, ask_to_talk, do_without, note_talk
from app.consents.queries import (
    photographed_at,
    photographed_meetings,
    talkers_of,
    talks_for,
    talks_of,
    who_may_talk,
)
from app.extensions import db
from app.i18n import _
from app.notices.wishes import agree
from app.people.consents import (
    ASKED_FOR,
    BY_OTHERS,
    TEXTS,
    Medium,
    Purpose,
    TextChanged,
    history_of,
    is_current,
    said_by,
)
from app.people.current import current_person, planner
from app.people.locale import page_language
from app.people.models import Person
from app.people.queries import looked_after_by
from app.people.terms import STAFF, Role
from app.programme.models import Meeting
from app.web import one_or_404

bp = Blueprint("consents", __name__)


@bp.app_template_global()
def asked_again() -> bool:
    """Whether a text to which the reader had said yes was changed since. While none ever was,
    nothing is looked up."""
    if all(text.version == 1 for text in TEXTS.values()):
        return False
    return any(word.has_lapsed for word in said_by(current_person()).values())


@bp.app_template_global()
def talks_waiting() -> int:
    """For how many talks the reader is asked; of others nothing is looked up."""
    me = current_person()
    if not me.has_role(Role.MEDIATOR, *STAFF):
        return 0
    return len(db.session.scalars(talks_for(me, now=clock.now())).all())


# --- one's own


@bp.get("/profile/consents")
def mine() -> str:
    return render_template(
        "consents/mine.html",
        asked=[one for one in ASKED_FOR if one is not Purpose.SMS or current_person().phone],
        said=said_by(current_person()),
    )


@bp.post("/profile/consents/<purpose>")
def give(purpose: str) -> Response:
    """Yes, to the text that was on the page."""
    _say_myself(_purpose(purpose), True)
    flash(_("Thank you. You can say no at any time."), "success")
    return redirect(url_for(".mine"), 303)


@bp.post("/profile/consents/<purpose>/withdrawal")
def withdraw(purpose: str) -> Response:
    """No, at once, without a reason."""
    _say_myself(_purpose(purpose), False)
    flash(_("Saved. Nothing else changes for you."), "success")
    return redirect(url_for(".mine"), 303)


def _say_myself(purpose: Purpose, given: bool) -> None:
    if given and not is_current(purpose, request.form.get("version", type=int)):
        raise TextChanged
    me = current_person()
    agree(
        me,
        purpose,
        given,
        by=me,
        medium=Medium.TEXT,
        language=page_language(),
        now=clock.now(),
    )
    db.session.commit()


def _purpose(word: str) -> Purpose:
    found = next((one for one in ASKED_FOR if one.value == word), None)
    return found or abort(404)


# --- of a person, for the coordinator


@bp.get("/people/<ref>/consents")
def of_person(ref: str) -> str:
    person = _person(ref)
    return _page(person, _talk_form(person))


@bp.post("/people/<ref>/consents/<purpose>/withdrawal")
def withdraw_for(ref: str, purpose: str) -> Response:
    """They said no at the desk."""
    person = _person(ref)
    agree(
        person,
        _purpose(purpose),
        False,
        by=planner(),
        medium=Medium.DESK,
        language=None,
        now=clock.now(),
    )
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".of_person", ref=ref), 303)


@bp.post("/people/<ref>/consents")
def ask(ref: str) -> str | tuple[str, int] | Response:
    person = _person(ref)
    form = _talk_form(person)
    if not form.validate_on_submit():
        return _page(person, form), 422
    mediator, language = form.chosen
    chosen = who_may_talk(person, planner()).where(Person.ref == mediator)
    try:
        ask_to_talk(
            person,
            Purpose(form.purpose.data),
            mediator=one_or_404(chosen),
            language=language,
            by=planner(),
            now=clock.now(),
        )
    except CannotTalk as refusal:
        db.session.rollback()
        form.mediator.errors = [*form.mediator.errors, str(refusal.message)]
        return _page(_person(ref), form), 422
    db.session.commit()
    flash(_("Saved. Both say the code to each other."), "success")
    return redirect(url_for(".of_person", ref=ref), 303)


def _talk_form(person: Person) -> TalkForm:
    return TalkForm(talkers=talkers_of(person, planner()))


def _page(person: Person, form: TalkForm) -> str:
    return render_template(
        "consents/of_person.html",
        known=person,
        form=form,
        asked=ASKED_FOR,
        said=said_by(person),
        history=db.session.scalars(history_of(person)).all(),
        talks=db.session.scalars(talks_of(person, now=clock.now())).all(),
    )


def _person(ref: str) -> Person:
    return one_or_404(looked_after_by(planner()).where(Person.ref == ref))


# --- for the mediator


@bp.get("/consent-talks")
def talks() -> str:
    """Whom I am asked to talk with: a code, a language, the words."""
    waiting = db.session.scalars(talks_for(_mediator(), now=clock.now())).all()
    return render_template("consents/talks.html", talks=waiting, media=BY_OTHERS)


@bp.post("/consent-talks/<ref>")
def note(ref: str) -> Response:
    """What they said: yes, no, or that it was not possible to talk."""
    talk, answer = _talk(ref, clock.now()), request.form.get("answer")
    if answer in ("yes", "no"):
        note_talk(
            talk,
            answer == "yes",
            medium=_medium(),
            version=request.form.get("version", 0, type=int),
            now=clock.now(),
        )
    elif answer == "none":
        do_without(talk)
    else:
        abort(400)
    db.session.commit()
    flash(_("Noted. Thank you."), "success")
    return redirect(url_for(".talks"), 303)


def _medium() -> Medium:
    return next((one for one in BY_OTHERS if one.value == request.form.get("medium")), Medium.ORAL)


def _talk(ref: str, now: datetime) -> ConsentTalk:
    return one_or_404(talks_for(_mediator(), now=now).where(ConsentTalk.ref == ref))


def _mediator() -> Person:
    """Mediators and colleagues; for anybody else the page does not exist."""
    person = current_person()
    if not person.has_role(Role.MEDIATOR, *STAFF):
        abort(404)
    return person


# --- of a session


@bp.get("/meetings/<ref>/photos")
def photos(ref: str) -> str:
    """Who may be on a photo of this session."""
    meeting = one_or_404(photographed_meetings(planner()).where(Meeting.ref == ref))
    return render_template("consents/photos.html", meeting=meeting, people=photographed_at(meeting))
