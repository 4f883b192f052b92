"""The shape of what a coordinator types about activities and meetings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from app.i18n import LANGUAGES, _, _l
from app.people.forms import choices, language_choices, stripped
from app.people.models import Centre, Person
from app.programme.kinds import Kind, Privacy
from app.programme.models import Meeting
from app.programme.operations import ActivityFacts
from app.programme.places import Room
from app.programme.recurrence import Slot, WeeklyPattern, instant

COURSE_LEVELS = ("pre-A1", "A1", "A1–A2.1", "A2.1", "A2.2", "A2.2–B1.1", "B1.1", "B1.2", "B2")
FARTHEST = timedelta(days=5 * 365)
WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)


class TextsMixin:
    """Titles and descriptions in the languages of the house; at least one title."""

    title_ro = StringField(_l("Title in Romanian"), [Length(max=120)])
    title_en = StringField(_l("Title in English"), [Length(max=120)])
    title_ar = StringField(_l("Title in Arabic"), [Length(max=120)])
    description_ro = TextAreaField(_l("Description in Romanian"), [Optional(), Length(max=2000)])
    description_en = TextAreaField(_l("Description in English"), [Optional(), Length(max=2000)])
    description_ar = TextAreaField(_l("Description in Arabic"), [Optional(), Length(max=2000)])

    def texts(self) -> dict[str, tuple[str, str]]:
        """Language -> (title, description), for those with a title."""
        return {
            language: (title, stripped(self._typed("description", language)) or "")
            for language in LANGUAGES
            if (title := stripped(self._typed("title", language)))
        }

    def has_title(self) -> bool:
        """Puts an error on the first title where there is none at all."""
        return bool(self.texts()) or _wrong(
            self.title_ro, _("Give it a title in at least one language.")
        )

    def _typed(self, what: str, language: str) -> str | None:
        typed: str | None = getattr(self, f"{what}_{language}").data
        return typed


class TextsForm(TextsMixin, FlaskForm):  # type: ignore[misc]
    """The words of an activity that exists."""

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) and self.has_title()


class PlanForm(TextsMixin, FlaskForm):  # type: ignore[misc]
    """A new activity: what it is, and the weekly pattern of its meetings."""

    kind = RadioField(
        _l("Kind"),
        [InputRequired(_l("Choose what kind of activity it is."))],
        choices=choices((kind.value, kind.label) for kind in Kind),
    )
    centre = SelectField(_l("Centre"), coerce=int)
    room = SelectField(_l("Room"), coerce=int)
    online_url = StringField(_l("Link, if it is online"), [Optional(), Length(max=500)])
    language = SelectField(_l("Language it is held in"), default="ro")
    support_language = SelectField(_l("Language it is mediated into"), default="")
    level = SelectField(
        _l("Level"),
        default="",
        choices=choices([("", _l("no level")), *[(level, level) for level in COURSE_LEVELS]]),
    )
    capacity = IntegerField(
        _l("Places for participants"),
        [Optional(), NumberRange(1, 1000, _l("A number from 1 to 1000, or leave it empty."))],
    )
    privacy = SelectField(_l("Who may know"), default="")
    confidants = SelectMultipleField(
        _l("Other coordinators who may know of it, if it is protected"), coerce=int
    )
    first_day = DateField(_l("First day"), [InputRequired(_l("Choose the first day."))])
    weekdays = SelectMultipleField(
        _l("Days of the week"),
        [InputRequired(_l("Choose at least one day of the week."))],
        coerce=int,
        choices=choices(enumerate(WEEKDAYS)),
    )
    starts = TimeField(_l("From"), [InputRequired(_l("When does it start?"))])
    ends = TimeField(_l("To"), [InputRequired(_l("When does it end?"))])
    every = IntegerField(
        _l("Every how many weeks"), [NumberRange(1, 8, _l("A number from 1 to 8."))], default=1
    )
    until = DateField(_l("Last day"), [Optional()])
    count = IntegerField(
        _l("Number of sessions"),
        [Optional(), NumberRange(1, 200, _l("A number from 1 to 200."))],
    )

    def __init__(
        self,
        *args: Any,
        centres: list[Centre],
        rooms: list[Room],
        colleagues: list[Person],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today, self._rooms, self._centres = today, rooms, centres
        self._colleagues = {person.id: person for person in colleagues}
        names = {centre.id: centre.name for centre in centres}
        self.centre.choices = choices(names.items())
        self.room.choices = choices(
            [
                (0, _("no room")),
                *[(r.id, f"{names[r.centre_id]}: {r.name}") for r in rooms],
            ]
        )
        self.language.choices = language_choices()[1:]
        self.support_language.choices = [*choices([("", _("none"))]), *language_choices()[1:]]
        self.privacy.choices = choices(
            [
                ("", _("as usual for this kind")),
                *[(p.value, str(p.label)) for p in Privacy if p is not Privacy.INDIVIDUAL],
            ]
        )
        self.confidants.choices = choices((one.id, one.name) for one in colleagues)

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field for itself, then what several of them must have together."""
        fine = bool(super().validate(extra_validators))
        fine = self.has_title() and fine
        if (self.count.data is None) == (self.until.data is None) and not self.count.errors:
            text = _("Give either the number of sessions or the last day, not both.")
            fine = _wrong(self.count, text)
        return fine

    def validate_room(self, field: SelectField) -> None:
        room = self._room()
        if room is not None and room.centre_id != self.centre.data:
            raise ValidationError(_("This room is in another centre."))

    def validate_online_url(self, field: StringField) -> None:
        if not field.data.startswith("https://"):
            raise ValidationError(_("A link starts with https://"))

    def validate_privacy(self, field: SelectField) -> None:
        listed = field.data and Privacy(field.data).is_listed
        if listed and self.kind.data == Kind.WOMENS_GROUP:
            raise ValidationError(_("A women's group is always protected."))

    def validate_first_day(self, field: DateField) -> None:
        _within_reach(field, self.today)

    def validate_until(self, field: DateField) -> None:
        if field.data > self.today + FARTHEST:
            raise ValidationError(_("This is too far away."))

    def validate_ends(self, field: TimeField) -> None:
        if field.data and self.starts.data and field.data <= self.starts.data:
            raise ValidationError(_("The session has to end after it starts."))

    def pattern(self) -> WeeklyPattern:
        """The weekly pattern in the centre's zone."""
        slots = tuple(Slot(day, self.starts.data, self.ends.data) for day in self.weekdays.data)
        return WeeklyPattern(
            zone=self._centre().tz,
            first_day=self.first_day.data,
            slots=slots,
            until=self.until.data,
            count=self.count.data,
            every=self.every.data,
        )

    def facts(self) -> ActivityFacts:
        return ActivityFacts(
            centre=self._centre(),
            kind=Kind(self.kind.data),
            texts=self.texts(),
            room=self._room(),
            online_url=stripped(self.online_url.data),
            privacy=Privacy(self.privacy.data) if self.privacy.data else None,
            language=self.language.data,
            support_language=self.support_language.data or None,
            level=self.level.data or None,
            capacity=self.capacity.data,
            confidants=[self._colleagues[person_id] for person_id in self.confidants.data],
        )

    def _centre(self) -> Centre:
        return next(centre for centre in self._centres if centre.id == self.centre.data)

    def _room(self) -> Room | None:
        return next((room for room in self._rooms if room.id == self.room.data), None)


