"""What the law wants seen before somebody helps: contracts and checks. Dates, no documents."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, new_ref
from app.i18n import _l


class ContractKind(StrEnum):
    """Under what somebody helps."""

    VOLUNTEER = "volunteer"
    EMPLOYMENT = "employment"

    @property
    def label(self) -> Any:
        return {
            "volunteer": _l("volunteer contract (Law 78/2014)"),
            "employment": _l("employment or service contract"),
        }[self.value]


class Contract(Base):
    """A contract of one person with one centre. A volunteer contract counts with its two annexes:
    the role sheet and the safety sheet (Law 78/2014, art. 11). Both days are included."""

    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint("number <> ''", name="number_is_given"),
        CheckConstraint("valid_until >= valid_from", name="ends_after_it_begins"),
        Index("uq_contract_centre_id_kind_number", "centre_id", "kind", "number", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    kind: Mapped[ContractKind]
    number: Mapped[str]
    signed_on: Mapped[date]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    role_sheet_on: Mapped[date | None]
    safety_sheet_on: Mapped[date | None]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    made_at: Mapped[datetime]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing that must be signed before the first day."""
        sheets = self.role_sheet_on is not None and self.safety_sheet_on is not None
        return self.kind is not ContractKind.VOLUNTEER or sheets

    def covers(self, day: date) -> bool:
        """Whether its person may help on *day*: complete, signed by then, begun and not ended."""
        begun = max(self.valid_from, self.signed_on) <= day
        return self.is_complete and begun and (self.valid_until is None or day <= self.valid_until)


class CheckKind(StrEnum):
    """What was seen of somebody who is with minors or vulnerable people."""

    INTEGRITY = "integrity"
    CRIMINAL_RECORD = "criminal_record"
    FOREIGN = "foreign"
    NOT_POSSIBLE = "not_possible"

    @property
    def label(self) -> Any:
        return {
            "integrity": _l("behavioural-integrity certificate"),
            "criminal_record": _l("criminal record"),
            "foreign": _l("official document of another state"),
            "not_possible": _l("cannot be requested"),
        }[self.value]


class IntegrityCheck(Base):
    """That a check was seen, and until when it counts (Law 118/2019, art. 18).

    Where none can be requested from somebody's own state: why, what is done instead, who approved.
    """

    __tablename__ = "integrity_check"
    __table_args__ = (
        CheckConstraint("valid_until >= issued_on", name="ends_after_it_was_issued"),
        CheckConstraint(
            "kind <> 'not_possible' OR (reason <> '' AND measure <> '')",
            name="not_possible_has_a_reason_and_a_measure",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[CheckKind]
    issued_on: Mapped[date | None]
    valid_until: Mapped[date]
    seen_on: Mapped[date]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(default="")
    measure: Mapped[str] = mapped_column(default="")
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
