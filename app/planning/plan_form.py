"""The shape of a plan: what a kind asks, its weekly slots and single dates, who is needed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError

from app.i18n import _, _l
from app.listening.gaps import Gap, gap_of
from app.people.forms import choices, language_choices, stripped
from app.people.models import Centre, Person
from app.planning.outlines import MOST_NEEDS, MOST_SLOTS, MOST_WEEKS
from app.planning.plan_questions import READ, QuestionsMixin
from app.planning.plan_rows import MayBeEmpty, NeedRow, SingleRow, SlotRow
from app.programme.forms import FARTHEST, TextsMixin, within_reach, wrong
from app.programme.kinds import Kind, Privacy
from app.programme.operations import ActivityFacts
from app.programme.places import Room
from app.programme.recurrence import Single, Slot, WeeklyPattern
from app.programme.terms import Term
from app.staffing.needs import NeedFacts
from app.web import PageForm

MOST_SINGLES = 20


class PlanForm(QuestionsMixin, TextsMixin, PageForm):
    """A new activity of one kind. *privacies*: from which one may choose who may know."""

    centre = SelectField(_l("Centre"), coerce=int)
    language = SelectField(_l("Language it is held in"), default="ro")
    support_language = SelectField(_l("Language it is mediated into"), default="")
    privacy = RadioField(_l("Who may know"))
    confidants = SelectMultipleField(
        _l("Other coordinators who may know of it, if it is protected"), coerce=int
    )
    slots = FieldList(FormField(SlotRow), _l("Every week"), min_entries=1, max_entries=MOST_SLOTS)
    every = IntegerField(
        _l("Every how many weeks"),
        [NumberRange(1, MOST_WEEKS, _l("A number from 1 to 8."))],
        default=1,
    )
    first_day = DateField(_l("First day"), [MayBeEmpty()])
    skip_school_holidays = BooleanField(_l("Pause in the school holidays"))
    ends_by = RadioField(_l("How does it end?"), default="count")
    count = IntegerField(
        _l("Number of sessions"),
        [MayBeEmpty(), NumberRange(1, 200, _l("A number from 1 to 200."))],
    )
    until = DateField(_l("Last day"), [MayBeEmpty()])
    singles = FieldList(
        FormField(SingleRow), _l("Single dates"), min_entries=1, max_entries=MOST_SINGLES
    )
    online_url = StringField(_l("Link, if it is online"), [Optional(), Length(max=500)])
    term = SelectField(_l("Term"), coerce=int, default=0)
    needs = FieldList(
        FormField(NeedRow),
        _l("Who is needed at every session?"),
        min_entries=1,
        max_entries=MOST_NEEDS,
    )
    kind = HiddenField()
    like = HiddenField()
    gap = HiddenField()

    def __init__(
        self,
        *args: Any,
        plans: Kind,
        privacies: tuple[Privacy, ...],
        centres: list[Centre],
        rooms: list[Room],
        terms: list[Term],
        colleagues: list[Person],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.policy, self.plans, self.today = plans.policy, plans, today
        self._privacies = privacies
        self._centres = {centre.id: centre for centre in centres}
        self._rooms = {room.id: room for room in rooms}
        self._terms = {term.id: term for term in terms}
        self._colleagues = {person.id: person for person in colleagues}
        self._offer_choices()
        self._ask_only_what_the_kind_asks()
        self._tell_rows()
        self.name_texts()

    def _offer_choices(self) -> None:
        centre_names = {centre.id: centre.name for centre in self._centres.values()}
        self.centre.choices = choices(centre_names.items())
        self.language.choices = language_choices()[1:]
        self.support_language.choices = [*choices([("", _("none"))]), *language_choices()[1:]]
        self.privacy.choices = choices((one.value, str(one.label)) for one in self._privacies)
        self.confidants.choices = choices((p.id, p.name) for p in self._colleagues.values())
        terms = [(term.id, self._term_label(term)) for term in self._terms.values()]
        self.term.choices = choices([(0, _("no term: open at once")), *terms])
        endings = {"count": self.count, "until": self.until, "hours": self.target_hours}
        asked = [name for name in endings if name != "hours" or self._asks("target_hours")]
        self.ends_by.choices = choices((name, endings[name].label.text) for name in asked)

    def _term_label(self, term: Term) -> str:
        name = f"{term.centre.name}: {term.name}" if len(self._centres) > 1 else term.name
        return name if term.published_at else _("%(term)s (draft)", term=name)

    def _asks(self, question: str) -> bool:
        return question in self.policy.fields

    def _ask_only_what_the_kind_asks(self) -> None:
        for question in READ:
            if not self._asks(question):
                del self[question]
        if len(self._privacies) < 2:
            del self["privacy"]
        if not self._colleagues or all(privacy.is_listed for privacy in self._privacies):
            del self["confidants"]

    def _tell_rows(self) -> None:
        """What rows must know of the rest of the form."""
        known = self.centre.data in self._centres
        own = {r.id for r in self._rooms.values() if r.centre_id == self.centre.data}
        for row in [*self.slots, *self.singles]:
            kept = row.form.room.data  # a copied row may stand in a room that is closed by now
            offered = [r for r in self._rooms.values() if r.in_use or r.id == kept]
            rooms = {room.id: self._room_label(room) for room in offered}
            row.form.offer_rooms(rooms, own if known else None)
            row.form.today = self.today
        for row in self.needs:
            row.form.support_language = self.support_language.data

    def _room_label(self, room: Room) -> str:
        several = len(self._centres) > 1
        name = f"{self._centres[room.centre_id].name}: {room.name}" if several else room.name
        return name if room.in_use else _("%(room)s (not in use)", room=name)

    def add_row(self, name: str) -> None:
        """One more empty row in the list called *name*, while there may be more."""
        rows = {"slots": self.slots, "singles": self.singles, "needs": self.needs}.get(name)
        if rows is not None and len(rows) < rows.max_entries:
            rows.append_entry()
            self._tell_rows()

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field for itself, then what several of them must have together."""
        fine = bool(super().validate(extra_validators))
        fine = self.has_title() and self.titles_descriptions() and fine
        fine = self._has_dates() and fine
        return self._fits_together() and fine

    def _has_dates(self) -> bool:
        """At least one row, and for weekly ones a first day and one way to end."""
        weekly = [row for row in self.slots if not row.form.is_empty()]
        if not weekly:
            some = any(not row.form.is_empty() for row in self.singles)
            return some or wrong(
                self.slots, _("Say when it takes place: a day of the week or a date.")
            )
        fine = True
        if self.first_day.data is None and not self.first_day.errors:
            fine = wrong(self.first_day, _("Choose the first day."))
        ending, question = self._ending()
        if ending is not None and ending.data is None and not ending.errors:
            fine = wrong(ending, question)
        return fine

    def _ending(self) -> tuple[Any, str]:
        """The field that says when it ends, and what to ask where it is empty."""
        return {
            "count": (self.count, _("How many sessions?")),
            "until": (self.until, _("Choose the last day.")),
            "hours": (self.target_hours, _("How many teaching hours in all?")),
        }.get(self.ends_by.data, (None, ""))

    def _fits_together(self) -> bool:
        fine = True
        term = self.chosen_term()
        if term is not None and term.centre_id != self.centre.data:
            fine = wrong(self.term, _("This term is of another centre."))
        if self._asks("minimum") and (self.minimum.data or 0) > (self.capacity.data or 1000):
            fine = wrong(self.minimum, _("The smallest size is larger than the number of places."))
        if len(set(self._typed_slots())) < len(self._typed_slots()):
            fine = wrong(self.slots, _("Two rows are the same."))
        return fine

    def _typed_slots(self) -> list[tuple[Any, ...]]:
        rows = [row.form for row in self.slots if not row.form.is_empty()]
        return [(row.weekday.data, row.starts.data, row.ends.data, row.room.data) for row in rows]

    def validate_online_url(self, field: StringField) -> None:
        if not field.data.startswith("https://"):
            raise ValidationError(_("A link starts with https://"))

    def validate_first_day(self, field: DateField) -> None:
        within_reach(field, self.today)

    def validate_until(self, field: DateField) -> None:
        if field.data > self.today + FARTHEST:
            raise ValidationError(_("This is too far away."))

    def pattern(self) -> WeeklyPattern | None:
        """The weekly slots in the centre's zone; None where there are single dates only."""
        rows = [row.form for row in self.slots if not row.form.is_empty()]
        slots: tuple[Slot, ...] = tuple(row.slot() for row in rows)
        if not slots:
            return None
        return WeeklyPattern(
            zone=self.chosen_centre().tz,
            first_day=self.first_day.data,
            slots=slots,
            every=self.every.data,
            until=self.until.data if self.ends_by.data == "until" else None,
            count=self.count.data if self.ends_by.data == "count" else None,
            minutes=self._minutes() if self.ends_by.data == "hours" else None,
        )

    def _minutes(self) -> int:
        """The teaching time that the weekly slots fill: single dates count towards it."""
        alone = sum((_length(one) for one in self.dates()), timedelta())
        whole = timedelta(minutes=self.target_hours.data * self.hour_minutes.data)
        return (whole - alone) // timedelta(minutes=1)

    def dates(self) -> tuple[Single, ...]:
        return tuple(row.form.single() for row in self.singles if not row.form.is_empty())

    def needed(self) -> list[NeedFacts]:
        return [row.form.needed() for row in self.needs if not row.form.is_empty()]

    def facts(self) -> ActivityFacts:
        asked = {
            question: read(self[question].data)
            for question, read in READ.items()
            if self._asks(question)
        }
        return ActivityFacts(
            centre=self.chosen_centre(),
            kind=self.plans,
            texts=self.texts(),
            online_url=stripped(self.online_url.data),
            privacy=Privacy(self.privacy.data) if self.privacy else self._privacies[0],
            language=self.language.data,
            support_language=self.support_language.data or None,
            confidants=[self._colleagues[one] for one in self.confidants.data]
            if self.confidants
            else [],
            term=self.chosen_term(),
            **asked,
        )

    def chosen_centre(self) -> Centre:
        return self._centres[self.centre.data]

    def answers(self) -> Gap | None:
        """What was missing at the chosen centre that this is for, if it began with that."""
        if not self.gap.data or self.centre.data not in self._centres:
            return None
        return gap_of(self.gap.data, self.centre.data)

    def chosen_term(self) -> Term | None:
        return self._terms.get(self.term.data)

    def chosen_room(self, room_id: int) -> Room:
        return self._rooms[room_id]


class TemplateNameForm(PageForm):
    """What a template is called."""

    name = StringField(
        _l("Name of the template"),
        [DataRequired(_l("Type a name.")), Length(max=120)],
        filters=[stripped],
    )


def _length(single: Single) -> timedelta:
    return timedelta(
        hours=single.ends.hour - single.starts.hour,
        minutes=single.ends.minute - single.starts.minute,
    )
