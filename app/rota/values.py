"""One row at a time as the plan sees it: numbers instead of instants, shares instead of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.people.models import Person
from app.people.terms import Role
from app.programme.kinds import Kind
from app.programme.models import Meeting
from app.staffing.eligibility import Candidate, best_level
from app.staffing.languages_needed import languages_missing
from app.staffing.matching.instance import Meeting as When
from app.staffing.matching.instance import Way
from app.staffing.models import Need
from app.staffing.queries import spoken_by

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
FIRST_MONDAY = date(2019, 12, 30)
SOON = timedelta(days=7)
OTHER_CITY = timedelta(minutes=60)
KNOWN_FOR = timedelta(days=120)
"""So long after the last time somebody is no new face in a series."""
FAIR_HOURS = {Role.MEDIATOR: 20, Role.VOLUNTEER: 4}
"""Hours a week that a fair share is measured against, of who told no limit of their own."""


def when_of(meeting: Meeting, *, place: int, series: int, enrolled: Mapping[str, int]) -> When:
    """A meeting in minutes."""
    return When(
        starts=minutes_of(meeting.starts_at),
        ends=minutes_of(meeting.ends_at),
        place=place,
        week=week_number(meeting),
        series=series,
        online=meeting.is_online,
        enrolled=enrolled,
    )


def minutes_of(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds() // 60)


def week_number(meeting: Meeting) -> int:
    """Weeks from Monday to Monday in the centre's zone, counted since the end of 2019."""
    return _week(meeting.starts_at, meeting.activity.centre.tz)


def is_between_weeks(meeting: Meeting, zones: Collection[ZoneInfo]) -> bool:
    """Whether it begins in one week by some of those clocks and in another by others."""
    return len({_week(meeting.starts_at, zone) for zone in zones}) > 1


def _week(moment: datetime, zone: ZoneInfo) -> int:
    return (moment.astimezone(zone).date() - FIRST_MONDAY).days // 7


def urgency(need: Need, *, now: datetime) -> int:
    """From 1 to 3: what is soon before what is later, and whoever comes with a worry of their own,
    or leaves a child, before a group."""
    personal = need.meeting.kind in (Kind.INDIVIDUAL, Kind.CHILDCARE)
    return 1 + personal + (need.meeting.starts_at - now < SOON)


def covers(need: Need) -> bool:
    """Whether it asks for mediators without saying which language: then for those enrolled."""
    return need.role is Role.MEDIATOR and need.language is None


def languages_of(people: Sequence[Person], held_in: str) -> dict[str, int]:
    """How many of *people* need which language besides the one it is held in."""
    found = languages_missing([spoken_by(one) for one in people], held_in=held_in)
    return {one.language: one.people for one in found.missing}


def answers_in(person: Person, languages: Collection[str]) -> frozenset[str]:
    """Those of *languages* in which somebody can help."""
    spoken = spoken_by(person)
    return frozenset(tag for tag in languages if best_level(tag, spoken) is not None)


def minutes_taken(candidate: Candidate, zones: Collection[ZoneInfo]) -> dict[int, int]:
    """Week -> minutes for which they are expected elsewhere as helpers. A yes is checked by the
    clock of the centre that it is for: of several *zones*, the one by which it is most."""
    most: Counter[int] = Counter()
    for zone in zones:
        minutes: Counter[int] = Counter()
        for one in candidate.helps:
            length = one.ends_at - one.starts_at
            minutes[_week(one.starts_at, zone)] += int(length.total_seconds() // 60)
        most |= minutes
    return dict(most)


def fair_half_hours(person: Person, centres: Collection[int], weeks: int) -> int | None:
    """What a fair share of the period is measured against; None for whoever helps nowhere here."""
    roles = {role for centre_id in centres for role in person.roles_in(centre_id)}
    usual = max((FAIR_HOURS.get(role, 0) for role in roles), default=0)
    return (person.hours_a_week or usual) * 2 * weeks or None


def way_of(person: Person, meeting: Meeting, ways: Mapping[tuple[int, int], timedelta]) -> Way:
    """How far the meeting is from where they belong."""
    home, here = person.home_centre_id, meeting.activity.centre_id
    if meeting.is_online:
        return Way.ONLINE
    if home is None or home == here:
        return Way.OWN_HOUSE
    way = ways.get((home, here))
    return Way.OTHER_CITY if way is None or way >= OTHER_CITY else Way.OTHER_HOUSE
