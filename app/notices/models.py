"""The outbox."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.notices.channels import Channel
from app.people.models import Person


class Kind(StrEnum):
    """One member per letter in ``templates/letters``."""

    REMINDER = "reminder"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    SERIES_CHANGED = "series_changed"
    TERM_PUBLISHED = "term_published"
    ASKED_FOR = "asked_for"
    RELEASED = "released"
    EXPECTED_AGAIN = "expected_again"
    ADDED = "added"
    ENROLLED = "enrolled"
    REMOVED = "removed"
    PLACE_OFFERED = "place_offered"
    OFFER_LAPSED = "offer_lapsed"
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
    WEEKLY_PLAN = "weekly_plan"
    INVITATION = "invitation"
    MORNING_SUMMARY = "morning_summary"
    PASSWORD = "password"
    CODE = "code"
    APPLIED = "applied"
    SIGNED_OUT = "signed_out"

    @property
    def label(self) -> Any:
        return _LABELS[self]

    @property
    def may_repeat(self) -> bool:
        """Whether to send again, under the same Message-ID, what a crash left unclear."""
        return self not in (Kind.PASSWORD, Kind.CODE)

    @property
    def only_by_mail(self) -> bool:
        """Whether it is for a mailbox: a link to come in, or a session for a calendar program."""
        return self in (Kind.PASSWORD, Kind.CODE, Kind.INVITATION)

    @property
    def is_awaited(self) -> bool:
        """Whether somebody sits and waits for it, at night too."""
        return self in (Kind.PASSWORD, Kind.CODE)

    @property
    def topic(self) -> Topic | None:
        """What one may say no to with it; None where that would keep somebody out: of the house, or
        of a place for which they wait."""
        return _TOPICS.get(self)

    @property
    def is_called_for(self) -> bool:
        """Whether somebody telephones where no letter arrives; not for what one knows anyway."""
        return self.topic not in (Topic.PLAN, Topic.INVITATIONS, Topic.SUMMARY)

    @property
    def asks(self) -> bool:
        """Whether somebody waits for a yes or a no."""
        return self in (Kind.OFFER, Kind.PLACE_OFFERED, Kind.SWAP_PROPOSED)

    @property
    def must_be_heard(self) -> bool:
        """Whether who does not hear of it in time stands before a closed door, or is missing."""
        return self.topic in (Topic.CHANGES, Topic.PLACES)


_LABELS = {
    Kind.REMINDER: _l("a reminder"),
    Kind.MOVED: _l("a session was moved"),
    Kind.CANCELLED: _l("a session was cancelled"),
    Kind.RESTORED: _l("a session takes place after all"),
    Kind.SERIES_CHANGED: _l("several sessions changed"),
    Kind.TERM_PUBLISHED: _l("a new programme was published"),
    Kind.ASKED_FOR: _l("what somebody asked for is there"),
    Kind.EXPECTED_AGAIN: _l("somebody is expected after all"),
    Kind.RELEASED: _l("a session was moved to where somebody is expected elsewhere"),
    Kind.ADDED: _l("one more session"),
    Kind.ENROLLED: _l("a place was given"),
    Kind.REMOVED: _l("a place ended"),
    Kind.PLACE_OFFERED: _l("a place is free for whoever waited"),
    Kind.OFFER_LAPSED: _l("a free place went to the next"),
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
    Kind.WEEKLY_PLAN: _l("the plan of a week"),
    Kind.INVITATION: _l("a session for the calendar"),
    Kind.MORNING_SUMMARY: _l("what today and tomorrow need"),
    Kind.PASSWORD: _l("a link for the password"),
    Kind.CODE: _l("a code to sign in"),
    Kind.APPLIED: _l("somebody would like to help"),
    Kind.SIGNED_OUT: _l("somebody was signed out everywhere"),
}


class Topic(StrEnum):
    """The sorts of messages that one may want or not, in the order in which they are asked for."""

    REMINDERS = "reminders"
    CHANGES = "changes"
    PLACES = "places"
    REQUESTS = "requests"
    PLAN = "plan"
    INVITATIONS = "invitations"
    NEWS = "news"
    TASKS = "tasks"
    SUMMARY = "summary"

    @property
    def label(self) -> Any:
        return _TOPIC_LABELS[self]

    @property
    def for_staff(self) -> bool:
        return self in (Topic.TASKS, Topic.SUMMARY)


_TOPIC_LABELS = {
    Topic.REMINDERS: _l("Reminders of sessions"),
    Topic.CHANGES: _l("A session is moved or cancelled"),
    Topic.PLACES: _l("News about my places"),
    Topic.REQUESTS: _l("Questions whether I can help"),
    Topic.PLAN: _l("My plan of the week"),
    Topic.INVITATIONS: _l("My sessions as invitations for my calendar"),
    Topic.NEWS: _l("New programmes, certificates, papers that end"),
    Topic.TASKS: _l("What volunteers and mediators answer"),
    Topic.SUMMARY: _l("What today and tomorrow need, each morning"),
}
_KINDS = {
    Topic.REMINDERS: (Kind.REMINDER,),
    Topic.CHANGES: (
        Kind.MOVED,
        Kind.CANCELLED,
        Kind.RESTORED,
        Kind.SERIES_CHANGED,
        Kind.RELEASED,
        Kind.EXPECTED_AGAIN,
        Kind.ADDED,
    ),
    Topic.PLACES: (
        Kind.ENROLLED,
        Kind.REMOVED,
        Kind.OFFER_LAPSED,
        Kind.PLACE_CONFIRMED,
        Kind.PLACE_REFUSED,
        Kind.PLACE_ENDED,
        Kind.STAND_IN_FOUND,
        Kind.SWAP_REFUSED,
        Kind.SWAPPED,
    ),
    Topic.REQUESTS: (Kind.OFFER, Kind.SWAP_PROPOSED),
    Topic.PLAN: (Kind.WEEKLY_PLAN,),
    Topic.INVITATIONS: (Kind.INVITATION,),
    Topic.NEWS: (
        Kind.TERM_PUBLISHED,
        Kind.ASKED_FOR,
        Kind.CERTIFICATE_READY,
        Kind.PAPERS_END,
        Kind.STAGE_CHANGED,
    ),
    Topic.TASKS: (
        Kind.OFFER_ANSWERED,
        Kind.PLACE_REQUESTED,
        Kind.PLACE_TAKEN,
        Kind.PLACE_GIVEN_UP,
        Kind.STAND_IN_WANTED,
        Kind.STAND_IN_MISSING,
        Kind.NOBODY_LEFT,
        Kind.CERTIFICATE_ASKED,
        Kind.APPLIED,
    ),
    Topic.SUMMARY: (Kind.MORNING_SUMMARY,),
}
_TOPICS = {kind: topic for topic, kinds in _KINDS.items() for kind in kinds}


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
    GIVEN_UP = "given_up"  # somebody on the staff decided that nobody needs to hear it: unread


UNSENT = (State.PENDING, State.CLAIMED, State.SENDING)
TO_CALL = (State.FAILED, State.EXPIRED)


class Notice(Base):
    """One message owed to one person. *key* makes owing it twice impossible.

    It holds no words: the letter is written when it leaves, from what is true then. *about* names
    rows by id. A *confidential* one concerns a protected meeting and is shown to nobody else.
    *responsible* is who must know if it could not be delivered. *due_at* stays what it was; a retry
    moves *next_try_at* only, so that the age of what waits can be seen. While a worker holds it,
    *next_try_at* is the end of its lease, when the next one may take it. Only a code goes to a
    contact of which nobody has shown yet whose it is: it has no *person*. An *urgent* one waits
    for no others. *letter* is the ref of the notice under whose Message-ID it left, with others.
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
        Index(
            "ix_notice_unsent_due_at",
            "due_at",
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
    urgent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    letter: Mapped[str | None]
    via: Mapped[Channel | None]
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


class Unwanted(Base):
    """A sort of messages that somebody does not want."""

    __tablename__ = "unwanted"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    topic: Mapped[Topic] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class Silence(Base):
    """Silent contact: nothing leaves for this person, and nobody calls them, until it is ended.
    Why is not kept."""

    __tablename__ = "silence"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


class Pace(Base):
    """How many letters left for somebody on a *day* of theirs, and when the last of those that
    could have waited did: so that nobody needs to count the outbox. *invitations* are counted
    apart."""

    __tablename__ = "pace"
    __table_args__ = (CheckConstraint("letters >= 0 AND urgent >= 0", name="counts"),)

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date]
    letters: Mapped[int]
    urgent: Mapped[int]
    invitations: Mapped[int] = mapped_column(default=0, server_default="0")
    last_at: Mapped[datetime]


class CentrePace(Base):
    """How many letters left for the people of a centre on a *day* there, and how many *parts* of
    short messages were charged for."""

    __tablename__ = "centre_pace"
    __table_args__ = (
        CheckConstraint("letters >= 0", name="letters"),
        CheckConstraint("parts >= 0", name="parts"),
    )

    centre_id: Mapped[int] = mapped_column(
        ForeignKey("centre.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date]
    letters: Mapped[int]
    parts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
