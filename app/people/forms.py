"""The shape of what is typed about people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from wtforms import FieldList, Form, FormField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    Optional,
    Regexp,
    ValidationError,
)

from app.i18n import LANGUAGES, _, _l, own_name
from app.people.languages import COMMON, is_known, name_of, own_name_of
from app.people.locale import page_language
from app.people.models import Person
from app.people.operations import Spoken
from app.people.terms import Level
from app.plain import one_line
from app.web import PageForm

MAILBOX = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>()\"]+")
SPARE_ROWS = 2
LONGEST_NAME = 100
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/")


def stripped(value: str | None) -> str | None:
    """What was typed without the spaces around it; None where nothing was."""
    return (value or "").strip() or None


def as_a_name(value: str | None) -> str | None:
    """A name as it was typed, on one line; None where nothing of it would be seen."""
    return one_line(value or "") or None


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """(value, label) pairs as WTForms wants them."""
    return [SelectChoice(value, label) for value, label in pairs]


def page_languages() -> list[SelectChoice]:
    """The languages of the house, each named in itself."""
    return choices((tag, own_name(tag)) for tag in LANGUAGES)


def own_email_field() -> StringField:
    return StringField(
        _l("E-mail"),
        [DataRequired(_l("Type your e-mail address.")), Length(max=254)],
        filters=[stripped],
    )


def name_field() -> StringField:
    """A name of more than spaces."""
    return StringField(
        _l("Name"),
        [DataRequired(_l("Type a name; a nickname will do.")), Length(max=LONGEST_NAME)],
        filters=[as_a_name],
    )


class SignInForm(PageForm):
    email = own_email_field()
    password = PasswordField(
        _l("Password"), [InputRequired(_l("Type your password.")), Length(max=200)]
    )


class ConfirmForm(PageForm):
    password = PasswordField(
        _l("Password"), [InputRequired(_l("Type your password.")), Length(max=200)]
    )


class NewPasswordForm(PageForm):
    password = PasswordField(
        _l("New password"),
        [
            InputRequired(_l("Type a new password.")),
            Length(min=10, max=200, message=_l("At least 10 characters.")),
        ],
    )


def language_choices(*, also: Iterable[str] = ()) -> list[SelectChoice]:
    """The frequent languages, and those of *also* that a form has to know: each by its own name,
    and its name in the page's language."""
    reader = page_language()
    rarer = {tag for tag in also if tag not in COMMON and is_known(tag)}
    rarer_by_name = sorted(rarer, key=lambda tag: name_of(tag, reader).casefold())
    named = [(tag, in_both(tag)) for tag in (*COMMON, *rarer_by_name)]
    return choices([("", _("choose a language")), *named])


def in_both(tag: str) -> str:
    """A language as one looks for it in a list: its own name, and that in the page's language."""
    own, here = own_name_of(tag), name_of(tag, page_language())
    return own if own == here else f"{own} – {here}"


def level_choices(none: str) -> list[SelectChoice]:
    return choices([("", none), *[(level.value, str(level.label)) for level in Level]])


class SpokenForm(Form):  # type: ignore[misc]
    """One language of one person."""

    language = SelectField(_l("Language"), validate_choice=True)
    speaks = SelectField(_l("speaks"))
    reads = SelectField(_l("reads"))
    interprets = SelectField(_l("interprets"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = language_choices(also=[self.language.data or ""])
        self.speaks.choices = level_choices(_("does not speak"))
        self.reads.choices = level_choices(_("does not read"))
        self.interprets.choices = level_choices(_("does not interpret"))

    def validate_language(self, field: SelectField) -> None:
        if field.data and not (self.speaks.data or self.reads.data or self.interprets.data):
            raise ValidationError(_("Say how well it is spoken or read."))

    def levels(self) -> tuple[Level | None, Level | None, Level | None]:
        return _level(self.speaks.data), _level(self.reads.data), _level(self.interprets.data)


class LanguagesMixin:
    """Forms that list the languages of a person, with a few empty rows for more."""

    languages = FieldList(FormField(SpokenForm), min_entries=0, max_entries=20)

    def add_spare_rows(self) -> None:
        free = self.languages.max_entries - len(self.languages)
        for _row in range(min(SPARE_ROWS, free)):
            self.languages.append_entry()

    def spoken(self) -> Spoken:
        return {
            row.form.language.data: row.form.levels()
            for row in self.languages
            if row.form.language.data
        }


def _level(value: str | None) -> Level | None:
    return Level(value) if value else None


PHONE = Regexp(r"^[+0-9 ()./-]{4,30}$", message=_l("Digits, please, such as +40 721 000 000."))


class ProfileForm(PageForm):
    """What people say of themselves."""

    name = name_field()
    phone = StringField(_l("Telephone"), [Optional(), PHONE])
    language = SelectField(_l("Language of pages and messages"), choices=page_languages())
    zone = SelectField(
        _l("Time zone"),
        choices=choices((zone, zone) for zone in ZONES),
    )


def profile_of(person: Person) -> dict[str, Any]:
    """What the form shows of *person*."""
    return {
        "name": person.name,
        "phone": person.phone,
        "language": person.language,
        "zone": person.zone,
    }


def spoken_rows(person: Person) -> list[dict[str, str]]:
    return [
        {
            "language": row.language,
            "speaks": row.speaks.value if row.speaks else "",
            "reads": row.reads.value if row.reads else "",
            "interprets": row.interprets.value if row.interprets else "",
        }
        for row in person.languages
    ]


class LevelsForm(PageForm):
    """How well somebody knows one language: each answer with what it means in plain words."""

    speaks = SelectField(_l("I speak it"))
    reads = SelectField(_l("I read it"))
    interprets = SelectField(_l("I interpret: I say for others what was said"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        meant = [(level.value, level_in_words(level)) for level in Level]
        for field, none in (
            (self.speaks, _("I do not speak it")),
            (self.reads, _("I do not read it")),
            (self.interprets, _("I do not interpret")),
        ):
            field.choices = choices([("", none), *meant])

    def validate_speaks(self, field: SelectField) -> None:
        if not any(self.levels()):
            raise ValidationError(_("Say how well you speak or read it, or remove the language."))

    def levels(self) -> tuple[Level | None, Level | None, Level | None]:
        return _level(self.speaks.data), _level(self.reads.data), _level(self.interprets.data)


def level_in_words(level: Level) -> str:
    """A level with what it means: "A2 – simple everyday talk"."""
    return f"{level.label} – {level.meaning}"
