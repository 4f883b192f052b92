"""The three centres of the demonstration, their rooms, series, helpers and learners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import delete

from app.demo.applications import add_applications
from app.demo.free import say_who_is_free
from app.demo.listening import ask
from app.demo.people import add_people
from app.demo.presence import add_past
from app.demo.programme import SERIES, Series
from app.demo.waiting import add_waiting
from app.extensions import db
from app.notices.models import Notice
from app.people.models import Centre, Person
from app.people.terms import Level, Role
from app.planning.outlines import Outline
from app.programme.kinds import AgeBand, Kind
from app.programme.models import Activity
from app.programme.operations import ActivityFacts, plan_activity
from app.programme.places import Room, TravelTime
from app.programme.public_holidays import romanian_holiday
from app.programme.queries import coming_meetings
from app.programme.recurrence import Slot, WeeklyPattern, plan
from app.programme.templates import Template
from app.signups.operations import join
from app.staffing.finding import ranked_candidates
from app.staffing.models import Need
from app.staffing.needs import NeedFacts
from app.staffing.operations import add_needs, approve_request, offer_place, take_place


@dataclass(frozen=True)
class Place:
    """A room of a centre, or a venue outside with an address of its own."""

    name: str
    capacity: int
    step_free: bool = False
    address: str | None = None


CENTRES = (
    (
        "bucuresti",
        "București",
        "Str. Viitorului 11, sector 2",
        (
            Place("Sala mare", 30, step_free=True),
            Place("Sala mică", 12),
            Place("Muzeul Satului", 60, step_free=True, address="Șos. Kiseleff 28, sector 1"),
        ),
    ),
    (
        "brasov",
        "Brașov",
        "Str. Aurel Vlaicu 26bis, et. 2",
        (Place("Sala de curs", 25), Place("Camera de discuții", 10)),
    ),
    (
        "craiova",
        "Craiova",
        "Str. Frații Buzești 25",
        (Place("Sala 1", 20, step_free=True), Place("Sala 2", 12)),
    ),
)
WAYS = (("bucuresti", "brasov", 170), ("bucuresti", "craiova", 200), ("brasov", "craiova", 270))
WEEKS = timedelta(weeks=12)
A1_INTENSIVE = Outline(
    kind=Kind.COURSE,
    texts={
        "ro": ("Curs intensiv de limba română A1", "Vorbim, citim și scriem, pas cu pas."),
        "en": ("Intensive Romanian course A1", "We speak, read and write, step by step."),
        "ar": ("دورة مكثفة في اللغة الرومانية A1", "نتكلم ونقرأ ونكتب خطوة بخطوة."),
    },
    support_language="ar",
    level="A1",
    age=AgeBand.ADULTS,
    hour_minutes=45,
    minimum=6,
    capacity=14,
    placement=True,
    count=24,
    needs=(
        NeedFacts(role=Role.TEACHER, language="ro", level=Level.C1),
        NeedFacts(role=Role.MEDIATOR, language="ar", level=Level.B2),
    ),
)
STAFFED = timedelta(weeks=4)  # later weeks are still open, as in life


def fill_centres(today: date, *, now: datetime) -> None:
    """Centres, people, series from this week's Monday on, and who helps and learns there."""
    centres, rooms = _add_centres(now)
    _add_templates(centres, rooms, now)
    people = add_people(centres, today, now=now)
    chance = Random(f"punte {today}")
    for series in SERIES:
        activity = _add_series(series, centres, rooms, people, today, now)
        for name in series.learners:
            join(activity, people[name], by=activity.coordinator, now=now)
        _staff(activity, chance, now=now)
    say_who_is_free(people, centres, today, now=now)
    add_applications(centres, people, today, now=now)
    ask(centres, people, now=now)
    add_past(centres["bucuresti"], people, today, now=now)
    add_waiting(centres["craiova"], now=now)
    db.session.flush()
    db.session.execute(delete(Notice))  # nobody is owed a letter about what was always so


def _add_centres(now: datetime) -> tuple[dict[str, Centre], dict[tuple[str, str], Room]]:
    centres, rooms = {}, {}
    for code, name, address, places in CENTRES:
        centres[code] = Centre(code=code, name=name, address=address, changed_at=now)
        db.session.add(centres[code])
        for place in places:
            rooms[code, place.name] = Room(
                centre=centres[code],
                name=place.name,
                capacity=place.capacity,
                step_free=place.step_free,
                address=place.address,
                changed_at=now,
            )
            db.session.add(rooms[code, place.name])
    db.session.flush()
    _add_ways(centres)
    return centres, rooms


def _add_ways(centres: Mapping[str, Centre]) -> None:
    """How far the centres lie apart, by road or rail."""
    for one, other, minutes in WAYS:
        low, high = sorted((centres[one].id, centres[other].id))
        db.session.add(TravelTime(from_id=low, to_id=high, minutes=minutes))
    db.session.flush()


def _add_templates(
    centres: Mapping[str, Centre], rooms: Mapping[tuple[str, str], Room], now: datetime
) -> None:
    """One plan to begin from in each centre: an intensive course in its first room."""
    for code, _name, _address, places in CENTRES:
        room = rooms[code, places[0].name].id
        slots = tuple(Slot(day, time(10), time(12, 15), room) for day in (0, 2, 4))
        outline = replace(A1_INTENSIVE, slots=slots)
        db.session.add(
            Template(
                centre=centres[code],
                name="A1 intensive: 24 sessions, a teacher and an Arabic mediator",
                outline=outline.to_json(),
                made_at=now,
            )
        )
    db.session.flush()


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
    approve_request(assignment, by=assignment.need.meeting.activity.coordinator, now=now)
