"""Where calendars are offered: the list, the page of each public feed, and its poster."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug import Response as Redirect

from app import clock
from app.certificates.paper import can_make_pdf
from app.feeds import poster
from app.feeds.describing import contents_of, direction_of, last_fetched, names_of, title_of
from app.feeds.forms import ALARM_LABELS
from app.feeds.programs import device_of
from app.feeds.queries import PublicFeed, public_feed
from app.feeds.ways import ALARMS, Offered, Way, ways_from
from app.i18n import LANGUAGES, in_language, own_name
from app.people.access import public
from app.people.current import current_person
from app.people.languages import name_of
from app.people.locale import page_language
from app.people.queries import centres
from app.programme.kinds import Kind
from app.programme.queries import listed_languages
from app.web import link

bp = Blueprint("subscribing", __name__)

CHOICES = ("centre", "kind", "language")


@bp.app_context_processor
def words() -> dict[str, object]:
    return {
        "ways_of_this_device": _ways_of_this_device,
        "last_fetched": lambda feed: last_fetched(feed, current_person().zone, now=clock.now()),
    }


def _ways_of_this_device() -> list[Way]:
    return ways_from(device_of(request.headers.get("User-Agent")))


@bp.get("/calendars")
@public
def calendars() -> str | Redirect:
    """The calendars that most people want; any other by centre, kind and language together."""
    if any(choice in request.args for choice in CHOICES):
        return redirect(url_for(".feed", name=_chosen_name()), 303)
    language = page_language()
    return render_template(
        "feeds/calendars.html",
        centres=centres(),
        kinds=[kind for kind in Kind if kind.policy.privacy.is_listed],
        languages=[(tag, name_of(tag, language)) for tag in listed_languages(now=clock.now())],
    )


def _chosen_name() -> str:
    """The name of the feed that was chosen; that there is one, its page finds out."""
    asked = [(choice, request.args.get(choice, "").strip()[:80]) for choice in CHOICES]
    return "_".join(f"{choice}-{value}" for choice, value in asked if value) or "all"


@bp.get("/calendars/<name>")
@public
def feed(name: str) -> str:
    """How to subscribe to one public feed, this device first."""
    found = _find(name)
    asked, alarm = request.args.get("language", ""), request.args.get("alarm", "")
    language = asked if asked in LANGUAGES else page_language()
    alarm = alarm if alarm in ALARMS else ""
    return render_template(
        "feeds/subscribe.html",
        names=names_of(found, page_language()),
        rows=contents_of(found, page_language()),
        feed=_offered(found, language, alarm),
        language=language,
        languages=[(tag, own_name(tag)) for tag in LANGUAGES],
        alarm=alarm,
        alarms=_alarm_choices(),
        posters=_posters(name) if can_make_pdf() else [],
    )


def _find(name: str) -> PublicFeed:
    return public_feed(name) or abort(404)


def _offered(found: PublicFeed, language: str, alarm: str) -> Offered:
    asks: dict[str, Any] = {"name": found.name, "alarm": alarm or None}
    return Offered(
        title_of(found, language),
        https=link(language, "feeds.public_calendar", **asks),
        page=link(language, "subscribing.feed", **asks),
    )


def _alarm_choices() -> list[tuple[str, Any]]:
    labels = dict(ALARM_LABELS)
    return [(asked, labels[choice]) for asked, choice in ALARMS.items()]


def _posters(name: str) -> list[tuple[str, str, str]]:
    """(language, its own name, address) of each poster of a feed."""
    return [(tag, own_name(tag), link(tag, "subscribing.sheet", name=name)) for tag in LANGUAGES]


@bp.get("/calendars/<name>/poster.pdf")
@public
def sheet(name: str) -> Response:
    """A feed on an A4 sheet for the wall, in the language of its address; it holds no clock."""
    found, language = _find(name), request.environ.get("punte.language") or LANGUAGES[0]
    page = poster_page(found, language)
    response = Response(mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="poster.pdf"'
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["X-Robots-Tag"] = "noindex"
    response.set_etag(poster.tag_of(page), weak=True)
    if response.make_conditional(request).status_code == 304:
        return response
    drawn = poster.drawn(page)
    if drawn is None:
        return Response("", 503, {"Retry-After": "5", "Cache-Control": "no-store"})
    response.set_data(drawn)
    return response


def poster_page(found: PublicFeed, language: str) -> str:
    """What the poster of a feed says: nothing of who asks, and not when."""
    with in_language(language):
        names, rows = names_of(found, language), contents_of(found, language)
        return render_template(
            "feeds/poster.html",
            names=names,
            rows=rows,
            letters=poster.letters_for([*names, *(answer for _question, answer in rows)]),
            feed=_offered(found, language, ""),
            direction_of=direction_of,
        )
