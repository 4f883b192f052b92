"""What people have been told of meetings by now, so that nobody hears the same thing twice."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.extensions import db
from app.notices.models import TO_CALL, UNSENT, Kind, Notice, State
from app.notices.operations import key_about
from app.notices.timing import Lead
from app.people.models import Person
from app.programme.models import TOLD, Edit, Meeting, MeetingChange

NOT_YET = datetime.max.replace(tzinfo=UTC)
"""A letter that waits to leave: nothing else is said meanwhile, for it may still be taken back."""
Told = dict[tuple[int, int], datetime]
"""(person id, meeting id) -> when a letter told of the meeting as it now is."""
Reading = tuple[int, Meeting]
"""Who would read of which meeting (a person's id): whoever is expected, or decides for them."""
CHANGES = (Kind.MOVED, Kind.RESTORED, Kind.ADDED, Kind.SERIES_CHANGED)
READ_OF = (Kind.MOVED, Kind.RELEASED, Kind.CANCELLED, Kind.RESTORED, Kind.SERIES_CHANGED)


def told_lately(due: Collection[Reading], *, since: datetime, even_waiting: bool) -> Told:
    """What letters said of those meetings *since* then: of a change, of one edit of a series, of a
    new term, or of the place of somebody who has just joined. *even_waiting*: what such a letter
    will say once it leaves counts, too."""
    people = {reader_id for reader_id, _meeting in due}
    if not people:
        return {}
    meetings = {meeting.id: meeting for _reader, meeting in due}
    edits = _edits_of(meetings)
    told: Told = {}
    columns = (Notice.person_id, Notice.kind, Notice.about, Notice.posted_at, Notice.state)
    letters = select(*columns).where(
        Notice.person_id.in_(people),
        Notice.posted_at > since,
        Notice.kind.in_((*CHANGES, Kind.ENROLLED, Kind.TERM_PUBLISHED)),
        Notice.state.not_in((State.DROPPED, State.GIVEN_UP, *(() if even_waiting else UNSENT))),
    )
    for person_id, kind, about, at, state in db.session.execute(letters.order_by(Notice.id)):
        for meeting_id in _subjects(kind, about, meetings, edits):
            told[person_id, meeting_id] = NOT_YET if state in UNSENT else at
    return told


def _edits_of(meetings: dict[int, Meeting]) -> dict[int, set[int]]:
    """Edit id -> the meetings that still are as it left them."""
    rows = db.session.execute(
        select(MeetingChange.edit_id, MeetingChange.meeting_id, MeetingChange.sequence).where(
            MeetingChange.meeting_id.in_(meetings), MeetingChange.kind.in_(TOLD)
        )
    )
    found: dict[int, set[int]] = {}
    for edit_id, meeting_id, sequence in rows:
        if edit_id is not None and meetings[meeting_id].sequence == sequence:
            found.setdefault(edit_id, set()).add(meeting_id)
    return found


def _subjects(
    kind: Kind, about: dict[str, Any], meetings: dict[int, Meeting], edits: dict[int, set[int]]
) -> set[int]:
    """Which of *meetings* a letter told of, as they are now."""
    if kind is Kind.SERIES_CHANGED:
        return edits.get(about["edit"], set())
    if kind is Kind.TERM_PUBLISHED:
        new = {one.id for one in meetings.values() if one.activity_id in about["activities"]}
        return {meeting_id for meeting_id in new if meetings[meeting_id].sequence == 0}
    meeting = meetings.get(about["meeting"])
    if meeting is None or about.get("sequence", meeting.sequence) != meeting.sequence:
        return set()
    return {meeting.id}


def where_and_when(meeting: Meeting) -> dict[str, Any]:
    """What a reminder says, kept with it: the start as ISO 8601 in UTC, the room's id."""
    return {"starts_at": meeting.starts_at.isoformat(), "room": meeting.room_id}


def reminded_of_the_same(due: Collection[tuple[Reading, Lead]]) -> set[tuple[int, int]]:
    """(person id, meeting id) of those who were reminded as long before of the same time and room,
    though it changed in between and came back."""
    changed = {(one.id, lead): one for (_reader, one), lead in due if one.sequence}
    if not changed:
        return set()
    reminders = select(Notice.person_id, Notice.about).where(
        Notice.person_id.in_({reader_id for (reader_id, _meeting), _lead in due}),
        Notice.kind == Kind.REMINDER,
        Notice.state.in_((State.SENT, State.TOLD)),
    )
    return {
        (person_id, about["meeting"])
        for person_id, about in db.session.execute(reminders)
        if (one := changed.get((about["meeting"], Lead(about.get("lead", Lead.DAY)))))
        and where_and_when(one).items() <= about.items()
    }


def last_heard(person_id: int, change: MeetingChange, *, child: Person | None = None) -> datetime:
    """When the meeting was to begin as its reader last heard, of themselves or of a *child*:
    letters about earlier changes that were never read do not count."""
    told = {
        one.sequence: one
        for one in db.session.scalars(
            select(MeetingChange).where(
                MeetingChange.meeting_id == change.meeting_id, MeetingChange.kind.in_(TOLD)
            )
        )
    }
    sequence = change.sequence
    while sequence - 1 in told and _was_not_read(person_id, told[sequence - 1], child):
        sequence -= 1
    return datetime.fromisoformat(told[sequence].before["starts_at"])


def _was_not_read(person_id: int, change: MeetingChange, child: Person | None) -> bool:
    keys = {f"{change.meeting.ref}:{change.sequence}"}
    edit = db.session.get(Edit, change.edit_id) if change.edit_id else None
    if edit is not None:
        keys.add(edit.ref)
    if child is not None:
        keys = {key_about(child, key) for key in keys}
    unread = select(Notice.id).where(
        Notice.person_id == person_id,
        Notice.key.in_(keys),
        Notice.kind.in_(READ_OF),
        Notice.state.in_((State.DROPPED, State.GIVEN_UP, *UNSENT, *TO_CALL)),
    )
    return db.session.scalars(unread.limit(1)).one_or_none() is not None
