"""What machines ask for at the door: the web app of each language, what search engines may read.

Nothing here knows of anything but what strangers may see.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, render_template, send_from_directory
from sqlalchemy import Select, select

from app import clock
from app.extensions import db
from app.i18n import LANGUAGES, _
from app.people.access import public
from app.people.locale import direction, page_language
from app.programme.kinds import Privacy
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import PUBLIC_WINDOW, is_by_itself, is_listed_meeting
from app.web import link, settings, static_url

bp = Blueprint("outdoors", __name__)

ICONS = {
    "icon-192.png": ("192x192", "any"),
    "icon-512.png": ("512x512", "any"),
    "icon-maskable.png": ("512x512", "maskable"),
}


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """The programme as a web app, in the language of its address."""
    language = page_language()
    answer = jsonify(
        id=f"/{language}/",
        name="Punte",
        short_name="Punte",
        description=_("What is on"),
        lang=language,
        dir=direction(language),
        start_url=f"/{language}/",
        scope="/",
        display="standalone",
        background_color="#faf6ee",
        theme_color="#0f4c52",
        icons=[
            {"src": static_url(name), "type": "image/png", "sizes": sizes, "purpose": purpose}
            for name, (sizes, purpose) in ICONS.items()
        ],
    )
    answer.mimetype = "application/manifest+json"
    return _for_all(answer)


@bp.get("/sw.js")
@public
def service_worker() -> Response:
    """What a browser keeps for the time without a network; it asks for a newer one each time."""
    answer = send_from_directory(str(current_app.static_folder), "sw.js", max_age=0)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/robots.txt")
@public
def robots() -> Response:
    lines = ("User-agent: *", "Disallow: /healthz", f"Sitemap: {settings().base_url}/sitemap.xml")
    return _for_all(Response("\n".join(lines) + "\n", mimetype="text/plain"))


@bp.get("/sitemap.xml")
@public
def sitemap() -> Response:
    """The programme and what is open to everybody, in every language. Courses are not in it: where
    foreigners gather is not for search engines."""
    pages = [_in_every_language("programme.index")]
    for ref in db.session.scalars(_open_to_everybody()):
        pages.append(_in_every_language("signups.activity", ref=ref))
    xml = render_template("programme/sitemap.xml", pages=pages)
    return _for_all(Response(xml, mimetype="application/xml"))


def _in_every_language(endpoint: str, **values: str) -> dict[str, str]:
    return {tag: link(tag, endpoint, **values) for tag in LANGUAGES}


def _open_to_everybody() -> Select[str]:
    now = clock.now()
    return (
        select(Activity.ref)
        .join(Meeting, Meeting.activity_id == Activity.id)
        .where(
            is_listed_meeting(),
            is_by_itself(),
            Activity.privacy == Privacy.PUBLIC,
            Meeting.privacy == Privacy.PUBLIC,
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            Meeting.starts_at < now + PUBLIC_WINDOW,
        )
        .distinct()
        .order_by(Activity.ref)
    )


def _for_all(answer: Response) -> Response:
    """The same for everybody, for an hour."""
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.vary.update(("Cookie", "Accept-Language"))
    return answer
