"""Certificates as they were issued, and who asks for one."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.certificates.content import digest
from app.database import Base, new_ref
from app.people.models import Centre, Person


class Certificate(Base):
    """One certificate. *content* is canonical JSON, frozen when it was issued, and *digest* its
    SHA-256: the paper is made of nothing else, whatever is corrected later.

    *code* is printed on the paper, for whoever wants to check it. *once* comes from the form, so
    that a second click issues no second certificate. Who volunteered may be erased; what was
    certified stays for as long as the register must be kept.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("centre_id", "year", "serial"),
        CheckConstraint("last_day >= first_day", name="ends_after_it_begins"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_why = '')", name="withdrawn_has_a_reason"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    once: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    year: Mapped[int]
    serial: Mapped[int]
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    minutes: Mapped[int]
    content: Mapped[str]
    digest: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str] = mapped_column(default="", server_default="")
    withdrawn_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    centre: Mapped[Centre] = relationship()
    issued_by: Mapped[Person | None] = relationship(foreign_keys=[issued_by_id])

    @property
    def facts(self) -> dict[str, Any]:
        """What the paper says."""
        facts: dict[str, Any] = json.loads(self.content)
        return facts

    @property
    def number(self) -> str:
        number: str = self.facts["number"]
        return number

    @property
    def sort(self) -> str:
        """What it certifies: volunteering, or as a participant attendance or hours."""
        sort: str = self.facts.get("sort", "volunteering")
        return sort

    @property
    def holder(self) -> str:
        """The name that stands on the paper."""
        facts = self.facts
        name: str = facts["volunteer"] if "volunteer" in facts else facts["participant"]
        return name

    @property
    def is_intact(self) -> bool:
        """Whether the content is still what was issued, byte for byte."""
        return digest(self.content) == self.digest

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class CertificateRequest(Base):
    """Somebody asks one centre for a certificate. *everything*: with what they did in protected and
    individual sessions, as one sum, even if whoever issues it may not know of those."""

    __tablename__ = "certificate_request"
    __table_args__ = (
        Index(
            "uq_certificate_request_open",
            "person_id",
            "centre_id",
            unique=True,
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"), index=True)
    everything: Mapped[bool]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    centre: Mapped[Centre] = relationship()
