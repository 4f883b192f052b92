"""Owing somebody the letter with which they choose a password. Operations never commit."""

from __future__ import annotations

from datetime import datetime

from app.notices.models import Kind
from app.notices.operations import post
from app.people.models import Person
from app.people.queries import person_by_email


def invite(person: Person, *, by: Person, now: datetime) -> None:
    """A letter with a link that lasts for a week. Without an e-mail address: nothing to send."""
    if person.email is not None:
        post(
            person,
            Kind.PASSWORD,
            f"invited:{now.isoformat()}",
            now=now,
            about={"invited": True},
            responsible=by,
            confidential=True,
        )


def forgotten(email: str, *, now: datetime) -> None:
    """The same for known and unknown addresses: whoever can read the mail gets a new link.

    At most one letter a minute for each person.
    """
    person = person_by_email(email)
    if person is not None and person.is_active:
        minute = now.replace(second=0, microsecond=0)
        post(
            person,
            Kind.PASSWORD,
            f"forgotten:{minute.isoformat()}",
            now=now,
            about={"invited": False},
            confidential=True,
        )
