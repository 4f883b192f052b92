"""Throwing away what was a mistake and was told to nobody: drafts, empty terms. Never commits."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from app.extensions import db, lock
from app.i18n import _
from app.people.models import Person
from app.programme.changing import ChangedMeanwhile, hold
from app.programme.models import Activity, Meeting
from app.programme.operations import NoDraft
from app.programme.queries import activities_planned_by
from app.programme.terms import Term
from app.refusal import Refusal


class TermNeeded(Refusal):
    """Activities are planned in it; *known* of them are of those that the reader may know."""

    def __init__(self, known: int) -> None:
        self.known = known
        super().__init__()

    @property
    def message(self) -> str:
        """Where the reader may not know of them, only that others need it."""
        if not self.known:
            return _("This term is still needed. Ask the other coordinators of the centre first.")
        return _("Activities are planned in this term. A term is removed only while it is empty.")


def throw_away(draft: Activity) -> None:
    """A draft is gone, with its sessions, places, offers and the childcare beside it; nobody was
    told of it, so nobody is told.

    Raises `NoDraft` for what is published, and `ChangedMeanwhile` if somebody got or lost a place,
    or it got sessions or childcare, while we waited.
    """
    ids = _with_childcare(draft)
    meetings = _meetings(ids)
    hold(meetings, seen=lambda _held: True)
    activities = [db.session.get_one(Activity, one) for one in ids]
    for activity in activities:
        lock(activity)
    if any(not activity.is_draft for activity in activities):
        raise NoDraft
    if _with_childcare(draft) != ids or _meetings(ids) != meetings:
        raise ChangedMeanwhile
    db.session.execute(
        delete(Activity).where(Activity.id.in_(ids)).execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _with_childcare(draft: Activity) -> list[int]:
    beside = select(Activity.id).where(Activity.beside_id == draft.id)
    return sorted({draft.id, *db.session.scalars(beside)})


def _meetings(ids: list[int]) -> list[Meeting]:
    found = select(Meeting).where(Meeting.activity_id.in_(ids))
    return list(db.session.scalars(found.order_by(Meeting.id)))


def remove_term(term: Term, *, by: Person) -> None:
    """A term in which nothing is planned is gone. Raises `TermNeeded`."""
    lock(term)
    inside = Activity.term_id == term.id
    if db.session.scalars(select(func.count(Activity.id)).where(inside)).one():
        known = activities_planned_by(by).where(inside).with_only_columns(Activity.id)
        raise TermNeeded(len(db.session.scalars(known).all()))
    db.session.delete(term)
    db.session.flush()
