"""The shape of what somebody says is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.i18n import _, _l
from app.listening.gaps import LEVELS, WHOLE, Gap, Matter, PartOfDay, whole
from app.listening.operations import MOST_PEOPLE, NotForOthers
from app.listening.queries import may_speak_for_others
from app.people.forms import choices, in_both, stripped
from app.people.models import Centre, Person
from app.people.terms import Gender, Role
from app.programme.forms import wrong
from app.web import PageForm

LONGEST_NOTE = 140
ME, OTHERS = "me", "others"
LEVEL_LABELS = {
    "pre-A1": _l("learning to read and write"),
    "A1": _l("from the beginning (A1)"),
    "A2": _l("simple talk goes already (A2)"),
    "B1": _l("I get along (B1)"),
    "B2": _l("nearly everything (B2)"),
}


class MissingForm(PageForm):
    """What is missing, for *person*: few questions, most of them answered by what we know."""

    matter = RadioField(
        _l("What would you come to?"), [InputRequired(_l("Choose what is missing."))]
    )
    level = SelectField(_l("Level of Romanian"), default="")
    part = RadioField(_l("When?"), [InputRequired(_l("Choose a part of the day."))])
    language = SelectField(_l("In which language?"))
    centre = SelectField(_l("Centre"), coerce=int)
    childcare = BooleanField(_l("Somebody must mind the children meanwhile"))
    whom = RadioField(_l("For whom?"), default=ME)
    people = IntegerField(
        _l("For how many people?"),
        [Optional(), NumberRange(1, MOST_PEOPLE, _l("A number from 1 to 20."))],
        default=1,
    )
    note = StringField(_l("A short note"), [Optional(), Length(max=LONGEST_NOTE)])
    tell = BooleanField(_l("Tell me when there is something"), default=True)

    def __init__(
        self, *args: Any, person: Person, centres: Sequence[Centre], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.person, self._centres = person, {centre.id: centre for centre in centres}
        self.matters = matters_for(person)
        self.matter.choices = choices((one.value, one.label) for one in self.matters)
        self.part.choices = choices((one.value, one.label) for one in PartOfDay)
        levels = ((level, LEVEL_LABELS[level]) for level in LEVELS)
        self.level.choices = choices([("", _("I do not know")), *levels])
        self.language.choices = choices((tag, in_both(tag)) for tag in WHOLE)
        self.centre.choices = choices((one.id, one.name) for one in centres)
        self.whom.choices = choices(
            [(ME, _("for me")), (OTHERS, _("for people I know, without their names"))]
        )
        if not (person.email or person.phone):
            del self["tell"]
        self._ask_for_whom()

    def _ask_for_whom(self) -> None:
        """Only those who meet others are asked; who is no participant speaks for others only."""
        speaks = any(may_speak_for_others(self.person, one) for one in self._centres)
        if not speaks:
            del self["people"]
        if not (speaks and self.person.has_role(Role.PARTICIPANT)):
            del self["whom"]

    @property
    def for_others(self) -> bool:
        return self.whom.data == OTHERS if self.whom else self.people is not None

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if fine and self.for_others and not may_speak_for_others(self.person, self.centre.data):
            return wrong(self.centre, str(NotForOthers.message))
        return fine

    def gap(self) -> Gap:
        matter = Matter(self.matter.data)
        level = self.level.data if matter.has_level else ""
        return Gap(self.centre.data, matter, level, self.language.data, PartOfDay(self.part.data))

    def facts(self) -> dict[str, Any]:
        """What is said of it."""
        people = self.people.data if self.for_others else None
        return {
            "for_others": self.for_others,
            "people": people or 1,
            "childcare": self.childcare.data,
            "tell": bool(self.tell and self.tell.data),
            "note": stripped(self.note.data) or "",
        }


def matters_for(person: Person) -> list[Matter]:
    """What *person* may ask for: a group for women is not offered to a man."""
    return [
        one for one in Matter if not (one.kind.policy.women_only and person.gender is Gender.MAN)
    ]


def usual_language(person: Person) -> str:
    """The language that somebody speaks best, of those that may be asked for; else the one of
    their pages."""
    spoken = [
        (one.speaks.rank, one.language)
        for one in person.languages
        if one.speaks and one.language != "ro" and whole(one.language) in WHOLE
    ]
    best = max(spoken, default=(0, person.language))
    return whole(best[1])
