"""What staff may change of whom: never a way into somebody's account, never a role too many."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.invitations.operations import EmailIsTheirs, change_email, invite
from app.notices.models import Kind, Notice, State
from app.people.languages import COMMON
from app.people.models import Centre, Membership, PasswordLink, Person
from app.people.namesakes import keep_name
from app.people.operations import LinkUsed, choose_password, make_password_link
from app.people.passwords import hash_password
from app.people.terms import Level, Role
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE
from tests.races import all_at_once

HASH = hash_password("a quiet bridge of wood")
THEIRS = "Only they themselves can change their e-mail address."


def typed(person: Person, centre: Centre, **changes: object) -> dict[str, object]:
    """The form of *person* as it is, with *changes*."""
    roles = [role.value for role in sorted(person.roles_in(centre.id))]
    form: dict[str, object] = {
        "name": person.name,
        "email": person.email or "",
        "centre": centre.id,
        "roles": roles,
        "language": person.language,
        "gender": "",
    }
    return form | changes


def give(person: Person, role: Role, centre: Centre) -> None:
    person.memberships.append(Membership(centre=centre, role=role))
    db.session.flush()


def save(browser: Browser, person: Person, form: dict[str, object]) -> tuple[int, str]:
    """Somebody's form sent: the status and the page."""
    answer = browser.post(f"/en/people/{person.ref}", data=form)
    db.session.expire_all()
    return answer.status_code, answer.text


def letters(person: Person) -> list[State]:
    owed = select(Notice.state).where(Notice.person == person, Notice.kind == Kind.PASSWORD)
    return list(db.session.scalars(owed.order_by(Notice.id)))


class TestSomebodyWhoIsPerhapsKnown:
    """Whoever adds a person is asked first whether it is one of those whom they see anyway."""

    def form(self, centre: Centre, name: str, **changes: object) -> dict[str, object]:
        plain = {"name": name, "centre": centre.id, "roles": ["participant"], "language": "ro"}
        return plain | {"gender": ""} | changes

    def test_is_asked_about_and_added_all_the_same(self, browser: Browser) -> None:
        here = make.centre()
        mohammed = make.participant(here, name="Mohammed Ali")
        boss = make.coordinator(here)
        keep_name(mohammed)
        browser.sign_in(boss)

        asked = browser.post("/en/people/new", data=self.form(here, "Мохамад Али"))

        assert asked.status_code == 200
        assert "Perhaps already here" in asked.text
        assert f"/en/people/{mohammed.ref}" in asked.text
        assert 'name="is_new" type="hidden" value="Мохамад Али"' in asked.text
        assert called("Мохамад Али") == 0
        sent = self.form(here, "Мохамад Али", is_new="Мохамад Али")
        assert browser.post("/en/people/new", data=sent).status_code == 303
        assert called("Мохамад Али") == 1

    def test_of_people_elsewhere_nothing_is_said(self, browser: Browser) -> None:
        here = make.centre()
        elsewhere = make.participant(make.centre(), name="Mohammed Ali", phone="0722 000 111")
        keep_name(elsewhere)
        boss = make.coordinator(here)
        browser.sign_in(boss)

        sent = self.form(here, "Mohamad Ali", phone="0722 000 111")

        assert browser.post("/en/people/new", data=sent).status_code == 303

    def test_a_colleague_whom_one_may_not_change_is_named_without_a_link(
        self, browser: Browser
    ) -> None:
        here = make.centre()
        colleague = make.person([Role.ADMINISTRATOR], here, name="Ioana Pop")
        keep_name(colleague)
        browser.sign_in(make.coordinator(here))

        asked = browser.post("/en/people/new", data=self.form(here, "Ioana Popp"))

        assert "Ioana Pop" in asked.text
        assert f"/people/{colleague.ref}" not in asked.text


def called(name: str) -> int:
    return len(db.session.scalars(select(Person).where(Person.name == name)).all())


class TestTheWayBack:
    def test_saving_somebody_and_their_other_pages_lead_to_them(self, browser: Browser) -> None:
        here = make.centre()
        layla, boss = make.participant(here, name="Layla Haddad"), make.coordinator(here)
        browser.sign_in(boss)

        saved = browser.post(f"/en/people/{layla.ref}", data=typed(layla, here))

        assert saved.location == f"/en/people/{layla.ref}"
        back = f'class="back-link"><a href="/en/people/{layla.ref}"><bdi>Layla Haddad'
        for page in ("contact", "sign-outs", "hours"):
            assert back in browser.get(f"/en/people/{layla.ref}/{page}").text, page

    def test_of_a_colleague_to_the_list(self, browser: Browser) -> None:
        here = make.centre()
        colleague = make.person([Role.ADMINISTRATOR], here)
        browser.sign_in(make.coordinator(here))

        for page in ("contact", "sign-outs", "hours"):
            answer = browser.get(f"/en/people/{colleague.ref}/{page}").text
            assert 'class="back-link"><a href="/en/people">' in answer, page


