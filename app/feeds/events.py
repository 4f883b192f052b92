"""From meetings to calendar events: what each reader may see of each (``docs/privacy.md``)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.feeds.calendar import Event
from app.feeds.models import FeedLink
from app.i18n import _
from app.programme.kinds import Privacy
from app.programme.models import Booking, Meeting, Part
from app.web import link, settings


def public_event(meeting: Meeting, language: str, alarm: timedelta | None) -> Event:
    """A listed meeting as a stranger sees it: the room only where the activity is public."""
    knows_room = meeting.privacy is Privacy.PUBLIC
    described = _description(meeting, language)
    if not knows_room:
        described = f"{described}\n{_('Ask the centre for the room.')}".strip()
    return _event(
        meeting,
        language,
        alarm,
        summary=meeting.title_in(language),
        description=described or None,
        location=_place(meeting, with_room=knows_room),
        knows_room=knows_room,
        **_listed_details(meeting, language),
    )


def own_event(booking: Booking, feed: FeedLink) -> Event | None:
    """A meeting at which the feed's owner is expected; a protected one is a time and no more,
    for a mediator an appointment is its code and meeting point too."""
    meeting, language = booking.meeting, feed.language
    if meeting.privacy is Privacy.INDIVIDUAL and booking.part is Part.LEARNER:
        return None
    if meeting.is_secret:
        return _event(
            meeting,
            language,
            feed.alarm,
            changed=feed.changed_at,
            summary=_neutral(meeting, booking.part),
            private=True,
        )
    return _event(
        meeting,
        language,
        feed.alarm,
        changed=feed.changed_at,
        summary=meeting.title_in(language),
        description=_description(meeting, language) or None,
        location=_place(meeting, with_room=True),
        conference=meeting.online_url,
        **_listed_details(meeting, language),
    )


def _neutral(meeting: Meeting, part: Part) -> str:
    """The word "Meeting"; for the mediator of an appointment its code and the meeting point."""
    if meeting.code is None or part is Part.LEARNER:
        return _("Meeting")
    return f"{meeting.code} – {meeting.place}"


def _listed_details(meeting: Meeting, language: str) -> dict[str, Any]:
    return {
        "url": link(language, "programme.meeting", ref=meeting.ref),
        "categories": (str(meeting.kind.label),),
        "color": meeting.kind.policy.color,
    }


def _event(
    meeting: Meeting,
    language: str,
    alarm: timedelta | None,
    *,
    changed: datetime | None = None,
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
        changed_at=_last_change(meeting, changed, knows_room=knows_room),
        language=language,
        cancelled=meeting.is_cancelled,
        cancelled_prefix=_("Cancelled: "),
        alarm=alarm,
        **details,
    )


def _last_change(meeting: Meeting, link_changed: datetime | None, *, knows_room: bool) -> datetime:
    """The newest of all that an event is made of: some clients update on nothing else. Where the
    room is not told, its changes are not either: they would show which meetings share it."""
    activity = meeting.activity
    moments = [meeting.changed_at, activity.changed_at, activity.centre.changed_at]
    moments += [text.changed_at for text in activity.texts]
    moments += [text.changed_at for text in meeting.texts]
    if meeting.room is not None and knows_room:
        moments.append(meeting.room.changed_at)
    if link_changed is not None:
        moments.append(link_changed)
    return max(moments)


def _description(meeting: Meeting, language: str) -> str:
    activity = meeting.activity
    level = _("Level: %(level)s", level=activity.level) if activity.level else ""
    return "\n".join(part for part in (activity.text_in(language).description, level) if part)


def _place(meeting: Meeting, *, with_room: bool) -> str:
    centre = meeting.activity.centre
    return meeting.place if with_room else f"{centre.name}, {centre.address}"
