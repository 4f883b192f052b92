"""Marking participants: by taps, by a page, all at once. Operations never commit.

Each one holds the meeting, so that two people who mark at once wait for one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.attendance.marks import Mark, Tap
from app.attendance.models import Attendance, AttendanceTap
from app.attendance.queries import KEEP_TAPS, known_keys, marks_at, may_be_there, people_at
from app.database import new_ref
from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Person
from app.presence.operations import NotHeld, NotYet
from app.programme.models import Meeting
from app.refusal import Refusal

MOMENT = timedelta(microseconds=1)


class TooEarly(NotYet):
    message = _l("Who is here can be marked from half an hour before the start.")


class NotOnTheList(Refusal):
    message = _l("This person is not on the list of this session.")


@dataclass(frozen=True, slots=True)
class Row:
    """What somebody wants a row to say, and the key of the word that they saw there ("": none)."""

    person: Person
    mark: Mark | None
    seen: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else said something else in the meantime: nothing was written."""

    person: Person
    now: Attendance


def take_taps(
    meeting: Meeting, taps: Sequence[tuple[Person, Tap]], *, by: Person, now: datetime
) -> dict[str, Refusal]:
    """Taps of a telephone, in any order and however often; what was refused, by the tap's key.
    Raises `NotHeld`."""
    sheet = _hold(meeting)
    known = known_keys([tap.key for _person, tap in taps])
    refused: dict[str, Refusal] = {}
    for person, tap in taps:
        if tap.key in known:
            continue
        known.add(tap.key)
        try:
            sheet.take(person, tap, by=by, now=now)
        except Refusal as refusal:
            refused[tap.key] = refusal
    return refused


def save_rows(
    meeting: Meeting, rows: Sequence[Row], *, by: Person, now: datetime
) -> list[Conflict]:
    """What a page says, all rows at once: only what was changed on it is written. A row that
    somebody else changed in the meantime stays as it is, and is told."""
    sheet = _hold(meeting)
    conflicts = []
    for row in rows:
        held = sheet.marks.get(row.person.id)
        if (held.mark if held else None) is row.mark:
            continue
        if held is not None and held.key != row.seen:
            conflicts.append(Conflict(row.person, held))
            continue
        sheet.take(row.person, Tap(new_ref(), _after(held, now), row.mark), by=by, now=now)
    return conflicts


def mark_everyone(meeting: Meeting, once: str, *, by: Person, now: datetime) -> int:
    """Whoever is not marked yet was there; how many that were. The same *once* again adds nobody.

    `take_back_everyone` with the same *once* undoes it.
    """
    sheet = _hold(meeting)
    taps = []
    for person in sheet.people:
        held = sheet.marks.get(person.id)
        if held is None or held.mark is None:
            key = f"{once}.{person.id}"
            taps.append((person, Tap(key, _after(held, now), Mark.PRESENT)))
    known = known_keys([tap.key for _person, tap in taps])
    fresh = [(person, tap) for person, tap in taps if tap.key not in known]
    for person, tap in fresh:
        sheet.take(person, tap, by=by, now=now)
    return len(fresh)


def take_back_everyone(meeting: Meeting, once: str, *, by: Person, now: datetime) -> int:
    """Whoever `mark_everyone` marked is not marked again, but for those of whom something else was
    said since."""
    sheet = _hold(meeting)
    theirs = [one for one in sheet.marks.values() if one.key == f"{once}.{one.person_id}"]
    for held in theirs:
        tap = Tap(f"{held.key}.undone", _after(held, now), None)
        sheet.take(held.person, tap, by=by, now=now)
    return len(theirs)


def take_walk_in(meeting: Meeting, person: Person, key: str, *, by: Person, now: datetime) -> None:
    """*person*, who may be on no list, was there; twice with the same *key* is once."""
    sheet = _hold(meeting)
    if known_keys([key]):
        return
    held = sheet.marks.get(person.id)
    sheet.listed.add(person.id)
    sheet.take(person, Tap(key, _after(held, now), Mark.PRESENT), by=by, now=now)


class _Sheet:
    """The list of one meeting that is held, with what counts on it: person id -> the row."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.people = people_at([meeting])
        self.listed = {one.id for one in self.people}
        self.marks = {person: one for (_meeting, person), one in marks_at([meeting]).items()}

    def take(self, person: Person, tap: Tap, *, by: Person, now: datetime) -> None:
        """Write the word down; it counts if no later one does."""
        if person.id not in self.listed:
            raise NotOnTheList
        here_or_not = tap.mark in (Mark.PRESENT, Mark.ABSENT)
        if here_or_not and not may_be_there(self.meeting, tap.at):
            raise TooEarly  # to be excused one may ask before
        held = self.marks.get(person.id)
        counts = tap.is_later(held.tap if held else None)
        if held is None:
            held = self.marks[person.id] = Attendance(meeting=self.meeting, person=person)
            db.session.add(held)
        if counts:
            held.mark, held.key, held.said_at, held.said_by = tap.mark, tap.key, tap.at, by
        db.session.add(
            AttendanceTap(
                key=tap.key, attendance=held, mark=tap.mark, said_at=tap.at, received_at=now, by=by
            )
        )
        db.session.flush()


def _hold(meeting: Meeting) -> _Sheet:
    lock(meeting)
    if meeting.is_cancelled or meeting.is_draft:
        raise NotHeld
    return _Sheet(meeting)


def _after(held: Attendance | None, now: datetime) -> datetime:
    """Now; whoever saw what was said before says it later, whatever a telephone's clock says."""
    return now if held is None else max(now, held.said_at + MOMENT)


def forget_old_taps(*, now: datetime) -> None:
    """Of meetings long over only what counts is kept, not each word."""
    old = (
        select(Attendance.id)
        .join(Attendance.meeting)
        .where(Meeting.ends_at < now - KEEP_TAPS)
        .scalar_subquery()
    )
    db.session.execute(
        delete(AttendanceTap)
        .where(AttendanceTap.attendance_id.in_(old), AttendanceTap.received_at < now - KEEP_TAPS)
        .execution_options(synchronize_session=False)
    )
