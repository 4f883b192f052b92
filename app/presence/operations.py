"""What people say of who was there. Operations never commit: whoever called does.

Each one holds the people by id, then the meeting, so that two words said at once become one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from app.extensions import db, lock
from app.i18n import _l
from app.people.models import Person
from app.people.terms import Role
from app.presence.models import MISSED, Presence, PresenceChange, Word
from app.presence.queries import CORRECTABLE, FROM, LONGER, UNTIL, place_at, presence_of
from app.programme.models import Meeting
from app.refusal import Refusal
from app.staffing.decisions import decide
from app.staffing.eligibility import Reason
from app.staffing.models import Assignment, Need, Override, State
from app.staffing.queries import assignment_of, why_not


class NotNow(Refusal):
    message = _l("You can say so from half an hour before the start until a day after the end.")


class NotYet(Refusal):
    message = _l("This session has not begun yet.")


class NotHeld(Refusal):
    message = _l("This session did not take place.")


class NotAmongThem(Refusal):
    message = _l("This person had no place at this session.")


class ElsewhereThen(Refusal):
    message = _l("Their presence at another session is recorded for the same time.")


class TooLateToCorrect(Refusal):
    message = _l("This was recorded more than 30 days ago. Please talk to the coordinator.")


class OutsideSession(Refusal):
    message = _l(
        "You can note from half an hour before this session until an hour after it. "
        "If it was longer, tell the coordinator."
    )


class AlreadyThere(Refusal):
    message = _l("This person had a place at this session: say that they came.")


class ReasonWanted(Refusal):
    """Somebody came instead against whom rules stand: it is recorded with a reason, or not."""

    message = _l("Rules stand against this person. Say why they helped all the same.")

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__()
        self.reasons = reasons


def check_in(assignment: Assignment, word: Word, *, now: datetime) -> Presence:
    """The person says that they are there. Once a coordinator said something else, theirs counts
    and this is the person's own word. Twice is harmless."""
    person, meeting = assignment.person, assignment.need.meeting
    _hold([person], meeting)
    db.session.refresh(assignment)
    if assignment.state is not State.CONFIRMED:
        raise NotAmongThem
    _refuse_not_held(meeting)
    if not meeting.starts_at - FROM <= now <= meeting.ends_at + UNTIL:
        raise NotNow
    _refuse_outside(meeting, word)
    known = presence_of(person, meeting)
    if known is not None and not known.is_own:
        _dispute(known, word, now=now)
        return known
    return _say(meeting, person, assignment.need.role, word, by=person, now=now)


def correct(presence: Presence, word: Word, *, now: datetime) -> None:
    """The person says that it was otherwise. Their own word they change; a coordinator's stays
    what counts until a coordinator has looked at it."""
    person, meeting = presence.person, presence.meeting
    _hold([person], meeting)
    db.session.refresh(presence)
    _refuse_not_held(meeting)
    if now > presence.said_at + CORRECTABLE:
        raise TooLateToCorrect
    _refuse_outside(meeting, word)
    if presence.is_own:
        _say(meeting, person, presence.role, word, by=person, now=now)
    else:
        _dispute(presence, word, now=now)


def _refuse_outside(meeting: Meeting, word: Word) -> None:
    """One's own word is about the session, not about the day."""
    if word.starts_at is not None and word.starts_at < meeting.starts_at - FROM:
        raise OutsideSession
    if word.ends_at is not None and word.ends_at > meeting.ends_at + LONGER:
        raise OutsideSession


def record(
    meeting: Meeting, words: Mapping[Person, Word], *, by: Person, now: datetime
) -> list[Presence]:
    """The coordinator says of several helpers of one meeting whether they came."""
    _hold(words, meeting)
    _refuse_not_held(meeting)
    if now < meeting.starts_at - FROM:
        raise NotYet
    return [
        _say(meeting, person, _role_at(meeting, person), word, by=by, now=now)
        for person, word in words.items()
    ]


def confirm_own_word(presence: Presence, *, by: Person, now: datetime) -> None:
    """The coordinator takes the person's word: it counts from now on."""
    _settle(presence, presence.own_word, by=by, now=now)


def keep_word(presence: Presence, *, by: Person, now: datetime) -> None:
    """The coordinator has looked at it and what counted still counts; both words stay on record."""
    _settle(presence, presence.word, by=by, now=now)


def came_instead(
    need: Need,
    person: Person,
    word: Word,
    *,
    instead_of: Person | None,
    reason: str,
    by: Person,
    now: datetime,
) -> Presence:
    """*person* helped without having had the place, perhaps *instead_of* somebody who did not come.

    They go through the same check as everybody. What stands against them is recorded with the
    coordinator's *reason*, rule by rule. Raises `ReasonWanted` where it lacks.
    """
    meeting = need.meeting
    _hold([person, *([instead_of] if instead_of else [])], meeting)
    lock(need)
    _refuse_not_held(meeting)
    if now < meeting.starts_at:
        raise NotYet
    if place_at(meeting, person) is not None:
        raise AlreadyThere
    reasons = why_not(need, person)
    if reasons and not reason.strip():
        raise ReasonWanted(reasons)
    _give_place(need, person, reasons, reason.strip(), instead_of, by=by, now=now)
    if instead_of is not None:
        role = _role_at(meeting, instead_of)
        _say(meeting, instead_of, role, MISSED, by=by, now=now)
    presence = _say(meeting, person, need.role, word, by=by, now=now)
    presence.instead_of = instead_of
    db.session.flush()
    return presence


