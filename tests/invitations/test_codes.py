"""Signing in by a code: alike for known and unknown, for one browser, ten minutes, five tries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.invitations.codes import MOST_ASKED, MOST_CODES
from app.notices.delivery import TryLater
from app.notices.letter import Letter
from app.notices.models import Kind, State
from app.notices.queries import call_list
from app.notices.sending import send_due
from app.people.knocks import MOST_TRIES, Knock
from app.people.models import Centre, Person, SignIn
from app.people.passwords import hash_password
from app.people.terms import STAFF, Role
from app.reminders.letters import compose
from tests import make
from tests.conftest import Browser
from tests.invitations.codes import (
    Box,
    ask,
    code_in,
    is_in,
    link_in,
    owed,
    people_called,
    sent,
    type_in,
    wish,
)
from tests.make import BEFORE
from tests.statements import statements

KNOWN, UNKNOWN = "layla@example.org", "nobod@example.org"  # of one length
STAFFS, PAUSED = "mihai@example.org", "omara@example.org"
WRONG = "This code is not right or too old."


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def here(app: Flask) -> Centre:
    centre = make.centre(code="brasov")
    make.participant(centre, name="Layla", email=KNOWN)
    make.coordinator(centre, name="Mihai", email=STAFFS, password_hash="x")
    make.participant(centre, email=PAUSED, is_active=False)
    db.session.commit()
    return centre


@pytest.fixture
def layla(here: Centre) -> Person:
    [layla] = people_called("Layla")
    return layla


@pytest.fixture
def another(app: Flask) -> Browser:
    """Somebody else's browser."""
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


def other_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


class Away(Box):
    """A mail server that takes nothing today."""

    def send(self, letter: Letter) -> None:
        raise TryLater("451")


