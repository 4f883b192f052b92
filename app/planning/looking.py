"""Looking before a change is made: what it comes to, what stands against it, who will be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from app.extensions import db
from app.i18n import _, ngettext
from app.notices.models import Notice
from app.people.current import planner
from app.people.locale import page_language
from app.people.models import Person
from app.planning.operations import LETTERS, changes_of_edit
from app.programme.changing import EndsBeforeItStarts
from app.programme.conflicts import clashing, conflicts, others_in_their_rooms
from app.programme.days_off import DaysOff, days_off
from app.programme.models import Edit, Meeting, Status
from app.programme.queries import meetings_planned_by
from app.programme.targets import Target
from app.refusal import Refusal
from app.staffing.fitting import stands_against_helpers
from app.staffing.moving import with_childcare
from app.staffing.words import explain
from app.web import day_name, local_date, local_time


@dataclass(frozen=True)
class Stands:
    """Sentences about a change: *hard* ones forbid it, *soft* ones follow from it, *hints* are good
    to know about its days."""

    hard: tuple[str, ...]
    soft: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def all(self) -> list[str]:
        return [*self.hard, *self.soft, *self.hints]


def stands_against(targets: Sequence[Target]) -> Stands:
    """What forbids *targets*, and what would follow from them; by only looking."""
    everything = with_childcare(targets)
    soft = [*_learners_elsewhere(everything), *_days_off(targets), *_small_rooms(targets)]
    if len(everything) > len(targets):
        soft.append(_("The childcare beside it follows."))
    return Stands(
        (
            *_no_time(targets),
            *_rooms_taken(everything),
            *_helpers_elsewhere(everything),
            *_not_allowed(everything),
        ),
        tuple(soft),
        tuple(_hints(targets)),
    )


@dataclass(frozen=True)
class Outlook:
    """What stands against a change, how many people would be told of it, and at how many sessions
    something would change. *refused*: what only trying it out could find."""

    stands: Stands
    told: int = 0
    changed: int = 0
    refused: str | None = None

    @property
    def is_possible(self) -> bool:
        return not self.stands.hard and self.refused is None


def outlook(targets: Sequence[Target], make: Callable[[], Edit | None]) -> Outlook:
    """What stands against *targets*, and what *make* would really do; nothing is kept of it."""
    stands = stands_against(targets)
    if stands.hard:
        return Outlook(stands)
    try:
        return Outlook(stands, *rehearse(make))
    except Refusal as refusal:
        return Outlook(stands, refused=str(refusal.message))


def rehearse(make: Callable[[], Edit | None]) -> tuple[int, int]:
    """How many people would be told, and at how many meetings something changes."""
    trial = db.session.begin_nested()
    try:
        edit = make()
        told = _told(edit) if edit else 0
        changed = len({one.meeting_id for one in changes_of_edit(edit)}) if edit else 0
    finally:
        trial.rollback()
        db.session.expire_all()
    return told, changed


def _told(edit: Edit) -> int:
    keys = {f"{one.meeting.ref}:{one.sequence}" for one in changes_of_edit(edit)}
    found = select(func.count(Notice.person_id.distinct())).where(
        Notice.kind.in_(LETTERS), Notice.key.in_({edit.ref, *keys}), Notice.posted_at == edit.at
    )
    return db.session.scalars(found).one()


def _no_time(targets: Sequence[Target]) -> Iterator[str]:
    """On the night when the clock jumps ahead, an hour that nobody lives through."""
    if any(target.ends_at <= target.starts_at for target in targets):
        yield str(EndsBeforeItStarts.message)


def _rooms_taken(targets: Sequence[Target]) -> Iterator[str]:
    """Which sessions meet somebody else; by whom is said only of what the reader plans."""
    found = clashing(targets, others_in_their_rooms(targets))
    mine = set(
        db.session.scalars(
            meetings_planned_by(planner())
            .where(Meeting.id.in_([other.id for _target, other in found]))
            .with_only_columns(Meeting.id)
        )
    )
    for target, other in found:
        when = _when(target.starts_at, target.meeting.zone)
        room = target.room.name if target.room else ""
        if other.id in mine:
            title = other.title_in(page_language())
            yield _("%(time)s: %(room)s is taken by %(title)s.", time=when, room=room, title=title)
        else:
            yield _("%(time)s: %(room)s is taken.", time=when, room=room)


def _helpers_elsewhere(targets: Sequence[Target]) -> Iterator[str]:
    found = conflicts(targets).helpers
    names = {
        person.id: person.name
        for person in db.session.scalars(
            select(Person).where(Person.id.in_({person_id for person_id, _meeting in found}))
        )
    }
    at = {target.meeting.id: target for target in targets}
    for person_id, meeting in found:
        yield _(
            "%(time)s: %(name)s is expected elsewhere at that time.",
            time=_when(at[meeting.id].starts_at, meeting.zone),
            name=names[person_id],
        )


def _not_allowed(targets: Sequence[Target]) -> Iterator[str]:
    """Helpers against whom a rule would stand at the new times; each is told once."""
    moved = {t.meeting.id: t for t in targets if t.status is Status.PLANNED}
    found = stands_against_helpers(
        [target.meeting for target in moved.values()],
        at={meeting_id: (t.starts_at, t.ends_at) for meeting_id, t in moved.items()},
    )
    reasons = {
        (one.person.name, explain(reason, page_language()))
        for one, against in found
        for reason in against
    }
    for name, why in sorted(reasons):
        yield _("%(name)s may not help then: %(why)s.", name=name, why=why)


def _learners_elsewhere(targets: Sequence[Target]) -> Iterator[str]:
    """Of what the reader may not know of nothing is said."""
    found = conflicts(targets)
    known = meetings_planned_by(planner()).where(Meeting.id.in_(found.secretly_at))
    if found.bookings - found.secret or db.session.scalars(known.limit(1)).first():
        yield _("Some participants are expected elsewhere then and cannot come.")


def _days_off(targets: Sequence[Target]) -> Iterator[str]:
    """Days on which the centre is closed."""
    for day, known in _new_days(targets):
        if (reason := known.closed(day)) is not None:
            yield _("%(day)s is a day off: %(reason)s.", day=day_name(day), reason=reason)


def _hints(targets: Sequence[Target]) -> Iterator[str]:
    """What else to know of those days, each thing once."""
    counted = Counter(hint for day, known in _new_days(targets) for hint in known.hints(day))
    for hint, count in counted.items():
        yield ngettext("%(num)s day: %(hint)s", "%(num)s days: %(hint)s", count, hint=hint)


def _new_days(targets: Sequence[Target]) -> list[tuple[date, DaysOff]]:
    """The days onto which sessions would move, in order, and what is known of them."""
    moved = [t for t in targets if t.moves and t.status is Status.PLANNED]
    if not moved:
        return []
    centre = moved[0].meeting.activity.centre
    days = sorted({t.starts_at.astimezone(centre.tz).date() for t in moved})
    known = days_off(centre, days[0], days[-1], language=page_language())
    return [(day, known) for day in days]


def _small_rooms(targets: Sequence[Target]) -> Iterator[str]:
    for target in targets:
        capacity = target.meeting.activity.capacity
        if target.room is not None and capacity is not None and target.room.capacity < capacity:
            yield _(
                "%(room)s holds %(places)s, the group may be %(capacity)s.",
                room=target.room.name,
                places=target.room.capacity,
                capacity=capacity,
            )
            return


def _when(at: datetime, zone: str) -> str:
    return f"{local_date(at, zone)}{_(', ')}{local_time(at, zone)}"
