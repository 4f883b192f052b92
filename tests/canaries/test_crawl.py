"""More than a thousand words that nobody would write stand in all columns of all tables. Whoever
reads each page, calendar, file, error and header finds those that `table` allows them, no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import pytest
import time_machine
from flask import Flask, abort
from sqlalchemy import select

from app.consents.models import ConsentTalk
from app.extensions import db
from app.i18n import LANGUAGES
from app.listening.gaps import Matter
from app.listening.models import Voice
from app.notices.models import Notice
from app.people.models import FailedSignIn, Person
from app.reminders.letters import compose
from tests.canaries.house import NOW, furnish, furnish_the_house
from tests.canaries.knowing import Facts, Reader, facts_of
from tests.canaries.planting import Planter, columns_of_words
from tests.canaries.table import row_of
from tests.canaries.walking import (
    Addresses,
    Step,
    browser_of,
    browser_with,
    cookie_of,
    undone,
    whole,
)
from tests.conftest import all_undone

BY_TOKEN = ("feeds.own_calendar", "cards.card")
CALENDARS = (*BY_TOKEN, "feeds.public_calendar", "single.meeting", "single.activity")
SEARCHED = ("/", "/list", "/week", "/people", "/titles", "/needed", "/missing")
AWAY = ("people.leave", "people.sign_out")
"""They lead out of the house, or away from it."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@dataclass(frozen=True)
class Leak:
    """Somebody found what is not for them."""

    who: str
    what: str
    where: str


class House:
    """Two centres full of planted words, and who reads them; furnished once for all tests."""

    def __init__(self, app: Flask) -> None:
        self.app, self.planter = app, Planter()
        with self.planter.at_work():
            furnish_the_house()
            db.session.add(FailedSignIn(subject_hash="f" * 64, at=NOW))
            self.here, self.there = furnish(), furnish()
            db.session.commit()
            signed_in = {name: browser_of(app, one) for name, one in self._people().items()}
        self.cookies = {name: cookie_of(one) for name, one in signed_in.items()}
        self.facts = {word: self._facts(word) for word in self.planter.homes}
        self.owners = {t: n for n, t in self.here.tokens.items()}
        self.open_anew()

    def open_anew(self) -> None:
        """Nobody has read anything yet."""
        people = self._people()
        self.browsers = {name: browser_with(self.app, self.cookies[name]) for name in people}
        self.readers = {name: Reader(one) for name, one in people.items()}
        self.addresses = Addresses(self.app, self.here, self.there)

    def _people(self) -> dict[str, Person | None]:
        others = {"learner there": "learner", "coordinator there": "responsible"}
        found: dict[str, Person | None] = {"nobody": None, **self.here.people}
        found |= {name: self.there.people[role] for name, role in others.items()}
        del found["gone"], found["child"]
        return found

    def _facts(self, word: str) -> Facts:
        """A wish for a women's group is for whoever is entrusted with one, a talk for whoever is to
        hold it."""
        home = self.planter.homes[word]
        if isinstance(home.row, ConsentTalk):
            return Facts(person=home.row.mediator)
        facts = facts_of(home)
        if not (isinstance(home.row, Voice) and home.row.matter is Matter.WOMEN):
            return facts
        centre = next(one for one in (self.here, self.there) if one.centre.id == facts.centre_id)
        return replace(facts, activity=centre.activities["group"])

    def steps(self, method: str, *, every: int, of: int = 1) -> list[Step]:
        """Every *of* of so many; half of those without a name in them are always there."""
        return [
            step
            for number, step in enumerate(self.addresses.steps(method))
            if (number % of == every % of or (step.is_alone and number % 2 == every % 2))
            and not step.path.endswith(".pdf")
            and step.endpoint not in AWAY
        ]

    def leaks(self, who: str, step: Step, words: str, known: str = "") -> list[Leak]:
        """What *who* finds in *words* and may not; what they asked with (*known*) they know."""
        asked = (step.path + known).lower()
        found = (one for one in self.planter.found_in(words) if one not in asked)
        return [
            Leak(who, str(self.planter.homes[one]), f"{step.method} {step.endpoint} {step.path}")
            for one in sorted(found)
            if not self._may(who, one, step)
        ]

    def _may(self, who: str, word: str, step: Step) -> bool:
        home, facts = self.planter.homes[word], self.facts[word]
        row = row_of(home, facts)
        if row is None:
            return False
        if str(home) == "person.name" and facts.person is self.readers[who].person:
            return True  # at the head of each page, behind whatever address
        allowed = row.calendars if step.endpoint in CALENDARS else row.pages
        if step.endpoint == "letters":
            allowed = row.letters
        return bool(self._reader_of(who, step).ties(facts) & allowed)

    def _reader_of(self, who: str, step: Step) -> Reader:
        """A secret address is read for whoever it belongs to."""
        token = next((one for one in self.owners if one in step.path), None)
        if step.endpoint not in BY_TOKEN or token is None:
            return self.readers[who]
        name = "by card" if self.owners[token] == "card" else self.owners[token]
        return self.readers[name]

    def read(self, who: str, step: Step, language: str = "en") -> tuple[int, str]:
        """Status and all that they get, as if they had never asked."""
        with (
            undone(),
            self.browsers[who].open(f"/{language}{step.path}", method=step.method) as got,
        ):
            return got.status_code, whole(got)

    def press(self, who: str, step: Step) -> str:
        """All that they get for an empty form, and what the page behind it says then."""
        browser = browser_of(self.app, self.readers[who].person)
        with undone():
            with browser.post(f"/en{step.path}") as got:
                words, then = whole(got), got.location
            if then and then.startswith("/"):
                with browser.get(then) as page:
                    words += whole(page)
        return words


