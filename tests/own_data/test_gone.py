"""Erased is gone: from the file of the database, its journal, and whatever else lies in the folder;
and nobody slips in while somebody goes."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app.database import only_reading
from app.extensions import Gone, db
from app.own_data.operations import erase, forget_erased
from app.own_data.traces import contacts_of, empty_journal, forget_letters
from app.people.knocks import Knock
from app.people.models import Person
from app.people.papers import CheckKind
from app.people.terms import Level
from app.presence.models import Presence
from app.signups.models import Enrolment
from app.signups.operations import join
from app.staffing.models import State
from app.web import settings
from tests import make
from tests.make import BEFORE, MONDAY
from tests.own_data.test_erasing import FAR
from tests.races import all_at_once

CANARY = "canary-b1f3a9d07c2e4856"


def somebody_with_a_canary_everywhere() -> Person:
    place = make.assignment(
        person=make.mediator(
            make.centre(),
            name=f"Name {CANARY}",
            email=f"{CANARY}@example.org",
            phone=f"0712 {CANARY}",
            sign_in_phone="+40712345678",
            interests=CANARY,
            password_hash=CANARY,
            speaks={"ar": Level.NATIVE},
        ),
        state=State.CONFIRMED,
    )
    amina = place.person
    amina.contracts[0].number = CANARY
    make.check(amina, valid_until=FAR.date(), kind=CheckKind.INTEGRITY)
    make.presence(place)
    knock = {"browser_hash": "h", "language": "ar", "made_at": BEFORE, "lapses_at": MONDAY}
    db.session.add(Knock(contact=amina.email, **knock))
    db.session.commit()
    return amina


def files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def holding(database: Path) -> list[str]:
    """Which of the files of the *database* hold the canary."""
    own = database.parent.glob(f"{database.name}*")
    return [one.name for one in own if CANARY.encode() in one.read_bytes()]


def test_the_file_and_its_journal_hold_nothing_of_them(racing_app: Flask, tmp_path: Path) -> None:
    with racing_app.app_context():
        amina = somebody_with_a_canary_everywhere()
        (tmp_path / "mail").mkdir(exist_ok=True)
        (tmp_path / "mail" / "1-x.eml").write_bytes(f"To: {amina.email}".encode())
        address = racing_app.config["SQLALCHEMY_DATABASE_URI"]
        is_file = address.startswith("sqlite:///")
        place = Path(address.removeprefix("sqlite:///")) if is_file else None
        if place is not None:
            held = files(place.parent)
            assert any(
                CANARY.encode() in held[name] for name in held if name.startswith(place.name)
            )
        contacts = contacts_of(amina)
        erase(amina, by=amina, now=BEFORE)
        forget_erased(now=FAR)
        db.session.commit()
        db.session.remove()
        forget_letters(contacts, settings())
        empty_journal()

        assert [n for n, found in files(tmp_path).items() if CANARY.encode() in found] == []
        if place is not None:
            assert holding(place) == []
        assert db.session.scalars(select(Presence)).all() == []


def test_who_joins_while_they_are_erased_has_no_place(racing_app: Flask) -> None:
    """Whichever comes first: nobody who is gone keeps a place from others."""
    for _round in range(6):
        with racing_app.app_context():
            layla, activity = make.participant(make.centre()), make.activity(capacity=1)
            make.meeting(activity=activity)
            db.session.commit()
            ids = layla.id, type(activity), activity.id

        def goes(number: int = ids[0]) -> None:
            someone = db.session.get_one(Person, number)
            erase(someone, by=someone, now=BEFORE)

        def joins(number: int = ids[0], model: type = ids[1], which: int = ids[2]) -> None:
            someone = db.session.get_one(Person, number)
            join(db.session.get_one(model, which), someone, by=someone, now=BEFORE)

        results = all_at_once(racing_app, [goes, joins])

        assert results[0] is None
        assert results[1] is None or isinstance(results[1], Gone)
        with racing_app.app_context(), only_reading():
            assert db.session.scalars(select(Enrolment)).all() == []
