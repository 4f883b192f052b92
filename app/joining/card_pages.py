"""The page behind a card, for whoever holds it; and the coordinator's page that makes one."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup
from werkzeug import Response

from app import clock
from app.extensions import db
from app.feeds.models import Card
from app.feeds.operations import end_card
from app.feeds.ways import Offered, qr_of
from app.i18n import _, in_language
from app.joining.cards import calendar_token, make_card
from app.joining.queries import card_behind, card_of, sessions_on
from app.people.access import public
from app.people.current import may_change, planner
from app.people.guardians import children_of, is_child
from app.people.locale import direction
from app.people.models import Person
from app.people.queries import looked_after_by
from app.programme.beside import childcare_of
from app.programme.kinds import LISTED
from app.programme.models import Activity, Meeting
from app.programme.queries import meetings_to_come
from app.signups.accepting import accept
from app.signups.models import Waiting
from app.signups.queries import has_place, is_asked, places_of, waitings_for
from app.signups.together import leave_once_together, leave_together
from app.signups.waiting import decline, standing_of
from app.web import link, one_or_404, settings

bp = Blueprint("cards", __name__)


@bp.errorhandler(410)
def cancelled(_error: Exception) -> tuple[str, int]:
    """Only who held the card can come here."""
    return render_template("joining/cancelled.html"), 410


@bp.get("/card/<token>")
@public
def card(token: str) -> Response:
    """Their own sessions, as a paper that may be found shows them. Looking decides nothing."""
    found, now = _open_card(token), clock.now()
    bookings = db.session.scalars(sessions_on(found, now=now)).all()
    own_first = sorted(bookings, key=lambda one: one.person_id != found.person_id)
    shown = {one.meeting_id: one for one in reversed(own_first)}.values()
    waiting = waitings_for(found.person).join(Waiting.activity)
    waits = db.session.scalars(waiting.where(Activity.privacy.in_(LISTED))).all()
    page = render_template(
        "joining/card.html",
        card=found,
        token=token,
        bookings=sorted(shown, key=lambda one: (one.starts_at, one.id)),
        enrolled=places_of(found.person),
        enrolled_children=set().union(*map(places_of, children_of(found.person))),
        waiting=waits,
        standing_of=standing_of,
        asked={one.id for one in waits if is_asked(one, now=now)},
        paper=paper_of(found.person, token),
        feed=Offered(_("My sessions"), calendar_address(token)),
    )
    return _unlisted(page)


def _unlisted(page: str) -> Response:
    """No search engine keeps it, and where one goes from there does not learn its address."""
    response = make_response(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _open_card(token: str) -> Card:
    """The card behind *token*: 404 for one that was never made, 410 for one that was cancelled."""
    found = card_behind(token)
    if found is None:
        abort(404)
    if found.revoked_at is not None or not found.person.is_active:
        abort(410)
    return found


ONESELF, CHILDREN = "me", "children"
"""For whom a place is left: a card names no child, so that it is all of them."""


@bp.get("/card/<token>/activities/<ref>/end")
@public
def leaving(token: str, ref: str) -> Response:
    """What is left, and for whom; nothing is decided by looking."""
    found = _open_card(token)
    activity = _activity(found, ref)
    own, children = _there(found.person, activity)
    if not own and not children:
        return redirect(url_for(".card", token=token), 303)
    both = bool(own and children)
    ways: list[tuple[str | None, dict[str, str]]] = []
    if own:
        ways.append((_("Me") if both else None, {"who": ONESELF}))
    if children:
        whom = _("My children") if len(children) > 1 else _("For your child")
        ways.append((whom, {"who": CHILDREN}))
    care = childcare_of(activity)
    page = render_template(
        "signups/leaving.html",
        activity=activity,
        meetings=[m for m in meetings_to_come(activity, now=clock.now()) if not m.is_secret],
        ways=ways,
        minded=bool(own and care and _there(found.person, care)[1]),
        action=url_for(".leave_all", token=token, ref=ref),
        back=url_for(".card", token=token),
    )
    return _unlisted(page)


@bp.post("/card/<token>/activities/<ref>/end")
@public
def leave_all(token: str, ref: str) -> Response:
    found = _open_card(token)
    activity = _activity(found, ref)
    own, children = _there(found.person, activity)
    me, who = found.person, request.form.get("who")
    leaving = children if who == CHILDREN or not (own or who == ONESELF) else own
    leave_together(activity, leaving, by=me, guardian=me, now=clock.now())
    return _done(token, _("You are no longer expected."))


def _activity(found: Card, ref: str) -> Activity:
    this = _listed(found).where(Activity.ref == ref)
    activity: Activity = one_or_404(this.with_only_columns(Activity))
    return activity


def _there(person: Person, activity: Activity) -> tuple[list[Person], list[Person]]:
    """Who of a household has a place: oneself, and the children."""
    children = [one for one in children_of(person) if has_place(activity, one)]
    return [person] if has_place(activity, person) else [], children


@bp.post("/card/<token>/meetings/<ref>/end")
@public
def leave_one(token: str, ref: str) -> Response:
    found = _open_card(token)
    meeting = one_or_404(_listed(found).where(Meeting.ref == ref).with_only_columns(Meeting))
    children = {ONESELF: False, CHILDREN: True}.get(request.form.get("who", ""))
    leave_once_together(meeting, found.person, now=clock.now(), children=children)
    return _done(token, _("You are no longer expected."))


def _listed(found: Card) -> Any:
    """Their sessions of which strangers may know: of others, a paper decides nothing."""
    mine = sessions_on(found, now=clock.now())
    return (
        mine.where(Activity.privacy.in_(LISTED), Meeting.privacy.in_(LISTED))
        .order_by(None)
        .distinct()
    )


@bp.post("/card/<token>/waiting/<ref>/acceptance")
@public
def yes(token: str, ref: str) -> Response:
    reader = _open_card(token).person
    accept(_waiting(reader, ref), reader=reader, now=clock.now())
    return _done(token, _("You have a place."))


@bp.post("/card/<token>/waiting/<ref>/end")
@public
def no(token: str, ref: str) -> Response:
    reader = _open_card(token).person
    decline(_waiting(reader, ref), reader=reader, now=clock.now())
    return _done(token, _("Thank you for telling us. The place goes to the next person."))


def _waiting(reader: Person, ref: str) -> Waiting:
    mine = waitings_for(reader).join(Waiting.activity)
    return one_or_404(mine.where(Waiting.ref == ref, Activity.privacy.in_(LISTED)))


def _done(token: str, words: str) -> Response:
    db.session.commit()
    flash(words, "success")
    return redirect(url_for(".card", token=token), 303)


# --- on paper


def calendar_address(token: str) -> str:
    """Where the calendar of the card with *token* is."""
    return f"{settings().base_url}/c/{calendar_token(token)}.ics"


def paper_of(person: Person, token: str) -> Markup:
    """The card as it is printed, in the language of its holder; it says nothing of what for."""
    language = person.language
    with in_language(language):
        page, calendar = link(language, "cards.card", token=token), calendar_address(token)
        return Markup(
            render_template(
                "joining/paper.html",
                holder=person,
                centre=person.home_centre,
                language=language,
                dir=direction(language),
                page_qr=qr_of(page),
                calendar_qr=Offered("", calendar).qr,
            )
        )


@bp.get("/people/<ref>/card")
def of_person(ref: str) -> str:
    person = _person(ref)
    return render_template(
        "joining/of_person.html", known=person, card=card_of(person), is_child=is_child(person)
    )


@bp.post("/people/<ref>/card")
def make(ref: str) -> tuple[Response, int]:
    """A new card, shown on this page once and never again; a child has none of its own."""
    person = _person(ref)
    if is_child(person):
        abort(404)
    token = make_card(person, label=_label(person), by=planner(), now=clock.now())
    db.session.commit()
    return made_page(person, token), 201


def made_page(person: Person, token: str, *, activity: Activity | None = None) -> Response:
    """The paper, this once; with the ways on for who added them to *activity*."""
    page = render_template(
        "joining/made.html", known=person, paper=paper_of(person, token), activity=activity
    )
    return _unlisted(page)


def _label(person: Person) -> str:
    with in_language(person.language):
        return _("Card")


@bp.post("/people/<ref>/card/end")
def end(ref: str) -> Response:
    person = _person(ref)
    end_card(person, now=clock.now())
    db.session.commit()
    flash(_("The card opens nothing any more."), "success")
    return redirect(url_for(".of_person", ref=ref), 303)


def _person(ref: str) -> Person:
    """Somebody of one's centres; the card of a colleague is an administrator's business."""
    person = one_or_404(looked_after_by(planner()).where(Person.ref == ref))
    if not may_change(person):
        abort(404)
    return person
