"""Taking more than one place, or one at a time that one had called taken. Nothing here commits.

Every place goes through `operations.take_place`, so that no rule is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.extensions import db
from app.people.models import Person
from app.refusal import Refusal
from app.staffing.holding import hold
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import take_place
from app.staffing.queries import assignment_of, is_confirmed_at, same_needs
from app.staffing.when_free import free_after_all

HELD = (State.CONFIRMED, State.REQUESTED)


@dataclass(frozen=True)
class Taken:
    """One session of a series: the place that was got, or why it was not."""

    need: Need
    assignment: Assignment | None
    refusal: Refusal | None = None


def take_although_not_free(need: Need, person: Person, *, now: datetime) -> Assignment:
    """*person* will be there after all: first that is noted, then the place is taken, or neither.

    Raises what `take_place` raises.
    """
    hold([need], people=[person])
    meeting = need.meeting
    free_after_all(person, meeting.starts_at, meeting.ends_at, now=now)
    return take_place(need, person, now=now)


def take_series(need: Need, person: Person, *, now: datetime) -> list[Taken]:
    """*person* signs up for the same need at every coming session where it is open and fits; of the
    others: why not. What they hold or asked for already is not told again."""
    needs = list(db.session.scalars(same_needs(need, person, now=now)))
    hold(needs, people=[person])
    return [_take(one, person, now=now) for one in needs if not _stands(one, person)]


def _stands(need: Need, person: Person) -> bool:
    """Whether they come to that session already, or asked to."""
    held = assignment_of(need, person)
    return is_confirmed_at(need.meeting, person) or (held is not None and held.state in HELD)


def _take(need: Need, person: Person, *, now: datetime) -> Taken:
    try:
        with db.session.begin_nested():
            return Taken(need, take_place(need, person, now=now))
    except Refusal as refusal:
        return Taken(need, None, refusal)
