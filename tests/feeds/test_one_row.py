"""A poll asks past the layers: what it reads and answers is the same as through them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, select
from sqlalchemy.exc import OperationalError

from app import clock
from app.extensions import db
from app.feeds.models import FeedLink
from app.feeds.one_row import OneRow
from app.feeds.operations import make_link
from app.people.models import Person
from app.people.queries import hashed
from tests import make
from tests.conftest import Browser

LINK = select(
    FeedLink.id, FeedLink.scope, FeedLink.created_at, FeedLink.fetched_at, Person.is_active
).join(FeedLink.person)
BY_TOKEN: Any = LINK.where(FeedLink.token_hash == bindparam("token_hash"))


def a_link() -> str:
    person = make.person()
    _feed, token = make_link(person, label="telephone", language="ro", now=clock.now())
    db.session.commit()
    return token


def test_the_driver_says_what_the_layers_say(racing_app: Flask) -> None:
    with racing_app.app_context():
        asked = {"token_hash": hashed(a_link())}
        with db.engine.connect() as connection:
            slow = OneRow(BY_TOKEN)(connection, asked)

        quick = OneRow(BY_TOKEN)(db.engine, asked)

        assert vars(quick) == dict(slow._mapping)
        assert quick.created_at.utcoffset() == timedelta()
        assert OneRow(BY_TOKEN)(db.engine, {"token_hash": "unknown"}) is None


def test_after_it_a_connection_begins_transactions_again(racing_app: Flask) -> None:
    """PostgreSQL's is lent without one."""
    with racing_app.app_context():
        token = a_link()
        for _turn in range(12):  # each connection of the pool
            OneRow(BY_TOKEN)(db.engine, {"token_hash": hashed(token)})

        person = db.session.scalars(select(Person)).first()
        assert person is not None
        person.name = "Not kept"
        db.session.flush()
        db.session.rollback()

        assert db.session.scalars(select(Person.name)).first() != "Not kept"


def test_what_the_driver_complains_of_is_said_as_the_layers_say_it(racing_app: Flask) -> None:
    """So that the routes answer programs in the way that these understand."""
    wrong: Any = select(FeedLink.id).where(db.text("no_such_column = 1"))

    with racing_app.app_context(), pytest.raises(OperationalError):
        OneRow(wrong)(db.engine, {})


@pytest.mark.parametrize("gzip", [{}, {"Accept-Encoding": "gzip"}])
@pytest.mark.parametrize("path", ["/calendars/all.ics", "/c/{}.ics"])
def test_a_304_made_beforehand_says_what_one_that_is_put_together_says(
    browser: Browser, gzip: dict[str, str], path: str
) -> None:
    """Of several tags the right one is looked for; the one tag is known at once."""
    address = path.format(a_link())
    browser.get(address, headers=gzip)
    tag = browser.get(address, headers=gzip).headers["ETag"]

    one = browser.get(address, headers=gzip | {"If-None-Match": tag})
    several = browser.get(address, headers=gzip | {"If-None-Match": f'"other", {tag}'})

    assert one.status_code == several.status_code == 304
    for answer in (one, several):
        del answer.headers["Date"]
    assert dict(one.headers) == dict(several.headers)
