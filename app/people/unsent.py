"""What somebody sent after time had closed their sign-in: it waits, sealed, until they are back.

The row holds neither words nor a key to them. Half of the secret is in the cookie of the browser
that sent it, so the database alone opens nothing; it is given back to the same person only, and is
gone after a quarter of an hour. Nothing here commits.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.extensions import db
from app.people.models import Person
from app.people.queries import hashed

KEPT_FOR = timedelta(minutes=15)
MOST_LETTERS = 50_000


class Unsent(Base):
    """One form, sealed. Of each person the last only."""

    __tablename__ = "unsent"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[str]
    lapses_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Typed:
    """A form as it was sent: to which *path*, and each field with what it says."""

    path: str
    fields: list[tuple[str, str]]


def keep_unsent(person: Person, typed: Typed, *, now: datetime) -> str | None:
    """The secret with which *person* gets it back; None where it is too long to be kept."""
    words = json.dumps([typed.path, typed.fields])
    if len(words) > MOST_LETTERS:
        return None
    db.session.execute(delete(Unsent).where(Unsent.person_id == person.id))
    token = secrets.token_urlsafe(32)
    row = Unsent(
        token_hash=hashed(token),
        person_id=person.id,
        sealed=_seal(token, words),
        lapses_at=now + KEPT_FOR,
    )
    db.session.add(row)
    db.session.flush()
    return token


def unsent_of(person: Person, token: str, *, now: datetime) -> Typed | None:
    """What *person* had typed; None for anybody else, and when its time is over."""
    found = select(Unsent).where(
        Unsent.token_hash == hashed(token), Unsent.person_id == person.id, Unsent.lapses_at > now
    )
    row = db.session.scalars(found).one_or_none()
    if row is None:
        return None
    path, fields = json.loads(_open(token, row.sealed))
    return Typed(path, [(name, words) for name, words in fields])


def throw_away(token: str) -> None:
    """Nothing is left of it; twice is harmless."""
    db.session.execute(delete(Unsent).where(Unsent.token_hash == hashed(token)))


def forget_unsent(*, now: datetime) -> None:
    """Whoever did not come back in time types it anew."""
    db.session.execute(delete(Unsent).where(Unsent.lapses_at <= now))


def _seal(token: str, words: str) -> str:
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_key(token)).encrypt(nonce, words.encode(), None)
    return b64encode(nonce + sealed).decode()


def _open(token: str, sealed: str) -> str:
    whole = b64decode(sealed)
    return AESGCM(_key(token)).decrypt(whole[:12], whole[12:], None).decode()


def _key(token: str) -> bytes:
    """Another hash than the one by which the row is found."""
    return sha256(b"unsent:" + token.encode()).digest()
