"""What every page shares: finding a row or 404, saying no politely, headers, language, links."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import Flask, Request, Response, abort, current_app, render_template, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_babel import format_date, format_time, get_locale
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy import Executable, Select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Settings
from app.database import only_reading, writing
from app.extensions import db
from app.i18n import LANGUAGES, _
from app.plain import first_name
from app.refusal import Refusal

T = TypeVar("T")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEADLOCK, _NOT_SERIAL = "40P01", "40001"  # PostgreSQL: somebody else's click went first


class PageForm(FlaskForm):  # type: ignore[misc]
    """What every form of a page is: it holds what was typed, and a sign that our page sent it."""


def this_app() -> Flask:
    """The app itself, for what outlives the request; `current_app` stands for it only within."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def settings() -> Settings:
    """The settings this app was started with."""
    return cast(Settings, current_app.config["PUNTE"])


def one_or_404(found: Select[T]) -> T:
    """The one row the person may see, or a page that does not say whether it exists."""
    row = db.session.scalars(found).one_or_none()
    if row is None:
        abort(404)
    return row


def link(language: str, endpoint: str, **values: Any) -> str:
    """A full address from the configured base, for letters and feeds, in the reader's language."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return f"{settings().base_url}/{language}{path}"


def local_path(target: str | None) -> str | None:
    """*target* if it is a path on this site, else None: a sign-in never leads elsewhere."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target if target.isprintable() and "\\" not in target else None
    return None


def came_from() -> str | None:
    """The page of this site from which this request came, or this one, if it can be opened."""
    there, here = urlsplit(request.referrer or ""), request.script_root + request.path
    where = [(there.path, there.query)] if there.netloc == request.host else []
    where.append((here, request.query_string.decode(errors="replace")))
    if request.method in SAFE_METHODS:  # opened again, it would say no again
        where = [(path, query) for path, query in where if path != here]
    pages = (f"{path}?{query}" if query else path for path, query in where if _opens(path))
    return next((page for page in pages if local_path(page)), None)


def _opens(path: str) -> bool:
    """Whether some page answers there without a form."""
    head, _slash, rest = path.lstrip("/").partition("/")
    plain = f"/{rest}" if head in LANGUAGES else path
    return bool(current_app.url_map.bind("").test(plain, "GET"))


def refused_page(message: Any, reasons: Sequence[str] = (), *, back: str | None = None) -> str:
    """How a rule says no: its sentence, and a way *back*, else to where one came from."""
    return render_template(
        "refused.html", message=message, reasons=reasons, back=back or came_from()
    )


def callers_network() -> str:
    """The caller's network: /24 or /48, so that no single address is kept."""
    address = ip_address(request.remote_addr or "127.0.0.1")
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


def note_aside(*notes: tuple[Executable, Sequence[dict[str, Any]] | None]) -> None:
    """Small bookkeeping after a page that only read, in a transaction of its own: statements, each
    with the rows it is for."""
    db.session.rollback()
    if not notes:
        return
    try:
        with writing():
            for statement, rows in notes:
                db.session.execute(statement, rows)
            db.session.commit()
    except (OperationalError, IntegrityError):  # busy, or gone: the page matters more than the note
        db.session.rollback()
        current_app.logger.warning("a note aside was not written")


class LanguagePrefix:
    """WSGI: ``/ar/calendars`` is ``/calendars`` in Arabic, and every link stays in Arabic."""

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        self.wsgi_app = wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        head, _slash, rest = environ.get("PATH_INFO", "").lstrip("/").partition("/")
        if head in LANGUAGES:
            environ["punte.language"] = head
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{head}"
            environ["PATH_INFO"] = f"/{rest}"
        return self.wsgi_app(environ, start_response)


class ReadersDoNotWait:
    """WSGI: a GET begins transactions that only read."""

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        self.wsgi_app = wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") in SAFE_METHODS:
            with only_reading():
                return self.wsgi_app(environ, start_response)
        return self.wsgi_app(environ, start_response)


