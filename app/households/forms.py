"""Who comes: oneself, one's children, and who is looked after meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import LONGEST_NAME, as_a_name, choices, name_field, page_languages, stripped
from app.people.models import Person
from app.programme.kinds import Kind
from app.programme.models import Activity
from app.web import PageForm

MOST_NEW = 6


class ChildForm(PageForm):
    """A child: a name and a language, first that of *guardian*, and nothing else."""

    name = name_field()
    language = SelectField(_l("Language of the child"), choices=page_languages())

    def __init__(self, *args: Any, guardian: Person, **kwargs: Any) -> None:
        super().__init__(*args, language=guardian.language, **kwargs)


class NameForm(PageForm):
    """The name of a child, where it was misspelt."""

    name = name_field()


class ComingForm(PageForm):
    """Who comes to an activity, and which children go to the childcare beside it."""

    people = SelectMultipleField(_l("Who comes?"))
    minded = SelectMultipleField(_l("Who goes to the childcare meanwhile?"), [Optional()])
    new_children = TextAreaField(
        _l("Other children who come"), [Optional()], filters=[stripped], render_kw={"rows": 2}
    )

    def __init__(
        self,
        *args: Any,
        activity: Activity,
        guardian: Person,
        oneself: bool,
        children: Sequence[Person],
        has_care: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        me = [(guardian.ref, _("Me") if oneself else guardian.name)]
        theirs = [(child.ref, child.name) for child in children]
        only_children = activity.kind is Kind.CHILDCARE
        self.people.choices = choices(theirs if only_children else [*me, *theirs])
        self.minded.choices = choices(theirs)
        if has_care:
            self.new_children.label.text = _("Other children for the childcare")
        if not has_care or not theirs:
            del self.minded
        self._known = {one.ref: one for one in (guardian, *children)}

    @property
    def names(self) -> list[str]:
        """The names of children who are not in the list yet."""
        lines = (self.new_children.data or "").splitlines()
        return [name for line in lines if (name := as_a_name(line))]

    def validate_new_children(self, field: TextAreaField) -> None:
        if len(self.names) > MOST_NEW or any(len(name) > LONGEST_NAME for name in self.names):
            raise ValidationError(_("At most six names, one in each line."))

    def validate_minded(self, field: SelectMultipleField) -> None:
        if set(field.data or ()) & set(self.people.data or ()):
            raise ValidationError(_("A child is either here or in the childcare."))

    def chosen(self, field: str) -> list[Person]:
        """The people who were ticked in *field*."""
        asked = getattr(self, field, None)
        return [self._known[ref] for ref in (asked.data if asked else None) or ()]