@pytest.fixture(scope="module")
def furnished(migrated: Flask) -> Iterator[House]:
    with all_undone(migrated), time_machine.travel(NOW, tick=False):
        yield House(migrated)


@pytest.fixture
def house(furnished: House) -> Iterator[House]:
    """As it was furnished, whatever a test does in it."""
    db.session.rollback()
    with undone():
        furnished.open_anew()
        yield furnished
        db.session.rollback()


def found_by(house: House, who: str, steps: list[Step], language: str = "en") -> list[Leak]:
    return _found_and_answered(house, who, steps, language)[0]


def _found_and_answered(
    house: House, who: str, steps: list[Step], language: str = "en"
) -> tuple[list[Leak], list[Step]]:
    """What they may not find; and which addresses have a page for them."""
    leaks, answered = list[Leak](), []
    for step in steps:
        status, words = house.read(who, step, language)
        leaks += house.leaks(who, step, words)
        answered += [step] if status == 200 else []
    return leaks, answered


def test_every_word_is_planted_and_has_its_row(house: House) -> None:
    homes = house.planter.homes
    planted = {str(home) for home in homes.values()}

    assert len(homes) > 1000
    assert sorted(columns_of_words() - planted) == []
    assert sorted({str(homes[w]) for w in homes if row_of(homes[w], house.facts[w]) is None}) == []


WHOLE = ("learner", "mediator", "colleague", "father")
WHO_PRESS = ("nobody", "learner", "mother", "father", "mediator", "colleague", "coordinator there")
OTHERS = (
    "sister",
    "mother",
    "waiting",
    "applicant",
    "volunteer",
    "teacher",
    "responsible",
    "administrator",
    "learner there",
    "coordinator there",
)


def turn_of() -> int:
    """The two engines try other addresses each."""
    return 0 if db.session.get_bind().dialect.name == "sqlite" else 1


@pytest.mark.parametrize("who", WHOLE)
def test_whoever_tries_every_address_finds_what_is_theirs(house: House, who: str) -> None:
    steps = house.steps("GET", every=turn_of(), of=3)

    assert found_by(house, who, steps) == []


def test_nobody_else_finds_more(house: House) -> None:
    """Everybody else tries some of all addresses, each others."""
    for number, who in enumerate(OTHERS):
        some = house.steps("GET", every=2 * number + turn_of(), of=12)
        assert found_by(house, who, some) == []


def test_a_stranger_finds_nothing_in_any_language(house: House) -> None:
    """At every address in English; in each language at a quarter of those with a page for them, on
    the other engine at another one."""
    leaks, public = _found_and_answered(house, "nobody", house.steps("GET", every=0))

    assert leaks == []
    assert len(public) > 30
    for number, language in enumerate(LANGUAGES):
        quarter = (number + 2 * turn_of()) % 4
        assert found_by(house, "nobody", public[quarter::4], language) == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_no_header_says_more(house: House, method: str) -> None:
    for who, of in (("nobody", 3), ("learner", 9), ("colleague", 9)):
        some = house.steps("GET", every=1 + of * turn_of(), of=2 * of)
        steps = [replace(one, method=method) for one in some]
        assert found_by(house, who, steps) == []


