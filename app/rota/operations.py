"""What a coordinator does with a rota. Operations never commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Centre, Person
from app.people.terms import HELPERS
from app.programme.models import Meeting
from app.programme.terms import Term
from app.refusal import Refusal
from app.rota.frame import Frame, packed_plan, unpacked, unpacked_plan
from app.rota.models import Act, Deed, Rota, Stage, Wish
from app.rota.today import Today, as_today
from app.staffing.matching.checker import breaches, places_filled, value
from app.staffing.matching.highs import Infeasible
from app.staffing.matching.instance import DIRECT, Instance, Plan, Proposal, Weights
from app.staffing.matching.repair import KEEP, solved_around
from app.staffing.models import Need, State

KEPT = timedelta(days=365)


class StillSearching(Refusal):
    message = _l("The plan is still being made. Stop it first, or wait.")


class DoesNotFit(Refusal):
    message = _l("This does not fit: a rule stands against it.")


class NothingPlanned(Refusal):
    message = _l("There is no plan here that could be changed.")


class SaidNo(Refusal):
    message = _l("They said no to this place, or gave it up.")


class AskedElsewhere(Refusal):
    message = _l("They are asked or expected elsewhere at that time.")


class NotToWish(Refusal):
    message = _l(
        "The plan does not decide this: they have the place, are asked, or do not help here."
    )


class PlanChanged(Refusal):
    message = _l("The plan has changed meanwhile. Please look again.")


def begin_rota(
    by: Person,
    *,
    centre: Centre | None,
    term: Term | None = None,
    first_day: date,
    last_day: date,
    may_move: bool = False,
    now: datetime,
) -> Rota:
    """Have the worker search who goes where in those days; the same twice, before it has begun, is
    one."""
    lock(by)  # two clicks at once, one after the other
    asked = _new(by, centre, term, first_day, last_day, may_move, now)
    same = select(Rota).where(
        Rota.by_id == by.id,
        Rota.centre_id == (centre.id if centre else None),
        Rota.term_id == (term.id if term else None),
        Rota.first_day == first_day,
        Rota.last_day == last_day,
        Rota.may_move == may_move,
        Rota.stage == Stage.WAITING,
        Rota.after_id.is_(None),
    )
    waiting = db.session.scalars(same.order_by(Rota.id).limit(1)).one_or_none()
    if waiting is not None:
        return waiting
    db.session.add(asked)
    db.session.flush()
    return asked


def _new(
    by: Person,
    centre: Centre | None,
    term: Term | None,
    first_day: date,
    last_day: date,
    may_move: bool,
    now: datetime,
) -> Rota:
    return Rota(
        by_id=by.id,
        centre_id=centre.id if centre else None,
        term_id=term.id if term else None,
        first_day=first_day,
        last_day=last_day,
        may_move=may_move,
        stage=Stage.WAITING,
        made_at=now,
        weights=asdict(Weights()),
    )


def begin_mending(by: Person, meeting: Meeting, *, now: datetime) -> Rota:
    """Have what is missing in the week of *meeting* filled, moving as few people as can be."""
    centre = meeting.activity.centre
    day = meeting.starts_at.astimezone(centre.tz).date()
    monday = day - timedelta(days=day.weekday())
    return begin_rota(
        by,
        centre=centre,
        term=meeting.activity.term if meeting.is_draft else None,
        first_day=monday,
        last_day=monday + timedelta(days=6),
        may_move=True,
        now=now,
    )


def plan_again(rota: Rota, *, now: datetime) -> Rota:
    """The same days anew, as things are now, from where this plan ended; the wishes are kept. The
    same twice, before it has ended, is one."""
    if rota.stage.is_under_way:
        raise StillSearching
    lock(rota.by)  # two clicks at once, one after the other
    same = select(Rota).where(
        Rota.after_id == rota.id, Rota.stage.in_((Stage.WAITING, Stage.RUNNING))
    )
    for one in db.session.scalars(same.order_by(Rota.id)):
        if _said(one) == _said(rota):
            return one
    again = _new(rota.by, rota.centre, rota.term, rota.first_day, rota.last_day, rota.may_move, now)
    db.session.add(again)
    again.after = rota
    for wish in rota.wishes:
        again.wishes.append(
            Wish(need_id=wish.need_id, person_id=wish.person_id, wanted=wish.wanted)
        )
    db.session.flush()
    return again


def _said(rota: Rota) -> set[tuple[int, int, bool]]:
    return {(one.need_id, one.person_id, one.wanted) for one in rota.wishes}


def stop_search(rota: Rota, *, now: datetime) -> None:
    """No better plan is wanted; a second click is harmless. Where there is one it is over at once:
    the worker, which in a large model may hear of it only after half a minute, finds that the rota
    is no longer its own. Else the first plan is waited for."""
    lock(rota)
    if rota.stage is Stage.RUNNING and not rota.has_plan:
        rota.stop_asked = True
    elif rota.stage.is_under_way:
        record_found(rota, now=now)
        rota.stage, rota.ended_at = Stage.STOPPED, now
        rota.holder = rota.lease_until = None
    db.session.flush()


def wish(
    rota: Rota,
    need: Need,
    person: Person,
    *,
    wanted: bool | None,
    now: datetime,
    act: Act | None = None,
) -> None:
    """From the next plan on, *person* is to have this place, is not to, or (None) as it comes.

    Whoever is confirmed or asked has it whatever is wished. Raises `NotToWish`.
    """
    lock(rota)
    if wanted is not None and not _may_be_wished(need, person, now):
        raise NotToWish
    known = db.session.scalars(
        select(Wish).where(
            Wish.rota_id == rota.id, Wish.need_id == need.id, Wish.person_id == person.id
        )
    ).one_or_none()
    if (known.wanted if known else None) == wanted and act is None:
        return
    if known is not None:
        db.session.delete(known)
        db.session.flush()
    if wanted is not None:
        db.session.add(Wish(rota_id=rota.id, need=need, person=person, wanted=wanted))
    meant = {None: Act.FREED, True: Act.PINNED, False: Act.FORBADE}[wanted]
    record(rota, act or meant, need, person, now=now)
    db.session.expire(rota, ["wishes"])


def put(rota: Rota, need: Need, person: Person, *, now: datetime) -> None:
    """Somebody else's choice for a place: *person* has it from now on, and stays; what that upsets
    is mended with as few changes as can be."""

    def change(frame: Frame, today: Today) -> tuple[Instance, Plan]:
        chosen = _proposal(frame, today, need, person)
        pair = {(chosen.need, chosen.helper)}
        plan, planned = today.plan, _pairs(today.plan)
        pins = {one for one in _wished(rota, frame, wanted=True) & planned if one[0] != chosen.need}
        whole = today.instance
        taken = whole.but(pins=whole.pins | pins | pair, bans=whole.bans - pair)
        dear = replace(taken.weights, keep=taken.weights.keep * KEEP)
        try:
            return taken, solved_around(
                taken.but(confirmed=frozenset(planned), weights=dear),
                plan,
                {chosen.need, *today.upset},
            )
        except Infeasible as nothing:  # beside what is pinned elsewhere
            raise DoesNotFit from nothing

    _change(rota, change, now=now)
    _forget_replaced(rota, need)
    wish(rota, need, person, wanted=True, now=now, act=Act.PUT)


def exchange(
    rota: Rota, one: tuple[Need, Person], other: tuple[Need, Person], *, now: datetime
) -> None:
    """Each of two people takes the other's place in the plan."""

    def change(frame: Frame, today: Today) -> tuple[Instance, Plan]:
        before = {_known(frame, *one), _known(frame, *other)}
        if any((each.need, each.helper) in today.instance.pins for each in before):
            raise NotToWish
        if not before <= set(today.plan.proposals):
            raise PlanChanged
        after = {
            _proposal(frame, today, one[0], other[1]),
            _proposal(frame, today, other[0], one[1]),
        }
        freed = frozenset((each.need, each.helper) for each in after)
        whole = today.instance
        return whole.but(bans=whole.bans - freed), Plan.of(
            set(today.plan.proposals) - before | after
        )

    _change(rota, change, now=now)
    _forget_replaced(rota, one[0], other[0])
    for need, person in ((one[0], other[1]), (other[0], one[1])):
        wish(rota, need, person, wanted=True, now=now, act=Act.EXCHANGED)


