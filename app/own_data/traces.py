"""What would be left of somebody outside the tables: letters in a folder, the journal of a file."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.config import Settings
from app.database import without_transaction
from app.extensions import db
from app.people.models import Person


def contacts_of(person: Person) -> frozenset[str]:
    """By which letters in a folder name them; to be read before they are erased."""
    return frozenset(filter(None, (person.email, person.phone, person.sign_in_phone)))


def forget_letters(contacts: Collection[str], settings: Settings) -> None:
    """Letters to them that lie in a folder of this machine go; after the commit."""
    words = [contact.encode() for contact in contacts]
    for file in (*settings.mail_folder.glob("*.eml"), *settings.sms_folder.glob("*.txt")):
        if any(word in file.read_bytes() for word in words):
            file.unlink(missing_ok=True)


def empty_journal() -> None:
    """SQLite's log holds old pages until it begins anew; whoever still reads puts that off until
    the next time. PostgreSQL cleans up by itself."""
    engine = db.engine.engine
    if engine.dialect.name == "sqlite":
        with suppress(OperationalError), without_transaction(engine) as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
