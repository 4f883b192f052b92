"""Contracts and checks: entering, changing, ending and removing them. Never commits."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.approval.queries import numbers_of
from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Centre, Person
from app.people.papers import CheckKind, Contract, ContractKind, IntegrityCheck
from app.refusal import Refusal

_NUMBER = re.compile(r"(?P<before>\D*)(?P<number>\d+)(?P<year>/\d{4})?")


class NumberTaken(Refusal):
    message = _l("Another contract of this centre has this number.")


@dataclass(frozen=True, kw_only=True)
class ContractFacts:
    """What is written of a contract; its dates make sense together (the form asked)."""

    kind: ContractKind
    number: str
    signed_on: date
    valid_from: date
    valid_until: date | None
    role_sheet_on: date | None
    safety_sheet_on: date | None


@dataclass(frozen=True, kw_only=True)
class CheckFacts:
    """What was seen of somebody, and until when it counts. *reason* and *measure* are those of a
    check that cannot be requested."""

    kind: CheckKind
    issued_on: date | None
    valid_until: date
    seen_on: date
    reason: str = ""
    measure: str = ""


def add_contract(
    person: Person, centre: Centre, facts: ContractFacts, *, by: Person, now: datetime
) -> Contract:
    """One more contract of *person* with *centre*. Raises `NumberTaken`."""
    lock(person)
    lock(centre)  # so that two do not take the same number
    _refuse_number(centre.id, facts)
    made = Contract(centre_id=centre.id, made_by_id=by.id, made_at=now, **asdict(facts))
    person.contracts.append(made)
    db.session.flush()
    return made


def change_contract(contract: Contract, facts: ContractFacts) -> None:
    """It was written down wrongly, ends earlier or goes on. Raises `NumberTaken`."""
    lock(db.session.get_one(Person, contract.person_id))
    lock(db.session.get_one(Centre, contract.centre_id))
    _refuse_number(contract.centre_id, facts, but=contract)
    for name, value in asdict(facts).items():
        setattr(contract, name, value)
    db.session.flush()


def remove_contract(contract: Contract) -> None:
    """It never was; who was confirmed under it no longer fits, and the page says so."""
    person = db.session.get_one(Person, contract.person_id)
    lock(person)
    if contract in person.contracts:
        person.contracts.remove(contract)
    db.session.flush()


def _refuse_number(centre_id: int, facts: ContractFacts, but: Contract | None = None) -> None:
    taken = select(Contract.id).where(
        Contract.centre_id == centre_id,
        Contract.kind == facts.kind,
        Contract.number == facts.number,
    )
    if set(db.session.scalars(taken)) - {but.id if but else 0}:
        raise NumberTaken


def add_check(person: Person, facts: CheckFacts, *, by: Person) -> IntegrityCheck:
    """What *by* has seen of *person*; what cannot be requested is approved by them."""
    lock(person)
    made = IntegrityCheck(seen_by_id=by.id, **asdict(facts))
    made.approved_by_id = _approval(facts, by)
    person.checks.append(made)
    db.session.flush()
    db.session.expire(person, ["checks"])  # the one that lasts longest comes last
    return made


def change_check(check: IntegrityCheck, facts: CheckFacts, *, by: Person) -> None:
    """It was written down wrongly; whoever says so has seen it."""
    person = db.session.get_one(Person, check.person_id)
    lock(person)
    for name, value in asdict(facts).items():
        setattr(check, name, value)
    check.seen_by_id, check.approved_by_id = by.id, _approval(facts, by)
    db.session.flush()
    db.session.expire(person, ["checks"])


def remove_check(check: IntegrityCheck) -> None:
    """It was somebody else's, or never was."""
    person = db.session.get_one(Person, check.person_id)
    lock(person)
    if check in person.checks:
        person.checks.remove(check)
    db.session.flush()


def _approval(facts: CheckFacts, by: Person) -> int | None:
    return by.id if facts.kind is CheckKind.NOT_POSSIBLE else None


def suggested_number(centre: Centre, kind: ContractKind, *, today: date) -> str:
    """The next free number, written as the centre wrote the last one."""
    return next_number(numbers_of(centre, kind), today=today)


def next_number(given: Sequence[str], *, today: date) -> str:
    """After *given*, in the order in which they were entered: 8 after 7, 8/2026 after 7/2026 and
    1/2027 after 7/2026 in the new year; words before the number stay."""
    read = [match for number in given if (match := _NUMBER.fullmatch(number.strip()))]
    if not read:
        return "1"
    last = read[-1]
    year = f"/{today.year}" if last["year"] else None
    alike = [one for one in read if (one["before"], one["year"]) == (last["before"], year)]
    highest = max((int(one["number"]) for one in alike), default=0)
    width = len(last["number"]) if last["number"].startswith("0") else 0
    return f"{last['before']}{highest + 1:0{width}}{year or ''}"


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
