"""Whom to call, what to say and why, as far as it is still true: everything for one person
together, and the sessions of which they are to be reminded by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select

from app.extensions import db
from app.i18n import _
from app.notices.calling import attempts_of, deeds_of
from app.notices.channels import Channel
from app.notices.ledger import Attempt, NoticeDeed
from app.notices.models import Kind, Notice
from app.notices.queries import call_list, must_not_be_called
from app.notices.reasons import why
from app.notices.timing import after_quiet_hours, day_in
from app.notices.wishes import stops_for
from app.people.models import Person
from app.reminders.letters import Subject, draft, subject_of
from app.signups.letters import asks_reader

MOST = 300
"""Messages that are looked at for one page: a storm must not keep anybody from the first call."""


@dataclass(frozen=True, order=True)
class Past:
    """What was tried or done before: when, by whom of the staff, and the server's *code*."""

    at: datetime
    what: str
    by: str = ""
    code: str = ""


@dataclass(frozen=True)
class Question:
    """What one person is asked: it is settled by itself, when they answered."""

    ref: str
    subject: str
    paragraphs: list[str]


@dataclass
class Call:
    """One person: what they are told, by when, and from when on somebody may ring; *why* no letter
    told them, and what was tried before, the latest first.

    *in_person*: nobody calls or writes to them; they hear of it when they come. *again*: the refs
    of what a letter could still tell them, on one of *ways*.
    """

    person: Person
    before: datetime | None
    not_until: datetime | None
    in_person: bool
    told: list[tuple[str, list[str]]] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    days: list[tuple[date, list[Subject]]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    ways: tuple[Channel, ...] = ()
    why: list[str] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)

    @property
    def refs(self) -> list[str]:
        """Of all that they are told and not asked."""
        asked = {one.ref for one in self.asked}
        return [notice.ref for notice in self.notices if notice.ref not in asked]

    @property
    def phone(self) -> str | None:
        return self.person.phone or self.person.sign_in_phone

    @property
    def can_be_made(self) -> bool:
        """Whether somebody may ring, and knows where."""
        return self.phone is not None and not self.in_person


def calls_for(staff: Person, language: str, *, now: datetime) -> list[Call]:
    """The calls that *staff* may make, the most pressing first, in the words of *language*."""
    owed = call_list(staff, now=now)
    notices = db.session.scalars(owed.limit(MOST)).all()
    ids = [notice.id for notice in notices]
    quiet = set(
        db.session.scalars(select(Notice.id).where(Notice.id.in_(ids), must_not_be_called()))
    )
    by_person: dict[int, list[Notice]] = {}
    for notice in notices:
        by_person.setdefault(notice.person_id, []).append(notice)
    calls = [_call(theirs, theirs[0].id in quiet, language, now) for theirs in by_person.values()]
    calls = sorted((one for one in calls if one.notices), key=_pressing)
    _say_why(calls, now)
    return calls


def _say_why(calls: Sequence[Call], now: datetime) -> None:
    """Why nobody was told by letter, what was tried, and what could be sent again; in a fixed
    number of queries."""
    shown = [notice for call in calls for notice in call.notices]
    tries, deeds = attempts_of(shown), deeds_of(shown)
    stops = stops_for({call.person.id for call in calls})
    for call in calls:
        call.why = list(dict.fromkeys(why(notice) for notice in call.notices))
        past = {_tried(one) for notice in call.notices for one in tries.get(notice.id, ())}
        past |= {_done(one) for notice in call.notices for one in deeds.get(notice.id, ())}
        call.past = sorted(past, reverse=True)
        call.ways = stops.channels(call.person)
        if call.ways:
            call.again = [
                one.ref for one in call.notices if one.not_after is None or one.not_after > now
            ]


def _tried(attempt: Attempt) -> Past:
    """Of the messages of one letter each has the same; it is told once."""
    what = str(attempt.outcome.label) if attempt.outcome else _("under way")
    if attempt.channel is not Channel.EMAIL:
        what = f"{attempt.channel.label}: {what}"
    code = " ".join(filter(None, (attempt.stage, attempt.code)))
    return Past(attempt.started_at, what, code=code)


def _done(deed: NoticeDeed) -> Past:
    return Past(deed.at, str(deed.deed.label), by=deed.by.name if deed.by else "")


def _pressing(call: Call) -> tuple[bool, float]:
    return call.before is None, call.before.timestamp() if call.before else 0


def _call(notices: Sequence[Notice], in_person: bool, language: str, now: datetime) -> Call:
    person = notices[0].person
    rested = after_quiet_hours(now, zone=person.tz, not_after=None, quiet=person.quiet_hours)
    call = Call(person, None, rested if rested > now else None, in_person)
    reminded: list[Subject] = []
    for notice in notices:
        about = subject_of(notice, now, language) if notice.kind is Kind.REMINDER else None
        words = None if about else draft(notice, language, now)
        if about is None and words is None and notice.kind is not Kind.PASSWORD:
            continue
        subject, paragraphs = words or (str(notice.kind.label), [])
        if about is not None:
            reminded.append(about)
        elif _asks(notice):
            call.asked.append(Question(notice.ref, subject, paragraphs))
        else:
            call.told.append((subject, paragraphs))
        call.notices.append(notice)
        call.before = _earlier(call.before, _matters_at(notice, about))
    call.days = _by_day(reminded)
    return call


def _asks(notice: Notice) -> bool:
    """Whether this reader is to say yes or no; not who decides only for some of those it is
    about."""
    if notice.kind is Kind.PLACE_OFFERED:
        return asks_reader(notice)
    return notice.kind.asks


def _matters_at(notice: Notice, about: Subject | None) -> datetime | None:
    return about.meeting.starts_at if about else notice.not_after


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def _by_day(reminded: Sequence[Subject]) -> list[tuple[date, list[Subject]]]:
    unique = {about.meeting.id: about for about in reminded}  # reminded a week and a day before
    by_time = sorted(unique.values(), key=attrgetter("meeting.starts_at"))
    return [(day, list(group)) for day, group in groupby(by_time, key=_day)]


def _day(about: Subject) -> date:
    return day_in(about.meeting.starts_at, about.meeting.activity.centre.tz)
