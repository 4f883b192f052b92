"""The shape of what a coordinator types about several sessions at once."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.i18n import _, _l
from app.people.forms import choices, stripped
from app.programme.details import Details, titles_of
from app.programme.forms import within_reach
from app.programme.kinds import Privacy
from app.programme.models import Meeting, Scope, Status
from app.programme.places import Room
from app.programme.shifting import Shift, shift_from
from app.web import PageForm

CHANGE, CANCEL, RESTORE = "change", "cancel", "restore"
TITLES = ("ro", "en", "ar")
"""The languages in which a session's own title is asked here; the page of its texts has all."""


def scope_field() -> RadioField:
    return RadioField(
        _l("Which sessions?"),
        [InputRequired(_l("Choose which sessions."))],
        choices=choices((scope.value, scope.label) for scope in Scope),
        default=Scope.THIS.value,
    )


class SeriesForm(PageForm):
    """What becomes of a session and of others of its series."""

    scope = scope_field()
    same_slot = BooleanField(_l("Only those on the same weekday at the same time"))
    also_by_hand = BooleanField(_l("Also those that were changed by hand before"))
    becomes = RadioField(_l("What becomes of them?"), default=CHANGE)
    day = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    starts = TimeField(_l("From"), [InputRequired(_l("When does it start?"))])
    ends = TimeField(_l("To"), [InputRequired(_l("When does it end?"))])
    room = SelectField(_l("Room"), coerce=int)
    online_url = StringField(_l("Link, if it is online"), [Optional(), Length(max=500)])
    title_ro = StringField(_l("Title in Romanian"), [Length(max=120)])
    title_en = StringField(_l("Title in English"), [Length(max=120)])
    title_ar = StringField(_l("Title in Arabic"), [Length(max=120)])
    privacy = SelectField(_l("Who may know"), default="")
    seen = HiddenField()
    opened = HiddenField()

    def __init__(
        self, *args: Any, meeting: Meeting, rooms: list[Room], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._meeting, self._today = meeting, today
        self._rooms = {room.id: room for room in rooms}
        if meeting.room is not None:
            self._rooms.setdefault(meeting.room.id, meeting.room)
        named = [(room.id, room.label) for room in self._rooms.values()]
        self.room.choices = choices([(0, _("no room")), *named])
        self.becomes.choices = choices(_becomes(meeting))
        policy = meeting.activity.kind.policy
        self.privacy.choices = choices(
            [("", _("as it is")), *[(p.value, str(p.label)) for p in policy.privacies]]
        )

    def validate_day(self, field: DateField) -> None:
        within_reach(field, self._today)

    def validate_ends(self, field: TimeField) -> None:
        if self.becomes.data != CHANGE:
            return  # of a session across midnight, too
        if field.data and self.starts.data and field.data <= self.starts.data:
            raise ValidationError(_("The session has to end after it starts."))

    def validate_online_url(self, field: StringField) -> None:
        if not field.data.startswith("https://"):
            raise ValidationError(_("A link starts with https://"))

    def which(self) -> Scope:
        return Scope(self.scope.data)

    def status(self) -> Status | None:
        """What they become, where that is what is wished."""
        return {CANCEL: Status.CANCELLED, RESTORE: Status.PLANNED}.get(self.becomes.data)

    def shift(self) -> Shift:
        """How the session on whose page this is moves; the others follow."""
        return shift_from(
            self._meeting.starts_at,
            self._meeting.ends_at,
            self._meeting.activity.centre.tz,
            day=self.day.data,
            starts=self.starts.data,
            ends=self.ends.data,
        )

    def chosen_room(self) -> Room | None:
        return self._rooms.get(self.room.data)

    def keeps_rooms(self) -> bool:
        """Whether the room was left as it is; then every session keeps its own."""
        return (self.room.data or None) == self._meeting.room_id

    def details(self) -> Details | None:
        """What differs from the session as it is, beside its time and room."""
        whole = self.which() is Scope.ALL and not self.same_slot.data
        typed = {tag: stripped(getattr(self, f"title_{tag}").data) or "" for tag in TITLES}
        had = {tag: titles_of(self._meeting).get(tag, "") for tag in TITLES}
        link = stripped(self.online_url.data) or ""
        if whole:  # only what was typed anew becomes the activity's
            typed = {tag: title for tag, title in typed.items() if title and title != had[tag]}
            had = {}
        found = Details(
            titles=typed if typed != had and not self._meeting.kind.policy.coded else None,
            privacy=Privacy(self.privacy.data) if self.privacy.data else None,
            online_url=link if link != (self._meeting.online_url or "") else None,
            whole=whole,
        )
        return found if found != Details(whole=whole) else None


def _becomes(meeting: Meeting) -> list[tuple[str, Any]]:
    if meeting.is_cancelled:
        return [(RESTORE, _("They take place after all"))]
    return [(CHANGE, _("They change as below")), (CANCEL, _("They do not take place"))]


def as_it_is_now(meeting: Meeting) -> dict[str, Any]:
    """The form as the session is."""
    zone = meeting.activity.centre.tz
    start, end = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
    titles = {f"title_{tag}": title for tag, title in titles_of(meeting).items()}
    return titles | {
        "becomes": RESTORE if meeting.is_cancelled else CHANGE,
        "day": start.date(),
        "starts": start.time(),
        "ends": end.time(),
        "room": meeting.room_id or 0,
        "online_url": meeting.online_url or "",
    }