def _change(
    rota: Rota, how: Callable[[Frame, Today], tuple[Instance, Plan]], *, now: datetime
) -> None:
    """Change the plan by hand, as things are today. Raises `DoesNotFit` where a rule would be
    broken."""
    lock(rota)
    if rota.stage.is_under_way:
        raise StillSearching
    if rota.inputs is None or rota.plan is None:
        raise NothingPlanned
    frame = unpacked(rota.inputs)
    today = as_today(rota, frame, banned=_wished(rota, frame, wanted=False), now=now)
    instance, plan = how(frame, today)
    if breaches(instance, plan):
        raise DoesNotFit
    rota.plan = packed_plan([*frame.names(plan), *today.besides])
    rota.worth = value(frame.instance, plan)
    rota.filled = (
        sum(places_filled(frame.instance, plan)) + len(frame.settled) + today.filled_besides
    )
    if today.besides or breaches(frame.instance, plan):
        rota.bound = None  # none of the plans among which was searched
    rota.version += 1
    db.session.flush()


def forget_old_rotas(*, now: datetime) -> None:
    """A year after its last day nothing is kept of a plan."""
    db.session.execute(delete(Rota).where(Rota.last_day < now.date() - KEPT))


def record(
    rota: Rota,
    act: Act,
    need: Need | None,
    person: Person | None,
    *,
    now: datetime,
    by: Person | None = None,
    **why: Any,
) -> None:
    """One more line of what was done with a rota."""
    db.session.add(
        Deed(rota_id=rota.id, need=need, person=person, by=by or rota.by, at=now, act=act, why=why)
    )
    db.session.flush()


