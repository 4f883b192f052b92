"""Another title, visibility or link: calendars tell of it, and no letter. Never commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from app.extensions import db
from app.folding import fold
from app.i18n import _l
from app.notices.operations import conceal
from app.programme.kinds import Kind, Privacy
from app.programme.models import (
    Activity,
    ChangeKind,
    Confidant,
    Edit,
    Meeting,
    MeetingChange,
    MeetingText,
)
from app.programme.operations import NotThisPrivate, set_texts
from app.refusal import Refusal


class LessPrivateThanItsActivity(Refusal):
    message = _l("One session cannot be more public than its activity. Change all of them.")


class NotProtectedAlone(Refusal):
    message = _l(
        "One session of an open activity cannot be protected: whoever comes to the others would "
        "know of it. Protect all of them, or plan it as an activity of its own."
    )


class AsPrivateAsItsHost(Refusal):
    message = _l("Childcare is as private as what it is beside. Change that.")


@dataclass(frozen=True, kw_only=True)
class Details:
    """What becomes of the meetings; None leaves as it is. *titles*: language -> title, "" for the
    activity's own. *whole*: the activity itself changes, with all its meetings."""

    titles: Mapping[str, str] | None = None
    privacy: Privacy | None = None
    online_url: str | None = None
    whole: bool = False


def change_details(meetings: Sequence[Meeting], details: Details, *, edit: Edit) -> None:
    """Raises `LessPrivateThanItsActivity`, `NotThisPrivate`. The caller holds the rows."""
    if details.titles is not None:
        _change_titles(meetings, details.titles, edit, whole=details.whole)
    if details.privacy is not None:
        _change_privacy(meetings, details.privacy, edit, whole=details.whole)
    if details.online_url is not None:
        _change_links(meetings, details.online_url or None, edit)
    db.session.flush()


def titles_of(thing: Meeting | Activity) -> dict[str, str]:
    return {text.language: text.title for text in thing.texts}


def _change_titles(
    meetings: Sequence[Meeting], titles: Mapping[str, str], edit: Edit, *, whole: bool
) -> None:
    wanted = {language: title for language, title in titles.items() if title}
    if whole and wanted:
        _retitle_activity(meetings, titles, edit)
        return
    _record(meetings, ChangeKind.TITLE, titles_of, wanted, edit)
    changed = [meeting for meeting in meetings if titles_of(meeting) != wanted]
    ids = [meeting.id for meeting in changed]
    db.session.execute(delete(MeetingText).where(MeetingText.meeting_id.in_(ids)))
    rows = [
        {
            "meeting_id": meeting_id,
            "language": language,
            "title": title,
            "folded": fold(title),
            "changed_at": edit.at,
        }
        for meeting_id in ids
        for language, title in wanted.items()
    ]
    if rows:
        db.session.execute(insert(MeetingText), rows)
    _touch(ids, edit)
    for meeting in changed:
        db.session.expire(meeting, ["texts"])


def _retitle_activity(meetings: Sequence[Meeting], titles: Mapping[str, str], edit: Edit) -> None:
    """In the languages of *titles*; an empty one takes its language away."""
    activity = edit.activity
    before = titles_of(activity)
    kept = {text.language: text.description for text in activity.texts}
    after = {language: title for language, title in {**before, **titles}.items() if title}
    if after == before:
        return
    set_texts(activity, {tag: (t, kept.get(tag, "")) for tag, t in after.items()}, now=edit.at)
    activity.changed_at = edit.at
    _record(meetings, ChangeKind.TITLE, lambda _meeting: before, after, edit, whole=True)


def _change_privacy(
    meetings: Sequence[Meeting], privacy: Privacy, edit: Edit, *, whole: bool
) -> None:
    """One session may be for members while the others are public; protected is only a whole
    activity, with everything that it ever held: its sessions tell of one another."""
    activity = edit.activity
    if activity.kind is Kind.CHILDCARE:
        raise AsPrivateAsItsHost
    if privacy not in activity.kind.policy.privacies:
        raise NotThisPrivate
    if not whole and privacy.is_listed != activity.privacy.is_listed:
        raise NotProtectedAlone if activity.privacy.is_listed else LessPrivateThanItsActivity
    if not whole and privacy.strictness < activity.privacy.strictness:
        raise LessPrivateThanItsActivity
    _record(
        meetings,
        ChangeKind.PRIVACY,
        lambda meeting: meeting.privacy.value,
        privacy.value,
        edit,
        whole=whole,
        activity_was=activity.privacy.value,
    )
    set_privacy(meetings, privacy, edit, whole=whole)


