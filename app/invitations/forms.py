"""The shape of what is typed about somebody new."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import (
    MAILBOX,
    PHONE,
    LanguagesMixin,
    choices,
    name_field,
    own_email_field,
    page_languages,
    spoken_rows,
)
from app.people.models import Centre, Person
from app.people.queries import person_by_email
from app.people.terms import STAFF, Gender, Role
from app.web import PageForm


class ForgottenForm(PageForm):
    email = own_email_field()


class PersonForm(LanguagesMixin, PageForm):
    """Somebody new, or what staff know of somebody. *is_new*: the name with which they looked at
    those who are perhaps meant, and it is nobody of them."""

    name = name_field()
    email = StringField(_l("E-mail"), [Optional(), Length(max=254)])
    phone = StringField(_l("Telephone"), [Optional(), PHONE])
    centre = SelectField(_l("Centre"), coerce=int)
    roles = SelectMultipleField(
        _l("Roles in this centre"), [InputRequired(_l("Choose at least one role."))], coerce=Role
    )
    language = SelectField(_l("Language of pages and messages"), choices=page_languages())
    gender = SelectField(_l("Gender"), choices=choices([("", _l("not stated"))]))
    is_new = HiddenField()

    def __init__(
        self,
        *args: Any,
        centres: list[Centre],
        editor: Person,
        known: Person | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known, self.editor = known, editor
        self.centre.choices = choices((centre.id, centre.name) for centre in centres)
        grantable = [
            role for role in Role if role not in STAFF or editor.has_role(Role.ADMINISTRATOR)
        ]
        self.roles.choices = choices((role, role.label) for role in grantable)
        self.gender.choices = choices(
            [("", _("not stated")), *[(g.value, str(g.label)) for g in Gender]]
        )

    def validate_email(self, field: StringField) -> None:
        if not MAILBOX.fullmatch(field.data.strip()):
            raise ValidationError(_("Type an e-mail address such as name@example.org."))
        other = person_by_email(field.data)
        if other is not None and other is not self.known:
            raise ValidationError(_("Somebody with this e-mail address is already known."))

    def validate_roles(self, field: SelectMultipleField) -> None:
        """Staff are named by an administrator of that very centre, who stays one."""
        centre, given = self.centre.data, set(field.data or ())
        rules_here = Role.ADMINISTRATOR in self.editor.roles_in(centre)
        if not rules_here and given.intersection(STAFF):
            raise ValidationError(_("Only an administrator of this centre can give this role."))
        if rules_here and self.known is self.editor and Role.ADMINISTRATOR not in given:
            raise ValidationError(_("You cannot stop being an administrator yourself."))


def facts_of(person: Person, centre: Centre) -> dict[str, Any]:
    """What the form shows of *person* in *centre*."""
    return {
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "centre": centre.id,
        "roles": sorted(person.roles_in(centre.id)),
        "language": person.language,
        "gender": person.gender.value if person.gender else "",
        "languages": spoken_rows(person),
    }