class TestEmail:
    def test_of_somebody_with_a_password_is_theirs(self, browser: Browser) -> None:
        here = make.centre()
        woman = make.participant(here, password_hash=HASH, email="layla@example.org")
        browser.sign_in(make.coordinator(here))

        for email in ("mihai@example.org", ""):
            status, page = save(browser, woman, typed(woman, here, email=email, name="Changed"))
            assert status == 422
            assert f'<a href="#email">{THEIRS}' in page
            assert (woman.email, woman.name) != (email, "Changed")
        assert woman.email == "layla@example.org"
        assert letters(woman) == []

    def test_at_which_a_code_was_read_is_theirs_too(self, browser: Browser) -> None:
        here = make.centre()
        woman = make.participant(here, confirmed_at=make.BEFORE, email="layla@example.org")
        browser.sign_in(make.coordinator(here))

        status, page = save(browser, woman, typed(woman, here, email="mihai@example.org"))
        assert status == 422
        assert f'<a href="#email">{THEIRS}' in page
        assert woman.email == "layla@example.org"

    def test_is_shown_as_text_and_the_rest_is_saved_without_it(self, browser: Browser) -> None:
        here = make.centre()
        woman = make.participant(here, password_hash=HASH, email="layla@example.org")
        browser.sign_in(make.coordinator(here))

        page = browser.get(f"/en/people/{woman.ref}").text
        form = typed(woman, here, name="Layla")
        del form["email"]

        assert 'name="email"' not in page
        assert "layla@example.org" in page
        assert save(browser, woman, form)[0] == 303
        assert (woman.name, woman.email) == ("Layla", "layla@example.org")
        assert save(browser, woman, typed(woman, here, email="Layla@Example.org "))[0] == 303

    @time_machine.travel(BEFORE)
    def test_of_somebody_invited_moves_with_everything_owed_to_it(self, browser: Browser) -> None:
        here = make.centre()
        woman, other = make.participant(here), make.participant(here)
        boss = make.coordinator(here)
        for person in (woman, other):
            make_password_link(person, lasts=timedelta(days=7), now=BEFORE)
            invite(person, by=boss, now=BEFORE)
        browser.sign_in(boss)

        assert save(browser, woman, typed(woman, here, email="New@example.org"))[0] == 303

        assert woman.email == "new@example.org"
        assert letters(woman) == [State.DROPPED, State.PENDING]
        assert letters(other) == [State.PENDING]
        still_open = select(PasswordLink.person_id).where(PasswordLink.used_at.is_(None))
        assert db.session.scalars(still_open).all() == [other.id]

    def test_given_for_the_first_time_is_invited_and_taken_away_is_not(
        self, browser: Browser
    ) -> None:
        here = make.centre()
        woman = make.participant(here, email=None)
        browser.sign_in(make.coordinator(here))

        save(browser, woman, typed(woman, here, email="new@example.org"))
        assert letters(woman) == [State.PENDING]
        save(browser, woman, typed(woman, here, email=""))
        assert letters(woman) == [State.DROPPED]
        assert woman.email is None

    @pytest.mark.usefixtures("app")
    def test_that_stays_owes_nothing(self) -> None:
        woman = make.person(email="layla@example.org")

        change_email(woman, "Layla@example.org", by=make.person(), now=BEFORE)

        assert letters(woman) == []

    def test_choosing_a_password_meanwhile_either_wins_or_loses(self, racing_app: Flask) -> None:
        """Never a password chosen with an old link on an address that somebody else reads."""
        with racing_app.app_context():
            boss = make.person()
            people = [make.person() for _round in range(6)]
            for person in people:
                make_password_link(person, lasts=timedelta(days=7), now=BEFORE)
            db.session.commit()
            boss_id, ids = boss.id, [person.id for person in people]

        def choose(person_id: int) -> None:
            link = db.session.scalars(
                select(PasswordLink).where(PasswordLink.person_id == person_id)
            ).one()
            choose_password(link, "a quiet bridge of wood", now=BEFORE)

        def change(person_id: int) -> None:
            person, by = db.session.get_one(Person, person_id), db.session.get_one(Person, boss_id)
            change_email(person, f"new{person_id}@example.org", by=by, now=BEFORE)

        for one in ids:
            results = all_at_once(racing_app, [lambda o=one: choose(o), lambda o=one: change(o)])  # type: ignore[misc]
            lost = [type(result) for result in results if result is not None]
            assert lost in ([LinkUsed], [EmailIsTheirs])


