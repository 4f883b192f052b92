"""The shape of what a coordinator types about a term."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from wtforms import DateField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.extensions import db
from app.i18n import _, _l
from app.people.forms import stripped
from app.people.models import Centre
from app.programme.terms import Term
from app.web import PageForm


class TermForm(PageForm):
    """A name that no other term of the centre has, and two days; *term* is the one it is about."""

    name = StringField(
        _l("Name of the term"),
        [DataRequired(_l("Give the term a name, such as: Spring 2027.")), Length(max=80)],
        filters=[stripped],
    )
    first_day = DateField(_l("First day"), [InputRequired(_l("Choose the first day."))])
    last_day = DateField(_l("Last day"), [InputRequired(_l("Choose the last day."))])

    def __init__(self, *args: Any, centre: Centre, term: Term | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._centre, self._term = centre, term

    def validate_name(self, field: StringField) -> None:
        same = select(Term.id).where(Term.centre_id == self._centre.id, Term.name == field.data)
        if self._term is not None:
            same = same.where(Term.id != self._term.id)
        if db.session.scalars(same).first() is not None:
            raise ValidationError(_("There is a term with this name already."))

    def validate_last_day(self, field: DateField) -> None:
        if field.data and self.first_day.data and field.data < self.first_day.data:
            raise ValidationError(_("The term has to end after it begins."))

    def facts(self) -> dict[str, Any]:
        return {
            "name": self.name.data,
            "first_day": self.first_day.data,
            "last_day": self.last_day.data,
        }
