"""That somebody decides for a child was a mistake. Never commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.feeds.operations import end_all_ways
from app.households.operations import held
from app.i18n import _l
from app.notices.operations import take_back_of_child
from app.people.guardians import Guardianship
from app.people.models import Person
from app.refusal import Refusal
from app.signups.waiting import wait_apart


class StaysBlocked(Refusal):
    message = _l("Whoever was blocked stays blocked: only what was never true is removed.")


class NobodyElseDecides(Refusal):
    message = _l("Nobody else decides for this child. First add who does.")


def untie(child: Person, guardian: Person, *, now: datetime) -> None:
    """That *guardian* decides for *child* was never true: nothing of it is kept, and a card or
    calendar of *child* opens nothing any more. Without anybody else *child* is nobody's child
    again. Twice is harmless.

    Raises `StaysBlocked`, and `NobodyElseDecides` where the rest of those tied are blocked: then
    it is a child, and somebody has to decide.
    """
    known = held(child, guardian)
    if known is None:
        return
    if not known.is_active:
        raise StaysBlocked
    if _all_others_are_blocked(known):
        raise NobodyElseDecides
    db.session.delete(known)
    db.session.flush()
    take_back_of_child(child.id, guardian.id)
    end_all_ways(child, now=now)
    wait_apart(child, guardian)


def _all_others_are_blocked(known: Guardianship) -> bool:
    others = select(Guardianship.blocked_at).where(
        Guardianship.child_id == known.child_id, Guardianship.guardian_id != known.guardian_id
    )
    blocked = db.session.scalars(others).all()
    return bool(blocked) and all(blocked)
