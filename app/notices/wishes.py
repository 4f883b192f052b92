"""What people wish to hear and on which channels; and silent contact. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from app.extensions import db, lock
from app.notices.channels import Channel
from app.notices.models import (
    UNSENT,
    Kind,
    Notice,
    Silence,
    State,
    Topic,
    Unwanted,
)
from app.notices.reaching import PURPOSES, Reach, reach_of
from app.people import consents
from app.people.consents import Consent, Medium, Purpose, said_by, who_refuses
from app.people.models import Person, SignIn

ON_THE_WAY = (State.PENDING, State.CLAIMED)


@dataclass(frozen=True)
class Stops:
    """What keeps messages from some people: *unwanted* pairs of person id and topic, silence, and
    that no way leads to them."""

    unwanted: frozenset[tuple[int, Topic]]
    silent: frozenset[int]
    reach: Reach

    def wants(self, person: Person, kind: Kind, *, urgent: bool) -> bool:
        """Whether they want it, or would stand before a closed door without it."""
        heard_anyway = urgent and kind.must_be_heard
        return heard_anyway or (person.id, kind.topic) not in self.unwanted

    def against(self, person: Person) -> str | None:
        """Why no letter may leave for *person*, in one word."""
        return "silent" if person.id in self.silent else self.reach.against(person.id)

    def channels(self, person: Person) -> tuple[Channel, ...]:
        """On which ways something can leave for *person*, the first first."""
        return () if person.id in self.silent else self.reach.channels(person.id)


def stops_for(people: Collection[int]) -> Stops:
    """What keeps messages from those people (ids); in a fixed number of queries."""
    unwanted = select(Unwanted.person_id, Unwanted.topic).where(Unwanted.person_id.in_(people))
    return Stops(
        frozenset((person_id, topic) for person_id, topic in db.session.execute(unwanted)),
        who_is_silent(people),
        reach_of(people),
    )


def unwanted_by(person: Person) -> frozenset[Topic]:
    found = select(Unwanted.topic).where(Unwanted.person_id == person.id)
    return frozenset(db.session.scalars(found))


def refuse(person: Person, topic: Topic, *, now: datetime) -> None:
    """*person* wants no more messages of that sort; what waits is dropped, unless they would miss
    something soon. Twice is harmless."""
    lock(person)
    if topic not in unwanted_by(person):
        db.session.add(Unwanted(person_id=person.id, topic=topic, since=now))
        db.session.flush()
    kinds = [kind for kind in Kind if kind.topic is topic]
    waiting = update(Notice).where(
        Notice.person_id == person.id, Notice.kind.in_(kinds), Notice.state.in_(ON_THE_WAY)
    )
    if kinds[0].must_be_heard:
        waiting = waiting.where(Notice.urgent.is_(False))
    db.session.execute(
        waiting.values(state=State.DROPPED, claim=None).execution_options(synchronize_session=False)
    )


def want(person: Person, topic: Topic) -> None:
    """*person* wants messages of that sort again."""
    lock(person)
    db.session.execute(
        delete(Unwanted).where(Unwanted.person_id == person.id, Unwanted.topic == topic)
    )


def consents_of(person: Person) -> dict[Channel, Consent]:
    """Their last word on each way to reach them."""
    last = said_by(person)
    return {channel: last[purpose] for channel, purpose in PURPOSES.items() if purpose in last}


def say(
    person: Person,
    channel: Channel,
    given: bool,
    *,
    by: Person,
    now: datetime,
    language: str | None = None,
) -> None:
    """*by* notes whether *person* may be reached on *channel*; the same again changes no date. They
    read it in *language*, or in their own. Raises `OnlyThemselves`."""
    medium = Medium.TEXT if by.id == person.id else Medium.DESK
    agree(
        person,
        PURPOSES[channel],
        given,
        by=by,
        medium=medium,
        language=language or person.language,
        now=now,
    )


def agree(person: Person, purpose: Purpose, given: bool, *, now: datetime, **how: Any) -> None:
    """`consents.say`; and where nothing can leave for *person* after a no, what waits stays."""
    news = consents.say(person, purpose, given, now=now, **how)
    reaches = purpose in (Purpose.EMAIL, Purpose.SMS)
    if news and reaches and not given and (obstacle := reach_of({person.id}).against(person.id)):
        _stop(person, obstacle, now)


def without_calls(people: Collection[int]) -> frozenset[int]:
    """Who of those people (ids) wants no calls."""
    refused = who_refuses(Purpose.TELEPHONE).where(Consent.person_id.in_(people))
    return frozenset(db.session.scalars(refused))


def silence_of(person: Person) -> Silence | None:
    return db.session.get(Silence, person.id)


def who_is_silent(people: Collection[int]) -> frozenset[int]:
    """Who of those people (ids) nothing may leave for."""
    found = select(Silence.person_id).where(Silence.person_id.in_(people))
    return frozenset(db.session.scalars(found))


def is_silent(person_id: int) -> bool:
    return bool(who_is_silent([person_id]))


def keep_silent(person: Person, *, by: Person, now: datetime) -> None:
    """From now on nothing leaves for *person* on any channel; what waits neither. No device is
    theirs alone any more. Twice is harmless."""
    lock(person)
    if silence_of(person) is None:
        db.session.add(Silence(person_id=person.id, since=now, by_id=by.id))
        db.session.flush()
    db.session.execute(update(SignIn).where(SignIn.person_id == person.id).values(own_device=False))
    _stop(person, "silent", now)


def end_silence(person: Person) -> None:
    """*person* is written to and called again."""
    lock(person)
    db.session.execute(delete(Silence).where(Silence.person_id == person.id))
    db.session.expire_all()


def _stop(person: Person, code: str, now: datetime) -> None:
    """What has not left stays: the one who may know tells it when they meet."""
    db.session.execute(
        update(Notice)
        .where(Notice.person_id == person.id, Notice.state.in_(UNSENT))
        .values(state=State.FAILED, last_code=code, claim=None, failed_at=now)
        .execution_options(synchronize_session=False)
    )
