"""What only some kinds of activity are asked, and how each answer is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from app.i18n import _l
from app.people.forms import choices, stripped
from app.programme.forms import COURSE_LEVELS
from app.programme.kinds import AgeBand, Topic


def number_field(label: Any, most: int) -> IntegerField:
    """A number from 1 to *most*, or nothing."""
    text = _l("A number from 1 to %(most)s, or leave it empty.", most=most)
    return IntegerField(label, [Optional(), NumberRange(1, most, text)])


def _or_none(none: Any, values: Any) -> list[Any]:
    return choices([("", none), *((str(one), getattr(one, "label", one)) for one in values)])


class QuestionsMixin:
    """What some kinds ask and others do not: one field for each name in `Policy.fields`."""

    level = SelectField(_l("Level"), default="", choices=_or_none(_l("no level"), COURSE_LEVELS))
    age = SelectField(_l("For which ages"), default="", choices=_or_none(_l("any age"), AgeBand))
    topic = SelectField(_l("Topic"), default="", choices=_or_none(_l("no topic"), Topic))
    target_hours = number_field(_l("Teaching hours in all"), 1000)
    hour_minutes = SelectField(
        _l("Minutes in a teaching hour"),
        coerce=int,
        default=45,
        choices=choices((minutes, str(minutes)) for minutes in (45, 50, 60)),
    )
    minimum = number_field(_l("Smallest size of the group"), 1000)
    capacity = number_field(_l("Places for participants"), 1000)
    placement = BooleanField(_l("We talk with everybody first, to find the right group"))
    families = BooleanField(_l("Families with children are welcome"))
    transport = StringField(_l("Transport"), [Optional(), Length(max=300)])


READ: dict[str, Callable[[Any], Any]] = {
    "level": stripped,
    "age": lambda typed: AgeBand(typed) if typed else None,
    "topic": lambda typed: Topic(typed) if typed else None,
    "target_hours": lambda typed: typed,
    "hour_minutes": int,
    "minimum": lambda typed: typed,
    "capacity": lambda typed: typed,
    "placement": bool,
    "families": bool,
    "transport": stripped,
}
"""Each of those questions, and how its answer is kept."""
