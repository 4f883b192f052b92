"""Taking over the programme of a partner: new sessions become drafts, what changed is changed like
by hand, and all of it can be thrown away while it is a draft. Never commits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import func, select

from app.database import new_ref
from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Centre, Person
from app.planning.operations import edit_series
from app.programme.changing import ChangedMeanwhile
from app.programme.details import Details
from app.programme.kinds import Kind
from app.programme.models import Activity, Meeting, Scope, Status
from app.programme.operations import ActivityFacts, NoDraft, change_facts, plan_activity
from app.programme.partner_calendars import (
    Changed,
    Comparison,
    Line,
    PartnerCalendar,
    PartnerEvent,
    compare,
)
from app.programme.partner_import import Held, Item, Programme
from app.programme.queries import activities_planned_by, meetings_planned_by
from app.programme.series import as_seen, fingerprint, with_status
from app.programme.targets import Target, as_it_is
from app.programme.terms import Term
from app.programme.throwing_away import throw_away
from app.refusal import Refusal
from app.signups.queries import places_taken

LISTED_KINDS = tuple(
    kind
    for kind in Kind
    if kind.policy.privacy.is_listed and kind.policy.chosen_alone and not kind.policy.single
)
"""What a partner's programme may become: strangers know of it anyway."""
T = TypeVar("T")


class NothingChosen(Refusal):
    message = _l("Nothing was chosen. Nothing was changed.")


