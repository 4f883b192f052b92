"""Waiting for a place: who waits, whom a free place is offered, and what becomes of it.

`fairness` decides; here it is done, under the activity's lock. Never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Select, select

from app.extensions import Gone, db, lock
from app.notices.models import Kind as Letter
from app.notices.operations import Owed, post_all
from app.people.guardians import guardians_of
from app.people.models import Person
from app.programme.models import Activity, Meeting
from app.programme.queries import meetings_to_come
from app.signups.fairness import Party, Standing, decide, lapses_at, next_useful, standing
from app.signups.models import Waiting, WaitingMember, WaitingState
from app.signups.queries import has_place, parties, passed_over, places_left, waitings_of
from app.signups.rules import FamilyTooLarge, NothingToCome, refuse_unfit


def wait_for(
    activity: Activity, people: Sequence[Person], *, by: Person, now: datetime
) -> Waiting | None:
    """*people*, one person or a family, wait together for places in all of *activity*; twice is
    harmless. None where they all have one. If places are free and it is their turn, they are
    offered them at once.

    Raises `ByInvitation`, `WomenOnly`, `NothingToCome` and `FamilyTooLarge`.
    """
    for person in sorted(people, key=lambda one: one.id):
        lock(person)
    lock(activity)
    people = [person for person in people if not has_place(activity, person)]
    already = next((one for one in parties(activity) if set(people) & set(one.people)), None)
    if already is not None or not people:
        return already
    for person in people:
        refuse_unfit(activity, person, by=by)
    if activity.capacity is not None and len(people) > activity.capacity:
        raise FamilyTooLarge
    if not meetings_to_come(activity, now=now):
        raise NothingToCome
    made = Waiting(activity=activity, asked_at=now)
    made.members = [WaitingMember(person=person) for person in people]
    db.session.add(made)
    db.session.flush()
    offer_free_places(activity, now=now)
    return made


def offer_free_places(activity: Activity, *, now: datetime) -> None:
    """What lapsed is over, and what is free is offered to whoever's turn it is. The caller holds
    the activity; asked twice, nothing more happens."""
    waiting = parties(activity)
    meetings = meetings_to_come(activity, now=now)
    if not waiting or activity.is_draft:
        return
    for one in waiting:
        if not meetings or (one.state is WaitingState.OFFERED and not one.is_open_offer(now)):
            _end(one, WaitingState.LAPSED if meetings else WaitingState.LEFT, now=now)
            if meetings:
                _tell([one], Letter.OFFER_LAPSED, meetings[0], now=now)
    starts_at = next_useful([meeting.starts_at for meeting in meetings], now=now)
    if starts_at is None:
        return
    first = next(meeting for meeting in meetings if meeting.starts_at == starts_at)
    _offer([one for one in waiting if one.state is WaitingState.WAITING], first, now=now)


def _offer(waiting: Sequence[Waiting], first: Meeting, *, now: datetime) -> None:
    """Offers of what is free; *first*: the session until which there is time to answer."""
    db.session.flush()
    left = places_left(first.activity, now=now)
    aside = passed_over(first.activity, now=now)
    waiting = [one for one in waiting if one.id not in aside]
    free = left if left is not None else sum(len(one.members) for one in waiting)
    decision = decide(map(_party, waiting), free, starts_at=first.starts_at, now=now)
    asked = [one for one in waiting if one.id in decision.offered]
    for one in asked:
        reachable = any(person.email for person in who_may_answer(one))
        one.state, one.offered_at = WaitingState.OFFERED, now
        one.lapses_at = lapses_at(
            now,
            starts_at=first.starts_at,
            zone=one.people[0].tz,
            reachable=reachable,
        )
    for one in waiting:
        if one.id == decision.kept_for:
            one.kept_from = one.kept_from or now
    db.session.flush()
    _tell(asked, Letter.PLACE_OFFERED, first, now=now)


def _party(waiting: Waiting) -> Party:
    return Party(
        key=waiting.id,
        size=len(waiting.members),
        asked_at=waiting.asked_at,
        kept_from=waiting.kept_from,
    )


def _end(waiting: Waiting, state: WaitingState, *, now: datetime) -> None:
    waiting.state, waiting.ended_at = state, now


def _tell(asked: Sequence[Waiting], letter: Letter, meeting: Meeting, *, now: datetime) -> None:
    post_all(_owed(asked, letter, meeting), now=now)


def _owed(asked: Sequence[Waiting], letter: Letter, meeting: Meeting) -> Iterator[Owed]:
    for one in asked:
        offered = letter is Letter.PLACE_OFFERED
        for person in _answering(one):
            yield Owed(
                to=person,
                kind=letter,
                key=f"{one.ref}:{one.offered_at.isoformat() if one.offered_at else ''}",
                about={"meeting": meeting.id, "waiting": one.id},
                responsible=one.activity.coordinator,
                confidential=meeting.is_secret,
                not_after=one.lapses_at if offered else meeting.starts_at,
                matters_at=one.lapses_at,
            )


def who_may_answer(waiting: Waiting) -> list[Person]:
    """Those who wait, and who decides at this moment for all of them; as in `waitings_for`, but
    also of what is over."""
    deciding = guardians_of({person.id for person in waiting.people})
    each = [set(deciding.get(person.id, ())) for person in waiting.people]
    for_all = set.intersection(*each) if each else set()
    return list(dict.fromkeys((*waiting.people, *for_all)))


def _answering(waiting: Waiting) -> list[Person]:
    """Who is told: not of each child that waits with somebody who decides for it."""
    together = {person.id for person in waiting.people}
    deciding = guardians_of(together)
    return [
        person
        for person in waiting.people
        if not together & {one.id for one in deciding.get(person.id, ())}
    ]


def hold_for_answer(waiting: Waiting, reader: Person | None) -> None:
    """Hold those who wait and their activity, so that nobody is blocked meanwhile. Raises `Gone`
    where *reader* may not answer for them any more; None: somebody on the staff answers."""
    for person in waiting.people:
        lock(person)
    lock(waiting.activity)
    db.session.refresh(waiting)
    if reader is not None and reader not in who_may_answer(waiting):
        raise Gone


def decline(waiting: Waiting, *, reader: Person | None = None, now: datetime) -> None:
    """They do not want the place, or no longer wait; it goes to the next. Twice is harmless.
    Raises what `hold_for_answer` does."""
    hold_for_answer(waiting, reader)
    if waiting.is_open:
        _end_by_no(waiting, now=now)
        offer_free_places(waiting.activity, now=now)


def _end_by_no(waiting: Waiting, *, now: datetime) -> None:
    offered = waiting.state is WaitingState.OFFERED
    _end(waiting, WaitingState.DECLINED if offered else WaitingState.LEFT, now=now)


def end_turns(activity: Activity, people: Collection[Person], *, now: datetime) -> None:
    """None of *people* waits any more; others with whom they waited go on without them. The caller
    holds the activity, and offers what is free by then."""
    for one in parties(activity):
        staying = [member for member in one.members if member.person not in people]
        if staying:
            one.members = staying
        else:
            _end_by_no(one, now=now)
    db.session.flush()


def no_longer_wait(activity: Activity, person: Person, *, now: datetime) -> None:
    """*person* has a place by now: they wait no more, and those they waited with go on without
    them. The caller holds the activity."""
    for one in parties(activity):
        if person not in one.people:
            continue
        one.members = [member for member in one.members if member.person_id != person.id]
        if not one.members:
            _end(one, WaitingState.LEFT, now=now)
    db.session.flush()


def waits_elsewhere(activity: Activity, people: Collection[Person]) -> bool:
    """Whether one of *people* already waits in another company than just these."""
    return any(
        set(people) & set(one.people) and set(people) != set(one.people)
        for one in parties(activity)
    )


def wait_without(waiting: Waiting, person: Person, *, now: datetime) -> None:
    """*person* waits no more; the others keep their turn. What was offered them stays offered."""
    lock(waiting.activity)
    db.session.refresh(waiting)
    if waiting.is_open and person in waiting.people:
        no_longer_wait(waiting.activity, person, now=now)
        offer_free_places(waiting.activity, now=now)


def wait_apart(child: Person, guardian: Person) -> None:
    """*child* no longer waits with *guardian*, but by itself, in the same turn. The caller holds
    both."""
    both = waitings_of([child]).where(Waiting.id.in_(_where_waits(guardian)))
    for one in db.session.scalars(both.order_by(None).order_by(Waiting.activity_id)).all():
        lock(one.activity)
        db.session.refresh(one)
        db.session.add(_split(one, child))
        db.session.flush()


def _where_waits(person: Person) -> Select[int]:
    return select(WaitingMember.waiting_id).where(WaitingMember.person_id == person.id)


def _split(waiting: Waiting, child: Person) -> Waiting:
    waiting.members = [one for one in waiting.members if one.person_id != child.id]
    made = Waiting(
        activity=waiting.activity,
        state=waiting.state,
        asked_at=waiting.asked_at,
        kept_from=waiting.kept_from,
        offered_at=waiting.offered_at,
        lapses_at=waiting.lapses_at,
    )
    made.members = [WaitingMember(person=child)]
    return made


def wait_as_before(child: Person, guardian: Person, *, now: datetime) -> bool:
    """*child* waits with *guardian* again in the turns that both still have from before
    `wait_apart`; where one of the two was offered a place meanwhile they stay apart: whether that
    is so anywhere. The caller holds both."""
    theirs = waitings_of([child]).where(Waiting.id.not_in(_where_waits(guardian)))
    still_apart = False
    for one in db.session.scalars(theirs.order_by(None).order_by(Waiting.activity_id)).all():
        lock(one.activity)
        db.session.refresh(one)
        other = _same_turn(one, guardian)
        if other is None or not one.is_open:
            continue
        if _may_go_together(one, other):
            _bring_together(one, other, now=now)
        else:
            still_apart = True
    return still_apart


def _same_turn(waiting: Waiting, guardian: Person) -> Waiting | None:
    """Those with whom *guardian* waits since the very same moment."""
    others = [one for one in parties(waiting.activity) if guardian in one.people]
    return next((one for one in others if one.asked_at == waiting.asked_at), None)


def _may_go_together(one: Waiting, other: Waiting) -> bool:
    capacity = one.activity.capacity
    fits = capacity is None or len(one.members) + len(other.members) <= capacity
    return fits and {one.state, other.state} == {WaitingState.WAITING}


def _bring_together(one: Waiting, other: Waiting, *, now: datetime) -> None:
    people, one.members = one.people, []
    _end(one, WaitingState.LEFT, now=now)
    db.session.flush()
    other.members.extend(WaitingMember(person=person) for person in people)
    other.kept_from = other.kept_from or one.kept_from
    db.session.flush()


def standing_of(waiting: Waiting) -> Standing:
    """What those who wait hear of their turn."""
    return standing(_party(waiting), map(_party, parties(waiting.activity)))


def go_on(activity_id: int, *, now: datetime) -> None:
    """What lapsed in one activity goes to the next; for the worker."""
    activity = db.session.get(Activity, activity_id)
    if activity is not None:
        lock(activity)
        offer_free_places(activity, now=now)
