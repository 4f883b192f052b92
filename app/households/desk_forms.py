"""At the coordinator's desk: as what somebody decides for a child, and who else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectField
from wtforms.validators import InputRequired

from app.households.forms import ChildForm
from app.i18n import _, _l
from app.people.forms import choices
from app.people.guardians import GuardianKind
from app.people.models import Person
from app.web import PageForm


def kind_field() -> SelectField:
    """As what somebody decides for a child."""
    kinds = choices((kind.value, kind.label) for kind in GuardianKind)
    return SelectField(_l("As what"), choices=kinds, default=GuardianKind.PARENT.value)


class ChildOfForm(ChildForm):
    """A child of somebody, at the coordinator's desk."""

    kind = kind_field()


class GuardianForm(PageForm):
    """One more who decides for a child, at the coordinator's desk."""

    person = SelectField(
        _l("Somebody else who decides for this child"), [InputRequired(_l("Choose somebody."))]
    )
    kind = kind_field()

    def __init__(self, *args: Any, others: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, prefix="guardian", **kwargs)
        people = [(one.ref, one.name) for one in others]
        self.person.choices = choices([("", _("Choose")), *people] if people else [])
