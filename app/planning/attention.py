"""What needs a coordinator: all that somebody has to decide, find or mend in one centre.

Only what they plan counts, and nothing in it depends on a protected activity of somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app, url_for
from flask_babel import format_date
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.attendance.queries import unmarked
from app.attendance.standings import worries
from app.certificates.queries import requests_at
from app.extensions import db
from app.i18n import _, ngettext
from app.notices.ledger import StoppedAddress
from app.notices.models import Notice
from app.notices.queries import call_list
from app.notices.stopping import stopped_addresses
from app.people.locale import page_language
from app.people.models import Centre, Membership, Person
from app.people.queries import with_role
from app.people.terms import HELPERS, Stage
from app.planning.lacking import (
    childcare_lacking,
    counting_on_childcare,
    learners_elsewhere,
    too_small_groups,
)
from app.presence.queries import disputed, unrecorded
from app.programme.days_off import days_off
from app.programme.models import Activity, Meeting, Status
from app.programme.places import Room
from app.programme.queries import is_published, meetings_planned_by
from app.programme.terms import Term
from app.staffing.coverage import Coverage
from app.staffing.models import Assignment, State
from app.staffing.queries import LOOK_AHEAD, coverages_of
from app.staffing.words import describe
from app.web import isolated

SOON, LEAD, A_MONTH = timedelta(days=14), timedelta(days=21), timedelta(days=30)
SHOWN = 5


@dataclass(frozen=True)
class Point:
    """One thing to do: one sentence, and the page where it is done. *about*: whose title or name
    it begins with; *when*: the session it is about."""

    href: str
    says: str
    about: str | None = None
    when: Meeting | None = None


@dataclass(frozen=True)
class Group:
    """Things of one sort, the most urgent first."""

    title: str
    points: tuple[Point, ...]

    @property
    def first(self) -> tuple[Point, ...]:
        return self.points[:SHOWN]

    @property
    def more(self) -> tuple[Point, ...]:
        return self.points[SHOWN:]


@dataclass(frozen=True)
class Attention:
    """All of it; no groups: all is well."""

    groups: tuple[Group, ...]

    @property
    def number(self) -> int:
        return sum(len(group.points) for group in self.groups)


def attention_for(person: Person, centre: Centre, *, now: datetime) -> Attention:
    """What needs *person* in *centre*, in a fixed number of statements. Drafts are checked with
    their term, before it is published."""
    meetings = _coming(person, centre, now)
    coverages = coverages_of([meeting.id for meeting in meetings])
    needs = [(m, one) for m in meetings for one in coverages.get(m.id, ())]
    helping = db.session.scalars(with_role(centre.id, *HELPERS).options(*_PAPERS)).all()
    groups = [
        (_("Somebody is missing"), _uncovered(needs, now)),
        (_("Stand-ins"), _stand_ins(needs)),
        (_("No longer fits"), _doubtful(needs)),
        (_("Closed that day"), _closed(meetings, centre)),
        (_("Participants expected elsewhere"), _elsewhere(person, meetings)),
        (_("Childcare"), _childcare(person, meetings)),
        (_("Rooms"), _rooms(meetings)),
        (_("Groups that are too small"), _small(person, centre, now)),
        (_("Who would like to help"), _applications(centre)),
        (_("Integrity certificates"), _certificates(centre, now, needs, helping)),
        (_("Contracts"), _contracts(centre, now, needs, helping)),
        (_("Presence"), _presence(person, centre, now)),
        (_("Participants who fall behind"), _behind(person, centre, now)),
        (_("Certificates asked for"), _asked_certificates(centre)),
        (_("Not published yet"), _drafts(centre, now)),
        (_("Please telephone"), _calls(person, now)),
    ]
    whole = [Group(title, tuple(points)) for title, points in groups]
    return Attention(tuple(group for group in whole if group.points))


_PAPERS = selectinload(Person.checks), selectinload(Person.contracts)


def _coming(person: Person, centre: Centre, now: datetime) -> Sequence[Meeting]:
    found = meetings_planned_by(person).where(
        Activity.centre_id == centre.id,
        is_published(),
        Meeting.status == Status.PLANNED,
        Meeting.starts_at > now,
        Meeting.starts_at < now + LOOK_AHEAD,
    )
    texts = contains_eager(Meeting.activity).options(
        selectinload(Activity.texts), joinedload(Activity.centre)
    )
    return db.session.scalars(found.order_by(Meeting.starts_at, Meeting.id).options(texts)).all()


def _at(meeting: Meeting, says: str, *, page: str = "planning.meeting", ref: str = "") -> Point:
    """A point about one session, which leads to its page unless told otherwise."""
    href = url_for(page, ref=ref or meeting.ref)
    return Point(href, says, meeting.title_in(page_language()), meeting)


def _uncovered(needs: Iterable[tuple[Meeting, Coverage]], now: datetime) -> Iterator[Point]:
    for meeting, one in needs:
        if one.state == "open" and meeting.starts_at < now + SOON:
            lacks = _("missing: %(number)s", number=one.missing)
            says = f"{describe(one.need, page_language())} – {lacks}"
            yield _at(meeting, says, page="planning.candidates", ref=one.need.ref)


def _stand_ins(needs: Iterable[tuple[Meeting, Coverage]]) -> Iterator[Point]:
    for meeting, one in needs:
        if one.leaving:
            says = ngettext(
                "%(num)s person looks for a stand-in",
                "%(num)s people look for a stand-in",
                one.leaving,
            )
            yield _at(meeting, says, page="planning.candidates", ref=one.need.ref)


def _doubtful(needs: Iterable[tuple[Meeting, Coverage]]) -> Iterator[Point]:
    for meeting, one in needs:
        if one.doubts:
            says = _("somebody who was confirmed no longer fits")
            yield _at(meeting, f"{describe(one.need, page_language())} – {says}")
        if one.waits_in_vain:
            says = _("somebody who was asked cannot come")
            yield _at(meeting, f"{describe(one.need, page_language())} – {says}")


def _closed(meetings: Sequence[Meeting], centre: Centre) -> Iterator[Point]:
    if not meetings:
        return
    days = [meeting.starts_at.astimezone(centre.tz).date() for meeting in meetings]
    known = days_off(centre, days[0], days[-1], language=page_language())
    for meeting, day in zip(meetings, days, strict=True):
        if (why := known.closed(day)) is not None:
            yield _at(meeting, _("closed that day: %(why)s", why=why))


def _elsewhere(person: Person, meetings: Sequence[Meeting]) -> Iterator[Point]:
    counts = learners_elsewhere(person, meetings)
    for meeting in meetings:
        if number := counts.get(meeting.id):
            says = ngettext(
                "%(num)s participant with a place is expected elsewhere then",
                "%(num)s participants with a place are expected elsewhere then",
                number,
            )
            yield _at(meeting, says)


def _childcare(person: Person, meetings: Sequence[Meeting]) -> Iterator[Point]:
    lacking = childcare_lacking(person, meetings)
    counting = counting_on_childcare([host for host, cancelled in lacking if cancelled])
    for host, cancelled in lacking:
        if cancelled:
            yield _at(host, _childcare_off(counting.get(host.id, 0)), ref=cancelled)
        else:
            says = _("there is no childcare for this session")
            yield _at(host, says, page="childcare.show", ref=host.activity.ref)


def _childcare_off(number: int) -> str:
    says = _("its childcare is cancelled")
    if not number:
        return says
    counted = ngettext(
        "%(num)s participant counted on it", "%(num)s participants counted on it", number
    )
    return f"{says}{_(', ')}{counted}"


def _rooms(meetings: Sequence[Meeting]) -> Iterator[Point]:
    """One point for each activity and room, at the first session there."""
    there: dict[tuple[int, int], list[Meeting]] = {}
    for meeting in meetings:
        if meeting.room is not None and _stands_against(meeting.room, meeting.activity):
            there.setdefault((meeting.activity_id, meeting.room.id), []).append(meeting)
    for held in there.values():
        room, activity = held[0].room, held[0].activity
        says = _stands_against(room, activity) if room is not None else ""
        if len(held) > 1:
            later = ngettext(
                "%(num)s later session too", "%(num)s later sessions too", len(held) - 1
            )
            says = f"{says} ({later})"
        yield _at(held[0], says)


def _stands_against(room: Room, activity: Activity) -> str:
    if not room.in_use:
        return _("%(room)s is out of use", room=room.name)
    if activity.capacity is not None and activity.capacity > room.capacity:
        return _(
            "%(room)s holds %(number)s, the group has %(places)s places",
            room=room.name,
            number=room.capacity,
            places=activity.capacity,
        )
    return ""


def _small(person: Person, centre: Centre, now: datetime) -> Iterator[Point]:
    for activity, taken, first in too_small_groups(person, centre, now=now, until=now + LEAD):
        count = _("%(number)s of at least %(minimum)s", number=taken, minimum=activity.minimum)
        begun = _("has begun")
        if first > now:
            day = format_date(first.astimezone(centre.tz).date(), "d MMMM")
            begun = _("begins on %(day)s", day=day)
        href = url_for("courses.course", ref=activity.ref)
        yield Point(href, f"{count}{_(', ')}{begun}", activity.title_in(page_language()))


def _applications(centre: Centre) -> Iterator[Point]:
    """Whoever waits for an answer, the longest first."""
    found = db.session.scalars(
        select(Membership)
        .join(Membership.person)
        .where(
            Membership.centre_id == centre.id,
            Membership.stage.in_((Stage.APPLIED, Stage.INTERVIEW)),
            Person.is_active,
        )
        .order_by(Membership.since.is_(None), Membership.since, Membership.id)
        .options(contains_eager(Membership.person))
    )
    for one in found:
        says = f"{one.role.label}{_(', ')}{one.stage.label}"
        yield Point(url_for("approval.papers", ref=one.person.ref), says, one.person.name)


def _certificates(
    centre: Centre,
    now: datetime,
    needs: Sequence[tuple[Meeting, Coverage]],
    helping: Sequence[Person],
) -> Iterator[Point]:
    today = now.astimezone(centre.tz).date()
    soon = today, today + A_MONTH
    ending = [
        (person.check_valid_until, person)
        for person in helping
        if person.check_valid_until and soon[0] <= person.check_valid_until <= soon[1]
    ]
    for until, person in sorted(ending, key=lambda pair: (pair[0], pair[1].name)):
        day = format_date(until, "d MMMM y")
        says = _("the integrity certificate ends on %(day)s", day=day)
        checked = [one for one in needs if one[1].need.check_required or _is_with_minors(one[0])]
        says += _expected_after(until, person, centre, checked)
        yield Point(url_for("approval.papers", ref=person.ref), says, person.name)


def _is_with_minors(meeting: Meeting) -> bool:
    return meeting.activity.is_with_minors


def _contracts(
    centre: Centre,
    now: datetime,
    needs: Sequence[tuple[Meeting, Coverage]],
    helping: Sequence[Person],
) -> Iterator[Point]:
    """Those that end within a month and that no other follows."""
    today = now.astimezone(centre.tz).date()
    ending = []
    for person in helping:
        days = [one.valid_until for one in person.contracts if one.centre_id == centre.id]
        soon = (day for day in days if day and today <= day <= today + A_MONTH)
        last = max(soon, default=None)
        if last and person.contract_on(last + timedelta(days=1), centre.id) is None:
            ending.append((last, person))
    for until, person in sorted(ending, key=lambda pair: (pair[0], pair[1].name)):
        says = _("the contract ends on %(day)s", day=format_date(until, "d MMMM y"))
        says += _expected_after(until, person, centre, needs)
        yield Point(url_for("approval.papers", ref=person.ref), says, person.name)


def _expected_after(
    until: date, person: Person, centre: Centre, needs: Iterable[tuple[Meeting, Coverage]]
) -> str:
    """What they are expected at after that day: the first, and how many more."""
    later = {
        meeting.id: meeting
        for meeting, one in needs
        if meeting.ends_at.astimezone(centre.tz).date() > until
        and any(a.person_id == person.id and a.state is State.CONFIRMED for a in _places(one))
    }
    if not later:
        return ""
    first, *others = sorted(later.values(), key=lambda meeting: meeting.starts_at)
    day = format_date(first.starts_at.astimezone(centre.tz).date(), "d MMMM")
    name = _("Meeting") if first.is_secret else first.title_in(page_language())
    says = _("expected after it: %(title)s, %(day)s", title=isolated(name), day=day)
    more = ngettext("and %(num)s more", "and %(num)s more", len(others)) if others else ""
    return "; ".join(["", says]) + (f" {more}" if more else "")


def _places(coverage: Coverage) -> Sequence[Assignment]:
    return coverage.need.assignments


def _presence(person: Person, centre: Centre, now: datetime) -> Iterator[Point]:
    """Who says otherwise first, then sessions of which nobody said who was there."""
    for meeting in disputed(person, centre, now=now):
        says = _("somebody says otherwise about being there")
        yield _at(meeting, says, page="presence.of_meeting")
    for meeting in unrecorded(person, centre, now=now):
        yield _at(meeting, _("presence not yet recorded"), page="presence.of_meeting")
    for meeting in unmarked(person, centre, now=now):
        yield _at(meeting, _("participants not yet marked"), page="attendance.of_meeting")


def _behind(person: Person, centre: Centre, now: datetime) -> Iterator[Point]:
    """The courses whose certificate somebody cannot, or can hardly, reach any more."""
    for one in worries(person, centre, now=now):
        says = []
        if one.lost:
            says.append(
                ngettext(
                    "out of reach of the certificate: %(num)s",
                    "out of reach of the certificate: %(num)s",
                    one.lost,
                )
            )
        if one.nearly:
            says.append(
                ngettext(
                    "one more session missed and it is out of reach: %(num)s",
                    "one more session missed and it is out of reach: %(num)s",
                    one.nearly,
                )
            )
        href = url_for("courses.course", ref=one.activity.ref)
        yield Point(href, _("; ").join(says), one.activity.title_in(page_language()))


def _asked_certificates(centre: Centre) -> Iterator[Point]:
    for asked in requests_at(centre):
        href = url_for("certificates.draft", ref=asked.person.ref, centre=centre.code)
        yield Point(href, _("asks for a certificate"), asked.person.name)


def _drafts(centre: Centre, now: datetime) -> Iterator[Point]:
    today = now.astimezone(centre.tz).date()
    found = select(Term).where(
        Term.centre_id == centre.id,
        Term.published_at.is_(None),
        Term.first_day <= today + LEAD,
        Term.last_day >= today,
    )
    for term in db.session.scalars(found.order_by(Term.first_day, Term.id)):
        day = format_date(term.first_day, "d MMMM")
        says = _("begins on %(day)s and nobody is told of it yet", day=day)
        yield Point(_page_of(term), says, term.name)


def _page_of(term: Term) -> str:
    pages: Mapping[str, Callable[..., Any]] = current_app.view_functions
    if "terms.term" in pages:
        return url_for("terms.term", ref=term.ref)
    return url_for("views.week", centre=term.centre.code, day=term.first_day)


def _calls(person: Person, now: datetime) -> Iterator[Point]:
    owed = call_list(person, now=now).with_only_columns(Notice.id).order_by(None).subquery()
    dead = stopped_addresses(person).with_only_columns(StoppedAddress.id).order_by(None).subquery()
    number, stopped = db.session.execute(
        select(
            select(func.count()).select_from(owed).scalar_subquery(),
            select(func.count()).select_from(dead).scalar_subquery(),
        )
    ).one()
    if number:
        says = ngettext(
            "%(num)s message could not be delivered",
            "%(num)s messages could not be delivered",
            number,
        )
        yield Point(url_for("calls.calls"), says)
    if stopped:
        says = ngettext(
            "%(num)s address takes no messages any more",
            "%(num)s addresses take no messages any more",
            stopped,
        )
        yield Point(url_for("calls.calls"), says)
