"""In which language a page is: address, then account, then cookie, then browser, then Romanian."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, request
from flask_babel import get_locale

from app.extensions import babel
from app.i18n import LANGUAGES, compile_catalogues, negotiate, own_name
from app.people.current import person_or_none
from app.web import SAFE_METHODS

COOKIE = "language"


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
        for tag in LANGUAGES
    ]


def init_app(app: Flask) -> None:
    compile_catalogues()
    babel.init_app(app, locale_selector=select_language, default_locale=LANGUAGES[0])
    app.after_request(_remember_choice)

    @app.context_processor
    def words() -> dict[str, object]:
        tag = page_language()
        return {
            "locale": PageLocale(tag, direction(tag)),
            "language_links": language_links(),
            "person": person_or_none(),
            "direction": direction,
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
