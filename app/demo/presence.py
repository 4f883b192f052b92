"""The weeks before today in the demonstration: who was there, and one who says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from app.demo.attendance import add_attendance
from app.extensions import db
from app.people.models import Centre, Person
from app.people.terms import Role
from app.presence.models import MISSED, Word
from app.presence.operations import correct, record
from app.presence.queries import presence_of
from app.programme.bookings import book
from app.programme.kinds import Kind
from app.programme.models import Meeting, Part
from app.programme.operations import ActivityFacts, plan_activity
from app.programme.recurrence import Slot, WeeklyPattern, plan
from app.staffing.models import Assignment, State
from app.staffing.operations import add_needs

WEEKS_BEFORE = 5
TEXTS = {
    "ro": ("Club de conversație", "Vorbim românește la o cană de ceai."),
    "en": ("Conversation club", "We speak Romanian over a cup of tea."),
    "ar": ("نادي المحادثة", "نتحدث الرومانية مع كوب من الشاي."),
}


def add_past(centre: Centre, people: Mapping[str, Person], today: date, *, now: datetime) -> None:
    """A club on the last Sundays with a mediator and a volunteer: all recorded but the last."""
    boss = people["Mihai Dumitru"]
    monday = today - timedelta(days=today.weekday())
    pattern = WeeklyPattern(
        zone=centre.tz,
        first_day=monday - timedelta(weeks=WEEKS_BEFORE),
        until=monday - timedelta(days=1),
        slots=(Slot(6, time(15), time(16, 30)),),
    )
    held = plan(pattern, lambda _day: None).held
    club = plan_activity(
        ActivityFacts(centre=centre, kind=Kind.COURSE, texts=TEXTS), held, by=boss, now=now
    )
    found = select(Meeting).where(Meeting.activity_id == club.id).order_by(Meeting.starts_at)
    meetings = db.session.scalars(found).all()
    for role, name in ((Role.MEDIATOR, "Amina Haddad"), (Role.VOLUNTEER, "Andrei Munteanu")):
        for meeting in meetings:
            _confirm(meeting, role, people[name], now)
    for number, meeting in enumerate(meetings[:-1]):
        late = meeting.starts_at + timedelta(minutes=10 * (number % 2))
        whole, later = Word(meeting.starts_at, meeting.ends_at), Word(late, meeting.ends_at)
        missed = number == len(meetings) - 2
        words = {
            people["Amina Haddad"]: later,
            people["Andrei Munteanu"]: MISSED if missed else whole,
        }
        record(meeting, words, by=boss, now=meeting.ends_at)
    _say_otherwise(people["Andrei Munteanu"], meetings[-2])
    add_attendance(meetings, people, now=now)


def _confirm(meeting: Meeting, role: Role, person: Person, now: datetime) -> None:
    need = add_needs(
        [meeting],
        role=role,
        language=None,
        level=None,
        wanted=1,
        women_only=False,
        check_required=False,
    )[0]
    db.session.add(
        Assignment(need=need, person=person, state=State.CONFIRMED, made_at=now, changed_at=now)
    )
    book(person, meeting, Part.HELPER)


def _say_otherwise(person: Person, meeting: Meeting) -> None:
    said = presence_of(person, meeting)
    if said is not None:
        correct(said, Word(meeting.starts_at, meeting.ends_at), now=meeting.ends_at)
