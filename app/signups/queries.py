"""Reads about learners' places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.people.guardians import Guardianship, child_ids, is_of_household
from app.people.models import Apart, Person
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.queries import (
    is_by_itself,
    is_listed,
    is_meeting_planned_by,
    is_planned_by,
    is_published,
    meetings_to_come,
)
from app.signups.fairness import next_useful
from app.signups.models import (
    STILL_WAITING,
    Enrolment,
    JoinWish,
    Waiting,
    WaitingMember,
    WaitingState,
)


def activities_open_to(person: Person | None) -> Select[Activity]:
    """The activities whose page *person* may open: listed, planned by them, or joined by them or a
    child for whom they decide."""
    if person is None:
        return select(Activity).where(is_listed())
    joined = select(Enrolment.activity_id).where(
        is_of_household(Enrolment.person_id, person), Enrolment.left_at.is_(None)
    )
    member = and_(is_published(), Activity.id.in_(joined))
    return select(Activity).where(or_(is_listed(), is_planned_by(person), member))


def enrolment_of(activity: Activity, person: Person) -> Enrolment | None:
    """The place of *person*, also one that was left."""
    return db.session.scalars(
        select(Enrolment).where(
            Enrolment.activity_id == activity.id, Enrolment.person_id == person.id
        )
    ).one_or_none()


def has_place(activity: Activity, person: Person) -> bool:
    """Whether *person* has a place in all of *activity*."""
    place = enrolment_of(activity, person)
    return place is not None and place.left_at is None


def places_of(person: Person) -> set[int]:
    """The activities (ids) in all of which *person* has a place."""
    found = select(Enrolment.activity_id).where(
        Enrolment.person_id == person.id, Enrolment.left_at.is_(None)
    )
    return set(db.session.scalars(found))


def learners(activity: Activity) -> list[Person]:
    """Who has a place in all of *activity*, by name."""
    return list(
        db.session.scalars(
            select(Person)
            .join(Enrolment, Enrolment.person_id == Person.id)
            .where(Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None))
            .order_by(Person.name, Person.id)
        )
    )


def visits_of(person: Person, activity: Activity, *, now: datetime) -> list[Meeting]:
    """The coming single sessions of *activity* to which *person* comes, without a place in all."""
    found = select(Meeting).join(Booking, Booking.meeting_id == Meeting.id)
    return list(
        db.session.scalars(
            found.where(
                Booking.person_id == person.id,
                Booking.part == Part.LEARNER,
                Meeting.activity_id == activity.id,
                Meeting.starts_at > now,
                Booking.person_id.not_in(_enrolled(activity)),
            ).order_by(Meeting.starts_at)
        )
    )


def visitors(activity: Activity, planner: Person, *, now: datetime) -> list[tuple[Meeting, Person]]:
    """Who comes to single coming sessions of *activity* only, by time and name; of those sessions
    that *planner* may plan."""
    found = (
        select(Meeting, Person)
        .join(Booking, Booking.meeting_id == Meeting.id)
        .join(Meeting.activity)
        .join(Person, Person.id == Booking.person_id)
        .where(
            is_meeting_planned_by(planner),
            Booking.part == Part.LEARNER,
            Meeting.activity_id == activity.id,
            Meeting.starts_at > now,
            Booking.person_id.not_in(_enrolled(activity)),
        )
        .order_by(Meeting.starts_at, Person.name, Person.id)
    )
    return [(meeting, person) for meeting, person in db.session.execute(found)]


def places_left(
    activity: Activity,
    *,
    now: datetime,
    at: Meeting | None = None,
    visitor: Person | None = None,
    but: Waiting | None = None,
) -> int | None:
    """How many more learners fit into all of *activity*, or to its one meeting *at*; None where
    there is no limit. Places that somebody was offered are not free, *but* for those who were; nor
    are those of visitors of the fullest session, other than *visitor*."""
    if activity.capacity is None:
        return None
    return activity.capacity - places_taken(activity, now=now, at=at, visitor=visitor, but=but)


def places_taken(
    activity: Activity,
    *,
    now: datetime,
    at: Meeting | None = None,
    visitor: Person | None = None,
    but: Waiting | None = None,
) -> int:
    """How many places are taken or offered at the fullest coming meeting, or at *at*."""
    enrolled = select(func.count()).select_from(_enrolled(activity).subquery())
    visits = _most_visits(activity, at, visitor, now)
    return db.session.scalars(enrolled).one() + visits + _offered(activity, but)


def _enrolled(activity: Activity) -> Select[int]:
    return select(Enrolment.person_id).where(
        Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None)
    )


def _most_visits(
    activity: Activity, at: Meeting | None, visitor: Person | None, now: datetime
) -> int:
    """How many, other than *visitor*, come to one coming meeting only, where most do."""
    per_meeting = (
        select(func.count(Booking.id).label("number"))
        .join(Meeting, Meeting.id == Booking.meeting_id)
        .where(
            Meeting.activity_id == activity.id,
            Meeting.starts_at > now if at is None else Meeting.id == at.id,
            Booking.part == Part.LEARNER,
            Booking.person_id.not_in(_enrolled(activity)),
            Booking.person_id != (visitor.id if visitor else 0),
        )
        .group_by(Booking.meeting_id)
        .subquery()
    )
    most: int | None = db.session.scalars(select(func.max(per_meeting.c.number))).one()
    return most or 0


def _offered(activity: Activity, but: Waiting | None) -> int:
    """How many places are kept for those who were offered one."""
    found = (
        select(func.count())
        .select_from(WaitingMember)
        .join(Waiting, Waiting.id == WaitingMember.waiting_id)
        .where(Waiting.activity_id == activity.id, Waiting.state == WaitingState.OFFERED)
    )
    if but is not None:
        found = found.where(Waiting.id != but.id)
    return db.session.scalars(found).one()


def parties(activity: Activity) -> list[Waiting]:
    """Who waits for a place in *activity* or was offered one, in their turn."""
    return list(
        db.session.scalars(
            select(Waiting)
            .where(Waiting.activity_id == activity.id, Waiting.state.in_(STILL_WAITING))
            .order_by(Waiting.asked_at, Waiting.id)
            .options(selectinload(Waiting.members).joinedload(WaitingMember.person))
            .execution_options(populate_existing=True)
        )
    )


def somebody_waits(activity: Activity, *, now: datetime) -> bool:
    """Whether a free place belongs to somebody who asked before and can come."""
    found = select(Waiting.id).where(
        Waiting.activity_id == activity.id,
        Waiting.state == WaitingState.WAITING,
        Waiting.id.not_in(_passed_over(activity, now)),
    )
    return db.session.scalars(found.limit(1)).one_or_none() is not None


def passed_over(activity: Activity, *, now: datetime) -> set[int]:
    """The parties (ids) of whom one cannot come as things are: nothing is offered to them, nor kept
    for them, and they read what everybody reads who waits."""
    here = select(Waiting.id).where(Waiting.activity_id == activity.id)
    return set(db.session.scalars(here.where(Waiting.id.in_(_passed_over(activity, now)))))


def _passed_over(activity: Activity, now: datetime) -> Select[int]:
    cannot: ColumnElement[bool] = WaitingMember.person_id.in_(_kept_away(activity, now, at=None))
    if activity.is_childcare_beside:
        cannot = or_(cannot, WaitingMember.person_id.not_in(select(Guardianship.child_id)))
    return select(WaitingMember.waiting_id).where(cannot)


def _kept_away(activity: Activity, now: datetime, at: Meeting | None) -> CompoundSelect[int]:
    """Who (ids) never meets somebody who has a place at a coming meeting, or at *at*."""
    there = (
        select(Booking.person_id)
        .join(Meeting, Meeting.id == Booking.meeting_id)
        .where(
            Meeting.activity_id == activity.id,
            Meeting.starts_at > now if at is None else Meeting.id == at.id,
        )
    )
    return union_all(
        select(Apart.other_id).where(Apart.person_id.in_(there)),
        select(Apart.person_id).where(Apart.other_id.in_(there)),
    )


def is_full(
    activity: Activity,
    people: Collection[Person] = (),
    *,
    now: datetime,
    at: Meeting | None = None,
    visitor: Person | None = None,
    wanted: int = 1,
) -> bool:
    """Whether so many as are *wanted* cannot have places now, all of it or at *at*: too few are
    left, or what is free belongs to whoever waits, as long as there is time to ask them. To
    *people* it is as full where somebody has a place whom one of them never meets: they read the
    same words."""
    if _somebody_is_kept_away(activity, people, now=now, at=at):
        return True
    left = places_left(activity, now=now, at=at, visitor=visitor)
    if left is None:
        return False
    starts = [m.starts_at for m in ([at] if at else meetings_to_come(activity, now=now))]
    in_time = next_useful(starts, now=now) is not None
    return left < wanted or (in_time and somebody_waits(activity, now=now))


def _somebody_is_kept_away(
    activity: Activity, people: Collection[Person], *, now: datetime, at: Meeting | None
) -> bool:
    if not people:
        return False
    ids = [person.id for person in people]
    found = select(Person.id).where(
        Person.id.in_(ids), Person.id.in_(_kept_away(activity, now, at))
    )
    return db.session.scalars(found.limit(1)).one_or_none() is not None


def can_accept(waiting: Waiting, *, now: datetime) -> bool:
    """Whether the places that were offered are there for all of those who wait together."""
    left = places_left(waiting.activity, now=now, but=waiting)
    enough = left is None or left >= len(waiting.members)
    return enough and waiting.id not in passed_over(waiting.activity, now=now)


def is_asked(waiting: Waiting, *, now: datetime) -> bool:
    """Whether a yes said now gives them their places."""
    return waiting.is_open_offer(now) and can_accept(waiting, now=now)


def waitings_of(people: Collection[Person]) -> Select[Waiting]:
    """Where one of *people* waits, or was offered a place: the only way their pages get hold of
    one."""
    theirs = select(WaitingMember.waiting_id).where(
        WaitingMember.person_id.in_([person.id for person in people])
    )
    return (
        select(Waiting)
        .where(Waiting.id.in_(theirs), Waiting.state.in_(STILL_WAITING))
        .order_by(Waiting.asked_at, Waiting.id)
    )


def waitings_for(reader: Person) -> Select[Waiting]:
    """Where *reader* waits, or children do for all of whom they decide."""
    of_reader = WaitingMember.person_id == reader.id
    others = ~is_of_household(WaitingMember.person_id, reader)
    members = select(WaitingMember.waiting_id)
    return (
        select(Waiting)
        .where(
            Waiting.state.in_(STILL_WAITING),
            or_(
                Waiting.id.in_(members.where(of_reader)),
                and_(
                    Waiting.id.in_(members.where(WaitingMember.person_id.in_(child_ids(reader)))),
                    Waiting.id.not_in(members.where(others)),
                ),
            ),
        )
        .order_by(Waiting.asked_at, Waiting.id)
    )


def waited_for() -> Sequence[int]:
    """The activities (ids) for which somebody waits or was offered a place, by number."""
    found = select(Waiting.activity_id).where(Waiting.state.in_(STILL_WAITING))
    return db.session.scalars(found.distinct().order_by(Waiting.activity_id)).all()


def wish_of(knock_id: int) -> JoinWish | None:
    """To what somebody who knocked would like to come."""
    return db.session.get(JoinWish, knock_id)


def parallel_groups(activity: Activity, *, now: datetime, most: int = 5) -> list[Activity]:
    """What strangers may see that is like *activity* and still to come: of its kind, level,
    languages and age; those of the same centre first."""
    starts = (
        select(func.min(Meeting.starts_at))
        .where(
            Meeting.activity_id == Activity.id,
            Meeting.starts_at > now,
            Meeting.status == Status.PLANNED,
        )
        .correlate(Activity)
        .scalar_subquery()
    )
    alike = (Activity.kind, Activity.level, Activity.support_language, Activity.topic)
    found = select(Activity).where(
        is_listed(),
        is_by_itself(),
        Activity.id != activity.id,
        *(column.is_not_distinct_from(getattr(activity, column.key)) for column in alike),
        Activity.language == activity.language,
        starts.is_not(None),
    )
    elsewhere = Activity.centre_id != activity.centre_id
    return list(db.session.scalars(found.order_by(elsewhere, starts, Activity.id).limit(most)))
