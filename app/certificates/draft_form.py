"""The shape of what a coordinator writes on a certificate, and of taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import DateField, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp, ValidationError

from app.certificates.operations import Typed
from app.i18n import _, _l
from app.people.forms import stripped
from app.web import PageForm


class DraftForm(PageForm):
    """What the coordinator writes on a certificate; it is in Romanian whatever the page is in."""

    once = HiddenField(validators=[Regexp(r"^[A-Za-z0-9_-]{16,64}$")])
    first_day = DateField(_l("First day"), [InputRequired(_l("Choose a day."))])
    last_day = DateField(_l("Last day"), [InputRequired(_l("Choose a day."))])
    volunteer = StringField(
        _l("Name of the volunteer"),
        [DataRequired(_l("Type the name as it stands in the contract.")), Length(max=120)],
        filters=[stripped],
        description=_l("As it stands in the contract."),
    )
    host = StringField(
        _l("Host organisation"),
        [DataRequired(_l("Type the name of the organisation.")), Length(max=160)],
        filters=[stripped],
    )
    representative = StringField(
        _l("Who signs for the organisation"),
        [DataRequired(_l("Type a name.")), Length(max=120)],
        filters=[stripped],
    )
    responsibilities = TextAreaField(
        _l("Responsibilities"),
        [DataRequired(_l("Write at least one line.")), Length(max=2000)],
        description=_l("In Romanian, one a line. No names and no details of the people helped."),
    )
    competences = TextAreaField(
        _l("Competences gained"),
        [DataRequired(_l("Write at least one line.")), Length(max=2000)],
        description=_l("In Romanian, one a line."),
    )

    def validate_last_day(self, field: DateField) -> None:
        if field.data and self.first_day.data and field.data < self.first_day.data:
            raise ValidationError(_("The period has to end after it starts."))

    def period(self) -> tuple[date, date]:
        return self.first_day.data, self.last_day.data

    def typed(self) -> Typed:
        return Typed(
            host=self.host.data,
            volunteer=self.volunteer.data,
            first_day=self.first_day.data,
            last_day=self.last_day.data,
            responsibilities=lines(self.responsibilities.data),
            competences=lines(self.competences.data),
            representative=self.representative.data,
        )


def lines(text: str | None) -> list[str]:
    """Each line that says something."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class WithdrawForm(PageForm):
    reason = StringField(
        _l("Why it is withdrawn"),
        [DataRequired(_l("Say why it is withdrawn.")), Length(max=300)],
        filters=[stripped],
        description=_l("Only coordinators read it."),
    )


def draft_defaults(**known: Any) -> dict[str, Any]:
    """Lists become lines."""
    return {
        name: "\n".join(value) if isinstance(value, list) else value
        for name, value in known.items()
    }
