"""A copy of what is held about somebody (GDPR articles 15 and 20): their rows, nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import Column, Table, or_, select

from app.database import Base
from app.extensions import db
from app.i18n import _, in_language
from app.notices.models import Notice
from app.own_data.register import HELD, NOT_SHOWN, Group, Held
from app.people.guardians import child_ids, children_of
from app.people.models import Centre, Person
from app.programme.kinds import LISTED
from app.programme.models import Activity, Meeting
from app.staffing.models import Need

Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One group with its rows by table, the latest first."""

    group: Group
    rows: Mapping[str, list[Row]]


def copy_of(person: Person, *, language: str) -> list[Part]:
    """All that is held about *person*, sessions with their title in *language*; of a protected one
    its time only. Nothing that opens a door, nothing of other people."""
    rows: dict[Group, dict[str, list[Row]]] = {group: {} for group in Group}
    with in_language(language):
        for held in HELD:
            if held.table not in NOT_SHOWN:
                rows[held.group][held.table] = _rows(held, person, language)
        rows[Group.CHILDREN] = _of_children(person, language)
    return [Part(group, found) for group, found in rows.items()]


def as_json(parts: list[Part], *, language: str, made_at: datetime) -> str:
    """The copy for a machine: what, what for, for how long, and the rows."""
    with in_language(language):
        groups = [
            {
                "name": str(part.group.label),
                "what_for": str(part.group.why),
                "kept": str(part.group.how_long),
                **part.rows,
            }
            for part in parts
        ]
    whole = {"made_at": made_at, "groups": groups}
    return json.dumps(whole, default=_plain, ensure_ascii=False, indent=2) + "\n"


def _rows(held: Held, person: Person, language: str) -> list[Row]:
    table = Base.metadata.tables[held.table]
    found = select(table).where(table.c[held.whose] == person.id).order_by(*_latest_first(table))
    if held.table == "notice":
        child = Notice.about["child"].as_integer()
        found = found.where(or_(child.is_(None), child.in_(child_ids(person))))
    named = db.session.execute(found)
    rows = [dict(_named(table, held, row._mapping, language)) for row in named]
    return sorted(rows, key=_session_day, reverse=True)


_OF_CHILDREN = ("enrolment", "booking", "waiting_member")


def _of_children(person: Person, language: str) -> dict[str, list[Row]]:
    """The children for whom *person* decides, and where they have places; of whoever else decides
    for them nothing."""
    children = children_of(person)
    if not children:
        return {}
    found = {"child": [{"name": one.name, "language": one.language} for one in children]}
    for held in HELD:
        if held.table in _OF_CHILDREN:
            found[f"child_{held.table}"] = [
                {"name": one.name, **row} for one in children for row in _rows(held, one, language)
            ]
    return found


def _session_day(row: Row) -> str:
    """Sessions by their time; all else as it was."""
    return row["session"]["starts_at"].isoformat() if "session" in row else ""


def _latest_first(table: Table) -> list[Any]:
    return [column.desc() for column in table.primary_key.columns]


def _named(
    table: Table, held: Held, row: Mapping[Any, Any], language: str
) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        value = row[column]
        if column.name in held.secret or value is None:
            continue
        if column.foreign_keys:
            yield from _pointed_at(column, value, language)
        elif not column.primary_key or column.type.python_type is not int:
            yield column.name, value


def _pointed_at(column: Column[Any], value: int, language: str) -> Iterator[tuple[str, Any]]:
    """What a number stands for, where that is no other person and no inner affair."""
    match next(iter(column.foreign_keys)).column.table.name:
        case "centre":
            yield "centre", db.session.get_one(Centre, value).name
        case "activity":
            yield "activity", _title(db.session.get_one(Activity, value), language)
        case "meeting":
            yield "session", _session(db.session.get_one(Meeting, value), language)
        case "need":
            yield "session", _session(db.session.get_one(Need, value).meeting, language)


def _title(activity: Activity, language: str) -> str:
    return activity.title_in(language) if activity.privacy in LISTED else _("Meeting")


def _session(meeting: Meeting, language: str) -> Row:
    title = _("Meeting") if meeting.is_secret else meeting.title_in(language)
    return {
        "title": title,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "zone": meeting.zone,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)
