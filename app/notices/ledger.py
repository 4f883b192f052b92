"""What happened to messages on their way: each try, each deed of the staff, the servers they go
through, the workers that send them, and the addresses that take no letters."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, new_ref
from app.i18n import _l
from app.notices.channels import Channel
from app.people.models import Person


class Outcome(StrEnum):
    """How one try ended."""

    SENT = "sent"
    LATER = "later"
    ADDRESS_REFUSED = "address_refused"
    LETTER_REFUSED = "letter_refused"
    MAIL_REFUSED = "mail_refused"  # our settings or our reputation
    UNKNOWN = "unknown"  # the server fell silent after the whole letter was given
    CRASHED = "crashed"  # whoever sent it was gone before it could say how it ended
    BOUNCED = "bounced"  # taken first, given back later
    DELAYED = "delayed"
    COMPLAINED = "complained"

    @property
    def label(self) -> Any:
        return _OUTCOMES[self]


_OUTCOMES = {
    Outcome.SENT: _l("it was taken"),
    Outcome.LATER: _l("it did not pass this time"),
    Outcome.ADDRESS_REFUSED: _l("the address was refused"),
    Outcome.LETTER_REFUSED: _l("this message was refused"),
    Outcome.MAIL_REFUSED: _l("all our messages were refused"),
    Outcome.UNKNOWN: _l("nobody knows whether it was taken"),
    Outcome.CRASHED: _l("sending broke off"),
    Outcome.BOUNCED: _l("it came back"),
    Outcome.DELAYED: _l("it is still on its way"),
    Outcome.COMPLAINED: _l("its reader does not want such messages"),
}


class Attempt(Base):
    """One try to send one message; without an end while it lasts. *stage* and *code* are those of
    the conversation with the server, never its words; of a message that was taken, *code* is the
    number that a gateway gave it. Kept for 90 days."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), index=True)
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL, server_default="email")
    worker: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    stage: Mapped[str | None]
    code: Mapped[str | None]
    outcome: Mapped[Outcome | None]


class Deed(StrEnum):
    """What somebody on the staff did about a message that could not be delivered."""

    SENT_AGAIN = "sent_again"
    TELEPHONED = "telephoned"
    GIVEN_UP = "given_up"

    @property
    def label(self) -> Any:
        return _DEEDS[self]


_DEEDS = {
    Deed.SENT_AGAIN: _l("sent it again"),
    Deed.TELEPHONED: _l("told them"),
    Deed.GIVEN_UP: _l("gave it up"),
}


class NoticeDeed(Base):
    """Who did what about a message that could not be delivered, and when."""

    __tablename__ = "notice_deed"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), index=True)
    deed: Mapped[Deed]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    by: Mapped[Person | None] = relationship()


class Relay(Base):
    """A server that letters go through, as all workers together know it.

    After too many *failures* in a row it rests until *rests_until*; then one worker tries one
    letter. *refuses*: it answers, but wants none of our letters; somebody must look at that.
    """

    __tablename__ = "relay"

    name: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    refuses: Mapped[bool] = mapped_column(default=False)
    last_code: Mapped[str | None]


class Worker(Base):
    """One running ``flask worker``. It says every few seconds that it lives (*seen_at*), and when
    its sending last took a step (*moved_at*)."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True, default=new_ref)
    machine: Mapped[str]
    process: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    moved_at: Mapped[datetime]


class Stop(StrEnum):
    """Why no letters go to an address any more."""

    REFUSED = "refused"  # the server said so at once
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    NO_NUMBER = "no_number"

    @property
    def label(self) -> Any:
        return _STOPS[self]


_STOPS = {
    Stop.REFUSED: _l("The mail server says that this address does not exist."),
    Stop.BOUNCED: _l("A message came back: this address does not exist any more."),
    Stop.COMPLAINED: _l("They told their mail program that they do not want our messages."),
    Stop.NO_NUMBER: _l("Short messages: this number does not exist."),
}


class StoppedAddress(Base):
    """No letters go to this address, or E.164 number, of this person, until they have another one
    or somebody on the staff says that it works (*ended_at*, *ended_by*)."""

    __tablename__ = "stopped_address"
    __table_args__ = (
        UniqueConstraint("ref"),
        Index(
            "ix_stopped_address_one_at_a_time",
            "person_id",
            "address",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(default=new_ref)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    address: Mapped[str]
    why: Mapped[Stop]
    code: Mapped[str | None]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="joined", innerjoin=True)
