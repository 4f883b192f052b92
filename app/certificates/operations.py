"""Asking for a certificate, issuing it, taking it back. Operations never commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.certificates.content import Heading, canonical, content_of, digest, new_code
from app.certificates.models import Certificate, CertificateRequest
from app.certificates.queries import (
    HOUSE_LANGUAGE,
    Certifiable,
    certifiable,
    issued_with,
    next_serial,
    open_request,
)
from app.extensions import db, lock
from app.i18n import _l, in_language
from app.notices.models import Kind as Letter
from app.notices.operations import Owed, post, post_all
from app.people.models import Centre, Person
from app.people.queries import with_role
from app.people.terms import Role
from app.presence.queries import attended
from app.programme.models import Activity
from app.refusal import Refusal


class NothingToCertify(Refusal):
    message = _l(
        "There is nothing to certify: no attended session in that time under a volunteer contract."
    )


class NotOver(Refusal):
    message = _l("The period ends in the future: only attended time can be certified.")


class NoHoursYet(Refusal):
    message = _l("No attended session of yours is recorded in this centre yet.")


class ReasonMissing(Refusal):
    message = _l("Say why it is withdrawn.")


class Altered(Refusal):
    message = _l("What is kept of this certificate is not what was issued. Tell an administrator.")


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What the coordinator writes on the certificate."""

    host: str
    volunteer: str
    first_day: date
    last_day: date
    responsibilities: Sequence[str]
    competences: Sequence[str]
    representative: str


def ask_for_certificate(
    person: Person, centre: Centre, *, everything: bool, now: datetime
) -> CertificateRequest:
    """The coordinators of the centre are told; asking again while one waits changes nothing but
    what is wanted. Raises `NoHoursYet`."""
    lock(person)
    asked = open_request(person, centre)
    if asked is not None:
        asked.everything = everything
        return asked
    found = attended(person, now=now).where(Activity.centre_id == centre.id)
    if db.session.scalars(found.limit(1)).first() is None:
        raise NoHoursYet
    asked = CertificateRequest(person=person, centre=centre, everything=everything, asked_at=now)
    db.session.add(asked)
    db.session.flush()
    post_all(
        [
            Owed(
                to=one,
                kind=Letter.CERTIFICATE_ASKED,
                key=str(asked.id),
                about={"request": asked.id},
            )
            for one in db.session.scalars(with_role(centre.id, Role.COORDINATOR))
        ],
        now=now,
    )
    return asked


def issue(
    person: Person, centre: Centre, typed: Typed, *, once: str, by: Person, now: datetime
) -> Certificate:
    """A new certificate with the next number of the centre, frozen from now on; the volunteer is
    told. The same form sent twice issues one. Raises `NothingToCertify` and `NotOver`."""
    lock(person)
    lock(centre)  # the numbers of a centre follow one another
    known = issued_with(once)
    if known is not None and known.person_id == person.id and known.centre_id == centre.id:
        return known
    today = now.astimezone(centre.tz).date()
    if typed.last_day > today:
        raise NotOver
    what = certifiable(person, centre, typed.first_day, typed.last_day, by=by, now=now)
    if not what.minutes:
        raise NothingToCertify
    certificate = _freeze(person, centre, typed, what, once=once, by=by, now=now)
    asked = open_request(person, centre)
    if asked is not None:
        asked.answered_at = now
    post(
        person,
        Letter.CERTIFICATE_READY,
        certificate.ref,
        now=now,
        about={"certificate": certificate.id},
        responsible=by,
    )
    return certificate


def _freeze(
    person: Person,
    centre: Centre,
    typed: Typed,
    what: Certifiable,
    *,
    once: str,
    by: Person,
    now: datetime,
) -> Certificate:
    today = now.astimezone(centre.tz).date()
    serial, code = next_serial(centre, today.year), new_code()
    with in_language(HOUSE_LANGUAGE):
        roles = [str(role.label) for role in what.roles]
    heading = Heading(
        number=f"{centre.code.upper()}-{serial:03d}/{today.year}",
        code=code,
        issued_on=today,
        host=typed.host,
        address=centre.address,
        volunteer=typed.volunteer,
        contracts=[(one.number, one.signed_on) for one in what.contracts],
        roles=roles,
        first_day=typed.first_day,
        last_day=typed.last_day,
        responsibilities=typed.responsibilities,
        competences=typed.competences,
        coordinator=by.name,
        representative=typed.representative,
    )
    facts = content_of(heading, what.sessions)
    content = canonical(facts)
    certificate = Certificate(
        once=once,
        code=code,
        person=person,
        centre=centre,
        year=today.year,
        serial=serial,
        issued_at=now,
        issued_by=by,
        first_day=typed.first_day,
        last_day=typed.last_day,
        minutes=facts["total_minutes"],
        content=content,
        digest=digest(content),
        withdrawn_why="",
    )
    db.session.add(certificate)
    db.session.flush()
    return certificate


def withdraw(certificate: Certificate, reason: str, *, by: Person, now: datetime) -> None:
    """Whoever checks its code reads from now on that it is withdrawn; the reason stays inside."""
    lock(certificate)
    if certificate.is_withdrawn:
        return
    if not reason.strip():
        raise ReasonMissing
    certificate.withdrawn_at, certificate.withdrawn_why = now, reason.strip()
    certificate.withdrawn_by_id = by.id


def checked(certificate: Certificate) -> Certificate:
    """The certificate, if it still says what was issued. Raises `Altered`."""
    if not certificate.is_intact:
        raise Altered
    return certificate
