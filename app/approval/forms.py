"""The shape of what staff write down: dates and where they stand, never a document."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from wtforms import DateField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from app.approval.papers import CheckFacts, ContractFacts, months_later
from app.i18n import _, _l
from app.people.forms import choices, stripped
from app.people.models import Person
from app.people.papers import CheckKind, Contract, ContractKind, IntegrityCheck
from app.people.terms import age_on
from app.web import PageForm

FIRST_DAY = date(2000, 1, 1)
"""A year of three digits, or of somebody's birth, is a slip of the finger."""
FARTHEST = timedelta(days=10 * 366)
OF_AGE = 18


def wrong(field: Field, message: str) -> bool:
    """Put an error on *field*; always False."""
    field.errors = [*field.errors, message]
    return False


class DatesForm(PageForm):
    """Dates of things that were signed or seen; *today* is that of the centre."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field for itself; then, where all could be read, what they say together."""
        fine = bool(super().validate(extra_validators))
        days = [field for field in self if isinstance(field, DateField)]
        within = [self._is_within_reach(field) for field in days]
        return fine and all(within) and self.makes_sense()

    def makes_sense(self) -> bool:
        return True

    def is_past(self, *fields: DateField) -> bool:
        """What was signed or seen was so today at the latest."""
        late = [field for field in fields if field.data and field.data > self.today]
        for field in late:
            wrong(field, _("This day is still to come. Write it down when it has happened."))
        return not late

    def _is_within_reach(self, field: DateField) -> bool:
        if field.data is None or FIRST_DAY <= field.data <= self.today + FARTHEST:
            return True
        return wrong(field, _("Look at the year: this day is too far away."))


class ContractForm(DatesForm):
    """What is written of a contract."""

    kind = SelectField(
        _l("What it is"), choices=choices((kind.value, kind.label) for kind in ContractKind)
    )
    number = StringField(
        _l("Number"),
        [DataRequired(_l("Type the number of the contract.")), Length(max=40)],
        filters=[stripped],
    )
    signed_on = DateField(_l("Signed on"), [InputRequired(_l("When was it signed?"))])
    valid_from = DateField(_l("First day"), [InputRequired(_l("From when does it count?"))])
    valid_until = DateField(_l("Last day"), [Optional()])
    role_sheet_on = DateField(_l("Role sheet signed on"), [Optional()])
    safety_sheet_on = DateField(_l("Safety sheet signed on"), [Optional()])

    def makes_sense(self) -> bool:
        fine = self.is_past(self.signed_on, self.role_sheet_on, self.safety_sheet_on)
        if self.valid_from.data < self.signed_on.data:
            fine = wrong(self.valid_from, _("A contract is signed on its first day at the latest."))
        if self.valid_until.data and self.valid_until.data < self.valid_from.data:
            fine = wrong(self.valid_until, _("It cannot end before its first day."))
        return fine

    def facts(self) -> ContractFacts:
        typed = {field.name: field.data for field in self if field.name in CONTRACT}
        return ContractFacts(**{**typed, "kind": ContractKind(self.kind.data)})


CONTRACT = (
    "kind",
    "number",
    "signed_on",
    "valid_from",
    "valid_until",
    "role_sheet_on",
    "safety_sheet_on",
)


def contract_as_it_is(contract: Contract) -> dict[str, Any]:
    return {name: getattr(contract, name) for name in CONTRACT} | {"kind": contract.kind.value}


LONGEST_MONTHS = 12
"""By law half a year; a house may ask for a new one less often, but not hardly ever."""


