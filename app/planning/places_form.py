"""The shape of what a coordinator types about rooms, venues and ways between centres."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.i18n import _, _l
from app.people.forms import choices, stripped
from app.people.models import Centre
from app.programme.places import Room
from app.programme.rooms import RoomFacts
from app.web import PageForm

A_DAY = 24 * 60


class RoomForm(PageForm):
    """A room of a centre, or a venue outside it."""

    centre = SelectField(_l("Centre"), coerce=int)
    name = StringField(
        _l("Name"), [DataRequired(_l("Give it a name.")), Length(max=80)], filters=[stripped]
    )
    capacity = IntegerField(
        _l("How many people fit in?"),
        [
            InputRequired(_l("How many people fit in?")),
            NumberRange(1, 5000, _l("A number from 1 to 5000.")),
        ],
    )
    address = StringField(
        _l("Address of its own, if it is not in the centre"),
        [Optional(), Length(max=200)],
        filters=[stripped],
    )
    step_free = BooleanField(_l("Step-free: a wheelchair or a pram gets in"))
    note = TextAreaField(
        _l("Note for coordinators"), [Optional(), Length(max=500)], filters=[stripped]
    )

    def __init__(self, *args: Any, centres: Sequence[Centre], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._centres = {centre.id: centre for centre in centres}
        self.centre.choices = choices((one.id, one.name) for one in centres)

    def chosen_centre(self) -> Centre:
        return self._centres[self.centre.data]

    def facts(self) -> RoomFacts:
        return RoomFacts(
            name=self.name.data or "",
            capacity=self.capacity.data or 0,
            address=self.address.data,
            step_free=bool(self.step_free.data),
            note=self.note.data or "",
        )

    def name_is_taken(self) -> None:
        """Puts the refusal beside the question that it is about."""
        self.name.errors = [*self.name.errors, _("The centre has a room of this name already.")]


def facts_of(room: Room) -> dict[str, Any]:
    """The form as the room is now."""
    names = ("name", "capacity", "address", "step_free", "note")
    return {"centre": room.centre_id, **{name: getattr(room, name) for name in names}}


class WaysForm(PageForm):
    """The minutes between each two centres: a triangle of numbers, empty where nobody knows."""


def ways_form(centres: Sequence[Centre], known: dict[tuple[int, int], int] | None = None) -> Any:
    """A `WaysForm` with one question for each two of *centres*."""
    form = type("WaysOfThese", (WaysForm,), {})
    for one, other in pairs_of(centres):
        question = IntegerField(
            _("Minutes between %(one)s and %(other)s", one=one.name, other=other.name),
            [Optional(), NumberRange(0, A_DAY, _("Minutes, from 0 to 1440."))],
        )
        setattr(form, name_of_pair(one, other), question)
    data = {f"way_{low}_{high}": minutes for (low, high), minutes in (known or {}).items()}
    return form(data=data or None)


def pairs_of(centres: Sequence[Centre]) -> list[tuple[Centre, Centre]]:
    """Each two of them once."""
    return list(combinations(centres, 2))


def name_of_pair(one: Centre, other: Centre) -> str:
    low, high = sorted((one.id, other.id))
    return f"way_{low}_{high}"
