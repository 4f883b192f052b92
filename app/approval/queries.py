"""Reads about applications, papers and what somebody is expected at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.approval.lacking import Lack, lacks
from app.extensions import db
from app.people.guardians import child_ids
from app.people.models import Apart, Centre, Membership, Person, StageChange
from app.people.papers import Contract, ContractKind
from app.people.queries import people_of
from app.people.terms import HELPERS, STAFF, Role, Stage
from app.programme.kinds import LISTED
from app.programme.models import Activity, Booking, Meeting, Status
from app.programme.queries import is_meeting_planned_by
from app.staffing.models import ALIVE, Assignment, Need, State
from app.staffing.queries import needs_of, no_longer_fit

WAITING = (Stage.APPLIED, Stage.INTERVIEW)


def lacks_of(person: Person, centre_id: int, role: Role, *, today: date) -> tuple[Lack, ...]:
    """What keeps *person* from being active in *role* in that centre."""
    return lacks(
        role,
        [one for one in person.contracts if one.centre_id == centre_id],
        is_adult=person.is_adult,
        born_on=person.born_on,
        has_consent=person.consent_seen_on is not None,
        today=today,
    )


def membership_of(person: Person, centre: Centre, role: Role) -> Select[Membership]:
    return select(Membership).where(
        Membership.person_id == person.id,
        Membership.centre_id == centre.id,
        Membership.role == role,
    )


def applications_to(staff: Person) -> Sequence[Membership]:
    """Who would like to help in the centres of *staff* and waits for an answer, longest first."""
    return db.session.scalars(
        select(Membership)
        .join(Membership.person)
        .where(
            Membership.centre_id.in_(staff.centres_where(*STAFF)),
            Membership.stage.in_(WAITING),
            Person.is_active,
        )
        .order_by(Membership.since.is_(None), Membership.since, Membership.id)
        .options(
            contains_eager(Membership.person).options(
                selectinload(Person.languages), selectinload(Person.memberships)
            ),
            joinedload(Membership.centre),
        )
    ).all()


def trail_of(person: Person, centres: Collection[int]) -> Sequence[StageChange]:
    """How far they came in those centres, and through whom; the latest first."""
    return db.session.scalars(
        select(StageChange)
        .where(StageChange.person_id == person.id, StageChange.centre_id.in_(centres))
        .order_by(StageChange.at.desc(), StageChange.id.desc())
        .options(joinedload(StageChange.by))
    ).all()


def stands_for(person: Person, centre: Centre, role: Role, *, now: datetime) -> list[Assignment]:
    """What they are asked for, ask for or hold in *role* in *centre* from now on, by meeting."""
    return list(
        db.session.scalars(
            _coming_places(person, now)
            .where(
                Activity.centre_id == centre.id,
                Need.role == role,
                Assignment.state.in_(ALIVE),
            )
            .order_by(Meeting.id, Assignment.id)
        )
    )


def confirmed_for(
    person: Person, staff: Person, *, now: datetime, centre: Centre | None = None
) -> list[Assignment]:
    """Where they are expected to help from now on, as far as *staff* may know of it, by time."""
    found = _coming_places(person, now).where(
        Assignment.state == State.CONFIRMED,
        Meeting.status == Status.PLANNED,
        is_known_to(staff),
    )
    if centre is not None:
        found = found.where(Activity.centre_id == centre.id)
    return list(db.session.scalars(found.order_by(Meeting.starts_at, Assignment.id)))


def no_longer_covered(person: Person, staff: Person, *, now: datetime) -> list[Assignment]:
    """Those of them that the person no longer fits, by time."""
    held = confirmed_for(person, staff, now=now)
    doubts = no_longer_fit(needs_of([one.need.meeting_id for one in held])) if held else {}
    return [one for one in held if one.id in doubts]


def is_known_to(staff: Person) -> ColumnElement[bool]:
    """Meetings in the centres of *staff*: the listed, and the protected that they plan."""
    listed = and_(Activity.privacy.in_(LISTED), Meeting.privacy.in_(LISTED))
    theirs = Activity.centre_id.in_(staff.centres_where(*STAFF))
    return or_(and_(theirs, listed), is_meeting_planned_by(staff))


def _coming_places(person: Person, now: datetime) -> Select[Assignment]:
    return (
        select(Assignment)
        .join(Assignment.need)
        .join(Need.meeting)
        .join(Meeting.activity)
        .where(Assignment.person_id == person.id, Meeting.starts_at > now)
        .options(
            contains_eager(Assignment.need)
            .contains_eager(Need.meeting)
            .contains_eager(Meeting.activity)
            .selectinload(Activity.texts)
        )
    )


def kept_apart_from(person: Person, staff: Person) -> Sequence[Person]:
    """Whom *person* never meets, of those *staff* may see, by name."""
    others = (
        select(Apart.other_id)
        .where(Apart.person_id == person.id)
        .union(select(Apart.person_id).where(Apart.other_id == person.id))
    )
    return db.session.scalars(people_of(staff).where(Person.id.in_(others))).all()


def children_of_both(person: Person, other: Person, staff: Person) -> Sequence[Person]:
    """The children for whom both decide, of those *staff* may see, by name."""
    theirs = [Person.id.in_(child_ids(one)) for one in (person, other)]
    return db.session.scalars(people_of(staff).where(*theirs)).all()


def both_expected(
    person: Person, other: Person, staff: Person, *, now: datetime
) -> Sequence[Meeting]:
    """The meetings to come at which both have a place, as far as *staff* may know of them."""
    of_one, of_other = (
        select(Booking.meeting_id).where(Booking.person_id == one.id) for one in (person, other)
    )
    return db.session.scalars(
        select(Meeting)
        .join(Meeting.activity)
        .where(
            Meeting.id.in_(of_one),
            Meeting.id.in_(of_other),
            Meeting.starts_at > now,
            Meeting.status == Status.PLANNED,
            is_known_to(staff),
        )
        .order_by(Meeting.starts_at, Meeting.id)
        .options(contains_eager(Meeting.activity).selectinload(Activity.texts))
    ).all()


def numbers_of(centre: Centre, kind: ContractKind) -> Sequence[str]:
    """The numbers of its contracts of that kind, in the order in which they were entered."""
    return db.session.scalars(
        select(Contract.number)
        .where(Contract.centre_id == centre.id, Contract.kind == kind)
        .order_by(Contract.id)
    ).all()


def volunteer_contracts(centre: Centre) -> Sequence[tuple[Contract, Person, Stage | None]]:
    """Every volunteer contract of *centre*, as it was signed, with its person and how far they
    are by now."""
    rows = db.session.execute(
        select(Contract, Person)
        .join(Person, Person.id == Contract.person_id)
        .options(selectinload(Person.memberships))
        .where(Contract.centre_id == centre.id, Contract.kind == ContractKind.VOLUNTEER)
        .order_by(Contract.signed_on, Contract.id)
    )
    return [(contract, person, _stage_in(person, centre)) for contract, person in rows]


def _stage_in(person: Person, centre: Centre) -> Stage | None:
    """As a volunteer; else in whatever else they do there under that contract."""
    roles = {m.role: m.stage for m in helping_in(person, centre.id)}
    held = (stage for stage in roles.values() if stage.counts)
    return roles.get(Role.VOLUNTEER) or next(held, None)


def helping_in(person: Person, centre_id: int) -> list[Membership]:
    """What they are, were or would like to be there, of the roles that help."""
    order = {role: position for position, role in enumerate(HELPERS)}
    found = [m for m in person.memberships if m.centre_id == centre_id and m.role in order]
    return sorted(found, key=lambda m: order[m.role])
