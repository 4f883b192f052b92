"""The forgotten password: a new link, never a flood of letters, never a word on who is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from app.extensions import db
from app.invitations import routes
from app.invitations.operations import forgotten, rest_of
from app.notices.models import Notice, State
from app.people.models import Person
from app.people.operations import forget_old_sign_ins
from app.people.queries import failures
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE
from tests.races import all_at_once


def ask(browser: Browser, email: str | None, address: str = "203.0.113.7") -> str:
    where = {"REMOTE_ADDR": address}
    form = {"email": email}
    answer = browser.post("/en/forgotten-password", data=form, environ_base=where)
    assert (answer.status_code, answer.location) == (303, "/en/sign-in")
    return answer.text


def letters(person: Person) -> list[State]:
    return list(db.session.scalars(select(Notice.state).where(Notice.person == person)))


def statements(run: Callable[[], object]) -> list[str]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        run()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return seen


@pytest.mark.usefixtures("app")
def test_nothing_more_while_one_waits() -> None:
    person = make.person()

    for minutes in (0, 2, 70):
        asked_at = BEFORE + timedelta(minutes=minutes)
        forgotten(person.email or "", network="n", now=asked_at)

    assert letters(person) == [State.PENDING]


@pytest.mark.usefixtures("app")
def test_at_most_three_an_hour() -> None:
    person = make.person()

    for minutes in range(0, 60, 5):
        asked_at = BEFORE + timedelta(minutes=minutes)
        forgotten(person.email or "", network="n", now=asked_at)
        for notice in db.session.scalars(select(Notice)):
            notice.state = State.SENT
    assert len(letters(person)) == 3
    forgotten(person.email or "", network="n", now=BEFORE + timedelta(minutes=61))
    assert len(letters(person)) == 4


def test_at_most_twenty_an_hour_from_a_network_with_the_same_answer(
    browser: Browser,
) -> None:
    people = [make.person() for _n in range(22)]
    with time_machine.travel(BEFORE, tick=False) as traveller:
        answers = {ask(browser, person.email) for person in people[:21]}
        assert len(answers) == 1
        assert [len(letters(person)) for person in people[:21]] == [1] * 20 + [0]
        ask(browser, people[20].email, "198.51.100.1")  # another network
        assert len(letters(people[20])) == 1
        traveller.shift(timedelta(minutes=59))
        ask(browser, people[21].email)
        assert letters(people[21]) == []
        traveller.shift(timedelta(minutes=2))
        ask(browser, people[21].email)
        assert len(letters(people[21])) == 1


def test_the_database_works_as_much_for_the_unknown(browser: Browser) -> None:
    known, paused = make.person(), make.person(is_active=False)
    db.session.commit()
    emails = (known.email, known.email, paused.email, "nobody@example.org")

    seen = [statements(lambda e=email: ask(browser, e)) for email in emails]  # type: ignore[misc]

    assert seen == [seen[0]] * len(seen)


def test_several_clicks_owe_one_letter(racing_app: Flask) -> None:
    with racing_app.app_context():
        email = make.person().email or ""
        db.session.commit()

    def click(minute: int) -> None:
        forgotten(email, network="n", now=BEFORE + timedelta(minutes=minute))

    all_at_once(racing_app, [lambda m=m: click(m) for m in range(6)])  # type: ignore[misc]

    with racing_app.app_context():
        owed = db.session.scalars(select(Notice).where(Notice.person_id.is_not(None))).all()
        assert len(owed) == 1


@pytest.mark.parametrize("email", ["", "   "])
def test_an_address_is_needed(browser: Browser, email: str) -> None:
    answer = browser.post("/en/forgotten-password", data={"email": email})

    assert answer.status_code == 422
    assert "Type your e-mail address." in answer.text


@pytest.mark.usefixtures("app")
def test_who_asked_is_kept_for_an_hour() -> None:
    forgotten("nobody@example.org", network="n", now=BEFORE)

    for minutes, kept in ((59, 1), (61, 0)):
        forget_old_sign_ins(now=BEFORE + timedelta(minutes=minutes))
        assert failures("forgotten:n", now=BEFORE + timedelta(minutes=1)) == kept


@given(st.floats(0.001, 1), st.floats(0, 100))
def test_what_took_more_and_what_took_less_end_on_the_same_beat(even: float, spent: float) -> None:
    rest = rest_of(even, spent=spent)

    assert 0 < rest <= even
    assert (spent + rest) / even == pytest.approx(round((spent + rest) / even))


def test_known_or_not_the_answer_waits_for_the_beat(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, waits = make.person(), list[float]()
    db.session.commit()
    monkeypatch.setattr(routes, "sleep", waits.append)

    for email in (person.email, "nobody@example.org"):
        browser.post("/en/forgotten-password", data={"email": email})

    assert len(waits) == 2
    assert all(0 < one <= routes.EVEN for one in waits)
