"""The outbox."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.people.models import Person


class Kind(StrEnum):
    """One member per letter in ``templates/letters``."""

    REMINDER = "reminder"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    SERIES_CHANGED = "series_changed"
    TERM_PUBLISHED = "term_published"
    RELEASED = "released"
    EXPECTED_AGAIN = "expected_again"
    ADDED = "added"
    ENROLLED = "enrolled"
    REMOVED = "removed"
    OFFER = "offer"
    OFFER_ANSWERED = "offer_answered"
    PLACE_REQUESTED = "place_requested"
    PLACE_TAKEN = "place_taken"
    PLACE_CONFIRMED = "place_confirmed"
    PLACE_REFUSED = "place_refused"
    PLACE_GIVEN_UP = "place_given_up"
    PLACE_ENDED = "place_ended"
    STAND_IN_WANTED = "stand_in_wanted"
    STAND_IN_MISSING = "stand_in_missing"
    STAND_IN_FOUND = "stand_in_found"
    NOBODY_LEFT = "nobody_left"
    SWAP_PROPOSED = "swap_proposed"
    SWAP_REFUSED = "swap_refused"
    SWAPPED = "swapped"
    STAGE_CHANGED = "stage_changed"
    PAPERS_END = "papers_end"
    CERTIFICATE_ASKED = "certificate_asked"
    CERTIFICATE_READY = "certificate_ready"
    PASSWORD = "password"
    CODE = "code"
    APPLIED = "applied"

    @property
    def label(self) -> Any:
        return _LABELS[self]

    @property
    def may_repeat(self) -> bool:
        """Whether to send again, under the same Message-ID, what a crash left unclear."""
        return self not in (Kind.PASSWORD, Kind.CODE)

    @property
    def is_awaited(self) -> bool:
        """Whether somebody sits and waits for it, at night too."""
        return self in (Kind.PASSWORD, Kind.CODE)


_LABELS = {
    Kind.REMINDER: _l("a reminder"),
    Kind.MOVED: _l("a session was moved"),
    Kind.CANCELLED: _l("a session was cancelled"),
    Kind.RESTORED: _l("a session takes place after all"),
    Kind.SERIES_CHANGED: _l("several sessions changed"),
    Kind.TERM_PUBLISHED: _l("a new programme was published"),
    Kind.EXPECTED_AGAIN: _l("somebody is expected after all"),
    Kind.RELEASED: _l("a session was moved to where somebody is expected elsewhere"),
    Kind.ADDED: _l("one more session"),
    Kind.ENROLLED: _l("a place was given"),
    Kind.REMOVED: _l("a place ended"),
    Kind.OFFER: _l("we ask for help"),
    Kind.OFFER_ANSWERED: _l("an offer was answered"),
    Kind.PLACE_REQUESTED: _l("somebody asks for a place"),
    Kind.PLACE_TAKEN: _l("somebody took a place"),
    Kind.PLACE_CONFIRMED: _l("a place was confirmed"),
    Kind.PLACE_REFUSED: _l("a place was not given"),
    Kind.PLACE_GIVEN_UP: _l("somebody gave a place up"),
    Kind.PLACE_ENDED: _l("a place could not be kept"),
    Kind.STAND_IN_WANTED: _l("somebody looks for a stand-in"),
    Kind.STAND_IN_MISSING: _l("no stand-in was found yet"),
    Kind.STAND_IN_FOUND: _l("a stand-in was found"),
    Kind.NOBODY_LEFT: _l("nobody is left to ask"),
    Kind.SWAP_PROPOSED: _l("a swap is proposed"),
    Kind.SWAP_REFUSED: _l("a swap was refused"),
    Kind.SWAPPED: _l("two places were swapped"),
    Kind.STAGE_CHANGED: _l("an answer to who would like to help"),
    Kind.PAPERS_END: _l("a contract or a check ends"),
    Kind.CERTIFICATE_ASKED: _l("somebody asks for a certificate"),
    Kind.CERTIFICATE_READY: _l("a certificate is ready"),
    Kind.PASSWORD: _l("a link for the password"),
    Kind.CODE: _l("a code to sign in"),
    Kind.APPLIED: _l("somebody would like to help"),
}


class State(StrEnum):
    """``pending → claimed → sending → sent``; a retry is pending again, later."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"  # no longer true when its turn came
    FAILED = "failed"  # somebody must telephone
    EXPIRED = "expired"  # too late to be of use: somebody must telephone
    TOLD = "told"  # somebody did


UNSENT = (State.PENDING, State.CLAIMED, State.SENDING)
TO_CALL = (State.FAILED, State.EXPIRED)


class Notice(Base):
    """One message owed to one person. *key* makes owing it twice impossible.

    It holds no words: the letter is written when it leaves, from what is true then. *about* names
    rows by id. A *confidential* one concerns a protected meeting and is shown to nobody else.
    *responsible* is who must know if it could not be delivered. *due_at* stays what it was; a retry
    moves *next_try_at* only, so that the age of what waits can be seen. Only a code goes to a
    contact of which nobody has shown yet whose it is: it has no *person*.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "key"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("person_id IS NOT NULL OR kind = 'code'", name="somebody_reads_it"),
        Index(
            "ix_notice_unsent",
            "next_try_at",
            "id",
            sqlite_where=text("state IN ('pending', 'claimed', 'sending')"),
            postgresql_where=text("state IN ('pending', 'claimed', 'sending')"),
        ),
        Index("ix_notice_state_failed_at", "state", "failed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), nullable=True
    )
    responsible_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[Kind]
    key: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(JSON)
    confidential: Mapped[bool] = mapped_column(default=False)
    posted_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    state: Mapped[State] = mapped_column(default=State.PENDING)
    claim: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_code: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="joined")
    responsible: Mapped[Person | None] = relationship(foreign_keys=[responsible_id])
