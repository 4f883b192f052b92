"""A real database on both engines, built by the migrations, everything undone after each test."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from xdist.scheduler import LoadScopeScheduling

from app import clock, create_app
from app.extensions import db
from app.feeds.fetches import WAIT
from app.people.models import Person
from app.people.operations import begin_sign_in
from tests.distribution import InGroups, place_in_the_run
from tests.engines import ENGINES, copy_of, fresh_database, going_to


class Browser(FlaskClient):
    """A client whose requests get their own app context, hence their own db.session."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response: TestResponse = Context().run(super().open, *args, **kwargs)
        return response

    def sign_in(self, person: Person) -> Browser:
        """This browser holds a real sign-in of *person*."""
        token = begin_sign_in(person, now=clock.now())
        db.session.commit()
        with self.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return self


def make_app(database_url: str, folder: Path, **environ: str) -> Flask:
    """The app as a test wants it: its own database and folder, no forged-form check."""
    settings = {
        "PUNTE_DATABASE_URL": database_url,
        "PUNTE_DATA": str(folder),
        "PUNTE_SECRET_KEY": "a secret that only tests know, long enough",
        "PUNTE_BASE_URL": "http://127.0.0.1:8000",
        "PUNTE_UID_DOMAIN": "punte.example",
    }
    app = create_app(settings | environ, {"TESTING": True, "WTF_CSRF_ENABLED": False, WAIT: 0})
    app.test_client_class = Browser
    return app


_built: dict[str, Flask] = {}


@pytest.fixture(scope="session", params=ENGINES)
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One app for each engine, its tables built by the migrations."""
    engine: str = request.param
    if engine not in _built:
        app = make_app(fresh_database(engine), tmp_path_factory.mktemp("data"))
        with app.app_context():
            flask_migrate.upgrade()
        _built[engine] = app
    return _built[engine]


@contextmanager
def all_undone(app: Flask) -> Iterator[None]:
    """Whatever is written inside, even committed, was never."""
    with app.app_context(), pytest.MonkeyPatch.context() as monkeypatch:
        connection = db.engine.connect()
        everything = connection.begin()
        monkeypatch.setitem(db.engines, None, connection)
        options = db.session.session_factory.kw
        monkeypatch.setitem(options, "join_transaction_mode", "create_savepoint")
        yield
        db.session.remove()
        everything.rollback()
        connection.close()


@pytest.fixture
def app(migrated: Flask) -> Iterator[Flask]:
    """The app with everything a test writes undone afterwards."""
    with all_undone(migrated):
        yield migrated


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A stranger's browser."""
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


@cache
def migrated_database(engine: str) -> str:
    """A database with all tables and no rows, built by the migrations; only to be copied."""
    with TemporaryDirectory(prefix="punte-tests-") as folder:
        app = make_app(fresh_database(engine), Path(folder))
        with app.app_context():
            flask_migrate.upgrade()
            db.engine.dispose()
    return str(app.config["SQLALCHEMY_DATABASE_URI"])


@cache
def _racing(engine: str) -> Flask:
    """One app for all races on *engine*: its pages are compiled once, and what it asks too."""
    with TemporaryDirectory(prefix="punte-tests-") as folder:
        return make_app(migrated_database(engine), Path(folder))


@pytest.fixture(params=ENGINES)
def racing_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database and a folder of its own, where several threads may really commit."""
    app, address = _racing(request.param), copy_of(migrated_database(request.param))
    settings = replace(app.config["PUNTE"], data=tmp_path, database_url=address)
    theirs = {"PUNTE": settings, "SQLALCHEMY_DATABASE_URI": address}
    before = dict(app.config)
    app.config.update(theirs)
    with app.app_context():
        engine = db.engine
    with going_to(engine, address):
        yield app
    app.config.clear()
    app.config.update(before)


@pytest.fixture
def postgres_app(racing_app: Flask) -> Flask:
    """SQLite has one writer at a time: there nobody can come in between."""
    if not racing_app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        pytest.skip("one writer at a time")
    return racing_app


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no process works alone at the end."""
    items.sort(key=lambda item: place_in_the_run(item.nodeid))


def pytest_collection_finish() -> None:
    """What lives as long as the run is not looked through each time garbage is collected."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # the order is ours
    return InGroups(config, log)


def pytest_sessionfinish() -> None:
    for app in _built.values():
        with app.app_context():
            db.engine.dispose()
