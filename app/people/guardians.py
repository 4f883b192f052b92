"""Children and who may decide for them. A child has no contact and signs in nowhere; whoever may
not decide any more is, to every page and letter, somebody who never could."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Select, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, joinedload, mapped_column, relationship

from app.database import Base
from app.extensions import db
from app.i18n import _l
from app.people.models import Person


class GuardianKind(StrEnum):
    """As what somebody decides for a child."""

    PARENT = "parent"
    REPRESENTATIVE = "representative"

    @property
    def label(self) -> Any:
        return {"parent": _l("parent"), "representative": _l("legal representative")}[self.value]


class Guardianship(Base):
    """That somebody decides for a child, since when and by whose word; or, *blocked_at*, that they
    do not any more. A blocked one is kept so that nobody ties the two again by mistake."""

    __tablename__ = "guardianship"
    __table_args__ = (
        CheckConstraint("child_id <> guardian_id", name="nobody_is_their_own"),
        CheckConstraint("blocked_at >= made_at", name="blocked_after_made"),
    )

    child_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    guardian_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kind: Mapped[GuardianKind]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    blocked_at: Mapped[datetime | None]
    blocked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    child: Mapped[Person] = relationship(foreign_keys=[child_id])
    guardian: Mapped[Person] = relationship(foreign_keys=[guardian_id])
    made_by: Mapped[Person | None] = relationship(foreign_keys=[made_by_id])
    blocked_by: Mapped[Person | None] = relationship(foreign_keys=[blocked_by_id])

    @property
    def is_active(self) -> bool:
        return self.blocked_at is None


def child_ids(guardian: Person) -> Select[int]:
    """The children (ids) for whom *guardian* decides: what every read of a household goes by."""
    return select(Guardianship.child_id).where(
        Guardianship.guardian_id == guardian.id, Guardianship.blocked_at.is_(None)
    )


def is_of_household(person_id: InstrumentedAttribute[int], reader: Person) -> ColumnElement[bool]:
    """Whether that column names *reader*, or a child for whom they decide."""
    return or_(person_id == reader.id, person_id.in_(child_ids(reader)))


def children_of(guardian: Person) -> list[Person]:
    """The children for whom *guardian* decides, by name; not who was erased."""
    found = select(Person).where(
        Person.id.in_(child_ids(guardian)), Person.is_active, Person.erased_at.is_(None)
    )
    return list(db.session.scalars(found.order_by(Person.name, Person.id)))


def decides_for(guardian: Person, child_id: int) -> bool:
    """Whether *guardian* decides for that child at this moment."""
    found = child_ids(guardian).where(Guardianship.child_id == child_id)
    return db.session.scalars(found).one_or_none() is not None


def guardians_of(children: Collection[int]) -> dict[int, list[Person]]:
    """Child id -> who decides for them and is told, by number; in one query."""
    if not children:
        return {}
    found: dict[int, list[Person]] = {}
    rows = (
        select(Guardianship)
        .join(Guardianship.guardian)
        .where(
            Guardianship.child_id.in_(children),
            Guardianship.blocked_at.is_(None),
            Person.is_active,
        )
        .order_by(Guardianship.child_id, Guardianship.guardian_id)
        .options(joinedload(Guardianship.guardian))
    )
    for row in db.session.scalars(rows):
        found.setdefault(row.child_id, []).append(row.guardian)
    return found


def decided_for() -> Select[int]:
    """The children (ids) for whom somebody decides who can be asked."""
    return (
        select(Guardianship.child_id)
        .join(Guardianship.guardian)
        .where(Guardianship.blocked_at.is_(None), Person.is_active)
    )


def guardianships_of(person: Person) -> list[Guardianship]:
    """All that ties *person* to children or guardians, blocked or not; for the staff only."""
    either = or_(Guardianship.child_id == person.id, Guardianship.guardian_id == person.id)
    found = select(Guardianship).where(either).order_by(Guardianship.made_at, Guardianship.child_id)
    return list(db.session.scalars(found.options(joinedload(Guardianship.child))))


def differing(one: Person, other: Person) -> list[Guardianship]:
    """Who decides for one of two children and of whom the other knows nothing: they must not come
    to decide for both because somebody took the two for one."""
    ties = [tie for tie in (*guardianships_of(one), *guardianships_of(other))]
    of_children = [tie for tie in ties if tie.child_id in (one.id, other.id)]
    known = Counter(tie.guardian_id for tie in of_children)
    return [tie for tie in of_children if tie.is_active and known[tie.guardian_id] == 1]


def is_child(person: Person) -> bool:
    """Whether somebody decides, or once decided, for *person*."""
    return bool(db.session.scalar(select(exists().where(Guardianship.child_id == person.id))))
