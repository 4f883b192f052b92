"""The words of activities in many languages: what is missing, what is perhaps no longer true."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from app.extensions import db
from app.people.models import Person
from app.programme.kinds import CONTENT_LANGUAGES
from app.programme.models import FALLBACKS, Activity, ActivityText, Booking, Meeting, Part
from app.programme.queries import is_meeting_planned_by, is_planned_by


@dataclass(frozen=True)
class Wording:
    """Which languages have words of their own, none, or some older than the Romanian ones."""

    there: tuple[str, ...]
    missing: tuple[str, ...]
    older: tuple[str, ...]

    def lacks(self, language: str) -> bool:
        return language in self.missing or language in self.older

    @property
    def next_one(self) -> str:
        """The language to look at first."""
        return next(iter(self.older + self.missing + self.there[1:] + self.there))


def wording_of(texts: Collection[ActivityText]) -> Wording:
    """Romanian is what the others are held against; without it nothing counts as older."""
    changed = {text.language: text.changed_at for text in texts}
    source = changed.get(FALLBACKS[0])
    there = [tag for tag in CONTENT_LANGUAGES if tag in changed]
    older = [tag for tag in there if source is not None and changed[tag] < source]
    missing = [tag for tag in CONTENT_LANGUAGES if tag not in changed]
    return Wording(tuple(there), tuple(missing), tuple(older))


def coming_activities(planner: Person, *, now: datetime) -> Select[Activity]:
    """The activities *planner* plans that have sessions before them, by centre, then as made."""
    lasting = (
        select(Meeting.activity_id)
        .join(Meeting.activity)
        .where(Meeting.ends_at > now, is_meeting_planned_by(planner))
    )
    return (
        select(Activity)
        .where(is_planned_by(planner), Activity.id.in_(lasting))
        .order_by(Activity.centre_id, Activity.id)
    )


def languages_read(activity: Activity, planner: Person) -> dict[str, int]:
    """Language -> how many read it of those who learn at the sessions that *planner* plans."""
    rows = db.session.execute(
        select(Person.language, func.count(Person.id.distinct()))
        .join(Booking, Booking.person_id == Person.id)
        .join(Meeting, Meeting.id == Booking.meeting_id)
        .join(Meeting.activity)
        .where(
            Meeting.activity_id == activity.id,
            Booking.part == Part.LEARNER,
            is_meeting_planned_by(planner),
        )
        .group_by(Person.language)
    )
    return {language: count for language, count in rows}
