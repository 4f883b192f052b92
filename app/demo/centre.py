"""The three centres of the demonstration, their rooms, series, helpers and learners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import delete

from app.demo.people import add_people
from app.demo.programme import SERIES, Series
from app.extensions import db
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.programme.models import Activity
from app.programme.operations import ActivityFacts, plan_activity
from app.programme.places import Room
from app.programme.public_holidays import romanian_holiday
from app.programme.queries import coming_meetings
from app.programme.recurrence import Slot, WeeklyPattern, plan
from app.signups.operations import join
from app.staffing.finding import ranked_candidates
from app.staffing.models import Need
from app.staffing.operations import add_needs, approve_request, offer_place, take_place

CENTRES = (
    (
        "bucuresti",
        "București",
        "Str. Viitorului 11, sector 2",
        (("Sala mare", 30), ("Sala mică", 12)),
    ),
    (
        "brasov",
        "Brașov",
        "Str. Aurel Vlaicu 26bis, et. 2",
        (("Sala de curs", 25), ("Camera de discuții", 10)),
    ),
    ("craiova", "Craiova", "Str. Frații Buzești 25", (("Sala 1", 20), ("Sala 2", 12))),
)
WEEKS = timedelta(weeks=12)
STAFFED = timedelta(weeks=4)  # later weeks are still open, as in life


def fill_centres(today: date, *, now: datetime) -> None:
    """Centres, people, series from this week's Monday on, and who helps and learns there."""
    centres, rooms = _add_centres(now)
    people = add_people(centres, today, now=now)
    chance = Random(f"punte {today}")
    for series in SERIES:
        activity = _add_series(series, centres, rooms, people, today, now)
        for name in series.learners:
            join(activity, people[name], by=activity.coordinator, now=now)
        _staff(activity, chance, now=now)
    db.session.flush()
    db.session.execute(delete(Notice))  # nobody is owed a letter about what was always so


def _add_centres(now: datetime) -> tuple[dict[str, Centre], dict[tuple[str, str], Room]]:
    centres, rooms = {}, {}
    for code, name, address, places in CENTRES:
        centres[code] = Centre(code=code, name=name, address=address, changed_at=now)
        db.session.add(centres[code])
        for room, capacity in places:
            rooms[code, room] = Room(
                centre=centres[code], name=room, capacity=capacity, changed_at=now
            )
            db.session.add(rooms[code, room])
    db.session.flush()
    return centres, rooms


def _add_series(
    series: Series,
    centres: Mapping[str, Centre],
    rooms: Mapping[tuple[str, str], Room],
    people: Mapping[str, Person],
    today: date,
    now: datetime,
) -> Activity:
    centre = centres[series.centre]
    facts = ActivityFacts(
        centre=centre,
        kind=series.kind,
        texts=series.texts,
        room=rooms[series.centre, series.room],
        support_language=series.support,
        level=series.level,
        capacity=series.capacity,
    )
    monday = today - timedelta(days=today.weekday())
    pattern = WeeklyPattern(
        zone=centre.tz,
        first_day=monday,
        until=monday + WEEKS,
        every=series.every,
        slots=tuple(Slot(day, series.starts, series.ends) for day in series.days),
    )
    held = plan(pattern, romanian_holiday).held
    activity = plan_activity(facts, held, by=people[series.coordinator], now=now)
    meetings = coming_meetings(activity, now=now)
    for wanted in series.needs:
        add_needs(meetings, **_facts_of(wanted))
    return activity


def _facts_of(wanted: Any) -> dict[str, Any]:
    return {
        "role": wanted.role,
        "language": wanted.language,
        "level": wanted.level,
        "wanted": wanted.wanted,
        "women_only": wanted.women_only,
        "check_required": wanted.check_required,
    }


def _staff(activity: Activity, chance: Random, *, now: datetime) -> None:
    """The next weeks: most places are taken, some people are asked, some needs are open."""
    for meeting in coming_meetings(activity, now=now):
        if meeting.starts_at > now + STAFFED:
            break
        for need in db.session.query(Need).filter_by(meeting_id=meeting.id).order_by(Need.id):
            for _place in range(need.wanted):
                _fill(need, chance.random(), now=now)


def _fill(need: Need, luck: float, *, now: datetime) -> None:
    free = [one for one in ranked_candidates(need) if not one.reasons and one.state is None]
    if not free or luck > 0.85:
        return
    person = free[0].person
    if luck > 0.7:
        offer_place(need, person, by=need.meeting.activity.coordinator, now=now)
        return
    assignment = take_place(need, person, now=now)
    approve_request(assignment, now=now)
