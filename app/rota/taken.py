"""Where people stand with the places of a plan today: which proposals came too late, and which wait
until somebody gives a place up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select

from app.extensions import db
from app.programme.models import Activity, Meeting
from app.programme.queries import ways_to
from app.rota.frame import Frame, unpacked, unpacked_plan
from app.rota.inputs import GONE, needs_of_rota
from app.rota.models import Rota
from app.staffing.matching.instance import DIRECT
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import is_offered

HELD = (State.CONFIRMED, State.OFFERED)
SETTLED = (*HELD, *GONE)
"""Where the plan decides nothing any more."""


@dataclass(frozen=True)
class Stand:
    """Somebody who is confirmed, asked, or said no. *takes*: nobody else can have their place, even
    where the plan does not have them there. *may_go*: confirmed, and the plan may take it from
    them, once they agree. *since*: the plan was made before."""

    state: State
    takes: bool
    may_go: bool = False
    since: bool = False


def stand(
    rota: Rota, state: State, changed_at: datetime, stand_in_wanted_at: datetime | None
) -> Stand:
    """Whom the plan could not know of took the place; and whoever is confirmed, but for those whom
    the plan moves and who look for a stand-in."""
    since = rota.began_at is not None and changed_at > rota.began_at
    if state is State.CONFIRMED:
        stays, moves = stand_in_wanted_at is None, rota.may_move and not since
        return Stand(state, takes=stays and not moves, may_go=stays and moves, since=since)
    return Stand(state, state is State.OFFERED and since, since=since)


def too_late(
    wanted: int, planned: Iterable[tuple[int, int]], stands: Mapping[int, Stand]
) -> set[tuple[int, int]]:
    """Those of one need's proposals, (person id, leg), for whom no place is left by now."""
    ones = list(planned)
    inside = {who for who, _ in ones}
    held = sum(who in stands and stands[who].state in HELD for who, leg in ones if is_a_place(leg))
    room = wanted - held - sum(one.takes for who, one in stands.items() if who not in inside)
    waiting = [(who, leg) for who, leg in ones if who not in stands]
    late = [one for one in waiting if is_a_place(one[1])][max(0, room) :]
    relays = {leg // 2 for _, leg in late if leg != DIRECT}
    return {*late, *(one for one in waiting if one[1] != DIRECT and one[1] // 2 in relays)}


def forbidden_in(rota: Rota) -> dict[int, set[int]]:
    """Need id -> the ids of those whom its coordinator would not have there."""
    found: dict[int, set[int]] = defaultdict(set)
    for wish in rota.wishes:
        if not wish.wanted:
            found[wish.need_id].add(wish.person_id)
    return found


def not_wanted(
    planned: Iterable[tuple[int, int]], forbidden: Container[int]
) -> set[tuple[int, int]]:
    """Those of one need's proposals, (person id, leg), of whom the coordinator said "not here";
    with the other half of a relay."""
    ones = list(planned)
    relays = {leg // 2 for who, leg in ones if leg != DIRECT and who in forbidden}
    return {
        (who, leg)
        for who, leg in ones
        if who in forbidden or (leg != DIRECT and leg // 2 in relays)
    }


def first_to_go(rota: Rota, now: datetime) -> dict[tuple[int, int], tuple[int, ...]]:
    """(need id, person id) of each proposal that nobody can be asked for yet -> the ids of those
    who would have to give up a place first: that place, or their own at the same time or for the
    hours of that week."""
    if not rota.may_move:
        return {}
    stands, planned = stands_of(rota, now), planned_of(rota)
    rows = {row.id: row for row in db.session.execute(_needs(rota, now))}
    leaving: dict[int, tuple[int, ...]] = {}
    own: dict[int, list[int]] = defaultdict(list)
    for need_id in rows:
        inside = {who for who, _ in planned[need_id]}
        others = {who: one for who, one in stands.get(need_id, {}).items() if who not in inside}
        leaving[need_id] = tuple(sorted(who for who, one in others.items() if one.may_go))
        for who, one in others.items():
            if one.state is State.CONFIRMED:
                own[who].append(need_id)
    ways = ways_to({row.centre_id for row in rows.values()}) if own else {}
    short = _short_of_hours(rota, own, planned, stands)
    found = {}
    for need_id, row in rows.items():
        known = stands.get(need_id, {})
        full = too_late(row.wanted - len(leaving[need_id]), planned[need_id], known)
        late = too_late(row.wanted, planned[need_id], known)
        for who, leg in planned[need_id]:
            if who in known or (who, leg) in late:
                continue
            first = leaving[need_id] if (who, leg) in full else ()
            if (need_id, who) in short or any(_clash(rows[a], row, ways) for a in own[who]):
                first = (*first, who)
            if first:
                found[need_id, who] = first
    return found


def _short_of_hours(
    rota: Rota,
    leaving: Mapping[int, Collection[int]],
    planned: Mapping[int, Collection[tuple[int, int]]],
    stands: Mapping[int, Mapping[int, Stand]],
) -> set[tuple[int, int]]:
    """(need id, person id) of each proposal for which somebody's week has no hours left while they
    keep the places that the plan takes from them; *leaving*: person id -> those needs."""
    if not leaving or rota.inputs is None:
        return set()
    frame = unpacked(rota.inputs)
    used: Counter[tuple[int, int]] = Counter()
    waiting: list[tuple[int, int, int]] = []
    for need_id, ones in planned.items():
        for who in {who for who, _ in ones} & leaving.keys():
            state = stands.get(need_id, {})
            if who not in state and need_id in frame.need_at:
                waiting.append((frame.meeting_of(need_id).starts, need_id, who))
            elif who in state and state[who].state in HELD:
                _count(used, frame, need_id, who)
    for who, need_ids in leaving.items():
        for need_id in need_ids:
            _count(used, frame, need_id, who)
    found = set()
    for _, need_id, who in sorted(waiting):
        meeting, at = frame.meeting_of(need_id), frame.helper_at[who]
        left = frame.instance.helpers[at].minutes_left(meeting.week) - used[who, meeting.week]
        if meeting.minutes > left:
            found.add((need_id, who))
        else:
            used[who, meeting.week] += meeting.minutes
    return found


def _count(used: Counter[tuple[int, int]], frame: Frame, need_id: int, who: int) -> None:
    """Count a place with the hours of its week, unless the frame has done so."""
    if need_id in frame.need_at and (need_id, who) not in frame.settled:
        meeting = frame.meeting_of(need_id)
        used[who, meeting.week] += meeting.minutes


def _needs(rota: Rota, now: datetime) -> Select[int, int, datetime, datetime, bool, int]:
    return needs_of_rota(rota, now=now).with_only_columns(
        Need.id,
        Need.wanted,
        Meeting.starts_at,
        Meeting.ends_at,
        and_(Meeting.room_id.is_(None), Meeting.online_url.is_not(None)).label("is_online"),
        Activity.centre_id,
    )


def _clash(
    one: Row[*tuple[Any, ...]],
    other: Row[*tuple[Any, ...]],
    ways: Mapping[tuple[int, int], timedelta],
) -> bool:
    """Whether nobody can be at both: at the same time, or the way between them is too long."""
    way = ways.get((one.centre_id, other.centre_id), timedelta())
    if one.is_online or other.is_online:
        way = timedelta()
    return bool(one.starts_at < other.ends_at + way and other.starts_at < one.ends_at + way)


def is_a_place(leg: int) -> bool:
    """Whether it fills a place by itself: of a relay, the first half does."""
    return leg == DIRECT or leg % 2 == 0


def stands_of(rota: Rota, now: datetime) -> dict[int, dict[int, Stand]]:
    """Need id -> person id -> confirmed, asked, or said no: what the plan does not decide."""
    ids = needs_of_rota(rota, now=now).with_only_columns(Need.id).order_by(None)
    rows = db.session.execute(
        select(
            Assignment.need_id,
            Assignment.person_id,
            Assignment.state,
            Assignment.changed_at,
            Assignment.stand_in_wanted_at,
        ).where(
            Assignment.need_id.in_(ids),
            ~Assignment.trainee,
            or_(Assignment.state.in_((State.CONFIRMED, *GONE)), is_offered(now)),
        )
    )
    found: dict[int, dict[int, Stand]] = defaultdict(dict)
    for need_id, person_id, state, changed_at, stand_in_wanted_at in rows:
        found[need_id][person_id] = stand(rota, state, changed_at, stand_in_wanted_at)
    return found


def planned_of(rota: Rota) -> dict[int, list[tuple[int, int]]]:
    """Need id -> (person id, leg) of whom the plan gives it."""
    planned: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for need_id, person_id, leg in unpacked_plan(rota.plan):
        planned[need_id].append((person_id, leg))
    return planned