class TestRoles:
    """Staff of a centre are named by the administrators of that centre."""

    def test_an_administrator_elsewhere_names_no_staff_here(self, browser: Browser) -> None:
        here, there = make.centre(), make.centre()
        boss = make.person([Role.ADMINISTRATOR], there)
        give(boss, Role.COORDINATOR, here)
        neighbour = make.participant(here)
        browser.sign_in(boss)

        for role in (Role.ADMINISTRATOR, Role.COORDINATOR):
            status, page = save(browser, neighbour, typed(neighbour, here, roles=[role.value]))
            assert status == 422
            assert "Only an administrator of this centre can give this role." in page
        assert neighbour.roles_in(here.id) == {Role.PARTICIPANT}
        form = typed(neighbour, here, email="x@example.org", roles=["coordinator"])
        assert browser.post("/en/people/new", data=form).status_code == 422

    def test_nor_for_themselves(self, browser: Browser) -> None:
        here, there = make.centre(), make.centre()
        boss = make.person([Role.ADMINISTRATOR], there)
        give(boss, Role.COORDINATOR, here)
        browser.sign_in(boss)

        assert save(browser, boss, typed(boss, here, roles=["administrator"]))[0] == 404
        assert boss.roles_in(here.id) == {Role.COORDINATOR}

    def test_a_colleague_is_changed_by_who_rules_wherever_they_work(self, app: Flask) -> None:
        here, there = make.centre(), make.centre()
        colleague = make.coordinator(here)
        give(colleague, Role.COORDINATOR, there)
        of_here = make.person([Role.ADMINISTRATOR], here)
        of_both = make.person([Role.ADMINISTRATOR], here)
        give(of_both, Role.ADMINISTRATOR, there)

        answers = []
        for boss in (of_here, of_both):
            browser = app.test_client()
            assert isinstance(browser, Browser)
            browser.sign_in(boss)
            opened = browser.get(f"/people/{colleague.ref}").status_code
            is_linked = colleague.ref in browser.get("/people").text
            saved = save(browser, colleague, typed(colleague, here, name="Changed"))[0]
            answers.append((opened, is_linked, saved))

        assert answers == [(404, False, 404), (200, True, 303)]

    def test_an_administrator_of_another_centre_is_out_of_reach(self, browser: Browser) -> None:
        here, there = make.centre(), make.centre()
        victim = make.person([Role.ADMINISTRATOR], there)
        give(victim, Role.PARTICIPANT, here)
        browser.sign_in(make.person([Role.ADMINISTRATOR], here))

        assert save(browser, victim, typed(victim, here, email="mine@example.org"))[0] == 404
        assert browser.post(f"/people/{victim.ref}/invitation").status_code == 404

    def test_within_their_centre_they_name_staff(self, browser: Browser) -> None:
        here = make.centre()
        new = make.participant(here)
        browser.sign_in(make.person([Role.ADMINISTRATOR], here))

        assert save(browser, new, typed(new, here, roles=["coordinator"]))[0] == 303
        assert new.roles_in(here.id) == {Role.COORDINATOR}
        assert save(browser, new, typed(new, here, roles=["teacher"]))[0] == 303
        assert new.roles_in(here.id) == {Role.TEACHER}

    def test_a_coordinator_is_not_even_offered_them(self, browser: Browser) -> None:
        here = make.centre()
        browser.sign_in(make.coordinator(here))

        page = browser.get("/people/new").text

        assert 'value="volunteer"' in page
        assert 'value="administrator"' not in page
        assert 'value="coordinator"' not in page

    def test_nobody_locks_themselves_out(self, browser: Browser) -> None:
        here = make.centre()
        boss = make.person([Role.ADMINISTRATOR, Role.COORDINATOR], here)
        browser.sign_in(boss)

        status, page = save(browser, boss, typed(boss, here, roles=["coordinator"]))

        assert status == 422
        assert "You cannot stop being an administrator yourself." in page
        assert Role.ADMINISTRATOR in boss.roles_in(here.id)
        assert save(browser, boss, typed(boss, here, roles=["administrator"]))[0] == 303


@pytest.mark.parametrize("path", ["/people/new", "/profile"])
def test_a_name_of_spaces_is_refused_kindly(browser: Browser, path: str) -> None:
    here = make.centre()
    boss = make.coordinator(here)
    browser.sign_in(boss)
    form = typed(boss, here, name="   ", roles=["volunteer"], email="x@example.org")

    answer = browser.post(f"/en{path}", data=form | {"zone": "Europe/Bucharest"})

    assert answer.status_code == 422
    assert "Type a name; a nickname will do." in answer.text


@pytest.mark.parametrize("known", [18, 19, 20])
def test_somebody_may_speak_twenty_languages(browser: Browser, known: int) -> None:
    here = make.centre()
    boss = make.person([Role.ADMINISTRATOR], here)
    gifted = make.participant(here, speaks=dict.fromkeys(COMMON[:known], Level.B2))
    browser.sign_in(boss)

    page = browser.get(f"/people/{gifted.ref}")

    assert page.status_code == 200
    assert "languages-19-language" in page.text
    assert "languages-20-language" not in page.text
