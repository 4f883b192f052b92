"""Extensions are created here and bound to an app by the factory."""

from __future__ import annotations

from typing import Literal

from flask import Flask
from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import InvalidRequestError

from app.database import Base, UTCDateTime
from app.i18n import _l
from app.refusal import Refusal


class Gone(Refusal):
    message = _l("This is no longer there: somebody removed it a moment ago.")


def plain_type(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our own types into migrations as SQLAlchemy's, so that they never import the app."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UTCDateTime) else False


db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate(render_item=plain_type)
login = LoginManager()
csrf = CSRFProtect()
babel = Babel()


def init_app(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db)
    login.init_app(app)
    csrf.init_app(app)


def lock(row: object) -> None:
    """Hold *row* until the transaction ends, with what it says now.

    Always in the order person, activity, meeting, room, need, so that clicks cannot deadlock; and
    not against rows that merely point here (FOR NO KEY UPDATE), such as a message to the person.
    Raises `Gone` where somebody removed it, or it is a person who was erased.
    """
    db.session.flush()  # a refresh would throw away what was changed and not yet written
    try:
        db.session.refresh(row, with_for_update={"of": type(row), "key_share": True})
    except InvalidRequestError as nothing:
        raise Gone from nothing
    if getattr(row, "erased_at", None) is not None:
        raise Gone
