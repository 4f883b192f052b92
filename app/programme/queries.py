"""Reads about the programme: what strangers may see, what a coordinator plans, who is expected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, null, or_, select, union_all
from sqlalchemy.orm import lazyload

from app.extensions import db
from app.folding import fold
from app.people.guardians import is_of_household
from app.people.languages import answering
from app.people.models import Apart, Centre, Person
from app.people.terms import Role
from app.programme.kinds import LISTED, AgeBand, Kind
from app.programme.models import (
    Activity,
    ActivityText,
    Booking,
    Confidant,
    Meeting,
    MeetingChange,
    MeetingText,
    Part,
    Status,
)
from app.programme.places import Room, TravelTime

PUBLIC_WINDOW = timedelta(weeks=6)


def is_published() -> ColumnElement[bool]:
    """An activity of which others may know than those who plan it."""
    return Activity.published_at.is_not(None)


def is_listed() -> ColumnElement[bool]:
    """An activity strangers may see."""
    return and_(is_published(), Activity.privacy.in_(LISTED))


def is_listed_meeting() -> ColumnElement[bool]:
    """A meeting strangers may see: its activity is listed, and it is not stricter itself."""
    return and_(is_listed(), Meeting.privacy.in_(LISTED))


def is_by_itself() -> ColumnElement[bool]:
    """An activity to which people come for itself: not the childcare beside another."""
    return or_(Activity.kind != Kind.CHILDCARE, Activity.beside_id.is_(None))


def listed_meetings(
    *,
    start: datetime,
    end: datetime,
    centre: str | None = None,
    kind: Kind | None = None,
    language: str | None = None,
    words: str | None = None,
    age: AgeBand | None = None,
    level: str | None = None,
    spans: Sequence[tuple[datetime, datetime]] = (),
) -> Select[Meeting]:
    """The meetings between two instants to which strangers may come, by time; childcare is said
    with what it is beside.

    *language* matches the one an activity is held in or mediated into; *words* its titles; *age*
    those whom it is for, and what is for everybody; *level* groups for it, and for a span that
    begins or ends with it. *spans*: only those that begin within one of them.
    """
    found = (
        select(Meeting)
        .join(Meeting.activity)
        .where(is_listed_meeting(), is_by_itself())
        .where(Meeting.starts_at >= start, Meeting.starts_at < end)
        .order_by(Meeting.starts_at, Meeting.id)
    )
    if centre is not None:
        found = found.join(Activity.centre).where(Centre.code == centre)
    if kind is not None:
        found = found.where(Activity.kind == kind)
    if language is not None:
        found = found.where(speaks(language))
    if age is not None:
        found = found.where(or_(Activity.age == age, Activity.age.is_(None)))
    if level is not None:
        found = found.where(
            or_(Activity.level.startswith(level), Activity.level.contains(f"–{level}"))
        )
    if spans:
        begins = Meeting.starts_at
        found = found.where(or_(*(and_(begins >= first, begins < end) for first, end in spans)))
    if words:
        found = found.where(titled(words))
    return found


def titled(words: str) -> ColumnElement[bool]:
    """Meetings whose title, or whose activity's, holds *words*."""
    return or_(Activity.id.in_(_titled(words)), Meeting.id.in_(_called(words)))


def speaks(language: str) -> ColumnElement[bool]:
    """Activities held in *language* or mediated into it, its dialects included."""
    tags = answering(language)
    return or_(Activity.language.in_(tags), Activity.support_language.in_(tags))


def _titled(words: str) -> Select[int]:
    like = f"%{_literally(fold(words))}%"
    return select(ActivityText.activity_id).where(ActivityText.folded.like(like, escape="\\"))


def _called(words: str) -> Select[int]:
    like = f"%{_literally(fold(words))}%"
    return select(MeetingText.meeting_id).where(MeetingText.folded.like(like, escape="\\"))