def record_found(rota: Rota, *, now: datetime) -> None:
    """The plan as the search found it, whatever is changed by hand afterwards."""
    if rota.plan is None:
        return
    why = {
        "plan": unpacked_plan(rota.plan),
        "worth": rota.worth,
        "bound": rota.bound,
        "step": rota.step,
    }
    db.session.add(Deed(rota_id=rota.id, at=now, act=Act.FOUND, why=why))


def _may_be_wished(need: Need, person: Person, now: datetime) -> bool:
    helps = set(person.roles_in(need.meeting.activity.centre_id)) & set(HELPERS)
    return bool(helps) and not any(
        one.person_id == person.id and (one.state is State.CONFIRMED or one.is_open_offer(now))
        for one in need.assignments
    )


def _wished(rota: Rota, frame: Frame, *, wanted: bool) -> frozenset[tuple[int, int]]:
    """What is pinned, or is not wanted, by position."""
    return frozenset(
        (frame.need_at[one.need_id], frame.helper_at[one.person_id])
        for one in rota.wishes
        if one.wanted == wanted
        and one.need_id in frame.need_at
        and one.person_id in frame.helper_at
    )


def _pairs(plan: Plan) -> set[tuple[int, int]]:
    return {(one.need, one.helper) for one in plan.proposals}


def _forget_replaced(rota: Rota, *needs: Need) -> None:
    """Earlier choices for those places, which the plan does not follow any more."""
    ids = {need.id for need in needs}
    for one in list(rota.wishes):
        if one.need_id in ids and one.wanted and not _has(rota, one):
            db.session.delete(one)
    db.session.flush()
    db.session.expire(rota, ["wishes"])


def _has(rota: Rota, one: Wish) -> bool:
    """Whether the plan gives that place to that person."""
    return any(
        (need, who) == (one.need_id, one.person_id) for need, who, _ in unpacked_plan(rota.plan)
    )


def _known(frame: Frame, need: Need, person: Person) -> Proposal:
    """Somebody for a need, if no rule stood against it when the plan was made."""
    if need.id not in frame.need_at or person.id not in frame.helper_at:
        raise DoesNotFit
    found = Proposal(frame.need_at[need.id], frame.helper_at[person.id], DIRECT)
    if frame.pair(found) is None:
        raise DoesNotFit
    return found


def _proposal(frame: Frame, today: Today, need: Need, person: Person) -> Proposal:
    """The same, if nothing of today stands against it either. Raises `DoesNotFit`, `NotToWish`,
    `SaidNo`, `AskedElsewhere`."""
    found = _known(frame, need, person)
    pair = found.need, found.helper
    if pair in today.instance.pins or (need.id, person.id) in frame.settled:
        raise NotToWish
    if pair in today.said_no:
        raise SaidNo
    if pair in today.expected_elsewhere:
        raise AskedElsewhere
    return found
