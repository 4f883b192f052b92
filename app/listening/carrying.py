"""Who of those who help could carry what is missing: asked of the one check of `eligibility`, about
usual hours of the next week, as if there were a session then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.extensions import db
from app.listening.gaps import Gap, PartOfDay
from app.listening.hours import LENGTH, usual_starts
from app.people.models import Centre
from app.people.queries import with_role
from app.people.terms import Level, Role
from app.programme.recurrence import instant
from app.staffing.eligibility import Want
from app.staffing.matching.pairing import Known, eligible_pairs
from app.staffing.queries import candidates, week_of, with_profile

ROLES = (Role.MEDIATOR, Role.VOLUNTEER)
A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Hands:
    """So many people could carry it; whoever is both counts as a mediator."""

    mediators: int = 0
    volunteers: int = 0

    @property
    def none(self) -> bool:
        return self.mediators + self.volunteers == 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What two gaps have in common for which the same people are asked."""

    language: str
    part: PartOfDay
    women_only: bool
    check_required: bool


def hands_for(centre: Centre, gaps: Collection[Gap], *, now: datetime) -> dict[Gap, Hands]:
    """For each gap who speaks its language, may do it and is free at some usual hour of next week
    within their limits; in a fixed number of queries."""
    if not gaps:
        return {}
    people = db.session.scalars(with_role(centre.id, *ROLES).options(*with_profile())).all()
    asked = list(dict.fromkeys(_asked(gap) for gap in gaps))
    wants = [(at, want) for at, one in enumerate(asked) for want in _wants(one, centre, now)]
    monday, next_monday = week_of(now + A_WEEK, centre.tz)
    known = candidates(people, [centre.id], monday, next_monday)
    rows = [Known(one.id, 0, known[one.id, centre.id]) for one in people]
    pairs = eligible_pairs([want for _at, want in wants], [0] * len(wants), rows)
    able: dict[tuple[int, Role], set[int]] = {}
    for want, row in zip(*(found.tolist() for found in pairs), strict=True):
        at, asks = wants[want]
        able.setdefault((at, asks.role), set()).add(rows[row].helper)
    hands = [_hands(able, at) for at in range(len(asked))]
    return {gap: hands[asked.index(_asked(gap))] for gap in gaps}


def _hands(able: dict[tuple[int, Role], set[int]], at: int) -> Hands:
    mediators = able.get((at, Role.MEDIATOR), set())
    return Hands(len(mediators), len(able.get((at, Role.VOLUNTEER), set()) - mediators))


def _asked(gap: Gap) -> _Asked:
    policy = gap.matter.kind.policy
    checked = gap.matter.age is not None or any(one.check_required for one in policy.needs)
    return _Asked(gap.language, gap.part, policy.women_only, checked)


def _wants(asked: _Asked, centre: Centre, now: datetime) -> Iterable[Want]:
    """A session at every usual hour of next week, for a mediator and for a volunteer."""
    monday = week_of(now + A_WEEK, centre.tz)
    day = monday[0].astimezone(centre.tz).date()
    for role in ROLES:
        for on, starts in usual_starts(asked.part, day):
            starts_at = instant(on, starts, centre.tz)
            yield Want(
                role=role,
                language=asked.language,
                level=Level.B1,
                women_only=asked.women_only,
                check_required=asked.check_required,
                starts_at=starts_at,
                ends_at=starts_at + LENGTH,
                last_day=on,
                week=monday,
            )
