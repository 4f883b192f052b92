"""Reads about calendars that are kept by mail: what should stand in each, what was said to it, and
what became of each letter."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.extensions import db
from app.feeds.models import Invite, InviteWish
from app.feeds.owing import Fate, Said
from app.notices.ledger import Attempt, Outcome
from app.notices.models import Kind, Notice, State
from app.notices.queries import does_not_want, is_reached
from app.people.models import Person
from app.programme.kinds import Privacy
from app.programme.models import Activity, Booking, Meeting, Part, Status
from app.programme.queries import is_published
from app.web import settings

HORIZON = timedelta(days=14)
"""So long before it begins a session comes into the calendar."""
ARRIVED = (Outcome.SENT, Outcome.UNKNOWN, Outcome.CRASHED, Outcome.DELAYED, Outcome.COMPLAINED)
"""How a try ended after which the letter may have been read."""


def readers() -> Select[int]:
    """The ids of those who want invitations and can be written to."""
    return (
        select(Person.id)
        .join(InviteWish, InviteWish.person_id == Person.id)
        .where(is_reached(), ~does_not_want(Person.id, Kind.INVITATION))
    )


def is_near(meeting: Meeting, now: datetime) -> bool:
    return meeting.starts_at <= now + HORIZON


def places_of(whom: Select[int], now: datetime) -> dict[int, dict[str, Meeting]]:
    """Person id -> ref -> each meeting that should stand in their calendar: where they are
    expected, soon enough or spoken of before. What is about themselves stands in no calendar."""
    about_them = and_(Meeting.privacy == Privacy.INDIVIDUAL, Booking.part == Part.LEARNER)
    told = exists().where(
        Invite.meeting_id == Booking.meeting_id, Invite.person_id == Booking.person_id
    )
    rows = db.session.execute(
        select(Booking.person_id, Meeting)
        .join(Booking.meeting)
        .join(Meeting.activity)
        .where(
            Booking.person_id.in_(whom),
            Booking.held,
            Meeting.status == Status.PLANNED,
            is_published(),
            ~about_them,
            Meeting.ends_at > now,
            or_(Meeting.starts_at <= now + HORIZON, told),
        )
        .options(
            contains_eager(Meeting.activity).options(
                selectinload(Activity.texts), joinedload(Activity.centre)
            ),
            joinedload(Meeting.room),
            selectinload(Meeting.texts),
        )
        .execution_options(populate_existing=True)
    )
    found: dict[int, dict[str, Meeting]] = {}
    for person_id, meeting in rows:
        found.setdefault(person_id, {})[meeting.ref] = meeting
    return found


def letters_to(whom: Select[int]) -> dict[int, dict[str, list[tuple[Invite, Said]]]]:
    """Person id -> ref -> the letters about it so far and what became of each, the oldest first."""
    rows = db.session.execute(
        select(Invite, Notice.state, Notice.failed_at, _may_have_arrived())
        .outerjoin(Notice, _notice_of())
        .where(Invite.person_id.in_(whom))
        .order_by(Invite.person_id, Invite.ref, Invite.sequence)
        .execution_options(populate_existing=True)
    ).all()
    found: dict[int, dict[str, list[tuple[Invite, Said]]]] = {}
    for (person_id, ref), some in groupby(rows, key=lambda row: (row[0].person_id, row[0].ref)):
        found.setdefault(person_id, {})[ref] = [
            (row, _said(row, state, failed_at, arrived)) for row, state, failed_at, arrived in some
        ]
    return found


def key_of(ref: str, sequence: int) -> str:
    """What makes one letter to somebody about one session the only one."""
    return f"{ref}:{sequence}"


def _notice_of() -> ColumnElement[bool]:
    return and_(
        Notice.person_id == Invite.person_id,
        Notice.kind == Kind.INVITATION,
        Notice.key == Invite.ref + ":" + cast(Invite.sequence, String),
    )


def _may_have_arrived() -> ColumnElement[bool]:
    """Whether a try got so far that it may have been read, and nothing came back."""
    mine = Attempt.notice_id == Notice.id
    arrived = or_(Attempt.outcome.is_(None), Attempt.outcome.in_(ARRIVED))
    bounced = exists().where(mine, Attempt.outcome == Outcome.BOUNCED)
    return and_(exists().where(mine, arrived), ~bounced)


def _said(row: Invite, state: State | None, failed_at: datetime | None, arrived: bool) -> Said:
    fate = _fate(state, arrived)
    return Said(
        sequence=row.sequence,
        shows=row.shows,
        starts_at=row.starts_at,
        fate=fate,
        perhaps=fate is Fate.WAITING and arrived,
        lost_at=failed_at,
    )


def _fate(state: State | None, arrived: bool) -> Fate:
    """What became of a letter; one that the outbox does not keep any more left long ago."""
    match state:
        case None | State.SENT:
            return Fate.LEFT
        case State.SENDING:
            return Fate.LEAVING
        case State.PENDING | State.CLAIMED:
            return Fate.WAITING
    if arrived:
        return Fate.LEFT
    return Fate.TAKEN_BACK if state is State.DROPPED else Fate.LOST


def digest_of(meeting: Meeting, person: Person) -> str:
    """The SHA-256 of what the calendar of *person* shows of *meeting*, and to whom it is sent; of a
    protected one its time. No words of ours are in it: a better translation is no change."""
    known = settings()
    facts = [meeting.starts_at.isoformat(), meeting.ends_at.isoformat(), meeting.zone]
    facts += [known.mail_from, known.mail_name, person.email or ""]
    if not meeting.is_secret:
        facts += [meeting.title_in(person.language), meeting.place, meeting.online_url or ""]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
