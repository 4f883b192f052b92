"""The shape of what a coordinator decides about a course and its members."""

from __future__ import annotations

from typing import Any

from wtforms import DateField, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from app.attendance.levels import STEPS
from app.i18n import _, _l
from app.people.forms import choices, stripped
from app.web import PageForm


class ThresholdForm(PageForm):
    """How much of the hours the certificate wants."""

    threshold = IntegerField(
        _l("Percent of the hours for the certificate"),
        [InputRequired(), NumberRange(1, 100, _l("A number from 1 to 100."))],
    )


class ReasonForm(PageForm):
    """Why something is so in spite of the advice."""

    reason = StringField(
        _l("Why all the same"), [DataRequired(_l("Say why.")), Length(max=300)], filters=[stripped]
    )


class PlacementForm(PageForm):
    """What a test or a talk found."""

    level = SelectField(_l("Placed at level"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level.choices = choices([("", _("not known yet")), *((one, one) for one in STEPS)])


class DatesForm(PageForm):
    """From which day somebody belongs to the group, and until which."""

    joined_on = DateField(_l("Joined on"), [InputRequired(_l("Choose a day."))])
    left_on = DateField(_l("Left on"), [Optional()])


class PaperForm(PageForm):
    """One click makes one paper."""

    once = HiddenField(validators=[Regexp(r"^[A-Za-z0-9_-]{16,64}$")])
