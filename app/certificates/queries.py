"""Reads about certificates: who holds which, who asks for one, and what there is to certify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from app.certificates.content import Attended, tidy_code
from app.certificates.models import Certificate, CertificateRequest
from app.extensions import db
from app.people.models import Centre, Person
from app.people.papers import Contract, ContractKind
from app.people.terms import Role
from app.presence.models import Presence
from app.presence.queries import attended
from app.programme.models import Activity
from app.programme.queries import is_listed_meeting, is_meeting_planned_by

HOUSE_LANGUAGE = "ro"


@dataclass(frozen=True)
class Certifiable:
    """What one centre may certify of a period: the sessions on days that a volunteer contract
    covers, the contracts, and how many minutes lie outside of them."""

    sessions: tuple[Attended, ...]
    contracts: tuple[Contract, ...]
    roles: tuple[Role, ...]
    uncovered: int

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.sessions)


def certifiable(
    person: Person,
    centre: Centre,
    first_day: date,
    last_day: date,
    *,
    by: Person,
    now: datetime,
) -> Certifiable:
    """What *by* may certify. Of protected sessions only those they may know of, unless the person
    asked for everything themselves."""
    sessions, contracts, roles, uncovered = [], [], [], 0
    found = attended(person, now=now).where(Activity.centre_id == centre.id)
    if not asks_for_everything(person, centre):
        found = found.where(or_(is_listed_meeting(), is_meeting_planned_by(by)))
    for one in db.session.scalars(found):
        local = _local(one, centre)
        if not first_day <= local.day <= last_day:
            continue
        contract = volunteer_contract(person, centre, local.day)
        if contract is None:
            uncovered += local.minutes
            continue
        sessions.append(local)
        contracts.append(contract)
        roles.append(one.role)
    return Certifiable(
        tuple(sessions),
        tuple(dict.fromkeys(sorted(contracts, key=lambda one: (one.signed_on, one.id)))),
        tuple(dict.fromkeys(role for role in Role if role in roles)),
        uncovered,
    )


def volunteer_contract(person: Person, centre: Centre, day: date) -> Contract | None:
    """The volunteer contract with that centre that covers *day*."""
    return next(
        (
            one
            for one in person.contracts
            if one.centre_id == centre.id and one.kind is ContractKind.VOLUNTEER and one.covers(day)
        ),
        None,
    )


def _local(presence: Presence, centre: Centre) -> Attended:
    """As the paper tells it: Romanian, in the centre's time, nothing of what is protected."""
    meeting = presence.meeting
    assert presence.starts_at is not None
    assert presence.ends_at is not None
    starts, ends = (at.astimezone(centre.tz) for at in (presence.starts_at, presence.ends_at))
    secret = meeting.is_secret
    return Attended(
        day=starts.date(),
        starts=f"{starts:%H:%M}",
        ends=f"{ends:%H:%M}",
        minutes=presence.minutes,
        title=None if secret else meeting.activity.title_in(HOUSE_LANGUAGE),
        kind=None if secret else meeting.kind.value,
    )


def open_request(person: Person, centre: Centre) -> CertificateRequest | None:
    return db.session.scalars(
        select(CertificateRequest).where(
            CertificateRequest.person_id == person.id,
            CertificateRequest.centre_id == centre.id,
            CertificateRequest.answered_at.is_(None),
        )
    ).one_or_none()


def asks_for_everything(person: Person, centre: Centre) -> bool:
    asked = open_request(person, centre)
    return asked is not None and asked.everything


def requests_at(centre: Centre) -> list[CertificateRequest]:
    """Who waits for a certificate of *centre*, the longest first."""
    return list(
        db.session.scalars(
            select(CertificateRequest)
            .where(
                CertificateRequest.centre_id == centre.id, CertificateRequest.answered_at.is_(None)
            )
            .options(joinedload(CertificateRequest.person))
            .order_by(CertificateRequest.asked_at, CertificateRequest.id)
        )
    )


def own_requests(person: Person) -> dict[int, CertificateRequest]:
    """Centre id -> what *person* asked it for and waits for."""
    found = db.session.scalars(
        select(CertificateRequest).where(
            CertificateRequest.person_id == person.id, CertificateRequest.answered_at.is_(None)
        )
    )
    return {one.centre_id: one for one in found}


def certificates_of(person: Person) -> Select[Certificate]:
    return (
        select(Certificate)
        .where(Certificate.person_id == person.id)
        .options(joinedload(Certificate.centre))
        .order_by(Certificate.issued_at.desc(), Certificate.id.desc())
    )


def certificates_open_to(reader: Person) -> Select[Certificate]:
    """One's own, and those of the centres whose programme one plans."""
    return select(Certificate).where(
        or_(
            Certificate.person_id == reader.id,
            Certificate.centre_id.in_(reader.centres_where(Role.COORDINATOR)),
        )
    )


def certificate_by_code(typed: str) -> Select[Certificate]:
    return select(Certificate).where(Certificate.code == tidy_code(typed))


def issued_with(once: str) -> Certificate | None:
    return db.session.scalars(select(Certificate).where(Certificate.once == once)).one_or_none()


def next_serial(centre: Centre, year: int) -> int:
    """Hold the centre's row while counting."""
    last = select(func.max(Certificate.serial)).where(
        Certificate.centre_id == centre.id, Certificate.year == year
    )
    return (db.session.scalars(last).one() or 0) + 1


def first_day_helped(person: Person, centre: Centre, *, now: datetime) -> date | None:
    """The first day on which *person* was there, in the centre's time."""
    found = (
        attended(person, now=now)
        .where(Activity.centre_id == centre.id)
        .order_by(None)
        .with_only_columns(func.min(Presence.starts_at))
    )
    first = db.session.scalars(found).one()
    return first.astimezone(centre.tz).date() if first else None
