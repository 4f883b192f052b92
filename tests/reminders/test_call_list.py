"""The call list: what went wrong, what was tried, and what the staff decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notices.calling import NoAddressToSend, TooLateToSend, give_up, send_again, tell
from app.notices.channels import Channel
from app.notices.delivery import AddressRefused, Stage
from app.notices.ledger import Deed, NoticeDeed, Stop
from app.notices.models import Kind, Notice, State
from app.notices.operations import post, withdraw
from app.notices.reasons import why
from app.notices.stopping import stop_address, stopped_addresses
from app.notices.wishes import keep_silent, say
from app.people.models import Person
from tests import make
from tests.conftest import Browser
from tests.notices.test_outbox import NOON, Recorder, send, state_of

LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon(app: Flask) -> object:
    with time_machine.travel(LATER, tick=False) as traveller:
        yield traveller


class House:
    """A centre, who works there, and a link for a password that the mail server refused."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.centre = make.centre()
        self.boss, self.layla = make.coordinator(self.centre), make.participant(self.centre)
        self.notice = self.refused("one")

    def refused(self, key: str, person: Person | None = None, **given: object) -> Notice:
        post(person or self.layla, Kind.PASSWORD, key, now=NOON, about={}, **given)
        refusal = AddressRefused("550")
        refusal.stage = Stage.RCPT
        send(Recorder(refusal))
        return db.session.scalars(select(Notice).where(Notice.key == key)).one()

    def browser(self, person: Person) -> Browser:
        browser = self.app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in(person)
        return browser


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def deeds() -> list[tuple[Deed, int | None]]:
    rows = db.session.scalars(select(NoticeDeed).order_by(NoticeDeed.id))
    return [(one.deed, one.by_id) for one in rows]


class TestDeeds:
    def test_sent_again_it_begins_anew_and_who_did_it_is_kept(self, house: House) -> None:
        send_again(house.notice, by=house.boss, now=LATER)
        send_again(house.notice, by=house.boss, now=LATER)  # a second click

        assert send(Recorder(), LATER) == 1
        assert state_of(house.notice) is State.SENT
        assert deeds() == [(Deed.SENT_AGAIN, house.boss.id)]

    def test_told_or_given_up_it_is_owed_no_more(self, house: House) -> None:
        other = house.refused("two")

        tell(house.notice, by=house.boss, now=LATER)
        give_up(other, by=house.boss, now=LATER)
        give_up(house.notice, by=house.boss, now=LATER)  # it was told already

        assert (house.notice.state, other.state) == (State.TOLD, State.GIVEN_UP)
        assert [deed for deed, _by in deeds()] == [Deed.TELEPHONED, Deed.GIVEN_UP]

    def test_what_was_given_up_nobody_has_read(self, house: House) -> None:
        """So its reader need not hear that it was undone, either."""
        give_up(house.notice, by=house.boss, now=LATER)
        db.session.flush()

        assert withdraw([Kind.PASSWORD], ["one"]) == {(house.layla.id, "one")}

    def test_refused_when_it_is_too_late_to_be_of_use(self, house: House) -> None:
        late = house.refused("late", not_after=LATER)

        with pytest.raises(TooLateToSend):
            send_again(late, by=house.boss, now=LATER)

    def test_refused_when_no_letter_reaches_them(self, house: House) -> None:
        stop_address(house.layla.id, house.layla.email or "", Stop.BOUNCED, None, now=LATER)
        with pytest.raises(NoAddressToSend):
            send_again(house.notice, by=house.boss, now=LATER)

        house.layla.email = "another@example.org"
        send_again(house.notice, by=house.boss, now=LATER)
        assert house.notice.state is State.PENDING

    def test_it_goes_when_the_message_does_and_outlives_who_did_it(self, house: House) -> None:
        tell(house.notice, by=house.boss, now=LATER)
        db.session.flush()
        db.session.delete(house.boss)
        db.session.flush()
        assert deeds() == [(Deed.TELEPHONED, None)]

        db.session.delete(house.notice)
        db.session.flush()
        assert deeds() == []


