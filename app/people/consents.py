"""What somebody agreed to, and each word they said of it: to which text, in which language, how.

Scheduling hangs on nobody's consent (GDPR 6): whoever says no, or nothing, comes and is planned for
like everybody. Only extras are asked for, each for itself. Of being written to and called (*email*,
*telephone*) somebody may say yes or no as well; that is a wish and needs no text.

A device that shows messages is asked by its own button and is its own consent (`devices.py`).
Nothing here commits, and no word is ever changed: the last one counts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, exists, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from app.database import Base
from app.extensions import db, lock
from app.i18n import _l, in_language
from app.people.models import Person
from app.refusal import Refusal


class Purpose(StrEnum):
    """What one may say yes or no to."""

    EMAIL = "email"
    SMS = "sms"
    TELEPHONE = "telephone"
    PHOTOS = "photos"
    DONOR = "donor"

    @property
    def label(self) -> Any:
        return _LABELS[self]

    @property
    def text(self) -> Text | None:
        """What one agrees to; None where that is no consent but a wish."""
        return TEXTS.get(self)


_LABELS = {
    Purpose.EMAIL: _l("E-mail"),
    Purpose.SMS: _l("Short messages (SMS)"),
    Purpose.TELEPHONE: _l("Telephone calls"),
    Purpose.PHOTOS: _l("Photos"),
    Purpose.DONOR: _l("My name in reports"),
}


@dataclass(frozen=True)
class Text:
    """One text that people agree to. Who changes its words gives it the next *version*, the day and
    the new *digest* (of the English words; a test compares): then everybody is asked again, once.
    """

    version: int
    since: date
    digest: str
    words: Any

    def digest_now(self) -> str:
        with in_language("en"):
            return sha256(str(self.words).encode()).hexdigest()[:16]


TEXTS = {
    Purpose.SMS: Text(
        1,
        date(2026, 11, 23),
        "33543abad9296307",
        _l(
            "We may send you short messages (SMS) about your sessions. The telephone company can "
            "read them, and so can whoever holds your telephone."
        ),
    ),
    Purpose.PHOTOS: Text(
        1,
        date(2026, 11, 23),
        "f3f984593a4a863a",
        _l(
            "We may take photos on which you can be recognised, and show them in reports and on "
            "the internet. What is on the internet can be copied by anybody and stays there. If "
            "you say no later, we take no new photos of you and take down those that we show."
        ),
    ),
    Purpose.DONOR: Text(
        1,
        date(2026, 11, 23),
        "3802f50d433a0b84",
        _l(
            "We may give your name, and at which sessions you were, to those who pay for our work, "
            "so that they can check it. Without your yes they get numbers only. What they were "
            "given before you say no they may have to keep."
        ),
    ),
}
ASKED_FOR = tuple(TEXTS)


class Medium(StrEnum):
    """How somebody got to know the text."""

    TEXT = "text"
    AUDIO = "audio"
    ORAL = "oral"
    DESK = "desk"

    @property
    def label(self) -> Any:
        return _MEDIA[self]


_MEDIA = {
    Medium.TEXT: _l("read on the page"),
    Medium.AUDIO: _l("heard as a recording"),
    Medium.ORAL: _l("told by a mediator"),
    Medium.DESK: _l("noted by a colleague"),
}
BY_OTHERS = (Medium.ORAL, Medium.AUDIO)


class OnlyThemselves(Refusal):
    message = _l(
        "Only they themselves can agree, on their own page or to somebody who speaks their "
        "language and is not the one who asks."
    )


class TextChanged(Refusal):
    message = _l("The text was changed meanwhile. Please read it again.")


class Consent(Base):
    """One word of somebody on one purpose: yes or no, when, who wrote it down, to which *version*
    of the text, in which *language*. Of what was said to a mediator, *asked_by* is who asks for it.
    """

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("asked_by_id <> by_id", name="who_asks_does_not_note_the_answer"),
        CheckConstraint(
            "NOT given OR purpose IN ('email', 'telephone') "
            "OR (version IS NOT NULL AND language IS NOT NULL)",
            name="a_yes_has_a_text",
        ),
        Index("ix_consent_person_id_purpose_id", "person_id", "purpose", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose]
    given: Mapped[bool]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    version: Mapped[int | None]
    language: Mapped[str | None]
    medium: Mapped[Medium]

    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])
    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])

    @property
    def counts(self) -> bool:
        """Whether it is a yes to what the text says today."""
        return self.given and not self.has_lapsed

    @property
    def has_lapsed(self) -> bool:
        """Whether it is a yes to another text than today's: it counts for nothing new."""
        return self.given and not is_current(self.purpose, self.version)


def is_current(purpose: Purpose, version: int | None) -> bool:
    text = purpose.text
    return text is None or text.version == version


def say(
    person: Person,
    purpose: Purpose,
    given: bool,
    *,
    by: Person,
    medium: Medium,
    language: str | None,
    now: datetime,
    asked_by: Person | None = None,
) -> bool:
    """One more word of *person*, whom *by* writes down; whether it was news. The same again is not
    written. A no may be noted by anybody who may see them, at once and without a reason; a yes to a
    text only by themselves, or by somebody else than *asked_by*. Raises `OnlyThemselves`."""
    lock(person)
    last = said_by(person).get(purpose)
    if last is not None and last.given is given and not last.has_lapsed:
        return False
    agrees = given and purpose.text is not None
    if agrees and by.id != person.id and not _may_note(by, medium, asked_by):
        raise OnlyThemselves
    db.session.add(
        Consent(
            person_id=person.id,
            purpose=purpose,
            given=given,
            at=now,
            by_id=by.id,
            asked_by_id=asked_by.id if asked_by else None,
            version=purpose.text.version if purpose.text else None,
            language=language,
            medium=medium,
        )
    )
    db.session.flush()
    return True


def _may_note(by: Person, medium: Medium, asked_by: Person | None) -> bool:
    """Whoever heard it from them, and did not ask for it."""
    return medium in BY_OTHERS and asked_by is not None and asked_by.id != by.id


def said_by(person: Person) -> dict[Purpose, Consent]:
    """The last word of *person* on each purpose."""
    return {one.purpose: one for one in db.session.scalars(history_of(person))}


def history_of(person: Person) -> Select[Consent]:
    """Every word of theirs, the first first."""
    return select(Consent).where(Consent.person_id == person.id).order_by(Consent.id)


def counting(
    people: Collection[int], purposes: Collection[Purpose]
) -> dict[tuple[int, Purpose], bool]:
    """(person id, purpose) -> whether their last word is a yes that counts; in one query."""
    found = select(Consent.person_id, Consent.purpose, Consent.given, Consent.version)
    rows = db.session.execute(
        found.where(Consent.person_id.in_(people), Consent.purpose.in_(purposes)).order_by(
            Consent.id
        )
    )
    return {
        (person_id, purpose): given and is_current(purpose, version)
        for person_id, purpose, given, version in rows
    }


def who_refuses(purpose: Purpose) -> Select[Any]:
    """The ids of those whose last word is no."""
    later = aliased(Consent)
    newer = exists().where(
        later.person_id == Consent.person_id,
        later.purpose == Consent.purpose,
        later.id > Consent.id,
    )
    return select(Consent.person_id).where(
        Consent.purpose == purpose, Consent.given.is_(False), ~newer
    )
