"""Reads about participants: who is in the register, who is there twice, what each of two has.

Everything goes through the coordinator: their own centres, and of protected groups only those that
they are entrusted with. Places elsewhere are not counted, named or filtered by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.attendance.marks import Mark
from app.attendance.models import Attendance, Placement
from app.extensions import db
from app.feeds.models import Card, FeedLink
from app.participants.models import Merge, NotSame
from app.people.guardians import Guardianship, decided_for, guardians_of, guardianships_of
from app.people.languages import answering
from app.people.likeness import (
    ALIKE,
    SAME,
    are_numbered_apart,
    begins_like,
    likeness,
    numbers_of,
    word_keys,
    words_of,
)
from app.people.models import Apart, Centre, Membership, Person, SpokenLanguage
from app.people.namesakes import NameKey, plain_in_rows
from app.people.phones import plain
from app.people.terms import STAFF, Role
from app.programme.models import Activity, Booking, Meeting
from app.programme.queries import activities_planned_by, is_meeting_planned_by, is_planned_by
from app.signups.models import Enrolment
from app.signups.queries import waitings_of

PAGE = 50
MOST_PAIRS, MOST_OF_ONE_KEY, MOST_READ = 200, 40, 20_000


# --- the register


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the register is filtered by."""

    name: str = ""
    language: str = ""
    level: str = ""
    activity: Activity | None = None
    unreached: bool = False


def participants_of(centre: Centre) -> Select[Person]:
    """Who takes part in what *centre* puts on, by name."""
    theirs = select(Membership.person_id).where(
        Membership.centre_id == centre.id, Membership.role == Role.PARTICIPANT
    )
    return (
        select(Person)
        .where(Person.id.in_(theirs), Person.erased_at.is_(None))
        .order_by(Person.name, Person.id)
    )


def register(centre: Centre, wanted: Wanted, *, after: Person | None = None) -> Select[Person]:
    """The page of the register that begins *after* somebody, with one more to see if it goes on."""
    found = participants_of(centre)
    if wanted.name.strip():
        found = found.where(Person.id.in_(called(wanted.name, participants_of(centre))))
    if wanted.language:
        found = found.where(_knows(wanted.language))
    if wanted.level:
        found = found.where(Person.id.in_(_placed(wanted.level)))
    if wanted.activity is not None:
        found = found.where(Person.id.in_(_in(wanted.activity)))
    if wanted.unreached:
        found = found.where(
            Person.email.is_(None), Person.phone.is_(None), Person.id.not_in(decided_for())
        )
    if after is not None:
        found = found.where(tuple_(Person.name, Person.id) > tuple_(after.name, after.id))
    return found.options(selectinload(Person.languages)).limit(PAGE + 1)


def called(words: str, among: Select[Person]) -> list[int]:
    """Those of *among* (ids) whose name *words* may begin or be, in any script."""
    typed = words_of(words)
    if not typed:
        return []
    found = among.with_only_columns(Person.id, Person.name).order_by(Person.id).limit(MOST_READ)
    for word in typed:
        starts = [key for key in word_keys(word) if key != "_"]
        if starts:
            keyed = select(NameKey.person_id).where(or_(*map(NameKey.key.startswith, starts)))
            found = found.where(Person.id.in_(keyed))
    return [number for number, name in db.session.execute(found) if begins_like(words, name)]


def _knows(language: str) -> ColumnElement[bool]:
    tags = answering(language)
    speaks = select(SpokenLanguage.person_id).where(SpokenLanguage.language.in_(tags))
    return or_(Person.language.in_(tags), Person.id.in_(speaks))


def _placed(level: str) -> Select[int]:
    last = select(func.max(Placement.id)).group_by(Placement.person_id)
    return select(Placement.person_id).where(Placement.id.in_(last), Placement.level == level)


def _in(activity: Activity) -> Select[int]:
    return select(Enrolment.person_id).where(
        Enrolment.activity_id == activity.id, Enrolment.left_at.is_(None)
    )


def levels_of(people: Collection[Person]) -> dict[int, str]:
    """Person (id) -> the level in which they were placed last."""
    found = (
        select(Placement.person_id, Placement.level)
        .where(Placement.person_id.in_([person.id for person in people]))
        .order_by(Placement.id)
    )
    return {person: level for person, level in db.session.execute(found) if level}


def places_of(people: Collection[Person], planner: Person) -> dict[int, list[Activity]]:
    """Person (id) -> the activities in which they have a place, as far as *planner* plans them."""
    found = (
        select(Enrolment.person_id, Activity)
        .join(Activity, Activity.id == Enrolment.activity_id)
        .where(
            Enrolment.person_id.in_([person.id for person in people]),
            Enrolment.left_at.is_(None),
            is_planned_by(planner),
        )
        .order_by(Enrolment.joined_at, Activity.id)
        .options(selectinload(Activity.texts))
    )
    places: dict[int, list[Activity]] = {}
    for person, activity in db.session.execute(found):
        places.setdefault(person, []).append(activity)
    return places


