"""Days on which the weekly sessions of a centre are not held, and what else to know of a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from app.extensions import db
from app.i18n import in_language
from app.people.models import Centre
from app.programme.observances import observances
from app.programme.organisation_calendar import CalendarEntry, DayKind
from app.programme.public_holidays import romanian_holiday


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of the organisation calendar, first and last included, and what they mean."""

    kind: DayKind
    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class DaysOff:
    """What a centre's days are like, told in *language*; *skip_school_holidays*: whether the
    series in question pauses when the schools do."""

    stretches: tuple[Stretch, ...]
    language: str
    skip_school_holidays: bool = False

    def closed(self, day: date) -> str | None:
        """Why weekly sessions are skipped that day; None on a day that is open."""
        if (holiday := romanian_holiday(day, self.language)) is not None:
            return holiday
        return next((one.name for one in self._on(day) if one.kind in self._skipped), None)

    def hints(self, day: date) -> tuple[str, ...]:
        """What a coordinator should know of that day and may ignore."""
        names = [one.name for one in self._on(day) if one.kind not in self._skipped]
        with in_language(self.language):
            names += [str(observance.label) for observance in observances(day)]
        return tuple(dict.fromkeys(names))

    @property
    def _skipped(self) -> tuple[DayKind, ...]:
        if self.skip_school_holidays:
            return (DayKind.CLOSED, DayKind.SCHOOL_HOLIDAY)
        return (DayKind.CLOSED,)

    def _on(self, day: date) -> Iterator[Stretch]:
        return (one for one in self.stretches if one.first_day <= day <= one.last_day)


def days_off(
    centre: Centre, first: date, last: date, *, language: str, skip_school_holidays: bool = False
) -> DaysOff:
    """The days between *first* and *last* as *centre* has them: the organisation calendar's, for
    this centre and for all of them, beside the public holidays and observances."""
    rows = db.session.execute(
        select(
            CalendarEntry.kind, CalendarEntry.name, CalendarEntry.first_day, CalendarEntry.last_day
        )
        .where(
            or_(CalendarEntry.centre_id == centre.id, CalendarEntry.centre_id.is_(None)),
            CalendarEntry.first_day <= last,
            CalendarEntry.last_day >= first,
        )
        .order_by(CalendarEntry.kind, CalendarEntry.first_day, CalendarEntry.id)
    )
    return DaysOff(
        tuple(Stretch(kind, name, begins, ends) for kind, name, begins, ends in rows),
        language,
        skip_school_holidays,
    )