def record_undone_privacy(changes: Sequence[MeetingChange], back: Edit) -> None:
    """The trail of taking *changes* back, to be written before it is done."""
    for change in changes:
        db.session.add(
            MeetingChange(
                meeting=change.meeting,
                sequence=change.meeting.sequence,
                kind=ChangeKind.PRIVACY,
                by=back.by,
                at=back.at,
                edit=back,
                before={"was": change.after["is"], "whole": False},
                after={"is": change.before["was"], "whole": False},
            )
        )
    db.session.flush()


def set_privacy(meetings: Sequence[Meeting], privacy: Privacy, edit: Edit, *, whole: bool) -> None:
    """Without asking. *whole*: the activity, all it ever held and the childcare beside it."""
    activity = edit.activity
    which: ColumnElement[bool] = Meeting.id.in_([meeting.id for meeting in meetings])
    if whole:
        if not privacy.is_listed:
            _entrust(activity, edit)
        activity.privacy, activity.changed_at = privacy, edit.at
        which = Meeting.activity_id == activity.id
        _childcare_too(activity, privacy, edit)
    db.session.execute(update(Meeting).where(which).values(privacy=privacy, changed_at=edit.at))
    if not privacy.is_listed:
        _conceal_letters(activity)


def _childcare_too(host: Activity, privacy: Privacy, edit: Edit) -> None:
    """As private as its host, and known to the same coordinators."""
    fitting = max(privacy, Privacy.MEMBERS, key=lambda one: one.strictness)
    for care in db.session.scalars(select(Activity).where(Activity.beside_id == host.id)):
        care.privacy, care.changed_at = fitting, edit.at
        care.coordinator = host.coordinator
        care.confidants = [Confidant(person_id=one.person_id) for one in host.confidants]
        db.session.execute(
            update(Meeting)
            .where(Meeting.activity_id == care.id)
            .values(privacy=fitting, changed_at=edit.at)
        )
        if not fitting.is_listed:
            _conceal_letters(care)


def _conceal_letters(activity: Activity) -> None:
    """What was written about it while it was open is shown to nobody else from now on."""
    db.session.flush()
    meetings = select(Meeting.id).where(Meeting.activity_id == activity.id)
    edits = select(Edit.id).where(Edit.activity_id == activity.id)
    conceal(
        meetings=db.session.scalars(meetings).all(),
        edits=db.session.scalars(edits).all(),
        activities=[activity.id],
    )


def _entrust(activity: Activity, edit: Edit) -> None:
    """Whoever makes it protected still knows of it."""
    known = {activity.coordinator_id, *(one.person_id for one in activity.confidants)}
    if edit.by_id is not None and edit.by_id not in known:
        activity.confidants.append(Confidant(person_id=edit.by_id))


def _change_links(meetings: Sequence[Meeting], online_url: str | None, edit: Edit) -> None:
    _record(meetings, ChangeKind.LINK, lambda meeting: meeting.online_url, online_url, edit)
    ids = [meeting.id for meeting in meetings if meeting.online_url != online_url]
    db.session.execute(
        update(Meeting).where(Meeting.id.in_(ids)).values(online_url=online_url, changed_at=edit.at)
    )


def _touch(meeting_ids: Sequence[int], edit: Edit) -> None:
    db.session.execute(
        update(Meeting).where(Meeting.id.in_(meeting_ids)).values(changed_at=edit.at)
    )


def _record(
    meetings: Sequence[Meeting],
    kind: ChangeKind,
    before: Callable[[Meeting], Any],
    after: Any,
    edit: Edit,
    *,
    whole: bool = False,
    **more: Any,
) -> None:
    """One change for each meeting for which something differs."""
    db.session.add_all(
        MeetingChange(
            meeting=meeting,
            sequence=meeting.sequence,
            kind=kind,
            by=edit.by,
            at=edit.at,
            edit=edit,
            before={"was": before(meeting), "whole": whole, **more},
            after={"is": after, "whole": whole},
        )
        for meeting in meetings
        if before(meeting) != after
    )
    db.session.flush()
