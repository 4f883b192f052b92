"""Reads: who may talk with somebody, which talks wait, who agreed to photos at a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select, union
from sqlalchemy.orm import selectinload

from app.consents.models import ConsentTalk
from app.extensions import db
from app.people.consents import Purpose, counting
from app.people.languages import answering
from app.people.models import Apart, Membership, Person, SpokenLanguage
from app.people.terms import STAFF, Level, Role, Stage
from app.programme.kinds import LISTED
from app.programme.models import Booking, Meeting, Part
from app.programme.queries import meetings_planned_by

WELL_ENOUGH = [level for level in Level if level.rank >= Level.B1.rank]
"""So well one speaks a language to say in it what somebody agrees to."""


def who_may_talk(person: Person, asker: Person) -> Select[Person]:
    """Mediators and colleagues of a centre of both who speak a language of *person*: neither the
    one who asks nor anybody whom *person* never meets."""
    shared = person.centres_where(*Role) & asker.centres_where(*STAFF)
    here = select(Membership.person_id).where(
        Membership.centre_id.in_(shared),
        Membership.role.in_((Role.MEDIATOR, *STAFF)),
        Membership.stage == Stage.ACTIVE,
    )
    return (
        select(Person)
        .where(
            Person.id.in_(here),
            Person.id.in_(_speakers(languages_of(person))),
            Person.id.not_in((person.id, asker.id)),
            Person.id.not_in(_never_met_by(person)),
            Person.is_active,
        )
        .order_by(Person.name, Person.id)
    )


def talkers_of(person: Person, asker: Person) -> list[tuple[Person, str]]:
    """Who may talk with *person*, with each language of both in which they may."""
    found = who_may_talk(person, asker).options(selectinload(Person.languages))
    people, languages = db.session.scalars(found).all(), languages_of(person)
    return [(one, tag) for tag in languages for one in people if speaks(one, tag)]


def languages_of(person: Person) -> list[str]:
    """In which one may talk with them: what they speak, and that of their pages."""
    spoken = [row.language for row in person.languages if row.speaks]
    return list(dict.fromkeys((*spoken, person.language)))


def speaks(person: Person, language: str) -> bool:
    """Whether *person* speaks *language*, or a part of it, well enough for that."""
    known = answering(language)
    return any(
        row.language in known and (row.speaks in WELL_ENOUGH or row.interprets in WELL_ENOUGH)
        for row in person.languages
    )


def _speakers(languages: Sequence[str]) -> Select[int]:
    tags = {tag for language in languages for tag in answering(language)}
    return select(SpokenLanguage.person_id).where(
        SpokenLanguage.language.in_(tags),
        or_(SpokenLanguage.speaks.in_(WELL_ENOUGH), SpokenLanguage.interprets.in_(WELL_ENOUGH)),
    )


def _never_met_by(person: Person) -> Select[int]:
    either = union(
        select(Apart.other_id.label("id")).where(Apart.person_id == person.id),
        select(Apart.person_id.label("id")).where(Apart.other_id == person.id),
    ).subquery()
    return select(either.c.id)


def talks_of(person: Person, *, now: datetime) -> Select[ConsentTalk]:
    """The talks about *person* that wait."""
    found = select(ConsentTalk).where(ConsentTalk.person_id == person.id)
    return found.where(ConsentTalk.lapses_at > now).order_by(ConsentTalk.id)


def talks_for(mediator: Person, *, now: datetime) -> Select[ConsentTalk]:
    """The talks for which *mediator* is asked."""
    found = select(ConsentTalk).where(ConsentTalk.mediator_id == mediator.id)
    return found.where(ConsentTalk.lapses_at > now).order_by(ConsentTalk.id)


def photographed_meetings(planner: Person) -> Select[Meeting]:
    """Sessions of which *planner* may read who agreed to photos; never a protected one."""
    return meetings_planned_by(planner).where(Meeting.privacy.in_(LISTED))


@dataclass(frozen=True)
class Photographed:
    """Who is expected at a session: those who agreed to photos, and all others, whatever they said
    or did not say."""

    agreed: list[Person]
    others: list[Person]


def photographed_at(meeting: Meeting) -> Photographed:
    expected = select(Booking.person_id).where(
        Booking.meeting_id == meeting.id, Booking.part == Part.LEARNER, Booking.held
    )
    people = db.session.scalars(
        select(Person).where(Person.id.in_(expected)).order_by(Person.name, Person.id)
    ).all()
    said = counting([one.id for one in people], [Purpose.PHOTOS])
    agreed = [one for one in people if said.get((one.id, Purpose.PHOTOS))]
    return Photographed(agreed, [one for one in people if one not in agreed])
