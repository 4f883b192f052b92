"""Sessions sent to calendars by mail: a question asked again and again, as with reminders. Whose
calendar does not show what is true? Never commits.

Each letter is owed with a row that says what it shows (`Invite`), in one transaction; when it
leaves it is asked once more whether that is still so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, exists, func, select, update

from app.extensions import db, lock
from app.feeds.invited import digest_of, is_near, key_of, letters_to, places_of, readers
from app.feeds.models import Invite, InviteWish
from app.feeds.owing import Said, Step, Truth, next_step, seen_last
from app.notices.models import Kind, Notice, State, Topic
from app.notices.operations import Owed, post_all
from app.notices.wishes import ON_THE_WAY, refuse, unwanted_by, want
from app.people.models import Person
from app.programme.models import Meeting
from app.programme.telling import NO_WAIT_WITHIN, UNDO_FIRST

SOON = timedelta(days=2)
MOST_NEW, MOST_SOON = 6, 12
"""New sessions owed to one person within a day; so many of those that begin soon."""
DAY = timedelta(days=1)


# --- who wants it


def wish_of(person: Person) -> InviteWish | None:
    """Since when *person* gets invitations; None for whoever does not."""
    if Topic.INVITATIONS in unwanted_by(person):
        return None
    return db.session.get(InviteWish, person.id)


def begin(person: Person, *, now: datetime) -> None:
    """*person* gets each of their sessions by mail from now on. Twice is harmless."""
    lock(person)
    if wish_of(person) is None:
        want(person, Topic.INVITATIONS)
        db.session.merge(InviteWish(person_id=person.id, since=now))
        db.session.flush()


def stop(person: Person, *, now: datetime) -> None:
    """No more of them; what waits does not leave. What is in the calendar is theirs, and stays."""
    refuse(person, Topic.INVITATIONS, now=now)
    db.session.execute(delete(InviteWish).where(InviteWish.person_id == person.id))


def coming(person: Person, *, now: datetime) -> int:
    """How many sessions would come into the calendar of *person* at once."""
    found = places_of(select(Person.id).where(Person.id == person.id), now)
    return sum(is_near(meeting, now) for meeting in found.get(person.id, {}).values())


# --- what is owed


@dataclass(frozen=True)
class _Next:
    """A step for one session: the meeting as it should stand there, or None; and what the calendar
    shows, or was last to show."""

    ref: str
    step: Step
    meeting: Meeting | None
    shows: str | None
    there: Invite | None

    @property
    def times(self) -> Meeting | Invite:
        """Where its times stand: as they are, or as the calendar has them."""
        found = self.meeting or self.there
        assert found is not None
        return found


def to_invite(*, now: datetime) -> list[int]:
    """Whose calendars are not as they should be (ids); nobody is held for the question."""
    return sorted(_steps(readers(), now))


def invite(person_id: int, *, now: datetime) -> int:
    """Owe *person_id* the letters that make their calendar true, and take back those that no longer
    do. How many were owed."""
    person = db.session.get(Person, person_id)
    if person is None:
        return 0
    lock(person)
    found = _steps(readers().where(Person.id == person.id), now).get(person.id, [])
    found.sort(key=lambda one: one.times.starts_at)
    gone, budget = _take_back(person, found), _budget(person, now)
    said = [
        one
        for one in found
        if one.step.speaks and _is_free(one, gone) and _is_allowed(one, budget, now)
    ]
    db.session.add_all(_row(person, one, now) for one in said)
    post_all([_letter(person, one, now) for one in said], now=now)
    return len(said)


def _steps(whom: Select[int], now: datetime) -> dict[int, list[_Next]]:
    """Person id -> what is to be done, where anything is."""
    places, letters = places_of(whom, now), letters_to(whom)
    people = db.session.scalars(
        select(Person).where(Person.id.in_(whom)).execution_options(populate_existing=True)
    )
    steps = {
        person.id: list(
            _steps_of(person, places.get(person.id, {}), letters.get(person.id, {}), now)
        )
        for person in people
    }
    return {person_id: found for person_id, found in steps.items() if found}


def _steps_of(
    person: Person,
    places: Mapping[str, Meeting],
    letters: Mapping[str, Sequence[tuple[Invite, Said]]],
    now: datetime,
) -> Iterator[_Next]:
    for ref in {**places, **letters}:
        meeting, rows = places.get(ref), letters.get(ref, ())
        said = [one for _row, one in rows]
        truth = _truth(meeting, person, now) if meeting else None
        at_least = meeting.sequence if meeting else 0
        step = next_step(said, truth, at_least=at_least, now=now)
        if step is not None:
            shows = truth.shows if truth else None
            yield _Next(ref, step, meeting, shows, _there(rows))


def _truth(meeting: Meeting, person: Person, now: datetime) -> Truth:
    return Truth(
        shows=digest_of(meeting, person),
        starts_at=meeting.starts_at,
        near=is_near(meeting, now),
    )


def _there(rows: Sequence[tuple[Invite, Said]]) -> Invite | None:
    """What the calendar shows, as far as anybody knows; else what it was last to show."""
    seen = seen_last([said for _row, said in rows])
    return next((row for row, said in reversed(rows) if said is seen or seen is None), None)


# --- saying it


def _take_back(person: Person, found: Iterable[_Next]) -> set[str]:
    """The keys of those letters that leave no more; what a worker holds at this moment is its."""
    keys = [key_of(one.ref, one.step.take_back) for one in found if one.step.take_back is not None]
    if not keys:
        return set()
    waiting = (
        select(Notice.id, Notice.key)
        .where(
            Notice.person_id == person.id,
            Notice.kind == Kind.INVITATION,
            Notice.key.in_(keys),
            Notice.state.in_(ON_THE_WAY),
        )
        .order_by(Notice.id)
        .with_for_update(skip_locked=True, of=Notice)
    )
    mine = {notice_id: key for notice_id, key in db.session.execute(waiting)}
    db.session.execute(
        update(Notice)
        .where(Notice.id.in_(mine))
        .values(state=State.DROPPED, claim=None)
        .execution_options(synchronize_session=False)
    )
    return set(mine.values())


def _is_free(one: _Next, gone: Collection[str]) -> bool:
    """Whether nothing older is on its way any more."""
    back = one.step.take_back
    return back is None or key_of(one.ref, back) in gone


@dataclass
class _Budget:
    new: int
    soon: int


def _budget(person: Person, now: datetime) -> _Budget:
    """How many more sessions may come into the calendar of *person* today."""
    lately = (
        select(Invite.ref)
        .where(Invite.person_id == person.id)
        .group_by(Invite.ref)
        .having(func.min(Invite.made_at) > now - DAY)
    )
    told = len(db.session.scalars(lately).all())
    return _Budget(MOST_NEW - told, MOST_SOON - told)


def _is_allowed(one: _Next, budget: _Budget, now: datetime) -> bool:
    """Of what is new the nearest come first, a few each day; what changed is told in any case."""
    if not one.step.is_new:
        return True
    left = budget.soon if one.times.starts_at <= now + SOON else budget.new
    if left <= 0:
        return False
    budget.new, budget.soon = budget.new - 1, budget.soon - 1
    return True


def _row(person: Person, one: _Next, now: datetime) -> Invite:
    known = one.meeting.id if one.meeting else one.there and one.there.meeting_id
    return Invite(
        person_id=person.id,
        meeting_id=known,
        ref=one.ref,
        sequence=one.step.sequence,
        shows=one.shows,
        starts_at=one.times.starts_at,
        ends_at=one.times.ends_at,
        zone=one.times.zone,
        made_at=now,
    )


def _letter(person: Person, one: _Next, now: datetime) -> Owed:
    """It waits as long as an undo may take, and matters until the session begins."""
    starts_at = one.times.starts_at
    meeting = one.meeting or (one.there.meeting if one.there else None)
    return Owed(
        to=person,
        kind=Kind.INVITATION,
        key=key_of(one.ref, one.step.sequence),
        about={
            "meeting": meeting.id if meeting else None,
            "ref": one.ref,
            "sequence": one.step.sequence,
        },
        confidential=meeting is None or meeting.is_secret,
        not_after=starts_at,
        wait=UNDO_FIRST if starts_at - now > NO_WAIT_WITHIN else timedelta(),
    )


# --- when it leaves


@dataclass(frozen=True)
class ToWrite:
    """One letter that is still true: *meeting* as it is, None where it is gone; *is_news*: it
    stands there for the first time, or again."""

    row: Invite
    meeting: Meeting | None
    is_news: bool

    @property
    def takes_out(self) -> bool:
        return self.row.shows is None

    @property
    def goes_on(self) -> bool:
        """Whether the session takes place, with its reader or without."""
        meeting = self.meeting
        return meeting is not None and not meeting.is_cancelled and not meeting.is_draft

    @property
    def is_secret(self) -> bool:
        """Whether nothing but a time may be said of it: it is protected, or nobody knows now."""
        return self.meeting is None or self.meeting.is_secret or self.meeting.is_draft


def still_to_write(notice: Notice, *, now: datetime) -> ToWrite | None:
    """What *notice* owes, or None where it is not the last word, or not true, any more."""
    reader = notice.person
    whom = readers().where(Person.id == reader.id)
    rows = letters_to(whom).get(reader.id, {}).get(notice.about["ref"], [])
    if not rows or rows[-1][0].sequence != notice.about["sequence"]:
        return None
    row, _waits = rows[-1]
    meeting = places_of(whom, now).get(reader.id, {}).get(row.ref)
    if (digest_of(meeting, reader) if meeting else None) != row.shows:
        return None
    seen = seen_last([said for _row, said in rows[:-1]])
    return ToWrite(row, meeting or _as_it_is(row), is_news=seen is None or seen.shows is None)


def _as_it_is(row: Invite) -> Meeting | None:
    """The meeting at which its reader is not expected any more, if there still is one."""
    if row.meeting_id is None:
        return None
    return db.session.get(Meeting, row.meeting_id, populate_existing=True)


def forget_old_invites(*, now: datetime) -> None:
    """What was over a day ago changes no more in any calendar; what was moved since may come back
    into one, and must not begin to count anew."""
    lately = now - DAY
    comes = exists().where(Meeting.id == Invite.meeting_id, Meeting.ends_at >= lately)
    db.session.execute(
        delete(Invite)
        .where(Invite.ends_at < lately, ~comes)
        .execution_options(synchronize_session=False)
    )
