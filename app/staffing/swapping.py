"""Two who help swap their places in one step; both are checked again. Never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.people.models import Person
from app.programme.bookings import book, release
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.queries import is_listed_meeting
from app.refusal import Refusal
from app.staffing.decisions import decide
from app.staffing.eligibility import Reason, Rule, reasons_against
from app.staffing.holding import hold
from app.staffing.models import Assignment, Need, State, Swap
from app.staffing.operations import NotEligible, TooLate, tell
from app.staffing.queries import (
    LOOK_AHEAD,
    assignment_of,
    candidates,
    is_confirmed_at,
    want_of,
    why_not,
    with_profile,
)

A_DAY = timedelta(days=1)


class SwapClosed(Refusal):
    message = _l("This swap is no longer open.")


class NotToSwap(Refusal):
    message = _l("These two places cannot be swapped.")


def swappable(mine: Assignment, *, now: datetime) -> list[Assignment]:
    """The places of others that the holder of *mine* could take while they take this one, by time.

    Only of sessions that strangers may see: a protected one is nobody's to look through.
    """
    if not _may_be_swapped(mine, now):
        return []
    centre_ids = [m.centre_id for m in mine.person.memberships if m.stage.counts]
    found = db.session.scalars(
        select(Assignment)
        .join(Assignment.need)
        .join(Need.meeting)
        .join(Meeting.activity)
        .join(Assignment.person)
        .where(
            is_listed_meeting(),
            Activity.centre_id.in_(centre_ids),
            Assignment.state == State.CONFIRMED,
            Assignment.person_id != mine.person_id,
            ~Assignment.trainee,
            ~Activity.approval,
            Need.meeting_id.not_in(_meetings_of(mine.person)),
            Need.role == mine.need.role,
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
            Meeting.starts_at < now + LOOK_AHEAD,
        )
        .order_by(Meeting.starts_at, Assignment.id)
        .options(
            contains_eager(Assignment.person).options(*with_profile()),
            selectinload(Assignment.need),
        )
    ).all()
    return _fitting(mine, found)


EASED_BY_LEAVING = (Rule.EXPECTED_ELSEWHERE, Rule.NO_TIME_TO_TRAVEL, Rule.HOURS_A_WEEK)


def _fitting(mine: Assignment, others: Sequence[Assignment]) -> list[Assignment]:
    """Those of *others* that fit both ways, in a fixed number of queries; only of whom the place
    they would leave itself may stand in the way, it is asked one by one."""
    if not others:
        return []
    meeting, me = mine.need.meeting, mine.person
    here = meeting.activity.centre_id
    centre_ids = {one.need.meeting.activity.centre_id for one in others}
    start = min(one.need.meeting.starts_at for one in others)
    end = max(one.need.meeting.ends_at for one in others)
    mine_there = candidates([me], centre_ids, start, end, but=[meeting])
    people = list({one.person_id: one.person for one in others}.values())
    theirs_here = candidates(people, [here], meeting.starts_at, meeting.ends_at)
    want = want_of(mine.need)
    found = []
    for one in others:
        there = one.need.meeting.activity.centre_id
        if reasons_against(want_of(one.need), mine_there[me.id, there]):
            continue
        against = reasons_against(want, theirs_here[one.person_id, here])
        hard = [reason for reason in against if reason.rule not in EASED_BY_LEAVING]
        if not against or (not hard and not _against(one.person, mine, one)):
            found.append(one)
    return found


def _meetings_of(person: Person) -> Select[int]:
    """The ids of the meetings at which *person* is expected already: nobody swaps with themselves,
    nor comes twice."""
    return select(Booking.meeting_id).where(Booking.person_id == person.id)


def fits_both_ways(mine: Assignment, theirs: Assignment) -> bool:
    return not _against(mine.person, theirs, mine) and not _against(theirs.person, mine, theirs)


def _against(person: Person, wanted: Assignment, given: Assignment) -> tuple[Reason, ...]:
    """What stands against *person* in the place of *wanted*, were they to leave *given*, which
    does not free them where they have another place at that meeting."""
    other = select(func.count()).where(
        Assignment.person_id == person.id,
        Assignment.state == State.CONFIRMED,
        Assignment.id != given.id,
        Assignment.need.has(Need.meeting_id == given.need.meeting_id),
    )
    stays = db.session.scalars(other).one() > 0
    return why_not(wanted.need, person, leaving=None if stays else given.need.meeting)


def propose_swap(mine: Assignment, theirs: Assignment, *, now: datetime) -> Swap:
    """The holder of *theirs* is asked, until the earlier session or for at most three days."""
    hold([], places=[mine, theirs])
    if not (_may_be_swapped(mine, now) and _may_be_swapped(theirs, now)):
        raise NotToSwap
    held = _open_between(mine, theirs, now)
    if held is not None:
        return held
    if not fits_both_ways(mine, theirs):
        raise NotToSwap
    first = min(mine.need.meeting.starts_at, theirs.need.meeting.starts_at)
    swap = Swap(mine=mine, theirs=theirs, made_at=now, lapses_at=min(now + 3 * A_DAY, first))
    db.session.add(swap)
    db.session.flush()
    tell(theirs, theirs.person, Letter.SWAP_PROPOSED, now=now, swap=swap.id)
    return swap


def accept_swap(swap: Swap, *, now: datetime) -> None:
    """Each takes the other's place, or nothing changes at all; a second click is harmless.

    Raises `SwapClosed`, `TooLate`, and `NotEligible` with what stands against one of them.
    """
    mine, theirs = swap.mine, swap.theirs
    hold([], places=[mine, theirs])
    lock(swap)
    if swap.state is State.CONFIRMED:
        return
    if not swap.is_open(now) or not _are_held(mine, theirs):
        raise SwapClosed
    if not (mine.need.meeting.is_open(now) and theirs.need.meeting.is_open(now)):
        raise TooLate
    if not (_may_be_swapped(mine, now) and _may_be_swapped(theirs, now)):
        raise SwapClosed
    own = _against(theirs.person, mine, theirs)
    if own and not any(one.rule is Rule.KEPT_APART for one in own):
        raise NotEligible(own)
    if own or _against(mine.person, theirs, mine):  # what stands against another is not said
        raise SwapClosed
    for one in (mine, theirs):
        decide(one, State.WITHDRAWN, by=one.person, now=now, swap=swap.id)
        if not is_confirmed_at(one.need.meeting, one.person):
            release(one.person, one.need.meeting, Part.HELPER)
    for person, place in ((theirs.person, mine), (mine.person, theirs)):
        book(person, place.need.meeting, Part.HELPER)
        taken = _place(place.need, person, now)
        decide(taken, State.CONFIRMED, by=person, now=now, swap=swap.id)
        tell(taken, person, Letter.SWAPPED, now=now)
        tell(taken, place.need.meeting.activity.coordinator, Letter.SWAPPED, now=now)
    swap.state, swap.answered_at = State.CONFIRMED, now
    db.session.flush()


def refuse_swap(swap: Swap, *, by: Person, now: datetime) -> None:
    """Who was asked says no, or who asked takes it back; both keep their places."""
    hold([], places=[swap.mine, swap.theirs])
    lock(swap)
    if swap.state is not State.OFFERED:
        return
    taken_back = by.id == swap.mine.person_id
    swap.state, swap.answered_at = State.WITHDRAWN if taken_back else State.DECLINED, now
    db.session.flush()
    if not taken_back:
        tell(swap.mine, swap.mine.person, Letter.SWAP_REFUSED, now=now, swap=swap.id)


def swaps_of(person: Person, *, now: datetime) -> Sequence[Swap]:
    """The open swaps that *person* proposed or is asked about."""
    theirs = select(Assignment.id).where(Assignment.person_id == person.id)
    return db.session.scalars(
        select(Swap)
        .where(
            or_(Swap.mine_id.in_(theirs), Swap.theirs_id.in_(theirs)),
            Swap.state == State.OFFERED,
            Swap.lapses_at > now,
        )
        .order_by(Swap.id)
    ).all()


def _may_be_swapped(one: Assignment, now: datetime) -> bool:
    meeting = one.need.meeting
    by_hand = meeting.activity.approval  # there a coordinator decides who comes
    listed = not meeting.is_secret and not meeting.is_draft and not by_hand
    return listed and one.state is State.CONFIRMED and not one.trainee and meeting.is_open(now)


def _open_between(mine: Assignment, theirs: Assignment, now: datetime) -> Swap | None:
    return db.session.scalars(
        select(Swap).where(
            Swap.mine_id == mine.id,
            Swap.theirs_id == theirs.id,
            Swap.state == State.OFFERED,
            Swap.lapses_at > now,
        )
    ).first()


def _are_held(*places: Assignment) -> bool:
    return all(one.state is State.CONFIRMED for one in places)


def _place(need: Need, person: Person, now: datetime) -> Assignment:
    """The one row of *person* and *need*, new or used again."""
    held = assignment_of(need, person)
    if held is None:
        held = Assignment(
            need=need, person=person, state=State.OFFERED, made_at=now, changed_at=now
        )
    held.lapses_at, held.trainee = None, False
    return held
