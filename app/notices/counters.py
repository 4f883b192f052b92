"""How much left on a day: one row of each person and of each centre, so that nobody counts the
outbox. Whoever reads a row here holds it against other workers until the commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db
from app.notices.models import CentrePace, Pace
from app.notices.timing import day_in
from app.people.models import Centre, Person

Row = TypeVar("Row", Pace, CentrePace)
APART = timedelta(hours=1)
"""Between two letters to one person that could have waited."""


def make_sure(people: Collection[int], *, now: datetime) -> None:
    """There is a row of each of them and of each of their centres. Commits, and comes before any
    is held: two workers may find at once that one was not there."""
    theirs = Person.id.in_(people)
    centres = select(Person.home_centre_id).where(theirs)
    without = select(Person.id, Person.zone).outerjoin(Pace, Pace.person_id == Person.id)
    centres_without = select(Centre.id, Centre.zone).outerjoin(
        CentrePace, CentrePace.centre_id == Centre.id
    )
    new = {"letters": 0, "urgent": 0, "invitations": 0, "last_at": now - APART}
    _make(Pace, "person_id", without.where(theirs, Pace.person_id.is_(None)), new, now)
    missing = centres_without.where(Centre.id.in_(centres), CentrePace.centre_id.is_(None))
    _make(CentrePace, "centre_id", missing, {"letters": 0, "parts": 0}, now)
    db.session.commit()


def _make(
    counter: type[Pace] | type[CentrePace],
    key: str,
    missing: Select[int, str],
    new: dict[str, object],
    now: datetime,
) -> None:
    rows = [
        {key: number, "day": day_in(now, ZoneInfo(zone)), **new}
        for number, zone in sorted(db.session.execute(missing).all())
    ]
    if rows:
        dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
        db.session.execute(dialect.insert(counter).values(rows).on_conflict_do_nothing())


def paces_of(people: Iterable[Person], *, now: datetime) -> dict[int, Pace]:
    """Person (id) -> what left for them on this day of theirs; held."""
    today = {one.id: day_in(now, one.tz) for one in people}
    held = select(Pace).where(Pace.person_id.in_(today)).order_by(Pace.person_id)
    paces = db.session.scalars(_for_update(held)).all()
    for pace in paces:
        if pace.day != today[pace.person_id]:
            pace.day = today[pace.person_id]
            pace.letters = pace.urgent = pace.invitations = 0
    return {pace.person_id: pace for pace in paces}


def centre_paces_of(centres: Collection[int], *, now: datetime) -> dict[int, CentrePace]:
    """Centre (id) -> what left for its people on this day there; held."""
    found = db.session.scalars(select(Centre).where(Centre.id.in_(centres)))
    today = {one.id: day_in(now, one.tz) for one in found}
    held = select(CentrePace).where(CentrePace.centre_id.in_(today)).order_by(CentrePace.centre_id)
    paces = db.session.scalars(_for_update(held)).all()
    for pace in paces:
        if pace.day != today[pace.centre_id]:
            pace.day, pace.letters, pace.parts = today[pace.centre_id], 0, 0
    return {pace.centre_id: pace for pace in paces}


def _for_update(rows: Select[Row]) -> Select[Row]:
    return rows.with_for_update().execution_options(populate_existing=True)
