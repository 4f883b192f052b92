"""The shape of what a coordinator asks of a rota."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired, ValidationError

from app.i18n import _, _l
from app.people.models import Centre
from app.web import PageForm

LONGEST = timedelta(days=184)
FARTHEST = timedelta(days=730)


class RotaForm(PageForm):
    """Which centre (none: all that one plans) and which days."""

    centre = SelectField(_l("Which centre?"))
    first_day = DateField(_l("First day"), [InputRequired(_l("Choose the first day."))])
    last_day = DateField(_l("Last day"), [InputRequired(_l("Choose the last day."))])
    may_move = BooleanField(
        _l("People who are confirmed may be moved where that fills more places"),
        description=_l(
            "Nothing is taken from anybody: you see who could go elsewhere, and speak with them."
        ),
    )

    def __init__(self, *args: Any, centres: Sequence[Centre], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._centres = {centre.code: centre for centre in centres}
        self._today = today
        self.centre.choices = [(centre.code, centre.name) for centre in centres]
        if len(centres) > 1:
            self.centre.choices.append(("", _("All my centres together")))

    def validate_last_day(self, field: DateField) -> None:
        first = self.first_day.data
        if not field.data or not first:
            return
        if field.data < first:
            raise ValidationError(_("The last day comes before the first."))
        if field.data < self._today:
            raise ValidationError(_("These days are over."))
        if field.data > self._today + FARTHEST:
            raise ValidationError(_("At most two years ahead."))
        if field.data - first > LONGEST:
            raise ValidationError(_("At most half a year at once."))

    def facts(self) -> dict[str, Any]:
        return {
            "centre": self._centres.get(self.centre.data),
            "first_day": self.first_day.data,
            "last_day": self.last_day.data,
            "may_move": self.may_move.data,
        }