def _wrong(field: Field, message: str) -> bool:
    """Put an error on *field*; always False."""
    field.errors = [*field.errors, message]
    return False


def _within_reach(field: DateField, today: date) -> None:
    """A day from *today* on that calendars and clocks can still reckon with."""
    if field.data is not None and field.data < today:
        raise ValidationError(_("This day is over."))
    if field.data is not None and field.data > today + FARTHEST:
        raise ValidationError(_("This is too far away."))


class MoveForm(FlaskForm):  # type: ignore[misc]
    """A new time and place of one meeting, in the centre's zone."""

    day = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    starts = TimeField(_l("From"), [InputRequired(_l("When does it start?"))])
    ends = TimeField(_l("To"), [InputRequired(_l("When does it end?"))])
    room = SelectField(_l("Room"), coerce=int)
    seen = HiddenField()

    def __init__(self, *args: Any, rooms: list[Room], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rooms, self._today = rooms, today
        self.room.choices = choices([(0, _("no room")), *[(room.id, room.name) for room in rooms]])

    def validate_day(self, field: DateField) -> None:
        _within_reach(field, self._today)

    def validate_ends(self, field: TimeField) -> None:
        if field.data and self.starts.data and field.data <= self.starts.data:
            raise ValidationError(_("The session has to end after it starts."))

    def chosen_room(self) -> Room | None:
        return next((room for room in self._rooms if room.id == self.room.data), None)

    def times(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Start and end as aware UTC."""
        starts: time = self.starts.data
        ends: time = self.ends.data
        return instant(self.day.data, starts, zone), instant(self.day.data, ends, zone)

    def sequence_seen(self) -> int:
        text = str(self.seen.data)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def move_defaults(meeting: Meeting) -> dict[str, Any]:
    """The form as the meeting is now."""
    zone = meeting.activity.centre.tz
    start, end = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
    return {
        "day": start.date(),
        "starts": start.time(),
        "ends": end.time(),
        "room": meeting.room_id or 0,
        "seen": meeting.sequence,
    }
