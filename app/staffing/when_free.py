"""When those who help are free: what they say of their week, of single days, and of busy times.

Nothing here commits. Whoever is expected already stays expected: `expected_against` says where.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import contains_eager

from app.database import new_ref
from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Person
from app.programme.models import Meeting, Status
from app.refusal import Refusal
from app.staffing.availability import Answer, Weekly
from app.staffing.busy_import import Interval
from app.staffing.models import Assignment, Need, State
from app.staffing.queries import assignments_of, availability_of
from app.staffing.windows import DatedWindow, WeeklyWindow

MOST_WINDOWS = 60
MOST_DATED = 1000
LONGEST = timedelta(days=366)
A_MOMENT = timedelta(microseconds=1)
KEPT = timedelta(days=1)
"""How long a time that is over is still kept."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the day, as the simple page asks for it."""

    name: str
    starts: time
    ends: time


CELLS = (
    Cell("morning", time(8), time(12)),
    Cell("afternoon", time(12), time(17)),
    Cell("evening", time(17), time(22)),
)


class TooManyTimes(Refusal):
    message = _l("That is more times than can be kept here. Remove some first.")


class WrongTime(Refusal):
    message = _l("This time is over, or longer than a year.")


def windows_of(person: Person) -> Select[WeeklyWindow]:
    return (
        select(WeeklyWindow)
        .where(WeeklyWindow.person_id == person.id)
        .order_by(WeeklyWindow.weekday, WeeklyWindow.starts, WeeklyWindow.id)
    )


def dated_of(person: Person, *, now: datetime) -> Select[DatedWindow]:
    """What differs from the usual week and is not over."""
    return (
        select(DatedWindow)
        .where(DatedWindow.person_id == person.id, DatedWindow.ends_at > now)
        .order_by(DatedWindow.starts_at, DatedWindow.id)
    )


def said_anything(person: Person) -> bool:
    """Whether they said anything of their usual week."""
    return db.session.scalars(windows_of(person).limit(1)).one_or_none() is not None


def set_week(person: Person, windows: Collection[Weekly]) -> None:
    """Exactly *windows* are their usual week; outside of them they are not free.

    A week of "no" alone is kept as it was said: no window at all would say nothing.
    """
    lock(person)
    free = {one for one in windows if one.answer is not Answer.NO}
    kept = sorted(free or set(windows), key=lambda one: (one.weekday, one.starts, one.ends))
    if len(kept) > MOST_WINDOWS:
        raise TooManyTimes
    db.session.execute(delete(WeeklyWindow).where(WeeklyWindow.person_id == person.id))
    db.session.add_all(
        WeeklyWindow(
            person_id=person.id,
            weekday=one.weekday,
            starts=one.starts,
            ends=one.ends,
            answer=one.answer,
        )
        for one in kept
    )
    db.session.flush()


def forget_week(person: Person) -> None:
    """They say nothing of their week any more: they may be asked at any time."""
    lock(person)
    db.session.execute(delete(WeeklyWindow).where(WeeklyWindow.person_id == person.id))


def in_cells(windows: Iterable[WeeklyWindow]) -> dict[tuple[int, str], Answer] | None:
    """(weekday, cell) -> answer; None where the windows are not those of the simple page."""
    by_times = {(cell.starts, cell.ends): cell.name for cell in CELLS}
    found: dict[tuple[int, str], Answer] = {}
    for one in windows:
        name = by_times.get((one.starts, one.ends))
        if name is None or (one.weekday, name) in found:
            return None
        found[one.weekday, name] = one.answer
    return found


