"""Finding needs for a helper, and helpers for a need: each with every reason for and against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from app.extensions import db
from app.people.models import Person
from app.people.queries import with_role
from app.people.terms import HELPERS, Level
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import is_listed_meeting
from app.staffing.availability import Answer
from app.staffing.eligibility import Candidate, Reason, Want, best_level, reasons_against
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import (
    LOOK_AHEAD,
    candidates,
    open_needs,
    want_of,
    with_profile,
)

FAIRNESS = timedelta(weeks=4)


@dataclass(frozen=True)
class Opportunity:
    """A need as one helper sees it: whether it fits, why not, and where they stand with it."""

    need: Need
    reasons: tuple[Reason, ...]
    state: State | None


def where_needed(person: Person, *, now: datetime) -> list[Opportunity]:
    """Every open need of the helper's centres, each with every reason against it."""
    needs = list(db.session.scalars(open_needs(person, now=now)))
    places = {need.meeting.activity.centre_id for need in needs}
    known = candidates([person], places, now, now + LOOK_AHEAD + timedelta(days=1))
    standing = db.session.execute(
        select(Assignment.need_id, Assignment.state).where(
            Assignment.person_id == person.id,
            Assignment.need_id.in_([need.id for need in needs]),
        )
    )
    states: dict[int, State] = {need_id: state for need_id, state in standing}
    return [
        Opportunity(
            need,
            reasons_against(want_of(need), known[person.id, need.meeting.activity.centre_id]),
            states.get(need.id),
        )
        for need in needs
        if states.get(need.id) is not State.CONFIRMED
    ]


@dataclass(frozen=True)
class Ranked:
    """One possible helper for a need, with what speaks for and against."""

    person: Person
    reasons: tuple[Reason, ...]
    level: Level | None
    recent: int
    state: State | None
    is_home: bool
    said: Answer | None

    @property
    def may_be_let_pass(self) -> bool:
        """Whether a coordinator may ask them in spite of all that stands against them."""
        return bool(self.reasons) and all(one.rule.may_be_overridden for one in self.reasons)

    @property
    def order(self) -> tuple[object, ...]:
        """May fill it, said yes rather than "if need be", less busy lately, better in the language,
        at home in this centre, name."""
        rank = self.level.rank if self.level else 0
        return (
            bool(self.reasons),
            len(self.reasons),
            self.said is Answer.IF_NEED_BE,
            self.recent,
            -rank,
            not self.is_home,
            self.person.name,
            self.person.id,
        )


def ranked_candidates(need: Need) -> list[Ranked]:
    """Everyone who helps in the need's centre, best first, in a fixed number of queries."""
    meeting, centre_id = need.meeting, need.meeting.activity.centre_id
    people = db.session.scalars(with_role(centre_id, *HELPERS).options(*with_profile())).all()
    known = candidates(people, [centre_id], meeting.starts_at, meeting.ends_at, but=[meeting])
    want, recent = want_of(need), _helped_around(meeting)
    standing = {row.person_id: row.state for row in need.assignments}
    ranked = [
        Ranked(
            person=person,
            reasons=reasons_against(want, known[person.id, centre_id]),
            level=level_of(need, known[person.id, centre_id]),
            recent=recent.get(person.id, 0),
            state=standing.get(person.id),
            is_home=person.home_centre_id == centre_id,
            said=_said(known[person.id, centre_id], want),
        )
        for person in people
    ]
    return sorted(ranked, key=lambda one: one.order)


def level_of(need: Need, candidate: Candidate) -> Level | None:
    """How well they speak or interpret what is needed."""
    if need.language is None:
        return None
    known = candidate.interprets if need.interpreting else candidate.speaks
    return best_level(need.language, known)


def _said(candidate: Candidate, want: Want) -> Answer | None:
    """What they said of that time; None: nothing."""
    told = candidate.availability
    return told.answer(want.starts_at, want.ends_at) if told else None


def _helped_around(meeting: Meeting) -> dict[int, int]:
    """Person id -> at how many meetings they help in the four weeks before and after.

    Only what whoever plans *meeting* may know of: listed activities and its own.
    """
    rows = db.session.execute(
        select(Booking.person_id, func.count())
        .join(Booking.meeting)
        .join(Meeting.activity)
        .where(
            or_(is_listed_meeting(), Activity.id == meeting.activity_id),
            Booking.part == Part.HELPER,
            Booking.held,
            Booking.starts_at > meeting.starts_at - FAIRNESS,
            Booking.starts_at < meeting.starts_at + FAIRNESS,
        )
        .group_by(Booking.person_id)
    )
    return {person_id: count for person_id, count in rows}
