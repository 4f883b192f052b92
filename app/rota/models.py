"""Rotas, what a coordinator wishes of them, and what they did with them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.people.models import Centre, Person
from app.programme.terms import Term
from app.staffing.models import Need


class Stage(StrEnum):
    """How far the search of a rota has come."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"  # by its coordinator; what was found stays
    DONE = "done"
    TIMED_OUT = "timed_out"  # the clock cut it; what was found stays
    FAILED = "failed"

    @property
    def label(self) -> Any:
        return {
            "waiting": _l("about to begin"),
            "running": _l("looking for a better plan"),
            "stopped": _l("stopped"),
            "done": _l("finished"),
            "timed_out": _l("its time was over"),
            "failed": _l("could not be planned"),
        }[self.value]

    @property
    def is_under_way(self) -> bool:
        return self in (Stage.WAITING, Stage.RUNNING)


class Failure(StrEnum):
    """Why there is no plan."""

    NOTHING_TO_PLAN = "nothing_to_plan"
    WISHES_CONTRADICT = "wishes_contradict"
    BROKE_OFF = "broke_off"

    @property
    def label(self) -> Any:
        return {
            "nothing_to_plan": _l("In these days no session needs anybody."),
            "wishes_contradict": _l("What is pinned cannot all be at once. Take a pin away."),
            "broke_off": _l("The search broke off several times. Please plan a shorter period."),
        }[self.value]


class Rota(Base):
    """Who goes where in a period: searched by the worker, seen by nobody but who asked for it.

    *centre* none: all centres of that coordinator. *term*: its activities only, drafts too.
    *may_move*: whoever is confirmed may be moved where that fills more places. *inputs* is the
    frozen `Frame`, *digest* its SHA-256, *plan* who goes where as of *version*; no plan is worth
    more than *bound*. *lease_until*: until then a worker (*holder*) works on it.
    """

    __tablename__ = "rota"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="ends_after_it_begins"),
        Index("ix_rota_by_id_made_at", "by_id", "made_at"),
        Index(
            "ix_rota_under_way",
            "made_at",
            sqlite_where=text("stage IN ('waiting', 'running')"),
            postgresql_where=text("stage IN ('waiting', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id", ondelete="CASCADE"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    may_move: Mapped[bool] = mapped_column(default=False, server_default=false())
    made_at: Mapped[datetime]
    after_id: Mapped[int | None] = mapped_column(ForeignKey("rota.id", ondelete="SET NULL"))
    stage: Mapped[Stage] = mapped_column(default=Stage.WAITING)
    failure: Mapped[Failure | None]
    stop_asked: Mapped[bool] = mapped_column(default=False, server_default=false())
    holder: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seed: Mapped[int] = mapped_column(default=0, server_default="0")
    step: Mapped[int] = mapped_column(default=0, server_default="0")
    engine: Mapped[str | None]
    digest: Mapped[str | None]
    weights: Mapped[dict[str, Any]] = mapped_column(JSON)
    worth: Mapped[int | None] = mapped_column(BigInteger)
    bound: Mapped[int | None] = mapped_column(BigInteger)
    filled: Mapped[int | None]
    places: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    plan: Mapped[bytes | None] = deferred(mapped_column())
    inputs: Mapped[bytes | None] = deferred(mapped_column())

    by: Mapped[Person] = relationship()
    centre: Mapped[Centre | None] = relationship()
    term: Mapped[Term | None] = relationship()
    after: Mapped[Rota | None] = relationship(remote_side=[id])
    wishes: Mapped[list[Wish]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Wish.id"
    )

    @property
    def gap(self) -> float | None:
        """How far from the best possible the plan is at most, as a fraction; None: not known."""
        if self.bound is None or self.worth is None:
            return None
        return max(0.0, (self.bound - self.worth) / max(1, abs(self.bound)))

    @property
    def has_plan(self) -> bool:
        return self.worth is not None


class Wish(Base):
    """Somebody is to have a place in the next plan (*wanted*), or not to."""

    __tablename__ = "rota_wish"
    __table_args__ = (UniqueConstraint("rota_id", "need_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rota_id: Mapped[int] = mapped_column(ForeignKey("rota.id", ondelete="CASCADE"))
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    wanted: Mapped[bool]

    need: Mapped[Need] = relationship()
    person: Mapped[Person] = relationship()


class Act(StrEnum):
    """What a coordinator did with a rota, and what the search did with it."""

    FOUND = "found"
    PINNED = "pinned"
    FORBADE = "forbade"
    FREED = "freed"  # took a wish back
    PUT = "put"
    EXCHANGED = "exchanged"
    ACCEPTED = "accepted"
    REFUSED = "refused"  # by a rule, when it was to be accepted
    LEFT_OUT = "left_out"  # pinned, but a rule or another pin stood against it

    @property
    def label(self) -> Any:
        return {
            "found": _l("found by the search"),
            "pinned": _l("pinned"),
            "forbade": _l("not here"),
            "freed": _l("wish taken back"),
            "put": _l("chosen by hand"),
            "exchanged": _l("exchanged"),
            "accepted": _l("accepted"),
            "refused": _l("could not be accepted"),
            "left_out": _l("pinned, but left out since it does not fit"),
        }[self.value]


class Deed(Base):
    """One thing done with one proposal of a rota, or the whole plan as the search left it. Never
    changed."""

    __tablename__ = "rota_deed"

    id: Mapped[int] = mapped_column(primary_key=True)
    rota_id: Mapped[int] = mapped_column(ForeignKey("rota.id", ondelete="CASCADE"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id", ondelete="SET NULL"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    act: Mapped[Act]
    why: Mapped[dict[str, Any]] = mapped_column(JSON)

    need: Mapped[Need | None] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])