@pytest.mark.parametrize("who", WHO_PRESS)
def test_whoever_presses_every_button_finds_what_is_theirs(house: House, who: str) -> None:
    """Forms without a word in them, and the page to which each leads."""
    turn = 2 * list(house.readers).index(who) + turn_of()
    leaks = []
    for step in house.steps("POST", every=turn, of=8):
        leaks += house.leaks(who, step, house.press(who, step))

    assert leaks == []


def test_letters_say_no_more(house: House) -> None:
    """A session of each sort is cancelled, takes place after all and is moved; whatever is owed
    then is written, with what waited before."""
    responsible = house.browsers["responsible"]
    for name in ("course", "feast", "group", "appointment", "support"):
        meeting = f"/en/meetings/{house.here.meetings[name][3].ref}"
        assert responsible.post(f"{meeting}/cancellation", data={"seen": 0}).status_code == 303
        assert responsible.post(f"{meeting}/restoration", data={"seen": 1}).status_code == 303
    read, leaks = 0, list[Leak]()
    for notice in db.session.scalars(select(Notice).where(Notice.person_id.is_not(None))):
        if (letter := compose(notice, NOW)) is not None:
            read += 1
            known = f"{notice.person.name} {notice.person.email}"
            step = Step("letters", f"{notice.kind} {notice.key}")
            leaks += house.leaks(_name_of(house, notice.person), step, repr(letter), known)

    assert leaks == []
    assert read > 12


def _name_of(house: House, person: Person) -> str:
    return next(name for name, one in house.readers.items() if one.person is person)


def test_searching_for_what_is_hidden_is_searching_for_nothing(house: House) -> None:
    """With the whole word, and with a part that all of them have."""
    hidden = [w for w in house.planter.homes if _is_hidden_title(house, w)]
    nothing = "cnryfffffz"
    for who in ("nobody", "learner", "mediator", "colleague", "applicant"):
        for path in SEARCHED:
            empty = _page(house, who, f"{path}?words={nothing}")
            for word in islice(hidden, 0, None, 7):
                page = _page(house, who, f"{path}?words={word}")
                assert page.replace(word, nothing) == empty, (who, path)
            part = Step("search", f"{path}?words=cnry0")
            assert house.leaks(who, part, house.read(who, part)[1]) == []


def _page(house: House, who: str, path: str) -> str:
    """Its words; the tag among its headers is that of the words."""
    return house.read(who, Step("search", path))[1].partition("\r\n\r\n")[2]


def _is_hidden_title(house: House, word: str) -> bool:
    """A title of a protected group that none of those who search is part of."""
    home, facts = house.planter.homes[word], house.facts[word]
    return str(home) == "activity_text.title" and facts.activity in (
        house.here.activities["hidden draft"],
        house.there.activities["group"],
    )


@pytest.mark.parametrize("status", [400, 405, 413, 500])
def test_no_error_says_anything(house: House, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one that has a planted word in its own words."""
    word = next(iter(house.planter.homes))
    browser = browser_of(house.app, house.readers["learner"].person)

    def break_down() -> str:
        raise RuntimeError(word) if status == 500 else abort(status, word)

    monkeypatch.setitem(house.app.view_functions, "subscribing.calendars", break_down)
    monkeypatch.setitem(break_down.__dict__, "is_public", True)
    monkeypatch.setattr(house.app, "testing", False)

    for reader in (browser_of(house.app, None), browser):
        with reader.get("/en/calendars") as answer:
            assert answer.status_code == status
            assert word not in whole(answer)


def test_the_trap_is_sharp(house: House) -> None:
    """A title, a name, a room and a hash each are found where they must not be."""
    here = house.here
    planted: dict[str, list[Any]] = {
        "nobody": [here.activities["group"].texts[0].title, here.people["learner"].name],
        "sister": [here.activities["group"].texts[0].title, here.people["learner"].name],
        "father": [here.activities["support"].texts[0].title, here.people["child"].name],
        "mediator": [here.people["learner"].name, here.people["learner"].phone],
        "colleague": [here.activities["group"].texts[0].title, "f" * 64],
        "coordinator there": [here.people["learner"].name, here.people["learner"].ref],
    }
    for who, words in planted.items():
        for word in words:
            found = house.leaks(who, Step("programme.index", "/"), f"<p>{word}</p>")
            assert len(found) == 1, (who, word)
    link = Step("feeds.own_calendar", f"/c/{here.tokens['learner']}.ics")
    title = here.activities["group"].texts[0].title
    assert len(house.leaks("learner", link, f"SUMMARY:{title}")) == 1
    assert len(house.leaks("learner", Step("letters", "reminder"), title)) == 1
    assert house.leaks("learner", Step("programme.meeting", "/meetings/x"), title) == []
