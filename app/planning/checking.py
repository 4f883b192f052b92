"""What a coordinator should look at before a term is published: nothing here forbids anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlalchemy import func, select

from app.extensions import db
from app.i18n import _, ngettext
from app.people.languages import name_of
from app.people.locale import page_language
from app.programme.conflicts import conflicts
from app.programme.days_off import DaysOff, days_off
from app.programme.models import Activity, Meeting, Status
from app.programme.targets import as_it_is
from app.programme.terms import Term
from app.signups.models import Enrolment
from app.staffing.coverage import Coverage
from app.staffing.queries import coverages_of
from app.staffing.words import describe


@dataclass(frozen=True)
class Finding:
    """One sentence about one activity, and the page where it is solved."""

    activity: Activity
    sentence: str
    href: str


def check(term: Term, drafts: Sequence[Activity], *, now: datetime) -> list[Finding]:
    """What is open, missing or doubtful in *drafts*, by activity; in a fixed number of queries."""
    meetings = _meetings(drafts)
    coverages = coverages_of([meeting.id for meetings in meetings.values() for meeting in meetings])
    enrolled = _enrolled(drafts)
    closed = days_off(term.centre, term.first_day, term.last_day, language=page_language())
    found = []
    for activity in drafts:
        mine = meetings.get(activity.id, [])
        page = url_for("planning.activity_needs", ref=activity.ref)
        sentences = [
            *_unstaffed(mine, coverages),
            *_badly_timed(mine, term, closed),
            *_badly_placed(activity, mine),
            *_unready(activity, enrolled[activity.id]),
        ]
        found += [Finding(activity, sentence, page) for sentence in sentences]
        words = page if activity.kind.policy.coded else _page_of_words(activity)
        found += [Finding(activity, sentence, words) for sentence in _untitled(activity)]
    return found + list(_in_two_places(drafts, meetings))


def _meetings(drafts: Sequence[Activity]) -> dict[int, list[Meeting]]:
    found: dict[int, list[Meeting]] = {}
    for meeting in db.session.scalars(
        select(Meeting)
        .where(
            Meeting.activity_id.in_([activity.id for activity in drafts]),
            Meeting.status == Status.PLANNED,
        )
        .order_by(Meeting.starts_at, Meeting.id)
    ):
        found.setdefault(meeting.activity_id, []).append(meeting)
    return found


def _enrolled(drafts: Sequence[Activity]) -> Counter[int]:
    rows = db.session.execute(
        select(Enrolment.activity_id, func.count())
        .where(
            Enrolment.activity_id.in_([activity.id for activity in drafts]),
            Enrolment.left_at.is_(None),
        )
        .group_by(Enrolment.activity_id)
    )
    return Counter({activity_id: count for activity_id, count in rows})


def _unstaffed(meetings: Sequence[Meeting], coverages: dict[int, list[Coverage]]) -> Iterator[str]:
    if meetings and not any(meeting.id in coverages for meeting in meetings):
        yield _("Nobody is needed yet.")
    open_needs = Counter(
        describe(coverage.need, page_language())
        for meeting in meetings
        for coverage in coverages.get(meeting.id, [])
        if coverage.state == "open"
    )
    for who, count in open_needs.most_common():
        yield ngettext(
            "%(num)s session without: %(who)s", "%(num)s sessions without: %(who)s", count, who=who
        )


def _badly_timed(meetings: Sequence[Meeting], term: Term, closed: DaysOff) -> Iterator[str]:
    days = [meeting.starts_at.astimezone(term.centre.tz).date() for meeting in meetings]
    outside = sum(not term.first_day <= day <= term.last_day for day in days)
    if outside:
        yield ngettext(
            "%(num)s session lies outside the term.",
            "%(num)s sessions lie outside the term.",
            outside,
        )
    reasons = Counter(filter(None, (closed.closed(day) for day in days)))
    for reason, count in reasons.most_common():
        yield ngettext(
            "%(num)s session on a day off: %(reason)s",
            "%(num)s sessions on days off: %(reason)s",
            count,
            reason=reason,
        )


def _badly_placed(activity: Activity, meetings: Sequence[Meeting]) -> Iterator[str]:
    rooms = {meeting.room for meeting in meetings if meeting.room is not None}
    for room in sorted(rooms, key=lambda room: room.name):
        if not room.in_use:
            yield _("The room is no longer in use: %(room)s", room=room.name)
        if activity.capacity is not None and room.capacity < activity.capacity:
            yield _(
                "%(room)s holds %(places)s, the group may be %(capacity)s.",
                room=room.name,
                places=room.capacity,
                capacity=activity.capacity,
            )


def _page_of_words(activity: Activity) -> str:
    return url_for("programme.texts", ref=activity.ref)


def _untitled(activity: Activity) -> Iterator[str]:
    titles = {text.language for text in activity.texts}
    for language in sorted({"ro", activity.support_language or "ro"} - titles):
        yield _("No title in %(language)s.", language=name_of(language, page_language()))


def _unready(activity: Activity, enrolled: int) -> Iterator[str]:
    if activity.minimum is not None and enrolled < activity.minimum:
        yield _(
            "%(enrolled)s have a place, at least %(minimum)s are wanted.",
            enrolled=enrolled,
            minimum=activity.minimum,
        )


def _in_two_places(
    drafts: Sequence[Activity], meetings: dict[int, list[Meeting]]
) -> Iterator[Finding]:
    """Learners who could not be at every session; at what else they are expected is not said, and
    of what others must not know it does not even count."""
    every = [as_it_is(meeting) for mine in meetings.values() for meeting in mine]
    found = conflicts(every) if every else None
    count = len(found.bookings - found.secret) if found else 0
    if count:
        yield Finding(
            drafts[0],
            ngettext(
                "At %(num)s time somebody has a place at two sessions.",
                "At %(num)s times somebody has a place at two sessions.",
                count,
            ),
            url_for("planning.activity_needs", ref=drafts[0].ref),
        )
