"""Reads about what is missing, each only as far as whoever asks may know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.extensions import db
from app.listening.adding import Total, add_up
from app.listening.gaps import Gap, Matter, Offered, fits
from app.listening.hours import part_of
from app.listening.models import Reply, Voice
from app.people.models import Centre, Person
from app.people.terms import HELPERS, Gender, Role
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Status
from app.programme.queries import is_meeting_planned_by, is_planned_by, is_published
from app.signups.models import Enrolment

PROTECTED = tuple(matter for matter in Matter if matter.is_protected)


def is_open(now: datetime) -> ColumnElement[bool]:
    """Voices that count: not answered, not lapsed."""
    return and_(Voice.answered_at.is_(None), Voice.lapses_at > now)


def is_this_gap(rows: type[Voice] | type[Reply], gap: Gap) -> ColumnElement[bool]:
    """Rows about *gap*, at whichever centre."""
    return and_(
        rows.matter == gap.matter,
        rows.level == gap.level,
        rows.language == gap.language,
        rows.part == gap.part,
    )


def may_speak_for_others(person: Person, centre_id: int) -> bool:
    """Whether *person* meets people there for whom they may say what is missing."""
    return bool(person.roles_in(centre_id) & {*HELPERS, Role.COORDINATOR})


def voices_of(person: Person, *, now: datetime) -> Select[Voice]:
    """What *person* said, the latest first; what was answered too, while it is kept."""
    return (
        select(Voice)
        .where(Voice.person_id == person.id, Voice.lapses_at > now)
        .options(
            joinedload(Voice.centre),
            joinedload(Voice.reply).joinedload(Reply.activity).selectinload(Activity.texts),
        )
        .order_by(Voice.said_at.desc(), Voice.id.desc())
    )


def said_by_others(
    reader: Person, centre_ids: Collection[int], *, now: datetime
) -> dict[Gap, Total]:
    """What others than *reader* say is missing there: if their own words counted, they could find
    out the numbers by adding to them."""
    found = _counting(centre_ids, now).where(Voice.person_id != reader.id)
    return add_up(one.said for one in db.session.scalars(found))


def _counting(centre_ids: Collection[int], now: datetime) -> Select[Voice]:
    return (
        select(Voice)
        .join(Voice.person)
        .where(Voice.centre_id.in_(centre_ids), is_open(now), Person.is_active)
        .order_by(Voice.id)
    )


def heard_by(planner: Person, centre: Centre, *, now: datetime) -> Sequence[Voice]:
    """The open voices at *centre* of which *planner*, who plans there, may know: those about what
    is protected only if it is entrusted to them."""
    found = _counting([centre.id], now)
    if not is_entrusted_with_the_protected(planner, centre):
        found = found.where(Voice.matter.not_in(PROTECTED))
    return db.session.scalars(found).all()


def is_entrusted_with_the_protected(planner: Person, centre: Centre) -> bool:
    """Whether *planner* may know who asks for a women's group at *centre*: whoever is responsible
    for one there, or entrusted with one. Where there is none yet, but for drafts, the coordinators
    who are women.
    """
    groups = select(Activity.id).where(
        Activity.kind == Kind.WOMENS_GROUP, Activity.centre_id == centre.id, is_published()
    )
    if db.session.scalars(groups.where(is_planned_by(planner)).limit(1)).first() is not None:
        return True
    if planner.gender is not Gender.WOMAN or Role.COORDINATOR not in planner.roles_in(centre.id):
        return False
    return db.session.scalars(groups.limit(1)).first() is None


def may_hear(planner: Person, centre: Centre, gap: Gap) -> bool:
    """Whether *planner*, who plans at *centre*, may know who asks for *gap* there."""
    return not gap.matter.is_protected or is_entrusted_with_the_protected(planner, centre)


def wants_childcare(gap: Gap, *, now: datetime) -> bool:
    """Whether somebody who asks for *gap* needs their children minded."""
    found = select(Voice.id).where(
        Voice.centre_id == gap.centre, is_this_gap(Voice, gap), is_open(now), Voice.childcare
    )
    return db.session.scalars(found.limit(1)).first() is not None


@dataclass(frozen=True)
class Existing:
    """An activity with sessions to come, of those that the reader plans; as a gap sees it."""

    activity: Activity
    offered: Offered

    def answers(self, gap: Gap) -> bool:
        return fits(gap, self.offered)

    @property
    def is_open(self) -> bool:
        """Whether somebody who asks could come."""
        return self.offered.has_places and not self.activity.is_draft


def existing_in(centre: Centre, planner: Person, *, now: datetime) -> list[Existing]:
    """What there is or is drafted at *centre*, of what *planner* plans; in a fixed number of
    queries."""
    times = db.session.execute(
        select(Meeting.activity_id, Meeting.starts_at)
        .join(Meeting.activity)
        .where(
            Activity.centre_id == centre.id,
            Meeting.starts_at > now,
            Meeting.status == Status.PLANNED,
            is_meeting_planned_by(planner),
        )
    )
    starts: dict[int, list[datetime]] = {}
    for activity_id, starts_at in times:
        starts.setdefault(activity_id, []).append(starts_at)
    taken = _taken(starts)
    found = select(Activity).where(Activity.id.in_(starts)).order_by(Activity.id)
    return [
        Existing(one, _offered(one, starts[one.id], taken.get(one.id, 0), centre))
        for one in db.session.scalars(found.options(selectinload(Activity.texts)))
    ]


def _taken(activities: Iterable[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Enrolment.activity_id, func.count())
        .where(Enrolment.activity_id.in_(list(activities)), Enrolment.left_at.is_(None))
        .group_by(Enrolment.activity_id)
    )
    return {activity_id: count for activity_id, count in rows}


def _offered(activity: Activity, starts: list[datetime], taken: int, centre: Centre) -> Offered:
    spoken = {activity.language, activity.support_language} - {None}
    return Offered(
        kind=activity.kind,
        topic=activity.topic,
        age=activity.age,
        level=activity.level,
        languages=frozenset(tag for tag in spoken if tag),
        parts=frozenset(part_of(one.astimezone(centre.tz)) for one in starts),
        has_places=activity.capacity is None or taken < activity.capacity,
    )


def replies_in(centre: Centre, planner: Person) -> list[Reply]:
    """The activities that were made of what was missing, of those that *planner* plans; the latest
    first."""
    found = (
        select(Reply)
        .join(Reply.activity)
        .where(Activity.centre_id == centre.id, is_planned_by(planner))
        .options(joinedload(Reply.activity).selectinload(Activity.texts))
        .order_by(Reply.made_at.desc(), Reply.id.desc())
    )
    return list(db.session.scalars(found))
