"""What is decided about a course and its members. Operations never commit."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from app.attendance.levels import STEPS, Fit, fit
from app.attendance.models import CourseRule, LevelOverride, Placement, StartOverride
from app.attendance.standings import group_of, placement_of
from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Person
from app.programme.models import Activity
from app.refusal import Refusal
from app.signups.models import Enrolment


class NoSuchLevel(Refusal):
    message = _l("Choose one of the levels.")


class NoPercent(Refusal):
    message = _l("A number from 1 to 100.")


class ReasonMissing(Refusal):
    message = _l("Say why.")


class LevelFits(Refusal):
    message = _l("The level fits already: there is nothing to decide.")


class GroupIsLarge(Refusal):
    message = _l("The group is large enough: there is nothing to decide.")


class BadDates(Refusal):
    message = _l("Nobody joins in the future, or leaves before they joined.")


class HasNotLeft(Refusal):
    message = _l("This person still has a place. Remove them from the participants first.")


def set_threshold(activity: Activity, percent: int | None) -> None:
    """Percent of the hours that the certificate of *activity* wants."""
    if percent is None or not 1 <= percent <= 100:
        raise NoPercent
    lock(activity)
    rule = db.session.get(CourseRule, activity.id)
    if rule is None:
        rule = CourseRule(activity_id=activity.id)
        db.session.add(rule)
    rule.threshold = percent


def place(person: Person, level: str | None, *, by: Person, now: datetime) -> None:
    """What a test or a talk found; None: not known. The same again adds nothing."""
    if level is not None and level not in STEPS:
        raise NoSuchLevel
    lock(person)
    known = placement_of(person)
    if (known.level if known else None) == level:
        return
    db.session.add(Placement(person=person, level=level, at=now, by=by))
    db.session.flush()


def keep_in_group(
    activity: Activity, person: Person, reason: str, *, by: Person, now: datetime
) -> None:
    """*person* stays though they were placed elsewhere; who decided so and why is kept."""
    lock(person)
    known = placement_of(person)
    placed = known.level if known else None
    if placed is None or activity.level is None:
        raise LevelFits
    if fit(placed, activity.level) not in (Fit.BELOW, Fit.ABOVE):
        raise LevelFits
    if not reason.strip():
        raise ReasonMissing
    db.session.add(
        LevelOverride(
            activity_id=activity.id,
            person=person,
            placed=placed,
            level=activity.level,
            reason=reason.strip(),
            at=now,
            by=by,
        )
    )
    db.session.flush()


def start_anyway(activity: Activity, reason: str, *, by: Person, now: datetime) -> None:
    """The group begins with fewer than its minimum; who decided so and why is kept."""
    lock(activity)
    group = group_of(activity)
    if not group.lacking or group.minimum is None:
        raise GroupIsLarge
    if not reason.strip():
        raise ReasonMissing
    db.session.add(
        StartOverride(
            activity=activity,
            number=group.taken,
            minimum=group.minimum,
            reason=reason.strip(),
            at=now,
            by=by,
        )
    )
    db.session.flush()


def set_dates(
    enrolment: Enrolment, joined_on: date, left_on: date | None, *, now: datetime
) -> None:
    """From the beginning of which day somebody belongs to the group, and until the end of which;
    in the centre's time. Raises `BadDates`, `HasNotLeft`."""
    lock(enrolment.activity)
    db.session.refresh(enrolment)
    zone = enrolment.activity.centre.tz
    joined_at = datetime.combine(joined_on, time(), zone)
    left_at = enrolment.left_at
    if left_on is not None:
        if left_at is None:
            raise HasNotLeft
        left_at = min(now, datetime.combine(left_on + timedelta(days=1), time(), zone))
    if joined_at > now or (left_at is not None and left_at < joined_at):
        raise BadDates
    enrolment.joined_at, enrolment.left_at = joined_at, left_at
    db.session.flush()
