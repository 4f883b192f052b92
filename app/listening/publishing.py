"""Publishing a term: whoever asked for what is in it is told with it. Never commits."""

from __future__ import annotations

from datetime import datetime

from app.listening.operations import tell_who_asked
from app.people.models import Person
from app.programme.models import Activity
from app.programme.terms import Term
from app.staffing import publishing


def publish(term: Term, *, by: Person, now: datetime) -> list[Activity]:
    """`staffing.publishing.publish`; then, in the same transaction, whoever asked is told."""
    opened = publishing.publish(term, by=by, now=now)
    tell_who_asked([activity.id for activity in opened], now=now)
    return opened
