"""From meetings to calendar events: what each reader may see of each (``docs/privacy.md``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.feeds.calendar import Event
from app.feeds.models import Look
from app.i18n import _
from app.programme.kinds import Privacy
from app.programme.models import Meeting
from app.web import link, settings


def event_of(meeting: Meeting, look: Look, language: str) -> Event:
    """*meeting* as *look* shows it, in *language*, which must be the one spoken at this moment."""
    if look in (Look.HIDDEN, Look.HIDDEN_ASKED, Look.CODE):
        return _event(
            meeting,
            language,
            summary=_prefix(look) + _neutral(meeting, look),
            knows_place=look is Look.CODE,
            private=True,
            tentative=look is Look.HIDDEN_ASKED,
        )
    knows_room = look in (Look.OWN, Look.ASKED) or meeting.privacy is Privacy.PUBLIC
    return _event(
        meeting,
        language,
        knows_room=knows_room,
        summary=_prefix(look) + meeting.title_in(language),
        description=_description(meeting, language, knows_room=knows_room) or None,
        location=_place(meeting, knows_room=knows_room),
        conference=meeting.online_url if look in (Look.OWN, Look.ASKED) else None,
        url=link(language, "programme.meeting", ref=meeting.ref),
        categories=(str(meeting.kind.label),),
        color=meeting.kind.policy.color,
        tentative=look in (Look.ASKED, Look.OPEN),
    )


def _prefix(look: Look) -> str:
    """Many programs show a tentative event like any other: the words must say it."""
    if look in (Look.ASKED, Look.HIDDEN_ASKED):
        return _("To be confirmed: ")
    return _("Help wanted: ") if look is Look.OPEN else ""


def _neutral(meeting: Meeting, look: Look) -> str:
    """The word "Meeting"; for the mediator of an appointment its code and the meeting point."""
    if look is not Look.CODE or meeting.code is None:
        return _("Meeting")
    return f"{meeting.code} – {meeting.place}"


def _event(
    meeting: Meeting,
    language: str,
    *,
    knows_place: bool = True,
    knows_room: bool = True,
    **details: Any,
) -> Event:
    return Event(
        uid=f"{meeting.ref}@{settings().uid_domain}",
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        zone=meeting.zone,
        sequence=meeting.sequence,
        created_at=meeting.created_at,
        changed_at=_last_change(meeting, knows_place, knows_room),
        language=language,
        cancelled=meeting.is_cancelled,
        cancelled_prefix=_("Cancelled: "),
        **details,
    )


def _last_change(meeting: Meeting, knows_place: bool, knows_room: bool) -> datetime:
    """The newest of all that an event is made of: some clients update on nothing else. Where the
    place is not told, its changes are not either: they would show what takes place there too."""
    activity = meeting.activity
    moments = [meeting.changed_at, activity.changed_at]
    moments += [text.changed_at for text in activity.texts]
    moments += [text.changed_at for text in meeting.texts]
    if knows_place:
        moments.append(activity.centre.changed_at)
    if meeting.room is not None and knows_place and knows_room:
        moments.append(meeting.room.changed_at)
    return max(moments)


def _description(meeting: Meeting, language: str, *, knows_room: bool) -> str:
    activity = meeting.activity
    level = _("Level: %(level)s", level=activity.level) if activity.level else ""
    where = "" if knows_room else _("Ask the centre for the room.")
    lines = (activity.text_in(language).description, level, where)
    return "\n".join(line for line in lines if line)


def _place(meeting: Meeting, *, knows_room: bool) -> str:
    centre = meeting.activity.centre
    return meeting.place if knows_room else f"{centre.name}, {centre.address}"
