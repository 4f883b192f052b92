"""The shape of what a coordinator types about an appointment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from app.database import new_ref
from app.i18n import _, _l
from app.people.forms import choices, language_choices, level_choices, stripped
from app.people.languages import known
from app.people.models import Centre, Person
from app.people.terms import Level
from app.planning.appointing import AppointmentFacts
from app.programme.forms import within_reach
from app.programme.kinds import Service
from app.programme.places import Room
from app.programme.recurrence import instant
from app.web import PageForm

_REF = re.compile(r"[A-Za-z0-9_-]{22}")
AT_HAND = Level.B1


class AppointmentForm(PageForm):
    """One short page for somebody with a queue at the door. Nothing is written about the person."""

    ref = HiddenField(default=new_ref)
    centre = SelectField(_l("Centre"), coerce=int)
    service = SelectField(
        _l("What is it about?"),
        [InputRequired(_l("Choose what it is about."))],
        choices=choices(
            [("", _l("choose")), *[(service.value, service.label) for service in Service]]
        ),
    )
    language = SelectField(
        _l("Which language does the mediator speak?"), [InputRequired(_l("Choose a language."))]
    )
    level = SelectField(_l("At least at level"), default=AT_HAND.value)
    women_only = BooleanField(_l("A woman, please"))
    day = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    starts = TimeField(_l("From"), [InputRequired(_l("When does it start?"))])
    ends = TimeField(_l("To"), [InputRequired(_l("When does it end?"))])
    meeting_point = StringField(_l("Meeting point"), [Length(max=200)], filters=[stripped])
    room = SelectField(_l("Room of the centre"), coerce=int)
    participant = SelectField(_l("For whom?"), default="")

    def __init__(
        self,
        *args: Any,
        centres: Sequence[Centre],
        rooms: Sequence[Room],
        participants: Sequence[Person],
        now: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self._centres = {centre.id: centre for centre in centres}
        self._rooms = {room.id: room for room in rooms}
        self._participants = {person.ref: person for person in participants}
        names = {centre.id: centre.name for centre in centres}
        self.centre.choices = choices(names.items())
        self.language.choices = language_choices(also=known())
        self.level.choices = level_choices(_("any level"))
        self.room.choices = choices(
            [(0, _("no room")), *[(r.id, f"{names[r.centre_id]}: {r.name}") for r in rooms]]
        )
        self.participant.choices = choices(
            [("", _("later, or nobody by name")), *[(one.ref, one.name) for one in participants]]
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field for itself, then where one meets."""
        fine = bool(super().validate(extra_validators))
        if not self.meeting_point.data and not self.room.data:
            text = _("Say where you meet: a meeting point, or a room of the centre.")
            self.meeting_point.errors = [*self.meeting_point.errors, text]
            return False
        return fine

    def validate_ref(self, field: HiddenField) -> None:
        if not _REF.fullmatch(field.data or ""):
            raise ValidationError(_("Load the page again and send it once more."))

    def validate_day(self, field: DateField) -> None:
        today = self._now.astimezone(self._centre().tz).date()
        within_reach(field, today)

    def validate_starts(self, field: TimeField) -> None:
        if not (field.data and self.day.data) or self.day.errors:
            return
        if instant(self.day.data, field.data, self._centre().tz) <= self._now:
            raise ValidationError(_("This time is over."))

    def validate_ends(self, field: TimeField) -> None:
        if not (field.data and self.starts.data and self.day.data) or self.day.errors:
            return
        day, zone = self.day.data, self._centre().tz  # on one night an hour of it does not exist
        if instant(day, field.data, zone) <= instant(day, self.starts.data, zone):
            raise ValidationError(_("It has to end after it starts."))

    def validate_room(self, field: SelectField) -> None:
        room = self._rooms.get(field.data)
        if room is not None and room.centre_id != self.centre.data:
            raise ValidationError(_("This room is in another centre."))

    def validate_participant(self, field: SelectField) -> None:
        person = self._participants.get(field.data)
        centres = {m.centre_id for m in person.memberships} if person else {self.centre.data}
        if self.centre.data not in centres:
            raise ValidationError(_("This person comes to another centre."))

    def facts(self) -> AppointmentFacts:
        zone = self._centre().tz
        return AppointmentFacts(
            ref=self.ref.data,
            centre=self._centre(),
            service=Service(self.service.data),
            day=self.day.data,
            starts_at=instant(self.day.data, self.starts.data, zone),
            ends_at=instant(self.day.data, self.ends.data, zone),
            language=self.language.data,
            level=Level(self.level.data) if self.level.data else None,
            women_only=self.women_only.data,
            meeting_point=self.meeting_point.data,
            room=self._rooms.get(self.room.data),
            participant=self._participants.get(self.participant.data),
        )

    def _centre(self) -> Centre:
        first = next(iter(self._centres.values()))
        return self._centres.get(self.centre.data, first)
