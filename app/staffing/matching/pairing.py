"""Which helpers may fill which needs, for many at once, by the one check of `eligibility`.

There is no second copy of the rules here. Each rule looks at a few facts only; so the check is
asked once for each different combination of those facts, everything else being in order, and the
answers are put together by table look-up. A test proves the sum equal to asking about each pair.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from app.people.terms import Gender, Role
from app.staffing.eligibility import Candidate, Covered, Want, reasons_against
from app.staffing.matching.instance import Bools, Ints

T = TypeVar("T", Want, Candidate)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a helper in one centre."""

    helper: int
    centre: int
    candidate: Candidate


def eligible_pairs(
    wants: Sequence[Want], centres: Sequence[int], known: Sequence[Known]
) -> tuple[Ints, Ints]:
    """(want, row of *known*) of every pair of one centre against which nothing speaks."""
    tables = [_table(facts, wants, known) for facts in _FACTS]
    want_rows: list[Ints] = []
    known_rows: list[Ints] = []
    centre_of_want = np.array(centres, dtype=np.int64)
    centre_of_known = np.array([one.centre for one in known], dtype=np.int64)
    for centre in np.unique(centre_of_want):
        here = np.flatnonzero(centre_of_want == centre)
        people = np.flatnonzero(centre_of_known == centre)
        fits = np.ones((len(here), len(people)), dtype=np.bool_)
        for table in tables:
            fits &= table.answers[np.ix_(table.of_want[here], table.of_known[people])]
        own, who = np.nonzero(fits)
        want_rows.append(here[own])
        known_rows.append(people[who])
    if not want_rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(want_rows), np.concatenate(known_rows)


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts that some rules look at, of the want and of the candidate."""

    want: tuple[str, ...]
    candidate: tuple[str, ...]


_FACTS = (
    _Facts(("role",), ("active", "roles", "pausing")),
    _Facts(("last_day",), ("born_on", "has_consent")),
    _Facts(("last_day",), ("contracts",)),
    _Facts(("language", "level", "interpreting", "via", "trainee"), ("speaks", "interprets")),
    _Facts(("women_only",), ("gender",)),
    _Facts(("check_required", "last_day"), ("check_valid_until",)),
    _Facts(("meeting",), ("kept_from",)),
    _Facts(("online",), ("helps_online",)),
    _Facts(("starts_at", "ends_at"), ("availability",)),
    _Facts(("starts_at", "ends_at", "week", "meeting"), ("hours_a_week", "helps")),
    _Facts(("starts_at", "ends_at", "online"), ("busy",)),
)

_START = datetime(2027, 3, 1, 9, tzinfo=UTC)
_ANY_WANT = Want(
    role=Role.VOLUNTEER,
    language=None,
    level=None,
    women_only=False,
    check_required=False,
    starts_at=_START,
    ends_at=_START + timedelta(hours=1),
    last_day=date(2027, 3, 1),
    week=(_START, _START + timedelta(days=7)),
)
_ANYBODY = Candidate(
    active=True,
    roles=frozenset(Role),
    speaks={},
    interprets={},
    gender=Gender.WOMAN,
    check_valid_until=date.max,
    contracts=(Covered(date.min, None),),
)
"""Against whom nothing speaks, whatever else is asked, as long as no language is."""


@dataclass(frozen=True, slots=True)
class _Table:
    of_want: Ints
    of_known: Ints
    answers: Bools


def _table(facts: _Facts, wants: Sequence[Want], known: Sequence[Known]) -> _Table:
    """The answers of the check to each combination of *facts*."""
    different_wants, of_want = _different(wants, facts.want)
    candidates = [one.candidate for one in known]
    different, of_known = _different(candidates, facts.candidate)
    asked = [replace(_ANY_WANT, **_picked(one, facts.want)) for one in different_wants]
    people = [replace(_ANYBODY, **_picked(one, facts.candidate)) for one in different]
    if all(_says_nothing(one, facts.candidate) for one in different):
        return _Table(of_want, of_known, np.ones((len(asked), len(people)), dtype=np.bool_))
    answers = np.array(
        [[not reasons_against(want, person) for person in people] for want in asked],
        dtype=np.bool_,
    ).reshape(len(asked), len(people))
    return _Table(of_want, of_known, answers)


def _picked(one: Want | Candidate, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _says_nothing(candidate: Candidate, names: tuple[str, ...]) -> bool:
    """Whether these facts are those of anybody, and no language or role is at stake."""
    return all(
        name in _SILENT and getattr(candidate, name) == getattr(_ANYBODY, name) for name in names
    )


_SILENT = ("born_on", "has_consent", "kept_from", "helps_online", "availability", "helps", "busy",
           "hours_a_week")  # fmt: skip


def _different(ones: Sequence[T], names: tuple[str, ...]) -> tuple[list[T], Ints]:
    """One of each that differs in *names*, and which of them each is."""
    seen: dict[Hashable, int] = {}
    firsts: list[T] = []
    of = np.zeros(len(ones), dtype=np.int64)
    for place, one in enumerate(ones):
        key = tuple(_hashable(getattr(one, name)) for name in names)
        if key not in seen:
            seen[key] = len(firsts)
            firsts.append(one)
        of[place] = seen[key]
    return firsts, of


def _hashable(value: Any) -> Hashable:
    return frozenset(value.items()) if isinstance(value, dict) else value
