"""Every address that there is, with every sort of name that a row has, read by somebody."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug import Response
from werkzeug.routing import Rule

from app.extensions import db
from app.people.models import Person
from app.programme.models import Activity, Meeting
from tests.canaries.house import Furnished
from tests.canaries.knowing import MODELS, facts_of
from tests.canaries.planting import Home
from tests.conftest import Browser

NAMED = {
    "activities": "activity",
    "askings": "asking",
    "answers": "assignment",
    "call-list": "stopped_address",
    "certificates": "certificate",
    "edits": "edit",
    "meetings": "meeting",
    "missing": "voice",
    "my-calendars": "feed_link",
    "my-hours": "presence",
    "needs": "need",
    "offers": "assignment",
    "organisation-calendar": "calendar_entry",
    "people": "person",
    "places": "assignment",
    "presences": "presence",
    "profile": "dated_window",
    "rather-not-meet": "person",
    "requests": "assignment",
    "rooms": "room",
    "rotas": "rota",
    "swaps": "swap",
    "templates": "template",
    "terms": "term",
    "unsubscribe": "person",
    "waiting": "waiting",
    "card": "activity",
    "children": "person",
    "consent-talks": "consent_talk",
    "participants": "person",
}
"""Of which table the ``<ref>`` behind such a word is; a new one has to be named here."""


@dataclass(frozen=True)
class Step:
    """One request: who asks is said by the browser that makes it."""

    endpoint: str
    path: str
    method: str = "GET"
    is_alone: bool = False


class Addresses:
    """The addresses of one house, with one row of each sort."""

    def __init__(self, app: Flask, here: Furnished, there: Furnished) -> None:
        self.app, self.here, self.there = app, here, there
        self._refs: dict[str, list[str]] = {}

    def steps(self, method: str) -> Iterator[Step]:
        for rule in self.app.url_map.iter_rules():
            if rule.endpoint != "static" and method in (rule.methods or ()):
                alone = "<" not in rule.rule
                for path in sorted(set(self._paths(rule))):
                    yield Step(rule.endpoint, path, method, alone)

    def _paths(self, rule: Rule) -> Iterator[str]:
        names = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
        for values in product(*(self._values(name, rule) for name in names)):
            path = rule.rule
            for name, value in zip(names, values, strict=True):
                path = re.sub(rf"<(\w+:)?{name}>", value, path)
            yield path

    def _values(self, name: str, rule: Rule) -> list[str]:
        first = rule.rule.split("/")[1]
        if name == "ref":
            table = "push_subscription" if "/devices/" in rule.rule else NAMED[first]
            return self.refs(table, few=rule.rule.count("<") > 1)
        if name in ("person_ref", "other", "other_ref", "guardian_ref"):
            return [self.here.people[one].ref for one in ("learner", "mediator")]
        if name == "paper":
            return self.refs("contract" if "contracts" in rule.rule else "integrity_check")[:2]
        if name == "name":
            return self._feeds() if first == "calendars" else ["reminder", "offer"]
        return self._fixed()[name]

    def _fixed(self) -> dict[str, list[str]]:
        here = self.here
        return {
            "activity_ref": self.refs("activity")[:3],
            "need_ref": self.refs("need")[:2],
            "meeting_ref": [here.meetings["course"][0].ref],
            "waiting_ref": self.refs("waiting")[:3],
            "code": [here.centre.code, self.there.centre.code],
            "role": ["volunteer"],
            "stage": ["paused"],
            "seal": ["0" * 64],
            "topic": ["reminders"],
            "purpose": ["photos"],
            "tag": ["ar"],
            "token": [*here.tokens.values(), "unknown"],
            "batch": self.batches(),
        }

    def _feeds(self) -> list[str]:
        here = self.here
        activities = [f"activity-{one.ref}" for one in here.activities.values()]
        kinds = ["kind-course", "kind-womens_group", "kind-individual", "language-ar"]
        return ["all", f"centre-{here.centre.code}", *kinds, *activities]

    def batches(self) -> list[str]:
        return [
            one.batch for one in db.session.scalars(select(MODELS["calendar_entry"])) if one.batch
        ]

    def refs(self, table: str, *, few: bool = False) -> list[str]:
        """One ref of each sort: by centre and secrecy, by person of the first centre."""
        if table not in self._refs:
            self._refs[table] = list(self._choose(table))
        return self._refs[table][:: 3 if few and len(self._refs[table]) > 6 else 1]

    def _choose(self, table: str) -> Iterator[str]:
        seen = set()
        for row in db.session.scalars(select(MODELS[table]).order_by(MODELS[table].id)):
            sort = self._sort_of(table, row)
            if sort not in seen:
                seen.add(sort)
                yield row.ref

    def _sort_of(self, table: str, row: Any) -> tuple[Any, ...]:
        facts = facts_of(Home(table, "ref", row))
        at_home = facts.centre_id != self.there.centre.id
        sort: tuple[Any, ...] = (at_home, facts.privacy, facts.is_draft)
        if isinstance(row, Person):
            theirs = {one.centre_id for one in row.memberships}
            role = row.id if self.here.centre.id in theirs else None
            return (role,)
        if isinstance(row, Meeting) and at_home:
            return (*sort, row.status, bool(row.texts))
        if isinstance(row, Activity) and at_home:
            return (row.id,)
        return (*sort, getattr(row, "state", None), facts.person if at_home else None)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done inside, even committed, was never."""
    connection: Any = db.engines[None]
    with connection.begin_nested() as nested:
        yield
        nested.rollback()


def browser_of(app: Flask, person: Person | None) -> Browser:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser.sign_in(person) if person else browser


def cookie_of(browser: Browser) -> dict[str, Any]:
    """What it holds, a sign-in too."""
    with browser.session_transaction() as cookie:
        return dict(cookie)


def browser_with(app: Flask, held: dict[str, Any]) -> Browser:
    """A new one that holds the same."""
    browser = browser_of(app, None)
    with browser.session_transaction() as cookie:
        cookie.update(held)
    return browser


def whole(answer: Response) -> str:
    """All that somebody gets: headers, and the words with lines unfolded."""
    data = answer.get_data()
    if answer.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    words = data.decode(errors="replace").replace("\r\n ", "")
    return f"{answer.headers}\n{words}"
