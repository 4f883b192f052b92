"""Centres, people, what they are in each centre, what they speak, and how they sign in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.papers import Contract, IntegrityCheck
from app.people.terms import APPLYING, HELPERS, STAFF, Gender, Level, Role, Stage


class Centre(Base):
    """One regional integration centre. Its *code* is its published name in addresses."""

    __tablename__ = "centre"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    address: Mapped[str]
    zone: Mapped[str] = mapped_column(default="Europe/Bucharest")
    changed_at: Mapped[datetime]

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Person(Base):
    """Anyone we know. Without an e-mail they are told by telephone.

    Who has a password, or came in by a code (*confirmed_at*, the first time), has shown that their
    address is theirs; *sign_in_phone* (E.164) is a number of which they showed it.

    Of those who help: *is_adult* is what they said, *born_on* is asked of the younger only;
    somebody saw their parents' consent on *consent_seen_on* (Law 78/2014: 16, or 15 with it).
    *earliest*, *latest* (in their zone) and *hours_a_week* are their own limits; *interests* holds
    the codes of what they like to do, with spaces between.

    Between *quiet_from* and *quiet_until*, in their zone, no message wakes them; none: the usual.

    Who was erased (*erased_at*) is nobody's any more; the row goes when no letter and no register
    needs the name.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint("hours_a_week > 0", name="hours_a_week"),
        CheckConstraint("earliest < latest", name="earliest_is_before_latest"),
        CheckConstraint("substr(sign_in_phone, 1, 1) = '+'", name="sign_in_phone_is_e164"),
        CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet_hours_have_two_ends"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None]
    sign_in_phone: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    gender: Mapped[Gender | None]
    language: Mapped[str] = mapped_column(default="ro")
    zone: Mapped[str] = mapped_column(default="Europe/Bucharest")
    home_centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    is_adult: Mapped[bool | None]
    born_on: Mapped[date | None]
    consent_seen_on: Mapped[date | None]
    interests: Mapped[str] = mapped_column(default="", server_default="")
    helps_online: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    hours_a_week: Mapped[int | None]
    earliest: Mapped[time | None]
    latest: Mapped[time | None]
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]

    home_centre: Mapped[Centre | None] = relationship()
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="person", cascade="all, delete-orphan", passive_deletes=True
    )
    languages: Mapped[list[SpokenLanguage]] = relationship(
        back_populates="person",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="SpokenLanguage.language",
    )
    contracts: Mapped[list[Contract]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by=(Contract.valid_from, Contract.id),
        foreign_keys=Contract.person_id,
    )
    checks: Mapped[list[IntegrityCheck]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by=(IntegrityCheck.valid_until, IntegrityCheck.id),
        foreign_keys=IntegrityCheck.person_id,
    )

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """From when until when nothing wakes them, by their own wish."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return self.quiet_from, self.quiet_until

    @property
    def owns_address(self) -> bool:
        """Whether they have shown that they read what is sent there."""
        return self.password_hash is not None or self.confirmed_at is not None

    def roles_in(self, centre_id: int) -> frozenset[Role]:
        """What they are there, pausing or not; not what they only applied for."""
        return frozenset(
            m.role for m in self.memberships if m.centre_id == centre_id and m.stage.counts
        )

    def pauses_in(self, centre_id: int) -> frozenset[Role]:
        return frozenset(
            m.role for m in self.memberships if m.centre_id == centre_id and m.stage is Stage.PAUSED
        )

    def centres_where(self, *roles: Role) -> frozenset[int]:
        """The ids of the centres where the person has one of *roles*."""
        return frozenset(
            m.centre_id for m in self.memberships if m.role in roles and m.stage.counts
        )

    @property
    def check_valid_until(self) -> date | None:
        """The last day of the check that lasts longest (Law 118/2019)."""
        return max((check.valid_until for check in self.checks), default=None)

    def contract_on(self, day: date, centre_id: int) -> Contract | None:
        """The contract with that centre under which they may help on *day*."""
        covering = (c for c in self.contracts if c.centre_id == centre_id and c.covers(day))
        return next(covering, None)

    def has_role(self, *roles: Role) -> bool:
        return bool(self.centres_where(*roles))

    @property
    def applications(self) -> list[Membership]:
        """The roles they would like to have; somebody will talk with them first."""
        return [m for m in self.memberships if m.role in HELPERS and m.stage in APPLYING]

    @property
    def takes_part(self) -> bool:
        """Whether they come as a participant, even if they help as well, or are nothing yet; not
        whoever works here."""
        comes = self.has_role(Role.PARTICIPANT) or not self.helps_or_would
        return comes and not self.has_role(*STAFF)

    @property
    def helps_or_would(self) -> bool:
        """Whether the pages of those who help are theirs: to help, or to say what they bring."""
        return self.has_role(*HELPERS) or bool(self.applications)


class Membership(Base):
    """One role of one person in one centre, and how far they have come with it."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "centre_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role]
    stage: Mapped[Stage] = mapped_column(default=Stage.ACTIVE, server_default=Stage.ACTIVE.value)
    since: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    centre: Mapped[Centre] = relationship()

    def __init__(self, stage: Stage = Stage.ACTIVE, **given: Any) -> None:
        super().__init__(stage=stage, **given)


