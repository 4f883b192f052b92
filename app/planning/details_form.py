"""The shape of what a coordinator changes about an activity that exists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.i18n import _, _l
from app.people.forms import choices, language_choices, stripped
from app.people.languages import own_name_of
from app.planning.plan_questions import READ, QuestionsMixin
from app.programme.forms import wrong
from app.programme.kinds import Kind, Service
from app.programme.models import Activity
from app.programme.terms import Term
from app.web import PageForm

READ_HERE: dict[str, Callable[[Any], Any]] = READ | {
    "service": Service,
    "meeting_point": stripped,
    "language": str,
    "support_language": stripped,
}
"""Each question, and how its answer is kept."""


class DetailsForm(QuestionsMixin, PageForm):
    """What the kind of *activity* asks, its languages, and the term of a draft.

    *has_room*: whether an appointment takes place in a room, and needs no other meeting point.
    """

    language = SelectField(_l("Language it is held in"))
    support_language = SelectField(_l("Language it is mediated into"), default="")
    service = SelectField(
        _l("What is it about?"),
        [InputRequired(_l("Choose what it is about."))],
        choices=choices((service.value, service.label) for service in Service),
    )
    meeting_point = StringField(_l("Meeting point"), [Length(max=200)], filters=[stripped])
    term = SelectField(_l("Term"), coerce=int)

    def __init__(
        self,
        *args: Any,
        activity: Activity,
        terms: Sequence[Term],
        has_room: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._has_room = has_room
        self._terms = {term.id: term for term in terms}
        self.asked = asked_of(activity)
        for question in set(READ_HERE) - set(self.asked):
            del self[question]
        self._offer_choices(activity)

    def _offer_choices(self, activity: Activity) -> None:
        """What may be chosen; also what was chosen long ago and is offered to nobody any more."""
        if self.language:
            languages = language_choices()[1:]
            self.language.choices = _with(languages, activity.language, own_name_of)
            none = choices([("", _("none"))])
            self.support_language.choices = _with(
                [*none, *languages], activity.support_language, own_name_of
            )
        for field in (self.level, self.hour_minutes):
            if field:
                field.choices = _with(field.choices, getattr(activity, field.name), str)
        if not self._terms:
            del self["term"]
        else:
            self.term.choices = choices((term.id, term.name) for term in self._terms.values())

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field for itself, then what several of them must have together."""
        fine = bool(super().validate(extra_validators))
        if self.minimum and (self.minimum.data or 0) > (self.capacity.data or 1000):
            fine = wrong(self.minimum, _("The smallest size is larger than the number of places."))
        if self.meeting_point and not (self.meeting_point.data or self._has_room):
            fine = wrong(
                self.meeting_point,
                _("Say where you meet: a meeting point, or a room of the centre."),
            )
        return fine

    def facts(self) -> dict[str, Any]:
        """Each column of the activity, and what it becomes."""
        read = {question: READ_HERE[question](self[question].data) for question in self.asked}
        return read | ({"term": self._terms[self.term.data]} if self.term else {})


def asked_of(activity: Activity) -> list[str]:
    """The questions about *activity*; in which language an appointment is, who is needed says."""
    of_its_kind = activity.kind.policy.fields
    childcare = ("age",) if activity.kind is Kind.CHILDCARE else ()
    single = activity.kind.policy.single
    languages = () if single else ("language", "support_language")
    elsewhere = ("meeting_point",) if activity.meeting_point and not single else ()
    return [*of_its_kind, *childcare, *elsewhere, *languages]


def details_of(activity: Activity) -> dict[str, Any]:
    """What the form shows of *activity*."""
    shown = {question: getattr(activity, question) for question in asked_of(activity)}
    typed = {name: getattr(value, "value", value) for name, value in shown.items()}
    for name in ("level", "age", "topic", "support_language"):
        if name in typed:
            typed[name] = typed[name] or ""
    return typed | {"term": activity.term_id}


def _with(offered: Iterable[Any], kept: Any, named: Callable[[Any], str]) -> list[Any]:
    found = list(offered)
    if kept is None or any(choice.value == kept for choice in found):
        return found
    return [*found, *choices([(kept, named(kept))])]
