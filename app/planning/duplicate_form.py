"""The shape of what is typed to hold a session once more."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from wtforms import DateField, SelectField, TimeField
from wtforms.validators import InputRequired

from app.i18n import _, _l
from app.people.forms import choices
from app.programme.forms import within_reach
from app.programme.models import Meeting
from app.programme.places import Room
from app.programme.recurrence import instant
from app.web import PageForm


class DuplicateForm(PageForm):
    """Another day, time and room; it lasts as long as the session it is like."""

    day = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    starts = TimeField(_l("From"), [InputRequired(_l("When does it start?"))])
    room = SelectField(_l("Room"), coerce=int)

    def __init__(self, *args: Any, rooms: list[Room], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rooms, self._today = rooms, today
        self.room.choices = choices([(0, _("no room")), *[(room.id, room.label) for room in rooms]])

    def validate_day(self, field: DateField) -> None:
        within_reach(field, self._today)

    def chosen_room(self) -> Room | None:
        return next((room for room in self._rooms if room.id == self.room.data), None)

    def times(self, like: Meeting) -> tuple[datetime, datetime]:
        """Start and end as aware UTC."""
        starts: time = self.starts.data
        starts_at = instant(self.day.data, starts, like.activity.centre.tz)
        return starts_at, starts_at + (like.ends_at - like.starts_at)


def a_week_later(meeting: Meeting) -> dict[str, Any]:
    """The form as most copies are wanted: the same hour and room, a week later."""
    start = meeting.starts_at.astimezone(meeting.activity.centre.tz)
    room = meeting.room_id or 0
    return {"day": start.date() + timedelta(days=7), "starts": start.time(), "room": room}
