"""Saying what is missing, taking it back, answering with an activity. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from app.extensions import db, lock
from app.i18n import _l
from app.listening.gaps import Gap
from app.listening.models import Reply, Voice
from app.listening.queries import is_open, is_this_gap, may_speak_for_others
from app.notices.models import Kind as Letter
from app.notices.operations import Owed, post_all
from app.people.models import Person
from app.people.operations import count_failure
from app.people.queries import failures
from app.people.terms import Gender
from app.programme.models import Activity
from app.programme.queries import meetings_to_come
from app.refusal import Refusal

LASTS = timedelta(days=183)
"""How long a wish counts unless it is said again, and how long an answered one is still shown."""
NOTE_LASTS = timedelta(days=60)
NO_NOTE: dict[str, object] = {"note": "", "noted_at": None}
HOUR = timedelta(hours=1)
MOST_AN_HOUR = 30
MOST_OWN, MOST_FOR_OTHERS = 8, 40
"""Wishes that one person may have at once, for themselves and for people they know."""
MOST_PEOPLE = 20


class TooMany(Refusal):
    message = _l("That is a lot at once. Take something back first, or come by the centre.")


class NotForOthers(Refusal):
    message = _l("You can speak for others only at a centre where you help.")


class ForWomen(Refusal):
    message = _l("This activity is for women.")


def say(
    person: Person,
    gap: Gap,
    *,
    now: datetime,
    for_others: bool = False,
    people: int = 1,
    childcare: bool = False,
    tell: bool = True,
    note: str = "",
) -> Voice:
    """*person* says that *gap* is one. The same again counts once: it lasts longer, with what is
    said of it now. Raises `TooMany`, `NotForOthers` and `ForWomen`."""
    lock(person)
    _refuse(person, gap, for_others)
    _slow_down(person, now)
    voice = _said_before(person, gap, for_others)
    if voice is None:
        _refuse_too_many(person, for_others, now)
        voice = Voice(person=person, for_others=for_others, said_at=now, **_columns(gap))
        db.session.add(voice)
    elif voice.lapses_at <= now:
        voice.said_at = now
    voice.people = min(max(people, 1), MOST_PEOPLE) if for_others else 1
    voice.childcare, voice.tell = childcare, tell
    voice.note, voice.noted_at = note, now if note else None
    voice.lapses_at = now + LASTS
    db.session.flush()
    return voice


def _columns(gap: Gap) -> dict[str, object]:
    return {
        "centre_id": gap.centre,
        "matter": gap.matter,
        "level": gap.level,
        "language": gap.language,
        "part": gap.part,
    }


def _refuse(person: Person, gap: Gap, for_others: bool) -> None:
    if for_others and not may_speak_for_others(person, gap.centre):
        raise NotForOthers
    if gap.matter.kind.policy.women_only and person.gender is Gender.MAN:
        raise ForWomen


def _slow_down(person: Person, now: datetime) -> None:
    subject = f"voice:{person.ref}"
    if failures(subject, now=now, within=HOUR) >= MOST_AN_HOUR:
        raise TooMany
    count_failure(subject, now=now)


def _said_before(person: Person, gap: Gap, for_others: bool) -> Voice | None:
    found = select(Voice).where(
        Voice.person_id == person.id,
        Voice.for_others.is_(for_others),
        Voice.answered_at.is_(None),
        is_this_gap(Voice, gap),
        Voice.centre_id == gap.centre,
    )
    return db.session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def _refuse_too_many(person: Person, for_others: bool, now: datetime) -> None:
    theirs = select(func.count()).where(
        Voice.person_id == person.id, Voice.for_others.is_(for_others), is_open(now)
    )
    if db.session.scalars(theirs).one() >= (MOST_FOR_OTHERS if for_others else MOST_OWN):
        raise TooMany


def withdraw(person: Person, ref: str) -> None:
    """*person* takes it back: nothing of it is kept. Twice is harmless."""
    db.session.execute(
        delete(Voice)
        .where(Voice.person_id == person.id, Voice.ref == ref)
        .execution_options(synchronize_session=False)
    )


def answer(gap: Gap, activity: Activity, *, by: Person, now: datetime) -> Reply:
    """*activity* is for those who asked for *gap*: they are told when it is published, at once if
    it is already. Twice is harmless; what another centre plans answers nothing here."""
    lock(activity)
    found = select(Reply).where(Reply.activity_id == activity.id, is_this_gap(Reply, gap))
    reply = db.session.scalars(found).one_or_none()
    if reply is None:
        columns = {name: value for name, value in _columns(gap).items() if name != "centre_id"}
        reply = Reply(activity=activity, by=by, made_at=now, **columns)
        db.session.add(reply)
        db.session.flush()
    tell_who_asked([activity.id], now=now)
    return reply


def tell_who_asked(activities: Collection[int], *, now: datetime) -> int:
    """Whoever asked for what those activities (ids) were made of is told, each once, and their
    wishes are answered; of a draft nobody is told. How many wishes were answered."""
    replies = db.session.scalars(
        select(Reply)
        .where(Reply.activity_id.in_(activities), Reply.told_at.is_(None))
        .order_by(Reply.id)
        .with_for_update(of=Reply)
        .execution_options(populate_existing=True)
    ).all()
    return sum(_tell(reply, now) for reply in replies if not reply.activity.is_draft)


def _tell(reply: Reply, now: datetime) -> int:
    activity = reply.activity
    voices = _voices_for(reply.gap, now)
    reply.told_at, reply.people = now, sum(one.people for one in voices)
    db.session.execute(
        update(Voice)
        .where(Voice.id.in_([one.id for one in voices]))
        .values(answered_at=now, reply_id=reply.id, lapses_at=now + LASTS, **NO_NOTE)
        .execution_options(synchronize_session=False)
    )
    to = {one.person_id: one.person for one in voices if one.tell and one.person.is_active}
    begins = (one.starts_at for one in meetings_to_come(activity, now=now))
    first = min(begins, default=None)
    post_all(
        (
            Owed(
                to=person,
                kind=Letter.ASKED_FOR,
                key=reply.ref,
                about={"reply": reply.id, "activities": [activity.id]},
                responsible=activity.coordinator,
                confidential=not activity.privacy.is_listed or reply.matter.is_protected,
                matters_at=first,
            )
            for person in to.values()
        ),
        now=now,
    )
    for one in voices:
        db.session.expire(one)
    return len(voices)


def _voices_for(gap: Gap, now: datetime) -> Sequence[Voice]:
    """Whoever asks for *gap* at this moment, held until they are told."""
    return db.session.scalars(
        select(Voice)
        .where(Voice.centre_id == gap.centre, is_this_gap(Voice, gap), is_open(now))
        .order_by(Voice.id)
        .with_for_update(of=Voice)
        .execution_options(populate_existing=True)
    ).all()


def forget_old_voices(*, now: datetime) -> None:
    """What lapsed is deleted, and notes after two months."""
    db.session.execute(
        delete(Voice).where(Voice.lapses_at <= now).execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Voice)
        .where(Voice.noted_at <= now - NOTE_LASTS)
        .values(**NO_NOTE)
        .execution_options(synchronize_session=False)
    )
