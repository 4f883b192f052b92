"""``GET /healthz``: whether the house stands, for whoever watches it."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Response

from app import clock
from app.extensions import db
from app.notices.queries import oldest_due
from app.notices.workers import watch
from app.people.access import public

bp = Blueprint("health", __name__)
LATE = timedelta(minutes=15)


@bp.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """Database, migrations, the age in seconds of the oldest message that should have left, and
    who sends."""
    facts = health()
    return jsonify(facts), 200 if facts["ok"] else 503


def health() -> dict[str, Any]:
    facts: dict[str, Any] = {"database": False, "migrations": False, "oldest_due_seconds": None}
    well = False
    try:
        facts["migrations"] = _present_revision() == _newest_revision()
        facts["database"] = True
        now = clock.now()
        due = oldest_due(now=now)
        facts["oldest_due_seconds"] = round((now - due).total_seconds()) if due else 0
        sending = watch(now=now)
        facts |= {"workers": sending.working, "stuck": sending.stuck, "silent": sending.silent}
        facts["resting_servers"] = len(sending.resting)
        nobody_works = sending.silent and not sending.working
        well = not (sending.stuck or sending.refused or nobody_works)
    except SQLAlchemyError:
        current_app.logger.exception("the database does not answer")
        db.session.rollback()
    waited = facts["oldest_due_seconds"]
    facts["ok"] = bool(
        facts["database"]
        and facts["migrations"]
        and waited is not None
        and waited < LATE.total_seconds()
        and well
    )
    return facts


def _present_revision() -> str | None:
    return MigrationContext.configure(db.session.connection()).get_current_revision()


@cache
def _newest_revision() -> str | None:
    folder = current_app.extensions["migrate"].directory
    return ScriptDirectory(folder).get_current_head()
