"""Taking an edit back: what it changed is as before, and nobody is told more than they must hear.
Never commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.extensions import db
from app.i18n import _l
from app.notices.models import TO_CALL, UNSENT, Notice
from app.notices.models import Kind as Letter
from app.notices.models import State as NoticeState
from app.notices.operations import key_about, withdraw, withdraw_from
from app.people.guardians import decided_for
from app.people.models import Centre, Person
from app.planning.operations import LETTERS, changes_of_edit, unchanged
from app.programme.changing import hold
from app.programme.details import (
    Details,
    change_details,
    record_undone_privacy,
    set_privacy,
    titles_of,
)
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, ChangeKind, Edit, Meeting, MeetingChange, Status
from app.programme.operations import RoomClosed
from app.programme.places import Room
from app.programme.queries import is_planned_by, meetings_planned_by
from app.programme.targets import Target
from app.refusal import Refusal
from app.staffing.models import Need
from app.staffing.moving import change_meetings, check_helpers
from app.staffing.needs import change_needs, facts_of, from_json

NEWS = (
    Letter.SERIES_CHANGED,
    Letter.MOVED,
    Letter.CANCELLED,
    Letter.RESTORED,
    Letter.RELEASED,
    Letter.EXPECTED_AGAIN,
    Letter.ADDED,
)


class NothingToUndo(Refusal):
    message = _l("This was undone before, or everything has changed since.")


UNDO_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Undoable:
    """The last edit of an activity that can still be undone, and how many sessions it changed."""

    edit: Edit
    sessions: int


def last_edit(activity: Activity, *, now: datetime) -> Undoable | None:
    """The newest edit of the last week, unless it is an undo, was undone, or is all over."""
    newest = db.session.scalars(
        select(Edit)
        .where(Edit.activity_id == activity.id, Edit.at > now - UNDO_FOR)
        .order_by(Edit.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or newest.undone_at is not None or newest.undoes_id is not None:
        return None
    coming = {one.meeting_id for one in changes_of_edit(newest) if one.meeting.starts_at > now}
    return Undoable(newest, len(coming)) if coming else None


JUST_NOW = timedelta(minutes=10)


@dataclass(frozen=True)
class JustMade:
    """What a coordinator changed a moment ago: which sessions, by time, and what about them."""

    edit: Edit
    meetings: Sequence[Meeting]
    kinds: Sequence[ChangeKind]


def my_last_edit(person: Person, centre: Centre, *, now: datetime) -> JustMade | None:
    """The newest edit *person* made in *centre* a moment ago, unless it is an undo, was undone, is
    all over, or changed anything they do not plan."""
    newest = db.session.scalars(
        select(Edit)
        .join(Edit.activity)
        .where(
            Edit.by_id == person.id,
            Edit.at > now - JUST_NOW,
            Activity.centre_id == centre.id,
            is_planned_by(person),
        )
        .order_by(Edit.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or newest.undone_at is not None or newest.undoes_id is not None:
        return None
    changes = changes_of_edit(newest)
    meetings = {one.meeting_id: one.meeting for one in changes}
    mine = meetings_planned_by(person).where(Meeting.id.in_(meetings))
    planned = set(db.session.scalars(mine.with_only_columns(Meeting.id)))
    if planned != set(meetings) or all(one.starts_at <= now for one in meetings.values()):
        return None
    by_time = sorted(meetings.values(), key=lambda one: (one.starts_at, one.id))
    return JustMade(newest, by_time, list(dict.fromkeys(one.kind for one in changes)))


def undo(edit: Edit, *, by: Person, now: datetime) -> Edit:
    """What *edit* changed is as before, where nothing else has changed it since and it has not
    begun. Letters that have not left are never sent; whoever read one is told."""
    changes = [change for change in changes_of_edit(edit) if change.meeting.starts_at > now]
    meetings = list({change.meeting_id: change.meeting for change in changes}.values())
    if edit.undone_at is not None or not meetings:
        raise NothingToUndo
    hold(meetings, seen=unchanged)
    claimed = db.session.scalars(
        update(Edit)
        .where(Edit.id == edit.id, Edit.undone_at.is_(None))
        .values(undone_at=now)
        .returning(Edit.id)
    ).one_or_none()
    back = Edit(activity=edit.activity, scope=edit.scope, by=by, at=now, undoes_id=edit.id)
    db.session.add(back)
    db.session.flush()
    if claimed is None:
        raise NothingToUndo
    _undo_told([change for change in changes if change.kind.is_told], edit, back)
    for kind, undo_one in _UNDO.items():
        same = [change for change in changes if change.kind is kind]
        if same:
            undo_one(same, back)
    if not changes_of_edit(back):
        raise NothingToUndo
    return back


def _undo_told(changes: Sequence[MeetingChange], edit: Edit, back: Edit) -> None:
    """Times, places and cancellations, of those meetings that are still as the edit left them."""
    still = [one for one in changes if one.meeting.sequence == one.sequence]
    if not still or back.by is None:
        return
    meetings = [change.meeting for change in still]
    children = _children_at(meetings)
    was = _by_key(edit, [(one.meeting, one.sequence) for one in still], children)
    spared = _never_heard(was, meetings)
    change_meetings(
        [_before(change) for change in still],
        by=back.by,
        now=back.at,
        seen=unchanged,
        edit=back,
        not_told={reader_id for reader_id, child_id in spared if child_id is None},
        alone=True,
    )
    news = _by_key(back, [(meeting, meeting.sequence) for meeting in meetings], children)
    of_children = {
        (reader_id, key)
        for key, child_id in news.items()
        for reader_id, of in spared
        if of == child_id is not None
    }
    if of_children:
        withdraw_from(of_children, LETTERS)


def _by_key(
    edit: Edit, meetings: Iterable[tuple[Meeting, int]], children: Iterable[Person]
) -> dict[str, int | None]:
    """Each key that a letter of *edit* may have: the child (its id) whom it is about, or None."""
    keys = [edit.ref, *(f"{meeting.ref}:{sequence}" for meeting, sequence in meetings)]
    about = {key_about(child, key): child.id for child in children for key in keys}
    return {**dict.fromkeys(keys), **about}


def _never_heard(
    keys: Mapping[str, int | None], meetings: Sequence[Meeting]
) -> set[tuple[int, int | None]]:
    """(reader id, child id) of those who had a letter by one of *keys* before them that they have
    not read, and now never will; without those who heard of it otherwise."""
    withdraw((Letter.REMINDER,), keys)
    gone = {(reader_id, keys[key]) for reader_id, key in withdraw(LETTERS, keys)}
    people = {reader_id for reader_id, _child_id in gone}
    waiting = _wait_for_others(people, meetings)
    return {one for one in gone if one[0] not in waiting} - _reminded(people, keys)


def _children_at(meetings: Sequence[Meeting]) -> Sequence[Person]:
    """The children with a place there for whom somebody decides."""
    there = select(Booking.person_id).where(Booking.meeting_id.in_([one.id for one in meetings]))
    children = select(Person).where(Person.id.in_(there), Person.id.in_(decided_for()))
    return db.session.scalars(children.order_by(Person.id)).all()


def _reminded(
    people: Collection[int], keys: Mapping[str, int | None]
) -> set[tuple[int, int | None]]:
    """(reader id, child id) of those of *people* who were reminded of what is now undone."""
    found = select(Notice.person_id, Notice.key).where(
        Notice.person_id.in_(people),
        Notice.kind == Letter.REMINDER,
        Notice.key.in_(keys),
        Notice.state != NoticeState.DROPPED,
    )
    return {(reader_id, keys[key]) for reader_id, key in db.session.execute(found)}


def _wait_for_others(people: Collection[int], meetings: Sequence[Meeting]) -> set[int]:
    """Who of *people* has not yet read of something else about *meetings*: such a letter is no
    longer true once the meeting has changed again, so they need the one about the undoing."""
    ids = {meeting.id for meeting in meetings}
    edits = set(
        db.session.scalars(
            select(MeetingChange.edit_id).where(MeetingChange.meeting_id.in_(ids)).distinct()
        )
    )
    waiting = db.session.scalars(
        select(Notice).where(
            Notice.person_id.in_(people),
            Notice.kind.in_(NEWS),
            Notice.state.in_((*UNSENT, *TO_CALL)),
        )
    )
    return {
        notice.person_id
        for notice in waiting
        if notice.about.get("meeting") in ids or notice.about.get("edit") in edits
    }


def _before(change: MeetingChange) -> Target:
    facts = change.before
    room = db.session.get(Room, facts["room"]) if facts["room"] else None
    if room is None and facts["room"]:
        raise RoomClosed
    return Target(
        change.meeting,
        datetime.fromisoformat(facts["starts_at"]),
        datetime.fromisoformat(facts["ends_at"]),
        room,
        Status(facts["status"]),
        by_hand=bool(facts.get("by_hand")),
    )


def _is(change: MeetingChange) -> Any:
    """What the edit made of it; undone only where that is still so."""
    return change.after["is"]


def _undo_titles(changes: Sequence[MeetingChange], back: Edit) -> None:
    whole = bool(changes[0].after["whole"])
    still = [c for c in changes if titles_of(back.activity if whole else c.meeting) == _is(c)]
    for before, meetings in _alike(still)[: 1 if whole else None]:
        titles = before if not whole else {**dict.fromkeys(titles_of(back.activity), ""), **before}
        change_details(meetings, Details(titles=titles, whole=whole), edit=back)


def _undo_privacy(changes: Sequence[MeetingChange], back: Edit) -> None:
    """Each session as it was; of a whole activity, what was not among them as the activity was."""
    whole = bool(changes[0].after["whole"])
    if whole and back.activity.privacy.value != _is(changes[0]):
        return
    still = [change for change in changes if change.meeting.privacy.value == _is(change)]
    record_undone_privacy(still, back)
    if whole:
        set_privacy((), Privacy(changes[0].before["activity_was"]), back, whole=True)
    for before, meetings in _alike(still):
        set_privacy(meetings, Privacy(before), back, whole=False)


def _undo_links(changes: Sequence[MeetingChange], back: Edit) -> None:
    still = [change for change in changes if change.meeting.online_url == _is(change)]
    for before, meetings in _alike(still):
        change_details(meetings, Details(online_url=before or ""), edit=back)
        check_helpers([meeting for meeting in meetings if not meeting.is_cancelled])


def _undo_needs(changes: Sequence[MeetingChange], back: Edit) -> None:
    """Where one deed changed several needs of a session, as when a need was split for a relay, all
    of them or none, the last first."""
    of_meeting = Counter(change.meeting_id for change in changes)
    spoilt = {
        change.meeting_id
        for change in changes
        if of_meeting[change.meeting_id] > 1 and not _is_still_needed(change)
    }
    alike: dict[tuple[Any, Any], list[MeetingChange]] = {}
    for change in reversed([one for one in changes if one.meeting_id not in spoilt]):
        facts = from_json(change.before["was"]), from_json(change.after["is"])
        alike.setdefault(facts, []).append(change)
    for (old, new), same in alike.items():
        mine = frozenset(change.after["need"] for change in same if change.after.get("need"))
        change_needs([change.meeting for change in same], new, old, edit=back, chosen=mine)


def _is_still_needed(change: MeetingChange) -> bool:
    need = db.session.get(Need, change.after["need"] or 0, populate_existing=True)
    if need is None or need.meeting_id != change.meeting_id:
        return need is None and _is(change) is None
    return facts_of(need) == from_json(_is(change))


_UNDO = {
    ChangeKind.TITLE: _undo_titles,
    ChangeKind.PRIVACY: _undo_privacy,
    ChangeKind.LINK: _undo_links,
    ChangeKind.NEEDS: _undo_needs,
}


def _alike(changes: Sequence[MeetingChange]) -> list[tuple[Any, list[Meeting]]]:
    """What was before, with the meetings for which it was so."""
    groups: list[tuple[Any, list[Meeting]]] = []
    for change in changes:
        was = change.before["was"]
        group = next((meetings for before, meetings in groups if before == was), None)
        if group is None:
            groups.append((was, group := []))
        group.append(change.meeting)
    return groups
