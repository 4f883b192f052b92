"""Publishing the drafts of a term: all at once, and everyone concerned is told in one letter. Never
commits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import Owed, post_all
from app.people.models import Person
from app.programme.bookings import hold_again
from app.programme.changing import ChangedMeanwhile, hold
from app.programme.models import Activity, Meeting
from app.programme.queries import is_planned_by, is_published
from app.programme.telling import Held
from app.programme.terms import Term
from app.refusal import Refusal


class NothingToPublish(Refusal):
    message = _l("There is no draft to publish in this term.")


def drafts_in(term: Term, planner: Person) -> list[Activity]:
    """The drafts of *term* that *planner* plans; the protected ones of others stay drafts."""
    return list(
        db.session.scalars(
            select(Activity)
            .where(Activity.term_id == term.id, ~is_published(), is_planned_by(planner))
            .order_by(Activity.id)
        )
    )


AlsoTell = Callable[[Collection[int]], Mapping[Person, Collection[int]]]
"""Ids of activities -> who else must hear: person -> ids of activities."""


def publish(term: Term, *, by: Person, now: datetime, also_tell: AlsoTell) -> list[Activity]:
    """Every draft of *term* that *by* plans is open; whoever has a place, or whom *also_tell* names
    once everything is held, reads of all of it in one letter.

    Learners are held to what suits them, the earliest first. Raises `NothingToPublish`, and
    `ChangedMeanwhile` if a draft was thrown away while we waited.
    """
    activities = drafts_in(term, by)
    if not activities:
        raise NothingToPublish
    ids = [activity.id for activity in activities]
    meetings = db.session.scalars(
        select(Meeting).where(Meeting.activity_id.in_(ids)).order_by(Meeting.id)
    ).all()
    held = hold(meetings, seen=lambda _held: True)
    if len(db.session.scalars(select(Activity.id).where(Activity.id.in_(ids))).all()) < len(ids):
        raise ChangedMeanwhile  # a draft was thrown away, while we waited
    if any(not activity.is_draft for activity in activities):
        raise NothingToPublish  # a second click, while the first was at work
    for activity in activities:
        activity.published_at = activity.changed_at = now
    term.published_at = term.published_at or now
    db.session.flush()
    hold_again(held.people, now=now)
    post_all(
        (
            _letter(person, mine, term, by=by, now=now, first=_first(mine, meetings, now))
            for person, mine in _concerned(held, meetings, also_tell(ids)).items()
            if person.id != by.id
        ),
        now=now,
    )
    return activities


def _concerned(
    held: Held, meetings: Sequence[Meeting], also_tell: Mapping[Person, Collection[int]]
) -> dict[Person, list[Activity]]:
    """Who must hear, and of which activities."""
    by_id = {meeting.id: meeting.activity for meeting in meetings}
    activities = {activity.id: activity for activity in by_id.values()}
    people = {person.id: person for person in held.people}
    found: dict[Person, dict[int, Activity]] = {}
    for person_id, meeting_id in held.places:
        activity = by_id[meeting_id]
        found.setdefault(people[person_id], {})[activity.id] = activity
    for person, ids in also_tell.items():
        for activity_id in ids:
            if activity_id in activities:
                found.setdefault(person, {})[activity_id] = activities[activity_id]
    return {person: list(mine.values()) for person, mine in found.items()}


def _first(
    activities: Sequence[Activity], meetings: Sequence[Meeting], now: datetime
) -> datetime | None:
    """When the first session to come of those activities begins."""
    ids = {activity.id for activity in activities}
    coming = [m.starts_at for m in meetings if m.activity_id in ids and m.starts_at > now]
    return min(coming, default=None)


def _letter(
    person: Person,
    activities: Sequence[Activity],
    term: Term,
    *,
    by: Person,
    now: datetime,
    first: datetime | None,
) -> Owed:
    return Owed(
        to=person,
        kind=Letter.TERM_PUBLISHED,
        key=f"{term.ref}:{now.isoformat()}",
        about={"activities": sorted(activity.id for activity in activities)},
        responsible=by,
        confidential=any(not activity.privacy.is_listed for activity in activities),
        matters_at=first,
    )
