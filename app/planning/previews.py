"""What a plan would come to, before anything is saved: sessions, hours, clashes, what to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import format_decimal

from app.extensions import db
from app.i18n import _, ngettext
from app.people.locale import page_language
from app.people.models import Person
from app.planning.plan_form import PlanForm
from app.programme.days_off import DaysOff, days_off
from app.programme.forms import FARTHEST, wrong
from app.programme.models import Meeting
from app.programme.operations import clashes
from app.programme.queries import meetings_planned_by
from app.programme.recurrence import (
    EmptyPattern,
    Occurrence,
    OverlappingMeetings,
    PatternTooLong,
    Plan,
    both,
    plan,
    plan_dates,
    teaching_hours,
)
from app.web import local_date, local_time


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The sessions that a form means. *by_hand*: the single dates among them. *clashes*: each with
    the session that is there already, where the planner may know of it. *warnings* stop nobody.
    *rooms*: how each is called."""

    plan: Plan
    by_hand: frozenset[Occurrence]
    zone: str
    length: str
    clashes: list[tuple[Occurrence, Meeting | None]]
    warnings: tuple[str, ...]
    hints: tuple[str, ...]
    rooms: Mapping[int, str]


def preview_of(form: PlanForm, planner: Person) -> Preview | None:
    """What *form*, which is valid, comes to; None with an error on it where that is nothing."""
    centre = form.chosen_centre()
    known = _days_off(form)
    try:
        planned, by_hand = _planned(form, known)
    except EmptyPattern:
        wrong(form.slots, _("No session would take place."))
        return None
    except PatternTooLong:
        wrong(form.slots, _("These are too many sessions, or they last for too many years."))
        return None
    except OverlappingMeetings as problem:
        day = local_date(problem.other.starts_at, centre.zone)
        wrong(form.slots, _("Two of these sessions would overlap: %(day)s.", day=day))
        return None
    if closed := _closed_rooms(form, planned):
        wrong(form.slots, _("%(room)s is not in use any more.", room=closed[0]))
        return None
    return Preview(
        plan=planned,
        by_hand=by_hand,
        zone=centre.zone,
        length=_length(form, planned),
        clashes=_known_clashes(planned, planner),
        warnings=tuple(_warnings(form, planned, by_hand)),
        hints=_hints(planned, known),
        rooms={room: form.chosen_room(room).name for room in _rooms_of(planned)},
    )


def _rooms_of(planned: Plan) -> set[int]:
    return {one.room for one in planned.held if one.room is not None}


def _days_off(form: PlanForm) -> DaysOff:
    days = [one.day for one in form.dates()]
    if form.first_day.data is not None:
        days.append(form.first_day.data)
    return days_off(
        form.chosen_centre(),
        min(days),
        max(days) + FARTHEST,
        language=page_language(),
        skip_school_holidays=form.skip_school_holidays.data,
    )


def _planned(form: PlanForm, known: DaysOff) -> tuple[Plan, frozenset[Occurrence]]:
    pattern, dates = form.pattern(), form.dates()
    weekly = plan(pattern, known.closed) if pattern is not None else None
    alone = plan_dates(form.chosen_centre().tz, dates, known.closed) if dates else None
    by_hand = frozenset(alone.held) if alone is not None else frozenset()
    if weekly is not None and alone is not None:
        return both(weekly, alone), by_hand
    found = weekly or alone
    assert found is not None, "a valid form has dates"
    return found, by_hand


def _length(form: PlanForm, planned: Plan) -> str:
    """How many sessions and hours, in teaching hours too where the kind counts them."""
    sessions = ngettext("%(num)s session", "%(num)s sessions", len(planned.held))
    clock_hours = _number(teaching_hours(planned.held, 60))
    if not form.hour_minutes:
        return _("%(sessions)s, %(hours)s hours", sessions=sessions, hours=clock_hours)
    minutes = form.hour_minutes.data
    return _(
        "%(sessions)s, %(teaching)s teaching hours of %(minutes)s minutes = %(hours)s clock hours",
        sessions=sessions,
        teaching=_number(teaching_hours(planned.held, minutes)),
        minutes=minutes,
        hours=clock_hours,
    )


