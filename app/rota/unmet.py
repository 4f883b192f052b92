"""Languages of those enrolled that nobody speaks who is to come: whom else to look for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from app.extensions import db
from app.people.languages import answering
from app.people.models import SpokenLanguage
from app.people.terms import Level, Role
from app.programme.models import Activity, Meeting
from app.rota.inputs import needs_of_rota
from app.rota.models import Rota
from app.rota.taken import HELD, forbidden_in, not_wanted, planned_of, stands_of, too_late
from app.signups.models import Enrolment
from app.staffing.eligibility import best_level
from app.staffing.languages_needed import Speaks, languages_missing
from app.staffing.models import Need


@dataclass(frozen=True)
class Unmet:
    """A language (BCP 47) that nobody speaks who is to come to those *sessions*, and for how many
    *people* who are enrolled in their activities somebody would be needed."""

    language: str
    people: int
    sessions: int


def unmet_in(rota: Rota, *, now: datetime) -> list[Unmet]:
    """Of the sessions that ask for mediators without saying which language, as far as the rota's
    coordinator may know of them; most people first."""
    rows = db.session.execute(
        needs_of_rota(rota, now=now).with_only_columns(
            Need.id,
            Need.wanted,
            Need.role,
            Need.language.label("asked_for"),
            Need.meeting_id,
            Meeting.activity_id,
            Activity.language.label("held_in"),
            Activity.support_language,
        )
    ).all()
    open_ = {
        row.meeting_id: row for row in rows if row.role is Role.MEDIATOR and row.asked_for is None
    }
    if not open_:
        return []
    here = [row for row in rows if row.meeting_id in open_]
    there = _who_comes(rota, here, now)
    spoken = _spoken_by({who for people in there.values() for who in people})
    learners = _enrolled({row.activity_id for row in here})
    promised = _promised(here)
    people: dict[str, Counter[int]] = defaultdict(Counter)
    sessions = Counter[str]()
    for meeting_id, row in open_.items():
        group = learners.get(row.activity_id, [])
        helping = [spoken[who] for who in there[meeting_id] if who in spoken]
        mediated = promised[meeting_id] | _answered(helping, group)
        for one in languages_missing(group, held_in=row.held_in, mediated=mediated).missing:
            most = people[one.language]
            most[row.activity_id] = max(most[row.activity_id], one.people)
            sessions[one.language] += 1
    found = [Unmet(tag, counts.total(), sessions[tag]) for tag, counts in people.items()]
    return sorted(found, key=lambda one: (-one.people, -one.sessions, one.language))


def _who_comes(
    rota: Rota, rows: Iterable[Row[*tuple[Any, ...]]], now: datetime
) -> dict[int, set[int]]:
    """Meeting id -> the ids of those whom the plan has there, or who are confirmed or asked."""
    planned, stands, forbidden = planned_of(rota), stands_of(rota, now), forbidden_in(rota)
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        ones, known = planned.get(row.id, []), stands.get(row.id, {})
        off = too_late(row.wanted, ones, known) | not_wanted(ones, forbidden.get(row.id, ()))
        found[row.meeting_id] |= {who for who, one in known.items() if one.state in HELD}
        found[row.meeting_id] |= {
            who for who, leg in ones if who not in known and (who, leg) not in off
        }
    return found


def _promised(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[int, frozenset[str]]:
    """Meeting id -> the languages that other places there ask for, filled or not, and the one that
    the activity is mediated into anyway."""
    found: dict[int, frozenset[str]] = defaultdict(frozenset)
    for row in rows:
        tags = [tag for tag in (row.asked_for, row.support_language) if tag]
        found[row.meeting_id] |= frozenset[str]().union(*(answering(tag) for tag in tags))
    return found


def _answered(helping: Sequence[Speaks], learners: Iterable[Speaks]) -> frozenset[str]:
    """The languages in which those helpers can be asked, of their own and of the learners'."""
    asked = {tag for one in (*helping, *learners) for tag in one}
    return frozenset(
        tag for tag in asked if any(best_level(tag, one) is not None for one in helping)
    )


def _spoken_by(people: Collection[int]) -> dict[int, dict[str, Level]]:
    """Person id -> what they speak."""
    found: dict[int, dict[str, Level]] = defaultdict(dict)
    columns = (SpokenLanguage.person_id, SpokenLanguage.language, SpokenLanguage.speaks)
    rows = db.session.execute(select(*columns).where(SpokenLanguage.person_id.in_(people)))
    for who, tag, level in rows:
        if level is not None:
            found[who][tag] = level
    return found


def _enrolled(activities: Collection[int]) -> dict[int, list[Speaks]]:
    """Activity id -> what each of those enrolled speaks."""
    rows = db.session.execute(
        select(
            Enrolment.activity_id,
            Enrolment.person_id,
            SpokenLanguage.language,
            SpokenLanguage.speaks,
        )
        .join(SpokenLanguage, SpokenLanguage.person_id == Enrolment.person_id)
        .where(
            Enrolment.activity_id.in_(activities),
            Enrolment.left_at.is_(None),
        )
    )
    found: dict[tuple[int, int], dict[str, Level]] = defaultdict(dict)
    for activity_id, who, tag, level in rows:
        if level is not None:
            found[activity_id, who][tag] = level
    learners: dict[int, list[Speaks]] = defaultdict(list)
    for (activity_id, _), speaks in found.items():
        learners[activity_id].append(speaks)
    return learners
