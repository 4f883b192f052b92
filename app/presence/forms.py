"""The shape of what is typed about who was there: hours within the meeting's own day."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import TimeField
from wtforms.validators import InputRequired, ValidationError

from app.i18n import _, _l
from app.presence.models import Word
from app.programme.models import Meeting
from app.programme.recurrence import instant
from app.web import PageForm


def hours_of(meeting: Meeting, starts: time, ends: time) -> Word:
    """Those local hours on the meeting's day; past midnight only where the meeting itself is."""
    zone = ZoneInfo(meeting.zone)
    first, last = (at.astimezone(zone).date() for at in (meeting.starts_at, meeting.ends_at))
    until = last if ends <= starts else first
    return Word(instant(first, starts, zone), instant(until, ends, zone))


def ends_later(meeting: Meeting, starts: time | None, ends: time | None) -> bool:
    """Whether those hours are an interval; also where only one of them was typed."""
    if starts is None or ends is None:
        return True
    word = hours_of(meeting, starts, ends)
    return word.starts_at is not None and word.ends_at is not None and word.ends_at > word.starts_at


def typed_hours(meeting: Meeting, known: Word | None) -> dict[str, time]:
    """What the fields show at first: what is known, else the meeting's own hours."""
    zone = ZoneInfo(meeting.zone)
    starts = (known.starts_at if known else None) or meeting.starts_at
    ends = (known.ends_at if known else None) or meeting.ends_at
    return {"starts": _clock(starts, zone), "ends": _clock(ends, zone)}


def _clock(at: datetime, zone: ZoneInfo) -> time:
    return at.astimezone(zone).time().replace(second=0, microsecond=0)


class HoursForm(PageForm):
    """From when to when somebody was there."""

    starts = TimeField(_l("From"), [InputRequired(_l("From when?"))])
    ends = TimeField(_l("To"), [InputRequired(_l("Until when?"))])

    def __init__(self, *args: Any, meeting: Meeting, known: Word | None = None, **kwargs: Any):
        super().__init__(*args, data=typed_hours(meeting, known), **kwargs)
        self._meeting = meeting

    def validate_ends(self, field: TimeField) -> None:
        if not ends_later(self._meeting, self.starts.data, field.data):
            raise ValidationError(_("The end has to be after the start, on the same day."))

    def word(self) -> Word:
        return hours_of(self._meeting, self.starts.data, self.ends.data)