def _literally(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def is_planned_by(person: Person) -> ColumnElement[bool]:
    """Activities *person* may plan: those of their centres, the protected only if entrusted."""
    return and_(
        Activity.centre_id.in_(person.centres_where(Role.COORDINATOR)),
        or_(Activity.privacy.in_(LISTED), _is_entrusted_to(person)),
    )


def is_meeting_planned_by(person: Person) -> ColumnElement[bool]:
    """Meetings *person* may plan: those of their activities, the protected only if entrusted."""
    return and_(is_planned_by(person), or_(Meeting.privacy.in_(LISTED), _is_entrusted_to(person)))


def _is_entrusted_to(person: Person) -> ColumnElement[bool]:
    entrusted = select(Confidant.activity_id).where(Confidant.person_id == person.id)
    return or_(Activity.coordinator_id == person.id, Activity.id.in_(entrusted))


def activities_planned_by(person: Person) -> Select[Activity]:
    return select(Activity).where(is_planned_by(person))


def meetings_planned_by(person: Person) -> Select[Meeting]:
    return select(Meeting).join(Meeting.activity).where(is_meeting_planned_by(person))


def meetings_open_to(person: Person | None) -> Select[Meeting]:
    """The meetings whose page *person* may open: listed, planned by them, or where they, or a child
    for whom they decide, are expected."""
    found = select(Meeting).join(Meeting.activity)
    if person is None:
        return found.where(is_listed_meeting())
    expected = and_(
        is_published(),
        Meeting.id.in_(
            select(Booking.meeting_id).where(is_of_household(Booking.person_id, person))
        ),
    )
    return found.where(or_(is_listed_meeting(), is_meeting_planned_by(person), expected))


def coming_meetings(activity: Activity, *, now: datetime) -> list[Meeting]:
    """The meetings of *activity* that have not begun, cancelled ones included, by time."""
    return list(
        db.session.scalars(
            select(Meeting)
            .where(Meeting.activity_id == activity.id, Meeting.starts_at > now)
            .order_by(Meeting.starts_at)
            .execution_options(populate_existing=True)
        )
    )


def meetings_to_come(activity: Activity, *, now: datetime) -> list[Meeting]:
    """Those of them that take place."""
    return [one for one in coming_meetings(activity, now=now) if not one.is_cancelled]


def coming_meetings_planned_by(
    person: Person, activity: Activity, *, now: datetime
) -> list[Meeting]:
    """Those of them that *person* plans: one may be more private than its activity."""
    mine = meetings_planned_by(person).where(Meeting.activity_id == activity.id)
    coming = mine.where(Meeting.starts_at > now).order_by(None).order_by(Meeting.starts_at)
    return list(db.session.scalars(coming))


def changes_of(meeting: Meeting) -> list[MeetingChange]:
    return list(
        db.session.scalars(
            select(MeetingChange)
            .where(MeetingChange.meeting_id == meeting.id)
            .order_by(MeetingChange.sequence.desc())
        )
    )


def rooms_of(centre_ids: Collection[int], *, also_closed: bool = False) -> list[Room]:
    """The rooms and venues in use of those centres, by name."""
    found = select(Room).where(Room.centre_id.in_(centre_ids)).order_by(Room.centre_id, Room.name)
    return list(db.session.scalars(found if also_closed else found.where(Room.in_use)))


def meetings_in_rooms(
    room_ids: Collection[int | None], start: datetime, end: datetime
) -> list[Meeting]:
    """The planned meetings that share a moment of the interval in any of those rooms, by time."""
    found = select(Meeting).where(
        Meeting.room_id.in_(room_ids),
        Meeting.status == Status.PLANNED,
        Meeting.starts_at < end,
        Meeting.ends_at > start,
    )
    found = found.order_by(Meeting.starts_at, Meeting.id).options(
        lazyload(Meeting.texts), lazyload(Meeting.activity)
    )
    return list(db.session.scalars(found))


def meetings_in_room(
    room: Room, start: datetime, end: datetime, *, but: Meeting | None = None
) -> list[Meeting]:
    """The planned meetings that share a moment of the interval in *room*."""
    found = select(Meeting).where(
        Meeting.room_id == room.id,
        Meeting.status == Status.PLANNED,
        Meeting.starts_at < end,
        Meeting.ends_at > start,
    )
    if but is not None:
        found = found.where(Meeting.id != but.id)
    return list(db.session.scalars(found.order_by(Meeting.starts_at)))


def bookings_at(meeting: Meeting, part: Part | None = None) -> list[Booking]:
    """Who is expected, by person; after a cancellation, who was."""
    found = select(Booking).where(Booking.meeting_id == meeting.id).order_by(Booking.person_id)
    if part is not None:
        found = found.where(Booking.part == part)
    return list(db.session.scalars(found))


def is_shown() -> ColumnElement[bool]:
    """Bookings that stand in somebody's own lists: those held, and those of what was cancelled; not
    a learner's at a time at which they are expected elsewhere."""
    return or_(Booking.held, Meeting.status == Status.CANCELLED)


def not_held_to(person: Person, meetings: Collection[Meeting]) -> set[int]:
    """The ids of those planned *meetings* at whose time *person*, who has a place, is elsewhere."""
    planned = [one.id for one in meetings if not one.is_cancelled]
    found = select(Booking.meeting_id).where(
        Booking.person_id == person.id, Booking.meeting_id.in_(planned), ~Booking.held
    )
    return set(db.session.scalars(found))


def is_expected(person: Person, meeting: Meeting) -> bool:
    """Whether *person* is still expected at *meeting*."""
    found = select(Booking.id).where(
        Booking.person_id == person.id, Booking.meeting_id == meeting.id, Booking.held
    )
    return db.session.scalars(found).one_or_none() is not None


def bookings_of(person: Person, *, since: datetime) -> Select[Booking]:
    """Where *person* is expected from *since* on, by time, cancelled meetings included."""
    return _bookings(Booking.person_id == person.id, since)


def bookings_for(reader: Person, *, since: datetime) -> Select[Booking]:
    """`bookings_of` the *reader*, and of the children for whom they decide."""
    return _bookings(is_of_household(Booking.person_id, reader), since)


def _bookings(whose: ColumnElement[bool], since: datetime) -> Select[Booking]:
    return (
        select(Booking)
        .join(Booking.meeting)
        .join(Meeting.activity)
        .where(whose, Booking.ends_at > since, is_shown(), is_published())
        .order_by(Booking.starts_at, Booking.id)
    )


def busy_times(
    people: Collection[int], start: datetime, end: datetime
) -> Sequence[tuple[int, datetime, datetime]]:
    """(person id, start, end) of whatever those people are expected at within the interval."""
    found = select(Booking.person_id, Booking.starts_at, Booking.ends_at).where(
        Booking.person_id.in_(people),
        Booking.held,
        Booking.starts_at < end,
        Booking.ends_at > start,
    )
    return [(person, begins, ends) for person, begins, ends in db.session.execute(found)]


def rooms_for(meeting: Meeting) -> list[Room]:
    """Where *meeting* may be: the rooms in use of its centre, and the one it is in."""
    found = rooms_of([meeting.activity.centre_id])
    closed = meeting.room is not None and not meeting.room.in_use
    return [*found, meeting.room] if closed and meeting.room is not None else found


def busy_places(
    people: Collection[int],
    start: datetime,
    end: datetime,
    *,
    but: Collection[Meeting] = (),
    but_bookings: Select[int] | None = None,
) -> Sequence[tuple[int, datetime, datetime, int | None]]:
    """`busy_times`, but for those of some meetings or bookings (ids), with the centre each takes
    place in; None: online, so nowhere."""
    is_online = and_(Meeting.room_id.is_(None), Meeting.online_url.is_not(None))
    place = case((is_online, null()), else_=Activity.centre_id)
    found = (
        select(Booking.person_id, Booking.starts_at, Booking.ends_at, place)
        .join(Booking.meeting)
        .join(Meeting.activity)
        .where(
            Booking.person_id.in_(people),
            Booking.held,
            Booking.starts_at < end,
            Booking.ends_at > start,
            Booking.meeting_id.not_in([meeting.id for meeting in but]),
            *([] if but_bookings is None else [Booking.id.not_in(but_bookings)]),
        )
    )
    rows = db.session.execute(found)
    return [(person, begins, ends, centre) for person, begins, ends, centre in rows]


def kept_from(
    people: Collection[int],
    start: datetime,
    end: datetime,
) -> dict[int, set[int]]:
    """Person id -> the meetings (ids) within the interval at which somebody has a place whom they
    never meet."""
    either_way = (
        (Apart.person_id, Apart.other_id),
        (Apart.other_id, Apart.person_id),
    )
    found: dict[int, set[int]] = {}
    for me, other in either_way:
        there = (
            select(me, Booking.meeting_id)
            .join(Booking, Booking.person_id == other)
            .where(me.in_(people), Booking.starts_at < end, Booking.ends_at > start)
        )
        for person_id, meeting_id in db.session.execute(there):
            found.setdefault(person_id, set()).add(meeting_id)
    return found


def where_kept_from(person: Person, meeting_ids: Collection[int]) -> set[int]:
    """At which of those meetings somebody has a place whom *person* never meets; in one query."""
    others = union_all(
        select(Apart.other_id).where(Apart.person_id == person.id),
        select(Apart.person_id).where(Apart.other_id == person.id),
    )
    there = select(Booking.meeting_id).where(
        Booking.meeting_id.in_(meeting_ids), Booking.person_id.in_(others)
    )
    return set(db.session.scalars(there))


def ways_to(centre_ids: Collection[int]) -> dict[tuple[int, int], timedelta]:
    """(centre, another) -> how long the way is, for each of those centres; unknown ways lack."""
    found = select(TravelTime).where(
        or_(TravelTime.from_id.in_(centre_ids), TravelTime.to_id.in_(centre_ids))
    )
    ways = {}
    for one in db.session.scalars(found):
        for pair in ((one.from_id, one.to_id), (one.to_id, one.from_id)):
            ways[pair] = timedelta(minutes=one.minutes)
    return ways


def counts_by_part(meeting_ids: Collection[int], part: Part) -> dict[int, int]:
    """Meeting id -> how many have a place as *part*; whoever is elsewhere then counts too."""
    rows = db.session.execute(
        select(Booking.meeting_id, func.count())
        .where(Booking.meeting_id.in_(meeting_ids), Booking.part == part)
        .group_by(Booking.meeting_id)
    )
    return {meeting_id: count for meeting_id, count in rows}


def listed_languages(*, now: datetime) -> list[str]:
    """The languages in which something listed is coming up, held in or mediated into."""
    comes = (
        select(Meeting.id)
        .where(
            Meeting.activity_id == Activity.id,
            Meeting.starts_at > now,
            Meeting.status == Status.PLANNED,
            Meeting.privacy.in_(LISTED),
        )
        .exists()
    )
    coming = select(Activity.language, Activity.support_language).where(
        is_listed(), is_by_itself(), comes
    )
    return sorted({tag for pair in db.session.execute(coming.distinct()) for tag in pair if tag})
