"""Finding needs for a helper, and helpers for a need: each with every reason for and against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from app.extensions import db
from app.people.models import Person
from app.people.queries import with_role
from app.people.terms import HELPERS, Level
from app.programme.models import Activity, Booking, Meeting, Part
from app.programme.queries import is_listed_meeting, ways_to
from app.staffing.availability import Answer
from app.staffing.eligibility import (
    Busy,
    Candidate,
    Reason,
    Rule,
    Want,
    best_level,
    reasons_against,
)
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import (
    SAME,
    candidates,
    confirmed_for,
    learning_at,
    open_needs,
    same_needs,
    want_of,
    with_profile,
)

FAIRNESS = timedelta(weeks=4)


NOWHERE = timedelta(0)
UNKNOWN_WAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Opportunity:
    """A need as one helper sees it: whether it fits, why not, and where they stand with it.

    *said* is what they said of its time, *way* how far it is from their own centre, and *clashes*
    are the times at which they are expected elsewhere meanwhile. *may_learn*: there is a place to
    come along and learn, and nothing but the language stands against it.
    """

    need: Need
    reasons: tuple[Reason, ...]
    state: State | None
    said: Answer | None
    way: timedelta
    clashes: tuple[Busy, ...]
    is_full: bool
    may_learn: bool

    @property
    def order(self) -> tuple[object, ...]:
        """The nearest first, then by time."""
        return self.way, self.need.meeting.starts_at, self.need.id

    @property
    def is_kept_secret(self) -> bool:
        """Whether the person is not shown it: where somebody is whom they never meet."""
        return any(reason.rule is Rule.KEPT_APART for reason in self.reasons)

    @property
    def may_be_taken(self) -> bool:
        """Whether one click makes it theirs, or asks for it."""
        stands = self.state in (State.CONFIRMED, State.REQUESTED)
        return not (self.reasons or self.is_full or stands)

    @property
    def only_not_free(self) -> bool:
        """Whether nothing stands against it but what they said of that time themselves."""
        return [reason.rule for reason in self.reasons] == [Rule.NOT_AVAILABLE]

    @property
    def series(self) -> tuple[object, ...]:
        """What the same need at other sessions of the same activity has in common with it."""
        return series_of(self.need)


def series_of(need: Need) -> tuple[object, ...]:
    return (need.meeting.activity_id, *(getattr(need, name) for name in SAME))


def where_needed(person: Person, *, now: datetime) -> list[Opportunity]:
    """Every open need of the helper's centres, each with every reason against it; the nearest
    first: in their own centre or online, then by the way there, then by time."""
    needs = list(db.session.scalars(open_needs(person, now=now)))
    found = [one for one in _opportunities(person, needs) if not one.is_kept_secret]
    return sorted(
        (one for one in found if one.state is not State.CONFIRMED), key=lambda one: one.order
    )


def whole_series(need: Need, person: Person, *, now: datetime) -> list[Opportunity]:
    """The same need at every coming session of its activity, by time, those they hold too."""
    needs = list(db.session.scalars(same_needs(need, person, now=now)))
    found = [one for one in _opportunities(person, needs) if not one.is_kept_secret]
    return sorted(found, key=lambda one: (one.need.meeting.starts_at, one.need.id))


def _opportunities(person: Person, needs: Sequence[Need]) -> list[Opportunity]:
    """In a fixed number of queries."""
    if not needs:
        return []
    places = {need.meeting.activity.centre_id for need in needs}
    first = min(need.meeting.starts_at for need in needs)
    last = max(need.meeting.ends_at for need in needs)
    known = candidates([person], places, first, last)
    states, taken = _standing(person, needs), confirmed_for(needs)
    learning = learning_at(needs)
    home = person.home_centre_id
    ways = ways_to([home]) if home is not None else {}

    def seen(need: Need) -> Opportunity:
        want, here = want_of(need), need.meeting.activity.centre_id
        candidate = known[person.id, here]
        held = states.get(need.id) is State.CONFIRMED
        may_learn = learning.get(need.id, 0) < need.trainees and not reasons_against(
            want_of(need, trainee=True), candidate
        )
        at_home = want.online or home in (None, here)
        return Opportunity(
            need=need,
            reasons=() if held else reasons_against(want, candidate),
            state=states.get(need.id),
            said=_said(candidate, want),
            way=NOWHERE if at_home else ways.get((home or here, here), UNKNOWN_WAY),
            clashes=() if held else tuple(one for one in candidate.busy if one.overlaps(want)),
            is_full=taken.get(need.id, 0) >= need.wanted,
            may_learn=may_learn,
        )

    return [seen(need) for need in needs]


def _standing(person: Person, needs: Sequence[Need]) -> dict[int, State]:
    """Need id -> where the person stands with it."""
    rows = db.session.execute(
        select(Assignment.need_id, Assignment.state).where(
            Assignment.person_id == person.id,
            Assignment.need_id.in_([need.id for need in needs]),
        )
    )
    return {need_id: state for need_id, state in rows}


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
