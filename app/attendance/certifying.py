"""A certificate of attendance, or a confirmation of hours: frozen, with a number and a code like
every certificate of the house. Operations never commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sqlalchemy import select

from app.attendance.counting import Membership, Tally, teaching_hours
from app.attendance.marks import Mark
from app.attendance.models import CoursePaper
from app.attendance.queries import planned_meetings
from app.attendance.standings import marks_in, tally_of, threshold_of
from app.certificates.content import canonical, digest, new_code
from app.certificates.models import Certificate
from app.certificates.queries import HOUSE_LANGUAGE, issued_with, next_serial
from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Person
from app.programme.models import Meeting
from app.refusal import Refusal
from app.signups.models import Enrolment

ATTENDANCE, HOURS = "attendance", "hours"


class NoPaperForProtected(Refusal):
    message = _l(
        "For protected and individual activities no paper is made: whoever finds it would know."
    )


class NothingAttended(Refusal):
    message = _l("There is nothing to confirm: no attended session is recorded.")


@dataclass(frozen=True, slots=True)
class Attended:
    """One session at which somebody was."""

    day: date
    starts: str
    ends: str
    minutes: int


def issue_paper(enrolment: Enrolment, *, once: str, by: Person, now: datetime) -> Certificate:
    """A certificate where the share of the hours is reached, a confirmation of hours otherwise. The
    same form sent twice issues one. Raises `NoPaperForProtected`, `NothingAttended`."""
    activity, person = enrolment.activity, enrolment.person
    lock(person)
    lock(activity.centre)  # the numbers of a centre follow one another
    known = issued_with(once)
    if known is not None and known.person_id == person.id:
        return known
    meetings, marks = planned_meetings(activity), marks_in(activity, person)
    if not activity.privacy.is_listed or any(one.is_secret for one in meetings):
        raise NoPaperForProtected
    counted = tally_of(enrolment, meetings, marks, percent=threshold_of(activity), now=now)
    attended = _attended(enrolment, meetings, marks)
    if not attended:
        raise NothingAttended
    return _freeze(enrolment, attended, counted, once=once, by=by, now=now)


def paper_about(certificate: Certificate) -> CoursePaper | None:
    return db.session.scalars(
        select(CoursePaper).where(CoursePaper.certificate_id == certificate.id)
    ).one_or_none()


def _attended(
    enrolment: Enrolment, meetings: Sequence[Meeting], marks: dict[tuple[int, int], Mark]
) -> list[Attended]:
    membership = Membership(enrolment.joined_at, enrolment.left_at)
    zone = enrolment.activity.centre.tz
    found = []
    for one in meetings:
        there = marks.get((one.id, enrolment.person_id)) is Mark.PRESENT
        if there and membership.holds(one.starts_at):
            starts, ends = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
            minutes = int((one.ends_at - one.starts_at).total_seconds() // 60)
            found.append(Attended(starts.date(), f"{starts:%H:%M}", f"{ends:%H:%M}", minutes))
    return found


def _freeze(
    enrolment: Enrolment,
    attended: Sequence[Attended],
    counted: Tally,
    *,
    once: str,
    by: Person,
    now: datetime,
) -> Certificate:
    centre = enrolment.activity.centre
    today = now.astimezone(centre.tz).date()
    serial, code = next_serial(centre, today.year), new_code()
    facts = _facts(enrolment, attended, counted, by=by, today=today) | {
        "number": f"{centre.code.upper()}-{serial:03d}/{today.year}",
        "code": code,
    }
    content = canonical(facts)
    certificate = Certificate(
        once=once,
        code=code,
        person=enrolment.person,
        centre=centre,
        year=today.year,
        serial=serial,
        issued_at=now,
        issued_by=by,
        first_day=attended[0].day,
        last_day=attended[-1].day,
        minutes=facts["total_minutes"],
        content=content,
        digest=digest(content),
        withdrawn_why="",
    )
    db.session.add(certificate)
    db.session.flush()
    db.session.add(CoursePaper(certificate=certificate, activity=enrolment.activity))
    db.session.flush()
    return certificate


def _facts(
    enrolment: Enrolment, attended: Sequence[Attended], counted: Tally, *, by: Person, today: date
) -> dict[str, Any]:
    """Everything that the paper says but its number and code. Its total is the sum of its rows."""
    activity, centre = enrolment.activity, enrolment.activity.centre
    title = activity.title_in(HOUSE_LANGUAGE)
    minutes = sum(one.minutes for one in attended)
    return {
        "version": 1,
        "sort": ATTENDANCE if counted.is_reached else HOURS,
        "issued_on": today.isoformat(),
        "host": {"name": centre.name, "address": centre.address},
        "participant": enrolment.person.name,
        "course": {"title": title, "kind": activity.kind.value, "level": activity.level},
        "hour_minutes": activity.hour_minutes,
        "period": {
            "first_day": attended[0].day.isoformat(),
            "last_day": attended[-1].day.isoformat(),
        },
        "total_minutes": minutes,
        "total_teaching": plain_hours(minutes, activity.hour_minutes),
        "offered_teaching": plain_hours(counted.offered, activity.hour_minutes),
        "report": [
            {
                "day": one.day.isoformat(),
                "starts": one.starts,
                "ends": one.ends,
                "title": title,
                "minutes": one.minutes,
                "teaching": plain_hours(one.minutes, activity.hour_minutes),
            }
            for one in attended
        ],
        "signed_by": {"coordinator": by.name},
    }


def plain_hours(minutes: int, hour_minutes: int) -> str:
    """Teaching hours as Romanian papers write them: 12 or 2,66; never rounded up."""
    exact = teaching_hours(minutes, hour_minutes)
    cut = (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), ROUND_DOWN)
    return f"{cut:f}".rstrip("0").rstrip(".").replace(".", ",")