def with_card(people: Collection[Person]) -> set[int]:
    """Those (ids) who have a card that still opens."""
    ids = [person.id for person in people]
    found = select(Card.person_id).where(Card.person_id.in_(ids), Card.revoked_at.is_(None))
    return set(db.session.scalars(found))


def activities_with_people(planner: Person, centre: Centre) -> Sequence[Activity]:
    """The activities of *centre* that *planner* plans and in which somebody has a place."""
    taken = select(Enrolment.activity_id).where(Enrolment.left_at.is_(None))
    found = activities_planned_by(planner).where(
        Activity.centre_id == centre.id, Activity.id.in_(taken)
    )
    return db.session.scalars(
        found.order_by(Activity.id.desc()).options(selectinload(Activity.texts))
    ).all()


# --- who is there twice


@dataclass(frozen=True, slots=True)
class Pair:
    """Two who are perhaps one: how like their names are, whether they share a telephone, and
    whether other people decide for the one than for the other."""

    kept: Person
    gone: Person
    likeness: float
    same_phone: bool
    guardians_differ: bool

    @property
    def same_name(self) -> bool:
        return self.likeness >= SAME


def mergeable(staff: Person) -> Select[Person]:
    """Participants all of whose centres are those of *staff*, and who are no colleagues: nobody
    learns from a merge where else somebody goes."""
    mine = staff.centres_where(*STAFF)
    elsewhere = exists().where(
        Membership.person_id == Person.id,
        or_(Membership.centre_id.not_in(mine), Membership.role.in_(STAFF)),
    )
    here = select(Membership.person_id).where(
        Membership.centre_id.in_(staff.centres_where(Role.COORDINATOR)),
        Membership.role == Role.PARTICIPANT,
    )
    return (
        select(Person)
        .where(Person.id.in_(here), ~elsewhere, Person.erased_at.is_(None))
        .order_by(Person.name, Person.id)
    )


def pairs(staff: Person, centre: Centre) -> list[Pair]:
    """Who of *centre* is perhaps there twice, the surest first. Only people with a key or a
    telephone in common are looked at: nobody is compared with everybody."""
    theirs = mergeable(staff).where(
        Person.id.in_(participants_of(centre).with_only_columns(Person.id).order_by(None))
    )
    ids = theirs.with_only_columns(Person.id).order_by(None)
    shared = Counter(_met_by_name(ids))
    one_phone = dict.fromkeys(_met(_of_one_phone(ids)))
    likely = [pair for pair, _number in shared.most_common(MOST_PAIRS)]
    found = _not_two([*one_phone, *likely])
    known = {one.id: one for one in db.session.scalars(_named(found))}
    deciding = guardians_of(known)
    made = [_pair(known[a], known[b], deciding) for a, b in dict.fromkeys(found)]
    worth = [one for one in made if one.same_phone or one.likeness >= ALIKE]
    return sorted(worth, key=lambda one: (not one.same_phone, -one.likeness, one.kept.id))


def _named(found: Collection[tuple[int, int]]) -> Select[Person]:
    numbers = {number for pair in found for number in pair}
    return select(Person).where(Person.id.in_(numbers)).options(selectinload(Person.memberships))


def _met_by_name(ids: Select[int]) -> list[tuple[int, int]]:
    """Each two who have a key in common, but for those whom a number in their names tells apart:
    they would only stand before the others."""
    named = _of_one_name(ids)
    numbers = {person: numbers_of(name) for _key, person, name in named}
    met = _met((key, person) for key, person, _name in named)
    return [pair for pair in met if not are_numbered_apart(*(numbers[one] for one in pair))]


def _of_one_name(ids: Select[int]) -> Sequence[tuple[str, int, str]]:
    """(key, person, their name) where several have the key."""
    whole = (NameKey.key.contains(" "), NameKey.person_id.in_(ids))
    several = select(NameKey.key).where(*whole).group_by(NameKey.key).having(func.count() > 1)
    found = (
        select(NameKey.key, NameKey.person_id, Person.name)
        .join(Person, Person.id == NameKey.person_id)
        .where(*whole, NameKey.key.in_(several))
        .order_by(NameKey.key, NameKey.person_id)
    )
    return [(key, person, name) for key, person, name in db.session.execute(found)]


def _of_one_phone(ids: Select[int]) -> Iterable[tuple[str, int]]:
    """(digits, person) where several have the telephone."""
    digits = plain_in_rows(Person.phone)
    theirs = (digits != "", Person.id.in_(ids))
    several = select(digits).where(*theirs).group_by(digits).having(func.count() > 1)
    found = select(digits, Person.id).where(*theirs, digits.in_(several))
    return [(phone, person) for phone, person in db.session.execute(found)]


def _met(found: Iterable[tuple[str, int]]) -> Iterator[tuple[int, int]]:
    """Each two who have something in common; of a very common thing only those known longest."""
    groups: dict[str, list[int]] = {}
    for key, person in found:
        groups.setdefault(key, []).append(person)
    for people in groups.values():
        yield from combinations(sorted(people)[:MOST_OF_ONE_KEY], 2)


