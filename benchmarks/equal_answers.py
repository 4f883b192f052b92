"""How well a stranger with a watch can tell addresses that we know from those that we do not.

At each door requests for known and unknown addresses take turns, on a database of each engine.
``auc`` is the chance that a known one took longer than an unknown one: 0.5 tells nothing. Beside it
stands ``auc_itself``, the same of two lots of unknown ones: what chance alone makes of so few.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import flask_migrate
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.extensions import db
from app.people.models import Person
from app.people.passwords import hash_password
from app.people.terms import Role
from tests import make
from tests.conftest import make_app
from tests.engines import ENGINES, fresh_database

ASKED = int(os.environ.get("PUNTE_BENCH_ASKED", "500"))
"""Requests of each lot at each door."""
KNOWN, UNKNOWN, AGAIN = "known", "unknown", "again"
Door = Callable[[FlaskClient, str], object]
_network = count(1)


def main() -> None:
    for engine in ENGINES:
        with TemporaryDirectory() as folder:
            app = make_app(fresh_database(engine), Path(folder), PUNTE_PROXIES="1")
            course = _furnish(app)
            for name, door in _doors(course):
                _print(f"{name}_{engine}", _asked(app, door))
            with app.app_context():
                db.engine.dispose()


def _furnish(app: Flask) -> str:
    """Somebody for each known address, and a course; its name in addresses."""
    with app.app_context():
        flask_migrate.upgrade()
        here, kept = make.centre(code="here"), hash_password("the footbridge over the river")
        course = make.activity(centre=here)
        make.meeting(activity=course, starts_at=clock.now().replace(year=clock.now().year + 1))
        for number in range(ASKED):
            make.participant(here, email=_address(KNOWN, number), password_hash=kept)
        db.session.commit()
        assert db.session.query(Person).filter(Person.email.is_not(None)).count() > ASKED
        return course.ref


def _address(lot: str, number: int) -> str:
    """All of one length, none of them in an order."""
    return f"{Random(f'{lot} {number}').getrandbits(64):016x}@example.org"


def _doors(course: str) -> Iterator[tuple[str, Door]]:
    wish = {"name": "Sam", "language": "en"}
    yield "sign_in", _posts("/en/sign-in", "email", password="not the right one")
    yield "new_password", _posts("/en/forgotten-password", "email")
    yield "code", _posts("/en/sign-in/code", "contact")
    yield (
        "volunteering",
        _posts("/en/volunteering", "contact", name="Sam", role=Role.VOLUNTEER, centre="here"),
    )
    yield "joining", _posts(f"/en/activities/{course}/joining", "contact", **wish)


def _posts(path: str, field: str, **typed: str) -> Door:
    return lambda client, address: client.post(
        path, data={field: address, **typed}, headers={"X-Forwarded-For": _someone()}
    )


def _someone() -> str:
    """From another network each time: no limit is met."""
    number = next(_network)
    return f"10.{number >> 8 & 255}.{number & 255}.1"


def _asked(app: Flask, door: Door) -> dict[str, list[float]]:
    """Lot -> seconds, the lots taking turns in an order that nobody can foresee."""
    took: dict[str, list[float]] = {KNOWN: [], UNKNOWN: [], AGAIN: []}
    chance, browser = Random("turns"), app.test_client(use_cookies=False)
    for number in range(20):
        door(browser, _address("warm", number))
    for number in range(ASKED):
        for lot in chance.sample(list(took), 3):
            address, start = _address(lot, number), perf_counter()
            door(browser, address)
            took[lot].append(perf_counter() - start)
    return took


def _print(name: str, took: dict[str, list[float]]) -> None:
    for lot in (KNOWN, UNKNOWN):
        print(f"equal_{name}_{lot}_ms: {median(took[lot]) * 1000:.2f}")
    print(f"equal_{name}_auc: {auc(took[KNOWN], took[UNKNOWN]):.3f}")
    print(f"equal_{name}_auc_itself: {auc(took[AGAIN], took[UNKNOWN]):.3f}", flush=True)


def auc(these: list[float], those: list[float]) -> float:
    """How often one of *these* is larger than one of *those* (Mann and Whitney's U, as a share)."""
    ranked = sorted(those)
    more = sum(bisect_left(ranked, one) + bisect_right(ranked, one) for one in these)
    return more / 2 / len(these) / len(ranked)


if __name__ == "__main__":
    main()
