"""Centres, people, what they are in each centre, what they speak, and how they sign in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.people.terms import STAFF, Gender, Level, Role


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
    """Anyone we know. Without an e-mail they cannot sign in, and are told by telephone."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint("name <> ''", name="name_is_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None]
    password_hash: Mapped[str | None]
    gender: Mapped[Gender | None]
    language: Mapped[str] = mapped_column(default="ro")
    zone: Mapped[str] = mapped_column(default="Europe/Bucharest")
    home_centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    check_valid_until: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

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

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def roles_in(self, centre_id: int) -> frozenset[Role]:
        return frozenset(m.role for m in self.memberships if m.centre_id == centre_id)

    def centres_where(self, *roles: Role) -> frozenset[int]:
        """The ids of the centres where the person has one of *roles*."""
        return frozenset(m.centre_id for m in self.memberships if m.role in roles)

    def has_role(self, *roles: Role) -> bool:
        return bool(self.centres_where(*roles))


class Membership(Base):
    """One role of one person in one centre."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "centre_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role]

    person: Mapped[Person] = relationship(back_populates="memberships")
    centre: Mapped[Centre] = relationship()


class SpokenLanguage(Base):
    """A language one person speaks, reads, or both, and how well."""

    __tablename__ = "spoken_language"
    __table_args__ = (
        CheckConstraint("speaks IS NOT NULL OR reads IS NOT NULL", name="speaks_or_reads"),
        Index("ix_spoken_language_language", "language"),
    )

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(primary_key=True)
    speaks: Mapped[Level | None]
    reads: Mapped[Level | None]

    person: Mapped[Person] = relationship(back_populates="languages")


STAFF_LIFE, STAFF_IDLE = timedelta(hours=12), timedelta(minutes=30)
LIFE, IDLE = timedelta(days=30), timedelta(days=30)
CONFIRMED_FOR = timedelta(minutes=15)


class SignIn(Base):
    """One device that is signed in. Only the SHA-256 of its 256-bit token is kept."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    def is_alive(self, now: datetime) -> bool:
        """Neither signed out nor paused, nor too old, nor idle for too long (ASVS 7.3)."""
        staff = self.person.has_role(*STAFF)
        life, idle = (STAFF_LIFE, STAFF_IDLE) if staff else (LIFE, IDLE)
        return (
            self.ended_at is None
            and self.person.is_active
            and now < self.began_at + life
            and now < self.seen_at + idle
        )

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
