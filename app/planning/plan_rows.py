"""The rows of a plan as they are typed: weekly slots, single dates, who is needed."""

from __future__ import annotations

from typing import Any, ClassVar

from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    SelectField,
    TimeField,
)
from wtforms.validators import NumberRange, Optional

from app.i18n import _, _l
from app.people.forms import choices, language_choices, level_choices
from app.people.terms import HELPERS, Level, Role
from app.programme.forms import WEEKDAYS, within_reach, wrong
from app.programme.recurrence import Single, Slot
from app.staffing.forms import RELAY, RELAY_WITHOUT_LANGUAGE, VIA, ask_about_relay, relay_facts
from app.staffing.needs import NeedFacts

SUPPORT = "support"
"""In place of a language: the one that the activity is mediated into."""


class MayBeEmpty(Optional):  # type: ignore[misc]
    """A row may be left empty as a whole; to say "optional" beside each field would mislead."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags: dict[str, Any] = {}


class PlacedRow(Form):  # type: ignore[misc]
    """From when to when, and in which room, some time that its own kind of row names: *when* is the
    field that says which day."""

    when: ClassVar[str]

    def offer_rooms(self, rooms: dict[int, str], own: set[int] | None) -> None:
        """The rooms to choose from, and which are *own* to the chosen centre (None: not known)."""
        self.room.choices, self._own = choices([(0, _("no room")), *rooms.items()]), own

    def is_empty(self) -> bool:
        return not any(_typed(field) for field in (self[self.when], self.starts, self.ends))

    def validate(self, extra_validators: Any = None) -> bool:
        """Nothing at all, or everything."""
        if self.is_empty():
            return True
        fine = bool(super().validate(extra_validators))
        for field, question in (
            (self[self.when], _("Which day?")),
            (self.starts, _("When does it start?")),
            (self.ends, _("When does it end?")),
        ):
            if not _typed(field):
                fine = wrong(field, question)
        if self.starts.data and self.ends.data and self.ends.data <= self.starts.data:
            fine = wrong(self.ends, _("The session has to end after it starts."))
        if self.room.data and self._own is not None and self.room.data not in self._own:
            fine = wrong(self.room, _("This room is in another centre. Choose one of this centre."))
        return fine


class SlotRow(PlacedRow):
    """One weekday with its hours and its room."""

    when = "weekday"

    weekday = SelectField(
        _l("Day of the week"),
        default="",
        choices=choices([("", _l("no day")), *((str(n), day) for n, day in enumerate(WEEKDAYS))]),
    )
    starts = TimeField(_l("From"), [MayBeEmpty()])
    ends = TimeField(_l("To"), [MayBeEmpty()])
    room = SelectField(_l("Room"), coerce=int, default=0)

    def slot(self) -> Slot:
        room = self.room.data or None
        return Slot(int(self.weekday.data), self.starts.data, self.ends.data, room)


class SingleRow(PlacedRow):
    """One date with its hours and its room."""

    when = "day"

    day = DateField(_l("Day"), [MayBeEmpty()])
    starts = TimeField(_l("From"), [MayBeEmpty()])
    ends = TimeField(_l("To"), [MayBeEmpty()])
    room = SelectField(_l("Room"), coerce=int, default=0)

    def validate_day(self, field: DateField) -> None:
        within_reach(field, self.today)

    def single(self) -> Single:
        return Single(self.day.data, self.starts.data, self.ends.data, self.room.data or None)


class NeedRow(Form):  # type: ignore[misc]
    """Who is needed at every session; without a role it is nobody."""

    role = SelectField(
        _l("Who is needed?"),
        default="",
        choices=choices([("", _l("nobody")), *((role.value, role.label) for role in HELPERS)]),
    )
    language = SelectField(_l("Which language do they speak?"), default="")
    level = SelectField(_l("At least at level"), default="")
    wanted = IntegerField(
        _l("How many?"), [NumberRange(1, 20, _l("A number from 1 to 20."))], default=1
    )
    women_only = BooleanField(_l("Women only"))
    check_required = BooleanField(_l("With a valid behavioural-integrity certificate"))
    interpreting = BooleanField(_l("To interpret, not only to speak"))
    relay = BooleanField(RELAY)
    via = SelectField(VIA, default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = [("", _("any language")), (SUPPORT, _("the one it is mediated into"))]
        self.language.choices = [
            *choices(usual),
            *language_choices(also=[self.language.data or ""])[1:],
        ]
        self.level.choices = level_choices(_("any level"))
        ask_about_relay(self)

    def is_empty(self) -> bool:
        return not self.role.data

    def validate(self, extra_validators: Any = None) -> bool:
        if self.is_empty():
            return True
        fine = bool(super().validate(extra_validators))
        if self.level.data and not self.language.data:
            fine = wrong(self.level, _("Choose the language that this level is about."))
        if self.relay and self.relay.data and not self.language.data:
            fine = wrong(self.relay, RELAY_WITHOUT_LANGUAGE)
        if self.language.data == SUPPORT and not self.support_language:
            text = _("Say above into which language it is mediated, or choose another one here.")
            fine = wrong(self.language, text)
        return fine

    def needed(self) -> NeedFacts:
        spoken = self.language.data
        language = self.support_language if spoken == SUPPORT else spoken
        return NeedFacts(
            role=Role(self.role.data),
            language=language or None,
            level=Level(self.level.data) if self.level.data else None,
            wanted=self.wanted.data,
            women_only=self.women_only.data,
            check_required=self.check_required.data,
            interpreting=bool(self.interpreting.data and language),
            **relay_facts(self, language or None),
        )


def _typed(field: Any) -> bool:
    """Whether anything stands in *field*, even if it makes no sense."""
    if field.raw_data:
        return bool(str(field.raw_data[0]).strip())
    return field.data not in (None, "")
