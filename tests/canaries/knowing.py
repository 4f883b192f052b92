"""What a planted word is about, and what somebody has to do with that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from functools import cached_property
from typing import Any

from sqlalchemy import inspect, select

from app.consents.models import ConsentTalk
from app.database import Base
from app.extensions import db
from app.own_data.register import HELD
from app.people.guardians import Guardianship
from app.people.models import Person
from app.people.terms import STAFF, Role
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, Confidant, Meeting, Part
from app.signups.models import STILL_WAITING, Enrolment, Waiting, WaitingMember
from app.staffing.models import ALIVE, Assignment, Need
from tests.canaries.planting import Home

ASIDE = frozenset("beside_id undoes_id after_id term_id feed_id reply_id stand_in_for_id".split())
"""Columns that lead to a row beside, not to the one that a row belongs to."""


class Tie(Flag):
    """What a reader has to do with what a word is about."""

    ANYBODY = auto()
    SELF = auto()  # it is about them, or a child for whom they decide
    EXPECTED = auto()  # they, or such a child, come to it or wait for a place
    ASKED = auto()  # they help there, or are asked to; or that person asks them for a talk
    TEACHES = auto()  # who it is about comes to a session that they teach
    STAFF = auto()  # they are on the staff of a centre of it
    PLANS = auto()  # they plan it: of what is protected, who is responsible or entrusted


@dataclass(frozen=True)
class Facts:
    """The person, the activity, the meeting and the centre that a row belongs to."""

    person: Person | None = None
    activity: Activity | None = None
    meeting: Meeting | None = None
    centre_id: int | None = None

    @property
    def privacy(self) -> Privacy | None:
        """How secret it is; None where it belongs to no activity."""
        held = self.meeting or self.activity
        return held.privacy if held else None

    @property
    def is_draft(self) -> bool:
        return self.activity is not None and self.activity.is_draft


MODELS = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
WHOSE = {held.table: held.whose for held in reversed(HELD)}


def facts_of(home: Home) -> Facts:
    """What the row of *home* belongs to, by the keys of its table."""
    found: dict[str, Any] = {}
    _follow(home.row, found)
    if "room" in found and "meeting" not in found:
        _follow_one_in(found["room"], found)
    centre = found.get("centre")
    return Facts(
        person=found.get("person"),
        activity=found.get("activity"),
        meeting=found.get("meeting"),
        centre_id=centre.id if centre else None,
    )


def _follow(row: Any, found: dict[str, Any]) -> None:
    mapper = inspect(type(row))
    table = mapper.local_table
    found.setdefault(table.name, row)
    for column in table.columns:
        for key in column.foreign_keys:
            value, target = getattr(row, column.key), key.column.table.name
            is_owner = target != "person" or column.name == WHOSE.get(table.name, "person_id")
            if value is not None and is_owner and column.name not in ASIDE and target not in found:
                _follow(db.session.get_one(MODELS[target], value), found)


def _follow_one_in(room: Any, found: dict[str, Any]) -> None:
    meeting = db.session.scalars(select(Meeting).where(Meeting.room_id == room.id)).first()
    if meeting is not None:
        _follow(meeting, found)


class Reader:
    """Somebody who reads; nobody in particular without a *person*."""

    def __init__(self, person: Person | None) -> None:
        self.person = person

    def ties(self, facts: Facts) -> Tie:
        """All that they have to do with it."""
        if self.person is None:
            return Tie.ANYBODY
        ties = Tie.ANYBODY
        for tie, holds in (
            (Tie.SELF, facts.person is not None and facts.person.id in self._household),
            (Tie.EXPECTED, self._is_in(facts, self._expected)),
            (Tie.ASKED, self._is_in(facts, self._asked) or self._is_asked_by(facts.person)),
            (Tie.TEACHES, facts.person is not None and facts.person.id in self._taught),
            (Tie.STAFF, bool(self._staffed & _centres_of(facts))),
            (Tie.PLANS, self._plans(facts)),
        ):
            ties |= tie if holds else Tie(0)
        return ties

    def _is_in(self, facts: Facts, known: tuple[set[int], set[int]]) -> bool:
        """*known*: meetings and activities."""
        meetings, activities = known
        if facts.meeting is not None and facts.meeting.id in meetings:
            return True
        if facts.activity is None:
            return False
        stricter = facts.meeting is not None and facts.meeting.privacy != facts.activity.privacy
        return facts.activity.id in activities and not stricter

    def _is_asked_by(self, person: Person | None) -> bool:
        return person is not None and person.id in self._askers

    @cached_property
    def _askers(self) -> set[int]:
        mine = select(ConsentTalk.asked_by_id).where(ConsentTalk.mediator_id == self._me.id)
        return set(db.session.scalars(mine))

    def _plans(self, facts: Facts) -> bool:
        activity = facts.activity
        if activity is None or activity.centre_id not in self._me.centres_where(Role.COORDINATOR):
            return False
        is_listed = facts.privacy is not None and facts.privacy.is_listed
        return is_listed or activity.coordinator is self._me or activity.id in self._entrusted

    @property
    def _me(self) -> Person:
        assert self.person is not None
        return self.person

    @cached_property
    def _staffed(self) -> frozenset[int]:
        return self._me.centres_where(*STAFF)

    @cached_property
    def _entrusted(self) -> set[int]:
        mine = select(Confidant.activity_id).where(Confidant.person_id == self._me.id)
        return set(db.session.scalars(mine))

    @cached_property
    def _household(self) -> set[int]:
        """This reader, and the children for whom nobody has stopped them from deciding."""
        ties = db.session.scalars(select(Guardianship).filter_by(guardian_id=self._me.id))
        return {self._me.id, *(tie.child_id for tie in ties if tie.blocked_at is None)}

    @cached_property
    def _expected(self) -> tuple[set[int], set[int]]:
        us = self._household
        meetings = set(db.session.scalars(_meetings_of(us)))
        places = set(db.session.scalars(_places_of(us)))
        return meetings, places | set(db.session.scalars(_waited_for_by(us))) | _of(meetings)

    @cached_property
    def _asked(self) -> tuple[set[int], set[int]]:
        mine = (
            select(Need.meeting_id)
            .join(Assignment)
            .where(Assignment.person_id == self._me.id, Assignment.state.in_(ALIVE))
        )
        meetings = set(db.session.scalars(mine))
        return meetings, _of(meetings)

    @cached_property
    def _taught(self) -> set[int]:
        """Who comes to the sessions of this reader, and helps there."""
        meetings = self._asked[0] if self._me.has_role(Role.TEACHER) else set()
        learners = select(Booking.person_id).where(
            Booking.meeting_id.in_(meetings), Booking.part == Part.LEARNER
        )
        return set(db.session.scalars(learners))


def _meetings_of(people: set[int]) -> Any:
    return select(Booking.meeting_id).where(Booking.person_id.in_(people))


def _places_of(people: set[int]) -> Any:
    return select(Enrolment.activity_id).where(Enrolment.person_id.in_(people))


def _waited_for_by(people: set[int]) -> Any:
    waits = select(Waiting.activity_id).join(WaitingMember)
    return waits.where(WaitingMember.person_id.in_(people), Waiting.state.in_(STILL_WAITING))


def _of(meetings: set[int]) -> set[int]:
    return set(db.session.scalars(select(Meeting.activity_id).where(Meeting.id.in_(meetings))))


def _centres_of(facts: Facts) -> set[int]:
    centres = {facts.centre_id} if facts.centre_id is not None else set()
    if facts.person is not None:
        centres |= {one.centre_id for one in facts.person.memberships}
    return centres
