"""The register of volunteers of a centre (Law 78/2014): on paper, and as a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from werkzeug import Response as Redirect

from app import clock
from app.approval.queries import volunteer_contracts
from app.i18n import _l
from app.people.access import confirm_first
from app.people.current import staff
from app.people.models import Centre, Person
from app.people.papers import Contract
from app.people.queries import centres_of
from app.people.terms import STAFF, Stage
from app.presence.models import Presence
from app.presence.queries import attended_at

bp = Blueprint("register", __name__)

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True)
class Row:
    """One contract of the register, with its running number and the minutes attended under it."""

    number: int
    contract: Contract
    person: Person
    stage: Stage
    minutes: int


@dataclass(frozen=True)
class Column:
    """One column: its heading, and what a row says in it."""

    label: Any
    says: Callable[[Row], Any]


COLUMNS: list[Column] = [
    Column(_l("No."), lambda row: row.number),
    Column(_l("Name"), lambda row: row.person.name),
    Column(_l("Contract"), lambda row: row.contract.number),
    Column(_l("Signed on"), lambda row: row.contract.signed_on),
    Column(_l("First day"), lambda row: row.contract.valid_from),
    Column(_l("Last day"), lambda row: row.contract.valid_until),
    Column(_l("Role sheet"), lambda row: row.contract.role_sheet_on),
    Column(_l("Safety sheet"), lambda row: row.contract.safety_sheet_on),
    Column(_l("Stage"), lambda row: row.stage.label),
    Column(_l("Hours"), lambda row: f"{row.minutes // 60}:{row.minutes % 60:02d}"),
]


@bp.get("/volunteer-register")
def volunteers() -> str:
    """Every volunteer contract of one centre, as it was signed."""
    centre = _asked_centre()
    return render_template(
        "approval/register.html",
        centre=centre,
        centres=centres_of(staff(), *STAFF),
        columns=COLUMNS,
        rows=rows_of(centre),
        today=_today(centre),
    )


@bp.get("/volunteer-register/file")
def spreadsheet() -> Response | Redirect:
    """The same as CSV; the password is asked first, for a file goes astray easily."""
    centre = _asked_centre()
    if (elsewhere := confirm_first()) is not None:
        return elsewhere
    written = as_csv([[str(column.label) for column in COLUMNS], *_cells(centre)])
    name = f"register-{_today(centre).isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written, mimetype="text/csv", headers=headers)


def rows_of(centre: Centre) -> list[Row]:
    """As far as whoever asks may know of the hours; those of protected sessions are their own."""
    stays = attended_at(centre, seen_by=staff(), now=clock.now())
    return [
        Row(
            number,
            contract,
            person,
            stage or Stage.LEFT,
            _minutes_under(contract, stays.get(person.id, ()), centre),
        )
        for number, (contract, person, stage) in enumerate(volunteer_contracts(centre), start=1)
    ]


def _minutes_under(contract: Contract, stays: Iterable[Presence], centre: Centre) -> int:
    return sum(
        one.minutes
        for one in stays
        if one.starts_at and contract.covers(one.starts_at.astimezone(centre.tz).date())
    )


def as_csv(rows: list[list[str]]) -> str:
    """RFC 4180, with a mark at the beginning by which spreadsheets know UTF-8; no cell becomes a
    formula."""
    out = io.StringIO()
    csv.writer(out).writerows([[harmless(cell) for cell in row] for row in rows])
    return "\ufeff" + out.getvalue()


def harmless(cell: str) -> str:
    """*cell*, with an apostrophe before what would be reckoned with."""
    return (
        f"'{cell}"
        if cell.lstrip(" \u00a0\ufeff").startswith(FORMULA) or cell.startswith(FORMULA)
        else cell
    )


def _cells(centre: Centre) -> list[list[str]]:
    return [[as_text(column.says(row)) for column in COLUMNS] for row in rows_of(centre)]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _asked_centre() -> Centre:
    """The one that the address asks for, of one's own; else one's home, else the first."""
    mine = centres_of(staff(), *STAFF)
    wanted, home = request.args.get("centre"), staff().home_centre_id
    if wanted is not None:
        return next((one for one in mine if one.code == wanted), None) or abort(404)
    return next((one for one in mine if one.id == home), mine[0])


def _today(centre: Centre) -> date:
    return clock.now().astimezone(centre.tz).date()
