"""The demonstration: three centres, their people and twelve weeks of life, always the same."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select

from app.demo.centre import fill_centres
from app.demo.national import fill_national
from app.demo.people import PASSWORD, SHOWN
from app.extensions import db
from app.people.models import Person


def fill(size: str, *, today: date | None, now: datetime) -> bool:
    """Fill an empty database, planning from *today* on; False where people are known already.

    *size* ``centre``: three centres, about 40 people, twelve weeks. ``national``: tens of thousands
    of meetings and people besides, for measurements. The same day gives the same data. Commits.
    """
    if db.session.scalars(select(func.count(Person.id))).one():
        return False
    fill_centres(today or now.date(), now=now)
    if size == "national":
        fill_national(today or now.date(), now=now)
    db.session.commit()
    return True


def accounts() -> list[str]:
    """One line for each role that can be tried, if the demonstration is what the database holds."""
    known = set(db.session.scalars(select(Person.email).where(Person.email.in_(SHOWN.values()))))
    lines = [f"{role:<24} {email}" for role, email in SHOWN.items() if email in known]
    return [*lines, f"password of all of them: {PASSWORD}"] if lines else []
