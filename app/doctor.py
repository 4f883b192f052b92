"""What an installation should look like, checked from inside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from app.certificates.paper import SYSTEM_PACKAGES, can_make_pdf
from app.extensions import db
from app.health import LATE, health
from app.notices.claiming import anything_parked
from app.notices.devices import with_another_key
from app.notices.relays import resting
from app.notices.webpush import mark_of, public_key
from app.web import settings

# The WAL-reset bug (lost commits with two connections) ends with these versions of SQLite.
_MENDED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))


def complaints() -> list[str]:
    """One sentence for each thing that is not as it should be."""
    found = []
    facts, known = health(), settings()
    if not facts["database"]:
        found.append("The database does not answer.")
    elif not facts["migrations"]:
        found.append("The tables are not the newest: run `flask --app wsgi setup`.")
    if known.is_https is False and "127.0.0.1" not in known.base_url:
        found.append("PUNTE_BASE_URL is not https: passwords would travel readable.")
    if known.is_https and known.proxies == 0:
        found.append(
            "PUNTE_PROXIES is 0, but HTTPS comes from a proxy: everybody would seem to be it, and "
            "share its limit of wrong passwords. Set it to 1."
        )
    if known.mail_from.endswith("@example.org") and known.smtp_url:
        found.append("PUNTE_MAIL_FROM is still the example address.")
    if db.engine.dialect.name == "sqlite" and not _is_mended(sqlite3.sqlite_version_info):
        found.append(
            f"SQLite {sqlite3.sqlite_version} may lose a commit in rare cases (WAL reset): "
            "use 3.51.3 or later, or PostgreSQL."
        )
    if facts["database"] and facts["migrations"]:
        found += _about_sending(facts)
    if not can_make_pdf():
        found.append(f"Certificates cannot be made as PDF: install {', '.join(SYSTEM_PACKAGES)}.")
    return found


def oldest_message() -> str:
    """How long the oldest message that should have left has waited."""
    waits = health()["oldest_due_seconds"]
    return f"The oldest message due waits for {waits} seconds." if waits else "No message waits."


def _about_sending(facts: dict[str, Any]) -> Iterator[str]:
    waits = facts["oldest_due_seconds"]
    if waits >= LATE.total_seconds():
        yield f"The oldest message that should have left waits for {waits // 60} minutes."
    if facts["stuck"]:
        yield f"Workers that do not get on: {facts['stuck']}. Restart them."
    if facts["silent"]:
        yield f"Workers that fell silent: {facts['silent']}. Start `flask --app wsgi worker`."
    for relay in resting():
        yield (
            f"The server {relay.name} {'refuses our letters' if relay.refuses else 'fails'} "
            f"({relay.last_code}); letters wait."
        )
    if strangers := with_another_key(mark_of(public_key(settings().vapid_key))):
        yield (
            f"{strangers} devices know another VAPID key and show nothing: set PUNTE_VAPID_KEY to "
            "that of before, the same on every machine, or people have to press the button again."
        )
    if anything_parked():
        yield "Some messages are of a kind that this version does not know: they wait for a newer."


def _is_mended(version: tuple[int, int, int]) -> bool:
    return version >= (3, 51, 3) or any(
        version[:2] == mended[:2] and version >= mended for mended in _MENDED
    )
