"""The pages of somebody who cannot come, and of the coordinator who asks in turn."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app import clock
from app.extensions import db
from app.people.models import Person
from app.people.terms import Level
from app.staffing.models import Asking, Assignment, Override, Progress, State, Swap
from app.staffing.queries import assignment_of
from app.worker import ask
from tests import make
from tests.conftest import Browser
from tests.staffing.today import in_two_days


class House:
    """A centre with two sessions, each with a helper."""

    def __init__(self) -> None:
        self.centre = make.centre()
        self.boss = make.coordinator(self.centre)
        self.mine, self.theirs = self.place(0), self.place(1)
        db.session.commit()

    def place(self, day: int) -> Assignment:
        start = in_two_days() + timedelta(days=day)
        activity = make.activity(f"Course {day}", centre=self.centre, coordinator=self.boss)
        meeting = make.meeting(activity=activity, starts_at=start)
        need = make.need(meeting=meeting, language="ar")
        helper = make.mediator(self.centre)
        return make.assignment(need=need, person=helper, state=State.CONFIRMED)


def fresh(place: Assignment) -> Assignment:
    db.session.expire_all()
    return db.session.get_one(Assignment, place.id)


def test_looking_for_a_stand_in_and_coming_after_all(browser: Browser) -> None:
    house = House()
    browser.sign_in(house.mine.person)
    page = browser.get(f"/en/places/{house.mine.ref}/leaving")
    assert "Look for a stand-in" in page.text

    browser.post(f"/en/places/{house.mine.ref}/stand-in")
    mine = browser.get("/en/places").text
    assert "A stand-in is looked for" in mine
    assert fresh(house.mine).stand_in_wanted_at is not None

    browser.post(f"/en/places/{house.mine.ref}/stand-in/end")
    assert fresh(house.mine).stand_in_wanted_at is None
    assert (
        "A stand-in is looked for"
        not in browser.get("/en/places").text.split("</main>")[0].split("session-list")[1]
    )


def test_a_swap_from_proposal_to_yes(browser: Browser) -> None:
    house = House()
    browser.sign_in(house.mine.person)
    page = browser.get(f"/en/places/{house.mine.ref}/leaving").text
    assert "Course 1" in page
    assert house.theirs.person.name not in page
    browser.post(f"/en/places/{house.mine.ref}/swaps", data={"place": house.theirs.ref})
    swap = db.session.scalars(select(Swap)).one()
    assert browser.post(f"/en/swaps/{swap.ref}/acceptance").status_code == 404

    browser.sign_in(house.theirs.person)
    for _n in range(3):
        assert "Would you swap?" in browser.get(f"/en/swaps/{swap.ref}").text
    browser.post(f"/en/swaps/{swap.ref}/acceptance")

    taken = assignment_of(fresh(house.theirs).need, house.mine.person)
    assert taken is not None
    assert taken.state is State.CONFIRMED


def test_nobody_else_finds_a_place_or_a_swap(browser: Browser) -> None:
    house = House()
    stranger = make.mediator(house.centre)
    db.session.commit()
    browser.sign_in(house.mine.person)
    browser.post(f"/en/places/{house.mine.ref}/swaps", data={"place": house.theirs.ref})
    swap = db.session.scalars(select(Swap)).one()
    browser.sign_in(stranger)

    assert browser.get(f"/en/places/{house.mine.ref}/leaving").status_code == 404
    assert browser.post(f"/en/places/{house.mine.ref}/stand-in").status_code == 404
    assert browser.get(f"/en/swaps/{swap.ref}").status_code == 404
    assert browser.post(f"/en/swaps/{swap.ref}/refusal").status_code == 404


class TestAsking:
    def open_need(self) -> tuple[Person, Assignment, list[Person]]:
        house = House()
        place = house.place(2)
        place.need.wanted = 2
        levels = (Level.NATIVE, Level.C1)
        people = [make.mediator(house.centre, {"ar": level}) for level in levels]
        db.session.commit()
        return house.boss, place, people

    def test_the_chosen_are_asked_in_turn_and_the_page_says_how_it_goes(
        self, browser: Browser
    ) -> None:
        boss, place, (first, second) = self.open_need()
        browser.sign_in(boss)
        ref = place.need.ref
        assert "Ask in turn" in browser.get(f"/en/needs/{ref}/candidates").text

        browser.post(
            f"/en/needs/{ref}/asking",
            data={"at_once": "1", "lasts": "60", "person": [first.ref, second.ref]},
        )
        ask()

        page = browser.get(f"/en/needs/{ref}/candidates").text
        assert "People are being asked in turn" in page
        assert "their turn has not come" in page
        trace = browser.get(f"/en/needs/{ref}/decisions").text
        assert first.name in trace
        asking = db.session.scalars(select(Asking)).one()
        browser.post(f"/en/askings/{asking.ref}/end")
        db.session.expire_all()
        assert db.session.scalars(select(Asking)).one().progress is Progress.STOPPED

    def test_asking_in_spite_of_a_rule_needs_a_reason(self, browser: Browser) -> None:
        boss, place, _people = self.open_need()
        other = make.mediator(place.need.meeting.activity.centre, {"uk": Level.NATIVE})
        db.session.commit()
        browser.sign_in(boss)
        given = {"person": other.ref, "rule": "language_not_spoken"}
        address = f"/en/needs/{place.need.ref}/exception"

        browser.post(address, data=given | {"reason": " "})
        assert db.session.scalars(select(Override)).all() == []
        assert browser.post(address, data=given | {"reason": "Nobody else."}).status_code == 303

        kept = db.session.scalars(select(Override)).one()
        assert (kept.reason, kept.by_id) == ("Nobody else.", boss.id)
        assert "Nobody else." in browser.get(f"/en/needs/{place.need.ref}/decisions").text

    def test_a_coordinator_of_elsewhere_finds_nothing(self, browser: Browser) -> None:
        _boss, place, people = self.open_need()
        browser.sign_in(make.coordinator(make.centre()))
        ref = place.need.ref

        for method, address in (
            ("GET", f"/en/needs/{ref}/decisions"),
            ("POST", f"/en/needs/{ref}/asking"),
            ("POST", f"/en/needs/{ref}/exception"),
        ):
            answer = browser.open(address, method=method, data={"person": people[0].ref})
            assert answer.status_code == 404


def test_the_worker_asks_the_next_when_an_offer_lapses(browser: Browser) -> None:
    assert browser is not None
    house = House()
    place = house.place(3)
    place.need.wanted = 2
    db.session.commit()
    browser.sign_in(house.boss)
    browser.post(f"/en/needs/{place.need.ref}/asking", data={"at_once": "1", "lasts": "60"})
    ask()
    first = db.session.scalars(select(Assignment).where(Assignment.state == State.OFFERED)).one()
    first.lapses_at = clock.now() - timedelta(seconds=1)
    db.session.commit()

    ask()

    assert fresh(first).state is State.LAPSED
    waiting = select(Assignment).where(Assignment.state == State.OFFERED)
    assert db.session.scalars(waiting).one().person_id != first.person_id
