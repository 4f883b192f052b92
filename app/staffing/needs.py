"""The same need at several meetings of a series: changing it, adding it, taking it away. Never
commits."""

from __future__ import annotations

from collections.abc import Sequence
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
from app.staffing.fitting import stands_against_helpers
from app.staffing.models import Assignment, Need, State
from app.staffing.operations import SomebodyCounts, add_needs

ALIVE = (State.OFFERED, State.REQUESTED, State.CONFIRMED)


class SomebodyWouldNotFit(Refusal):
    message = _l("Somebody who is confirmed would no longer fit. Ask others first.")


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


def facts_of(need: Need) -> NeedFacts:
    return NeedFacts(
        role=need.role,
        language=need.language,
        level=need.level,
        wanted=need.wanted,
        women_only=need.women_only,
        check_required=need.check_required,
    )


def as_json(facts: NeedFacts | None) -> dict[str, Any] | None:
    return asdict(facts) if facts else None


def from_json(facts: dict[str, Any] | None) -> NeedFacts | None:
    if facts is None:
        return None
    level = Level(facts["level"]) if facts["level"] else None
    return NeedFacts(**{**facts, "role": Role(facts["role"]), "level": level})


def change_needs(
    meetings: Sequence[Meeting], old: NeedFacts | None, new: NeedFacts | None, *, edit: Edit
) -> None:
    """Each of *meetings* that needs *old* needs *new* instead; None for nothing before or after.

    Who is asked or confirmed stays if they still fit: else `SomebodyWouldNotFit`, `MoreThanWanted`;
    taking a need away from them: `SomebodyCounts`. The caller holds the meetings.
    """
    if old == new:
        return
    concerned = list(meetings) if old is None else _change(meetings, old, new)
    if old is None and new is not None:
        add_needs(concerned, **asdict(new))
    _record(concerned, old, new, edit)
    if edit.activity.kind is Kind.CHILDCARE:
        for meeting in concerned:
            refuse_one_adult(meeting)
    if new is not None and stands_against_helpers(concerned):
        raise SomebodyWouldNotFit


def _change(meetings: Sequence[Meeting], old: NeedFacts, new: NeedFacts | None) -> list[Meeting]:
    """The first such need of each meeting; which meetings had one."""
    by_id = {meeting.id: meeting for meeting in meetings}
    needs: dict[int, Need] = {}
    for need in db.session.scalars(_such(by_id, old)):
        needs.setdefault(need.meeting_id, need)
    ids = [need.id for need in needs.values()]
    standing = db.session.execute(
        select(Assignment.need_id, Assignment.state).where(
            Assignment.need_id.in_(ids), Assignment.state.in_(ALIVE)
        )
    ).all()
    if new is None:
        if standing:
            raise SomebodyCounts
        db.session.execute(delete(Assignment).where(Assignment.need_id.in_(ids)))
        db.session.execute(delete(Need).where(Need.id.in_(ids)))
    else:
        confirmed = [need_id for need_id, state in standing if state is State.CONFIRMED]
        if any(confirmed.count(need_id) > new.wanted for need_id in set(confirmed)):
            raise MoreThanWanted
        db.session.execute(update(Need).where(Need.id.in_(ids)).values(**asdict(new)))
    return [by_id[meeting_id] for meeting_id in needs]


def _such(meeting_ids: Any, facts: NeedFacts) -> Any:
    found = select(Need).where(Need.meeting_id.in_(meeting_ids)).order_by(Need.id)
    for name, value in asdict(facts).items():
        found = found.where(getattr(Need, name) == value)
    return found.with_for_update(of=Need)


def _record(
    meetings: Sequence[Meeting], old: NeedFacts | None, new: NeedFacts | None, edit: Edit
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
            after={"is": as_json(new)},
        )
        for meeting in meetings
    )
    db.session.flush()