def _not_two(found: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those of whom somebody said that they are two, or who never meet."""
    numbers = {number for pair in found for number in pair}
    two = {
        (one, other)
        for table in (NotSame, Apart)
        for one, other in db.session.execute(
            select(table.person_id, table.other_id).where(table.person_id.in_(numbers))
        )
    }
    return [pair for pair in found if pair not in two]


def _pair(one: Person, other: Person, deciding: Mapping[int, list[Person]]) -> Pair:
    kept, gone = sorted((one, other), key=_stays_first)
    phones = {plain(person.phone or "") for person in (one, other)}
    same_phone = len(phones) == 1 and phones != {""}
    differ = deciding.get(one.id, []) != deciding.get(other.id, [])
    return Pair(kept, gone, likeness(one.name, other.name), same_phone, differ)


def _stays_first(person: Person) -> tuple[bool, bool, int]:
    """Whoever helps here stays, then whoever signs in, then whom we have known longer."""
    helps = any(one.role is not Role.PARTICIPANT for one in person.memberships)
    return not helps, not person.owns_address, person.id


# --- what each of two has


@dataclass(frozen=True, slots=True)
class Side:
    """What one of two has, as far as the reader may know."""

    person: Person
    places: list[Activity]
    waits_for: list[Activity]
    attended: int
    cards: int
    calendars: int
    family: list[Guardianship]

    @property
    def children(self) -> list[Guardianship]:
        return [tie for tie in self.family if tie.guardian_id == self.person.id]

    @property
    def guardians(self) -> list[Guardianship]:
        return [tie for tie in self.family if tie.child_id == self.person.id]


def side_of(person: Person, planner: Person) -> Side:
    waiting = [one.activity for one in db.session.scalars(waitings_of([person]))]
    planned = set(
        db.session.scalars(
            activities_planned_by(planner)
            .with_only_columns(Activity.id)
            .where(Activity.id.in_([one.id for one in waiting]))
        )
    )
    return Side(
        person=person,
        places=places_of([person], planner).get(person.id, []),
        waits_for=[one for one in waiting if one.id in planned],
        attended=_number(_present(person, planner)),
        cards=_number(
            select(func.count()).where(Card.person_id == person.id, Card.revoked_at.is_(None))
        ),
        calendars=_number(
            select(func.count()).where(
                FeedLink.person_id == person.id,
                FeedLink.revoked_at.is_(None),
                ~exists().where(Card.feed_id == FeedLink.id),
            )
        ),
        family=guardianships_of(person),
    )


def merges_of(person: Person) -> Sequence[Merge]:
    """When somebody else became *person*, and through whom, the latest first."""
    found = select(Merge).where(Merge.person_id == person.id).options(joinedload(Merge.by))
    return db.session.scalars(found.order_by(Merge.id.desc())).all()


def _present(person: Person, planner: Person) -> Select[int]:
    return (
        select(func.count())
        .select_from(Attendance)
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .join(Activity, Activity.id == Meeting.activity_id)
        .where(
            Attendance.person_id == person.id,
            Attendance.mark == Mark.PRESENT,
            is_meeting_planned_by(planner),
        )
    )


def _number(counted: Select[int]) -> int:
    return db.session.scalars(counted).one()


def at_once(
    gone: Person, kept: Person, planner: Person, *, now: datetime
) -> list[tuple[Meeting, Meeting]]:
    """Coming sessions of the two at one time, as far as *planner* may know of both: that of the one
    who goes, that of the one who stays."""
    mine, theirs = (_expected_at(person, planner, now) for person in (gone, kept))
    return [
        (one, other)
        for one in mine
        for other in theirs
        if one.id != other.id and one.starts_at < other.ends_at and other.starts_at < one.ends_at
    ]


def _expected_at(person: Person, planner: Person, now: datetime) -> Sequence[Meeting]:
    return db.session.scalars(
        select(Meeting)
        .join(Meeting.activity)
        .join(Booking, Booking.meeting_id == Meeting.id)
        .where(
            Booking.person_id == person.id,
            Booking.held,
            Meeting.starts_at > now,
            is_meeting_planned_by(planner),
        )
        .order_by(Meeting.starts_at)
    ).all()


def marked_differently(gone: Person, kept: Person, planner: Person) -> int:
    """At how many sessions that *planner* plans the two were marked differently."""
    one, other = aliased(Attendance), aliased(Attendance)
    word = case((one.mark.is_(None), ""), else_=one.mark)
    others = case((other.mark.is_(None), ""), else_=other.mark)
    return _number(
        select(func.count())
        .select_from(one)
        .join(other, other.meeting_id == one.meeting_id)
        .join(Meeting, Meeting.id == one.meeting_id)
        .join(Activity, Activity.id == Meeting.activity_id)
        .where(
            one.person_id == gone.id,
            other.person_id == kept.id,
            word != others,
            is_meeting_planned_by(planner),
        )
    )
