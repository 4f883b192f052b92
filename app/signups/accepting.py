"""Saying yes to a place that was offered. Never commits."""

from __future__ import annotations

from datetime import datetime

from app.people.models import Person
from app.programme.bookings import KeptApart
from app.programme.queries import coming_meetings
from app.signups.models import Waiting, WaitingState
from app.signups.operations import give_place
from app.signups.queries import can_accept
from app.signups.rules import ActivityFull, NothingToCome, OfferOver, refuse_unminded
from app.signups.waiting import hold_for_answer


def accept(waiting: Waiting, *, reader: Person | None = None, now: datetime) -> None:
    """All of those who waited together have places, or none; twice is harmless.

    At sessions at whose time they are expected elsewhere they are not held to it. Raises
    `OfferOver` after the time was over, `ActivityFull`, `NothingToCome`, `ForChildren` where
    *reader* has nobody to come with the child any more, and what `hold_for_answer` does.
    """
    activity = waiting.activity
    hold_for_answer(waiting, reader)
    if waiting.state is WaitingState.ACCEPTED:
        return
    if not waiting.is_open_offer(now):
        raise OfferOver
    if not can_accept(waiting, now=now):
        raise ActivityFull
    if reader is not None:
        for person in waiting.people:
            refuse_unminded(activity, person, by=reader)
    meetings = coming_meetings(activity, now=now)
    if not meetings:
        raise NothingToCome
    waiting.state, waiting.ended_at = WaitingState.ACCEPTED, now
    for person in waiting.people:
        try:
            give_place(activity, person, meetings, by=person, now=now, in_spite=True)
        except KeptApart:
            raise ActivityFull from None
