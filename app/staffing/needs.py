"""The same need at several meetings of a series: changing it, adding it, taking it away. Never
commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, select, update

from app.extensions import db
from app.i18n import _l
from app.people.terms import Level, Role
from app.programme.kinds import Kind
from app.programme.models import ChangeKind, Edit, Meeting, MeetingChange
from app.refusal import Refusal
from app.staffing.children import refuse_one_adult
from app.staffing.eligibility import Rule
from app.staffing.fitting import stands_against_helpers
from app.staffing.models import ALIVE, Assignment, Need, Override, State
from app.staffing.operations import SomebodyCounts, add_needs
from app.staffing.stricter import free_or_refuse

ABOUT_LANGUAGE = (Rule.LANGUAGE_NOT_SPOKEN, Rule.DOES_NOT_INTERPRET, Rule.LEVEL_TOO_LOW)
SPOKEN = ("language", "level", "interpreting", "via")
"""The facts that those rules look at."""


class MoreThanWanted(Refusal):
    message = _l("More people are confirmed than would be needed.")


@dataclass(frozen=True, kw_only=True)
class NeedFacts:
    """What a need asks for; two needs with the same are the same need of a series."""

    role: Role
    language: str | None = None
    level: Level | None = None
    wanted: int = 1
    women_only: bool = False
    check_required: bool = False
    interpreting: bool = False
    trainees: int = 0
    relay: bool = False
    via: str | None = None


def facts_of(need: Need) -> NeedFacts:
    return NeedFacts(
        role=need.role,
        language=need.language,
        level=need.level,
        wanted=need.wanted,
        women_only=need.women_only,
        check_required=need.check_required,
        interpreting=need.interpreting,
        trainees=need.trainees,
        relay=need.relay,
        via=need.via,
    )


def as_json(facts: NeedFacts | None) -> dict[str, Any] | None:
    return asdict(facts) if facts else None


def from_json(facts: dict[str, Any] | None) -> NeedFacts | None:
    if facts is None:
        return None
    level = Level(facts["level"]) if facts["level"] else None
    return NeedFacts(**{**facts, "role": Role(facts["role"]), "level": level})


def change_needs(
    meetings: Sequence[Meeting],
    old: NeedFacts | None,
    new: NeedFacts | None,
    *,
    edit: Edit,
    chosen: Collection[int] = (),
    free: Collection[str] = (),
) -> dict[int, int]:
    """Each of *meetings* that needs *old* needs *new* instead; None for nothing before or after.

    Where a meeting has several alike, one whose id is *chosen*, else one that nobody stands for.
    Who is asked or confirmed stays if they still fit: else `SomebodyWouldNotFit`, unless they are
    among those to *free* (refs of assignments), and `MoreThanWanted`; taking a need away from them:
    `SomebodyCounts`. The caller holds the meetings. Gives back meeting id -> the id of its need.
    """
    if old == new:
        return {}
    if old is not None:
        needs = _change(meetings, old, new, chosen)
    else:
        added = add_needs(meetings, **asdict(new)) if new is not None else []
        needs = {need.meeting_id: need.id for need in added}
    concerned = [meeting for meeting in meetings if meeting.id in needs]
    _record(concerned, old, new, edit, needs)
    if edit.activity.kind is Kind.CHILDCARE:
        for meeting in concerned:
            refuse_one_adult(meeting)
    if new is not None:
        free_or_refuse(stands_against_helpers(concerned), free, by=edit.by, now=edit.at)
    return needs


def _change(
    meetings: Sequence[Meeting], old: NeedFacts, new: NeedFacts | None, chosen: Collection[int]
) -> dict[int, int]:
    """Meeting id -> the id of the one need of it that was changed, or taken away."""
    found = db.session.scalars(_such([meeting.id for meeting in meetings], old)).all()
    standing: dict[int, list[State]] = {}
    for need_id, state in db.session.execute(
        select(Assignment.need_id, Assignment.state).where(
            Assignment.need_id.in_([need.id for need in found]), Assignment.state.in_(ALIVE)
        )
    ):
        standing.setdefault(need_id, []).append(state)
    needs: dict[int, int] = {}
    for need in sorted(found, key=lambda n: (n.id not in chosen, n.id in standing, n.id)):
        needs.setdefault(need.meeting_id, need.id)
    if new is None:
        _take_away(list(needs.values()), standing)
    else:
        _refuse_too_few(needs.values(), standing, new)
        _forget_overrides(needs.values(), old, new)
        db.session.execute(update(Need).where(Need.id.in_(needs.values())).values(**asdict(new)))
    return needs


def _forget_overrides(needs: Iterable[int], old: NeedFacts, new: NeedFacts) -> None:
    """Whoever was let pass in spite of a language was not let pass in spite of another."""
    if all(getattr(old, name) == getattr(new, name) for name in SPOKEN):
        return
    there = select(Assignment.id).where(Assignment.need_id.in_(list(needs)))
    db.session.execute(
        delete(Override).where(Override.assignment_id.in_(there), Override.rule.in_(ABOUT_LANGUAGE))
    )


def _take_away(needs: Sequence[int], standing: Collection[int]) -> None:
    if any(need_id in standing for need_id in needs):
        raise SomebodyCounts
    db.session.execute(delete(Assignment).where(Assignment.need_id.in_(needs)))
    db.session.execute(delete(Need).where(Need.id.in_(needs)))


def _refuse_too_few(
    needs: Iterable[int], standing: Mapping[int, Sequence[State]], new: NeedFacts
) -> None:
    for need_id in needs:
        if list(standing.get(need_id, ())).count(State.CONFIRMED) > new.wanted:
            raise MoreThanWanted


def _such(meeting_ids: Any, facts: NeedFacts) -> Any:
    found = select(Need).where(Need.meeting_id.in_(meeting_ids)).order_by(Need.id)
    for name, value in asdict(facts).items():
        found = found.where(getattr(Need, name) == value)
    return found.with_for_update(of=Need)


def _record(
    meetings: Sequence[Meeting],
    old: NeedFacts | None,
    new: NeedFacts | None,
    edit: Edit,
    needs: Mapping[int, int],
) -> None:
    db.session.add_all(
        MeetingChange(
            meeting=meeting,
            sequence=meeting.sequence,
            kind=ChangeKind.NEEDS,
            by=edit.by,
            at=edit.at,
            edit=edit,
            before={"was": as_json(old)},
            after={"is": as_json(new), "need": needs[meeting.id] if new else None},
        )
        for meeting in meetings
    )
    db.session.flush()
