"""Holding rows before they are asked about: one order for every story, so that no two wait for each
other."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from app.extensions import db, lock
from app.people.models import Person
from app.programme.models import Activity
from app.staffing.models import Assignment, Need
from app.staffing.queries import leaving


def hold(
    needs: Collection[Need],
    *,
    people: Collection[Person] = (),
    places: Collection[Assignment] = (),
) -> frozenset[int]:
    """People, then meetings, then needs, then places, each by number; the ids of the people.

    Among the people are those of *places*, and whoever may be let go when somebody is confirmed:
    they look for a stand-in at one of *needs*. Twice is harmless.
    """
    whole = {*needs, *(one.need for one in places)}
    going = (one.person for need in whole for one in leaving(need))
    everybody = {*people, *(one.person for one in places), *going}
    for rows in (everybody, {need.meeting for need in whole}, whole, set(places)):
        for row in sorted(rows, key=lambda each: each.id):
            lock(row)
    _look_again_at_drafts(need.meeting.activity for need in whole)
    return frozenset(person.id for person in everybody)


def _look_again_at_drafts(activities: Iterable[Activity]) -> None:
    """Whoever published one held its meetings: now that we hold them, we see it."""
    for activity in set(activities):
        if activity.is_draft:
            db.session.refresh(activity, ["published_at"])
