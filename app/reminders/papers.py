"""Telling those who help, a month before, that a contract or a check of theirs ends. Once for each
paper and its last day; a paper that another one follows is not worth a letter. Never commits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.extensions import db
from app.notices.models import Kind, Notice
from app.notices.operations import Owed, post_all
from app.people.models import Centre, Membership, Person
from app.people.papers import Contract, IntegrityCheck
from app.people.terms import HELD, HELPERS

BEFORE = timedelta(days=30)


def post_papers_ending(*, now: datetime) -> int:
    """Owe the letters that are due; how many papers end within the month."""
    owed = [*_contracts(now), *_checks(now)]
    post_all(owed, now=now)
    return len(owed)


def _contracts(now: datetime) -> Iterator[Owed]:
    soon = now.date() - timedelta(days=1), now.date() + BEFORE + timedelta(days=1)
    rows = db.session.execute(
        select(Contract, Person)
        .join(Person, Person.id == Contract.person_id)
        .where(Contract.valid_until.between(*soon), Person.is_active)
        .order_by(Contract.id)
        .options(selectinload(Person.contracts), selectinload(Person.memberships))
    )
    for contract, person in rows:
        if contract_ends(contract, person, now):
            yield _owed(person, "contract", contract, contract.made_by_id, now)


def _checks(now: datetime) -> Iterator[Owed]:
    soon = now.date() - timedelta(days=1), now.date() + BEFORE + timedelta(days=1)
    rows = db.session.execute(
        select(IntegrityCheck, Person)
        .join(Person, Person.id == IntegrityCheck.person_id)
        .where(IntegrityCheck.valid_until.between(*soon), Person.is_active)
        .order_by(IntegrityCheck.id)
        .options(selectinload(Person.checks), selectinload(Person.memberships))
    )
    for check, person in rows:
        if check_ends(check, person, now):
            yield _owed(person, "check", check, check.seen_by_id, now)


def contract_ends(contract: Contract, person: Person, now: datetime) -> bool:
    """Whether it ends within a month, nothing follows it, and they still help there."""
    centre = db.session.get_one(Centre, contract.centre_id)
    until = contract.valid_until
    if not contract.is_complete or not _is_soon(until, now.astimezone(centre.tz).date()):
        return False
    follows = until is not None and person.contract_on(until + timedelta(days=1), centre.id)
    return _helps(person, centre.id) and not follows


def check_ends(check: IntegrityCheck, person: Person, now: datetime) -> bool:
    """Whether it is their last one, counts for a month at most, and they still help somewhere."""
    soon = _is_soon(check.valid_until, now.astimezone(person.tz).date())
    return soon and check is person.checks[-1] and _helps(person)


def _is_soon(until: date | None, today: date) -> bool:
    return until is not None and today <= until <= today + BEFORE


def _helps(person: Person, centre_id: int | None = None) -> bool:
    return any(
        m.role in HELPERS and m.stage in HELD and centre_id in (None, m.centre_id)
        for m in person.memberships
    )


def _owed(
    person: Person,
    paper: str,
    row: Contract | IntegrityCheck,
    entered_by: int | None,
    now: datetime,
) -> Owed:
    until = row.valid_until.isoformat() if row.valid_until else ""
    return Owed(
        to=person,
        kind=Kind.PAPERS_END,
        key=f"{row.ref}:{until}",
        about={"paper": paper, "id": row.id, "until": until},
        responsible=db.session.get(Person, entered_by) if entered_by else None,
    )


def papers_facts(notice: Notice, now: datetime) -> dict[str, Any] | None:
    """What the letter may use; None where the paper is gone, lasts longer or was followed."""
    row: Contract | IntegrityCheck | None
    if notice.about["paper"] == "contract":
        row = db.session.get(Contract, notice.about["id"], populate_existing=True)
        ends = row is not None and contract_ends(row, notice.person, now)
        centre = db.session.get(Centre, row.centre_id) if row else None
    else:
        row = db.session.get(IntegrityCheck, notice.about["id"], populate_existing=True)
        ends = row is not None and check_ends(row, notice.person, now)
        centre = None
    if row is None or not ends or f"{row.valid_until}" != notice.about["until"]:
        return None
    return {
        "paper": notice.about["paper"],
        "until": row.valid_until,
        "centre": centre.name if centre else "",
    }


def stage_facts(notice: Notice) -> dict[str, Any] | None:
    """What an answer to an application may use; None where it is no longer so."""
    centre = db.session.get(Centre, notice.about["centre"])
    membership = db.session.scalars(
        select(Membership)
        .where(
            Membership.person_id == notice.person.id,
            Membership.centre_id == notice.about["centre"],
            Membership.role == notice.about["role"],
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if centre is None or membership is None or membership.stage != notice.about["stage"]:
        return None
    return {
        "stage": membership.stage.value,
        "helped": bool(notice.about.get("helped")),
        "centre": centre.name,
        "address": centre.address,
    }
