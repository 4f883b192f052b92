"""Signed out everywhere, by a colleague or oneself; what goes with it, who may, who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from app import clock as wall
from app.database import only_reading
from app.extensions import db
from app.feeds.models import FeedLink
from app.feeds.operations import make_link
from app.notices.devices import PushSubscription
from app.notices.models import Kind, Notice, State
from app.notices.wishes import keep_silent
from app.people.knocks import Knock
from app.people.models import Person, SignIn
from app.people.operations import begin_sign_in, make_password_link
from app.people.queries import hashed, sign_in_of
from app.people.terms import Role
from app.sign_outs.models import SignOut
from app.sign_outs.operations import end_everywhere
from tests import make
from tests.conftest import Browser
from tests.make import BEFORE
from tests.races import all_at_once


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


class House:
    """One centre with a coordinator at the desk, and somebody whose telephone is gone."""

    def __init__(self, app: Flask, role: Role = Role.PARTICIPANT) -> None:
        self.here = make.centre()
        self.boss = make.coordinator(self.here)
        self.layla = make.person([role], self.here, name="Layla")
        db.session.commit()
        self.desk, self.phone, self.stolen = (Browser(app) for _ in range(3))
        self.desk.sign_in(self.boss)
        self.phone.sign_in(self.layla)
        self.stolen.sign_in(self.layla)

    @property
    def page(self) -> str:
        return f"/en/people/{self.layla.ref}/sign-outs"

    def opens(self, browser: Browser) -> bool:
        return browser.get("/en/mine").status_code == 200


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def a_device(person: Person) -> PushSubscription:
    made = PushSubscription(
        person_id=person.id,
        endpoint=f"https://push.example.org/{person.id}",
        p256dh="x",
        auth="x",
        server_key="x",
        label="A phone",
        made_at=wall.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def count(model: type) -> int:
    return int(db.session.scalars(select(func.count()).select_from(model)).one())


class TestByAColleague:
    def test_in_two_clicks_every_device_is_a_strangers(self, house: House) -> None:
        assert house.opens(house.phone)
        assert house.opens(house.stolen)

        page = house.desk.get(house.page)
        done = house.desk.post(house.page, follow_redirects=True)

        assert "Sign out everywhere" in page.text
        assert "They are signed out everywhere." in done.text
        assert not house.opens(house.phone)
        assert not house.opens(house.stolen)
        assert house.opens(house.desk)

    @pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.COORDINATOR, Role.ADMINISTRATOR])
    def test_of_a_colleague_too(self, app: Flask, role: Role) -> None:
        house = House(app, role)

        assert house.desk.post(house.page).status_code == 303
        assert not house.opens(house.phone)

    def test_what_was_asked_for_to_come_in_opens_nothing(self, house: House) -> None:
        token = make_password_link(house.layla, lasts=timedelta(days=7), now=wall.now())
        knock = Knock(
            contact=house.layla.email,
            browser_hash="b",
            language="en",
            made_at=wall.now(),
            lapses_at=wall.now() + timedelta(minutes=10),
        )
        db.session.add(knock)
        db.session.commit()

        house.desk.post(house.page)

        choice = {"password": "a quiet bridge of wood"}
        assert house.phone.post(f"/en/password/{token}", data=choice).status_code == 409
        db.session.expire_all()
        assert knock.ended_at is not None

    @pytest.mark.parametrize(
        ("chosen", "left"),
        [({}, (1, 1)), ({"devices": "yes"}, (0, 1)), ({"calendars": "1"}, (1, 0))],
    )
    def test_devices_and_calendars_go_where_wished(
        self, house: House, chosen: dict[str, str], left: tuple[int, int]
    ) -> None:
        a_device(house.layla)
        make_link(house.layla, label="Phone", language="en", now=wall.now())
        db.session.commit()

        house.desk.post(house.page, data=chosen)

        open_links = select(func.count()).where(FeedLink.revoked_at.is_(None))
        assert (count(PushSubscription), db.session.scalars(open_links).one()) == left

    def test_nothing_of_anybody_else_is_touched(self, app: Flask, house: House) -> None:
        nour = make.participant(house.here)
        a_device(nour)
        theirs = Browser(app).sign_in(nour)

        house.desk.post(house.page, data={"devices": "yes", "calendars": "yes"})

        assert house.opens(theirs)
        assert count(PushSubscription) == 1

    def test_leaves_a_trace(self, house: House) -> None:
        house.desk.post(house.page, data={"devices": "yes"})

        trace = db.session.scalars(select(SignOut)).one()
        assert (trace.person_id, trace.by_id) == (house.layla.id, house.boss.id)
        assert (trace.devices, trace.calendars) == (True, False)
        assert house.boss.name in house.desk.get(house.page).text

    def test_is_told_on_the_usual_way(self, house: House) -> None:
        house.desk.post(house.page)

        told = db.session.scalars(select(Notice)).one()
        assert (told.kind, told.person_id, told.state) == (
            Kind.SIGNED_OUT,
            house.layla.id,
            State.PENDING,
        )

    def test_is_not_told_in_silent_contact_nor_put_on_the_list_of_calls(self, house: House) -> None:
        keep_silent(house.layla, by=house.boss, now=wall.now())
        db.session.commit()

        house.desk.post(house.page)

        assert count(Notice) == 0
        assert not house.opens(house.phone)

    def test_says_the_same_whether_they_were_signed_in_or_not(self, house: House) -> None:
        nour = make.participant(house.here, name="Layla")
        db.session.commit()
        pages = [
            house.desk.get(f"/en/people/{one.ref}/sign-outs").text.replace(one.ref, "")
            for one in (house.layla, nour)
        ]
        answers = [
            house.desk.post(f"/en/people/{one.ref}/sign-outs").status_code
            for one in (house.layla, nour)
        ]

        assert pages[0] == pages[1]
        assert answers == [303, 303]

    def test_somebody_of_another_centre_does_not_exist(self, house: House) -> None:
        stranger = make.participant(make.centre())
        db.session.commit()
        answers = {
            (house.desk.open(f"/en/people/{ref}/sign-outs", method=method)).status_code
            for ref in (stranger.ref, "nobody")
            for method in ("GET", "POST")
        }

        assert answers == {404}

    @pytest.mark.parametrize("role", [Role.MEDIATOR, Role.TEACHER, Role.PARTICIPANT])
    def test_is_not_for_those_who_are_no_staff(self, app: Flask, house: House, role: Role) -> None:
        other = Browser(app).sign_in(make.person([role], house.here))

        assert other.post(house.page).status_code == 404
        assert house.opens(house.phone)

    def test_asks_for_the_password_once_more_as_other_such_deeds_do(
        self, house: House, clock: time_machine.Traveller
    ) -> None:
        clock.shift(timedelta(minutes=16))

        answers = [house.desk.get(house.page), house.desk.post(house.page)]

        assert [one.location.partition("?")[0] for one in answers] == ["/en/confirmation"] * 2
        assert count(SignOut) == 0


class TestByOneself:
    def test_everywhere_and_here_without_a_password(self, house: House) -> None:
        answer = house.phone.post("/en/profile/sign-ins/end", data={"devices": "yes"})

        assert answer.location == "/en/sign-in"
        assert not house.opens(house.phone)
        assert not house.opens(house.stolen)
        assert count(Notice) == 0  # who did it knows
        assert db.session.scalars(select(SignOut.by_id)).all() == [house.layla.id]

    @pytest.mark.parametrize("role", Role)
    def test_everybody_has_the_page(self, app: Flask, role: Role) -> None:
        browser = Browser(app).sign_in(make.person([role], make.centre()))

        page = browser.get("/en/profile/sign-ins").text

        assert "Sign out everywhere" in page
        assert ("This device is mine alone" in page) is (role is Role.PARTICIPANT)


def test_twelve_clicks_in_flight_leave_nobody_signed_in(racing_app: Flask) -> None:
    """Pages that are being shown, a device that says it is seen, and two colleagues at once."""
    with racing_app.app_context():
        here = make.centre()
        layla, boss = make.participant(here), make.coordinator(here)
        db.session.commit()
        ids, now = (layla.id, boss.id), wall.now()
    for _round in range(6):
        with racing_app.app_context():
            person = db.session.get_one(Person, ids[0])
            tokens = [begin_sign_in(person, now=now) for _device in range(5)]
            db.session.commit()

        def look(token: str) -> bool:
            found = sign_in_of(token)
            assert found is not None
            alive = found.is_alive(now)
            seen = update(SignIn).where(SignIn.token_hash == hashed(token))
            db.session.execute(seen.values(seen_at=now + timedelta(seconds=1)))
            return alive

        def end() -> None:
            person, by = (db.session.get_one(Person, one) for one in ids)
            end_everywhere(person, by=by, devices=True, calendars=True, now=now)

        clicks: list[Callable[[], object]] = [*(partial(look, token) for token in tokens), end, end]
        results = all_at_once(racing_app, clicks)

        assert not [one for one in results if isinstance(one, Exception)]
        with racing_app.app_context(), only_reading():
            found = [sign_in_of(token) for token in tokens]
            assert not any(one is None or one.is_alive(now) for one in found)
    with racing_app.app_context(), only_reading():
        assert count(SignOut) == 12
        assert count(Notice) == 1
