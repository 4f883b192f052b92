"""The shape of what a coordinator types, or sends as a file, for the organisation calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from wtforms import DateField, FileField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices
from app.people.models import Centre
from app.programme.calendar_file import LONGEST_NAME, MOST_BYTES, clean_name
from app.programme.calendar_import import Found
from app.programme.organisation_calendar import DayKind
from app.web import PageForm

LONGEST = timedelta(days=366)
FARTHEST = timedelta(days=5 * 365)


class _ForCentres(PageForm):
    """What the days mean, and in which centre or in all of them."""

    kind = SelectField(_l("What does it mean?"), coerce=str)
    centre = SelectField(_l("Where?"), coerce=str)

    def __init__(self, *args: Any, centres: Sequence[Centre], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._centres = {str(one.id): one for one in centres}
        self.kind.choices = choices((kind.value, kind.label) for kind in DayKind)
        self.centre.choices = choices(
            [("", _("All centres")), *((key, one.name) for key, one in self._centres.items())]
        )

    def chosen_kind(self) -> DayKind:
        return DayKind(self.kind.data)

    def chosen_centre(self) -> Centre | None:
        """The one centre, or None for all of them."""
        return self._centres.get(self.centre.data or "")


class DaysForm(_ForCentres):
    """Days with a name; a single day needs no last one."""

    name = StringField(
        _l("Name"),
        [
            InputRequired(_l("Type a name, such as Painting the walls.")),
            Length(max=LONGEST_NAME, message=_l("At most 120 characters.")),
        ],
        filters=[lambda typed: clean_name(typed or "")],
    )
    first_day = DateField(_l("First day"), [InputRequired(_l("Choose a day."))])
    last_day = DateField(
        _l("Last day"), [Optional()], description=_l("Leave it empty for a single day.")
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if not self.name.data:
            self.name.errors = [_("Type a name, such as Painting the walls.")]
            return False
        wrong = self._wrong_days()
        if wrong is not None:
            self.last_day.errors = [wrong]
        return wrong is None

    def _wrong_days(self) -> str | None:
        found = self.found()
        if found.last_day < found.first_day:
            return _("The last day is before the first.")
        if found.last_day - found.first_day > LONGEST:
            return _("This is longer than a year.")
        if found.last_day < self._today:
            return _("These days are over.")
        return _("This is too far away.") if found.last_day > self._today + FARTHEST else None

    def found(self) -> Found:
        first = self.first_day.data
        return Found(first, self.last_day.data or first, self.name.data)


class ImportForm(_ForCentres):
    """A calendar file, and what all of its days mean; or the *rows* that were read from it."""

    kind = SelectField(
        _l("What are these days?"),
        [InputRequired(_l("Choose what these days are."))],
        coerce=str,
        default="",
    )
    rows = HiddenField()

    file = FileField(
        _l("Calendar file (.ics)"),
        description=_l("Such as the school year of the ministry. At most 1 MB."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [*choices([("", _("choose"))]), *self.kind.choices]

    def validate_file(self, field: FileField) -> None:
        if not (field.data or self.rows.data):
            raise ValidationError(_("Choose a file first."))

    def content(self) -> bytes:
        """What was sent, and one byte more than is allowed at most."""
        sent = self.file.data
        if not sent:
            return b""
        with sent.stream as stream:
            content: bytes = stream.read(MOST_BYTES + 1)
        return content
