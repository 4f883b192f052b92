"""The three questions of somebody who would like to come, or of the coordinator at the desk."""

from __future__ import annotations

import secrets
from typing import Any

from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.i18n import _, _l
from app.invitations.code_forms import contact_of
from app.people.forms import MAILBOX, PHONE, choices, name_field, page_languages, stripped
from app.people.locale import page_language
from app.people.terms import Gender
from app.web import PageForm, settings


class JoinForm(PageForm):
    """A name, a contact or none, a language. *waits*: all places were taken when it was shown.
    *once*: by this a form that is sent twice is known."""

    name = name_field()
    contact = StringField(
        _l("E-mail or telephone"), [Optional(), Length(max=254)], filters=[stripped]
    )
    language = SelectField(_l("Language of pages and messages"), choices=page_languages())
    waits = HiddenField()
    once = HiddenField(validators=[Length(max=64)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fresh = {"language": page_language(), "once": secrets.token_urlsafe(16)}
        super().__init__(*args, **{**fresh, **kwargs})
        if not settings().sends_sms:
            self.contact.label.text = _("E-mail")

    def validate_contact(self, field: StringField) -> None:
        if contact_of(field.data) is not None:
            return
        if settings().sends_sms:
            raise ValidationError(
                _("Type an address such as name@example.org or a number such as 0721 000 000.")
            )
        raise ValidationError(_("Type an e-mail address such as name@example.org."))

    @property
    def reachable_at(self) -> str | None:
        """What was typed, as it is kept; None where they want no letters."""
        return contact_of(self.contact.data) if self.contact.data else None


class DeskForm(PageForm):
    """The same, of somebody who stands before the coordinator. *is_new*: the name with
    which they looked at those who are perhaps meant, and it is nobody of them."""

    name = name_field()
    contact = StringField(
        _l("E-mail or telephone"), [Optional(), Length(max=254)], filters=[stripped]
    )
    language = SelectField(_l("Language of pages and messages"), choices=page_languages())
    gender = SelectField(_l("Gender"), [Optional()])
    is_new = HiddenField()

    def __init__(self, *args: Any, women_only: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{"language": page_language(), **kwargs})
        if not women_only:
            del self.gender
            return
        self.gender.choices = choices([("", _("choose")), *((g.value, g.label) for g in Gender)])
        self.gender.validators = [InputRequired(_l("This activity is for women."))]

    def validate_contact(self, field: StringField) -> None:
        if not MAILBOX.fullmatch(field.data) and not PHONE.regex.fullmatch(field.data):
            raise ValidationError(
                _("Type an address such as name@example.org or a number such as 0721 000 000.")
            )

    def details(self) -> dict[str, Any]:
        """What is known of them besides name and language."""
        typed = self.contact.data or ""
        known = {"email": typed} if "@" in typed else {"phone": typed or None}
        return known | ({"gender": Gender(self.gender.data)} if self.gender else {})
