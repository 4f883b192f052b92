"""The shape of what those who help, or would like to, say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    TimeField,
)
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.i18n import _, _l
from app.people.forms import choices
from app.people.models import Centre, Person
from app.people.profile import interests_of
from app.people.terms import HELPERS, Gender, Interest, Role, Stage
from app.web import PageForm

MOST_HOURS = 60


class WishesForm(PageForm):
    """What somebody would like to be, in which centres; "centre code:role" each."""

    wishes = SelectMultipleField(
        _l("What would you like to do, and where?"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    helps_online = BooleanField(_l("I also help online, from anywhere"))

    def __init__(self, *args: Any, centres: Sequence[Centre], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.centres = {centre.code: centre for centre in centres}
        self.wishes.choices = choices(
            (f"{centre.code}:{role.value}", role.label) for centre in centres for role in HELPERS
        )

    def chosen(self) -> list[tuple[Centre, Role]]:
        pairs = (value.rpartition(":") for value in self.wishes.data or ())
        return [(self.centres[code], Role(role)) for code, _colon, role in pairs]


def wished_by(person: Person) -> list[str]:
    """The boxes that are ticked for *person*: what they are, talk of and would like to be."""
    return [
        f"{m.centre.code}:{m.role.value}"
        for m in person.memberships
        if m.role in HELPERS and m.stage is not Stage.LEFT
    ]


class AboutForm(PageForm):
    """Age, gender where somebody wants to say it, and what they like to do."""

    age = RadioField(
        _l("How old are you?"),
        choices=choices([("adult", _l("18 or older")), ("younger", _l("younger than 18"))]),
        validators=[Optional()],
    )
    born_on = DateField(_l("Date of birth"), [Optional()])
    gender = RadioField(_l("Gender"), validators=[Optional()])
    interests = SelectMultipleField(
        _l("What do you like to do?"),
        choices=choices((one.value, one.label) for one in Interest),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gender.choices = choices(
            [*[(one.value, one.label) for one in Gender], ("", _l("I would rather not say"))]
        )

    def validate(self, extra_validators: Any = None) -> bool:
        fine: bool = super().validate(extra_validators)
        if self.age.data == "younger" and self.born_on.data is None and not self.born_on.errors:
            self.born_on.errors = [_("Say on which day you were born.")]
            return False
        return fine


def about(person: Person) -> dict[str, Any]:
    known = "adult" if person.is_adult else "younger" if person.born_on else None
    return {
        "age": known,
        "born_on": person.born_on,
        "gender": person.gender.value if person.gender else "",
        "interests": [one.value for one in interests_of(person)],
    }


class LimitsForm(PageForm):
    """How much at most, and between which hours."""

    hours_a_week = IntegerField(
        _l("Hours a week, at most"),
        [Optional(), NumberRange(1, MOST_HOURS, _l("A number from 1 to 60."))],
    )
    earliest = TimeField(_l("Not before"), [Optional()])
    latest = TimeField(_l("Not after"), [Optional()])

    def validate_latest(self, field: TimeField) -> None:
        if field.data and self.earliest.data and field.data <= self.earliest.data:
            raise ValidationError(_("This is not later than the time above."))
