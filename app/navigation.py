"""The main menu of each role: one list, read top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.extensions import db
from app.i18n import _l
from app.notices.reasons import trouble
from app.notices.workers import watch
from app.people.current import person_or_none
from app.people.languages import name_of
from app.people.locale import page_language
from app.people.models import Person
from app.people.terms import HELPERS, STAFF, Role
from app.web import settings


@dataclass(frozen=True)
class Item:
    """One entry: its words, its page, its icon, and the roles that see it (none: everybody).

    *without_mail_server*: only while messages go to a folder of this machine. *not_for*: roles that
    find it at the foot of every page instead. *helping*: for whoever helps or would like to.
    """

    label: Any
    endpoint: str
    icon: str
    roles: tuple[Role, ...] = ()
    signed_in: bool = True
    without_mail_server: bool = False
    not_for: tuple[Role, ...] = ()
    helping: bool = False


MENU = (
    Item(_l("Week"), "views.week", "calendar", (Role.COORDINATOR,)),
    Item(_l("New activity"), "plans.new", "calendar_plus", (Role.COORDINATOR,)),
    Item(_l("Who goes where"), "rota.rotas", "columns", (Role.COORDINATOR,)),
    Item(_l("Terms"), "terms.terms", "template", (Role.COORDINATOR,)),
    Item(_l("The centre"), "places.centre", "home", (Role.COORDINATOR,)),
    Item(_l("People"), "invitations.people", "people", STAFF),
    Item(_l("Please telephone"), "calls.calls", "phone", (Role.ADMINISTRATOR,)),
    Item(_l("Where you are needed"), "staffing.needed", "bell", helping=True),
    Item(_l("My profile"), "steps.overview", "person", helping=True),
    Item(_l("My sessions"), "programme.mine", "check"),
    Item(
        _l("What is missing?"),
        "listening.missing",
        "message",
        (Role.PARTICIPANT, *HELPERS),
        not_for=(Role.COORDINATOR,),
    ),
    Item(_l("My hours"), "presence.mine", "clock", HELPERS),
    Item(_l("Messages"), "notices.sent", "mail", without_mail_server=True),
    Item(_l("Programme"), "programme.index", "course", (), signed_in=False),
    Item(_l("Calendars"), "subscribing.calendars", "feed", (), False, not_for=(Role.COORDINATOR,)),
)


@dataclass(frozen=True)
class Entry:
    """An item as the layout shows it."""

    label: str
    href: str
    icon: str
    is_current: bool


def menu_of(person: Person | None) -> list[Entry]:
    return [
        Entry(str(i.label), url_for(i.endpoint), i.icon, request.endpoint == i.endpoint)
        for i in MENU
        if i.endpoint in current_app.view_functions
        and (person is not None or not i.signed_in)
        and not (i.without_mail_server and settings().smtp_url)
        and (not i.roles or (person is not None and person.has_role(*i.roles)))
        and not (i.helping and (person is None or not person.helps_or_would))
        and not (i.not_for and person is not None and person.has_role(*i.not_for))
    ]


def sending_trouble() -> str | None:
    """For the staff, on every page: that messages do not leave, and what to do."""
    person = person_or_none()
    if person is None or not person.has_role(*STAFF):
        return None
    try:
        with db.session.no_autoflush:
            return trouble(watch(now=clock.now()))
    except SQLAlchemyError:  # the page that says so needs no second one
        return None


def init_app(app: Flask) -> None:
    @app.context_processor
    def menu() -> dict[str, object]:
        person, reader = person_or_none(), page_language()
        return {
            "nav": menu_of(person),
            "reader": reader,
            "sending_trouble": sending_trouble,
            "language_name": lambda tag: name_of(tag, reader),
            "helps": person is not None and person.has_role(*HELPERS),
            "plans": person is not None and person.has_role(Role.COORDINATOR),
            "learns": person is not None and person.has_role(Role.PARTICIPANT),
        }
