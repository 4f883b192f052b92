"""What is still missing before somebody may be active: pure, and all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from app.i18n import _l
from app.people.terms import WITHOUT_CONSENT, YOUNGEST, Role, age_on


class Lack(StrEnum):
    """One thing that is missing, in the order in which it is told."""

    AGE_UNKNOWN = "age_unknown"
    TOO_YOUNG = "too_young"
    CONSENT_MISSING = "consent_missing"
    CONTRACT_MISSING = "contract_missing"
    SHEETS_MISSING = "sheets_missing"

    @property
    def label(self) -> Any:
        return _LABELS[self]

    @property
    def own_label(self) -> Any:
        """The same, said to the person themselves."""
        return _OWN_LABELS[self]


_LABELS = {
    Lack.AGE_UNKNOWN: _l("Their age is not known."),
    Lack.TOO_YOUNG: _l("They are younger than 15."),
    Lack.CONSENT_MISSING: _l("They are 15, and nobody has seen their parents' consent."),
    Lack.CONTRACT_MISSING: _l("There is no contract with this centre, or it is over."),
    Lack.SHEETS_MISSING: _l("The contract lacks the role sheet or the safety sheet."),
}
_OWN_LABELS = {
    Lack.AGE_UNKNOWN: _l("We do not know your age yet."),
    Lack.TOO_YOUNG: _l("One can help from the age of 15."),
    Lack.CONSENT_MISSING: _l("Until you are 16, your parents must agree in writing."),
    Lack.CONTRACT_MISSING: _l("A contract with the centre is still to be signed."),
    Lack.SHEETS_MISSING: _l("The role sheet or the safety sheet is still to be signed."),
}


class Paper(Protocol):
    """A contract, as far as it matters here."""

    @property
    def valid_until(self) -> date | None: ...

    @property
    def is_complete(self) -> bool: ...


def lacks(
    role: Role,
    contracts: Iterable[Paper],
    *,
    is_adult: bool | None,
    born_on: date | None,
    has_consent: bool,
    today: date,
) -> tuple[Lack, ...]:
    """Everything that keeps somebody from being active in *role*. *contracts*: those with the
    centre. A volunteer needs one (Law 78/2014); it may begin later, but not be over."""
    wants_contract = role is Role.VOLUNTEER
    return (
        *_age(is_adult, born_on, has_consent, today),
        *(_contract(contracts, today) if wants_contract else ()),
    )


def _age(
    is_adult: bool | None, born_on: date | None, has_consent: bool, today: date
) -> Iterator[Lack]:
    """The day of birth, where it is known, says more than what somebody ticked."""
    if born_on is None:
        if not is_adult:
            yield Lack.AGE_UNKNOWN
        return
    age = age_on(today, born_on)
    if age < YOUNGEST:
        yield Lack.TOO_YOUNG
    elif age < WITHOUT_CONSENT and not has_consent:
        yield Lack.CONSENT_MISSING


def _contract(contracts: Iterable[Paper], today: date) -> Iterator[Lack]:
    lasting = [one for one in contracts if one.valid_until is None or one.valid_until >= today]
    if not lasting:
        yield Lack.CONTRACT_MISSING
    elif not any(one.is_complete for one in lasting):
        yield Lack.SHEETS_MISSING
