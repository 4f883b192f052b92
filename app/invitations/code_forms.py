"""The shape of what is typed by somebody who comes in by a code, or would like to help."""

from __future__ import annotations

import unicodedata
from typing import Any

from wtforms import RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.i18n import _, _l
from app.invitations.codes import Wish
from app.people.forms import MAILBOX, choices, name_field, own_email_field, stripped
from app.people.models import Centre
from app.people.phones import e164
from app.people.terms import Role
from app.web import PageForm, settings

WISHED = (Role.VOLUNTEER, Role.MEDIATOR)


def contact_of(typed: str) -> str | None:
    """An e-mail address in lower case, or a telephone number as E.164 where we can reach one."""
    if "@" in typed:
        return typed.lower() if MAILBOX.fullmatch(typed) else None
    return e164(typed) if settings().sends_sms else None


def contact_field() -> StringField:
    """One line for an e-mail address or a telephone number."""
    return StringField(
        _l("E-mail or telephone"),
        [DataRequired(_l("Type an e-mail address or a telephone number.")), Length(max=254)],
        filters=[stripped],
    )


class ContactMixin:
    """Forms with a `contact_field`; it asks for a telephone only where we can reach one."""

    contact: StringField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings().sends_sms:
            email = own_email_field().bind(self, "contact")
            self.contact.label.text, self.contact.validators = email.label.text, email.validators

    def validate_contact(self, field: StringField) -> None:
        if contact_of(field.data) is not None:
            return
        if settings().sends_sms:
            raise ValidationError(
                _("Type an address such as name@example.org or a number such as 0721 000 000.")
            )
        raise ValidationError(_("Type an e-mail address such as name@example.org."))

    @property
    def reachable_at(self) -> str:
        """What was typed, as it is kept."""
        return contact_of(self.contact.data) or ""


class CodeWantedForm(ContactMixin, PageForm):
    """Where a code is to be sent."""

    contact = contact_field()


class AddressForm(PageForm):
    """Another e-mail address of one's own."""

    email = own_email_field()

    def validate_email(self, field: StringField) -> None:
        if not MAILBOX.fullmatch(field.data):
            raise ValidationError(_("Type an e-mail address such as name@example.org."))


class WishForm(ContactMixin, PageForm):
    """Somebody who would like to help: three questions, and one more with an answer in it."""

    name = name_field()
    contact = contact_field()
    centre = SelectField(_l("Centre"), [InputRequired(_l("Choose a centre."))])
    role = RadioField(_l("How would you like to help?"), coerce=Role, default=Role.VOLUNTEER)

    def __init__(self, *args: Any, centres: list[Centre], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.centres = {centre.code: centre for centre in centres}
        known = [(centre.code, centre.name) for centre in centres]
        self.centre.choices = choices(known if len(known) == 1 else [("", _("choose")), *known])
        self.role.choices = choices((role, role.label) for role in WISHED)

    @property
    def wish(self) -> Wish:
        return Wish(name=self.name.data, role=self.role.data, centre=self.centres[self.centre.data])


def digits(typed: str | None) -> str:
    """The digits of *typed*, of whatever script, as 0-9; spaces and dashes do not matter."""
    return "".join(str(unicodedata.decimal(c)) for c in typed or "" if c.isdecimal())


class CodeForm(PageForm):
    """The code that was sent."""

    code = StringField(
        _l("Code"),
        [DataRequired(_l("Type the six digits of the code.")), Length(max=30)],
        filters=[digits],
    )

    def is_wrong(self) -> None:
        """The code opens nothing; why is not said."""
        wrong = _("This code is not right or too old. After five wrong ones, ask for another.")
        self.code.errors = [*self.code.errors, wrong]


class NothingForm(PageForm):
    """One button."""
