"""The shape of what somebody says of when they are free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import FileStorage
from wtforms import DateField, RadioField, SelectField, TimeField
from wtforms.validators import InputRequired, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices
from app.programme.calendar_file import MOST_BYTES
from app.staffing.availability import Answer, Weekly
from app.staffing.when_free import CELLS
from app.web import PageForm

FARTHEST = timedelta(days=730)
FREE = (Answer.YES, Answer.IF_NEED_BE)


def cell_name(weekday: int, cell: str) -> str:
    return f"day{weekday}-{cell}"


def week_of(typed: Mapping[str, str]) -> list[Weekly]:
    """What the simple page says of the week; a cell without an answer, or a strange one, is no."""
    return [
        Weekly(weekday, cell.starts, cell.ends, _answer(typed.get(cell_name(weekday, cell.name))))
        for weekday in range(7)
        for cell in CELLS
    ]


def _answer(value: str | None) -> Answer:
    return Answer(value) if value in {one.value for one in Answer} else Answer.NO


class LaterMixin:
    """A form whose *ends* comes after its *starts*."""

    starts: TimeField

    def validate_ends(self, field: TimeField) -> None:
        starts: time | None = self.starts.data
        if field.data and starts and field.data <= starts:
            raise ValidationError(_("This is not later than the time above."))


class WindowForm(LaterMixin, PageForm):
    """One exact time of the usual week."""

    weekday = SelectField(_l("Weekday"), coerce=int)
    starts = TimeField(_l("From"), [InputRequired(_l("Say from when."))])
    ends = TimeField(_l("To"), [InputRequired(_l("Say until when."))])
    answer = RadioField(
        _l("Are you free?"),
        choices=choices((one.value, one.label) for one in FREE),
        default=Answer.YES.value,
    )

    def __init__(self, *args: Any, weekdays: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weekday.choices = choices(weekdays)

    def window(self) -> Weekly:
        return Weekly(self.weekday.data, self.starts.data, self.ends.data, Answer(self.answer.data))


class _DaysForm(PageForm):
    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def refuse_far(self, field: DateField) -> None:
        if field.data and not self.today <= field.data <= self.today + FARTHEST:
            raise ValidationError(_("A day from today on, within two years."))


class AwayForm(_DaysForm):
    """Days, both included, on which somebody is away."""

    first_day = DateField(_l("First day"), [InputRequired(_l("Say on which day."))])
    last_day = DateField(_l("Last day"), [Optional()])

    def validate_first_day(self, field: DateField) -> None:
        self.refuse_far(field)

    def validate_last_day(self, field: DateField) -> None:
        if field.data and self.first_day.data and field.data < self.first_day.data:
            raise ValidationError(_("This is before the first day."))
        self.refuse_far(field)

    def days(self) -> tuple[date, date]:
        return self.first_day.data, self.last_day.data or self.first_day.data


class ExtraForm(LaterMixin, _DaysForm):
    """Some hours of one day: there although the usual week does not say so, or not there."""

    day = DateField(_l("Day"), [InputRequired(_l("Say on which day."))])
    starts = TimeField(_l("From"), [InputRequired(_l("Say from when."))])
    ends = TimeField(_l("To"), [InputRequired(_l("Say until when."))])
    answer = RadioField(
        _l("Are you free?"),
        choices=choices((one.value, one.label) for one in Answer),
        default=Answer.YES.value,
    )

    def validate_day(self, field: DateField) -> None:
        self.refuse_far(field)


class BusyFileForm(PageForm):
    file = FileField(_l("Calendar file (.ics)"), [FileRequired(_l("Choose a file."))])

    def content(self) -> bytes:
        """What was sent, and one byte more than is allowed at most."""
        sent: FileStorage = self.file.data
        with sent.stream as stream:
            content: bytes = stream.read(MOST_BYTES + 1)
        return content
