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
from app.people.terms import WITHOUT_CONSENT, YOUNGEST, Gender, Level, Role, age_on
from app.staffing.availability import Answer, Availability


class Rule(StrEnum):
    """What can stand against somebody, in the order in which it is told."""

    NOT_ACTIVE = "not_active"
    NOT_THE_ROLE = "not_the_role"
    TOO_YOUNG = "too_young"
    CONSENT_MISSING = "consent_missing"
    CONTRACT_MISSING = "contract_missing"
    CONTRACT_ENDS = "contract_ends"
    LANGUAGE_NOT_SPOKEN = "language_not_spoken"
    DOES_NOT_INTERPRET = "does_not_interpret"
    LEVEL_TOO_LOW = "level_too_low"
    WOMEN_ONLY = "women_only"
    CHECK_MISSING = "check_missing"
    CHECK_EXPIRES = "check_expires"
    KEPT_APART = "kept_apart"
    NOT_ONLINE = "not_online"
    NOT_AVAILABLE = "not_available"
    HOURS_A_WEEK = "hours_a_week"
    EXPECTED_ELSEWHERE = "expected_elsewhere"
    NO_TIME_TO_TRAVEL = "no_time_to_travel"

    @property
    def may_be_overridden(self) -> bool:
        """Whether a coordinator may let somebody pass, with a reason that is kept. Never what the
        law asks, what protects somebody, or what cannot be: two places at once, or a way that is
        too long."""
        return self in OVERRIDABLE

    @property
    def frees(self) -> bool:
        """Whether somebody confirmed against whom it comes to stand loses the place at once."""
        return not self.may_be_overridden and self is not Rule.KEPT_APART

    @property
    def is_about_time(self) -> bool:
        """Whether another time of the meeting makes it another question."""
        return self in (Rule.NOT_AVAILABLE, Rule.HOURS_A_WEEK)