class StageChange(Base):
    """Who let somebody come a stage further with a role, or back, when, and why."""

    __tablename__ = "stage_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    role: Mapped[Role]
    stage: Mapped[Stage]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(default="")

    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


class Apart(Base):
    """Two people who never meet, such as a participant and a mediator she refused. Who asked for it
    and why is not kept; that it is so is shown only to those who plan for both."""

    __tablename__ = "apart"
    __table_args__ = (CheckConstraint("person_id < other_id", name="one_row_a_pair"),)

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    other: Mapped[Person] = relationship(foreign_keys=[other_id])
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


class SpokenLanguage(Base):
    """A language one person speaks, reads, interprets from and into, and how well each."""

    __tablename__ = "spoken_language"
    __table_args__ = (
        CheckConstraint(
            "speaks IS NOT NULL OR reads IS NOT NULL OR interprets IS NOT NULL",
            name="speaks_reads_or_interprets",
        ),
        Index("ix_spoken_language_language", "language"),
    )

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(primary_key=True)
    speaks: Mapped[Level | None]
    reads: Mapped[Level | None]
    interprets: Mapped[Level | None]

    person: Mapped[Person] = relationship(back_populates="languages")


STAFF_LIFE, STAFF_IDLE = timedelta(hours=12), timedelta(minutes=30)
LIFE, IDLE = timedelta(days=30), timedelta(days=30)
AWAY = timedelta(minutes=15)
"""A participant's device on which nothing happened for so long shows nothing of them any more,
unless they said that it is theirs alone (PRIVACY.md 2.4)."""
CONFIRMED_FOR = timedelta(minutes=15)


class SignIn(Base):
    """One device that is signed in. Only the SHA-256 of its 256-bit token is kept.

    *own_device*: its person said that nobody else ever holds it.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    own_device: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    def is_alive(self, now: datetime) -> bool:
        """Neither signed out nor paused, nor too old, nor idle for too long (ASVS 7.3)."""
        return self._may_live(now) and now < self.seen_at + self._idle

    def was_away(self, now: datetime) -> bool:
        """Whether nothing but time closed it: nobody signed it out, and it is not too old."""
        return self._may_live(now) and now >= self.seen_at + self._idle

    @property
    def closes_soon(self) -> bool:
        """Whether a quarter of an hour without a click closes it."""
        return self._idle == AWAY

    def _may_live(self, now: datetime) -> bool:
        life = STAFF_LIFE if self.person.has_role(*STAFF) else LIFE
        return self.ended_at is None and self.person.is_active and now < self.began_at + life

    @property
    def _idle(self) -> timedelta:
        if self.person.has_role(*STAFF):
            return STAFF_IDLE
        return AWAY if self.person.takes_part and not self.own_device else IDLE

    def is_fresh(self, now: datetime) -> bool:
        """Whether the password was typed so lately that protected details may be shown."""
        return now < self.confirmed_at + CONFIRMED_FOR


class FailedSignIn(Base):
    """A wrong or forgotten password, counted per account and network. Subjects are hashed."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (Index("ix_failed_sign_in_subject_hash_at", "subject_hash", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_hash: Mapped[str]
    at: Mapped[datetime]


class PasswordLink(Base):
    """A one-use link to choose a password. Only the SHA-256 of its token is kept."""

    __tablename__ = "password_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    lapses_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