def _number(hours: Fraction) -> str:
    return str(format_decimal(round(float(hours), 2), "0.##"))


def _known_clashes(planned: Plan, planner: Person) -> list[tuple[Occurrence, Meeting | None]]:
    """Of a session that the planner may not know of, only that the room is taken."""
    found = clashes(planned.held)
    ids = {other.id for _occurrence, other in found}
    mine = set(
        db.session.scalars(
            meetings_planned_by(planner).where(Meeting.id.in_(ids)).with_only_columns(Meeting.id)
        )
    )
    return [(occurrence, other if other.id in mine else None) for occurrence, other in found]


def _warnings(form: PlanForm, planned: Plan, by_hand: Collection[Occurrence]) -> Iterator[str]:
    zone = form.chosen_centre().zone
    for one in planned.warned:
        yield _(
            "%(day)s: %(reason)s. You chose this date yourself, so it is held all the same.",
            day=local_date(one.starts_at, zone),
            reason=one.reason,
        )
    weekly = [one for one in planned.held if one not in by_hand]
    yield from _about_the_last(form, weekly, zone)
    yield from _about_hours(form, planned)
    yield from _about_rooms(form, planned)
    yield from _about_term(form, planned)


def _about_the_last(form: PlanForm, weekly: Sequence[Occurrence], zone: str) -> Iterator[str]:
    """Where teaching hours end a series, its last session may be a short one."""
    pattern = form.pattern()
    if pattern is None or pattern.minutes is None:
        return
    last = weekly[-1]
    starts, ends = (at.astimezone(pattern.zone) for at in (last.starts_at, last.ends_at))
    whole = {(slot.weekday, slot.starts, slot.ends) for slot in pattern.slots}
    if (starts.weekday(), starts.time(), ends.time()) not in whole:
        yield _(
            "The last weekly session is shorter: %(day)s, from %(start)s to %(end)s.",
            day=local_date(last.starts_at, zone),
            start=local_time(last.starts_at, zone),
            end=local_time(last.ends_at, zone),
        )


def _about_hours(form: PlanForm, planned: Plan) -> Iterator[str]:
    """Hours that are not those that were wanted."""
    if form.target_hours is None or not form.target_hours.data:
        return
    held = teaching_hours(planned.held, form.hour_minutes.data)
    if held != form.target_hours.data:
        yield _(
            "These are %(held)s teaching hours; %(wanted)s are wanted.",
            held=_number(held),
            wanted=form.target_hours.data,
        )


def _about_rooms(form: PlanForm, planned: Plan) -> Iterator[str]:
    """Rooms that are too small for the group."""
    group = form.facts().capacity
    for room_id in sorted(_rooms_of(planned)):
        room = form.chosen_room(room_id)
        if group is not None and room.capacity < group:
            yield _(
                "%(room)s holds %(seats)s, the group may be %(group)s.",
                room=room.name,
                seats=room.capacity,
                group=group,
            )


def _closed_rooms(form: PlanForm, planned: Plan) -> list[str]:
    """The names of rooms that are no longer in use, of a copied plan for instance."""
    rooms = {form.chosen_room(room) for room in _rooms_of(planned)}
    return sorted(room.name for room in rooms if not room.in_use)


def _about_term(form: PlanForm, planned: Plan) -> Iterator[str]:
    term = form.facts().term
    if term is None:
        return
    outside = sum(not term.first_day <= one.day <= term.last_day for one in planned.held)
    if outside:
        yield ngettext(
            "%(num)s session lies outside the term.",
            "%(num)s sessions lie outside the term.",
            outside,
        )


def _hints(planned: Plan, known: DaysOff) -> tuple[str, ...]:
    """What to know of the days, each thing once with the number of sessions it is about."""
    counted = Counter(what for one in planned.held for what in known.hints(one.day))
    return tuple(
        ngettext(
            "%(num)s session falls in: %(what)s",
            "%(num)s sessions fall in: %(what)s",
            count,
            what=what,
        )
        for what, count in counted.items()
    )
