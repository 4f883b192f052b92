"""Asking a mediator to talk with somebody, and noting what was said. Nothing here commits."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.consents.models import ConsentTalk
from app.consents.queries import speaks, who_may_talk
from app.extensions import db, lock
from app.i18n import _l
from app.notices.wishes import agree
from app.people.consents import Medium, Purpose, TextChanged, is_current
from app.people.models import Person
from app.programme.codes import new_code
from app.refusal import Refusal

TALK_WAITS = timedelta(days=14)


class CannotTalk(Refusal):
    message = _l(
        "Choose somebody else: whoever talks about it speaks the language of the person, belongs "
        "to the centre and is not the one who asks."
    )


class AlreadyAnswered(Refusal):
    message = _l("This was answered already, or it is no longer asked for.")


def ask_to_talk(
    person: Person,
    purpose: Purpose,
    *,
    mediator: Person,
    language: str,
    by: Person,
    now: datetime,
) -> ConsentTalk:
    """*mediator* is asked, instead of whoever was before. Raises `CannotTalk`."""
    lock(person)
    may = db.session.scalars(who_may_talk(person, by).where(Person.id == mediator.id))
    if purpose.text is None or may.one_or_none() is None or not speaks(mediator, language):
        raise CannotTalk
    _forget(person, purpose)
    taken = db.session.scalars(select(ConsentTalk.code)).all()
    talk = ConsentTalk(
        code=new_code(taken),
        person_id=person.id,
        mediator_id=mediator.id,
        asked_by_id=by.id,
        purpose=purpose,
        language=language,
        made_at=now,
        lapses_at=now + TALK_WAITS,
    )
    db.session.add(talk)
    db.session.flush()
    return talk


def note_talk(
    talk: ConsentTalk, given: bool, *, medium: Medium, version: int, now: datetime
) -> None:
    """The mediator writes down what was said. Raises `AlreadyAnswered` and `TextChanged`."""
    person = talk.person
    _hold(talk)
    if now >= talk.lapses_at:
        raise AlreadyAnswered
    if not is_current(talk.purpose, version):
        raise TextChanged
    agree(
        person,
        talk.purpose,
        given,
        by=talk.mediator,
        asked_by=talk.asked_by,
        medium=medium,
        language=talk.language,
        now=now,
    )
    _forget(person, talk.purpose)


def do_without(talk: ConsentTalk) -> None:
    """It was not possible to talk; nothing is noted, and somebody else may be asked."""
    _hold(talk)
    _forget(talk.person, talk.purpose)


def forget_old_talks(*, now: datetime) -> None:
    db.session.execute(delete(ConsentTalk).where(ConsentTalk.lapses_at <= now))


def _hold(talk: ConsentTalk) -> None:
    """Two clicks at once are one answer."""
    talk_id = talk.id
    lock(talk.person)
    still = select(ConsentTalk.id).where(ConsentTalk.id == talk_id)
    if db.session.scalars(still).one_or_none() is None:
        raise AlreadyAnswered


def _forget(person: Person, purpose: Purpose) -> None:
    db.session.execute(
        delete(ConsentTalk).where(
            ConsentTalk.person_id == person.id, ConsentTalk.purpose == purpose
        )
    )
