"""The shape of what a coordinator types about needs."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices, language_choices, level_choices
from app.people.languages import known
from app.people.terms import HELPERS, Level, Role
from app.web import PageForm

RELAY = _l("Two people in relay may do it (for example Tigrinya to Arabic and Arabic to Romanian)")
VIA = _l("Which language do they speak too? (half of a relay)")
RELAY_WITHOUT_LANGUAGE = _l("Choose the language that two people would interpret in relay.")


class NeedForm(PageForm):
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
    relay = BooleanField(RELAY)
    via = SelectField(VIA, default="")
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
        ask_about_relay(self)

    def validate_relay(self, field: BooleanField) -> None:
        if field.data and not self.language.data:
            raise ValidationError(RELAY_WITHOUT_LANGUAGE)

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
            **relay_facts(self, self.language.data or None),
        }


def ask_about_relay(form: Any) -> None:
    """Of the half of a relay, which language is spoken too; of another need, whether two people
    may do it."""
    if not form.via.data:
        del form.via
        return
    del form.relay
    form.via.choices = [
        *choices([("", _("no other language"))]),
        *language_choices(also=[form.via.data])[1:],
    ]


def relay_facts(form: Any, language: str | None) -> dict[str, Any]:
    """What the form says of a relay; nothing where no *language* is asked for."""
    return {
        "relay": bool(language and form.relay and form.relay.data),
        "via": (form.via.data or None) if language and form.via else None,
    }