class TermIsPublished(Refusal):
    message = _l("This term is published: choose one that is still drafted.")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a coordinator decides about a file. *term*: where the drafts go; None for a new one.
    *chosen*: keys of events; *cancelled*: refs of meetings that the partner has no more."""

    kind: Kind
    language: str
    responsible: Person
    name: str
    term: Term | None = None
    chosen: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Taken:
    """What came of it. *elsewhere*: how many sessions have another place that was not taken over,
    because the rest of their activity stays where it is."""

    batch: str
    activities: int
    sessions: int
    changed: int
    cancelled: int
    elsewhere: int


def seen_by(comparison: Comparison) -> str:
    """What names the state on which somebody decides."""
    return fingerprint(comparison.touched)


def take_over(
    programme: Programme, wishes: Wishes, centre: Centre, *, by: Person, now: datetime, seen: str
) -> Taken:
    """What was chosen of the file, all of it or nothing. A second click finds it there already.

    Raises `ChangedMeanwhile`, `NothingChosen`, `TermIsPublished`, and whatever a change by hand
    would refuse, such as `HelperElsewhere`.
    """
    lock(centre)  # one file after the other
    comparison = compare(programme, centre, by=by, now=now)
    if seen_by(comparison) != seen:
        raise ChangedMeanwhile
    lines = [line for line in comparison.lines if line.item.key in wishes.chosen]
    gone = [one for one in comparison.gone if one.meeting.ref in wishes.cancelled]
    if not gone and not any(line.does_something for line in lines):
        raise NothingChosen
    changed = [one for line in lines for one in line.changed]
    elsewhere = _change(changed, gone, by=by, now=now)
    calendar = comparison.calendar or _new_calendar(wishes, centre, by=by)
    calendar.changed_at = now
    batch = new_ref()
    groups = _by_activity(lines)
    if groups:
        wishes = replace(wishes, term=_term(wishes, calendar, groups))
    for group in groups:
        _draft(group, wishes, calendar, batch, by=by, now=now)
    db.session.flush()
    sessions = sum(len(group) for group in groups)
    return Taken(batch, len(groups), sessions, len(changed), len(gone), elsewhere)


def drafts_of(batch: str, *, by: Person) -> list[Activity]:
    """The drafts that came with one file, of those that *by* plans."""
    came = (
        select(Meeting.activity_id)
        .join(PartnerEvent, PartnerEvent.meeting_id == Meeting.id)
        .where(PartnerEvent.batch == batch)
    )
    found = activities_planned_by(by).where(Activity.id.in_(came), Activity.published_at.is_(None))
    return list(db.session.scalars(found.order_by(Activity.id)))


def take_back(batch: str, *, by: Person) -> int:
    """Every draft that came with one file is gone, and the term that was made for it, if nothing
    else is in it; how many drafts. Raises `NoDraft` where there is none any more."""
    drafts = drafts_of(batch, by=by)
    if not drafts:
        raise NoDraft
    calendar_id = db.session.scalars(
        select(PartnerEvent.calendar_id).where(PartnerEvent.batch == batch).limit(1)
    ).one()
    ids = [draft.id for draft in drafts]
    for each in ids:
        throw_away(db.session.get_one(Activity, each))
    _forget(db.session.get_one(PartnerCalendar, calendar_id))
    return len(ids)


def _forget(calendar: PartnerCalendar) -> None:
    """The calendar and its term, where nothing is left of them."""
    term = calendar.term
    left = select(func.count(PartnerEvent.id)).where(PartnerEvent.calendar_id == calendar.id)
    if not db.session.scalars(left).one():
        db.session.delete(calendar)
        db.session.flush()
    if term is None:
        return
    lock(term)
    inside = select(func.count(Activity.id)).where(Activity.term_id == term.id)
    if not db.session.scalars(inside).one() and term.published_at is None:
        db.session.delete(term)
        db.session.flush()


def _new_calendar(wishes: Wishes, centre: Centre, *, by: Person) -> PartnerCalendar:
    calendar = PartnerCalendar(centre=centre, name=wishes.name, made_by_id=by.id)
    db.session.add(calendar)
    return calendar


def _by_activity(lines: Sequence[Line]) -> list[list[tuple[Item, Held]]]:
    """New times by what is one activity, each by time."""
    groups: dict[tuple[str, str], list[tuple[Item, Held]]] = {}
    for line in lines:
        for held in line.new:
            groups.setdefault(line.item.activity, []).append((line.item, held))
    return [sorted(group, key=lambda one: one[1].starts_at) for group in groups.values()]


def _term(
    wishes: Wishes, calendar: PartnerCalendar, groups: Sequence[Sequence[tuple[Item, Held]]]
) -> Term:
    """The drafted term that was chosen, or a new one called like the partner."""
    if wishes.term is not None:
        lock(wishes.term)
        if wishes.term.published_at is not None:
            raise TermIsPublished
        return wishes.term
    zone = calendar.centre.tz
    days = [held.starts_at.astimezone(zone).date() for group in groups for _item, held in group]
    calendar.term = Term(
        centre=calendar.centre,
        name=_free_name(calendar.name, calendar.centre),
        first_day=min(days),
        last_day=max(days),
    )
    db.session.add(calendar.term)
    db.session.flush()
    return calendar.term


def _free_name(name: str, centre: Centre) -> str:
    """*name*, with a number where another term of the centre has it."""
    taken = set(db.session.scalars(select(Term.name).where(Term.centre_id == centre.id)))
    tries = [name, *(f"{name} ({number})" for number in range(2, len(taken) + 3))]
    return next(one for one in tries if one not in taken)


def _draft(
    group: Sequence[tuple[Item, Held]],
    wishes: Wishes,
    calendar: PartnerCalendar,
    batch: str,
    *,
    by: Person,
    now: datetime,
) -> None:
    """One activity with a session for each of its times, and what each of them came from."""
    first = group[0][0]
    words = next((item for item, _held in group if item.about), first)
    zone = calendar.centre.tz
    facts = ActivityFacts(
        centre=calendar.centre,
        kind=wishes.kind,
        texts={first.language or wishes.language: (first.title, words.about)},
        language=wishes.language,
        term=wishes.term,
        meeting_point=first.place or calendar.name,
    )
    held = [one.occurrence(zone) for _item, one in group]
    activity = plan_activity(facts, held, by=by, now=now)
    activity.coordinator = wishes.responsible
    found = select(Meeting).where(Meeting.activity_id == activity.id).order_by(Meeting.id)
    meetings = db.session.scalars(found).all()
    db.session.add_all(
        PartnerEvent(
            calendar=calendar,
            uid=item.uid,
            which=one.which,
            meeting=meeting,
            batch=batch,
            title=item.title,
            place=item.place,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for (item, one), meeting in zip(group, meetings, strict=True)
    )


def _change(
    changed: Sequence[Changed], gone: Sequence[PartnerEvent], *, by: Person, now: datetime
) -> int:
    """What is otherwise in the file, activity by activity; how many are elsewhere, and stay."""
    targets = [_target(one) for one in changed]
    targets += with_status([one.meeting for one in gone], Status.CANCELLED)
    for together in _alike(targets, lambda target: target.meeting.activity_id):
        _edit([target.meeting for target in together], by=by, now=now, targets=together)
    for same in _alike([one for one in changed if one.retitled], _new_title):
        _retitle(same, by=by, now=now)
    elsewhere = _move_places([one for one in changed if one.elsewhere], by=by, now=now)
    for one in changed:
        event = one.event
        event.title, event.gone_at = one.item.title, None
        event.starts_at, event.ends_at = one.held.starts_at, one.held.ends_at
    for event in gone:
        event.gone_at = now
    db.session.flush()
    return elsewhere


def _edit(
    meetings: Sequence[Meeting],
    *,
    by: Person,
    now: datetime,
    targets: Sequence[Target] = (),
    details: Details | None = None,
) -> None:
    edit_series(
        meetings,
        scope=Scope.ALL,
        by=by,
        now=now,
        seen=as_seen(fingerprint(meetings), meetings),
        targets=targets,
        details=details,
    )


def _target(one: Changed) -> Target:
    meeting = one.event.meeting
    status = Status.PLANNED if one.returns else meeting.status
    return replace(
        as_it_is(meeting),
        starts_at=one.held.starts_at,
        ends_at=one.held.ends_at,
        status=status,
    )


def _new_title(one: Changed) -> tuple[int, str]:
    return one.event.meeting.activity_id, one.item.title


def _retitle(same: Sequence[Changed], *, by: Person, now: datetime) -> None:
    """Sessions of one activity have another title: the activity, if it is all of them."""
    meetings = [one.event.meeting for one in same]
    activity = meetings[0].activity
    language = activity.text_in(activity.language).language
    whole = {one.id for one in meetings} == _coming_ids(activity, by=by, now=now)
    _edit(
        meetings,
        by=by,
        now=now,
        details=Details(titles={language: same[0].item.title}, whole=whole),
    )


def _move_places(changed: Sequence[Changed], *, by: Person, now: datetime) -> int:
    """An activity meets elsewhere where all of its sessions do; else each stays where it is."""
    stay = 0
    for same in _alike(changed, lambda one: (one.event.meeting.activity_id, one.item.place)):
        activity = same[0].event.meeting.activity
        place = same[0].item.place or same[0].event.calendar.name
        if {one.event.meeting_id for one in same} != _coming_ids(activity, by=by, now=now):
            stay += len(same)
            continue
        change_facts(
            activity, {"meeting_point": place}, taken=partial(places_taken, now=now), now=now
        )
        for one in same:
            one.event.place = one.item.place
    return stay


def _coming_ids(activity: Activity, *, by: Person, now: datetime) -> set[int]:
    found = meetings_planned_by(by).where(
        Meeting.activity_id == activity.id, Meeting.starts_at > now
    )
    return set(db.session.scalars(found.with_only_columns(Meeting.id)))


def _alike(things: Sequence[T], by: Callable[[T], Hashable]) -> list[list[T]]:
    """Those for which *by* is the same, together."""
    groups: dict[Hashable, list[T]] = {}
    for one in things:
        groups.setdefault(by(one), []).append(one)
    return list(groups.values())