@pytest.mark.usefixtures("layla")
class TestComingIn:
    def test_a_code_opens_and_leads_where_one_wanted_to_go(self, browser: Browser) -> None:
        browser.post("/en/sign-in/code?next=/en/my-calendars", data={"contact": KNOWN})
        [letter] = sent(BEFORE)

        assert type_in(browser, code_in(letter)).location == "/en/my-calendars"
        assert is_in(browser)

    @pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil"])
    def test_it_never_leads_to_another_site(self, browser: Browser, target: str) -> None:
        browser.post("/en/sign-in/code", query_string={"next": target}, data={"contact": KNOWN})

        assert type_in(browser, code_in(sent(BEFORE)[0])).location == "/en/home"

    @pytest.mark.parametrize(
        "spell",
        [
            lambda code: f" {code[:3]} {code[3:]} ",
            lambda code: "".join("٠١٢٣٤٥٦٧٨٩"[int(c)] for c in code),
            lambda code: "".join("۰۱۲۳۴۵۶۷۸۹"[int(c)] for c in code),
        ],
    )
    def test_digits_of_any_script_and_spaces_are_read(
        self, browser: Browser, spell: Callable[[str], str]
    ) -> None:
        ask(browser, KNOWN.upper())

        assert type_in(browser, spell(code_in(sent(BEFORE)[0]))).status_code == 303

    def test_the_code_and_the_link_are_kept_as_hashes_only(self, browser: Browser) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        token = link_in(letter).rpartition("/")[2]

        kept = db.session.scalars(select(Knock)).one()
        everything = f"{vars(kept)} {[vars(one) for one in owed(Kind.CODE)]}"
        assert len(token) >= 43
        assert token not in everything
        assert code_in(letter) not in [str(kept.code_hash), str(kept.token_hash)]
        assert f"'{code_in(letter)}'" not in everything

    def test_it_works_once(self, browser: Browser, another: Browser) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        with browser.session_transaction() as cookie:
            began = cookie["knock"]
        type_in(browser, code_in(letter))
        with another.session_transaction() as cookie:
            cookie["knock"] = began

        assert WRONG in type_in(another, code_in(letter)).text
        assert another.post(link_in(letter)).status_code == 404

    def test_another_browser_cannot_use_the_code(self, browser: Browser, another: Browser) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        assert type_in(another, code_in(letter)).location == "/en/sign-in/code"
        ask(another, UNKNOWN)

        assert WRONG in type_in(another, code_in(letter)).text
        assert type_in(browser, code_in(letter)).status_code == 303

    def test_a_new_code_makes_the_older_one_useless(self, browser: Browser) -> None:
        ask(browser, KNOWN)
        [first] = sent(BEFORE)
        ask(browser, KNOWN)
        [second] = sent(BEFORE)

        assert WRONG in type_in(browser, code_in(first)).text
        assert browser.get(link_in(first)).status_code == 404
        assert type_in(browser, code_in(second)).status_code == 303

    def test_a_strangers_knock_ends_nobodys_code(self, browser: Browser, another: Browser) -> None:
        ask(browser, KNOWN)
        [first] = sent(BEFORE)
        for _n in range(MOST_CODES + 1):
            another.post(
                "/en/sign-in/code",
                data={"contact": KNOWN},
                environ_overrides={"REMOTE_ADDR": "203.0.113.7"},
            )
        sent(BEFORE)

        assert type_in(browser, code_in(first)).status_code == 303

    @pytest.mark.parametrize(("minutes", "opens"), [(9, True), (10, False)])
    def test_it_lapses_after_ten_minutes(
        self, browser: Browser, clock: time_machine.Traveller, minutes: int, opens: bool
    ) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        clock.shift(timedelta(minutes=minutes))

        assert (browser.get(link_in(letter)).status_code == 200) is opens
        assert (type_in(browser, code_in(letter)).status_code == 303) is opens

    def test_an_hour_later_this_browser_no_longer_says_who_asked(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        ask(browser, KNOWN)
        assert KNOWN in browser.get("/en/code").text
        clock.shift(timedelta(hours=1))

        assert browser.get("/en/code").location == "/en/sign-in/code"
        assert type_in(browser, "123456").location == "/en/sign-in/code"

    def test_a_letter_that_leaves_too_late_is_not_sent(self, browser: Browser) -> None:
        ask(browser, KNOWN)

        assert sent(BEFORE + timedelta(minutes=11)) == []
        assert [one.state for one in owed(Kind.CODE)] == [State.EXPIRED]

    def test_it_leaves_at_night_too(self, browser: Browser, clock: time_machine.Traveller) -> None:
        clock.shift(timedelta(hours=15))  # two in the morning
        ask(browser, KNOWN)

        assert len(sent(BEFORE + timedelta(hours=15))) == 1

    def test_what_the_mail_server_puts_off_comes_with_a_new_code_in_the_same_night(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        night = BEFORE + timedelta(hours=15)
        clock.move_to(night)
        ask(browser, KNOWN)
        send_due(Away(), compose, clock=lambda: night)

        [letter] = sent(night + timedelta(minutes=2))
        assert type_in(browser, code_in(letter)).status_code == 303

    def test_five_wrong_tries_close_it(self, browser: Browser) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        for _try in range(MOST_TRIES):
            assert type_in(browser, other_code(code_in(letter))).status_code == 422

        assert WRONG in type_in(browser, code_in(letter)).text
        assert browser.get(link_in(letter)).status_code == 404

    def test_four_wrong_tries_do_not(self, browser: Browser) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        for _try in range(MOST_TRIES - 1):
            type_in(browser, other_code(code_in(letter)))

        assert type_in(browser, code_in(letter)).status_code == 303

    def test_letters_of_one_hour_are_few_and_the_last_stays_good(
        self, browser: Browser, clock: time_machine.Traveller
    ) -> None:
        for _letter in range(MOST_CODES + 2):
            assert ask(browser, KNOWN).status_code == 303
        letters = sent(BEFORE)
        assert len(letters) == MOST_CODES
        assert type_in(browser, code_in(letters[-1])).status_code == 303
        clock.shift(timedelta(minutes=61))
        browser.post("/sign-out")
        ask(browser, KNOWN)
        assert len(sent(BEFORE + timedelta(minutes=61))) == 1

    def test_a_network_cannot_write_to_half_the_world(self, browser: Browser) -> None:
        for number in range(MOST_ASKED):
            ask(browser, f"p{number}@example.net")

        assert ask(browser, KNOWN).status_code == 429
        assert wish(browser, KNOWN, "brasov").status_code == 429

    def test_a_network_cannot_try_codes_for_ever(self, browser: Browser) -> None:
        ask(browser, KNOWN)
        for _try in range(50):
            assert type_in(browser, "x").status_code == 422  # no digits: not even tried
        for _try in range(50):
            assert type_in(browser, "000000").status_code == 422

        assert type_in(browser, "000000").status_code == 429

    def test_signing_in_makes_nobody_a_helper(self, browser: Browser, layla: Person) -> None:
        ask(browser, KNOWN)
        type_in(browser, code_in(sent(BEFORE)[0]))

        assert [m.role for m in layla.memberships] == [Role.PARTICIPANT]


@pytest.mark.usefixtures("layla")
class TestScanners:
    """Mail scanners open every link before people do, some with a browser of their own."""

    def test_after_a_head_and_twenty_gets_the_human_comes_in(
        self, browser: Browser, another: Browser
    ) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        path = link_in(letter)
        assert another.head(path).status_code == 200
        for _look in range(20):
            page = another.get(path)
            assert "Type the code where you began" in page.text
            assert not is_in(another)

        assert browser.head(path).status_code == 200
        assert browser.get(path).status_code == 200
        assert browser.post(path).status_code == 303
        assert is_in(browser)

    def test_pressing_the_button_elsewhere_opens_nothing_and_uses_nothing_up(
        self, browser: Browser, another: Browser
    ) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        ask(another, UNKNOWN)  # a cookie, but of another wish
        answer = another.post(link_in(letter))

        assert (answer.status_code, is_in(another)) == (409, False)
        assert "Type the code where you began" in answer.text
        assert browser.post(link_in(letter)).status_code == 303

    def test_a_link_that_never_was_is_one_that_was_used(self, browser: Browser) -> None:
        assert browser.get("/en/code/x").status_code == 404
        assert "used or is too old" in browser.post("/en/code/x").text


@pytest.mark.usefixtures("here")
class TestAlike:
    """Nobody learns from an answer whether we know an address, nor whether it is one of staff."""

    def facts(self, answer: Any) -> tuple[Any, ...]:
        """What a stranger sees; the cookie's content differs each time for everybody."""
        headers = [(name, value) for name, value in answer.headers if name != "Set-Cookie"]
        cookies = [value.partition("=")[0] for value in answer.headers.getlist("Set-Cookie")]
        return answer.status_code, headers, cookies, len(answer.data)

    def whole_way(self, app: Flask, contact: str, *, helps: bool) -> list[object]:
        """Every answer on the way to a wrong code, and the statements behind each."""
        client = app.test_client()
        assert isinstance(client, Browser)
        seen: list[object] = []

        def note(step: Callable[[], Any]) -> None:
            answers: list[Any] = []
            asked = statements(lambda: answers.append(step()))
            seen.append((self.facts(answers[0]), asked))

        client.get("/en/sign-in/code")
        note(lambda: wish(client, contact, "brasov") if helps else ask(client, contact))
        note(lambda: client.get("/en/code"))
        letters = sent(BEFORE)
        code = re.search(r"\b\d{6}\b", letters[0].text if letters else "")
        note(lambda: type_in(client, other_code(code.group() if code else "123456")))
        return seen

    @pytest.mark.parametrize("helps", [False, True])
    def test_every_answer_and_every_statement(self, app: Flask, helps: bool) -> None:
        self.whole_way(app, "first@example.org", helps=helps)  # whatever is only asked once
        known, unknown, paused, staff = (
            self.whole_way(app, contact, helps=helps)
            for contact in (KNOWN, UNKNOWN, PAUSED, STAFFS)
        )

        assert known == unknown == paused == staff

    def test_an_unknown_address_is_sent_nothing_at_sign_in(self, browser: Browser) -> None:
        ask(browser, UNKNOWN)

        assert sent(BEFORE) == []
        assert [one.state for one in owed(Kind.CODE)] == [State.DROPPED]

    def test_the_same_letter_goes_to_the_known_and_the_unknown_who_would_help(
        self, browser: Browser
    ) -> None:
        words = set()
        for contact in (KNOWN, UNKNOWN):
            wish(browser, contact, "brasov")
            [letter] = sent(BEFORE)
            words.add(
                letter.subject
                + letter.text.replace(code_in(letter), "").replace(link_in(letter), "")
            )

        assert len(words) == 1
        assert "Sam" not in words.pop()  # whoever typed the name is not known yet

    def test_a_paused_person_is_sent_nothing(self, browser: Browser) -> None:
        ask(browser, PAUSED)
        wish(browser, PAUSED, "brasov")

        assert sent(BEFORE) == []

    def test_a_code_is_on_nobodys_call_list(self, browser: Browser) -> None:
        ask(browser, KNOWN)
        [notice] = owed(Kind.CODE)
        notice.state, notice.failed_at = State.FAILED, BEFORE
        db.session.commit()
        [mihai] = people_called("Mihai")

        assert list(db.session.scalars(call_list(mihai, now=BEFORE))) == []


class TestStaff:
    @pytest.mark.parametrize("role", STAFF)
    @pytest.mark.parametrize("helps", [False, True])
    def test_they_are_told_and_never_let_in_by_a_code(
        self, browser: Browser, here: Centre, role: Role, helps: bool
    ) -> None:
        make.person([role, Role.VOLUNTEER], here, email="boss@example.org")
        db.session.commit()
        if helps:
            wish(browser, "boss@example.org", "brasov")
        else:
            ask(browser, "boss@example.org")
        [letter] = sent(BEFORE)

        assert "with a password" in letter.text
        assert "/code/" not in letter.text
        assert letter.text.rstrip().count("/en/sign-in") == 1
        made = db.session.scalars(select(Knock)).one()
        assert (made.code_hash, made.token_hash) == (None, None)
        for code in ("", "000000"):
            assert type_in(browser, code).status_code == 422
        assert not is_in(browser)

    def test_who_becomes_staff_after_the_letter_left_is_not_let_in(
        self, browser: Browser, here: Centre, layla: Person
    ) -> None:
        ask(browser, KNOWN)
        [letter] = sent(BEFORE)
        make.make_coordinator_too(layla, here)
        db.session.commit()

        assert WRONG in type_in(browser, code_in(letter)).text
        assert browser.post(link_in(letter)).status_code == 409
        assert not is_in(browser)


class TestOnceMore:
    """Before protected details: the password, or a fresh code for whoever has none."""

    def test_a_fresh_code_for_whoever_has_no_password(
        self, browser: Browser, layla: Person
    ) -> None:
        ask(browser, KNOWN)
        type_in(browser, code_in(sent(BEFORE)[0]))
        question = browser.get("/en/confirmation?next=/en/mine")
        assert question.location == "/en/confirmation/code?next=/en/mine"
        assert KNOWN in browser.get(question.location).text

        assert browser.post(question.location).location == "/en/code"
        assert type_in(browser, code_in(sent(BEFORE)[0])).location == "/en/mine"
        old, new = db.session.scalars(select(SignIn).order_by(SignIn.id))
        assert (old.ended_at, new.ended_at) == (BEFORE, None)

    def test_a_protected_page_asks_for_it(
        self, browser: Browser, layla: Person, clock: time_machine.Traveller
    ) -> None:
        from app.people.terms import Gender
        from app.programme.bookings import book
        from app.programme.models import Part

        layla.gender = Gender.WOMAN
        meeting = make.meeting(activity=make.womens_group())
        book(layla, meeting, Part.LEARNER)
        db.session.commit()
        ask(browser, KNOWN)
        type_in(browser, code_in(sent(BEFORE)[0]))
        page = f"/en/meetings/{meeting.ref}"
        assert "Quiet circle" in browser.get(page).text
        clock.shift(timedelta(minutes=8))
        browser.get("/en/mine")
        clock.shift(timedelta(minutes=8))
        later = BEFORE + timedelta(minutes=16)

        to_confirm = browser.get(page)
        assert to_confirm.status_code == 303
        to_code = browser.get(to_confirm.location)
        browser.post(to_code.location)
        assert type_in(browser, code_in(sent(later)[0])).location == page
        assert "Quiet circle" in browser.get(page).text

    def test_whoever_has_a_password_types_it(self, browser: Browser) -> None:
        person = make.person(password_hash=hash_password("a quiet bridge of wood"))
        db.session.commit()
        browser.sign_in(person)

        assert browser.get("/en/confirmation").status_code == 200
        assert browser.get("/en/confirmation/code").status_code == 404
        assert browser.post("/en/confirmation/code").status_code == 404
