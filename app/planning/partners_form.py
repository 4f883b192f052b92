"""The shape of what a coordinator says about a partner's calendar file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import FileField, HiddenField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices, in_both
from app.people.models import Person
from app.planning.partner_taking import LISTED_KINDS, Wishes
from app.programme.calendar_file import LONGEST_NAME, MOST_BYTES, clean_name
from app.programme.kinds import CONTENT_LANGUAGES, Kind
from app.programme.terms import Term
from app.web import PageForm


class PartnerForm(PageForm):
    """A calendar file, and what its events become; or the *rows* that were read from it, as they
    were *seen*, and which of them are taken over."""

    file = FileField(
        _l("Calendar file (.ics)"),
        description=_l("Of a museum, a library, another organisation. At most 1 MB."),
    )
    name = StringField(
        _l("Whose programme is it?"),
        [Optional(), Length(max=LONGEST_NAME, message=_l("At most 120 characters."))],
        filters=[lambda typed: clean_name(typed or "")],
        description=_l("Leave it empty for the name that the file gives."),
    )
    kind = SelectField(_l("What are these events?"), coerce=str, default=Kind.CULTURAL.value)
    language = SelectField(_l("Language it is held in"), default="ro")
    responsible = SelectField(_l("Who answers for it?"), coerce=int)
    term = SelectField(
        _l("Term"),
        coerce=int,
        default=0,
        description=_l("Everything is a draft until its term is published."),
    )
    rows = HiddenField()
    seen = HiddenField()

    def __init__(
        self, *args: Any, people: Sequence[Person], terms: Sequence[Term], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._people = {one.id: one for one in people}
        self._terms = {one.id: one for one in terms}
        self.kind.choices = choices((kind.value, kind.label) for kind in LISTED_KINDS)
        self.language.choices = choices((tag, in_both(tag)) for tag in CONTENT_LANGUAGES)
        self.responsible.choices = choices((one.id, one.name) for one in people)
        drafted = [(one.id, one.name) for one in terms]
        self.term.choices = choices([(0, _("a new one")), *drafted])

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

    def chosen_term(self) -> Term | None:
        return self._terms.get(self.term.data)

    def wishes(self, name: str, chosen: Sequence[str], cancelled: Sequence[str]) -> Wishes:
        """*name*: what the partner is called where the coordinator does not say."""
        return Wishes(
            kind=Kind(self.kind.data),
            language=self.language.data,
            responsible=self._people[self.responsible.data],
            name=self.name.data or name or _("Programme of a partner"),
            term=self.chosen_term(),
            chosen=frozenset(chosen),
            cancelled=frozenset(cancelled),
        )
