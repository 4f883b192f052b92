"""What people do with needs and places. Operations never commit: the route, job or command does.

Each one holds the person, the meeting and the need, in this order, before it counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.notices.timing import after_quiet_hours
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.bookings import book, release
from app.programme.models import Meeting, Part
from app.programme.telling import expect_again
from app.refusal import Refusal
from app.staffing.children import refuse_one_adult
from app.staffing.decisions import decide
from app.staffing.eligibility import Reason, Rule
from app.staffing.holding import hold
from app.staffing.models import ALIVE, Assignment, Need, Override, State
from app.staffing.queries import (
    assignment_of,
    confirmed_at,
    is_confirmed_at,
    is_in_a_line,
    leaving,
    places_left,
    trainee_places_left,
    why_not,
)

OFFER_LASTS = timedelta(days=3)


class NeedFilled(Refusal):
    message = _l("Someone else has just taken the last place.")


class TooLate(Refusal):
    message = _l("This session has begun, is over or was cancelled.")


class NotYetOpen(Refusal):
    message = _l("This session is not open yet.")


class OfferClosed(Refusal):
    message = _l("This offer is no longer open.")


class SomebodyCounts(Refusal):
    message = _l("Somebody is asked, asking or confirmed for this; it cannot be removed.")


class NotEligible(Refusal):
    """Raised with every reason; the page spells them out."""

    message = _l("The conditions of this place are not met.")

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__()
        self.reasons = reasons


def add_needs(
    meetings: Iterable[Meeting],
    *,
    role: Role,
    language: str | None,
    level: Level | None,
    wanted: int,
    women_only: bool,
    check_required: bool,
    interpreting: bool = False,
    trainees: int = 0,
    relay: bool = False,
    via: str | None = None,
) -> list[Need]:
    """The same need at each of *meetings*."""
    needs = [
        Need(
            meeting=meeting,
            role=role,
            language=language,
            level=level if language else None,
            wanted=wanted,
            women_only=women_only,
            check_required=check_required,
            interpreting=interpreting and language is not None,
            trainees=trainees,
            relay=relay and language is not None,
            via=via if language else None,
        )
        for meeting in meetings
    ]
    db.session.add_all(needs)
    db.session.flush()
    return needs


def remove_need(need: Need) -> None:
    """It is not needed after all. Raises `SomebodyCounts` while somebody is asked or confirmed, and
    `OneAdultAlone` where children are looked after."""
    meeting = need.meeting
    lock(meeting)
    lock(need)
    if any(one.state in ALIVE for one in need.assignments):
        raise SomebodyCounts
    for one in need.assignments:
        db.session.delete(one)
    db.session.delete(need)
    db.session.flush()
    refuse_one_adult(meeting)


@dataclass(frozen=True, kw_only=True)
class Overriding:
    """Rules that a coordinator lets somebody pass at one need, with the reason, which is kept."""

    rules: frozenset[Rule]
    reason: str


def take_place(need: Need, person: Person, *, now: datetime, trainee: bool = False) -> Assignment:
    """*person* signs up: confirmed at once, or a request where the activity wants approval.

    Whoever is asked to come says yes by it. A *trainee* comes along to learn and fills nothing.
    """
    may_go = hold([need], people=[person])
    held = assignment_of(need, person)
    if held is not None and held.state in (State.CONFIRMED, State.REQUESTED):
        return held
    if held is not None and held.is_open_offer(now):
        accept_offer(held, now=now)
        return held
    _refuse_draft(need)
    _refuse(need, person, now, trainee=trainee)
    assignment = _put(need, person, held, now=now, trainee=trainee)
    if need.meeting.activity.approval:
        decide(assignment, State.REQUESTED, by=person, now=now)
        _tell_coordinator(assignment, Letter.PLACE_REQUESTED, now=now)
    else:
        _seat(assignment, by=person, now=now, may_go=may_go)
        _tell_coordinator(assignment, Letter.PLACE_TAKEN, now=now)
    return assignment


def offer_place(
    need: Need,
    person: Person,
    *,
    by: Person | None,
    now: datetime,
    lasts: timedelta = OFFER_LASTS,
    trainee: bool = False,
    overriding: Overriding | None = None,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Assignment:
    """Ask *person*; the offer lapses after *lasts* from when they can read it, or when the meeting
    begins. Rules that may be overridden are, where the coordinator says so and why. *facts*: what
    spoke for asking them, for the trace."""
    hold([need], people=[person])
    held = assignment_of(need, person)
    if held is not None and (held.is_open_offer(now) or held.state is State.CONFIRMED):
        return held
    passed = overriding.rules if overriding and overriding.reason.strip() else frozenset()
    overridden = _refuse(need, person, now, trainee=trainee, passed=passed, to_planner=True)
    assignment = _put(need, person, held, now=now, trainee=trainee)
    assignment.asked_by = by
    readable = after_quiet_hours(
        now, zone=person.tz, not_after=need.meeting.starts_at, quiet=person.quiet_hours
    )
    assignment.lapses_at = min(readable + lasts, need.meeting.starts_at)
    rules = sorted(reason.rule.value for reason in overridden)
    decide(
        assignment,
        State.OFFERED,
        by=by,
        now=now,
        **({"overridden": rules, "reason": overriding.reason} if rules and overriding else {}),
        lapses_at=assignment.lapses_at.isoformat(),
        **facts,
    )
    if overriding is not None:
        for reason in overridden:
            assignment.overrides.append(
                Override(
                    rule=reason.rule,
                    reason=overriding.reason.strip(),
                    starts_at=need.meeting.starts_at,
                    by=by,
                    at=now,
                )
            )
        db.session.flush()
    _tell_helper(assignment, Letter.OFFER, now=now)
    return assignment


def accept_offer(assignment: Assignment, *, now: datetime) -> None:
    """The person takes the place and the coordinator is told; a second click is harmless."""
    may_go = hold([], places=[assignment])
    if assignment.state is State.CONFIRMED:
        return
    if not assignment.is_open_offer(now):
        raise OfferClosed
    _confirm(assignment, by=assignment.person, now=now, may_go=may_go)
    _tell_coordinator(assignment, Letter.OFFER_ANSWERED, now=now)


def decline_offer(assignment: Assignment, *, now: datetime) -> None:
    """The person says no and the coordinator is told; a second click is harmless."""
    hold([], places=[assignment])
    if assignment.state is State.DECLINED:
        return
    if assignment.state is not State.OFFERED:
        raise OfferClosed
    decide(assignment, State.DECLINED, by=assignment.person, now=now)
    if not is_in_a_line(assignment):  # else the next is asked, and the end of it is told
        _tell_coordinator(assignment, Letter.OFFER_ANSWERED, now=now)


def approve_request(assignment: Assignment, *, by: Person, now: datetime) -> None:
    """The coordinator says yes to somebody who asked; every rule is checked again."""
    may_go = hold([], places=[assignment])
    if assignment.state is State.CONFIRMED:
        return
    if assignment.state is not State.REQUESTED:
        raise OfferClosed
    _confirm(assignment, by=by, now=now, may_go=may_go)
    _tell_helper(assignment, Letter.PLACE_CONFIRMED, now=now)


def refuse_request(assignment: Assignment, *, by: Person, now: datetime) -> None:
    """The coordinator says no to somebody who asked."""
    hold([], places=[assignment])
    if assignment.state is not State.REQUESTED:
        return
    decide(assignment, State.DECLINED, by=by, now=now)
    _tell_helper(assignment, Letter.PLACE_REFUSED, now=now)


def give_up_place(assignment: Assignment, *, now: datetime) -> None:
    """The person cannot come after all; the place is open again and the coordinator is told."""
    hold([], places=[assignment])
    if assignment.state not in (State.CONFIRMED, State.REQUESTED):
        return
    meeting = assignment.need.meeting
    if not meeting.is_open(now) and not meeting.is_cancelled:
        raise TooLate
    free_place(assignment, by=assignment.person, now=now)
    _tell_coordinator(assignment, Letter.PLACE_GIVEN_UP, now=now)


def free_place(assignment: Assignment, *, by: Person | None, now: datetime, **why: Any) -> None:
    """Whoever had the place or asked for it has not any more; the caller holds the rows."""
    person, meeting = assignment.person, assignment.need.meeting
    was_confirmed = assignment.state is State.CONFIRMED
    decide(assignment, State.WITHDRAWN, by=by, now=now, **why)
    if was_confirmed and not is_confirmed_at(meeting, person):
        release(person, meeting, Part.HELPER)
        expect_again([person], now=now)


def _refuse(
    need: Need,
    person: Person,
    now: datetime,
    *,
    trainee: bool = False,
    passed: Collection[Rule] = (),
    to_planner: bool = False,
) -> tuple[Reason, ...]:
    """The rules of the house, in one place, for every way to a place. Those reasons that are
    *passed* and may be, are given back."""
    if not need.meeting.is_open(now):
        raise TooLate
    left = trainee_places_left(need) if trainee else places_left(need)
    if left < 1:
        raise NeedFilled
    reasons = why_not(need, person, trainee=trainee)
    if not to_planner and any(one.rule is Rule.KEPT_APART for one in reasons):
        raise NeedFilled  # where somebody is whom they never meet is not theirs to find out
    overridden = tuple(one for one in reasons if one.rule in passed and one.rule.may_be_overridden)
    if len(overridden) < len(reasons):
        raise NotEligible(reasons)
    return overridden


def _refuse_draft(need: Need) -> None:
    """Somebody may be asked in a draft; nobody takes a place before it is published."""
    if need.meeting.is_draft:
        raise NotYetOpen


def _confirm(assignment: Assignment, *, by: Person, now: datetime, may_go: Collection[int]) -> None:
    _refuse_draft(assignment.need)
    own = by.id == assignment.person_id
    _refuse(assignment.need, assignment.person, now, trainee=assignment.trainee, to_planner=not own)
    _seat(assignment, by=by, now=now, may_go=may_go)


def _seat(assignment: Assignment, *, by: Person, now: datetime, may_go: Collection[int]) -> None:
    """The place is theirs, nothing stands against it."""
    book(assignment.person, assignment.need.meeting, Part.HELPER)
    decide(assignment, State.CONFIRMED, by=by, now=now)
    if not assignment.trainee:
        _let_go(assignment, now=now, may_go=may_go)


def _let_go(newcomer: Assignment, *, now: datetime, may_go: Collection[int]) -> None:
    """Whoever waited for a stand-in the longest need not come, where there are enough without."""
    need = newcomer.need
    going = [one for one in leaving(need) if one.person_id in may_go]
    if going and confirmed_at(need) > need.wanted:
        free_place(going[0], by=None, now=now, stand_in=newcomer.id)
        _tell_helper(going[0], Letter.STAND_IN_FOUND, now=now)


def _put(
    need: Need, person: Person, held: Assignment | None, *, now: datetime, trainee: bool
) -> Assignment:
    """The one row of *person* and *need*, new or used again."""
    assignment = held or Assignment(
        need=need, person=person, state=State.OFFERED, made_at=now, changed_at=now
    )
    assignment.made_at, assignment.lapses_at, assignment.trainee = now, None, trainee
    assignment.overrides.clear()  # each asking is another question; the trace keeps the reason
    db.session.add(assignment)
    return assignment


def _tell_coordinator(assignment: Assignment, letter: Letter, *, now: datetime) -> None:
    tell(assignment, assignment.need.meeting.activity.coordinator, letter, now=now)


def _tell_helper(assignment: Assignment, letter: Letter, *, now: datetime) -> None:
    tell(assignment, assignment.person, letter, now=now)


def tell(
    assignment: Assignment, to: Person, letter: Letter, *, now: datetime, **about: Any
) -> None:
    """Owe *to* a letter about one place; nothing is told of a draft before it is published."""
    meeting = assignment.need.meeting
    if meeting.is_draft:
        return
    post(
        to,
        letter,
        f"{assignment.ref}:{now.isoformat()}",
        now=now,
        about={
            "meeting": meeting.id,
            "assignment": assignment.id,
            "state": assignment.state.value,
            **about,
        },
        responsible=meeting.activity.coordinator,
        confidential=meeting.is_secret,
        not_after=meeting.starts_at,
    )