class CheckForm(DatesForm):
    """What was seen, never what it says. *months*: how long a certificate counts."""

    kind = RadioField(
        _l("What was seen"),
        [InputRequired(_l("Choose what was seen."))],
        choices=choices((kind.value, kind.label) for kind in CheckKind),
    )
    issued_on = DateField(_l("Issued on"), [Optional()])
    valid_until = DateField(_l("Counts until"), [Optional()])
    seen_on = DateField(_l("Seen on"), [InputRequired(_l("When did you see it?"))])
    reason = TextAreaField(
        _l("Why it cannot be requested"), [Optional(), Length(max=500)], filters=[stripped]
    )
    measure = TextAreaField(
        _l("What is done instead"), [Optional(), Length(max=500)], filters=[stripped]
    )

    def __init__(self, *args: Any, months: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.months = months

    @property
    def is_not_possible(self) -> bool:
        return bool(self.kind.data == CheckKind.NOT_POSSIBLE.value)

    def makes_sense(self) -> bool:
        fine = self.is_past(self.seen_on, self.issued_on)
        if self.is_not_possible:
            return self._says_why() and fine
        if self.issued_on.data is None:
            return wrong(self.issued_on, _("When was it issued?"))
        if self.seen_on.data < self.issued_on.data:
            fine = wrong(self.seen_on, _("It cannot be seen before it was issued."))
        if self.valid_until.data and self.valid_until.data < self.issued_on.data:
            fine = wrong(self.valid_until, _("It cannot end before it was issued."))
        longest = max(self.months, LONGEST_MONTHS)
        if self.valid_until.data and self.valid_until.data > months_later(
            self.issued_on.data, longest
        ):
            text = _("It counts for %(months)s months at most.", months=longest)
            fine = wrong(self.valid_until, text)
        return fine

    def _says_why(self) -> bool:
        fine = True
        if not self.reason.data:
            fine = wrong(self.reason, _("Say why it cannot be requested."))
        if not self.measure.data:
            fine = wrong(self.measure, _("Say what is done instead."))
        if self.valid_until.data and self.valid_until.data < self.seen_on.data:
            fine = wrong(self.valid_until, _("It cannot end before the day it was decided."))
        return fine

    def facts(self) -> CheckFacts:
        """Left open, it counts for as many months as the house says."""
        none = self.is_not_possible
        begins = self.seen_on.data if none else self.issued_on.data
        return CheckFacts(
            kind=CheckKind(self.kind.data),
            issued_on=None if none else self.issued_on.data,
            valid_until=self.valid_until.data or months_later(begins, self.months),
            seen_on=self.seen_on.data,
            reason=(self.reason.data or "") if none else "",
            measure=(self.measure.data or "") if none else "",
        )


def check_as_it_is(check: IntegrityCheck) -> dict[str, Any]:
    names = ("issued_on", "valid_until", "seen_on", "reason", "measure")
    return {name: getattr(check, name) for name in names} | {"kind": check.kind.value}


class AgeForm(DatesForm):
    """How old somebody is, as far as it must be known: the day of birth of the younger only."""

    age = RadioField(
        _l("Age"),
        [InputRequired(_l("Choose one."))],
        choices=choices(
            [
                ("unknown", _l("not known yet")),
                ("adult", _l("18 or older")),
                ("younger", _l("younger than 18")),
            ]
        ),
    )
    born_on = DateField(_l("Born on"), [Optional()])
    consent_seen_on = DateField(_l("Parents' consent seen on"), [Optional()])

    def makes_sense(self) -> bool:
        if self.age.data != "younger":
            return True
        fine = self.is_past(self.born_on, self.consent_seen_on)
        if self.born_on.data is None:
            return wrong(self.born_on, _("Of the younger we need the day of birth."))
        if fine and age_on(self.today, self.born_on.data) >= OF_AGE:
            fine = wrong(
                self.born_on, _("With this day they are 18 or older. Choose that instead.")
            )
        return fine

    def write_to(self, person: Person) -> None:
        """Nothing more is kept than what is needed."""
        younger = self.age.data == "younger"
        person.is_adult = {"adult": True, "younger": False}.get(self.age.data)
        person.born_on = self.born_on.data if younger else None
        person.consent_seen_on = self.consent_seen_on.data if younger else None


def age_as_it_is(person: Person) -> dict[str, Any]:
    age = "unknown" if person.is_adult is None else "adult" if person.is_adult else "younger"
    return {
        "age": "younger" if person.born_on else age,
        "born_on": person.born_on,
        "consent_seen_on": person.consent_seen_on,
    }


class StepForm(PageForm):
    note = StringField(_l("Note"), [Optional(), Length(max=300)], filters=[stripped])
