"""A plan as things stand today: who was asked or confirmed since it was made stays where they are,
and can be nowhere else at that time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select

from app.extensions import db
from app.people.models import Person
from app.programme.models import Meeting, Status
from app.rota.frame import Frame, unpacked_plan
from app.rota.inputs import GONE
from app.rota.models import Rota
from app.staffing.matching.instance import DIRECT, Instance, Plan, Proposal
from app.staffing.matching.roster import bits, keep_what_fits
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import is_offered, why_not

PairAt = tuple[int, int]
"""(need, helper) by position."""


@dataclass(frozen=True, kw_only=True)
class Today:
    """The frozen instance with what stands today (pinned there), and what is left of the plan.

    *besides*: (need id, person id, leg) of who has a place that the frame knows nothing of, such as
    the half of a relay; *filled_besides* is how many places these fill. *upset*: the needs of
    proposals that no longer hold. *expected_elsewhere*: those who are asked or expected at another
    place at the time of the need.
    """

    instance: Instance
    plan: Plan
    besides: tuple[tuple[int, int, int], ...]
    filled_besides: int
    upset: frozenset[int]
    said_no: frozenset[PairAt]
    expected_elsewhere: frozenset[PairAt]


def as_today(rota: Rota, frame: Frame, *, banned: Collection[PairAt], now: datetime) -> Today:
    """The plan of *rota* as things stand; what is *banned* by its coordinator and not in the plan
    stays out. The caller holds the rota."""
    names = unpacked_plan(rota.plan)
    before = frame.plan_of(names)
    planned = frozenset((one.need, one.helper) for one in before.proposals)
    rows = _places(frame, now)
    said_no = frozenset(_pair(frame, one) for one in rows if _said_no(frame, one))
    bans = (frame.instance.bans | frozenset(banned)) - planned | said_no
    there = [one for one in rows if one.state not in GONE and not _was_known(rota, frame, one)]
    inside = {one for one in there if _holds_a_place(one) and _is_possible(frame, one)}
    held = [one for one in there if one in inside]
    facts = [one for one in there if one not in inside and _could_come(one)]
    wanted = _wanted(frame)
    while True:
        instance = _around(frame, facts, held, wanted)
        standing = [Proposal(*_pair(frame, one)) for one in held]
        kept = keep_what_fits(instance.but(bans=frozenset(), pins=frozenset()), standing).proposals
        if len(kept) == len(standing):
            break
        facts += [one for one, place in zip(held, standing, strict=True) if place not in kept]
        held = [one for one, place in zip(held, standing, strict=True) if place in kept]
    pins = frozenset((one.need, one.helper) for one in standing)
    elsewhere = _expected_elsewhere(frame, [*facts, *held])
    at_facts = _expected_elsewhere(frame, facts)
    instance = instance.but(pins=pins, bans=(bans | at_facts) - pins)
    plan = keep_what_fits(instance, [*standing, *before.proposals]).plan
    besides = _besides(frame, facts, {(need, person) for need, person, _ in names})
    return Today(
        instance=instance,
        plan=plan,
        besides=tuple((one.need_id, one.person_id, DIRECT) for one in besides),
        filled_besides=sum(_fills(frame, one) for one in besides),
        upset=frozenset(one.need for one in set(before.proposals) - set(plan.proposals)),
        said_no=said_no,
        expected_elsewhere=elsewhere - pins,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody stands with a need at one of the meetings: columns, for there are many."""

    need_id: int
    person_id: int
    state: State
    trainee: bool
    stand_in_wanted_at: datetime | None
    changed_at: datetime
    meeting_id: int
    via: str | None


def _places(frame: Frame, now: datetime) -> list[_Place]:
    """Who is confirmed, asked or said no at any need of those meetings."""
    found = (
        select(
            Assignment.need_id,
            Assignment.person_id,
            Assignment.state,
            Assignment.trainee,
            Assignment.stand_in_wanted_at,
            Assignment.changed_at,
            Need.meeting_id,
            Need.via,
        )
        .join(Assignment.need)
        .join(Need.meeting)
        .where(
            Meeting.id.in_(frame.meeting_ids),
            Meeting.status == Status.PLANNED,
            or_(Assignment.state.in_((State.CONFIRMED, *GONE)), is_offered(now)),
        )
        .order_by(Assignment.id)
    )
    return [_Place(*row) for row in db.session.execute(found)]


