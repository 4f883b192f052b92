"""The shape of what a coordinator types about needs."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices, language_choices, level_choices
from app.people.languages import known
from app.people.terms import HELPERS, Level, Role


class NeedForm(FlaskForm):  # type: ignore[misc]
    """The same need at every coming session of an activity."""

    role = SelectField(_l("Who is needed?"), choices=choices((r.value, r.label) for r in HELPERS))
    language = SelectField(_l("Which language do they speak?"))
    level = SelectField(_l("At least at level"))
    wanted = IntegerField(
        _l("How many?"),
        [InputRequired(_l("How many?")), NumberRange(1, 20, _l("A number from 1 to 20."))],
        default=1,
    )
    women_only = BooleanField(_l("Women only"))
    check_required = BooleanField(_l("With a valid behavioural-integrity certificate"))
    interpreting = BooleanField(_l("To interpret, not only to speak"))
    trainees = IntegerField(
        _l("Places for people who learn this and come along"),
        [Optional(), NumberRange(0, 10, _l("A number from 0 to 10."))],
        default=0,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [
            *choices([("", _("any language"))]),
            *language_choices(also=known())[1:],
        ]
        self.level.choices = level_choices(_("any level"))

    def validate_level(self, field: SelectField) -> None:
        if field.data and not self.language.data:
            raise ValidationError(_("Choose the language that this level is about."))

    def facts(self) -> dict[str, Any]:
        return {
            "role": Role(self.role.data),
            "language": self.language.data or None,
            "level": Level(self.level.data) if self.level.data else None,
            "wanted": self.wanted.data,
            "women_only": self.women_only.data,
            "check_required": self.check_required.data,
            "interpreting": bool(self.interpreting.data and self.language.data),
            "trainees": self.trainees.data or 0,
        }