class TestThePage:
    def test_it_says_why_and_what_was_tried(self, house: House) -> None:
        page = house.browser(house.boss).get("/en/call-list").text

        assert "It was refused (code 550)." in page
        assert "the address was refused" in page
        assert "(rcpt 550)" in page

    @pytest.mark.parametrize(
        ("path", "state"),
        [("told", State.TOLD), ("again", State.PENDING), ("given-up", State.GIVEN_UP)],
    )
    def test_each_button_does_its_deed(self, house: House, path: str, state: State) -> None:
        answer = house.browser(house.boss).post(
            f"/en/call-list/{path}", data={"refs": house.notice.ref}
        )

        assert answer.status_code == 303
        assert state_of(house.notice) is state
        assert [by for _deed, by in deeds()] == [house.boss.id]

    def test_what_failed_again_shows_who_tried_before(self, house: House) -> None:
        send_again(house.notice, by=house.boss, now=LATER)
        send(Recorder(AddressRefused("550")), LATER)

        page = house.browser(house.boss).get("/en/call-list").text
        assert f"<bdi>{house.boss.name}</bdi> sent it again" in page

    @pytest.mark.parametrize("path", ["told", "again", "given-up"])
    def test_who_may_not_know_of_it_cannot_touch_it(self, house: House, path: str) -> None:
        stranger = make.coordinator(make.centre())
        secret = house.refused("secret", responsible=house.boss, confidential=True)
        colleague = make.coordinator(house.centre)

        tries = ((stranger, house.notice), (colleague, secret))
        for who, what in tries:
            page = house.browser(who).post(f"/en/call-list/{path}", data={"refs": what.ref})
            assert page.status_code == 404
        assert deeds() == []

    def test_a_dead_address_is_shown_to_its_centre_and_can_be_used_again(
        self, house: House
    ) -> None:
        stop_address(house.layla.id, house.layla.email or "", Stop.BOUNCED, "5.1.1", now=LATER)
        [stopped] = db.session.scalars(stopped_addresses(house.boss))
        stranger = make.coordinator(make.centre())

        page = house.browser(house.boss).get("/en/call-list").text
        assert "Addresses that take no messages" in page
        assert (house.layla.email or "") in page
        address = f"/en/call-list/addresses/{stopped.ref}/works"
        assert house.browser(stranger).post(address).status_code == 404
        assert "Addresses that take" not in house.browser(stranger).get("/en/call-list").text

        house.browser(house.boss).post(address)

        db.session.expire_all()
        assert (stopped.ended_at, stopped.ended_by_id) == (LATER, house.boss.id)
        assert db.session.scalars(stopped_addresses(house.boss)).all() == []

    def test_nobody_is_asked_for_an_address_who_is_not_to_be_called(self, house: House) -> None:
        quiet = make.participant(house.centre, phone="+40 721 000 111")
        house.layla.phone = "+40 721 000 222"
        for person in (quiet, house.layla):
            stop_address(person.id, person.email or "", Stop.BOUNCED, "5.1.1", now=LATER)
        keep_silent(quiet, by=house.boss, now=LATER)
        say(house.layla, Channel.TELEPHONE, False, by=house.boss, now=LATER)

        page = house.browser(house.boss).get("/en/call-list").text

        assert (quiet.name in page, house.layla.name in page) == (False, True)
        assert "000" not in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("no-address", "No e-mail address is known."),
        ("stopped", "No e-mail goes to this address any more."),
        ("bounced", "The message came back."),
        ("crashed", "Nobody knows whether the message arrived."),
        ("550", "It was refused (code 550)."),
        ("timeout", "The server could not be reached."),
        ("late", "The message was not sent in time."),
        (None, "It could not be sent."),
    ],
)
def test_every_reason_has_words(app: Flask, code: str | None, words: str) -> None:
    with app.test_request_context("/", environ_overrides={"punte.language": "en"}):
        assert words in why(Notice(last_code=code, state=State.FAILED))
