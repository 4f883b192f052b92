"""Who knocks at the door: an e-mail address or a telephone that is not yet shown to be theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.people.terms import Role

CODE_LASTS = timedelta(minutes=10)
MOST_TRIES = 5


class Purpose(StrEnum):
    """What a letter to a contact is for."""

    ENTER = "enter"
    NEW_ADDRESS = "new_address"  # somebody who is in says that it is theirs: its code shows it
    OLD_ADDRESS = "old_address"  # it was theirs until now; no code


class Knock(Base):
    """One wish to come in by a code, from one browser, for *contact* (an e-mail address in lower
    case or an E.164 number). Nobody is a person before the code came back.

    With a *name*, *role* and *centre_id* they would like to help there. *browser_hash* is the
    SHA-256 of a secret that only that browser holds. The code and the link are made when the
    letter is written; of the link its SHA-256 is kept, of the code an HMAC under a key that is not
    in the database, since a million codes are soon tried.
    """

    __tablename__ = "knock"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries"),
        CheckConstraint(
            "(name IS NULL) = (role IS NULL) AND (role IS NULL) = (centre_id IS NULL)",
            name="a_wish_is_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact: Mapped[str] = mapped_column(index=True)
    browser_hash: Mapped[str] = mapped_column(index=True)
    language: Mapped[str]
    name: Mapped[str | None]
    role: Mapped[Role | None]
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"))
    code_hash: Mapped[str | None]
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    made_at: Mapped[datetime]
    lapses_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.ENTER, server_default="enter")
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    """Whose old address this is: the letter to it goes when they are erased."""

    @property
    def by_phone(self) -> bool:
        return self.contact.startswith("+")

    def is_open(self, now: datetime) -> bool:
        """Whether its code, if one was sent, still opens."""
        return self.ended_at is None and self.tries < MOST_TRIES and now < self.lapses_at