def _wanted(frame: Frame) -> dict[int, int]:
    """Need id -> how many are wanted there by now."""
    found = select(Need.id, Need.wanted).where(Need.id.in_(frame.need_ids))
    return {need_id: wanted for need_id, wanted in db.session.execute(found)}


def _was_known(rota: Rota, frame: Frame, one: _Place) -> bool:
    """Whether the frame knows of their place and the plan may still say another: it works around
    them, or may move them."""
    if (one.need_id, one.person_id) in frame.settled:
        return True
    if one.state is not State.CONFIRMED or rota.began_at is None:
        return False
    if _is_in(frame, one) and _pair(frame, one) in frame.instance.confirmed:
        return rota.may_move and one.changed_at <= rota.began_at
    return one.changed_at < rota.began_at


def _said_no(frame: Frame, one: _Place) -> bool:
    gone = one.state in GONE or one.stand_in_wanted_at is not None
    return gone and not one.trainee and _is_in(frame, one)


def _is_in(frame: Frame, one: _Place) -> bool:
    return one.need_id in frame.need_at and one.person_id in frame.helper_at


def _pair(frame: Frame, one: _Place) -> PairAt:
    return frame.need_at[one.need_id], frame.helper_at[one.person_id]


def _is_possible(frame: Frame, one: _Place) -> bool:
    return _is_in(frame, one) and frame.pair(Proposal(*_pair(frame, one))) is not None


def _holds_a_place(one: _Place) -> bool:
    return not one.trainee and one.stand_in_wanted_at is None


def _could_come(one: _Place) -> bool:
    """Whether they are expected, or are asked and could say yes."""
    if one.state is State.CONFIRMED:
        return True
    need, person = db.session.get_one(Need, one.need_id), db.session.get_one(Person, one.person_id)
    return not why_not(need, person, trainee=one.trainee)


def _around(
    frame: Frame,
    facts: Iterable[_Place],
    held: Iterable[_Place],
    wanted: dict[int, int],
) -> Instance:
    """The frame's instance without the places and the hours of *facts*."""
    whole = frame.instance
    meeting_at = {meeting_id: number for number, meeting_id in enumerate(frame.meeting_ids)}
    taken = Counter(one.need_id for one in facts if _holds_a_place(one))
    taken.update(need_id for need_id, _ in frame.settled)
    inside = Counter(one.need_id for one in held)
    minutes: dict[int, Counter[int]] = defaultdict(Counter)
    for who, meeting_id in {(one.person_id, one.meeting_id) for one in facts}:
        if who in frame.helper_at:
            meeting = whole.meetings[meeting_at[meeting_id]]
            minutes[frame.helper_at[who]][meeting.week] += meeting.minutes
    needs = (
        replace(
            need,
            wanted=max(inside[need_id], min(need.wanted, wanted.get(need_id, 0) - taken[need_id])),
        )
        for need, need_id in zip(whole.needs, frame.need_ids, strict=True)
    )
    helpers = (
        replace(helper, taken=Counter(helper.taken) + minutes[number])
        if number in minutes
        else helper
        for number, helper in enumerate(whole.helpers)
    )
    return whole.but(needs=tuple(needs), helpers=tuple(helpers))


def _expected_elsewhere(frame: Frame, there: Iterable[_Place]) -> frozenset[PairAt]:
    """The needs at which nobody of *there* can be, since they are at another meeting then."""
    meeting_at = {meeting_id: number for number, meeting_id in enumerate(frame.meeting_ids)}
    needs_at: dict[int, list[int]] = defaultdict(list)
    for number, need in enumerate(frame.instance.needs):
        needs_at[need.meeting].append(number)
    return frozenset(
        (need, frame.helper_at[one.person_id])
        for one in there
        if one.person_id in frame.helper_at
        for meeting in bits(frame.instance.clashing(meeting_at[one.meeting_id]))
        for need in needs_at[meeting]
    )


def _besides(
    frame: Frame, facts: Iterable[_Place], planned: Collection[tuple[int, int]]
) -> list[_Place]:
    """Those of *facts* whose place is one of the plan, or was given by it."""
    return [
        one
        for one in facts
        if _holds_a_place(one)
        and (one.need_id in frame.need_at or (one.need_id, one.person_id) in planned)
    ]


def _fills(frame: Frame, one: _Place) -> bool:
    """Whether they fill a place of the plan: of a relay's two halves, the one that says through
    which language."""
    return one.need_id in frame.need_at or one.via is not None