class NotOnSharedAnswers(SecureCookieSessionInterface):
    """The cookie of one browser never travels on an answer that caches keep for everybody."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Programs send no cookie: there is nothing to unseal then."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not response.cache_control.public:
            super().save_session(app, session, response)


def static_url(filename: str) -> str:
    """The address of a static file with its content hash, so that browsers may keep it."""
    return f"/static/{filename}?v={_content_hash(current_app.static_folder or '', filename)}"


@cache
def _content_hash(folder: str, filename: str) -> str:
    return hashlib.sha256((Path(folder) / filename).read_bytes()).hexdigest()[:12]


def local_date(instant: datetime, zone: str) -> str:
    """The weekday and the day, in words, on the wall calendar of *zone*."""
    there = instant.astimezone(ZoneInfo(zone))
    weekday = format_date(there, "EEEE", rebase=False)
    return f"{weekday}{_(', ')}{format_date(there, 'd MMMM y', rebase=False)}"


def local_time(instant: datetime, zone: str) -> str:
    return str(format_time(instant.astimezone(ZoneInfo(zone)), "HH:mm", rebase=False))


def short_date(instant: datetime, zone: str) -> str:
    return str(format_date(instant.astimezone(ZoneInfo(zone)), "EEE d MMM", rebase=False))


def iso_day(instant: datetime, zone: str) -> str:
    """The local day as addresses hold it: 2026-11-30."""
    return instant.astimezone(ZoneInfo(zone)).date().isoformat()


def day_name(day: date) -> str:
    return f"{format_date(day, 'EEEE')}{_(', ')}{format_date(day, 'd MMMM')}"


def name_of_weekday(number: int) -> str:
    """The name of a day of the week, 0 being Monday."""
    return str(get_day_names(width="wide", context="stand-alone", locale=get_locale())[number])


def whole_day(day: date) -> str:
    return str(format_date(day, "d MMM y"))


def short_day(day: date) -> str:
    return str(format_date(day, "EEE d MMM"))


def isolated(words: str) -> str:
    """*words* between FSI and PDI, so that a name in another script does not turn a line over."""
    return f"\u2068{words}\u2069"


FILTERS: dict[str, Callable[..., Any]] = {
    "local_date": local_date,
    "local_time": local_time,
    "short_date": short_date,
    "iso_day": iso_day,
    "day_name": day_name,
    "name_of_weekday": name_of_weekday,
    "short_day": short_day,
    "whole_day": whole_day,
    "isolated": isolated,
    "first_name": first_name,
    "parsed": datetime.fromisoformat,
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(static_url=static_url, site_name="Punte")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.session_interface = NotOnSharedAnswers()
    app.before_request(_refuse_other_sites)
    app.before_request(_refuse_nul)
    app.extensions[_HEADERS] = _usual_headers(app.config["PUNTE"])
    app.after_request(_keep_files)
    app.after_request(add_headers)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(IntegrityError, _somebody_was_quicker)
    app.register_error_handler(OperationalError, _perhaps_a_deadlock)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(Exception, _broken)
    app.wsgi_app = ReadersDoNotWait(LanguagePrefix(app.wsgi_app))  # type: ignore[method-assign]
    if proxies := app.config["PUNTE"].proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
        )


def _refuse_other_sites() -> None:
    """A form of another site is refused before its token is even looked at (Fetch Metadata)."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method not in SAFE_METHODS and site not in {"same-origin", "none"}:
        abort(403)


def _refuse_nul() -> None:
    """PostgreSQL keeps no NUL in a text, and nobody types one."""
    asks_nothing = request.method in SAFE_METHODS and not request.query_string
    values = () if asks_nothing else request.values.items(multi=True)
    typed = (text for pair in values for text in pair)
    if any("\x00" in text for text in (request.path, *typed)):
        abort(400)


def _keep_files(response: Response) -> Response:
    """A static file that is asked for by its content hash never changes."""
    is_file = request.path.startswith("/static/") and response.status_code < 400
    if is_file and "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def add_headers(response: Response) -> Response:
    """What every answer says, on one that does not say otherwise."""
    have = {name.lower() for name, _value in response.headers}
    for name, value in current_app.extensions[_HEADERS].items():
        if name.lower() not in have:
            response.headers.add(name, value)
    return response


_HEADERS = "punte headers"


def _usual_headers(known: Settings) -> dict[str, str]:
    """What every answer says that does not say otherwise."""
    exit_origin = "/".join(known.exit_url.split("/")[:3])
    usual = {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
            "img-src 'self' data:; manifest-src 'self'; "
            f"form-action 'self' {exit_origin}; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
        "Cache-Control": "no-store",
    }
    if known.is_https:
        usual["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return usual


def _refused(refusal: Refusal) -> tuple[str, int]:
    db.session.rollback()
    return refused_page(refusal.message), 409


def _somebody_was_quicker(error: DBAPIError) -> tuple[str, int]:
    """Two clicks met in the database. What it says holds people's names: only the kind is kept."""
    current_app.logger.warning("%s on %s", type(error.orig).__name__, request.endpoint)
    db.session.rollback()
    return refused_page(_("Somebody was quicker. Nothing was changed; look again.")), 409


def _perhaps_a_deadlock(error: OperationalError) -> tuple[str, int]:
    if getattr(error.orig, "sqlstate", None) in {_DEADLOCK, _NOT_SERIAL}:
        return _somebody_was_quicker(error)
    return _broken(error)


def _form_too_old(_error: CSRFError) -> tuple[str, int]:
    text = _("This form was open for too long. Go back, load the page again and send it once more.")
    return render_template("error.html", code=400, title=_("Please try again"), text=text), 400


def _error_page(error: HTTPException) -> Response | tuple[str, int]:
    strange_host = isinstance(error, SecurityError)  # no address of ours could be built for it
    if error.code is None or error.code < 400 or strange_host:
        return cast(Response, error.get_response())
    db.session.rollback()
    title, text = _words_for(error.code)
    return render_template("error.html", code=error.code, title=title, text=text), error.code


def _words_for(code: int) -> tuple[str, str]:
    if code == 404:
        return _("Not found"), _("This page does not exist, or it is not open to you.")
    if code == 413:
        text = _("Nothing was saved. Go back and send a smaller file.")
        return _("The file is too large"), text
    if code == 429:
        return _("Too many tries"), _("Please wait a quarter of an hour and try again.")
    if code >= 500:
        return _("Something broke"), _("It is not your fault. Nothing you did before was lost.")
    return _("This did not work"), _("The request could not be understood. Go back and try again.")


def _broken(error: Exception) -> tuple[str, int]:
    if current_app.testing:
        raise error
    current_app.logger.exception("a page broke")
    db.session.rollback()
    title, text = _words_for(500)
    return render_template("error.html", code=500, title=title, text=text), 500
