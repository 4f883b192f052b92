"""The shape of asking somebody to talk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectField
from wtforms.validators import InputRequired

from app.i18n import _, _l
from app.people.consents import ASKED_FOR
from app.people.forms import choices, in_both
from app.people.models import Person
from app.web import PageForm


class TalkForm(PageForm):
    """Who talks with somebody, in which language, about what: each is offered with the languages
    that they speak, so that nobody chooses two that do not go together."""

    purpose = SelectField(_l("About what?"))
    mediator = SelectField(_l("Who talks with them?"), [InputRequired(_l("Choose somebody."))])

    def __init__(self, *args: Any, talkers: Iterable[tuple[Person, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose.choices = choices((one.value, one.label) for one in ASKED_FOR)
        known = [(f"{one.ref} {tag}", f"{one.name}{_(': ')}{in_both(tag)}") for one, tag in talkers]
        self.mediator.choices = choices([("", _("choose")), *known])

    @property
    def chosen(self) -> tuple[str, str]:
        """Who (ref), and in which language."""
        ref, _space, language = self.mediator.data.partition(" ")
        return ref, language