def whole_days(first: date, last: date, zone: ZoneInfo) -> Interval:
    """From midnight to midnight in *zone*, both days included."""
    return instant(first, time(0), zone), instant(last + timedelta(days=1), time(0), zone)


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When a clock on the wall shows *clock* on *day*. Of an hour that comes twice, the first; one
    that is skipped is read as if the clock had not been changed yet."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def say(
    person: Person, starts_at: datetime, ends_at: datetime, answer: Answer, *, now: datetime
) -> DatedWindow:
    """On this one occasion: away, or there although the usual week does not say so.

    The same once more is harmless. Raises `WrongTime` and `TooManyTimes`.
    """
    lock(person)
    _forget_past(person, now=now)
    if not now < ends_at or not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise WrongTime
    known = db.session.scalars(dated_of(person, now=now)).all()
    for one in known:
        if (one.starts_at, one.ends_at, one.answer) == (starts_at, ends_at, answer):
            return one
    if len(known) >= MOST_DATED:
        raise TooManyTimes
    window = DatedWindow(
        person_id=person.id, starts_at=starts_at, ends_at=ends_at, answer=answer, batch=None
    )
    db.session.add(window)
    db.session.flush()
    return window


def unsay(window: DatedWindow) -> None:
    """That occasion is like any other again."""
    db.session.delete(window)
    db.session.flush()


def replace_busy(person: Person, times: Sequence[Interval], *, now: datetime) -> str:
    """The busy times of a calendar file instead of those of the file before; what the person said
    by hand stays. The name of the batch."""
    lock(person)
    _forget_past(person, now=now)
    db.session.execute(
        delete(DatedWindow).where(
            DatedWindow.person_id == person.id, DatedWindow.batch.is_not(None)
        )
    )
    if len(times) > MOST_DATED:
        raise TooManyTimes
    batch = new_ref()
    db.session.add_all(
        DatedWindow(
            person_id=person.id,
            starts_at=starts_at,
            ends_at=ends_at,
            answer=Answer.NO,
            batch=batch,
        )
        for starts_at, ends_at in times
    )
    db.session.flush()
    return batch


def remove_batch(person: Person, batch: str) -> int:
    """Everything that came with one file, at once: how many times that were."""
    lock(person)
    mine = DatedWindow.person_id == person.id, DatedWindow.batch == batch
    found = db.session.scalars(select(DatedWindow).where(*mine)).all()
    for one in found:
        db.session.delete(one)
    db.session.flush()
    return len(found)


def free_after_all(
    person: Person, starts_at: datetime, ends_at: datetime, *, now: datetime
) -> None:
    """They are there from *starts_at* to *ends_at* after all: where they said "no" for single days
    the rest of it stays said. The caller holds the person."""
    away = (
        select(DatedWindow)
        .where(
            DatedWindow.person_id == person.id,
            DatedWindow.answer == Answer.NO,
            DatedWindow.starts_at < ends_at,
            DatedWindow.ends_at > starts_at,
        )
        .order_by(DatedWindow.id)
    )
    for one in db.session.scalars(away).all():
        for begins, ends in ((one.starts_at, starts_at), (ends_at, one.ends_at)):
            if begins < ends:
                db.session.add(
                    DatedWindow(
                        person_id=person.id,
                        starts_at=begins,
                        ends_at=ends,
                        answer=Answer.NO,
                        batch=one.batch,
                    )
                )
        db.session.delete(one)
    db.session.flush()
    say(person, starts_at, ends_at, Answer.YES, now=now)


def expected_against(person: Person, *, now: datetime) -> list[Assignment]:
    """The places they hold at times when, by now, they said they are not free; by time."""
    held = db.session.scalars(
        assignments_of(person)
        .join(Assignment.need)
        .join(Need.meeting)
        .options(contains_eager(Assignment.need).contains_eager(Need.meeting))
        .where(
            Assignment.state == State.CONFIRMED,
            Meeting.status == Status.PLANNED,
            Meeting.starts_at > now,
        )
        .order_by(Meeting.starts_at, Assignment.id)
    ).all()
    if not held:
        return []
    last = max(one.need.meeting.ends_at for one in held)
    said = availability_of([person], now, last)[person.id]
    return [
        one
        for one in held
        if said.answer(one.need.meeting.starts_at, one.need.meeting.ends_at) is Answer.NO
    ]


def _forget_past(person: Person, *, now: datetime) -> None:
    db.session.execute(
        delete(DatedWindow).where(
            DatedWindow.person_id == person.id, DatedWindow.ends_at < now - KEPT
        )
    )
