"""Calendars: the public feeds, and the secret links."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import OperationalError
from werkzeug import Response

from app import clock
from app.extensions import db
from app.feeds.answers import PRIVATE, PUBLIC, answer, come_back_later
from app.feeds.by_mail import by_mail
from app.feeds.fetches import note_fetch
from app.feeds.forms import ALARMS, OWN, LinkForm
from app.feeds.kept import opened
from app.feeds.models import FeedLink, Scope
from app.feeds.operations import Chosen, make_link, revoke_link
from app.feeds.queries import links_of, may_open, openable
from app.feeds.reading import link_title, place_name, program, read_link, read_public
from app.feeds.ways import Offered
from app.i18n import LANGUAGES, _
from app.people.access import public
from app.people.current import current_person
from app.people.forms import choices
from app.people.models import Centre
from app.people.terms import HELPERS
from app.programme.places import Room
from app.web import one_or_404, settings

bp = Blueprint("feeds", __name__)


@bp.errorhandler(OperationalError)
def overloaded(_error: OperationalError) -> Response:
    db.session.rollback()
    return come_back_later()


@bp.get("/calendars/<name>.ics")
@public
def public_calendar(name: str) -> Response:
    """One public feed in the language of its address (Romanian where that has none), written anew:
    what is kept was answered before (`polls`)."""
    language = request.environ.get("punte.language") or LANGUAGES[0]
    reading = read_public(name, language, request.args.get("alarm", ""), now=clock.now())
    if reading is None:
        abort(404)
    return answer(reading, request, cache=PUBLIC)


@bp.get("/c/<token>.ics")
@public
def own_calendar(token: str) -> Response:
    """The calendar behind a secret link. Unknown: 404; revoked: 410, on which programs stop."""
    now = clock.now()
    found = opened(token, program=program())
    if found is None or not found.is_active:
        abort(404)
    feed = db.session.get_one(FeedLink, found.link_id)
    if found.is_revoked or not may_open(feed):
        abort(410)
    reading = read_link(feed, found.standing, now=now)
    note_fetch(found, request, now=now)
    return answer(reading, request, cache=PRIVATE)


@bp.get("/my-calendars")
def mine() -> str:
    return _show_mine(_link_form(language=current_person().language))


@bp.post("/my-calendars")
def make() -> tuple[str, int]:
    """A new secret link, shown on this page once and never again."""
    form = _link_form()
    if not form.validate_on_submit():
        return _show_mine(form), 422
    feed, token = make_link(
        current_person(),
        label=form.label.data.strip(),
        language=form.language.data,
        now=clock.now(),
        **_chosen_in(form),
    )
    db.session.commit()
    made = Offered(link_title(feed), f"{settings().base_url}/c/{token}.ics")
    return render_template("feeds/made.html", made=made), 201


def _link_form(**given: str) -> LinkForm:
    """With what the person may choose."""
    form = LinkForm(**given)
    places = [(_value_of(one), place_name(one)) for one in openable(current_person())]
    form.shows.choices = choices([(OWN, _("My own sessions")), *places])
    return form


def _value_of(place: Centre | Room) -> str:
    return f"room-{place.ref}" if isinstance(place, Room) else f"centre-{place.code}"


def _chosen_in(form: LinkForm) -> Chosen:
    """What was chosen, as the link holds it."""
    chosen: Chosen = {
        "alarm_minutes": ALARMS[form.alarm.data],
        "with_offers": form.with_offers.data,
        "with_open": form.with_open.data,
    }
    place = next((p for p in openable(current_person()) if _value_of(p) == form.shows.data), None)
    if isinstance(place, Room):
        return {**chosen, "scope": Scope.ROOM, "room_id": place.id}
    if isinstance(place, Centre):
        return {**chosen, "scope": Scope.CENTRE, "centre_id": place.id}
    return chosen


@bp.post("/my-calendars/<ref>/end")
def revoke(ref: str) -> Response:
    feed = one_or_404(links_of(current_person()).where(FeedLink.ref == ref))
    revoke_link(feed, now=clock.now())
    db.session.commit()
    flash(_("The link opens nothing any more."), "success")
    return redirect(url_for(".mine"), 303)


def _show_mine(form: LinkForm) -> str:
    links = db.session.scalars(links_of(current_person())).all()
    return render_template(
        "feeds/mine.html",
        links=links,
        form=form,
        title_of=link_title,
        helps=_helps(),
        invited=by_mail(current_person()),
    )


def _helps() -> bool:
    return current_person().has_role(*HELPERS)
