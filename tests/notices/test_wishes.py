"""Channels and silent contact: what people said, who wrote it down, and that nothing leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from app.extensions import db
from app.invitations.codes import make_code
from app.notices.channels import Channel
from app.notices.models import Kind, Notice, State
from app.notices.operations import post
from app.notices.queries import call_list
from app.notices.sending import send_due
from app.notices.wishes import (
    consents_of,
    end_silence,
    keep_silent,
    refuse,
    say,
    silence_of,
    unwanted_by,
)
from app.people.knocks import Knock
from app.people.models import Person
from tests import make
from tests.notices.test_outbox import NOON, Recorder, compose

pytestmark = pytest.mark.usefixtures("app")
LATER = NOON + timedelta(hours=1)


def owe(person: Person, key: str, responsible: Person | None = None) -> Notice:
    post(person, Kind.OFFER, key, now=NOON, about={}, responsible=responsible)
    return db.session.scalars(select(Notice).where(Notice.key == key)).one()


def calls_of(staff: Person) -> list[str]:
    db.session.expire_all()
    return [notice.key for notice in db.session.scalars(call_list(staff, now=LATER))]


def sent(at=NOON) -> int:  # type: ignore[no-untyped-def]
    return send_due(Recorder(), compose, clock=lambda: at)


class TestChannels:
    def test_who_said_what_when_and_who_wrote_it_down(self) -> None:
        here = make.centre()
        layla, boss = make.participant(here), make.coordinator(here)

        say(layla, Channel.SMS, False, by=boss, now=NOON)
        say(layla, Channel.SMS, False, by=layla, now=LATER)  # nothing new

        [known] = consents_of(layla).values()
        assert (known.given, known.at, known.by) == (False, NOON, boss)
        say(layla, Channel.SMS, True, by=layla, now=LATER)
        [now] = consents_of(layla).values()
        assert (now.given, now.at, now.by_id) == (True, LATER, layla.id)
        assert (known.given, known.at, known.by) == (False, NOON, boss)  # as it was said then

    def test_without_e_mail_somebody_is_called_at_once(self) -> None:
        here = make.centre()
        layla, boss = make.participant(here), make.coordinator(here)
        waiting = owe(layla, "before")
        say(layla, Channel.EMAIL, False, by=layla, now=NOON)
        after = owe(layla, "after")
        db.session.refresh(waiting)

        assert (waiting.state, waiting.last_code) == (State.FAILED, "no-consent")
        assert (after.state, after.last_code) == (State.FAILED, "no-consent")
        assert sent() == 0
        assert calls_of(boss) == ["before", "after"]

    def test_who_wants_no_calls_is_told_by_who_is_responsible(self) -> None:
        here = make.centre()
        layla, boss = make.participant(here, email=None), make.coordinator(here)
        theirs = make.coordinator(here)
        owe(layla, "a", responsible=theirs)
        say(layla, Channel.TELEPHONE, False, by=layla, now=NOON)

        assert calls_of(boss) == []
        assert calls_of(theirs) == ["a"]

    def test_it_goes_with_the_person(self) -> None:
        layla = make.person()
        say(layla, Channel.EMAIL, True, by=layla, now=NOON)
        keep_silent(layla, by=layla, now=NOON)
        refuse(layla, next(iter(Kind)).topic, now=NOON)  # type: ignore[arg-type]
        db.session.flush()
        db.session.expire_all()

        db.session.execute(delete(Person).where(Person.id == layla.id))

        for table in ("consent", "silence", "unwanted"):
            assert db.session.execute(db.text(f"SELECT count(*) FROM {table}")).scalar() == 0


class TestSilence:
    def test_nothing_leaves_and_nothing_waiting_either(self) -> None:
        layla = make.person()
        before = owe(layla, "before")
        keep_silent(layla, by=layla, now=NOON)
        post(layla, Kind.PASSWORD, "p", now=NOON, about={})
        after = owe(layla, "after")
        db.session.refresh(before)

        assert sent() == 0
        assert [before.state, after.state] == [State.FAILED] * 2
        assert {before.last_code, after.last_code} == {"silent"}

    def test_what_a_worker_holds_does_not_leave_either(self) -> None:
        layla = make.person()
        owe(layla, "a")

        class Meanwhile(Recorder):
            pass

        def composing(notice, now):  # type: ignore[no-untyped-def]
            keep_silent(layla, by=layla, now=now)
            db.session.commit()
            return compose(notice, now)

        postman = Meanwhile()
        send_due(postman, composing, clock=lambda: NOON)

        assert postman.sent == []
        assert db.session.scalars(select(Notice.state)).one() is State.FAILED

    def test_nobody_is_asked_to_call_but_who_may_know(self) -> None:
        here = make.centre()
        layla, boss = make.participant(here), make.coordinator(here)
        responsible, keeper = make.coordinator(here), make.coordinator(here)
        keep_silent(layla, by=keeper, now=NOON)
        owe(layla, "a", responsible=responsible)

        assert calls_of(boss) == []
        assert calls_of(responsible) == ["a"]
        assert calls_of(keeper) == ["a"]

    def test_the_keeper_learns_of_nothing_confidential(self) -> None:
        here = make.centre()
        layla, keeper = make.participant(here), make.coordinator(here)
        keep_silent(layla, by=keeper, now=NOON)
        post(layla, Kind.OFFER, "group", now=NOON, about={}, confidential=True)

        assert calls_of(keeper) == []

    def test_no_code_reaches_their_telephone_or_mailbox(self) -> None:
        layla = make.person()
        knock = Knock(
            contact=layla.email or "",
            browser_hash="x",
            language="en",
            made_at=NOON,
            lapses_at=LATER,
        )
        db.session.add(knock)
        db.session.flush()
        assert make_code(knock.id, key="k", now=NOON) is not None

        keep_silent(layla, by=layla, now=NOON)

        assert make_code(knock.id, key="k", now=NOON) is None

    def test_ended_it_leaves_again_and_what_was_kept_is_called(self) -> None:
        here = make.centre()
        layla, boss = make.participant(here), make.coordinator(here)
        keep_silent(layla, by=layla, now=NOON)
        owe(layla, "kept")
        end_silence(layla)
        owe(layla, "new")

        assert silence_of(layla) is None
        assert sent() == 1
        assert calls_of(boss) == ["kept"]

    def test_twice_is_harmless(self) -> None:
        layla, boss = make.person(), make.person()
        keep_silent(layla, by=boss, now=NOON)
        keep_silent(layla, by=layla, now=LATER)

        known = silence_of(layla)
        assert known is not None
        assert (known.by_id, known.since) == (boss.id, NOON)
        assert unwanted_by(layla) == frozenset()
