"""Two people become one, or stay two. Never commits.

It cannot be undone: whose place, letter or word of attendance a row was is not kept. The page says
so before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Table, and_, delete, exists, select, update

from app.attendance.models import Attendance
from app.database import Base
from app.extensions import Gone, db, lock
from app.households.operations import block
from app.own_data.register import HELD
from app.participants import places, reconciling
from app.participants.models import Merge, NotSame
from app.participants.policies import POLICIES, Becomes, Policy
from app.participants.refusing import NobodyDecides, refuse
from app.people.guardians import differing, guardians_of
from app.people.models import Person
from app.people.namesakes import keep_name
from app.programme.models import Activity, Booking, Meeting
from app.signups.models import Enrolment, Waiting, WaitingMember
from app.signups.waiting import offer_free_places

RULES = places.RULES | reconciling.RULES
FILLED_IN = ("phone", "gender", "home_centre_id", "is_adult", "born_on", "consent_seen_on")
"""What we know of the one who goes and not of the one who stays."""


def merge(
    gone: Person,
    kept: Person,
    *,
    by: Person,
    now: datetime,
    keeps_papers: bool = True,
    deciding: Collection[int] = (),
) -> Merge:
    """*gone* was *kept* all along: one person has the places, the hours and the letters of both.

    Whoever goes is signed out; their address signs nobody in, unless whoever stays has none.
    *keeps_papers*: the cards and calendars of both go on. *deciding*: who (ids) decides for a child
    from now on, of those who decided for one of the two only; the others are blocked. Raises what
    `refuse` does, `NobodyDecides`, and `Gone`.
    """
    activities = _hold(gone, kept)
    refuse(gone, kept)
    _settle_guardians(gone, kept, deciding, by=by, now=now)
    if not keeps_papers:
        reconciling.end_papers(gone.id, now=now)
    gone_id, gone_ref = gone.id, gone.ref
    moved = {one.table: _apply(one, gone_id, kept.id, now=now) for one in POLICIES}
    _sign_deeds(gone_id, kept.id)
    _fill_in(gone, kept)
    _forget(gone_id)
    keep_name(kept)
    said = {table: number for table, number in moved.items() if number}
    trace = Merge(person_id=kept.id, gone_ref=gone_ref, at=now, by_id=by.id, moved=said)
    db.session.add(trace)
    db.session.flush()
    for activity in activities:
        offer_free_places(activity, now=now)
    return trace


def say_two(one: Person, other: Person, *, by: Person, now: datetime) -> None:
    """They are two people, and nobody is asked again; twice is harmless."""
    first, second = sorted((one, other), key=lambda person: person.id)
    lock(first)
    lock(second)
    if db.session.get(NotSame, (first.id, second.id)) is None:
        db.session.add(NotSame(person_id=first.id, other_id=second.id, at=now, by_id=by.id))
        db.session.flush()


def _settle_guardians(
    gone: Person, kept: Person, deciding: Collection[int], *, by: Person, now: datetime
) -> None:
    """Nobody comes to decide for a child because two children were taken for one, unless somebody
    said so."""
    ties = differing(gone, kept)
    others = [tie for tie in ties if tie.guardian_id not in deciding]
    remaining = {one.id for each in guardians_of([gone.id, kept.id]).values() for one in each}
    if ties and not remaining - {tie.guardian_id for tie in others}:
        raise NobodyDecides
    for tie in others:
        block(tie.child, tie.guardian, by=by, now=now)


def _hold(gone: Person, kept: Person) -> list[Activity]:
    """Both people and who decides for them, then what they have places in, then its meetings; last
    nobody writes about either of them any more, not even a message (FOR UPDATE)."""
    guardians = [tie.guardian for tie in differing(gone, kept)]
    for person in sorted({gone, kept, *guardians}, key=lambda one: one.id):
        lock(person)
    activities = _activities_of((gone.id, kept.id))
    for activity in activities:
        lock(activity)
    meetings = select(Meeting.id).where(Meeting.id.in_(_meetings_of([gone.id])))
    db.session.execute(meetings.order_by(Meeting.id).with_for_update(of=Meeting, key_share=True))
    both = select(Person.id).where(Person.id.in_((gone.id, kept.id))).order_by(Person.id)
    if len(db.session.execute(both.with_for_update()).all()) < len({gone.id, kept.id}):
        raise Gone
    return activities


def _activities_of(people: Collection[int]) -> list[Activity]:
    enrolled = select(Enrolment.activity_id).where(Enrolment.person_id.in_(people))
    waiting = (
        select(Waiting.activity_id)
        .join(WaitingMember, WaitingMember.waiting_id == Waiting.id)
        .where(WaitingMember.person_id.in_(people))
    )
    visiting = select(Meeting.activity_id).where(Meeting.id.in_(_meetings_of(people)))
    ids = enrolled.union(waiting, visiting)
    return list(
        db.session.scalars(select(Activity).where(Activity.id.in_(ids)).order_by(Activity.id))
    )


def _meetings_of(people: Collection[int]) -> Any:
    booked = select(Booking.meeting_id).where(Booking.person_id.in_(people))
    marked = select(Attendance.meeting_id).where(Attendance.person_id.in_(people))
    return booked.union(marked)


def _apply(policy: Policy, gone: int, kept: int, *, now: datetime) -> int:
    """How many rows it was about."""
    table = Base.metadata.tables[policy.table]
    mine = table.c[policy.whose] == gone
    match policy.becomes:
        case Becomes.DECIDED if policy.whose in ("person_id", "child_id"):
            return RULES[policy.table](gone, kept, now=now)
        case Becomes.DECIDED | Becomes.REFUSES:
            return 0  # the person's own row, the other half of a pair, what nobody has
        case Becomes.ENDS:
            db.session.execute(delete(table).where(mine))
            return 0
        case Becomes.JOINS:
            db.session.execute(delete(table).where(mine, _has_one_like_it(policy, table, kept)))
    moved = update(table).where(mine).values({policy.whose: kept})
    return cast(CursorResult[Any], db.session.execute(moved)).rowcount


def _has_one_like_it(policy: Policy, table: Table, kept: int) -> ColumnElement[bool]:
    other = table.alias()
    same: list[ColumnElement[bool]] = [other.c[policy.whose] == kept]
    same += [other.c[name] == table.c[name] for name in policy.alike]
    if policy.until is not None:
        same += [other.c[policy.until].is_(None), table.c[policy.until].is_(None)]
    return exists().where(and_(*same))


def _sign_deeds(gone: int, kept: int) -> None:
    """Whatever the one who goes did or said, the one who stays did."""
    about = {(held.table, held.whose) for held in HELD}
    for table, column in _naming_people():
        if (table.name, column) not in about:
            db.session.execute(update(table).where(table.c[column] == gone).values({column: kept}))


def _naming_people() -> Sequence[tuple[Table, str]]:
    return [
        (table, key.parent.name)
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "person"
    ]


def _fill_in(gone: Person, kept: Person) -> None:
    """An address moves only to somebody who has none and signs in with none: then it is written to,
    and who reads it shows by the next code that it is theirs. Any other is forgotten."""
    known = {name: getattr(gone, name) for name in (*FILLED_IN, "email", "created_at")}
    gone.email = gone.sign_in_phone = None
    db.session.flush()
    for name in FILLED_IN:
        if getattr(kept, name) is None:
            setattr(kept, name, known[name])
    if kept.email is None and not kept.owns_address:
        kept.email = known["email"]
    kept.created_at = min(kept.created_at, known["created_at"])
    db.session.flush()


def _forget(gone: int) -> None:
    """The row itself. Nothing is left that would go with it."""
    for one in POLICIES:
        table = Base.metadata.tables[one.table]
        left = select(exists().where(table.c[one.whose] == gone))
        if one.table != "person" and db.session.scalar(left):
            raise LookupError(f"{one.table}.{one.whose} still names somebody who goes")
    db.session.execute(delete(Person).where(Person.id == gone))
    db.session.flush()
    db.session.expire_all()
