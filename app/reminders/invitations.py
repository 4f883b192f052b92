"""The letter that puts one session into its reader's calendar, changes it there or takes it out.

Of what is protected it says, in its words and in what the calendar shows, a time and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.feeds.calendar import Event
from app.feeds.imip import Envelope, Method, cancellation, invitation
from app.feeds.inviting import ToWrite, still_to_write
from app.feeds.looks import event_of
from app.feeds.models import Invite, Look
from app.i18n import _
from app.notices.letter import ForCalendar
from app.notices.models import Notice
from app.web import link, settings


@dataclass(frozen=True)
class TakenOut:
    """What a letter may say of a session that leaves a calendar: as it stood there."""

    row: Invite
    title: str | None

    @property
    def meeting(self) -> Invite:
        """Whose times are told."""
        return self.row

    @property
    def is_secret(self) -> bool:
        return self.title is None


def taken_out(owed: ToWrite, language: str) -> TakenOut:
    """The session that *owed* takes out; no title of what is protected, or gone altogether."""
    if owed.meeting is None or owed.is_secret:
        return TakenOut(owed.row, None)
    return TakenOut(owed.row, owed.meeting.title_in(language))


def invitation_facts(notice: Notice, now: datetime, language: str) -> dict[str, Any] | None:
    """What the template may use but for the session itself, which `letters` knows how to show; None
    when it is no longer true."""
    owed = still_to_write(notice, now=now)
    if owed is None:
        return None
    return {
        "owed": owed,
        "takes_out": owed.takes_out,
        "goes_on": owed.goes_on,
        "is_news": owed.is_news,
        "link": link(language, "programme.mine"),
    }


def for_calendar(notice: Notice, owed: ToWrite, language: str) -> ForCalendar:
    """The session as calendar programs read it, in the *language* being spoken."""
    known = settings()
    envelope = Envelope(
        organizer=known.mail_from,
        organizer_name=known.mail_name,
        attendee=notice.person.email or "",
        made_at=owed.row.made_at,
    )
    if owed.takes_out:
        ics = cancellation(_gone(owed, language), envelope, goes_on=owed.goes_on)
        return ForCalendar(method=Method.CANCEL, ics=ics)
    assert owed.meeting is not None
    look = Look.HIDDEN if owed.is_secret else Look.OWN
    event = replace(event_of(owed.meeting, look, language), sequence=owed.row.sequence)
    return ForCalendar(method=Method.REQUEST, ics=invitation(event, envelope))


def _gone(owed: ToWrite, language: str) -> Event:
    row, title = owed.row, taken_out(owed, language).title
    return Event(
        uid=f"{row.ref}@{settings().uid_domain}",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=row.zone,
        summary=title or _("Meeting"),
        sequence=row.sequence,
        created_at=row.made_at,
        changed_at=row.made_at,
        language=language,
        private=title is None,
    )
