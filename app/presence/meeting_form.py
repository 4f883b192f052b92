"""The shape of what a coordinator says of all who were to help at one meeting."""

from __future__ import annotations

from typing import Any

from wtforms import (
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices, stripped
from app.people.models import Person
from app.presence.forms import HoursForm, ends_later, hours_of, typed_hours
from app.presence.models import MISSED, Presence, Word
from app.programme.models import Meeting
from app.staffing.models import Assignment
from app.web import PageForm

UNSAID, CAME, NOT_THERE, INSTEAD = "", "came", "missed", "instead"


class HelperRow(Form):  # type: ignore[misc]
    """What is said of one helper."""

    person = HiddenField()
    answer = RadioField(_l("Was there?"))
    starts = TimeField(_l("From"), [Optional()])
    ends = TimeField(_l("To"), [Optional()])
    meeting: Meeting

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for hour in (self.starts, self.ends):
            hour.flags.optional = False  # not said beside it: whoever came came at some hour
        self.answer.choices = choices(
            [
                (CAME, _("came")),
                (NOT_THERE, _("did not come")),
                (INSTEAD, _("another person came instead")),
                (UNSAID, _("not said yet")),
            ]
        )


class MeetingPresenceForm(PageForm):
    """All who were to help at one meeting."""

    rows = FieldList(FormField(HelperRow))

    def __init__(
        self, *args: Any, meeting: Meeting, places: list[Assignment], said: dict[int, Presence]
    ) -> None:
        self._meeting = meeting
        self._people = {place.person.ref: place.person for place in places}
        self._said = said
        rows = [self._row(place.person, said.get(place.person_id)) for place in places]
        super().__init__(*args, data={"rows": rows})

    def _row(self, person: Person, known: Presence | None) -> dict[str, Any]:
        answer = UNSAID if known is None else CAME if known.came else NOT_THERE
        return {
            "person": person.ref,
            "answer": answer,
            **typed_hours(self._meeting, known.word if known else None),
        }

    def validate_rows(self, rows: FieldList) -> None:
        for entry in rows.entries:
            row: Any = entry.form
            if row.answer.data != CAME:
                continue
            if row.starts.data is None or row.ends.data is None:
                row.ends.errors = [*row.ends.errors, _("From when to when?")]
            elif not ends_later(self._meeting, row.starts.data, row.ends.data):
                row.ends.errors = [
                    *row.ends.errors,
                    _("The end has to be after the start, on the same day."),
                ]
        if any(entry.form.errors for entry in rows.entries):
            raise ValidationError(_("Look at the hours."))

    def words(self, *, everybody: bool = False) -> dict[Person, Word]:
        """What is said anew of whom; with *everybody*, whoever nothing is said of came as planned.
        What stood there already is not said again: it would decide what a person disputes."""
        found = self._typed(everybody=everybody)
        known = {person: self._said.get(person.id) for person in found}
        return {
            person: word
            for person, word in found.items()
            if (before := known[person]) is None or before.word != word
        }

    def _typed(self, *, everybody: bool) -> dict[Person, Word]:
        found: dict[Person, Word] = {}
        for row in (entry.form for entry in self.rows.entries):
            person, answer = self._people.get(row.person.data), row.answer.data
            if person is None or (answer == UNSAID and not everybody):
                continue
            if answer == UNSAID:
                found[person] = Word(self._meeting.starts_at, self._meeting.ends_at)
            elif answer == CAME:
                found[person] = hours_of(self._meeting, row.starts.data, row.ends.data)
            else:
                found[person] = MISSED
        return found

    def replaced(self) -> Person | None:
        """The first of those instead of whom another came."""
        for row in (entry.form for entry in self.rows.entries):
            if row.answer.data == INSTEAD and row.person.data in self._people:
                return self._people[row.person.data]
        return None


class InsteadForm(HoursForm):
    """Who came, for which place, from when to when, and why in spite of what stands against it."""

    person = SelectField(_l("Who came?"), [InputRequired(_l("Choose who came."))])
    place = SelectField(_l("For which place?"), [InputRequired(_l("Choose the place."))])
    reason = TextAreaField(_l("Why they helped all the same"), [Optional(), Length(max=500)])

    def __init__(
        self, *args: Any, people: list[Person], places: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.person.choices = choices([("", _("Choose")), *[(one.ref, one.name) for one in people]])
        self.place.choices = choices(places)

    def why(self) -> str:
        return stripped(self.reason.data) or ""
