"""Where people stand with the places of a plan today, and which proposals came too late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from app.extensions import db
from app.rota.frame import unpacked_plan
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
    where the plan does not have them there."""

    state: State
    takes: bool


def stand(
    rota: Rota, state: State, changed_at: datetime, stand_in_wanted_at: datetime | None
) -> Stand:
    """Whom the plan could not know of took the place; and whoever is confirmed, but for those whom
    the plan moves and who look for a stand-in."""
    since = rota.began_at is not None and changed_at > rota.began_at
    if state is State.CONFIRMED:
        return Stand(state, stand_in_wanted_at is None and (since or not rota.may_move))
    return Stand(state, state is State.OFFERED and since)


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
