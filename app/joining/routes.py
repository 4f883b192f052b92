"""\"I want to come\": a page with three questions, then one for the code, or a card."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask import session as cookie
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug import Response

from app import clock
from app.extensions import db
from app.i18n import _
from app.invitations.code_forms import CodeForm, NothingForm
from app.invitations.code_pages import begin_code, come_in, entered, own_secret, shown_contact
from app.invitations.codes import (
    Wish,
    enter_link,
    is_the_browser,
    knock_of_link,
    latest_knock,
)
from app.joining.cards import make_card, token_of_form
from app.joining.coming import Wanted, come, come_without_contact
from app.joining.forms import JoinForm
from app.joining.queries import card_behind
from app.people.access import public
from app.people.current import person_or_none
from app.people.knocks import Knock
from app.people.models import Person
from app.people.operations import LinkUsed, TooManyTries
from app.people.queries import sign_in_of
from app.people.terms import Role
from app.programme.models import Activity, Meeting
from app.programme.queries import is_listed_meeting, meetings_to_come
from app.programme.words import facts_in_words
from app.refusal import Refusal
from app.signups.models import JoinWish
from app.signups.queries import activities_open_to, is_full, wish_of
from app.signups.rules import ForChildren
from app.signups.waiting_pages import groups_with_places, words_of_place
from app.web import callers_network, one_or_404, settings

bp = Blueprint("joining", __name__)


@bp.get("/activities/<ref>/joining")
@public
def form(ref: str) -> str | Response:
    found, meeting = _wanted(ref)
    if person_or_none() is not None:
        return redirect(url_for("signups.activity", ref=ref), 303)
    return _page(found, meeting, JoinForm())


@bp.post("/activities/<ref>/joining")
@public
def sent(ref: str) -> tuple[str, int] | Response:
    """With a contact: a code goes there, and the answer is the same whether we know it or not.
    Without one: their place and their card at once; the same card if the form is sent twice."""
    found, meeting = _wanted(ref)
    typed = JoinForm()
    if not typed.validate_on_submit():
        return _page(found, meeting, typed), 422
    wanted = Wanted(activity=found, meeting=meeting, waits=bool(typed.waits.data))
    try:
        if (contact := typed.reachable_at) is not None:
            return _code_to(contact, typed, wanted)
        return _card_for(typed, wanted)
    except TooManyTries as refusal:
        db.session.rollback()
        typed.form_errors.append(str(refusal.message))
        return _page(found, meeting, typed), 429
    except Refusal as refusal:
        db.session.rollback()
        typed.form_errors.append(str(refusal.message))
        return _page(found, meeting, typed), 409


def _wanted(ref: str) -> tuple[Activity, Meeting | None]:
    """What strangers may join: an activity that is listed, or one coming meeting of it."""
    found = one_or_404(activities_open_to(None).where(Activity.ref == ref))
    if found.women_only:
        abort(404)  # a coordinator adds people
    if found.is_childcare_beside:
        raise ForChildren(found)
    asked = request.args.get("meeting")
    if asked is None:
        return found, None
    one = select(Meeting).join(Meeting.activity).where(is_listed_meeting(), Meeting.ref == asked)
    return found, one_or_404(one.where(Meeting.activity_id == found.id))


def _page(activity: Activity, meeting: Meeting | None, typed: JoinForm) -> str:
    full = is_full(activity, now=clock.now(), at=meeting)
    typed.waits.data = "1" if full and meeting is None else ""
    return render_template(
        "joining/form.html",
        activity=activity,
        meeting=meeting,
        form=typed,
        is_full=full,
        meetings=[] if meeting else _to_come(activity),
        others=groups_with_places(activity) if full else [],
        facts=facts_in_words(activity, knows_place=activity.privacy == "public"),
    )


def _to_come(activity: Activity) -> list[Meeting]:
    """What strangers may know of that one would be expected at."""
    planned = meetings_to_come(activity, now=clock.now())
    return [one for one in planned if not one.is_secret]


def _code_to(contact: str, typed: JoinForm, wanted: Wanted) -> Response:
    activity = wanted.activity
    wish = Wish(name=typed.name.data, role=Role.PARTICIPANT, centre=activity.centre)
    choices = url_for("waiting.choices", ref=activity.ref)
    made = begin_code(contact, choices, wish=wish, language=typed.language.data)
    if made is not None:
        one = wanted.meeting.id if wanted.meeting else None
        db.session.add(JoinWish(knock=made, activity=activity, meeting_id=one, waits=wanted.waits))
    db.session.commit()
    return redirect(url_for(".code"), 303)


def _card_for(typed: JoinForm, wanted: Wanted) -> Response:
    now, token = clock.now(), _token_of(typed, wanted)
    if card_behind(token) is not None:
        return _card(typed.language.data, token)
    name, language = typed.name.data, typed.language.data
    try:
        person, has_place = come_without_contact(
            name, language, wanted, network=callers_network(), now=now
        )
        make_card(person, label=_("Card"), by=None, now=now, token=token)
        db.session.commit()
    except (Refusal, IntegrityError):
        db.session.rollback()
        if card_behind(token) is None:
            raise
        return _card(language, token)  # sent twice at once: the other one was quicker
    _say(has_place)
    return _card(language, token)


def _token_of(typed: JoinForm, wanted: Wanted) -> str:
    """Where this form leads to, however often it is sent."""
    meeting = wanted.meeting.ref if wanted.meeting else ""
    words = (typed.name.data, typed.language.data, wanted.activity.ref, meeting)
    key = typed.once.data or secrets.token_urlsafe(16)
    return token_of_form(key, *words, secret_key=settings().secret_key)


def _card(language: str, token: str) -> Response:
    return redirect(_in(language, url_for("cards.card", token=token)), 303)


def _in(language: str, path: str) -> str:
    """*path* in another language of the house."""
    return f"/{language}{path[len(request.script_root) :]}"


def _say(has_place: bool, wanted: Wanted | None = None) -> None:
    """*wanted*: to what a letter reminds them."""
    if has_place and wanted is not None:
        flash(words_of_place(wanted.activity, wanted.meeting), "success")
    elif has_place:
        flash(_("You have a place."), "success")
    else:
        flash(_("You are on the waiting list."), "success")


# --- the code that was sent


@bp.get("/joining/code")
@public
def code() -> str | Response:
    if own_secret() is None:
        return redirect(url_for("programme.index"), 303)
    return _code_page(CodeForm())


@bp.post("/joining/code")
@public
def typed_code() -> tuple[str, int] | Response:
    """Right: in, with a place. Wrong, too old, of nobody or of staff: the same sentence."""
    secret, form = own_secret(), CodeForm()
    if secret is None:
        return redirect(url_for("programme.index"), 303)
    if not form.validate_on_submit():
        return _code_page(form), 422
    made = latest_knock(secret)
    token, status = entered(form, secret)
    if token is None or made is None:
        return _code_page(form), status
    return _arrived(token, made)


def _code_page(form: CodeForm) -> str:
    contact = shown_contact(cookie["knock"]["contact"])
    return render_template("joining/code.html", form=form, contact=contact)


@bp.get("/joining/code/<token>")
@public
def opened(token: str) -> str | tuple[str, int]:
    """Looking uses nothing up."""
    made = knock_of_link(token, now=clock.now())
    if made is None:
        return render_template("refused.html", message=LinkUsed.message), 404
    if not is_the_browser(made, own_secret()):
        return render_template("invitations/code_elsewhere.html")
    return render_template("joining/link.html", form=NothingForm(), wish=wish_of(made.id))


@bp.post("/joining/code/<token>")
@public
def pressed(token: str) -> tuple[str, int] | Response:
    made = knock_of_link(token, now=clock.now())
    if made is None:
        return render_template("refused.html", message=LinkUsed.message), 404
    if not is_the_browser(made, own_secret()):
        return render_template("invitations/code_elsewhere.html"), 409
    entered = enter_link(made, now=clock.now())
    db.session.commit()
    return _arrived(entered, made)


def _arrived(token: str, made: Knock) -> Response:
    """They are in; the place as well, if there still is one. If not: what is possible instead."""
    wish, signed_in = wish_of(made.id), sign_in_of(token)
    if wish is None or signed_in is None:
        come_in(token)
        return redirect(url_for("people.home"), 303)
    person, wanted = signed_in.person, _of_wish(wish)
    ref, one = wanted.activity.ref, wanted.meeting.ref if wanted.meeting else None
    come_in(token)
    page = url_for("signups.activity", ref=ref)
    try:
        has_place = come(person, wanted, by=person, now=clock.now())
        db.session.commit()
        _say(has_place, wanted)
    except Refusal:
        db.session.rollback()
        page = url_for("waiting.choices", ref=ref, meeting=one)
    return redirect(_in(_language_of(person), page), 303)


def _language_of(person: Person) -> str:
    db.session.refresh(person)
    return person.language


def _of_wish(wish: JoinWish) -> Wanted:
    return Wanted(activity=wish.activity, meeting=wish.meeting, waits=wish.waits)
