"""Calendars: the page that offers them, the public feeds, and the secret links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import segno
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import force_locale
from markupsafe import Markup
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from werkzeug import Response

from app import clock
from app.extensions import db
from app.feeds.answers import PRIVATE, PUBLIC, answer
from app.feeds.calendar import Calendar, serialise
from app.feeds.events import own_event, public_event
from app.feeds.forms import ALARMS, LinkForm
from app.feeds.models import FeedLink
from app.feeds.operations import make_link, revoke_link
from app.feeds.queries import (
    PublicFeed,
    bookings_for,
    feed_link,
    links_of,
    meetings_of,
    public_feed,
)
from app.i18n import LANGUAGES, _
from app.people.access import public
from app.people.current import current_person
from app.people.languages import name_of
from app.people.locale import page_language
from app.people.queries import centres
from app.programme.kinds import Kind
from app.programme.queries import listed_languages
from app.web import link, note_aside, one_or_404, settings

bp = Blueprint("feeds", __name__)

_ALARMS = {"PT15M": 15, "PT1H": 60, "PT2H": 120, "P1D": 1440}
_REMEMBER_FETCH = timedelta(minutes=5)


@dataclass(frozen=True)
class Offered:
    """One feed with the addresses that each kind of calendar wants."""

    name: str
    https: str

    @property
    def webcal(self) -> str:
        return re.sub(r"^https?://", "webcal://", self.https)

    @property
    def google(self) -> str:
        return f"https://calendar.google.com/calendar/r?cid={quote(self.webcal, safe='')}"

    @property
    def outlook(self) -> str:
        base = "https://outlook.live.com/calendar/0/addfromweb"
        return f"{base}?url={quote(self.https, safe='')}&name={quote(self.name, safe='')}"

    @property
    def qr(self) -> Markup:
        """The address as an SVG that a phone can read; made here, nothing is asked elsewhere."""
        code = segno.make(self.webcal, error="m")
        return Markup(
            code.svg_inline(scale=4, border=2, omitsize=True, svgclass="qr", lineclass=None)
        )


@bp.errorhandler(OperationalError)
def overloaded(_error: OperationalError) -> Response:
    """Programs come back later instead of dropping the calendar (RFC 9110 §15.6.4)."""
    db.session.rollback()
    headers = {"Retry-After": "600", "Cache-Control": "no-store"}
    return Response("", 503, headers, mimetype="text/plain")


@bp.get("/calendars")
@public
def calendars() -> str:
    """Every public feed, in the language of the page."""
    language = page_language()
    groups = [
        (_("Everything"), [_offered("all", _("All three centres"), language)]),
        (
            _("By centre"),
            [_offered(f"centre-{c.code}", c.name, language) for c in centres()],
        ),
        (
            _("By kind"),
            [
                _offered(f"kind-{kind.value}", str(kind.label), language)
                for kind in Kind
                if kind.policy.privacy.is_listed
            ],
        ),
        (
            _("By language spoken there"),
            [
                _offered(f"language-{tag}", name_of(tag, language), language)
                for tag in listed_languages(now=clock.now())
            ],
        ),
    ]
    return render_template("feeds/calendars.html", groups=groups)


def _offered(name: str, title: str, language: str) -> Offered:
    return Offered(title, link(language, "feeds.public_calendar", name=name))


@bp.get("/calendars/<name>.ics")
@public
def public_calendar(name: str) -> Response:
    """One public feed in the language of its address (Romanian where that has none)."""
    language = request.environ.get("punte.language") or LANGUAGES[0]
    feed = public_feed(name)
    if feed is None:
        abort(404)
    asked = request.args.get("alarm", "")
    minutes = _ALARMS.get(asked)
    alarm = timedelta(minutes=minutes) if minutes else None
    with force_locale(language):
        events = [public_event(m, language, alarm) for m in meetings_of(feed, now=clock.now())]
        address = link(language, "feeds.public_calendar", name=name)
        if minutes:
            address += f"?alarm={asked}"
        body = serialise(_calendar(_title(feed, language), address, language), events)
    return answer(body, key=f"public:{language}:{name}:{minutes or ''}", cache=PUBLIC)


def _title(feed: PublicFeed, language: str) -> str:
    site = settings().mail_name
    if feed.centre is not None:
        return f"{site} – {feed.centre.name}"
    if feed.kind is not None:
        return f"{site} – {feed.kind.label}"
    if feed.language is not None:
        return f"{site} – {name_of(feed.language, language)}"
    if feed.activity is not None:
        return feed.activity.title_in(language)
    return site


def _calendar(name: str, address: str, language: str) -> Calendar:
    known = settings()
    return Calendar(
        name=name,
        source=address,
        organizer=known.mail_from,
        organizer_name=known.mail_name,
        language=language,
    )


@bp.get("/c/<token>.ics")
@public
def own_calendar(token: str) -> Response:
    """One person's calendar. Unknown: 404; revoked: 410, on which programs stop asking."""
    feed = feed_link(token)
    if feed is None or not feed.person.is_active:
        abort(404)
    if feed.revoked_at is not None:
        abort(410)
    feed_id, fetched_at = feed.id, feed.fetched_at
    with force_locale(feed.language):
        found = bookings_for(feed.person, now=clock.now())
        events = [event for booking in found if (event := own_event(booking, feed)) is not None]
        address = f"{settings().base_url}/c/{token}.ics"
        body = serialise(_calendar(_("My calendar"), address, feed.language), events)
    response = answer(body, key=f"link:{feed_id}", cache=PRIVATE)
    now = clock.now()
    if fetched_at is None or now - fetched_at > _REMEMBER_FETCH:
        agent = str(request.user_agent)[:80]
        note_aside(
            update(FeedLink).where(FeedLink.id == feed_id).values(fetched_at=now, fetched_by=agent)
        )
    return response


@bp.get("/my-calendars")
def mine() -> str:
    return _show_mine(LinkForm(language=current_person().language))


@bp.post("/my-calendars")
def make() -> tuple[str, int]:
    """A new secret link, shown on this page once and never again."""
    form = LinkForm()
    if not form.validate_on_submit():
        return _show_mine(form), 422
    _feed, token = make_link(
        current_person(),
        label=form.label.data.strip(),
        language=form.language.data,
        alarm_minutes=ALARMS[form.alarm.data],
        now=clock.now(),
    )
    db.session.commit()
    made = Offered(_("My calendar"), f"{settings().base_url}/c/{token}.ics")
    return render_template("feeds/made.html", made=made), 201


@bp.post("/my-calendars/<ref>/end")
def revoke(ref: str) -> Response:
    feed = one_or_404(links_of(current_person()).where(FeedLink.ref == ref))
    revoke_link(feed, now=clock.now())
    db.session.commit()
    flash(_("The link opens nothing any more."), "success")
    return redirect(url_for(".mine"), 303)


def _show_mine(form: LinkForm) -> str:
    links = db.session.scalars(links_of(current_person())).all()
    return render_template("feeds/mine.html", links=links, form=form)
