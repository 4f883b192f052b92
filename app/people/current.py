"""The signed-in person, with a type. Flask-Login is known here and in ``access`` only."""

from __future__ import annotations

from typing import cast

from flask import abort, after_this_request, request
from flask import session as cookie
from flask_login import UserMixin, current_user, login_user, logout_user
from sqlalchemy import update
from werkzeug import Response

from app import clock
from app.extensions import login
from app.people.models import Centre, Person, SignIn
from app.people.operations import sign_out
from app.people.queries import centres_of, sign_in_of
from app.people.terms import STAFF, Role
from app.people.unsent import throw_away
from app.web import note_aside

UNSENT = "unsent"
"""Where the cookie has the key to what somebody sent when they were no longer signed in."""


class SignedIn(UserMixin):  # type: ignore[misc]
    """One device's sign-in, as Flask-Login wants it: its id is the secret token."""

    def __init__(self, token: str, row: SignIn) -> None:
        self.token, self.row = token, row

    def get_id(self) -> str:
        return self.token


login.login_view = "people.sign_in"
login.session_protection = None


@login.user_loader  # type: ignore[untyped-decorator]
def load(token: str) -> SignedIn | None:
    row, now = sign_in_of(token), clock.now()
    if row is None or not row.is_alive(now):
        return None
    if (now - row.seen_at).total_seconds() > 60 and request.endpoint != "unsent.away":
        _remember_seen(row.id)
    return SignedIn(token, row)


def _remember_seen(sign_in_id: int) -> None:
    seen = update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=clock.now())

    @after_this_request
    def note(response: Response) -> Response:
        note_aside((seen, None))
        return response


def current_person() -> Person:
    """The person whose request this is. Pages are closed by default, so there is one."""
    return cast(Person, current_user.row.person)


def current_sign_in() -> SignIn:
    return cast(SignIn, current_user.row)


def person_or_none() -> Person | None:
    """The signed-in person, on pages that strangers may open too."""
    return current_person() if current_user.is_authenticated else None


def remember(token: str) -> None:
    """This browser is signed in with *token* from now on; whatever it held before is dropped, but
    for the key to what was typed here when time ran out."""
    row = sign_in_of(token)
    if row is not None:
        unsent = cookie.get(UNSENT)
        cookie.clear()
        cookie.permanent = True
        if unsent is not None:
            cookie[UNSENT] = unsent
        login_user(SignedIn(token, row))


def forget() -> None:
    """This browser is signed out, on the server too, and what waited to be sent is gone."""
    if UNSENT in cookie:
        throw_away(cookie[UNSENT])
    end_here()
    cookie.clear()


def end_here() -> None:
    """Whoever is signed in with this browser is so no more."""
    if current_user.is_authenticated:
        sign_out(current_user.token, now=clock.now())
    logout_user()


def away_here() -> SignIn | None:
    """The sign-in of this browser, where nothing but time closed it."""
    token = cookie.get("_user_id")
    row = sign_in_of(token) if token and not current_user.is_authenticated else None
    return row if row is not None and row.was_away(clock.now()) else None


def was_here() -> bool:
    """Whether somebody was signed in with this browser and did not sign out themselves."""
    return "_user_id" in cookie and not current_user.is_authenticated


def closes_soon() -> bool:
    """Whether what this browser shows of somebody is closed after a quarter of an hour."""
    return bool(current_user.is_authenticated) and current_sign_in().closes_soon


def planner() -> Person:
    """The signed-in coordinator; for anybody else the page does not exist."""
    person = current_person()
    if not person.has_role(Role.COORDINATOR):
        abort(404)
    return person


def staff() -> Person:
    """The signed-in coordinator or administrator; for anybody else the page does not exist."""
    person = current_person()
    if not person.has_role(*STAFF):
        abort(404)
    return person


def may_change(person: Person) -> bool:
    """Colleagues are changed by an administrator of every centre where they are on the staff."""
    return person.centres_where(*STAFF) <= staff().centres_where(Role.ADMINISTRATOR)


def planned_centres() -> list[Centre]:
    """The centres whose programme the signed-in coordinator plans."""
    return centres_of(planner(), Role.COORDINATOR)


def asked_centre() -> Centre:
    """The planned centre that the address asks for; else the coordinator's own, else the first."""
    places = planned_centres()
    wanted = request.args.get("centre")
    home = planner().home_centre_id
    by_choice = [c for c in places if c.code == wanted] or [c for c in places if c.id == home]
    return next(iter(by_choice or places))
