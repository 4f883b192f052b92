"""By which way a message leaves, what follows when that way is dead, and that it never leaves by
two."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notices.calling import NoAddressToSend, send_again
from app.notices.channels import Channel
from app.notices.claiming import LEASE
from app.notices.delivery import (
    AddressRefused,
    LetterRefused,
    NotDelivered,
    PerhapsSent,
    Receipt,
    Stage,
    TryLater,
)
from app.notices.devices import (
    MOST_FAILURES,
    NoDevice,
    PushSubscription,
    add_device,
    be_told_first,
    devices_of,
    is_endpoint,
    with_another_key,
)
from app.notices.ledger import Attempt, Outcome, Relay, Stop, StoppedAddress
from app.notices.letter import Brief, Letter
from app.notices.models import CentrePace, Kind, Notice, State
from app.notices.pacing import MOST_PARTS_OF_CENTRE
from app.notices.push import PushPost
from app.notices.queries import call_list
from app.notices.reaching import reach_of
from app.notices.sending import Sender, send_due
from app.notices.stopping import stopped_addresses
from app.notices.ways import Ways
from app.notices.webpush import fresh_key
from app.notices.wishes import keep_silent, say
from app.notices.workers import watch
from app.people.models import Person
from tests import make
from tests.notices import test_outbox
from tests.notices.browsers import Browser
from tests.notices.test_outbox import NOON, Recorder, owe, state_of
from tests.races import all_at_once
from tests.statements import statements

MINUTE = timedelta(minutes=1)
NUMBER = "+40721234567"


class Kept(Recorder):
    """A postman for one channel, who fails as he is told to."""

    def __init__(self, name: str, *failures: NotDelivered, parts: int = 0) -> None:
        super().__init__(*failures)
        self.name, self.parts = name, parts
        self.gone: tuple[int, ...] = ()

    def send(self, letter: Letter) -> Receipt | None:
        super().send(letter)
        gone, self.gone = self.gone, ()
        left = (device.id for device in letter.devices if device.id not in gone)
        return Receipt(reference="g-1", reached=tuple(left), gone=gone)

    def relay_for(self, to: str) -> str:
        return self.name

    def cost(self, letter: Letter) -> int:
        return self.parts


class House:
    """The three ways of one installation."""

    def __init__(self, *, no_sms: bool = False) -> None:
        self.mail, self.sms, self.push = Kept("mail"), Kept("sms", parts=1), Kept("push")
        self.ways = Ways(self.mail, self.sms, self.push, no_sms=no_sms)

    def sends(self, at: timedelta = timedelta()) -> int:
        return send_due(self.ways, compose, clock=lambda: NOON + at)

    @property
    def sent(self) -> tuple[int, int, int]:
        """How many by mail, by notification, by short message."""
        return len(self.mail.sent), len(self.push.sent), len(self.sms.sent)


def compose(notice: Notice, now: object) -> Letter | None:
    return test_outbox.compose(notice, NOON)


def dead(code: str = "550", gone: tuple[int, ...] = ()) -> AddressRefused:
    problem = AddressRefused(code)
    problem.is_dead, problem.gone = True, gone
    return problem


def device(person: Person, name: str = "one", **given: str) -> PushSubscription:
    browser = Browser()
    facts = {"endpoint": f"https://push.example/{person.id}-{name}", "label": "Chrome, Android"}
    made = add_device(
        person,
        p256dh=browser.p256dh,
        auth=browser.auth,
        server_key="ours",
        now=NOON,
        **(facts | given),
    )
    db.session.flush()
    return made


def reached(*, devices: int = 0, sms: bool = False, **given: Any) -> Person:
    layla = make.person(phone="0721 234 567", **given)
    for n in range(devices):
        device(layla, str(n))
    if sms:
        say(layla, Channel.SMS, True, by=layla, now=NOON)
    return layla


@pytest.mark.usefixtures("app")
class TestTheFirstWay:
    def test_is_mail_where_nothing_else_was_wished(self) -> None:
        owe(reached(sms=True))
        house = House()

        assert house.sends() == 1
        assert house.sent == (1, 0, 0)

    def test_is_the_device_on_which_they_pressed_the_button(self) -> None:
        layla = reached(devices=2)
        owe(layla)
        house = House()

        assert house.sends() == 1
        assert house.sent == (0, 1, 0)
        assert [one.endpoint for one in house.push.sent[0].devices] == [
            f"https://push.example/{layla.id}-1",
            f"https://push.example/{layla.id}-0",
        ]
        used = [one.last_used_at for one in db.session.scalars(devices_of(layla))]
        assert used == [NOON, NOON]

    def test_is_what_they_chose(self) -> None:
        layla = reached(devices=1, sms=True)
        be_told_first(layla, Channel.EMAIL)
        owe(layla, "one")
        be_told_first(layla, Channel.SMS)
        house = House()

        house.sends()
        be_told_first(layla, Channel.EMAIL)
        owe(layla, "two")
        house.sends()

        assert house.sent == (1, 0, 1)

    def test_is_a_short_message_for_whom_only_that_reaches(self) -> None:
        notice = owe(reached(email=None, sms=True))
        house = House()

        assert notice.state is State.PENDING
        assert house.sends() == 1
        assert [one.to for one in house.sms.sent] == [NUMBER]
        [attempt] = db.session.scalars(select(Attempt))
        assert (attempt.channel, attempt.code) == (Channel.SMS, "g-1")

    def test_no_short_message_goes_to_who_did_not_say_yes(self) -> None:
        layla = make.person(email=None, phone="0721 234 567", sign_in_phone=NUMBER)

        assert owe(layla).state is State.FAILED

    def test_where_there_is_no_gateway_somebody_telephones(self) -> None:
        notice = owe(reached(email=None, sms=True))

        assert House(no_sms=True).sends() == 0
        assert (state_of(notice), notice.last_code) == (State.FAILED, "no-address")

    def test_a_link_to_come_in_goes_by_mail_only(self) -> None:
        layla = reached(devices=1, sms=True)
        owe(layla, kind=Kind.PASSWORD)
        house = House()
        house.sends()
        assert house.sent == (1, 0, 0)

        sam = reached(email=None, devices=1)
        notice = owe(sam, "two", kind=Kind.PASSWORD)
        house.sends()
        assert (state_of(notice), house.sent) == (State.FAILED, (1, 0, 0))

    def test_no_to_mail_is_yes_to_what_is_left(self) -> None:
        layla = reached(devices=1)
        be_told_first(layla, Channel.EMAIL)
        notice = owe(layla)
        say(layla, Channel.EMAIL, False, by=layla, now=NOON)
        house = House()

        assert house.sends() == 1
        assert (state_of(notice), house.sent) == (State.SENT, (0, 1, 0))

    def test_a_no_while_the_letter_before_left_is_heard(self) -> None:
        """A slow server kept the whole batch for minutes."""
        first, layla = reached(email=None, sms=True), reached(sms=True)
        be_told_first(layla, Channel.SMS)
        owe(first, "one")
        owe(layla, "two")
        house, passed = House(), [timedelta()]

        def later() -> datetime:
            if house.sms.sent and not passed[0]:
                passed[0] = MINUTE
                say(layla, Channel.SMS, False, by=layla, now=NOON)
                db.session.commit()
            return NOON + passed[0]

        send_due(house.ways, compose, clock=later)

        assert house.sent == (1, 0, 1)

    def test_silence_beats_all_of_them(self) -> None:
        layla = reached(devices=1, sms=True)
        waiting = owe(layla, "one")
        keep_silent(layla, by=layla, now=NOON)
        house = House()

        assert owe(layla, "two").state is State.FAILED
        assert house.sends() == 0
        assert (state_of(waiting), waiting.last_code) == (State.FAILED, "silent")

    def test_how_somebody_is_reached_takes_as_many_queries_for_three_as_for_one(
        self, app: Flask
    ) -> None:
        people = [reached(devices=2, sms=True).id for _n in range(3)]

        assert len(statements(lambda: reach_of(people[:1]))) == len(
            statements(lambda: reach_of(people))
        )


@pytest.mark.usefixtures("app")
class TestDeadWays:
    def test_a_device_that_is_gone_is_removed_and_the_message_goes_by_mail(self) -> None:
        layla = reached(devices=1)
        [known] = db.session.scalars(devices_of(layla))
        notice = owe(layla)
        house = House()
        house.push.failures = [dead("410", gone=(known.id,))]

        assert house.sends() == 0
        assert (state_of(notice), house.sent) == (State.PENDING, (0, 1, 0))
        assert house.sends() == 1
        assert (state_of(notice), house.sent) == (State.SENT, (1, 1, 0))
        assert db.session.scalars(devices_of(layla)).all() == []
        assert db.session.scalars(select(StoppedAddress)).all() == []

    def test_one_of_two_that_is_gone_is_removed_and_nothing_is_sent_twice(self) -> None:
        layla = reached(devices=2)
        old, new = sorted(one.id for one in db.session.scalars(devices_of(layla)))
        notice = owe(layla)
        house = House()
        house.push.gone = (old,)

        assert house.sends() == 1
        assert (state_of(notice), house.sent) == (State.SENT, (0, 1, 0))
        assert [one.id for one in db.session.scalars(devices_of(layla))] == [new]

    def test_all_the_ways_one_after_the_other_and_then_a_call(self) -> None:
        here = make.centre()
        boss = make.coordinator(here)
        layla = reached(devices=1, sms=True)
        layla.memberships.extend(make.participant(here).memberships)
        [known] = db.session.scalars(devices_of(layla))
        notice = owe(layla, responsible=boss)
        house = House()
        house.push.failures = [dead("410", gone=(known.id,))]
        house.mail.failures = [dead("550")]
        house.sms.failures = [dead("15")]

        for _turn in range(5):
            house.sends()

        assert (state_of(notice), house.sent) == (State.FAILED, (1, 1, 1))
        assert db.session.scalars(call_list(boss, now=NOON)).all() == [notice]
        outcomes = db.session.execute(select(Attempt.channel, Attempt.outcome).order_by(Attempt.id))
        assert [tuple(one) for one in outcomes] == [
            (way, Outcome.ADDRESS_REFUSED) for way in (Channel.PUSH, Channel.EMAIL, Channel.SMS)
        ]
        whys = db.session.execute(select(StoppedAddress.address, StoppedAddress.why))
        assert {tuple(one) for one in whys} == {
            (layla.email, Stop.REFUSED),
            (NUMBER, Stop.NO_NUMBER),
        }

    def test_the_next_message_does_not_try_what_is_dead(self) -> None:
        layla = reached(sms=True)
        owe(layla, "one")
        owe(layla, "two")
        house = House()
        house.mail.failures = [dead()]

        house.sends()
        house.sends()

        assert house.sent == (1, 0, 2)

    def test_a_refusal_that_says_nothing_of_the_address_goes_on_too_but_only_this_one(self) -> None:
        layla = reached(sms=True)
        owe(layla, "one")
        house = House()
        house.mail.failures = [AddressRefused("550")]
        house.sends()
        house.sends()
        owe(layla, "two")
        house.sends()

        assert house.sent == (2, 0, 1)

    def test_what_is_only_late_stays_on_its_way(self) -> None:
        notice = owe(reached(devices=1, sms=True))
        house = House()
        house.push.failures = [TryLater("503"), PerhapsSent("timeout")]

        for minutes in (0, 5, 20):
            house.sends(minutes * MINUTE)

        assert (state_of(notice), house.sent) == (State.SENT, (0, 3, 0))

    def test_a_device_whose_service_never_wants_anything_is_given_up(self) -> None:
        layla = reached(devices=1)
        house = House()
        for n in range(MOST_FAILURES):
            owe(layla, str(n))
        house.push.failures = [LetterRefused("403")] * MOST_FAILURES

        house.sends()

        assert db.session.scalars(devices_of(layla)).all() == []

    def test_the_staff_see_a_number_that_does_not_exist_while_it_is_theirs(self) -> None:
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here, phone="+40 721 234 567")
        say(layla, Channel.SMS, True, by=layla, now=NOON)
        be_told_first(layla, Channel.SMS)
        owe(layla)
        house = House()
        house.sms.failures = [dead("15")]
        house.sends()

        shown = [one.address for one in db.session.scalars(stopped_addresses(boss))]
        assert shown == [NUMBER]
        layla.phone = "+40 721 000 000"
        assert db.session.scalars(stopped_addresses(boss)).all() == []


@pytest.mark.usefixtures("app")
class TestShortMessages:
    def test_one_that_perhaps_left_is_never_sent_again_by_any_way(self) -> None:
        layla = reached(devices=1, sms=True)
        be_told_first(layla, Channel.SMS)
        notice = owe(layla)
        house = House()
        problem = PerhapsSent("timeout")
        problem.stage = Stage.ASKED
        house.sms.failures = [problem]

        for hours in (0, 1, 5):
            house.sends(timedelta(hours=hours))

        assert (state_of(notice), notice.last_code) == (State.FAILED, "unclear")
        assert house.sent == (0, 0, 1)

    def test_nor_one_in_the_middle_of_which_a_worker_died(self) -> None:
        notice = owe(reached(email=None, sms=True))

        class Killed(Kept):
            def send(self, letter: Letter) -> Receipt | None:
                raise KeyboardInterrupt

        house = House()
        with pytest.raises(KeyboardInterrupt):
            send_due(Ways(house.mail, Killed("sms"), house.push), compose, clock=lambda: NOON)
        db.session.rollback()
        house.sends(LEASE + MINUTE)

        assert (state_of(notice), notice.last_code) == (State.FAILED, "crashed")
        assert house.sent == (0, 0, 0)

    def test_what_they_cost_is_counted_and_too_much_waits_for_the_morning(self) -> None:
        here = make.centre()
        for n in range(3):
            owe(reached(email=None, sms=True, home_centre=here), str(n))
        house = House()
        house.sms.parts = MOST_PARTS_OF_CENTRE // 2

        assert house.sends() == 2
        pace = db.session.get_one(CentrePace, here.id)
        assert pace.parts == MOST_PARTS_OF_CENTRE
        assert house.sends(timedelta(hours=1)) == 0
        assert house.sends(timedelta(days=1)) == 1

    def test_they_leave_while_the_mail_server_rests_and_so_do_notifications(self) -> None:
        rests_until = NOON + timedelta(hours=1)
        db.session.add(Relay(name="mail", failures=9, rests_until=rests_until, refuses=False))
        for layla in (reached(), reached(devices=1), reached(email=None, sms=True)):
            owe(layla, str(layla.id))
        house = House()

        assert house.sends() == 2
        assert house.sent == (0, 1, 1)

    def test_a_push_service_that_somebody_invented_alarms_nobody(self) -> None:
        name = PushPost(fresh_key(), contact="mailto:a@b.example").relay_for("https://x.example/y")
        later = NOON + timedelta(hours=1)
        db.session.add(Relay(name=name, failures=9, rests_until=later, refuses=False))
        db.session.flush()

        assert name == "push x.example"
        assert watch(now=NOON).resting == []

    def test_a_gateway_that_fails_rests_and_mail_goes_on(self) -> None:
        busy = TryLater("503")
        busy.stage = Stage.ASKED
        for n in range(6):
            owe(reached(email=None, sms=True), str(n))
        owe(reached(), "by mail")
        house = House()
        house.sms.failures = [busy] * 9

        assert house.sends() == 1
        assert house.sent == (1, 0, 5)


@pytest.mark.usefixtures("app")
class TestSentAgain:
    def test_by_the_way_that_the_staff_chose(self) -> None:
        layla = reached(sms=True)
        boss = make.person()
        notice = owe(layla)
        notice.state = State.FAILED
        later = NOON + MINUTE

        send_again(notice, by=boss, now=later, via=Channel.SMS)
        house = House()

        assert house.sends(MINUTE) == 1
        assert house.sent == (0, 0, 1)

    def test_refused_by_a_way_that_does_not_reach_them(self) -> None:
        notice = owe(make.person())
        notice.state = State.FAILED

        with pytest.raises(NoAddressToSend):
            send_again(notice, by=make.person(), now=NOON, via=Channel.SMS)


@pytest.mark.usefixtures("app")
class TestDevices:
    def test_a_browser_shows_the_messages_of_the_last_who_asked(self) -> None:
        layla, sam = make.person(), make.person()
        there = "https://push.example/shared"
        device(layla, endpoint=there)
        device(sam, endpoint=there)

        assert db.session.scalars(devices_of(layla)).all() == []
        assert [one.endpoint for one in db.session.scalars(devices_of(sam))] == [there]

    def test_of_more_than_five_the_oldest_gives_way(self) -> None:
        layla = reached(devices=7)

        kept = [one.endpoint[-1] for one in db.session.scalars(devices_of(layla))]
        assert kept == ["6", "5", "4", "3", "2"]

    @pytest.mark.parametrize(
        "address",
        [
            "http://push.example/x",
            "https://localhost/x",
            "https://push.example:8443/x",
            "https://user:word@push.example/x",
            "https://push.example/ x",
            "https://push.example/ș",
            "https://push.example/x\n",
            "https://push.example/" + "x" * 1000,
            "https://[x/",
            "javascript:alert(1)",
            "",
        ],
    )
    def test_what_is_no_address_of_a_push_service(self, address: str) -> None:
        assert not is_endpoint(address)
        with pytest.raises(NoDevice):
            device(make.person(), endpoint=address)

    def test_they_go_with_the_person(self) -> None:
        layla = reached(devices=1)
        db.session.delete(layla)
        db.session.flush()

        assert db.session.scalars(select(PushSubscription)).all() == []

    def test_those_that_know_another_key_of_ours_are_counted(self) -> None:
        reached(devices=2)

        assert with_another_key("ours") == 0
        assert with_another_key("new") == 2

    def test_nothing_that_may_be_shown_holds_the_address(self) -> None:
        layla = reached(devices=1, sms=True)
        way = reach_of({layla.id}).ways[layla.id]

        assert "push.example/" not in repr(way)
        assert NUMBER not in repr(way)


def test_two_clicks_on_one_browser_are_one_device(racing_app: Flask) -> None:
    with racing_app.app_context():
        layla = make.person()
        db.session.commit()
        someone = layla.id

    def click() -> None:
        device(db.session.get_one(Person, someone), endpoint="https://push.example/same")
        db.session.commit()

    all_at_once(racing_app, [click] * 4)

    with racing_app.app_context():
        kept = db.session.scalars(select(PushSubscription)).all()
        assert [one.person_id for one in kept] == [someone]


def test_eight_workers_send_a_notification_once(racing_app: Flask) -> None:
    with racing_app.app_context():
        for n in range(10):
            layla = make.person()
            device(layla)
            owe(layla, str(n))
        db.session.commit()
    house = House()

    all_at_once(racing_app, [lambda: House.sends(house)] * 8)

    assert house.sent == (0, 10, 0)


def test_a_message_with_a_brief_goes_as_it_is_to_a_device(app: Flask) -> None:
    """What the letter says beside stays out of the envelope: only `brief` is for a screen."""
    layla = reached(devices=1)
    owe(layla)
    brief = Brief(
        sender="Punte", line="A line", text="A text", page="/", until=NOON, topic="t", urgent=False
    )

    def with_brief(notice: Notice, now: object) -> Letter | None:
        written = compose(notice, now)
        return written and replace(written, brief=brief)

    house = House()
    Sender("one", clock=lambda: NOON).send(house.ways, with_brief)

    assert house.push.sent[0].brief == brief