OVERRIDABLE = (
    Rule.LANGUAGE_NOT_SPOKEN,
    Rule.DOES_NOT_INTERPRET,
    Rule.LEVEL_TOO_LOW,
    Rule.NOT_ONLINE,
    Rule.NOT_AVAILABLE,
    Rule.HOURS_A_WEEK,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule against one person, with what a sentence needs: which language, which levels."""

    rule: Rule
    role: Role | None = None
    language: str | None = None
    has: Level | None = None
    wants: Level | None = None
    until: date | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What a need asks for. Instants are aware UTC; *last_day* is the local day it ends on and
    *week* the local week of its start, from Monday to Monday.

    *online*: nobody has to get anywhere for it. *interpreting*: the level is that of interpreting.
    *via*: they must speak this language too; it marks the half of a relay.
    *trainee*: the place of somebody who comes along to learn; the language may still lack.
    *meeting* is the id of its meeting.
    """

    role: Role
    language: str | None
    level: Level | None
    women_only: bool
    check_required: bool
    starts_at: datetime
    ends_at: datetime
    last_day: date
    week: tuple[datetime, datetime]
    meeting: int = 0
    online: bool = False
    interpreting: bool = False
    via: str | None = None
    trainee: bool = False


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


@dataclass(frozen=True, slots=True)
class Helps:
    """A meeting (its id) at which somebody already helps, half-open; it counts in their week."""

    meeting: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Covered:
    """The days, both included, on which a complete contract lets somebody help."""

    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What we know of a person. *roles*, *pausing* and *contracts* are those in the need's centre.

    *kept_from*: the meetings (ids) where somebody is expected whom they never meet.
    """

    active: bool
    roles: frozenset[Role]
    speaks: Mapping[str, Level]
    interprets: Mapping[str, Level]
    gender: Gender | None
    check_valid_until: date | None
    contracts: tuple[Covered, ...]
    pausing: frozenset[Role] = frozenset()
    born_on: date | None = None
    has_consent: bool = False
    helps_online: bool = True
    availability: Availability | None = None
    hours_a_week: int | None = None
    helps: tuple[Helps, ...] = ()
    kept_from: frozenset[int] = frozenset()
    busy: tuple[Busy, ...] = ()


def reasons_against(want: Want, candidate: Candidate) -> tuple[Reason, ...]:
    """Every reason why *candidate* may not fill *want*; empty when they may."""
    return (
        *_standing(want, candidate),
        *_papers(want, candidate),
        *_language(want, candidate),
        *_safety(want, candidate),
        *_limits(want, candidate),
        *_time(want, candidate),
    )


def best_level(language: str, speaks: Mapping[str, Level]) -> Level | None:
    """The highest level at which somebody speaks *language* or one of its dialects."""
    levels = [speaks[tag] for tag in answering(language) if tag in speaks]
    return max(levels, key=lambda level: level.rank, default=None)


def _standing(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if not candidate.active or want.role in candidate.pausing:
        yield Reason(Rule.NOT_ACTIVE)
    if want.role not in candidate.roles:
        yield Reason(Rule.NOT_THE_ROLE, role=want.role)


def _papers(want: Want, candidate: Candidate) -> Iterator[Reason]:
    """Law 78/2014: the age, and a contract signed before; law 118/2019: a check, in `_safety`."""
    if candidate.born_on is not None:
        age = age_on(want.last_day, candidate.born_on)
        if age < YOUNGEST:
            yield Reason(Rule.TOO_YOUNG)
        elif age < WITHOUT_CONSENT and not candidate.has_consent:
            yield Reason(Rule.CONSENT_MISSING)
    if not any(one.covers(want.last_day) for one in candidate.contracts):
        ended = [one.last for one in candidate.contracts if one.last and one.last < want.last_day]
        if ended:
            yield Reason(Rule.CONTRACT_ENDS, until=max(ended))
        else:
            yield Reason(Rule.CONTRACT_MISSING)


def _language(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if want.language is None or want.trainee:
        return
    if want.interpreting:
        known, lacks = candidate.interprets, Rule.DOES_NOT_INTERPRET
    else:
        known, lacks = candidate.speaks, Rule.LANGUAGE_NOT_SPOKEN
    yield from _one_language(want.language, want.level, known, lacks)
    if want.via is not None:
        yield from _one_language(want.via, want.level, candidate.speaks, Rule.LANGUAGE_NOT_SPOKEN)


def _one_language(
    language: str, level: Level | None, known: Mapping[str, Level], lacks: Rule
) -> Iterator[Reason]:
    has = best_level(language, known)
    if has is None:
        yield Reason(lacks, language=language, wants=level)
    elif level is not None and has.rank < level.rank:
        yield Reason(Rule.LEVEL_TOO_LOW, language=language, has=has, wants=level)


def _safety(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if want.women_only and candidate.gender is not Gender.WOMAN:
        yield Reason(Rule.WOMEN_ONLY)
    if want.meeting in candidate.kept_from:
        yield Reason(Rule.KEPT_APART)
    if not want.check_required:
        return
    if candidate.check_valid_until is None:
        yield Reason(Rule.CHECK_MISSING)
    elif candidate.check_valid_until < want.last_day:
        yield Reason(Rule.CHECK_EXPIRES, until=candidate.check_valid_until)


def _limits(want: Want, candidate: Candidate) -> Iterator[Reason]:
    """What they said of themselves: online or not, when, how many hours a week."""
    if want.online and not candidate.helps_online:
        yield Reason(Rule.NOT_ONLINE)
    said = candidate.availability
    if said is not None and said.answer(want.starts_at, want.ends_at) is Answer.NO:
        yield Reason(Rule.NOT_AVAILABLE)
    if candidate.hours_a_week is not None:
        monday, next_monday = want.week
        others = (
            one.ends_at - one.starts_at
            for one in candidate.helps
            if one.meeting != want.meeting and monday <= one.starts_at < next_monday
        )
        hours = sum(others, want.ends_at - want.starts_at)
        if hours > timedelta(hours=candidate.hours_a_week):
            yield Reason(Rule.HOURS_A_WEEK, hours=candidate.hours_a_week)


def _time(want: Want, candidate: Candidate) -> Iterator[Reason]:
    if any(one.overlaps(want) for one in candidate.busy):
        yield Reason(Rule.EXPECTED_ELSEWHERE)
    if any(one.is_too_far_from(want) for one in candidate.busy):
        yield Reason(Rule.NO_TIME_TO_TRAVEL)
