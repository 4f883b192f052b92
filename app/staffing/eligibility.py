"""The one check of who may fill a need: pure, and with *every* reason why not.

Taking a place, offering one, answering an offer, approving a request and moving a meeting all go
through `reasons_against`; there is no second copy of these rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.people.languages import answering
from app.people.terms import Gender, Level, Role


class Rule(StrEnum):
    """What can stand against somebody, in the order in which it is told."""

    NOT_ACTIVE = "not_active"
    NOT_THE_ROLE = "not_the_role"
    LANGUAGE_NOT_SPOKEN = "language_not_spoken"
    LEVEL_TOO_LOW = "level_too_low"
    WOMEN_ONLY = "women_only"
    CHECK_MISSING = "check_missing"
    CHECK_EXPIRES = "check_expires"
    EXPECTED_ELSEWHERE = "expected_elsewhere"
    NO_TIME_TO_TRAVEL = "no_time_to_travel"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule against one person, with what a sentence needs: which language, which levels."""

    rule: Rule
    role: Role | None = None
    language: str | None = None
    has: Level | None = None
    wants: Level | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What a need asks for. Instants are aware UTC; *last_day* is the local day it ends on.

    *online*: nobody has to get anywhere for it.
    """

    role: Role
    language: str | None
    level: Level | None
    women_only: bool
    check_required: bool
    starts_at: datetime
    ends_at: datetime
    last_day: date
    online: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """When somebody is expected elsewhere, half-open, and how long the way is from there to the
    need's centre."""

    starts_at: datetime
    ends_at: datetime
    travel: timedelta = timedelta(0)

    def overlaps(self, want: Want) -> bool:
        return self.starts_at < want.ends_at and want.starts_at < self.ends_at

    def is_too_far_from(self, want: Want) -> bool:
        """Whether the times suit and the way between them does not."""
        if want.online or self.overlaps(want):
            return False
        widened = Busy(self.starts_at - self.travel, self.ends_at + self.travel)
        return widened.overlaps(want)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What we know of a person. *roles* are those in the need's centre."""

    active: bool
    roles: frozenset[Role]
    speaks: Mapping[str, Level]
    gender: Gender | None
    check_valid_until: date | None
    busy: tuple[Busy, ...] = ()


def reasons_against(want: Want, candidate: Candidate) -> tuple[Reason, ...]:
    """Every reason why *candidate* may not fill *want*; empty when they may."""
    return (
        *_standing(want, candidate),
        *_language(want, candidate),
        *_safety(want, candidate),
        *_time(want, candidate),
    )


def best_level(language: str, speaks: Mapping[str, Level]) -> Level | None:
    """The highest level at which somebody speaks *language* or one of its dialects."""
    levels = [speaks[tag] for tag in answering(language) if tag in speaks]
    return max(levels, key=lambda level: level.rank, default=None)


def _standing(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if not candidate.active:
        yield Reason(Rule.NOT_ACTIVE)
    if want.role not in candidate.roles:
        yield Reason(Rule.NOT_THE_ROLE, role=want.role)


def _language(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if want.language is None:
        return
    has = best_level(want.language, candidate.speaks)
    if has is None:
        yield Reason(Rule.LANGUAGE_NOT_SPOKEN, language=want.language, wants=want.level)
    elif want.level is not None and has.rank < want.level.rank:
        yield Reason(Rule.LEVEL_TOO_LOW, language=want.language, has=has, wants=want.level)


def _safety(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if want.women_only and candidate.gender is not Gender.WOMAN:
        yield Reason(Rule.WOMEN_ONLY)
    if not want.check_required:
        return
    if candidate.check_valid_until is None:
        yield Reason(Rule.CHECK_MISSING)
    elif candidate.check_valid_until < want.last_day:
        yield Reason(Rule.CHECK_EXPIRES, until=candidate.check_valid_until)


def _time(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if any(one.overlaps(want) for one in candidate.busy):
        yield Reason(Rule.EXPECTED_ELSEWHERE)
    if any(one.is_too_far_from(want) for one in candidate.busy):
        yield Reason(Rule.NO_TIME_TO_TRAVEL)
