"""The childcare beside an activity is for children: no adult takes a place of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.people.models import Person
from app.programme.kinds import Privacy
from app.programme.models import Activity
from app.programme.queries import coming_meetings
from app.signups.operations import join, leave, visit
from app.signups.queries import has_place, learners, parties
from app.signups.rules import ForChildren
from app.signups.together import Coming, come_together
from app.signups.waiting import wait_for
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE, MONDAY

WORDS = "This childcare is for the children of those who come"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def care(app: Flask) -> Activity:
    """Beside a festival of which everybody knows."""
    room = make.room(name="Camera copiilor")
    host = make.activity("Spring festival", centre=room.centre, privacy=Privacy.PUBLIC)
    make.meeting(activity=host)
    care = make.childcare(host)
    for one in coming_meetings(care, now=BEFORE):
        one.room = room
    db.session.commit()
    return care


def taken(care: Activity, mother: Person, child: Person, *, by: Person) -> None:
    assert care.beside is not None
    coming = Coming(activity=care.beside, guardian=mother, people=[mother], minded=[child])
    come_together(coming, by=by, now=BEFORE)


class TestTheRule:
    def test_no_adult_takes_a_place_or_a_turn(self, care: Activity) -> None:
        man, (session,) = make.person(), coming_meetings(care, now=BEFORE)

        for by in (man, care.coordinator):
            with pytest.raises(ForChildren):
                join(care, man, by=by, now=BEFORE)
            with pytest.raises(ForChildren):
                visit(session, man, by=by, now=BEFORE)
            with pytest.raises(ForChildren):
                wait_for(care, [man], by=by, now=BEFORE)

    def test_a_child_comes_by_whoever_decides_or_by_a_coordinator(self, care: Activity) -> None:
        mother = make.person()
        one, other = make.child(mother), make.child(mother, name="Yusuf")

        taken(care, mother, one, by=mother)
        join(care, other, by=care.coordinator, now=BEFORE)

        assert {child.id for child in learners(care)} == {one.id, other.id}
        third = make.child(mother)
        with pytest.raises(ForChildren):
            join(care, third, by=third, now=BEFORE)

    def test_who_was_there_before_stays_and_may_leave(self, care: Activity) -> None:
        man = make.person()
        make.enrolment(care, man)

        join(care, man, by=man, now=BEFORE)
        assert has_place(care, man)

        leave(care, man, by=man, now=BEFORE)
        assert not has_place(care, man)

    def test_what_is_beside_nothing_is_for_everybody(self, care: Activity) -> None:
        care.beside_id, man = None, make.person()

        join(care, man, by=man, now=BEFORE)

        assert has_place(care, man)


class TestThePages:
    def test_it_is_no_part_of_the_programme_but_said_with_its_host(
        self, browser: Browser, care: Activity, clock: time_machine.Traveller
    ) -> None:
        assert care.beside is not None
        clock.move_to(MONDAY - timedelta(days=1))
        programme = browser.get("/en/").text
        assert "Spring festival" in programme
        assert "Childcare" not in programme
        assert care.ref not in browser.get("/sitemap.xml").text
        calendar = browser.get("/en/calendars/all.ics").text
        assert "Spring festival" in calendar
        assert "Childcare" not in calendar
        assert "Childcare while it lasts" in browser.get(f"/en/activities/{care.beside.ref}").text

    def test_its_page_leads_to_its_host_and_tells_no_room(
        self, browser: Browser, care: Activity
    ) -> None:
        assert care.beside is not None
        (session,) = coming_meetings(care, now=BEFORE)

        for _reader in range(2):
            page = browser.get(f"/en/activities/{care.ref}").text
            assert WORDS in page
            assert f'href="/en/activities/{care.beside.ref}"' in page
            assert "I want to come" not in page
            assert "For my children" not in page
            one = browser.get(f"/en/meetings/{session.ref}").text
            assert "Camera copiilor" not in page + one
            assert "I want to come" not in one
            browser.sign_in(make.person())

    def test_every_door_refuses_and_leads_to_the_host(
        self, browser: Browser, care: Activity
    ) -> None:
        assert care.beside is not None
        (session,) = coming_meetings(care, now=BEFORE)
        joining = f"/en/activities/{care.ref}/joining"
        strangers = [
            browser.get(joining),
            browser.post(joining, data={"name": "Sam", "contact": "", "language": "en"}),
            browser.post(f"{joining}?meeting={session.ref}", data={"name": "Sam"}),
        ]
        browser.sign_in(make.person())
        here = f"/en/activities/{care.ref}"
        own = [
            browser.get(f"{here}/choices"),
            browser.post(f"{here}/enrolment"),
            browser.post(f"{here}/waiting"),
            browser.post(f"/en/meetings/{session.ref}/visit"),
        ]

        for answer in strangers + own:
            assert answer.status_code == 409
            assert WORDS in answer.text
            assert f'href="/en/activities/{care.beside.ref}"' in answer.text
        assert (learners(care), parties(care)) == ([], [])

    def test_at_the_desk_there_are_only_children(self, browser: Browser, care: Activity) -> None:
        man = make.participant(care.centre, name="Omar")
        child = make.child(man, name="Amina")
        child.memberships.extend(make.participant(care.centre).memberships)
        db.session.commit()
        here = f"/en/activities/{care.ref}/learners"
        browser.sign_in(care.coordinator)

        page = browser.get(here).text
        assert "Amina" in page
        assert "Omar" not in page
        assert f"{here}/new" not in page

        form = {"name": "Sam", "contact": "", "language": "en"}
        assert browser.post(f"{here}/new", data=form).status_code == 409
        assert browser.post(here, data={"person": man.ref}).status_code == 409
        browser.post(here, data={"person": child.ref})
        assert learners(care) == [child]
