"""Asking ranked people in turn: the first yes has the place, silence and no lead to the next in
line. Never commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Person
from app.refusal import Refusal
from app.staffing.decisions import decide
from app.staffing.finding import Ranked
from app.staffing.holding import hold
from app.staffing.models import Asking, Assignment, InLine, Need, Progress, State
from app.staffing.operations import NeedFilled, NotEligible, NotYetOpen, TooLate, offer_place
from app.staffing.queries import assignment_of, places_left

SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=7)


class NobodyToAsk(Refusal):
    message = _l("Nobody fits who was not asked already.")


class AskingAlready(Refusal):
    message = _l("People are being asked for this already. Stop that first.")


def ask_in_turn(
    need: Need,
    ranked: Sequence[Ranked],
    *,
    by: Person | None,
    at_once: int,
    lasts: timedelta,
    now: datetime,
    stand_in_for: Assignment | None = None,
) -> Asking:
    """Line up those of *ranked* against whom nothing stands and who have not answered yet, in this
    order; `go_on` asks them. What spoke for each of them, and against the others, is kept.

    Raises `AskingAlready`; `NotYetOpen` in a draft, of which nobody is told; and `NobodyToAsk`,
    unless it is for a stand-in: there the coordinator is told in time.
    """
    lock(need.meeting)
    lock(need)
    if need.meeting.is_draft:
        raise NotYetOpen
    if running_asking(need) is not None:
        raise AskingAlready
    busy = (State.CONFIRMED, State.DECLINED)
    line = [one for one in ranked if not one.reasons and one.state not in busy]
    if not line and stand_in_for is None:
        raise NobodyToAsk
    against = Counter(reason.rule.value for one in ranked for reason in one.reasons)
    asking = Asking(
        need=need,
        by=by,
        stand_in_for=stand_in_for,
        made_at=now,
        at_once=at_once,
        lasts_minutes=int(min(max(lasts, SHORTEST), LONGEST).total_seconds() // 60),
        passed_over=dict(against),
        line=[
            InLine(person=one.person, position=position, facts=facts_of(one))
            for position, one in enumerate(line)
        ],
    )
    db.session.add(asking)
    db.session.flush()
    return asking


def facts_of(one: Ranked) -> dict[str, Any]:
    """What made somebody's place in the line, as plain values."""
    return {
        "level": one.level.value if one.level else None,
        "recent": one.recent,
        "home": one.is_home,
        "said": one.said.value if one.said else None,
    }


def running_asking(need: Need) -> Asking | None:
    return db.session.scalars(
        select(Asking).where(Asking.need_id == need.id, Asking.progress == Progress.RUNNING)
    ).one_or_none()


def running_askings() -> Sequence[int]:
    """The ids of all that go on; the worker looks at each in a transaction of its own."""
    return db.session.scalars(
        select(Asking.id).where(Asking.progress == Progress.RUNNING).order_by(Asking.id)
    ).all()


def go_on(asking: Asking, *, now: datetime) -> None:
    """What is due by now: offers lapse, the next in line are asked, or it is over."""
    _hold(asking, _next_in_line(asking))
    if asking.progress is not Progress.RUNNING:
        return
    need = asking.need
    became_secret = asking.by is None and need.meeting.is_secret
    if became_secret or not need.meeting.is_open(now):
        _end(asking, Progress.STOPPED, now=now)
    elif places_left(need) < 1:
        _end(asking, Progress.FILLED, now=now)
    else:
        waiting = _let_lapse(asking, now=now)
        _ask_next(asking, asking.at_once - waiting, now=now)


def stop_asking(asking: Asking, *, by: Person | None, now: datetime) -> None:
    """Nobody else is asked; who has not answered yet need not. The caller may hold the need."""
    _hold(asking, [])
    if asking.progress is Progress.RUNNING:
        _end(asking, Progress.STOPPED, by=by, now=now)


def _next_in_line(asking: Asking) -> list[InLine]:
    """More than will be asked at once, as some may not be asked any more."""
    return [one for one in asking.line if one.outcome is None][: asking.at_once + 2]


def _hold(asking: Asking, line: Sequence[InLine]) -> None:
    hold([asking.need], people=[one.person for one in line])
    lock(asking)


def _open_offers(asking: Asking) -> list[Assignment]:
    """Those asked in this line whose offer stands, answered in time or not."""
    asked = [one.person_id for one in asking.line if one.outcome == "asked"]
    return list(
        db.session.scalars(
            select(Assignment)
            .where(
                Assignment.need_id == asking.need_id,
                Assignment.person_id.in_(asked),
                Assignment.state == State.OFFERED,
            )
            .order_by(Assignment.id)
            .execution_options(populate_existing=True)
        )
    )


def _let_lapse(asking: Asking, *, now: datetime) -> int:
    """Offers that were not answered in time are over; how many still wait."""
    waiting = 0
    for offer in _open_offers(asking):
        if offer.is_open_offer(now):
            waiting += 1
        else:
            decide(offer, State.LAPSED, by=None, now=now, asking=asking.id)
    return waiting


def _ask_next(asking: Asking, free: int, *, now: datetime) -> None:
    """Ask so many more; when nobody waits and nobody is left, it is over."""
    held = _next_in_line(asking)
    for one in held:
        if free < 1:
            break
        one.outcome = _ask(asking, one.person, now=now)
        one.asked_at = now
        free -= one.outcome == "asked"
    db.session.flush()
    if not any(one.outcome is None for one in asking.line) and not _open_offers(asking):
        _end(asking, Progress.NOBODY_LEFT, now=now)


def _ask(asking: Asking, person: Person, *, now: datetime) -> str:
    """``asked``, or why not: somebody may have changed since the line was made."""
    need = asking.need
    held = assignment_of(need, person)
    if held is not None and held.state in (State.CONFIRMED, State.DECLINED, State.REQUESTED):
        return held.state.value
    lasts = timedelta(minutes=asking.lasts_minutes)
    try:
        offer_place(need, person, by=asking.by, now=now, lasts=lasts, facts={"asking": asking.id})
    except NotEligible as refusal:
        return " ".join(reason.rule.value for reason in refusal.reasons)
    except (NeedFilled, TooLate):
        return "closed"
    return "asked"


def _end(asking: Asking, progress: Progress, *, by: Person | None = None, now: datetime) -> None:
    for offer in _open_offers(asking):
        decide(offer, State.LAPSED, by=by, now=now, asking=asking.id, because=progress.value)
    asking.progress, asking.ended_at = progress, now
    db.session.flush()
    if progress is Progress.NOBODY_LEFT:
        _tell_nobody_left(asking, now=now)


def _tell_nobody_left(asking: Asking, *, now: datetime) -> None:
    meeting = asking.need.meeting
    if meeting.is_draft:
        return
    post(
        meeting.activity.coordinator,
        Letter.NOBODY_LEFT,
        asking.ref,
        now=now,
        about={"meeting": meeting.id, "need": asking.need_id},
        responsible=meeting.activity.coordinator,
        confidential=meeting.is_secret,
        not_after=meeting.starts_at,
    )
