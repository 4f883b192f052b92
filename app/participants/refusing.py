"""Who cannot become somebody else. Never commits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from app.database import Base
from app.extensions import db
from app.i18n import _l
from app.participants.models import NotSame
from app.participants.policies import POLICIES, Becomes
from app.people.guardians import is_child
from app.people.models import Apart, Person
from app.people.terms import Role
from app.programme.models import Activity
from app.refusal import Refusal


class TheSame(Refusal):
    message = _l("Choose somebody else.")


class Helps(Refusal):
    message = _l(
        "Whoever helps or works here, or would like to, stays: turn the two round, so that the "
        "other one goes."
    )


class TwoPeople(Refusal):
    message = _l("Somebody on the staff said that these are two people.")


class OneIsAChild(Refusal):
    message = _l("One of them is a child for whom somebody decides: these are two people.")


class NobodyDecides(Refusal):
    message = _l("Choose who decides for the child.")


def refuse(gone: Person, kept: Person) -> None:
    """Raises `TheSame`, `Helps`, `OneIsAChild` and `TwoPeople`. The caller holds both."""
    if gone.id == kept.id:
        raise TheSame
    if helps(gone):
        raise Helps
    if is_child(gone) != is_child(kept):
        raise OneIsAChild
    if are_two(gone, kept):
        raise TwoPeople


def why_two(gone: Person, kept: Person) -> Any:
    """Why the one cannot become the other, in the sentence for whoever asks; None if it can."""
    try:
        refuse(gone, kept)
    except Refusal as refusal:
        return refusal.message
    return None


def helps(person: Person) -> bool:
    """Whether they are, were or would like to be more than a participant; their papers and hours
    are in a register that nobody rewrites."""
    if any(one.role is not Role.PARTICIPANT for one in person.memberships):
        return True
    if db.session.scalar(select(exists().where(Activity.coordinator_id == person.id))):
        return True
    return any(_has_rows(one.table, one.whose, person.id) for one in POLICIES if _refuses(one))


def are_two(one: Person, other: Person) -> bool:
    """Whether somebody said so, or they never meet: nobody never meets themselves."""
    first, second = sorted((one.id, other.id))
    return any(db.session.get(table, (first, second)) is not None for table in (NotSame, Apart))


def _refuses(policy: object) -> bool:
    return getattr(policy, "becomes", None) is Becomes.REFUSES


def _has_rows(name: str, whose: str, person_id: int) -> bool:
    table = Base.metadata.tables[name]
    return bool(db.session.scalar(select(exists().where(table.c[whose] == person_id))))
