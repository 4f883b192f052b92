"""What people do with needs and places. Operations never commit: the route, job or command does.

Each one holds the person, the meeting and the need, in this order, before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.extensions import db, lock
from app.i18n import _l
from app.notices.models import Kind as Letter
from app.notices.operations import post
from app.people.models import Person
from app.people.terms import Level, Role
from app.programme.bookings import book, release
from app.programme.models import Meeting, Part
from app.programme.telling import expect_again
from app.refusal import Refusal
from app.staffing.children import refuse_one_adult
from app.staffing.eligibility import Reason
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import assignment_of, is_confirmed_at, places_left, why_not

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
    alive = (State.OFFERED, State.REQUESTED, State.CONFIRMED)
    if any(one.state in alive for one in need.assignments):
        raise SomebodyCounts
    for one in need.assignments:
        db.session.delete(one)
    db.session.delete(need)
    db.session.flush()
    refuse_one_adult(meeting)


def take_place(need: Need, person: Person, *, now: datetime) -> Assignment:
    """*person* signs up: confirmed at once, or a request where the activity wants approval.

    Whoever is asked to come says yes by it.
    """
    _lock_all(person, need)
    held = assignment_of(need, person)
    if held is not None and held.state in (State.CONFIRMED, State.REQUESTED):
        return held
    if held is not None and held.is_open_offer(now):
        accept_offer(held, now=now)
        return held
    _refuse_draft(need)
    _refuse(need, person, now)
    needs_approval = need.meeting.activity.approval
    state = State.REQUESTED if needs_approval else State.CONFIRMED
    assignment = _put(need, person, state, held, now=now)
    if not needs_approval:
        book(person, need.meeting, Part.HELPER)
    letter = Letter.PLACE_REQUESTED if needs_approval else Letter.PLACE_TAKEN
    _tell_coordinator(assignment, letter, now=now)
    return assignment


def offer_place(need: Need, person: Person, *, by: Person, now: datetime) -> Assignment:
    """Ask *person*; the offer lapses after three days or when the meeting begins."""
    _lock_all(person, need)
    held = assignment_of(need, person)
    if held is not None and (held.is_open_offer(now) or held.state is State.CONFIRMED):
        return held
    _refuse(need, person, now)
    assignment = _put(need, person, State.OFFERED, held, now=now)
    assignment.asked_by = by
    assignment.lapses_at = min(now + OFFER_LASTS, need.meeting.starts_at)
    _tell_helper(assignment, Letter.OFFER, now=now)
    return assignment


def accept_offer(assignment: Assignment, *, now: datetime) -> None:
    """The person takes the place and the coordinator is told; a second click is harmless."""
    need, person = assignment.need, assignment.person
    _lock_all(person, need, assignment)
    if assignment.state is State.CONFIRMED:
        return
    if not assignment.is_open_offer(now):
        raise OfferClosed
    _confirm(assignment, now=now)
    _tell_coordinator(assignment, Letter.OFFER_ANSWERED, now=now)


def decline_offer(assignment: Assignment, *, now: datetime) -> None:
    """The person says no and the coordinator is told; a second click is harmless."""
    _lock_all(assignment.person, assignment.need, assignment)
    if assignment.state is State.DECLINED:
        return
    if assignment.state is not State.OFFERED:
        raise OfferClosed
    assignment.state, assignment.changed_at = State.DECLINED, now
    _tell_coordinator(assignment, Letter.OFFER_ANSWERED, now=now)


def approve_request(assignment: Assignment, *, now: datetime) -> None:
    """The coordinator says yes to somebody who asked; every rule is checked again."""
    _lock_all(assignment.person, assignment.need, assignment)
    if assignment.state is State.CONFIRMED:
        return
    if assignment.state is not State.REQUESTED:
        raise OfferClosed
    _confirm(assignment, now=now)
    _tell_helper(assignment, Letter.PLACE_CONFIRMED, now=now)


def refuse_request(assignment: Assignment, *, now: datetime) -> None:
    """The coordinator says no to somebody who asked."""
    _lock_all(assignment.person, assignment.need, assignment)
    if assignment.state is not State.REQUESTED:
        return
    assignment.state, assignment.changed_at = State.DECLINED, now
    _tell_helper(assignment, Letter.PLACE_REFUSED, now=now)


def give_up_place(assignment: Assignment, *, now: datetime) -> None:
    """The person cannot come after all; the place is open again and the coordinator is told."""
    person, need = assignment.person, assignment.need
    _lock_all(person, need, assignment)
    if assignment.state not in (State.CONFIRMED, State.REQUESTED):
        return
    if not need.meeting.is_open(now) and not need.meeting.is_cancelled:
        raise TooLate
    was_confirmed = assignment.state is State.CONFIRMED
    assignment.state, assignment.changed_at = State.WITHDRAWN, now
    db.session.flush()
    if was_confirmed and not is_confirmed_at(need.meeting, person):
        release(person, need.meeting, Part.HELPER)
        expect_again([person], now=now)
    _tell_coordinator(assignment, Letter.PLACE_GIVEN_UP, now=now)


def _lock_all(person: Person, need: Need, assignment: Assignment | None = None) -> None:
    lock(person)
    lock(need.meeting)
    lock(need)
    if assignment is not None:
        lock(assignment)


def _refuse(need: Need, person: Person, now: datetime) -> None:
    """The rules of the house, in one place, for every way to a place."""
    if not need.meeting.is_open(now):
        raise TooLate
    if places_left(need) < 1:
        raise NeedFilled
    if reasons := why_not(need, person):
        raise NotEligible(reasons)


def _refuse_draft(need: Need) -> None:
    """Somebody may be asked in a draft; nobody takes a place before it is published."""
    if need.meeting.is_draft:
        raise NotYetOpen


def _confirm(assignment: Assignment, *, now: datetime) -> None:
    _refuse_draft(assignment.need)
    _refuse(assignment.need, assignment.person, now)
    book(assignment.person, assignment.need.meeting, Part.HELPER)
    assignment.state, assignment.changed_at = State.CONFIRMED, now
    db.session.flush()


def _put(
    need: Need, person: Person, state: State, held: Assignment | None, *, now: datetime
) -> Assignment:
    """The one row of *person* and *need*, new or used again."""
    assignment = held or Assignment(need=need, person=person, made_at=now)
    assignment.state, assignment.changed_at, assignment.lapses_at = state, now, None
    db.session.add(assignment)
    db.session.flush()
    return assignment


def _tell_coordinator(assignment: Assignment, letter: Letter, *, now: datetime) -> None:
    _post(assignment, assignment.need.meeting.activity.coordinator, letter, now)


def _tell_helper(assignment: Assignment, letter: Letter, *, now: datetime) -> None:
    _post(assignment, assignment.person, letter, now)


def _post(assignment: Assignment, to: Person, letter: Letter, now: datetime) -> None:
    meeting = assignment.need.meeting
    if meeting.is_draft:
        return  # they are told when it is published
    post(
        to,
        letter,
        f"{assignment.ref}:{now.isoformat()}",
        now=now,
        about={"meeting": meeting.id, "assignment": assignment.id, "state": assignment.state.value},
        responsible=meeting.activity.coordinator,
        confidential=meeting.is_secret,
        not_after=meeting.starts_at,
    )
