"""The application factory: wiring only, read top to bottom."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from app import cli, compression, extensions, health, navigation, web
from app.approval import refusing, register
from app.approval import routes as approval
from app.attendance import course_pages, lists
from app.attendance import routes as attendance
from app.certificates import routes as certificates
from app.config import Settings, read_settings
from app.consents import routes as consents
from app.feeds import by_mail, single, subscribing
from app.feeds import routes as feeds
from app.feeds.polls import PollsFirst
from app.households import desk as families
from app.households import routes as households
from app.invitations import address_pages, code_pages
from app.invitations import routes as invitations
from app.joining import card_pages, desk
from app.joining import routes as joining
from app.listening import routes as listening
from app.notices import routes as notices
from app.notices import unsubscribing
from app.own_data import routes as own_data
from app.participants import routes as participants
from app.people import locale, spoken, unsent_pages
from app.people import routes as people
from app.people.access import require_signed_in
from app.planning import (
    appointments,
    asked_for,
    asking,
    childcare,
    days,
    details_page,
    languages,
    moves,
    partners,
    places,
    plans,
    printing,
    series,
    terms,
    views,
)
from app.planning import routes as planning
from app.presence import routes as presence
from app.programme import outdoors
from app.programme import routes as programme
from app.reminders import contact, my_devices, my_reminders, previews
from app.reminders import routes as reminders
from app.rota import routes as rota
from app.sign_outs import routes as sign_outs
from app.signups import routes as signups
from app.signups import waiting_pages
from app.staffing import answers, free, leaving, steps
from app.staffing import routes as staffing


def create_app(
    environ: Mapping[str, str] | None = None, config: Mapping[str, Any] | None = None
) -> Flask:
    """Build the app from the settings of *environ* (the process's own by default).

    *config* is Flask's own and wins. Raises `config.BadSetting` for a setting that is wrong.
    """
    settings = read_settings(os.environ if environ is None else environ)
    app = Flask(__name__, template_folder="../templates")
    app.config.from_mapping(_flask_config(settings))
    app.config.from_mapping(config or {})

    extensions.init_app(app)
    app.wsgi_app = PollsFirst(app, app.wsgi_app)  # type: ignore[method-assign]
    web.init_app(app)
    compression.init_app(app)
    locale.init_app(app)
    navigation.init_app(app)
    cli.init_app(app)

    app.before_request(require_signed_in)
    for room in (
        people,
        spoken,
        unsent_pages,
        invitations,
        code_pages,
        address_pages,
        notices,
        unsubscribing,
        programme,
        outdoors,
        staffing,
        answers,
        leaving,
        steps,
        free,
        planning,
        asking,
        approval,
        register,
        refusing,
        views,
        moves,
        plans,
        series,
        terms,
        places,
        printing,
        days,
        partners,
        appointments,
        childcare,
        details_page,
        languages,
        asked_for,
        listening,
        rota,
        presence,
        certificates,
        attendance,
        course_pages,
        lists,
        signups,
        waiting_pages,
        joining,
        card_pages,
        desk,
        households,
        families,
        feeds,
        subscribing,
        by_mail,
        single,
        reminders,
        my_reminders,
        my_devices,
        contact,
        previews,
        own_data,
        participants,
        sign_outs,
        consents,
        health,
    ):
        app.register_blueprint(room.bp)
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    host = urlsplit(settings.base_url).hostname or "localhost"
    return {
        "PUNTE": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine(settings.database_url),
        "SESSION_COOKIE_NAME": "__Host-punte" if settings.is_https else "punte",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "SESSION_REFRESH_EACH_REQUEST": False,  # no sign-in outlives its first 30 days
        "TRUSTED_HOSTS": sorted({host, "127.0.0.1", "localhost"}),
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 500_000,
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "BABEL_DEFAULT_LOCALE": "ro",
    }


def _engine(database_url: str) -> dict[str, Any]:
    """What is written of people never reaches a log with an error."""
    pool = {"pool_pre_ping": True} if database_url.startswith("postgresql") else {}
    return {"hide_parameters": True, **pool}
