"""Saying no from the letter itself (RFC 8058), and what is heard all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.notices.letter import Letter, as_email
from app.notices.models import Kind, Notice, State, Topic
from app.notices.operations import post
from app.notices.seals import fits, seal_for
from app.notices.wishes import refuse, unwanted_by, want
from app.people.models import Person
from app.web import settings
from tests import make
from tests.conftest import Browser
from tests.notices.test_outbox import NOON

SOON, LATER = NOON + timedelta(hours=40), NOON + timedelta(days=9)
KEEPS_OUT = {Kind.PASSWORD, Kind.CODE, Kind.PLACE_OFFERED, Kind.SIGNED_OUT}


def address(person: Person, topic: Topic = Topic.REQUESTS) -> str:
    seal = seal_for(settings().secret_key, person.ref, topic, person.email or "")
    return f"/en/unsubscribe/{person.ref}/{topic.value}/{seal}"


def owed() -> list[Kind]:
    found = select(Notice.kind).where(Notice.state != State.DROPPED).order_by(Notice.id)
    return list(db.session.scalars(found))


class TestThePage:
    def test_looking_changes_nothing_and_names_nobody(self, app: Flask, browser: Browser) -> None:
        layla = make.person(name="Layla Haddad")
        db.session.commit()

        for _scan in range(3):
            page = browser.get(address(layla))
            browser.head(address(layla))

        assert page.status_code == 200
        assert "Layla" not in page.text
        assert (layla.email or "?") not in page.text
        assert unwanted_by(layla) == frozenset()

    def test_a_mail_program_says_no_in_one_request(self, app: Flask, browser: Browser) -> None:
        layla = make.person()
        db.session.commit()

        answer = browser.post(address(layla), data={"List-Unsubscribe": "One-Click"})

        assert answer.status_code == 200  # it follows no redirect
        assert unwanted_by(layla) == {Topic.REQUESTS}

    def test_a_person_may_take_it_back(self, app: Flask, browser: Browser) -> None:
        layla = make.person()
        db.session.commit()
        browser.post(address(layla))
        assert "no longer get" in browser.get(address(layla)).text

        browser.post(address(layla), data={"again": "1"})

        assert unwanted_by(layla) == frozenset()

    @pytest.mark.parametrize("wrong", ["seal", "topic", "person", "address"])
    def test_another_link_opens_nothing(self, app: Flask, browser: Browser, wrong: str) -> None:
        layla, other = make.person(), make.person()
        db.session.commit()
        path = address(layla)
        if wrong == "seal":
            path = path[:-1] + ("0" if path[-1] != "0" else "1")
        elif wrong == "topic":
            path = path.replace("/requests/", "/news/")
        elif wrong == "person":
            path = path.replace(layla.ref, other.ref)
        else:
            layla.email = "another@example.org"
            db.session.commit()

        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404
        assert browser.get(path.replace(layla.ref, "nobody")).status_code == 404

    def test_what_is_still_heard_is_explained(self, app: Flask, browser: Browser) -> None:
        layla = make.person()
        db.session.commit()

        assert "next two days" in browser.get(address(layla, Topic.CHANGES)).text
        assert "next two days" not in browser.get(address(layla, Topic.NEWS)).text

    def test_it_says_what_stays_in_a_calendar(self, browser: Browser) -> None:
        layla = make.person()
        db.session.commit()

        assert "stays there" in browser.get(address(layla, Topic.INVITATIONS)).text


def test_no_form_of_ours_is_needed(racing_app: Flask) -> None:
    """The check against forged forms stays on for everything else."""
    racing_app.config["WTF_CSRF_ENABLED"] = True
    with racing_app.app_context():
        layla = make.person()
        db.session.commit()
        path = address(layla)
    browser = racing_app.test_client()

    assert browser.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert browser.post("/en/sign-out").status_code != 200


@pytest.mark.usefixtures("app")
class TestWhatIsOwed:
    def test_what_nobody_wants_is_not_owed(self) -> None:
        layla = make.person()
        refuse(layla, Topic.REQUESTS, now=NOON)

        post(layla, Kind.OFFER, "a", now=NOON, about={}, not_after=SOON)
        post(layla, Kind.CANCELLED, "b", now=NOON, about={}, not_after=LATER)

        assert owed() == [Kind.CANCELLED]

    def test_what_changes_soon_is_heard_in_any_case(self) -> None:
        layla = make.person()
        refuse(layla, Topic.CHANGES, now=NOON)

        post(layla, Kind.MOVED, "a", now=NOON, about={}, not_after=LATER)
        assert owed() == []
        post(layla, Kind.MOVED, "b", now=NOON, about={}, not_after=LATER, matters_at=SOON)
        assert owed() == [Kind.MOVED]

    @pytest.mark.parametrize("kind", sorted(KEEPS_OUT))
    def test_nobody_is_locked_out(self, kind: Kind) -> None:
        assert kind.topic is None

    def test_every_other_kind_can_be_refused(self) -> None:
        assert {kind for kind in Kind if kind.topic is None} == KEEPS_OUT

    def test_what_waits_is_dropped_but_not_what_is_soon(self) -> None:
        layla = make.person()
        post(layla, Kind.OFFER, "a", now=NOON, about={}, not_after=LATER)
        post(layla, Kind.MOVED, "far", now=NOON, about={}, not_after=LATER)
        post(layla, Kind.MOVED, "soon", now=NOON, about={}, not_after=SOON)

        for topic in (Topic.REQUESTS, Topic.CHANGES, Topic.CHANGES):
            refuse(layla, topic, now=NOON)

        left = select(Notice.key).where(Notice.state == State.PENDING)
        assert list(db.session.scalars(left)) == ["soon"]

    def test_wanted_again_it_is_owed_again(self) -> None:
        layla = make.person()
        refuse(layla, Topic.REQUESTS, now=NOON)
        want(layla, Topic.REQUESTS)

        post(layla, Kind.OFFER, "a", now=NOON, about={})

        assert owed() == [Kind.OFFER]


def letter(unsubscribe: str | None) -> Letter:
    return Letter(
        to="layla@example.org",
        subject="Hello",
        text="Hello",
        html=None,
        language="en",
        message_id="<x@punte.example>",
        sent_at=NOON,
        unsubscribe=unsubscribe,
    )


class TestTheHeaders:
    def test_mail_programs_are_told_where(self) -> None:
        where = "https://punte.example/en/unsubscribe/" + "r" * 22 + "/reminders/" + "0" * 64
        email = as_email(letter(where), mail_from="a@b.example", mail_name="Punte")

        raw = email.as_bytes()
        assert f"List-Unsubscribe: <{where}>\r\n".encode() in raw  # in one piece
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw

    @pytest.mark.parametrize("where", [None, "http://127.0.0.1:8000/en/unsubscribe/x"])
    def test_not_without_https(self, where: str | None) -> None:
        email = as_email(letter(where), mail_from="a@b.example", mail_name="Punte")

        assert email["List-Unsubscribe"] is None
        assert email["List-Unsubscribe-Post"] is None


def test_a_seal_is_for_one_person_one_topic_one_address() -> None:
    seal = seal_for("key", "ref", "news", "a@b.example")

    assert fits(seal, "key", "ref", "news", "a@b.example")
    assert not fits(seal, "key", "ref", "plan", "a@b.example")
    assert not fits(seal, "key", "ref", "news", "c@d.example")
    assert not fits(seal, "other", "ref", "news", "a@b.example")
    assert not fits("é", "key", "ref", "news", "a@b.example")
