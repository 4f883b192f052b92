"""Whoever sends is heard; whoever is silent or stuck is seen within a minute."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import clock
from app.doctor import complaints, oldest_message
from app.extensions import db
from app.health import health
from app.i18n import in_language
from app.notices.delivery import MailRefused, TryLater
from app.notices.ledger import Worker
from app.notices.models import Notice, State
from app.notices.reasons import trouble
from app.notices.relays import it_failed, known
from app.notices.workers import (
    FORGOTTEN_AFTER,
    MISSED_FOR,
    beat,
    begin,
    bury,
    end,
    forget_silent,
    watch,
)
from app.people.models import Person
from tests import make
from tests.conftest import Browser
from tests.notices.test_outbox import NOON, owe, state_of

MINUTE = timedelta(minutes=1)
BANNER = r'alert-warning no-print" role="status">.*?<div>(.*?)<a '


@pytest.fixture(autouse=True)
def noon(app: Flask) -> object:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def worker(name: str = "one", *, seen_at: datetime = NOON, moved_at: datetime = NOON) -> None:
    begin(
        Worker(
            name=name,
            machine="here",
            process=1,
            started_at=NOON,
            seen_at=seen_at,
            moved_at=moved_at,
        )
    )
    db.session.flush()


def banner(app: Flask, person: Person, path: str = "/en/week") -> str | None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in(person)
    found = re.search(BANNER, browser.get(path).text, re.S)
    return " ".join(found[1].split()) if found else None


class TestWatching:
    def test_nothing_is_wrong_where_nothing_is_owed_and_nobody_works_yet(self) -> None:
        assert watch(now=NOON).is_well

    def test_one_who_says_so_every_few_seconds_is_well(self) -> None:
        worker()
        beat("one", now=NOON + MINUTE, moved_at=NOON + MINUTE)

        assert watch(now=NOON + MINUTE + timedelta(seconds=30)).is_well

    def test_a_silent_one_is_missed_within_a_minute_and_for_an_hour(self) -> None:
        worker("dead")
        worker("alive", seen_at=NOON + MISSED_FOR, moved_at=NOON + MISSED_FOR)

        seen = watch(now=NOON + MINUTE)
        assert (seen.silent, seen.working) == (1, 1)
        assert watch(now=NOON + MISSED_FOR + timedelta(seconds=1)).is_well

    def test_one_that_lives_but_does_not_get_on_is_stuck(self) -> None:
        worker()
        beat("one", now=NOON + MINUTE, moved_at=NOON)

        seen = watch(now=NOON + MINUTE)
        assert (seen.stuck, seen.working, seen.silent) == (1, 0, 0)

    def test_that_nobody_sends_is_seen_when_something_should_have_left_a_minute_ago(self) -> None:
        owe(make.person())

        assert watch(now=NOON + timedelta(seconds=50)).is_well
        assert watch(now=NOON + timedelta(seconds=61)).nobody_since == NOON

    def test_the_last_one_is_missed_until_another_comes(self) -> None:
        """Without a worker nothing comes due: an empty outbox says nothing."""
        worker()
        end("one", now=NOON)

        for later in (MINUTE, 2 * MISSED_FOR):
            seen = watch(now=NOON + later)
            assert (seen.is_well, seen.silent, seen.working) == (False, 1, 0)
        worker("two", seen_at=NOON + 2 * MISSED_FOR, moved_at=NOON + 2 * MISSED_FOR)
        assert watch(now=NOON + 2 * MISSED_FOR).is_well

    def test_who_says_goodbye_to_others_is_not_missed_and_leaves_nothing_behind(self) -> None:
        worker()
        worker("two", seen_at=NOON + MINUTE, moved_at=NOON + MINUTE)
        notice = owe(make.person())
        notice.state, notice.claim = State.CLAIMED, "one"
        db.session.flush()

        end("one", now=NOON)

        assert state_of(notice) is State.PENDING
        assert notice.claim is None
        assert watch(now=NOON + timedelta(seconds=50)).is_well

    def test_who_is_buried_frees_what_it_held(self) -> None:
        worker()
        notice = owe(make.person())
        notice.state, notice.claim = State.SENDING, "one"
        notice.lease_until = notice.next_try_at = NOON + timedelta(minutes=20)
        db.session.flush()

        bury(["one"], now=NOON)

        db.session.refresh(notice)
        assert notice.lease_until < NOON
        assert db.session.scalars(select(Worker)).all() == []

    def test_one_that_was_forgotten_hears_so(self) -> None:
        worker()
        forget_silent(now=NOON + FORGOTTEN_AFTER + MINUTE)

        assert not beat("one", now=NOON, moved_at=NOON)


class TestOnThePages:
    def test_a_dead_worker_is_on_the_pages_of_the_staff_within_a_minute_and_of_nobody_else(
        self, app: Flask, noon: time_machine.Traveller
    ) -> None:
        here = make.centre()
        boss, layla = make.coordinator(here), make.participant(here)
        worker()
        db.session.commit()
        assert banner(app, boss) is None

        noon.move_to(NOON + MINUTE)

        said = banner(app, boss)
        assert said is not None
        assert said.startswith("Messages do not leave at the moment: the program that sends them")
        assert "Telephone whoever must know today" in said
        assert banner(app, boss, "/en/people") == said
        assert banner(app, layla, "/en/mine") is None

    def test_a_stuck_one_too(self, app: Flask, noon: time_machine.Traveller) -> None:
        boss = make.coordinator(make.centre())
        worker(seen_at=NOON + MINUTE)
        db.session.commit()
        noon.move_to(NOON + MINUTE)

        said = banner(app, boss)
        assert said is not None
        assert said.startswith("Messages leave late: the program that sends them does not get on.")

    def test_one_of_several_is_a_quiet_sentence(self) -> None:
        worker("dead")
        worker("alive", seen_at=NOON + MINUTE, moved_at=NOON + MINUTE)

        with in_language("en"):
            with_others = trouble(watch(now=NOON + MINUTE))
        assert with_others is not None
        assert with_others.endswith("The others go on.")

    @pytest.mark.parametrize(
        ("problem", "words"),
        [
            (TryLater("refused"), "the mail server does not answer"),
            (MailRefused("535"), "the mail server refuses them"),
        ],
    )
    def test_a_server_that_rests_is_named_for_what_it_does(
        self, problem: TryLater | MailRefused, words: str
    ) -> None:
        worker()
        known("mail.example:587")
        for _n in range(5):
            it_failed("mail.example:587", problem, now=NOON)

        with in_language("en"):
            said = trouble(watch(now=NOON))
        assert said is not None
        assert words in said
        assert "mail.example" not in said


class TestForWhoLooksAfterIt:
    def test_the_health_page_counts_workers_and_turns_red_for_a_stuck_one(self) -> None:
        worker()
        fine = health()
        assert (fine["ok"], fine["workers"], fine["stuck"]) == (True, 1, 0)

        beat("one", now=clock.now(), moved_at=NOON - MINUTE)

        assert (health()["ok"], health()["stuck"]) == (False, 1)

    def test_it_is_red_when_nobody_is_at_work_any_more(self, noon: time_machine.Traveller) -> None:
        worker()
        end("one", now=NOON)
        noon.move_to(NOON + 2 * MISSED_FOR)

        assert health()["ok"] is False
        assert health()["oldest_due_seconds"] == 0

    def test_the_doctor_names_what_is_wrong_with_sending(
        self, noon: time_machine.Traveller
    ) -> None:
        worker("silent")
        owe(make.person())
        known("mail.example:587")
        for _n in range(5):
            it_failed("mail.example:587", TryLater("timeout"), now=NOON)
        noon.move_to(NOON + 20 * MINUTE)

        found = " ".join(complaints())
        assert "waits for 20 minutes" in found
        assert "fell silent: 1" in found
        assert "mail.example:587 fails (timeout)" in found
        assert oldest_message() == "The oldest message due waits for 1200 seconds."

    def test_the_doctor_says_when_nothing_waits(self) -> None:
        assert db.session.scalars(select(Notice)).all() == []
        assert oldest_message() == "No message waits."