def _give_place(
    need: Need,
    person: Person,
    reasons: tuple[Reason, ...],
    reason: str,
    instead_of: Person | None,
    *,
    by: Person,
    now: datetime,
) -> None:
    """The place, what it was given in spite of, and how it came about. Nobody is booked: it is
    over, or they are there."""
    assignment = assignment_of(need, person) or Assignment(need=need, person=person, made_at=now)
    assignment.lapses_at = None
    decide(
        assignment,
        State.CONFIRMED,
        by=by,
        now=now,
        came_instead=True,
        instead_of=instead_of.id if instead_of else None,
        overridden=[one.rule.value for one in reasons],
    )
    for one in reasons:
        assignment.overrides.append(
            Override(rule=one.rule, reason=reason, starts_at=need.meeting.starts_at, by=by, at=now)
        )
    db.session.flush()


def _hold(people: Mapping[Person, Word] | list[Person], meeting: Meeting) -> None:
    for person in sorted(people, key=lambda one: one.id):
        lock(person)
    lock(meeting)


def _refuse_not_held(meeting: Meeting) -> None:
    if meeting.is_cancelled or meeting.is_draft:
        raise NotHeld


def _role_at(meeting: Meeting, person: Person) -> Role:
    place = place_at(meeting, person)
    if place is None:
        raise NotAmongThem
    return place.need.role


def _say(
    meeting: Meeting, person: Person, role: Role, word: Word, *, by: Person, now: datetime
) -> Presence:
    """What counts from now on, with its trace. The same word again changes nothing."""
    presence = presence_of(person, meeting)
    if presence is not None and presence.word == word and not presence.is_disputed:
        if presence.is_own and by is not person:  # a coordinator saw them too
            presence.said_by, presence.said_at = by, now
            _trace(presence, word.to_json(), by=by, now=now)
        return presence
    _refuse_elsewhere(person, meeting, word)
    before = presence.word.to_json() if presence else None
    own = None
    if presence is None:
        presence = Presence(person=person, meeting=meeting, role=role)
    elif presence.is_own and by is not person and presence.word != word:
        own = presence.word  # the person had said otherwise
        presence.own_starts_at, presence.own_ends_at = own.starts_at, own.ends_at
    presence.starts_at, presence.ends_at = word.starts_at, word.ends_at
    presence.said_by, presence.said_at, presence.disputed_at = by, now, None
    if presence.own_word == word:
        presence.own_starts_at = presence.own_ends_at = None
    db.session.add(presence)
    _trace(presence, before, by=by, now=now)
    return presence


def _dispute(presence: Presence, word: Word, *, now: datetime) -> None:
    """The person's own word stands beside what counts."""
    if presence.word == word:
        presence.own_starts_at = presence.own_ends_at = presence.disputed_at = None
        return
    if presence.own_word == word and presence.is_disputed:
        return
    _refuse_elsewhere(presence.person, presence.meeting, word)
    presence.own_starts_at, presence.own_ends_at = word.starts_at, word.ends_at
    presence.disputed_at = now
    _trace(presence, presence.word.to_json(), by=presence.person, now=now, own=word)


def _settle(presence: Presence, word: Word, *, by: Person, now: datetime) -> None:
    person, meeting = presence.person, presence.meeting
    _hold([person], meeting)
    db.session.refresh(presence)
    if not presence.is_disputed:
        return
    before, own = presence.word.to_json(), presence.own_word
    if presence.word != word:
        _refuse_elsewhere(person, meeting, word)
        presence.starts_at, presence.ends_at = word.starts_at, word.ends_at
        presence.own_starts_at = presence.own_ends_at = None
    presence.said_by, presence.said_at, presence.disputed_at = by, now, None
    _trace(presence, before, by=by, now=now, own=own)


def _refuse_elsewhere(person: Person, meeting: Meeting, word: Word) -> None:
    """No minute counts twice: nobody was at two sessions at once."""
    if word.starts_at is None or word.ends_at is None:
        return
    other = select(Presence.id).where(
        Presence.person_id == person.id,
        Presence.meeting_id != meeting.id,
        Presence.starts_at < word.ends_at,
        Presence.ends_at > word.starts_at,
    )
    if db.session.scalars(other.limit(1)).one_or_none() is not None:
        raise ElsewhereThen


def _trace(
    presence: Presence,
    before: dict[str, object] | None,
    *,
    by: Person,
    now: datetime,
    own: Word | None = None,
) -> None:
    presence.changes.append(
        PresenceChange(
            by=by,
            at=now,
            before=before,
            after=presence.word.to_json(),
            own=own.to_json() if own else None,
        )
    )
    db.session.flush()
