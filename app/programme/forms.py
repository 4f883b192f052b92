"""The shape of what a coordinator types about activities and meetings."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices, stripped
from app.people.languages import name_of
from app.people.locale import page_language
from app.programme.kinds import CONTENT_LANGUAGES
from app.programme.models import Meeting
from app.programme.places import Room
from app.programme.recurrence import instant
from app.web import PageForm

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
    """Titles and descriptions in the languages of those who come; at least one title.

    Its fields are made below: one ``title_xx`` and one ``description_xx`` for each language.
    """

    shown: tuple[str, ...] = CONTENT_LANGUAGES

    def name_texts(self) -> None:
        """Each field is named by its language, in the language of the page."""
        reader = page_language()
        for tag in self.shown:
            language = name_of(tag, reader)
            self.title_in(tag).label.text = _("Title in %(language)s", language=language)
            self.description_in(tag).label.text = _(
                "Description in %(language)s", language=language
            )

    def title_in(self, language: str) -> StringField:
        return self[f"title_{language}"]  # type: ignore[index]

    def description_in(self, language: str) -> TextAreaField:
        return self[f"description_{language}"]  # type: ignore[index]

    def texts(self) -> dict[str, tuple[str, str]]:
        """Language -> (title, description), for those with a title."""
        return {
            language: (title, stripped(self.description_in(language).data) or "")
            for language in self.shown
            if (title := stripped(self.title_in(language).data))
        }

    def begun(self) -> list[str]:
        """The first language, and the others in which anything stands or is wrong."""
        return [
            tag
            for tag in self.shown
            if tag == self.shown[0]
            or any(f.data or f.errors for f in (self.title_in(tag), self.description_in(tag)))
        ]

    def has_title(self) -> bool:
        """Puts an error on the first title where there is none at all."""
        return bool(self.texts()) or wrong(
            self.title_in(self.shown[0]), _("Give it a title in at least one language.")
        )

    def titles_descriptions(self) -> bool:
        """Puts an error on each title that is missing above a description."""
        bare = [
            tag
            for tag in self.shown
            if stripped(self.description_in(tag).data) and not stripped(self.title_in(tag).data)
        ]
        for tag in bare:
            wrong(self.title_in(tag), _("A description needs a title in the same language."))
        return not bare


for _tag in CONTENT_LANGUAGES:
    setattr(TextsMixin, f"title_{_tag}", StringField(validators=[Length(max=120)]))
    setattr(
        TextsMixin, f"description_{_tag}", TextAreaField(validators=[Optional(), Length(max=2000)])
    )


class TextsForm(TextsMixin, PageForm):
    """The words of an activity that exists, in the languages *shown* side by side.

    *others*: whether it has words in a language that is not shown.
    """

    still_true = BooleanField(_l("I have read these words again: they are still right"))

    def __init__(
        self, *args: Any, shown: tuple[str, ...], others: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shown, self._others = shown, others
        for tag in set(CONTENT_LANGUAGES) - set(shown):
            del self[f"title_{tag}"], self[f"description_{tag}"]
        self.name_texts()

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        fine = self.titles_descriptions() and fine
        return (self._others or self.has_title()) and fine


def wrong(field: Field, message: str) -> bool:
    """Put an error on *field*; always False."""
    field.errors = [*field.errors, message]
    return False


def within_reach(field: DateField, today: date) -> None:
    """A day from *today* on that calendars and clocks can still reckon with."""
    if field.data is not None and field.data < today:
        raise ValidationError(_("This day is over."))
    if field.data is not None and field.data > today + FARTHEST:
        raise ValidationError(_("This is too far away."))


class MoveForm(PageForm):
    """A new time and place of one meeting, in the centre's zone."""

    day = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    starts = TimeField(_l("From"), [InputRequired(_l("When does it start?"))])
    ends = TimeField(_l("To"), [InputRequired(_l("When does it end?"))])
    room = SelectField(_l("Room"), coerce=int)
    seen = HiddenField()

    def __init__(self, *args: Any, rooms: list[Room], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rooms, self._today = rooms, today
        self.room.choices = choices([(0, _("no room")), *[(room.id, room.label) for room in rooms]])

    def validate_day(self, field: DateField) -> None:
        within_reach(field, self._today)

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


def move_defaults(meeting: Meeting, *, to: datetime | None = None) -> dict[str, Any]:
    """The form as the meeting is now, or as it would be if it began at *to*, local."""
    zone = meeting.activity.centre.tz
    start, end = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
    if to is not None:
        start = to.replace(tzinfo=zone)
        end = (start.astimezone(UTC) + (meeting.ends_at - meeting.starts_at)).astimezone(zone)
    return {
        "day": start.date(),
        "starts": start.time(),
        "ends": end.time(),
        "room": meeting.room_id or 0,
        "seen": meeting.sequence,
    }
