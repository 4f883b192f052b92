"""In which language a page is: address, then account, then cookie, then browser, then Romanian."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Flask, Response, request
from flask_babel import get_locale

from app import clock
from app.extensions import babel
from app.i18n import (
    INSTEAD,
    LANGUAGES,
    PARTIAL,
    compile_catalogues,
    locale_of,
    negotiate,
    own_name,
)
from app.people.current import closes_soon, person_or_none, was_here
from app.web import SAFE_METHODS, settings

COOKIE = "language"
HOUSE = ZoneInfo("Europe/Bucharest")

FOR_PARTICIPANTS = frozenset(
    """
    programme.index programme.meeting programme.mine outdoors.manifest
    signups.activity signups.join signups.leaving signups.leave
    subscribing.calendars subscribing.feed feeds.mine single.meeting single.activity
    people.sign_in people.begin people.sign_out people.confirm people.confirmed
    people.profile people.change_profile people.choose_password people.password_chosen
    people.leave unsent.away unsent.put_away unsent.back unsent.send unsent.remove
    own_data.privacy consents.mine consents.give consents.withdraw
    sign_outs.mine sign_outs.end sign_outs.own_device
    invitations.ask invitations.asked
    codes.wanted codes.asked codes.again codes.again_asked codes.code codes.typed codes.opened
    codes.pressed refusing.helpers refusing.refuse
    address.ask address.asked address.code address.typed
    joining.form joining.sent joining.code joining.typed_code joining.opened joining.pressed
    cards.card cards.leaving cards.leave_all cards.leave_one cards.yes cards.no
    waiting.choices waiting.wait waiting.offered waiting.yes waiting.no
    waiting.own waiting.own_yes waiting.own_no waiting.without signups.visit signups.visit_no_more
    households.mine households.add households.child households.together households.come
    households.leave households.rename households.ask households.remove
    own_data.show own_data.copy own_data.ask own_data.go
    reminding.mine reminding.choose reminding.keep_silent reminding.end_silence
    devices.add devices.stop by_mail.wanted by_mail.not_wanted
    unsubscribing.page unsubscribing.changed
    listening.missing listening.say listening.mine listening.withdraw
    """.split()
)
"""The pages in all `LANGUAGES`. Asked for any other in one of `PARTIAL`, it is in `INSTEAD`."""


@dataclass(frozen=True)
class PageLocale:
    """What the layout needs to know of a language."""

    tag: str
    text_direction: str

    @property
    def language(self) -> str:
        return self.tag


@dataclass(frozen=True)
class LanguageLink:
    """This page in another language."""

    tag: str
    name: str
    href: str
    dir: str
    is_current: bool


def select_locale() -> str:
    """The locale of this page, for Flask-Babel."""
    return locale_of(_spoken(select_language()))


def _spoken(wanted: str) -> str:
    """*wanted*, or what is spoken instead on a page that does not exist in it."""
    return wanted if wanted in _languages_here() else INSTEAD


def _languages_here() -> tuple[str, ...]:
    """The languages of the page that is asked for; one that does not exist is in all of them."""
    if request.endpoint is None or request.endpoint in FOR_PARTICIPANTS:
        return LANGUAGES
    return tuple(tag for tag in LANGUAGES if tag not in PARTIAL)


def select_language() -> str:
    in_address = request.environ.get("punte.language")
    if in_address:
        return str(in_address)
    person = person_or_none()
    if person is not None:
        return person.language
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return negotiate([tag for tag, _quality in request.accept_languages]) or LANGUAGES[0]


def direction(language: str) -> str:
    return "rtl" if language in {"ar", "fa", "ps", "ur", "ckb", "prs"} else "ltr"


def page_language() -> str:
    """The language this page is written in."""
    locale = get_locale()
    return locale.language if locale else LANGUAGES[0]


def language_links() -> list[LanguageLink]:
    rest = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return [
        LanguageLink(tag, own_name(tag), f"/{tag}{rest}", direction(tag), tag == page_language())
        for tag in _languages_here()
    ]


def in_the_world(language: str | None = None) -> str:
    """The full address of this page in *language*, without what is looked for; without one, in
    whatever the reader understands."""
    prefix = f"/{language}" if language else ""
    return f"{settings().base_url}{prefix}{request.path}"


def init_app(app: Flask) -> None:
    compile_catalogues()
    babel.init_app(app, locale_selector=select_locale, default_locale=LANGUAGES[0])
    app.after_request(_remember_choice)

    @app.context_processor
    def words() -> dict[str, object]:
        tag = page_language()
        return {
            "locale": PageLocale(tag, direction(tag)),
            "language_links": language_links(),
            "person": person_or_none(),
            "closes_soon": closes_soon,
            "was_here": was_here,
            "direction": direction,
            "in_the_world": in_the_world,
            "day_of_this_page": lambda: clock.now().astimezone(HOUSE).date(),
        }


def _remember_choice(response: Response) -> Response:
    chosen = request.environ.get("punte.language")
    is_page = response.mimetype == "text/html" and request.method in SAFE_METHODS
    if chosen and is_page and request.cookies.get(COOKIE) != chosen:
        secure = request.is_secure
        response.set_cookie(
            COOKIE, chosen, max_age=31_536_000, samesite="Lax", httponly=True, secure=secure
        )
    return response
