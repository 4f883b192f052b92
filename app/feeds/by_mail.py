"""Choosing to get each session as an invitation by e-mail, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, url_for
from werkzeug import Response

from app import clock
from app.extensions import db
from app.feeds.inviting import MOST_NEW, begin, coming, stop, wish_of
from app.i18n import _
from app.notices.reaching import reach_of
from app.people.current import current_person
from app.people.models import Person

bp = Blueprint("by_mail", __name__)
_OBSTACLES = {"no-address": "no_address", "no-consent": "refused", "stopped": "stopped"}


@dataclass(frozen=True)
class ByMail:
    """What the page says: *since* when somebody gets invitations, how many would come now, and why
    none can."""

    since: datetime | None
    coming: int
    obstacle: str | None
    most: int = MOST_NEW


def by_mail(person: Person) -> ByMail:
    """How it stands with *person*. Of silent contact it says nothing: who holds their telephone
    must not learn of it."""
    wish = wish_of(person)
    return ByMail(
        since=wish.since if wish else None,
        coming=0 if wish else coming(person, now=clock.now()),
        obstacle=_obstacle(person),
    )


def _obstacle(person: Person) -> str | None:
    return _OBSTACLES.get(reach_of([person.id]).why_not.get(person.id, ""))


@bp.post("/my-calendars/invitations")
def wanted() -> Response:
    person = current_person()
    begin(person, now=clock.now())
    db.session.commit()
    return _done(_("The first ones leave in a few minutes; at night they wait for the morning."))


@bp.post("/my-calendars/invitations/end")
def not_wanted() -> Response:
    stop(current_person(), now=clock.now())
    db.session.commit()
    return _done(_("You get no more invitations."))


def _done(words: str) -> Response:
    flash(words, "success")
    return redirect(url_for("feeds.mine", _anchor="invitations"), 303)
